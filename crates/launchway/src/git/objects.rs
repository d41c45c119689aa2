//! The objects of a repository, read one after the other by a git that stays: a process for each would cost more than the rest.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use launchway_core::hexadecimal;

use super::conversation::{Conversation, closed};
use super::new_objects::ObjectFormat;
use super::process::{Git, GitError};

/// The deepest folder, and the most entries, that are read of a commit: the trees of one can name each other so often that
/// no machine would come to the end of them.
const MAX_DEPTH: usize = 64;
const MAX_ENTRIES: usize = 500_000;

/// What one answer of a header, and one tree, may take.
const MAX_TREE: u64 = 64 << 20;

/// The most entries of folders that are kept: whoever edits a commit reads folders again that were listed.
const MAX_KEPT: usize = 20_000;

/// The mode of a folder, as a tree has it.
pub(crate) const FOLDER: &str = "40000";

/// An entry of a commit's tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TreeEntry {
    /// The path, from the top.
    pub(crate) path: Vec<u8>,
    /// The mode as a tree has it, such as `100644`.
    pub(crate) mode: String,
    pub(crate) object: String,
}

/// A git that reads objects.
pub(crate) struct ObjectReader {
    git: RefCell<Conversation>,
    kept: RefCell<Folders>,
}

/// Folders that were read, by the name of their tree.
#[derive(Default)]
struct Folders {
    by_tree: HashMap<String, Rc<[TreeEntry]>>,
    entries: usize,
}

impl Folders {
    fn keep(&mut self, tree: &str, folder: &Rc<[TreeEntry]>) {
        if self.entries + folder.len() <= MAX_KEPT {
            self.entries += folder.len();
            self.by_tree.insert(tree.to_owned(), Rc::clone(folder));
        }
    }
}

impl ObjectReader {
    /// Starts a git that reads the objects of a repository.
    pub(crate) fn start(git: &Git) -> Result<Self, GitError> {
        let git = Conversation::start(git, &["cat-file", "--batch-command"])?;
        Ok(Self { git: RefCell::new(git), kept: RefCell::default() })
    }

    /// Reads an object of a type; nothing if it has more bytes than `most`.
    pub(crate) fn read(&self, object: &str, kind: &str, most: u64) -> Result<Option<Vec<u8>>, GitError> {
        let mut git = self.git.borrow_mut();
        if asked(&mut git, "info", object, kind)? > most {
            return Ok(None);
        }
        let size = asked(&mut git, "contents", object, kind)?;
        git.bytes(size).map(Some)
    }

    /// Lists the tree of a commit, or what stands below one name at its top.
    pub(crate) fn tree(&self, commit: &str) -> Result<Vec<TreeEntry>, GitError> {
        let top = self.tree_of(commit)?;
        let (mut entries, mut folders) = (Vec::new(), vec![(Vec::new(), top, 0)]);
        while let Some((above, tree, depth)) = folders.pop() {
            for TreeEntry { path, mode, object } in self.folder(&tree)?.iter() {
                let (path, object) = ([&above[..], path].concat(), object.clone());
                if mode != FOLDER {
                    entries.push(TreeEntry { path, mode: mode.clone(), object });
                } else if depth < MAX_DEPTH {
                    folders.push(([&path[..], b"/"].concat(), object, depth + 1));
                } else {
                    return Err(too_large());
                }
                if entries.len() + folders.len() > MAX_ENTRIES {
                    return Err(too_large());
                }
            }
        }
        Ok(entries)
    }

    /// Lists what stands in a folder itself; of each entry the path is its name.
    pub(crate) fn folder(&self, tree: &str) -> Result<Rc<[TreeEntry]>, GitError> {
        if let Some(folder) = self.kept.borrow().by_tree.get(tree) {
            return Ok(Rc::clone(folder));
        }
        let bytes = self.read(tree, "tree", MAX_TREE)?.ok_or(GitError::TooMuch(MAX_TREE))?;
        let folder = parsed(&bytes, ObjectFormat::of(tree).length())?.into();
        self.kept.borrow_mut().keep(tree, &folder);
        Ok(folder)
    }

    /// Returns the tree of a commit.
    pub(crate) fn tree_of(&self, commit: &str) -> Result<String, GitError> {
        let text = self.read(commit, "commit", 1 << 20)?.ok_or_else(too_large)?;
        let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let tree = std::str::from_utf8(line).ok().and_then(|line| line.strip_prefix("tree "));
        tree.map(str::to_owned).ok_or_else(|| missing(commit))
    }
}

