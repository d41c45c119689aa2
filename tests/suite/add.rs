//! `launchway add service`: a second service in the workspace of a project.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use flate2::read::GzDecoder;
use launchway_core::{Plan, Template, Value};
use serde_json::Value as Json;
use tempfile::TempDir;
use xtask::tree::{self, Tree};

use crate::program::{GIT_IDENTITY, Ran, launchway, run, shell};
use crate::project::{self, Project};
use crate::rendered::{self, TEMPLATE};
use crate::terminal::{ENTER, ESCAPE, Terminal};

/// A copy of a golden project in a repository of its own, everything committed.
pub(crate) struct Workspace(TempDir);

impl Workspace {
    /// Makes the project of a golden case once more: the golden one has no base.
    pub(crate) fn of(case: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let answers = xtask::golden::cases().unwrap().into_iter().find(|it| it.name == case).unwrap().answers();
        let new = ["new", "--no-input", "--no-git", "--dest", "project", "--answers"];
        run(launchway().args(new).arg(answers).current_dir(folder.path())).success();
        let workspace = Self(folder);
        workspace.git(&["init", "--quiet"]);
        workspace.commit();
        workspace
    }

    pub(crate) fn folder(&self) -> std::path::PathBuf {
        self.0.path().join("project")
    }

    /// The project as a whole, and the part of it that is the added service's.
    pub(crate) fn projects(&self, case: &str) -> (Project, Project) {
        let whole = project::named(case).moved_to(self.folder());
        let service = project::named(case).moved_to(self.folder().join("services/billing"));
        (whole, service)
    }

    fn git(&self, words: &[&str]) -> String {
        run(Command::new("git").args(words).current_dir(self.folder()).envs(GIT_IDENTITY)).success()
    }

