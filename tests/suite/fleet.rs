//! The fleet: the rules of a campaign by their numbers, and that its work is what `update` does in a clone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use xtask::tree;
use xtask::workspace;

use crate::history::lines;
use crate::program::{GIT_IDENTITY, Ran, run, search_path, write_executable};
use crate::remote::{Repository, World};
use crate::sample;

const MANIFEST: &str = r#"[template]
id = "platform"
title = "Ours"
version = "1.0.0"
name = "project"

[[question]]
id = "project"
prompt = "Name"
help = "The name."
kind = "slug"

[[question]]
id = "owner"
prompt = "Owner"
help = "Who answers for it."
kind = "slug"
default = "web"
"#;

/// A template, the projects that were made from it, and their bare repositories in the folder `fleet`.
pub(crate) struct Fleet {
    pub(crate) world: World,
    pub(crate) template: Repository,
    version: String,
}

impl Fleet {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        Self::with_manifest(MANIFEST, files)
    }

    pub(crate) fn with_manifest(manifest: &str, files: &[(&str, &str)]) -> Self {
        let world = World::new();
        let template = world.repository("template", &[&[("template.toml", manifest)][..], files].concat());
        template.git(&["tag", "v1.0.0"]);
        fs::create_dir(world.path("fleet")).unwrap();
        Self { world, template, version: "1.0.0".to_owned() }
    }

    /// Makes a project in a repository, and changes it.
    pub(crate) fn project(&self, name: &str, change: impl FnOnce(&Path)) {
        let words = ["--template", &format!("{}@v{}", self.template.url(), self.version), "--no-input", "--no-git"];
        let folder = self.world.path(name);
        run(self.world.launchway().args(["new", name, "--defaults"]).args(words)).success();
        git(&folder, &["init", "--quiet", "--initial-branch=main"]);
        commit(&folder);
        change(&folder);
        commit(&folder);
        self.push(name);
    }

    /// Brings the bare repository of a project to where the project is.
    pub(crate) fn push(&self, name: &str) {
        let bare = self.world.path(&format!("fleet/{name}.git"));
        if !bare.exists() {
            git(
                self.world.folder.path(),
                &["init", "--quiet", "--bare", "--initial-branch=main", bare.to_str().unwrap()],
            );
        }
        git(&self.world.path(name), &["push", "--quiet", "--force", bare.to_str().unwrap(), "main"]);
    }

    /// Releases the next version of the template.
    pub(crate) fn release(&mut self, version: &str, change: impl FnOnce(&Path)) {
        let manifest = self.template.folder.join("template.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        fs::write(&manifest, text.replace(&format!("\"{}\"", self.version), &format!("\"{version}\""))).unwrap();
        change(&self.template.folder);
        version.clone_into(&mut self.version);
        self.template.commit(&[]);
        self.template.git(&["tag", &format!("v{version}")]);
    }

    pub(crate) fn settings(&self, more: &str) {
        let text = format!(
            "[fleet]\ntemplate = \"{}\"\nto = \"{}\"\n\n[[source]]\nkind = \"directory\"\npath = \"fleet\"\n{more}",
            self.template.url(),
            self.version
        );
        fs::write(self.world.path("FLEET.toml"), text).unwrap();
    }

    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        run(self.world.launchway().arg("fleet").args(words))
    }

    pub(crate) fn plan(&self) -> Value {
        self.settings("");
        self.run(&["plan", "FLEET.toml", "-o", "plan.json"]).success();
        self.json("plan.json")
    }

    #[track_caller]
    pub(crate) fn work(&self, results: &str, words: &[&str]) -> String {
        self.run(&[&["work", "plan.json", "--results", results], words].concat()).success()
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        serde_json::from_str(&fs::read_to_string(self.world.path(path)).unwrap()).unwrap()
    }

    /// The results of a folder, by the id of their project, of which each may have one.
    #[track_caller]
    pub(crate) fn results(&self, folder: &str) -> BTreeMap<String, Value> {
        let read = |(path, file): (String, tree::File)| {
            path.strip_suffix(".json")?;
            let result: Value = serde_json::from_slice(&file.bytes).unwrap();
            Some((result["id"].as_str().unwrap().to_owned(), result))
        };
        let results: Vec<_> = tree::read(&self.world.path(folder)).unwrap().into_iter().filter_map(read).collect();
        let by_id: BTreeMap<_, _> = results.iter().cloned().collect();
        assert_eq!(by_id.len(), results.len(), "a project has results of two plans in `{folder}`");
        by_id
    }

    pub(crate) fn bundle(&self, results: &str, result: &Value) -> PathBuf {
        let key = result["key"].as_str().unwrap();
        self.world.path(&format!("{results}/{}/{key}.bundle", &key[..2]))
    }
}

