//! What git is told of a change: the way back before it, and the index after it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use launchway_core::quote::quote_shell;
use launchway_core::{Blob, Conflict, Edit, SafePath, has_marks};

use super::kept::UndoRecord;
use super::saved::State;
use super::{RECORD, Repository, not_run};
use crate::failure::{Exit, Failure, listed};
use crate::git::{Git, GitError, path_list};

/// What git knows of the files that a command changes.
pub(crate) struct Index<'r> {
    repository: &'r Repository,
    edits: &'r [Edit],
    conflicts: &'r BTreeMap<SafePath, Conflict>,
    /// The files that git does not know and shall not know: it ignores them, or it did not know them under another name.
    unknown: BTreeSet<String>,
}

/// How a change is taken back.
pub(crate) struct WayBack {
    kept: UndoRecord,
    /// The command of the program that does it.
    pub(crate) command: String,
    /// The command of git's that does it for the files that git knows, if there are any.
    pub(crate) git: Option<String>,
}

impl WayBack {
    /// Says that nothing was changed after all.
    pub(crate) fn forget(&self, repository: &Repository) {
        // What cannot be forgotten is taken for a change that was cut off, and taking that back changes nothing.
        let _ = self.kept.forget(&repository.root);
    }
}

impl<'r> Index<'r> {
    /// Finds out what git thinks of the files that are changed. `moves` are those that get another name, by the new one.
    pub(crate) fn read(
        repository: &'r Repository,
        edits: &'r [Edit],
        conflicts: &'r BTreeMap<SafePath, Conflict>,
        moves: &BTreeMap<&SafePath, &SafePath>,
    ) -> Result<Self, Failure> {
        let paths: BTreeSet<&SafePath> = edits.iter().map(|edit| &edit.path).chain(conflicts.keys()).collect();
        let untracked = || paths.iter().copied().filter(|path| !repository.tracks(path));
        let mut unknown = super::ignored(&repository.root, untracked()).map_err(not_run)?;
        let texts_that_go: BTreeSet<&[u8]> = edits
            .iter()
            .filter(|edit| edit.after.is_none() && !repository.tracks(&edit.path))
            .filter_map(|edit| edit.before.as_ref().map(|blob| &*blob.bytes))
            .collect();
        let after = |path: &SafePath| edits.iter().find(|edit| edit.path == *path).and_then(|edit| edit.after.as_ref());
        let was_unknown = |path: &&SafePath| {
            let is_moved = moves.get(*path).is_some_and(|from| !repository.tracks(from));
            let is_new = after(path).filter(|_| edits.iter().any(|edit| edit.path == **path && edit.before.is_none()));
            let is_same_text = is_new.is_some_and(|blob| texts_that_go.iter().any(|text| is_like(text, &blob.bytes)));
            let is_given_up = conflicts.get(*path).is_some_and(|conflict| conflict.theirs.is_none());
            is_moved || is_same_text || is_given_up
        };
        unknown.extend(untracked().filter(was_unknown).map(ToString::to_string));
        Ok(Self { repository, edits, conflicts, unknown })
    }

    /// Makes sure that everything as it is now is in git, and says how it comes back. `service` is named where the folder
    /// has more than one project.
    pub(crate) fn keep(&self, name: &str, service: Option<&str>) -> Result<WayBack, Failure> {
        let source = self.save(name).map_err(not_run)?;
        let touched: Vec<SafePath> = self.touched();
        let known: Vec<&SafePath> = touched.iter().filter(|path| self.is_known(path)).collect();
        let kept = UndoRecord::write(self.repository, name, self.edits, &touched, &known).map_err(not_run)?;
        let root = self.repository.root.to_string_lossy();
        let place = if root == "." { String::new() } else { format!("-C {} ", quote_shell(&root)) };
        let folder = if root == "." { String::new() } else { format!(" {}", quote_shell(&root)) };
        let service = service.map(|name| format!(" --service {}", quote_shell(name))).unwrap_or_default();
        let command = format!("launchway update --undo{folder}{service}");
        let git = (!known.is_empty()).then(|| kept.git_command(&place, &source));
        Ok(WayBack { kept, command, git })
    }

    /// The files that are changed on the disk or in the index, the record's last.
    fn touched(&self) -> Vec<SafePath> {
        let is_edited = |path: &&SafePath| self.edits.iter().any(|edit| edit.path == **path);
        let shown = self.conflicts.keys().filter(|path| !is_edited(path)).cloned();
        shown.chain(self.edits.iter().map(|edit| edit.path.clone())).collect()
    }

