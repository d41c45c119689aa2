//! What git is told of an update: the way back before it, and the index after it.

use std::collections::BTreeSet;

use launchway_core::quote::quote_shell;
use launchway_core::{Edit, SafePath, Scratch};

use super::merge::Stage;
use super::repository::{Repository, not_run};
use crate::failure::Failure;
use crate::git::{Git, GitError};

/// What git knows of the files that an update changes.
pub(crate) struct Index<'r> {
    repository: &'r Repository,
    tracked: BTreeSet<String>,
}

impl<'r> Index<'r> {
    /// Reads which files of the project git knows.
    pub(crate) fn read(repository: &'r Repository) -> Result<Self, Failure> {
        let output = Git::of_user(&repository.root).bytes(&["ls-files", "-z", "--", "."], &[]);
        let output = output.map_err(|error| not_run(&error))?;
        let text = String::from_utf8_lossy(&output);
        let tracked = text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
        Ok(Self { repository, tracked })
    }

    /// Makes sure that everything as it is now is in git, and returns the commit that has it.
    ///
    /// That is the commit which is checked out, unless something of the user's was never committed.
    pub(crate) fn keep(&self, name: &str, edits: &[Edit]) -> Result<String, Failure> {
        let is_kept = |edit: &&Edit| edit.before.is_none() || self.tracked.contains(edit.path.as_str());
        if !self.repository.is_dirty && edits.iter().all(|edit| is_kept(&edit)) {
            return Ok(self.repository.head.clone());
        }
        self.commit(name, edits).map_err(|error| not_run(&error))
    }

    fn commit(&self, name: &str, edits: &[Edit]) -> Result<String, GitError> {
        let scratch = Scratch::create(&std::env::temp_dir()).map_err(|error| GitError::Said(error.to_string()))?;
        let git = Git::of_user(&self.repository.root)
            .with("GIT_INDEX_FILE", scratch.path().join("index"))
            .with("GIT_AUTHOR_NAME", "launchway")
            .with("GIT_AUTHOR_EMAIL", "launchway")
            .with("GIT_COMMITTER_NAME", "launchway")
            .with("GIT_COMMITTER_EMAIL", "launchway");
        let head = &self.repository.head;
        git.text(&["read-tree", head])?;
        let there = edits.iter().filter(|edit| edit.before.is_some()).map(|edit| edit.path.as_str());
        let changed = self.tracked.iter().map(String::as_str).filter(|_| self.repository.is_dirty);
        git.bytes(&["update-index", "--add", "--remove", "-z", "--stdin"], &listed(there.chain(changed)))?;
        let tree = git.text(&["write-tree"])?;
        let message = format!("The state of {name} before an update by launchway");
        let commit = git.text(&["commit-tree", &tree, "-p", head, "-m", &message])?;
        git.text(&["update-ref", &format!("refs/launchway/{name}/before-update"), &commit])?;
        Ok(commit)
    }

    /// Returns the command that brings everything back.
    ///
    /// A conflict in a file that was not there before would stop git; that file is left behind instead.
    pub(crate) fn way_back(&self, commit: &str, edits: &[Edit], stages: &[Stage]) -> String {
        let is_new = |edit: &Edit| edit.before.is_none() && stages.iter().any(|stage| stage.path == edit.path);
        let ignore = if edits.iter().any(is_new) { "--ignore-unmerged " } else { "" };
        let root = self.repository.root.to_string_lossy();
        let place = if root == "." { String::new() } else { format!("-C {} ", quote_shell(&root)) };
        format!("git {place}restore {ignore}--source={commit} --staged --worktree .")
    }

    /// Brings the index up to date: what was changed is staged, and a conflict has all its sides there.
    ///
    /// Files that git does not know, or is told to ignore, stay out of it.
    pub(crate) fn stage(&self, edits: &[Edit], stages: &[Stage], scratch: Option<&Scratch>) -> Result<(), Failure> {
        self.try_stage(edits, stages, scratch).map_err(|error| {
            not_run(&error).hint("the files are written all the same; only git's index does not have them")
        })
    }

    fn try_stage(&self, edits: &[Edit], stages: &[Stage], scratch: Option<&Scratch>) -> Result<(), GitError> {
        let git = Git::of_user(&self.repository.root);
        let conflicts: BTreeSet<&SafePath> = stages.iter().map(|stage| &stage.path).collect();
        let new: Vec<&str> = edits.iter().filter(|edit| edit.before.is_none()).map(|edit| edit.path.as_str()).collect();
        let ignored = self.ignored(&new)?;
        let is_staged = |edit: &&Edit| {
            let path = edit.path.as_str();
            let is_known = self.tracked.contains(path) || edit.before.is_none() && !ignored.contains(path);
            is_known && !conflicts.contains(&edit.path)
        };
        let paths = edits.iter().filter(is_staged).map(|edit| edit.path.as_str());
        git.bytes(&["update-index", "--add", "--remove", "--replace", "-z", "--stdin"], &listed(paths))?;
        let Some(scratch) = scratch.filter(|_| !stages.is_empty()) else { return Ok(()) };
        self.take_objects(stages, scratch)?;
        git.bytes(&["update-index", "-z", "--index-info"], &self.entries(stages))?;
        Ok(())
    }

    /// Finds the new files that git is told to ignore.
    fn ignored(&self, paths: &[&str]) -> Result<BTreeSet<String>, GitError> {
        if paths.is_empty() {
            return Ok(BTreeSet::new());
        }
        let input = listed(paths.iter().copied());
        let output = Git::of_user(&self.repository.root).output(&["check-ignore", "-z", "--stdin"], &input)?;
        let text = String::from_utf8_lossy(&output.stdout);
        Ok(text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
    }

    /// Copies the sides of the conflicts from the repository of the merge.
    fn take_objects(&self, stages: &[Stage], scratch: &Scratch) -> Result<(), GitError> {
        let objects = stages.iter().fold(String::new(), |list, stage| list + &stage.object + "\n");
        let pack = Git::on_scratch(scratch.path()).bytes(&["pack-objects", "--stdout", "-q"], objects.as_bytes())?;
        Git::of_user(&self.repository.root).bytes(&["unpack-objects", "-q"], &pack).map(drop)
    }

    /// Writes the entries of the index: each path is taken out first, then put in once for every side.
    fn entries(&self, stages: &[Stage]) -> Vec<u8> {
        const NO_OBJECT: &str = "0000000000000000000000000000000000000000";
        let prefix = &self.repository.prefix;
        let paths: BTreeSet<&SafePath> = stages.iter().map(|stage| &stage.path).collect();
        let gone = paths.into_iter().map(|path| format!("0 {NO_OBJECT}\t{prefix}{path}\0"));
        let sides = stages.iter().map(|it| format!("{} {} {}\t{prefix}{}\0", it.mode, it.object, it.number, it.path));
        gone.chain(sides).collect::<String>().into_bytes()
    }
}

fn listed<'p>(paths: impl Iterator<Item = &'p str>) -> Vec<u8> {
    paths.fold(Vec::new(), |mut list, path| {
        list.extend_from_slice(path.as_bytes());
        list.push(0);
        list
    })
}
