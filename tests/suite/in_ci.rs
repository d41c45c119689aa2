//! The action, as a runner would run its steps: the scripts are real, the release is a folder, and `gh` is a stand-in that keeps
//! one pull request in a file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use launchway_core::hexadecimal;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use xtask::workspace;

use crate::program::{self, GIT_IDENTITY, Ran, copy_executable, run, write_executable};
use crate::remote::{MANIFEST, Repository, World};

/// Lists, opens and edits the one pull request that `$GH_STATE` holds, and writes down what it was asked.
const GH: &str = r#"#!/bin/sh
echo "$*" >>"$GH_STATE.log"
case "$1 $2" in
  "auth setup-git") ;;
  "pr list") [ ! -e "$GH_STATE" ] || cat "$GH_STATE" ;;
  "pr create") [ ! -e "$GH_STATE" ] || exit 1; echo https://example.com/pull/1 | tee "$GH_STATE" ;;
  "pr edit" | "pr ready") [ "$3" = https://example.com/pull/1 ] ;;
  *) echo "gh: what is $*?" >&2; exit 1 ;;
esac
"#;

/// A checkout of the project `orders` whose template is in a repository, and what a runner gives to a step.
struct Runner {
    world: World,
    template: Repository,
}

impl Runner {
    fn new() -> Self {
        let world = World::new();
        let template = world.template("small", "one\ntwo\nthree\n");
        template.git(&["tag", "v1.0.0"]);
        world.new_committed_project(&format!("git+{}", template.url()));
        let runner = Self { world, template };
        fs::create_dir(runner.path("temp")).unwrap();
        fs::create_dir(runner.path("bin")).unwrap();
        write_executable(&runner.path("bin/gh"), GH);
        runner.git(&["branch", "--move", "main"]);
        runner.git(&["clone", "--quiet", "--bare", ".", "../origin.git"]);
        runner.git(&["remote", "add", "origin", &format!("file://{}", runner.path("origin.git").display())]);
        runner.git(&["fetch", "--quiet", "origin"]);
        runner
    }

    fn path(&self, path: &str) -> PathBuf {
        self.world.path(path)
    }

    fn git_command(&self, words: &[&str]) -> Command {
        let mut git = workspace::hermetic(Path::new("git")).unwrap();
        git.args(words).envs(GIT_IDENTITY).current_dir(self.path("orders"));
        git
    }

    #[track_caller]
    fn git(&self, words: &[&str]) -> String {
        run(self.git_command(words)).success().trim().to_owned()
    }

    /// Releases another version of the template, whose file says `text`.
    fn release(&self, version: &str, text: &str) {
        let manifest = MANIFEST.replace("version = \"1.0.0\"", &format!("version = \"{version}\""));
        self.template.commit(&[("template.toml", &manifest), ("files/note.txt.hbs", text)]);
        self.template.git(&["tag", &format!("v{version}")]);
    }

