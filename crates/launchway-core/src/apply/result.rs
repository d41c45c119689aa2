//! Files that several programs on several machines may write into one folder, each of them whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::files::{is_taken, open_folder, publish_file};
use super::{ApplyError, MAX_STAGING_NAMES};
use crate::project::changes::DestinationExists;

/// Writes a file that is not there yet: staged beside its place, synced, and renamed.
///
/// # Errors
/// Something is there by now, its folder is not there, or the system refused; then nothing of it stays.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), ApplyError> {
    let at = |error| ApplyError::Write { path: path.to_owned(), error };
    let folder = folder_of(path);
    if !folder.is_dir() {
        return Err(ApplyError::NoParent(folder.to_owned()));
    }
    let staged = stage(path).map_err(at)?;
    if let Err(error) = write_and_name(staged, bytes, |staged| publish_file(staged, path)) {
        // Another run may have written it meanwhile, and have cleared this one's away.
        let is_there = is_taken(&error) || path.symlink_metadata().is_ok();
        return Err(if is_there { DestinationExists(path.to_owned()).into() } else { at(error) });
    }
    clear_staged(path);
    // The file is there; whether the rename itself survives a power cut is all that is left to ask for.
    let _ = open_folder(folder)?.map(|folder| folder.sync_all());
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a file: staged beside its place, synced, and renamed. What another run was cut off at is taken away. The same
/// file may be written by several programs at once, if all of them write the same.
///
/// # Errors
/// The system refused; then what was there is there still.
pub fn write_result(path: &Path, bytes: &[u8]) -> Result<(), ApplyError> {
    let at = |error| ApplyError::Write { path: path.to_owned(), error };
    let folder = folder_of(path);
    fs::create_dir_all(folder).map_err(at)?;
    let staged = stage(path).map_err(at)?;
    if let Err(error) = write_and_name(staged, bytes, |staged| fs::rename(staged, path)) {
        // Another run has written it meanwhile, and has cleared this one's away.
        if error.kind() != io::ErrorKind::NotFound || !path.exists() {
            return Err(at(error));
        }
    }
    clear_staged(path);
    open_folder(folder)?.map_or(Ok(()), |folder| folder.sync_all()).map_err(at)
}

fn staged(path: &Path, number: u32) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{number}"))
}

fn stage(path: &Path) -> io::Result<(PathBuf, fs::File)> {
    for number in 0..MAX_STAGING_NAMES {
        let staged = staged(path, number);
        match OpenOptions::new().write(true).create_new(true).open(&staged) {
            Ok(file) => return Ok((staged, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Writes a staged file and gives it its name, or takes it away.
fn write_and_name(
    (staged, mut file): (PathBuf, fs::File),
    bytes: &[u8],
    name: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| name(&staged));
    drop(file);
    if written.is_err() {
        let _ = fs::remove_file(&staged);
    }
    written
}

/// Takes away what runs that were cut off have left of a file.
fn clear_staged(path: &Path) {
    for number in 0..MAX_STAGING_NAMES {
        if fs::remove_file(staged(path, number)).is_err() {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::entries;
    use super::*;

    #[test]
    fn a_whole_file_replaces_nothing_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("orders.zip");
        fs::write(folder.path().join(".orders.zip.0"), "left by a run that was cut off").unwrap();
        write_whole(&file, b"one").unwrap();
        assert_eq!(entries(folder.path()), ["orders.zip"]);
        assert!(matches!(write_whole(&file, b"two"), Err(ApplyError::Exists(_))));
        assert_eq!(fs::read(&file).unwrap(), b"one");
        let link = folder.path().join("link.zip");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        assert!(matches!(write_whole(&link, b"two"), Err(ApplyError::Exists(_))));
        assert!(matches!(write_whole(&folder.path().join("none/a.zip"), b"two"), Err(ApplyError::NoParent(_))));
        assert_eq!(entries(folder.path()), ["link.zip", "orders.zip"]);
    }

    #[test]
    fn a_result_is_whole_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ab/key.json");
        write_result(&file, b"one").unwrap();
        fs::write(folder.path().join("ab/.key.json.0"), "left by a run that was cut off").unwrap();
        write_result(&file, b"two").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(entries(&folder.path().join("ab")), ["key.json"]);
    }
}
