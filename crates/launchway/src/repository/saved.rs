//! The state of a project as a commit beside the branch, of the kind that `git stash` makes.

use std::collections::BTreeSet;
use std::path::Path;

use launchway_core::Scratch;

use crate::git::{Git, GitError, path_list};

/// What is saved, and where.
pub(super) struct State<'s> {
    pub(super) root: &'s Path,
    /// The commit that is checked out.
    pub(super) head: &'s str,
    /// The path of the project below the top of the work tree.
    pub(super) prefix: &'s str,
    /// The files whose content in the work tree is saved, whether git knows them or not.
    pub(super) paths: BTreeSet<Vec<u8>>,
    /// The files that git was only told of.
    pub(super) intended: &'s BTreeSet<Vec<u8>>,
    pub(super) message: String,
    pub(super) reference: String,
}

/// Runs git as the program itself, so that nobody has to be known to it.
pub(super) fn git(root: &Path) -> Git {
    Git::of_user(root)
        .with("GIT_AUTHOR_NAME", "launchway")
        .with("GIT_AUTHOR_EMAIL", "launchway")
        .with("GIT_COMMITTER_NAME", "launchway")
        .with("GIT_COMMITTER_EMAIL", "launchway")
}

impl State<'_> {
    /// Commits the work tree, with the commit that is checked out and one of the index as its parents.
    pub(super) fn save(&self) -> Result<String, GitError> {
        let index = self.index()?;
        let tree = self.work_tree()?;
        let words = ["commit-tree", &tree, "-p", self.head, "-p", &index, "-m", &self.message];
        let commit = git(self.root).text(&words)?;
        git(self.root).text(&["update-ref", &self.reference, &commit])?;
        Ok(commit)
    }

    /// Commits the index. The states that were saved before stay within reach behind it.
    fn index(&self) -> Result<String, GitError> {
        let (_scratch, git) = self.scratch()?;
        let listed = Git::of_user(self.root).bytes(&["ls-files", "-z", "--stage", "--full-name", "--", ":/"], &[])?;
        let entries = path_list(listed.split(|byte| *byte == 0).filter(|line| self.is_whole(line)));
        git.bytes(&["update-index", "-z", "--index-info"], &entries)?;
        let tree = git.text(&["write-tree"])?;
        let earlier = git.text(&["rev-parse", "--quiet", "--verify", &self.reference]).ok();
        let mut words = vec!["commit-tree", &tree, "-p", self.head, "-m", "The index"];
        words.extend(earlier.iter().flat_map(|earlier| ["-p", earlier.as_str()]));
        git.text(&words)
    }

    /// Tells an entry that a tree can hold: no side of a conflict, and more than a mere intention.
    fn is_whole(&self, line: &[u8]) -> bool {
        let Some(tab) = line.iter().position(|byte| *byte == b'\t') else { return false };
        let path = line[tab + 1..].strip_prefix(self.prefix.as_bytes());
        line[..tab].ends_with(b" 0") && !path.is_some_and(|path| self.intended.contains(path))
    }

    /// Writes the tree of what is there: what the last commit has, with the files of the project as they are.
    fn work_tree(&self) -> Result<String, GitError> {
        let (_scratch, git) = self.scratch()?;
        git.text(&["read-tree", self.head])?;
        let mut paths = git.bytes(&["ls-files", "-z", "--", "."], &[])?;
        paths.extend(path_list(&self.paths));
        git.bytes(&["update-index", "--add", "--remove", "--replace", "-z", "--stdin"], &paths)?;
        git.text(&["write-tree"])
    }

    /// Makes an index that is nobody's.
    fn scratch(&self) -> Result<(Scratch, Git), GitError> {
        let scratch = Scratch::create(&std::env::temp_dir()).map_err(|error| GitError::Said(error.to_string()))?;
        let git = git(self.root).with("GIT_INDEX_FILE", scratch.path().join("index"));
        Ok((scratch, git))
    }
}
