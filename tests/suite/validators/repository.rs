//! What stands around the deployment: the workflows, the scripts and the Dockerfile; and what GitHub reads of a project and of this
//! repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use xtask::workspace;

use super::{Verdict, check, ours, tools, validate};
use crate::pairs::{PAIRS, Pair};
use crate::program::{GIT_IDENTITY, launchway, run, shell};
use crate::project::{self, Project};

/// Reads the workflows of each project in a repository of its own, below whose root the one stands that another calls.
pub(super) fn actionlint(projects: &[Project]) -> Verdict {
    let folder = tempfile::tempdir().unwrap();
    let mut copies = Vec::new();
    for (number, project) in projects.iter().enumerate() {
        let root = folder.path().join(format!("{number}-{}", project.case));
        let workflows = root.join(".github/workflows");
        for path in [&workflows, &root.join(".git")] {
            fs::create_dir_all(path).unwrap();
        }
        for file in project.files(".github/workflows", ".yaml") {
            let copy = workflows.join(file.file_name().unwrap());
            fs::copy(file, &copy).unwrap();
            copies.push(copy);
        }
    }
    actionlint_of(copies)
}

pub(super) fn actionlint_of(workflows: impl IntoIterator<Item = PathBuf>) -> Verdict {
    let mut command = Command::new(tools().linter("actionlint"));
    let shellcheck = format!("-shellcheck={}", tools().linter("shellcheck").display());
    // Without what it would look for on this machine; it takes the settings of a repository by paths from there.
    command.current_dir(workspace::root());
    validate(command.args(["-no-color", &shellcheck, "-pyflakes="]).args(workflows))
}

/// Holds every script of a project against the shell that its first line names; it sees what a script takes from another one.
pub(super) fn shellcheck(projects: &[Project]) -> Verdict {
    let scripts = projects.iter().flat_map(|project| project.files("deploy", ".sh"));
    shellcheck_of(&[], scripts)
}

pub(super) fn shellcheck_of(words: &[&str], scripts: impl IntoIterator<Item = PathBuf>) -> Verdict {
    let mut command = Command::new(tools().linter("shellcheck"));
    // SC2329: cluster.sh calls functions of the script that takes it in, by names that it does not see there.
    let strictest = ["--norc", "--external-sources", "--source-path=SCRIPTDIR", "--exclude=SC2329", "--format=gcc"];
    validate(command.args(strictest).args(words).args(scripts))
}

pub(super) fn zizmor(projects: &[Project]) -> Verdict {
    zizmor_of(workflows(projects))
}

