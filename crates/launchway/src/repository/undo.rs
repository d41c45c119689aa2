//! Taking back what a command has changed, and nothing else.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use launchway_core::{Blob, Edit, SafePath, edit};

use super::kept::{Sides, UndoRecord};
use super::saved::{State, git};
use super::{Located, ignores_modes, not_run, path_of, status, tracked};
use crate::failure::{Exit, Failure, listed};
use crate::git::{GitError, path_list};
use crate::interrupt;

/// What was taken back.
pub(crate) struct Undone {
    pub(crate) name: String,
    /// The files that are as before.
    pub(crate) files: Vec<SafePath>,
    /// The reference under which what was there until now is kept, where somebody had changed it.
    pub(crate) kept_in: Option<String>,
}

/// Takes back the last change of a project.
pub(crate) fn undo(root: &Path, service: Option<&str>, allows_changes: bool) -> Result<Undone, Failure> {
    let located = Located::of(root)?;
    let all = UndoRecord::all(root, &located.prefix).map_err(not_run)?;
    let kept = chosen(all, service)?;
    let back = Back::new(root, located, kept)?;
    back.refuse_commits()?;
    let kept_in = if back.changed.is_empty() {
        None
    } else if allows_changes {
        Some(back.keep_changes().map_err(not_run)?)
    } else {
        return Err(back.refusal());
    };
    back.take()?;
    Ok(Undone { name: back.kept.name, files: back.sides.into_iter().map(|sides| sides.path).collect(), kept_in })
}

/// Takes back the changes of a folder that were cut off, as long as nobody has touched their files since; returns the names
/// of the projects.
pub(crate) fn take_back_unfinished(root: &Path) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for back in cut_off(root)? {
        if back.located.head != back.kept.list.head {
            // Somebody has gone on from there.
            back.kept.finish(root).map_err(not_run)?;
            continue;
        }
        if !back.changed.is_empty() {
            return Err(back.refusal());
        }
        back.take()?;
        names.push(back.kept.name);
    }
    Ok(names)
}

/// Returns the names of the projects whose changes the next command takes back, and why it would be refused instead.
pub(crate) fn unfinished(root: &Path) -> Result<(Vec<String>, Option<Failure>), Failure> {
    let mut backs = cut_off(root)?;
    backs.retain(|back| back.located.head == back.kept.list.head);
    let refusal = backs.iter().find(|back| !back.changed.is_empty()).map(Back::refusal);
    Ok((backs.into_iter().map(|back| back.kept.name).collect(), refusal))
}

/// Finds the changes of a folder that were cut off.
fn cut_off(root: &Path) -> Result<Vec<Back>, Failure> {
    // Without a repository there is nothing; the command itself says what is missing.
    let Ok(located) = Located::of(root) else { return Ok(Vec::new()) };
    let all = UndoRecord::all(root, &located.prefix).map_err(not_run)?;
    let unwritten = all.into_iter().filter(|kept| !kept.is_written);
    unwritten.map(|kept| Back::new(root, Located::of(root)?, kept)).collect()
}

/// Tells whether a change of a project can be taken back.
pub(crate) fn can_undo(root: &Path, name: &str) -> bool {
    let Ok(located) = Located::of(root) else { return false };
    let is_of = |kept: &UndoRecord| kept.name == name && kept.list.head == located.head;
    UndoRecord::all(root, &located.prefix).is_ok_and(|all| all.iter().any(is_of))
}

fn chosen(all: Vec<UndoRecord>, service: Option<&str>) -> Result<UndoRecord, Failure> {
    // Of one project, what was cut off comes before what was done.
    let names: BTreeSet<String> = all.iter().map(|kept| kept.name.clone()).collect();
    let name = match (service, names.len()) {
        (Some(name), _) => name.to_owned(),
        (None, 1) => names.first().cloned().unwrap_or_default(),
        (None, 0) => return Err(nothing("here")),
        (None, _) => {
            let message = format!("changes of more than one project can be taken back: {}", listed(&names));
            return Err(Failure::new(Exit::Usage, message).hint("choose one with `--service NAME`"));
        }
    };
    let mut own: Vec<UndoRecord> = all.into_iter().filter(|kept| kept.name == name).collect();
    own.sort_by_key(|kept| !kept.is_written);
    own.pop().ok_or_else(|| nothing(&format!("of `{name}`")))
}

