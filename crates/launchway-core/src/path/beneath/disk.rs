//! The disk of the machine.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, open, openat, statat};
use rustix::io::Errno;

use super::{Blob, MAX_BYTES, NotRead};
use crate::path::SafePath;

/// How everything below the folder is opened.
const FLAGS: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW);

/// Reads a file below a folder, and whether its owner can run it.
pub(crate) fn read_blob(root: &Path, path: &SafePath) -> Result<Blob, NotRead> {
    let (above, name) =
        path.as_str().rsplit_once('/').map_or((None, path.as_str()), |(above, name)| (Some(above), name));
    let folder = enter(root, above)?;
    // NONBLOCK: a named pipe would otherwise wait for its writer.
    let file = openat(&folder, name, FLAGS | OFlags::NONBLOCK, Mode::empty()).map_err(not_read)?;
    contents(File::from(file)).map_err(|error| NotRead::refused(format!("cannot be read: {error}")))?
}

/// Opens a folder below another, or that one itself.
pub(crate) fn enter(root: &Path, path: Option<&str>) -> Result<OwnedFd, NotRead> {
    let mut folder =
        open(root, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY, Mode::empty()).map_err(not_read)?;
    for segment in path.into_iter().flat_map(|path| path.split('/')) {
        let below = openat(&folder, segment, FLAGS | OFlags::DIRECTORY, Mode::empty());
        folder = below.map_err(|error| not_entered(&folder, segment, error))?;
    }
    Ok(folder)
}

/// Lists all the files below a folder of a folder.
pub(crate) fn files_below(root: &Path, folder: &SafePath) -> Result<Vec<SafePath>, NotRead> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.clone()]);
    while let Some(folder) = folders.pop() {
        let entries = Dir::new(enter(root, Some(folder.as_str()))?).map_err(not_read)?;
        for entry in entries {
            let entry = entry.map_err(not_read)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name == "." || name == ".." {
                continue;
            }
            let path =
                SafePath::new(&format!("{folder}/{name}")).map_err(|error| NotRead::refused(error.to_string()))?;
            match read_blob(root, &path) {
                Ok(_) => files.push(path),
                Err(NotRead::Folder) => folders.push(path),
                Err(error) => return Err(error),
            }
        }
    }
    Ok(files)
}

/// Lists the names of what is in a folder of a folder, or at the top; nothing if that cannot be read.
pub(super) fn names(root: &Path, folder: Option<&str>) -> Option<Vec<String>> {
    let entries = Dir::new(enter(root, folder).ok()?).ok()?;
    Some(entries.filter_map(|entry| Some(entry.ok()?.file_name().to_str().ok()?.to_owned())).collect())
}

/// Reads a file that was seen at a path; what has taken its place since is neither followed, waited for nor read beyond the limit.
/// `None` if it is larger.
pub(crate) fn read_seen(path: &Path, size: u64, limit: u64) -> io::Result<Option<Blob>> {
    let file = File::from(open(path, FLAGS | OFlags::NONBLOCK, Mode::empty())?);
    let mode = file.metadata()?.permissions().mode();
    // With room for one byte more, the end of the file is seen without the buffer growing.
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    let length = file.take(limit + 1).read_to_end(&mut bytes)?;
    let blob = Blob { bytes: bytes.into(), executable: mode & 0o100 != 0 };
    Ok((length as u64 <= limit).then_some(blob))
}

fn contents(file: File) -> io::Result<Result<Blob, NotRead>> {
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Ok(Err(NotRead::Folder));
    }
    if !metadata.is_file() {
        return Ok(Err(NotRead::not_plain("is not a file")));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Ok(Err(NotRead::too_large()));
    }
    let executable = metadata.permissions().mode() & 0o100 != 0;
    Ok(Ok(Blob { bytes: bytes.into(), executable }))
}

fn not_read(error: Errno) -> NotRead {
    match error {
        Errno::NOENT => NotRead::Missing,
        Errno::LOOP => NotRead::link(),
        // A socket is not even opened.
        Errno::NXIO => NotRead::not_plain("is not a file"),
        error => NotRead::refused(format!("cannot be read: {error}")),
    }
}

/// Tells a link on the way from a file on the way: for both the system says that it is no folder.
fn not_entered(folder: &OwnedFd, segment: &str, error: Errno) -> NotRead {
    let is_link = || {
        let found = statat(folder, segment, AtFlags::SYMLINK_NOFOLLOW);
        found.is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::Symlink)
    };
    match error {
        Errno::LOOP | Errno::NOTDIR if is_link() => NotRead::below_link(),
        Errno::NOTDIR => NotRead::BelowFile,
        error => not_read(error),
    }
}
