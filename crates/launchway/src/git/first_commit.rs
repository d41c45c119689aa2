//! The first commit of a project.

use std::path::Path;

use super::process::{Git, GitError};

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

/// Makes a repository of a new project and commits all of it, unless the project stands in a repository already.
pub(crate) fn first_commit(project: &Path) -> FirstCommit {
    match git(project, &["rev-parse", "--is-inside-work-tree"]) {
        Err(GitError::NoGit) => return FirstCommit::Skipped("there is no `git` on this machine".to_owned()),
        Ok(_) => {
            return FirstCommit::Skipped("the project stands inside a repository already; commit it there".to_owned());
        }
        Err(GitError::Said(said)) if said.contains("dubious ownership") => {
            return FirstCommit::Skipped("the project stands inside a repository that git does not trust".to_owned());
        }
        Err(_) => {}
    }
    let steps: [&[&str]; 3] = [
        &["init", "--quiet", "--initial-branch=main"],
        &["add", "--all"],
        &["commit", "--quiet", "--message", "Start from the launchway template"],
    ];
    let done = steps.iter().try_for_each(|step| git(project, step).map(drop));
    match done.and_then(|()| git(project, &["rev-parse", "--short", "HEAD"])) {
        Ok(commit) => FirstCommit::Yes(commit),
        Err(error) => FirstCommit::Failed(reason(&error)),
    }
}

/// Runs git in the project. Nothing that the template wrote there runs with it, be it a hook or a file system monitor.
fn git(project: &Path, arguments: &[&str]) -> Result<String, GitError> {
    Git::of_user(project).text(arguments)
}

/// The first thing that git said, with what helps a user whom it does not know.
fn reason(error: &GitError) -> String {
    let GitError::Said(said) = error else { return error.to_string() };
    let first = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("git said nothing");
    let is_anonymous = first.contains("identity unknown");
    let help = if is_anonymous { "; set `git config --global user.name` and `user.email`" } else { "" };
    format!("{first}{help}")
}
