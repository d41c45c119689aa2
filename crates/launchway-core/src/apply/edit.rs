//! Changes of files in a folder that is there. What somebody saves meanwhile is never lost.
//!
//! A staged file and the one in its place change places in one step; only then is it looked at what came out. If that is
//! not what the change was computed from, everything that was done is taken back.

mod back;
mod journal;
mod staging;
mod swap;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fd::OwnedFd;
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::path::RECORD_FOLDER;
use crate::path::SafePath;
use crate::path::beneath::{self, NotRead};
use crate::project::changes::Edit;
use journal::{Journal, Step};
use staging::{Staging, remove_empty, replaced};

/// Why an existing folder was not changed, or not to the end.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// Somebody else works on it.
    #[error("another launchway is at work in `{}`", .0.display())]
    Busy(PathBuf),
    /// It is not what the changes were computed for; nothing was written, or all of it was taken back.
    #[error("`{}` was changed in the meantime{}", .path.display(), kept_as(.kept))]
    Changed {
        /// The path that was changed.
        path: PathBuf,
        /// What somebody saved where it could not stay, as files beside its place.
        kept: Vec<PathBuf>,
    },
    /// The system refused.
    #[error("cannot write `{}`: {error}", .path.display())]
    Write {
        /// The path that could not be written.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
        /// Whether other files were written before, and could not be taken back.
        partly: bool,
    },
}

fn kept_as(kept: &[PathBuf]) -> String {
    kept.iter().fold(String::new(), |text, path| format!("{text}; what was saved there is in `{}`", path.display()))
}

/// An edit that was cut off, and taken back by a later run.
#[derive(Debug)]
pub struct TakenBack {
    /// What somebody saved since where it could not stay, as files beside its place.
    pub kept: Vec<PathBuf>,
}

/// A folder in which nobody else makes changes; the system lets go of it when the program ends, however it ends.
#[derive(Debug)]
pub struct ProjectLock {
    #[expect(dead_code, reason = "the lock lasts as long as the descriptor")]
    folder: OwnedFd,
    /// What an earlier run had begun and this one has taken back.
    pub taken_back: Option<TakenBack>,
}

impl ProjectLock {
    /// Takes the folder of a project's record. An edit there that was cut off is taken back.
    ///
    /// # Errors
    /// Another process has it, or there is no such folder.
    pub fn take(root: &Path) -> Result<Self, EditError> {
        let path = root.join(RECORD_FOLDER);
        let refused = |error: Errno| match error {
            Errno::WOULDBLOCK => EditError::Busy(root.to_owned()),
            error => EditError::Write { path: path.clone(), error: error.into(), partly: false },
        };
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY | OFlags::NOFOLLOW;
        let folder = rustix::fs::open(&path, flags, Mode::empty()).map_err(refused)?;
        rustix::fs::flock(&folder, FlockOperation::NonBlockingLockExclusive).map_err(refused)?;
        Ok(Self { folder, taken_back: take_back_cut_off(root)? })
    }
}

/// Takes back an edit of a folder that was cut off; returns nothing if there was none.
///
/// # Errors
/// Another process is at work there, or the system refused.
pub fn take_back_cut_off(root: &Path) -> Result<Option<TakenBack>, EditError> {
    Ok(Staging::take_back_cut_off(root)?.map(|back| TakenBack { kept: back.kept }))
}

/// Tells whether an edit of a folder was cut off, and nobody has taken it back yet.
#[must_use]
pub fn is_cut_off(root: &Path) -> bool {
    Staging::is_cut_off(root)
}

/// Looks whether an edit of a folder could be prepared there; nothing is written.
///
/// # Errors
/// Something else stands where it would be prepared.
pub fn can_be_prepared(root: &Path) -> Result<(), EditError> {
    Staging::can_begin(root)
}

/// Changes files of a folder that is there: first what goes, then what comes, in the order of the list.
///
/// Each file is staged in the folder of the record, synced, and put into its place; no link is followed on the way.
///
/// # Errors
/// A file is not as the list says it was; then nothing was written, or all of it was taken back. Or the system refused.
pub fn edit(root: &Path, edits: &[Edit]) -> Result<(), EditError> {
    edit_watched(root, edits, &mut |_| {})
}

