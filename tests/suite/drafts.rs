//! Drafts: what was answered is there again, for its owner alone, until the project is written.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::program::{launchway, run};
use crate::terminal::{CONTROL_C, ENTER, Left, Screen, Terminal};

/// A folder to work in, and one for drafts.
struct Desk {
    work: TempDir,
    state: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { work: tempfile::tempdir().unwrap(), state: tempfile::tempdir().unwrap() }
    }

    fn start(&self, words: &[&str]) -> Terminal {
        let mut command = launchway();
        command.env("LAUNCHWAY_STATE_DIR", self.state.path()).current_dir(self.work.path());
        Terminal::start_on(command.arg("new").args(words).arg("--no-git"), Screen::USUAL)
    }

    /// The drafts that are kept.
    fn drafts(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.state.path().join("drafts")).into_iter().flatten();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
    }
}

#[track_caller]
fn interrupted(terminal: Terminal) -> Left {
    terminal.press(CONTROL_C);
    let left = terminal.end();
    assert_eq!(left.code, Some(130), "{}", left.screen);
    left
}

const GIVEN: [&str; 5] =
    ["--target=kubernetes", "--exposure=none", "--strategy=rolling", "--environments=prod", "--repository=acme/orders"];

#[test]
fn an_interrupted_wizard_goes_on_where_it_was_with_the_command_that_it_names() {
    let desk = Desk::new();
    let terminal = desk.start(&GIVEN);
    terminal.wait_for("Service name").type_text("orders").press(ENTER);
    let left = interrupted({
        terminal.wait_for("What does it do?");
        terminal
    });
    assert!(left.screen.contains("`launchway new --no-git --resume`"), "{}", left.screen);
    let drafts = desk.drafts();
    assert_eq!(drafts.len(), 1);
    assert_eq!(fs::metadata(&drafts[0]).unwrap().permissions().mode() & 0o777, 0o600);

    let terminal = desk.start(&["--resume"]);
    terminal.wait_for("What does it do?").type_text("Takes orders").press(ENTER);
    terminal.wait_for("Enter generate").press(ENTER);
    let left = terminal.end();
    assert_eq!(left.code, Some(0), "{}", left.screen);
    let readme = fs::read_to_string(desk.work.path().join("orders/README.md")).unwrap();
    assert!(readme.contains("Takes orders"));
    assert_eq!(desk.drafts(), Vec::<PathBuf>::new(), "the project is written");
}

#[test]
fn saved_answers_lead_back_to_the_review() {
    let desk = Desk::new();
    let terminal = desk.start(&[&["orders"], &GIVEN[..]].concat());
    terminal.wait_for("What does it do?").type_text("Takes orders").press(ENTER);
    terminal.wait_for("Enter generate").press("s");
    let left = terminal.end();
    assert_eq!(left.code, Some(0), "{}", left.screen);
    assert!(left.screen.contains("`launchway new --no-git --resume`"), "{}", left.screen);
    assert_eq!(fs::read_dir(desk.work.path()).unwrap().count(), 0, "nothing was written");
    let terminal = desk.start(&["--resume"]);
    terminal.wait_for("Enter generate").wait_for("Takes orders").press(ENTER);
    assert_eq!(terminal.end().code, Some(0));
    assert!(desk.work.path().join("orders/Dockerfile").exists());
}

#[test]
fn leaving_for_good_forgets_the_draft() {
    let desk = Desk::new();
    let terminal = desk.start(&[&["orders"], &GIVEN[..]].concat());
    terminal.wait_for("What does it do?").press(ENTER);
    terminal.wait_for("Enter generate").press("q").wait_for("forget the answers?").press("y");
    assert_eq!(terminal.end().code, Some(1));
    assert_eq!(desk.drafts(), Vec::<PathBuf>::new());
}

#[test]
fn a_draft_of_another_version_of_the_template_is_refused_with_both_versions() {
    let desk = Desk::new();
    write_template(desk.work.path(), "1.0.0");
    let words = ["--template", "./template"];
    let terminal = desk.start(&words);
    terminal.wait_for("Name").type_text("it").press(ENTER);
    let left = interrupted({
        terminal.wait_for("Text?");
        terminal
    });
    assert!(left.screen.contains("--template=./template --no-git --resume"), "{}", left.screen);
    write_template(desk.work.path(), "2.0.0");
    let left = desk.start(&[&words[..], &["--resume"]].concat()).end();
    assert_eq!(left.code, Some(2), "{}", left.screen);
    assert!(left.screen.contains("t 1.0.0") && left.screen.contains("t 2.0.0"), "{}", left.screen);
}

fn write_template(folder: &Path, version: &str) {
    let files = folder.join("template/files");
    fs::create_dir_all(&files).unwrap();
    let manifest = format!(
        "[template]\nid = \"t\"\ntitle = \"T\"\nversion = \"{version}\"\nname = \"it\"\n\
         [[question]]\nid = \"it\"\nprompt = \"Name\"\nhelp = \"H.\"\nkind = \"slug\"\n\
         [[question]]\nid = \"text\"\nprompt = \"Text?\"\nhelp = \"H.\"\nkind = \"text\"\n",
    );
    fs::write(folder.join("template/template.toml"), manifest).unwrap();
    fs::write(files.join("a.txt"), "a\n").unwrap();
}

#[test]
fn there_is_nothing_to_resume_where_nothing_was_begun() {
    let desk = Desk::new();
    let left = desk.start(&["--resume"]).end();
    assert_eq!(left.code, Some(2), "{}", left.screen);
    assert!(left.screen.contains("there is no draft"), "{}", left.screen);
    let mut command = launchway();
    let said = run(command.args(["new", "--resume"]).current_dir(desk.work.path())).failure(2);
    assert!(said.contains("no terminal"), "{said}");
}

#[test]
fn a66_without_a_home_the_wizard_works_and_says_once_that_no_draft_is_kept() {
    let work = tempfile::tempdir().unwrap();
    for home in [None, Some("/proc/nobody")] {
        let mut command = launchway();
        command.env_remove("HOME").envs(home.map(|home| ("HOME", home))).current_dir(work.path());
        let terminal = Terminal::start_on(command.arg("new").args(GIVEN).arg("--no-git"), Screen::USUAL);
        terminal.wait_for("No draft is kept").wait_for("Service name").type_text("orders").press(ENTER);
        let left = interrupted({
            terminal.wait_for("What does it do?");
            terminal
        });
        assert_eq!(left.screen.matches("No draft").count(), 1, "{}", left.screen);
        assert!(!left.screen.contains("--resume"), "{}", left.screen);
    }
}

#[test]
fn two_wizards_in_one_folder_do_not_overwrite_each_others_draft() {
    let desk = Desk::new();
    let first = desk.start(&GIVEN);
    first.wait_for("Service name");
    let second = desk.start(&GIVEN);
    second.wait_for("No draft is kept").wait_for("Service name");
    interrupted(second);
    first.type_text("orders").press(ENTER).wait_for("What does it do?");
    interrupted(first);
    assert_eq!(desk.drafts().len(), 1);
}
