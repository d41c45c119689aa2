//! The repository that a project stands in: whether it is in a state to be updated, and what is in it.

pub(crate) mod begin;
pub(crate) mod filters;
mod first_commit;
pub(crate) mod index;
mod kept;
mod moves;
mod saved;
pub(crate) mod undo;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use launchway_core::SafePath;
use launchway_core::quote::quote_shell;

use crate::failure::{Exit, Failure, listed};
use crate::git::{Git, GitError, path_list};
use crate::{language, terminal};

pub(crate) use moves::moved_in_commits;

/// What git calls a work that is not finished, and the file that it keeps for it.
const UNFINISHED: [(&str, &str, &str); 7] = [
    ("rebase-merge", "a rebase", "git rebase --continue"),
    ("rebase-apply/applying", "an application of patches", "git am --continue"),
    ("rebase-apply", "a rebase", "git rebase --continue"),
    ("MERGE_HEAD", "a merge", "git merge --continue"),
    ("CHERRY_PICK_HEAD", "a cherry-pick", "git cherry-pick --continue"),
    ("REVERT_HEAD", "a revert", "git revert --continue"),
    ("BISECT_LOG", "a bisection", "git bisect reset"),
];

/// Below what the record of a project stands.
const RECORD: &str = ".launchway/";

/// How the name of a file ends that stands beside the record and that people merge.
const WAIVERS: &str = ".waivers";

/// Tells whether a path below the project is one of the record's, which the program merges.
fn is_of_record(path: &str) -> bool {
    path.starts_with(RECORD) && !path.ends_with(WAIVERS)
}

/// What a repository is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// An update, for which nothing may be unfinished.
    Update,
    /// To make one record of two in the middle of a merge.
    ResolveRecord,
}

/// The repository of a project.
pub(crate) struct Repository {
    /// The folder of the project.
    pub(crate) root: PathBuf,
    /// The path of that folder below the top of the work tree, with `/` at its end unless it is the top.
    pub(crate) prefix: String,
    /// The commit that is checked out.
    pub(crate) head: String,
    /// The files that git knows and that have changes which are not committed.
    changed: Vec<String>,
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
            return Err(Failure::new(Exit::Exists, "nothing is committed yet, so the change could not be undone")
                .hint(first_commit::hint(root, false)));
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
        let repository = Self::open_for(root, Purpose::Update)?;
        match repository.refusal() {
            Some(refusal) if !allow_dirty => Err(refusal),
            _ => Ok(repository),
        }
    }

    /// Opens the repository in the middle of a merge, of which nothing but the record is left to decide.
    pub(crate) fn open_to_resolve(root: &Path) -> Result<Self, Failure> {
        Self::open_for(root, Purpose::ResolveRecord)
    }

    fn open_for(root: &Path, purpose: Purpose) -> Result<Self, Failure> {
        let Located { prefix, git_folder, head } = Located::of(root)?;
        refuse_locked(&git_folder)?;
        if purpose == Purpose::Update {
            refuse_unfinished(root, &git_folder)?;
            refuse_unfinished_references(root, &git_folder)?;
        }
        let root = root.to_owned();
        // Three questions that do not wait for one another.
        let (changed, tracked, ignores_modes) = thread::scope(|scope| {
            let tracked = scope.spawn(|| tracked(&root));
            let ignores_modes = scope.spawn(|| ignores_modes(&root));
            let changed = changed(&root, &prefix, purpose);
            let tracked = tracked.join().expect("git is asked without a panic");
            (changed, tracked, ignores_modes.join().expect("git is asked without a panic"))
        });
        let ((changed, intended), tracked) = (changed?, tracked?);
        // The status has paths from the top of the work tree.
        let below = |path: Vec<u8>| path.strip_prefix(prefix.as_bytes()).map(<[u8]>::to_vec);
        let intended = intended.into_iter().filter_map(below).collect();
        Ok(Self { root, prefix, head, changed, ignores_modes, tracked, intended })
    }

    /// Tells whether files that git knows have changes which are not committed.
    pub(crate) fn is_dirty(&self) -> bool {
        !self.changed.is_empty()
    }

    /// Returns why an update is refused that does not allow changes which are not committed, if there are any.
    pub(crate) fn refusal(&self) -> Option<Failure> {
        if self.changed.is_empty() {
            return None;
        }
        let message = format!("there are changes that are not committed, in {}", some_of(&self.changed));
        Some(Failure::new(Exit::Exists, message).hint(
            "commit or stash them first, so that the change contains only the update; `--allow-dirty` merges into them anyway",
        ))
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
        paths.into_iter().try_for_each(|path| refuse_letter(path, self.letter(path)))
    }
}

