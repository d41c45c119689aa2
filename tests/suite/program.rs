//! The program under test, built once, started with nothing of this machine.

use std::borrow::BorrowMut;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use xtask::workspace;

/// Who makes the first commit: the tests' home has no configuration.
pub(crate) const GIT_IDENTITY: [(&str, &str); 4] = [
    ("GIT_AUTHOR_NAME", "Ada"),
    ("GIT_AUTHOR_EMAIL", "ada@example.com"),
    ("GIT_COMMITTER_NAME", "Ada"),
    ("GIT_COMMITTER_EMAIL", "ada@example.com"),
];

/// Returns the path of the program, after building it.
pub(crate) fn path() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| workspace::program().unwrap())
}

/// Returns a command for the program.
pub(crate) fn launchway() -> Command {
    workspace::hermetic(path()).unwrap()
}

/// Returns a command for a line that the program has printed, as a shell with the program in its path runs it.
pub(crate) fn shell(line: &str) -> Command {
    let folder = path().parent().unwrap().to_string_lossy().into_owned();
    let paths = std::env::var("PATH").unwrap_or_default();
    let mut shell = workspace::hermetic(Path::new("sh")).unwrap();
    shell.args(["-c", line]).env("PATH", format!("{folder}:{paths}"));
    shell
}

/// Tells whether an error names a line that can be run.
fn names_a_line(error: &str) -> bool {
    ["`launchway ", "`git ", "`mkdir "].iter().any(|program| error.contains(program))
}

/// What a finished program said.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Returns where programs are looked for: in some folders before those of this machine.
pub(crate) fn search_path(folders: impl IntoIterator<Item = PathBuf>) -> OsString {
    let known = env::var_os("PATH").unwrap_or_default();
    env::join_paths(folders.into_iter().chain(env::split_paths(&known))).unwrap()
}

/// Runs a command to its end.
pub(crate) fn run(mut command: impl BorrowMut<Command>) -> Ran {
    let Output { status, stdout, stderr } = command.borrow_mut().output().unwrap();
    Ran { code: status.code(), stdout: String::from_utf8(stdout).unwrap(), stderr: String::from_utf8(stderr).unwrap() }
}

impl Ran {
    /// Fails the test unless the program ended well; returns what it printed.
    #[track_caller]
    pub(crate) fn success(self) -> String {
        let Self { code, stdout, stderr } = self;
        assert_eq!(code, Some(0), "stdout:\n{stdout}\nstderr:\n{stderr}");
        stdout
    }

    /// Fails the test unless the program found something, and says so.
    #[track_caller]
    pub(crate) fn failure_on_stdout(self, found: &str) {
        let Self { code, stdout, stderr } = self;
        assert_eq!(code, Some(1), "stdout:\n{stdout}\nstderr:\n{stderr}");
        assert!(stdout.contains(found), "`{found}` is not in\n{stdout}");
    }

    /// Fails the test unless the program ended with `code`; returns what it complained about.
    #[track_caller]
    pub(crate) fn failure(self, code: i32) -> String {
        let Self { code: actual, stdout, stderr } = self;
        assert_eq!(actual, Some(code), "stdout:\n{stdout}\nstderr:\n{stderr}");
        assert!(!stderr.starts_with("error: ") || names_a_line(&stderr), "no line to run in:\n{stderr}");
        stderr
    }
}

/// Writes a script or a program that can be run, and the folders above it.
#[track_caller]
pub(crate) fn write_executable(path: &Path, text: &str) {
    let written = tempfile::NamedTempFile::new().unwrap();
    fs::write(written.path(), text).unwrap();
    copy_executable(written.path(), path);
}

/// Copies a script or a program so that it can be run.
///
/// Another process writes it: what another test starts in that moment would inherit a handle of this one, and the kernel
/// runs nothing that somebody has open for writing.
#[track_caller]
pub(crate) fn copy_executable(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    run(Command::new("install").args(["-m", "755"]).args([from, to])).success();
}
