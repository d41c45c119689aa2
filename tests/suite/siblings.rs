//! What must never be lost, in other places than those in which it was first seen: one more case of the rows `u01` to `u18`.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use xtask::workspace;

use crate::history::{History, files, lines};
use crate::lost::{is_as, outdated, state};
use crate::program::{GIT_IDENTITY, Ran, launchway, run, write_executable};

const RECORD: &str = ".launchway/orders.toml";

/// A project of the built-in template, committed.
struct BuiltIn(TempDir);

impl BuiltIn {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let new = ["new", "orders", "--target=ecs", "--no-input"];
        run(launchway().args(new).envs(GIT_IDENTITY).current_dir(folder.path())).success();
        Self(folder)
    }

    fn project(&self) -> std::path::PathBuf {
        self.0.path().join("orders")
    }

    fn git(&self, words: &[&str]) -> String {
        let mut git = std::process::Command::new("git");
        run(git.args(words).current_dir(self.project()).envs(GIT_IDENTITY)).success()
    }

    fn launchway(&self, words: &[&str]) -> Ran {
        run(launchway().args(words).current_dir(self.project()))
    }

    fn state(&self) -> (xtask::tree::Tree, String) {
        let mut tree = xtask::tree::read(&self.project()).unwrap();
        tree.retain(|path, _| !path.starts_with(".git/"));
        (tree, self.git(&["ls-files", "--stage", "-v"]) + &self.git(&["status", "--porcelain=v2"]))
    }
}

/// Runs a command that waits before its first exchange of files, and saves a file meanwhile.
fn saved_while_writing(history: &History, words: &[&str], path: &str, text: &str) -> Ran {
    let mut strace = workspace::hermetic(Path::new("strace")).unwrap();
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=renameat2"]);
    // The first one is of the staging itself.
    strace.args(["-e", "inject=renameat2:delay_enter=1000000:when=2", "--"]).arg(crate::program::path());
    strace.args(words).current_dir(history.project());
    std::thread::scope(|scope| {
        let ran = scope.spawn(|| run(strace));
        let (journal, start) = (history.path(".launchway/.edit/journal"), Instant::now());
        while !journal.exists() && start.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(journal.exists(), "{words:?} writes no journal");
        history.write(path, text);
        ran.join().unwrap()
    })
}

#[test]
fn u01_what_is_saved_while_waivers_are_written_or_an_update_is_taken_back_is_still_there() {
    let agreement = "[[agreement]]\nid = \"limit\"\nsays = \"the limit\"\n\
         place = [{ file = \"x.toml\", at = \"/limit\" }, { file = \"y.toml\", at = \"/limit\" }]\n";
    let text = [("x.toml", "limit = 7\n"), ("y.toml", "limit = 7\n"), ("a", "a\n")];
    let history = History::new(&files(&text), agreement);
    let waivers = ".launchway/orders.waivers";
    history.launchway(&["waive", "limit", "--because", "x"]).success();
    history.commit();
    let saved = format!("# saved meanwhile\n{}", history.text(waivers));
    let said = saved_while_writing(&history, &["waive", "limit", "--because", "y"], waivers, &saved).failure(74);
    assert!(said.contains("hint:"), "{said}");
    assert_eq!(history.text(waivers), saved);
    let history = outdated();
    history.update(&[]).success();
    let saved = "saved meanwhile\n";
    saved_while_writing(&history, &["update", "--undo"], "a", saved).failure(74);
    assert_eq!(history.text("a"), saved);
    assert_eq!(history.text("c"), "c\n", "nothing of it was taken back");
}

#[test]
fn u02_taking_an_added_service_back_goes_into_no_submodule() {
    let project = BuiltIn::new();
    let other = outdated();
    let address = other.project().display().to_string();
    project.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &address, "module"]);
    project.git(&["commit", "--quiet", "--all", "--message", "a submodule"]);
    project.git(&["config", "submodule.recurse", "true"]);
    fs::write(project.project().join("module/b"), "work in the submodule\n").unwrap();
    let before = project.state();
    project.launchway(&["add", "service", "billing", "--defaults"]).success();
    project.launchway(&["update", "--undo", "--service", "billing"]).success();
    let after = project.state();
    assert_eq!(xtask::tree::differences(&before.0, &after.0), Vec::<String>::new());
    assert_eq!(before.1, after.1);
    assert_eq!(fs::read_to_string(project.project().join("module/b")).unwrap(), "work in the submodule\n");
}

