//! The only folder that writes: a whole project, or nothing.

#![expect(clippy::disallowed_methods, reason = "these are the files that write")]

mod claim;
mod edit;
mod files;
mod log;
mod private;
mod result;
mod scratch;

use std::io;
use std::path::{Path, PathBuf};

use claim::Claim;
pub use edit::{EditError, ProjectLock, TakenBack, can_be_prepared, edit, is_cut_off, take_back_cut_off};
use files::{open_folder, write_files};
pub use log::{LineLog, whole_lines};
pub use private::{clear_leftovers, create_bare_repository, open_lock, remove_private, write_private};
pub use result::{write_result, write_whole};
pub use scratch::{Scratch, Temporary};

use crate::project::changes::{Changes, DestinationExists};

/// The most folders or files that are staged beside one another under numbers of their own.
const MAX_STAGING_NAMES: u32 = 1000;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Somebody else was faster.
    #[error(transparent)]
    Exists(#[from] DestinationExists),
    /// A folder that is there was not changed.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The folder in which the project should stand is not there.
    #[error("the folder `{}` does not exist", .0.display())]
    NoParent(PathBuf),
    /// The system refused.
    #[error("cannot write `{}`: {error}", .path.display())]
    Write {
        /// The path that could not be written.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// Writes a new project: staged beside the destination, synced, and moved into place with one rename. Into a folder that is
/// there, its files come as an edit does, of which all is taken back if it does not come to its end.
///
/// # Errors
/// The destination is there by now, or something could not be written; then nothing of it stays.
pub fn apply(changes: &Changes) -> Result<(), ApplyError> {
    if changes.is_there {
        return Ok(edit(&changes.destination, &changes.edits())?);
    }
    let parent = match changes.destination.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => return Err(DestinationExists(changes.destination.clone()).into()),
    };
    match parent.metadata() {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(ApplyError::Write { path: parent.to_owned(), error: io::ErrorKind::NotADirectory.into() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(ApplyError::NoParent(parent.to_owned())),
        Err(error) => return Err(ApplyError::Write { path: parent.to_owned(), error }),
    }
    let parent_folder = open_folder(parent)?;
    let staging = Claim::beside(parent, &changes.destination)?;
    write_files(&staging.path, &changes.creates)?;
    staging.publish(&changes.destination)?;
    // The project is there; whether the rename itself survives a power cut is all that is left to ask for.
    let _ = parent_folder.map(|folder| folder.sync_all());
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::claim::lock_folder;
    use super::*;
    use crate::path::SafePath;
    use crate::plan::PlannedFile;
    use crate::template::Ownership;

    fn changes(destination: PathBuf) -> Changes {
        let file = |text: &'static str, executable| PlannedFile {
            bytes: text.as_bytes().into(),
            executable,
            ownership: Ownership::Merged,
        };
        let creates = vec![
            (SafePath::new("a/b/run.sh").unwrap(), file("#!/bin/sh\n", true)),
            (SafePath::new("c.txt").unwrap(), file("c\n", false)),
        ];
        Changes { destination, is_there: false, creates }
    }

    pub(super) fn entries(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_project_appears_whole_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let destination = folder.path().join("orders");
        apply(&changes(destination.clone())).unwrap();
        assert_eq!(entries(folder.path()), ["orders"]);
        assert_eq!(fs::read(destination.join("a/b/run.sh")).unwrap(), b"#!/bin/sh\n");
        assert_eq!(fs::read(destination.join("c.txt")).unwrap(), b"c\n");
    }

    #[cfg(unix)]
    #[test]
    fn modes_are_plain() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let destination = folder.path().join("orders");
        apply(&changes(destination.clone())).unwrap();
        let mode = |path: &str| fs::metadata(destination.join(path)).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode("a/b/run.sh") & 0o700, 0o700);
        assert_eq!(mode("c.txt") & 0o7111, 0);
    }

    #[test]
    fn what_is_there_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        for (name, is_folder) in [("file", false), ("empty", true)] {
            let destination = folder.path().join(name);
            if is_folder {
                fs::create_dir(&destination).unwrap();
            } else {
                fs::write(&destination, "mine").unwrap();
            }
            assert!(matches!(apply(&changes(destination)), Err(ApplyError::Exists(_))), "{name}");
        }
        assert_eq!(entries(folder.path()), ["empty", "file"]);
        assert_eq!(fs::read(folder.path().join("file")).unwrap(), b"mine");
    }

    #[test]
    fn a_missing_parent_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = apply(&changes(folder.path().join("x/orders"))).unwrap_err();
        assert!(matches!(error, ApplyError::NoParent(parent) if parent == folder.path().join("x")));
    }

    #[test]
    fn a_failure_half_way_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mut changes = changes(folder.path().join("orders"));
        let again = changes.creates[1].clone();
        changes.creates.push(again);
        assert!(matches!(apply(&changes), Err(ApplyError::Write { .. })));
        assert_eq!(entries(folder.path()), Vec::<String>::new());
    }

    #[cfg(unix)]
    #[test]
    fn a57_what_a_run_that_was_cut_off_left_is_removed_and_what_a_running_one_has_is_not() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            ".orders.launchway-0",
            ".orders.launchway-7",
            ".orders.launchway-1",
            ".orders.launchway-x",
            ".other.launchway-0",
        ] {
            fs::create_dir(folder.path().join(name)).unwrap();
            fs::write(folder.path().join(name).join("half"), "half").unwrap();
        }
        std::os::unix::fs::symlink(".other.launchway-0", folder.path().join(".orders.launchway-2")).unwrap();
        let lock = lock_folder(&folder.path().join(".orders.launchway-1")).unwrap();
        apply(&changes(folder.path().join("orders"))).unwrap();
        let left =
            [".orders.launchway-1", ".orders.launchway-2", ".orders.launchway-x", ".other.launchway-0", "orders"];
        assert_eq!(entries(folder.path()), left);
        assert_eq!(entries(&folder.path().join(".other.launchway-0")), ["half"]);
        drop(lock);
    }

    #[test]
    fn a60_of_many_at_once_one_wins() {
        let folder = tempfile::tempdir().unwrap();
        let destination = folder.path().join("orders");
        let results: Vec<bool> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..20).map(|_| scope.spawn(|| apply(&changes(destination.clone())).is_ok())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(results.iter().filter(|won| **won).count(), 1);
        assert_eq!(entries(folder.path()), ["orders"]);
    }
}
