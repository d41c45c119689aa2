//! What is typed fast, or pasted: it is on the screen at once, and no line end of it answers a question.

use std::fs;
use std::path::Path;

use xtask::workspace;

use crate::keys::{assert_left_in_order, start};
use crate::program;
use crate::terminal::{CONTROL_C, DOWN, ENTER, ESCAPE, Screen, Terminal};

/// Puts a text between the marks that a terminal puts around what is pasted.
fn pasted(text: &str) -> String {
    format!("\x1b[200~{text}\x1b[201~")
}

/// Starts `new` and writes down how it waits.
fn start_watched(folder: &Path) -> Terminal {
    let mut strace = workspace::hermetic(Path::new("strace")).unwrap();
    strace.args(["-f", "-qq", "-e", "trace=poll,ppoll", "-o"]).arg(folder.join("waits"));
    strace.arg(program::path()).args(["new", "orders", "--no-git"]);
    strace.env_remove("COLUMNS").env("LAUNCHWAY_STATE_DIR", folder).current_dir(folder);
    Terminal::start_on(&strace, Screen::USUAL)
}

/// The times that the program has waited for nothing.
fn waits_for_nothing(folder: &Path) -> Vec<String> {
    let waits = fs::read_to_string(folder.join("waits")).unwrap();
    // The runtime of Rust looks at the first three files once, and waits for nothing that is to come.
    let is_for_nothing = |wait: &&str| wait.contains("POLLIN") && wait.ends_with("(Timeout)");
    waits.lines().filter(is_for_nothing).map(str::to_owned).collect()
}

#[test]
fn five_hundred_characters_and_keys_without_a_character_are_waited_for_not_once() {
    let folder = tempfile::tempdir().unwrap();
    let terminal = start_watched(folder.path());
    let text = "Takes orders and tells the kitchen. ".repeat(14);
    terminal.wait_for("What does it do?").press(&text[..500]).wait_for("Takes orders and tells the");
    // 500 characters end within a word, whose end is what is seen.
    terminal.wait_for(&text[480..500]).press("\x1b[D\x1b[D\x7f\x1b[F\x15").press(ENTER);
    terminal.wait_for("Where will it run?").press(&DOWN.repeat(40)).press(ENTER);
    terminal.wait_for("✔ Where will it run?");
    assert_eq!(waits_for_nothing(folder.path()), Vec::<String>::new());
    terminal.press(ESCAPE).wait_without("✔ Where will it run?");
    assert_eq!(waits_for_nothing(folder.path()).len(), 1, "Esc alone could be the beginning of another key");
    terminal.press(CONTROL_C);
    assert_eq!(terminal.end().code, Some(130));
}

#[test]
fn a_pasted_line_end_becomes_a_space_and_the_screen_says_so() {
    for break_ in ["\r", "\n", "\r\n"] {
        let (_folder, terminal) = start(&["orders"], Screen::USUAL, &[]);
        terminal.wait_for("What does it do?").wait_for_written("\x1b[?2004h");
        terminal.press(&pasted(&format!("Takes{break_}orders{break_}"))).wait_for("❯ Takes orders");
        terminal.wait_for("each line end that was pasted is a space now").type_text("!");
        terminal.wait_without("each line end").press(ENTER).wait_for("✔ What does it do? · Takes orders!");
        terminal.wait_for("Where will it run?").press(CONTROL_C);
        assert_left_in_order(&terminal.end(), Screen::USUAL);
    }
}

#[test]
fn what_is_pasted_where_nothing_is_typed_does_nothing() {
    let given = ["orders", "--target=kubernetes", "--exposure=none", "--environments=prod", "--repository=acme/orders"];
    let (_folder, terminal) = start(&[&given[..], &["--description=x"]].concat(), Screen::USUAL, &[]);
    terminal.wait_for("How does a new version").press(&pasted("jj\rq?")).press(DOWN).wait_for("❯ Blue/green");
    terminal.press("\x1b[A").wait_for("❯ Rolling").press(ENTER);
    terminal.wait_for("Enter generate").press(&pasted("q\ry\re\r")).press("q").wait_for("forget the answers?");
    terminal.press(&pasted("y\r")).press("n").wait_without("forget the answers?").wait_for("Enter generate");
    terminal.press("e").wait_for("Which answer?").press(&pasted("Port\rof")).wait_for("❯ Port of the service");
    terminal.press(CONTROL_C);
    assert_left_in_order(&terminal.end(), Screen::USUAL);
}

#[test]
fn a_secret_that_is_pasted_in_two_lines_is_told_of_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("template/files");
    fs::create_dir_all(&files).unwrap();
    let manifest = "[template]\nid = \"t\"\ntitle = \"T\"\nversion = \"1.0.0\"\nname = \"it\"\n\
         [[question]]\nid = \"it\"\nprompt = \"Name?\"\nhelp = \"H.\"\nkind = \"slug\"\n\
         [[question]]\nid = \"token\"\nprompt = \"Token?\"\nhelp = \"H.\"\nkind = \"secret\"\n";
    fs::write(folder.path().join("template/template.toml"), manifest).unwrap();
    fs::write(files.join("a.txt"), "a\n").unwrap();
    let mut command = program::launchway();
    command.args(["new", "--no-git", "--template", "./template", "--it=a"]).current_dir(folder.path());
    let terminal = Terminal::start_on(command.env("LAUNCHWAY_STATE_DIR", folder.path()), Screen::USUAL);
    terminal.wait_for("Token?").press(&pasted("hidden\rwords")).wait_for("each line end that was pasted");
    terminal.press(CONTROL_C);
    let left = terminal.end();
    assert!(!left.written.contains("hidden") && !left.written.contains("words"), "{}", left.written);
    assert_left_in_order(&left, Screen::USUAL);
}
