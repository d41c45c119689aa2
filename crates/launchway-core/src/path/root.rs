//! Where the files of a project stand: in a folder of the disk, or in the tree of a commit. Both answer the same questions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::beneath::{self, Blob, MAX_BYTES, NotRead};
use super::{RECORD_FOLDER, SafePath};

/// Where the files of a project stand.
#[derive(Clone, Copy)]
pub enum Root<'r> {
    /// A folder of the disk.
    Folder(&'r Path),
    /// The tree of a commit.
    Commit(&'r CommitTree<'r>),
}

impl<'r> From<&'r Path> for Root<'r> {
    fn from(folder: &'r Path) -> Self {
        Self::Folder(folder)
    }
}

/// What git has at a path of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A file.
    File {
        /// Whether it can be run.
        executable: bool,
    },
    /// A symbolic link.
    Link,
    /// A submodule; a checkout has an empty folder there.
    Submodule,
}

/// Reads the content of an object by its name; nothing of one that has more bytes than the number says.
pub type ReadObject<'r> = dyn Fn(&str, u64) -> Result<Option<Vec<u8>>, String> + 'r;

/// The files of a commit, whose contents are read when they are asked for; and with what an update makes of them over it.
pub struct CommitTree<'r> {
    entries: BTreeMap<String, (EntryKind, String)>,
    read: &'r ReadObject<'r>,
    changed: BTreeMap<SafePath, Option<Blob>>,
}

impl<'r> CommitTree<'r> {
    /// Takes the entries of a commit by their paths, each with the name of its object.
    #[must_use]
    pub fn new(entries: BTreeMap<String, (EntryKind, String)>, read: &'r ReadObject<'r>) -> Self {
        Self { entries, read, changed: BTreeMap::new() }
    }

    /// Returns the same tree after changes: a file with its new content, or none.
    #[must_use]
    pub fn after(&self, changed: BTreeMap<SafePath, Option<Blob>>) -> Self {
        Self { entries: self.entries.clone(), read: self.read, changed }
    }

    /// Returns what stands below a folder, as if the folder were the top.
    #[must_use]
    pub fn within(&self, folder: &SafePath) -> Self {
        let start = format!("{folder}/");
        let below = self.entries.range(start.clone()..).take_while(|(path, _)| path.starts_with(&start));
        let entries = below.map(|(path, entry)| (path[start.len()..].to_owned(), entry.clone())).collect();
        Self { entries, read: self.read, changed: BTreeMap::new() }
    }

    /// Lists the folders in which a record stands, the top among them as nothing.
    #[must_use]
    pub fn folders_with_records(&self) -> BTreeSet<Option<String>> {
        let folder = |path: &String| {
            let (folder, name) = path.rsplit_once('/')?;
            let is_record = name.strip_suffix(".toml").is_some_and(|stem| !stem.is_empty());
            match folder.strip_suffix(RECORD_FOLDER) {
                Some("") if is_record => Some(None),
                Some(above) if is_record => above.strip_suffix('/').map(|above| Some(above.to_owned())),
                _ => None,
            }
        };
        self.entries.keys().filter_map(folder).collect()
    }

    /// Returns the entries, by their paths.
    #[must_use]
    pub fn entries(&self) -> &BTreeMap<String, (EntryKind, String)> {
        &self.entries
    }

