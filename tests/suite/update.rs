//! `launchway update` as its users see it: the states of a repository, the answers, and what holds for every update.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use launchway_core::Status;
use serde_json::Value;

use crate::history::{History, files, lines, without_defaults, without_page};
use crate::program::{GIT_IDENTITY, launchway, run, shell, write_executable};
use crate::sample;
use crate::terminal::{CONTROL_C, DOWN, ENTER, ESCAPE, Terminal, UP};

/// A project whose template has a new version that changes one line of a file and adds another file.
fn outdated() -> History {
    let history = History::new(&files(&[("a", &lines(&[])), ("b", "b\n")]), "");
    history.template("2.0.0", &files(&[("a", &lines(&[(2, "T")])), ("b", "b\n"), ("c", "c\n")]), "");
    history
}

#[track_caller]
fn is_updated(history: &History) {
    assert_eq!(history.read("a").unwrap(), lines(&[(2, "T")]).as_bytes());
    assert_eq!(history.read("c").unwrap(), b"c\n");
    assert!(String::from_utf8(history.read(".launchway/orders.toml").unwrap()).unwrap().contains("\"2.0.0\""));
}

/// Runs an update that must be refused; nothing may change.
#[track_caller]
fn refused(history: &History, words: &[&str], code: i32) -> String {
    let before = history.tree();
    let said = history.update(words).failure(code);
    assert_eq!(history.tree(), before, "{said}");
    said
}

#[test]
fn an_update_to_the_same_version_changes_nothing() {
    let history = outdated();
    history.template("1.0.0", &files(&[("a", &lines(&[])), ("b", "b\n")]), "");
    history.write("a", lines(&[(9, "U")]));
    history.commit();
    let before = history.tree();
    let (code, report) = history.updated(&[]);
    assert_eq!((code, &report["written"]), (Some(0), &Value::Bool(false)));
    assert_eq!(history.tree(), before);
    assert_eq!(history.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_project_from_a_folder_has_to_be_told_where_the_folder_is() {
    let history = outdated();
    let record = String::from_utf8(history.read(".launchway/orders.toml").unwrap()).unwrap();
    assert!(!record.contains(history.folder().to_str().unwrap()), "no path of a machine: {record}");
    let said = history.launchway(&["update", "--no-input"]).failure(2);
    assert!(said.contains("its record does not name the folder") && said.contains("--template ./folder"), "{said}");
}

#[test]
fn every_status_stands_in_the_documentation() {
    let page = fs::read_to_string(xtask::workspace::root().join("docs/update.md")).unwrap();
    for status in [
        Status::Conflict,
        Status::New,
        Status::Clean,
        Status::Merged,
        Status::Moved,
        Status::MovedAway,
        Status::Deleted,
        Status::Healed,
        Status::KeptDeleted,
        Status::Drifted,
        Status::Yours,
        Status::Kept,
    ] {
        let cell = format!("`{}`", status.id());
        assert!(
            page.lines().any(|line| line.starts_with("| ") && line.split('|').nth(1).unwrap().contains(&cell)),
            "{cell}"
        );
    }
}

#[test]
fn a_git_that_cannot_merge_without_a_work_tree_changes_nothing_and_is_told_apart() {
    let history = outdated();
    history.write("a", lines(&[(9, "U")]));
    history.commit();
    let before = history.tree();
    let git = run(Command::new("sh").args(["-c", "command -v git"])).success();
    let bin = tempfile::tempdir().unwrap();
    // What git 2.37 says of it.
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *merge-tree*) echo 'usage: git merge-tree <base-tree> <branch1> <branch2>' >&2; exit 129;; esac\n\
         exec {} \"$@\"\n",
        git.trim()
    );
    write_executable(&bin.path().join("git"), &script);
    let path = format!("{}:{}", bin.path().display(), std::env::var("PATH").unwrap());
    let update = ["update", "--template", "../template", "--no-input"];
    let said = run(launchway().args(update).current_dir(history.project()).env("PATH", path)).failure(74);
    assert!(said.contains("nothing was changed; a merge needs git 2.38 or newer"), "{said}");
    assert_eq!(history.tree(), before);
}

#[test]
fn a64_a_second_update_changes_nothing() {
    let history = outdated();
    history.update(&[]).success();
    is_updated(&history);
    history.commit();
    let before = history.tree();
    let said = history.update(&[]).success();
    assert!(said.contains("orders: nothing to do, it is at team 2.0.0"), "{said}");
    assert_eq!(history.tree(), before);
}

#[test]
fn a_dry_run_writes_nothing_at_all() {
    let history = outdated();
    let all = || xtask::tree::read(&history.project()).unwrap();
    let before = all();
    let said = history.update(&["--dry-run", "--diff"]).success();
    for line in
        ["orders: team 1.0.0 -> 2.0.0", "  clean         a", "  new           c", "-line 2 of the file", "+T", "+c"]
    {
        assert!(said.lines().any(|it| it == line), "`{line}` is not in\n{said}");
    }
    assert_eq!(all(), before);
}

