//! The only file that starts processes: git, with nothing of the surroundings that could lead it elsewhere.

#![expect(clippy::disallowed_methods, reason = "this is the file that starts processes")]

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use launchway_core::without_credentials;
use tracing::field::Empty;

use super::running::Running;
use super::said;
use crate::interrupt;

/// The variables of git that are let through: who commits, how a remote is reached, and where git itself stands. Every
/// other could lead git to another repository, another program or another protocol.
const LET_THROUGH: &[&str] = &[
    "GIT_ASKPASS",
    "GIT_AUTHOR_DATE",
    "GIT_AUTHOR_EMAIL",
    "GIT_AUTHOR_NAME",
    "GIT_COMMITTER_DATE",
    "GIT_COMMITTER_EMAIL",
    "GIT_COMMITTER_NAME",
    "GIT_EXEC_PATH",
    "GIT_HTTP_PROXY_AUTHMETHOD",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "GIT_SSL_CERT",
    "GIT_SSL_CERT_PASSWORD_PROTECTED",
    "GIT_SSL_KEY",
    "GIT_SSL_NO_VERIFY",
];

/// Nothing that a repository holds runs, be it a hook or a file system monitor.
const SETTINGS: &[&str] = &["core.hooksPath=/dev/null", "core.fsmonitor=false", "safe.bareRepository=explicit"];

/// Whose settings git reads, besides those of the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Configuration {
    /// All those of the user, also those of the environment.
    Users,
    /// Those in the user's and the system's files.
    Files,
    /// None.
    Nobodys,
}

/// What a git command may use up before it is stopped.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// The time by the clock on the wall.
    pub(crate) time: Duration,
    /// The bytes on stdout.
    pub(crate) output: u64,
    /// A folder, and the bytes that may be added to the files in it.
    pub(crate) growth: Option<(PathBuf, u64)>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_mins(5), output: 1 << 30, growth: None }
    }
}

/// Where git works.
#[derive(Debug, Clone)]
enum GitPlace {
    /// A folder, in a repository or not.
    Folder(PathBuf),
    /// A bare repository.
    Bare(PathBuf),
}

/// How to run git in one place.
#[derive(Debug, Clone)]
pub(crate) struct Git {
    place: GitPlace,
    configuration: Configuration,
    settings: Vec<String>,
    environment: Vec<(&'static str, OsString)>,
    /// Without limits git shares the terminal, as for a passphrase of a signature, unless the program writes.
    limits: Option<Limits>,
}

/// What git did.
#[derive(Debug)]
pub(crate) struct GitOutput {
    /// The exit code; none if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    /// What it said on stderr, cut to a length and without credentials.
    pub(crate) said: String,
}

/// Why git did not do it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GitError {
    #[error("there is no `git` on this machine")]
    NoGit,
    #[error("`git` cannot be started: {0}")]
    NotStarted(#[source] std::io::Error),
    #[error("git was stopped after {} seconds", .0.as_secs())]
    TimedOut(Duration),
    #[error("git was stopped: more than {} MiB came", .0 >> 20)]
    TooMuch(u64),
    #[error("{}", said::cause(.0))]
    Said(String),
}

impl GitError {
    fn not_started(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::NoGit,
            _ => Self::NotStarted(error),
        }
    }
}

/// Where git is, looked up once: a search on the whole of `PATH` costs more than many of its commands.
fn program() -> &'static OsStr {
    static PROGRAM: OnceLock<OsString> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let is_program = |file: &PathBuf| {
            let found = file.metadata();
            found.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        };
        let folders = std::env::var_os("PATH").unwrap_or_default();
        let absolute = std::env::split_paths(&folders).filter(|folder| folder.is_absolute());
        // What is not found there is left to the system, which knows what to say.
        absolute.map(|folder| folder.join("git")).find(is_program).map_or_else(|| "git".into(), PathBuf::into_os_string)
    })
}

impl Git {
    /// Runs git in a folder as the user would, with the user's settings and no limits.
    pub(crate) fn of_user(folder: &Path) -> Self {
        Self::new(GitPlace::Folder(folder.to_owned()), Configuration::Users, None)
    }

