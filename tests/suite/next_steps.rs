//! The next steps after `new`: they follow from what became of git, and each of them can be run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use toml::Table;
use xtask::workspace;

use crate::program::{GIT_IDENTITY, Ran, launchway, run, shell};
use crate::project::Project;
use crate::service::{Service, get};
use crate::source::Source;

const NEW: [&str; 3] = ["orders", "--target=kubernetes", "--no-input"];

/// What stands where a project is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing.
    Empty,
    /// A repository with a commit, as a checkout has.
    Checkout,
    /// The clone of a repository without a commit; the project becomes its content.
    EmptyClone,
    /// A repository with a commit and a remote; the project becomes part of it.
    Clone,
}

fn git(folder: &Path, words: &[&str]) -> String {
    let mut git = workspace::hermetic(Path::new("git")).unwrap();
    run(git.args(words).envs(GIT_IDENTITY).current_dir(folder)).success()
}

impl Place {
    fn make(self) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        if self != Self::Empty {
            git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
        }
        if matches!(self, Self::Checkout | Self::Clone) {
            fs::write(folder.path().join("LICENSE"), "free\n").unwrap();
            git(folder.path(), &["add", "--all"]);
            git(folder.path(), &["commit", "--quiet", "--message", "Start"]);
        }
        if matches!(self, Self::EmptyClone | Self::Clone) {
            git(folder.path(), &["remote", "add", "origin", "https://github.com/acme/orders.git"]);
        }
        folder
    }

    fn words(self) -> &'static [&'static str] {
        if matches!(self, Self::EmptyClone | Self::Clone) { &["--dest", "."] } else { &[] }
    }
}

/// Lists the commands below *Next steps*.
pub(crate) fn steps(said: &str) -> Vec<String> {
    let (_, below) = said.split_once("\nNext steps\n").unwrap_or_else(|| panic!("no next steps:\n{said}"));
    let is_command = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    below.lines().take_while(|line| line.starts_with("  ")).filter(is_command).map(|it| it.trim().to_owned()).collect()
}

/// Runs a step as far as that is possible here; returns where the next one runs.
fn take(step: &str, here: PathBuf) -> PathBuf {
    let words: Vec<&str> = step.split(' ').collect();
    match words[0] {
        "cd" => return here.join(words[1]),
        "git" if step.starts_with("git push") => {
            assert!(!git(&here, &["remote", "get-url", "origin"]).is_empty(), "{step}");
        }
        "git" => drop(run(shell(step).envs(GIT_IDENTITY).current_dir(&here)).success()),
        // It makes a remote of the repository that it stands at the top of.
        "gh" => {
            assert_eq!(git(&here, &["rev-parse", "--show-prefix"]).trim(), "", "{step}");
            assert_eq!(git(&here, &["remote"]), "", "{step}");
            git(&here, &["rev-parse", "--verify", "--quiet", "HEAD"]);
        }
        // No cluster is here.
        "sh" => drop(run(Command::new("sh").args(["-n", words[1]]).current_dir(&here)).success()),
        "less" => assert!(here.join(words[1]).is_file(), "{step}"),
        "cargo" => {}
        _ => panic!("nobody knows how to run `{step}`"),
    }
    here
}

fn answers() -> Table {
    Table::from_iter([("service".into(), "orders".into()), ("target".into(), "kubernetes".into())])
}

/// Runs the steps that are Cargo's on the code of the project.
fn take_cargos(steps: &[String], project: &Path) {
    let source = Source::of(&Project::at(project.to_owned(), answers()));
    for step in steps.iter().filter_map(|step| step.strip_prefix("cargo ")) {
        if step == "run" {
            let service = Service::start(&source.build("orders"), &[]);
            assert_eq!(get(service.admin, "/livez").unwrap().status, 200);
        } else {
            source.cargo(&step.split(' ').collect::<Vec<_>>());
        }
    }
}

/// The first command of the README, as it is run in a checkout, without the build of the program.
fn first_command() -> Vec<String> {
    let readme = fs::read_to_string(workspace::root().join("README.md")).unwrap();
    let line = readme.lines().find_map(|line| line.strip_prefix("    cargo run --release -- ")).unwrap();
    line.split(' ').map(str::to_owned).collect()
}

#[test]
fn after_the_first_command_of_the_readme_in_a_checkout_every_next_step_can_be_run() {
    let checkout = Place::Checkout.make();
    let home = tempfile::tempdir().unwrap();
    let mut command = launchway();
    command.args(first_command()).args(NEW).current_dir(checkout.path()).env("HOME", home.path());
    let ran = run(&mut command);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let steps = steps(&ran.stderr);
    assert!(!steps.iter().any(|step| step.starts_with("gh repo create")), "{steps:?}");
    let there = steps.iter().fold(checkout.path().to_owned(), |here, step| take(step, here));
    take_cargos(&steps, &there);
    assert_eq!(git(checkout.path(), &["status", "--porcelain"]), "", "all of it is committed");
}

