//! The folder beside a project's record in which an edit is prepared, and from which it can be taken back.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Dir, FlockOperation, Gid, Mode, OFlags};
use rustix::io::Errno;

use super::EditError;
use super::back::Back;
use super::journal::{Journal, Step};
use super::swap::{FolderEntry, Identity};
use crate::path::RECORD_FOLDER;
use crate::path::SafePath;
use crate::path::beneath::{self, Blob, NotRead};

/// The folder's name in that of the record.
const NAME: &str = ".edit";
const JOURNAL: &str = "journal";
const MAX_JOURNAL_BYTES: u64 = 64 << 20;

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW);
const NEW_FILE: OFlags =
    OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW);

/// The folder, for as long as it is ours.
pub(super) struct Staging<'r> {
    pub(super) root: &'r Path,
    record: OwnedFd,
    folder: OwnedFd,
}

impl<'r> Staging<'r> {
    /// Makes the folder; what an edit that was cut off has left there is taken back first.
    pub(super) fn begin(root: &'r Path) -> Result<Self, EditError> {
        let at = |error: io::Error| EditError::Write { path: root.join(RECORD_FOLDER), error, partly: false };
        let top = beneath::enter(root, None).map_err(|error| at(io::Error::other(error.to_string())))?;
        match rustix::fs::mkdirat(&top, RECORD_FOLDER, Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(at(error.into())),
        }
        let staging = Self::open(root, &top, true).map_err(|error| refused(root, error))?;
        let Some(staging) = staging else { return Err(at(Errno::NOENT.into())) };
        let recovered = staging.recover().and_then(|_| staging.probe().map_err(at));
        match recovered {
            Ok(()) => Ok(staging),
            // What could not be taken back is tried again by the next run.
            Err(error @ EditError::Write { partly: true, .. }) => Err(error),
            Err(error) => {
                staging.end();
                Err(error)
            }
        }
    }

    /// Takes an edit back that was cut off; tells what became of it, or nothing if there was none.
    pub(super) fn take_back_cut_off(root: &'r Path) -> Result<Option<Back>, EditError> {
        let Ok(top) = beneath::enter(root, None) else { return Ok(None) };
        let Some(staging) = Self::open(root, &top, false).map_err(|error| refused(root, error))? else {
            return Ok(None);
        };
        let back = staging.recover()?;
        staging.end();
        Ok(back)
    }

    /// Tells whether there is the journal of an edit that nobody is at work at.
    ///
    /// The lock is only asked for where there is one, so that looking at a project stops no command that writes to it.
    pub(super) fn is_cut_off(root: &'r Path) -> bool {
        let journal = root.join(RECORD_FOLDER).join(NAME).join(JOURNAL);
        let Ok(top) = beneath::enter(root, None) else { return false };
        let staging = || Self::open(root, &top, false).ok().flatten();
        journal.exists() && staging().is_some_and(|staging| matches!(staging.journal(), Ok(Some(_))))
    }

    /// Tells whether the folder is there, or could be made.
    pub(super) fn can_begin(root: &'r Path) -> Result<(), EditError> {
        let Ok(top) = beneath::enter(root, None) else { return Ok(()) };
        let record = match rustix::fs::openat(&top, RECORD_FOLDER, FOLDER, Mode::empty()) {
            Err(Errno::NOENT) => return Ok(()),
            record => record,
        };
        let folder = record.and_then(|record| rustix::fs::openat(&record, NAME, FOLDER, Mode::empty()));
        match folder {
            Ok(_) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(refused(root, error)),
        }
    }