    /// Runs git on a bare repository, with the settings in the user's files, which say how remotes are reached.
    pub(crate) fn on_store(repository: &Path) -> Self {
        Self::new(GitPlace::Bare(repository.to_owned()), Configuration::Files, Some(Limits::default()))
    }

    /// Runs git on a bare repository, in its own folder and with nobody's settings, as for a merge that comes out the same
    /// everywhere: git takes the folder that it is started in for the work tree, with all its attributes.
    pub(crate) fn on_scratch(repository: &Path) -> Self {
        Self::new(GitPlace::Bare(repository.to_owned()), Configuration::Nobodys, Some(Limits::default()))
    }

    fn new(place: GitPlace, configuration: Configuration, limits: Option<Limits>) -> Self {
        Self { place, configuration, settings: Vec::new(), environment: Vec::new(), limits }
    }

    /// Adds a setting, `core.autocrlf=false`, that wins over those of files.
    pub(crate) fn setting(mut self, setting: impl Into<String>) -> Self {
        self.settings.push(setting.into());
        self
    }

    /// Sets a variable, such as `GIT_INDEX_FILE`.
    pub(crate) fn with(mut self, variable: &'static str, value: impl Into<OsString>) -> Self {
        self.environment.push((variable, value.into()));
        self
    }

    /// Sets the limits.
    pub(crate) fn within(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Runs a command to its end, whatever its exit code is; `input` is its stdin.
    pub(crate) fn output(&self, arguments: &[impl AsRef<OsStr>], input: &[u8]) -> Result<GitOutput, GitError> {
        let step = tracing::info_span!("run", what = %self.line(arguments), code = Empty).entered();
        let mut command = self.command(arguments);
        command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().map_err(GitError::not_started)?;
        let output = Running::new(child, self.limits.as_ref()).finish(input)?;
        step.record("code", output.code.filter(|code| *code != 0));
        Ok(output)
    }

    /// Starts a command that is fed and heard for as long as its caller likes.
    pub(super) fn start(&self, arguments: &[impl AsRef<OsStr>]) -> Result<Child, GitError> {
        let _step = tracing::info_span!("run", what = %self.line(arguments)).entered();
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().map_err(GitError::not_started)
    }

    /// Returns the command line as it is shown: without the settings, which may hand over credentials, and without those
    /// of a URL.
    fn line(&self, arguments: &[impl AsRef<OsStr>]) -> String {
        let place = match &self.place {
            GitPlace::Folder(folder) => format!("-C {}", folder.display()),
            GitPlace::Bare(repository) => format!("--git-dir {}", repository.display()),
        };
        let words = arguments.iter().map(|word| word.as_ref().to_string_lossy());
        without_credentials(&words.fold(format!("git {place}"), |line, word| line + " " + &word))
    }

    /// Runs a command that must succeed and returns its stdout.
    pub(crate) fn bytes(&self, arguments: &[impl AsRef<OsStr>], input: &[u8]) -> Result<Vec<u8>, GitError> {
        let output = self.output(arguments, input)?;
        if output.code == Some(0) { Ok(output.stdout) } else { Err(GitError::Said(output.said)) }
    }

    /// Runs a command that must succeed and returns its stdout as text, without space around it.
    pub(crate) fn text(&self, arguments: &[impl AsRef<OsStr>]) -> Result<String, GitError> {
        let bytes = self.bytes(arguments, &[])?;
        Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    fn command(&self, arguments: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(program());
        for (variable, _) in std::env::vars_os().filter(|(variable, _)| self.is_removed(variable)) {
            command.env_remove(variable);
        }
        if self.configuration == Configuration::Nobodys {
            command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        }
        // Some messages have to be understood; `LC_ALL` would win over their language.
        command.env_remove("LC_ALL").env("LC_MESSAGES", "C").env("GIT_TERMINAL_PROMPT", "0");
        // To look is not to touch: the index is not refreshed on the way.
        command.env("GIT_OPTIONAL_LOCKS", "0");
        command.envs(self.environment.iter().map(|(variable, value)| (variable, value)));
        for setting in SETTINGS.iter().copied().chain(self.settings.iter().map(String::as_str)) {
            command.args(["-c", setting]);
        }
        match &self.place {
            GitPlace::Folder(folder) => command.arg("-C").arg(folder),
            GitPlace::Bare(repository) if self.configuration == Configuration::Nobodys => {
                command.current_dir(repository).args(["--git-dir", "."])
            }
            GitPlace::Bare(repository) => command.arg("--git-dir").arg(repository),
        };
        // The keys of the terminal reach the whole group that is in front, and would cut off, or stop, a git that writes.
        if self.limits.is_some() || interrupt::is_writing() {
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        command.args(arguments);
        command
    }

    fn is_removed(&self, variable: &OsStr) -> bool {
        let name = variable.to_string_lossy();
        let is_users = self.configuration == Configuration::Users && name.starts_with("GIT_CONFIG_");
        let is_asking = self.configuration == Configuration::Files && name == "SSH_ASKPASS";
        is_asking || name.starts_with("GIT_") && !is_users && !LET_THROUGH.contains(&&*name)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn limits(milliseconds: u64, output: u64) -> Limits {
        Limits { time: Duration::from_millis(milliseconds), output, growth: None }
    }

    #[test]
    fn git_is_fed_and_heard() {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::of_user(folder.path());
        git.text(&["init", "--quiet"]).unwrap();
        let blob = git.bytes(&["hash-object", "-w", "--stdin"], b"text\n").unwrap();
        let blob = String::from_utf8(blob).unwrap();
        assert_eq!(git.bytes(&["cat-file", "blob", blob.trim()], &[]).unwrap(), b"text\n");
        let refused = git.bytes(&["cat-file", "blob", "absent"], &[]).unwrap_err();
        assert_eq!(refused.to_string(), "Not a valid object name absent");
        assert_eq!(git.output(&["cat-file", "-e", "absent"], &[]).unwrap().code, Some(128));
    }

    #[test]
    fn git_is_stopped_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::of_user(folder.path()).setting("alias.hang=!sleep 61");
        let start = Instant::now();
        let stopped = git.within(limits(200, 100)).output(&["hang"], &[]);
        assert!(matches!(stopped, Err(GitError::TimedOut(_))), "{stopped:?}");
        assert!(start.elapsed() < Duration::from_mins(1), "it has slept to its end: {:?}", start.elapsed());
        let git = Git::of_user(folder.path()).setting("alias.endless=!yes");
        let stopped = git.within(limits(10_000, 1 << 20)).output(&["endless"], &[]);
        assert!(matches!(stopped, Err(GitError::TooMuch(_))), "{stopped:?}");
    }

    #[test]
    fn a_folder_that_grows_too_much_stops_git() {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::of_user(folder.path()).setting("alias.fill=!yes > filling");
        let growth = Some((folder.path().to_owned(), 1 << 20));
        let stopped = git.within(Limits { growth, ..limits(10_000, 100) }).output(&["fill"], &[]);
        assert!(matches!(stopped, Err(GitError::TooMuch(_))), "{stopped:?}");
    }

    #[test]
    fn the_variables_that_lead_git_elsewhere_are_removed() {
        let git = Git::on_store(Path::new("/nowhere"));
        for name in
            ["GIT_DIR", "GIT_ALLOW_PROTOCOL", "GIT_CONFIG_COUNT", "GIT_CONFIG_GLOBAL", "GIT_TRACE", "SSH_ASKPASS"]
        {
            assert!(git.is_removed(OsStr::new(name)), "{name}");
        }
        let is_documented = |name: &str| {
            ["GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_SSH", "GIT_SSL_"].iter().any(|start| name.starts_with(start))
                || ["GIT_ASKPASS", "GIT_EXEC_PATH", "GIT_HTTP_PROXY_AUTHMETHOD"].contains(&name)
        };
        assert!(LET_THROUGH.iter().all(|name| is_documented(name)), "docs/sources.md names others");
        for name in ["GIT_SSL_CAINFO", "GIT_SSH_COMMAND", "HOME", "PATH"] {
            assert!(!git.is_removed(OsStr::new(name)), "{name}");
        }
        assert!(!Git::of_user(Path::new(".")).is_removed(OsStr::new("GIT_CONFIG_GLOBAL")));
    }
}
