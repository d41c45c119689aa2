//! `waive`, and `new` in a folder of a repository, in every state that git leaves a repository in: nothing is lost, and what
//! is printed as the next step is one that works.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::history::{History, files};
use crate::program::{GIT_IDENTITY, Ran, launchway, run, shell};

const AGREEMENT: &str = "[[agreement]]\nid = \"limit\"\nsays = \"the limit\"\n\
     place = [{ file = \"a.yaml\", at = \"/limit\" }, { file = \"b.yaml\", at = \"/limit\" }]\n";

const WAIVERS: &str = ".launchway/orders.waivers";

/// What becomes of a command.
#[derive(Clone, Copy)]
enum Outcome {
    Done,
    /// The exit code, and words of the message and of its hint.
    Refused(i32, &'static [&'static str]),
}

use Outcome::{Done, Refused};

/// A state of a repository.
struct State {
    name: &'static str,
    /// Brings the repository into it, and returns the folder to work in.
    enter: fn(&History) -> PathBuf,
    waive: Outcome,
    new: Outcome,
    /// The command that is named before the one that commits the new project.
    finish: Option<&'static str>,
    /// What a person does before the next steps, such as deciding a conflict.
    settle: fn(&Path),
}

impl State {
    fn of(name: &'static str, enter: fn(&History) -> PathBuf) -> Self {
        Self { name, enter, waive: Done, new: Done, finish: None, settle: |_| {} }
    }

    fn refused(mut self, waive: Outcome, new: Outcome) -> Self {
        (self.waive, self.new) = (waive, new);
        self
    }

    fn finish(mut self, command: &'static str, settle: fn(&Path)) -> Self {
        (self.finish, self.settle) = (Some(command), settle);
        self
    }

    fn settle(mut self, settle: fn(&Path)) -> Self {
        self.settle = settle;
        self
    }
}

fn git(folder: &Path, words: &[&str]) -> Ran {
    let mut git = xtask::workspace::hermetic(Path::new("git")).unwrap();
    git.args(["-c", "protocol.file.allow=always"]).args(words).envs(GIT_IDENTITY).env("GIT_EDITOR", "true");
    run(git.current_dir(folder))
}

/// Two branches that have changed the same file; `main` is checked out.
fn branched(history: &History) {
    for (branch, text) in [("other", "theirs\n"), ("main", "ours\n")] {
        history.git(&["checkout", "--quiet", "-B", branch, "HEAD"]);
        history.write("c", text);
        history.commit();
        if branch == "other" {
            history.git(&["checkout", "--quiet", "HEAD~1"]);
        }
    }
}

/// Begins what git cannot end by itself.
fn stopped(history: &History, words: &[&str]) -> PathBuf {
    branched(history);
    assert_ne!(git(&history.project(), words).code, Some(0), "{words:?}");
    history.project()
}

fn decided(folder: &Path) {
    fs::write(folder.join("c"), "both\n").unwrap();
    git(folder, &["add", "c"]).success();
}

/// A clone of the project beside it.
fn cloned(history: &History, words: &[&str]) -> PathBuf {
    let address = format!("file://{}", history.project().display());
    git(history.folder(), &[&["clone", "--quiet"], words, &[&address, "clone"]].concat()).success();
    history.folder().join("clone")
}

/// A repository anew in the same folder.
fn again(history: &History, words: &[&str]) -> PathBuf {
    fs::remove_dir_all(history.path(".git")).unwrap();
    history.git(&[&["init", "--quiet", "--initial-branch=main"], words].concat());
    history.project()
}

fn unfinished() -> Vec<State> {
    vec![
        State::of("a merge", |it| stopped(it, &["merge", "other"])).finish("git merge --continue", decided),
        State::of("a rebase", |it| stopped(it, &["rebase", "other"])).finish("git rebase --continue", decided),
        State::of("a cherry-pick", |it| stopped(it, &["cherry-pick", "other"]))
            .finish("git cherry-pick --continue", decided),
        State::of("a revert", |it| {
            branched(it);
            it.write("c", "more\n");
            it.commit();
            assert_ne!(git(&it.project(), &["revert", "--no-edit", "HEAD~1"]).code, Some(0));
            it.project()
        })
        .finish("git revert --continue", decided),
        State::of("an application of patches", |it| {
            branched(it);
            let patch = it.git(&["format-patch", "-1", "--stdout", "other"]);
            fs::write(it.folder().join("patch"), patch).unwrap();
            assert_ne!(git(&it.project(), &["am", "--quiet", "../patch"]).code, Some(0));
            it.project()
        })
        .finish("git am --continue", decided),
        State::of("a bisection", |it| {
            branched(it);
            it.git(&["bisect", "start", "HEAD", "HEAD~1"]);
            it.project()
        })
        .finish("git bisect reset", |_| {}),
    ]
}