    fn commit(&self) {
        self.git(&["add", "--all", "--force"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", "x"]);
    }

    fn launchway(&self, words: &[&str]) -> Ran {
        run(launchway().args(words).current_dir(self.folder()))
    }

    fn add(&self, words: &[&str]) -> Ran {
        run(launchway().args(["add", "service"]).args(words).current_dir(self.folder()))
    }

    /// Adds `billing` and returns the project for more.
    pub(crate) fn with_billing(self) -> Self {
        self.add(&["billing"]).success();
        self
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.folder().join(path)).unwrap()
    }

    #[track_caller]
    fn replace(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert_eq!(text.matches(from).count(), 1, "`{from}` is in {path} once");
        self.write(path, &text.replace(from, to));
    }

    /// What is in the folder, git's own folder apart.
    fn tree(&self) -> Tree {
        let mut tree = tree::read(&self.folder()).unwrap();
        tree.retain(|path, _| !path.starts_with(".git/"));
        tree
    }

    /// Expects an addition to be refused for `reason`, with nothing written.
    #[track_caller]
    fn refuses(&self, words: &[&str], code: i32, reason: &str) {
        let before = self.tree();
        let said = self.add(words).failure(code);
        assert!(said.contains(reason), "`{reason}` is not in:\n{said}");
        assert_eq!(tree::differences(&before, &self.tree()), Vec::<String>::new());
    }

    /// The files that a record holds as they were generated.
    fn base(&self, name: &str) -> BTreeSet<String> {
        let base = fs::read(self.folder().join(format!(".launchway/{name}.base"))).unwrap();
        let mut archive = tar::Archive::new(GzDecoder::new(base.as_slice()));
        let path = |entry: tar::Entry<'_, _>| entry.path().unwrap().to_str().unwrap().to_owned();
        archive.entries().unwrap().map(|entry| path(entry.unwrap())).collect()
    }
}

/// What an added service has elsewhere than one of its own project, and under another name.
const RENAMED: [(&str, &str); 17] = [
    ("services/billing/deploy/", "deploy/"),
    ("services/billing/deploy", "deploy"),
    ("services/billing/Dockerfile", "Dockerfile"),
    ("--file Dockerfile ", ""),
    ("ci-billing.yaml", "ci.yaml"),
    ("deploy-ecs-billing", "deploy-ecs"),
    ("plan-ecs-billing", "plan-ecs"),
    ("deploy-kubernetes-billing", "deploy-kubernetes"),
    ("switch-kubernetes-billing", "switch-kubernetes"),
    ("name: Deploy billing to", "name: Deploy to"),
    ("name: Plan billing on", "name: Plan on"),
    ("name: Switch tracks of billing on", "name: Switch tracks on"),
    ("ROLE_ARN_BILLING", "ROLE_ARN"),
    ("PLAN_ACCOUNT_BILLING", "PLAN_ACCOUNT"),
    ("KUBECONFIG_BILLING", "KUBECONFIG"),
    ("env-billing/", "env/"),
    ("          file: Dockerfile\n", ""),
];

/// Gives a text of an added service the names that a service of its own project has.
fn as_first(text: &str, image: &str) -> String {
    let mut text = text.replace(&format!("{image}/billing"), image);
    for (added, first) in RENAMED {
        text = text.replace(added, first);
    }
    let Some((before, paths)) =
        text.split_once("    # A crate that the service comes to use belongs here too.\n    paths:\n")
    else {
        return text;
    };
    let rest: String = paths
        .lines()
        .skip_while(|line| line.starts_with("      - "))
        .fold(String::new(), |rest, line| rest + line + "\n");
    format!("{before}{rest}")
}

/// Leaves out how the repository is made: that of an added service is there.
fn without_repository(text: &str) -> String {
    const MADE: [(&str, &str); 5] = [
        ("The repository must exist: `gh repo create", "if there are none yet. "),
        ("The repository must exist, and nothing may be pushed yet. ", "--private --source=. ``` "),
        ("Commit the files, and leave the push", "to the end of this section. "),
        ("The first push starts the first deployment.", "origin HEAD:main ``` "),
        ("Commit what the scripts have written, and merge it", "that starts the first deployment. "),
    ];
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    MADE.into_iter().fold(words, |words, (start, end)| {
        let Some((before, rest)) = words.split_once(start) else { return words };
        let (_, after) = rest.split_once(end).unwrap_or_else(|| panic!("`{end}` does not follow `{start}`"));
        format!("{before}{after}")
    })
}

#[test]
fn an_added_service_is_what_one_of_its_own_project_is_but_for_its_place_and_names() {
    for case in project::all() {
        let text = fs::read_to_string(case.folder.join("../answers.toml")).unwrap();
        let given: toml::Table = text.parse().unwrap();
        let given = given.into_iter().map(|(id, value)| (id, value.try_into::<Value>().unwrap()));
        let mut answers = rendered::answers([]);
        given.for_each(|(id, value)| answers.set(&id, value, launchway_core::Provenance::Flag));
        answers.set("service", Value::Text("billing".to_owned()), launchway_core::Provenance::Flag);
        let first = plan(&answers);
        // As they are found in its workspace.
        let workspace: toml::Table = fs::read_to_string(case.path("Cargo.toml")).unwrap().parse().unwrap();
        let client = workspace["workspace"]["dependencies"].get("aws-sdk-sqs");
        let client = client
            .map(|client| ("queue_client".to_owned(), Value::Text(client["version"].as_str().unwrap().to_owned())));
        answers.join([("member".to_owned(), Value::Bool(true))].into_iter().chain(client).collect());
        let added = plan(&answers);
        assert_same(&case.case, &first, &added);
    }
}

fn plan(answers: &launchway_core::Answers) -> Plan {
    let interview = launchway_core::Interview::new(&TEMPLATE, answers, launchway_core::Defaults::All).unwrap();
    let context = interview.context().unwrap().unwrap_or_else(|| panic!("{:?}", interview.problems));
    Plan::new(&TEMPLATE, &context).unwrap_or_else(|error| panic!("{error}\n{:?}", context.answers))
}

fn assert_same(case: &str, first: &Plan, added: &Plan) {
    let text = |plan: &Plan, path: &str| {
        let found = plan.files.iter().find(|(known, _)| known.as_str() == path);
        found.unwrap_or_else(|| panic!("{case}: there is no {path}")).1.text().unwrap().to_owned()
    };
    let image = first.files.values().find_map(|file| file.text()?.split("ghcr.io/").nth(1));
    let image =
        image.map_or("none".to_owned(), |rest| format!("ghcr.io/{}", rest.split(['"', ':', '\n']).next().unwrap()));
    let own = ["services/billing/README.md", ".github/workflows/ci-billing.yaml"];
    let mut seen = BTreeSet::new();
    for (path, file) in &added.files {
        if own.contains(&path.as_str()) {
            continue;
        }
        let place = as_first(path.as_str(), &image);
        let (expected, actual) = (text(first, &place), as_first(file.text().unwrap(), &image));
        assert_eq!(without_repository(&actual), without_repository(&expected), "{case}: {path}");
        seen.insert(place);
    }
    let of_workspace: BTreeSet<_> = added.workspace.keys().map(|path| path.as_str().to_owned()).collect();
    let all: BTreeSet<_> = first.files.keys().map(|path| path.as_str().to_owned()).collect();
    assert_eq!(all, &seen | &of_workspace, "{case}: every file is the service's or the workspace's");
    assert!(seen.is_disjoint(&of_workspace), "{case}");
    assert_eq!(first.agreements.len(), added.agreements.len(), "{case}");
}

#[test]
fn both_services_of_a_workspace_are_clean_and_share_no_file() {
    for case in ["ecs-default", "kubernetes-every-option", "both-default"] {
        let workspace = Workspace::of(case).with_billing();
        let report: Json = serde_json::from_str(&workspace.launchway(&["check", "--output=json"]).success()).unwrap();
        let services: Vec<&str> =
            report["projects"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!(services.len(), 2, "{case}: {services:?}");
        assert_eq!(report["clean"], true, "{case}: {report:#}");
        let (first, billing) = (workspace.base("orders"), workspace.base("billing"));
        assert!(first.is_disjoint(&billing), "{case}: {:?}", &first & &billing);
        for path in &billing {
            assert!(workspace.folder().join(path).exists(), "{case}: {path}");
        }
    }
}

#[test]
fn a_fault_in_the_second_service_is_found_there_alone() {
    let workspace = Workspace::of("both-default").with_billing();
    workspace.replace("services/billing/Dockerfile", "EXPOSE 8080", "EXPOSE 8000");
    let said = workspace.launchway(&["check"]);
    assert_eq!(said.code, Some(1));
    assert!(said.stdout.contains("`8000` in services/billing/Dockerfile:"), "{}", said.stdout);
    let of_first = said.stdout.lines().find(|line| line.starts_with("orders (service 0.4.0): ")).unwrap();
    assert!(of_first.ends_with(" agreements hold"), "{}", said.stdout);
}

#[test]
fn a_fault_in_the_shared_library_is_found_for_both() {
    let workspace = Workspace::of("ecs-default").with_billing();
    let path = "crates/platform/src/probes.rs";
    let text = workspace.read(path).replace("\"/readyz\"", "\"/ready\"");
    workspace.write(path, &text);
    let said = workspace.launchway(&["check"]);
    assert_eq!(said.code, Some(1));
    for found in ["billing (service 0.4.0): 1 finding", "orders (service 0.4.0): 1 finding"] {
        assert!(said.stdout.contains(found), "{found}\n{}", said.stdout);
    }
}

#[test]
fn a_workspace_that_has_changed_is_spoken_of_before_the_service_relies_on_it() {
    let workspace = Workspace::of("ecs-default");
    let path = "crates/platform/src/probes.rs";
    let text = workspace.read(path).replace("\"/readyz\"", "\"/ready\"");
    workspace.write(path, &text);
    workspace.commit();
    let said = workspace.add(&["billing"]);
    assert!(
        said.stderr.contains("note: ") && said.stderr.contains("the path of the readiness check"),
        "{}",
        said.stderr
    );
    said.success();
}

#[test]
fn the_answers_follow_the_first_service_but_for_its_own() {
    let workspace = Workspace::of("ecs-every-option");
    workspace.add(&["billing", "--set", "cpu=1024", "--set", "memory=2048"]).success();
    let record = |name: &str| -> toml::Table { workspace.read(&format!(".launchway/{name}.toml")).parse().unwrap() };
    let (first, billing) = (record("orders"), record("billing"));
    let differing: Vec<&str> = first["answers"]
        .as_table()
        .unwrap()
        .iter()
        .filter(|(id, value)| billing["answers"].get(id.as_str()) != Some(value))
        .map(|(id, _)| id.as_str())
        .collect();
    assert_eq!(differing, ["cpu", "description", "memory", "secret_keys", "secret_store", "secrets", "service"]);
    assert_eq!(billing["answers"]["description"].as_str(), Some("The billing service"));
    assert_eq!(billing["added"]["member"].as_bool(), Some(true));
    assert!(first.get("added").is_none());
}

#[test]
fn a_third_service_takes_the_answers_of_the_one_that_is_named() {
    let workspace = Workspace::of("ecs-default");
    workspace.add(&["billing", "--set=port=8081"]).success();
    workspace.commit();
    workspace.add(&["mail"]).success();
    workspace.commit();
    workspace.add(&["search", "--from=billing"]).success();
    let port = |name: &str| workspace.read(&format!(".launchway/{name}.toml")).contains("port = 8081");
    assert_eq!(["mail", "search"].map(port), [false, true]);
    workspace.launchway(&["check"]).success();
    workspace.refuses(&["x1", "--from=nobody"], 2, "has no service `nobody`");
}

#[test]
fn cargo_accepts_the_workspace_without_the_network_and_comments_stay() {
    let workspace = Workspace::of("ecs-default");
    // For every platform, which no build of this one does.
    run(xtask::workspace::cargo().args(["fetch", "--locked"]).current_dir(workspace.folder())).success();
    let members = "members = [\n    # Shared by all.\n    \"crates/platform\", # a library\n    \"crates/orders\",\n]";
    workspace.replace("Cargo.toml", "members = [\"crates/*\"]", members);
    workspace.replace("Cargo.toml", "[workspace]\n", "# Ours.\n[workspace]\n");
    workspace.commit();
    let before = workspace.read("Cargo.toml");
    workspace.add(&["billing"]).success();
    let added = "    \"crates/orders\",\n    \"crates/billing\",\n]";
    assert_eq!(workspace.read("Cargo.toml"), before.replace("    \"crates/orders\",\n]", added));
    let metadata = ["metadata", "--locked", "--offline", "--format-version=1"];
    let said = run(xtask::workspace::cargo().args(metadata).current_dir(workspace.folder())).success();
    let metadata: Json = serde_json::from_str(&said).unwrap();
    let is_member = |it: &Json| it.as_str().unwrap().contains("crates/billing");
    assert!(metadata["workspace_members"].as_array().unwrap().iter().any(is_member));
}

#[test]
fn a_dependency_that_the_workspace_no_longer_has_comes_back_and_one_that_differs_is_spoken_of() {
    let workspace = Workspace::of("ecs-default");
    let manifest = workspace.read("Cargo.toml");
    let line = |name: &str| manifest.lines().find(|line| line.starts_with(&format!("{name} = "))).unwrap().to_owned();
    let without = manifest.replace(&format!("{}\n", line("tower")), "");
    let older = line("serde").replace("1.0.229", "1.0.228");
    workspace.write("Cargo.toml", &without.replace(&line("serde"), &older));
    workspace.commit();
    let said = workspace.add(&["billing"]);
    assert!(said.stderr.contains("note: `serde` is `1.0.228` in the workspace"), "{}", said.stderr);
    assert!(said.stdout.contains("`tower` is in `workspace.dependencies`"), "{}", said.stdout);
    let after = workspace.read("Cargo.toml");
    assert!(after.contains(&older) && after.contains("\ntower = { version = \"0.5"), "{after}");
}

#[test]
fn a_workspace_that_excludes_the_crate_refuses_it() {
    let workspace = Workspace::of("ecs-default");
    workspace.replace("Cargo.toml", "resolver = \"3\"\n", "resolver = \"3\"\nexclude = [\"crates/billing\"]\n");
    workspace.commit();
    workspace.refuses(&["billing"], 3, "excludes `crates/billing`");
    workspace.write("Cargo.toml", "[package]\nname = \"x\"\n");
    workspace.commit();
    workspace.refuses(&["billing"], 3, "has no `[workspace]`");
}

#[test]
fn whatever_is_in_the_way_stays_and_is_named() {
    let workspace = Workspace::of("ecs-default");
    workspace.write("services/billing/README.md", "mine\n");
    workspace.write("crates/billing/src", "a file where a folder would be\n");
    workspace.refuses(&["billing"], 3, "`crates/billing/src/lib.rs`");
    workspace.refuses(&["billing"], 3, "`services/billing/README.md`");
    workspace.refuses(&["orders"], 3, "has a service `orders` already");
    workspace.refuses(&["tracing"], 2, "is a crate that the service depends on");
}

#[test]
fn the_programs_of_a_workspace_are_of_one_kind() {
    for (case, kind) in [("ecs-default", "kind=worker"), ("ecs-worker", "kind=http")] {
        Workspace::of(case).refuses(&["billing", "--set", kind], 2, "share the crate `platform`, which is of one kind");
    }
    let workspace = Workspace::of("ecs-worker").with_billing();
    assert!(workspace.read("crates/billing/src/lib.rs").contains("pub async fn worker("));
}

#[test]
fn a_link_is_never_followed() {
    let workspace = Workspace::of("ecs-default");
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), workspace.folder().join("services")).unwrap();
    let said = workspace.add(&["billing"]).failure(3);
    assert!(said.contains("`services/billing/Dockerfile`"), "{said}");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    assert!(!workspace.folder().join("crates/billing").exists());
}