#[test]
fn a_conflict_ends_with_1_until_it_is_solved() {
    let history = outdated();
    history.write("a", lines(&[(2, "U")]));
    history.commit();
    let ran = history.update(&[]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stdout.contains("  conflict      a\n"), "{}", ran.stdout);
    assert!(ran.stderr.contains("conflicts are left in 1 file"), "{}", ran.stderr);
    assert!(refused(&history, &[], 1).contains("conflicts are left in `a`"));
    let check = history.launchway(&["check"]);
    assert_eq!(check.code, Some(1));
    assert!(check.stdout.contains("a:2: a conflict of an update is not resolved yet"), "{}", check.stdout);
    history.write("a", lines(&[(2, "both")]));
    history.commit();
    history.launchway(&["check"]).success();
    history.update(&[]).success();
}

#[test]
fn a62_changes_that_are_not_committed_are_refused_or_kept() {
    let history = outdated();
    history.write("b", "mine\n");
    let said = refused(&history, &[], 3);
    assert!(said.contains("there are changes that are not committed, in `b`"), "{said}");
    assert!(said.contains("--allow-dirty"), "{said}");
    history.git(&["add", "b"]);
    refused(&history, &[], 3);
    let (code, report) = history.updated(&["--allow-dirty"]);
    assert_eq!(code, Some(0));
    is_updated(&history);
    assert_eq!(history.read("b").unwrap(), b"mine\n");
    history.shell(report["way_back"].as_str().unwrap());
    assert_eq!(history.read("b").unwrap(), b"mine\n");
    assert_eq!(history.read("a").unwrap(), lines(&[]).as_bytes());
    assert_eq!(history.read("c"), None);
}

#[test]
fn a62_what_git_has_not_finished_is_finished_first() {
    for (file, what) in [
        ("rebase-merge", "a rebase"),
        ("rebase-apply", "a rebase"),
        ("MERGE_HEAD", "a merge"),
        ("CHERRY_PICK_HEAD", "a cherry-pick"),
        ("REVERT_HEAD", "a revert"),
    ] {
        let history = outdated();
        history.write(&format!(".git/{file}"), history.git(&["rev-parse", "HEAD"]));
        assert!(refused(&history, &[], 3).contains(&format!("{what} is in progress")));
    }
}

#[test]
fn a62_a_patch_that_does_not_apply_is_noticed_with_the_command_that_goes_on() {
    let history = outdated();
    history.git(&["checkout", "--quiet", "-b", "one"]);
    history.write("b", "1\n");
    history.commit();
    let patch = history.git(&["format-patch", "-1", "--stdout"]);
    history.git(&["checkout", "--quiet", "main"]);
    history.write("b", "2\n");
    history.commit();
    fs::write(history.folder().join("patch"), patch).unwrap();
    assert_ne!(run(history.git_command(&["am", "--quiet", "../patch"])).code, Some(0));
    let said = refused(&history, &[], 3);
    assert!(said.contains("an application of patches is in progress") && said.contains("git am --continue"), "{said}");
}

#[test]
fn a62_another_git_at_work_is_waited_for_and_then_nothing_is_written() {
    let history = outdated();
    history.write(".git/index.lock", "");
    for words in [&[][..], &["--dry-run"], &["--keep", "b"], &["--conflicts=marks"]] {
        let said = refused(&history, words, 75);
        assert!(said.contains("another git is at work") && said.contains("index.lock` is there"), "{said}");
    }
    history.delete(".git/index.lock");
    // What ends in a moment is waited for.
    history.write(".git/index.lock", "");
    let lock = history.path(".git/index.lock");
    let other = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(300));
        fs::remove_file(lock).unwrap();
    });
    history.update(&[]).success();
    other.join().unwrap();
}

#[test]
fn a62_a_record_that_the_checkout_leaves_out_is_named_and_not_made_anew() {
    let history = History::new(&files(&[("a", &lines(&[])), ("sub/b", "b\n")]), "");
    history.git(&["sparse-checkout", "set", "--cone", "sub"]);
    let record =
        "the checkout leaves out `.launchway/orders.toml` (sparse, or skip-worktree), the record of the project";
    let commands: [&[&str]; 6] = [
        &["check"],
        &["diff"],
        &["why", "a"],
        &["update", "--template", "../template"],
        &["update", "--undo"],
        &["adopt", "--template", "../template", "--name", "orders"],
    ];
    for words in commands {
        let said = history.launchway(words).failure(3);
        assert!(said.contains(record) && said.contains("git sparse-checkout disable"), "{words:?}: {said}");
    }
    assert!(!history.path(".launchway").exists());
    let below = run(launchway().arg("check").current_dir(history.path("sub"))).failure(3);
    assert!(below.contains("`../.launchway/orders.toml`"), "{below}");
    history.git(&["sparse-checkout", "disable"]);
    history.launchway(&["check"]).success();
}

#[test]
fn a62_a_rebase_that_stopped_is_really_noticed() {
    let history = outdated();
    for (branch, text) in [("one", "1\n"), ("two", "2\n")] {
        history.git(&["checkout", "--quiet", "-b", branch, "main"]);
        history.write("b", text);
        history.commit();
    }
    assert_ne!(run(history.git_command(&["rebase", "one"])).code, Some(0));
    assert!(refused(&history, &[], 3).contains("a rebase is in progress"));
}

#[test]
fn a62_without_a_commit_there_is_no_way_back() {
    let history = outdated();
    fs::remove_dir_all(history.path(".git")).unwrap();
    let said = refused(&history, &[], 3);
    assert!(said.contains("is not in a git repository"), "{said}");
    history.git(&["init", "--quiet"]);
    assert!(refused(&history, &[], 3).contains("nothing is committed yet"));
}

