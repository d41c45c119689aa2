//! The documentation: its commands run, its links lead somewhere, and what is made from the code is up to date.
//!
//! A block of commands that stands after `<!-- run -->` is run, all of a page in one shell and one folder, in which each file is
//! written first that is named on a line of its own above its block. After
//! `<!-- not run: REASON -->` it is not, and after `<!-- as in FILE -->` it has to be in that file, which the commands of the page have made:
//! lines may be broken differently. In every other block, each line that begins with `launchway` is at least understood by
//! the program: it is given to it with `--help` at its end, and with the built-in template in the place of the reader's own.
//! So is each `launchway …` in the text of [`CHECKED_IN_TEXT`]. Every `cargo xtask …` and `cargo test …`, wherever it stands, names a command,
//! a flag, a package and modules that there are.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use xtask::{reference, workspace};

use crate::program::{self, GIT_IDENTITY, launchway, run, write_executable};

/// Pages beside the README and those of `docs`.
const PAGES: [&str; 9] = [
    ".github/pull_request_template.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.ko.md",
    "README.md",
    "SECURITY.md",
    "tests/released/README.md",
    "tests/suite/README.md",
];

/// Pages whose commands stand in the text and in tables, too.
const CHECKED_IN_TEXT: [&str; 1] = ["CONTRIBUTING.md"];

/// Pages on which no block of commands goes without a mark.
const MARKED: [&str; 4] = [
    "docs/ko/tutorial-ecs.md",
    "docs/ko/tutorial-kubernetes.md",
    "docs/tutorial-ecs.md",
    "docs/tutorial-kubernetes.md",
];

/// Pages of the site that its sidebar does not list.
const NOT_LISTED: [&str; 2] = ["docs/404.md", "docs/SUMMARY.md"];

/// A page of the documentation.
struct Page {
    /// Its path below the root of the repository.
    path: String,
    text: String,
}

/// A block of code on a page.
struct Block {
    line: usize,
    /// The comment above it.
    mark: Mark,
    text: String,
}

#[derive(PartialEq)]
enum Mark {
    None,
    Run,
    NotRun,
    /// It is as in this file of the project that the page makes.
    AsIn(String),
}

/// Reads the pages: those that are named above, and all below `docs`.
fn pages() -> Vec<Page> {
    let root = workspace::root();
    let mut paths: Vec<PathBuf> = PAGES.iter().map(|path| root.join(path)).collect();
    let mut folders = vec![root.join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(extension) if extension == "md" => paths.push(path),
                _ => {}
            }
        }
    }
    paths.sort();
    let page = |path: PathBuf| Page {
        text: fs::read_to_string(&path).unwrap(),
        path: path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(),
    };
    paths.into_iter().map(page).collect()
}

/// Finds the blocks of a page: indented by four, or fenced and not of another language than the shell's.
fn blocks(page: &Page) -> Vec<Block> {
    let lines: Vec<&str> = page.text.lines().collect();
    let (mut blocks, mut at) = (Vec::new(), 0);
    while at < lines.len() {
        let start = at;
        let (text, is_code) = if let Some(language) = lines[at].strip_prefix("```") {
            let end = (at + 1..lines.len()).find(|line| lines[*line].starts_with("```")).unwrap();
            at = end + 1;
            (lines[start + 1..end].join("\n"), matches!(language, "" | "sh" | "console"))
        } else if lines[at].starts_with("    ") && (at == 0 || lines[at - 1].is_empty()) {
            let is_in = |line: &&usize| lines[**line].starts_with("    ") || lines[**line].is_empty();
            let all: Vec<usize> = (at..lines.len()).collect();
            at += all.iter().take_while(is_in).count();
            let shown = lines[start..at].iter().map(|line| line.strip_prefix("    ").unwrap_or(line));
            (shown.collect::<Vec<_>>().join("\n"), true)
        } else {
            at += 1;
            continue;
        };
        if is_code {
            blocks.push(Block { line: start + 1, mark: mark(&lines[..start]), text });
        }
    }
    blocks
}

