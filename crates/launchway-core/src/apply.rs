//! The only file that writes: a whole project, or nothing.

#![expect(clippy::disallowed_methods, reason = "this is the file that writes")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::beneath::{self, NotRead};
use crate::changes::{Changes, DestinationExists, Edit};
use crate::{Blob, PlannedFile, SafePath, parallel, record};

const MAX_STAGING_NAMES: u32 = 1000;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Somebody else was faster.
    #[error(transparent)]
    Exists(#[from] DestinationExists),
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

/// Writes a new project: staged beside the destination, synced, and moved into place with one rename.
///
/// # Errors
/// The destination is there by now, or something could not be written; then the staging folder was removed again.
pub fn apply(changes: &Changes) -> Result<(), ApplyError> {
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
        for folder in ["objects", "refs"] {
            let path = scratch.path().join(folder);
            create_folder(&path).map_err(at(&path))?;
        }
        let head = scratch.path().join("HEAD");
        fs::write(&head, "ref: refs/heads/main\n").map_err(at(&head))?;
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

/// Why an existing folder was not changed, or not to the end.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// Somebody else works on it.
    #[error("another launchway is at work in `{}`", .0.display())]
    Busy(PathBuf),
    /// It is not what the changes were computed for; nothing was written.
    #[error("`{}` was changed in the meantime", .0.display())]
    Changed(PathBuf),
    /// The system refused.
    #[error("cannot write `{}`: {error}", .path.display())]
    Write {
        /// The path that could not be written.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
        /// Whether other files were written before.
        partly: bool,
    },
}

/// A folder in which nobody else makes changes; the system lets go of it when the program ends, however it ends.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the lock lasts as long as the descriptor")] OwnedFd);

impl Lock {
    /// Takes the folder of a project's record.
    ///
    /// # Errors
    /// Another process has it, or there is no such folder.
    pub fn take(root: &Path) -> Result<Self, EditError> {
        let path = root.join(record::FOLDER);
        let refused = |error: Errno| match error {
            Errno::WOULDBLOCK => EditError::Busy(root.to_owned()),
            error => EditError::Write { path: path.clone(), error: error.into(), partly: false },
        };
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY | OFlags::NOFOLLOW;
        let folder = rustix::fs::open(&path, flags, Mode::empty()).map_err(refused)?;
        rustix::fs::flock(&folder, FlockOperation::NonBlockingLockExclusive).map_err(refused)?;
        Ok(Self(folder))
    }
}

/// Changes files of a folder that is there: first what goes, then what comes, in the order of the list.
///
/// Each file is staged beside its place, synced, and renamed; no link is followed on the way.
///
/// # Errors
/// A file is not as the list says it was; then nothing was written. Or the system refused.
pub fn edit(root: &Path, edits: &[Edit]) -> Result<(), EditError> {
    for edit in edits {
        let found = match beneath::read_blob(root, &edit.path) {
            Ok(blob) => Some(blob),
            Err(NotRead::Missing | NotRead::BelowFile | NotRead::Folder) => None,
            Err(NotRead::Unusable(_)) => return Err(EditError::Changed(root.join(edit.path.as_str()))),
        };
        if found.map(|blob| blob.bytes) != edit.before.as_ref().map(|blob| blob.bytes.clone()) {
            return Err(EditError::Changed(root.join(edit.path.as_str())));
        }
    }
    let edits: Vec<&Edit> = edits.iter().filter(|edit| edit.before != edit.after).collect();
    let mut staged = Staged { root, files: BTreeMap::new(), folders: Vec::new() };
    for edit in &edits {
        if let Some(blob) = &edit.after {
            staged.add(&edit.path, blob).map_err(|error| refused(root, &edit.path, error, false))?;
        }
    }
    let (goes, comes): (Vec<&Edit>, Vec<&Edit>) = edits.into_iter().partition(|edit| edit.after.is_none());
    let mut done: Vec<&Edit> = Vec::new();
    for edit in goes.into_iter().chain(comes) {
        let published = if edit.after.is_some() { staged.publish(&edit.path) } else { take_away(root, &edit.path) };
        if let Err(error) = published {
            let partly = !take_back(root, &done);
            return Err(refused(root, &edit.path, error, partly));
        }
        done.push(edit);
    }
    Ok(())
}

fn refused(root: &Path, path: &SafePath, error: io::Error, partly: bool) -> EditError {
    EditError::Write { path: root.join(path.as_str()), error, partly }
}

/// Brings files back that were changed already; tells whether all of them are as they were.
fn take_back(root: &Path, done: &[&Edit]) -> bool {
    let back = |edit: &&Edit| match &edit.before {
        Some(blob) => {
            let mut staged = Staged { root, files: BTreeMap::new(), folders: Vec::new() };
            staged.add(&edit.path, blob).and_then(|()| staged.publish(&edit.path)).is_ok()
        }
        None => take_away(root, &edit.path).is_ok(),
    };
    // What came goes first: it may stand where a folder of the others was.
    done.iter().rev().filter(|edit| !back(edit)).count() == 0
}

/// Files that stand beside their places, whole and synced; those that were not published are removed again.
struct Staged<'r> {
    root: &'r Path,
    /// Each with the folder that it stands in, and its name there.
    files: BTreeMap<SafePath, (Option<SafePath>, String)>,
    /// The folders that were made for them, the outermost first.
    folders: Vec<SafePath>,
}

