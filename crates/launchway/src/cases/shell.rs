//! The commands of a test case. They run for a template in a folder that the user named, and for no other.

#![expect(clippy::disallowed_methods, reason = "the author of a template tests it with commands of their own")]

use std::path::Path;
use std::process::{Command, Stdio};

use tracing::field::Empty;

use crate::failure::{Exit, Failure};

/// The most lines of its output that are shown of a command that failed.
const MAX_LINES: usize = 20;

/// A command that ran to its end.
pub(crate) struct CommandResult {
    pub(crate) command: String,
    /// The exit code; none if a signal ended it.
    pub(crate) code: Option<i32>,
    /// The end of what it printed, if it failed.
    pub(crate) said: Vec<String>,
}

impl CommandResult {
    pub(crate) fn succeeded(&self) -> bool {
        self.code == Some(0)
    }
}

/// Runs a command line in a folder, without input, and without the variables that are not for it.
pub(crate) fn run(command: &str, folder: &Path, hidden: &[&str]) -> Result<CommandResult, Failure> {
    let step = tracing::info_span!("run", what = command, code = Empty).entered();
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(folder).stdin(Stdio::null());
    for variable in hidden {
        shell.env_remove(variable);
    }
    let output = crate::progress::during(command, || shell.output())
        .map_err(|error| Failure::new(Exit::Io, format!("cannot start `sh`: {error}")).caused_by(error))?;
    step.record("code", output.status.code().filter(|code| *code != 0));
    let said = [output.stdout, output.stderr].concat();
    let lines: Vec<String> = String::from_utf8_lossy(&said).lines().map(str::to_owned).collect();
    let said = if output.status.success() { Vec::new() } else { lines };
    let said = said[said.len().saturating_sub(MAX_LINES)..].to_vec();
    Ok(CommandResult { command: command.to_owned(), code: output.status.code(), said })
}
