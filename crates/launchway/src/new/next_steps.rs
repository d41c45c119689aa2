//! The commands to run next: those of the template that suit what became of the repository, and before them the commit, if
//! it was not made.

use std::fmt::Write as _;
use std::path::Path;

use launchway_core::FIRST_COMMIT;

use super::archive::ArchiveFile;
use super::{NewProject, written};
use crate::git::{FirstCommit, Standing};
use crate::language;
use crate::terminal::{hanging, shell_word, visible_line};

/// A command, and what it does.
pub(super) struct Step {
    pub(super) command: String,
    pub(super) purpose: String,
}

/// What became of git once the project is written.
pub(super) struct GitOutcome {
    /// What became of the first commit; nothing if there was only a preview.
    pub(super) commit: Option<FirstCommit>,
    /// Where the project stands then.
    pub(super) standing: Standing,
    /// Whether it is committed then, or would be.
    pub(super) is_committed: bool,
    /// Whether the checkout leaves out files.
    pub(super) is_sparse: bool,
    /// What git has not finished there: what it is called, and the command that goes on with it.
    pub(super) unfinished: Option<(&'static str, &'static str)>,
}

/// Lists the commands, each of which runs in the folder of the project.
pub(super) fn steps(project: &NewProject, outcome: &GitOutcome) -> Vec<Step> {
    let facts = outcome.standing.facts();
    let own = project.plan.next_steps.iter().filter(|step| step.suits(facts));
    let own = own.map(|step| Step { command: step.command.clone(), purpose: step.purpose.clone() });
    finish(outcome).into_iter().chain(commit(project, outcome)).chain(own).collect()
}

/// Returns the step that finishes a work of git's, in the middle of which it makes no commit of some files.
fn finish(outcome: &GitOutcome) -> Option<Step> {
    let (what, command) = outcome.unfinished.filter(|_| !outcome.is_committed)?;
    let purpose = language::filled("finishes {what} first, which is in progress", &[("what", &language::told(what))]);
    Some(Step { command: command.to_owned(), purpose })
}

/// Returns the step that commits the project where that was not done.
fn commit(project: &NewProject, outcome: &GitOutcome) -> Option<Step> {
    if outcome.is_committed {
        return None;
    }
    let paths = if project.archive.is_some() { ".".to_owned() } else { written::words(project) };
    // What was staged before stays out of the commit.
    let only = if paths == "." { String::new() } else { format!(" -- {paths}") };
    // What a sparse checkout leaves out is added by this word alone.
    let sparse = if outcome.is_sparse { "--sparse " } else { "" };
    let commit = |only: &str| format!("git add {sparse}{paths} && git commit --message '{FIRST_COMMIT}'{only}");
    let (command, purpose) = match outcome.standing {
        Standing::Untrusted | Standing::OfGit => return None,
        Standing::Nowhere => (
            format!("git init --initial-branch=main && {}", commit(&only)),
            language::text("makes a repository of it, which `launchway update` needs"),
        ),
        Standing::NoGit => (
            format!("git init --initial-branch=main && {}", commit(&only)),
            language::text("makes a repository of it, once git is installed"),
        ),
        Standing::Inside | Standing::Top { has_commits: true, .. } => {
            (commit(&format!(" -- {paths}")), language::text("commits it in the repository that was there"))
        }
        Standing::Top { has_commits: false, .. } => {
            (commit(&only), language::text("commits it, once git accepts the commit"))
        }
    };
    Some(Step { command, purpose: purpose.to_owned() })
}

/// Renders the commands, after the one that leads to the project.
pub(super) fn text(project: &NewProject, outcome: &GitOutcome) -> String {
    let unpack = project.archive.as_ref().map(ArchiveFile::unpack);
    let enter = unpack.into_iter().chain(enter(&project.folder));
    let steps: Vec<Step> = enter.chain(steps(project, outcome)).collect();
    if steps.is_empty() {
        return String::new();
    }
    steps.iter().fold(format!("\n{}\n", language::text("Next steps")), |mut text, step| {
        let purpose = hanging(&visible_line(&step.purpose), 6);
        let _ = writeln!(text, "  {}\n      {purpose}", visible_line(&step.command));
        text
    })
}

fn enter(destination: &Path) -> Option<Step> {
    if destination == Path::new(".") {
        return None;
    }
    let folder = destination.to_string_lossy();
    let prefix = if folder.starts_with('-') { "./" } else { "" };
    let purpose = language::text("everything below runs there").to_owned();
    Some(Step { command: format!("cd {prefix}{}", shell_word(&folder)), purpose })
}
