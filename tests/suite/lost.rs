//! What must never happen to anybody's work: the rows `u01` to `u08`, each with its siblings.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use xtask::workspace;

use crate::history::{History, files, lines};
use crate::program::run;

/// A project whose template has a new version: one line of `a` is changed, `c` comes and `gone/d` goes.
pub(crate) fn outdated() -> History {
    let history = History::new(&files(&[("a", &lines(&[])), ("b", "b\n"), ("gone/d", "d\n")]), "");
    history.template("2.0.0", &files(&[("a", &lines(&[(2, "T")])), ("b", "b\n"), ("c", "c\n")]), "");
    history
}

/// The files with the record, and what git has of them.
pub(crate) fn state(history: &History) -> (xtask::tree::Tree, String) {
    (history.tree(), history.index())
}

#[track_caller]
pub(crate) fn is_as(history: &History, before: &(xtask::tree::Tree, String)) {
    assert_eq!(xtask::tree::differences(&before.0, &history.tree()), Vec::<String>::new());
    assert_eq!(history.index(), before.1);
}

#[track_caller]
fn undo(history: &History) {
    history.launchway(&["update", "--undo"]).success();
}

#[test]
fn u01_what_is_saved_at_any_time_of_an_update_is_still_there_after_it() {
    crate::program::path();
    let saved = xtask::saves::saves(20).unwrap_or_else(|error| panic!("{error}"));
    assert!(saved.saves >= 15, "{saved}");
}

#[test]
fn u01_a_disk_that_cannot_exchange_files_loses_nothing_either() {
    let history = outdated();
    history.write("a", lines(&[(9, "U")]));
    history.commit();
    let before = state(&history);
    let strace = |inject: &[&str]| {
        let mut strace = workspace::hermetic(Path::new("strace")).unwrap();
        strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=renameat2,linkat"]);
        strace.args(inject.iter().flat_map(|it| ["-e", it])).arg("--").arg(crate::program::path());
        strace.args(["update", "--template", "../template", "--no-input"]).current_dir(history.project());
        run(&mut strace)
    };
    // Neither the one nor the other: it is refused, and nothing has happened.
    let said = strace(&["inject=renameat2:error=EINVAL", "inject=linkat:error=EPERM"]).failure(73);
    assert!(said.contains("nothing was written"), "{said}");
    is_as(&history, &before);
    strace(&["inject=renameat2:error=EINVAL"]).success();
    assert_eq!(history.read("a").unwrap(), lines(&[(2, "T"), (9, "U")]).as_bytes());
    assert_eq!((history.read("c"), history.read("gone/d")), (Some(b"c\n".to_vec()), None));
    undo(&history);
    is_as(&history, &before);
}

#[test]
fn u02_undo_touches_what_the_update_touched_and_nothing_else() {
    let history = outdated();
    // A submodule with work in it that is not committed, and settings that have git go into it.
    let other = outdated();
    let address = other.project().display().to_string();
    history.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &address, "module"]);
    history.commit();
    history.git(&["config", "submodule.recurse", "true"]);
    history.write("module/b", "work in the submodule\n");
    history.write(".git/hooks/post-checkout", "#!/bin/sh\ntouch canary\n");
    history.make_executable(".git/hooks/post-checkout");
    let before = state(&history);
    for by_git in [false, true] {
        let (code, report) = history.updated(&["--allow-dirty"]);
        assert_eq!((code, &report["way_back"]), (Some(0), &Value::from("launchway update --undo")));
        history.write("mine", "since\n");
        history.shell(report[if by_git { "way_back_git" } else { "way_back" }].as_str().unwrap());
        assert_eq!(history.read("mine").unwrap(), b"since\n");
        history.delete("mine");
        is_as(&history, &before);
    }
    assert_eq!(history.read("module/b").unwrap(), b"work in the submodule\n");
}