/// Runs git, which looks at nobody's settings.
pub(crate) fn git(folder: &Path, words: &[&str]) -> String {
    let mut git = workspace::hermetic(Path::new("git")).unwrap();
    git.args(words).envs(GIT_IDENTITY).current_dir(folder);
    git.env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z").env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z");
    run(git.env("GIT_CONFIG_GLOBAL", "/dev/null")).success().trim().to_owned()
}

pub(crate) fn commit(folder: &Path) {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--allow-empty", "--message", "work"]);
}

/// A fleet of a template of twelve lines: one project untouched, one edited elsewhere, one at the same line.
pub(crate) fn three() -> Fleet {
    let mut fleet = Fleet::new(&[("files/notes.txt", &lines(&[]))]);
    fleet.project("alpha", |_| {});
    fleet.project("beta", |folder| fs::write(folder.join("notes.txt"), lines(&[(1, "mine")])).unwrap());
    fleet.project("gamma", |folder| fs::write(folder.join("notes.txt"), lines(&[(9, "mine")])).unwrap());
    fleet.release("1.1.0", |folder| fs::write(folder.join("files/notes.txt"), lines(&[(9, "theirs")])).unwrap());
    fleet
}

#[test]
fn rule_1_the_same_plan_gives_the_same_bytes_for_any_number_of_shards_on_any_machine() {
    let fleet = three();
    fleet.plan();
    let first = fs::read(fleet.world.path("plan.json")).unwrap();
    fleet.plan();
    assert_eq!(fs::read(fleet.world.path("plan.json")).unwrap(), first, "a plan is the same each time");
    fleet.work("whole", &["--jobs", "1"]);
    for shards in [7, 100] {
        let results = format!("of-{shards}");
        for shard in (0..shards).filter(|shard| *shard < 3 || shards == 7) {
            fleet.work(&results, &["--shard", &format!("{shard}/{shards}"), "--jobs", "3"]);
        }
        let [whole, parts] = ["whole", &results].map(|folder| tree::read(&fleet.world.path(folder)).unwrap());
        assert!(whole == parts, "{shards} shards");
        assert_eq!(whole.len(), 5, "three results, and two commits");
    }
    let other = World::new();
    let words = ["work", "plan.json", "--results"];
    let elsewhere = other.path("results");
    run(other.launchway().arg("fleet").args(words).arg(&elsewhere).current_dir(fleet.world.folder.path())).success();
    assert!(
        tree::read(&fleet.world.path("whole")).unwrap() == tree::read(&elsewhere).unwrap(),
        "another home and cache"
    );
}

#[test]
fn rule_2_a_final_result_is_skipped_and_what_was_in_the_way_is_tried_again() {
    let fleet = three();
    let list = format!("file://{}\n", fleet.world.path("fleet/alpha.git").display());
    fs::write(fleet.world.path("list.txt"), format!("# one\n{list}")).unwrap();
    fleet.settings("");
    let text = fs::read_to_string(fleet.world.path("FLEET.toml")).unwrap();
    let text = text.replace("\"directory\"", "\"list\"").replace("\"fleet\"", "\"list.txt\"");
    fs::write(fleet.world.path("FLEET.toml"), text).unwrap();
    fleet.run(&["plan", "-o", "plan.json"]).success();
    fs::rename(fleet.world.path("fleet/alpha.git"), fleet.world.path("away")).unwrap();
    for attempts in [1, 2] {
        let said = fleet.run(&["work", "--results", "results"]).failure(75);
        assert!(said.contains("something was in the way"), "{said}");
        let result = fleet.results("results").pop_first().unwrap().1;
        assert_eq!((&result["state"], &result["attempts"]), (&"transient".into(), &attempts.into()));
        assert_eq!(result["error"]["class"], "io");
    }
    fs::rename(fleet.world.path("away"), fleet.world.path("fleet/alpha.git")).unwrap();
    assert_eq!(fleet.work("results", &[]), "ready 1\n");
    let before = tree::read(&fleet.world.path("results")).unwrap();
    fs::rename(fleet.world.path("fleet/alpha.git"), fleet.world.path("away")).unwrap();
    assert_eq!(fleet.work("results", &[]), "ready 1\n", "nothing is asked of the repository");
    assert!(before == tree::read(&fleet.world.path("results")).unwrap());
}