impl Staged<'_> {
    /// Writes a file beside its place.
    fn add(&mut self, path: &SafePath, blob: &Blob) -> io::Result<()> {
        let above = self.make_folders(path)?;
        let name = name_of(path);
        let folder = entered(self.root, above.as_ref().map(SafePath::as_str))?;
        let (mut file, staged) = stage(&folder, name, mode_of(&folder, name, blob))?;
        self.files.insert(path.clone(), (above, staged));
        file.write_all(&blob.bytes)?;
        file.sync_all()
    }

    /// Makes the folders that are missing; returns the last that is there. Below a file that goes, there is none yet.
    fn make_folders(&mut self, path: &SafePath) -> io::Result<Option<SafePath>> {
        let mut last = None;
        for folder in path.folders() {
            let folder = SafePath::new(folder).map_err(|error| io::Error::other(error.to_string()))?;
            let above = entered(self.root, last.as_ref().map(SafePath::as_str))?;
            match rustix::fs::mkdirat(&above, name_of(&folder), Mode::from_raw_mode(0o755)) {
                Ok(()) => self.folders.push(folder.clone()),
                Err(Errno::EXIST) if beneath::enter(self.root, Some(folder.as_str())).is_err() => return Ok(last),
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            last = Some(folder);
        }
        Ok(last)
    }

    /// Puts a staged file into its place, whatever is there.
    fn publish(&mut self, path: &SafePath) -> io::Result<()> {
        let Some((above, staged)) = self.files.get(path) else { return Ok(()) };
        let from = entered(self.root, above.as_ref().map(SafePath::as_str))?;
        let to = enter_or_create(self.root, path)?;
        rustix::fs::renameat(&from, staged, &to, name_of(path))?;
        self.files.remove(path);
        Ok(())
    }
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        for (above, staged) in self.files.values() {
            if let Ok(folder) = entered(self.root, above.as_ref().map(SafePath::as_str)) {
                let _ = rustix::fs::unlinkat(&folder, staged, AtFlags::empty());
            }
        }
        // A folder with a published file in it stays.
        for folder in self.folders.iter().rev() {
            let above = folder.as_str().rsplit_once('/').map(|(above, _)| above);
            if let Ok(above) = entered(self.root, above) {
                let _ = rustix::fs::unlinkat(&above, name_of(folder), AtFlags::REMOVEDIR);
            }
        }
    }
}
/// Opens a file beside the one that it will replace. What an update that was cut off has left under the name is ours.
fn stage(folder: &OwnedFd, name: &str, mode: Mode) -> io::Result<(File, String)> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let name: String = name.chars().take(40).collect();
    for number in 0..MAX_STAGING_NAMES {
        let staged = format!(".{name}.launchway-{number}");
        let open = || rustix::fs::openat(folder, &staged, flags, mode);
        let opened = match open() {
            Err(Errno::EXIST) if is_own_file(folder, &staged) => {
                rustix::fs::unlinkat(folder, &staged, AtFlags::empty())?;
                open()
            }
            opened => opened,
        };
        match opened {
            Err(Errno::EXIST) => {}
            opened => return Ok((File::from(opened?), staged)),
        }
    }
    Err(io::Error::other("too many staged files were left here; remove the `.*.launchway-*` files"))
}

/// Tells whether a plain file of the user who runs the program has a name.
fn is_own_file(folder: &OwnedFd, name: &str) -> bool {
    let own = rustix::process::geteuid().as_raw();
    rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|it| FileType::from_raw_mode(it.st_mode) == FileType::RegularFile && it.st_uid == own)
}