#[test]
fn u02_a_name_that_git_would_take_for_a_pattern_is_a_name() {
    let history = History::new(&files(&[("[ab].txt", &lines(&[])), ("x", "x\n")]), "");
    history.template("2.0.0", &files(&[("[ab].txt", &lines(&[(2, "T")])), ("x", "x\n")]), "");
    history.write("a.txt", "mine\n");
    history.commit();
    history.write("a.txt", "not committed\n");
    for way_back in ["way_back", "way_back_git"] {
        let (code, report) = history.updated(&["--allow-dirty"]);
        assert_eq!(code, Some(0));
        history.write("a.txt", "written since\n");
        history.shell(report[way_back].as_str().unwrap());
        assert_eq!(history.read("a.txt").unwrap(), b"written since\n");
        assert_eq!(history.read("[ab].txt").unwrap(), lines(&[]).as_bytes());
    }
}

#[test]
fn u02_undo_refuses_what_somebody_changed_since_or_keeps_it() {
    let history = outdated();
    let before = state(&history);
    history.update(&[]).success();
    history.write("a", "since\n");
    history.git(&["add", "a"]);
    history.write("a", "since, and more\n");
    let changed = history.tree();
    let said = history.launchway(&["update", "--undo"]).failure(3);
    assert!(said.contains("somebody has changed `a` since the update"), "{said}");
    assert_eq!(history.tree(), changed);
    history.launchway(&["update", "--undo", "--allow-dirty"]).success();
    is_as(&history, &before);
    let kept = "refs/launchway/orders/before-undo";
    assert_eq!(history.git(&["show", &format!("{kept}:a")]), "since, and more\n");
    assert_eq!(history.git(&["show", &format!("{kept}^2:a")]), "since\n");
    let said = history.launchway(&["update", "--undo"]).failure(1);
    assert!(said.contains("there is no update here to take back"), "{said}");
}

#[test]
fn u02_text_that_is_only_in_the_index_stops_undo_too() {
    let history = outdated();
    history.update(&[]).success();
    let updated = history.read("a").unwrap();
    history.write("a", "only in the index\n");
    history.git(&["add", "a"]);
    history.write("a", updated);
    let said = history.launchway(&["update", "--undo"]).failure(3);
    assert!(said.contains("`a`"), "{said}");
    assert_eq!(history.git(&["show", ":a"]), "only in the index\n");
}

#[test]
fn u02_what_was_committed_is_not_taken_back() {
    let history = outdated();
    history.update(&[]).success();
    history.commit();
    let before = state(&history);
    let said = history.launchway(&["update", "--undo"]).failure(3);
    assert!(said.contains("something was committed since") && said.contains("git revert"), "{said}");
    is_as(&history, &before);
}

#[test]
fn u02_a_linked_work_tree_has_a_way_back_of_its_own() {
    let history = outdated();
    history.git(&["worktree", "add", "--quiet", "../linked", "-b", "linked"]);
    history.update(&[]).success();
    let linked = history.folder().join("linked");
    let undo = ["update", "--undo"];
    let ran = run(crate::program::launchway().args(undo).current_dir(&linked));
    assert!(ran.failure(1).contains("there is no update here"));
    self::undo(&history);
    assert_eq!(history.read("c"), None);
}

#[test]
fn u03_what_git_was_told_not_to_look_at_is_neither_merged_in_silence_nor_taken_back() {
    let history = outdated();
    history.write("mine", "mine\n");
    history.commit();
    for path in ["mine", "b"] {
        history.git(&["update-index", "--assume-unchanged", path]);
        history.write(path, "local\n");
    }
    let before = state(&history);
    history.update(&[]).success();
    undo(&history);
    is_as(&history, &before);
    for path in ["a", "gone/d", ".launchway/orders.toml"] {
        history.git(&["update-index", "--assume-unchanged", path]);
        let before = state(&history);
        let said = history.update(&["--allow-dirty"]).failure(3);
        assert!(said.contains(&format!("git was told that `{path}` never changes")), "{said}");
        assert!(said.contains("--no-assume-unchanged"), "{said}");
        is_as(&history, &before);
        history.git(&["update-index", "--no-assume-unchanged", path]);
    }
}

