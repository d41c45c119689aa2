//! Files that are the user's alone: settings, locks, and the cache's repositories.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::ApplyError;

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

#[cfg(test)]
mod tests {
    use super::super::tests::entries;
    use super::*;

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
}
