//! Two builds of one commit, each in a clone of its own, whose folders have other names and lengths.

use std::fs;
use std::path::Path;
use std::process::Command;

use launchway_core::hexadecimal;
use sha2::{Digest as _, Sha256};
use xtask::{Result, workspace};

use super::archive;
use super::channel::said;

/// Builds the program of the last commit twice, as a release does.
///
/// # Errors
///
/// When it does not build, or the two differ; both are kept then.
pub(super) fn compare(profile: &str) -> Result<()> {
    let folder = tempfile::Builder::new().prefix("launchway-twice-").tempdir()?;
    let digests = ["first", "the/second/one"].map(|name| build(&folder.path().join(name), profile));
    let [first, second] = digests;
    let (first, second) = (first?, second?);
    if first == second {
        println!("both builds have the SHA-256 {first}");
        return Ok(());
    }
    Err(format!("the builds differ: {first} and {second}\n  hint: both are in {}", folder.keep().display()).into())
}

/// Clones the repository and builds the program there; returns its digest.
fn build(folder: &Path, profile: &str) -> Result<String> {
    said(Command::new("git").args(["clone", "--quiet"]).arg(workspace::root()).arg(folder))?;
    let target = archive::target();
    let mut cargo = workspace::cargo();
    cargo.args(["build", "--quiet", "--locked", "--profile", profile, "--target", &target, "--package", "launchway"]);
    let variables =
        said(Command::new(folder.join(".ci/same-bytes")).env_remove("CARGO_TARGET_DIR").current_dir(folder))?;
    said(
        cargo
            .envs(variables.lines().filter_map(|line| line.split_once('=')))
            .env_remove("CARGO_TARGET_DIR")
            .current_dir(folder),
    )?;
    let program = folder.join("target").join(target).join(profile).join("launchway");
    Ok(hexadecimal(&Sha256::digest(fs::read(program)?)))
}
