//! Files that several programs on several machines may write into one folder, each of them whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::files::open_folder;
use super::{ApplyError, MAX_STAGING_NAMES};

/// Writes a file: staged beside its place, synced, and renamed. What another run was cut off at is taken away. The same
/// file may be written by several programs at once, if all of them write the same.
///
/// # Errors
/// The system refused; then what was there is there still.
pub fn write_result(path: &Path, bytes: &[u8]) -> Result<(), ApplyError> {
    let at = |error| ApplyError::Write { path: path.to_owned(), error };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(at)?;
    let (staged, mut file) = stage(path).map_err(at)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&staged, path));
    drop(file);
    if let Err(error) = written {
        let _ = fs::remove_file(&staged);
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