#[test]
fn the_first_commit_that_a_hint_names_has_the_files_of_the_project_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let new = ["new", "orders", "--target=both", "--no-input", "--no-git"];
    run(launchway().args(new).current_dir(folder.path())).success();
    let root = folder.path().join("orders");
    for (path, text) in [("secrets.env", "TOKEN=x\n"), ("deploy/own.pem", "key\n"), ("deploy/ecs/own.json", "{}\n")] {
        fs::write(root.join(path), text).unwrap();
    }
    let update = || run(launchway().args(["update", "orders", "--no-input"]).current_dir(folder.path())).failure(3);
    let command = |said: &str| {
        said.lines().find_map(|it| Some(it.split('`').nth(1)?.to_owned()).filter(|it| it.contains(" add ")))
    };
    let apart = update();
    let line = command(&apart).unwrap_or_else(|| panic!("{apart}"));
    let identity = "git config --global user.name A; git config --global user.email a@b.c";
    let line = line.replace(" commit", " commit --quiet --message First");
    run(shell(&format!("export HOME=$PWD; {identity}; {line}")).current_dir(folder.path())).success();
    let known = "git ls-files > ../committed && git status --porcelain --untracked-files=all";
    let left = run(shell(known).current_dir(&root)).success();
    assert_eq!(left, "?? deploy/ecs/own.json\n?? deploy/own.pem\n?? secrets.env\n");
    let committed = fs::read_to_string(folder.path().join("committed")).unwrap();
    assert!(committed.contains(".launchway/orders.toml") && committed.contains("deploy/ecs/deploy.sh"), "{committed}");
    run(shell("rm -rf .git && git init --quiet").current_dir(&root)).success();
    let there = update();
    let line = command(&there).unwrap_or_else(|| panic!("{there}"));
    assert!(!line.contains("--all") && line.len() < 600, "{line}");
    let line = line.replace("git commit", "git commit --quiet --message First");
    run(shell(&format!("export HOME=$PWD/..; {line}")).current_dir(&root)).success();
    assert_eq!(run(shell(known).current_dir(&root)).success(), left);
}

#[test]
fn a62_a_detached_head_and_a_linked_work_tree_are_fine() {
    let history = outdated();
    history.git(&["checkout", "--quiet", "--detach"]);
    history.update(&[]).success();
    is_updated(&history);
    let history = outdated();
    history.git(&["worktree", "add", "--quiet", "../linked", "-b", "linked"]);
    let update = ["update", "--template", "../template", "--no-input"];
    run(launchway().args(update).current_dir(history.folder().join("linked"))).success();
    assert_eq!(fs::read(history.folder().join("linked/c")).unwrap(), b"c\n");
    assert_eq!(history.read("c"), None);
}

#[test]
fn a62_a_shallow_clone_and_a_submodule_are_fine() {
    let history = outdated();
    let address = format!("file://{}", history.project().display());
    let git = |words: &[&str]| {
        let mut git = history.git_command(&["-c", "protocol.file.allow=always"]);
        run(git.args(words).current_dir(history.folder())).success()
    };
    git(&["clone", "--quiet", "--depth=1", &address, "shallow"]);
    git(&["init", "--quiet", "outer"]);
    git(&["-C", "outer", "submodule", "--quiet", "add", &address, "orders"]);
    for (folder, template) in [("shallow", "../template"), ("outer/orders", "../../template")] {
        let update = ["update", "--template", template, "--no-input"];
        run(launchway().args(update).current_dir(history.folder().join(folder))).success();
        assert_eq!(fs::read(history.folder().join(folder).join("c")).unwrap(), b"c\n", "{folder}");
    }
}

#[test]
fn a_project_in_a_folder_of_a_repository_is_updated_without_the_rest() {
    let history = outdated();
    let outer = history.folder().join("outer");
    fs::create_dir_all(outer.join("services")).unwrap();
    fs::remove_dir_all(history.path(".git")).unwrap();
    fs::rename(history.project(), outer.join("services/orders")).unwrap();
    fs::write(outer.join("other"), "other\n").unwrap();
    let git = |words: &[&str]| run(Command::new("git").args(words).current_dir(&outer).envs(GIT_IDENTITY)).success();
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "all"]);
    fs::write(outer.join("other"), "changed\n").unwrap();
    fs::write(outer.join("services/orders/a"), lines(&[(2, "U")])).unwrap();
    git(&["commit", "--quiet", "--message", "edit", "services"]);
    let update = ["update", "services/orders", "--template", "../template", "--no-input", "--output=json"];
    let ran = run(launchway().args(update).current_dir(&outer));
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let unmerged = git(&["ls-files", "--unmerged"]);
    assert_eq!(unmerged.matches("services/orders/a\n").count(), 3, "{unmerged}");
    assert_eq!(git(&["diff", "--name-only", "--diff-filter=M", "--", "other"]), "other\n");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["way_back"], "launchway update --undo services/orders");
    run(shell(report["way_back"].as_str().unwrap()).current_dir(&outer)).success();
    assert_eq!(git(&["status", "--porcelain"]), " M other\n");
}