#[test]
fn u03_what_a_filter_takes_out_of_a_file_comes_back_byte_for_byte() {
    let history = outdated();
    history.git(&["config", "filter.scrub.clean", "sed s/PASSWORD/xxx/"]);
    history.write(".gitattributes", "a filter=scrub\nb text eol=crlf\n");
    history.write("a", lines(&[(9, "xxx")]));
    history.commit();
    history.write("a", lines(&[(9, "PASSWORD")]));
    history.template("2.0.0", &files(&[("a", &lines(&[(2, "T")])), ("b", "B\n"), ("gone/d", "d\n")]), "");
    history.git(&["add", "a"]);
    let before = state(&history);
    history.update(&[]).success();
    assert_eq!(history.read("a").unwrap(), lines(&[(2, "T"), (9, "PASSWORD")]).as_bytes());
    assert!(!history.git(&["show", ":a"]).contains("PASSWORD"));
    undo(&history);
    is_as(&history, &before);
}

#[test]
fn u03_the_index_is_read_back_and_what_it_does_not_hold_is_said() {
    let history = outdated();
    // What this one makes of a file is never the same twice.
    history.git(&["config", "filter.noise.clean", "cat; date +%N"]);
    history.write(".git/info/attributes", "c filter=noise\n");
    let said = history.update(&[]).failure(74);
    assert!(said.contains("git's index does not hold what was written to `c`"), "{said}");
    assert_eq!(history.read("c").unwrap(), b"c\n");
    // To git it is changed whenever it is looked at.
    history.launchway(&["update", "--undo", "--allow-dirty"]).success();
    assert_eq!(history.read("c"), None);
}