/// Refuses a file that git was told not to look at, by the letter that git has for it.
fn refuse_letter(path: &SafePath, letter: Option<u8>) -> Result<(), Failure> {
    match letter {
        Some(b'S' | b's') => {
            let message =
                format!("the checkout leaves out `{path}` (sparse, or skip-worktree), which is to be written");
            Err(Failure::new(Exit::Exists, message)
                .hint("check it out: `git sparse-checkout disable`, or `git update-index --no-skip-worktree FILE`"))
        }
        Some(letter) if letter.is_ascii_lowercase() => {
            let message =
                format!("git was told that `{path}` never changes (assume-unchanged), and would not see that it does");
            Err(Failure::new(Exit::Exists, message)
                .hint("let git look at it: `git update-index --no-assume-unchanged FILE`"))
        }
        _ => Ok(()),
    }
}

/// Refuses to write a file that git was told not to look at, where a command needs nothing else of git.
pub(crate) fn refuse_hidden_file(root: &Path, path: &SafePath) -> Result<(), Failure> {
    let said = Git::of_user(root).bytes(&["ls-files", "-z", "-v", "--", path.as_str()], &[]);
    refuse_letter(path, said.ok().and_then(|said| said.first().copied()))
}

/// Returns the nearest folder above a path, or at it, that is there.
fn there(folder: &Path) -> &Path {
    let is_there = |folder: &&Path| folder.is_dir();
    folder.ancestors().find(is_there).unwrap_or(Path::new("."))
}

/// Tells whether the checkout of the repository in which a folder is, or is to be, leaves out files.
pub(crate) fn is_sparse(folder: &Path) -> bool {
    let said = Git::of_user(there(folder)).text(&["config", "--type=bool", "--get", "core.sparseCheckout"]);
    said.is_ok_and(|said| said == "true")
}

/// Returns the work that git has not finished where a folder is, or is to be: what it is called, and the command that goes on
/// with it.
pub(crate) fn unfinished_work(folder: &Path) -> Option<(&'static str, &'static str)> {
    let git_folder = PathBuf::from(Git::of_user(there(folder)).text(&["rev-parse", "--absolute-git-dir"]).ok()?);
    let (_, what, command) = UNFINISHED.iter().find(|(file, ..)| git_folder.join(file).exists())?;
    Some((what, command))
}

/// Tells whether anything is committed in the repository of a folder.
pub(crate) fn has_commits(root: &Path) -> bool {
    Git::of_user(root).text(&["rev-parse", "--verify", "--quiet", "HEAD"]).is_ok()
}

/// Returns the files of a folder of which git has more than one side, because a conflict is not decided.
pub(crate) fn unmerged(root: &Path) -> Result<BTreeSet<SafePath>, GitError> {
    let output = Git::of_user(root).bytes(&["ls-files", "-z", "--unmerged", "--", "."], &[])?;
    let text = String::from_utf8_lossy(&output);
    let path = |entry: &str| SafePath::new(entry.split_once('\t')?.1).ok();
    Ok(text.split('\0').filter_map(path).collect())
}

/// Returns those of the files of a folder that git is told to ignore and does not know. What stands below a link is none of
/// them: git does not look there.
pub(crate) fn ignored<'p>(
    root: &Path,
    paths: impl Iterator<Item = &'p SafePath>,
) -> Result<BTreeSet<String>, GitError> {
    let is_link = |folder: &str| root.join(folder).symlink_metadata().is_ok_and(|it| it.is_symlink());
    let paths = paths.filter(|path| !path.folders().any(is_link));
    let input = path_list(paths.map(SafePath::as_str));
    if input.is_empty() {
        return Ok(BTreeSet::new());
    }
    let output = Git::of_user(root).output(&["check-ignore", "-z", "--stdin"], &input)?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}

/// Says what git is told to ignore of files that are new, and how it gets into the repository all the same.
pub(crate) fn ignored_note<'p>(root: &Path, new: impl Iterator<Item = &'p SafePath>) -> Option<String> {
    let ignored = ignored(root, new).unwrap_or_default();
    if ignored.is_empty() {
        return None;
    }
    let place =
        if root == Path::new(".") { String::new() } else { format!(" -C {}", quote_shell(&root.to_string_lossy())) };
    let words: Vec<String> = ignored.iter().map(|path| quote_shell(path)).collect();
    Some(language::filled(
        "git is told to ignore {files}, so a commit leaves it out; if it belongs there: `git{place} add -f -- {words}`",
        &[("files", &listed(&ignored)), ("place", &place), ("words", &words.join(" "))],
    ))
}