#[test]
fn u03_what_a_setting_keeps_git_from_seeing_is_seen_or_named() {
    // A monitor that says that nothing has changed.
    let history = outdated();
    write_executable(&history.path(".git/lie"), "#!/bin/sh\nprintf 'token\\0'\n");
    history.git(&["config", "core.fsmonitor", &history.path(".git/lie").display().to_string()]);
    history.git(&["update-index", "--fsmonitor"]);
    history.git(&["status"]);
    history.write("a", lines(&[(9, "never committed")]));
    assert_eq!(history.git(&["status", "--porcelain"]), "", "git believes it");
    let said = history.update(&[]).failure(3);
    assert!(said.contains("there are changes that are not committed, in `a`"), "{said}");
    // A setting by which git takes all files for unchanged.
    let history = outdated();
    history.git(&["config", "core.ignoreStat", "true"]);
    history.write("a", lines(&[(8, "committed")]));
    history.commit();
    history.write("a", lines(&[(9, "never committed")]));
    assert_eq!(history.git(&["status", "--porcelain"]), "", "git believes it");
    let before = history.tree();
    let said = history.update(&[]).failure(3);
    assert!(said.contains("git was told that `a` never changes"), "{said}");
    assert_eq!(history.tree(), before);
}

#[test]
fn u04_an_added_service_keeps_what_was_staged_and_what_was_not() {
    let project = BuiltIn::new();
    let lock = project.project().join("Cargo.lock");
    let text = fs::read_to_string(&lock).unwrap();
    fs::write(&lock, format!("# staged\n{text}")).unwrap();
    project.git(&["add", "Cargo.lock"]);
    fs::write(&lock, format!("# not staged\n{text}")).unwrap();
    let before = project.state();
    project.launchway(&["add", "service", "billing", "--defaults", "--allow-dirty"]).success();
    let saved = "refs/launchway/billing/before-update";
    let first =
        |of: &str| project.git(&["show", &format!("{saved}{of}:Cargo.lock")]).lines().next().unwrap().to_owned();
    assert_eq!((first(""), first("^2")), ("# not staged".to_owned(), "# staged".to_owned()));
    project.launchway(&["update", "--undo", "--service", "billing"]).success();
    let after = project.state();
    assert_eq!(xtask::tree::differences(&before.0, &after.0), Vec::<String>::new());
    assert_eq!(before.1, after.1);
}

#[test]
fn u05_the_command_of_gits_names_what_was_changed_and_nothing_else() {
    let history = outdated();
    history.write("b", "never committed\n");
    let (_, report) = history.updated(&["--allow-dirty"]);
    let command = report["way_back_git"].as_str().unwrap();
    assert!(!command.contains(" . ") && !command.ends_with(" ."), "{command}");
    let list = command.split("cat-file blob ").nth(1).unwrap().split(' ').next().unwrap();
    let paths = history.git(&["cat-file", "blob", list]);
    let mut paths: Vec<&str> = paths.split_terminator('\0').collect();
    paths.sort_unstable();
    assert_eq!(paths, [".launchway/orders.base", RECORD, "a", "c", "gone/d"]);
    history.write("b", "written since\n");
    history.shell(command);
    assert_eq!(history.text("b"), "written since\n");
    assert_eq!(history.text("a"), lines(&[]));
}

