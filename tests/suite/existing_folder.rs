//! `new` into a folder that is there: what it holds stays, what would be overwritten is named, and all comes or nothing.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;
use xtask::tree;
use xtask::workspace;

use crate::program::{GIT_IDENTITY, Ran, launchway, run};

fn new(folder: &Path, words: &[&str]) -> Ran {
    let new = ["new", "orders", "--target=ecs", "--no-input"];
    run(launchway().args(new).args(words).envs(GIT_IDENTITY).current_dir(folder))
}

fn git(folder: &Path, words: &[&str]) -> String {
    let mut git = workspace::hermetic(Path::new("git")).unwrap();
    run(git.args(words).envs(GIT_IDENTITY).current_dir(folder)).success()
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// The files of a folder without those of git.
fn files(folder: &Path) -> tree::Tree {
    let mut tree = tree::read(folder).unwrap();
    tree.retain(|path, _| !path.starts_with(".git/"));
    tree
}

#[test]
fn a_folder_with_nothing_in_the_way_gets_the_project_and_keeps_what_it_has() {
    let absent = folder(&[]);
    new(absent.path(), &["--no-git"]).success();
    let expected = files(&absent.path().join("orders"));
    let mine: &[(&str, &str)] =
        &[("LICENSE", "free\n"), ("README", "mine\n"), ("docs/mine.md", "mine\n"), (".env", "S=1\n")];
    for held in [&[][..], mine] {
        for words in [&["--dest", "."][..], &["--dest", "../there"], &[]] {
            let outer = folder(&[]);
            let name = if words.is_empty() { "orders" } else { "there" };
            let there = outer.path().join(name);
            fs::create_dir(&there).unwrap();
            for (path, text) in held {
                fs::create_dir_all(there.join(path).parent().unwrap()).unwrap();
                fs::write(there.join(path), text).unwrap();
            }
            let before = files(&there);
            let from = if words.is_empty() { outer.path() } else { there.as_path() };
            new(from, &[words, &["--no-git"]].concat()).success();
            let mut after = files(&there);
            for (path, file) in before {
                assert_eq!(after.remove(&path), Some(file), "{path}");
            }
            assert_eq!(tree::differences(&expected, &after), Vec::<String>::new(), "{words:?}");
        }
    }
}

#[test]
fn what_would_be_overwritten_is_listed_and_refused_and_nothing_is_written() {
    /// What is in the folder, and which of it is named.
    type Case = (&'static [(&'static str, &'static str)], &'static [&'static str]);
    let cases: [Case; 5] = [
        (
            &[("README.md", "mine\n"), ("Cargo.toml", "[package]\n"), ("LICENSE", "free\n")],
            &["README.md", "Cargo.toml"],
        ),
        // On many disks it would be the same file.
        (&[("readme.md", "mine\n")], &["readme.md"]),
        (&[("Deploy/mine.txt", "mine\n")], &["Deploy"]),
        (&[("deploy", "a file\n")], &["deploy"]),
        (&[("README.md/mine.txt", "mine\n")], &["README.md"]),
    ];
    for (held, named) in cases {
        let there = folder(held);
        let before = files(there.path());
        for words in [&["--dest", "."][..], &["--dest", ".", "--dry-run"]] {
            let said = new(there.path(), words).failure(3);
            for name in named {
                assert!(said.contains(&format!("`{name}`")), "{name}: {said}");
            }
            assert!(!said.contains("LICENSE"), "{said}");
            assert_eq!(files(there.path()), before);
        }
    }
    let linked = folder(&[]);
    symlink("/nowhere", linked.path().join("crates")).unwrap();
    let said = new(linked.path(), &["--dest", "."]).failure(3);
    assert!(said.contains("`crates`"), "{said}");
    assert_eq!(fs::read_dir(linked.path()).unwrap().count(), 1);
}

#[test]
fn a_link_or_a_file_as_the_destination_and_a_folder_that_has_a_project_are_refused() {
    let outer = folder(&[("file", "mine\n"), ("real/mine.txt", "mine\n")]);
    symlink("real", outer.path().join("link")).unwrap();
    for name in ["file", "link"] {
        let said = new(outer.path(), &["--dest", name]).failure(3);
        assert!(said.contains(&format!("`{name}`")), "{said}");
    }
    assert!(fs::read_link(outer.path().join("link")).is_ok());
    fs::remove_file(outer.path().join("link")).unwrap();
    new(outer.path(), &["--no-git"]).success();
    let before = files(outer.path());
    let again = run(launchway()
        .args(["new", "billing", "--target=ecs", "--no-input", "--dest", "orders"])
        .current_dir(outer.path()));
    let said = again.failure(3);
    assert!(said.contains("launchway add service NAME --dir orders"), "{said}");
    assert_eq!(files(outer.path()), before);
}

#[test]
fn a_fresh_clone_without_a_commit_gets_its_first_one_and_only_of_the_project() {
    let there = folder(&[(".env", "SECRET=1\n"), ("LICENSE", "free\n")]);
    git(there.path(), &["init", "--quiet"]);
    let ran = new(there.path(), &["--dest", "."]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let left = git(there.path(), &["status", "--porcelain"]);
    assert_eq!(left, "?? .env\n?? LICENSE\n");
    assert_eq!(git(there.path(), &["log", "--format=%s"]), "Start from the launchway template\n");
}

#[test]
fn a_folder_that_is_no_repository_becomes_one_and_what_it_had_is_not_committed() {
    let there = folder(&[(".env", "SECRET=1\n")]);
    let ran = new(there.path(), &["--dest", "."]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(git(there.path(), &["status", "--porcelain"]), "?? .env\n");
}

#[test]
fn in_a_repository_that_has_commits_the_commit_is_left_to_the_user_who_is_told() {
    let there = folder(&[("LICENSE", "free\n")]);
    git(there.path(), &["init", "--quiet"]);
    git(there.path(), &["add", "--all"]);
    git(there.path(), &["commit", "--quiet", "--message", "Mine"]);
    let ran = new(there.path(), &["--dest", "."]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("git: skipped, the repository has commits already"), "{}", ran.stderr);
    assert_eq!(git(there.path(), &["log", "--format=%s"]), "Mine\n");
    assert_eq!(git(there.path(), &["diff", "--cached", "--name-only"]), "", "nothing is staged");
}

#[test]
fn a_preview_of_a_project_in_a_folder_that_is_there_writes_nothing() {
    let there = folder(&[("LICENSE", "free\n")]);
    let before = files(there.path());
    let shown = new(there.path(), &["--dest", ".", "--dry-run"]).success();
    assert!(shown.contains("Cargo.toml"), "{shown}");
    assert_eq!(files(there.path()), before);
    assert_eq!(fs::read_dir(there.path()).unwrap().count(), 1);
}
