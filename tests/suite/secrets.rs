//! Answers to `secret` questions: they decide what is written, and are found nowhere.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use flate2::read::GzDecoder;
use tempfile::TempDir;
use xtask::tree;

use crate::program::{GIT_IDENTITY, Ran, launchway, run};
use crate::terminal::{ENTER, Terminal};

/// What nobody but the program may ever see.
const CANARY: &str = "c4n4ry-Zx93";

const MANIFEST: &str = r#"[template]
id = "small"
title = "Small"
version = "1.0.0"
name = "service"

[[question]]
id = "service"
prompt = "Name"
help = "The name."
kind = "slug"

[[question]]
id = "token"
prompt = "Token"
help = "The token of the registry."
kind = "secret"
pattern = "[A-Za-z0-9-]+"
max = 20

[[question]]
id = "second"
prompt = "Second token"
help = "Another one, if there is one."
kind = "secret"
optional = true

[[value]]
id = "both"
is = "and token second"

[[file]]
path = "second.txt"
when = "second"
"#;

const NOTE: &str = "{{#if token}}\na token was given\n{{/if}}\n{{choose both \"both\" \"not both\"}}\n";

/// A folder with a template that asks for secrets in `template/`.
fn template() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("template/files");
    fs::create_dir_all(&files).unwrap();
    fs::write(folder.path().join("template/template.toml"), MANIFEST).unwrap();
    fs::write(files.join("note.txt.hbs"), NOTE).unwrap();
    fs::write(files.join("second.txt"), "second\n").unwrap();
    folder
}

/// A command of the program in a folder, which says every step; nothing that it prints may hold the canary.
fn launch(folder: &Path, words: &[&str], secrets: &[(&str, &str)]) -> Ran {
    let mut command = launchway();
    command.args(words).envs(GIT_IDENTITY).envs(secrets.iter().copied()).current_dir(folder).env("LAUNCHWAY_LOG", "1");
    let ran = run(command);
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert!(!said.contains(CANARY), "`{}` tells it:\n{said}", words.join(" "));
    ran
}

/// No file below a folder holds the canary, not even a packed one.
fn assert_kept_nowhere(folder: &Path) {
    for (path, entry) in tree::read(folder).unwrap() {
        let mut unpacked = Vec::new();
        let _ = GzDecoder::new(&entry.bytes[..]).read_to_end(&mut unpacked);
        let holds = |bytes: &[u8]| bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
        assert!(!holds(&entry.bytes) && !holds(&unpacked), "it stands in {path}");
    }
}

const NEW: [&str; 5] = ["new", "orders", "--template", "./template", "--no-input"];

#[test]
fn a48_a_secret_is_found_in_no_file_record_report_or_error() {
    let folder = template();
    let home = folder.path();
    let given = [("LAUNCHWAY_TOKEN", CANARY)];
    for words in [&["--dry-run"][..], &["--dry-run", "--diff"], &["--dry-run", "--output", "json"]] {
        launch(home, &[&NEW, words].concat(), &given).success();
    }
    let report = launch(home, &[&NEW[..], &["--output", "json"]].concat(), &given).success();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(fs::read_to_string(home.join("orders/note.txt")).unwrap(), "a token was given\nnot both\n");
    let record = fs::read_to_string(home.join("orders/.launchway/orders.toml")).unwrap();
    assert!(record.contains("token = true\nsecond = false\n"), "{record}");
    // The first commit is among the files: loose objects are packed with zlib, and git reads them back.
    let log = run(Command::new("git").args(["log", "--patch"]).current_dir(home.join("orders"))).success();
    assert!(!log.contains(CANARY));
    for command in ["check", "why", "diff", "update"] {
        let own: &[&str] = match command {
            "why" => &["why", "orders/note.txt"],
            "update" => &["update", "orders", "--template", "./template", "--no-input", "--set", "second=true"],
            "diff" => &["diff", "orders", "--template", "./template"],
            other => &[other, "orders"],
        };
        for output in [&[][..], &["--output", "json"]] {
            launch(home, &[own, output].concat(), &given);
        }
    }
    assert!(home.join("orders/second.txt").is_file());
    assert_kept_nowhere(home);
    // The command of the report makes the same project, although it does not hold the secret.
    let line = report["command"].as_str().unwrap().replacen("launchway ", "", 1);
    let words: Vec<&str> = line.split(' ').chain(["--dest", "again"]).collect();
    launch(home, &words, &[]).success();
    assert_eq!(fs::read_to_string(home.join("again/.launchway/orders.toml")).unwrap(), record);
}

