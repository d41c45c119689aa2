//! The real validators, on every golden project, and one planted fault for each of them to catch.
//!
//! Each takes a list of projects and returns what the validator complained about.

mod added;
#[cfg(feature = "custom-resources")]
mod custom_resources;
mod dependencies;
mod diagrams;
mod ecs;
mod ecs_json;
mod faults;
mod fleet;
mod forge;
mod helm;
mod kubernetes;
mod page;
mod portal;
mod repository;
mod schemas;
mod server;
mod site;
mod slurm;
mod terraform;
mod worker;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use xtask::tools::{self, Tools};
use xtask::workspace;

use crate::program::run;
use crate::project::Project;

/// Nothing, or what a validator said.
type Verdict = Result<(), String>;

/// Returns the validators, after installing them.
fn tools() -> &'static Tools {
    static TOOLS: OnceLock<Tools> = OnceLock::new();
    TOOLS.get_or_init(|| tools::install().unwrap())
}

/// Runs a validator, which accepts with exit code 0 alone.
fn validate(command: &mut Command) -> Verdict {
    let said = run(&mut *command);
    if said.code == Some(0) { Ok(()) } else { Err(format!("{command:?}\n{}{}", said.stdout, said.stderr)) }
}

/// The path of one of our own checks or configurations.
fn ours(name: &str) -> PathBuf {
    workspace::root().join("tests").join("validators").join(name)
}

/// A check of ours that needs the AWS client.
fn aws_check(name: &str) -> Command {
    python(&tools().aws("python"), name)
}

/// A check of ours that needs YAML alone.
fn check(name: &str) -> Command {
    python(&tools().linter("python"), name)
}

fn python(python: &Path, name: &str) -> Command {
    let mut command = Command::new(python);
    command.arg("-B").arg(ours(name));
    command
}

/// The environment that a project gives its container on a platform, as pairs of name and value.
pub(crate) fn environment(project: &Project, platform: &str, environment: &str) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let mut command = aws_check("environment.py");
    command.arg(platform);
    match platform {
        "ecs" => command.arg(&project.folder).arg(environment),
        _ => command.arg(kubernetes::build_overlay(project, environment, folder.path()).unwrap()),
    };
    let pairs: serde_json::Map<_, _> = serde_json::from_str(&run(&mut command).success()).unwrap();
    pairs.into_iter().map(|(key, value)| (key, value.as_str().unwrap().to_owned())).collect()
}