fn kinds_of_repository() -> Vec<State> {
    vec![
        State::of("as it was made", History::project),
        State::of("nothing committed", |it| again(it, &[])),
        State::of("a detached head", |it| {
            it.git(&["checkout", "--quiet", "--detach"]);
            it.project()
        }),
        State::of("a linked work tree", |it| {
            it.git(&["worktree", "add", "--quiet", "../linked", "-b", "linked"]);
            it.folder().join("linked")
        }),
        State::of("a submodule", |it| {
            let address = it.project().display().to_string();
            git(it.folder(), &["init", "--quiet", "outer"]).success();
            git(&it.folder().join("outer"), &["submodule", "--quiet", "add", &address, "orders"]).success();
            it.folder().join("outer/orders")
        }),
        State::of("a shallow clone", |it| {
            it.commit();
            cloned(it, &["--depth=1"])
        }),
        State::of("alternates", |it| cloned(it, &["--shared"])),
        State::of("digests of SHA-256", |it| {
            let folder = again(it, &["--object-format=sha256"]);
            it.commit();
            folder
        }),
        State::of("no repository", |it| {
            fs::remove_dir_all(it.path(".git")).unwrap();
            it.project()
        }),
        State::of("a bare repository", |it| {
            let bare = cloned(it, &["--bare"]);
            fs::create_dir(bare.join("services")).unwrap();
            bare
        })
        .refused(
            Refused(2, &["has no record of launchway", "`launchway waive ID --dir DIR`"]),
            Refused(3, &["is in a folder in which git keeps a repository", "`--dest`"]),
        ),
        State::of("git's own folder", |it| {
            fs::create_dir(it.path(".git/services")).unwrap();
            it.path(".git")
        })
        .refused(Done, Refused(3, &["is in a folder in which git keeps a repository", "`--dest`"])),
        State::of("a bare repository beside the files", |it| {
            it.git(&["config", "core.bare", "true"]);
            it.project()
        }),
    ]
}

const NOT_CHECKED_OUT: Outcome =
    Refused(3, &["the checkout leaves out `.launchway/orders.", "git sparse-checkout disable"]);

/// A repository whose waivers are committed.
fn waived(history: &History) -> PathBuf {
    history.launchway(&["waive", "limit", "--because", "before"]).success();
    history.commit();
    history.project()
}

fn what_git_does_not_look_at() -> Vec<State> {
    vec![
        State::of("a sparse checkout with the record", |it| {
            it.write("far/away", "x\n");
            it.commit();
            it.git(&["sparse-checkout", "set", "--cone", ".launchway"]);
            it.project()
        }),
        State::of("a sparse checkout without the record", |it| {
            it.write("sub/x", "x\n");
            it.commit();
            it.git(&["sparse-checkout", "set", "--cone", "sub"]);
            it.project()
        })
        .refused(NOT_CHECKED_OUT, Done),
        State::of("waivers that the checkout leaves out", |it| {
            let folder = waived(it);
            it.git(&["update-index", "--skip-worktree", WAIVERS]);
            it.delete(WAIVERS);
            folder
        })
        .refused(NOT_CHECKED_OUT, Done),
        State::of("waivers that never change", |it| {
            let folder = waived(it);
            it.git(&["update-index", "--assume-unchanged", WAIVERS]);
            folder
        })
        .refused(
            Refused(3, &["git was told that `.launchway/orders.waivers` never changes", "--no-assume-unchanged"]),
            Done,
        ),
        State::of("a record that never changes", |it| {
            it.git(&["update-index", "--assume-unchanged", ".launchway/orders.toml"]);
            it.project()
        }),
        State::of("core.fileMode=false", |it| {
            it.git(&["config", "core.fileMode", "false"]);
            it.make_executable("a.yaml");
            it.project()
        }),
        State::of("another git at work", |it| {
            it.write(".git/index.lock", "");
            it.project()
        })
        .settle(|folder| fs::remove_file(folder.join(".git/index.lock")).unwrap()),
        State::of("waivers with a conflict", |it| {
            for (branch, reason) in [("other", "theirs"), ("main", "ours")] {
                it.git(&["checkout", "--quiet", "-B", branch, "HEAD"]);
                it.launchway(&["waive", "limit", "--because", reason]).success();
                it.commit();
                if branch == "other" {
                    it.git(&["checkout", "--quiet", "HEAD~1"]);
                }
            }
            assert_ne!(git(&it.project(), &["merge", "other"]).code, Some(0));
            it.project()
        })
        .refused(
            Refused(2, &["`.launchway/orders.waivers:6`: a conflict is left in it", "two branches have changed it"]),
            Done,
        )
        .finish("git merge --continue", |folder| {
            git(folder, &["checkout", "--quiet", "--ours", WAIVERS]).success();
            git(folder, &["add", WAIVERS]).success();
        }),
    ]
}

