//! A terminal that changes its size, or has little room: what is asked stands there once, and whole.

use crate::add::Workspace;
use crate::keys::{assert_left_in_order, start};
use crate::program::launchway;
use crate::terminal::{CONTROL_C, DOWN, ENTER, ESCAPE, LongLines, Screen, Terminal};

const NARROW: Screen = Screen { columns: 40, ..Screen::USUAL };

/// Makes the terminal narrow and wide again, twice; a text stands on the screen once, each time.
#[track_caller]
fn narrow_and_back(terminal: &Terminal, lines: LongLines, once: &[&str]) {
    for screen in [NARROW, Screen::USUAL, Screen { rows: 18, ..NARROW }, Screen::USUAL] {
        terminal.wait_for(once[0]);
        let draws = || terminal.written().matches("\x1b[J").count();
        let before = draws();
        terminal.resize(screen, lines);
        terminal.wait_while("what is drawn again", || draws() < before + 1);
        for text in once {
            terminal.wait_while(&format!("`{text}`, once"), || terminal.screen().matches(text).count() != 1);
        }
    }
}

#[test]
fn another_size_leaves_no_ghost_of_a_question_and_none_of_an_answer() {
    for lines in [LongLines::Broken, LongLines::Cut] {
        let (_folder, terminal) = start(&[], Screen::USUAL, &[]);
        terminal.wait_for("Service name").press(ESCAPE).wait_for("first question");
        narrow_and_back(&terminal, lines, &["This is the first question"]);
        terminal.press("n").wait_for("Service name").type_text("orders");
        narrow_and_back(&terminal, lines, &["? Service name", "❯ orders", "crate orders", "Rust service"]);
        terminal.press(ENTER).wait_for("What does it do?").press(ENTER).wait_for("Where will it run?").press(DOWN);
        terminal.wait_for("❯ Kubernetes");
        let answers = ["? Where will it run?", "✔ Service name", "✔ What does it do?", "❯ Kubernetes"];
        narrow_and_back(&terminal, lines, &answers);
        terminal.press("?").wait_for("LAUNCHWAY_TARGET");
        narrow_and_back(&terminal, lines, &["Kubernetes (kubernetes)", "Esc ? back"]);
        terminal.press("?").wait_for("? Where will it run?").press(ESCAPE).wait_without("✔ What does it do?");
        terminal.wait_for("? What does it do?").press(CONTROL_C);
        assert_left_in_order(&terminal.end(), Screen::USUAL);
    }
}

#[test]
fn another_size_lays_the_review_and_its_lists_out_anew() {
    let given = ["orders", "--target=kubernetes", "--exposure=none", "--environments=prod", "--strategy=rolling"];
    for lines in [LongLines::Broken, LongLines::Cut] {
        let words = [&given[..], &["--repository=acme/orders"]].concat();
        let (_folder, terminal) = start(&words, Screen::USUAL, &[]);
        terminal.wait_for("What does it do?").press(ENTER).wait_for("Enter generate");
        narrow_and_back(&terminal, lines, &["Review: orders", "e edit an answer", "s save and leave", "q quit"]);
        terminal.press("q").wait_for("forget the");
        narrow_and_back(&terminal, lines, &["Leave without writing, and forget the"]);
        terminal.press("n").wait_for("Enter generate").press("e").wait_for("Which answer?").press("port");
        narrow_and_back(&terminal, lines, &["Which answer?", "❯ Port of the service", "“port”"]);
        terminal.press(CONTROL_C);
        assert_left_in_order(&terminal.end(), Screen::USUAL);
    }
}

/// Answers the one question that is open, and leaves at the review.
#[track_caller]
fn walk_to_the_review(terminal: Terminal, question: &str, answer: (&str, &str), go: &str) {
    narrow_and_back(&terminal, LongLines::Broken, &[question]);
    let (pasted, shown) = answer;
    terminal.press(&format!("\x1b[200~{pasted}\x1b[201~")).wait_for(shown).press(ENTER).wait_for(go);
    narrow_and_back(&terminal, LongLines::Broken, &["Review: ", "e edit an answer"]);
    terminal.press("?").wait_for("Home End").press("?").wait_without("Home End").press("ㄷ").wait_for("Which answer?");
    terminal.press(ESCAPE).wait_for(go).press(CONTROL_C);
    let left = terminal.end();
    assert_eq!(left.code, Some(130), "{}", left.screen);
    assert_left_in_order(&left, Screen::USUAL);
}

#[test]
fn update_add_and_advise_ask_as_new_does() {
    let workspace = Workspace::of("kubernetes-default");
    let start = |words: &[&str]| {
        let mut command = launchway();
        Terminal::start_on(command.env_remove("COLUMNS").args(words).current_dir(workspace.folder()), Screen::USUAL)
    };
    let money = ("Takes\rmoney", "❯ Takes money");
    walk_to_the_review(start(&["add", "service", "billing"]), "What does it do?", money, "Enter add the service");
    let update = start(&["update", "--set", "exposure=ingress", "--set", "ingress_namespace=edge"]);
    walk_to_the_review(update, "Domain below which", ("example.org", "❯ example.org"), "Enter update the project");
    let terminal = start(&["advise"]);
    terminal.wait_for("What do you want to decide?").press("ㅓ").wait_for("❯ One cluster or region");
    narrow_and_back(&terminal, LongLines::Broken, &["What do you want to decide?", "❯ One cluster or region"]);
    terminal.press(ENTER).wait_for("✔ What do you want to decide?").press(CONTROL_C);
    assert_left_in_order(&terminal.end(), Screen::USUAL);
}

#[test]
fn in_forty_columns_every_key_of_the_review_says_what_it_does_and_answers_stand_below_their_questions() {
    let words = ["orders", "--target=kubernetes", "--exposure=none", "--strategy=rolling", "--environments=prod"];
    for screen in [NARROW, Screen { columns: 59, ..NARROW }] {
        let (_folder, terminal) = start(&[&words[..], &["--repository=acme/orders"]].concat(), screen, &[]);
        terminal.wait_for("What does it do?").press(ENTER).wait_for("Enter generate");
        for key in ["e edit an answer", "p page through the files", "s save and leave", "q quit", "Esc back", "? help"]
        {
            terminal.wait_for(key);
        }
        let shown = terminal.screen();
        assert!(shown.contains("  service\n    orders  (flag)\n"), "{shown}");
        terminal.press(CONTROL_C);
        assert_left_in_order(&terminal.end(), screen);
    }
    let (_folder, terminal) = start(&words, Screen { columns: 60, ..NARROW }, &[]);
    terminal.wait_for("What does it do?").press(ENTER).wait_for("GitHub repository").press(ENTER);
    terminal.wait_for("service               orders").press(CONTROL_C);
    terminal.end();
}
