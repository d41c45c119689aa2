//! The wheel for the Python package index, by maturin.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use xtask::tools::Release;
use xtask::{Result, workspace};

use super::VERSION;
use super::channel::said;

/// Builds the program, and packs it as a wheel.
///
/// On Linux maturin finds out from which version of its C library on the program runs, and names the wheel by it.
pub(super) fn build(tools: &Release, profile: &str, folder: &Path) -> Result<PathBuf> {
    let mut maturin = Command::new(tools.program("maturin"));
    maturin.args(["build", "--offline", "--locked", "--profile", profile]);
    maturin.arg("--target-dir").arg(workspace::target()).arg("--out").arg(folder);
    said(maturin.current_dir(workspace::root().join("packages/pypi")))?;
    only(folder, "whl")
}

/// Takes the program out of the wheel, so that every channel has the same bytes.
pub(super) fn program(wheel: &Path, folder: &Path) -> Result<PathBuf> {
    let unpacked = folder.join("wheel");
    said(Command::new("python3").args(["-m", "zipfile", "--extract"]).args([wheel, &unpacked]))?;
    let program = unpacked.join(format!("launchway-{VERSION}.data/scripts/launchway"));
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
    Ok(program)
}

/// Installs the wheel with pip, which looks nowhere else.
pub(super) fn install(tools: &Release, wheel: &Path, folder: &Path) -> Result<PathBuf> {
    let install =
        ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-index", "--prefix"];
    said(Command::new(tools.program("python")).args(install).arg(folder).arg(wheel))?;
    Ok(folder.join("bin").join("launchway"))
}

/// The one file of a kind in a folder.
fn only(folder: &Path, extension: &str) -> Result<PathBuf> {
    let entries = fs::read_dir(folder)?.filter_map(std::result::Result::ok).map(|entry| entry.path());
    let found: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|it| it == extension)).collect();
    match &found[..] {
        [path] => Ok(path.clone()),
        _ => Err(format!("{} has {} files that end in .{extension}", folder.display(), found.len()).into()),
    }
}