#[test]
fn a48_a_secret_that_is_refused_is_not_repeated() {
    let folder = template();
    for (name, text) in [
        ("a.toml", format!("token = \"{CANARY}\"\n")),
        ("b.yaml", format!("token:\n  - {CANARY}\n")),
        ("c.json", format!("{{\"second\": \"{CANARY}\"}}")),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let flag = format!("--token={CANARY}");
    let odd = format!("{CANARY} x");
    let long = CANARY.repeat(10);
    for (words, secrets, expected) in [
        (&[flag.as_str()][..], &[][..], "does not belong on a command line"),
        (&["--token", CANARY], &[], "does not belong on a command line"),
        (&["--answers", "a.toml"], &[], "does not belong in a file"),
        (&["--answers", "b.yaml"], &[], "does not belong in a file"),
        (&["--answers", "c.json"], &[], "does not belong in a file"),
        (&[], &[("LAUNCHWAY_TOKEN", odd.as_str())], "does not have the form"),
        (&[], &[("LAUNCHWAY_TOKEN", long.as_str())], "more than 20 characters"),
        (&[], &[("LAUNCHWAY_TOKEN", "")], "there is no answer for --token"),
        (&["--token=false"], &[], "is needed"),
        (&[], &[], "there is no answer for --token"),
    ] {
        let said = launch(folder.path(), &[&NEW, words].concat(), secrets).failure(2);
        assert!(said.contains(expected) && said.contains("LAUNCHWAY_"), "`{expected}` is not in:\n{said}");
        assert!(!folder.path().join("orders").exists());
    }
    launch(folder.path(), &NEW, &[("LAUNCHWAY_TOKEN", CANARY)]).success();
    let set = format!("token={CANARY}");
    let said =
        launch(folder.path(), &["update", "orders", "--template", "./template", "--no-input", "--set", &set], &[])
            .failure(2);
    assert!(said.contains("does not belong on a command line"), "{said}");
}

#[test]
fn a48_a_secret_that_is_typed_is_not_shown() {
    let folder = template();
    let mut command = launchway();
    let new = ["new", "orders", "--template", "./template", "--no-git", "--second=false"];
    command.args(new).current_dir(folder.path());
    let terminal = Terminal::start(&command);
    terminal.wait_for("Token");
    // Echo is off once the program reads.
    std::thread::sleep(std::time::Duration::from_millis(200));
    terminal.press(CANARY).press(ENTER).wait_for("Enter generate").press(ENTER);
    let left = terminal.end();
    assert_eq!(left.code, Some(0), "{}", left.screen);
    assert!(!left.written.contains(CANARY) && left.is_restored, "{}", left.screen);
    assert_kept_nowhere(folder.path());
}

#[test]
fn a48_a_template_cannot_print_a_secret() {
    for (path, text) in [
        ("note.txt.hbs", "{{token}}\n"),
        ("note.txt.hbs", "{{quote token}}\n"),
        ("note.txt.hbs", "{{choose token token \"x\"}}\n"),
        ("note.txt.hbs", "{{#if (eq token \"a\")}}x{{/if}}\n"),
        ("note.txt.hbs", "{{#each token}}x{{/each}}\n"),
        ("{{token}}.txt", "x\n"),
    ] {
        let folder = template();
        fs::remove_file(folder.path().join("template/files/note.txt.hbs")).unwrap();
        fs::write(folder.path().join("template/files").join(path), text).unwrap();
        let said = launch(folder.path(), &NEW, &[("LAUNCHWAY_TOKEN", CANARY)]).failure(4);
        assert!(said.contains("error: files/"), "{said}");
        assert!(!folder.path().join("orders").exists());
    }
}