#[test]
fn u06_a_file_that_git_does_not_know_and_does_not_ignore_stays_unknown_under_a_new_name() {
    let moved = "[[migration]]\nto = \"2.0.0\"\nmove = { \"settings.env\" = \"config/app.env\" }\n";
    for (is_changed, manifest) in [(true, ""), (false, ""), (true, moved), (false, moved)] {
        let history = History::new(&files(&[("x", "x\n"), ("settings.env", &lines(&[]))]), "");
        history.git(&["rm", "--quiet", "--cached", "settings.env"]);
        history.git(&["commit", "--quiet", "--message", "not in git"]);
        if is_changed {
            history.write("settings.env", lines(&[(9, "TOKEN=1")]));
        }
        history.template("2.0.0", &files(&[("x", "x\n"), ("config/app.env", &lines(&[(2, "T")]))]), manifest);
        let before = state(&history);
        let ran = history.update(&[]);
        assert!(matches!(ran.code, Some(0 | 1)), "{}", ran.stderr);
        assert_eq!(history.git(&["ls-files", "config", "settings.env"]), "", "{is_changed}");
        assert_eq!(history.git(&["diff", "--cached", "-S", "TOKEN=1", "--name-only"]), "");
        history.launchway(&["update", "--undo"]).success();
        is_as(&history, &before);
    }
}

#[test]
fn u07_a_second_name_of_a_file_that_was_committed_is_no_move_of_it() {
    // Two names of one file of the disk, as a hard link makes them.
    for is_committed in [true, false] {
        let history = History::new(&files(&[("x", "x\n"), ("a", &lines(&[]))]), "");
        fs::hard_link(history.path("a"), history.path("copy")).unwrap();
        history.commit();
        history.template("2.0.0", &files(&[("x", "x\n"), ("a", &lines(&[(2, "T")]))]), "");
        history.delete("a");
        if is_committed {
            history.commit();
        }
        let (code, report) = history.updated(&["--allow-dirty"]);
        assert_eq!((code, &report["files"][0]["status"]), (Some(0), &Value::from("kept-deleted")), "{report:#}");
        assert_eq!(history.text("copy"), lines(&[]), "{is_committed}");
    }
}

#[test]
fn u08_after_a_reset_by_git_an_update_that_was_cut_off_is_done_by_the_next() {
    let history = outdated();
    history.update(&[]).success();
    let undo = "refs/worktree/launchway/orders/undo";
    history.git(&["update-ref", "refs/worktree/launchway/orders/writing", undo]);
    history.git(&["update-ref", "-d", undo]);
    history.git(&["reset", "--quiet", "--hard"]);
    history.update(&[]).success();
    assert_eq!((history.text("a"), history.text("c")), (lines(&[(2, "T")]), "c\n".to_owned()));
    // Or it was committed as it was: then there is nothing to take back.
    history.git(&["update-ref", "refs/worktree/launchway/orders/writing", undo]);
    history.git(&["update-ref", "-d", undo]);
    history.commit();
    let before = state(&history);
    assert!(history.update(&[]).success().contains("nothing to do"));
    is_as(&history, &before);
}

#[test]
fn u10_agreements_of_another_update_are_no_part_of_the_record() {
    let agreement = |says: &str| {
        format!(
            "[[agreement]]\nid = \"limit\"\nsays = \"{says}\"\nplace = [{{ file = \"x.toml\", at = \"/limit\" }}, {{ file = \"y.toml\", at = \"/limit\" }}]\n"
        )
    };
    let text = [("x.toml", "limit = 7\n"), ("y.toml", "limit = 7\n")];
    let history = History::new(&files(&text), &agreement("the limit"));
    let path = ".launchway/orders.agreements.json";
    let old = history.read(path).unwrap();
    history.template("2.0.0", &files(&text), &agreement("the limit of both"));
    history.update(&[]).success();
    history.commit();
    assert_ne!(history.read(path).unwrap(), old);
    history.write(path, old);
    for words in [&["check"][..], &["diff"], &["why", "x.toml"], &["waive", "limit", "--because", "x"]] {
        let said = history.launchway(words).failure(1);
        assert!(said.contains("are not of the same update"), "{words:?}: {said}");
        assert!(said.contains("launchway update --resolve-record"), "{words:?}: {said}");
    }
}

#[test]
fn u11_attributes_that_somebody_deleted_come_back_with_the_next_update() {
    let history = outdated();
    history.delete(".launchway/.gitattributes");
    history.commit();
    history.update(&[]).success();
    assert!(history.text(".launchway/.gitattributes").contains("*.base binary"));
    assert_eq!(history.git(&["ls-files", ".launchway/.gitattributes"]).trim(), ".launchway/.gitattributes");
}

