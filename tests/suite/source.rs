//! The code of generated projects, checked and built in one shared target folder.
//!
//! ECS and Kubernetes projects share their code, so most golden projects have the same, which is built once. Each version
//! is placed in the same folder before cargo runs: cargo knows a workspace's own crates by their path in it, and would take
//! one version of a crate for another that stands elsewhere, but it notices files that changed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use xtask::tree::{self, Tree};
use xtask::workspace;

use crate::program::{copy_executable, run};
use crate::project::{self, Project};

/// One version of the generated code.
pub(crate) struct Source {
    code: Tree,
    hash: String,
}

/// The code of the golden projects, each version once.
pub(crate) fn sources() -> Vec<Source> {
    let sources = project::all().into_iter().map(|project| Source::of(&project));
    let by_hash: BTreeMap<_, _> = sources.map(|source| (source.hash.clone(), source)).collect();
    by_hash.into_values().collect()
}

impl Source {
    /// Returns the code of a project.
    pub(crate) fn of(project: &Project) -> Self {
        let code = code(&project.folder);
        Self { hash: hash(&code), code }
    }

    /// Runs cargo on the code, which must succeed; returns what it printed.
    #[track_caller]
    pub(crate) fn cargo(&self, words: &[&str]) -> String {
        let _one_at_a_time = lock();
        self.place();
        cargo(words)
    }

    /// Builds the service, and returns a copy of the binary that no other build replaces.
    #[track_caller]
    pub(crate) fn build(&self, service: &str) -> PathBuf {
        let copy = generated().join(&self.hash);
        let _one_at_a_time = lock();
        if !copy.exists() {
            self.place();
            cargo(&["build", "--workspace", "--locked", "--quiet"]);
            let built = generated().join("target").join("debug").join(service);
            // Renamed into place: half of a copy has another name.
            let half = copy.with_extension("half");
            copy_executable(&built, &half);
            fs::rename(half, &copy).unwrap();
        }
        copy
    }

    fn place(&self) {
        let folder = folder();
        if !tree::read(&folder).is_ok_and(|placed| placed == self.code) {
            fs::remove_dir_all(&folder).unwrap_or_default();
            tree::write(&self.code, &folder).unwrap();
        }
    }
}

/// Runs cargo on the code that is in place.
#[track_caller]
fn cargo(words: &[&str]) -> String {
    let mut command = workspace::cargo();
    command.args(words).current_dir(folder()).env("CARGO_TARGET_DIR", generated().join("target"));
    // Nobody debugs these builds or changes their code, and both would double their size.
    run(command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "0")).success()
}

/// Waits until no other test, of this process or another, uses the folder. The lock ends with the value.
fn lock() -> File {
    fs::create_dir_all(generated()).unwrap();
    // Empty, so that no configuration of this repository, higher up, is found by a project that has none.
    for configuration in ["rustfmt.toml", "clippy.toml"] {
        fs::write(generated().join(configuration), "").unwrap();
    }
    let lock = File::create(generated().join("lock")).unwrap();
    lock.lock().unwrap();
    lock
}

fn folder() -> PathBuf {
    generated().join("project")
}

fn generated() -> PathBuf {
    workspace::target().join("generated")
}

/// What the code and its tests read of a project.
fn code(project: &Path) -> Tree {
    let others = [".git/", ".github/", ".launchway/", "deploy/", "README.md"];
    let mut tree = tree::read(project).unwrap();
    tree.retain(|path, _| !others.iter().any(|other| path.starts_with(other)));
    tree
}

fn hash(tree: &Tree) -> String {
    let mut hash = Sha256::new();
    for (path, file) in tree {
        hash.update(format!("{path} {}\n", file.bytes.len()));
        hash.update(&file.bytes);
    }
    let short = hash.finalize().iter().take(6).fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    format!("{short:012x}")
}