/// A file keeps who may read and write it; whether it can be run is as it is meant to be.
fn mode_of(folder: &OwnedFd, name: &str, blob: &Blob) -> Mode {
    let known = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok();
    let is_file = |found: &rustix::fs::Stat| FileType::from_raw_mode(found.st_mode) == FileType::RegularFile;
    let bits = known.filter(is_file).map_or(0o666, |found| found.st_mode & 0o666);
    Mode::from_raw_mode(if blob.executable { bits | (bits & 0o444) >> 2 } else { bits })
}

/// Returns the last segment of a path.
fn name_of(path: &SafePath) -> &str {
    path.as_str().rsplit('/').next().unwrap_or_default()
}

/// Opens a folder below another, or that one itself.
fn entered(root: &Path, folder: Option<&str>) -> io::Result<OwnedFd> {
    beneath::enter(root, folder).map_err(|error| io::Error::other(error.to_string()))
}

/// Opens the folder above a path, and makes those that are missing.
fn enter_or_create(root: &Path, path: &SafePath) -> io::Result<OwnedFd> {
    let mut folder = beneath::enter(root, None).map_err(|error| io::Error::other(error.to_string()))?;
    let mut segments: Vec<&str> = path.as_str().split('/').collect();
    segments.pop();
    for segment in segments {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY | OFlags::NOFOLLOW;
        let open = || rustix::fs::openat(&folder, segment, flags, Mode::empty());
        let below = match open() {
            Err(Errno::NOENT) => {
                rustix::fs::mkdirat(&folder, segment, Mode::from_raw_mode(0o755))?;
                open()
            }
            below => below,
        };
        folder = below?;
    }
    Ok(folder)
}

/// Removes a file, and the folders that it leaves empty.
fn take_away(root: &Path, path: &SafePath) -> io::Result<()> {
    let mut rest = path.as_str();
    let mut flags = AtFlags::empty();
    loop {
        let (above, name) = rest.rsplit_once('/').map_or((None, rest), |(above, name)| (Some(above), name));
        let folder = beneath::enter(root, above).map_err(|error| io::Error::other(error.to_string()))?;
        match rustix::fs::unlinkat(&folder, name, flags) {
            // A folder with something else in it stays.
            Err(_) if flags == AtFlags::REMOVEDIR => return Ok(()),
            removed => removed?,
        }
        flags = AtFlags::REMOVEDIR;
        match above {
            Some(above) => rest = above,
            None => return Ok(()),
        }
    }
}

/// Writes a file that is the user's alone, such as settings: whole or not at all. Only the holder of the file's lock
/// may call it.
///
/// # Errors
/// The system refused; then what was there is there still.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), ApplyError> {
    // Settings may be a link into a folder that is kept in git.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let at = |error| ApplyError::Write { path: path.clone(), error };
    create_private_folders(path.parent().unwrap_or(Path::new(".")))?;
    let mut staged = path.clone().into_os_string();
    staged.push(".new");
    let staged = PathBuf::from(staged);
    // What an earlier run has left there is ours.
    let _ = fs::remove_file(&staged);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&staged).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&staged, &path)).map_err(|error| {
        let _ = fs::remove_file(&staged);
        at(error)
    })
}

/// Removes a file that [`write_private`] has written, if it is there. Only the holder of the file's lock may call it.
pub fn remove_private(path: &Path) {
    let _ = fs::remove_file(path);
}

/// Opens a file to be locked, and makes it with the folders above it if it is missing.
///
/// # Errors
/// The system refused.
pub fn open_lock(path: &Path) -> Result<File, ApplyError> {
    create_private_folders(path.parent().unwrap_or(Path::new(".")))?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| ApplyError::Write { path: path.to_owned(), error })
}

/// Makes an empty bare repository of git's, unless it is there.
///
/// # Errors
/// The system refused.
pub fn create_bare_repository(path: &Path) -> Result<(), ApplyError> {
    let head = path.join("HEAD");
    if head.exists() {
        return Ok(());
    }
    ["objects", "refs"].iter().try_for_each(|folder| create_private_folders(&path.join(folder)))?;
    // Git takes it for a repository once this is there.
    write_private(&head, b"ref: refs/heads/main\n")
}

