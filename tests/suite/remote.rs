//! Git repositories of the tests' own, and servers on loopback that serve them, or misbehave.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;
use xtask::workspace;

use crate::program::{GIT_IDENTITY, Ran, launchway, run};

/// A template of one question and one file.
pub(crate) const MANIFEST: &str = r#"[template]
id = "small"
title = "Small"
version = "1.0.0"
name = "service"

[[question]]
id = "service"
prompt = "Name"
help = "The name."
kind = "slug"

[[question]]
id = "region"
prompt = "Region"
help = "Where it runs."
kind = "slug"
default = "eu-west-1"
"#;

/// A folder of repositories, with a cache, settings and a home of their own.
pub(crate) struct World {
    pub(crate) folder: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "remotes", "tmp"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Makes a repository with files, in one commit.
    pub(crate) fn repository(&self, name: &str, files: &[(&str, &str)]) -> Repository {
        let folder = self.path("remotes").join(name);
        fs::create_dir_all(&folder).unwrap();
        let repository = Repository { folder };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.commit(files);
        repository
    }

    /// Makes a repository with the small template in it, whose file says `text`.
    pub(crate) fn template(&self, name: &str, text: &str) -> Repository {
        self.repository(name, &[("template.toml", MANIFEST), ("files/note.txt.hbs", text)])
    }

    /// Returns the program, which finds the cache, the settings and the home of this world.
    pub(crate) fn launchway(&self) -> Command {
        let mut command = launchway();
        command
            .env("HOME", self.path("home"))
            .env("TMPDIR", self.path("tmp"))
            .env("LAUNCHWAY_CACHE_DIR", self.path("cache"))
            .env("LAUNCHWAY_CONFIG_DIR", self.path("config"))
            .env("CANARY", self.path("canary"))
            .env("GIT_SSL_CAINFO", certificate().join("certificate.pem"))
            .current_dir(self.folder.path());
        command
    }

    /// Makes a project of a template, without asking.
    pub(crate) fn new_project(&self, template: &str, words: &[&str]) -> Ran {
        let own = ["new", "orders", "--no-input", "--no-git", "--template", template];
        run(self.launchway().args(own).args(words))
    }

    /// Makes a project in a repository of its own, all of it committed.
    pub(crate) fn new_committed_project(&self, template: &str) {
        self.new_project(template, &[]).success();
        for words in [&["init", "--quiet"][..], &["add", "--all"], &["commit", "--quiet", "--message", "x"]] {
            let mut git = workspace::hermetic(Path::new("git")).unwrap();
            run(git.args(words).envs(GIT_IDENTITY).current_dir(self.path("orders"))).success();
        }
    }

    /// Reads a file of the project `orders`, and removes the project.
    pub(crate) fn take(&self, path: &str) -> String {
        let text = fs::read_to_string(self.path("orders").join(path)).unwrap();
        fs::remove_dir_all(self.path("orders")).unwrap();
        text
    }

    /// Fails the test if something was executed.
    #[track_caller]
    pub(crate) fn assert_nothing_ran(&self) {
        assert!(!self.path("canary").exists(), "the canary is there: something was executed");
    }

    /// Fails the test if a git that was stopped left something.
    #[track_caller]
    pub(crate) fn assert_nothing_left(&self) {
        let left = run(Command::new("find")
            .args(["cache", "tmp", "-name", "*.lock", "-path", "*/git/*/*"])
            .args(["-o", "-name", "tmp_*", "-o", "-path", "tmp/*"])
            .current_dir(self.folder.path()));
        assert_eq!(left.stdout, "", "{}", left.stderr);
    }
}

/// A repository that templates are fetched from.
pub(crate) struct Repository {
    pub(crate) folder: PathBuf,
}

impl Repository {
    pub(crate) fn git(&self, words: &[&str]) -> String {
        let mut git = workspace::hermetic(Path::new("git")).unwrap();
        git.args(["-c", "core.hooksPath=/dev/null"]).args(words).envs(GIT_IDENTITY).current_dir(&self.folder);
        run(git.env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")).success().trim().to_owned()
    }

    /// Writes files and commits them.
    pub(crate) fn commit(&self, files: &[(&str, &str)]) -> String {
        for (path, text) in files {
            let path = self.folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", "A change"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Writes the file of the small template, commits it, and gives it a tag.
    pub(crate) fn release(&self, tag: &str, text: &str) -> String {
        let commit = self.commit(&[("files/note.txt.hbs", text)]);
        self.git(&["tag", "--annotate", "--message", tag, "--force", tag]);
        commit
    }

    pub(crate) fn url(&self) -> String {
        format!("file://{}", self.folder.display())
    }
}

/// A server on loopback, stopped when it is dropped.
pub(crate) struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// Starts a server in one of the modes of `servers/git.py`.
    pub(crate) fn start(mode: &str, argument: &str) -> Self {
        let folder = certificate();
        Self::spawn([&folder.join("certificate.pem"), &folder.join("key.pem")], mode, argument)
    }

    /// Starts a server that shows a certificate, and has no repositories.
    pub(crate) fn with_certificate(certificate: &Path, key: &Path) -> Self {
        Self::spawn([certificate, key], "serve", "/nowhere")
    }

    fn spawn(certificate_and_key: [&Path; 2], mode: &str, argument: &str) -> Self {
        let script = workspace::root().join("tests/servers/git.py");
        let mut child = Command::new("python3")
            .arg(script)
            .args(certificate_and_key)
            .args([mode, argument])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { child, port: port.trim().parse().unwrap() }
    }

    /// Serves the repositories of a world.
    pub(crate) fn of(world: &World) -> Self {
        Self::start("serve", world.path("remotes").to_str().unwrap())
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://localhost:{}/{path}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Returns a folder with a certificate for localhost that nobody has signed, and its key.
fn certificate() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = workspace::target().join("tests").join(format!("certificate-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
                     -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem -out certificate.pem";
        run(Command::new("openssl").args(words.split_ascii_whitespace()).current_dir(&folder)).success();
        folder
    })
}
