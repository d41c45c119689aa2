//! The commit of a result on its way to the branch of a repository. The branch is exchanged only if it still ends where it
//! was looked at, so that a commit of somebody else's is never lost.

use std::path::Path;

use launchway_core::GitSpec;

use super::forge::{Forge, HostedRepository};
use super::plan::{FleetPlan, PlannedProject};
use super::result::{FleetResult, file_of};
use crate::failure::Failure;
use crate::git::{GitError, Remote};

/// Who makes the empty commit of a conflict.
const AUTHOR: &str = "launchway";

/// A commit that is ready to be pushed.
pub(super) struct Outgoing {
    remote: Remote,
    pub(super) commit: String,
}

/// Why a commit is not on its branch.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PushError {
    /// Nobody knows whether it is there.
    Unanswered(String),
    /// The branch ends somewhere else by now.
    Moved,
    /// It will not be taken later either.
    Refused { class: &'static str, message: String },
}

/// Brings the objects together that are pushed: those of the result, or an empty commit where people have to decide.
pub(super) fn prepare(
    forge: &dyn Forge,
    hosted: &HostedRepository,
    plan: &FleetPlan,
    project: &PlannedProject,
    (results, result): (&Path, &FleetResult),
) -> Result<Outgoing, PushError> {
    let remote = Remote::fleeting(&way(forge, hosted, project)).map_err(|error| judged(&error))?;
    remote.fetch_commit(&project.head).map_err(|error| judged(&error))?;
    let of_bundle = |error: Failure| PushError::Refused { class: "bundle", message: error.message() };
    let commit = match &result.commit {
        Some(commit) => {
            remote
                .unbundle(&std::path::absolute(file_of(results, &result.key, "bundle")).unwrap_or_default())
                .map_err(of_bundle)?;
            commit.clone()
        }
        None => remote.empty_commit(&project.head, AUTHOR, &message(plan, project)).map_err(of_bundle)?,
    };
    Ok(Outgoing { remote, commit })
}

impl Outgoing {
    /// Pushes it to a branch that ends with `last`, or is not there.
    pub(super) fn push(&self, branch: &str, last: Option<&str>) -> Result<(), PushError> {
        self.remote.push(&self.commit, branch, last).map_err(|error| match &error {
            GitError::Said(said) => judge(said, &error.to_string()),
            error => PushError::Unanswered(error.to_string()),
        })
    }
}

/// Returns where to push to: the repository of the plan, by the name that it has now if the forge lets the token in.
fn way(forge: &dyn Forge, hosted: &HostedRepository, project: &PlannedProject) -> GitSpec {
    let by_token = forge.credentials(&project.url).and_then(|_| forge.credentials(&hosted.clone_url));
    let url = if by_token.is_some() { &hosted.clone_url } else { &project.url };
    GitSpec { url: url.clone(), credentials: by_token, subfolder: None, reference: None }
}

fn message(plan: &FleetPlan, project: &PlannedProject) -> String {
    let to = &plan.template;
    format!(
        "Decide how {} comes to {} {}\n\nIt is at {}, and both sides have changed the same lines.\n\nLaunchway-Campaign: {}\n",
        project.project, to.id, to.to, project.from, plan.campaign
    )
}

fn judged(error: &Failure) -> PushError {
    let message = error.message();
    judge(&message, &message)
}

/// What git, or the server through it, says, and what that means.
const REFUSALS: [(&str, &str); 9] = [
    ("without `workflow` scope", "workflow-scope"),
    ("protected branch", "protected"),
    ("GH006", "protected"),
    ("Repository rule violations", "protected"),
    ("pre-receive hook declined", "hook"),
    ("not our ref", "head-gone"),
    ("Permission to ", "no-permission"),
    ("Authentication failed", "no-permission"),
    ("The requested URL returned error: 403", "no-permission"),
];

const MOVED: [&str; 4] = ["stale info", "fetch first", "non-fast-forward", "cannot lock ref"];

/// What may be otherwise the next time.
const FLEETING: [&str; 11] = [
    "returned error: 5",
    "returned error: 429",
    "HTTP 5",
    "hung up",
    "early EOF",
    "timed out",
    "was stopped after",
    "Could not resolve host",
    "Connection re",
    "Failed to connect",
    "Empty reply from server",
];

fn judge(said: &str, message: &str) -> PushError {
    if let Some((_, class)) = REFUSALS.iter().find(|(words, _)| said.contains(words)) {
        return PushError::Refused { class, message: why(said).unwrap_or_else(|| message.to_owned()) };
    }
    if MOVED.iter().any(|words| said.contains(words)) {
        return PushError::Moved;
    }
    if FLEETING.iter().any(|words| said.contains(words)) {
        return PushError::Unanswered(message.to_owned());
    }
    PushError::Refused { class: "push", message: why(said).unwrap_or_else(|| message.to_owned()) }
}

/// Finds the reason for which the server has refused a branch.
fn why(said: &str) -> Option<String> {
    let line = said.lines().find(|line| line.contains("[remote rejected]"))?;
    let reason = line.split_once(" (")?.1.trim_end().trim_end_matches(')');
    let server = said.lines().filter_map(|line| line.strip_prefix("remote:")).map(str::trim);
    let server = server.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    Some(if server.is_empty() || server.contains(reason) { reason.to_owned() } else { format!("{reason}; {server}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_about_a_push_is_told_apart() {
        let rejected = |reason: &str| {
            format!(
                "To https://h/a/b\n ! [remote rejected] 1 -> launchway/x ({reason})\nerror: failed to push some refs to 'https://h/a/b'\n"
            )
        };
        let scope = "refusing to allow a Personal Access Token to create or update workflow `.github/workflows/ci.yml` without `workflow` scope";
        for (said, class, message) in [
            (rejected(scope), "workflow-scope", scope),
            (
                format!(
                    "remote: error: GH006: Protected branch update failed.\n{}",
                    rejected("protected branch hook declined")
                ),
                "protected",
                "protected branch hook declined; error: GH006: Protected branch update failed.",
            ),
            (rejected("pre-receive hook declined"), "hook", "pre-receive hook declined"),
            ("remote: Permission to a/b.git denied to bot.\nfatal: x".to_owned(), "no-permission", "shown"),
            ("fatal: remote error: upload-pack: not our ref 1".to_owned(), "head-gone", "shown"),
            ("fatal: what is this".to_owned(), "push", "shown"),
        ] {
            let expected = PushError::Refused { class, message: message.to_owned() };
            assert_eq!(judge(&said, "shown"), expected, "{said}");
        }
        assert_eq!(judge(" ! [rejected] 1 -> x (stale info)", "m"), PushError::Moved);
        for said in ["error: RPC failed; HTTP 502", "fatal: the remote end hung up unexpectedly"] {
            assert_eq!(judge(said, "m"), PushError::Unanswered("m".to_owned()), "{said}");
        }
    }
}
