//! Every key of the wizard, in every kind of terminal, and how the terminal is left.

use std::fs;
use std::path::Path;

use rustix::process::Signal;
use tempfile::TempDir;
use xtask::workspace;

use crate::program::launchway;
use crate::terminal::{CONTROL_C, DOWN, ENTER, ESCAPE, Left, PAGE_DOWN, Screen, Terminal};

/// Starts `new` in an empty folder.
pub(crate) fn start(words: &[&str], screen: Screen, variables: &[(&str, &str)]) -> (TempDir, Terminal) {
    let folder = tempfile::tempdir().unwrap();
    let terminal = start_in(folder.path(), words, screen, variables);
    (folder, terminal)
}

fn start_in(folder: &Path, words: &[&str], screen: Screen, variables: &[(&str, &str)]) -> Terminal {
    let mut command = launchway();
    command.env("LAUNCHWAY_STATE_DIR", workspace::target().join("tests/state"));
    command.env_remove("COLUMNS").envs(variables.iter().copied());
    Terminal::start_on(command.arg("new").args(words).arg("--no-git").current_dir(folder), screen)
}

#[track_caller]
pub(crate) fn assert_left_in_order(left: &Left, screen: Screen) {
    assert!(!left.is_cursor_hidden, "the cursor is visible again:\n{}", left.screen);
    assert!(left.is_restored, "everything is set as before:\n{}", left.screen);
    let marks_pastes = left.written.rfind("\x1b[?2004h") > left.written.rfind("\x1b[?2004l");
    assert!(!marks_pastes, "the marks of pastes are off again:\n{}", left.written.escape_debug());
    if screen.term == Some("dumb") {
        assert_plain(&left.written);
    }
}

#[track_caller]
fn assert_plain(written: &str) {
    let odd: Vec<char> = written.chars().filter(|it| it.is_control() && !matches!(it, '\n' | '\r')).collect();
    assert!(odd.is_empty(), "{odd:?} in:\n{written}");
}

/// The questions of a service for Kubernetes, each with the flag that answers it.
const QUESTIONS: [(&str, &[&str]); 7] = [
    ("Service name", &["orders"]),
    ("What does it do?", &["--description=x"]),
    ("Where will it run?", &["--target=kubernetes"]),
    ("How is it reached from outside", &["--exposure=none"]),
    ("How does a new version", &["--strategy=rolling"]),
    ("Environments", &["--environments=prod"]),
    ("GitHub repository", &["--repository=acme/orders"]),
];

#[test]
fn a56_a_signal_at_every_question_leaves_the_terminal_as_it_was() {
    for screen in [Screen::USUAL, Screen::TINY, Screen::DUMB] {
        for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129), (Signal::QUIT, 131)] {
            // In little room the cut questions are the same, so one signal will do.
            if screen.rows < 24 && signal != Signal::TERM {
                continue;
            }
            for (position, (question, _)) in QUESTIONS.iter().enumerate() {
                let given: Vec<&str> =
                    QUESTIONS[..position].iter().flat_map(|(_, flags)| flags.iter().copied()).collect();
                let (folder, terminal) = start(&given, screen, &[]);
                terminal.wait_for(if screen.rows < 24 { &question[..10] } else { question });
                match signal {
                    Signal::INT => drop(terminal.press(CONTROL_C)),
                    signal => terminal.signal(signal),
                }
                let left = terminal.end();
                assert_eq!(left.code, Some(code), "{question}: {}", left.screen);
                assert_left_in_order(&left, screen);
                assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{question}");
            }
        }
    }
}