#[test]
fn rule_3_the_same_inputs_give_the_same_commit_and_a_second_push_has_nothing_to_do() {
    let fleet = three();
    fleet.plan();
    let mut commits = Vec::new();
    for results in ["one", "two"] {
        fleet.work(results, &[]);
        let result = &fleet.results(results)["beta"];
        let (folder, bundle) = (fleet.world.path("beta"), fleet.bundle(results, result));
        let branch = "refs/heads/launchway/platform";
        git(&folder, &["fetch", "--quiet", bundle.to_str().unwrap(), &format!("+{branch}:{branch}")]);
        assert_eq!(git(&folder, &["rev-parse", branch]), result["commit"].as_str().unwrap());
        assert_eq!(git(&folder, &["rev-parse", &format!("{branch}^{{tree}}")]), result["tree"].as_str().unwrap());
        assert_eq!(git(&folder, &["rev-parse", &format!("{branch}^")]), result["head"].as_str().unwrap());
        git(&folder, &["fsck", "--strict", branch]);
        let mut push = workspace::hermetic(Path::new("git")).unwrap();
        let bare = fleet.world.path("fleet/beta.git");
        let pushed = run(push.args(["push"]).arg(bare).arg(branch).current_dir(&folder));
        assert_eq!(pushed.stderr.contains("Everything up-to-date"), results == "two", "{}", pushed.stderr);
        let show = ["show", "--no-patch", "--format=%an %ae %ad|%cn %ce %cd", "--date=raw"];
        let of_template = git(&fleet.template.folder, &[&show[..], &["v1.1.0"]].concat());
        let author = of_template.split('|').next().unwrap().to_owned();
        assert_eq!(git(&folder, &[&show[..], &[branch]].concat()), format!("{author}|{author}"));
        commits.push(result["commit"].clone());
    }
    assert_eq!(commits[0], commits[1]);
}

#[test]
fn rule_8_a_head_that_has_moved_has_a_result_of_its_own_and_the_old_one_stays() {
    let fleet = three();
    let before = fleet.plan();
    fleet.work("results", &[]);
    let old = tree::read(&fleet.world.path("results")).unwrap();
    let folder = fleet.world.path("alpha");
    fs::write(folder.join("own.txt"), "mine\n").unwrap();
    commit(&folder);
    fleet.push("alpha");
    // By the old plan, the old head is worked on.
    fleet.work("again", &[]);
    assert!(tree::read(&fleet.world.path("again")).unwrap() == old);
    let after = fleet.plan();
    assert_eq!(before["campaign"], after["campaign"], "it is the same campaign");
    fleet.work("results", &[]);
    let new = tree::read(&fleet.world.path("results")).unwrap();
    assert!(old.iter().all(|(path, file)| new.get(path) == Some(file)));
    assert_eq!(new.len(), old.len() + 2);
}

#[test]
fn rule_10_a_conflict_is_a_result_and_no_commit() {
    let fleet = three();
    fleet.plan();
    assert_eq!(fleet.work("results", &[]), "ready 2\nconflict 1\n");
    let result = &fleet.results("results")["gamma"];
    assert_eq!(result["state"], "conflict");
    assert_eq!(result["files"][0]["status"], "conflict");
    assert!(result["commit"].is_null() && !fleet.bundle("results", result).exists());
    for (what, code) in [("conflict", 1), ("behind", 1), ("drift", 0)] {
        assert_eq!(fleet.run(&["report", "--results", "results", "--fail-on", what]).code, Some(code), "{what}");
    }
}

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

const FILES: [&str; 5] = ["a.txt", "b/c.txt", "b/d.txt", "run.sh", "settings.yaml"];