pub(super) fn zizmor_of(workflows: impl IntoIterator<Item = PathBuf>) -> Verdict {
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
fn github_file(name: &str) -> PathBuf {
    workspace::root().join(".github").join(name)
}

/// Runs what CI runs on the deployment files of a project; with a fault, CI must refuse that.
fn deployment_steps(project: &Project, fault: Option<[&str; 3]>) -> Verdict {
    let mut command = check("ci_steps.py");
    let linters = tools().linter("python");
    command.arg(&project.folder).arg("--linters").arg(linters.parent().unwrap());
    command.arg("--requirements").arg(ours("requirements-linters.txt")).arg("--helm").arg(tools().helm());
    command.arg("--terraform").arg(tools().terraform());
    validate(command.args(fault.map(|_| "--plant")).args(fault.into_iter().flatten()))
}

#[test]
fn what_ci_runs_on_the_deployment_files_accepts_every_project() {
    let projects: Vec<Project> =
        project::all().into_iter().filter(|project| project.path(".github").is_dir()).collect();
    assert!(projects.len() > 20);
    for project in projects {
        deployment_steps(&project, None).unwrap();
    }
}

#[test]
fn what_ci_runs_on_the_deployment_files_refuses_a_fault_in_them() {
    for (case, fault) in [
        ("ecs-default", ["deploy/ecs/service.yaml", "HealthCheckGracePeriodSeconds:", "HealthCheckGracePeriodSecond:"]),
        ("ecs-code-deploy-canary", ["deploy/ecs/infra.yaml", "AWS::CodeDeploy::Application", "AWS::CodeDeploy::App"]),
        (
            "kubernetes-default",
            ["deploy/kubernetes/base/workload/deployment.yaml", "minReadySeconds:", "minReadySecond:"],
        ),
        ("kubernetes-helm-ingress", ["deploy/kubernetes/chart/templates/deployment.yaml", "strategy:", "strategies:"]),
        ("ecs-terraform", ["deploy/ecs/terraform/service/network.tf", "  idle_timeout = 60", "  idle_timeout  = 60"]),
    ] {
        deployment_steps(&project::named(case), Some(fault)).unwrap();
    }
}

#[test]
fn actionlint_accepts_every_workflow() {
    actionlint(&project::all()).unwrap();
}

#[test]
fn shellcheck_accepts_every_script() {
    shellcheck(&project::all()).unwrap();
}

#[test]
fn shellcheck_accepts_every_command_of_a_changed_answer() {
    let folder = tempfile::tempdir().unwrap();
    let commands: BTreeSet<String> = PAIRS
        .iter()
        .flat_map(Pair::transitions)
        .flat_map(|it| it.before.iter().chain(&it.after))
        .map(|step| step.command.clone())
        .collect();
    let write = |(number, command): (usize, &String)| {
        let path = folder.path().join(format!("{number}.sh"));
        fs::write(&path, format!("{command}\n")).unwrap();
        path
    };
    // A list of regions may have one; and a query of the AWS CLI has marks that are none of the shell's.
    shellcheck_of(&["--shell=sh", "--exclude=SC2043,SC2016"], commands.iter().enumerate().map(write)).unwrap();
}

#[test]
fn zizmor_finds_no_weakness_in_any_workflow() {
    zizmor(&project::all()).unwrap();
}

#[test]
fn the_workflows_of_this_repository_are_held_to_the_same() {
    let workflows = || fs::read_dir(github_file("workflows")).unwrap().map(|entry| entry.unwrap().path());
    actionlint_of(workflows()).unwrap();
    zizmor_of(workflows()).unwrap();
    let scripts = fs::read_dir(workspace::root().join(".ci")).unwrap().map(|entry| entry.unwrap().path());
    shellcheck_of(&[], scripts).unwrap();
}

#[test]
fn pre_commit_runs_the_hook_that_the_page_of_ci_shows() {
    let folder = tempfile::tempdir().unwrap();
    let pre_commit = tools().pre_commit();
    let sh = |place: &str, line: &str| {
        let mut shell = shell(line);
        shell.envs(GIT_IDENTITY).env("PRE_COMMIT_HOME", folder.path().join("cache"));
        run(shell.current_dir(folder.path().join(place)))
    };
    fs::create_dir(folder.path().join("hooks")).unwrap();
    fs::copy(workspace::root().join(".pre-commit-hooks.yaml"), folder.path().join("hooks/.pre-commit-hooks.yaml"))
        .unwrap();
    let release = format!("git tag v{}", env!("CARGO_PKG_VERSION"));
    sh("hooks", &format!("git init -q && git add --all && git commit -qm Hook && {release}")).success();
    sh("", "launchway new orders --target=ecs --no-input").success();

    let shown = shown("ci.md", folder.path());
    let settings = shown.iter().find(|path| path.ends_with(".pre-commit-config.yaml")).unwrap();
    let hooks = format!("file://{}", folder.path().join("hooks").display());
    let text = fs::read_to_string(settings).unwrap().replace("https://github.com/launchway/launchway", &hooks);
    fs::write(folder.path().join("orders/.pre-commit-config.yaml"), text).unwrap();
    sh("orders", &format!("{} install", pre_commit.display())).success();
    let commit = "git add --all && git commit -m 'A change'";
    sh("orders", commit).success();

    let dockerfile = folder.path().join("orders/Dockerfile");
    let text = fs::read_to_string(&dockerfile).unwrap();
    fs::write(&dockerfile, text.replace("EXPOSE 8080", "EXPOSE 8081")).unwrap();
    let refused = sh("orders", commit);
    let said = refused.stdout + &refused.stderr;
    assert_eq!(refused.code, Some(1), "{said}");
    assert!(said.contains("launchway check") && said.contains("Dockerfile:"), "{said}");
    assert_eq!(sh("orders", "git log --format=%s -1").success(), "A change\n");
    assert_eq!(sh("orders", "git rev-list --count HEAD").success(), "2\n");
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
    github_schema("dependabot", [github_file("dependabot.yml")], None).unwrap();
}

#[test]
fn the_forms_for_issues_are_what_github_takes() {
    let files = fs::read_dir(github_file("ISSUE_TEMPLATE")).unwrap().map(|entry| entry.unwrap().path());
    let (settings, forms): (Vec<PathBuf>, Vec<PathBuf>) = files.partition(|path| path.ends_with("config.yml"));
    let folder = tempfile::tempdir().unwrap();
    let fault = folder.path().join("fault.yml");
    fs::write(&fault, fs::read_to_string(&forms[0]).unwrap().replace("type: textarea", "type: text")).unwrap();
    github_schema("github-issue-forms", forms, Some(&fault)).unwrap();
    github_schema("github-issue-config", settings, None).unwrap();
}

/// The files that a page of the docs shows, each after a line with its name, in a folder.
fn shown(page: &str, folder: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(workspace::root().join("docs").join(page)).unwrap();
    let pieces: Vec<&str> = text.split("`:\n\n```yaml\n").collect();
    let mut files = Vec::new();
    for pair in pieces.windows(2) {
        let path = folder.join(pair[0].rsplit('`').next().unwrap());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, pair[1].split("```").next().unwrap()).unwrap();
        files.push(path);
    }
    files
}

