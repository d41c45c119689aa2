//! Ctrl-Z and `fg` at every kind of question, under the job control of real shells.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use xtask::{tools, workspace};

use crate::program::{self, GIT_IDENTITY, launchway, run as ran};
use crate::terminal::{CONTROL_C, DOWN, ENTER, ESCAPE, Screen, Terminal};

const CONTROL_Z: &str = "\x1a";
const READY: &str = "ready>";

/// Has the shell say whether lines and their characters are let through as usual.
const MODES: &str = "stty -a | tr -s ' ;' '\\n' | grep -x -e icanon -e echo -e -icanon -e -echo";

/// The shells, with the words that have them read no settings.
const SHELLS: [(&str, &[&str]); 2] = [("bash", &["--norc", "--noprofile", "-i"]), ("zsh", &["-f", "-i"])];

fn shell(name: &str, words: &[&str], folder: &Path) -> Command {
    let programs = program::path().parent().unwrap().to_path_buf();
    let path = program::search_path([programs]);
    let mut shell = workspace::hermetic(Path::new(name)).unwrap();
    shell.args(words).env("PATH", path).env("PS1", format!("{READY} ")).env("HOME", folder);
    shell.env_remove("COLUMNS").env("LAUNCHWAY_STATE_DIR", folder).current_dir(folder);
    shell
}

/// Types a line at the prompt of the shell.
#[track_caller]
fn run(terminal: &Terminal, line: &str) {
    terminal.wait_while("the shell", || !terminal.screen().trim_end().ends_with(READY)).press(line).press(ENTER);
}

/// Stops the program, finds the terminal given back, and lets the program go on, which asks again.
#[track_caller]
fn stop_and_go_on(terminal: &Terminal, asked: &str) {
    let written = |text: &str| terminal.written().matches(text).count();
    terminal.wait_for(asked);
    let (stops, asks) = (written("topped") + written("suspended"), written(asked));
    let before = terminal.written().len();
    terminal.press(CONTROL_Z);
    terminal.wait_while("the stop", || written("topped") + written("suspended") == stops);
    let said = terminal.written()[before..].to_owned();
    let end = said.find("topped").or(said.find("suspended")).unwrap();
    assert!(said[..end].contains("\x1b[?2004l"), "pastes are not marked any more: {}", said.escape_debug());
    run(terminal, &format!("{MODES}; fg"));
    terminal.wait_while("the question again", || written(asked) == asks);
    let said = terminal.written()[before..].to_owned();
    assert!(said.contains("icanon\r\n") && !said.contains("-icanon\r\n"), "{}", said.escape_debug());
    assert!(said.contains("echo\r\n") && !said.contains("-echo\r\n"), "{}", said.escape_debug());
}

#[test]
fn control_z_gives_the_terminal_back_and_fg_goes_on_where_it_was() {
    tools::install_shells().unwrap();
    for (name, words) in SHELLS {
        let folder = tempfile::tempdir().unwrap();
        let terminal = Terminal::start_on(&shell(name, words, folder.path()), Screen::LARGE);
        run(&terminal, "launchway new --no-git");
        terminal.wait_for("? Service name").press(ESCAPE);
        stop_and_go_on(&terminal, "This is the first question");
        terminal.press("n").wait_for("? Service name").type_text("ordrs");
        stop_and_go_on(&terminal, "Service name");
        terminal.wait_for("❯ ordrs").press("\x1b[D\x1b[D").press("e").wait_for("❯ orders").press(ENTER);
        terminal.wait_for("? What does it do?").press(ENTER).wait_for("? Where will it run?");
        stop_and_go_on(&terminal, "Where will it run?");
        terminal.press(DOWN).wait_for("❯ Kubernetes").press("?").wait_for("LAUNCHWAY_TARGET");
        stop_and_go_on(&terminal, "LAUNCHWAY_TARGET");
        terminal.press("?").wait_for("❯ Kubernetes").press(ENTER).wait_for("? How is it reached").press(ENTER);
        terminal.wait_for("? How does a new version").press(ENTER).wait_for("? Environments").press(ENTER);
        terminal.wait_for("? GitHub repository").press(ENTER).wait_for("Enter generate");
        stop_and_go_on(&terminal, "Review: orders");
        assert!(!terminal.written().contains("^[[") && !terminal.screen().contains("^["), "{}", terminal.screen());
        terminal.press(CONTROL_C);
        run(&terminal, &format!("{MODES}; exit"));
        let left = terminal.end();
        let modes: Vec<&str> =
            left.screen.lines().filter(|line| line.ends_with("icanon") || line.ends_with("echo")).collect();
        assert_eq!(modes[modes.len() - 2..], ["icanon", "echo"], "{name}:\n{}", left.screen);
        assert!(!left.is_cursor_hidden);
    }
}

