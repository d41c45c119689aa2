//! The repository that a project stands in: whether it is in a state to be updated, and what is in it.

pub(crate) mod index;
mod kept;
mod moves;
mod saved;
pub(crate) mod undo;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::thread;

use launchway_core::SafePath;
use launchway_core::quote::quote_shell;

use crate::failure::{Exit, Failure};
use crate::git::{Git, GitError};

/// What git calls a work that is not finished, and the file that it keeps for it.
const UNFINISHED: [(&str, &str, &str); 6] = [
    ("rebase-merge", "a rebase", "git rebase --continue"),
    ("rebase-apply", "a rebase", "git rebase --continue"),
    ("MERGE_HEAD", "a merge", "git merge --continue"),
    ("CHERRY_PICK_HEAD", "a cherry-pick", "git cherry-pick --continue"),
    ("REVERT_HEAD", "a revert", "git revert --continue"),
    ("BISECT_LOG", "a bisection", "git bisect reset"),
];

/// The repository of a project.
pub(crate) struct Repository {
    /// The folder of the project.
    pub(crate) root: PathBuf,
    /// The path of that folder below the top of the work tree, with `/` at its end unless it is the top.
    pub(crate) prefix: String,
    /// The commit that is checked out.
    pub(crate) head: String,
    /// Whether files that git knows have changes which are not committed.
    pub(crate) is_dirty: bool,
    /// Whether the disk does not know which files can be run.
    pub(crate) ignores_modes: bool,
    /// The files of the project that git knows.
    tracked: BTreeMap<Vec<u8>, Tracked>,
    /// The files that git was only told of, `git add --intent-to-add`.
    intended: BTreeSet<Vec<u8>>,
}

/// What git's index has of a file.
struct Tracked {
    /// The letter that `git ls-files -v` has for it.
    letter: u8,
    /// Its mode, its object and its stage, as `git ls-files --stage` has them; more than one where there is a conflict.
    entries: Vec<String>,
}

/// Where a project's repository is.
struct Located {
    prefix: String,
    git_folder: PathBuf,
    head: String,
}

impl Located {
    fn of(root: &Path) -> Result<Self, Failure> {
        let git = Git::of_user(root);
        let said = git.output(&["rev-parse", "--show-prefix", "--absolute-git-dir", "--verify", "HEAD"], &[]);
        let said = said.map_err(not_run)?;
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        let mut lines = text.lines();
        let (Some(prefix), Some(git_folder)) = (lines.next(), lines.next()) else {
            return Err(no_repository(root, &said.said));
        };
        let Some(head) = lines.next().filter(|_| said.code == Some(0)) else {
            return Err(Failure::new(Exit::Exists, "nothing is committed yet, so the way back would be lost")
                .hint("commit the project first: `git add --all && git commit`"));
        };
        let (prefix, head) = (prefix.to_owned(), head.to_owned());
        let is_object = head.len() >= 40 && head.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_object || !Path::new(git_folder).is_dir() {
            return Err(Failure::new(Exit::Exists, "the path of the project has a line break in it, or is no text")
                .hint("move the project to another folder"));
        }
        Ok(Self { prefix, git_folder: PathBuf::from(git_folder), head })
    }
}

impl Repository {
    /// Opens the repository, and makes sure that it is in a state to be updated.
    pub(crate) fn open(root: &Path, allow_dirty: bool) -> Result<Self, Failure> {
        let Located { prefix, git_folder, head } = Located::of(root)?;
        refuse_unfinished(&git_folder)?;
        refuse_unfinished_references(root, &git_folder)?;
        let root = root.to_owned();
        // Three questions that do not wait for one another.
        let (is_dirty, tracked, ignores_modes) = thread::scope(|scope| {
            let tracked = scope.spawn(|| tracked(&root));
            let ignores_modes = scope.spawn(|| ignores_modes(&root));
            let is_dirty = is_dirty(&root, allow_dirty);
            let tracked = tracked.join().expect("git is asked without a panic");
            (is_dirty, tracked, ignores_modes.join().expect("git is asked without a panic"))
        });
        let ((is_dirty, intended), tracked) = (is_dirty?, tracked?);
        // The status has paths from the top of the work tree.
        let below = |path: Vec<u8>| path.strip_prefix(prefix.as_bytes()).map(<[u8]>::to_vec);
        let intended = intended.into_iter().filter_map(below).collect();
        Ok(Self { root, prefix, head, is_dirty, ignores_modes, tracked, intended })
    }

    /// Tells whether git knows a file.
    pub(crate) fn tracks(&self, path: &SafePath) -> bool {
        self.tracked.contains_key(path.as_str().as_bytes())
    }

    /// Tells whether git knows a file and would notice a change of it.
    pub(crate) fn is_watched(&self, path: &SafePath) -> bool {
        self.letter(path) == Some(b'H')
    }

    fn letter(&self, path: &SafePath) -> Option<u8> {
        self.tracked.get(path.as_str().as_bytes()).map(|tracked| tracked.letter)
    }

