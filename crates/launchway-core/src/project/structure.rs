//! The conflicts that a merge by lines has left, merged by structure where that is proven.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::Project;
use super::check::conflict_in;
use super::update::{Conflict, Resolution, Update};
use crate::agreement::texts::Texts;
use crate::agreement::{Agreement, Judge};
use crate::merge::{self, ListRule};
use crate::path::SafePath;
use crate::path::beneath::Blob;
use crate::path::root::Root;
use crate::plan::Plan;
use crate::template::Template;

/// A file that was merged by structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedFile {
    /// The entries that were taken from the template, by the keys that lead to them.
    pub entries: Vec<String>,
    /// What the merge by lines had left.
    conflict: Conflict,
    marked: Blob,
}

impl Resolution {
    /// Merges by structure what conflicts in its text alone; what is not proven stays a conflict.
    ///
    /// `known_as` has the names by which the rules know files that have another one in this project.
    pub fn merge_by_structure(
        &mut self,
        rules: &[ListRule],
        known_as: &BTreeMap<SafePath, SafePath>,
    ) -> BTreeMap<SafePath, MergedFile> {
        let mut merged = BTreeMap::new();
        for (path, conflict) in &self.conflicts {
            let Some(marked) = self.files.get(path).filter(|_| self.conflicts_in_text(path)) else { continue };
            let Some((blob, entries)) = self.merged(path, conflict, rules, known_as) else { continue };
            let file = MergedFile { entries, conflict: conflict.clone(), marked: marked.clone() };
            merged.insert(path.clone(), (file, blob));
        }
        let take = |(path, (file, blob)): (SafePath, (MergedFile, Blob))| {
            self.conflicts.remove(&path);
            self.files.insert(path.clone(), blob);
            (path, file)
        };
        merged.into_iter().map(take).collect()
    }

    /// Tells whether the text of a file is all that is in dispute, and not its name.
    fn conflicts_in_text(&self, path: &SafePath) -> bool {
        let is_put_aside = |from: &SafePath| path.as_str().starts_with(&format!("{from}~"));
        let is_marked = self.files.get(path).is_some_and(|blob| conflict_in(&blob.bytes).is_some());
        is_marked && !self.moved.get(path).is_some_and(is_put_aside)
    }

    fn merged(
        &self,
        path: &SafePath,
        conflict: &Conflict,
        rules: &[ListRule],
        known_as: &BTreeMap<SafePath, SafePath>,
    ) -> Option<(Blob, Vec<String>)> {
        let Conflict { base: Some(base), ours: Some(ours), theirs: Some(theirs) } = conflict else { return None };
        let [base_text, ours_text, theirs_text] =
            [base, ours, theirs].map(|blob| std::str::from_utf8(&blob.bytes).ok());
        // The rules of the template are for the names that it gives.
        let named = self.moved.get(path).filter(|_| self.others.contains(path)).unwrap_or(path);
        let named = known_as.get(named).unwrap_or(named);
        let merged = merge::merge(named.as_str(), rules, base_text?, ours_text?, theirs_text?)?;
        let executable = if ours.executable == base.executable { theirs.executable } else { ours.executable };
        Some((Blob { bytes: merged.text.into_bytes().into(), executable }, merged.entries))
    }

    fn give_up(&mut self, path: SafePath, MergedFile { conflict, marked, .. }: MergedFile) {
        self.files.insert(path.clone(), marked);
        self.conflicts.insert(path, conflict);
    }
}

impl Update {
    /// Merges conflicts by structure, and gives up those whose values then disagree with others, as they did not before.
    pub fn merge_by_structure(
        &self,
        root: Root<'_>,
        project: &Project,
        (template, plan): (&Template, &Plan),
        resolution: &mut Resolution,
    ) -> BTreeMap<SafePath, MergedFile> {
        let mut merged = resolution.merge_by_structure(&template.merges, &plan.known_as);
        // Where one is given up, others may be left alone with what they agreed with.
        while let Some(path) = self.disagrees(root, project, plan, resolution, &merged) {
            if let Some(file) = merged.remove(&path) {
                resolution.give_up(path, file);
            }
        }
        merged
    }

    /// Finds a merged file that an agreement speaks of which does not hold any more.
    fn disagrees(
        &self,
        root: Root<'_>,
        project: &Project,
        plan: &Plan,
        resolution: &Resolution,
        merged: &BTreeMap<SafePath, MergedFile>,
    ) -> Option<SafePath> {
        let file_of = |agreement: &Agreement| merged.keys().find(|path| agreement.names(path)).cloned();
        let spoken_of: Vec<&Agreement> = plan.agreements.iter().filter(|it| file_of(it).is_some()).collect();
        let is_decided = |path: &SafePath| !resolution.conflicts.contains_key(path);
        let after = |path: &SafePath| match resolution.files.get(path) {
            Some(blob) => Some(blob.bytes.clone()).filter(|_| is_decided(path)),
            None => read(root, path),
        };
        let broken = broken(&spoken_of, after);
        if broken.is_empty() {
            return None;
        }
        let before = |path: &SafePath| match self.ours.get(path) {
            Some(blob) => Some(blob.bytes.clone()),
            None => read(root, path),
        };
        let was_broken = self::broken(&project.agreements.iter().collect::<Vec<_>>(), before);
        let is_new = |agreement: &&&Agreement| {
            !was_broken.iter().any(|old| (&old.says, &old.places) == (&agreement.says, &agreement.places))
        };
        broken.iter().find(is_new).and_then(|agreement| file_of(agreement))
    }
}

fn read(root: Root<'_>, path: &SafePath) -> Option<Cow<'static, [u8]>> {
    root.read(path).ok().map(Cow::Owned)
}

/// Finds the agreements that do not hold, of those whose files can all be read.
fn broken<'a>(
    agreements: &[&'a Agreement],
    content: impl Fn(&SafePath) -> Option<Cow<'static, [u8]>>,
) -> Vec<&'a Agreement> {
    let paths: BTreeSet<&str> = agreements.iter().flat_map(|agreement| agreement.files()).collect();
    let mut texts = Texts::default();
    for path in paths {
        let bytes = SafePath::new(path).ok().and_then(|path| content(&path));
        if let Some(text) = bytes.and_then(|bytes| String::from_utf8(bytes.into_owned()).ok()) {
            texts.add(path, Ok(Cow::Owned(text)));
        }
    }
    let judge = Judge::new(&texts);
    let is_readable = |agreement: &&&'a Agreement| agreement.files().all(|file| texts.get(file).is_ok());
    agreements.iter().filter(is_readable).filter(|it| judge.disagreement(it).is_some()).copied().collect()
}
