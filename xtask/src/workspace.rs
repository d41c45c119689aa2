//! Where the repository's things are, and the program under test.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;

/// Returns the top folder of the repository.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the repository")
}

/// Returns the target folder that cargo uses.
#[must_use]
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// Returns a cargo command that starts in the top folder.
#[must_use]
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Builds the program, so that it is never older than its sources, and returns its path.
///
/// # Errors
///
/// When it does not build.
pub fn program() -> Result<PathBuf> {
    let status = cargo().args(["build", "--quiet", "--package", "launchway"]).status()?;
    if !status.success() {
        return Err("`cargo build --package launchway` failed".into());
    }
    Ok(target().join("debug").join("launchway"))
}

/// Returns a command for `program` with nothing of this machine in it: no variable but those it cannot do without, an
/// empty home, a fixed width.
///
/// # Errors
///
/// When the empty home cannot be made.
pub fn hermetic(program: &Path) -> Result<Command> {
    let home = target().join("tests").join("home");
    std::fs::create_dir_all(&home)?;
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .env("HOME", &home)
        .env("LANG", "C.UTF-8")
        .env("COLUMNS", "100")
        .current_dir(&home);
    Ok(command)
}
