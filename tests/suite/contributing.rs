//! The doorstep: what CONTRIBUTING.md, the decisions, the style and the settings of editors say of the repository is so.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use toml::Table;
use xtask::workspace;

use crate::program::run;

/// Pages that speak of the repository's own paths.
const PAGES: [&str; 5] =
    [".github/pull_request_template.md", "CONTRIBUTING.md", "SECURITY.md", "docs/style.md", "tests/suite/README.md"];

fn read(path: &str) -> String {
    fs::read_to_string(workspace::root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn table(path: &str) -> Table {
    read(path).parse().unwrap()
}

/// Lists the files that git knows.
fn tracked() -> Vec<String> {
    let mut git = Command::new("git");
    let listed = run(git.args(["ls-files", "-z"]).current_dir(workspace::root())).success();
    listed.split_terminator('\0').map(str::to_owned).collect()
}

fn ends_in(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|it| it == extension)
}

/// Finds the pieces of code of a page that look like a path.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let is_of_a_path = |it: char| it.is_ascii_alphanumeric() || matches!(it, '/' | '.' | '_' | '-');
    let is_path = move |code: &&str| {
        let has_ending = [".rs", ".toml", ".md", ".txt", ".yaml", ".yml"].iter().any(|ending| code.ends_with(ending));
        code.chars().all(is_of_a_path) && (code.contains('/') || has_ending) && !code.starts_with('-')
    };
    text.split('`').skip(1).step_by(2).filter(is_path)
}

#[test]
fn every_path_that_is_named_is_there() {
    let (root, mut found) = (workspace::root(), 0);
    for page in PAGES {
        let text = read(page);
        for path in paths(&text).filter(|path| !path.starts_with("target/")) {
            // Some stand in a project.
            let is_there =
                root.join(path).exists() || root.join("tests/golden/both-default/project").join(path).exists();
            assert!(is_there, "{page}: there is no `{path}`");
            found += 1;
        }
    }
    assert!(found > 10, "{found}");
    assert_eq!(paths("`a b` `a/b.rs` `x` `lib.rs` `--a/b` `a::b/c`").collect::<Vec<_>>(), ["a/b.rs", "lib.rs"]);
}

#[test]
fn the_compiler_that_is_pinned_is_the_one_that_the_crates_require() {
    let pinned = table("rust-toolchain.toml")["toolchain"]["channel"].as_str().unwrap().to_owned();
    let required = table("Cargo.toml")["workspace"]["package"]["rust-version"].as_str().unwrap().to_owned();
    assert!(pinned == required || pinned.strip_prefix(&required).is_some_and(|rest| rest.starts_with('.')));
}

#[test]
fn every_dependency_has_its_row_in_the_map_and_every_row_its_dependency() {
    let map = read("ARCHITECTURE.md");
    let rows = map.split_once("\n## Dependencies\n").unwrap().1.lines().filter_map(|line| line.strip_prefix("| "));
    let named: BTreeSet<&str> = rows.skip(1).flat_map(|row| row.split(" | ").next().unwrap().split(", ")).collect();
    let mut used = BTreeSet::new();
    for name in ["launchway-core", "launchway", "launchway-portal", "launchway-serve"] {
        let manifest = table(&format!("crates/{name}/Cargo.toml"));
        used.extend(manifest["dependencies"].as_table().unwrap().keys().cloned());
    }
    used.retain(|name| !name.starts_with("launchway"));
    assert_eq!(used.iter().map(String::as_str).collect::<BTreeSet<_>>(), named);
}

