//! Where an update is computed: in a work tree, or on the objects of a commit. What is computed is the same.

use std::collections::BTreeMap;

use launchway_core::{Edit, Root, SafePath};

use super::merge::MergePlace;
use crate::failure::Failure;
use crate::repository::undo::can_undo;
use crate::repository::{Repository, filters, ignored_note};

/// The project's side of an update, as git has it there.
pub(crate) trait UpdateSite {
    /// Returns where the files of the project are read.
    fn root(&self) -> Root<'_>;

    /// Tells whether nobody can have changed which files can be run.
    fn ignores_modes(&self) -> bool;

    /// Finds the files that the user has moved, from the new path to the one of the template; `missing` has the paths of
    /// the template with the last names that the user had for them.
    fn moved(&self, name: &str, missing: &BTreeMap<&SafePath, &SafePath>) -> BTreeMap<SafePath, SafePath>;

    /// Refuses files that are there and of which nothing would be seen.
    fn refuse_hidden(&self, paths: &[&SafePath]) -> Result<(), Failure>;

    /// Says which of the new files no commit takes.
    fn ignored_note(&self, new: &[&SafePath]) -> Option<String>;

    /// Says which of the written files a commit has as they are although a filter is asked for.
    fn unfiltered_note(&self, written: &[&Edit]) -> Option<String>;

    /// Tells whether there is an update to take back.
    fn can_undo(&self, name: &str) -> bool;

    /// Returns where git merges, if that is kept from one update to the next.
    fn merge_place(&self) -> Option<&MergePlace> {
        None
    }
}

impl UpdateSite for Repository {
    fn root(&self) -> Root<'_> {
        Root::Folder(&self.root)
    }

    fn ignores_modes(&self) -> bool {
        self.ignores_modes
    }

    fn moved(&self, name: &str, missing: &BTreeMap<&SafePath, &SafePath>) -> BTreeMap<SafePath, SafePath> {
        self.moved(name, missing)
    }

    fn refuse_hidden(&self, paths: &[&SafePath]) -> Result<(), Failure> {
        self.refuse_hidden(paths.iter().copied())
    }

    fn ignored_note(&self, new: &[&SafePath]) -> Option<String> {
        ignored_note(&self.root, new.iter().copied().filter(|path| !self.tracks(path)))
    }

    fn unfiltered_note(&self, written: &[&Edit]) -> Option<String> {
        let is_for_git = |edit: &&&Edit| edit.before.is_none() || self.tracks(&edit.path);
        filters::unknown_note(&self.root, written.iter().filter(is_for_git).map(|edit| &edit.path))
    }

    fn can_undo(&self, name: &str) -> bool {
        can_undo(&self.root, name)
    }
}
