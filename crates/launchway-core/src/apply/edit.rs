//! Changes of files in a folder that is there.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::Uid;

use super::MAX_STAGING_NAMES;
use crate::path::RECORD_FOLDER;
use crate::path::SafePath;
use crate::path::beneath::Blob;
use crate::path::beneath::{self, NotRead};
use crate::project::changes::Edit;

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
        let path = root.join(RECORD_FOLDER);
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
        let (mut file, staged) = stage(&folder, name, mode_of(&folder, name, blob), rustix::process::geteuid())?;
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

/// Opens a file beside the one that it will replace. What an update of the user's that was cut off has left under the
/// name is taken away.
fn stage(folder: &OwnedFd, name: &str, mode: Mode, user: Uid) -> io::Result<(File, String)> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let name: String = name.chars().take(40).collect();
    for number in 0..MAX_STAGING_NAMES {
        let staged = format!(".{name}.launchway-{number}");
        let open = || rustix::fs::openat(folder, &staged, flags, mode);
        let opened = match open() {
            Err(Errno::EXIST) if is_file_of(folder, &staged, user) => {
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

/// Tells whether a plain file of a user has a name.
fn is_file_of(folder: &OwnedFd, name: &str, user: Uid) -> bool {
    rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|it| FileType::from_raw_mode(it.st_mode) == FileType::RegularFile && it.st_uid == user.as_raw())
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::tests::entries;
    use super::*;

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
    fn what_another_user_left_staged_stays_and_a_link_is_never_taken_for_a_file() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".a.launchway-0"), "theirs").unwrap();
        std::os::unix::fs::symlink(".a.launchway-0", folder.path().join(".a.launchway-1")).unwrap();
        let (own, mode) = (rustix::process::geteuid(), Mode::from_raw_mode(0o644));
        let opened = beneath::enter(folder.path(), None).unwrap();
        let (_, name) = stage(&opened, "a", mode, Uid::from_raw(own.as_raw() + 1)).unwrap();
        assert_eq!(name, ".a.launchway-2");
        assert_eq!(fs::read(folder.path().join(".a.launchway-0")).unwrap(), b"theirs");
        assert!(folder.path().join(".a.launchway-1").is_symlink());
        let (_, name) = stage(&opened, "a", mode, own).unwrap();
        assert_eq!(name, ".a.launchway-0");
        assert_eq!(fs::read(folder.path().join(".a.launchway-0")).unwrap(), b"");
    }

    #[test]
    fn nothing_is_written_where_a_file_is_not_as_the_changes_were_computed_for() {
        type Change = fn(&Path) -> io::Result<()>;
        let changes: [(&str, Change); 6] = [
            ("another text", |path| fs::write(path, "mine")),
            ("no file", |path| fs::remove_file(path)),
            ("a link to the same text", |path| {
                fs::rename(path, path.with_extension("moved"))?;
                std::os::unix::fs::symlink("b.moved", path)
            }),
            ("a folder", |path| fs::remove_file(path).and_then(|()| fs::create_dir(path))),
            ("a file that was not there", |path| fs::write(path.with_file_name("new"), "mine")),
            ("a folder above that leads elsewhere", |path| {
                fs::create_dir(path.with_file_name("elsewhere"))?;
                std::os::unix::fs::symlink("elsewhere", path.with_file_name("deep"))
            }),
        ];
        for (what, change) in changes {
            for after in [Some("new b"), None] {
                let folder = tempfile::tempdir().unwrap();
                fs::write(folder.path().join("a"), "old a").unwrap();
                fs::write(folder.path().join("b"), "old b").unwrap();
                change(&folder.path().join("b")).unwrap();
                let before = entries(folder.path());
                let edits = [
                    edit_of("a", Some("old a"), Some("new a")),
                    edit_of("b", Some("old b"), after),
                    edit_of("deep/new", None, Some("deep")),
                    edit_of("new", None, Some("new")),
                ];
                let error = edit(folder.path(), &edits).unwrap_err();
                assert!(matches!(error, EditError::Changed(_)), "{what}: {error}");
                assert_eq!(entries(folder.path()), before, "{what}");
                assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"old a", "{what}");
            }
        }
    }
}