/// Everything in a folder, and what git has of it.
fn all(folder: &Path) -> (xtask::tree::Tree, String) {
    let mut tree = xtask::tree::read(folder).unwrap();
    tree.retain(|path, _| !path.starts_with(".git/"));
    let said = |words: &[&str]| git(folder, words).stdout;
    (tree, said(&["ls-files", "--stage", "-v"]) + &said(&["for-each-ref"]) + &said(&["rev-parse", "HEAD"]))
}

/// Holds what a command has done against what it should; returns whether it was done.
#[track_caller]
fn is_as_expected(ran: &Ran, outcome: Outcome, name: &str) -> bool {
    match outcome {
        Done => assert_eq!(ran.code, Some(0), "{name}: {}", ran.stderr),
        Refused(code, words) => {
            assert_eq!(ran.code, Some(code), "{name}: {}", ran.stderr);
            assert!(words.iter().all(|word| ran.stderr.contains(word)), "{name}: {}", ran.stderr);
            assert!(ran.stderr.contains("\n  hint: "), "{name}: {}", ran.stderr);
        }
    }
    matches!(outcome, Done)
}

fn project() -> History {
    let text = "limit: 7\n";
    let history = History::new(&files(&[("a.yaml", text), ("b.yaml", text), ("c", "c\n")]), AGREEMENT);
    fs::create_dir(history.path("services")).unwrap();
    history
}

fn waives(state: &State) {
    let history = project();
    let folder = (state.enter)(&history);
    let before = all(&folder);
    let ran = run(launchway().args(["waive", "limit", "--because", "x"]).current_dir(&folder));
    let is_done = is_as_expected(&ran, state.waive, state.name);
    let mut after = all(&folder);
    if is_done && folder.join(".launchway").exists() {
        after.0.remove(WAIVERS).unwrap();
        assert!(ran.stdout.contains("commit `.launchway/orders.waivers`"), "{}: {}", state.name, ran.stdout);
        let check = run(launchway().args(["check"]).current_dir(&folder)).stdout;
        assert!(check.contains("waived: `limit`: x"), "{}: {check}", state.name);
    }
    assert_eq!(xtask::tree::differences(&before.0, &after.0), Vec::<String>::new(), "{}", state.name);
    assert_eq!(before.1, after.1, "{}: git has what it had", state.name);
}

