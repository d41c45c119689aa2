//! Files that git's attributes send through a filter, as those of Git LFS: no command loses anything of them, and what is the
//! matter is said.

use std::fs;

use serde_json::Value;

use crate::history::{History, files, lines};
use crate::program::{GIT_IDENTITY, launchway, run, write_executable};

/// Stands in for the program of Git LFS: it keeps the text of a file in a folder beside itself, and git a pointer to it.
const STAND_IN: &str = r#"#!/bin/sh
set -e
store=$(dirname "$0")/store
mkdir -p "$store"
text=$(mktemp "$store/text.XXXXXX")
cat >"$text"
start='version https://git-lfs.github.com/spec/v1'
is_pointer=$(head -c 42 "$text" | tr -d '\0')
case $1 in
clean)
    if [ "$is_pointer" = "$start" ]; then cat "$text"; else
        digest=$(sha256sum <"$text" | cut -d ' ' -f 1)
        cp "$text" "$store/$digest"
        printf '%s\noid sha256:%s\nsize %s\n' "$start" "$digest" "$(wc -c <"$text")"
    fi ;;
smudge)
    if [ "$is_pointer" = "$start" ]; then cat "$store/$(sed -n 's/^oid sha256://p' "$text")"; else cat "$text"; fi ;;
esac
rm "$text"
"#;

const POINTER: &str = "version https://git-lfs.github.com/spec/v1\n";
const AGREEMENT: &str = "[[agreement]]\nsays = \"the limit\"\n\
     place = [{ file = \"limit.toml\", at = \"/limit\" }, { file = \"b.toml\", at = \"/limit\" }]\n";

fn picture(byte: u8) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n\0\0\0".as_slice(), &[byte; 64]].concat()
}

fn template(number: u8, line: &str, more: &[&str]) -> Vec<(String, Vec<u8>)> {
    let mut all = files(&[("a", &lines(&[(2, line)])), ("limit.toml", "limit = 7\n"), ("b.toml", "limit = 7\n")]);
    all.extend(["logo.png"].iter().chain(more).map(|path| ((*path).to_owned(), picture(number))));
    all
}

/// A project that has its pictures and its limit in Git LFS, and whose template has changed a picture and a line.
fn stored() -> History {
    let history = History::new(&template(1, "line 2 of the file", &[]), AGREEMENT);
    let program = history.folder().join("stand-in");
    write_executable(&program, STAND_IN);
    filtered_by(&history, &program.display().to_string());
    history.git(&["config", "filter.lfs.required", "true"]);
    history.write(".gitattributes", "*.png filter=lfs -text\nlimit.toml filter=lfs -text\n");
    history.git(&["add", "--renormalize", "."]);
    history.commit();
    assert!(history.git(&["show", "HEAD:logo.png"]).starts_with(POINTER));
    history.template("2.0.0", &template(2, "T", &[]), AGREEMENT);
    history
}

fn filtered_by(history: &History, program: &str) {
    for word in ["clean", "smudge"] {
        history.git(&["config", &format!("filter.lfs.{word}"), &format!("{program} {word}")]);
    }
}

/// Takes the program away, as on a machine on which it is not installed.
fn without_program(history: &History, is_process: bool) {
    filtered_by(history, "no-such-program");
    if is_process {
        history.git(&["config", "filter.lfs.process", "no-such-program filter-process"]);
    }
}

/// Gives the program back.
fn with_program(history: &History) {
    run(history.git_command(&["config", "--unset", "filter.lfs.process"]));
    filtered_by(history, &history.folder().join("stand-in").display().to_string());
}

/// What is on the disk, and in git, without asking a filter.
fn state(history: &History) -> (xtask::tree::Tree, String) {
    (history.tree(), history.git(&["ls-files", "--stage", "-v"]) + &history.git(&["for-each-ref", "refs/heads"]))
}

#[track_caller]
fn is_as(history: &History, before: &(xtask::tree::Tree, String)) {
    let now = state(history);
    assert_eq!(xtask::tree::differences(&before.0, &now.0), Vec::<String>::new());
    assert_eq!(now.1, before.1);
}

#[test]
fn u03_files_of_git_lfs_are_updated_checked_and_taken_back_like_others() {
    let history = stored();
    let before = state(&history);
    history.launchway(&["check"]).success();
    assert_eq!(history.launchway(&["diff"]).success(), "");
    history.update(&[]).success();
    assert_eq!(history.read("logo.png").unwrap(), picture(2));
    let staged = history.git(&["show", ":logo.png"]);
    assert!(staged.starts_with(POINTER), "{staged}");
    history.launchway(&["update", "--undo"]).success();
    is_as(&history, &before);
    assert_eq!(history.git(&["status", "--porcelain"]), "");
}

