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

    /// Makes one that has the objects of another repository, whose settings, hooks and references have no part in it.
    /// `has_sha256` tells by which hash its objects are named.
    ///
    /// # Errors
    /// The folder cannot be written to, or the path is none that git reads from such a list.
    pub fn beside(parent: &Path, objects: &Path, has_sha256: bool) -> Result<Self, ApplyError> {
        let list = objects.join("info/alternates");
        let at = |error| ApplyError::Write { path: list.clone(), error };
        // Git takes a quotation mark and a number sign for more than a letter of the path.
        let line = objects.to_str().filter(|path| path.starts_with('/') && !path.contains('\n'));
        let line = line.ok_or_else(|| at(std::io::ErrorKind::InvalidFilename.into()))?;
        let scratch = Self::create(parent)?;
        let list = scratch.path().join("objects/info");
        create_folder(&list).map_err(at)?;
        fs::write(list.join("alternates"), format!("{line}\n")).map_err(at)?;
        if has_sha256 {
            let settings = "[core]\nrepositoryFormatVersion = 1\n[extensions]\nobjectFormat = sha256\n";
            fs::write(scratch.path().join("config"), settings).map_err(at)?;
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