#[test]
fn files_that_a_sparse_checkout_leaves_out_were_not_deleted() {
    let history = History::new(&files(&[("a", &lines(&[])), ("sub/b", "b\n")]), "");
    history.template("2.0.0", &files(&[("a", &lines(&[(2, "T")])), ("sub/b", "b\n")]), "");
    history.git(&["sparse-checkout", "set", "--no-cone", "/*", "!/sub/"]);
    assert_eq!(history.read("sub/b"), None);
    assert!(refused(&history, &[], 3).contains("the checkout leaves out `sub/b`"));
}

#[test]
fn a16_a_link_in_the_place_of_a_file_is_refused_and_leads_nowhere() {
    let history = outdated();
    let outside = history.folder().join("outside");
    fs::write(&outside, "outside\n").unwrap();
    for target in [outside.to_str().unwrap(), "nowhere", "b"] {
        history.delete("a");
        symlink(target, history.path("a")).unwrap();
        history.commit();
        history.update(&[]).failure(1);
        assert_eq!(fs::read(&outside).unwrap(), b"outside\n");
        assert_eq!(fs::read_link(history.path("a")).unwrap(), std::path::Path::new(target), "the link is a conflict");
        history.git(&["reset", "--quiet", "--hard"]);
    }
    fs::create_dir(history.folder().join("elsewhere")).unwrap();
    history.delete("a");
    history.write("a", lines(&[]));
    symlink("../elsewhere", history.path("sub")).unwrap();
    history.commit();
    history.template("2.0.0", &files(&[("a", &lines(&[])), ("b", "b\n"), ("sub/c", "c\n")]), "");
    history.update(&[]).failure(1);
    history.git(&["rm", "--quiet", "--cached", "sub/c"]);
    history.update(&["--allow-dirty", "--keep", "sub/c"]).success();
    assert_eq!(fs::read_dir(history.folder().join("elsewhere")).unwrap().count(), 0);
}

#[test]
fn a_folder_of_the_users_own_is_not_replaced_by_a_file() {
    let history = outdated();
    history.write("c/mine", "mine\n");
    history.commit();
    history.update(&[]).failure(1);
    assert_eq!(history.read("c/mine").unwrap(), b"mine\n");
}

#[test]
fn the_users_git_configuration_does_not_change_the_merge() {
    let history = outdated();
    for (key, value) in [
        ("core.autocrlf", "input"),
        ("diff.mnemonicPrefix", "true"),
        ("diff.noprefix", "true"),
        ("diff.renames", "false"),
        ("merge.renames", "false"),
        ("merge.conflictStyle", "diff3"),
        ("merge.canary.driver", "touch canary; exit 1"),
        ("commit.gpgSign", "true"),
        ("status.short", "true"),
        ("status.showUntrackedFiles", "no"),
        ("color.ui", "always"),
        ("core.quotePath", "true"),
    ] {
        history.git(&["config", key, value]);
    }
    for hook in ["pre-commit", "post-checkout", "post-index-change", "reference-transaction"] {
        history.write(&format!(".git/hooks/{hook}"), "#!/bin/sh\ntouch canary\nexit 1\n");
        history.make_executable(&format!(".git/hooks/{hook}"));
    }
    history.write(".git/info/attributes", "* merge=canary\n");
    history.write("a", lines(&[(9, "U")]));
    let words =
        ["-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false", "commit", "--quiet", "--all", "-m", "u"];
    history.git(&words);
    history.update(&[]).success();
    assert_eq!(history.read("a").unwrap(), lines(&[(2, "T"), (9, "U")]).as_bytes());
    assert_eq!(history.read("canary"), None);
}

#[test]
fn a61_one_update_at_a_time() {
    let history = outdated();
    let record = fs::File::open(history.path(".launchway")).unwrap();
    rustix::fs::flock(&record, rustix::fs::FlockOperation::LockExclusive).unwrap();
    assert!(refused(&history, &[], 75).contains("another launchway is at work"));
    // A program that another test starts at this moment has the folder open too, until it runs: closing it here would
    // not end the lock.
    rustix::fs::flock(&record, rustix::fs::FlockOperation::Unlock).unwrap();
    let codes: Vec<Option<i32>> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..6).map(|_| scope.spawn(|| history.update(&[]).code)).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    // Whoever comes second finds it done but not committed, or finds the lock.
    assert_eq!(codes.iter().filter(|code| **code == Some(0)).count(), 1, "{codes:?}");
    assert!(codes.iter().all(|code| matches!(code, Some(0 | 3 | 75))), "{codes:?}");
    is_updated(&history);
}

#[test]
fn a_file_that_git_does_not_look_at_is_never_staged_away() {
    let history = outdated();
    history.git(&["update-index", "--skip-worktree", "a"]);
    assert!(refused(&history, &[], 3).contains("the checkout leaves out `a`"));
    history.git(&["update-index", "--no-skip-worktree", "a"]);
    history.git(&["update-index", "--assume-unchanged", "a"]);
    history.write("a", lines(&[(9, "U")]));
    assert!(refused(&history, &[], 3).contains("git was told that `a` never changes"));
}

#[test]
fn what_left_the_index_and_what_has_an_odd_name_is_kept_too() {
    use std::os::unix::ffi::OsStrExt as _;
    let history = outdated();
    let odd = history.project().join(std::ffi::OsStr::from_bytes(b"caf\xe9"));
    fs::write(&odd, "one\n").unwrap();
    history.write("notes", "one\n");
    history.commit();
    history.git(&["rm", "--quiet", "--cached", "notes"]);
    history.write("notes", "two\n");
    fs::write(&odd, "two\n").unwrap();
    let (code, report) = history.updated(&["--allow-dirty"]);
    assert_eq!(code, Some(0));
    history.shell(report["way_back"].as_str().unwrap());
    assert_eq!(history.read("notes").unwrap(), b"two\n");
    assert_eq!(fs::read(&odd).unwrap(), b"two\n");
}