    /// Runs the step of the action that calls a script, as its line says.
    fn step(&self, script: &str, variables: &[(&str, &str)]) -> Ran {
        let action = fs::read_to_string(workspace::root().join("action.yml")).unwrap();
        let line = format!("\"$GITHUB_ACTION_PATH/action/{script}\"");
        assert!(action.contains(&format!("run: '{line}'")), "no step of action.yml runs {line}");
        let mut bash = self.bash();
        // As GitHub's runner starts `shell: bash`.
        bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &line]).current_dir(self.path("orders"));
        bash.env("GITHUB_ACTION_PATH", workspace::root());
        for file in ["GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"] {
            bash.env(file, self.path(file));
        }
        bash.env("GH_STATE", self.path("pull-request")).env("DIRECTORY", ".").envs(variables.iter().copied());
        run(bash)
    }

    /// A shell with the program, the stand-ins and the folder for what a job leaves behind.
    fn bash(&self) -> Command {
        let programs = [self.path("bin"), program::path().parent().unwrap().to_owned()];
        let mut bash = Command::new("bash");
        bash.env_clear().envs(
            self.world.launchway().get_envs().filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned()))),
        );
        bash.env("PATH", program::search_path(programs)).env("RUNNER_TEMP", self.path("temp"));
        bash
    }

    fn update(&self) -> Ran {
        self.git(&["switch", "--quiet", "main"]);
        self.git(&["reset", "--quiet", "--hard", "origin/main"]);
        self.step("update.sh", &[("GH_TOKEN", "a-token")])
    }

    /// What a step gave the next ones: the value of an output.
    fn output(&self, name: &str) -> Option<String> {
        let text = fs::read_to_string(self.path("GITHUB_OUTPUT")).unwrap_or_default();
        text.lines().rev().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
    }

    /// What `gh` was asked.
    fn asked(&self) -> String {
        fs::read_to_string(self.path("pull-request.log")).unwrap_or_default()
    }

    /// The subjects of the commits that the proposed branch has beside `main`.
    fn proposed(&self) -> Vec<String> {
        self.git(&["fetch", "--quiet", "--prune", "origin", "+refs/heads/*:refs/remotes/origin/*"]);
        let subjects = self.git(&["log", "--format=%s", "origin/main..origin/launchway/update"]);
        subjects.lines().map(str::to_owned).collect()
    }

    /// Adds to `main` of the project what a person has changed.
    fn change(&self, text: &str) {
        fs::write(self.path("orders/note.txt"), text).unwrap();
        self.git(&["commit", "--quiet", "--all", "--message", "A change of ours"]);
        self.git(&["push", "--quiet", "origin", "main"]);
        self.git(&["fetch", "--quiet", "origin"]);
    }
}

const COMMIT: &str = "Update to the newest template";

/// Packs the program as a release does, and returns the digest of the archive.
fn packed(runner: &Runner) -> String {
    let target = format!("launchway-{}-unknown-linux-gnu", std::env::consts::ARCH);
    let release = runner.path("releases/v0.2.0");
    let folder = release.join(&target);
    copy_executable(program::path(), &folder.join("launchway"));
    let archive = release.join(format!("{target}.tar.gz"));
    run(Command::new("tar")
        .args(["--create", "--gzip", "--file"])
        .arg(&archive)
        .arg("--directory")
        .arg(&release)
        .arg(target))
    .success();
    hexadecimal(&Sha256::digest(fs::read(archive).unwrap()))
}

#[test]
fn the_action_installs_the_release_whose_digest_it_is_given_and_no_other() {
    let runner = Runner::new();
    let digest = packed(&runner);
    let releases = format!("file://{}", runner.path("releases").display());
    let install = |digest: &str| {
        runner.step("install.sh", &[("VERSION", "0.2.0"), ("SHA256", digest), ("LAUNCHWAY_RELEASES", &releases)])
    };

    let other = install(&"0".repeat(64));
    assert_eq!(other.code, Some(1));
    assert!(other.stdout.contains(&digest), "{}", other.stdout);
    assert!(!runner.path("temp/launchway-0.2.0/launchway").exists());
    assert!(!runner.path("GITHUB_PATH").exists());
    assert_ne!(install("").code, Some(0));

    assert!(install(&digest).success().contains("launchway 0.2.0"));
    let folder = fs::read_to_string(runner.path("GITHUB_PATH")).unwrap();
    assert!(Path::new(folder.trim()).join("launchway").is_file(), "{folder}");
}

#[test]
fn the_action_checks_and_hands_over_the_findings() {
    let runner = Runner::new();
    runner.step("check.sh", &[]).success();
    runner.release("1.1.0", "one\n2\nthree\n");
    // Marks are what `check` finds in every template.
    runner.change("<<<<<<< yours\none\n=======\ntwo\n>>>>>>> theirs\n");
    let found = runner.step("check.sh", &[]);
    assert_eq!(found.code, Some(1), "{}{}", found.stdout, found.stderr);
    let sarif: Value = serde_json::from_slice(&fs::read(runner.output("sarif").unwrap()).unwrap()).unwrap();
    assert_ne!(sarif["runs"][0]["results"].as_array().unwrap().len(), 0, "{sarif}");
}