/// Says it of files that were written outside of a report.
pub(crate) fn say_ignored<'p>(root: &Path, new: impl Iterator<Item = &'p SafePath>) {
    if let Some(note) = ignored_note(root, new) {
        terminal::tell(&format!("note: {note}\n"));
    }
}

/// Tells whether git was told not to look at the disk for which files can be run.
pub(crate) fn ignores_modes(root: &Path) -> bool {
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

/// Lists the changes that are not committed, and the files that git was only told of, from the top of the work tree.
/// Conflicts are refused, apart from those of the record where it is to be resolved.
fn changed(root: &Path, prefix: &str, purpose: Purpose) -> Result<(Vec<String>, BTreeSet<Vec<u8>>), Failure> {
    let output = status(root)?;
    let is_intended = |line: &&[u8]| line.starts_with(b"1 .A ");
    let intended =
        output.split(|byte| *byte == 0).filter(is_intended).filter_map(path_of).map(<[u8]>::to_vec).collect();
    let text = String::from_utf8_lossy(&output);
    let entries: Vec<&str> = text.split('\0').filter(|entry| !entry.is_empty()).collect();
    let paths = |kind: char, field: usize| {
        let entries = entries.iter().filter(move |entry| entry.starts_with(kind));
        entries.filter_map(move |entry| entry.splitn(field, ' ').last()).map(str::to_owned).collect::<Vec<_>>()
    };
    let unmerged = paths('u', 11);
    let (of_record, others): (Vec<String>, Vec<String>) =
        unmerged.iter().cloned().partition(|path| path.strip_prefix(prefix).is_some_and(is_of_record));
    if !others.is_empty() || !of_record.is_empty() && purpose == Purpose::Update {
        return Err(conflicted(&others));
    }
    Ok((paths('1', 9).into_iter().chain(of_record).collect(), intended))
}

/// Says which conflicts are in the way: of files, or of the record alone.
fn conflicted(files: &[String]) -> Failure {
    if files.is_empty() {
        return Failure::new(
            Exit::Refused,
            "two branches have changed the record of the project, and git cannot merge it",
        )
        .hint("`launchway update --resolve-record` makes one of both; then commit");
    }
    Failure::new(Exit::Refused, format!("conflicts are left in {}", some_of(files)))
        .hint("resolve them, then `git add` the files and commit")
}

/// Refuses a repository whose index another git is changing, or one that was cut off: the files would be written, and git
/// could not be told. What is done in a moment is waited for.
fn refuse_locked(git_folder: &Path) -> Result<(), Failure> {
    const PATIENCE: Duration = Duration::from_secs(1);
    let (lock, start) = (git_folder.join("index.lock"), Instant::now());
    while lock.symlink_metadata().is_ok() {
        if start.elapsed() > PATIENCE {
            let lock = terminal::visible_line(&lock.display().to_string());
            return Err(Failure::new(
                Exit::Busy,
                format!("another git is at work in the repository: `{lock}` is there"),
            )
            .hint("wait until it is done; if none is, one was cut off: delete that file"));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn refuse_unfinished(root: &Path, git_folder: &Path) -> Result<(), Failure> {
    let Some(work) = UNFINISHED.iter().find(|(file, ..)| git_folder.join(file).exists()) else { return Ok(()) };
    let unmerged = unmerged(root).unwrap_or_default();
    if !unmerged.is_empty() && unmerged.iter().all(|path| is_of_record(path.as_str())) {
        return Err(conflicted(&[]));
    }
    Err(unfinished(work))
}

fn no_repository(root: &Path, said: &str) -> Failure {
    if said.contains("dubious ownership") {
        return Failure::new(Exit::Exists, "git does not trust the repository, because somebody else owns it")
            .hint("`git status` says how to trust it");
    }
    Failure::new(
        Exit::Exists,
        format!("`{}` is not in a git repository, so the change could not be undone", root.display()),
    )
    .hint(first_commit::hint(root, true))
}

/// Says why git could not be asked.
pub(crate) fn not_run(error: GitError) -> Failure {
    match error {
        GitError::NoGit => {
            Failure::new(Exit::Usage, "there is no `git` on this machine, and an update works through it")
                .hint("install git 2.38 or newer")
        }
        error => {
            let failed = Failure::new(Exit::Io, format!("git failed: {error}"));
            let failed = if filters::has_failed(&error) { failed.hint(filters::HINT) } else { failed };
            failed.caused_by(error)
        }
    }
}

/// Lists the first of many files.
fn some_of(paths: &[String]) -> String {
    const SHOWN: usize = 5;
    let more = if paths.len() > SHOWN { format!(" and {} more", paths.len() - SHOWN) } else { String::new() };
    format!("{}{more}", listed(paths.iter().take(SHOWN)))
}