fn nothing(whose: &str) -> Failure {
    Failure::new(Exit::Refused, format!("there is no update {whose} to take back"))
        .hint("what was committed is taken back with `git revert COMMIT`")
}

/// A change that is about to be taken back.
struct Back {
    root: PathBuf,
    located: Located,
    kept: UndoRecord,
    sides: Vec<Sides>,
    /// The files as they are.
    now: Vec<Option<Blob>>,
    /// Those that somebody has changed since.
    changed: Vec<SafePath>,
}

impl Back {
    fn new(root: &Path, located: Located, kept: UndoRecord) -> Result<Self, Failure> {
        let sides = kept.sides(root).map_err(not_run)?;
        let now: Vec<Option<Blob>> = sides.iter().map(|sides| Blob::read(root, &sides.path)).collect();
        let staged = staged_apart(root, &located.prefix, &kept, &sides)?;
        let ignores_modes = ignores_modes(root);
        let is_same = |one: Option<&Blob>, other: Option<&Blob>| match (one, other) {
            (Some(one), Some(other)) => {
                one.bytes == other.bytes && (ignores_modes || one.executable == other.executable)
            }
            (one, other) => one.is_none() && other.is_none(),
        };
        let mut changed = Vec::new();
        for (sides, now) in sides.iter().zip(&now) {
            // A link or a folder is no file, and somebody has put it there.
            let is_other = now.is_none() && root.join(sides.path.as_str()).is_symlink();
            let is_known = is_same(now.as_ref(), sides.after.as_ref()) || is_same(now.as_ref(), sides.before.as_ref());
            // A file that is in the index alone was not changed on the disk.
            let is_on_disk = sides.before.is_some() || sides.after.is_some();
            if is_on_disk && (is_other || !is_known) || staged.contains(sides.path.as_str()) {
                changed.push(sides.path.clone());
            }
        }
        Ok(Self { root: root.to_owned(), located, kept, sides, now, changed })
    }

    fn refuse_commits(&self) -> Result<(), Failure> {
        if self.located.head == self.kept.list.head {
            return Ok(());
        }
        let message =
            format!("something was committed since the update of `{}`, which is part of it now", self.kept.name);
        Err(Failure::new(Exit::Exists, message)
            .hint("take a commit back with `git revert COMMIT`; nothing was changed"))
    }

    fn refusal(&self) -> Failure {
        let (name, files) = (&self.kept.name, listed(&self.changed));
        let message = if self.kept.is_written {
            format!("somebody has changed {files} since the update of `{name}`; nothing was taken back")
        } else {
            format!("an update of `{name}` was cut off, and somebody has changed {files} since")
        };
        Failure::new(Exit::Exists, message).hint(format!(
            "`launchway update --undo --allow-dirty` takes it back all the same, and keeps what is there now under `{}`",
            self.reference()
        ))
    }

    fn reference(&self) -> String {
        format!("refs/launchway/{}/before-undo", self.kept.name)
    }

    /// Keeps the project as it is now.
    fn keep_changes(&self) -> Result<String, GitError> {
        let tracked = tracked(&self.root).map_err(|error| GitError::Said(error.to_string()))?;
        let there = self.sides.iter().zip(&self.now).filter(|(_, now)| now.is_some());
        let there = there.map(|(sides, _)| sides.path.as_str().as_bytes().to_vec());
        let state = State {
            root: &self.root,
            head: &self.located.head,
            prefix: &self.located.prefix,
            paths: tracked.into_keys().chain(there).collect(),
            intended: &BTreeSet::new(),
            message: format!("The state of {} before an update by launchway was taken back", self.kept.name),
            reference: self.reference(),
        };
        state.save()?;
        Ok(state.reference)
    }