#[test]
fn files_that_are_called_like_a_side_of_the_merge_do_not_stop_it() {
    let history = outdated();
    for name in ["base/kustomization.yaml", "yours", "team-2.0.0"] {
        history.write(name, "mine\n");
    }
    history.write("a", lines(&[(9, "U")]));
    history.commit();
    history.update(&[]).success();
    assert_eq!(history.read("a").unwrap(), lines(&[(2, "T"), (9, "U")]).as_bytes());
}

#[test]
fn a_version_that_git_would_not_take_for_a_name_is_merged_too() {
    let history = outdated();
    history.template("2.0.0-rc.lock", &files(&[("a", &lines(&[(2, "T")])), ("b", "b\n")]), "");
    history.write("a", lines(&[(9, "U")]));
    history.commit();
    history.update(&[]).success();
}

#[test]
fn a_file_with_the_name_that_git_gives_to_a_side_is_not_overwritten() {
    let history = outdated();
    history.template("2.0.0", &files(&[("a/c", "c\n"), ("b", "b\n")]), "");
    history.write("a", lines(&[(9, "U")]));
    history.commit();
    history.write("a~yours", "mine\n");
    assert!(refused(&history, &[], 3).contains("`a~yours` is the name that git gives to one side of a conflict"));
}

#[test]
fn a_file_of_another_project_of_the_folder_is_not_taken_for_a_moved_one() {
    let orders = History::new(&files(&[("deploy/{{service}}.yaml", &lines(&[]))]), "");
    let new = ["new", "billing", "--template", "./template", "--no-input", "--no-git"];
    run(launchway().args(new).current_dir(orders.folder())).success();
    for name in ["toml", "base", "agreements.json"] {
        let file = format!(".launchway/billing.{name}");
        orders.write(&file, fs::read(orders.folder().join("billing").join(&file)).unwrap());
    }
    orders.rename("deploy/orders.yaml", "deploy/billing.yaml");
    orders.commit();
    orders.template("2.0.0", &files(&[("deploy/{{service}}.yaml", &lines(&[(2, "T")]))]), "");
    let (code, report) = orders.updated(&["--service", "orders"]);
    assert_eq!((code, report["files"][0]["status"].as_str()), (Some(0), Some("kept-deleted")), "{report:#}");
    assert_eq!(orders.read("deploy/billing.yaml").unwrap(), lines(&[]).as_bytes());
}

#[test]
fn a_secret_that_git_ignores_does_not_get_into_the_index() {
    let ignore = (".gitignore", ".env\n");
    let history = History::new(&files(&[("a", "a\n"), ignore]), "");
    history.template("2.0.0", &files(&[("a", "a\n"), ignore, (".env", "TOKEN=\n")]), "");
    history.write(".env", "TOKEN=1\n");
    let (code, report) = history.updated(&[]);
    assert_eq!(code, Some(1));
    assert_eq!(history.git(&["ls-files", ".env"]), "");
    history.shell(report["way_back"].as_str().unwrap());
    assert_eq!(history.read(".env").unwrap(), b"TOKEN=1\n");
    assert_eq!(history.git(&["ls-files", ".env"]), "");
    let history = History::new(&files(&[("a", "a\n"), ignore]), "");
    history.template("2.0.0", &files(&[("a", "a\n"), ignore, (".env", "TOKEN=\n")]), "");
    let report = history.updated(&[]).1;
    history.shell(report["way_back"].as_str().unwrap());
    assert_eq!(history.read(".env"), None, "what the update brought goes with it");
}

#[test]
fn where_git_cannot_be_told_the_report_and_the_way_back_are_there_all_the_same() {
    let history = outdated();
    // A filter without which git takes no file, and which fails at what the template brings.
    history.git(&["config", "filter.own.required", "true"]);
    history.git(&["config", "filter.own.clean", "awk '/^T$/ { exit 1 } { print }'"]);
    history.write(".git/info/attributes", "a filter=own\n");
    let ran = history.update(&[]);
    assert_eq!(ran.code, Some(74), "{}", ran.stderr);
    assert!(ran.stdout.contains("clean         a"), "{}", ran.stdout);
    assert!(ran.stderr.contains("to take it back: launchway update --undo\n"), "{}", ran.stderr);
    history.git(&["config", "--remove-section", "filter.own"]);
    history.shell(ran.stderr.lines().find_map(|line| line.strip_prefix("to take it back: ")).unwrap());
    assert_eq!(history.read("a").unwrap(), lines(&[]).as_bytes());
}

#[test]
fn a_conflict_stands_in_the_index_of_a_repository_with_longer_digests() {
    let history = outdated();
    fs::remove_dir_all(history.path(".git")).unwrap();
    history.git(&["init", "--quiet", "--object-format=sha256"]);
    history.write("a", lines(&[(2, "U")]));
    history.commit();
    history.update(&[]).failure(1);
    assert_eq!(history.git(&["ls-files", "--unmerged"]).lines().count(), 3);
}

