//! The life of a project: a template, a project that was made from it, what people did to it, and the template's next version.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{GIT_IDENTITY, Ran, launchway, run, shell};

/// The question that every template here asks.
const MANIFEST: &str = r#"
[template]
id = "team"
title = "A team's template"
version = "VERSION"
name = "service"

[[question]]
id = "service"
prompt = "Name"
help = "The name."
kind = "slug"
"#;

/// A folder with a template and the project `orders` that was made from it, in a repository of its own.
pub(crate) struct History {
    folder: TempDir,
}

impl History {
    /// Makes version 1.0.0 of a template, and the project, which is committed.
    pub(crate) fn new(files: &[(String, Vec<u8>)], manifest: &str) -> Self {
        Self::with_words(files, manifest, &[])
    }

    /// Makes the project with more words on the line.
    pub(crate) fn with_words(files: &[(String, Vec<u8>)], manifest: &str, words: &[&str]) -> Self {
        let history = Self { folder: tempfile::tempdir().unwrap() };
        history.template("1.0.0", files, manifest);
        let new = ["new", "orders", "--template", "./template", "--no-input", "--no-git"];
        run(launchway().args(new).args(words).current_dir(history.folder.path())).success();
        history.git(&["init", "--quiet", "--initial-branch=main"]);
        history.commit();
        history
    }

    /// Replaces the template with another version.
    pub(crate) fn template(&self, version: &str, files: &[(String, Vec<u8>)], manifest: &str) {
        let template = self.folder.path().join("template");
        fs::remove_dir_all(&template).unwrap_or_default();
        fs::create_dir_all(template.join("files")).unwrap();
        fs::write(template.join("template.toml"), format!("{}{manifest}", MANIFEST.replace("VERSION", version)))
            .unwrap();
        for (path, bytes) in files {
            let path = template.join("files").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }

    /// The folder of the project.
    pub(crate) fn project(&self) -> PathBuf {
        self.folder.path().join("orders")
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.project().join(path)
    }

    /// A command for git in the project.
    pub(crate) fn git_command(&self, words: &[&str]) -> Command {
        let mut git = Command::new("git");
        git.args(words).current_dir(self.project()).envs(GIT_IDENTITY);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        git
    }

    #[track_caller]
    pub(crate) fn git(&self, words: &[&str]) -> String {
        run(self.git_command(words)).success()
    }

    /// Runs a printed command in the project.
    #[track_caller]
    pub(crate) fn shell(&self, line: &str) {
        run(shell(line).current_dir(self.project()).env("GIT_CONFIG_GLOBAL", "/dev/null")).success();
    }

    #[track_caller]
    pub(crate) fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", "work"]);
    }

    pub(crate) fn launchway(&self, words: &[&str]) -> Ran {
        run(launchway().args(words).current_dir(self.project()))
    }

    pub(crate) fn update(&self, words: &[&str]) -> Ran {
        self.launchway(&[&["update", "--template", "../template", "--no-input"], words].concat())
    }

    /// Updates, and returns the exit code with the report.
    pub(crate) fn updated(&self, words: &[&str]) -> (Option<i32>, Value) {
        let ran = self.update(&[&["--output", "json"], words].concat());
        let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
        (ran.code, report)
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> Option<Vec<u8>> {
        fs::read(self.path(path)).ok()
    }

    pub(crate) fn delete(&self, path: &str) {
        fs::remove_file(self.path(path)).unwrap();
    }

    pub(crate) fn rename(&self, from: &str, to: &str) {
        fs::create_dir_all(self.path(to).parent().unwrap()).unwrap();
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    pub(crate) fn make_executable(&self, path: &str) {
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(crate) fn is_executable(&self, path: &str) -> bool {
        fs::metadata(self.path(path)).unwrap().permissions().mode() & 0o100 != 0
    }

    /// What git's index has, and what git says of the work tree.
    pub(crate) fn index(&self) -> String {
        self.git(&["ls-files", "--stage", "-v"]) + &self.git(&["status", "--porcelain=v2", "--ignored"])
    }

    /// The whole project, git's folder left out.
    pub(crate) fn tree(&self) -> xtask::tree::Tree {
        let mut tree = xtask::tree::read(&self.project()).unwrap();
        tree.retain(|path, _| !path.starts_with(".git/"));
        tree
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Twelve lines, some of them changed.
pub(crate) fn lines(changes: &[(usize, &str)]) -> String {
    let line = |number: usize| match changes.iter().find(|(changed, _)| *changed == number) {
        Some((_, text)) => format!("{text}\n"),
        None => format!("line {number} of the file\n"),
    };
    (1..=12).map(line).collect()
}

/// Files of a template.
pub(crate) fn files(list: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    list.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
}

/// Takes out of the records which of their answers nobody gave, and the digest, which knows it too.
pub(crate) fn without_defaults(tree: &mut xtask::tree::Tree) {
    for (_, file) in
        tree.iter_mut().filter(|(path, _)| path.rsplit_once('.').is_some_and(|(_, ending)| ending == "toml"))
    {
        let Ok(text) = std::str::from_utf8(&file.bytes) else { continue };
        if text.contains("\nformat = 3\n") {
            let stays = |line: &&str| !line.starts_with("digest = ") && !line.starts_with("defaults = ");
            file.bytes = text.split_inclusive('\n').filter(stays).collect::<String>().into_bytes();
        }
    }
}

/// Takes the page of the last change out of a project, and out of the files that its record keeps as they were generated.
pub(crate) fn without_page(tree: &mut xtask::tree::Tree) {
    const PAGE: &str = "deploy/TRANSITION.md";
    tree.retain(|path, _| !path.ends_with(PAGE));
    let Some((path, mut file)) = xtask::golden::take_base(tree) else { return };
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file.bytes.as_slice()));
    let mut kept = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        if !name.ends_with(PAGE) {
            kept.extend(name.into_bytes());
            entry.read_to_end(&mut kept).unwrap();
        }
    }
    file.bytes = kept;
    tree.insert(path, file);
}
