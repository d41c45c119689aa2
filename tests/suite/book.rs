//! The documentation as a reader sees it: its code fits the page, its tree and its figures are true, its words are the field's.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use xtask::workspace;

use crate::golden;

/// What mdBook's style sheets say, in tenths of a pixel; the validators hold it against the site that was built.
pub(crate) const CONTENT: usize = 7500;
pub(crate) const PAGE_PADDING: usize = 150;
const MAIN_PADDING: usize = 50;
const CODE_PADDING: usize = 100;
/// 14 pixels of Source Code Pro, whose characters are 0.6 em wide.
const CHARACTER: usize = 84;

/// The characters of a line of code that fit the page of a wide window, as at 1280 pixels.
const WIDE: usize = (CONTENT - 2 * CODE_PADDING) / CHARACTER;
/// The same for a telephone of 390 pixels.
const NARROW: usize = (3900 - 2 * PAGE_PADDING - 2 * MAIN_PADDING - 2 * CODE_PADDING) / CHARACTER;

/// Pages whose first commands a reader types, and the only ones that say so on a telephone.
const FIRST_COMMANDS: [&str; 5] = [
    "docs/introduction.md",
    "docs/tutorial-ecs.md",
    "docs/tutorial-kubernetes.md",
    "docs/ko/tutorial-ecs.md",
    "docs/ko/tutorial-kubernetes.md",
];

