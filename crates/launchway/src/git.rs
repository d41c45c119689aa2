//! The only file that starts processes: git, for the first commit of a project.

#![expect(clippy::disallowed_methods, reason = "this is the file that starts processes")]

use std::path::Path;
use std::process::{Command, Stdio};

/// What became of the first commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Committed {
    /// The short name of the commit.
    Yes(String),
    /// Why there was nothing to do.
    Skipped(String),
    /// What git said.
    Failed(String),
}

/// Makes a repository of a new project and commits all of it, unless the project stands in a repository already.
pub(crate) fn first_commit(project: &Path) -> Committed {
    match git(project, &["rev-parse", "--is-inside-work-tree"]) {
        Err(Error::NoGit) => return Committed::Skipped("there is no `git` on this machine".to_owned()),
        Ok(_) => {
            return Committed::Skipped("the project stands inside a repository already; commit it there".to_owned());
        }
        Err(Error::Said(said)) if said.contains("dubious ownership") => {
            return Committed::Skipped("the project stands inside a repository that git does not trust".to_owned());
        }
        Err(Error::Said(_)) => {}
    }
    let steps: [&[&str]; 3] = [
        &["init", "--quiet", "--initial-branch=main"],
        &["add", "--all"],
        &["commit", "--quiet", "--message", "Start from the launchway template"],
    ];
    let done = steps.iter().try_for_each(|step| git(project, step).map(drop));
    match done.and_then(|()| git(project, &["rev-parse", "--short", "HEAD"])) {
        Ok(commit) => Committed::Yes(commit),
        Err(Error::Said(message)) => Committed::Failed(message),
        Err(Error::NoGit) => Committed::Failed("`git` is gone".to_owned()),
    }
}

enum Error {
    NoGit,
    Said(String),
}

/// What would point git at another repository than the project's own.
const ELSEWHERE: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
];

/// Runs git in the project. Nothing that the template wrote there runs with it, be it a hook or a file system monitor.
fn git(project: &Path, arguments: &[&str]) -> Result<String, Error> {
    let mut command = Command::new("git");
    for variable in ELSEWHERE {
        command.env_remove(variable);
    }
    let output = command
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_MESSAGES", "C")
        .args(["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "safe.bareRepository=explicit"])
        .arg("-C")
        .arg(project)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|_| Error::NoGit)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("git said nothing");
    let is_anonymous = first.contains("identity unknown");
    let help = if is_anonymous { "; set `git config --global user.name` and `user.email`" } else { "" };
    Err(Error::Said(format!("{first}{help}")))
}