    /// Brings the files back, then the index, and forgets the change.
    fn take(&self) -> Result<(), Failure> {
        let edits: Vec<Edit> = self
            .sides
            .iter()
            .zip(&self.now)
            .filter(|(sides, _)| sides.before.is_some() || sides.after.is_some())
            .map(|(sides, now)| Edit { path: sides.path.clone(), before: now.clone(), after: sides.before.clone() })
            .filter(|edit| edit.before != edit.after)
            .collect();
        interrupt::uninterrupted(|| {
            edit(&self.root, &edits)?;
            self.restore_index()
                .and_then(|()| self.kept.forget(&self.root))
                .map_err(|error| not_run(error).hint("the files are back; git's index is not: run it once more"))
        })
    }

    /// Gives the index the entries of the files that it had.
    fn restore_index(&self) -> Result<(), GitError> {
        let no_object = "0".repeat(self.located.head.len());
        let (mut goes, mut comes, mut intended) = (Vec::new(), Vec::new(), Vec::new());
        for file in &self.kept.list.files {
            let path = format!("{}{}", self.located.prefix, file.path);
            goes.push(format!("0 {no_object}\t{path}"));
            if file.is_intended {
                intended.push(file.path.as_str());
                continue;
            }
            comes.extend(file.index.iter().map(|entry| format!("{entry}\t{path}")));
        }
        let git = git(&self.root);
        git.bytes(&["update-index", "-z", "--index-info"], &path_list(goes.into_iter().chain(comes)))?;
        if !intended.is_empty() {
            let words = ["add", "--intent-to-add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul"];
            git.bytes(&["--literal-pathspecs"].into_iter().chain(words).collect::<Vec<_>>(), &path_list(&intended))?;
        }
        // Only what git remembers of the disk, so that it need not look at the files again.
        let _ = git.output(&["update-index", "-q", "--refresh"], &[]);
        Ok(())
    }
}

/// Finds the files of a change of which the index holds a text that stands nowhere else.
///
/// What the change itself has staged is none: it is still there if taking the change back was cut off between the files
/// and the index.
fn staged_apart(root: &Path, prefix: &str, kept: &UndoRecord, sides: &[Sides]) -> Result<BTreeSet<String>, Failure> {
    let output = status(root)?;
    let differs = |line: &&[u8]| matches!(line, [b'1', b' ', _, changed, ..] if *changed != b'.' && *changed != b'D');
    let paths = output.split(|byte| *byte == 0).filter(differs).filter_map(path_of);
    let apart: BTreeSet<&[u8]> = paths.filter_map(|path| path.strip_prefix(prefix.as_bytes())).collect();
    let tracked = tracked(root)?;
    let is_apart = |path: &str, index: &[String]| {
        let bytes = path.as_bytes();
        let entries = tracked.get(bytes).map(|tracked| tracked.entries.as_slice()).unwrap_or_default();
        apart.contains(bytes) && entries != index
    };
    let mut staged = BTreeSet::new();
    for (file, sides) in kept.list.files.iter().zip(sides).filter(|(file, _)| is_apart(&file.path, &file.index)) {
        let entries = tracked.get(file.path.as_bytes()).map(|tracked| tracked.entries.as_slice()).unwrap_or_default();
        if !is_of_change(root, sides, entries).map_err(not_run)? {
            staged.insert(file.path.clone());
        }
    }
    Ok(staged)
}

/// Tells whether the index holds of a file what a change has written.
fn is_of_change(root: &Path, sides: &Sides, entries: &[String]) -> Result<bool, GitError> {
    let ([entry], Some(after)) = (entries, &sides.after) else { return Ok(false) };
    let object = git(root).bytes(&["hash-object", "--stdin", "--path", sides.path.as_str()], &after.bytes)?;
    Ok(entry.split(' ').nth(1) == Some(String::from_utf8_lossy(&object).trim()))
}