/// Does a few things to files, as people do.
fn edit(folder: &Path, chance: &mut Chance, who: &str) {
    for _ in 0..=chance.below(4) {
        let path = folder.join(FILES[chance.below(FILES.len())]);
        match chance.below(9) {
            0..=3 if path.is_file() => {
                let text = fs::read_to_string(&path).unwrap();
                let at = chance.below(12);
                let line = |(number, line): (usize, &str)| {
                    if number == at { format!("{who}: {number}\n") } else { format!("{line}\n") }
                };
                fs::write(&path, text.lines().enumerate().map(line).collect::<String>()).unwrap();
            }
            4 => drop(fs::remove_file(&path)),
            5 if path.is_file() => fs::rename(&path, path.with_extension(format!("by-{who}"))).unwrap(),
            6 => fs::write(folder.join(format!("new-{}.txt", chance.below(3))), lines(&[(2, who)])).unwrap(),
            7 if who == "mine" => fs::write(folder.join(".gitignore"), "new-1.*\n").unwrap(),
            8 if path.is_file() => {
                use std::os::unix::fs::PermissionsExt as _;
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            }
            _ => {}
        }
    }
}

#[test]
fn the_work_on_a_repository_is_what_an_update_does_in_a_clone() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 0..sample::size(2, 120) {
        let mut chance = Chance(seed as u64 * 7919 + 11);
        let texts: Vec<(String, String)> =
            FILES.iter().map(|path| (format!("files/{path}"), lines(&[(3, path)]))).collect();
        let files: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let mut fleet = Fleet::new(&files);
        let names: Vec<String> = (0..6).map(|number| format!("p{number}")).collect();
        for name in &names {
            fleet.project(name, |folder| {
                edit(folder, &mut chance, "mine");
                // More than one commit, so that moves have a history.
                git(folder, &["add", "--all"]);
                git(folder, &["commit", "--quiet", "--allow-empty", "--message", "one"]);
                edit(folder, &mut chance, "mine");
            });
        }
        fleet.release("1.1.0", |folder| edit(&folder.join("files"), &mut chance, "theirs"));
        fleet.plan();
        fleet.work("results", &["--jobs", "2"]);
        let results = fleet.results("results");
        for name in &names {
            let result = &results[name];
            let clone = fleet.world.path(&format!("clone-{name}"));
            let bare = fleet.world.path(&format!("fleet/{name}.git"));
            git(fleet.world.folder.path(), &["clone", "--quiet", bare.to_str().unwrap(), clone.to_str().unwrap()]);
            let words = ["update", "--to", "v1.1.0", "--defaults", "--no-input", "--output", "json"];
            let ran = run(fleet.world.launchway().args(words).arg(&clone));
            let state = result["state"].as_str().unwrap();
            *seen.entry(state.to_owned()).or_default() += 1;
            let place = format!("seed {seed}, {name}: {state}\n{}\n{}", ran.stderr, result["error"]);
            let Ok(report) = serde_json::from_str::<Value>(&ran.stdout) else {
                assert_eq!(state, "error", "{place}");
                let message = result["error"]["message"].as_str().unwrap();
                assert!(ran.stderr.contains(message), "{place}");
                continue;
            };
            assert_eq!(result["files"], report["files"], "{place}");
            match state {
                "conflict" => assert_eq!(ran.code, Some(1), "{place}"),
                "ready" => {
                    assert_eq!(result["tree"], git(&clone, &["write-tree"]), "{place}");
                }
                "unchanged" => {
                    assert_eq!(git(&clone, &["write-tree"]), git(&clone, &["rev-parse", "HEAD^{tree}"]));
                }
                _ => panic!("{place}"),
            }
        }
    }
    println!("{seen:?}");
    assert!(seen.get("ready").is_some_and(|count| *count > 2) && seen.contains_key("conflict"), "{seen:?}");
}

#[test]
fn a_new_file_that_the_repository_ignores_is_in_no_commit_as_with_an_update() {
    let mut fleet = Fleet::new(&[("files/notes.txt", &lines(&[]))]);
    fleet.project("alpha", |folder| fs::write(folder.join(".gitignore"), "new.*\n").unwrap());
    fleet.release("1.1.0", |folder| {
        fs::write(folder.join("files/new.txt"), "new\n").unwrap();
        fs::write(folder.join("files/other.txt"), "other\n").unwrap();
    });
    fleet.plan();
    assert_eq!(fleet.work("results", &[]), "ready 1\n");
    let folder = fleet.world.path("alpha");
    let words = ["update", "--to", "v1.1.0", "--defaults", "--no-input"];
    run(fleet.world.launchway().args(words).arg(&folder)).success();
    assert_eq!(fleet.results("results")["alpha"]["tree"], git(&folder, &["write-tree"]));
    assert!(!git(&folder, &["ls-files"]).contains("new.txt"));
}