    fn open(root: &'r Path, top: &OwnedFd, makes: bool) -> Result<Option<Self>, Errno> {
        let record = match rustix::fs::openat(top, RECORD_FOLDER, FOLDER, Mode::empty()) {
            Err(Errno::NOENT) => return Ok(None),
            record => record?,
        };
        if makes {
            match rustix::fs::mkdirat(&record, NAME, Mode::from_raw_mode(0o700)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error),
            }
        }
        let folder = match rustix::fs::openat(&record, NAME, FOLDER, Mode::empty()) {
            Err(Errno::NOENT) if !makes => return Ok(None),
            folder => folder?,
        };
        // A file system without locks is written to all the same.
        if let Err(Errno::WOULDBLOCK) = rustix::fs::flock(&folder, FlockOperation::NonBlockingLockExclusive) {
            return Err(Errno::WOULDBLOCK);
        }
        Ok(Some(Self { root, record, folder }))
    }

    /// Takes back what the journal of an edit that was cut off says, and empties the folder.
    fn recover(&self) -> Result<Option<Back>, EditError> {
        let journal = self.journal().map_err(|error| self.error(error))?;
        let back = journal.map(|journal| self.take_back(&journal));
        if back.as_ref().is_some_and(|back| back.is_stuck) {
            return Err(EditError::Write {
                path: self.root.join(RECORD_FOLDER).join(NAME),
                error: io::Error::other("what an edit that was cut off has left there cannot be taken back"),
                partly: true,
            });
        }
        self.empty().map_err(|error| self.error(error))?;
        Ok(back)
    }

    fn error(&self, error: io::Error) -> EditError {
        EditError::Write { path: self.root.join(RECORD_FOLDER).join(NAME), error, partly: false }
    }

    fn journal(&self) -> io::Result<Option<Journal>> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let file = match rustix::fs::openat(&self.folder, JOURNAL, flags, Mode::empty()) {
            Err(Errno::NOENT) => return Ok(None),
            file => File::from(file?),
        };
        let mut bytes = Vec::new();
        file.take(MAX_JOURNAL_BYTES).read_to_end(&mut bytes)?;
        Ok(std::str::from_utf8(&bytes).ok().and_then(Journal::of_text))
    }

    /// Removes all that is in the folder, the journal last.
    fn empty(&self) -> io::Result<()> {
        let mut names: Vec<String> = Vec::new();
        for entry in Dir::read_from(&self.folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if !matches!(name.as_str(), "." | "..") {
                names.push(name);
            }
        }
        names.sort_by_key(|name| name == JOURNAL);
        names.iter().try_for_each(|name| Ok(rustix::fs::unlinkat(&self.folder, name.as_str(), AtFlags::empty())?))
    }

    /// Finds out whether the disk can move a file without overwriting another, before anything depends on it; and keeps
    /// what is staged out of every commit.
    fn probe(&self) -> io::Result<()> {
        self.write("ignored", b"*\n")?;
        self.place("ignored").put(self.place(".gitignore"))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = File::from(rustix::fs::openat(&self.folder, name, NEW_FILE, Mode::from_raw_mode(0o600))?);
        file.write_all(bytes)?;
        file.sync_all()
    }

    pub(super) fn write_journal(&self, journal: &Journal) -> io::Result<()> {
        self.write(JOURNAL, journal.to_text().as_bytes())
    }

    /// Writes a file under a number; it gets the rights of the one that it will replace.
    pub(super) fn stage(&self, number: usize, blob: &Blob, replaced: Option<&Replaced>) -> io::Result<Identity> {
        let bits = replaced.map_or(0o666, |it| it.identity.mode & 0o666);
        let mode = Mode::from_raw_mode(if blob.executable { bits | (bits & 0o444) >> 2 } else { bits });
        let mut file = File::from(rustix::fs::openat(&self.folder, number.to_string(), NEW_FILE, mode)?);
        if let Some(replaced) = replaced {
            // Only some may give a file to another group; then it is the user's own.
            let _ = rustix::fs::fchown(&file, None, Some(replaced.group));
            rustix::fs::fchmod(&file, mode)?;
        }
        file.write_all(&blob.bytes)?;
        file.sync_all()?;
        Ok(Identity::of(&rustix::fs::fstat(&file)?))
    }

    pub(super) fn place<'p>(&'p self, name: &'p str) -> FolderEntry<'p> {
        FolderEntry { folder: &self.folder, name }
    }

    /// Puts a staged file where none is. What is in a folder whose files have a group of their own gets that group.
    pub(super) fn put(&self, step: &Step) -> io::Result<()> {
        let folder = enter_or_create(self.root, &step.path)?;
        let found = rustix::fs::fstat(&folder)?;
        if found.st_mode & 0o2000 != 0 {
            let group = Some(Gid::from_raw(found.st_gid));
            let _ = rustix::fs::chownat(&self.folder, step.number.to_string(), None, group, AtFlags::SYMLINK_NOFOLLOW);
        }
        self.place(&step.number.to_string()).put(FolderEntry { folder: &folder, name: name_of(&step.path) })
    }

    /// Lets a staged file and the one in its place change places.
    pub(super) fn exchange(&self, step: &Step) -> io::Result<()> {
        let folder = above(self.root, &step.path)?;
        let (number, aside) = (step.number.to_string(), aside(step));
        let place = FolderEntry { folder: &folder, name: name_of(&step.path) };
        self.place(&number).exchange(place, self.place(&aside))
    }

    /// Moves a file out of its place.
    pub(super) fn take_out(&self, step: &Step) -> io::Result<()> {
        let folder = above(self.root, &step.path)?;
        FolderEntry { folder: &folder, name: name_of(&step.path) }.move_out(self.place(&step.number.to_string()))
    }

    /// Tells whether what came out of a place is what the change was computed from.
    pub(super) fn is_as_computed(&self, step: &Step, before: &Blob) -> bool {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let look = || -> io::Result<bool> {
            let file = rustix::fs::openat(&self.folder, step.number.to_string(), flags, Mode::empty())?;
            let found = Identity::of(&rustix::fs::fstat(&file)?);
            if step.before.is_none_or(|before| (before.mode, before.size) != (found.mode, found.size)) {
                return Ok(false);
            }
            let mut bytes = Vec::new();
            File::from(file).take(found.size + 1).read_to_end(&mut bytes)?;
            Ok(bytes == *before.bytes)
        };
        look().unwrap_or(false)
    }

    /// From here on the edit is done: nobody takes it back any more.
    pub(super) fn commit(&self) -> io::Result<()> {
        self.place(JOURNAL).remove()
    }

    /// Removes the folder, and that of the record if nothing is in it: it was made for this alone, now or by a run that was
    /// cut off. What cannot be removed is left for the next run.
    pub(super) fn end(self) {
        let _ = self.empty();
        let _ = rustix::fs::unlinkat(&self.record, NAME, AtFlags::REMOVEDIR);
        if let Ok(top) = beneath::enter(self.root, None) {
            let _ = rustix::fs::unlinkat(&top, RECORD_FOLDER, AtFlags::REMOVEDIR);
        }
    }
}