#[test]
fn u12_nothing_of_gits_has_a_part_in_a_diff() {
    let history = outdated();
    history.write("a", lines(&[(3, "ours")]));
    history.commit();
    let before = history.launchway(&["diff"]).success();
    assert!(before.contains("+ours\n"), "{before}");
    for attributes in ["* -diff\n", "* diff=own\n", "* binary\n"] {
        history.write(".gitattributes", attributes);
        history.git(&["config", "diff.own.textconv", "tr a-z A-Z"]);
        history.git(&["config", "diff.external", "false"]);
        history.git(&["config", "diff.noprefix", "true"]);
        let mut command = launchway();
        command.arg("diff").env("GIT_EXTERNAL_DIFF", "false").current_dir(history.project());
        assert_eq!(run(command).success(), before, "{attributes}");
    }
}

#[test]
fn u13_what_replaced_the_folder_of_a_file_stops_no_update() {
    for what in ["file", "link"] {
        for is_changed in [true, false] {
            let history = History::new(&files(&[("a", "a\n"), ("sub/b", "b\n")]), "");
            let change = if is_changed { "B\n" } else { "b\n" };
            history.template("2.0.0", &files(&[("a", "A\n"), ("sub/b", change)]), "");
            fs::remove_dir_all(history.path("sub")).unwrap();
            if what == "file" {
                history.write("sub", "mine\n");
            } else {
                fs::create_dir(history.folder().join("elsewhere")).unwrap();
                std::os::unix::fs::symlink("../elsewhere", history.path("sub")).unwrap();
            }
            history.commit();
            let before = (what == "file").then(|| state(&history));
            let index = history.index();
            let ran = history.update(&[]);
            assert_eq!(ran.code, Some(i32::from(is_changed)), "{what}: {}{}", ran.stdout, ran.stderr);
            assert_eq!(history.text("a"), "A\n", "{what}");
            if what == "file" {
                assert_eq!(history.text("sub"), "mine\n");
            }
            assert!(history.read("../elsewhere/b").is_none(), "nothing is written through it");
            assert_eq!(history.path("sub").is_symlink(), what == "link");
            history.launchway(&["update", "--undo"]).success();
            if let Some(before) = &before {
                is_as(&history, before);
            }
            assert_eq!((history.index(), history.path("sub").is_symlink()), (index, what == "link"));
            history.update(&["--keep", "sub"]).success();
            assert_eq!(history.text("a"), "A\n", "{what}");
        }
    }
}

#[test]
fn u15_an_element_of_a_list_that_is_lost_stops_the_update_and_is_named() {
    let asking = |kind: &str| format!("[[question]]\nid = \"ports\"\nprompt = \"Ports\"\nhelp = \"H.\"\n{kind}\n");
    let choices = |list: &str| format!("kind = \"choices\"\nchoices = [{list}]\ndefault = [\"8080\"]");
    let both = "{ value = \"8080\" }, { value = \"9000\" }";
    let slugs = "kind = \"slugs\"\ndefault = [\"a\"]".to_owned();
    for (from, given, lost, to) in [
        (choices(both), "--ports=8080,9000", "9000", choices("{ value = \"8080\" }")),
        (slugs, "--ports=a,b", "`b`", choices("{ value = \"a\" }, { value = \"8080\" }")),
    ] {
        let history = History::with_words(&files(&[("a", "a\n")]), &asking(&from), &[given]);
        history.template("2.0.0", &files(&[("a", "a\n")]), &asking(&to));
        let before = state(&history);
        let said = history.update(&[]).failure(2);
        assert!(said.contains(lost) && said.contains("that was the answer so far"), "{said}");
        assert!(said.contains("--set ports="), "{said}");
        is_as(&history, &before);
    }
}

#[test]
fn u16_a_file_that_is_healed_and_that_git_ignores_is_said() {
    let history = History::new(&files(&[("a", "a\n"), ("deploy/x", "x\n")]), "");
    history.git(&["rm", "--quiet", "-r", "deploy"]);
    history.write(".gitignore", "deploy/\n");
    history.commit();
    let ran = history.update(&["--heal", "deploy/x"]);
    assert!(ran.stderr.contains("git is told to ignore `deploy/x`"), "{}", ran.stderr);
    ran.success();
    assert_eq!((history.text("deploy/x"), history.git(&["ls-files", "deploy"])), ("x\n".to_owned(), String::new()));
}