#[test]
fn u03_rights_that_git_was_told_not_to_look_at_stay_and_come_back() {
    let history = outdated();
    history.git(&["config", "core.fileMode", "false"]);
    history.make_executable("a");
    history.make_executable("b");
    let before = state(&history);
    history.update(&[]).success();
    assert!(history.text("a").contains("T\n"));
    assert!(history.is_executable("a") && history.is_executable("b"), "the template says nothing else of them");
    // Nor does the commit say of them what the disk does.
    assert!(!history.git(&["ls-files", "--stage"]).contains("100755"));
    history.launchway(&["diff"]).success();
    undo(&history);
    is_as(&history, &before);
    // What the template makes of them counts.
    let text = |text: &str| text.as_bytes().to_vec();
    let new = [("a".to_owned(), text(&lines(&[(2, "T")]))), ("b".to_owned(), text("b\n"))];
    history.template("2.0.0", &new, "\n[[file]]\npath = \"b\"\nexecutable = true\n");
    std::fs::set_permissions(history.path("b"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let before = state(&history);
    history.update(&[]).success();
    assert!(history.is_executable("b"));
    assert!(history.git(&["ls-files", "--stage", "b"]).starts_with("100755"));
    undo(&history);
    is_as(&history, &before);
}

#[test]
fn u04_the_saving_commit_holds_the_index_and_the_work_tree() {
    let history = outdated();
    history.write("b", "staged\n");
    history.git(&["add", "b"]);
    history.write("b", "not staged\n");
    history.write("planned", "planned\n");
    history.git(&["add", "--intent-to-add", "planned"]);
    history.write("added", "added\n");
    history.git(&["add", "added"]);
    history.delete("added");
    let before = state(&history);
    history.update(&["--allow-dirty"]).success();
    let saved = "refs/launchway/orders/before-update";
    let text = |of: &str| history.git(&["show", &format!("{saved}{of}")]);
    assert_eq!((text(":b"), text("^2:b")), ("not staged\n".to_owned(), "staged\n".to_owned()));
    assert_eq!((text(":planned"), text("^2:added")), ("planned\n".to_owned(), "added\n".to_owned()));
    let parents = history.git(&["rev-list", "--parents", "--max-count=1", saved]);
    assert_eq!(parents.split_whitespace().count(), 3, "as a stash has them: {parents}");
    undo(&history);
    is_as(&history, &before);
    // Git itself takes it for a stash.
    history.git(&["reset", "--hard", "--quiet"]);
    history.git(&["stash", "apply", "--index", "--quiet", saved]);
    assert_eq!(
        (history.read("b").unwrap(), history.git(&["show", ":b"])),
        (b"not staged\n".to_vec(), "staged\n".into())
    );
}

#[test]
fn u04_intentions_and_staged_text_of_the_files_themselves_come_back() {
    let history = outdated();
    history.write("a", lines(&[(9, "staged")]));
    history.git(&["add", "a"]);
    history.write("a", lines(&[(9, "not staged")]));
    history.write("c", "planned\n");
    history.git(&["add", "--intent-to-add", "c"]);
    history.git(&["rm", "--quiet", "--cached", "gone/d"]);
    let before = state(&history);
    let (code, _) = history.updated(&["--allow-dirty"]);
    assert_eq!(code, Some(1));
    undo(&history);
    is_as(&history, &before);
}

#[test]
fn u05_no_hint_leads_to_a_command_that_takes_everything() {
    let history = outdated();
    history.write("a", format!("<<<<<<< yours\nmine\n=======\ntheirs\n>>>>>>> other\n{}", lines(&[])));
    history.commit();
    let said = history.update(&["--allow-dirty"]).failure(1);
    assert!(said.contains("conflicts are left in `a`") && !said.contains("git restore"), "{said}");
    assert!(!said.contains("--undo"), "there is nothing to take back: {said}");
    let mut folders = vec![workspace::root().join("crates/launchway/src")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            for command in ["git restore", "git checkout -- ", "git reset --hard", "git clean", "git stash drop"] {
                assert!(!text.contains(command), "{} says `{command}`", path.display());
            }
        }
    }
}

#[test]
fn u05_after_a_merge_into_what_was_never_committed_the_hint_names_where_that_is() {
    let history = outdated();
    history.write("a", lines(&[(2, "never committed")]));
    history.update(&["--allow-dirty"]).failure(1);
    history.git(&["add", "a"]);
    let said = history.update(&["--allow-dirty"]).failure(1);
    assert!(said.contains("launchway update --undo"), "{said}");
    assert!(said.contains("refs/launchway/orders/before-update"), "{said}");
    history.launchway(&["update", "--undo"]).success();
    assert_eq!(history.read("a").unwrap(), lines(&[(2, "never committed")]).as_bytes());
}

/// A project with a generated file that the team has taken out of git, with a secret in it.
fn with_secret(manifest: &str) -> History {
    let text = lines(&[]);
    let history = History::new(&files(&[("x", "x\n"), ("settings.env", &text)]), "");
    history.git(&["rm", "--quiet", "--cached", "settings.env"]);
    history.write(".gitignore", "settings.env\n");
    history.write("settings.env", lines(&[(9, "TOKEN=1")]));
    history.commit();
    history.template("2.0.0", &files(&[("x", "x\n"), ("config/app.env", &lines(&[(2, "T")]))]), manifest);
    history
}

#[test]
fn u06_what_git_did_not_know_stays_unknown_under_a_new_name() {
    let moved = "[[migration]]\nto = \"2.0.0\"\nmove = { \"settings.env\" = \"config/app.env\" }\n";
    for (what, manifest) in [("found by likeness", ""), ("said by the template", moved)] {
        let history = with_secret(manifest);
        let before = state(&history);
        history.update(&[]).success();
        assert_eq!(history.read("config/app.env").unwrap(), lines(&[(2, "T"), (9, "TOKEN=1")]).as_bytes(), "{what}");
        assert_eq!(history.git(&["ls-files", "config"]), "", "{what}");
        assert_eq!(history.git(&["diff", "--cached", "-S", "TOKEN=1", "--name-only"]), "", "{what}");
        undo(&history);
        is_as(&history, &before);
    }
}

#[test]
fn u06_a_conflict_in_a_file_that_git_does_not_know_is_in_the_file_alone() {
    // Renamed, and both sides have changed the same line.
    let history = with_secret("");
    history.write("settings.env", lines(&[(2, "TOKEN=2")]));
    history.update(&[]).failure(1);
    assert!(String::from_utf8(history.read("config/app.env").unwrap()).unwrap().contains("TOKEN=2"));
    assert_eq!(history.git(&["ls-files", "--unmerged"]), "");
    // Not changed at all: no secret, but nothing that the team wants in git.
    let history = with_secret("");
    history.write("settings.env", lines(&[]));
    history.template("2.0.0", &files(&[("x", "x\n"), ("config/app.env", &lines(&[]))]), "");
    history.update(&[]).success();
    assert_eq!(history.git(&["ls-files", "config"]), "");
    // Given up by the template, and changed by the team: what was generated shows it, and nothing of the team's.
    let history = with_secret("");
    history.template("2.0.0", &files(&[("x", "x\n")]), "");
    history.update(&[]).failure(1);
    assert_eq!(history.read("settings.env").unwrap(), lines(&[(9, "TOKEN=1")]).as_bytes());
    let unmerged = history.git(&["ls-files", "--unmerged"]);
    assert!(unmerged.lines().count() == 1 && unmerged.contains(" 1\tsettings.env"), "{unmerged}");
    assert!(!history.git(&["cat-file", "-p", ":1:settings.env"]).contains("TOKEN"));
}

/// A project whose template changes `a` in its new version.
fn licensed() -> History {
    let history = History::new(&files(&[("x", "x\n"), ("a", &lines(&[]))]), "");
    history.template("2.0.0", &files(&[("x", "x\n"), ("a", &lines(&[(2, "T")]))]), "");
    history
}

/// Updates, and tells what became of a text of the user's own.
#[track_caller]
fn stays(history: &History, path: &str, what: &str) {
    let before = history.read(path).unwrap();
    let (code, report) = history.updated(&["--allow-dirty"]);
    assert_eq!(code, Some(0), "{what}");
    assert_eq!(history.read(path).unwrap(), before, "{what}: {report:#}");
    assert_eq!(report["files"][0]["status"], "kept-deleted", "{what}");
}

#[test]
fn u07_a_text_that_stood_beside_the_generated_one_is_no_move_of_it() {
    let third_party = lines(&[(12, "of somebody else")]);
    let history = licensed();
    history.write("third-party", &third_party);
    history.commit();
    history.delete("a");
    history.commit();
    stays(&history, "third-party", "committed long before, deleted in a commit");
    let history = licensed();
    history.write("third-party", &third_party);
    history.commit();
    history.delete("a");
    stays(&history, "third-party", "committed long before, just deleted");
    let history = licensed();
    history.write("a.bak", lines(&[]));
    history.delete("a");
    stays(&history, "a.bak", "an untracked copy, just deleted");
    let history = licensed();
    history.write("a.bak", lines(&[]));
    history.delete("a");
    history.git(&["commit", "--quiet", "--all", "--message", "no a"]);
    stays(&history, "a.bak", "an untracked copy, deleted in a commit");
    let history = licensed();
    history.delete("a");
    history.commit();
    history.write("late", &third_party);
    history.commit();
    stays(&history, "late", "made after the other was deleted");
}

#[test]
fn u07_a_move_is_followed_however_it_was_made() {
    let git_mv: fn(&History) = |history| drop(history.git(&["mv", "a", "b"]));
    let mv: fn(&History) = |history| history.rename("a", "b");
    let mv_and_edit: fn(&History) = |history| {
        history.rename("a", "b");
        let mut file = fs::OpenOptions::new().append(true).open(history.path("b")).unwrap();
        std::io::Write::write_all(&mut file, b"mine\n").unwrap();
    };
    let committed: fn(&History) = |history| {
        history.rename("a", "b");
        history.commit();
    };
    let twice: fn(&History) = |history| {
        history.rename("a", "sub/first");
        history.commit();
        history.rename("sub/first", "b");
        history.commit();
    };
    let once_and_again: fn(&History) = |history| {
        history.rename("a", "first");
        history.commit();
        history.rename("first", "b");
    };
    let beside_its_likeness: fn(&History) = |history| {
        history.write("likeness", lines(&[(12, "of somebody else")]));
        history.commit();
        history.rename("a", "b");
        history.commit();
    };
    for (what, step) in [
        ("git mv", git_mv),
        ("mv", mv),
        ("mv and an edit", mv_and_edit),
        ("mv and a commit", committed),
        ("two commits", twice),
        ("a commit and mv", once_and_again),
        ("beside its likeness", beside_its_likeness),
    ] {
        let history = licensed();
        step(&history);
        let before = state(&history);
        let (code, report) = history.updated(&["--allow-dirty"]);
        assert_eq!(code, Some(0), "{what}");
        let text = String::from_utf8(history.read("b").unwrap()).unwrap();
        assert!(text.starts_with("line 1 of the file\nT\n"), "{what}: {text}\n{report:#}");
        undo(&history);
        is_as(&history, &before);
    }
}

#[test]
fn u07_an_own_file_with_the_text_of_a_new_one_takes_no_edit_away() {
    let moved = "[[migration]]\nto = \"2.0.0\"\nmove = { \"a\" = \"c\" }\n";
    for (manifest, is_executable, is_moved) in
        [("", false, false), (moved, false, false), ("", true, false), ("", false, true), (moved, false, true)]
    {
        let history = licensed();
        history.write("a", lines(&[(3, "edited")]));
        history.write("c", lines(&[]));
        if is_executable {
            history.make_executable("c");
        }
        history.commit();
        if is_moved {
            history.rename("a", "mine");
            history.commit();
        }
        let before = state(&history);
        // What git takes for the old file under a new name, and what the user has there already.
        history.template("2.0.0", &files(&[("x", "x\n"), ("c", &lines(&[]))]), manifest);
        let (code, report) = history.updated(&[]);
        assert_eq!(code, Some(1), "{report:#}");
        let tree = history.tree();
        let holds = |text: &str| tree.values().any(|file| String::from_utf8_lossy(&file.bytes).contains(text));
        assert!(holds("edited\n"), "{report:#}");
        assert_eq!(history.text("c"), lines(&[]));
        undo(&history);
        is_as(&history, &before);
    }
}

#[test]
fn u07_an_own_file_that_looks_like_an_old_one_is_not_taken_for_it() {
    let moved: fn(&History) = |history| history.rename("a", "mine");
    let deleted: fn(&History) = |history| history.delete("a");
    for (what, step) in [("moved", moved), ("deleted", deleted)] {
        let history = licensed();
        history.write("c", lines(&[(9, "own")]));
        history.commit();
        step(&history);
        history.commit();
        let before = state(&history);
        history.template("2.0.0", &files(&[("x", "x\n"), ("c", &lines(&[(2, "T")]))]), "");
        let (code, report) = history.updated(&[]);
        assert_eq!(code, Some(1), "{what}: {report:#}");
        assert!(history.text("c").contains("<<<<<<< yours\n"), "{what}: {}", history.text("c"));
        assert_eq!(history.git(&["show", ":2:c"]), lines(&[(9, "own")]), "{what}");
        assert_eq!(history.git(&["show", ":3:c"]), lines(&[(2, "T")]), "{what}");
        undo(&history);
        is_as(&history, &before);
    }
    // Where the same move was made on both sides, it is one file.
    let history = licensed();
    history.rename("a", "c");
    history.commit();
    history.write("c", lines(&[(9, "own")]));
    history.commit();
    history.template("2.0.0", &files(&[("x", "x\n"), ("c", &lines(&[(2, "T")]))]), "");
    history.update(&[]).success();
    assert_eq!(history.text("c"), lines(&[(2, "T"), (9, "own")]));
}

#[test]
fn u07_a_move_is_remembered_whatever_the_template_does_with_the_file_later() {
    for is_changed_at_once in [true, false] {
        let history = licensed();
        history.rename("a", "b");
        history.commit();
        let line = |number: usize| history.text("b").lines().nth(number - 1).map(str::to_owned);
        let change = if is_changed_at_once { lines(&[(2, "T")]) } else { lines(&[]) };
        history.template("2.0.0", &files(&[("x", "X\n"), ("a", &change)]), "");
        let (code, report) = history.updated(&[]);
        assert_eq!(code, Some(0), "{report:#}");
        assert!(!report["files"].to_string().contains("kept-deleted"), "{report:#}");
        assert!(history.text(".launchway/orders.toml").contains("[ownership.moved]\na = \"b\"\n"));
        history.commit();
        history.launchway(&["check"]).success();
        assert!(history.update(&[]).success().contains("nothing to do"));
        history.template("3.0.0", &files(&[("x", "X\n"), ("a", &lines(&[(2, "T"), (5, "T3")]))]), "");
        history.update(&[]).success();
        assert_eq!((line(2), line(5)), (Some("T".to_owned()), Some("T3".to_owned())), "{is_changed_at_once}");
        history.commit();
        // Both sides give it another name; the user's stays.
        history.rename("b", "deep/c");
        history.commit();
        let moved = "[[migration]]\nto = \"4.0.0\"\nmove = { \"a\" = \"z\" }\n";
        history.template("4.0.0", &files(&[("x", "X\n"), ("z", &lines(&[(2, "T"), (5, "T3"), (8, "T4")]))]), moved);
        history.update(&[]).success();
        assert_eq!(history.text("deep/c"), lines(&[(2, "T"), (5, "T3"), (8, "T4")]), "{is_changed_at_once}");
        assert_eq!((history.read("z"), history.read("b")), (None, None));
        history.commit();
        assert!(history.update(&[]).success().contains("nothing to do"));
        history.delete("deep/c");
        history.commit();
        history.template("5.0.0", &files(&[("x", "X\n"), ("z", &lines(&[(2, "5")]))]), "");
        let (_, report) = history.updated(&[]);
        assert_eq!(report["files"][0]["status"], "kept-deleted", "{report:#}");
        assert!(!history.text(".launchway/orders.toml").contains("moved"));
    }
}

#[test]
fn u08_an_update_that_was_cut_off_at_any_step_of_git_or_of_the_disk_is_done_by_the_next() {
    // Killed when everything is written and git was not told, or not of everything.
    for (call, number) in [("renameat2", 2), ("renameat2", 4), ("unlink,unlinkat", 1), ("unlink,unlinkat", 3)] {
        let history = outdated();
        let mut strace = workspace::hermetic(Path::new("strace")).unwrap();
        strace.args(["-qq", "-o", "/dev/null", "-e", &format!("trace={call}")]);
        strace.args(["-e", &format!("inject={call}:signal=KILL:when={number}")]).arg("--").arg(crate::program::path());
        strace.args(["update", "--template", "../template", "--no-input"]).current_dir(history.project());
        assert_ne!(run(&mut strace).code, Some(0));
        let is_half_written = history.path(".launchway/.edit/journal").exists();
        let preview = ["update", "--dry-run", "--template", "../template"];
        for words in [&["check"][..], &["diff"], &["why", "a"], &preview] {
            let said = history.launchway(words).stderr;
            assert_eq!(said.contains("has left some of its files here"), is_half_written, "{call} {number}: {said}");
        }
        let ran = history.update(&[]);
        assert_eq!(ran.code, Some(0), "{call} {number}: {}", ran.stderr);
        assert!(ran.stderr.contains("a change that was cut off was taken back"), "{call} {number}: {}", ran.stderr);
        assert_eq!(history.read("c").unwrap(), b"c\n");
        assert_eq!(history.git(&["status", "--porcelain", "--untracked-files=all"]).matches("?? ").count(), 0);
    }
}

#[test]
fn u08_an_undo_that_ended_between_the_files_and_gits_index_is_done_by_the_next() {
    let history = outdated();
    history.write(".gitattributes", "a text eol=crlf\n");
    history.commit();
    let before = state(&history);
    history.update(&[]).success();
    // Another git that is at work, or that was killed.
    history.write(".git/index.lock", "");
    let said = history.launchway(&["update", "--undo"]).failure(74);
    assert!(said.contains("the files are back; git's index is not: run it once more"), "{said}");
    history.delete(".git/index.lock");
    undo(&history);
    is_as(&history, &before);
}

#[test]
fn u08_what_somebody_did_after_an_update_was_cut_off_is_theirs() {
    let history = outdated();
    let before = state(&history);
    history.update(&[]).success();
    // As if it had been killed before its last step.
    let undo = "refs/worktree/launchway/orders/undo";
    history.git(&["update-ref", "refs/worktree/launchway/orders/writing", undo]);
    history.git(&["update-ref", "-d", undo]);
    history.write("a", "since\n");
    let said = history.update(&["--allow-dirty"]).failure(3);
    assert!(said.contains("was cut off, and somebody has changed `a` since"), "{said}");
    assert_eq!(history.read("a").unwrap(), b"since\n");
    history.launchway(&["update", "--undo", "--allow-dirty"]).success();
    is_as(&history, &before);
    assert_eq!(history.git(&["show", "refs/launchway/orders/before-undo:a"]), "since\n");
}

#[test]
fn u18_a_preview_after_a_command_that_was_cut_off_ends_as_the_command_would() {
    let history = outdated();
    history.update(&[]).success();
    let undo = "refs/worktree/launchway/orders/undo";
    history.git(&["update-ref", "refs/worktree/launchway/orders/writing", undo]);
    history.git(&["update-ref", "-d", undo]);
    let ran = history.update(&["--dry-run", "--allow-dirty"]);
    assert!(ran.stderr.contains("note: a change that was cut off comes back first"), "{}", ran.stderr);
    ran.success();
    history.write("a", "since\n");
    let preview = history.update(&["--dry-run", "--allow-dirty"]).failure(3);
    assert!(preview.contains("was cut off, and somebody has changed `a` since"), "{preview}");
    let real = history.update(&["--allow-dirty"]).failure(3);
    assert!(preview.ends_with(&real), "{preview}\n{real}");
}

#[test]
fn u08_the_record_of_every_command_comes_last() {
    // The order of the renames into place, as the system sees it.
    let history = outdated();
    let trace = history.folder().join("trace");
    let mut strace = workspace::hermetic(Path::new("strace")).unwrap();
    strace.args(["-qq", "-o"]).arg(&trace).args(["-e", "trace=renameat2"]).arg("--").arg(crate::program::path());
    run(strace.args(["update", "--template", "../template", "--no-input"]).current_dir(history.project())).success();
    let trace = fs::read_to_string(trace).unwrap();
    let names: Vec<&str> = trace.lines().filter_map(|line| line.split('"').nth(3)).collect();
    assert_eq!(names.last(), Some(&"orders.toml"), "{trace}");
    assert!(names.contains(&"a") && names.contains(&"c"), "{trace}");
}

#[test]
fn u02_a_link_in_the_place_of_a_file_is_neither_followed_nor_replaced_by_undo() {
    let history = outdated();
    history.update(&[]).success();
    let outside = history.folder().join("outside");
    fs::write(&outside, "outside\n").unwrap();
    history.delete("a");
    symlink(&outside, history.path("a")).unwrap();
    history.launchway(&["update", "--undo"]).failure(3);
    assert_eq!(fs::read(&outside).unwrap(), b"outside\n");
    assert!(history.path("a").is_symlink());
}

#[test]
fn u02_rights_come_back_and_nothing_of_the_user_is_asked_for() {
    let history = outdated();
    fs::set_permissions(history.path("a"), fs::Permissions::from_mode(0o755)).unwrap();
    history.commit();
    let before = state(&history);
    history.update(&[]).success();
    undo(&history);
    is_as(&history, &before);
    // From outside of the folder, too.
    history.update(&[]).success();
    let mut command: Command = crate::program::launchway();
    run(command.args(["update", "orders", "--undo"]).current_dir(history.folder())).success();
    is_as(&history, &before);
}