    /// Tells whether git knows a file before or after.
    fn is_known(&self, path: &SafePath) -> bool {
        let comes = || self.edits.iter().any(|edit| edit.path == *path && edit.before.is_none());
        let has_conflict = || self.conflicts.get(path).is_some_and(|conflict| self.has_stages(path, conflict));
        self.repository.tracks(path) || !self.unknown.contains(path.as_str()) && comes() || has_conflict()
    }

    /// Returns a commit that has everything as it is now: the one that is checked out, unless something of the user's was
    /// never committed.
    fn save(&self, name: &str) -> Result<String, GitError> {
        let is_kept = |edit: &Edit| edit.before.is_none() || self.repository.is_watched(&edit.path);
        if !self.repository.is_dirty() && self.edits.iter().all(is_kept) {
            return Ok(self.repository.head.clone());
        }
        let edited = self.edits.iter().filter(|edit| edit.before.is_some());
        let edited = edited.map(|edit| edit.path.as_str().as_bytes().to_vec());
        State {
            root: &self.repository.root,
            head: &self.repository.head,
            prefix: &self.repository.prefix,
            paths: self.repository.tracked.keys().cloned().chain(edited).collect(),
            intended: &self.repository.intended,
            message: format!("The state of {name} before an update by launchway"),
            reference: before_update(name),
        }
        .save()
    }

    /// Tells whether a conflict stands in the index.
    fn has_stages(&self, path: &SafePath, conflict: &Conflict) -> bool {
        self.sides(path, conflict).iter().any(Option::is_some)
    }

    /// Returns the sides of a conflict that stand in the index: the base, yours and the template's. Of a file that git does
    /// not know nothing of yours does, since what is there gets into commits; where the file itself shows no conflict, a text
    /// that was generated shows that there is something to decide.
    fn sides<'c>(&self, path: &SafePath, conflict: &'c Conflict) -> [Option<&'c Blob>; 3] {
        let Conflict { base, ours, theirs } = conflict;
        if self.repository.tracks(path) || !self.unknown.contains(path.as_str()) {
            return [base.as_ref(), ours.as_ref(), theirs.as_ref()];
        }
        let after = self.edits.iter().find(|edit| edit.path == *path).and_then(|edit| edit.after.as_ref());
        match (base, theirs) {
            _ if after.is_some_and(|blob| has_marks(&blob.bytes)) => [None; 3],
            (Some(base), _) => [Some(base), None, None],
            (None, theirs) => [None, None, theirs.as_ref()],
        }
    }

    /// Brings the index up to date: what was changed is staged, and a conflict has all its sides there. Then the index is
    /// read back, and must hold what was written.
    ///
    /// Files that git does not know stay out of it, and so does what it is told to ignore.
    pub(crate) fn stage(&self, way_back: &WayBack) -> Result<(), Failure> {
        let hint = "the files are written all the same; git's index does not have all of them";
        let staged = self.try_stage().map_err(|error| not_run(error).hint(hint));
        let missing = staged.and_then(|()| self.not_staged(&way_back.kept).map_err(|error| not_run(error).hint(hint)));
        // The files are written, and can be taken back, whatever became of the index.
        let finished = way_back.kept.finish(&self.repository.root).map_err(not_run);
        let missing = missing?;
        finished?;
        if missing.is_empty() {
            return Ok(());
        }
        Err(not_held(&missing))
    }

    fn is_staged(&self, edit: &Edit) -> bool {
        let is_new = edit.before.is_none() && !self.unknown.contains(edit.path.as_str());
        (self.repository.tracks(&edit.path) || is_new) && !self.conflicts.contains_key(&edit.path)
    }

    fn try_stage(&self) -> Result<(), GitError> {
        let git = Git::of_user(&self.repository.root);
        let staged = || self.edits.iter().filter(|edit| self.is_staged(edit));
        let paths = path_list(staged().map(|edit| edit.path.as_str()));
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

    /// Finds the files of which the index does not hold what was written.
    fn not_staged(&self, kept: &UndoRecord) -> Result<Vec<SafePath>, GitError> {
        let output = Git::of_user(&self.repository.root).bytes(&["ls-files", "-z", "--stage", "--", "."], &[])?;
        let mut index: BTreeMap<Vec<u8>, Vec<String>> = BTreeMap::new();
        for line in output.split(|byte| *byte == 0) {
            let Some(tab) = line.iter().position(|byte| *byte == b'\t') else { continue };
            let entry = String::from_utf8_lossy(&line[..tab]).into_owned();
            index.entry(line[tab + 1..].to_vec()).or_default().push(entry);
        }
        let objects: BTreeMap<&str, Option<String>> = kept
            .list
            .files
            .iter()
            .map(|file| file.path.as_str())
            .zip(kept.written_objects(&self.repository.root)?)
            .collect();
        let mut missing = Vec::new();
        for edit in self.edits.iter().filter(|edit| self.is_staged(edit)) {
            let entries = index.get(edit.path.as_str().as_bytes()).map(Vec::as_slice).unwrap_or_default();
            let written = objects.get(edit.path.as_str()).cloned().flatten();
            let is_there = match (&edit.after, entries) {
                (None, []) => true,
                (Some(blob), [entry]) => self.is_entry_of(entry, &edit.path, blob, written.as_deref())?,
                _ => false,
            };
            if !is_there {
                missing.push(edit.path.clone());
            }
        }
        Ok(missing)
    }

    /// Tells whether an entry of the index holds a file, as it is or as git's filters make it.
    fn is_entry_of(&self, entry: &str, path: &SafePath, blob: &Blob, raw: Option<&str>) -> Result<bool, GitError> {
        let words: Vec<&str> = entry.split(' ').collect();
        let [_, object, "0"] = words[..] else { return Ok(false) };
        if raw == Some(object) {
            return Ok(true);
        }
        // Whoever checks the record out needs every byte of it.
        if path.as_str().starts_with(RECORD) {
            return Ok(false);
        }
        let arguments = ["hash-object", "--stdin", "--path", path.as_str()];
        let filtered = Git::of_user(&self.repository.root).bytes(&arguments, &blob.bytes)?;
        Ok(String::from_utf8_lossy(&filtered).trim() == object)
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
            let sides = self.sides(path, conflict);
            for (number, blob) in (1..).zip(sides).filter_map(|(number, side)| Some((number, side?))) {
                let Blob { bytes, executable } = blob;
                let mode = if *executable { "100755" } else { "100644" };
                // As git itself would have it there: through the filters of the path.
                let object = git.bytes(&["hash-object", "-w", "--stdin", "--path", path.as_str()], bytes)?;
                let object = String::from_utf8_lossy(&object).trim().to_owned();
                let _ = write!(entries, "{mode} {object} {number}\t{prefix}{path}\0");
            }
        }
        Ok(entries.into_bytes())
    }
}