#[test]
fn changes_that_are_not_committed_are_kept_apart_and_everything_can_be_taken_back() {
    let workspace = Workspace::of("ecs-default");
    workspace.write("notes.txt", "mine\n");
    workspace.replace("Dockerfile", "EXPOSE 8080", "EXPOSE 8000");
    let before = workspace.tree();
    let report: Json = serde_json::from_str(&workspace.add(&["billing", "--output=json"]).success()).unwrap();
    assert_eq!(report["written"], true);
    let way_back = report["way_back"].as_str().unwrap();
    assert_eq!(way_back, "launchway update --undo --service billing");
    run(shell(way_back).current_dir(workspace.folder())).success();
    assert_eq!(tree::differences(&before, &workspace.tree()), Vec::<String>::new());

    workspace.replace("Cargo.lock", "version = 4", "# Mine.\nversion = 4");
    workspace.refuses(&["billing"], 3, "changes that are not committed, in `Cargo.lock`");
    workspace.add(&["billing", "--allow-dirty"]).success();
    assert!(workspace.read("Cargo.lock").contains("# Mine.\n"));
}

#[test]
fn without_a_repository_there_is_no_way_back_and_nothing_is_written() {
    let workspace = Workspace::of("ecs-default");
    fs::remove_dir_all(workspace.folder().join(".git")).unwrap();
    workspace.refuses(&["billing"], 3, "is not in a git repository");
}

