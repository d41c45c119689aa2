//! Whole screens: compared with those that were read in a diff and blessed.

use std::collections::BTreeSet;
use std::fs;

use xtask::{screens, tree, workspace};

use crate::program;

#[test]
fn every_screen_is_as_it_was_blessed() {
    let taken = screens::take(program::path()).unwrap();
    let blessed = tree::read(&screens::folder()).unwrap();
    let differences = tree::differences(&blessed, &taken);
    assert!(differences.is_empty(), "run `cargo xtask bless` if this is meant:\n{}", differences.join("\n"));
}

#[test]
fn every_error_names_a_line_that_can_be_run() {
    let screens = tree::read(&screens::folder()).unwrap();
    let errors = screens.iter().filter(|(path, _)| path.contains("/errors/"));
    let names_none =
        |text: &str| !["`launchway ", "`git ", "`mkdir ", "Commands:", "명령:"].iter().any(|it| text.contains(it));
    let silent = errors.filter(|(_, file)| names_none(&String::from_utf8_lossy(&file.bytes))).map(|(path, _)| path);
    assert_eq!(silent.collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn every_exit_code_has_an_error_among_the_screens() {
    let table = fs::read_to_string(workspace::root().join("docs/output.md")).unwrap();
    let table = table.split_once("## Exit codes").unwrap().1.split("\n## ").next().unwrap();
    let codes = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    let codes: BTreeSet<&str> = codes.filter(|codes| codes.parse::<u8>().is_ok()).collect();
    let names: Vec<String> = tree::read(&screens::folder()).unwrap().into_keys().collect();
    let shown = |code: &&str| names.iter().any(|name| name.starts_with(&format!("en/errors/{code}-")));
    // No input leads to a fault of the program itself.
    let missing: Vec<&str> = codes.into_iter().filter(|code| !["0", "70"].contains(code) && !shown(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