fn makes(state: &State) {
    let history = project();
    let folder = (state.enter)(&history);
    let place = folder.join("services/billing");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("mine"), "mine\n").unwrap();
    let before = all(&folder);
    let template = history.folder().join("template");
    let new = ["new", "billing", "--no-input", "--dest=services/billing", "--output=json", "--template"];
    let make =
        |words: &[&str]| run(launchway().args(new).arg(&template).args(words).envs(GIT_IDENTITY).current_dir(&folder));
    let (preview, ran) = (make(&["--dry-run"]), make(&[]));
    assert_eq!((preview.code, is_as_expected(&ran, state.new, state.name)), (ran.code, ran.code == Some(0)));
    let mut after = all(&folder);
    if ran.code == Some(0) {
        after.0.retain(|path, _| !path.starts_with("services/billing/") || path.ends_with("/mine"));
    }
    assert_eq!(xtask::tree::differences(&before.0, &after.0), Vec::<String>::new(), "{}", state.name);
    assert_eq!(before.1, after.1, "{}: git has what it had", state.name);
    if ran.code != Some(0) {
        return;
    }
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let shown: Value = serde_json::from_str(&preview.stdout).unwrap();
    assert_eq!(shown["next_steps"], report["next_steps"], "{}", state.name);
    let steps: Vec<&str> =
        report["next_steps"].as_array().unwrap().iter().map(|step| step["command"].as_str().unwrap()).collect();
    (state.settle)(&folder);
    assert_eq!(steps.first().filter(|step| !step.starts_with("git add")).copied(), state.finish, "{}", state.name);
    for step in steps {
        let ran = run(shell(step).envs(GIT_IDENTITY).env("GIT_EDITOR", "true").current_dir(&place));
        assert_eq!(ran.code, Some(0), "{}: {step}: {}{}", state.name, ran.stdout, ran.stderr);
    }
    let subject = git(&place, &["log", "-1", "--format=%s"]).success();
    assert_eq!(subject, "Start from the launchway template\n", "{}", state.name);
    let committed = git(&place, &["show", "--name-only", "--format=", "HEAD"]).success();
    assert_eq!(committed.lines().count(), 7, "{}: the project and nothing else: {committed}", state.name);
    let left = git(&place, &["status", "--porcelain", "."]).success();
    assert!(left.starts_with("?? ") && left.ends_with("mine\n") && left.lines().count() == 1, "{}: {left}", state.name);
}

fn each(play: fn(&State)) {
    let states: Vec<State> =
        [unfinished(), kinds_of_repository(), what_git_does_not_look_at()].into_iter().flatten().collect();
    assert!(states.len() >= 25, "{}", states.len());
    std::thread::scope(|scope| {
        let (first, second) = states.split_at(states.len() / 2);
        for half in [first, second] {
            scope.spawn(|| half.iter().for_each(play));
        }
    });
}

#[test]
fn a62_a_waiver_is_written_in_every_state_of_a_repository_or_the_next_step_is_named() {
    each(waives);
}

#[test]
fn a62_a_project_is_made_in_every_state_of_a_repository_and_its_next_steps_work() {
    each(makes);
}

#[test]
fn a62_a_repository_that_git_does_not_trust_is_left_alone() {
    let history = project();
    if fs::metadata(history.project()).map(|it| std::os::unix::fs::MetadataExt::uid(&it)).unwrap() != 0 {
        // Only an administrator can give a folder away.
        return;
    }
    chown(history.path(".git"), Some(12_345), None).unwrap();
    let waive = history.launchway(&["waive", "limit", "--because", "x"]);
    assert_eq!(waive.success(), "`limit` is waived; commit `.launchway/orders.waivers`\n");
    let new = ["new", "billing", "--no-input", "--dest=services/billing", "--template", "../template"];
    let ran = history.launchway(&new);
    assert!(ran.stderr.contains("the project stands inside a repository that git does not trust"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("git add"), "{}", ran.stderr);
    ran.success();
    chown(history.path(".git"), Some(0), None).unwrap();
    assert_eq!(history.git(&["status", "--porcelain"]), "?? .launchway/orders.waivers\n?? services/\n");
}

#[test]
fn a62_a_folder_that_cannot_be_written_to_is_left_alone() {
    let history = project();
    let before = all(&history.project());
    let program = crate::program::path().display();
    let template = history.folder().join("template").display().to_string();
    let new = format!("new billing --no-input --dest=services/billing --template {template}");
    for words in ["waive limit --because x", &new] {
        let line = format!("mount --bind . . && mount -o remount,ro,bind . && cd \"$PWD\" && exec {program} {words}");
        let ran =
            run(std::process::Command::new("unshare").args(["-rm", "sh", "-c", &line]).current_dir(history.project()));
        assert!(
            !ran.stderr.contains("unshare: "),
            "these tests need `unshare` of the package util-linux: {}",
            ran.stderr
        );
        let said = ran.failure(73);
        assert!(said.contains("cannot write") && said.contains("nothing was written"), "{said}");
        assert_eq!(all(&history.project()), before);
    }
}
