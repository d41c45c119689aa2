//! Completions, asked for with the tab key in bash, zsh and fish themselves.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use xtask::{tools, workspace};

use crate::program::{self, GIT_IDENTITY, launchway, run};
use crate::terminal::{ENTER, Screen, Terminal};

const READY: &str = "ready>";
const ERASE_LINE: &str = "\x15";

/// The shells: how each is started without settings, and what makes it ready.
const SHELLS: [(&str, &[&str], &str); 3] = [
    ("bash", &["--norc", "--noprofile", "-i"], "bind 'set bell-style none'; source <(launchway completions bash)"),
    ("zsh", &["-f", "-i"], "autoload -Uz compinit; compinit -u; source <(launchway completions zsh)"),
    ("fish", &["--no-config", "--interactive"], "launchway completions fish | source"),
];

/// What is typed before the tab key, and what the line is then.
const CASES: [(&str, &str); 14] = [
    ("launchway upd", "launchway update "),
    ("launchway new orders --target=k", "launchway new orders --target=kubernetes "),
    ("launchway new orders --target k", "launchway new orders --target kubernetes "),
    ("launchway new orders --strategy=ca", "launchway new orders --strategy=canary "),
    ("launchway update --set strat", "launchway update --set strategy="),
    ("launchway update --set strategy=ca", "launchway update --set strategy=canary "),
    ("launchway update --set=strategy=ca", "launchway update --set=strategy=canary "),
    ("launchway add service billing --set expo", "launchway add service billing --set exposure="),
    ("launchway adopt --set strategy=li", "launchway adopt --set strategy=linear "),
    ("launchway why Dock", "launchway why Dockerfile "),
    ("launchway why deploy/kubernetes/REA", "launchway why deploy/kubernetes/README.md "),
    ("launchway update --to 0", "launchway update --to TEMPLATE "),
    ("launchway update --to=0", "launchway update --to=TEMPLATE "),
    ("launchway update --service o", "launchway update --service orders "),
];

/// A project to complete the answers and files of.
fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let words = ["new", "orders", "--target=kubernetes", "--no-input", "--no-git"];
    run(launchway().current_dir(folder.path()).envs(GIT_IDENTITY).args(words)).success();
    folder
}

fn template_version() -> String {
    let manifest = fs::read_to_string(workspace::root().join("templates/service/template.toml")).unwrap();
    let manifest: toml::Table = toml::from_str(&manifest).unwrap();
    manifest["template"]["version"].as_str().unwrap().to_owned()
}

fn shell(name: &str, words: &[&str], folder: &Path) -> Command {
    let programs = program::path().parent().unwrap().to_path_buf();
    let path = program::search_path([programs]);
    let mut shell = workspace::hermetic(Path::new(name)).unwrap();
    shell.args(words).env("PATH", path).env("PS1", format!("{READY} ")).env("HOME", folder.join(".."));
    shell.env_remove("COLUMNS").current_dir(folder);
    shell
}

/// The line that stands at the prompt.
fn line(terminal: &Terminal) -> String {
    let screen = terminal.screen();
    let line = screen.lines().rev().find_map(|line| line.split_once(READY)).map_or("", |(_, line)| line);
    line.trim_start().trim_end().to_owned()
}

#[test]
fn the_tab_key_completes_answers_files_and_versions_in_every_shell() {
    tools::install_shells().unwrap();
    let folder = project();
    let version = template_version();
    for (name, words, start) in SHELLS {
        let terminal = Terminal::start_on(&shell(name, words, &folder.path().join("orders")), Screen::LARGE);
        let has_prompt = || !terminal.screen().trim_end().is_empty();
        terminal.wait_while("the shell", || !has_prompt());
        if name == "fish" {
            terminal.press(&format!("function fish_prompt; echo -n '{READY} '; end; set fish_greeting")).press(ENTER);
        }
        terminal.press(start).press(ENTER).press("clear").press(ENTER);
        terminal.wait_while("an empty line", || terminal.screen().trim() != READY);
        for (typed, completed) in CASES {
            let completed = completed.replace("TEMPLATE", &version);
            terminal.press(typed);
            terminal.wait_while(typed, || !line(&terminal).starts_with(typed));
            // A letter shows whether there is a space behind what was completed.
            terminal.press("\t").press("X");
            terminal.wait_while(&format!("{name}: `{completed}`"), || line(&terminal) != format!("{completed}X"));
            terminal.press(ERASE_LINE).press("clear").press(ENTER);
            terminal.wait_while("an empty line", || terminal.screen().trim() != READY);
        }
        terminal.press("exit").press(ENTER);
        terminal.end();
    }
}
