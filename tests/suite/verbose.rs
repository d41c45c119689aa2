//! `--verbose`: every step on stderr with its time, and nothing else than without it on stdout.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::program::{GIT_IDENTITY, Ran, launchway, run};
use crate::remote::World;

const NEW: [&str; 4] = ["new", "orders", "--target=ecs", "--no-input"];

/// A command in a folder, which may set `LAUNCHWAY_LOG`.
fn launch(folder: &Path, words: &[&str], log: Option<&str>) -> Ran {
    let mut command: Command = launchway();
    command.args(words).envs(GIT_IDENTITY).envs(log.map(|log| ("LAUNCHWAY_LOG", log))).current_dir(folder);
    run(command)
}

/// Returns the steps, of which each must have a time.
#[track_caller]
fn steps(ran: &Ran) -> Vec<&str> {
    let steps: Vec<&str> = ran.stderr.lines().filter_map(|line| line.strip_prefix("trace: ")).collect();
    let is_timed = |step: &&str| step.ends_with(" …") || step.contains(" ms") || step.contains(" s");
    assert!(steps.iter().all(is_timed), "{steps:#?}");
    steps
}

#[track_caller]
fn assert_said(ran: &Ran, beginnings: &[&str]) {
    let steps = steps(ran);
    for beginning in beginnings {
        assert!(steps.iter().any(|step| step.starts_with(beginning)), "`{beginning}` is not among {steps:#?}");
    }
}

#[test]
fn every_step_is_said_on_stderr_and_stdout_is_as_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let dry_run = [&NEW[..], &["--dry-run"]].concat();
    let quiet = launch(folder.path(), &dry_run, Some("0"));
    assert_eq!(steps(&quiet), Vec::<&str>::new());
    assert_eq!(launch(folder.path(), &dry_run, None).stderr, quiet.stderr);
    let by_flag = launch(folder.path(), &[&dry_run[..], &["--verbose"]].concat(), None);
    for ran in [by_flag, launch(folder.path(), &dry_run, Some("1"))] {
        assert_said(&ran, &["read the template ", "render the files: "]);
        assert_eq!(ran.stdout, quiet.stdout);
    }
}

#[test]
fn what_is_run_is_said_before_it_runs_and_with_how_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let ran = launch(folder.path(), &[&NEW[..], &["--verbose"]].concat(), None);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_said(&ran, &["write orders: ", "run git -C orders init --quiet --initial-branch=main: "]);
    let looked = "rev-parse --is-inside-git-dir --is-inside-work-tree --show-prefix";
    let of_looking: Vec<&str> = steps(&ran).into_iter().filter(|step| step.contains(looked)).collect();
    assert!(of_looking[0].starts_with("run git -C ") && of_looking[0].ends_with(" …"), "{of_looking:?}");
    assert!(of_looking[1].ends_with(", code 128"), "{of_looking:?}");
    let ran = launch(folder.path(), &["check", "orders", "--verbose"], None);
    assert_said(&ran, &["read the records of orders: ", "check orders: "]);
}

#[test]
fn what_is_fetched_is_said() {
    let world = World::new();
    let template = world.template("t", "one\n");
    let ran = world.new_project(&template.url(), &["--verbose"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let steps = steps(&ran);
    for word in [" ls-remote ", " fetch "] {
        assert!(steps.iter().any(|step| step.starts_with("run git --git-dir ") && step.contains(word)), "{steps:#?}");
    }
}

#[test]
fn what_is_said_cannot_steer_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let name = "a\u{1b}[31m\n.toml";
    fs::write(folder.path().join(name), "owner = \"payments\"\n").unwrap();
    let ran = launch(folder.path(), &[&NEW[..], &["--dry-run", "--verbose", "--answers", name]].concat(), None);
    assert_said(&ran, &["read the answers of a\\u{1b}[31m\\n.toml: "]);
    assert!(!ran.stderr.contains('\u{1b}'), "{:?}", ran.stderr);
}
