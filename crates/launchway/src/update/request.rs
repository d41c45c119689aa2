//! What `update` is asked for.

use std::path::{Path, PathBuf};

use crate::git::FetchOptions;
use crate::report::Output;

/// What `launchway update` is asked for.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct UpdateRequest {
    pub(crate) folder: PathBuf,
    pub(crate) service: Option<String>,
    pub(crate) to: Option<String>,
    pub(crate) template: Option<String>,
    pub(crate) set: Vec<String>,
    pub(crate) answers_files: Vec<PathBuf>,
    pub(crate) defaults: bool,
    pub(crate) take_defaults: bool,
    pub(crate) no_input: bool,
    pub(crate) heal: Vec<String>,
    pub(crate) keep: Vec<Keep>,
    pub(crate) resolve_record: bool,
    pub(crate) allow_dirty: bool,
    pub(crate) dry_run: bool,
    pub(crate) diff: bool,
    pub(crate) output: Output,
    pub(crate) sources: FetchOptions,
}

/// What is said of a file, or of a folder, that stays out of updates.
pub(crate) enum Keep {
    /// It is the user's from now on.
    Yes(String),
    /// It is not any more.
    No(String),
}

impl UpdateRequest {
    /// Asks for what the newest version would bring, without a question and without writing.
    pub(crate) fn preview(folder: &Path, sources: FetchOptions) -> Self {
        Self {
            folder: folder.to_owned(),
            service: None,
            to: None,
            template: None,
            set: Vec::new(),
            answers_files: Vec::new(),
            defaults: true,
            take_defaults: false,
            no_input: true,
            heal: Vec::new(),
            keep: Vec::new(),
            resolve_record: false,
            allow_dirty: true,
            dry_run: true,
            diff: false,
            sources,
            output: Output::Text,
        }
    }
}