#[test]
fn esc_goes_back_from_text_and_from_choices_and_every_answer_is_offered_again() {
    let (_folder, terminal) = start(&[], Screen::USUAL, &[]);
    terminal.wait_for("Service name").type_text("orders").press(ENTER);
    terminal.wait_for("What does it do?").type_text("Takes ord").press(ESCAPE);
    terminal.wait_without("What does it do?").wait_for("❯ orders").press(ENTER);
    terminal.wait_for("❯ Takes ord").type_text("ers").press(ENTER);
    terminal.wait_for("Where will it run?").press(DOWN).wait_for("❯ Kubernetes").press(ENTER);
    terminal.wait_for("How is it reached").press(ESCAPE).wait_without("How is it reached");
    terminal.wait_for("❯ Kubernetes").press(ESCAPE);
    terminal.wait_for("❯ Takes orders").press(CONTROL_C);
    let left = terminal.end();
    assert_eq!(left.code, Some(130), "{}", left.screen);
    assert_left_in_order(&left, Screen::USUAL);
}

#[test]
fn before_the_first_question_there_is_only_the_way_out_which_is_asked_about() {
    for (screen, back, no, yes) in [(Screen::USUAL, ESCAPE, "n", "y"), (Screen::DUMB, "b\n", "n\n", "y\n")] {
        let (folder, terminal) = start(&[], screen, &[]);
        terminal.wait_for("Service name").press(back);
        terminal.wait_for("first question").press(no);
        terminal.wait_written("Service name", 2).press(back);
        terminal.wait_written("first question", 2).press(yes);
        let left = terminal.end();
        assert_eq!(left.code, Some(1), "{}", left.screen);
        assert_left_in_order(&left, screen);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_question_mark_explains_the_question() {
    let (_folder, terminal) = start(&["orders", "--description=x"], Screen::USUAL, &[]);
    terminal.wait_for("Where will it run?").press("?").wait_for("LAUNCHWAY_TARGET").press(ESCAPE);
    terminal.wait_without("LAUNCHWAY_TARGET").wait_for("❯ Amazon ECS").press(CONTROL_C);
    assert_left_in_order(&terminal.end(), Screen::USUAL);
    let (_folder, terminal) = start(&["orders"], Screen::DUMB, &[]);
    terminal.wait_for("What does it do?").press("?\n").wait_for("LAUNCHWAY_DESCRIPTION").press(CONTROL_C);
    assert_left_in_order(&terminal.end(), Screen::DUMB);
}

#[test]
fn what_a_name_becomes_and_what_is_wrong_with_it_is_seen_while_it_is_typed() {
    let (_folder, terminal) = start(&[], Screen::USUAL, &[]);
    terminal.wait_for("Service name").type_text("ord").wait_for("crate ord · image ord");
    terminal.type_text("-").wait_for("is not a slug").press(CONTROL_C);
    terminal.end();
}

#[test]
fn wide_characters_are_typed_and_taken_away_one_by_one() {
    let (folder, terminal) = start(&["orders", "--target=ecs", "--repository=acme/orders"], Screen::USUAL, &[]);
    terminal.wait_for("What does it do?").type_text("한글이").press("\x7f").wait_without("한글이");
    terminal.wait_for("❯ 한글").type_text("과").press("\x1b[D\x1b[D").press("\x1b[3~").wait_for("❯ 한과").press(ENTER);
    terminal.wait_for("✔ What does it do? · 한과").wait_for("AWS regions").press(CONTROL_C);
    assert_left_in_order(&terminal.end(), Screen::USUAL);
    drop(folder);
}

#[test]
fn the_wizard_speaks_korean_in_a_korean_locale() {
    let (_folder, terminal) = start(&[], Screen::USUAL, &[("LANG", "ko_KR.UTF-8")]);
    terminal.wait_for("Esc 뒤로").wait_for("❯").type_text("orders").press(ENTER).wait_for("✔").press(CONTROL_C);
    terminal.wait_for("이어서");
    terminal.end();
}

#[test]
fn the_whole_wizard_fits_into_twenty_columns_and_five_rows() {
    let screen = Screen::TINY;
    let (folder, terminal) = start(&["orders", "--repository=acme/orders"], screen, &[]);
    terminal.wait_for("What does").press(ENTER);
    terminal.wait_for("Where will").press(DOWN).wait_for("❯ Kubernetes").press("?").wait_for("Esc ? ↑↓").press("?");
    terminal.wait_for("❯ Kubernetes").press(ENTER);
    terminal.wait_for("How is it").press(ENTER);
    terminal.wait_for("How does").press(ENTER);
    terminal.wait_for("Environments").press(ENTER);
    terminal.wait_for("Enter e p s q Esc ?").press(PAGE_DOWN).press("?").wait_for("generate").press("?");
    terminal.wait_for("Enter e p s q Esc").press("e");
    terminal.wait_for("Which answer?").press(ESCAPE);
    terminal.wait_for("Enter e p s q Esc").press("p");
    terminal.wait_for("Which file?").press(ENTER).wait_for("Enter v Esc").press("n").wait_for("*.base").press(ESCAPE);
    terminal.wait_for("Which file?").press(ESCAPE);
    terminal.wait_for("Enter e p s q Esc").press(ENTER);
    let left = terminal.end();
    assert_eq!(left.code, Some(0), "{}", left.screen);
    assert_left_in_order(&left, screen);
    assert!(folder.path().join("orders/Dockerfile").exists());
}

#[test]
fn the_files_are_read_at_the_review_before_they_are_written() {
    let given = ["orders", "--target=kubernetes", "--exposure=none", "--strategy=rolling", "--environments=prod"];
    let (folder, terminal) = start(&[&given[..], &["--repository=acme/orders"]].concat(), Screen::USUAL, &[]);
    terminal.wait_for("What does it do?").press(ENTER);
    terminal.wait_for("Enter generate").press("p").wait_for("Which file?").press(ENTER);
    terminal.wait_for(".dockerignore").wait_for("Enter next file").press("n").wait_for("* text=auto eol=lf").press("v");
    terminal
        .wait_without("* text=auto eol=lf")
        .wait_for("Enter next file")
        .press(ESCAPE)
        .wait_for("Which file?")
        .press(ESCAPE);
    terminal.wait_for("Enter generate").press(ESCAPE).wait_for("What does it do?");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    terminal.press(ENTER).wait_for("Enter generate").press(ENTER);
    let left = terminal.end();
    assert_eq!(left.code, Some(0), "{}", left.screen);
    assert_left_in_order(&left, Screen::USUAL);
}

/// Types a line in the plain prompter, once the question is there.
#[track_caller]
fn line(terminal: &Terminal, question: &str, text: &str) {
    terminal.wait_for(question).press(&format!("{text}\n"));
}

#[test]
fn a69_the_plain_prompter_does_all_that_the_rich_one_does_without_an_escape_sequence() {
    let screen = Screen { rows: 200, ..Screen::DUMB };
    let (folder, terminal) = start(&["--repository=acme/orders"], screen, &[]);
    line(&terminal, "Service name", "first");
    line(&terminal, "What does it do?", "back");
    line(&terminal, "[first]", "orders");
    line(&terminal, "image orders", "");
    line(&terminal, "Where will it run?", "7");
    line(&terminal, "type a number from 1", "kubernetes");
    line(&terminal, "How is it reached", "ㅠ");
    terminal.wait_for("[2] >").press("\n");
    terminal.wait_written("How is it reached", 2).press("\n");
    line(&terminal, "How does a new version", "4");
    line(&terminal, "linear is a strategy", "1");
    line(&terminal, "Environments", "prod");
    line(&terminal, "g  generate", "?");
    terminal.wait_written("g  generate", 2);
    terminal.press("ㄷ\n");
    line(&terminal, "Which answer?", "2");
    line(&terminal, "[The orders service]", "Takes orders");
    line(&terminal, "--description='Takes orders'", "p");
    line(&terminal, "Which file?", "1");
    line(&terminal, "n  next file", "b");
    line(&terminal, "Which file?", "b");
    terminal.press("g\n");
    let left = terminal.end();
    assert_eq!(left.code, Some(0), "{}", left.screen);
    assert_left_in_order(&left, screen);
    let readme = fs::read_to_string(folder.path().join("orders/README.md")).unwrap();
    assert!(readme.contains("Takes orders"));
}

#[test]
fn a69_a_terminal_that_can_do_little_is_asked_plainly() {
    type Case = (Screen, &'static [&'static str], &'static [(&'static str, &'static str)]);
    let cases: [Case; 6] = [
        (Screen::DUMB, &[], &[]),
        (Screen { term: None, ..Screen::USUAL }, &[], &[]),
        (Screen { columns: 1, ..Screen::USUAL }, &[], &[]),
        (Screen::USUAL, &[], &[("LANG", "C")]),
        (Screen::USUAL, &[], &[("ACCESSIBLE", "1")]),
        (Screen::USUAL, &["--accessible"], &[]),
    ];
    for (screen, words, variables) in cases {
        let (_folder, terminal) = start(words, screen, variables);
        terminal.wait_for_written("objects").press("orders\n");
        terminal.wait_for_written("sentence");
        terminal.press(CONTROL_C);
        let left = terminal.end();
        assert_eq!(left.code, Some(130), "{}", left.written);
        assert_plain(&left.written);
        assert!(left.is_restored);
        if variables.contains(&("LANG", "C")) {
            assert!(left.written.is_ascii(), "{}", left.written);
        }
    }
}

/// A template whose every text tries to steer the terminal.
fn hostile_template() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("template/files");
    fs::create_dir_all(&files).unwrap();
    let evil = r"\u001b]0;evil\u0007\u001b[2J\rX";
    let manifest = format!(
        "[template]\nid = \"t\"\ntitle = \"T{evil}\"\nversion = \"1.0.0\"\nname = \"name_of\"\n\
         [[question]]\nid = \"name_of\"\nprompt = \"Name{evil}\"\nhelp = \"Help{evil}.\"\nkind = \"slug\"\n\
         [[question.preview]]\nlabel = \"label{evil}\"\nis = \"{{{{name_of}}}}\"\n\
         [[question]]\nid = \"say\"\nprompt = \"Say{evil}\"\nhelp = \"Help{evil}.\"\nkind = \"text\"\ndefault = \"d{evil}\"\n\
         [[question]]\nid = \"pick\"\nprompt = \"Pick{evil}\"\nhelp = \"Help{evil}.\"\nkind = \"choice\"\n\
         choices = [{{ value = \"a\", label = \"A{evil}\", consequence = \"C{evil}\" }}, {{ value = \"b\" }}]\n\
         [[object]]\nkind = \"O{evil}\"\npurpose = \"P{evil}\"\n",
    );
    fs::write(folder.path().join("template/template.toml"), manifest).unwrap();
    fs::write(files.join("evil.txt"), "\u{1b}]0;evil\u{7}\u{1b}[2J\n").unwrap();
    folder
}

#[test]
fn a31_no_text_of_a_template_steers_the_terminal() {
    for (screen, enter) in [(Screen::LARGE, "\r"), (Screen { rows: 50, columns: 100, ..Screen::DUMB }, "\n")] {
        let folder = hostile_template();
        let words = ["--template", "./template"];
        let terminal = start_in(folder.path(), &words, screen, &[]);
        terminal.wait_for("Name").press(&format!("it{enter}"));
        terminal.wait_for("Say").press(enter);
        terminal.wait_for("Pick").press(enter);
        terminal.wait_for("generate").press(if enter == "\r" { "p" } else { "p\n" });
        terminal.wait_for("Which file?").press(DOWN_OR_LAST[usize::from(enter == "\n")]);
        terminal.wait_for("next file");
        terminal.press(CONTROL_C);
        let left = terminal.end();
        for steering in ["\x1b]0;", "\u{7}", "\x1b[2J"] {
            assert!(!left.written.contains(steering), "{steering:?} in:\n{}", left.written.escape_debug());
        }
        assert!(left.written.contains("evil"), "{}", left.written);
        assert_left_in_order(&left, screen);
    }
}

/// How the last of the four files is chosen.
const DOWN_OR_LAST: [&str; 2] = ["\x1b[F\r", "4\n"];