#[test]
fn what_the_page_of_ci_shows_is_held_to_the_same() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    let files = shown("ci.md", folder.path());
    let of = |part: &str| files.iter().filter(|it| it.to_string_lossy().contains(part)).cloned().collect::<Vec<_>>();
    let workflows = of("/workflows/");
    assert_eq!((workflows.len(), files.len()), (2, 4), "{files:?}");
    actionlint_of(workflows.clone()).unwrap();
    // The page says that actions are to be pinned by the commits of their releases, of which ours has none yet.
    let settings = folder.path().join("zizmor.yml");
    fs::write(&settings, "rules: {unpinned-uses: {config: {policies: {'*': ref-pin}}}}\n").unwrap();
    let mut zizmor = Command::new(tools().linter("zizmor"));
    zizmor.args(["--offline", "--no-progress", "--color=never", "--config"]).arg(&settings);
    validate(zizmor.args(&workflows)).unwrap();

    let fault = folder.path().join("fault.yml");
    let gitlab = of(".gitlab-ci.yml");
    fs::write(&fault, fs::read_to_string(&gitlab[0]).unwrap().replace("script:", "scripts:")).unwrap();
    github_schema("gitlab-ci", gitlab, Some(&fault)).unwrap();
}

#[test]
fn the_action_is_what_github_takes_and_its_scripts_are_held_to_the_same() {
    let root = workspace::root();
    let action = root.join("action.yml");
    let folder = tempfile::tempdir().unwrap();
    let fault = folder.path().join("action.yml");
    fs::write(&fault, fs::read_to_string(&action).unwrap().replace("using: composite", "using: compose")).unwrap();
    github_schema("github-actions", [action.clone()], Some(&fault)).unwrap();
    zizmor_of([action]).unwrap();
    let scripts = fs::read_dir(root.join("action")).unwrap().map(|entry| entry.unwrap().path());
    shellcheck_of(&[], scripts).unwrap();
}