/// Tells whether two texts have most of their lines in common: the one may be the other under another name.
fn is_like(text: &[u8], other: &[u8]) -> bool {
    let lines = |text| {
        let mut lines: Vec<&[u8]> =
            <[u8]>::split(text, |byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        lines.sort_unstable();
        lines
    };
    let (lines, mut rest) = (lines(text), lines(other));
    let most = lines.len().max(rest.len());
    let in_common = lines.into_iter().filter(|line| rest.binary_search(line).map(|at| rest.remove(at)).is_ok());
    text == other || in_common.count() * 2 > most
}

/// Says which files are not in the index as they were written, and where to look.
fn not_held(missing: &[SafePath]) -> Failure {
    let message = format!("git's index does not hold what was written to {}", listed(missing));
    let failure = Failure::new(Exit::Io, message);
    match missing.iter().find(|path| path.as_str().starts_with(RECORD)) {
        Some(path) => failure.hint(format!(
            "an attribute changes it on its way into git, which ruins the record: `git check-attr --all {path}` names it, \
             and `.git/info/attributes` is the place that `.launchway/.gitattributes` cannot overrule"
        )),
        None => failure.hint("look at it with `git status`, and `git add` it"),
    }
}

/// The reference under which what was never committed is kept.
pub(crate) fn before_update(name: &str) -> String {
    format!("refs/launchway/{name}/before-update")
}

/// Tells git which files can be run, where it does not look at the disk for that. Of a file whose mode stays, git keeps what
/// it knows.
fn stage_modes(git: &Git, staged: &[&Edit]) -> Result<(), GitError> {
    let mode = |blob: Option<&Blob>| blob.map(|blob| blob.executable);
    for (option, wanted) in [("--chmod=+x", true), ("--chmod=-x", false)] {
        let is_meant =
            |edit: &&&Edit| mode(edit.after.as_ref()) == Some(wanted) && mode(edit.before.as_ref()) != Some(wanted);
        let paths = path_list(staged.iter().filter(is_meant).map(|edit| edit.path.as_str()));
        if !paths.is_empty() {
            git.bytes(&["update-index", option, "-z", "--stdin"], &paths)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn texts_are_alike_that_have_most_lines_in_common() {
        assert!(is_like(b"", b"") && is_like(b"a\nb\nc\n", b"a\nx\nc\n") && is_like(b"a\na\nb\n", b"b\na\na\n"));
        assert!(!is_like(b"a\nb\n", b"x\ny\n") && !is_like(b"a\n", b"a\nb\nc\nd\n") && !is_like(b"a\na\n", b"a\nb\n"));
    }
}
