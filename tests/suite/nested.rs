//! A project that is made in a folder of a larger repository, the row `u50`: what GitHub reads stands at the root of the
//! repository, and every command finds it there.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value as Json;
use tempfile::TempDir;
use xtask::tree::{self, Tree};

use crate::program::{GIT_IDENTITY, Ran, launchway, run, shell};

/// A template with a workflow, a file for Dependabot, and one that says where it is.
const MANIFEST: &str = r#"
[template]
id = "team"
title = "A team's template"
version = "VERSION"
name = "service"

[repository]
value = "nested"
folder = "folder"

[[question]]
id = "service"
prompt = "Name"
help = "The name."
kind = "slug"

[[question]]
id = "checks"
prompt = "Checks?"
help = "Whether there is a workflow."
kind = "bool"
default = true

[[file]]
path = ".github/workflows/ci.yaml"
repository = ".github/workflows/ci-{{service}}.yaml"
when = "checks"
ownership = "managed"

[[file]]
path = ".github/dependabot.yml"
repository = ".github/dependabot.yml"
shared = true

[[merge]]
files = "list.yaml"
path = "/words"
set = true

[[agreement]]
id = "port"
says = "the port"
from = []
when = "checks"
place = [{ file = ".github/workflows/ci.yaml", at = "/env/PORT" }, { file = "list.yaml", at = "/port" }]
"#;

const FILES: [(&str, &str); 4] = [
    (
        ".github/workflows/ci.yaml.hbs",
        "name: CI{{#if nested}} of {{service}}{{/if}}\non: push\nenv:\n  PORT: 8080\njobs: {}\n",
    ),
    (
        ".github/dependabot.yml.hbs",
        "version: 2\nupdates:\n  - package-ecosystem: cargo\n    directory: /{{folder}}\n    schedule:\n      interval: weekly\n",
    ),
    ("note.txt.hbs", "{{service}} in /{{folder}}\n"),
    ("list.yaml", "port: 8080\nwords:\n  - a\n"),
];

