//! The commands to run next: those of the template that suit what became of the repository, and before them the commit, if
//! it was not made.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use super::NewProject;
use crate::git::{FirstCommit, MESSAGE, Standing};
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
}

/// Lists the commands, each of which runs in the folder of the project.
pub(super) fn steps(project: &NewProject, outcome: &GitOutcome) -> Vec<Step> {
    let facts = outcome.standing.facts();
    let own = project.plan.next_steps.iter().filter(|step| step.suits(facts));
    let own = own.map(|step| Step { command: step.command.clone(), purpose: step.purpose.clone() });
    commit(project, outcome).into_iter().chain(own).collect()
}

/// Returns the step that commits the project where that was not done.
fn commit(project: &NewProject, outcome: &GitOutcome) -> Option<Step> {
    if outcome.is_committed {
        return None;
    }
    let paths = paths(project);
    let add = format!("git add {paths} && git commit --message '{MESSAGE}'");
    let (command, purpose) = match outcome.standing {
        Standing::Untrusted => return None,
        Standing::Nowhere => (
            format!("git init --initial-branch=main && {add}"),
            language::text("makes a repository of it, which `launchway update` needs"),
        ),
        Standing::NoGit => (
            format!("git init --initial-branch=main && {add}"),
            language::text("makes a repository of it, once git is installed"),
        ),
        Standing::Inside | Standing::Top { has_commits: true, .. } => {
            (format!("{add} -- {paths}"), language::text("commits it in the repository that was there"))
        }
        Standing::Top { has_commits: false, .. } => (add, language::text("commits it, once git accepts the commit")),
    };
    Some(Step { command, purpose: purpose.to_owned() })
}

/// Names the folder of the project, and what stands beside it at the root of the repository that it is a folder of.
fn paths(project: &NewProject) -> String {
    let Some(addition) = &project.addition else { return ".".to_owned() };
    let edits = addition.edits();
    let is_outside = |path: &&str| !path.starts_with(&format!("{}/", project.plan.folder));
    let outside = edits.iter().map(|edit| edit.path.as_str()).filter(is_outside);
    let tops: BTreeSet<&str> = outside.map(|path| path.split('/').next().unwrap_or(path)).collect();
    tops.into_iter().fold(".".to_owned(), |paths, top| format!("{paths} {}", shell_word(&format!(":/{top}"))))
}

/// Renders the commands, after the one that leads to the project.
pub(super) fn text(project: &NewProject, outcome: &GitOutcome) -> String {
    let enter = enter(&project.folder);
    let steps: Vec<Step> = enter.into_iter().chain(steps(project, outcome)).collect();
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