/// Makes a project in a place, and returns what was said.
fn new(place: Place, folder: &Path, words: &[&str], change: impl Fn(&mut Command)) -> Ran {
    let mut command = launchway();
    command.arg("new").args(NEW).args(place.words()).args(words).current_dir(folder);
    change(&mut command);
    run(&mut command)
}

/// What the case is, where it is run with which words and what else, and what the report says of git.
type Case<'a> = (&'a str, Place, &'a [&'a str], &'a dyn Fn(&mut Command), &'a str);

#[test]
fn whatever_became_of_git_every_next_step_can_be_run_and_the_project_is_committed_in_the_end() {
    let with_identity = |command: &mut Command| {
        command.envs(GIT_IDENTITY);
    };
    let without_git = |command: &mut Command| {
        command.env("PATH", "/nowhere");
    };
    let without_identity = |command: &mut Command| {
        command.env("GIT_AUTHOR_NAME", "").env("GIT_COMMITTER_NAME", "");
    };
    let cases: [Case<'_>; 8] = [
        ("made and committed", Place::Empty, &[], &with_identity, "committed"),
        ("--no-git", Place::Empty, &["--no-git"], &with_identity, "skipped"),
        ("no git", Place::Empty, &[], &without_git, "skipped"),
        ("the commit failed", Place::Empty, &[], &without_identity, "failed"),
        ("inside another repository", Place::Checkout, &[], &with_identity, "skipped"),
        ("inside another repository, --no-git", Place::Checkout, &["--no-git"], &with_identity, "skipped"),
        ("in an empty clone", Place::EmptyClone, &[], &with_identity, "committed"),
        ("in a clone that has commits", Place::Clone, &[], &with_identity, "skipped"),
    ];
    for (name, place, words, change, outcome) in cases {
        let folder = place.make();
        let ran = new(place, folder.path(), words, change);
        assert_eq!(ran.code, Some(0), "{name}: {}", ran.stderr);
        let steps = steps(&ran.stderr);
        let has_remote = matches!(place, Place::EmptyClone | Place::Clone);
        let makes_remote = steps.iter().any(|step| step.starts_with("gh repo create"));
        assert_eq!(makes_remote, !has_remote && place != Place::Checkout, "{name}: {steps:?}");
        assert_eq!(steps.iter().any(|step| step.starts_with("git push")), has_remote, "{name}: {steps:?}");
        steps.iter().fold(folder.path().to_owned(), |here, step| take(step, here));
        let project = if has_remote { folder.path().to_owned() } else { folder.path().join("orders") };
        assert_eq!(git(&project, &["status", "--porcelain", "--", "."]), "", "{name}: all of it is committed");
        // The JSON says the same.
        let other = place.make();
        let ran = new(place, other.path(), &[words, &["--output=json"]].concat(), change);
        let json: serde_json::Value = serde_json::from_str(&ran.success()).unwrap();
        assert_eq!(json["git"], outcome, "{name}");
        let commands = json["next_steps"].as_array().unwrap().iter().map(|step| step["command"].as_str().unwrap());
        let there: Vec<&String> = steps.iter().filter(|step| !step.starts_with("cd ")).collect();
        assert!(commands.eq(there), "{name}: {json:#}");
    }
}

#[test]
fn a_preview_names_the_steps_of_the_run_that_it_is_the_preview_of() {
    for place in [Place::Empty, Place::Checkout, Place::EmptyClone, Place::Clone] {
        let folder = place.make();
        let json = |words: &[&str]| -> serde_json::Value {
            let words = [words, &["--output=json"]].concat();
            serde_json::from_str(
                &new(place, folder.path(), &words, |it| {
                    it.envs(GIT_IDENTITY);
                })
                .success(),
            )
            .unwrap()
        };
        let preview = json(&["--dry-run"]);
        assert_eq!(preview["next_steps"], json(&[])["next_steps"], "{place:?}");
    }
}

#[test]
fn the_steps_after_a_service_was_added_begin_in_its_project() {
    let folder = tempfile::tempdir().unwrap();
    let made = new(Place::Empty, folder.path(), &[], |it| {
        it.envs(GIT_IDENTITY);
    });
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let words = ["add", "service", "billing", "--dir", "orders", "--no-input"];
    let ran = run(launchway().args(words).current_dir(folder.path()));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let steps = steps(&ran.stderr);
    assert_eq!(steps[0], "cd orders", "{steps:?}");
    steps.iter().fold(folder.path().to_owned(), |here, step| take(step, here));
}