#[test]
fn a_preview_does_not_even_refresh_the_index() {
    let history = outdated();
    let index = || fs::read(history.path(".git/index")).unwrap();
    let before = index();
    run(Command::new("touch").args(["-d", "2020-01-01"]).arg(history.path("a"))).success();
    history.update(&["--dry-run"]).success();
    assert!(index() == before);
}

#[test]
fn modes_that_git_does_not_look_at_are_no_edit_and_arrive_all_the_same() {
    let history = outdated();
    history.git(&["config", "core.fileMode", "false"]);
    history.make_executable("b");
    history.template("1.0.0", &files(&[("a", &lines(&[])), ("b", "b\n")]), "");
    assert!(history.update(&[]).success().contains("nothing to do"));
    let rule = "[[file]]\npath = \"run\"\nexecutable = true\n";
    history.template("2.0.0", &files(&[("a", &lines(&[])), ("b", "b\n"), ("run", "run\n")]), rule);
    let ran = history.update(&["--verbose"]);
    assert!(ran.stderr.contains("update-index --chmod=+x"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("update-index --chmod=-x"), "git is run for no file: {}", ran.stderr);
    ran.success();
    assert!(history.git(&["ls-files", "-s", "run"]).starts_with("100755"));
}

#[test]
fn nothing_lands_in_a_repository_inside_the_project() {
    let history = outdated();
    history.write("sub/.git/HEAD", "ref: refs/heads/main\n");
    history.template("2.0.0", &files(&[("a", &lines(&[])), ("b", "b\n"), ("sub/x", "x\n")]), "");
    assert!(refused(&history, &[], 3).contains("`sub/x` would land in a repository of its own"));
}

#[test]
fn marks_are_never_merged_into_marks() {
    let history = outdated();
    history.write("a", lines(&[(2, "U")]));
    history.commit();
    history.update(&[]).failure(1);
    history.commit();
    history.template("3.0.0", &files(&[("a", &lines(&[(2, "T3")])), ("b", "b\n")]), "");
    assert!(refused(&history, &["--allow-dirty"], 1).contains("conflicts are left in `a`"));
}

#[test]
fn a_file_keeps_who_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let history = outdated();
    fs::set_permissions(history.path("a"), fs::Permissions::from_mode(0o600)).unwrap();
    history.update(&[]).success();
    assert_eq!(fs::metadata(history.path("a")).unwrap().permissions().mode() & 0o777, 0o600);
}

const COLOURS: &str = r#"
[[question]]
id = "colour"
prompt = "Colour"
help = "The colour."
kind = "choice"
choices = [{ value = "red" }, { value = "blue" }]
default = "red"
"#;

#[test]
fn a_new_question_is_answered_or_left_to_its_default() {
    let history = outdated();
    history.template("2.0.0", &files(&[("a.hbs", "{{colour}}\n"), ("b", "b\n")]), COLOURS);
    let said = refused(&history, &[], 2);
    assert!(said.contains("the template asks what it did not ask before: `colour`"), "{said}");
    assert!(said.contains("--set colour=red|blue"), "{said}");
    assert!(refused(&history, &["--set", "colour=green"], 2).contains("green"));
    assert!(refused(&history, &["--set", "color=red"], 2).contains("no question `color`"));
    assert!(refused(&history, &["--set", "service=other"], 2).contains("an update does not rename it"));
    history.update(&["--defaults"]).success();
    assert_eq!(history.read("a").unwrap(), b"red\n");
    history.commit();
    let said = history.update(&["--set", "colour=blue"]).success();
    assert!(said.contains("colour: `red` -> `blue`"), "{said}");
    assert_eq!(history.read("a").unwrap(), b"blue\n");
}

#[test]
fn a_new_question_is_asked_in_a_terminal() {
    let history = outdated();
    history.template("2.0.0", &files(&[("a.hbs", "{{colour}}\n"), ("b", "b\n")]), COLOURS);
    let update = ["update", "--template", "../template"];
    let start = || Terminal::start(launchway().args(update).current_dir(history.project()));
    let before = history.tree();
    let terminal = start();
    terminal.wait_for("The template asks what it did not ask before").wait_for("Colour").press(CONTROL_C);
    assert!(terminal.end().is_restored);
    assert_eq!(history.tree(), before);
    let terminal = start();
    terminal.wait_for("Colour").press(DOWN).press(ENTER);
    terminal.wait_for("Enter update the project").press(ENTER);
    let left = terminal.end();
    assert!(left.is_restored && left.screen.contains("✔ Colour"), "{}", left.screen);
    assert_eq!(history.read("a").unwrap(), b"blue\n");
}