#[test]
fn u17_a_conflict_of_names_or_of_rights_is_a_finding_until_it_is_decided() {
    let text = lines(&[]);
    // Both have moved the file, to different names.
    let history = History::new(&files(&[("x", "x\n"), ("a", &text)]), "");
    history.rename("a", "c");
    history.commit();
    history.template("2.0.0", &files(&[("x", "x\n"), ("b", &text)]), "");
    decided(&history);
    // A name that the user has given a folder.
    let history = History::new(&files(&[("x", "x\n"), ("a", &text)]), "");
    history.write("a", lines(&[(9, "U")]));
    history.commit();
    history.template("2.0.0", &files(&[("x", "x\n"), ("a/b", "b\n")]), "");
    decided(&history);
    // The same text, which one of the two lets run.
    let history = History::new(&files(&[("x", "x\n"), ("a", &text)]), "");
    history.write("run", "mine\n");
    history.commit();
    let rule = "[[file]]\npath = \"run\"\nexecutable = true\n";
    history.template("2.0.0", &files(&[("x", "x\n"), ("a", &text), ("run", "theirs\n")]), rule);
    decided(&history);
}

/// Updates a project to a conflict, which has to be a finding until git has one side.
#[track_caller]
fn decided(history: &History) {
    let (code, report) = history.updated(&[]);
    assert_eq!(code, Some(1), "{report:#}");
    assert!(!history.git(&["ls-files", "--unmerged"]).is_empty(), "{report:#}");
    let check = history.launchway(&["check"]);
    assert_eq!(check.code, Some(1), "{}", check.stdout);
    assert!(check.stdout.contains("a conflict of an update is not"), "{}", check.stdout);
    history.update(&[]).failure(1);
    for file in report["files"].as_array().unwrap().iter().filter(|file| file["status"] == "conflict") {
        let path = file["path"].as_str().unwrap();
        let text = history.read(path).map(|bytes| String::from_utf8(bytes).unwrap()).unwrap_or_default();
        if text.contains("<<<<<<< ") {
            history.write(path, "decided\n");
        }
    }
    history.commit();
    history.launchway(&["check"]).success();
    history.update(&[]).success();
}

#[test]
fn u18_every_refusal_of_an_update_is_one_of_its_preview() {
    type Step = fn(&History);
    let steps: [(&str, Step, &[&str]); 8] = [
        ("assume-unchanged", |it| drop(it.git(&["update-index", "--assume-unchanged", "a"])), &[]),
        ("skip-worktree", |it| drop(it.git(&["update-index", "--skip-worktree", "a"])), &[]),
        (
            "a repository inside",
            |it| {
                it.write("sub/.git/HEAD", "ref: refs/heads/main\n");
                it.template("2.0.0", &files(&[("a", &lines(&[])), ("b", "b\n"), ("sub/x", "x\n")]), "");
            },
            &[],
        ),
        (
            "another spelling",
            |it| {
                it.write("C", "mine\n");
                it.commit();
            },
            &[],
        ),
        ("a merge", |it| it.write(".git/MERGE_HEAD", it.git(&["rev-parse", "HEAD"])), &[]),
        (
            "a conflict without marks",
            |it| {
                it.template("2.0.0", &[("a".to_owned(), b"\0T".to_vec()), ("b".to_owned(), b"b\n".to_vec())], "");
                it.write("a", "\0U");
                it.commit();
            },
            &["--conflicts=marks"],
        ),
        ("nothing to keep", |_| {}, &["--keep", "nothing"]),
        ("nothing to heal", |_| {}, &["--heal", "nothing"]),
    ];
    for (name, step, words) in steps {
        let history = outdated();
        step(&history);
        let before = history.tree();
        let preview = history.update(&[words, &["--dry-run"]].concat());
        let real = history.update(words);
        assert_ne!(real.code, Some(0), "{name}");
        assert_eq!((preview.code, preview.stderr), (real.code, real.stderr), "{name}");
        assert_eq!(history.tree(), before, "{name}");
    }
}