#[test]
fn the_action_says_what_a_newer_template_would_bring() {
    let runner = Runner::new();
    runner.step("updates.sh", &[]).success();
    assert_eq!(runner.output("behind").as_deref(), Some("false"));
    runner.release("1.1.0", "one\n2\nthree\n");
    runner.step("updates.sh", &[]).success();
    assert_eq!(runner.output("behind").as_deref(), Some("true"));
    let summary = fs::read_to_string(runner.output("summary").unwrap()).unwrap();
    assert!(summary.starts_with("### Launchway\n\n````text\n"), "{summary}");
    assert!(summary.contains("1.1.0"), "{summary}");
    assert!(fs::read_to_string(runner.path("GITHUB_STEP_SUMMARY")).unwrap().ends_with(&summary));
}

#[test]
fn an_update_is_proposed_once_and_renewed_with_the_next_version() {
    let runner = Runner::new();
    assert!(runner.update().success().contains("nothing to update"));
    assert_eq!(runner.asked(), "");

    runner.release("1.1.0", "one\n2\nthree\n");
    runner.update().success();
    assert_eq!(runner.proposed(), [COMMIT]);
    assert_eq!(runner.output("pull-request").as_deref(), Some("https://example.com/pull/1"));
    assert!(!runner.asked().contains("--draft"), "{}", runner.asked());
    let first = runner.git(&["rev-parse", "origin/launchway/update"]);

    assert!(runner.update().success().contains("has this update already"));
    runner.proposed();
    assert_eq!(runner.git(&["rev-parse", "origin/launchway/update"]), first);

    runner.release("1.2.0", "one\n2\n3\n");
    runner.update().success();
    assert_eq!(runner.proposed(), [COMMIT]);
    assert_eq!(runner.git(&["show", "origin/launchway/update:note.txt"]), "one\n2\n3");
    assert_eq!(runner.asked().matches("pr create").count(), 1, "{}", runner.asked());
}

#[test]
fn an_update_with_conflicts_is_a_draft_that_names_the_files() {
    let runner = Runner::new();
    runner.change("one\nours\nthree\n");
    runner.release("1.1.0", "one\n2\nthree\n");
    runner.update().success();
    assert_eq!(runner.proposed(), [COMMIT]);
    assert!(runner.asked().contains("--draft"), "{}", runner.asked());
    let body = fs::read_to_string(runner.path("temp/launchway-update.md")).unwrap();
    assert!(body.starts_with("The update has conflicts") && body.contains("note.txt"), "{body}");
    assert!(runner.git(&["show", "origin/launchway/update:note.txt"]).contains("<<<<<<<"));
    assert_eq!(runner.git(&["show", "origin/main:note.txt"]), "one\nours\nthree");
}

#[test]
fn a_branch_that_somebody_has_added_to_stays_as_it_is() {
    for shallow in [false, true] {
        let runner = Runner::new();
        runner.release("1.1.0", "one\n2\nthree\n");
        runner.update().success();
        runner.proposed();
        runner.git(&["switch", "--quiet", "--create", "review", "origin/launchway/update"]);
        runner.git(&["commit", "--quiet", "--allow-empty", "--message", "A commit of a person"]);
        runner.git(&["push", "--quiet", "origin", "HEAD:launchway/update"]);
        runner.release("1.2.0", "one\n2\n3\n");
        if shallow {
            let origin = format!("file://{}", runner.path("origin.git").display());
            fs::remove_dir_all(runner.path("orders")).unwrap();
            fs::create_dir(runner.path("orders")).unwrap();
            runner.git(&["clone", "--quiet", "--depth=1", "--branch=main", &origin, "."]);
        }
        assert!(runner.update().success().contains("commits of other people"));
        assert_eq!(runner.proposed(), ["A commit of a person", COMMIT]);
    }
}

