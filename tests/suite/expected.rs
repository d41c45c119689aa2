//! A preview names a digest of what would be written, and `--expect` writes that or nothing.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::{GIT_IDENTITY, Ran, launchway, run, shell};
use crate::snapshot;

const NEW: [&str; 6] = ["new", "orders", "--target=ecs", "--no-input", "--output", "json"];
const UPDATE: [&str; 6] = ["update", "orders", "--set=description=Keeps orders", "--no-input", "--output", "json"];
const ADD: [&str; 8] = ["add", "service", "billing", "--dir", "orders", "--defaults", "--output", "json"];

fn launch(folder: &Path, command: &[&str], words: &[&str]) -> Ran {
    run(launchway().args([command, words].concat()).envs(GIT_IDENTITY).current_dir(folder))
}

fn digest(ran: &Ran) -> String {
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    report["digest"].as_str().unwrap().to_owned()
}

#[test]
fn what_a_preview_names_is_written_or_nothing_is() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for command in [&NEW[..], &UPDATE[..], &ADD[..]] {
        let named = digest(&launch(folder, command, &["--dry-run"]));
        let other = format!("sha256:{}", "0".repeat(64));
        let before = snapshot::of(folder);
        for words in [&[][..], &["--dry-run"][..]] {
            let said = launch(folder, command, &[words, &["--expect", &other]].concat()).failure(1);
            assert!(said.contains("is not what `--expect` names") && said.contains(&named), "{command:?}: {said}");
        }
        launch(folder, command, &["--expect", "sha256:1"]).failure(2);
        assert_eq!(snapshot::of(folder), before, "{command:?} wrote something");
        let written = launch(folder, command, &["--expect", &named]);
        assert_eq!((written.code, digest(&written)), (Some(0), named), "{command:?}: {}", written.stderr);
        assert_ne!(snapshot::of(folder), before, "{command:?} wrote nothing");
        commit(folder);
    }
}

#[test]
fn what_has_changed_since_the_preview_is_not_what_is_expected() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let named = digest(&launch(folder, &NEW, &["--dry-run"]));
    launch(folder, &NEW, &["--port=9000", "--expect", &named]).failure(1);
    assert!(!folder.join("orders").exists());
    launch(folder, &NEW, &["--expect", &named, "--dest", "elsewhere"]).success();
    launch(folder, &NEW, &["--expect", &named]).success();
    let named = digest(&launch(folder, &UPDATE, &["--dry-run"]));
    let readme = folder.join("orders/README.md");
    let text = fs::read_to_string(&readme).unwrap();
    fs::write(&readme, text + "\nA line of a person.\n").unwrap();
    commit(folder);
    launch(folder, &UPDATE, &["--expect", &named]).failure(1);
}

/// Commits everything of the project.
fn commit(folder: &Path) {
    let line = "git -C orders add --all && git -C orders commit --quiet --allow-empty -m All";
    run(shell(line).envs(GIT_IDENTITY).current_dir(folder)).success();
}
