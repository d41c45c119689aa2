//! Commands on a project, run in a folder of it: they find the record above, and never one that is somebody else's.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::Path;

use tempfile::TempDir;
use xtask::workspace;

use crate::program::{GIT_IDENTITY, Ran, launchway, run};

/// Every command on a project, and the usage that its hint names.
const COMMANDS: [(&[&str], &str); 6] = [
    (&["check"], "launchway check DIR"),
    (&["diff"], "launchway diff DIR"),
    (&["why", "Cargo.toml"], "launchway why PATH --dir DIR"),
    (&["update", "--no-input", "--dry-run"], "launchway update DIR"),
    (&["add", "service", "billing", "--no-input", "--dry-run"], "launchway add service NAME --dir DIR"),
    (&["waive", "nothing", "--because", "x"], "launchway waive ID --dir DIR"),
];

fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let words = ["new", "orders", "--target=ecs", "--no-input"];
    let ran = run(launchway().args(words).envs(GIT_IDENTITY).current_dir(folder.path()));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    folder
}

fn in_folder(folder: &Path, words: &[&str]) -> Ran {
    run(launchway().args(words).current_dir(folder))
}

#[test]
fn every_command_on_a_project_finds_it_from_a_folder_below() {
    let folder = project();
    let root = folder.path().join("orders");
    for (words, _) in COMMANDS {
        let at_root = in_folder(&root, words);
        let path: Vec<&str> =
            words.iter().map(|word| if *word == "Cargo.toml" { "../../Cargo.toml" } else { word }).collect();
        let below = in_folder(&root.join("deploy/ecs"), &path);
        assert_eq!(below.code, at_root.code, "{words:?}\n{}", below.stderr);
        assert_eq!(below.stdout.replace("../../", ""), at_root.stdout, "{words:?}");
    }
    // Not every folder of a project could be one of the template's.
    for odd in [" odd", "con", "a:b", "trailing."] {
        fs::create_dir(root.join(odd)).unwrap();
        let why = |folder: &str, path: &str| in_folder(&root.join(folder), &["why", path]);
        assert_eq!(why(odd, "../Cargo.toml").stdout, why("", "Cargo.toml").success(), "{odd:?}");
    }
    // A path is meant from where it is typed, as git means it.
    let why = in_folder(&root.join("deploy/ecs"), &["why", "README.md"]).success();
    assert!(why.contains("deploy/ecs/README.md"), "{why}");
    let kept = in_folder(&root.join("deploy/ecs"), &["update", "--no-input", "--keep", "README.md"]);
    assert_eq!(kept.code, Some(0), "{}", kept.stderr);
    let record = fs::read_to_string(root.join(".launchway/orders.toml")).unwrap();
    assert!(record.contains("deploy/ecs/README.md\"]"), "{record}");
}

#[test]
fn without_a_project_the_hint_names_the_command_that_was_run() {
    let folder = tempfile::tempdir().unwrap();
    for (words, usage) in COMMANDS {
        let said = in_folder(folder.path(), words).failure(2);
        assert!(said.contains(&format!("`{usage}`")), "{words:?}: {said}");
    }
}

#[test]
fn the_search_ends_at_the_top_of_a_repository() {
    let folder = project();
    let inner = folder.path().join("orders/vendor/other");
    fs::create_dir_all(inner.join("src")).unwrap();
    let mut git = workspace::hermetic(Path::new("git")).unwrap();
    run(git.args(["init", "--quiet"]).current_dir(&inner)).success();
    for (words, _) in COMMANDS {
        in_folder(&inner.join("src"), words).failure(2);
    }
    // Without a repository of its own it belongs to the project.
    fs::remove_dir_all(inner.join(".git")).unwrap();
    in_folder(&inner.join("src"), &["diff"]).success();
}

#[test]
fn the_search_never_enters_a_folder_of_another_owner() {
    let folder = project();
    let root = folder.path().join("orders");
    if fs::metadata(&root).unwrap().uid() != 0 {
        // Only an administrator can give a folder away.
        return;
    }
    let below = root.join("deploy");
    for given_away in [root.clone(), root.join(".launchway")] {
        chown(&given_away, Some(12_345), None).unwrap();
        for (words, _) in COMMANDS {
            let said = in_folder(&below, words).failure(2);
            assert!(said.contains("has no record"), "{words:?}: {said}");
        }
        chown(&given_away, Some(0), None).unwrap();
    }
}