#[test]
fn a_key_that_is_a_signal_throws_away_nothing_that_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program::launchway();
    command.args(["new", "--no-git"]).env("LAUNCHWAY_STATE_DIR", folder.path()).current_dir(folder.path());
    let terminal = Terminal::start_on(&command, Screen::USUAL);
    assert!(!terminal.wait_for("? Service name").drops_output());
    terminal.press(CONTROL_C);
    assert!(terminal.end().is_restored);
}

#[test]
fn what_is_asked_line_by_line_is_asked_again() {
    tools::install_shells().unwrap();
    for (name, words) in SHELLS {
        let folder = tempfile::tempdir().unwrap();
        let terminal = Terminal::start_on(&shell(name, words, folder.path()), Screen::LARGE);
        run(&terminal, "launchway new --no-git --accessible orders");
        terminal.wait_for_line("What does it do?", "> ").press(CONTROL_Z);
        run(&terminal, "fg");
        terminal.wait_for_line("fg", "[The orders service] > ").press("x\n");
        terminal.wait_for("Where will it run?").press(CONTROL_C);
        run(&terminal, "exit");
        terminal.end();
    }
}

#[test]
fn without_a_shell_that_could_go_on_nothing_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program::launchway();
    command.args(["new", "--no-git"]).env("LAUNCHWAY_STATE_DIR", folder.path()).current_dir(folder.path());
    let terminal = Terminal::start_on(&command, Screen::USUAL);
    terminal.wait_for("? Service name").press(CONTROL_Z).type_text("orders").press(ENTER);
    terminal.wait_for("✔ Service name").press(CONTROL_C);
    assert_eq!(terminal.end().code, Some(130));
}

#[test]
fn in_a_container_whose_terminal_belongs_to_a_process_outside_nothing_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    // The shell is the first process there, and the group and the session of both are outside.
    let mut command = workspace::hermetic(Path::new("unshare")).unwrap();
    command.args(["--pid", "--fork", "--mount-proc"]).arg("sh").args(["-c", "\"$0\" new --no-git; exit $?"]);
    command.arg(program::path()).env("LAUNCHWAY_STATE_DIR", folder.path()).current_dir(folder.path());
    let terminal = Terminal::start_on(&command, Screen::USUAL);
    terminal.wait_for("? Service name").press(CONTROL_Z).type_text("orders").press(ENTER);
    terminal.wait_for("✔ Service name").press(CONTROL_C);
    assert_eq!(terminal.end().code, Some(130));
}

/// Makes a project whose git takes a second to look at the file that an update writes, and leaves a mark of each look.
fn slow_project(folder: &Path) {
    ran(launchway().args(["new", "orders", "--target=ecs", "--no-input"]).envs(GIT_IDENTITY).current_dir(folder))
        .success();
    let project = folder.join("orders");
    let git = |words: &[&str]| {
        ran(Command::new("git").args(words).envs(GIT_IDENTITY).current_dir(&project)).success();
    };
    let (seen, looks) = (folder.join("seen"), folder.join("looks"));
    let (seen, looks) = (seen.display(), looks.display());
    let slow = format!("if grep -q Others {seen}; then echo look >>{looks}; sleep 1; echo done >>{looks}; fi");
    let filter = format!("cat >{seen}; {slow}; cat {seen}");
    git(&["config", "filter.slow.clean", &filter]);
    fs::write(project.join(".git/info/attributes"), "README.md filter=slow\n").unwrap();
}

