//! Templates, answers and surroundings that mean harm: nothing runs, nothing is half written, nothing hangs.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use xtask::workspace;

use crate::program::{GIT_IDENTITY, Ran, launchway, run};
use crate::terminal::{CONTROL_C, ENTER, Terminal};

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
id = "note"
prompt = "Note"
help = "A note."
kind = "text"
default = "none"
"#;

/// A folder with a small template in `template/`.
pub(crate) fn template(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("template");
    for (path, text) in
        [&[("template.toml", MANIFEST), ("files/note.yaml.hbs", "note: {{quote note}}\n")], files].concat()
    {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

pub(crate) fn new(folder: &Path, words: &[&str]) -> Ran {
    // Building it does not count.
    crate::program::path();
    let start = Instant::now();
    let own = ["new", "orders", "--template", "./template", "--no-input"];
    let ran = run(launchway().args(own).args(words).envs(GIT_IDENTITY).current_dir(folder));
    assert!(start.elapsed() < Duration::from_mins(2), "it took {:?}", start.elapsed());
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    ran
}

#[track_caller]
fn assert_refused(files: &[(&str, &str)], code: i32, word: &str) {
    let folder = template(files);
    let said = new(folder.path(), &["--no-git"]).failure(code);
    assert!(said.contains(word), "`{word}` is not in:\n{said}");
    assert!(!folder.path().join("orders").exists());
}

#[test]
fn a_hook_that_a_template_brings_does_not_run_on_the_first_commit() {
    let hook = "#!/bin/sh\ntouch \"$CANARY\"\n";
    let rule = "[[file]]\npath = \"hooks/*\"\nexecutable = true\n";
    let folder = template(&[("template.toml", &format!("{MANIFEST}{rule}")), ("files/hooks/pre-commit", hook)]);
    let canary = folder.path().join("canary");
    let settings = folder.path().join("gitconfig");
    fs::write(&settings, "[core]\n\thooksPath = hooks\n").unwrap();
    let own = ["new", "orders", "--template", "./template", "--no-input"];
    let mut command = launchway();
    command.args(own).envs(GIT_IDENTITY).env("CANARY", &canary).env("GIT_CONFIG_GLOBAL", &settings);
    let ran = run(command.current_dir(folder.path()));
    assert!(ran.stderr.contains("committed the project"), "{}", ran.stderr);
    assert!(!canary.exists(), "the hook ran");
}

#[test]
fn a_template_that_is_a_git_repository_itself_is_refused() {
    assert_refused(
        &[("files/HEAD", "ref: refs/heads/main\n"), ("files/objects/x", ""), ("files/refs/x", "")],
        4,
        "git would take this folder for a repository",
    );
    assert_refused(&[("files/.git/hooks/pre-commit", "#!/bin/sh\n")], 4, "git's own folder");
}

#[test]
fn a10_a11_links_and_special_files_in_a_template_are_refused_unread() {
    let folder = template(&[]);
    symlink("/etc/passwd", folder.path().join("template/files/link")).unwrap();
    assert!(new(folder.path(), &["--no-git"]).failure(4).contains("symbolic links are not allowed"));
    let folder = template(&[]);
    run(Command::new("mkfifo").arg(folder.path().join("template/files/pipe"))).success();
    assert!(new(folder.path(), &["--no-git"]).failure(4).contains("neither a file nor a folder"));
}

#[test]
fn a35_a36_a_template_that_multiplies_itself_is_stopped() {
    let chain: Vec<(String, String)> =
        (0..3_000).map(|n| (format!("partials/p{n}.hbs"), format!("{{{{> p{}}}}}", n + 1))).collect();
    let chain: Vec<(&str, &str)> = chain.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert_refused(
        &[&chain[..], &[("partials/p3000.hbs", "x"), ("files/a.txt.hbs", "{{> p0}}\n")]].concat(),
        4,
        "nested",
    );
    assert_refused(&[("files/a.txt.hbs", &"{{#if service}}".repeat(5_000))], 4, "nested more than 64 deep");
    assert_refused(&[("files/a.txt.hbs", &"{{service}}".repeat(20_000))], 4, "too many");
    let bomb = format!("a: &a \"{{{{service}}}}{}\"\nb: [{}*a]\n", "x".repeat(100_000), "*a, ".repeat(30_000));
    assert_refused(&[("files/a.yaml.hbs", &bomb)], 5, "larger than 16 MiB");
}

#[test]
fn a45_a46_an_answers_file_that_is_not_what_it_seems_is_refused() {
    let bomb = format!("note: &a \"{}\"\nservice: [{}*a]\n", "x".repeat(100_000), "*a, ".repeat(100_000));
    for (name, text, word) in [
        ("a.json", "{\"note\": \"x\", \"note\": \"y\"}", "appears twice"),
        ("a.toml", "note = \"x\"\nnote = \"y\"\n", "duplicate key"),
        ("a.yaml", "note: x\nnote: y\n", "appears twice"),
        ("a.yaml", "note: x\n---\nnote: y\n", "more than one document"),
        ("a.yaml", &bomb, "larger than 16 MiB"),
        ("a.yaml", &"[".repeat(500_000), "recursion limit"),
        ("a.json", &"[".repeat(500_000), "recursion limit"),
        ("a.txt", "note = 1\n", "no known format"),
        ("a.toml", "note = 1.5\n", "the number 1.5, and not a text"),
        ("a.toml", "port = 1\n", "no question `port`"),
        ("absent.toml", "", "cannot read"),
    ] {
        let folder = template(&[]);
        if !name.starts_with("absent") {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let said = new(folder.path(), &["--no-git", "--answers", name]).failure(2);
        assert!(said.contains(word), "{name}: `{word}` is not in:\n{}", said.get(..500).unwrap_or(&said));
        assert!(!folder.path().join("orders").exists());
    }
}

#[test]
fn a24_a27_a29_an_answer_is_text_wherever_it_goes() {
    let folder = template(&[]);
    for (number, note) in
        ["{{service}}", "{{> x}}", "\\{{x}}", "yes", "1e3", "a: b # c", "- x", "\u{85}\u{feff}"].iter().enumerate()
    {
        let dest = format!("p{number}");
        new(folder.path(), &["--no-git", "--dest", &dest, &format!("--note={note}")]).success();
        let written = fs::read_to_string(folder.path().join(dest).join("note.yaml")).unwrap();
        let read: serde_json::Value = serde_json::from_str(written.trim_start_matches("note: ")).unwrap();
        assert_eq!(read, **note);
    }
    for note in ["${{ secrets.X }}", "{{resolve:ssm:/x}}"] {
        let said = new(folder.path(), &["--no-git", &format!("--note={note}")]).failure(2);
        assert!(said.contains("would execute"), "{said}");
    }
}

#[test]
fn a_name_that_is_given_twice_is_refused() {
    let folder = template(&[]);
    let said = new(folder.path(), &["--no-git", "--service", "billing"]).failure(2);
    assert!(said.contains("the name is given twice"), "{said}");
}

#[test]
fn a12_a13_files_are_never_more_open_than_they_have_to_be() {
    for (mask, file, folder_mode) in [("077", 0o700, 0o700), ("000", 0o755, 0o755)] {
        let folder = template(&[("files/open.txt", "x\n")]);
        let source = folder.path().join("template/files/open.txt");
        fs::set_permissions(&source, fs::Permissions::from_mode(0o6777)).unwrap();
        let line = format!("umask {mask}; exec \"$@\"");
        let mut shell = workspace::hermetic(Path::new("sh")).unwrap();
        shell.args(["-c", &line, "sh"]).arg(crate::program::path());
        let own = ["new", "orders", "--template", "./template", "--no-input", "--no-git"];
        run(shell.args(own).current_dir(folder.path())).success();
        let mode = |path: &str| fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode("orders/open.txt"), mode("orders")), (file, folder_mode), "{mask}");
    }
}

#[test]
fn inside_a_repository_the_project_is_left_for_it_to_commit() {
    let folder = template(&[]);
    run(Command::new("git").args(["init", "--quiet"]).current_dir(folder.path())).success();
    let ran = new(folder.path(), &[]);
    assert!(ran.stderr.contains("inside a repository already"), "{}", ran.stderr);
    assert!(!folder.path().join("orders/.git").exists());
}

#[test]
fn a_commit_that_git_refuses_is_a_warning_and_the_project_is_whole() {
    let folder = template(&[]);
    let own = ["new", "orders", "--template", "./template", "--no-input", "--output", "json"];
    let mut command = launchway();
    // Otherwise git makes up an identity from the names of the user and the machine, where it can.
    command.envs([
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "user.useConfigOnly"),
        ("GIT_CONFIG_VALUE_0", "true"),
    ]);
    let ran = run(command.args(own).current_dir(folder.path()));
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["git"], "failed", "{}", ran.stderr);
    assert!(ran.stderr.contains("git config --global user.name"), "{}", ran.stderr);
    assert_eq!(ran.code, Some(0));
    assert!(folder.path().join("orders/note.yaml").is_file());
}