    /// Tells whether the commit has a file, a link or a submodule of that path.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.entries.contains_key(path)
    }

    /// Lists the entries below a folder.
    fn below(&self, folder: &str) -> impl Iterator<Item = (&str, EntryKind)> {
        let start = format!("{folder}/");
        let from = self.entries.range(start.clone()..);
        from.take_while(move |(path, _)| path.starts_with(&start)).map(|(path, (kind, _))| (path.as_str(), *kind))
    }

    fn read_blob(&self, path: &SafePath) -> Result<Blob, NotRead> {
        if let Some(changed) = self.changed.get(path) {
            return changed.clone().ok_or(NotRead::Missing);
        }
        for folder in path.folders() {
            match self.entries.get(folder) {
                Some((EntryKind::File { .. }, _)) => return Err(NotRead::BelowFile),
                Some((EntryKind::Link, _)) => return Err(NotRead::below_link()),
                Some((EntryKind::Submodule, _)) => return Err(NotRead::Missing),
                None => {}
            }
        }
        match self.entries.get(path.as_str()) {
            Some((EntryKind::File { executable }, object)) => match (self.read)(object, MAX_BYTES) {
                Ok(Some(bytes)) => Ok(Blob { bytes: bytes.into(), executable: *executable }),
                Ok(None) => Err(NotRead::too_large()),
                Err(error) => Err(NotRead::refused(format!("cannot be read: {error}"))),
            },
            Some((EntryKind::Link, _)) => Err(NotRead::link()),
            Some((EntryKind::Submodule, _)) => Err(NotRead::Folder),
            None if self.below(path.as_str()).next().is_some() => Err(NotRead::Folder),
            None => Err(NotRead::Missing),
        }
    }

    fn files_below(&self, folder: &SafePath) -> Result<Vec<SafePath>, NotRead> {
        let file = |(path, kind)| match kind {
            EntryKind::File { .. } => Some(SafePath::new(path).map_err(|error| NotRead::refused(error.to_string()))),
            EntryKind::Link => Some(Err(NotRead::link())),
            EntryKind::Submodule => None,
        };
        self.below(folder.as_str()).filter_map(file).collect()
    }

    /// Lists the names in a folder, or at the top.
    fn names(&self, folder: Option<&str>) -> Vec<String> {
        let start = folder.map_or_else(String::new, |folder| format!("{folder}/"));
        let from = self.entries.range(start.clone()..).take_while(|(path, _)| path.starts_with(&start));
        let names: BTreeSet<&str> = from.filter_map(|(path, _)| path[start.len()..].split('/').next()).collect();
        names.into_iter().map(str::to_owned).collect()
    }
}