#[test]
fn a_preview_lists_what_is_then_written_and_writes_nothing() {
    let workspace = Workspace::of("kubernetes-default");
    let before = workspace.tree();
    let files = |words: &[&str]| {
        let report: Json = serde_json::from_str(&workspace.add(words).success()).unwrap();
        report["files"].clone()
    };
    let previewed = files(&["billing", "--dry-run", "--output=json"]);
    assert_eq!(tree::differences(&before, &workspace.tree()), Vec::<String>::new());
    assert_eq!(files(&["billing", "--output=json"]), previewed);
    let new: BTreeSet<String> = workspace.tree().keys().filter(|path| !before.contains_key(*path)).cloned().collect();
    let listed = previewed.as_array().unwrap().iter().filter(|it| it["status"] == "new");
    assert_eq!(listed.map(|it| it["path"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>(), new);
}

#[test]
fn the_image_is_built_by_the_rust_of_the_workspace() {
    let workspace = Workspace::of("ecs-default");
    let raise = |channel: &str| {
        let text = workspace.read("rust-toolchain.toml");
        let line = text.lines().find(|line| line.starts_with("channel")).unwrap().to_owned();
        workspace.write("rust-toolchain.toml", &text.replace(&line, &format!("channel = \"{channel}\"")));
        workspace.commit();
    };
    raise("1.99.1");
    workspace.add(&["billing"]).success();
    assert!(workspace.read("services/billing/Dockerfile").contains("FROM rust:1.99.1-slim-"));
    // What is no version cannot be the tag of an image.
    raise("1.99.2\\nRUN x");
    workspace.add(&["mail"]).success();
    assert!(workspace.read("services/mail/Dockerfile").contains("FROM rust:1.95.0-slim-"));
}

#[test]
fn an_update_knows_an_added_service() {
    let workspace = Workspace::of("ecs-default").with_billing();
    workspace.commit();
    let before = workspace.tree();
    workspace.launchway(&["update", "--service=billing", "--no-input"]).success();
    assert_eq!(tree::differences(&before, &workspace.tree()), Vec::<String>::new());
    workspace.launchway(&["update", "--service=billing", "--no-input", "--set=port=8099"]).success();
    assert!(workspace.read("services/billing/deploy/TRANSITION.md").contains("## new-tasks: ecs-port"));
    assert!(workspace.read("services/billing/Dockerfile").contains("EXPOSE 8099 9090"));
    assert_eq!(workspace.read("Dockerfile").as_bytes(), before["Dockerfile"].bytes);
    workspace.launchway(&["check"]).success();
}

const TEAM: &str = r#"
[template]
id = "team"
title = "A team's"
version = "1.0.0"
name = "thing"

[[question]]
id = "thing"
prompt = "Name"
help = "A name."
kind = "slug"
"#;

/// Writes a small template beside the project, and a project of it.
fn team(manifest: &str) -> (TempDir, Ran) {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join("team").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("template.toml", &format!("{TEAM}{manifest}"));
    write("files/shared.txt", "all\n");
    write("files/app/{{thing}}.yaml.hbs", "name: {{thing}}\n");
    let made =
        run(launchway().args(["new", "a1", "--template=./team", "--no-input", "--no-git"]).current_dir(folder.path()));
    (folder, made)
}

fn add_to_team(folder: &Path) -> Ran {
    let git = |words: &[&str]| {
        run(Command::new("git").args(words).current_dir(folder.join("a1")).envs(GIT_IDENTITY)).success()
    };
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "x"]);
    run(launchway().args(["add", "service", "b2", "--dir=a1", "--template=./team"]).current_dir(folder))
}