fn looks(folder: &Path) -> String {
    fs::read_to_string(folder.join("looks")).unwrap_or_default()
}

#[test]
fn a_key_while_git_writes_waits_until_all_of_it_is_written() {
    tools::install_shells().unwrap();
    for (name, words) in SHELLS {
        for key in [CONTROL_Z, CONTROL_C] {
            let folder = tempfile::tempdir().unwrap();
            slow_project(folder.path());
            let terminal = Terminal::start_on(&shell(name, words, folder.path()), Screen::LARGE);
            run(&terminal, "cd orders");
            run(&terminal, "launchway update --no-input --set description=Others; echo \"ended $?.\"");
            terminal.wait_while("git", || !looks(folder.path()).contains("look"));
            terminal.press(key);
            if key == CONTROL_Z {
                // It may have come to its end by the time that all is written.
                let is_over = |said: &str| ["topped", "suspended", "ended 0."].iter().any(|it| said.contains(it));
                terminal.wait_while("the stop", || !is_over(&terminal.written()));
                run(&terminal, "fg");
            }
            let ends: &[&str] =
                if key == CONTROL_Z { &["ended 0.", "take it back"] } else { &["ended 130.", "ended 0."] };
            terminal.wait_while("the end", || !ends.iter().any(|end| terminal.written().contains(end)));
            let looks = looks(folder.path());
            assert_eq!(looks.matches("look").count(), looks.matches("done").count(), "{name}: {looks}");
            run(&terminal, "exit");
            terminal.end();
            let status = ["status", "--porcelain", "--untracked-files=all"];
            let status = ran(Command::new("git").args(status).current_dir(folder.path().join("orders"))).success();
            assert!(status.lines().all(|line| !line.starts_with(' ') && !line.starts_with('?')), "{name}: {status}");
            assert!(status.contains("M  README.md"), "{name}: {status}");
        }
    }
}

/// Tells whether a wizard is there, be it stopped: it holds the lock of its answers.
fn is_asking(state: &Path) -> bool {
    let entries = fs::read_dir(state.join("drafts")).into_iter().flatten().flatten();
    let locks = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|it| it == "lock"));
    locks.into_iter().any(|lock| File::open(lock).unwrap().try_lock().is_err())
}

/// How the program comes to stand in the background: from where it asks, by what is typed.
const WAYS: [(&str, &str); 3] = [("stopped", ""), ("sent on", "bg"), ("started there", "&")];

#[test]
fn a_signal_ends_a_program_in_the_background_at_once() {
    tools::install_shells().unwrap();
    for (name, words) in SHELLS {
        for (way, typed) in WAYS {
            for plain in ["", " --accessible"] {
                for signal in ["TERM", "HUP"] {
                    let folder = tempfile::tempdir().unwrap();
                    let terminal = Terminal::start_on(&shell(name, words, folder.path()), Screen::LARGE);
                    let line = format!("launchway new --no-git{plain}");
                    if typed == "&" {
                        run(&terminal, &format!("{line} &"));
                    } else {
                        run(&terminal, &line);
                        terminal.wait_for("Service name").wait_for(if plain.is_empty() { "❯" } else { "\n> " });
                        terminal.press(CONTROL_Z);
                        run(&terminal, typed);
                    }
                    terminal.wait_while("the wizard", || !is_asking(folder.path()));
                    terminal.press(&format!("kill -{signal} %1")).press(ENTER);
                    let case = format!("{name}, {way}{plain}, {signal}");
                    terminal.wait_while(&case, || is_asking(folder.path()));
                }
            }
        }
    }
}