#[test]
fn a_run_that_is_killed_anywhere_and_started_again_ends_as_a_quiet_one() {
    let mut fleet = Fleet::new(&[("files/notes.txt", &lines(&[]))]);
    let projects = 8;
    for number in 0..projects {
        fleet.project(&format!("p{number}"), |_| {});
    }
    fleet.release("1.1.0", |folder| fs::write(folder.join("files/notes.txt"), lines(&[(9, "theirs")])).unwrap());
    fleet.plan();
    fleet.work("quiet", &["--jobs", "1"]);
    // Each run is held in its work on one more project than there are results, and killed there.
    let script = "if mkdir ../../turn 2>/dev/null; then exit 0; fi; touch ../../held; while test -e ../../held; do sleep 0.02; done";
    let script = script.replace("../..", &fleet.world.folder.path().display().to_string());
    let (turn, held) = (fleet.world.path("turn"), fleet.world.path("held"));
    for run in 1..projects {
        let mut child = killable(&fleet, &["--jobs", "1", "--verify", &script]);
        while !held.exists() {
            assert!(child.try_wait().unwrap().is_none(), "run {run} has ended by itself");
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        fs::remove_file(&held).unwrap();
        fs::remove_dir(&turn).unwrap();
        assert_eq!(fleet.results("results").len(), run, "one more project in each run");
    }
    // And wherever a run is by the clock, be it before its work or after it.
    for pause in (0..sample::size(4, 80)).map(|step| Duration::from_millis(15 + 13 * step as u64)) {
        let mut child = killable(&fleet, &["--jobs", "2"]);
        std::thread::sleep(pause);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    fleet.work("results", &[]);
    let [quiet, results] = ["quiet", "results"].map(|folder| tree::read(&fleet.world.path(folder)).unwrap());
    let paths = |tree: &tree::Tree| tree.keys().cloned().collect::<Vec<_>>();
    assert_eq!(paths(&quiet), paths(&results));
    assert!(quiet == results);
}

/// Starts the work on a plan, to be killed.
fn killable(fleet: &Fleet, words: &[&str]) -> std::process::Child {
    let mut work = fleet.world.launchway();
    work.args(["fleet", "work", "--results", "results"]).args(words);
    work.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn nothing_of_a_repository_runs_and_nothing_is_written_to_it() {
    let fleet = three();
    let bare = fleet.world.path("fleet/alpha.git");
    let canary = format!("touch {}", fleet.world.path("canary").display());
    let folder = fleet.world.path("alpha");
    fs::write(folder.join(".gitattributes"), "* filter=evil merge=evil diff=evil\n").unwrap();
    fs::write(folder.join("Makefile"), format!("all:\n\t{canary}\n")).unwrap();
    commit(&folder);
    fleet.push("alpha");
    for hook in ["post-index-change", "reference-transaction", "post-checkout", "pre-push", "update"] {
        write_executable(&bare.join("hooks").join(hook), &format!("#!/bin/sh\n{canary}\n"));
    }
    let config = fs::read_to_string(bare.join("config")).unwrap();
    let evil = format!(
        "{config}[core]\n\tfsmonitor = {canary}\n\tpager = {canary}\n\tsshCommand = {canary}\n[filter \"evil\"]\n\tclean = {canary}\n\t\
         smudge = {canary}\n[merge \"evil\"]\n\tdriver = {canary}\n[diff \"evil\"]\n\ttextconv = {canary}\n\tcommand = {canary}\n\
         [diff]\n\texternal = {canary}\n[uploadpack]\n\tpackObjectsHook = {canary}\n[protocol \"ext\"]\n\tallow = always\n\
         [remote \"origin\"]\n\turl = ext::sh -c '{canary}'\n\tpromisor = true\n"
    );
    fs::write(bare.join("config"), evil).unwrap();
    let before = tree::read(&fleet.world.path("fleet")).unwrap();
    fleet.plan();
    assert_eq!(fleet.work("results", &[]), "ready 2\nconflict 1\n");
    fleet.world.assert_nothing_ran();
    assert!(before == tree::read(&fleet.world.path("fleet")).unwrap());
    assert_eq!(fs::read_dir(fleet.world.path("tmp")).unwrap().count(), 0, "nothing is left");
    // What was asked for runs, in the files of the update.
    let check = "grep -q theirs notes.txt && test -f .launchway/alpha.base -o -f .launchway/beta.base";
    assert_eq!(fleet.work("verified", &["--verify", check]), "ready 2\nconflict 1\n");
    let mut with_token = fleet.world.launchway();
    let words = ["fleet", "work", "plan.json", "--results", "kept", "--verify", "test -z \"$GITHUB_TOKEN\""];
    let said = run(with_token.args(words).env("GITHUB_TOKEN", "a-token")).success();
    assert_eq!(said, "ready 2\nconflict 1\n", "the command of `--verify` can read the token");
    assert_eq!(fleet.work("refused", &["--verify", "exit 3"]), "conflict 1\nverify_failed 2\n");
    let said = fleet.results("refused")["alpha"]["error"]["message"].clone();
    assert_eq!(said, "`exit 3` has ended with exit code 3");
}

#[test]
fn what_cannot_be_worked_on_is_a_recorded_state_and_the_others_go_on() {
    let fleet = three();
    let path = |path: &str| fleet.world.path(path);
    let at_top = |words: &[&str]| git(fleet.world.folder.path(), words);
    at_top(&["init", "--quiet", "--bare", "fleet/empty.git"]);
    std::os::unix::fs::symlink(path("fleet/alpha.git"), path("fleet/link.git")).unwrap();
    fs::create_dir(path("fleet/folder")).unwrap();
    let other = fleet.world.repository("other", &[("README", "x\n")]);
    at_top(&["clone", "--quiet", "--bare", other.folder.to_str().unwrap(), "fleet/no-record.git"]);
    for (name, record) in [
        ("hostile", "format = 3\n[template]\nsource = \"git\"\n"),
        ("paths", "format = 3\n[ownership]\ndeleted = [\"../../etc/passwd\"]\n"),
        ("future", "format = 99\n"),
        ("marked", "<<<<<<< a\n=======\n>>>>>>> b\n"),
    ] {
        let files = [(format!(".launchway/{name}.toml"), record)];
        let repository = fleet.world.repository(name, &[(files[0].0.as_str(), files[0].1)]);
        at_top(&["clone", "--quiet", "--bare", repository.folder.to_str().unwrap(), &format!("fleet/{name}.git")]);
    }
    let plan = fleet.plan();
    let left: BTreeMap<&str, &str> = plan["left_out"]
        .as_array()
        .unwrap()
        .iter()
        .map(|left| (left["id"].as_str().unwrap(), left["state"].as_str().unwrap()))
        .collect();
    let expected = [
        ("empty", "empty"),
        ("folder", "unreachable"),
        ("future", "unusable-record"),
        ("hostile", "unusable-record"),
        ("link", "duplicate"),
        ("marked", "unusable-record"),
        ("no-record", "no-record"),
        ("paths", "unusable-record"),
    ];
    assert_eq!(left, expected.into());
    // Renamed after the plan was made, and a head that is gone.
    fs::rename(path("fleet/alpha.git"), path("fleet/renamed.git")).unwrap();
    fs::remove_dir_all(path("fleet/beta.git")).unwrap();
    at_top(&["init", "--quiet", "--bare", "fleet/beta.git"]);
    assert_eq!(fleet.work("results", &[]), "conflict 1\nerror 2\n");
    let results = fleet.results("results");
    assert_eq!(results["alpha"]["error"]["class"], "gone");
    assert_eq!(results["beta"]["error"]["class"], "objects");
}

#[test]
fn a_file_that_is_not_as_it_was_written_and_a_part_that_there_is_not_are_refused() {
    let fleet = three();
    fleet.plan();
    let plan = fs::read_to_string(fleet.world.path("plan.json")).unwrap();
    for (from, to) in [("\"alpha\"", "\"alphb\""), ("  \"campaign\"", "\"campaign\""), ("\"left_out\"", "\"leftout\"")]
    {
        fs::write(fleet.world.path("edited.json"), plan.replacen(from, to, 1)).unwrap();
        let said = fleet.run(&["work", "edited.json", "--results", "results"]).failure(65);
        assert!(said.contains("`edited.json` is no plan to work by"), "{said}");
        fleet.run(&["report", "edited.json", "--results", "results"]).failure(65);
    }
    fleet.run(&["work", "none.json", "--results", "results"]).failure(65);
    for shard in ["3/3", "0/0", "1", "x/2", "-1/2"] {
        fleet.run(&["work", &format!("--shard={shard}"), "--results", "results"]).failure(64);
    }
    let from_env = |set: &[(&str, &str)]| {
        let words = ["fleet", "work", "--results", "from-env", "--shard-from-env"];
        run(fleet.world.launchway().args(words).envs(set.iter().copied()))
    };
    from_env(&[]).failure(64);
    let slurm = [("SLURM_ARRAY_TASK_ID", "2"), ("SLURM_ARRAY_TASK_COUNT", "3")];
    from_env(&[slurm[0], slurm[1], ("JOB_COMPLETION_INDEX", "0")]).failure(64);
    assert_eq!(from_env(&slurm).success().lines().count(), 1);
    fleet.run(&["work", "--shard=0/2", "--shard-from-env", "--results", "results"]).failure(2);
    fleet.work("results", &[]);
    let result = fleet.results("results")["alpha"].clone();
    let key = result["key"].as_str().unwrap();
    fs::write(fleet.world.path(&format!("results/{}/{key}.json", &key[..2])), "{").unwrap();
    for command in ["work", "report"] {
        let said = fleet.run(&[command, "--results", "results"]).failure(65);
        assert!(said.contains("remove it, and `launchway fleet work` makes it again"), "{said}");
    }
}

#[test]
fn settings_that_cannot_be_used_are_named_and_nothing_is_planned() {
    let fleet = three();
    fleet.settings("");
    let good = fs::read_to_string(fleet.world.path("FLEET.toml")).unwrap();
    let folder = fleet.template.folder.display().to_string();
    for (from, to, said) in [
        ("to = ", "too = ", "did you mean `to`?"),
        ("kind = \"directory\"", "kind = \"github\"", "a source of the kind `github` has no `organisation`"),
        ("path = \"fleet\"", "path = \"none\"", "none`: No such file"),
        (fleet.template.url().as_str(), folder.as_str(), "the template is the folder"),
        ("[[source]]", "[policy]\nverify = \"x\"\n\n[[source]]", "`[policy] verify` has no effect yet"),
    ] {
        fs::write(fleet.world.path("FLEET.toml"), good.replacen(from, to, 1)).unwrap();
        let error = fleet.run(&["plan", "-o", "plan.json"]).failure(78);
        assert!(error.contains(said), "{error}");
    }
    assert!(!fleet.world.path("plan.json").exists());
    fs::write(
        fleet.world.path("FLEET.toml"),
        good.replace("path = \"fleet\"", "path = \"fleet\"\n[select]\npath = \"[ab]*\""),
    )
    .unwrap();
    fleet.run(&["plan", "-o", "plan.json"]).success();
    assert_eq!(fleet.json("plan.json")["repositories"].as_array().unwrap().len(), 0, "`*` is all that a pattern knows");
    fs::write(
        fleet.world.path("FLEET.toml"),
        good.replace("path = \"fleet\"", "path = \"fleet\"\n[select]\npath = [\"a*\", \"*ma\"]"),
    )
    .unwrap();
    fleet.run(&["plan", "-o", "plan.json"]).success();
    assert_eq!(fleet.json("plan.json")["repositories"].as_array().unwrap().len(), 2);
}

#[test]
fn an_update_that_breaks_what_agrees_or_takes_the_service_away_has_no_commit() {
    let agreement = "\n[[agreement]]\nsays = \"the port\"\nplace = [\n  { file = \"a.yaml\", at = \"/port\" },\n  \
                     { file = \"b.yaml\", at = \"/port\" },\n]\n";
    let files = [("files/a.yaml", "port: 1\nx: 1\n"), ("files/b.yaml", "port: 1\nx: 1\n")];
    let mut fleet = Fleet::new(&files);
    fleet.project("alpha", |folder| fs::write(folder.join("a.yaml"), "port: 2\nx: 1\n").unwrap());
    fleet.project("beta", |_| {});
    fleet.release("1.1.0", |folder| {
        let manifest = folder.join("template.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        fs::write(&manifest, text + agreement).unwrap();
    });
    fleet.plan();
    assert_eq!(fleet.work("results", &[]), "ready 1\ncheck_failed 1\n");
    let result = &fleet.results("results")["alpha"];
    assert_eq!(result["findings"][0]["files"], serde_json::json!(["a.yaml", "b.yaml"]));
    assert!(result["commit"].is_null());
    fleet.release("1.2.0", |folder| {
        let manifest = folder.join("template.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        let transition =
            "\n[[transition]]\nid = \"away\"\nwhen = 'eq owner \"web\"'\neffect = \"outage\"\ntext = \"It is away.\"\n";
        fs::write(&manifest, text + transition).unwrap();
    });
    fleet.plan();
    assert_eq!(fleet.work("results", &[]), "refused 2\n");
}

#[test]
fn a_report_is_of_the_files_alone_and_a_name_is_never_more_than_a_name() {
    let fleet = three();
    fs::rename(fleet.world.path("fleet/gamma.git"), fleet.world.path("fleet/<script>alert(1)|x.git")).unwrap();
    fleet.plan();
    fleet.work("results", &["--shard", "0/2"]);
    fs::remove_dir_all(fleet.world.path("fleet")).unwrap();
    let report = |words: &[&str]| fleet.run(&[&["report", "--results", "results"], words].concat()).success();
    let text = report(&[]);
    assert!(text.contains("Fleet: platform 1.1.0") && text.contains("no result yet"), "{text}");
    let json: Value = serde_json::from_str(&report(&["--format", "json"])).unwrap();
    assert_eq!(json["schema"], "launchway.fleet-report/1");
    let counts = json["states"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum::<u64>();
    assert_eq!(counts, json["projects"].as_array().unwrap().len() as u64);
    let page = report(&["--format", "html"]);
    for never in ["<script", "src=", "http:", "https:", "@import", "url("] {
        assert!(!page.contains(never), "{never}");
    }
    assert!(page.contains("prefers-color-scheme: dark") && page.contains("<th scope=\"col\">"));
    let markdown = report(&["--format", "md"]);
    assert!(markdown.contains("## Versions\n\n| version | projects |") && !markdown.contains("<script"), "{markdown}");
    let korean =
        run(fleet.world.launchway().args(["--lang", "ko", "fleet", "report", "--results", "results"])).success();
    assert!(korean.contains("버전"), "{korean}");
}

#[test]
fn the_tables_of_the_page_sort_without_a_script() {
    let fleet = three();
    fleet.plan();
    fleet.work("results", &[]);
    let page = fleet.run(&["report", "--results", "results", "--format", "html"]).success();
    // A browser that does not know `:has` shows the rows as they are listed.
    assert!(page.contains("tbody:not(.as-0) { display: none; }"), "{page}");
    assert!(page.contains("section:has(.by-4:checked) .as-4 { display: table-row-group; }"), "{page}");
    let of_projects = page.split("<section>").find(|section| section.contains("alpha</th>")).unwrap();
    assert!(of_projects.contains("class=\"by-0\" checked> as listed</label>"), "{of_projects}");
    assert!(of_projects.contains("class=\"by-4\"> state</label>"), "{of_projects}");
    let ids = |body: &str| {
        let rows = body.split("<th scope=\"row\">").skip(1);
        rows.map(|row| row.split('<').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let bodies: Vec<_> = of_projects.split("<tbody").skip(1).map(ids).collect();
    assert_eq!(bodies, [["alpha", "beta", "gamma"], ["gamma", "alpha", "beta"]], "as listed, and by state");
}

/// How often git is started by the work on a fleet of so many repositories, in each of which both sides have changed a file.
fn starts_of_git(repositories: usize) -> usize {
    let mut fleet = Fleet::new(&[("files/notes.txt", &lines(&[]))]);
    for number in 0..repositories {
        let mine = format!("mine {number}");
        fleet.project(&format!("p{number}"), |folder| {
            fs::write(folder.join("notes.txt"), lines(&[(1, &mine)])).unwrap();
        });
    }
    fleet.release("1.1.0", |folder| fs::write(folder.join("files/notes.txt"), lines(&[(9, "theirs")])).unwrap());
    fleet.plan();
    let (starts, shim) = (fleet.world.path("starts"), fleet.world.path("shim"));
    let git = run(Command::new("sh").args(["-c", "command -v git"])).success();
    let script = format!("#!/bin/sh\necho \"$*\" >>'{}'\nexec '{}' \"$@\"\n", starts.display(), git.trim());
    write_executable(&shim.join("git"), &script);
    let words = ["fleet", "work", "plan.json", "--results", "results", "--jobs", "1"];
    run(fleet.world.launchway().args(words).env("PATH", search_path([shim]))).success();
    assert!(fleet.results("results").values().all(|result| result["state"] == "ready"));
    fs::read_to_string(starts).unwrap().lines().count()
}

#[test]
fn each_further_repository_of_a_fleet_starts_git_twice() {
    assert_eq!(starts_of_git(5) - starts_of_git(2), 2 * 3);
}
