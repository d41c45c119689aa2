//! Many files in a folder that nobody else sees yet.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::ApplyError;
use crate::parallel;
use crate::path::SafePath;
use crate::plan::PlannedFile;

pub(super) fn write_files(root: &Path, files: &[(SafePath, PlannedFile)]) -> Result<(), ApplyError> {
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

pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    create_folder_with(path, 0o755)
}

pub(super) fn create_folder_with(path: &Path, mode: u32) -> io::Result<()> {
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
pub(super) fn open_folder(path: &Path) -> Result<Option<File>, ApplyError> {
    let open = || File::open(path).map_err(|error| ApplyError::Write { path: path.to_owned(), error });
    if cfg!(unix) { open().map(Some) } else { Ok(None) }
}

/// Renames a folder. What stands at the destination is not replaced; where the file system cannot promise that, at
/// most an empty folder is.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub(super) fn rename_without_replacing(from: &Path, to: &Path) -> io::Result<()> {
    // A folder never replaces a folder with files in it.
    rename_or(from, to, || fs::rename(from, to))
}

/// Renames a file. What stands there is not replaced.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub(super) fn publish_file(from: &Path, to: &Path) -> io::Result<()> {
    rename_or(from, to, || fs::hard_link(from, to))
}

/// Renames what replaces nothing; on a file system that does not know how, as some of the network, does something else.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_or(from: &Path, to: &Path, otherwise: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => otherwise(),
        result => Ok(result?),
    }
}

/// Gives a file another name. What stands there is not replaced.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(super) fn publish_file(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to)
}

/// Renames a folder. What stands at the destination is never replaced, but for an empty folder on some systems.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(super) fn rename_without_replacing(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

pub(super) fn is_taken(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotADirectory
    )
}
