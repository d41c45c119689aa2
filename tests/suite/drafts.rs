//! Drafts: what was answered is there again, for its owner alone, until the project is written.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use xtask::workspace;

use crate::program::{launchway, path, run};
use crate::terminal::{CONTROL_C, DOWN, ENTER, Left, Screen, Terminal};

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
        self.start_on(words, Screen::USUAL)
    }

    fn start_on(&self, words: &[&str], screen: Screen) -> Terminal {
        Terminal::start_on(self.within(&mut launchway()).arg("new").args(words).arg("--no-git"), screen)
    }

    fn within<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.env("LAUNCHWAY_STATE_DIR", self.state.path()).current_dir(self.work.path())
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
fn what_the_run_was_given_is_given_again_by_the_line_that_goes_on() {
    let desk = Desk::new();
    let words = ["--allow-secret-like", "--dry-run", "--offline", "--output=json"];
    let terminal = desk.start(&[&words[..], &GIVEN].concat());
    terminal.wait_for("Service name").type_text("orders").press(ENTER).wait_for("What does it do?");
    let said = interrupted(terminal).screen.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = "`launchway new --allow-secret-like --dry-run --no-git --offline --output=json --resume`";
    assert!(said.contains(line), "{said}");
    let terminal = desk.start(&[&words[..], &["--resume"]].concat());
    terminal.wait_for("What does it do?").type_text(&format!("ghp_{}", "aB3".repeat(12))).press(ENTER);
    let left = terminal.end();
    assert_eq!(left.code, Some(0), "{}", left.screen);
    assert_eq!(fs::read_dir(desk.work.path()).unwrap().count(), 0, "it was a preview, and stays one");
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
fn a_refused_answer_of_the_draft_says_that_it_came_from_there() {
    let desk = Desk::new();
    let terminal = desk.start(&["orders", "--target=ecs", "--strategy=linear"]);
    terminal.wait_for("What does it do?").press(ENTER).wait_for("AWS regions");
    interrupted(terminal);
    let left = desk.start(&["--resume", "--target=kubernetes"]).end();
    assert_eq!(left.code, Some(2), "{}", left.screen);
    assert!(left.screen.replace('\n', " ").contains("(in the draft)"), "{}", left.screen);
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
    assert!(left.screen.replace('\n', " ").contains("--template=./template --no-git --resume"), "{}", left.screen);
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
fn that_answers_cannot_be_saved_is_said_once_and_again_to_whoever_wants_to_save_them() {
    let desk = Desk::new();
    let given = ["--target=kubernetes", "--exposure=none", "--environments=prod", "--repository=acme/orders"];
    for is_gone_at_the_start in [true, false] {
        let desk = if is_gone_at_the_start { &Desk { state: file_for_a_folder(), ..Desk::new() } } else { &desk };
        let terminal = desk.start(&given);
        terminal.wait_for("Service name");
        if !is_gone_at_the_start {
            let drafts = desk.state.path().join("drafts");
            fs::remove_dir_all(&drafts).unwrap();
            fs::write(&drafts, "no folder").unwrap();
        }
        terminal.type_text("orders").press(ENTER).wait_for("What does it do?").press(ENTER);
        terminal.wait_for("How does a new version").press(ENTER).wait_for("Enter generate");
        let said = |text: &str| terminal.written().matches(text).count();
        assert_eq!((said("No draft is kept"), said("cannot be saved")), (1, 0), "{}", terminal.screen());
        terminal.press("s").wait_for_written("The answers cannot be saved").wait_for("Enter generate");
        interrupted(terminal);
    }
}

/// A folder in which no other one can be made, whoever asks.
fn file_for_a_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("drafts"), "no folder").unwrap();
    folder
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

/// A question of every kind: what it asks, what is typed, and what the draft then holds.
const EVERY_KIND: [(&str, &str, &str, &str); 8] = [
    ("it", "kind = \"slug\"\n[[question.preview]]\nlabel = \"folder\"\nis = \"{{it}}\"", "orders", "orders"),
    ("words", "kind = \"text\"", "some words", "some words"),
    ("number", "kind = \"int\"\nmin = 1\nmax = 9", "7", "7"),
    ("names", "kind = \"slugs\"\nmax = 3", "one, two", "one, two"),
    ("one_of", "kind = \"choice\"\nchoices = [{ value = \"left\" }, { value = \"right\" }]", "2", "right"),
    ("some_of", "kind = \"choices\"\nchoices = [{ value = \"up\" }, { value = \"down\" }]", "2", "down"),
    ("sure", "kind = \"bool\"", "2", "false"),
    ("token", "kind = \"secret\"", "hidden", "true"),
];

fn write_template_of_every_kind(folder: &Path) {
    let files = folder.join("template/files");
    fs::create_dir_all(&files).unwrap();
    let mut manifest = "[template]\nid = \"t\"\ntitle = \"T\"\nversion = \"1.0.0\"\nname = \"it\"\n".to_owned();
    for (id, kind, _, _) in EVERY_KIND {
        let _ = write!(manifest, "[[question]]\nid = \"{id}\"\nprompt = \"Ask {id}?\"\nhelp = \"H.\"\n{kind}\n");
    }
    fs::write(folder.join("template/template.toml"), manifest).unwrap();
    fs::write(files.join("a.txt"), "a\n").unwrap();
}

impl Desk {
    /// What the draft holds as the answer to a question, if it counts.
    fn kept(&self, id: &str) -> Option<String> {
        let draft: Value = serde_json::from_slice(&fs::read(self.drafts().first()?).unwrap()).unwrap();
        let state = &draft["state"];
        state["confirmed"].as_array()?.iter().find(|confirmed| *confirmed == id)?;
        match &state["kept"][id]["value"] {
            Value::String(text) => Some(text.clone()),
            Value::Array(items) => Some(items.iter().map(|item| item.as_str().unwrap()).collect::<Vec<_>>().join(", ")),
            other => Some(other.to_string()),
        }
    }

    /// Presses the last keys of an answer while nothing can be shown, until the answer is kept.
    #[track_caller]
    fn answer_unseen(&self, terminal: &Terminal, last: &str, (id, kept): (&str, &str)) {
        terminal.hold_output().press(last);
        terminal.wait_while(&format!("`{kept}` in the draft for `{id}`"), || self.kept(id).as_deref() != Some(kept));
        terminal.release_output();
    }
}

/// Presses keys at a question of the rich prompter, each once the question is drawn anew for the one before it.
#[track_caller]
fn press_drawn(terminal: &Terminal, question: &str, keys: &[&str]) {
    terminal.wait_for(&format!("? {question}"));
    for key in keys {
        let drawn = terminal.written().matches(question).count();
        terminal.press(key).wait_written(question, drawn + 1);
    }
}

/// The keys before Enter that answer a question in the rich prompter.
fn keys(kind: &str, typed: &'static str) -> Vec<&'static str> {
    match kind {
        kind if kind.starts_with("kind = \"choices") => vec![DOWN, " "],
        kind if kind.contains("choice") || kind.contains("bool") => vec![DOWN],
        _ => typed.split("").filter(|key| !key.is_empty()).collect(),
    }
}

#[test]
fn nothing_is_shown_as_accepted_before_it_is_kept() {
    let desk = Desk::new();
    write_template_of_every_kind(desk.work.path());
    let terminal = desk.start_on(&["--template", "./template"], Screen::LARGE);
    for (id, kind, typed, kept) in EVERY_KIND {
        press_drawn(&terminal, &format!("Ask {id}?"), &keys(kind, typed));
        desk.answer_unseen(&terminal, ENTER, (id, kept));
        terminal.wait_for(&format!("✔ Ask {id}?"));
    }
    terminal.wait_for("Enter generate").press("e");
    press_drawn(&terminal, "Which answer?", &[DOWN]);
    terminal.press(ENTER);
    press_drawn(&terminal, "Ask words?", &["\x15", "n", "e", "w"]);
    desk.answer_unseen(&terminal, ENTER, ("words", "new"));
    let left = interrupted({
        terminal.wait_written("✔", EVERY_KIND.len() + 1);
        terminal
    });
    assert!(left.screen.contains("--resume"), "{}", left.screen);
}

#[test]
fn nothing_is_shown_as_accepted_before_it_is_kept_in_the_plain_prompter_either() {
    let desk = Desk::new();
    write_template_of_every_kind(desk.work.path());
    let terminal = desk.start_on(&["--template", "./template"], Screen { rows: 200, ..Screen::DUMB });
    for (id, _, typed, kept) in EVERY_KIND {
        terminal.wait_for_line(&format!("Ask {id}?"), "> ");
        desk.answer_unseen(&terminal, &format!("{typed}\n"), (id, kept));
    }
    terminal.wait_for("g  generate").press("e\n").wait_for("Which answer?").press("1\n");
    terminal.wait_for("[orders] >");
    desk.answer_unseen(&terminal, "others\n", ("it", "others"));
    let left = interrupted({
        terminal.wait_for("folder others");
        terminal
    });
    assert!(left.screen.contains("--resume"), "{}", left.screen);
}

#[test]
fn a_signal_waits_until_an_answer_is_kept_and_shown() {
    let desk = Desk::new();
    let mut strace = workspace::hermetic(Path::new("strace")).unwrap();
    // The draft is in its place seconds before the program knows.
    strace.args(["-f", "-qq", "-e", "trace=/^rename", "-e", "inject=/^rename:delay_exit=3000000", "-o"]);
    strace.arg(desk.state.path().join("trace")).arg(path()).arg("new").args(GIVEN).arg("--no-git");
    let terminal = Terminal::start_on(desk.within(&mut strace), Screen::USUAL);
    terminal.wait_for("Service name").press(&format!("orders{ENTER}"));
    terminal.wait_while("the draft", || desk.drafts().is_empty());
    let left = interrupted(terminal);
    assert!(left.screen.contains("✔") && left.screen.contains("--resume"), "{}", left.screen);
}
