//! What `add service` is asked for.

use std::path::PathBuf;

use crate::git::FetchOptions;
use crate::report::Output;

/// What `launchway add service` is asked for.
pub(crate) struct AddRequest {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) from: Option<String>,
    pub(crate) template: Option<String>,
    pub(crate) set: Vec<String>,
    pub(crate) answers_files: Vec<PathBuf>,
    pub(crate) asks: Asks,
    pub(crate) sources: FetchOptions,
    pub(crate) allow_dirty: bool,
    pub(crate) dry_run: bool,
    pub(crate) output: Output,
}

/// What becomes of a question that the other service does not answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    /// It is asked, where there is a terminal.
    Questions,
    /// Its default is taken, and it is asked if it has none.
    QuestionsWithoutDefault,
    /// Its default is taken, and it is an error if it has none.
    Nothing,
}