    /// Refuses files that git was told not to look at: what is written there would never get into a commit, or git would
    /// take it for a deletion, and what stands there is in no commit.
    pub(crate) fn refuse_hidden<'p>(&self, paths: impl IntoIterator<Item = &'p SafePath>) -> Result<(), Failure> {
        for path in paths {
            match self.letter(path) {
                Some(b'S' | b's') => {
                    let message = format!(
                        "the checkout leaves out `{path}` (sparse, or skip-worktree), which the template has written"
                    );
                    return Err(Failure::new(Exit::Exists, message).hint(
                        "check it out: `git sparse-checkout disable`, or `git update-index --no-skip-worktree FILE`",
                    ));
                }
                Some(letter) if letter.is_ascii_lowercase() => {
                    let message = format!(
                        "git was told that `{path}` never changes (assume-unchanged), and would not see that it does"
                    );
                    return Err(Failure::new(Exit::Exists, message)
                        .hint("let git look at it: `git update-index --no-assume-unchanged FILE`"));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Tells whether git was told not to look at the disk for which files can be run.
fn ignores_modes(root: &Path) -> bool {
    let arguments = ["config", "--type=bool", "--default=true", "--get", "core.fileMode"];
    Git::of_user(root).text(&arguments).is_ok_and(|said| said == "false")
}

/// Reads what `git ls-files -v --stage` says: a letter, a mode, an object, a stage, a tab and the path.
fn tracked(root: &Path) -> Result<BTreeMap<Vec<u8>, Tracked>, Failure> {
    let output = Git::of_user(root).bytes(&["ls-files", "-z", "-v", "--stage", "--", "."], &[]);
    let output = output.map_err(not_run)?;
    let mut files: BTreeMap<Vec<u8>, Tracked> = BTreeMap::new();
    for line in output.split(|byte| *byte == 0) {
        let Some(tab) = line.iter().position(|byte| *byte == b'\t') else { continue };
        let (Some(letter), Some(entry)) = (line.first(), line.get(2..tab)) else { continue };
        let entry = String::from_utf8_lossy(entry).into_owned();
        let new = || Tracked { letter: *letter, entries: Vec::new() };
        files.entry(line[tab + 1..].to_vec()).or_insert_with(new).entries.push(entry);
    }
    Ok(files)
}

/// Where references are not files, git has to be asked for those of a work that is not finished.
fn refuse_unfinished_references(root: &Path, git_folder: &Path) -> Result<(), Failure> {
    if !git_folder.join("reftable").exists() {
        return Ok(());
    }
    let is_there = |name: &str| Git::of_user(root).text(&["rev-parse", "--quiet", "--verify", name]).is_ok();
    match UNFINISHED.iter().find(|(name, ..)| name.ends_with("_HEAD") && is_there(name)) {
        None => Ok(()),
        Some(work) => Err(unfinished(work)),
    }
}

fn unfinished((_, what, command): &(&str, &str, &str)) -> Failure {
    Failure::new(Exit::Exists, format!("{what} is in progress")).hint(format!("finish it first: `{command}`"))
}

/// Asks git which of the files that it knows have changes.
fn status(root: &Path) -> Result<Vec<u8>, Failure> {
    let arguments = ["status", "--porcelain=v2", "-z", "--untracked-files=no", "--no-renames", "--", "."];
    Git::of_user(root).bytes(&arguments, &[]).map_err(not_run)
}

/// Returns the path in a line of the status about a file that is no conflict.
fn path_of(line: &[u8]) -> Option<&[u8]> {
    line.splitn(9, |byte| *byte == b' ').nth(8)
}

/// Tells whether there are changes that are not committed, and refuses them unless they are allowed. With it come the files
/// that git was only told of, from the top of the work tree.
fn is_dirty(root: &Path, allow_dirty: bool) -> Result<(bool, BTreeSet<Vec<u8>>), Failure> {
    let output = status(root)?;
    let is_intended = |line: &&[u8]| line.starts_with(b"1 .A ");
    let intended =
        output.split(|byte| *byte == 0).filter(is_intended).filter_map(path_of).map(<[u8]>::to_vec).collect();
    let text = String::from_utf8_lossy(&output);
    let entries: Vec<&str> = text.split('\0').filter(|entry| !entry.is_empty()).collect();
    let paths = |kind: char, field: usize| {
        let entries = entries.iter().filter(move |entry| entry.starts_with(kind));
        entries.filter_map(move |entry| entry.splitn(field, ' ').last()).collect::<Vec<_>>()
    };
    let unmerged = paths('u', 11);
    if !unmerged.is_empty() {
        return Err(Failure::new(Exit::Refused, format!("conflicts are left in {}", listed(&unmerged)))
            .hint("solve them, then `git add` the files and commit"));
    }
    let changed = paths('1', 9);
    if !allow_dirty && !changed.is_empty() {
        let message = format!("there are changes that are not committed, in {}", listed(&changed));
        return Err(Failure::new(Exit::Exists, message).hint(
            "commit or stash them, so that the update stands by itself; `--allow-dirty` merges them all the same",
        ));
    }
    Ok((!changed.is_empty(), intended))
}

fn refuse_unfinished(git_folder: &Path) -> Result<(), Failure> {
    match UNFINISHED.iter().find(|(file, ..)| git_folder.join(file).exists()) {
        None => Ok(()),
        Some(work) => Err(unfinished(work)),
    }
}

fn no_repository(root: &Path, said: &str) -> Failure {
    if said.contains("dubious ownership") {
        return Failure::new(Exit::Exists, "git does not trust the repository, because somebody else owns it")
            .hint("`git status` says how to trust it");
    }
    let folder = quote_shell(&root.to_string_lossy());
    Failure::new(Exit::Exists, format!("`{}` is in no git repository, so the way back would be lost", root.display()))
        .hint(format!("make it one: `git -C {folder} init && git -C {folder} add --all && git -C {folder} commit`"))
}

/// Says why git could not be asked.
pub(crate) fn not_run(error: GitError) -> Failure {
    match error {
        GitError::NoGit => {
            Failure::new(Exit::Usage, "there is no `git` on this machine, and an update works through it")
                .hint("install git 2.38 or newer")
        }
        error => Failure::new(Exit::Io, format!("git failed: {error}")).caused_by(error),
    }
}

fn listed(paths: &[&str]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = paths.iter().take(SHOWN).map(|path| format!("`{path}`")).collect();
    let more = if paths.len() > SHOWN { format!(" and {} more", paths.len() - SHOWN) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