#[test]
fn u17_the_sides_of_a_conflict_are_in_the_index_as_gits_filters_make_them() {
    let history = stored();
    history.write("logo.png", picture(3));
    history.commit();
    let before = state(&history);
    history.update(&[]).failure(1);
    assert_eq!(history.read("logo.png").unwrap(), picture(3));
    for side in 1..=3 {
        let text = run(history.git_command(&["show", &format!(":{side}:logo.png")])).success();
        assert!(text.starts_with(POINTER), "{side}: {text}");
    }
    // The ways in which people decide it give the file itself.
    for (side, byte) in [("--theirs", 2), ("--ours", 3)] {
        history.git(&["checkout", "--quiet", side, "logo.png"]);
        assert_eq!(history.read("logo.png").unwrap(), picture(byte), "{side}");
    }
    history.launchway(&["update", "--undo"]).success();
    is_as(&history, &before);
    // What a filter takes out of a file is in no side of its conflict either.
    let history = History::new(&files(&[("a", &lines(&[]))]), "");
    history.git(&["config", "filter.scrub.clean", "sed s/PASSWORD/xxx/"]);
    history.write(".gitattributes", "a filter=scrub\n");
    history.write("a", lines(&[(2, "PASSWORD")]));
    history.commit();
    history.template("2.0.0", &files(&[("a", &lines(&[(2, "T")]))]), "");
    history.update(&[]).failure(1);
    assert!(history.text("a").contains("PASSWORD\n"));
    let ours = history.git(&["show", ":2:a"]);
    assert!(ours.contains("xxx\n") && !ours.contains("PASSWORD"), "{ours}");
}

const HINT: &str =
    "`git config --get-regexp '^filter'` names its program; for Git LFS, install it and run `git lfs install`";

#[test]
fn u03_a_filter_whose_program_is_not_there_is_named_and_nothing_is_lost() {
    for is_process in [false, true] {
        for words in [&[][..], &["--dry-run"], &["--allow-dirty"], &["--keep", "logo.png"], &["--heal", "logo.png"]] {
            let history = stored();
            history.write("b.toml", "limit = 7\n# ours\n");
            history.git(&["commit", "--quiet", "--message", "ours", "b.toml"]);
            without_program(&history, is_process);
            // Git looks into what its index does not know to be as it was.
            fs::File::open(history.path("logo.png")).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
            let before = state(&history);
            let ran = history.update(words);
            if ran.code == Some(0) {
                // Nothing of it went through the filter.
                continue;
            }
            let said = ran.failure(74);
            assert!(said.contains(HINT), "{words:?}: {said}");
            with_program(&history);
            run(history.git_command(&["config", "--unset", "filter.lfs.process"]));
            if said.contains("the files are written all the same") {
                history.launchway(&["update", "--undo"]).success();
            }
            is_as(&history, &before);
        }
    }
}

#[test]
fn u18_a_preview_says_of_a_filter_what_the_update_would() {
    let history = stored();
    without_program(&history, false);
    fs::File::open(history.path("logo.png")).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    let (preview, real) = (history.update(&["--dry-run"]), history.update(&[]));
    assert_eq!((preview.code, preview.stderr), (real.code, real.stderr));
}

#[test]
fn u02_undo_brings_everything_back_also_without_the_program_of_a_filter() {
    let history = stored();
    let before = state(&history);
    history.update(&[]).success();
    without_program(&history, false);
    let ran = history.launchway(&["update", "--undo"]);
    if ran.code != Some(0) {
        let said = ran.failure(74);
        assert!(said.contains(HINT), "{said}");
        with_program(&history);
        history.launchway(&["update", "--undo"]).success();
    }
    is_as(&history, &before);
}

