//! Reading files of a folder without ever leaving it: no link is followed on the way.

#[cfg_attr(not(unix), path = "beneath/no_disk.rs")]
mod disk;

use std::borrow::Cow;
use std::path::Path;

use super::{SafePath, collision_key};
#[cfg(unix)]
pub(crate) use disk::enter;
pub(crate) use disk::{files_below, read_blob, read_seen};

/// The content of a file, as git keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// The bytes.
    pub bytes: Cow<'static, [u8]>,
    /// Whether the file can be run.
    pub executable: bool,
}

/// How the text begins that Git LFS has in git in the place of a file.
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// Tells whether a text only names the one that Git LFS keeps elsewhere.
pub(crate) fn is_pointer(bytes: &[u8]) -> bool {
    bytes.starts_with(POINTER)
}

impl Blob {
    /// Tells whether the text only names the one that Git LFS keeps elsewhere.
    #[must_use]
    pub fn is_pointer(&self) -> bool {
        is_pointer(&self.bytes)
    }

    /// Makes a file that cannot be run.
    #[must_use]
    pub fn plain(bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        Self { bytes: bytes.into(), executable: false }
    }

    /// Reads a file below a folder, without following a link on the way; `None` if there is no such file.
    #[must_use]
    pub fn read(root: &Path, path: &SafePath) -> Option<Self> {
        read_blob(root, path).ok()
    }
}

/// More is never read.
pub(super) const MAX_BYTES: u64 = 16 << 20;

/// Why a file of the folder is not to be had. The message is the end of a sentence about the path.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotRead {
    /// There is no such file.
    #[error("is missing")]
    Missing,
    /// There is a folder.
    #[error("is not a file")]
    Folder,
    /// One of the folders on the way is a file.
    #[error("is below something that is not a folder")]
    BelowFile,
    /// There is something else, or it cannot be read.
    #[error("{0}")]
    Unusable(Unusable),
}

/// Why what is there is not to be had.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    /// It is a link, a special file, or more than is ever read.
    #[error("{0}")]
    NotPlain(String),
    /// The system refused.
    #[error("{0}")]
    Refused(String),
}

impl NotRead {
    fn not_plain(reason: impl Into<String>) -> Self {
        Self::Unusable(Unusable::NotPlain(reason.into()))
    }

    pub(super) fn link() -> Self {
        Self::not_plain("is a symbolic link, and links are not followed")
    }

    pub(super) fn below_link() -> Self {
        Self::not_plain("is below a symbolic link, and links are not followed")
    }

    pub(super) fn too_large() -> Self {
        Self::not_plain(format!("is larger than {} MiB", MAX_BYTES >> 20))
    }

    pub(super) fn refused(reason: impl Into<String>) -> Self {
        Self::Unusable(Unusable::Refused(reason.into()))
    }

    /// Tells whether something stands there that is no plain file.
    pub(crate) fn is_not_plain(&self) -> bool {
        matches!(self, Self::Folder | Self::BelowFile | Self::Unusable(Unusable::NotPlain(_)))
    }
}

/// Reads a file below a folder.
pub(crate) fn read(root: &Path, path: &SafePath) -> Result<Vec<u8>, NotRead> {
    read_blob(root, path).map(|blob| blob.bytes.into_owned())
}

/// Finds what stands in a folder under another spelling of a path: some disks take the two for one file.
#[must_use]
pub fn other_spelling(root: &Path, path: &SafePath) -> Option<String> {
    other_spelling_among(path, |folder| disk::names(root, folder))
}

/// Finds what stands under another spelling of a path; `names` lists what is in a folder, or at the top.
pub(super) fn other_spelling_among(
    path: &SafePath,
    names: impl Fn(Option<&str>) -> Option<Vec<String>>,
) -> Option<String> {
    let mut above: Option<&str> = None;
    for prefix in path.folders().chain([path.as_str()]) {
        let name = prefix.rsplit('/').next().unwrap_or(prefix);
        let is_other = |entry: &str| entry != name && collision_key(entry) == collision_key(name);
        if let Some(other) = names(above)?.into_iter().find(|entry| is_other(entry)) {
            return Some(above.map_or_else(|| other.clone(), |above| format!("{above}/{other}")));
        }
        above = Some(prefix);
    }
    None
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
            ("link/b", "is below a symbolic link, and links are not followed"),
            ("a/out", "is a symbolic link, and links are not followed"),
            ("a/b/c", "is below something that is not a folder"),
            ("a", "is not a file"),
        ] {
            assert!(read(path).is_err_and(|error| error.to_string() == expected), "{path}");
        }
    }
}
