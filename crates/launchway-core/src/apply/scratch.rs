//! Folders for temporary files that hold a repository, or a project, for a while.

use std::fs;
use std::path::Path;

use super::ApplyError;
use super::claim::Claim;
use super::files::{create_folder, write_files};
use crate::path::SafePath;
use crate::plan::PlannedFile;

/// What git is told of every file there: nothing, also where a file of the template or of the surroundings says more.
const NO_ATTRIBUTES: &str =
    "* !merge !conflict-marker-size !diff !text !eol !crlf !filter !ident !working-tree-encoding\n";

/// An empty bare repository of git's, for work that leaves nothing behind. It is removed in the end.
#[derive(Debug)]
pub struct Scratch {
    claim: Claim,
}

impl Scratch {
    /// Makes one in a folder for temporary files.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn create(parent: &Path) -> Result<Self, ApplyError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |error| ApplyError::Write { path, error }
        };
        let scratch = Self { claim: Claim::take(parent, "launchway-merge", 0o700)? };
        for folder in ["objects", "refs", "info"] {
            let path = scratch.path().join(folder);
            create_folder(&path).map_err(at(&path))?;
        }
        for (file, text) in [("info/attributes", NO_ATTRIBUTES), ("HEAD", "ref: refs/heads/main\n")] {
            let path = scratch.path().join(file);
            fs::write(&path, text).map_err(at(&path))?;
        }
        Ok(scratch)
    }

    /// Returns the folder of the repository.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.claim.path
    }
}

/// A folder that holds a project for a while, for nobody else to read. It is removed in the end.
#[derive(Debug)]
pub struct Temporary {
    claim: Claim,
}

impl Temporary {
    /// Writes files into a new folder of a folder for temporary files.
    ///
    /// # Errors
    /// The folder cannot be written to; then nothing is left of it.
    pub fn create(parent: &Path, files: &[(SafePath, PlannedFile)]) -> Result<Self, ApplyError> {
        let temporary = Self { claim: Claim::take(parent, "launchway-project", 0o700)? };
        write_files(temporary.path(), files)?;
        Ok(temporary)
    }

    /// Returns the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.claim.path
    }
}
