//! `cargo xtask package`: both crates packed, and built from what was packed.

use xtask::{Result, workspace};

/// Packs the crates in a folder that was never used before.
///
/// `cargo package` unpacks the core crate into cargo's home, under a name made of the folder's path, and takes what it
/// finds there for the same version. In a folder that is used twice the program would be built with an older core.
pub(crate) fn package() -> Result<()> {
    std::fs::create_dir_all(workspace::target())?;
    let folder = tempfile::Builder::new().prefix("package-").tempdir_in(workspace::target())?;
    let mut command = workspace::cargo();
    command.args(["package", "--package", "launchway-core", "--package", "launchway", "--locked", "--allow-dirty"]);
    command.arg("--target-dir").arg(folder.path());
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err("`cargo package` failed".into()) }
}