/// What an edit has come to. The tests save files at each of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment<'e> {
    /// Every file was as it should be.
    Checked,
    /// Every file is staged.
    Staged,
    /// A file comes next.
    Next(&'e SafePath),
    /// It is in its place, or out of it.
    Moved(&'e SafePath),
    /// What came out was looked at.
    Looked(&'e SafePath),
    /// All is done, and will be looked at once more.
    Done,
    /// Nothing is taken back any more.
    Committed,
}

type Watch<'w> = &'w mut dyn FnMut(Moment<'_>);

fn edit_watched(root: &Path, edits: &[Edit], watch: Watch<'_>) -> Result<(), EditError> {
    if let Some(edit) = edits.iter().find(|edit| !is_as_before(root, edit)) {
        return Err(EditError::Changed { path: root.join(edit.path.as_str()), kept: Vec::new() });
    }
    let edits: Vec<&Edit> = edits.iter().filter(|edit| edit.before != edit.after).collect();
    if edits.is_empty() {
        return Ok(());
    }
    watch(Moment::Checked);
    let staging = Staging::begin(root)?;
    let (goes, comes): (Vec<&Edit>, Vec<&Edit>) = edits.into_iter().partition(|edit| edit.after.is_none());
    let work = Work { root, edits: goes.into_iter().chain(comes).collect(), staging: &staging };
    let done = work.run(watch);
    // What could not be taken back is tried again by the next run.
    if !matches!(done, Err(EditError::Write { partly: true, .. })) {
        staging.end();
    }
    done
}

fn is_as_before(root: &Path, edit: &Edit) -> bool {
    let found = match beneath::read_blob(root, &edit.path) {
        Ok(blob) => Some(blob),
        Err(NotRead::Missing | NotRead::BelowFile | NotRead::Folder) => None,
        Err(NotRead::Unusable(_)) => return false,
    };
    found == edit.before
}

/// Why an edit stops half way.
enum Stop {
    /// Somebody has changed the file.
    Changed,
    Refused(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Refused(error)
    }
}

/// An edit that is being done.
struct Work<'w> {
    root: &'w Path,
    /// What goes, then what comes.
    edits: Vec<&'w Edit>,
    staging: &'w Staging<'w>,
}

impl Work<'_> {
    fn run(&self, watch: Watch<'_>) -> Result<(), EditError> {
        let journal = self.stage()?;
        watch(Moment::Staged);
        let Err((path, stop)) = self.publish(&journal, watch) else { return Ok(()) };
        let back = self.staging.take_back(&journal);
        let path = self.root.join(path.as_str());
        Err(match stop {
            Stop::Changed if !back.is_stuck => EditError::Changed { path, kept: back.kept },
            Stop::Changed => {
                EditError::Write { path, error: io::Error::other("it was changed meanwhile"), partly: true }
            }
            Stop::Refused(error) => EditError::Write { path, error, partly: back.is_stuck },
        })
    }

    /// Stages every file that comes, and writes down what will be done.
    fn stage(&self) -> Result<Journal, EditError> {
        let mut journal = Journal { steps: Vec::new(), folders: self.missing_folders() };
        for (number, edit) in self.edits.iter().enumerate() {
            let at = |error| EditError::Write { path: self.root.join(edit.path.as_str()), error, partly: false };
            let replaced = edit.before.as_ref().and_then(|_| replaced(self.root, &edit.path));
            // Once more, now that it is known which file it is.
            if edit.before.is_some() && !(replaced.is_some() && is_as_before(self.root, edit)) {
                return Err(EditError::Changed { path: self.root.join(edit.path.as_str()), kept: Vec::new() });
            }
            let ours = edit.after.as_ref().map(|blob| self.staging.stage(number, blob, replaced.as_ref()).map_err(at));
            let before = replaced.map(|replaced| replaced.identity);
            journal.steps.push(Step { number, path: edit.path.clone(), before, ours: ours.transpose()? });
        }
        let error = |error| EditError::Write { path: self.root.join(RECORD_FOLDER), error, partly: false };
        self.staging.write_journal(&journal).map_err(error)?;
        Ok(journal)
    }

    /// Finds the folders that are made for what comes, the outermost first.
    fn missing_folders(&self) -> Vec<SafePath> {
        let new = self.edits.iter().filter(|edit| edit.before.is_none());
        let folders: BTreeSet<&str> = new.flat_map(|edit| edit.path.folders()).collect();
        let is_missing = |folder: &&str| beneath::enter(self.root, Some(folder)).is_err();
        folders.into_iter().filter(is_missing).filter_map(|folder| SafePath::new(folder).ok()).collect()
    }

    fn publish(&self, journal: &Journal, watch: Watch<'_>) -> Result<(), (&SafePath, Stop)> {
        let pairs = || self.edits.iter().zip(&journal.steps);
        for (edit, step) in pairs() {
            let path = &edit.path;
            watch(Moment::Next(path));
            self.step(edit, step).map_err(|stop| (path, stop))?;
            watch(Moment::Moved(path));
            self.look(edit, step).map_err(|stop| (path, stop))?;
            watch(Moment::Looked(path));
        }
        watch(Moment::Done);
        // Once more: whoever had a file open may have written to it since.
        for (edit, step) in pairs() {
            self.look(edit, step).map_err(|stop| (&edit.path, stop))?;
        }
        let last = self.edits.last().map(|edit| &edit.path).expect("an edit without files is not begun");
        self.staging.commit().map_err(|error| (last, Stop::Refused(error)))?;
        watch(Moment::Committed);
        self.emptied().iter().for_each(|folder| remove_empty(self.root, folder));
        Ok(())
    }

    fn step(&self, edit: &Edit, step: &Step) -> Result<(), Stop> {
        let done = match (&edit.before, &edit.after) {
            (_, None) => self.staging.take_out(step),
            (None, Some(_)) => {
                self.make_way(&edit.path);
                self.staging.put(step)
            }
            (Some(_), Some(_)) => self.staging.exchange(step),
        };
        done.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists => Stop::Changed,
            _ => Stop::Refused(error),
        })
    }

    /// Looks at what came out of a place.
    fn look(&self, edit: &Edit, step: &Step) -> Result<(), Stop> {
        match &edit.before {
            Some(before) if !self.staging.is_as_computed(step, before) => Err(Stop::Changed),
            _ => Ok(()),
        }
    }

    /// Removes a folder that stands where a file comes, if nothing is left in it.
    fn make_way(&self, path: &SafePath) {
        let is_here = |folder: &&SafePath| {
            *folder == path || folder.as_str().strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        self.emptied().iter().filter(is_here).for_each(|folder| remove_empty(self.root, folder));
    }

    /// The folders of the files that go, the innermost first.
    fn emptied(&self) -> Vec<SafePath> {
        let goes = self.edits.iter().filter(|edit| edit.after.is_none());
        let folders: BTreeSet<&str> = goes.flat_map(|edit| edit.path.folders()).collect();
        folders.into_iter().rev().filter_map(|folder| SafePath::new(folder).ok()).collect()
    }
}