#[test]
fn a_teams_own_template_can_say_how_its_services_are_added() {
    let add =
        "[add]\nvalue = \"more\"\nworkspace = [\"shared.txt\"]\nmove = [{ from = \"app\", to = \"apps/{{thing}}\" }]\n";
    let (folder, made) = team(add);
    made.success();
    add_to_team(folder.path()).success();
    assert_eq!(fs::read_to_string(folder.path().join("a1/apps/b2/b2.yaml")).unwrap(), "name: b2\n");
    run(launchway().args(["check", "a1"]).current_dir(folder.path())).success();
}

#[test]
fn a_template_that_says_nothing_of_it_adds_nothing() {
    let (folder, made) = team("");
    made.success();
    let said = add_to_team(folder.path()).failure(2);
    assert!(said.contains("the template `team` does not say how a service of it joins a workspace"), "{said}");
}

#[test]
fn faults_of_an_add_table_are_named_with_their_line() {
    for (add, fault) in [
        ("[add]\nvalue = \"thing\"\n", "the id `thing` is declared twice"),
        ("[add]\nworkspace = []\n", "`[add]` needs `value`"),
        ("[add]\nvalue = \"more\"\nworkspace = [\"none\"]\n", "template.toml:15:14: `none` matches no file"),
        ("[add]\nvalue = \"more\"\nown = [\"other\"]\n", "`other` is not a question"),
        ("[add]\nvalue = \"more\"\nmove = [{ from = \"x\", to = \"y\" }]\n", "`x` is neither a file"),
        ("[add]\nvalue = \"more\"\nmove = [{ from = \"app\", to = \"{{typo}}\" }]\n", "`typo`"),
        (
            "[add]\nvalue = \"more\"\n[[add.take]]\nvalue = \"thing\"\nfile = \"a.toml\"\nat = \"/x\"\npattern = \"x\"\n",
            "`thing` is not a value that is a fixed word",
        ),
    ] {
        let said = team(add).1.failure(4);
        assert!(said.contains(fault), "`{fault}` is not in:\n{said}");
    }
}

