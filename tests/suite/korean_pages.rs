//! The Korean pages say what the English ones say: the same headings, commands, links and figures, in the same order.

use std::fs;

use xtask::workspace;

use crate::book;

/// Each page with its Korean one.
const PAGES: [(&str, &str); 4] = [
    ("README.md", "README.ko.md"),
    ("docs/ecs-or-kubernetes.md", "docs/ko/ecs-or-kubernetes.md"),
    ("docs/tutorial-ecs.md", "docs/ko/tutorial-ecs.md"),
    ("docs/tutorial-kubernetes.md", "docs/ko/tutorial-kubernetes.md"),
];

/// What of a page no language changes.
#[derive(Debug, PartialEq)]
struct Frame {
    /// How deep each heading is.
    headings: Vec<usize>,
    /// The lines of all blocks of code, without what explains them.
    code: Vec<String>,
    /// The comments that say which commands are run.
    marks: Vec<String>,
    links: Vec<String>,
    /// The rows of all tables, by the number of their cells.
    tables: Vec<usize>,
    /// The figures outside of code, sorted.
    figures: Vec<String>,
}

fn frame(text: &str) -> Frame {
    let prose = prose(text);
    let is_mark = |line: &&str| line.starts_with("<!-- ") && !line.starts_with("<!-- Made by");
    Frame {
        headings: prose.iter().filter(|line| line.starts_with('#')).map(|line| line.find(' ').unwrap()).collect(),
        code: book::code_blocks(text).into_iter().flat_map(|(_, lines)| lines).map(without_comment).collect(),
        marks: prose.iter().copied().filter(is_mark).map(str::to_owned).collect(),
        links: links(&prose.join("\n")),
        tables: prose.iter().filter(|line| line.starts_with('|')).map(|line| line.matches('|').count()).collect(),
        figures: figures(&prose),
    }
}

/// Returns the lines of a page that are no code.
fn prose(text: &str) -> Vec<&str> {
    let mut is_fenced = false;
    let lines = text.lines().filter(|line| {
        let is_fence = line.starts_with("```");
        is_fenced ^= is_fence;
        !is_fence && !is_fenced && !line.starts_with("    ")
    });
    lines.collect()
}

/// Leaves out what explains a line of code.
fn without_comment(line: &str) -> String {
    if line.starts_with('#') {
        return "#".to_owned();
    }
    let indent = line.len() - line.trim_start().len();
    let end = line[indent..].find("  ").map_or(line.len(), |at| indent + at);
    line[..end].to_owned()
}

fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap().trim_start_matches("../"));
    let mut targets: Vec<String> = targets.filter(|target| !target.starts_with("README")).map(str::to_owned).collect();
    targets.sort();
    targets
}

/// Returns the figures of a text, those in code and in the targets of links left out.
fn figures(prose: &[&str]) -> Vec<String> {
    let text = prose.join("\n");
    let outside = text.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    let mut shown = String::new();
    for part in outside.split("](") {
        shown.push_str(if shown.is_empty() { part } else { part.split_once(')').map_or("", |(_, rest)| rest) });
        shown.push(' ');
    }
    let words = shown.split(|it: char| !it.is_ascii_digit() && it != '.');
    let figures = words.map(|word| word.trim_matches('.')).filter(|word| !word.is_empty());
    let mut figures: Vec<String> = figures.map(str::to_owned).collect();
    figures.sort();
    figures
}

fn read(path: &str) -> String {
    fs::read_to_string(workspace::root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn a_korean_page_has_the_headings_commands_links_and_figures_of_the_english_one() {
    for (english, korean) in PAGES {
        let (one, other) = (frame(&read(english)), frame(&read(korean)));
        assert_eq!(other.headings, one.headings, "the headings of {korean}");
        assert_eq!(other.code, one.code, "the code of {korean}");
        assert_eq!(other.marks, one.marks, "the marks of {korean}");
        assert_eq!(other.links, one.links, "the links of {korean}");
        assert_eq!(other.tables, one.tables, "the tables of {korean}");
        assert_eq!(other.figures, one.figures, "the figures of {korean}");
    }
}

#[test]
fn a_korean_page_is_korean() {
    for (_, korean) in PAGES {
        let text = read(korean);
        let is_english = |line: &&&str| {
            let letters = line.split('`').step_by(2).collect::<String>();
            letters.matches(' ').count() > 8 && !letters.chars().any(|it| ('가'..='힣').contains(&it))
        };
        let lines = prose(&text);
        let found = lines.iter().filter(|line| !line.starts_with("<!--")).find(is_english);
        assert_eq!(found, None, "{korean}");
    }
}

#[test]
fn a_page_that_has_fallen_behind_is_noticed() {
    let english = "# One\n\nTwo [words](a.md) of 12.\n\n    launchway check   # three\n";
    assert_eq!(frame(english), frame("# 하나\n\n12의 두 [낱말](../a.md).\n\n    launchway check   # 셋\n"));
    for behind in [
        "# 하나\n\n[낱말](../a.md) 13.\n\n    launchway check\n",
        "# 하나\n\n[낱말](../b.md) 12.\n\n    launchway check\n",
        "# 하나\n\n[낱말](../a.md) 12.\n\n    launchway chekc\n",
        "## 하나\n\n[낱말](../a.md) 12.\n\n    launchway check\n",
    ] {
        assert_ne!(frame(english), frame(behind), "{behind}");
    }
}
