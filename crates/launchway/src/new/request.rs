//! What `new` is asked for.

use std::path::PathBuf;

use launchway_core::{CatalogOrigin, ChangesDigest};

use super::archive::ArchiveFile;
use crate::report::Output;

/// What the command line of `new` says of the template, before the whole line can be understood.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct NamedTemplate {
    /// What follows `--template`.
    pub(crate) template: Option<String>,
    pub(crate) offline: bool,
    pub(crate) accept_moved: bool,
    /// Whether the line lets anything be asked.
    pub(crate) may_ask: bool,
}

/// What `launchway new` is asked for, apart from the answers.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[derive(Debug)]
pub(crate) struct NewRequest {
    /// The template's name as it is shown, without credentials and with the version that was found.
    pub(crate) template: String,
    /// The catalog that named it.
    pub(crate) catalog: Option<CatalogOrigin>,
    pub(crate) dest: Option<PathBuf>,
    /// The file that the project is packed into, instead of a folder.
    pub(crate) archive: Option<ArchiveFile>,
    pub(crate) answers_files: Vec<PathBuf>,
    pub(crate) defaults: bool,
    pub(crate) no_input: bool,
    pub(crate) dry_run: bool,
    pub(crate) diff: bool,
    /// The digest of what is to be written, or nothing.
    pub(crate) expect: Option<ChangesDigest>,
    pub(crate) no_git: bool,
    /// Whether all files stay in the project's own folder, also within a repository.
    pub(crate) standalone: bool,
    /// Whether a draft is gone on with.
    pub(crate) resume: bool,
    pub(crate) output: Output,
    /// The flags that were given and that the line has again which goes on with a draft.
    pub(crate) given_again: Vec<String>,
}