#[test]
fn the_built_in_template_can_be_added() {
    assert!(Template::builtin("service").unwrap().can_be_added());
}

#[test]
fn a_question_of_the_new_service_goes_back_explains_itself_and_is_answered_again_at_the_review() {
    let workspace = Workspace::of("ecs-default");
    let before = tree::read(&workspace.folder()).unwrap();
    let start = || Terminal::start(launchway().args(["add", "service", "billing"]).current_dir(workspace.folder()));
    let terminal = start();
    terminal.wait_for("1 of about 1").press(ESCAPE).wait_for("first question").press("n");
    terminal.wait_written("1 of about 1", 2).press("?").wait_for("`--set description=…`").press(ESCAPE);
    terminal.wait_without("`--set description=…`").type_text("Takes money").press(ENTER);
    terminal.wait_for("services/billing").wait_for("Enter add the service").press(ESCAPE);
    terminal.wait_for("❯ Takes money").press(ENTER);
    terminal.wait_for("Enter add the service").press("e").wait_for("Which answer?").press(ENTER);
    terminal.wait_for("❯ Takes money").type_text(" fast").press(ENTER);
    terminal.wait_for("Enter add the service");
    assert_eq!(tree::read(&workspace.folder()).unwrap(), before, "nothing is written before the review is accepted");
    terminal.press(ENTER);
    let left = terminal.end();
    assert!(left.is_restored && left.code == Some(0), "{}", left.screen);
    let record = fs::read_to_string(workspace.folder().join(".launchway/billing.toml")).unwrap();
    assert!(record.contains("description = \"Takes money fast\""), "{record}");
}
