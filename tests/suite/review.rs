//! The review and its keys: what it is about comes first, `?` explains it, and each key works also while a Hangul keyboard is on.

use std::fs;

use rustix::process::Signal;

use crate::keys::{assert_left_in_order, start};
use crate::terminal::{CONTROL_C, ENTER, ESCAPE, Screen, Terminal};

const GIVEN: [&str; 6] = [
    "orders",
    "--target=kubernetes",
    "--exposure=none",
    "--strategy=rolling",
    "--environments=prod",
    "--repository=acme/orders",
];

/// Walks to the review: one question is left open for it.
fn to_review() -> (tempfile::TempDir, Terminal) {
    let (folder, terminal) = start(&GIVEN, Screen::USUAL, &[]);
    terminal.wait_for("What does it do?").press(ENTER).wait_for("Enter generate");
    (folder, terminal)
}

#[test]
fn a_question_mark_explains_the_keys_of_a_page_and_closes_the_help_again() {
    let (_folder, terminal) = to_review();
    terminal.wait_for("? help").press("?").wait_for("Home End").wait_for("save and leave").wait_without("Review:");
    terminal.press("?").wait_for("Review: orders").wait_without("Home End").press("p").wait_for("Which file?");
    terminal.press(ENTER).wait_for("v previous file").press("?").wait_for("Home End").press("?");
    terminal.wait_without("Home End").wait_for("v previous file").press(CONTROL_C);
    assert_left_in_order(&terminal.end(), Screen::USUAL);
}

#[test]
fn the_help_of_every_kind_of_question_is_closed_by_the_key_that_opens_it() {
    let (_folder, terminal) = start(&["orders", "--repository=acme/orders"], Screen::USUAL, &[]);
    for question in ["What does it do?", "Where will it run?", "AWS regions", "What do the tasks run on?"] {
        terminal.wait_for(&format!("? {question}")).press("?").wait_for("Esc ? back").press("?");
        terminal.wait_without("Esc ? back").wait_for(&format!("? {question}")).press(ENTER);
        terminal.wait_without(&format!("? {question}"));
    }
    terminal.press(CONTROL_C);
    assert_left_in_order(&terminal.end(), Screen::USUAL);
}

#[test]
fn a_signal_at_every_place_of_the_review_leaves_the_terminal_as_it_was() {
    let places: [(&[&str], &str); 6] = [
        (&[], "Enter generate"),
        (&["?"], "Home End"),
        (&["e"], "Which answer?"),
        (&["e", "port"], "“port”"),
        (&["p", ENTER], "Enter next file"),
        (&["q"], "forget the answers?"),
    ];
    for (keys, shown) in places {
        for (signal, code) in [(Signal::INT, 130), (Signal::QUIT, 131), (Signal::TERM, 143), (Signal::HUP, 129)] {
            let (folder, terminal) = to_review();
            for (position, key) in keys.iter().enumerate() {
                let before = if position > 0 { "Which " } else { "Enter generate" };
                terminal.wait_for(before).press(key);
            }
            terminal.wait_for(shown).signal(signal);
            let left = terminal.end();
            assert_eq!(left.code, Some(code), "{shown}: {}", left.screen);
            assert_left_in_order(&left, Screen::USUAL);
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{shown}");
        }
    }
}

#[test]
fn every_key_works_by_its_jamo() {
    let (folder, terminal) = to_review();
    terminal.press("ㄷ").wait_for("Which answer?").press(ESCAPE).wait_for("Enter generate");
    // `e` and `p` after another are put together to a syllable; the first one counts.
    terminal.press("데").wait_for("Which answer?").press(ESCAPE).wait_for("Enter generate");
    terminal.press("ㅔ").wait_for("Which file?").press(ENTER).wait_for("Enter next file").press("ㅜ");
    terminal
        .wait_for("* text=auto")
        .press("ㅍ")
        .wait_without("* text=auto")
        .wait_for("Enter next file")
        .press(ESCAPE)
        .wait_for("Which file?");
    terminal.press(ESCAPE).wait_for("1-20/").press(" ").wait_without("1-20/").press("ㅠ").wait_for("1-20/");
    terminal.press("ㅂ").wait_for("forget the answers?").press("ㅜ").wait_for("Enter generate");
    terminal.press("ㅃ").wait_for("forget the answers?").press("ㅜ").wait_for("Enter generate");
    terminal.press("ㄴ");
    let left = terminal.end();
    assert_eq!(left.code, Some(0), "{}", left.screen);
    assert!(left.screen.contains("The answers are saved"), "{}", left.screen);
    assert_left_in_order(&left, Screen::USUAL);
    let (_folder, terminal) = start(&[], Screen::USUAL, &[]);
    terminal.wait_for("Service name").press(ESCAPE).wait_for("first question").press("ㅛ");
    assert_eq!(terminal.end().code, Some(1));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_list_of_more_than_ten_entries_is_filtered_by_typing() {
    let (_folder, terminal) = to_review();
    terminal.press("p").wait_for("Which file?").wait_for("type to filter").press("deploy read");
    terminal.wait_for("“deploy read”").wait_for("❯ deploy/kubernetes/README.md").wait_without("Dockerfile");
    terminal.press("zz").wait_for("0 of").press(ENTER).wait_for("Which file?").press(ESCAPE).wait_for("Dockerfile");
    terminal.press("dockerf").wait_for("❯ Dockerfile").press(ENTER).wait_for("Enter next file").press(ESCAPE);
    terminal.wait_for("Which file?").press(ESCAPE).wait_for("Enter generate").press("e").wait_for("Which answer?");
    // An answer is found by its id as well, whatever the language of its question.
    terminal.press("topology_spread").wait_for("❯ Spread the pods").press(CONTROL_C);
    assert_left_in_order(&terminal.end(), Screen::USUAL);
}

#[test]
fn the_warnings_of_the_review_come_first() {
    // An answer of the environment that no question asks for is a warning.
    let (_folder, terminal) = start(&GIVEN, Screen::USUAL, &[("LAUNCHWAY_REGIONS", "eu-west-1")]);
    terminal.wait_for("What does it do?").press(ENTER).wait_for("Enter generate");
    let shown = terminal.screen();
    let place = |text: &str| shown.find(text).unwrap_or_else(|| panic!("`{text}` is not in:\n{shown}"));
    assert!(place("warning: ") < place("Answers"), "{shown}");
    assert!(shown.contains("regions"), "{shown}");
    terminal.press(CONTROL_C);
    assert_left_in_order(&terminal.end(), Screen::USUAL);
}
