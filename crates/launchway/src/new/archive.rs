//! A project in one file instead of a folder.

use std::path::{Path, PathBuf};

use launchway_core::{ApplyError, ArchiveFormat, ArchivedFile, write_whole};

use super::NewProject;
use super::next_steps::Step;
use crate::failure::{Exit, Failure};
use crate::language;
use crate::terminal::shell_word;

/// Says that something has the name of the archive.
fn taken(path: &Path) -> Failure {
    Failure::new(Exit::Exists, format!("`{}` is there already, and an archive replaces nothing", path.display()))
        .hint("choose another file with `--archive`, or move it away")
}

/// The file that a project is packed into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArchiveFile {
    pub(crate) path: PathBuf,
    format: ArchiveFormat,
}

impl ArchiveFile {
    /// Reads what follows `--archive`.
    ///
    /// # Errors
    /// The name says no format that there is, or something has the name already.
    pub(crate) fn at(path: &Path) -> Result<Self, Failure> {
        let Some(format) = ArchiveFormat::of(path) else {
            let message = format!("the name `{}` does not say how to pack the project", path.display());
            let endings = ArchiveFormat::ENDINGS.map(|(ending, _)| format!("`{ending}`")).join(", ");
            return Err(Failure::new(Exit::Usage, message).hint(format!("let it end with one of {endings}")));
        };
        if path.symlink_metadata().is_ok() {
            return Err(taken(path));
        }
        Ok(Self { path: path.to_owned(), format })
    }

    /// Writes the whole project, or nothing.
    pub(super) fn write(&self, project: &NewProject) -> Result<(), Failure> {
        let folder = project.folder.display();
        let paths: Vec<String> = project.changes.creates.iter().map(|(path, _)| format!("{folder}/{path}")).collect();
        let files = paths.iter().zip(&project.changes.creates).map(|(path, (_, file))| ArchivedFile {
            path,
            bytes: &file.bytes,
            executable: file.executable,
        });
        write_whole(&self.path, &self.format.pack(files)).map_err(|error| match error {
            ApplyError::Exists(_) => taken(&self.path),
            error => error.into(),
        })
    }

    /// Returns the step that unpacks it.
    pub(super) fn unpack(&self) -> Step {
        let name = self.path.to_string_lossy();
        let prefix = if name.starts_with('-') { "./" } else { "" };
        let file = format!("{prefix}{}", shell_word(&name));
        let command = match self.format {
            ArchiveFormat::Zip => format!("unzip {file}"),
            ArchiveFormat::TarGz => format!("tar -xzf {file}"),
        };
        Step { command, purpose: language::text("unpacks the project into a folder of its name").to_owned() }
    }
}