/// Reads the mark above a block.
fn mark(before: &[&str]) -> Mark {
    match before.iter().rev().find(|line| !line.is_empty()).copied().unwrap_or_default() {
        "<!-- run -->" => Mark::Run,
        line if line.starts_with("<!-- not run: ") && line.len() > 24 => Mark::NotRun,
        line if line.starts_with("<!-- as in ") => {
            Mark::AsIn(line.trim_start_matches("<!-- as in ").trim_end_matches(" -->").to_owned())
        }
        line if line.starts_with("<!-- run") || line.starts_with("<!-- not") => panic!("what is `{line}`?"),
        _ => Mark::None,
    }
}

/// Finds the lines of a block that call the program, without what stands around them.
fn commands(block: &Block) -> Vec<String> {
    let joined = block.text.replace("\\\n", " ");
    // A line of usage goes on below, further in.
    let joined = joined.lines().fold(String::new(), |joined, line| {
        let goes_on = line.starts_with(' ') && line.trim_start().starts_with('[');
        format!("{joined}{}{line}", if goes_on || joined.is_empty() { "" } else { "\n" })
    });
    let lines = joined.lines().map(|line| line.trim().trim_start_matches("$ ").trim_start_matches("- run: "));
    let called = lines.filter_map(|line| {
        let line = line.replace("cargo run --release -- ", "launchway ").replace("cargo run --release --", "launchway");
        line.starts_with("launchway ").then_some(line)
    });
    called.map(|line| line.split("  #").next().unwrap().trim_end().to_owned()).collect()
}

/// Tells a line that says how a command is used from one that is meant to be typed.
fn is_usage(command: &str) -> bool {
    command.contains(['[', '…', '|'])
}

#[test]
fn what_is_made_from_the_code_is_up_to_date() {
    let stale = reference::stale().unwrap();
    assert!(stale.is_empty(), "out of date: {stale:?}; write them again with `cargo xtask reference`");
}

#[test]
fn every_page_is_in_the_summary_once() {
    let summary = fs::read_to_string(workspace::root().join("docs/SUMMARY.md")).unwrap();
    for page in pages().iter().filter(|page| page.path.starts_with("docs/")) {
        if NOT_LISTED.contains(&page.path.as_str()) {
            continue;
        }
        let target = format!("]({})", page.path.trim_start_matches("docs/"));
        assert_eq!(summary.matches(&target).count(), 1, "{target} in docs/SUMMARY.md");
    }
}

#[test]
fn every_link_leads_to_a_page_and_a_heading_that_there_are() {
    let root = workspace::root();
    let mut followed = 0;
    for page in pages() {
        for target in links(&page.text).filter(|target| !target.contains("://")) {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let from = root.join(&page.path);
            let path = if file.is_empty() { from } else { from.parent().unwrap().join(file) };
            assert!(path.exists(), "{}: there is no {target}", page.path);
            if !anchor.is_empty() {
                let text = fs::read_to_string(&path).unwrap();
                assert!(anchors(&text).contains(anchor), "{}: there is no heading for {target}", page.path);
            }
            followed += 1;
        }
    }
    assert!(followed > 100, "{followed}");
}

fn links(text: &str) -> impl Iterator<Item = &str> {
    let prose = text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
    // What looks like one in an example of code.
    prose.filter(|target| !target.contains(['{', ' ', '\n']) && *target != "x")
}

/// Returns the anchors of a page's headings, as Markdown on the web makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings =
        text.lines().filter_map(|line| line.strip_prefix('#').map(|line| line.trim_start_matches('#').trim()));
    let anchor = |heading: &str| {
        let kept = heading.chars().filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
        kept.collect::<String>().to_lowercase().replace(' ', "-")
    };
    headings.map(anchor).collect()
}

#[test]
fn every_command_that_is_marked_runs() {
    let mut ran = BTreeMap::new();
    for page in pages() {
        let blocks = blocks(&page);
        let count = blocks.iter().filter(|block| block.mark == Mark::Run).count();
        if count > 0 {
            run_page(&page, &blocks);
            ran.insert(page.path, count);
        }
    }
    assert!(MARKED.iter().all(|path| ran.get(*path).is_some_and(|count| *count >= 3)), "{ran:?}");
}

#[test]
fn a_page_whose_commands_run_names_those_that_do_not_before_its_first_heading() {
    let mut named = 0;
    for page in pages().iter().filter(|page| MARKED.contains(&page.path.as_str())) {
        let (introduction, _) = page.text.split_once("\n## ").unwrap();
        for block in blocks(page).iter().filter(|block| block.mark == Mark::NotRun) {
            for command in block.text.lines() {
                assert!(introduction.contains(&format!("`{command}`")), "{}:{}: `{command}`", page.path, block.line);
                named += 1;
            }
        }
    }
    assert!(named > 0);
}