/// The file that a change replaces.
pub(super) struct Replaced {
    pub(super) identity: Identity,
    group: Gid,
}

/// Finds the file that stands in the place of a path, if it is one.
pub(super) fn replaced(root: &Path, path: &SafePath) -> Option<Replaced> {
    let folder = above(root, path).ok()?;
    let found = rustix::fs::statat(&folder, name_of(path), AtFlags::SYMLINK_NOFOLLOW).ok()?;
    Some(Replaced { identity: Identity::of(&found), group: Gid::from_raw(found.st_gid) })
}

fn refused(root: &Path, error: Errno) -> EditError {
    match error {
        Errno::WOULDBLOCK => EditError::Busy(root.to_owned()),
        error => EditError::Write { path: root.join(RECORD_FOLDER).join(NAME), error: error.into(), partly: false },
    }
}

/// The name under which a file waits in an exchange that takes more than one step.
pub(super) fn aside(step: &Step) -> String {
    format!("{}-aside", step.number)
}

/// Returns the last segment of a path.
pub(super) fn name_of(path: &SafePath) -> &str {
    path.as_str().rsplit('/').next().unwrap_or_default()
}

/// Opens the folder above a path.
pub(super) fn above(root: &Path, path: &SafePath) -> io::Result<OwnedFd> {
    let above = path.as_str().rsplit_once('/').map(|(above, _)| above);
    beneath::enter(root, above).map_err(|error| match error {
        NotRead::Missing => io::ErrorKind::NotFound.into(),
        error => io::Error::other(error.to_string()),
    })
}

/// Removes a folder with nothing in it.
pub(super) fn remove_empty(root: &Path, folder: &SafePath) {
    if let Ok(above) = above(root, folder) {
        let _ = rustix::fs::unlinkat(&above, name_of(folder), AtFlags::REMOVEDIR);
    }
}

/// Opens the folder above a path, and makes those that are missing.
pub(super) fn enter_or_create(root: &Path, path: &SafePath) -> io::Result<OwnedFd> {
    let mut folder = beneath::enter(root, None).map_err(|error| io::Error::other(error.to_string()))?;
    let mut segments: Vec<&str> = path.as_str().split('/').collect();
    segments.pop();
    for segment in segments {
        let open = || rustix::fs::openat(&folder, segment, FOLDER, Mode::empty());
        let below = match open() {
            Err(Errno::NOENT) => {
                match rustix::fs::mkdirat(&folder, segment, Mode::from_raw_mode(0o755)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
                open()
            }
            below => below,
        };
        folder = below?;
    }
    Ok(folder)
}