#[test]
fn a_shallow_checkout_renews_its_own_branch_after_main_has_moved() {
    let runner = Runner::new();
    runner.release("1.1.0", "one\n2\nthree\n");
    runner.update().success();
    runner.git(&["switch", "--quiet", "main"]);
    runner.git(&["reset", "--quiet", "--hard", "origin/main"]);
    runner.git(&["commit", "--quiet", "--allow-empty", "--message", "Another commit of ours"]);
    runner.git(&["push", "--quiet", "origin", "main"]);
    let origin = format!("file://{}", runner.path("origin.git").display());
    fs::remove_dir_all(runner.path("orders")).unwrap();
    fs::create_dir(runner.path("orders")).unwrap();
    runner.git(&["clone", "--quiet", "--depth=1", "--branch=main", &origin, "."]);
    runner.release("1.2.0", "one\n2\n3\n");
    runner.update().success();
    assert_eq!(runner.proposed(), [COMMIT]);
    assert_eq!(runner.git(&["show", "origin/launchway/update:note.txt"]), "one\n2\n3");
}

#[test]
fn an_update_that_is_refused_pushes_nothing() {
    let runner = Runner::new();
    runner.change("one\nours\nthree\n");
    // What one side has changed and the other one turned into bytes leaves no marks, so it has to be decided first.
    runner.template.git(&["rm", "--quiet", "files/note.txt.hbs"]);
    fs::create_dir_all(runner.template.folder.join("files")).unwrap();
    fs::write(runner.template.folder.join("files/note.txt"), [0, 159, 146, 150]).unwrap();
    runner.template.commit(&[("template.toml", &MANIFEST.replace("version = \"1.0.0\"", "version = \"1.1.0\""))]);
    runner.template.git(&["tag", "v1.1.0"]);
    let refused = runner.update();
    assert!(refused.code > Some(1), "{:?}: {}{}", refused.code, refused.stdout, refused.stderr);
    assert_eq!(runner.asked(), "");
    assert_eq!(runner.git(&["ls-remote", "origin", "refs/heads/launchway/*"]), "");
    assert_eq!(runner.git(&["status", "--porcelain"]), "");
}

#[test]
fn an_update_without_a_token_or_a_branch_says_what_is_missing() {
    let runner = Runner::new();
    let without = runner.step("update.sh", &[]);
    assert_eq!(without.code, Some(1));
    assert!(without.stderr.contains("set `token`"), "{}", without.stderr);
    runner.git(&["switch", "--quiet", "--detach"]);
    let detached = runner.step("update.sh", &[("GH_TOKEN", "a-token")]);
    assert_eq!(detached.code, Some(1));
    assert!(detached.stdout.contains("check out a branch"), "{}", detached.stdout);
}