/// A repository with something in it, and a template beside it.
struct World(TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        world.template("1.0.0", &FILES);
        fs::create_dir(world.root()).unwrap();
        world.git(&["init", "--quiet", "--initial-branch=main"]);
        world.write("README.md", "Ours.\n");
        world.commit();
        world
    }

    fn root(&self) -> PathBuf {
        self.0.path().join("repository")
    }

    fn template(&self, version: &str, files: &[(&str, &str)]) {
        let folder = self.0.path().join("template");
        fs::remove_dir_all(&folder).unwrap_or_default();
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("template.toml"), MANIFEST.replace("VERSION", version)).unwrap();
        for (path, text) in files {
            let path = folder.join("files").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    fn git(&self, words: &[&str]) -> String {
        run(Command::new("git").args(words).current_dir(self.root()).envs(GIT_IDENTITY)).success()
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", "x"]);
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn exists(&self, path: &str) -> bool {
        self.root().join(path).exists()
    }

    fn in_folder(&self, folder: &str, words: &[&str]) -> Ran {
        run(launchway().args(words).current_dir(self.root().join(folder)))
    }

    fn new_service(&self, name: &str, words: &[&str]) -> Ran {
        let dest = format!("services/{name}");
        let own = ["new", name, "--template", "../template", "--no-input", "--dest", &dest];
        self.in_folder(".", &[&own, words].concat())
    }

    fn tree(&self) -> Tree {
        let mut tree = tree::read(&self.root()).unwrap();
        tree.retain(|path, _| !path.starts_with(".git/"));
        tree
    }
}

#[test]
fn u50_what_github_reads_stands_at_the_root_of_the_repository() {
    let world = World::new();
    let ran = world.new_service("orders", &[]);
    assert!(
        ran.stderr.contains("`.github/workflows/ci-orders.yaml`") && ran.stderr.contains("--standalone"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("cd services/orders") || !ran.stderr.contains("cd "), "{}", ran.stderr);
    assert_eq!(ran.success(), "services/orders\n");
    assert_eq!(
        world.read(".github/workflows/ci-orders.yaml"),
        "name: CI of orders\non: push\nenv:\n  PORT: 8080\njobs: {}\n"
    );
    assert!(world.read(".github/dependabot.yml").contains("directory: /services/orders"));
    assert_eq!(world.read("services/orders/note.txt"), "orders in /services/orders\n");
    assert!(world.exists(".launchway/orders.toml") && !world.exists("services/orders/.github"));
    assert!(world.read(".launchway/orders.toml").contains("folder = \"services/orders\""));
    assert!(world.in_folder(".", &["check"]).success().contains("orders"));
    assert!(world.in_folder("services/orders", &["check"]).success().contains("orders"));
    assert!(world.in_folder(".", &["check", "services/orders"]).success().contains("orders"));
}

#[test]
fn u50_standalone_and_ignored_folders_keep_all_files_in_the_folder() {
    let world = World::new();
    world.write(".gitignore", "scratch/\n");
    fs::create_dir(world.root().join("services")).unwrap();
    world.new_service("orders", &["--standalone"]).success();
    let scratch = ["new", "orders", "--template", "../template", "--no-input", "--dest", "scratch"];
    world.in_folder(".", &scratch).success();
    for folder in ["services/orders", "scratch"] {
        assert!(world.exists(&format!("{folder}/.github/workflows/ci.yaml")), "{folder}");
        assert_eq!(world.read(&format!("{folder}/note.txt")), "orders in /\n");
        assert!(world.in_folder(folder, &["check"]).success().contains("orders"));
    }
    assert!(!world.exists(".github") && !world.exists(".launchway"));
}

#[test]
fn u50_a_preview_shows_where_every_file_goes_and_the_report_names_the_repository() {
    let world = World::new();
    let before = world.tree();
    let shown = world.new_service("orders", &["--dry-run"]).success();
    assert!(shown.contains("ci-orders.yaml") && shown.contains("services/"), "{shown}");
    let diff = world.new_service("orders", &["--dry-run", "--diff"]).success();
    assert!(diff.contains("+++ b/.github/workflows/ci-orders.yaml"), "{diff}");
    let report: Json =
        serde_json::from_str(&world.new_service("orders", &["--dry-run", "--output", "json"]).success()).unwrap();
    assert_eq!((&report["path"], &report["repository"]), (&"services/orders".into(), &".".into()));
    let paths: Vec<&str> = report["files"].as_array().unwrap().iter().map(|it| it["path"].as_str().unwrap()).collect();
    assert!(paths.contains(&".github/workflows/ci-orders.yaml") && paths.contains(&"services/orders/note.txt"));
    assert_eq!(tree::differences(&before, &world.tree()), Vec::<String>::new());
    // From a folder of the repository, and in Korean.
    fs::create_dir(world.root().join("services")).unwrap();
    let words = ["new", "orders", "--template", "../../template", "--no-input", "--output", "json", "--lang", "ko"];
    let ran = world.in_folder("services", &words);
    assert!(ran.stderr.contains("더 큰 리포지토리의 폴더"), "{}", ran.stderr);
    let report: Json = serde_json::from_str(&ran.success()).unwrap();
    assert_eq!((&report["path"], &report["repository"]), (&"orders".into(), &"..".into()));
    assert!(world.exists(".github/workflows/ci-orders.yaml") && world.exists("services/orders/note.txt"));
}

#[test]
fn u50_what_is_in_the_way_is_listed_and_nothing_is_written() {
    let world = World::new();
    world.write(".github/workflows/ci-orders.yaml", "name: Ours\n");
    let before = world.tree();
    let said = world.new_service("orders", &[]).failure(3);
    assert!(said.contains("`.github/workflows/ci-orders.yaml`") && said.contains("--standalone"), "{said}");
    let said = world.in_folder(".", &["new", "orders", "--template", "../template", "--no-input", "--dest", "a b"]);
    let said = said.failure(2);
    assert!(said.contains("`a b`") && said.contains("--standalone"), "{said}");
    assert_eq!(tree::differences(&before, &world.tree()), Vec::<String>::new());
}

#[test]
fn u50_two_services_share_a_repository_and_its_file_for_dependabot() {
    let world = World::new();
    let ours = "version: 2\nupdates:\n  # Ours.\n  - package-ecosystem: npm\n    directory: /\n    schedule:\n      interval: daily\n";
    world.write(".github/dependabot.yml", ours);
    world.commit();
    world.new_service("orders", &[]).success();
    world.new_service("billing", &[]).success();
    let dependabot = world.read(".github/dependabot.yml");
    assert!(dependabot.starts_with(ours), "{dependabot}");
    assert!(dependabot.contains("\n  - package-ecosystem: cargo\n    directory: /services/orders\n"), "{dependabot}");
    assert!(dependabot.contains("\n  - package-ecosystem: cargo\n    directory: /services/billing\n"), "{dependabot}");
    world.commit();
    let both = world.in_folder(".", &["check"]).success();
    assert!(both.contains("orders") && both.contains("billing"), "{both}");
    let one = world.in_folder("services/billing", &["check"]).success();
    assert!(one.contains("billing") && !one.contains("orders"), "{one}");
    // Each is updated by itself, from its own folder or by its name.
    let monthly = FILES[1].1.replace("weekly", "monthly");
    let files = FILES.map(|(path, text)| (path, if text == FILES[1].1 { monthly.as_str() } else { text }));
    world.template("1.1.0", &files);
    world.in_folder("services/billing", &["update", "--template", "../../../template", "--no-input"]).success();
    let dependabot = world.read(".github/dependabot.yml");
    assert_eq!((dependabot.matches("monthly").count(), dependabot.matches("weekly").count()), (1, 1), "{dependabot}");
    assert!(dependabot.find("monthly") > dependabot.find("/services/billing"), "{dependabot}");
    world.commit();
    world.in_folder(".", &["update", "--template", "../template", "--no-input", "--service", "orders"]).success();
    assert_eq!(world.read(".github/dependabot.yml").matches("monthly").count(), 2);
}

#[test]
fn u50_a_file_of_the_repository_that_cannot_be_joined_stays_and_what_it_needs_is_shown() {
    let world = World::new();
    world.write(".github/dependabot.yml", "version: 2\nupdates: []\n");
    world.commit();
    let ran = world.new_service("orders", &[]);
    assert!(
        ran.stderr.contains("stays as it is") && ran.stderr.contains("directory: /services/orders"),
        "{}",
        ran.stderr
    );
    ran.success();
    assert_eq!(world.read(".github/dependabot.yml"), "version: 2\nupdates: []\n");
    assert!(world.read(".launchway/orders.toml").contains("yours = [\".github/dependabot.yml\"]"));
    world.in_folder(".", &["check"]).success();
}

#[test]
fn u50_update_changes_moves_and_takes_away_what_stands_at_the_root() {
    let world = World::new();
    world.new_service("orders", &[]).success();
    world.commit();
    let update = |words: &[&str]| {
        world.in_folder(
            "services/orders",
            &[&["update", "--template", "../../../template", "--no-input"], words].concat(),
        )
    };
    let files = FILES.map(|(path, text)| match path {
        ".github/workflows/ci.yaml.hbs" => {
            (path, "name: CI{{#if nested}} of {{service}}{{/if}}\non: [push]\nenv:\n  PORT: 8080\njobs: {}\n")
        }
        "list.yaml" => (path, "port: 8080\nwords:\n  - a\n  - theirs\n"),
        _ => (path, text),
    });
    // Both have added to a list whose rule names it as a project of its own has it.
    world.write("services/orders/list.yaml", "port: 8080\nwords:\n  - a\n  - ours\n");
    world.commit();
    world.template("1.1.0", &files);
    update(&[]).success();
    assert!(world.read(".github/workflows/ci-orders.yaml").contains("on: [push]"));
    assert_eq!(world.read("services/orders/list.yaml"), "port: 8080\nwords:\n  - a\n  - ours\n  - theirs\n");
    world.commit();
    let before = world.tree();
    update(&["--set", "checks=false"]).success();
    assert!(!world.exists(".github/workflows/ci-orders.yaml"));
    world.in_folder("services/orders", &["update", "--undo"]).success();
    assert_eq!(tree::differences(&before, &world.tree()), Vec::<String>::new());
    // A template that does not know where its files belong would bring all of them to the root.
    let manifest = fs::read_to_string(world.0.path().join("template/template.toml")).unwrap();
    let lines = manifest.lines().filter(|line| !line.starts_with("repository =") && !line.starts_with("shared ="));
    let manifest =
        lines.collect::<Vec<_>>().join("\n").replace("[repository]\nvalue = \"nested\"\nfolder = \"folder\"\n", "");
    let values =
        "\n[[value]]\nid = \"nested\"\nis = \"not checks\"\n[[value]]\nid = \"folder\"\nis = 'concat \"x\" \"\"'\n";
    fs::write(world.0.path().join("template/template.toml"), manifest + values).unwrap();
    let said = update(&[]).failure(4);
    assert!(said.contains("`services/orders`") && said.contains("[repository]"), "{said}");
    world.template("1.1.0", &files);
    // What an answer brings later stands at the root, too.
    update(&["--set", "checks=false"]).success();
    world.commit();
    update(&["--set", "checks=true"]).success();
    assert!(world.exists(".github/workflows/ci-orders.yaml"));
}

#[test]
fn u50_check_why_and_diff_find_what_stands_at_the_root() {
    let world = World::new();
    world.new_service("orders", &[]).success();
    world.commit();
    let path = ".github/workflows/ci-orders.yaml";
    world.write(path, &world.read(path).replace("8080", "80"));
    let found = world.in_folder("services/orders", &["check"]);
    assert_eq!(found.code, Some(1), "{}", found.stderr);
    assert!(found.stdout.contains(path) && found.stdout.contains("the port"), "{}", found.stdout);
    let shown = world.in_folder("services/orders", &["diff"]).success();
    assert!(shown.contains(&format!("b/{path}")), "{shown}");
    let why =
        |words: &[&str]| world.in_folder(".", &[&["why"], words, &["--template", "../template"]].concat()).success();
    assert!(why(&[path]).contains(".github/workflows/ci.yaml"), "{}", why(&[path]));
    assert!(why(&["services/orders/note.txt"]).contains("files/note.txt.hbs"));
    let from_folder = ["why", "note.txt", "--template", "../../../template"];
    assert!(world.in_folder("services/orders", &from_folder).success().contains("files/note.txt.hbs"));
    world.in_folder("services/orders", &["waive", "port", "--because", "a reason"]).success();
    world.write(path, &world.read(path).replace("80\n", "8080\n"));
    world.in_folder(".", &["check"]).success();
}

#[test]
fn u50_everything_is_taken_back_and_a_repository_without_a_commit_will_do() {
    let world = World::new();
    let before = world.tree();
    let ran = world.new_service("orders", &["--output", "json"]);
    let report: Json = serde_json::from_str(&ran.success()).unwrap();
    let way_back = report["way_back"].as_str().unwrap();
    assert!(way_back.contains("--undo") && way_back.contains("orders"), "{way_back}");
    world.in_folder("services/orders", &["update", "--undo", "--service", "orders"]).success();
    assert_eq!(tree::differences(&before, &world.tree()), Vec::<String>::new());
    let empty = tempfile::tempdir().unwrap();
    run(Command::new("git").args(["init", "--quiet"]).current_dir(empty.path())).success();
    let template = world.0.path().join("template");
    let new = ["new", "orders", "--no-input", "--template", template.to_str().unwrap()];
    run(launchway().args(new).current_dir(empty.path())).success();
    assert!(empty.path().join(".github/workflows/ci-orders.yaml").is_file());
    run(launchway().arg("check").current_dir(empty.path())).success();
}

/// The lines of a workflow that say where something works.
fn places(workflow: &str) -> Vec<&str> {
    let words = ["working-directory:", "- services/", "workspaces:", "manifest-path:", "context:", "file:", "group:"];
    let lines = workflow.lines().map(str::trim);
    lines.filter(|line| words.iter().any(|word| line.starts_with(word))).collect()
}

#[test]
fn u50_the_built_in_template_works_in_its_folder() {
    let world = World::new();
    let new = |name: &str, words: &[&str]| {
        let dest = format!("services/{name}");
        let own =
            ["new", name, "--no-input", "--target=both", "--repository=acme/shop", "--owner=shop", "--dest", &dest];
        world.in_folder(".", &[&own, words].concat())
    };
    new("orders", &[]).success();
    let workflow = |name: &str| world.read(&format!(".github/workflows/{name}-orders.yaml"));
    assert_eq!(
        places(&workflow("ci")),
        [
            "- services/orders/**",
            "group: ci-orders-${{ github.workflow }}-${{ github.ref }}",
            "working-directory: ./services/orders",
            "workspaces: services/orders",
            "manifest-path: services/orders/Cargo.toml",
            "context: services/orders",
        ]
    );
    assert!(places(&workflow("deploy-ecs")).contains(&"working-directory: ./services/orders"));
    assert!(workflow("deploy-ecs").contains("vars.AWS_IMAGE_ROLE_ARN_ORDERS"));
    assert!(places(&workflow("deploy-kubernetes")).contains(&"context: services/orders"));
    for name in ["deploy-ecs", "deploy-kubernetes"] {
        assert!(workflow(name).contains("uses: ./.github/workflows/ci-orders.yaml # "), "{name}");
        assert!(workflow(name).contains("hashFiles('services/orders/Cargo.lock', "), "{name}");
    }
    let roles = world.read("services/orders/deploy/ecs/roles.yaml");
    assert!(roles.contains("acme/shop/.github/workflows/deploy-ecs-orders.yaml@refs/heads/main"), "{roles}");
    assert!(!world.exists("services/orders/.github"));
    world.commit();
    new("billing", &[]).success();
    let dependabot = world.read(".github/dependabot.yml");
    for name in ["orders", "billing"] {
        assert!(dependabot.contains(&format!("  toolchain-{name}:")), "{dependabot}");
        assert!(dependabot.contains(&format!("directory: /services/{name}\n")), "{dependabot}");
    }
    assert_eq!(dependabot.matches("github-actions").count(), 1, "{dependabot}");
    world.in_folder(".", &["check"]).success();
}

#[test]
fn u50_a_service_joins_the_workspace_of_a_project_in_a_larger_repository() {
    let world = World::new();
    let new =
        ["new", "orders", "--no-input", "--target=ecs", "--repository=acme/shop", "--owner=shop", "--dest", "shop"];
    world.in_folder(".", &new).success();
    world.commit();
    let other = ["new", "other", "--no-input", "--target=ecs", "--repository=acme/shop", "--owner=shop"];
    world.in_folder(".", &other).success();
    world.commit();
    world.in_folder("shop", &["add", "service", "billing"]).success();
    for path in [
        ".github/workflows/ci-billing.yaml",
        ".github/workflows/deploy-ecs-billing.yaml",
        "shop/crates/billing/Cargo.toml",
        "shop/services/billing/deploy/ecs/README.md",
        ".launchway/billing.toml",
    ] {
        assert!(world.exists(path), "{path}");
    }
    assert!(world.read("shop/Cargo.lock").contains("name = \"billing\""));
    let workflow = world.read(".github/workflows/ci-billing.yaml");
    assert!(
        workflow.contains("- shop/crates/billing/**") && workflow.contains("working-directory: ./shop"),
        "{workflow}"
    );
    world.in_folder(".", &["check"]).success();
    world.in_folder(".", &["update", "--undo", "--service", "billing"]).success();
    assert!(!world.exists("shop/crates/billing") && !world.exists(".github/workflows/ci-billing.yaml"));
}

#[test]
fn u50_a_record_without_a_folder_stays_as_it_is() {
    let world = World::new();
    fs::create_dir(world.root().join("services")).unwrap();
    world.new_service("orders", &["--standalone"]).success();
    world.commit();
    world.template("1.1.0", &FILES);
    world.in_folder("services/orders", &["update", "--template", "../../../template", "--no-input"]).success();
    assert!(world.exists("services/orders/.github/workflows/ci.yaml") && !world.exists(".github"));
    assert!(!world.read("services/orders/.launchway/orders.toml").contains("[added]"));
}

#[test]
fn u50_a_project_without_a_record_is_adopted_with_what_stands_at_the_root() {
    let world = World::new();
    world.new_service("orders", &[]).success();
    fs::remove_dir_all(world.root().join(".launchway")).unwrap();
    world.commit();
    let adopt = ["adopt", "--template", "../../../template", "--output", "json"];
    let report: Json = serde_json::from_str(&world.in_folder("services/orders", &adopt).success()).unwrap();
    assert_eq!((&report["name"], &report["score"]["percent"]), (&"orders".into(), &100.into()), "{report}");
    assert!(world.exists(".launchway/orders.toml") && !world.exists("services/orders/.launchway"));
    assert!(world.read(".launchway/orders.toml").contains("folder = \"services/orders\""));
    world.in_folder("services/orders", &["check"]).success();
    world.in_folder("services/orders", &["diff"]).success();
}

#[test]
fn u50_a_folder_that_is_there_keeps_what_it_has_and_nothing_of_it_is_overwritten() {
    let world = World::new();
    world.write("services/orders/LICENSE", "free\n");
    world.commit();
    world.new_service("orders", &[]).success();
    assert_eq!(world.read("services/orders/LICENSE"), "free\n");
    assert!(world.exists(".launchway/orders.toml") && world.exists(".github/workflows/ci-orders.yaml"));
    let said = world.new_service("orders", &[]).failure(3);
    assert!(said.contains("`.launchway/orders.toml`"), "{said}");
    for there in ["services/billing/note.txt", "services/billing/NOTE.txt"] {
        world.write(there, "mine\n");
        let before = world.tree();
        let said = world.new_service("billing", &[]).failure(3);
        assert!(said.contains(&format!("`{there}`")), "{said}");
        assert_eq!(tree::differences(&before, &world.tree()), Vec::<String>::new());
        fs::remove_file(world.root().join(there)).unwrap();
    }
}

#[test]
fn u50_a_repository_within_the_repository_is_one_of_its_own() {
    let world = World::new();
    world.git(&["init", "--quiet", "--initial-branch=main", "services/orders"]);
    for (folder, dest) in [(".", "services/orders"), ("services", "orders"), ("services/orders", ".")] {
        let template = world.0.path().join("template");
        let new =
            ["new", "orders", "--template", template.to_str().unwrap(), "--no-input", "--dry-run", "--dest", dest];
        let report: Json =
            serde_json::from_str(&world.in_folder(folder, &[&new[..], &["--output", "json"]].concat()).success())
                .unwrap();
        assert_eq!(report["repository"], Json::Null, "{folder}");
    }
    world.new_service("orders", &[]).success();
    assert!(world.exists("services/orders/.github/workflows/ci.yaml") && !world.exists(".launchway"));
}

#[test]
fn u50_the_next_step_commits_all_of_it_in_the_repository() {
    for words in [&[][..], &["--no-git"]] {
        let world = World::new();
        let preview = world.new_service("orders", &[words, &["--dry-run", "--output", "json"]].concat()).success();
        let preview: Json = serde_json::from_str(&preview).unwrap();
        let ran = world.new_service("orders", words);
        assert!(ran.stderr.contains("  cd services/orders\n"), "{}", ran.stderr);
        ran.success();
        let step = preview["next_steps"][0]["command"].as_str().unwrap();
        let folder = world.root().join("services/orders");
        run(shell(step).envs(GIT_IDENTITY).current_dir(folder)).success();
        assert_eq!(world.git(&["status", "--porcelain"]), "", "{step}");
        assert_eq!(world.git(&["rev-list", "--count", "HEAD"]), "2\n", "{step}");
    }
}

#[test]
fn u50_the_next_step_commits_nothing_but_what_was_written() {
    let world = World::new();
    world.write(
        ".github/dependabot.yml",
        "version: 2\nupdates:\n  - package-ecosystem: npm\n    directory: /\n    schedule:\n      interval: weekly\n",
    );
    world.write(".github/CODEOWNERS", "* @ours\n");
    world.write("services/orders/ours/kept.txt", "kept\n");
    world.write("services/orders/gone.txt", "kept\n");
    world.commit();
    // Work of the user's: changed, staged, new, deleted.
    world.write(".github/CODEOWNERS", "* @others\n");
    world.write("README.md", "Staged.\n");
    world.git(&["add", "README.md"]);
    for path in [".github/workflows/own.yaml", "services/orders/ours/new.txt", "new.txt"] {
        world.write(path, "mine\n");
    }
    fs::remove_file(world.root().join("services/orders/gone.txt")).unwrap();
    let json = |words: &[&str]| -> Json {
        let words = [words, &["--output", "json"]].concat();
        serde_json::from_str(&world.new_service("orders", &words).success()).unwrap()
    };
    let preview = json(&["--dry-run"]);
    let made = json(&[]);
    assert_eq!(preview["next_steps"], made["next_steps"]);
    let step = made["next_steps"][0]["command"].as_str().unwrap();
    let named = "list.yaml note.txt :/.github/dependabot.yml :/.github/workflows/ci-orders.yaml :/.launchway";
    assert!(step.starts_with(&format!("git add {named} && ")) && step.ends_with(&format!(" -- {named}")), "{step}");
    run(shell(step).envs(GIT_IDENTITY).current_dir(world.root().join("services/orders"))).success();
    let committed = world.git(&["show", "--name-only", "--format=", "HEAD"]);
    let mut expected = vec![".github/dependabot.yml", ".github/workflows/ci-orders.yaml"];
    expected.extend([".launchway/.gitattributes", ".launchway/orders.agreements.json", ".launchway/orders.base"]);
    expected.extend([".launchway/orders.toml", "services/orders/list.yaml", "services/orders/note.txt"]);
    assert_eq!(committed.lines().collect::<Vec<_>>(), expected, "{step}");
    let left = world.git(&["status", "--porcelain", "--untracked-files=all"]);
    let work = [
        " M .github/CODEOWNERS",
        "M  README.md",
        " D services/orders/gone.txt",
        "?? .github/workflows/own.yaml",
        "?? new.txt",
        "?? services/orders/ours/new.txt",
    ];
    assert_eq!(left.lines().collect::<Vec<_>>(), work, "{step}");
}

#[test]
fn u50_what_is_new_in_the_folder_of_another_project_is_no_move_whatever_is_asked() {
    let world = World::new();
    let new = |name: &str| {
        let dest = format!("services/{name}");
        world.in_folder(".", &["new", name, "--no-input", "--target=ecs", "--dest", &dest]).success();
    };
    new("orders");
    world.commit();
    fs::remove_file(world.root().join("services/orders/.dockerignore")).unwrap();
    new("billing");
    world.commit();
    let json = |words: &[&str]| -> Json {
        serde_json::from_str(&world.in_folder("services/orders", &[words, &["--output", "json"]].concat()).stdout)
            .unwrap()
    };
    let (update, check) = (json(&["update", "--dry-run", "--no-input"]), json(&["check", "--updates"]));
    let paths = |files: &Json| -> Vec<String> {
        files.as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap().to_owned()).collect()
    };
    let upcoming = paths(&check["projects"][0]["update"]["files"]);
    assert!(!upcoming.iter().any(|path| path.contains("billing")), "{upcoming:?}");
    let updated = paths(&update["files"]);
    assert!(upcoming.iter().all(|path| updated.contains(path)), "{upcoming:?} {updated:?}");
}

#[test]
fn u50_commands_find_the_project_from_every_folder_of_it() {
    let world = World::new();
    world.new_service("orders", &[]).success();
    world.new_service("billing", &[]).success();
    fs::create_dir(world.root().join("services/billing/src")).unwrap();
    fs::create_dir_all(world.root().join("services/billing/ odd/con")).unwrap();
    world.commit();
    for folder in ["services/billing", "services/billing/src", "services/billing/ odd", "services/billing/ odd/con"] {
        let checked = world.in_folder(folder, &["check"]).success();
        assert!(checked.contains("billing") && !checked.contains("orders"), "{folder}: {checked}");
    }
    let both = world.in_folder("services", &["check"]).success();
    assert!(both.contains("billing") && both.contains("orders"), "{both}");
    let why = |folder: &str, words: &[&str]| world.in_folder(folder, &[&["why"], words].concat()).success();
    let template = world.0.path().join("template");
    let template = template.to_str().unwrap();
    let below = why("services/billing/src", &["../note.txt", "--template", template]);
    assert!(below.contains("services/billing/note.txt"), "{below}");
    let odd = why("services/billing/ odd/con", &["../../note.txt", "--template", template]);
    assert_eq!(odd, below);
    let named = why(".", &["note.txt", "--dir", "services/billing", "--template", template]);
    assert!(named.contains("services/billing/note.txt"), "{named}");
    let at_root = why("services/billing", &["../../.github/workflows/ci-billing.yaml", "--template", template]);
    assert!(at_root.contains(".github/workflows/ci.yaml"), "{at_root}");
    // A folder of no project is none, where it is named.
    world.in_folder(".", &["check", "services"]).failure(2);
}

#[test]
fn u50_a_file_that_the_work_tree_leaves_out_is_not_replaced_and_the_preview_says_so() {
    let world = World::new();
    world.write(".github/dependabot.yml", "version: 2\nupdates: # ours\n");
    world.commit();
    world.git(&["sparse-checkout", "set", "--no-cone", "/*", "!/.github/"]);
    let head = world.git(&["rev-parse", "HEAD:.github/dependabot.yml"]);
    for words in [&["--dry-run"][..], &[]] {
        let ran = world.new_service("orders", words);
        assert_ne!(ran.code, Some(0), "{}", ran.stderr);
        assert!(ran.stderr.contains("`.github/dependabot.yml`"), "{}", ran.stderr);
        assert!(!world.exists("services") && world.git(&["status", "--porcelain"]).is_empty());
        assert_eq!(world.git(&["rev-parse", ":.github/dependabot.yml"]), head);
    }
}

#[test]
fn u50_in_the_middle_of_a_merge_nothing_is_made_and_the_preview_says_so() {
    let world = World::new();
    world.git(&["checkout", "--quiet", "-b", "other"]);
    world.write("other.txt", "x\n");
    world.commit();
    world.git(&["checkout", "--quiet", "main"]);
    world.git(&["merge", "--quiet", "--no-commit", "--no-ff", "other"]);
    for words in [&["--dry-run"][..], &[]] {
        let ran = world.new_service("orders", words);
        assert_ne!(ran.code, Some(0), "{words:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("merge") && !world.exists("services"), "{words:?}: {}", ran.stderr);
    }
}

#[test]
fn u50_a_file_with_the_line_ends_of_windows_stays_as_it_is() {
    let world = World::new();
    let ours = "version: 2\r\nupdates:\r\n  - package-ecosystem: npm\r\n    directory: /\r\n";
    world.write(".github/dependabot.yml", ours);
    world.git(&["-c", "core.autocrlf=false", "add", "--all"]);
    world.git(&["commit", "--quiet", "--message", "x"]);
    let ran = world.new_service("orders", &[]);
    assert!(ran.stderr.contains("stays as it is"), "{}", ran.stderr);
    assert_eq!(world.read(".github/dependabot.yml"), ours);
}

#[test]
fn u50_undo_takes_back_the_change_of_the_project_in_whose_folder_it_is_run() {
    let world = World::new();
    world.new_service("orders", &[]).success();
    world.new_service("billing", &[]).success();
    world.commit();
    let update = ["update", "--template", "../../../template", "--no-input", "--set", "checks=false"];
    world.in_folder("services/billing", &update).success();
    let other = world.in_folder("services/orders", &["update", "--undo"]);
    assert_ne!(other.code, Some(0), "{}", other.stderr);
    assert!(!world.exists(".github/workflows/ci-billing.yaml"), "the update of billing stays");
    world.in_folder("services/billing", &["update", "--undo"]).success();
    assert!(world.exists(".github/workflows/ci-billing.yaml"));
}

#[test]
fn u50_a_project_that_keeps_all_in_its_folder_is_adopted_as_one_beside_a_file_of_the_repository() {
    let world = World::new();
    fs::create_dir(world.root().join("services")).unwrap();
    world.new_service("orders", &["--standalone"]).success();
    fs::remove_dir_all(world.root().join("services/orders/.launchway")).unwrap();
    world.write(".github/dependabot.yml", "version: 2\nupdates:\n  - package-ecosystem: npm\n    directory: /\n");
    world.commit();
    world.in_folder("services/orders", &["adopt", "--template", "../../../template"]).success();
    assert!(world.exists("services/orders/.launchway/orders.toml") && !world.exists(".launchway"));
}

#[test]
fn u50_a_decision_is_recorded_in_the_folder_of_the_project_that_it_is_of() {
    let world = World::new();
    for (name, target) in [("billing", "ecs"), ("orders", "kubernetes")] {
        let dest = format!("services/{name}");
        let new = ["new", name, "--no-input", "--dest", &dest, &format!("--target={target}")];
        world.in_folder(".", &new).success();
        world.commit();
    }
    for name in ["billing", "orders"] {
        let advise = ["advise", "architecture", "--place=aws", "--extensions=no", "--operation=nobody", "--no-input"];
        let more = ["--knowledge=aws", "--services=few", "--delivery=open", "--record"];
        let ran = world.in_folder(&format!("services/{name}"), &[&advise[..], &more].concat());
        assert_eq!(ran.code, Some(0), "{name}: {}", ran.stderr);
        assert!(world.exists(&format!("services/{name}/docs/decisions/architecture.md")), "{name}");
    }
    assert!(!world.exists("docs"));
}
