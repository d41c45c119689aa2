//! A way in which people get the program, and what each must make.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use xtask::tree::{self, Tree};
use xtask::{Result, workspace};

use super::VERSION;

/// Where a channel has put the program.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) name: &'static str,
    pub(super) program: PathBuf,
}

/// Makes a project with the program of each channel, and holds it against that of the first.
///
/// # Errors
///
/// When a program has another version, does not run, or makes another project.
pub(super) fn compare(channels: &[Channel], folder: &Path) -> Result<()> {
    let mut first: Option<Tree> = None;
    for Channel { name, program } in channels {
        let made = made(program, &folder.join(name)).map_err(|error| format!("{name}: {error}"))?;
        let expected = first.get_or_insert_with(|| made.clone());
        let differences = tree::differences(expected, &made);
        if !differences.is_empty() {
            return Err(format!("{name} makes another project:\n{}", differences.join("\n")).into());
        }
    }
    Ok(())
}

fn made(program: &Path, folder: &Path) -> Result<Tree> {
    fs::create_dir_all(folder)?;
    let run = |words: &[&str]| -> Result<String> {
        let mut command = workspace::hermetic(program)?;
        said(command.args(words).current_dir(folder))
    };
    let version = run(&["--version"])?;
    if version.trim() != format!("launchway {VERSION}") {
        return Err(format!("it is `{}` and not {VERSION}", version.trim()).into());
    }
    run(&["new", "orders", "--target=both", "--no-input", "--no-git"])?;
    run(&["check", "orders"])?;
    Ok(tree::read(&folder.join("orders"))?)
}

/// The command that docs/installation.md has, with files in the place of its last word, and `program` in that of its first one.
pub(super) fn typed(line: &str, program: Option<&Path>, files: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let words: Vec<&str> = line.split(' ').collect();
    let [first, words @ .., _] = words.as_slice() else { unreachable!("a command has a program and a last word") };
    let mut command = Command::new(program.unwrap_or(Path::new(first)));
    command.args(words).args(files);
    command
}

/// Runs a command, and returns its stdout.
///
/// # Errors
///
/// When it fails; with all that it said.
pub(super) fn said(command: &mut Command) -> Result<String> {
    let output = command.output().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    Err(format!("{command:?}: {}\n{stdout}{}", output.status, String::from_utf8_lossy(&output.stderr)).into())
}
