//! Folders in which something is staged: locked while they are used, and removed when they were left behind.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fd::OwnedFd;
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::Uid;

use super::files::{create_folder_with, is_taken, rename_without_replacing};
use super::{ApplyError, MAX_STAGING_NAMES};
use crate::project::changes::DestinationExists;

/// A folder that was made under a name of ours, and is removed again unless it is published.
///
/// It is locked for as long as this program runs, so that another run knows it from one that was left behind.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) path: PathBuf,
    /// Nothing where the file system has no locks; then what is left behind stays.
    _lock: Option<OwnedFd>,
    published: bool,
}

impl Claim {
    /// Makes a folder `PREFIX-NUMBER`, after removing those that runs which were cut off have left.
    pub(super) fn take(parent: &Path, prefix: &str, mode: u32) -> Result<Self, ApplyError> {
        remove_stale(parent, prefix, rustix::process::geteuid());
        for number in 0..MAX_STAGING_NAMES {
            let path = parent.join(format!("{prefix}-{number}"));
            match create_folder_with(&path, mode) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(ApplyError::Write { path, error }),
            }
            if let Ok(lock) = keep(&path, lock_folder) {
                return Ok(Self { path, _lock: lock, published: false });
            }
        }
        let error = io::Error::other(format!("too many of the folders `{prefix}-*` were left here; remove them"));
        Err(ApplyError::Write { path: parent.to_owned(), error })
    }

    /// Makes the folder in which a project is staged.
    pub(super) fn beside(parent: &Path, destination: &Path) -> Result<Self, ApplyError> {
        let name: String = destination.file_name().unwrap_or_default().to_string_lossy().chars().take(40).collect();
        Self::take(parent, &format!(".{name}.launchway"), 0o755)
    }

    pub(super) fn publish(mut self, destination: &Path) -> Result<(), ApplyError> {
        match rename_without_replacing(&self.path, destination) {
            Ok(()) => {
                self.published = true;
                Ok(())
            }
            Err(error) if is_taken(&error) => Err(DestinationExists(destination.to_owned()).into()),
            Err(error) => Err(ApplyError::Write { path: destination.to_owned(), error }),
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.published {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// A folder that was just made is somebody else's, or gone.
struct Lost;

/// Locks a folder that was just made, if it is still there. The file system may have no locks; it is written to all the same.
fn keep(path: &Path, lock: impl FnOnce(&Path) -> Result<OwnedFd, Errno>) -> Result<Option<OwnedFd>, Lost> {
    match lock(path) {
        // Somebody took it for one that was left behind, in the moment before it was locked.
        Err(Errno::WOULDBLOCK | Errno::NOENT) => Err(Lost),
        Ok(lock) if !is_still(path, &lock) => Err(Lost),
        lock => Ok(lock.ok()),
    }
}

/// Removes the folders of a prefix that are a user's and that no running program has locked.
fn remove_stale(parent: &Path, prefix: &str, user: Uid) {
    let is_ours = |name: &str| {
        let number = name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-'));
        number.is_some_and(|number| number.parse::<u32>().is_ok())
    };
    for entry in parent.read_dir().into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(is_ours)
            && let Ok(lock) = lock_folder(&entry.path())
            && is_of(&lock, user)
            && is_still(&entry.path(), &lock)
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Opens a folder, not through a link, and locks it unless somebody else has.
pub(super) fn lock_folder(path: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let folder = rustix::fs::open(path, flags, Mode::empty())?;
    rustix::fs::flock(&folder, FlockOperation::NonBlockingLockExclusive)?;
    Ok(folder)
}

/// Tells whether a file or folder belongs to a user.
fn is_of(file: &OwnedFd, user: Uid) -> bool {
    rustix::fs::fstat(file).is_ok_and(|it| it.st_uid == user.as_raw())
}

/// Tells whether a path still leads to what was opened there.
fn is_still(path: &Path, file: &OwnedFd) -> bool {
    let (opened, now) = (rustix::fs::fstat(file), rustix::fs::lstat(path));
    matches!((opened, now), (Ok(opened), Ok(now)) if (opened.st_dev, opened.st_ino) == (now.st_dev, now.st_ino))
}

#[cfg(test)]
mod tests {
    use super::super::tests::entries;
    use super::*;

    #[test]
    fn what_another_user_left_stays() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(".orders.launchway-0")).unwrap();
        let own = rustix::process::geteuid();
        remove_stale(folder.path(), ".orders.launchway", Uid::from_raw(own.as_raw() + 1));
        assert_eq!(entries(folder.path()), [".orders.launchway-0"]);
        remove_stale(folder.path(), ".orders.launchway", own);
        assert_eq!(entries(folder.path()), Vec::<String>::new());
    }

    #[test]
    fn a_folder_that_somebody_took_away_before_it_was_locked_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".orders.launchway-0");
        let made_again = |path: &Path| {
            let lock = lock_folder(path);
            fs::remove_dir(path).unwrap();
            fs::create_dir(path).unwrap();
            lock
        };
        fs::create_dir(&path).unwrap();
        assert!(keep(&path, made_again).is_err(), "another folder has its name");
        let held = lock_folder(&path).unwrap();
        assert!(keep(&path, lock_folder).is_err(), "somebody else has locked it");
        drop(held);
        assert!(matches!(keep(&path, lock_folder), Ok(Some(_))));
        assert!(matches!(keep(&path, |_| Err(Errno::NOTSUP)), Ok(None)), "without locks it is used all the same");
        fs::remove_dir(&path).unwrap();
        assert!(keep(&path, lock_folder).is_err(), "it is gone");
    }
}