fn read(path: &str) -> String {
    fs::read_to_string(workspace::root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Lists the pages of the site, as paths below the root of the repository.
pub(crate) fn site_pages() -> Vec<String> {
    let summary = read("docs/SUMMARY.md");
    summary.split("](").skip(1).map(|rest| format!("docs/{}", rest.split(')').next().unwrap())).collect()
}

/// Returns the blocks of code of a page, each as its first line and its lines.
pub(crate) fn code_blocks(text: &str) -> Vec<(usize, Vec<&str>)> {
    let lines: Vec<&str> = text.lines().collect();
    let (mut blocks, mut at) = (Vec::new(), 0);
    while at < lines.len() {
        let start = at;
        if lines[at].trim_start().starts_with("```") {
            let end = (at + 1..lines.len()).find(|line| lines[*line].trim_start().starts_with("```")).unwrap();
            blocks.push((start + 2, lines[start + 1..end].to_vec()));
            at = end + 1;
        } else if lines[at].starts_with("    ") && (at == 0 || lines[at - 1].is_empty()) {
            let is_in = |line: &usize| lines[*line].starts_with("    ") || lines[*line].is_empty();
            at = (at..lines.len()).find(|line| !is_in(line)).unwrap_or(lines.len());
            let shown = lines[start..at].iter().map(|line| line.strip_prefix("    ").unwrap_or(line));
            blocks.push((start + 1, shown.collect()));
        } else {
            at += 1;
        }
    }
    blocks
}

/// Returns how many columns a line takes: a syllable of Hangul takes two.
fn width(line: &str) -> usize {
    line.chars().map(|it| if ('가'..='힣').contains(&it) { 2 } else { 1 }).sum()
}

#[test]
fn no_line_of_code_is_wider_than_the_page() {
    let mut lines = 0;
    for page in site_pages() {
        for (first, block) in code_blocks(&read(&page)) {
            for (number, line) in block.iter().enumerate() {
                lines += 1;
                let columns = width(line);
                assert!(columns <= WIDE, "{page}:{}: {columns} columns, and {WIDE} fit: {line}", first + number);
            }
        }
    }
    assert!(lines > 1000, "{lines}");
}

#[test]
fn the_first_commands_fit_a_telephone() {
    for page in FIRST_COMMANDS {
        let text = read(page);
        let (first, block) = code_blocks(&text).into_iter().next().unwrap();
        for line in block {
            let columns = width(line);
            assert!(columns <= NARROW, "{page}:{first}: {columns} columns, and {NARROW} fit: {line}");
        }
    }
}

#[test]
fn the_figures_of_the_widths_are_those_that_were_measured() {
    assert_eq!((WIDE, NARROW), (86, 39));
}

/// The paths of the tree below *What you get*, folders with a slash at their end.
fn shown_tree(page: &str) -> BTreeSet<String> {
    let text = read(page);
    let blocks = code_blocks(&text);
    let (_, tree) =
        blocks.iter().find(|(_, lines)| lines[0] == "orders/").unwrap_or_else(|| panic!("{page} has no tree"));
    let (mut folder, mut paths) = (String::new(), BTreeSet::new());
    for line in tree[1..].iter().filter(|line| !line.is_empty()) {
        let is_deep = line.starts_with("    ");
        let names = line.trim().split("  ").next().unwrap();
        for name in names.split(", ") {
            paths.insert(if is_deep { format!("{folder}{name}") } else { name.to_owned() });
        }
        if !is_deep {
            names.clone_into(&mut folder);
        }
    }
    paths
}

#[test]
fn the_tree_of_the_landing_page_is_one_that_is_generated() {
    let golden = workspace::root().join("tests/golden/ecs-default/project");
    for page in ["README.md", "README.ko.md", "docs/introduction.md"] {
        let paths = shown_tree(page);
        assert!(paths.len() >= 10, "{page}: {paths:?}");
        for path in paths.iter().filter(|path| *path != ".launchway/") {
            let there = golden.join(path);
            assert!(if path.ends_with('/') { there.is_dir() } else { there.is_file() }, "{page}: there is no {path}");
        }
        let deployed = names(&golden.join("deploy/ecs"));
        let is_shown = |name: &String| paths.iter().any(|path| path.starts_with(&format!("deploy/ecs/{name}")));
        assert_eq!(deployed.iter().find(|name| !is_shown(name)), None, "{page} leaves out a file of deploy/ecs");
    }
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

/// A cell of the benchmark's table, in milliseconds of its first column of figures.
fn measured(program: &str) -> String {
    let page = read("docs/benchmark.md");
    let row = page.lines().find(|line| line.starts_with(&format!("| 25 files, 60 values | {program} |"))).unwrap();
    row.split('|').nth(3).unwrap().trim().to_owned()
}

#[test]
fn the_figures_of_the_landing_pages_are_those_that_were_measured() {
    let benchmark = read("docs/benchmark.md");
    let built = benchmark.split_once("A release build takes ").unwrap().1.split(' ').next().unwrap();
    let (ours, copier) = (measured("launchway"), measured("copier"));
    let whole = copier.split('.').next().unwrap();
    for page in ["README.md", "README.ko.md", "docs/introduction.md"] {
        let text = read(page);
        for figure in [ours.as_str(), whole] {
            assert!(text.contains(figure), "{page} does not say {figure}, which docs/benchmark.md has");
        }
    }
    for page in ["README.md", "README.ko.md"] {
        assert!(read(page).contains(built), "{page} does not say that a build takes {built} seconds");
    }
}

#[test]
fn every_title_of_the_sidebar_says_what_its_page_is_about() {
    let summary = read("docs/SUMMARY.md");
    let titles =
        summary.lines().filter_map(|line| line.trim_start().strip_prefix("- [")?.split_once("](").map(|it| it.0));
    for title in titles {
        assert!(title.split_whitespace().count() > 1, "`{title}` says nothing in a sidebar");
    }
    for page in ["faq.md", "cookbook.md", "rollout.md", "versions.md", "help.md"] {
        assert!(summary.contains(&format!("]({page})")), "{page} is not in the sidebar");
    }
}

/// What no page says, since the field has another word for it.
const NOT_THE_FIELDS: [(&str, &str); 23] = [
    (" mend ", "fix"),
    (" mends ", "fixes"),
    (" mended", "fixed"),
    ("way round", "way around"),
    ("other way round", "other way around"),
    (" of yours", "your"),
    (" of old ", "old"),
    (" anew", "again"),
    (" stands in ", "is in"),
    (" stand in ", "are in"),
    (" stands there", "is there"),
    ("bad version", "faulty version"),
    ("goes back by itself", "rolls back by itself"),
    ("put the old version back", "roll back"),
    ("puts the old version back", "rolls back"),
    ("is never asked", "Launchway asks nothing"),
    ("nothing is ever asked", "Launchway asks nothing"),
    ("line ends", "line endings"),
    ("whoever", "the person who"),
    ("Whoever", "the person who"),
    (" hangs on ", "depends on"),
    (" of its own", "its own"),
    (" comes of it", "the result"),
];

/// Finds an expression on a page, apart from quotations of it.
fn unidiomatic(text: &str) -> Vec<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let found = NOT_THE_FIELDS.iter().filter(|(phrase, _)| text.contains(phrase));
    found.map(|(phrase, better)| format!("`{}`, for which the field says `{better}`", phrase.trim())).collect()
}

/// Pages that show how texts do not read, or were written by a program that is measured.
const LEFT_OUT: [&str; 2] = ["docs/style.md", "docs/korean.md"];

#[test]
fn the_documentation_speaks_as_the_field_does() {
    let pages = site_pages().into_iter().chain(["README.md".to_owned()]);
    for page in pages.filter(|page| !LEFT_OUT.contains(&page.as_str())) {
        assert_eq!(unidiomatic(&read(&page)), Vec::<String>::new(), "{page}");
    }
}

/// What no generated file says beside that.
const NOT_GENERATED: [(&str, &str); 6] = [
    ("way back", "rollback"),
    ("goes back", "rolls back"),
    ("going back", "a rollback"),
    ("to go back", "to roll back"),
    ("the version before", "the previous version"),
    ("Nothing is deployed that", "Only what"),
];

#[test]
fn what_is_generated_speaks_as_the_field_does() {
    let mut faults = BTreeSet::new();
    for tree in golden::rendered().values() {
        for (path, file) in tree.iter().filter(|(path, _)| !path.starts_with(".launchway/")) {
            let Ok(text) = std::str::from_utf8(&file.bytes) else { continue };
            let lines = text.lines().map(|line| line.trim_start().trim_start_matches(['#', '/', '!', '>']));
            let text = lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
            let idioms = NOT_THE_FIELDS.iter().filter(|(phrase, _)| !phrase.eq_ignore_ascii_case("whoever"));
            let phrases = idioms.chain(&NOT_GENERATED);
            let found = phrases.filter(|(phrase, _)| text.contains(phrase));
            let name = path.rsplit('/').next().unwrap_or(path);
            faults.extend(found.map(|(phrase, better)| format!("{name}: `{}`: {better}", phrase.trim())));
        }
    }
    assert!(faults.is_empty(), "{}", faults.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn an_expression_that_the_field_does_not_use_is_noticed() {
    assert_eq!(unidiomatic("Then mend the\nfile."), ["`mend`, for which the field says `fix`"]);
    assert_eq!(unidiomatic("Recommended: amended files, and a mending."), Vec::<String>::new());
}

#[test]
fn a_wrong_address_leads_to_a_page_that_helps() {
    let book: toml::Table = read("docs/book.toml").parse().unwrap();
    let html = &book["output"]["html"];
    let page = html["input-404"].as_str().unwrap();
    assert!(read(&format!("docs/{page}")).contains("](introduction.md)"));
    let site = html["site-url"].as_str().unwrap();
    assert!(site.starts_with('/') && site.ends_with('/'), "{site}: links of the page are relative to it");
    let repository = html["git-repository-url"].as_str().unwrap();
    assert!(html["edit-url-template"].as_str().unwrap().starts_with(&format!("{repository}/edit/main/docs/")));
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    assert_eq!(manifest["workspace"]["package"]["repository"].as_str(), Some(repository));
}

/// What `docs/explain/several.md` says of Karmada.
#[test]
fn karmada_gets_the_replicas_that_the_pages_say() {
    let policy = "tests/golden/kubernetes-karmada/project/deploy/kubernetes/clusters/karmada/dev/propagation.yaml";
    assert!(read(policy).contains("replicaSchedulingType: Duplicated\n"));
    let page = read("docs/explain/several.md");
    assert!(page.contains("With Karmada each cluster runs all replicas: the policy duplicates them"), "{page}");
    let readme = read("tests/golden/kubernetes-karmada/project/README.md");
    for text in [page, readme, read("templates/service/manifest/values/diagrams.toml")] {
        assert!(!text.contains("divides the replicas"), "the files duplicate them");
    }
}
