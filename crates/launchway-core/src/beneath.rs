//! Reading files of a folder without ever leaving it: no link is followed on the way.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, open, openat, statat};
use rustix::io::Errno;

use crate::SafePath;

const MAX_BYTES: u64 = 16 << 20;

/// Why a file of the folder is not to be had.
#[derive(Debug)]
pub(crate) enum NotRead {
    /// There is no such file.
    Missing,
    /// There is something else, or it cannot be read; the text is the end of a sentence about the path.
    Unusable(String),
}

/// Reads a file below a folder.
pub(crate) fn read(root: &Path, path: &SafePath) -> Result<Vec<u8>, NotRead> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let mut segments: Vec<&str> = path.as_str().split('/').collect();
    let name = segments.pop().unwrap_or_default();
    let mut folder =
        open(root, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY, Mode::empty()).map_err(not_read)?;
    for segment in segments {
        let below = openat(&folder, segment, flags | OFlags::DIRECTORY, Mode::empty());
        folder = below.map_err(|error| not_entered(&folder, segment, error))?;
    }
    // NONBLOCK: a named pipe would otherwise wait for its writer.
    let file = openat(&folder, name, flags | OFlags::NONBLOCK, Mode::empty()).map_err(not_read)?;
    contents(File::from(file)).map_err(|error| NotRead::Unusable(format!("cannot be read: {error}")))?
}

fn contents(file: File) -> io::Result<Result<Vec<u8>, NotRead>> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(Err(NotRead::Unusable("is not a file".to_owned())));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Ok(Err(NotRead::Unusable(format!("is larger than {} MiB", MAX_BYTES >> 20))));
    }
    Ok(Ok(bytes))
}

fn not_read(error: Errno) -> NotRead {
    match error {
        Errno::NOENT => NotRead::Missing,
        Errno::LOOP => NotRead::Unusable("is a symbolic link, and links are not followed".to_owned()),
        error => NotRead::Unusable(format!("cannot be read: {error}")),
    }
}

/// Tells a link on the way from a file on the way: for both the system says that it is no folder.
fn not_entered(folder: &OwnedFd, segment: &str, error: Errno) -> NotRead {
    let is_link = || {
        let found = statat(folder, segment, AtFlags::SYMLINK_NOFOLLOW);
        found.is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::Symlink)
    };
    match error {
        Errno::LOOP | Errno::NOTDIR if is_link() => {
            NotRead::Unusable("stands below a symbolic link, and links are not followed".to_owned())
        }
        Errno::NOTDIR => NotRead::Unusable("stands below something that is not a folder".to_owned()),
        error => not_read(error),
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test needs files to read")]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_and_links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        std::fs::write(folder.path().join("a/b"), "x").unwrap();
        std::os::unix::fs::symlink("a", folder.path().join("link")).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("a/out")).unwrap();
        let read = |path: &str| read(folder.path(), &SafePath::new(path).unwrap());
        assert!(read("a/b").is_ok_and(|bytes| bytes == b"x"));
        assert!(matches!(read("a/c"), Err(NotRead::Missing)));
        for (path, expected) in [
            ("link/b", "stands below a symbolic link, and links are not followed"),
            ("a/out", "is a symbolic link, and links are not followed"),
            ("a/b/c", "stands below something that is not a folder"),
            ("a", "is not a file"),
        ] {
            assert!(matches!(read(path), Err(NotRead::Unusable(reason)) if reason == expected), "{path}");
        }
    }
}
