//! What git is told of an update: the way back before it, and the index after it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use launchway_core::quote::quote_shell;
use launchway_core::{Blob, Conflict, Edit, SafePath, Scratch};

use super::{Repository, not_run};
use crate::failure::Failure;
use crate::git::{Git, GitError};

/// What git knows of the files that an update changes.
pub(crate) struct Index<'r> {
    repository: &'r Repository,
    edits: &'r [Edit],
    conflicts: &'r BTreeMap<SafePath, Conflict>,
    /// The new files that git is told to ignore.
    ignored: BTreeSet<String>,
}

impl<'r> Index<'r> {
    /// Finds out what git thinks of the files that are changed.
    pub(crate) fn read(
        repository: &'r Repository,
        edits: &'r [Edit],
        conflicts: &'r BTreeMap<SafePath, Conflict>,
    ) -> Result<Self, Failure> {
        let paths: BTreeSet<&SafePath> = edits.iter().map(|edit| &edit.path).chain(conflicts.keys()).collect();
        let unknown = paths.into_iter().filter(|path| !repository.tracks(path));
        let ignored = super::ignored(&repository.root, unknown).map_err(not_run)?;
        Ok(Self { repository, edits, conflicts, ignored })
    }

    /// Makes sure that everything as it is now is in git, and returns the commit that has it.
    ///
    /// That is the commit which is checked out, unless something of the user's was never committed.
    pub(crate) fn keep(&self, name: &str) -> Result<String, Failure> {
        let is_kept = |edit: &Edit| edit.before.is_none() || self.repository.is_watched(&edit.path);
        if !self.repository.is_dirty() && self.edits.iter().all(is_kept) {
            return Ok(self.repository.head.clone());
        }
        self.commit(name).map_err(not_run)
    }

    /// Commits the work tree beside the branch: what the index has and what the last commit had, as far as it is there.
    fn commit(&self, name: &str) -> Result<String, GitError> {
        let scratch = Scratch::create(&std::env::temp_dir()).map_err(|error| GitError::Said(error.to_string()))?;
        let git = Git::of_user(&self.repository.root)
            .with("GIT_INDEX_FILE", scratch.path().join("index"))
            .with("GIT_AUTHOR_NAME", "launchway")
            .with("GIT_AUTHOR_EMAIL", "launchway")
            .with("GIT_COMMITTER_NAME", "launchway")
            .with("GIT_COMMITTER_EMAIL", "launchway");
        let head = &self.repository.head;
        git.text(&["read-tree", head])?;
        let mut paths = git.bytes(&["ls-files", "-z", "--", "."], &[])?;
        for path in self.repository.tracked() {
            paths.extend_from_slice(path);
            paths.push(0);
        }
        paths.extend(listed(self.edits.iter().filter(|edit| edit.before.is_some()).map(|edit| edit.path.as_str())));
        git.bytes(&["update-index", "--add", "--remove", "--replace", "-z", "--stdin"], &paths)?;
        let tree = git.text(&["write-tree"])?;
        let message = format!("The state of {name} before an update by launchway");
        let reference = format!("refs/launchway/{name}/before-update");
        // The states before earlier updates stay within reach.
        let earlier = git.text(&["rev-parse", "--quiet", "--verify", &reference]).ok();
        let mut words = vec!["commit-tree", &tree, "-p", head, "-m", &message];
        words.extend(earlier.iter().flat_map(|earlier| ["-p", earlier.as_str()]));
        let commit = git.text(&words)?;
        git.text(&["update-ref", &reference, &commit])?;
        Ok(commit)
    }

    /// Returns the command that brings everything back, from where the program was started.
    ///
    /// What git did not know is not staged by it, and new files that git will not know are removed.
    pub(crate) fn way_back(&self, commit: &str) -> String {
        let root = self.repository.root.to_string_lossy();
        let place = if root == "." { String::new() } else { format!("-C {} ", quote_shell(&root)) };
        let file = |edit: &Edit| {
            let path = self.repository.root.join(edit.path.as_str());
            quote_shell(&path.strip_prefix(".").unwrap_or(&path).to_string_lossy())
        };
        let left: Vec<String> = self.edits.iter().filter(|edit| self.would_stay(edit)).map(file).collect();
        let is_new_conflict = |edit: &&Edit| edit.before.is_none() && self.conflicts.contains_key(&edit.path);
        let is_edited = |path: &SafePath| self.edits.iter().any(|edit| edit.path == *path);
        // Conflicts that only the index shows: a file that people changed and the template gave up.
        let shown: Vec<&SafePath> =
            self.conflicts.keys().filter(|path| !self.repository.tracks(path) && !is_edited(path)).collect();
        let is_unmerged = !shown.is_empty() || self.edits.iter().any(|edit| is_new_conflict(&edit));
        let unmerged = if is_unmerged { "--ignore-unmerged " } else { "" };
        let mut command = format!("git {place}restore {unmerged}--source={commit} --staged --worktree .");
        let unknown = self.edits.iter().filter(|edit| edit.before.is_some() && !self.repository.tracks(&edit.path));
        let unknown = unknown.map(|edit| &edit.path).chain(shown);
        let unknown: Vec<String> = unknown.map(|path| quote_shell(path.as_str())).collect();
        if !unknown.is_empty() {
            let _ = write!(command, " && git {place}update-index --force-remove -- {}", unknown.join(" "));
        }
        if !left.is_empty() {
            let _ = write!(command, " && rm -f -- {}", left.join(" "));
        }
        command
    }

