//! The three tools: where each is, what it is asked to do, and what it writes of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::history::{SERVICE, Setting};
use crate::{Result, tools, workspace};

/// One of the tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// copier.
    Copier,
    /// cruft, with cookiecutter.
    Cruft,
    /// launchway.
    Launchway,
}

/// The tools, in the order of the table.
pub const ALL: [Tool; 3] = [Tool::Copier, Tool::Cruft, Tool::Launchway];

/// Where the programs are.
#[derive(Debug, Clone)]
pub struct Programs {
    /// The folder of copier and cruft, if they are installed.
    pub peers: Option<PathBuf>,
    /// The path of launchway.
    pub launchway: PathBuf,
}

/// Where the template and the project of a run are.
#[derive(Debug, Clone)]
pub(super) struct Places {
    /// The home of the user.
    pub(super) home: PathBuf,
    /// The address of the template, as the user gives it.
    pub(super) address: String,
    /// The folder of the template.
    pub(super) folder: String,
    /// The folder of the project.
    pub(super) project: PathBuf,
}

impl Tool {
    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Copier => "copier",
            Self::Cruft => "cruft",
            Self::Launchway => "launchway",
        }
    }

    /// Returns its version: a peer's from the pins, launchway's from the workspace.
    ///
    /// # Errors
    ///
    /// When the peer is not pinned.
    pub fn version(self) -> Result<String> {
        match self {
            Self::Copier | Self::Cruft => tools::peer_version(self.name()),
            Self::Launchway => Ok(env!("CARGO_PKG_VERSION").to_owned()),
        }
    }

    /// Tells whether the tool keeps its own record at `path`.
    #[must_use]
    pub fn is_record(self, path: &str) -> bool {
        match self {
            Self::Copier => path == ".copier-answers.yml",
            Self::Cruft => path == ".cruft.json",
            Self::Launchway => path.starts_with(".launchway/"),
        }
    }

    /// Reads which version of the template the project says that it has: a text that differs between versions.
    pub(super) fn recorded(self, project: &Path) -> String {
        let (file, key) = match self {
            Self::Copier => (".copier-answers.yml".to_owned(), "_commit: "),
            Self::Cruft => (".cruft.json".to_owned(), "\"commit\": "),
            Self::Launchway => (format!(".launchway/{SERVICE}.toml"), "version = "),
        };
        let text = fs::read_to_string(project.join(file)).unwrap_or_default();
        let line = text.lines().find_map(|line| line.trim_start().strip_prefix(key));
        line.unwrap_or_default().to_owned()
    }

    /// Returns the command that makes the project.
    pub(super) fn create(self, programs: &Programs, places: &Places) -> Command {
        let mut command = self.command(programs, places);
        command.current_dir(places.parent());
        let answer = format!("service={SERVICE}");
        match self {
            Self::Copier => command.args(["copy", "--defaults", "--data", &answer, &places.address, SERVICE]),
            Self::Cruft => {
                let answer = format!("{{\"service\": \"{SERVICE}\"}}");
                command.args(["create", "--no-input", "--extra-context", &answer, &places.address])
            }
            Self::Launchway => {
                let new = ["new", "--no-input", "--no-git", "--template", &places.address];
                command.args(new).args(["--service", SERVICE, "--dest"]).arg(&places.project)
            }
        };
        command
    }

    /// Returns the words that update the project, without a question, as the tool's documentation recommends.
    pub(super) fn update(self, places: &Places, setting: &Setting) -> Vec<String> {
        let mut words = match self {
            Self::Copier | Self::Launchway => vec!["update", "--defaults"],
            Self::Cruft => vec!["update", "--skip-apply-ask"],
        };
        // The record of a project that was made from a folder does not say where on which machine the folder was.
        if self == Self::Launchway && setting.relative {
            words.extend(["--template", &places.folder]);
        }
        if let (Self::Launchway, Some(path)) = (self, setting.heal) {
            words.extend(["--heal", path]);
        }
        words.into_iter().map(str::to_owned).collect()
    }

    /// Returns the program, with a home of its own.
    pub(super) fn command(self, programs: &Programs, places: &Places) -> Command {
        let program = match (self, &programs.peers) {
            (Self::Launchway, _) | (_, None) => programs.launchway.clone(),
            (_, Some(folder)) => folder.join(self.name()),
        };
        let mut command = Command::new(program);
        hermetic(&mut command, &places.home);
        command
    }
}

impl Places {
    /// The folder that the project is in.
    pub(super) fn parent(&self) -> &Path {
        self.project.parent().expect("a project is in a folder")
    }
}

/// Leaves a command nothing of this machine but the path, and a home of its own.
pub(super) fn hermetic(command: &mut Command, home: &Path) {
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("LANG", "C.UTF-8")
        .env("COLUMNS", "200")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0");
}

/// Finds the programs, and installs the peers if they are not there.
///
/// # Errors
///
/// When launchway cannot be built, or the peers cannot be installed.
pub fn programs() -> Result<Programs> {
    let built =
        workspace::cargo().args(["build", "--profile", "dist", "--quiet", "--package", "launchway"]).status()?;
    if !built.success() {
        return Err("`cargo build --profile dist --package launchway` failed".into());
    }
    let launchway = workspace::target().join("dist").join("launchway");
    Ok(Programs { peers: Some(tools::install_peers()?), launchway })
}