impl Root<'_> {
    /// Reads a file, and whether it can be run.
    pub(crate) fn read_blob(self, path: &SafePath) -> Result<Blob, NotRead> {
        match self {
            Self::Folder(folder) => beneath::read_blob(folder, path),
            Self::Commit(tree) => tree.read_blob(path),
        }
    }

    /// Reads a file.
    pub(crate) fn read(self, path: &SafePath) -> Result<Vec<u8>, NotRead> {
        self.read_blob(path).map(|blob| blob.bytes.into_owned())
    }

    /// Reads a file; nothing if there is no such plain file.
    #[must_use]
    pub fn blob(self, path: &SafePath) -> Option<Blob> {
        self.read_blob(path).ok()
    }

    /// Lists all the files below a folder.
    pub(crate) fn files_below(self, folder: &SafePath) -> Result<Vec<SafePath>, NotRead> {
        match self {
            Self::Folder(root) => beneath::files_below(root, folder),
            Self::Commit(tree) => tree.files_below(folder),
        }
    }

    /// Finds what stands under another spelling of a path: some disks take the two for one file.
    #[must_use]
    pub fn other_spelling(self, path: &SafePath) -> Option<String> {
        match self {
            Self::Folder(root) => beneath::other_spelling(root, path),
            Self::Commit(tree) => beneath::other_spelling_among(path, |folder| Some(tree.names(folder))),
        }
    }

    /// Tells whether a folder is a repository of its own, such as a submodule.
    pub(crate) fn is_repository(self, folder: &str) -> bool {
        match self {
            Self::Folder(root) => root.join(folder).join(".git").symlink_metadata().is_ok(),
            Self::Commit(tree) => tree.entries.get(folder).is_some_and(|(kind, _)| *kind == EntryKind::Submodule),
        }
    }

    /// Lists what stands in the folder of the records; of one that is not there, nothing.
    pub(crate) fn records(self) -> std::io::Result<Vec<String>> {
        let folder = match self {
            Self::Commit(tree) => return Ok(tree.names(Some(RECORD_FOLDER))),
            Self::Folder(folder) => folder,
        };
        let entries = match folder.join(RECORD_FOLDER).read_dir() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let name = |entry: std::io::Result<std::fs::DirEntry>| entry.map(|entry| entry.file_name().into_string().ok());
        entries.map(name).filter_map(Result::transpose).collect()
    }

    /// Returns the folder as it is named to people; a commit has none.
    pub(crate) fn shown(self) -> std::path::PathBuf {
        match self {
            Self::Folder(folder) => folder.to_owned(),
            Self::Commit(_) => std::path::PathBuf::new(),
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test needs files to read")]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    const CONTENTS: [(&str, &str); 4] = [("1", "one"), ("2", "two"), ("3", "../x"), ("4", "")];

    fn read(object: &str, most: u64) -> Result<Option<Vec<u8>>, String> {
        let found = CONTENTS.iter().find(|(known, _)| *known == object).ok_or("is missing")?;
        Ok(Some(found.1.as_bytes().to_vec()).filter(|bytes| bytes.len() as u64 <= most))
    }

    #[test]
    fn a_folder_and_a_commit_of_it_give_the_same_answers() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        std::fs::create_dir_all(at("a/b")).unwrap();
        std::fs::create_dir_all(at(".launchway")).unwrap();
        std::fs::create_dir_all(at("sub")).unwrap();
        for (path, object) in [("a/b/one", 0), ("a/run", 1), (".launchway/x.toml", 3), ("README", 0)] {
            std::fs::write(at(path), CONTENTS[object].1).unwrap();
        }
        std::fs::set_permissions(at("a/run"), std::fs::Permissions::from_mode(0o755)).unwrap();
        symlink("../x", at("a/link")).unwrap();
        let file = |executable| EntryKind::File { executable };
        let entries = [
            ("a/b/one", file(false), "1"),
            ("a/run", file(true), "2"),
            (".launchway/x.toml", file(false), "4"),
            ("README", file(false), "1"),
            ("a/link", EntryKind::Link, "3"),
            ("sub", EntryKind::Submodule, "5"),
        ];
        let entries = entries.map(|(path, kind, object)| (path.to_owned(), (kind, object.to_owned())));
        let tree = CommitTree::new(entries.into(), &read);
        let roots = [Root::Folder(folder.path()), Root::Commit(&tree)];
        for path in ["a/b/one", "a/run", "a/link", "a/link/x", "a/b", "a/b/one/x", "a/none", "none/x", "sub", "sub/x"] {
            let path = SafePath::new(path).unwrap();
            let [left, right] = roots.map(|root| root.read_blob(&path));
            assert_eq!(left, right, "{path}");
        }
        for path in ["readme", "A/b/one", "a/B/one", "a/b/one", "new"] {
            let path = SafePath::new(path).unwrap();
            let [left, right] = roots.map(|root| root.other_spelling(&path));
            assert_eq!(left, right, "{path}");
        }
        for path in ["a/b", "a", "sub"] {
            let path = SafePath::new(path).unwrap();
            let [left, right] = roots.map(|root| root.files_below(&path).map(BTreeSet::from_iter));
            assert_eq!(left, right, "{path}");
        }
        let [left, right] = roots.map(|root| root.records().unwrap());
        assert_eq!(left, right);
    }

    #[test]
    fn what_an_update_makes_stands_over_the_commit_and_what_is_too_large_is_not_read() {
        let entries = [("a", "1"), ("b", "2"), ("c", "6")];
        let file = EntryKind::File { executable: false };
        let entries = entries.map(|(path, object)| (path.to_owned(), (file, object.to_owned())));
        let too_large = |object: &str, most| if object == "6" { Ok(None) } else { read(object, most) };
        let tree = CommitTree::new(entries.into(), &too_large);
        let path = |path: &str| SafePath::new(path).unwrap();
        let after = tree.after([(path("a"), None), (path("b"), Some(Blob::plain(&b"new"[..])))].into());
        assert_eq!(Root::Commit(&after).read_blob(&path("a")), Err(NotRead::Missing));
        assert_eq!(Root::Commit(&after).blob(&path("b")), Some(Blob::plain(&b"new"[..])));
        assert!(Root::Commit(&tree).read_blob(&path("c")).is_err_and(|error| error.is_not_plain()));
    }
}
