//! Which of the user's own files is a generated one under another name: git's history tells, or that it is the same file.
//!
//! Likeness alone is never identity: a text that stood beside a generated one is another file, however alike they are.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;

use launchway_core::SafePath;

use super::Repository;
use crate::git::Git;

/// The most commits in which a move is looked for, and the most moves of one file.
const MAX_COMMITS: &str = "--max-count=20000";

impl Repository {
    /// Finds the files that the user has moved, from the new path to the one of the template. `name` is the project's, and
    /// `missing` are the paths of the template with the last names that the user had for them.
    pub(crate) fn moved(&self, name: &str, missing: &BTreeMap<&SafePath, &SafePath>) -> BTreeMap<SafePath, SafePath> {
        let names = moved_in_commits(&Git::of_user(&self.root), "HEAD", (None, name), missing);
        let is_there = |path: &str| self.root.join(path).symlink_metadata().is_ok_and(|found| found.is_file());
        let (mut found, mut open) = (BTreeMap::new(), Vec::new());
        for (now, path) in names {
            if is_there(&now) {
                found.insert(now, path);
            } else {
                open.push((now, path));
            }
        }
        if !open.is_empty() {
            let staged = self.staged_moves();
            let same = self.same_files(open.iter().map(|(now, _)| now.as_str()));
            for (now, path) in open {
                let to = staged.get(&now).filter(|to| is_there(to)).or_else(|| same.get(&now));
                found.extend(to.map(|to| (to.clone(), path)));
            }
        }
        found.into_iter().filter_map(|(to, from)| Some((SafePath::new(&to).ok()?, from.clone()))).collect()
    }

    /// The moves that are in the index and not committed.
    fn staged_moves(&self) -> BTreeMap<String, String> {
        let diff = ["diff-index", "--cached", "-r", "-M", "-z", "--raw", "--relative", "--diff-filter=R", "HEAD", "--"];
        renames(&Git::of_user(&self.root).bytes(&diff, &[]).unwrap_or_default()).into_iter().collect()
    }

    /// Finds files that git knows under names at which they are no more, by the number that the disk gives to a file.
    fn same_files<'n>(&self, names: impl Iterator<Item = &'n str>) -> BTreeMap<String, String> {
        let git = Git::of_user(&self.root);
        let known = inodes(&git.bytes(&["ls-files", "-z", "--debug", "--", "."], &[]).unwrap_or_default());
        let wanted: BTreeMap<u32, &str> =
            names.filter_map(|name| Some((*known.get(name).filter(|inode| **inode != 0)?, name))).collect();
        if wanted.is_empty() {
            return BTreeMap::new();
        }
        let listed = git.bytes(&["ls-files", "-z", "--others", "--exclude-standard", "--", "."], &[]);
        let listed = String::from_utf8_lossy(&listed.unwrap_or_default()).into_owned();
        let mut found = BTreeMap::new();
        for path in listed.split('\0').filter(|path| !path.is_empty()) {
            let Ok(metadata) = self.root.join(path).symlink_metadata() else { continue };
            if let Some(name) = wanted.get(&short(metadata.ino())).filter(|_| metadata.is_file()) {
                found.insert((*name).to_owned(), path.to_owned());
            }
        }
        found
    }
}

/// Follows files through the moves that were committed since the record was written: returns the names that they have at
/// the commit `head`, below a folder of it or where git is, whether they are there or not, with those of the template.
pub(crate) fn moved_in_commits<'p>(
    git: &Git,
    head: &str,
    (folder, name): (Option<&SafePath>, &str),
    missing: &BTreeMap<&'p SafePath, &SafePath>,
) -> BTreeMap<String, &'p SafePath> {
    let mut names: BTreeMap<String, &SafePath> =
        missing.iter().map(|(path, known_as)| (known_as.to_string(), *path)).collect();
    for (from, to) in committed_moves(git, head, (folder, name)) {
        if let Some(path) = names.remove(&from) {
            names.insert(to, path);
        }
    }
    names
}

/// Lists the moves that were committed since the record was written, the oldest first.
fn committed_moves(git: &Git, head: &str, (folder, name): (Option<&SafePath>, &str)) -> Vec<(String, String)> {
    let start = folder.map_or_else(String::new, |folder| format!("{folder}/"));
    let record = format!(":(literal){start}.launchway/{name}.base");
    let since = git.text(&["rev-list", "--max-count=1", head, "--", &record]).unwrap_or_default();
    let mut words = vec!["rev-list", "--reverse", "--topo-order", "--no-merges", MAX_COMMITS, head];
    let before = format!("{since}^@");
    if !since.is_empty() {
        words.extend(["--not", &before]);
    }
    words.push("--");
    let Ok(commits) = git.bytes(&words, &[]) else { return Vec::new() };
    // Without a work tree, git is in no folder.
    let relative = folder.map_or_else(|| "--relative".to_owned(), |folder| format!("--relative={folder}/"));
    let diff = ["diff-tree", "--stdin", "-r", "-M", "-z", "--raw", "--no-commit-id", &relative, "--diff-filter=R"];
    renames(&git.bytes(&diff, &commits).unwrap_or_default())
}

/// Git keeps the lower half of the number.
#[expect(clippy::cast_possible_truncation, reason = "git does the same")]
fn short(inode: u64) -> u32 {
    inode as u32
}

/// Reads the renames of a raw diff: `:old-mode new-mode old-object new-object Rnnn`, the old path, the new one.
fn renames(output: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(output);
    let mut fields = text.split('\0');
    let mut found = Vec::new();
    while let Some(header) = fields.next() {
        if !header.starts_with(':') {
            continue;
        }
        if let (Some(from), Some(to)) = (fields.next(), fields.next()) {
            found.push((from.to_owned(), to.to_owned()));
        }
    }
    found
}

/// Reads what `ls-files -z --debug` says: the path, a NUL, and five lines, one of which has `ino: NUMBER`.
fn inodes(output: &[u8]) -> BTreeMap<String, u32> {
    let text = String::from_utf8_lossy(output);
    let mut fields = text.split('\0');
    let mut path = fields.next().unwrap_or_default();
    let mut found = BTreeMap::new();
    for field in fields {
        let mut lines = field.splitn(6, '\n');
        let stat: Vec<&str> = lines.by_ref().take(5).collect();
        let inode = stat.iter().find_map(|line| line.split_once("ino: ")?.1.trim().parse().ok());
        found.extend(inode.map(|inode| (path.to_owned(), inode)));
        path = lines.next().unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_of_files_is_read() {
        let stat = |inode| {
            format!("  ctime: 1:2\n  mtime: 3:4\n  dev: 5\tino: {inode}\n  uid: 0\tgid: 0\n  size: 7\tflags: 0\n")
        };
        let said = format!("a b\0{}c\0{}", stat(11), stat(12));
        let wanted = [("a b", 11), ("c", 12)].map(|(path, inode)| (path.to_owned(), inode));
        assert_eq!(inodes(said.as_bytes()), wanted.into_iter().collect());
        let said = b":100644 100644 1 2 R090\0a\0b\0:100644 100644 1 2 R100\0c\0d\0";
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        assert_eq!(renames(said), [pair("a", "b"), pair("c", "d")]);
    }
}