    /// Tells whether a conflict stands in the index: that of an ignored file only where nothing else shows it, since what is
    /// in the index gets into commits.
    fn has_stages(&self, path: &SafePath, conflict: &Conflict) -> bool {
        conflict.theirs.is_none() || !self.ignored.contains(path.as_str())
    }

    /// Tells whether a new file would be left behind by git alone.
    fn would_stay(&self, edit: &Edit) -> bool {
        edit.before.is_none() && (self.ignored.contains(edit.path.as_str()) || self.conflicts.contains_key(&edit.path))
    }

    /// Brings the index up to date: what was changed is staged, and a conflict has all its sides there.
    ///
    /// Files that git does not know stay out of it, and so does what it is told to ignore.
    pub(crate) fn stage(&self) -> Result<(), Failure> {
        self.try_stage().map_err(|error| {
            not_run(error).hint("the files are written all the same; git's index does not have all of them")
        })
    }

    fn try_stage(&self) -> Result<(), GitError> {
        let git = Git::of_user(&self.repository.root);
        let is_staged = |edit: &&Edit| {
            let is_new = edit.before.is_none() && !self.ignored.contains(edit.path.as_str());
            (self.repository.tracks(&edit.path) || is_new) && !self.conflicts.contains_key(&edit.path)
        };
        let staged = || self.edits.iter().filter(is_staged);
        let paths = listed(staged().map(|edit| edit.path.as_str()));
        git.bytes(&["update-index", "--add", "--remove", "--replace", "-z", "--stdin"], &paths)?;
        if self.repository.ignores_modes {
            stage_modes(&git, &staged().collect::<Vec<_>>())?;
        }
        let entries = self.entries(&git)?;
        if !entries.is_empty() {
            git.bytes(&["update-index", "-z", "--index-info"], &entries)?;
        }
        Ok(())
    }

    /// Writes the entries of the conflicts: each path is taken out first, then put in once for every side.
    fn entries(&self, git: &Git) -> Result<Vec<u8>, GitError> {
        let prefix = &self.repository.prefix;
        let no_object = "0".repeat(self.repository.head.len());
        let mut entries = String::new();
        for (path, conflict) in self.conflicts {
            if !self.has_stages(path, conflict) {
                continue;
            }
            let _ = write!(entries, "0 {no_object}\t{prefix}{path}\0");
            let sides = [&conflict.base, &conflict.ours, &conflict.theirs];
            for (number, blob) in (1..).zip(sides).filter_map(|(number, side)| Some((number, side.as_ref()?))) {
                let Blob { bytes, executable } = blob;
                let mode = if *executable { "100755" } else { "100644" };
                let object = git.bytes(&["hash-object", "-w", "--stdin"], bytes)?;
                let object = String::from_utf8_lossy(&object).trim().to_owned();
                let _ = write!(entries, "{mode} {object} {number}\t{prefix}{path}\0");
            }
        }
        Ok(entries.into_bytes())
    }
}

/// Tells git which files can be run, where it does not look at the disk for that.
fn stage_modes(git: &Git, staged: &[&Edit]) -> Result<(), GitError> {
    for (mode, wanted) in [("--chmod=+x", true), ("--chmod=-x", false)] {
        let is_meant = |edit: &&&Edit| edit.after.as_ref().is_some_and(|blob| blob.executable == wanted);
        let paths = listed(staged.iter().filter(is_meant).map(|edit| edit.path.as_str()));
        git.bytes(&["update-index", mode, "-z", "--stdin"], &paths)?;
    }
    Ok(())
}

fn listed<'p>(paths: impl Iterator<Item = &'p str>) -> Vec<u8> {
    paths.fold(Vec::new(), |mut list, path| {
        list.extend_from_slice(path.as_bytes());
        list.push(0);
        list
    })
}