/// Finds the files that a page names above their blocks, and returns the commands that write them.
fn files(page: &Page) -> Vec<Block> {
    let lines: Vec<&str> = page.text.lines().collect();
    let mut files = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(path) = line.strip_prefix('`').and_then(|line| line.strip_suffix("`:")) else { continue };
        if !lines.get(at + 2).is_some_and(|line| line.starts_with("```")) {
            continue;
        }
        let text: Vec<&str> = lines[at + 3..].iter().copied().take_while(|line| *line != "```").collect();
        let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
        let text = format!("mkdir -p '{folder}'\ncat > '{path}' <<'END OF FILE'\n{}\nEND OF FILE", text.join("\n"));
        files.push(Block { line: at + 1, mark: Mark::Run, text });
    }
    files
}

/// Stands in for the GitHub CLI, which needs an account: it takes what a tutorial asks of it, and nothing else.
const GH: &str = "#!/bin/sh\n\
    [ \"$*\" = 'repo create OWNER/NAME --private --source=.' ] || { echo \"gh: what is $*?\" >&2; exit 1; }\n\
    git rev-parse --quiet --verify HEAD\n\
    git remote add origin https://github.com/OWNER/NAME.git\n";

/// Runs the blocks of a page, one after the other, in one shell, and compares the others with the files that they name.
fn run_page(page: &Page, blocks: &[Block]) {
    let folder = tempfile::tempdir().unwrap();
    let files = files(page);
    let mut scripts: Vec<&Block> = blocks.iter().filter(|block| block.mark == Mark::Run).chain(&files).collect();
    scripts.sort_by_key(|block| block.line);
    let said = |block: &Block| format!("echo '=== {}:{}' >&2\n{}\n", page.path, block.line, block.text);
    let script = "set -eu\n".to_owned() + &scripts.into_iter().map(said).collect::<String>();
    let stand_ins = tempfile::tempdir().unwrap();
    write_executable(&stand_ins.path().join("gh"), GH);
    let script = format!("PATH={}:$PATH\n{script}", stand_ins.path().display());
    let ran = run(shell(&script).current_dir(folder.path()));
    assert_eq!(ran.code, Some(0), "{}\n{}\n{}", page.path, ran.stdout, ran.stderr);
    for block in blocks {
        if let Mark::AsIn(file) = &block.mark {
            let text = fs::read_to_string(folder.path().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(
                unbroken(&text).contains(&unbroken(&block.text)),
                "{}:{} is not as in {file}:\n{}",
                page.path,
                block.line,
                block.text
            );
        }
    }
}

/// Leaves out how lines are broken and indented.
fn unbroken(text: &str) -> String {
    let joined = text.replace("\\\n", " ");
    let words = joined.split_whitespace().collect::<Vec<_>>().join(" ");
    // A break between two words of JMESPath, which takes any.
    words.replace("(Arn, '", "(Arn,'")
}

/// Returns a shell that finds the program, as a reader has it.
fn shell(script: &str) -> Command {
    let mut command = workspace::hermetic(Path::new("/bin/sh")).unwrap();
    let mut path = program::path().parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    command.args(["-c", script]).env("PATH", path).envs(GIT_IDENTITY);
    command
}

#[test]
fn every_other_command_is_understood_by_the_program() {
    let mut understood = 0;
    for page in pages() {
        for block in blocks(&page).iter().filter(|block| block.mark == Mark::None) {
            for command in commands(block) {
                understood += 1;
                let place = format!("{}:{}: `{command}`", page.path, block.line);
                if is_usage(&command) { assert_usage(&command, &place) } else { assert_understood(&command, &place) }
            }
        }
    }
    assert!(understood > 30, "{understood}");
}

/// Finds the pieces of code within the text of a page, its blocks left out.
fn inline(page: &Page) -> impl Iterator<Item = &str> {
    let lines = page.text.lines().filter(|line| !line.starts_with("    ") && !line.starts_with("```"));
    lines.flat_map(|line| line.split('`').skip(1).step_by(2))
}

#[test]
fn every_command_in_the_text_is_understood_by_the_program() {
    for page in pages().iter().filter(|page| CHECKED_IN_TEXT.contains(&page.path.as_str())) {
        let commands: Vec<&str> = inline(page).filter(|code| code.starts_with("launchway ")).collect();
        assert!(!commands.is_empty(), "{}", page.path);
        for command in commands {
            let place = format!("{}: `{command}`", page.path);
            if is_usage(command) { assert_usage(command, &place) } else { assert_understood(command, &place) }
        }
    }
}

#[test]
fn every_command_for_those_who_work_on_it_is_there() {
    let mut checked = 0;
    for page in pages() {
        let blocks = blocks(&page);
        let lines = blocks.iter().flat_map(|block| block.text.lines().map(str::trim));
        // In the documentation for users, `cargo test` is that of their project.
        let is_ours = |code: &&str| code.starts_with("cargo xtask ") || !page.path.starts_with("docs/");
        for command in inline(&page).chain(lines).filter(is_ours) {
            check_cargo(command).unwrap_or_else(|fault| panic!("{}: `{command}`: {fault}", page.path));
            checked += usize::from(command.starts_with("cargo xtask ") || command.starts_with("cargo test "));
        }
    }
    assert!(checked > 20, "{checked}");
}

/// Holds a line for cargo against what there is; any other line is fine.
fn check_cargo(command: &str) -> Result<(), String> {
    let command = command.split("  #").next().unwrap_or_default().trim_end();
    if let Some(words) = command.strip_prefix("cargo xtask ") {
        return check_task(words);
    }
    command.strip_prefix("cargo test ").map_or(Ok(()), check_test)
}

/// Holds a command of xtask against its usage: the command, its flags, and whether it takes other words.
fn check_task(words: &str) -> Result<(), String> {
    // The usage stands in the program of xtask, which is no library.
    let source = fs::read_to_string(workspace::root().join("xtask/src/main.rs")).unwrap();
    let usage = source.split_once("usage: cargo xtask COMMAND").unwrap().1.split_once("\";").unwrap().0;
    let mut words = words.split(' ');
    let name = words.next().unwrap_or_default();
    let is_of_it = |line: &&str| line.strip_prefix("  ").is_some_and(|line| line.split(' ').next() == Some(name));
    let goes_on = |line: &&str| line.starts_with("                ");
    let mut lines = usage.lines().skip_while(|line| !is_of_it(line));
    let first = lines.next().ok_or("xtask has no such command")?;
    let entry = lines.take_while(goes_on).fold(first.to_owned(), |entry, line| entry + "\n" + line);
    let takes_words =
        first.split(['[', ']', ' ', '.', '…']).any(|word| word.len() > 1 && word.chars().all(char::is_uppercase));
    let unknown = |word: &&str| if word.starts_with('-') { !entry.contains(*word) } else { !takes_words };
    words.find(unknown).map_or(Ok(()), |word| Err(format!("`{name}` does not take `{word}`")))
}

/// Holds a test command against the packages, and the modules of the suite that it names.
fn check_test(words: &str) -> Result<(), String> {
    let words: Vec<&str> = words.split(' ').collect();
    let package = words.iter().skip_while(|word| **word != "--package").nth(1).copied().unwrap_or_default();
    let folder = match package {
        "launchway-tests" => "tests".to_owned(),
        "launchway-hostile" => "tests/hostile".to_owned(),
        "xtask" => "xtask".to_owned(),
        other => format!("crates/{other}"),
    };
    let manifest = workspace::root().join(folder).join("Cargo.toml");
    let is_there = fs::read_to_string(manifest).is_ok_and(|text| text.contains(&format!("name = \"{package}\"")));
    if !is_there {
        return Err(format!("there is no package `{package}`"));
    }
    let suite = fs::read_to_string(workspace::root().join("tests/suite/main.rs")).unwrap();
    let filters = words.iter().skip_while(|word| **word != "--").filter_map(|word| word.strip_suffix("::"));
    let is_missing =
        |filter: &&str| !suite.contains(&format!("mod {};", filter.split("::").next().unwrap_or_default()));
    let missing = filters.filter(|_| package == "launchway-tests").find(is_missing);
    missing.map_or(Ok(()), |filter| Err(format!("the suite has no module `{filter}`")))
}

#[test]
fn a_command_for_those_who_work_on_it_that_is_wrong_is_noticed() {
    for right in [
        "cargo xtask test",
        "cargo xtask test --fast",
        "cargo xtask compare HISTORY…",
        "cargo xtask sweep race",
        "cargo test --package launchway-tests -- docs:: validators::site::",
        "cargo test --package launchway-core",
        "cargo build",
    ] {
        check_cargo(right).unwrap_or_else(|fault| panic!("{right}: {fault}"));
    }
    for wrong in [
        "cargo xtask tset",
        "cargo xtask test --slow",
        "cargo xtask package all",
        "cargo test --package launchway-test -- docs::",
        "cargo test --package launchway-tests -- doc::",
    ] {
        check_cargo(wrong).expect_err(wrong);
    }
}

/// Has the shell and the program read a line, and the program show its help instead of doing it.
#[track_caller]
fn assert_understood(command: &str, place: &str) {
    let folder = tempfile::tempdir().unwrap();
    let line = without_template(command);
    let ran = run(shell(&format!("{line} --help")).current_dir(folder.path()));
    assert_eq!(ran.code, Some(0), "{place} is not understood\n{}", ran.stderr);
}

/// Leaves the built-in template in the place of one that only the reader has.
fn without_template(command: &str) -> String {
    match command.split_once(" --template ") {
        Some((before, after)) => {
            let rest = after.split_once(' ').map_or("", |(_, rest)| rest);
            format!("{before} {rest}").trim_end().to_owned()
        }
        None => command.to_owned(),
    }
}

/// Holds the flags of a line of usage against the help of its command.
#[track_caller]
fn assert_usage(command: &str, place: &str) {
    let words: Vec<&str> = command.split([' ', '[', ']', '|', '=', '…']).filter(|word| !word.is_empty()).collect();
    let is_name = |word: &&&str| word.starts_with(|first: char| first.is_ascii_lowercase());
    let names: Vec<&str> = words.iter().skip(1).take_while(is_name).copied().collect();
    let helped = (1..=names.len()).rev().map(|count| run(launchway().args(&names[..count]).arg("--help")));
    let help = helped.into_iter().find(|ran| ran.code == Some(0)).unwrap_or_else(|| panic!("{place}: no such command"));
    for flag in words.iter().filter(|word| word.starts_with("--") && **word != "--ANSWER") {
        assert!(help.stdout.contains(*flag), "{place}: there is no {flag}");
    }
}

#[test]
fn no_block_of_a_tutorial_goes_without_a_mark() {
    for page in pages().iter().filter(|page| MARKED.contains(&page.path.as_str())) {
        for block in blocks(page) {
            assert!(block.mark != Mark::None, "{}:{} is neither run nor said not to be", page.path, block.line);
        }
    }
}

#[test]
fn a_command_that_is_wrong_is_noticed() {
    let is_noticed =
        |check: fn(&str, &str), command: &'static str| std::panic::catch_unwind(|| check(command, "")).is_err();
    assert!(is_noticed(assert_understood, "launchway chekc"));
    assert!(is_noticed(assert_understood, "launchway new orders --targte=ecs"));
    assert!(is_noticed(assert_understood, "launchway new orders --output=xml"));
    assert!(is_noticed(assert_usage, "launchway check [DIR] [--updatse]"));
    assert!(is_noticed(assert_usage, "launchway chekc [DIR]"));
    let page = |text: &str| Page { path: "page".to_owned(), text: text.to_owned() };
    let drifted = page("x\n\n<!-- run -->\n\n    echo one > file\n\n<!-- as in file -->\n\n    two\n");
    assert!(std::panic::catch_unwind(|| run_page(&drifted, &blocks(&drifted))).is_err());
    let failing = page("x\n\n<!-- run -->\n\n    launchway check nowhere\n");
    assert!(std::panic::catch_unwind(|| run_page(&failing, &blocks(&failing))).is_err());
}

#[test]
fn the_picture_of_the_wizard_is_what_the_program_shows() {
    xtask::picture::check().unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn every_helper_of_the_language_stands_on_the_page_of_templates() {
    let page = fs::read_to_string(workspace::root().join("docs/templates.md")).unwrap();
    for helper in launchway_core::helper_references() {
        let name = helper.usage.split(' ').next().unwrap_or_default().to_owned();
        assert!(page.contains(&format!("`{name}`")), "docs/templates.md does not name `{name}`");
    }
}
