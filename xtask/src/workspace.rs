//! Where the repository's things are, and the program under test.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;

/// The profile in which the tests and these commands are built; `Cargo.toml` says why.
pub const SUITE_PROFILE: &str = "suite";

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
    from_nowhere(&mut command);
    command
}

/// Takes from a command what cargo tells the program that it runs about its package. The build script of `ring` looks at some of
/// it, so that cargo would build that crate, and all that depend on it, again for everybody who calls it.
fn from_nowhere(command: &mut Command) {
    let about_a_package =
        |name: &str| name == "OUT_DIR" || name.starts_with("CARGO_MANIFEST_") || name.starts_with("CARGO_PKG_");
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(about_a_package) {
            command.env_remove(name);
        }
    }
}

/// Runs a command, and returns what it wrote to stdout.
///
/// # Errors
///
/// When it cannot be run, or fails; with what it wrote to stderr.
pub(crate) fn output_of(command: &mut Command) -> Result<Vec<u8>> {
    let ran = command.output()?;
    if ran.status.success() {
        return Ok(ran.stdout);
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&ran.stderr)).into())
}

/// Runs a command of which only matters that it succeeds.
///
/// # Errors
///
/// When it does not.
pub(crate) fn expect(command: &mut Command) -> Result<()> {
    output_of(command).map(drop)
}

/// Builds the program, so that it is never older than its sources, and returns its path.
///
/// # Errors
///
/// When it does not build.
pub fn program() -> Result<PathBuf> {
    build("launchway")?;
    Ok(built_program())
}

/// Builds the server, so that it is never older than its sources, and returns its path.
///
/// # Errors
///
/// When it does not build.
pub fn portal() -> Result<PathBuf> {
    build("launchway-serve")?;
    Ok(built_program().with_file_name("launchway-portal"))
}

fn build(package: &str) -> Result<()> {
    let status = cargo().args(["build", "--quiet", "--package", package, "--profile", &profile()]).status()?;
    if !status.success() {
        return Err(format!("`cargo build --package {package}` failed").into());
    }
    Ok(())
}

/// Returns the path of the program that `program` has built.
#[must_use]
pub fn built_program() -> PathBuf {
    let profile = profile();
    target().join(if profile == "dev" { "debug" } else { &profile }).join("launchway")
}

/// The profile of the running test or command, so that nothing is built in two of them: the folder that cargo put it into.
#[must_use]
pub fn profile() -> String {
    let folder = env::current_exe().ok().and_then(|path| profile_folder(&path));
    match folder.as_deref() {
        Some("debug") => "dev".to_owned(),
        Some(profile) => profile.to_owned(),
        None => SUITE_PROFILE.to_owned(),
    }
}

/// The folder of the profile that holds an executable: `PROFILE/xtask` or `PROFILE/deps/suite-HASH` below the target folder.
fn profile_folder(executable: &Path) -> Option<String> {
    let is_in_target = |folder: &&Path| folder.parent().is_some_and(|parent| parent == target());
    let folder = executable.ancestors().find(is_in_target)?;
    Some(folder.file_name()?.to_string_lossy().into_owned())
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_profile_is_read_from_the_place_of_the_executable() {
        let folder = |path: &str| profile_folder(&target().join(path));
        assert_eq!(folder("suite/deps/suite-0123").as_deref(), Some("suite"));
        assert_eq!(folder("debug/xtask").as_deref(), Some("debug"));
        assert_eq!(profile_folder(Path::new("/usr/bin/xtask")), None);
    }

    #[test]
    fn the_program_is_of_the_profile_of_this_test() {
        let executable = env::current_exe().unwrap();
        assert!(executable.starts_with(built_program().parent().unwrap()), "{}", executable.display());
    }
    /// What core is built with, one `package features` a line, where cargo is asked for some packages, and for their tests with
    /// the edges `dev`.
    fn beneath_core(selection: &str) -> BTreeSet<String> {
        let words = "tree --locked --prefix none --no-dedupe --format";
        let tree = |selection: &str| {
            let output = cargo().args(words.split(' ')).arg("{p} [{f}]").args(selection.split(' ')).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let lines = String::from_utf8(output.stdout).unwrap();
            lines.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect::<BTreeSet<String>>()
        };
        let name = |line: &String| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
        let of_core: BTreeSet<String> = tree("--edges normal --package launchway-core").iter().map(name).collect();
        tree(selection).into_iter().filter(|line| of_core.contains(&name(line))).collect()
    }

    #[test]
    fn a_cargo_command_says_nothing_of_the_package_that_runs_it() {
        assert!(env::var_os("CARGO_MANIFEST_DIR").is_some() && env::var_os("CARGO_PKG_NAME").is_some());
        let command = cargo();
        for name in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME"] {
            assert!(command.get_envs().any(|variable| variable == (name.as_ref(), None)), "{name}");
        }
    }

    #[test]
    fn core_is_built_once() {
        let everything = beneath_core("--edges normal,dev --workspace");
        assert!(everything.len() > 20, "{everything:?}");
        for selection in [
            "--edges normal --package xtask",
            "--edges normal --package launchway",
            "--edges normal --package launchway-serve",
            "--edges normal,dev --package launchway-tests",
            "--edges normal,dev --package launchway-tests --features custom-resources",
        ] {
            let missing: Vec<_> = everything.difference(&beneath_core(selection)).cloned().collect();
            assert_eq!(missing, Vec::<String>::new(), "with {selection} its dependencies have other features");
        }
    }
}