#[test]
fn the_diff_of_a_dry_run_can_be_applied() {
    let folder = template(&[("files/deep/run.sh", "#!/bin/sh\n"), ("files/empty", "")]);
    let diff = new(folder.path(), &["--dry-run", "--diff"]).success();
    fs::write(folder.path().join("new.diff"), diff).unwrap();
    let target = folder.path().join("applied");
    fs::create_dir(&target).unwrap();
    run(Command::new("git").args(["apply", "../new.diff"]).current_dir(&target)).success();
    assert_eq!(fs::read_to_string(target.join("deep/run.sh")).unwrap(), "#!/bin/sh\n");
    assert_eq!(fs::read_to_string(target.join("note.yaml")).unwrap(), "note: \"none\"\n");
    assert!(target.join("empty").is_file());
}

#[test]
fn a31_what_a_template_says_cannot_steer_the_terminal() {
    let manifest = MANIFEST.replace("prompt = \"Note\"", "prompt = \"No\\u001b]0;owned\\u0007te\"");
    let manifest = manifest.replace("default = \"none\"", "default = \"de\\u001b[2Jfault\"");
    let folder = template(&[("template.toml", &manifest)]);
    let mut command = launchway();
    command.args(["new", "orders", "--template", "./template", "--no-git"]).current_dir(folder.path());
    let terminal = Terminal::start(&command);
    terminal.wait_for("fault");
    let shown = terminal.written();
    terminal.press(ENTER).wait_for("Enter generate").press(CONTROL_C);
    let written = terminal.end().written;
    for text in [shown, written] {
        assert!(!text.contains("\u{1b}]0;owned") && !text.contains("\u{1b}[2J"), "{text:?}");
    }
}