/// Asks for an object, and returns its size.
fn asked(git: &mut Conversation, what: &str, object: &str, kind: &str) -> Result<u64, GitError> {
    // Nothing but the name of an object gets to git.
    if !object.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(missing(object));
    }
    git.say(format!("{what} {object}\n").as_bytes())?;
    let line = git.line()?;
    let words: Vec<&str> = line.split_whitespace().collect();
    match words[..] {
        [_, found, size] if found == kind => size.parse().map_err(|_| closed()),
        _ => Err(missing(object)),
    }
}

fn missing(object: &str) -> GitError {
    GitError::Said(format!("the object {object} is missing"))
}

fn too_large() -> GitError {
    GitError::Said(format!("the commit has more than {MAX_ENTRIES} files"))
}

/// Reads a tree as git keeps it: of every entry the mode, a space, the name, a NUL, and the name of the object in bytes.
fn parsed(mut bytes: &[u8], length: usize) -> Result<Vec<TreeEntry>, GitError> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let space = bytes.iter().position(|byte| *byte == b' ').ok_or_else(closed)?;
        let end = bytes.iter().position(|byte| *byte == 0).filter(|end| *end > space).ok_or_else(closed)?;
        let object = bytes.get(end + 1..end + 1 + length).ok_or_else(closed)?;
        let object = hexadecimal(object);
        let mode = String::from_utf8_lossy(&bytes[..space]).into_owned();
        entries.push(TreeEntry { path: bytes[space + 1..end].to_vec(), mode, object });
        bytes = &bytes[end + 1 + length..];
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_read_and_what_is_missing_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::of_user(folder.path());
        git.text(&["init", "--quiet"]).unwrap();
        let blob = String::from_utf8(git.bytes(&["hash-object", "-w", "--stdin"], b"text\n").unwrap()).unwrap();
        let blob = blob.trim();
        let tree = |lines: &str| {
            let tree = git.bytes(&["mktree"], lines.as_bytes()).unwrap();
            String::from_utf8(tree).unwrap().trim().to_owned()
        };
        let inner = tree(&format!("100755 blob {blob}\trun\n120000 blob {blob}\tlink\n"));
        let top = tree(&format!("100644 blob {blob}\ta b\n040000 tree {inner}\tf\n"));
        let git = git.with("GIT_AUTHOR_NAME", "a").with("GIT_AUTHOR_EMAIL", "a");
        let git = git.with("GIT_COMMITTER_NAME", "a").with("GIT_COMMITTER_EMAIL", "a");
        let commit = git.text(&["commit-tree", &top, "-m", "m"]).unwrap();
        let reader = ObjectReader::start(&git).unwrap();
        let entries = reader.tree(&commit).unwrap().into_iter();
        let mut listed: Vec<String> =
            entries.map(|entry| format!("{} {}", entry.mode, String::from_utf8(entry.path).unwrap())).collect();
        listed.sort();
        assert_eq!(listed, ["100644 a b", "100755 f/run", "120000 f/link"]);
        assert_eq!(reader.read(blob, "blob", 5).unwrap().unwrap(), b"text\n");
        assert_eq!(reader.read(blob, "blob", 4).unwrap(), None);
        assert!(reader.read(&"1".repeat(40), "blob", 5).is_err());
        assert!(reader.read(blob, "tree", 5).is_err(), "it is of another type");
        assert_eq!(reader.read(blob, "blob", 5).unwrap().unwrap(), b"text\n", "and goes on");
    }

    #[test]
    fn trees_that_name_each_other_too_often_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::of_user(folder.path());
        git.text(&["init", "--quiet"]).unwrap();
        let blob = String::from_utf8(git.bytes(&["hash-object", "-w", "--stdin"], b"x").unwrap()).unwrap();
        let ten = |entry: &str| (0..10).map(|number| format!("{entry}\t{number}\n")).collect::<Vec<_>>().concat();
        let mut lines = ten(&format!("100644 blob {}", blob.trim()));
        for _ in 0..8 {
            let tree = String::from_utf8(git.bytes(&["mktree"], lines.as_bytes()).unwrap()).unwrap();
            lines = ten(&format!("040000 tree {}", tree.trim()));
        }
        let top = String::from_utf8(git.bytes(&["mktree"], lines.as_bytes()).unwrap()).unwrap();
        let git = git.with("GIT_AUTHOR_NAME", "a").with("GIT_AUTHOR_EMAIL", "a");
        let git = git.with("GIT_COMMITTER_NAME", "a").with("GIT_COMMITTER_EMAIL", "a");
        let commit = git.text(&["commit-tree", top.trim(), "-m", "m"]).unwrap();
        let error = ObjectReader::start(&git).unwrap().tree(&commit).unwrap_err();
        assert!(error.to_string().contains("more than 500000 files"), "{error}");
    }
}
