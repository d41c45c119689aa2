//! The only file that writes: a whole project, or nothing.

#![expect(clippy::disallowed_methods, reason = "this is the file that writes")]

use std::collections::BTreeSet;
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
    let staging = Staging::create(parent, &changes.destination)?;
    write_files(&staging.path, &changes.creates)?;
    staging.publish(&changes.destination)?;
    // The project is there; whether the rename itself survives a power cut is all that is left to ask for.
    let _ = parent_folder.map(|folder| folder.sync_all());
    Ok(())
}

/// An empty bare repository of git's, for work that leaves nothing behind. It is removed in the end.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
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
        let taken = |number: &u32| {
            let path = parent.join(format!("launchway-merge-{number}"));
            match create_private_folder(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => None,
                created => Some(created.map(|()| path.clone()).map_err(at(&path))),
            }
        };
        let Some(created) = (0..MAX_STAGING_NAMES).find_map(|number| taken(&number)) else {
            let error = io::Error::other("too many of the folders `launchway-merge-*` were left here; remove them");
            return Err(at(parent)(error));
        };
        let scratch = Self { path: created? };
        for folder in ["objects", "refs"] {
            let path = scratch.path.join(folder);
            create_folder(&path).map_err(at(&path))?;
        }
        let head = scratch.path.join("HEAD");
        fs::write(&head, "ref: refs/heads/main\n").map_err(at(&head))?;
        Ok(scratch)
    }

    /// Returns the folder of the repository.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A folder that holds a project for a while, for nobody else to read. It is removed in the end.
#[derive(Debug)]
pub struct Temporary {
    path: PathBuf,
}

impl Temporary {
    /// Writes files into a new folder of a folder for temporary files.
    ///
    /// # Errors
    /// The folder cannot be written to; then nothing is left of it.
    pub fn create(parent: &Path, files: &[(SafePath, PlannedFile)]) -> Result<Self, ApplyError> {
        for number in 0..MAX_STAGING_NAMES {
            let path = parent.join(format!("launchway-project-{number}"));
            match create_private_folder(&path) {
                Ok(()) => {
                    let temporary = Self { path };
                    write_files(&temporary.path, files)?;
                    return Ok(temporary);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(ApplyError::Write { path, error }),
            }
        }
        let error = io::Error::other("too many of the folders `launchway-project-*` were left here; remove them");
        Err(ApplyError::Write { path: parent.to_owned(), error })
    }

    /// Returns the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
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
    let mut partly = false;
    let (goes, comes): (Vec<&Edit>, Vec<&Edit>) =
        edits.iter().filter(|edit| edit.before != edit.after).partition(|edit| edit.after.is_none());
    for edit in goes.into_iter().chain(comes) {
        let done = match &edit.after {
            Some(blob) => put(root, &edit.path, blob),
            None => take_away(root, &edit.path),
        };
        done.map_err(|error| EditError::Write { path: root.join(edit.path.as_str()), error, partly })?;
        partly = true;
    }
    Ok(())
}

/// Writes a file of a folder, whatever was there.
fn put(root: &Path, path: &SafePath, blob: &Blob) -> io::Result<()> {
    let folder = enter_or_create(root, path)?;
    let name = path.as_str().rsplit('/').next().unwrap_or_default();
    let (mut file, staged) = stage(&folder, name, mode_of(&folder, name, blob))?;
    let written = file.write_all(&blob.bytes).and_then(|()| file.sync_all());
    let published = written.and_then(|()| Ok(rustix::fs::renameat(&folder, &staged, &folder, name)?));
    if published.is_err() {
        let _ = rustix::fs::unlinkat(&folder, &staged, AtFlags::empty());
    }
    published
}

/// Opens a file beside the one that it will replace, under a name that nobody has.
fn stage(folder: &OwnedFd, name: &str, mode: Mode) -> io::Result<(File, String)> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let name: String = name.chars().take(40).collect();
    for number in 0..MAX_STAGING_NAMES {
        let staged = format!(".{name}.launchway-{number}");
        match rustix::fs::openat(folder, &staged, flags, mode) {
            Err(Errno::EXIST) => {}
            opened => return Ok((File::from(opened?), staged)),
        }
    }
    Err(io::Error::other("too many staged files were left here; remove the `.*.launchway-*` files"))
}

/// A file keeps who may read and write it; whether it can be run is as it is meant to be.
fn mode_of(folder: &OwnedFd, name: &str, blob: &Blob) -> Mode {
    let known = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok();
    let is_file = |found: &rustix::fs::Stat| FileType::from_raw_mode(found.st_mode) == FileType::RegularFile;
    let bits = known.filter(is_file).map_or(0o666, |found| found.st_mode & 0o666);
    Mode::from_raw_mode(if blob.executable { bits | (bits & 0o444) >> 2 } else { bits })
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

/// A folder beside the destination, removed unless it is published.
struct Staging {
    path: PathBuf,
    published: bool,
}

impl Staging {
    fn create(parent: &Path, destination: &Path) -> Result<Self, ApplyError> {
        let name: String = destination.file_name().unwrap_or_default().to_string_lossy().chars().take(40).collect();
        for number in 0..MAX_STAGING_NAMES {
            let path = parent.join(format!(".{name}.launchway-{number}"));
            match create_folder(&path) {
                Ok(()) => return Ok(Self { path, published: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(ApplyError::Write { path, error }),
            }
        }
        let error = io::Error::other("too many staging folders were left here; remove the `.*.launchway-*` folders");
        Err(ApplyError::Write { path: parent.to_owned(), error })
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

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.published {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
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

fn create_private_folder(path: &Path) -> io::Result<()> {
    create_folder_with(path, 0o700)
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

    #[test]
    fn of_many_at_once_one_wins() {
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
