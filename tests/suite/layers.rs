//! Templates that extend one another, as a team uses them: the example of docs/templates.md, through the whole program.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use launchway_core::Template;
use serde_json::Value as Json;
use tempfile::TempDir;
use xtask::tree;
use xtask::workspace;

use crate::program::{launchway, run};
use crate::terminal::{ENTER, Terminal};

/// The files of the example in docs/templates.md: each is named in a line before its block.
fn documented() -> BTreeMap<String, String> {
    let docs = fs::read_to_string(workspace::root().join("docs/templates.md")).unwrap();
    let (_, example) = docs.split_once("## A team's template").unwrap();
    let mut files = BTreeMap::new();
    let mut rest = example.split("\n## ").next().unwrap();
    while let Some((before, after)) = rest.split_once("\n```") {
        let (block, after) = after.split_once("\n```\n").unwrap();
        let (_, text) = block.split_once('\n').unwrap();
        let named = before.trim_end().lines().last().and_then(|line| line.strip_prefix('`')?.strip_suffix("`:"));
        if let Some(path) = named {
            files.insert(path.to_owned(), format!("{text}\n"));
        }
        rest = after;
    }
    files
}

/// Writes the documented template to `team` in a new folder, with more manifest at its end.
fn team(more: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in documented() {
        let path = folder.path().join("team").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let manifest = folder.path().join("team/template.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(manifest, format!("{text}{more}")).unwrap();
    folder
}

fn new(folder: &TempDir, words: &[&str]) -> Command {
    let mut command = launchway();
    command.current_dir(folder.path()).args(["new", "orders", "--template", "./team", "--no-git"]).args(words);
    command
}

fn read(folder: &TempDir, path: &str) -> String {
    fs::read_to_string(folder.path().join(path)).unwrap()
}

#[test]
fn the_documented_team_template_makes_a_project_with_the_teams_answers_and_files() {
    let folder = team("");
    assert!(documented().len() >= 3, "the example has its files: {:?}", documented().keys());
    run(launchway().current_dir(folder.path()).args(["template", "lint", "team"])).success();
    let made = run(new(&folder, &["--no-input", "--output", "json", "--target", "ecs"])).success();
    let report: Json = serde_json::from_str(&made).unwrap();
    assert_eq!(report["answers"]["strategy"], "canary");
    assert_eq!(report["answers"]["regions"], serde_json::json!(["eu-west-1"]));
    assert_eq!(report["decided"]["strategy"]["by"], "payments-service");
    assert_eq!(
        report["template"]["extends"][0],
        format!("builtin:service@{}", Template::builtin("service").unwrap().version)
    );
    assert!(read(&folder, "orders/docs/on-call.md").contains("orders"));
    assert!(
        !folder.path().join("orders/rust-toolchain.toml").exists() || !read(&folder, "orders/README.md").is_empty()
    );
    let record = read(&folder, "orders/.launchway/orders.toml");
    assert!(record.contains("extends = [\"builtin:service@"), "{record}");
    run(launchway().current_dir(folder.path()).args(["check", "orders"])).success();
}

#[test]
fn the_printed_command_makes_the_same_project_again() {
    let folder = team("");
    let words = ["--no-input", "--output", "json", "--target", "ecs", "--regions", "eu-central-1,eu-west-1"];
    let made = run(new(&folder, &words)).success();
    let report: Json = serde_json::from_str(&made).unwrap();
    let line = report["command"].as_str().unwrap();
    assert!(!line.contains("strategy"), "what the team decided is not said again: {line}");
    let words = line.split(' ').skip(1).chain(["--dest", "again"]);
    run(launchway().current_dir(folder.path()).args(words)).success();
    let tree = |name: &str| tree::read(&folder.path().join(name)).unwrap();
    assert!(tree("orders") == tree("again"));
}

#[test]
fn an_answer_that_the_team_decided_otherwise_is_refused_with_who_and_why() {
    let folder = team("");
    let refused = |command: &mut Command| {
        let error = run(command).failure(2);
        assert!(!folder.path().join("orders").exists());
        error
    };
    let flag = refused(&mut new(&folder, &["--no-input", "--target=ecs", "--strategy=rolling"]));
    assert_eq!(
        flag,
        "error: strategy is `canary` and cannot be `rolling`: `payments-service` decided it: a rolling update has taken \
         payments down\n  hint: leave out `--strategy`\n  hint: `launchway new --help` shows what it takes\n"
    );
    fs::write(folder.path().join("a.toml"), "strategy = \"rolling\"\n").unwrap();
    let file = refused(&mut new(&folder, &["--no-input", "--target=ecs", "--answers=a.toml"]));
    assert!(file.contains("hint: take `strategy` out of `a.toml:1`"), "{file}");
    let variable = refused(new(&folder, &["--no-input", "--target=ecs"]).env("LAUNCHWAY_STRATEGY", "rolling"));
    assert!(variable.contains("hint: unset `LAUNCHWAY_STRATEGY`"), "{variable}");
    let narrowed = refused(&mut new(&folder, &["--no-input", "--target=ecs", "--regions=us-east-1"]));
    assert!(narrowed.contains("regions `us-east-1` is not allowed: `payments-service` decided it"), "{narrowed}");
    assert!(narrowed.contains("hint: it may be only `eu-west-1` or `eu-central-1`"), "{narrowed}");
    run(new(&folder, &["--no-input", "--target=ecs", "--strategy=canary"])).success();
}

#[test]
fn the_help_says_what_the_team_decided() {
    let folder = team("");
    let help = run(new(&folder, &["--help"])).success();
    let help: String = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("[`canary`, decided by payments-service: a rolling update"), "{help}");
    assert!(help.contains("[only `eu-west-1` or `eu-central-1`, decided by payments-service"), "{help}");
}

#[test]
fn the_wizard_does_not_ask_what_is_decided_and_says_so_in_the_review() {
    let folder = team("");
    let terminal = Terminal::start(&new(&folder, &["--target", "ecs"]));
    for prompt in ["What does it do?", "AWS regions"] {
        terminal.wait_for(prompt).press(ENTER);
    }
    // However many questions are left, each has a default.
    for _ in 0..60 {
        if terminal.written().contains("Enter generate") {
            break;
        }
        terminal.press(ENTER);
        std::thread::sleep(std::time::Duration::from_millis(150));
    }
    let written = terminal.written();
    assert!(!written.contains("How does a new version replace the old one?"), "{written}");
    assert!(written.contains("(decided by payments-service: a rolling update"), "{written}");
}

#[test]
fn a_fault_of_the_team_is_named_with_its_place() {
    for (more, expected) in [
        ("[[lock]]\nquestion = \"region\"\nto = \"x\"\n", "there is no question `region`"),
        (
            "[[lock]]\nquestion = \"strategy\"\nto = \"rolling\"\n",
            "`strategy` cannot be `rolling` here: it is `canary`",
        ),
        ("[[remove]]\npath = \"nothing/**\"\n", "`nothing/**` matches no file of the extended template"),
        (
            "[[question]]\nid = \"cpu\"\nprompt = \"P\"\nhelp = \"H.\"\nkind = \"int\"\n",
            "the id `cpu` is declared twice",
        ),
    ] {
        let folder = team(&format!("\n{more}"));
        let error = run(new(&folder, &["--no-input", "--target", "ecs"])).failure(4);
        assert!(error.starts_with("error: template.toml:") && error.contains(expected), "{error}");
    }
}

#[test]
fn a_chain_of_folders_is_followed_and_a_fault_below_names_its_layer() {
    let folder = team("");
    let outer = folder.path().join("outer");
    fs::create_dir(&outer).unwrap();
    let manifest = "[template]\nid = \"outer\"\ntitle = \"O\"\nversion = \"1.0.0\"\nextends = \"../team\"\n";
    fs::write(outer.join("template.toml"), manifest).unwrap();
    let words = ["new", "orders", "--template", "./outer", "--no-input", "--no-git", "--target", "ecs"];
    let outer = || run(launchway().current_dir(folder.path()).args(words));
    outer().success();
    let record = read(&folder, "orders/.launchway/orders.toml");
    assert!(record.contains("\"folder#payments-service@1.0.0\""), "{record}");
    assert!(!record.contains(folder.path().to_str().unwrap()), "no path of this machine is remembered: {record}");
    fs::write(folder.path().join("team/files/x.hbs"), "{{typo}}\n").unwrap();
    fs::remove_dir_all(folder.path().join("orders")).unwrap();
    let error = outer().failure(4);
    assert!(error.contains("team/files/x.hbs:1:1: `typo` is not a declared name"), "{error}");
    fs::write(folder.path().join("team/template.toml"), manifest.replace("../team", "../outer")).unwrap();
    assert!(outer().failure(4).contains("extends itself"));
}

#[test]
fn a_template_that_asks_for_another_built_in_version_is_refused() {
    let folder = team("");
    let path = folder.path().join("team/template.toml");
    let text = fs::read_to_string(&path).unwrap().replace("builtin:service\"", "builtin:service@9\"");
    assert!(text.contains("@9"), "{text}");
    fs::write(&path, text).unwrap();
    let error = run(new(&folder, &["--no-input", "--target", "ecs"])).failure(4);
    assert!(error.contains("the built-in template `service` is at"), "{error}");
    assert!(!folder.path().join("orders").exists());
}