/// The text of a page without line breaks that mean nothing.
fn flowing(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_before_of_the_style_is_gone_and_every_after_stands() {
    let is_text = |path: &String| ends_in(path, "md") && (path.starts_with("docs/") || !path.contains('/'));
    let pages: Vec<String> = tracked()
        .iter()
        .filter(|path| is_text(path) && *path != "docs/style.md")
        .map(|path| flowing(&read(path)))
        .collect();
    let style = read("docs/style.md");
    let rows = style.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")).skip(1);
    let mut pairs = 0;
    for row in rows {
        let cells: Vec<&str> = row.split(" | ").collect();
        let [before, after, _because] = cells[..] else { panic!("{row}") };
        assert!(!pages.iter().any(|page| page.contains(before)), "it stands there again: {before}");
        assert!(pages.iter().any(|page| page.contains(after)), "it stands nowhere: {after}");
        pairs += 1;
    }
    assert_eq!(pairs, 20);
}

#[test]
fn every_decision_says_the_same_four_things_and_names_tests_that_there_are() {
    let is_decision = |path: &&String| path.starts_with("docs/decisions/");
    let files = tracked();
    let sources: String =
        files.iter().filter(|path| ends_in(path, "rs") && !path.contains("/golden/")).map(|path| read(path)).collect();
    let list = read("docs/decisions.md");
    let decisions: Vec<&String> = files.iter().filter(is_decision).collect();
    assert!(decisions.len() >= 10, "{decisions:?}");
    for path in decisions {
        let text = read(path);
        let headings: Vec<&str> = text.lines().filter(|line| line.starts_with('#')).collect();
        assert_eq!(headings[1..], ["## Context", "## Choice", "## Consequences", "## What would change it"], "{path}");
        let entry = format!("[{}]({})", headings[0].trim_start_matches("# "), path.trim_start_matches("docs/"));
        assert!(list.contains(&entry), "{entry} is in docs/decisions.md");
        for name in text.split('`').skip(1).step_by(2).filter(|code| code.matches('_').count() > 3) {
            assert!(sources.contains(&format!("fn {name}()")), "{path}: there is no test `{name}`");
        }
    }
}

/// The sections of `.editorconfig`, each with its settings.
fn editor_settings() -> Vec<(String, Table)> {
    let text = read(".editorconfig");
    let section = |text: &str| {
        let (pattern, settings) = text.split_once("]\n").unwrap();
        let pairs = settings.lines().filter_map(|line| line.split_once(" = "));
        (pattern.to_owned(), pairs.map(|(key, value)| (key.to_owned(), value.into())).collect())
    };
    text.split("\n[").skip(1).map(section).collect()
}

#[test]
fn editors_are_told_what_rustfmt_and_git_do() {
    let sections = editor_settings();
    let (pattern, of_all) = &sections[0];
    assert_eq!(pattern, "*");
    assert_eq!(of_all["max_line_length"].as_str(), Some(&*table("rustfmt.toml")["max_width"].to_string()));
    assert_eq!(of_all["end_of_line"].as_str(), Some("lf"));
    assert!(read(".gitattributes").contains("* text=auto eol=lf\n"));
    // What git does not touch, no editor touches.
    let (as_they_are, unset) = sections.last().unwrap();
    assert!(unset.iter().all(|(_, value)| matches!(value.as_str(), Some("unset" | "off"))), "{unset:?}");
    for pattern in read(".gitattributes").lines().filter_map(|line| line.strip_suffix("/** -text")) {
        assert!(as_they_are.contains(pattern.trim_start_matches('/')), "{pattern} in .editorconfig");
    }
}

#[test]
fn the_repositorys_own_texts_are_as_editors_are_told() {
    let (as_they_are, _) = editor_settings().pop().unwrap();
    let folders = as_they_are.split(['{', '}', ',']).filter(|it| !it.is_empty() && *it != "/**");
    let folders: Vec<String> = folders.map(|folder| format!("{folder}/")).collect();
    assert!(folders.len() >= 3, "{folders:?}");
    let is_own = |path: &String| !folders.iter().any(|folder| path.starts_with(folder));
    let mut checked = 0;
    for path in tracked().into_iter().filter(is_own) {
        let Ok(text) = fs::read_to_string(workspace::root().join(&path)) else { continue };
        assert!(text.is_empty() || text.ends_with('\n'), "{path} does not end with a line end");
        for (number, line) in text.lines().enumerate() {
            assert!(!line.ends_with([' ', '\t', '\r']), "{path}:{}: there is a space at the end", number + 1);
        }
        checked += 1;
    }
    assert!(checked > 300, "{checked}");
}

#[test]
fn the_program_has_no_branch_for_a_system_that_it_is_not_built_for() {
    let root = workspace::root();
    // The core keeps what guards calls of Unix: it is to be built without a file system, too.
    for path in tracked().iter().filter(|path| ends_in(path, "rs")) {
        if path.starts_with("crates/launchway-core/")
            || path.starts_with("templates/")
            || path.starts_with("tests/golden/")
        {
            continue;
        }
        let text = fs::read_to_string(root.join(path)).unwrap();
        for (kind, system) in [("cfg", "unix"), ("cfg", "windows"), ("cfg!", "unix"), ("cfg!", "windows")] {
            for branch in [format!("{kind}({system})"), format!("{kind}(not({system}))")] {
                assert!(!text.contains(&branch), "{path}: `{branch}`");
            }
        }
    }
}