/// Takes the archive of a release out of a folder, and writes down the address under which it would be.
const CURL: &str = r#"#!/bin/sh
while [ $# -gt 1 ]; do
  if [ "$1" = --output ]; then output=$2; fi
  shift
done
echo "$1" >>"$RELEASES/asked"
cp "$RELEASES"/v*/launchway-*.tar.gz "$output"
"#;

/// What a step of a workflow runs, and the condition under which it does.
fn workflow_step(workflow: &str, name: &str) -> (String, String) {
    let (_, after) = workflow.split_once(&format!("- name: {name}\n")).unwrap_or_else(|| panic!("no step `{name}`"));
    let step: Vec<&str> = after.lines().take_while(|line| line.starts_with("        ")).collect();
    let value = |key: &str| step.iter().find_map(|line| line.trim().strip_prefix(key)).unwrap_or_default().to_owned();
    let script = step.iter().skip_while(|line| !line.ends_with("run: |")).skip(1).map(|line| line.trim().to_owned());
    let script: Vec<String> = script.collect();
    let run = if script.is_empty() { value("run: ").trim_matches('\'').to_owned() } else { script.join("\n") };
    (run, value("if: "))
}

#[test]
fn the_ci_of_a_project_checks_it_with_the_release_and_the_digest_that_two_variables_name() {
    let runner = Runner::new();
    let digest = packed(&runner);
    write_executable(&runner.path("bin/curl"), CURL);
    run(runner.world.launchway().args(["new", "billing", "--target=both", "--no-input", "--no-git"])).success();
    let workflow = fs::read_to_string(runner.path("billing/.github/workflows/ci.yaml")).unwrap();
    let [install, check] =
        ["Install Launchway", "Check that the files agree"].map(|name| workflow_step(&workflow, name));
    for (_, condition) in [&install, &check] {
        assert_eq!(condition, "vars.LAUNCHWAY_VERSION != ''");
    }
    let step = |line: &str, digest: &str| {
        let mut bash = runner.bash();
        bash.args(["-e", "-c", line]).current_dir(runner.path("billing")).env("RELEASES", runner.path("releases"));
        run(bash.env("VERSION", "0.2.0").env("SHA256", digest))
    };

    assert_ne!(step(&install.0, &"0".repeat(64)).code, Some(0));
    assert!(!runner.path("temp/launchway").exists(), "what has another digest was unpacked");
    step(&install.0, &digest).success();
    let asked = fs::read_to_string(runner.path("releases/asked")).unwrap();
    let archive = "v0.2.0/launchway-x86_64-unknown-linux-gnu.tar.gz";
    assert!(
        asked.lines().all(|it| it == format!("https://github.com/launchway/launchway/releases/download/{archive}"))
    );
    step(&check.0, &digest).success();
    let dockerfile = runner.path("billing/Dockerfile");
    let text = fs::read_to_string(&dockerfile).unwrap();
    fs::write(&dockerfile, text.replace("EXPOSE 8080", "EXPOSE 8081")).unwrap();
    step(&check.0, &digest).failure_on_stdout("Dockerfile:");
}

#[test]
fn the_ci_of_an_added_service_leaves_the_check_to_that_of_the_project() {
    let world = World::new();
    for words in [
        &["new", "orders", "--target=ecs", "--no-input"][..],
        &["add", "service", "billing", "--dir", "orders", "--defaults"],
    ] {
        run(world.launchway().args(words).envs(GIT_IDENTITY)).success();
    }
    let installs = |name: &str| {
        let text = fs::read_to_string(world.path("orders/.github/workflows").join(name)).unwrap();
        text.contains("LAUNCHWAY_VERSION")
    };
    assert!(installs("ci.yaml") && !installs("ci-billing.yaml"));
}

#[test]
fn two_builds_in_different_folders_have_the_same_bytes_with_the_variables_of_a_release() {
    let folder = tempfile::tempdir().unwrap();
    let built = |name: &str, is_release: bool| {
        let project = folder.path().join(name);
        fs::create_dir_all(project.join("src")).unwrap();
        fs::write(project.join("Cargo.toml"), "[package]\nname = \"small\"\nedition = \"2024\"\n").unwrap();
        fs::write(project.join("src/main.rs"), "fn main() {\n    panic!(\"here\");\n}\n").unwrap();
        run(Command::new("git").args(["init", "--quiet"]).current_dir(&project)).success();
        let mut script = Command::new(workspace::root().join(".ci/same-bytes"));
        let said = run(script.env_remove("CARGO_TARGET_DIR").current_dir(&project)).success();
        let mut cargo = workspace::cargo();
        cargo.args(["build", "--quiet", "--offline"]).env_remove("CARGO_TARGET_DIR").current_dir(&project);
        if is_release {
            cargo.envs(said.lines().filter_map(|line| line.split_once('=')));
        }
        run(cargo).success();
        fs::read(project.join("target/debug/small")).unwrap()
    };
    assert_ne!(built("a", false), built("another/folder/b", false), "the folders leave no trace: this proves nothing");
    assert!(built("c", true) == built("another/folder/d", true), "the folders are in the program");
}

/// The version to which a package of Python is pinned for the check of a release.
fn pinned(package: &str) -> String {
    let pins = fs::read_to_string(workspace::root().join("tests/validators/requirements-release.txt")).unwrap();
    let version = pins.lines().find_map(|line| line.strip_prefix(package)?.strip_prefix("=="));
    version.unwrap_or_else(|| panic!("{package} is not pinned")).to_owned()
}

fn workflow(name: &str) -> String {
    fs::read_to_string(workspace::root().join(".github/workflows").join(name)).unwrap()
}

#[test]
fn a_release_is_made_with_the_tools_of_the_check() {
    let settings = fs::read_to_string(workspace::root().join("dist-workspace.toml")).unwrap();
    let settings: toml::Table = settings.parse().unwrap();
    let dist = pinned("astral-dev-toolchain-cargo-dist");
    assert_eq!(settings["dist"]["cargo-dist-version"].as_str(), Some(dist.as_str()));
    for name in ["rebuild.yml", "publish-pypi.yml"] {
        assert!(workflow(name).contains(&format!("maturin=={} ", pinned("maturin"))), "{name}");
    }
}

#[test]
fn nothing_is_published_before_every_program_was_built_again_with_the_same_bytes() {
    let release = workflow("release.yml");
    let job = |name: &str| {
        let (_, after) = release.split_once(&format!("\n  {name}:\n")).unwrap_or_else(|| panic!("no job {name}"));
        after.lines().take_while(|line| line.is_empty() || line.starts_with("   ")).collect::<Vec<_>>().join("\n")
    };
    assert!(job("host").contains("      - custom-rebuild") && job("host").contains("      - custom-bill-of-materials"));
    for publishing in ["publish-crates", "publish-npm", "publish-pypi"] {
        assert!(job(&format!("custom-{publishing}")).contains("      - host"), "{publishing}");
        assert!(workflow(&format!("{publishing}.yml")).contains("\n    environment: release\n"), "{publishing}");
    }
    // The same variables: without them two folders make two programs.
    assert!(job("build-local-artifacts").contains(".ci/same-bytes"));
    assert!(workflow("rebuild.yml").contains(".ci/same-bytes") && workflow("rebuild.yml").contains("\n          cmp "));
}

/// The platforms of a release, by the names of Rust's targets.
fn targets() -> Vec<String> {
    let settings = fs::read_to_string(workspace::root().join("dist-workspace.toml")).unwrap();
    let settings: toml::Table = settings.parse().unwrap();
    let targets = settings["dist"]["targets"].as_array().unwrap();
    targets.iter().map(|target| target.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_platform_of_a_release_is_known_to_the_action_to_npm_and_to_the_docs() {
    let npm = fs::read_to_string(workspace::root().join("xtask/src/release/npm.rs")).unwrap();
    let install = fs::read_to_string(workspace::root().join("action/install.sh")).unwrap();
    let page = fs::read_to_string(workspace::root().join("docs/installation.md")).unwrap();
    assert_eq!(targets().len(), 4);
    assert_eq!(install.matches("target=").count(), targets().len(), "a platform that no release has");
    for target in targets() {
        assert!(install.contains(&format!("target={target} ;;")), "action/install.sh: {target}");
        assert!(page.contains(&format!("`{target}`")), "docs/installation.md: {target}");
        let system = if target.contains("darwin") { "darwin" } else { "linux" };
        let processor = if target.starts_with("aarch64") { "arm64" } else { "x64" };
        assert!(npm.contains(&format!("(\"{target}\", \"{system}\", \"{processor}\")")), "npm: {target}");
    }
}

#[test]
fn the_pages_name_the_version_that_a_release_of_today_would_have() {
    let page = fs::read_to_string(workspace::root().join("docs/ci.md")).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    for (line, times) in [("launchway/launchway@v", 2), ("rev: v", 1), ("LAUNCHWAY_VERSION --body ", 2)] {
        assert_eq!(page.matches(line).count(), times, "{line}");
        assert_eq!(page.matches(&format!("{line}{version}")).count(), times, "{line}{version}");
    }
}

#[test]
fn every_input_and_output_of_the_action_is_on_its_page() {
    let action = fs::read_to_string(workspace::root().join("action.yml")).unwrap();
    let page = fs::read_to_string(workspace::root().join("docs/ci.md")).unwrap();
    let (declared, _) = action.split_once("\nruns:").unwrap();
    let names: Vec<_> = declared.lines().filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':')).collect();
    assert_eq!(names.len(), 9, "{names:?}");
    for name in names {
        assert!(page.contains(&format!("\n| `{name}` |")), "{name}");
    }
}