#[test]
fn u03_a_service_is_added_and_a_project_adopted_beside_a_filter_that_fails() {
    let folder = tempfile::tempdir().unwrap();
    let new = ["new", "orders", "--target=ecs", "--no-input"];
    run(launchway().args(new).envs(GIT_IDENTITY).current_dir(folder.path())).success();
    let project = folder.path().join("orders");
    let git = |words: &[&str]| {
        let mut git = std::process::Command::new("git");
        run(git.args(words).current_dir(&project).envs(GIT_IDENTITY)).success()
    };
    fs::write(project.join(".gitattributes"), "*.md filter=lfs\n").unwrap();
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "attributes"]);
    let program = |words: &[&str]| run(launchway().args(words).current_dir(&project));
    let tree = || {
        let mut tree = xtask::tree::read(&project).unwrap();
        tree.retain(|path, _| !path.starts_with(".git/"));
        tree
    };
    let before = tree();
    // Git knows no filter of the name: what is new gets into a commit as it is, and that is said.
    let ran = program(&["add", "service", "billing", "--defaults"]);
    assert!(ran.stderr.contains("through the filter `lfs`, which git does not know here"), "{}", ran.stderr);
    ran.success();
    program(&["update", "--undo", "--service", "billing"]).success();
    assert_eq!(xtask::tree::differences(&before, &tree()), Vec::<String>::new());
    git(&["config", "filter.lfs.clean", "no-such-program"]);
    git(&["config", "filter.lfs.required", "true"]);
    let said = program(&["add", "service", "billing", "--defaults"]).failure(74);
    assert!(said.contains(HINT), "{said}");
    // Git may ask the filter before anything is written; whether it does depends on the times of the files.
    if tree() != before {
        program(&["update", "--undo", "--service", "billing"]).success();
    }
    assert_eq!(xtask::tree::differences(&before, &tree()), Vec::<String>::new());
    fs::rename(project.join(".launchway"), folder.path().join("record")).unwrap();
    let without_record = tree();
    program(&["adopt"]).success();
    let mut adopted = tree();
    adopted.retain(|path, _| !path.starts_with(".launchway/"));
    assert_eq!(xtask::tree::differences(&without_record, &adopted), Vec::<String>::new());
}

/// A clone whose pictures were not fetched.
fn with_pointers() -> History {
    let history = stored();
    let pointer = history.git(&["show", "HEAD:logo.png"]);
    history.write("logo.png", &pointer);
    let limit = history.git(&["show", "HEAD:limit.toml"]);
    history.write("limit.toml", &limit);
    history.git(&["add", "logo.png", "limit.toml"]);
    assert_eq!(history.git(&["status", "--porcelain"]), "");
    history
}

#[test]
fn u03_a_pointer_in_the_place_of_a_file_is_named_and_nothing_is_merged_into_it() {
    let history = with_pointers();
    let before = state(&history);
    for words in [&[][..], &["--dry-run"], &["--allow-dirty"]] {
        let said = history.update(words).failure(3);
        assert!(said.contains("`logo.png` is a pointer of Git LFS here"), "{said}");
        assert!(said.contains("git lfs pull") && said.contains("--keep logo.png"), "{said}");
        is_as(&history, &before);
    }
    // A check reads the values of a file, and none is in a pointer.
    let check = history.launchway(&["check"]);
    assert_eq!(check.code, Some(1), "{}", check.stderr);
    assert!(
        check
            .stdout
            .contains("limit.toml: it is a pointer of Git LFS, and the file itself was not fetched: `git lfs pull`"),
        "{}",
        check.stdout
    );
    let pointer = history.read("logo.png").unwrap();
    history.update(&["--keep", "logo.png"]).success();
    assert_eq!(history.read("logo.png").unwrap(), pointer);
    assert_eq!(history.text("a"), lines(&[(2, "T")]));
    history.launchway(&["update", "--undo"]).success();
    is_as(&history, &before);
    // Healed it is what the template has, and fetched it is what it was.
    history.update(&["--heal", "logo.png"]).success();
    assert_eq!(history.read("logo.png").unwrap(), picture(2));
    history.launchway(&["update", "--undo"]).success();
    history.delete("logo.png");
    history.git(&["checkout", "--quiet", "--", "logo.png"]);
    history.update(&[]).success();
    assert_eq!(history.read("logo.png").unwrap(), picture(2));
    // One that the template leaves alone is in nobody's way.
    let history = with_pointers();
    history.template("2.0.0", &template(1, "T", &[]), AGREEMENT);
    history.update(&[]).success();
    assert!(history.text("logo.png").starts_with(POINTER));
}

#[test]
fn u03_a_file_for_a_filter_that_git_does_not_know_is_said() {
    let history = History::new(&template(1, "line 2 of the file", &[]), "");
    history.write(".gitattributes", "*.png filter=lfs -text\n");
    history.commit();
    history.template("2.0.0", &template(1, "T", &["new.png"]), "");
    let wanted = "the attributes send `new.png` through the filter `lfs`, which git does not know here, so that a commit has them as they are; for Git LFS: `git lfs install`, then `git add --renormalize .`";
    for words in [&["--dry-run"][..], &[]] {
        let ran = history.update(&[&["--output", "json"], words].concat());
        assert!(ran.stderr.contains(wanted), "{}", ran.stderr);
        let report: Value = serde_json::from_str(&ran.success()).unwrap();
        assert_eq!(report["notes"], serde_json::json!([wanted]));
    }
    assert_eq!(history.read("new.png").unwrap(), picture(1));
}
