//! The wheel for the Python package index, by maturin.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use xtask::tools::Release;
use xtask::{Result, workspace};

use super::VERSION;
use super::channel::{said, typed};

/// The command of docs/installation.md.
pub(super) const LINE: &str = "pip install launchway";

/// Builds the program, and packs it as a wheel.
///
/// On Linux maturin finds out from which version of its C library on the program runs, and names the wheel by it.
pub(super) fn build(tools: &Release, profile: &str, folder: &Path) -> Result<PathBuf> {
    let mut maturin = Command::new(tools.program("maturin"));
    // The profile of the tests keeps the names of what is in the program, which make the wheel large.
    maturin.args(["build", "--offline", "--locked", "--strip", "--profile", profile]);
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
    let install = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-index", "--prefix"];
    said(typed(LINE, Some(&tools.program("pip")), [wheel]).args(install).arg(folder))?;
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
