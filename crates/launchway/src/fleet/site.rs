//! The project's side of an update on the objects of a commit.

use std::collections::{BTreeMap, BTreeSet};

use launchway_core::template::Ownership;
use launchway_core::{Blob, CommitTree, Edit, EntryKind, PlannedFile, Root, SafePath, Temporary};

use super::repository::OpenRepository;
use crate::failure::Failure;
use crate::git::{Git, path_list};
use crate::repository::moved_in_commits;
use crate::update::{MergePlace, UpdateSite};

/// The file by which git is told what to ignore.
const IGNORE_FILE: &str = ".gitignore";

/// A commit of a repository, as an update sees it.
pub(super) struct CommitSite<'s> {
    pub(super) repository: &'s OpenRepository,
    pub(super) whole: &'s CommitTree<'s>,
    /// What stands below the folder of the project.
    pub(super) tree: &'s CommitTree<'s>,
    /// The folder of the repository in which the project stands, if that is not the top.
    pub(super) folder: Option<&'s SafePath>,
    pub(super) commit: &'s str,
    /// Where git merges this commit, and others after it.
    pub(super) merges: &'s MergePlace,
}

impl UpdateSite for CommitSite<'_> {
    fn root(&self) -> Root<'_> {
        Root::Commit(self.tree)
    }

    /// A commit says of every file whether it can be run.
    fn ignores_modes(&self) -> bool {
        false
    }

    fn moved(&self, name: &str, missing: &BTreeMap<&SafePath, &SafePath>) -> BTreeMap<SafePath, SafePath> {
        let is_file = |path: &str| matches!(self.tree.entries().get(path), Some((EntryKind::File { .. }, _)));
        let names = moved_in_commits(&self.repository.git(), self.commit, (self.folder, name), missing);
        let there = names.into_iter().filter(|(now, _)| is_file(now));
        there.filter_map(|(to, from)| Some((SafePath::new(&to).ok()?, from.clone()))).collect()
    }

    /// A commit hides nothing.
    fn refuse_hidden(&self, _: &[&SafePath]) -> Result<(), Failure> {
        Ok(())
    }

    /// What is ignored is left out of the commit, and its result says so.
    fn ignored_note(&self, _: &[&SafePath]) -> Option<String> {
        None
    }

    /// No filter runs here.
    fn unfiltered_note(&self, _: &[&Edit]) -> Option<String> {
        None
    }

    fn can_undo(&self, _: &str) -> bool {
        false
    }

    fn merge_place(&self) -> Option<&MergePlace> {
        Some(self.merges)
    }
}

/// Returns files of a commit as they are written into a folder; what is no plain file is left out.
pub(super) fn files_of(
    tree: &CommitTree<'_>,
    paths: impl IntoIterator<Item = SafePath>,
) -> Vec<(SafePath, PlannedFile)> {
    let file = |path: SafePath| {
        let Blob { bytes, executable } = Root::Commit(tree).blob(&path)?;
        Some((path, PlannedFile { bytes, executable, ownership: Ownership::Merged }))
    };
    paths.into_iter().filter_map(file).collect()
}

impl CommitSite<'_> {
    /// Returns those of the new files that the repository tells git to ignore: a commit of an update in a clone has none of
    /// them either.
    pub(super) fn ignored(&self, new: &[&SafePath]) -> Result<BTreeSet<SafePath>, Failure> {
        if new.is_empty() {
            return Ok(BTreeSet::new());
        }
        let is_list = |path: &&String| path.rsplit('/').next() == Some(IGNORE_FILE);
        let lists = self.whole.entries().keys().filter(is_list).filter_map(|path| SafePath::new(path).ok());
        let lists = files_of(self.whole, lists);
        if lists.is_empty() {
            return Ok(BTreeSet::new());
        }
        let start = self.folder.map_or_else(String::new, |folder| format!("{folder}/"));
        let folder = Temporary::create(&std::env::temp_dir(), &lists)?;
        let git = Git::of_user(folder.path())
            .with("GIT_DIR", self.repository.folder())
            .with("GIT_WORK_TREE", folder.path())
            .with("GIT_CONFIG_GLOBAL", "/dev/null")
            .with("GIT_CONFIG_NOSYSTEM", "1")
            .setting("core.excludesFile=/dev/null");
        let input = path_list(new.iter().map(|path| format!("{start}{path}")));
        let said = git.output(&["check-ignore", "-z", "--stdin"], &input).map_err(crate::repository::not_run)?;
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        Ok(said.split('\0').filter_map(|path| SafePath::new(path.strip_prefix(&start)?).ok()).collect())
    }
}
