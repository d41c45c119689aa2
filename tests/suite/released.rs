//! Projects that released templates made, `tests/released`, brought up to today's template with what people did to them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use toml::{Table, Value};
use xtask::tree::{self, Tree};
use xtask::workspace;

use crate::program::{GIT_IDENTITY, Ran, launchway, run};
use crate::project::Project;

/// What people did to one file: the only place that reads so, and what stands there since.
pub(crate) struct Edit(&'static str, &'static str, &'static str);

/// A released project, with what people did to it.
pub(crate) struct Released {
    case: &'static str,
    edits: &'static [Edit],
}

pub(crate) const ECS: Released = Released {
    case: "0.1.0/ecs",
    edits: &[
        Edit(
            "crates/orders/src/notes.rs",
            "    fn find(&self, id: u64) -> Option<String> {\n",
            "    fn find(&self, id: u64) -> Option<String> {\n        tracing::info!(id, \"looked up\");\n",
        ),
        Edit(
            "crates/platform/src/environment.rs",
            "    /// Returns the value of `key` if there is one.\n",
            "    /// Returns the value of `key` if there is one: ask #platform before you read a new one.\n",
        ),
        Edit("crates/orders/Cargo.toml", "axum.workspace = true\n", "axum.workspace = true\nhyper.workspace = true\n"),
        Edit("Cargo.lock", " \"axum\",\n \"platform\",\n", " \"axum\",\n \"hyper\",\n \"platform\",\n"),
        Edit(
            "deploy/ecs/service.yaml",
            "            - Name: LOG_LEVEL\n",
            "            - Name: WAREHOUSE\n              Value: hamburg\n            - Name: LOG_LEVEL\n",
        ),
        Edit(
            "deploy/ecs/params/prod.json",
            "\"MinTasks\", \"ParameterValue\": \"2\"",
            "\"MinTasks\", \"ParameterValue\": \"3\"",
        ),
        // A text that the newer template has changed in many places.
        Edit(
            "deploy/ecs/README.md",
            "## The first deployment, in order\n",
            "Ask #checkout before you touch prod.\n\n## The first deployment, in order\n",
        ),
        Edit(".github/workflows/deploy-ecs.yaml", "    timeout-minutes: 30\n", "    timeout-minutes: 35\n"),
    ],
};

const KUBERNETES: Released = Released {
    case: "0.1.0/kubernetes",
    edits: &[
        Edit(
            "crates/invoices/src/notes.rs",
            "    fn find(&self, id: u64) -> Option<String> {\n",
            "    fn find(&self, id: u64) -> Option<String> {\n        tracing::info!(id, \"looked up\");\n",
        ),
        Edit(
            "crates/invoices/Cargo.toml",
            "axum.workspace = true\n",
            "axum.workspace = true\nhyper.workspace = true\n",
        ),
        Edit("Cargo.lock", " \"axum\",\n \"platform\",\n", " \"axum\",\n \"hyper\",\n \"platform\",\n"),
        Edit("deploy/kubernetes/base/workload/config.env", "LOG_LEVEL=info\n", "LOG_LEVEL=info\nCURRENCY=EUR\n"),
        Edit("deploy/kubernetes/overlays/dev/kustomization.yaml", "    count: 2\n", "    count: 1\n"),
        Edit(
            "deploy/kubernetes/README.md",
            "## What is here\n",
            "Ask #billing before you touch prod.\n\n## What is here\n",
        ),
    ],
};

/// A released project in a repository, the edits committed.
pub(crate) struct Repository {
    _folder: TempDir,
    project: PathBuf,
}

impl Released {
    fn folder(&self) -> PathBuf {
        workspace::root().join("tests/released").join(self.case)
    }

    fn commit(&self) -> Repository {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository { project: folder.path().join("project"), _folder: folder };
        tree::write(&tree::read(&self.folder().join("project")).unwrap(), &repository.project).unwrap();
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.commit();
        for Edit(path, from, to) in self.edits {
            replace(&repository.project.join(path), from, to);
        }
        repository.commit();
        repository
    }

    /// Updates the project; it lives as long as the repository.
    pub(crate) fn updated(&self) -> (Repository, Project) {
        let repository = self.commit();
        repository.launchway(&["update", "--defaults"]).success();
        let project = Project::at(repository.project.clone(), self.answers());
        (repository, project)
    }

    /// The answers in today's words.
    fn answers(&self) -> Table {
        let mut answers: Table = fs::read_to_string(self.folder().join("answers.toml")).unwrap().parse().unwrap();
        if let Some(region) = answers.remove("region") {
            answers.insert("regions".to_owned(), Value::Array(vec![region]));
        }
        answers
    }
}

impl Repository {
    fn git(&self, words: &[&str]) -> String {
        let mut git = Command::new("git");
        git.args(words).current_dir(&self.project).envs(GIT_IDENTITY);
        run(git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1")).success()
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "work"]);
    }

    fn launchway(&self, words: &[&str]) -> Ran {
        run(launchway().args(words).current_dir(&self.project))
    }

    fn tree(&self) -> Tree {
        let mut tree = tree::read(&self.project).unwrap();
        tree.retain(|path, _| !path.starts_with(".git/"));
        tree
    }
}

#[track_caller]
fn replace(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert_eq!(text.matches(from).count(), 1, "`{from}` is in {} once", file.display());
    fs::write(file, text.replace(from, to)).unwrap();
}

#[test]
fn a_project_for_ecs_that_the_oldest_template_made_is_updated() {
    assert_is_updated(&ECS);
}

#[test]
fn a_project_for_kubernetes_that_the_oldest_template_made_is_updated() {
    assert_is_updated(&KUBERNETES);
}

/// The update keeps every edit, the project passes the check, and without the edits it is what `new` makes today.
fn assert_is_updated(released: &Released) {
    let repository = released.commit();
    let said = repository.launchway(&["update", "--defaults"]).success();
    assert!(said.contains("0.1.0 -> "), "{said}");
    assert_eq!(repository.git(&["ls-files", "--unmerged"]), "");
    repository.launchway(&["check"]).success();
    repository.commit();

    let updated = repository.tree();
    repository.launchway(&["update", "--defaults"]).success();
    assert_eq!(tree::differences(&updated, &repository.tree()), Vec::<String>::new(), "a second update does nothing");
    assert_eq!(repository.git(&["status", "--porcelain"]), "");

    for Edit(path, from, to) in released.edits {
        replace(&repository.project.join(path), to, from);
    }
    let folder = tempfile::tempdir().unwrap();
    let today = tree::read(&Project::make(released.answers(), &folder.path().join("project")).folder).unwrap();
    assert_eq!(tree::differences(&today, &repository.tree()), Vec::<String>::new());
}

#[test]
fn a_released_project_is_stored_whole() {
    for released in [ECS, KUBERNETES] {
        let project = released.folder().join("project");
        let stored = tree::read(&project).unwrap();
        let mut ls_files = Command::new("git");
        ls_files.args(["ls-files", "-z", "."]).current_dir(&project);
        let tracked = run(ls_files).success();
        let tracked: Vec<_> = tracked.split_terminator('\0').collect();
        assert_eq!(stored.keys().collect::<Vec<_>>(), tracked, "{}: git ignores something", released.case);
        let (_, base) = xtask::golden::take_base(&mut stored.clone()).unwrap();
        assert!(!base.bytes.is_empty());
    }
}