/// Removes what a git that was stopped has left in a bare repository: its locks, and packs that were not complete.
pub fn clear_leftovers(repository: &Path) {
    let is_leftover = |name: &str| name.starts_with("tmp_") || Path::new(name).extension() == Some("lock".as_ref());
    for folder in ["", "objects/pack", "refs/heads", "refs/tags"] {
        for entry in repository.join(folder).read_dir().into_iter().flatten().flatten() {
            if entry.file_name().to_str().is_some_and(is_leftover) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn create_private_folders(path: &Path) -> Result<(), ApplyError> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path).map_err(|error| ApplyError::Write { path: path.to_owned(), error })
}

/// A folder that was made under a name of ours, and is removed again unless it is published.
///
/// It is locked for as long as this program runs, so that another run knows it from one that was left behind.
#[derive(Debug)]
struct Claim {
    path: PathBuf,
    /// Nothing where the file system has no locks; then what is left behind stays.
    _lock: Option<OwnedFd>,
    published: bool,
}

impl Claim {
    /// Makes a folder `PREFIX-NUMBER`, after removing those that runs which were cut off have left.
    fn take(parent: &Path, prefix: &str, mode: u32) -> Result<Self, ApplyError> {
        remove_stale(parent, prefix);
        for number in 0..MAX_STAGING_NAMES {
            let path = parent.join(format!("{prefix}-{number}"));
            match create_folder_with(&path, mode) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(ApplyError::Write { path, error }),
            }
            match lock_folder(&path) {
                // Somebody took it for one that was left behind, in the moment before it was locked.
                Err(Errno::WOULDBLOCK | Errno::NOENT) => {}
                Ok(lock) if !is_still(&path, &lock) => {}
                // A file system without locks is written to all the same.
                lock => return Ok(Self { path, _lock: lock.ok(), published: false }),
            }
        }
        let error = io::Error::other(format!("too many of the folders `{prefix}-*` were left here; remove them"));
        Err(ApplyError::Write { path: parent.to_owned(), error })
    }

    /// Makes the folder in which a project is staged.
    fn beside(parent: &Path, destination: &Path) -> Result<Self, ApplyError> {
        let name: String = destination.file_name().unwrap_or_default().to_string_lossy().chars().take(40).collect();
        Self::take(parent, &format!(".{name}.launchway"), 0o755)
    }

    fn publish(mut self, destination: &Path) -> Result<(), ApplyError> {
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

/// Removes the folders of a prefix that are this user's and that no running program has locked.
fn remove_stale(parent: &Path, prefix: &str) {
    let is_ours = |name: &str| {
        let number = name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-'));
        number.is_some_and(|number| number.parse::<u32>().is_ok())
    };
    for entry in parent.read_dir().into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(is_ours)
            && let Ok(lock) = lock_folder(&entry.path())
            && is_own(&lock)
            && is_still(&entry.path(), &lock)
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Opens a folder, not through a link, and locks it unless somebody else has.
fn lock_folder(path: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let folder = rustix::fs::open(path, flags, Mode::empty())?;
    rustix::fs::flock(&folder, FlockOperation::NonBlockingLockExclusive)?;
    Ok(folder)
}

/// Tells whether a file or folder belongs to the user who runs the program.
fn is_own(file: &OwnedFd) -> bool {
    rustix::fs::fstat(file).is_ok_and(|it| it.st_uid == rustix::process::geteuid().as_raw())
}

/// Tells whether a path still leads to what was opened there.
fn is_still(path: &Path, file: &OwnedFd) -> bool {
    let (opened, now) = (rustix::fs::fstat(file), rustix::fs::lstat(path));
    matches!((opened, now), (Ok(opened), Ok(now)) if (opened.st_dev, opened.st_ino) == (now.st_dev, now.st_ino))
}

fn write_files(root: &Path, files: &[(SafePath, PlannedFile)]) -> Result<(), ApplyError> {
    let mut folders = BTreeSet::new();
    for (path, _) in files {
        folders.extend(path.folders());
    }
    for folder in &folders {
        let path = root.join(folder);
        create_folder(&path).map_err(|error| ApplyError::Write { path, error })?;
    }
    let written = parallel::map(files, |(path, file)| {
        let path = root.join(path.as_str());
        write_file(&path, file).map_err(|error| ApplyError::Write { path, error })
    });
    written.into_iter().collect::<Result<(), _>>()?;
    folders.iter().try_for_each(|folder| sync_folder(&root.join(folder)))?;
    sync_folder(root)
}

fn write_file(path: &Path, file: &PlannedFile) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if file.executable { 0o755 } else { 0o644 });
    let mut written = options.open(path)?;
    written.write_all(&file.bytes)?;
    written.sync_all()
}

fn create_folder(path: &Path) -> io::Result<()> {
    create_folder_with(path, 0o755)
}

fn create_folder_with(path: &Path, mode: u32) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode);
    builder.create(path)
}

