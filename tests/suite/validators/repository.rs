//! What stands around the deployment: the workflows and the Dockerfile; and what GitHub reads of a project and of this repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use xtask::workspace;

use super::{Verdict, check, tools, validate};
use crate::program::{launchway, run};
use crate::project::{self, Project};

pub(super) fn actionlint(projects: &[Project]) -> Verdict {
    actionlint_of(workflows(projects))
}

fn actionlint_of(workflows: impl IntoIterator<Item = PathBuf>) -> Verdict {
    let mut command = Command::new(tools().linter("actionlint"));
    // Without the programs that it would look for on this machine.
    validate(command.args(["-no-color", "-shellcheck=", "-pyflakes="]).args(workflows))
}

pub(super) fn zizmor(projects: &[Project]) -> Verdict {
    zizmor_of(workflows(projects))
}

fn zizmor_of(workflows: impl IntoIterator<Item = PathBuf>) -> Verdict {
    let mut command = Command::new(tools().linter("zizmor"));
    let strictest = ["--offline", "--no-progress", "--color=never", "--persona=pedantic"];
    validate(command.args(strictest).args(workflows))
}

pub(super) fn hadolint(projects: &[Project]) -> Verdict {
    let dockerfiles = projects.iter().map(|project| project.path("Dockerfile"));
    validate(Command::new(tools().linter("hadolint")).arg("--no-color").args(dockerfiles))
}

fn workflows(projects: &[Project]) -> impl Iterator<Item = PathBuf> {
    projects.iter().flat_map(|project| project.files(".github/workflows", ".yaml"))
}

/// Holds files of GitHub's own kinds against the schema of their kind.
fn github_schema(name: &str, files: impl IntoIterator<Item = PathBuf>, refused: Option<&Path>) -> Verdict {
    let mut command = check("schemas.py");
    command.arg(tools().github_schema(name)).args(files);
    validate(command.args(refused.map(|_| "--refused")).args(refused))
}

pub(super) fn dependabot(projects: &[Project]) -> Verdict {
    let files = projects.iter().flat_map(|project| project.files(".github", "dependabot.yml"));
    github_schema("dependabot", files, None)
}

/// A file below `.github` of this repository.
fn ours(name: &str) -> PathBuf {
    workspace::root().join(".github").join(name)
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
fn the_workflows_of_this_repository_are_held_to_the_same() {
    let workflows = || fs::read_dir(ours("workflows")).unwrap().map(|entry| entry.unwrap().path());
    actionlint_of(workflows()).unwrap();
    zizmor_of(workflows()).unwrap();
}

#[test]
fn u50_what_github_reads_of_services_in_a_larger_repository_is_held_to_the_same() {
    let folder = tempfile::tempdir().unwrap();
    run(Command::new("git").args(["init", "--quiet"]).current_dir(folder.path())).success();
    for name in ["orders", "billing"] {
        let new = ["new", name, "--no-input", "--target=both", "--repository=acme/shop", "--owner=shop"];
        run(launchway().args(new).args(["--dest", &format!("services/{name}")]).current_dir(folder.path())).success();
    }
    let github = folder.path().join(".github");
    let workflows = || fs::read_dir(github.join("workflows")).unwrap().map(|entry| entry.unwrap().path());
    assert_eq!(workflows().count(), 6);
    actionlint_of(workflows()).unwrap();
    zizmor_of(workflows()).unwrap();
    github_schema("dependabot", [github.join("dependabot.yml")], None).unwrap();
}

#[test]
fn hadolint_accepts_every_dockerfile() {
    hadolint(&project::all()).unwrap();
}

#[test]
fn every_dependabot_file_is_what_github_takes() {
    let projects = project::all();
    assert!(projects.iter().any(|project| project.path(".github/dependabot.yml").is_file()));
    dependabot(&projects).unwrap();
    github_schema("dependabot", [ours("dependabot.yml")], None).unwrap();
}

#[test]
fn the_forms_for_issues_are_what_github_takes() {
    let files = fs::read_dir(ours("ISSUE_TEMPLATE")).unwrap().map(|entry| entry.unwrap().path());
    let (settings, forms): (Vec<PathBuf>, Vec<PathBuf>) = files.partition(|path| path.ends_with("config.yml"));
    let folder = tempfile::tempdir().unwrap();
    let fault = folder.path().join("fault.yml");
    fs::write(&fault, fs::read_to_string(&forms[0]).unwrap().replace("type: textarea", "type: text")).unwrap();
    github_schema("github-issue-forms", forms, Some(&fault)).unwrap();
    github_schema("github-issue-config", settings, None).unwrap();
}
