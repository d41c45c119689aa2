//! What the tests need to know of a golden project.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use toml::Table;
use xtask::golden::{self, Case};
use xtask::tree;

use crate::program::{launchway, run};
use crate::rendered::Rendered;

/// A golden project: a folder with the answers that it was made of.
pub(crate) struct Project {
    pub(crate) case: String,
    pub(crate) folder: PathBuf,
    answers: Table,
}

/// Lists the golden projects.
pub(crate) fn all() -> Vec<Project> {
    golden::cases().unwrap().into_iter().map(Project::of).collect()
}

/// Returns the golden project of one case.
pub(crate) fn named(case: &str) -> Project {
    all().into_iter().find(|project| project.case == case).unwrap()
}

impl Project {
    fn of(case: Case) -> Self {
        let answers = fs::read_to_string(case.answers()).unwrap().parse().unwrap();
        Self { folder: case.project(), case: case.name, answers }
    }

    /// Takes the project at `folder` for one that was made of `answers`.
    pub(crate) fn at(folder: PathBuf, answers: Table) -> Self {
        Self { case: "project".to_owned(), folder, answers }
    }

    /// Has the program make a project of `answers` at `folder`, which must accept them.
    #[track_caller]
    pub(crate) fn make(answers: Table, folder: &Path) -> Self {
        let file = folder.with_extension("toml");
        fs::write(&file, answers.to_string()).unwrap();
        let new = ["new", "--no-input", "--no-git", "--answers"];
        let ran = run(launchway().args(new).arg(&file).arg("--dest").arg(folder));
        assert_eq!(ran.code, Some(0), "{answers}\n{}", ran.stderr);
        Self { case: "project".to_owned(), folder: folder.to_owned(), answers }
    }

    /// Writes a project that was rendered in memory to `folder`.
    pub(crate) fn write(rendered: Rendered, folder: &Path) -> Self {
        tree::write(&rendered.tree, folder).unwrap();
        let answers = rendered.answers.into_iter().map(|(id, value)| (id, toml::Value::try_from(value).unwrap()));
        Self { case: "project".to_owned(), folder: folder.to_owned(), answers: answers.collect() }
    }

    /// The same answers at another folder.
    pub(crate) fn moved_to(self, folder: PathBuf) -> Self {
        Self { folder, ..self }
    }

    /// Copies the project, for a test that changes it.
    pub(crate) fn copy(&self) -> (TempDir, Self) {
        let folder = tempfile::tempdir().unwrap();
        tree::write(&tree::read(&self.folder).unwrap(), folder.path()).unwrap();
        let copy = Self { case: self.case.clone(), folder: folder.path().to_owned(), answers: self.answers.clone() };
        (folder, copy)
    }

    /// Replaces the only place in one of its files that reads `from`.
    #[track_caller]
    pub(crate) fn replace(&self, path: &str, from: &str, to: &str) {
        let path = self.folder.join(path);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(from).count(), 1, "`{from}` is in {} once", path.display());
        fs::write(&path, text.replace(from, to)).unwrap();
    }

    pub(crate) fn service(&self) -> &str {
        self.answers["service"].as_str().unwrap()
    }

    pub(crate) fn is_for_ecs(&self) -> bool {
        self.answers["target"].as_str() != Some("kubernetes")
    }

    /// Tells whether stacks of `CloudFormation` hold what it has on Amazon ECS.
    pub(crate) fn has_stacks(&self) -> bool {
        self.is_for_ecs() && !self.has_states()
    }

    /// Tells whether states of Terraform do.
    pub(crate) fn has_states(&self) -> bool {
        self.answers.get("ecs_format").and_then(toml::Value::as_str) == Some("terraform")
    }

    pub(crate) fn is_for_kubernetes(&self) -> bool {
        self.answers["target"].as_str() != Some("ecs")
    }

    pub(crate) fn is_for_helm(&self) -> bool {
        self.answers.get("packaging").and_then(toml::Value::as_str) == Some("helm")
    }

    /// Has the program make the same project at `folder` with kustomize instead.
    pub(crate) fn with_kustomize(&self, folder: &Path) -> Self {
        let mut answers = self.answers.clone();
        answers.remove("packaging");
        Self::make(answers, folder)
    }

    pub(crate) fn has_certificate(&self) -> bool {
        self.answers.get("https").is_none_or(|https| https.as_bool() == Some(true))
    }

    /// The environments in their order.
    pub(crate) fn environments(&self) -> Vec<String> {
        let Some(environments) = self.answers.get("environments") else {
            return ["dev", "staging", "prod"].map(String::from).into();
        };
        environments.clone().try_into().unwrap()
    }

    /// The environments, or each of them in each cluster where several clusters fetch it.
    pub(crate) fn overlays(&self) -> Vec<String> {
        let text = |id: &str| self.answers.get(id).and_then(toml::Value::as_str);
        if !matches!(text("multi_cluster"), Some("argo-cd" | "flux")) {
            return self.environments();
        }
        let clusters: Vec<String> = match self.answers.get("clusters") {
            Some(list) => list.clone().try_into().unwrap(),
            None => ["east", "west"].map(String::from).into(),
        };
        let of = |environment: String| clusters.iter().map(move |cluster| format!("{environment}-{cluster}"));
        self.environments().into_iter().flat_map(of).collect()
    }

    pub(crate) fn production(&self) -> String {
        let named = self.answers.get("production").and_then(toml::Value::as_str);
        named.map_or_else(|| "prod".to_owned(), str::to_owned)
    }

    /// The paths of its files below `folder` whose names end in `suffix`; none if there is no such folder.
    pub(crate) fn files(&self, folder: &str, suffix: &str) -> Vec<PathBuf> {
        let folder = self.folder.join(folder);
        let tree = tree::read(&folder).unwrap_or_default();
        tree.keys().filter(|path| path.ends_with(suffix)).map(|path| folder.join(path)).collect()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.join(Path::new(path))
    }
}