fn sync_folder(path: &Path) -> Result<(), ApplyError> {
    match open_folder(path)? {
        Some(folder) => folder.sync_all().map_err(|error| ApplyError::Write { path: path.to_owned(), error }),
        None => Ok(()),
    }
}

/// Opens a folder for a sync; only Unix has that.
fn open_folder(path: &Path) -> Result<Option<File>, ApplyError> {
    let open = || File::open(path).map_err(|error| ApplyError::Write { path: path.to_owned(), error });
    if cfg!(unix) { open().map(Some) } else { Ok(None) }
}

/// Renames a folder. What stands at the destination is not replaced; where the file system cannot promise that, at
/// most an empty folder is.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_without_replacing(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some network file systems do not know the flag. A folder never replaces a folder with files in it.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => fs::rename(from, to),
        result => Ok(result?),
    }
}

/// Renames a folder. What stands at the destination is never replaced, but for an empty folder on some systems.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_without_replacing(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

fn is_taken(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotADirectory
    )
}

#[cfg(test)]
mod tests {
    use super::*;
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
        Changes { destination, creates }
    }

    fn entries(folder: &Path) -> Vec<String> {
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
    fn a_private_file_is_replaced_whole_also_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a/settings.toml");
        write_private(&file, b"one").unwrap();
        fs::write(file.with_extension("toml.new"), "left by a run that was cut off").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("a/settings.toml", folder.path().join("link")).unwrap();
        write_private(&folder.path().join("link"), b"two").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(entries(&folder.path().join("a")), ["settings.toml"]);
        assert!(folder.path().join("link").is_symlink());
    }

    #[test]
    fn what_a_stopped_git_left_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        create_bare_repository(folder.path()).unwrap();
        fs::create_dir(folder.path().join("objects/pack")).unwrap();
        for name in ["shallow.lock", "objects/pack/tmp_pack_x", "objects/pack/pack-1.pack", "shallow"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        clear_leftovers(folder.path());
        assert_eq!(entries(folder.path()), ["HEAD", "objects", "refs", "shallow"]);
        assert_eq!(entries(&folder.path().join("objects/pack")), ["pack-1.pack"]);
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

    fn edit_of(path: &str, before: Option<&'static str>, after: Option<&'static str>) -> Edit {
        let blob = |text: &'static str| Blob { bytes: text.as_bytes().into(), executable: false };
        Edit { path: SafePath::new(path).unwrap(), before: before.map(blob), after: after.map(blob) }
    }

    #[test]
    fn files_and_folders_change_places_and_nothing_stays_beside_them() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "file").unwrap();
        fs::create_dir(folder.path().join("b")).unwrap();
        fs::write(folder.path().join("b/c"), "below").unwrap();
        // Left by an update that was cut off.
        fs::write(folder.path().join(".b.launchway-0"), "half").unwrap();
        let edits = [
            edit_of("a", Some("file"), None),
            edit_of("a/x/y", None, Some("deep")),
            edit_of("b", None, Some("now a file")),
            edit_of("b/c", Some("below"), None),
        ];
        edit(folder.path(), &edits).unwrap();
        assert_eq!(entries(folder.path()), ["a", "b"]);
        assert_eq!(fs::read(folder.path().join("a/x/y")).unwrap(), b"deep");
        assert_eq!(fs::read(folder.path().join("b")).unwrap(), b"now a file");
    }

    #[test]
    fn an_edit_that_fails_half_way_takes_back_what_it_did() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "old").unwrap();
        fs::create_dir_all(folder.path().join("z/own")).unwrap();
        // A folder with something in it cannot be replaced by a file.
        fs::write(folder.path().join("z/own/file"), "mine").unwrap();
        let edits = [
            edit_of("a", Some("old"), Some("new")),
            edit_of("new/deep", None, Some("deep")),
            edit_of("z", None, Some("in the way")),
        ];
        let error = edit(folder.path(), &edits).unwrap_err();
        assert!(matches!(error, EditError::Write { partly: false, .. }), "{error}");
        assert_eq!(entries(folder.path()), ["a", "z"]);
        assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"old");
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