#[test]
fn questions_of_an_update_go_back_explain_themselves_and_can_be_answered_again_at_the_review() {
    let history = outdated();
    let manifest = format!("{COLOURS}{}", COLOURS.replace("colour", "shade").replace("Colour", "Shade"));
    history.template("2.0.0", &files(&[("a.hbs", "{{colour}} {{shade}}\n"), ("b", "b\n")]), &manifest);
    let update = ["update", "--template", "../template"];
    let start = || Terminal::start(launchway().args(update).current_dir(history.project()));
    let before = history.tree();
    let terminal = start();
    terminal.wait_for("1 of about 2").press("?").wait_for("`--set colour=…`").press(ESCAPE);
    terminal.wait_without("`--set colour=…`").wait_for("Colour").press(DOWN).wait_for("❯ blue").press(ENTER);
    terminal.wait_for("2 of about 2").press(ESCAPE).wait_without("2 of about 2");
    terminal.wait_for("❯ blue").press(ENTER);
    terminal.wait_for("2 of about 2").press(ENTER);
    terminal.wait_for("orders: team 1.0.0 -> 2.0.0").wait_for("Enter update the project").press("q");
    terminal.wait_for("Leave without writing").press("n");
    terminal.wait_written("Enter update the project", 2).press("e");
    terminal.wait_for("Which answer?").press(ENTER);
    terminal.wait_for("❯ blue").press(UP).wait_for("❯ red").press(ENTER);
    assert_eq!(history.tree(), before, "nothing is written before the review is accepted");
    terminal.wait_for("not asked -> `red`").press(ENTER);
    let left = terminal.end();
    assert!(left.is_restored && left.code == Some(0), "{}", left.screen);
    assert_eq!(history.read("a").unwrap(), b"red red\n");
    history.git(&["reset", "--quiet", "--hard"]);
    let terminal = start();
    terminal.wait_for("1 of about 2").press(ESCAPE).wait_for("first question").press("y");
    assert_eq!(terminal.end().code, Some(1));
    assert_eq!(history.tree(), before);
}

#[test]
fn an_answer_that_does_not_fit_any_more_is_decided_anew_and_said() {
    let manifest = |choices: &str| {
        format!(
            "{COLOURS}\n[[question]]\nid = \"shade\"\nprompt = \"Shade\"\nhelp = \"The shade.\"\nkind = \"choice\"\nchoices = [{choices}]\n"
        )
    };
    let dark = "{ value = \"dark\" }, { value = \"light\" }";
    let text = [("a.hbs", "{{colour}} {{shade}}\n")];
    let history = History::new(&files(&text), &format!("{}default = \"light\"\n", manifest(dark)));
    history.template("2.0.0", &files(&text), &format!("{}default = \"dark\"\n", manifest("{ value = \"dark\" }")));
    let said = history.update(&[]);
    assert!(said.stderr.contains("note: `shade` becomes `dark`, its default today; it was `light`"), "{}", said.stderr);
    assert_eq!(said.code, Some(0));
    assert_eq!(history.read("a").unwrap(), b"red dark\n");
}

#[test]
fn a_migration_renames_answers_and_moves_files() {
    let old = COLOURS.replace("\"colour\"", "\"paint\"");
    let history = History::new(&files(&[("old.txt.hbs", "{{paint}}\nshort\n"), ("b", "b\n")]), &old);
    history.write("old.txt", "red\nmine\n");
    history.commit();
    let migration = "[[migration]]\nto = \"2.0.0\"\nrename = { paint = \"colour\" }\nvalues = { colour = { red = \"blue\" } }\nmove = { \"old.txt\" = \"sub/new.txt\" }\n";
    let new = files(&[("sub/new.txt.hbs", "{{colour}}\nshort\n"), ("b", "b\n")]);
    history.template("2.0.0", &new, &format!("{COLOURS}{migration}"));
    let ran = history.update(&[]);
    // The same two lines: the user's and the template's change stand side by side.
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    let text = String::from_utf8(history.read("sub/new.txt").unwrap()).unwrap();
    assert!(text.contains("mine\n") && text.contains("blue\n"), "{text}");
    assert_eq!(history.read("old.txt"), None);
}

#[test]
fn a_file_to_heal_must_be_one_of_the_templates() {
    let history = outdated();
    assert!(refused(&history, &["--heal", "nothing"], 2).contains("the template has no file `nothing` to heal"));
    assert!(refused(&history, &["--heal", "../b"], 2).contains("`.` or `..`"));
}

#[test]
fn a_deleted_file_is_no_finding_once_an_update_has_seen_it() {
    let folder = tempfile::tempdir().unwrap();
    let new = ["new", "orders", "--target=ecs", "--no-input"];
    run(launchway().args(new).envs(GIT_IDENTITY).current_dir(folder.path())).success();
    let project = folder.path().join("orders");
    let run_in = |words: &[&str]| run(launchway().args(words).current_dir(&project));
    fs::remove_file(project.join("Dockerfile")).unwrap();
    let git = |words: &[&str]| run(Command::new("git").args(words).current_dir(&project).envs(GIT_IDENTITY)).success();
    git(&["commit", "--quiet", "--all", "--message", "no image"]);
    run_in(&["check"]).failure(1);
    run_in(&["update", "--no-input"]).success();
    run_in(&["check"]).success();
    git(&["commit", "--quiet", "--all", "--message", "seen"]);
    run_in(&["update", "--no-input", "--heal", "Dockerfile"]).success();
    assert!(project.join("Dockerfile").exists());
    run_in(&["check"]).success();
}

