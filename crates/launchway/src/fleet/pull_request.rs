//! What stands in a pull request, and the mark by which it is known again.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::forge::PullRequest;
use super::plan::{FleetPlan, PlannedProject};
use super::result::{FleetResult, State};

const MARK: (&str, &str) = ("<!-- launchway-fleet/1 ", " -->");

/// The most files that are listed.
const MAX_FILES: usize = 100;

/// What a pull request of a fleet says of itself, in a comment that nobody sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Marker {
    pub(super) template: String,
    pub(super) to: String,
    pub(super) campaign: String,
    pub(super) key: String,
    /// The commit that was pushed for it.
    pub(super) commit: String,
}

impl Marker {
    pub(super) fn new(plan: &FleetPlan, key: &str, commit: &str) -> Self {
        Self {
            template: plan.template.id.clone(),
            to: plan.template.to.clone(),
            campaign: plan.campaign.clone(),
            key: key.to_owned(),
            commit: commit.to_owned(),
        }
    }

    /// Finds the mark in a pull request.
    pub(super) fn of(pull_request: &PullRequest) -> Option<Self> {
        let (_, rest) = pull_request.body.split_once(MARK.0)?;
        serde_json::from_str(rest.split_once(MARK.1)?.0).ok()
    }
}

/// Writes the title: the one of the settings with what stands for the project, the template and the version.
pub(super) fn title(template: Option<&str>, plan: &FleetPlan, project: &PlannedProject) -> String {
    let template = template.unwrap_or("Update {project} to {template} {to}");
    let named = template.replace("{template}", &plan.template.id).replace("{to}", &plan.template.to);
    named.replace("{project}", &project.project)
}

/// Writes a text that others have chosen so that it is nothing else: no markup, and no mention of anybody.
fn code(text: &str) -> String {
    let plain: String = text.chars().filter(|letter| *letter != '`' && !letter.is_control()).collect();
    format!("`{}`", plain.replace('|', "\\|"))
}

/// Writes the text of a pull request, with the mark.
pub(super) fn body(plan: &FleetPlan, project: &PlannedProject, result: &FleetResult, commit: &str) -> String {
    let (template, to) = (&plan.template.id, &plan.template.to);
    let mut text = format!(
        "This brings {} from version {} of the template `{template}` to version {to}.\n\n",
        code(&project.project),
        code(&project.from)
    );
    let is_conflict = result.state == State::Conflict;
    if is_conflict {
        text.push_str(
            "Both this project and the template have changed the same lines, so somebody has to decide. The commit here is \
             empty. Run `launchway update` in a clone of this branch, resolve the conflicts, and push to this branch.\n\n",
        );
    }
    let files: Vec<_> = result.files.iter().filter(|file| file.changes || file.status == "conflict").collect();
    text.push_str("| file | what becomes of it |\n|---|---|\n");
    for file in files.iter().take(MAX_FILES) {
        let _ = writeln!(text, "| {} | {} |", code(&file.path), file.status);
    }
    if let Some(more) = files.len().checked_sub(MAX_FILES).filter(|more| *more > 0) {
        let _ = writeln!(text, "\nThere are {more} files more.");
    }
    text.push_str(
        "\nCommits of yours on this branch stay: once there is one, launchway changes nothing here. If you close this without a \
         merge, this version is not offered again.\n\n",
    );
    let marker = Marker::new(plan, &result.key, commit);
    let marker = serde_json::to_string(&marker).expect("strings always fit into JSON");
    text + MARK.0 + &marker + MARK.1 + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_somebody_else_is_nothing_but_a_text() {
        assert_eq!(code("a`b`|@team\n<!-- x"), "`ab\\|@team<!-- x`");
    }
}
