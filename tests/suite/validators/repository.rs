//! What stands around the deployment: the workflows and the Dockerfile.

use std::process::Command;

use super::{Verdict, tools, validate};
use crate::project::{self, Project};

pub(super) fn actionlint(projects: &[Project]) -> Verdict {
    let mut command = Command::new(tools().linter("actionlint"));
    // Without the programs that it would look for on this machine.
    validate(command.args(["-no-color", "-shellcheck=", "-pyflakes="]).args(workflows(projects)))
}

pub(super) fn zizmor(projects: &[Project]) -> Verdict {
    let mut command = Command::new(tools().linter("zizmor"));
    let strictest = ["--offline", "--no-progress", "--color=never", "--persona=pedantic"];
    validate(command.args(strictest).args(workflows(projects)))
}

pub(super) fn hadolint(projects: &[Project]) -> Verdict {
    let dockerfiles = projects.iter().map(|project| project.path("Dockerfile"));
    validate(Command::new(tools().linter("hadolint")).arg("--no-color").args(dockerfiles))
}

fn workflows(projects: &[Project]) -> impl Iterator<Item = std::path::PathBuf> {
    projects.iter().flat_map(|project| project.files(".github/workflows", ".yaml"))
}

#[test]
fn actionlint_accepts_every_workflow() {
    actionlint(&project::all()).unwrap();
}

#[test]
fn zizmor_finds_no_weakness_in_any_workflow() {
    zizmor(&project::all()).unwrap();
}

#[test]
fn hadolint_accepts_every_dockerfile() {
    hadolint(&project::all()).unwrap();
}