#[test]
fn an_answer_changes_years_later_and_edits_stay() {
    let folder = tempfile::tempdir().unwrap();
    let new = |dest: &str, words: &[&str]| {
        let base = ["new", "orders", "--no-input", "--dest", dest];
        run(launchway().args(base).args(words).envs(GIT_IDENTITY).current_dir(folder.path())).success();
    };
    new("orders", &["--target=ecs"]);
    // What runs stays what it is: a default that nobody gave does not follow the platform that joins.
    new("fresh", &["--target=both", "--strategy=canary", "--architecture=arm64"]);
    let project = folder.path().join("orders");
    let git = |words: &[&str]| run(Command::new("git").args(words).current_dir(&project).envs(GIT_IDENTITY)).success();
    let readme = fs::read_to_string(project.join("README.md")).unwrap();
    fs::write(project.join("README.md"), readme.replacen('\n', "\nOurs.\n", 1)).unwrap();
    git(&["commit", "--quiet", "--all", "--message", "ours"]);
    let update = ["update", "--set", "target=both", "--set", "strategy=canary", "--defaults", "--no-input"];
    run(launchway().args(update).current_dir(&project)).success();
    run(launchway().arg("check").current_dir(&project)).success();
    let tree = |name: &str| {
        let mut tree = xtask::tree::read(&folder.path().join(name)).unwrap();
        tree.retain(|path, _| !path.starts_with(".git/"));
        tree
    };
    let (mut updated, mut fresh) = (tree("orders"), tree("fresh"));
    // What the change means for what runs is said to those alone who run something.
    [&mut fresh, &mut updated].into_iter().for_each(without_page);
    [&mut fresh, &mut updated].into_iter().for_each(without_defaults);
    let readme = updated.get_mut("README.md").unwrap();
    readme.bytes = String::from_utf8_lossy(&readme.bytes).replacen("\nOurs.\n", "\n", 1).into_bytes();
    assert_eq!(updated.keys().collect::<Vec<_>>(), fresh.keys().collect::<Vec<_>>());
    for (path, file) in &fresh {
        assert!(updated[path] == *file, "{path}");
    }
}

/// A small generator of numbers: the same histories on every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

/// Changes some lines of a text and adds others; every line that is new is unlike any other.
fn edited(dice: &mut Dice, text: &str, who: &str) -> (String, Vec<String>) {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut new = Vec::new();
    for _ in 0..=dice.roll(3) {
        let line = format!("{who} {} {}", new.len(), dice.roll(1_000_000));
        let at = dice.roll(lines.len());
        if dice.roll(2) == 0 {
            lines.insert(at, line.clone());
        } else {
            lines[at].clone_from(&line);
        }
        new.push(line);
    }
    new.retain(|line| lines.contains(line));
    (lines.join("\n") + "\n", new)
}

#[test]
fn a63_no_line_is_ever_lost_whatever_both_have_done() {
    let seeds = (0..).take(sample::size(16, 10_000));
    sample::in_pairs(seeds.collect(), assert_no_line_is_lost);
}

fn assert_no_line_is_lost(seed: u64) {
    let mut dice = Dice(seed);
    let paths = ["a", "sub/b", "sub/deep/c"];
    let text = (1..=30).fold(String::new(), |text, number| format!("{text}line {number}\n"));
    let old: Vec<(&str, &str)> = paths.iter().map(|path| (*path, text.as_str())).collect();
    let history = History::new(&files(&old), "");
    let mut wanted = Vec::new();
    let mut new = Vec::new();
    for path in paths {
        let (mine, lines) = edited(&mut dice, &text, "mine");
        wanted.extend(lines);
        let moved = if dice.roll(4) == 0 { format!("moved/{path}") } else { path.to_owned() };
        if moved != path {
            history.rename(path, &moved);
        }
        history.write(&moved, mine);
        let (theirs, lines) = edited(&mut dice, &text, "theirs");
        wanted.extend(lines);
        let renamed = if dice.roll(4) == 0 { format!("renamed/{path}") } else { path.to_owned() };
        new.push((renamed, theirs.into_bytes()));
    }
    history.commit();
    history.template("2.0.0", &new, "");
    let (code, report) = history.updated(&[]);
    assert!(matches!(code, Some(0 | 1)), "seed {seed}");
    let all: String = history
        .tree()
        .iter()
        .filter(|(path, _)| !path.starts_with(".launchway"))
        .map(|(_, file)| String::from_utf8_lossy(&file.bytes).into_owned())
        .collect();
    let lost: Vec<&String> = wanted.iter().filter(|line| !all.contains(*line)).collect();
    assert!(lost.is_empty(), "seed {seed}: {lost:?}\n{report:#}");
    assert_eq!(code == Some(1), all.contains("<<<<<<<") || report["conflicts"] != 0, "seed {seed}");
    if code == Some(0) {
        history.launchway(&["check"]).success();
        history.commit();
        let before = history.tree();
        history.update(&[]).success();
        assert_eq!(history.tree(), before, "seed {seed}");
    }
}

#[test]
fn an_update_says_which_dangers_it_ends_for_these_answers() {
    let history = History::new(&files(&[("a.hbs", "{{colour}}\n")]), COLOURS);
    let advisory = |id: &str, rest: &str| {
        format!("[[advisory]]\nid = \"{id}\"\nseverity = \"low\"\ntitle = \"It fades\"\nfixed = \"1.1.0\"\n{rest}\n")
    };
    let advisories = advisory("A-1", "when = \"eq colour \\\"red\\\"\"")
        + &advisory("A-2", "when = \"eq colour \\\"blue\\\"\"")
        + &advisory("A-3", "since = \"1.0.1\"");
    history.template("2.0.0", &files(&[("a.hbs", "{{colour}}!\n")]), &format!("{COLOURS}{advisories}"));
    let said = history.update(&["--dry-run"]).stdout;
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("advisory")).collect();
    assert_eq!(lines, ["  advisory      A-1 (low, fixed in 1.1.0): It fades"]);
}
