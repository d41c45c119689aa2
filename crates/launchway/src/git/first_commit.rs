//! The first commit of a project.

use std::path::Path;

use launchway_core::{FIRST_COMMIT, SafePath};

use super::path_list::path_list;
use super::process::{Git, GitError};
use super::standing::Standing;
use crate::language;

/// What became of the first commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FirstCommit {
    /// The short name of the commit.
    Yes(String),
    /// Why there was nothing to do.
    Skipped(String),
    /// What git said.
    Failed(String),
}

/// Says why nothing is committed where a project stands, if nothing is.
pub(crate) fn reason_to_skip(standing: Standing) -> Option<&'static str> {
    match standing {
        Standing::NoGit => Some(language::text("there is no `git` on this machine")),
        Standing::Inside => Some(language::text("the project stands inside a repository already; commit it there")),
        Standing::Untrusted => Some(language::text("the project stands inside a repository that git does not trust")),
        Standing::Top { has_commits: true, .. } => {
            Some(language::text("the repository has commits already; look at the project and commit it there"))
        }
        Standing::OfGit | Standing::Nowhere | Standing::Top { has_commits: false, .. } => None,
    }
}

/// Commits the files of a new project, in a repository that is made for it unless there is one without a commit; `files` are
/// asked for once the repository is there.
pub(crate) fn first_commit(
    project: &Path,
    standing: Standing,
    files: impl FnOnce(&Path) -> Vec<SafePath>,
) -> FirstCommit {
    if let Some(reason) = reason_to_skip(standing) {
        return FirstCommit::Skipped(reason.to_owned());
    }
    let git = Git::of_user(project);
    let done = if standing == Standing::Nowhere {
        git.text(&["init", "--quiet", "--initial-branch=main"]).map(drop)
    } else {
        Ok(())
    };
    match done.and_then(|()| commit(&git, &files(project))) {
        Ok(commit) => FirstCommit::Yes(commit),
        Err(error) => FirstCommit::Failed(reason(&error)),
    }
}

/// Commits files, and nothing else that stands beside them. Nothing that the template wrote there runs with it, be it a hook
/// or a file system monitor.
fn commit(git: &Git, files: &[SafePath]) -> Result<String, GitError> {
    let list = path_list(files.iter().map(|path| format!(":(top,literal){path}")));
    let listed = ["--pathspec-from-file=-", "--pathspec-file-nul"];
    git.bytes(&[&["add"], &listed[..]].concat(), &list)?;
    git.bytes(&[&["commit", "--quiet", "--message", FIRST_COMMIT], &listed[..]].concat(), &list)?;
    git.text(&["rev-parse", "--short", "HEAD"])
}

/// The first thing that git said, with what helps a user whom it does not know.
fn reason(error: &GitError) -> String {
    let GitError::Said(said) = error else { return error.to_string() };
    let first = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("git said nothing");
    let is_anonymous = first.contains("identity unknown");
    let help = if is_anonymous { "; set `git config --global user.name` and `user.email`" } else { "" };
    format!("{first}{help}")
}
