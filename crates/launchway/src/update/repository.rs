//! The repository that a project stands in: whether it is in a state to be updated, and what is in it.

use std::path::{Path, PathBuf};

use launchway_core::quote::quote_shell;
use launchway_core::{Blob, SafePath, Side};

use crate::failure::{Exit, Failure};
use crate::git::{Git, GitError};

/// The most files, and the largest, among which a moved one is looked for.
const MAX_OTHERS: usize = 5000;
const MAX_OTHER_BYTES: u64 = 1 << 20;

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
}

impl Repository {
    /// Opens the repository, and makes sure that it is in a state to be updated.
    pub(crate) fn open(root: &Path, allow_dirty: bool) -> Result<Self, Failure> {
        let git = Git::of_user(root);
        let said = git.output(&["rev-parse", "--show-prefix", "--absolute-git-dir", "--verify", "HEAD"], &[]);
        let said = said.map_err(|error| not_run(&error))?;
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        let mut lines = text.lines();
        let (Some(prefix), Some(git_folder)) = (lines.next(), lines.next()) else {
            return Err(no_repository(root, &said.said));
        };
        refuse_unfinished(Path::new(git_folder))?;
        let Some(head) = lines.next().filter(|_| said.code == Some(0)) else {
            return Err(Failure::new(Exit::Exists, "nothing is committed yet, so the way back would be lost")
                .hint("commit the project first: `git add --all && git commit`"));
        };
        let (root, prefix, head) = (root.to_owned(), prefix.to_owned(), head.to_owned());
        let is_dirty = is_dirty(&root, allow_dirty)?;
        Ok(Self { root, prefix, head, is_dirty })
    }

    /// Reads the user's own files, among which one that was moved may be.
    pub(crate) fn others(&self, known: impl Fn(&SafePath) -> bool) -> Side {
        let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "."];
        let output = Git::of_user(&self.root).bytes(&list, &[]).unwrap_or_default();
        let text = String::from_utf8_lossy(&output);
        let paths = text.split('\0').filter_map(|path| SafePath::new(path).ok());
        let is_other = |path: &SafePath| !known(path) && !path.as_str().starts_with(".launchway/");
        let read = |path: SafePath| Some((path.clone(), self.read(&path)?));
        paths.filter(is_other).take(MAX_OTHERS).filter_map(read).collect()
    }

    fn read(&self, path: &SafePath) -> Option<Blob> {
        let metadata = self.root.join(path.as_str()).symlink_metadata().ok()?;
        if metadata.len() > MAX_OTHER_BYTES {
            return None;
        }
        Blob::read(&self.root, path)
    }

    /// Tells whether the disk knows which files can be run.
    pub(crate) fn knows_modes(&self) -> bool {
        let arguments = ["config", "--type=bool", "--default=true", "--get", "core.fileMode"];
        Git::of_user(&self.root).text(&arguments).map_or(true, |said| said != "false")
    }

    /// Finds files that are not there only because the checkout leaves them out.
    pub(crate) fn refuse_sparse(&self, missing: &[&SafePath]) -> Result<(), Failure> {
        let list: Vec<&str> =
            ["ls-files", "-z", "-t", "--"].into_iter().chain(missing.iter().map(|path| path.as_str())).collect();
        let output = Git::of_user(&self.root).bytes(&list, &[]).map_err(|error| not_run(&error))?;
        let text = String::from_utf8_lossy(&output);
        match text.split('\0').find_map(|entry| entry.strip_prefix("S ")) {
            None => Ok(()),
            Some(path) => {
                let message = format!("the sparse checkout leaves out `{path}`, which the template has written");
                Err(Failure::new(Exit::Exists, message).hint("check out all of the project: `git sparse-checkout add`"))
            }
        }
    }
}

/// Tells whether there are changes that are not committed, and refuses them unless they are allowed.
fn is_dirty(root: &Path, allow_dirty: bool) -> Result<bool, Failure> {
    let arguments = ["status", "--porcelain=v2", "-z", "--untracked-files=no", "--no-renames", "--", "."];
    let output = Git::of_user(root).bytes(&arguments, &[]).map_err(|error| not_run(&error))?;
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
    Ok(!changed.is_empty())
}

fn refuse_unfinished(git_folder: &Path) -> Result<(), Failure> {
    match UNFINISHED.iter().find(|(file, ..)| git_folder.join(file).exists()) {
        None => Ok(()),
        Some((_, what, command)) => {
            Err(Failure::new(Exit::Exists, format!("{what} is in progress"))
                .hint(format!("finish it first: `{command}`")))
        }
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
pub(crate) fn not_run(error: &GitError) -> Failure {
    match error {
        GitError::NoGit => {
            Failure::new(Exit::Usage, "there is no `git` on this machine, and an update works through it")
                .hint("install git 2.38 or newer")
        }
        error => Failure::new(Exit::Io, format!("git failed: {error}")),
    }
}

fn listed(paths: &[&str]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = paths.iter().take(SHOWN).map(|path| format!("`{path}`")).collect();
    let more = if paths.len() > SHOWN { format!(" and {} more", paths.len() - SHOWN) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
