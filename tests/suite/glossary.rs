//! The glossary of docs/korean.md: what the program and the template say in Korean uses its words.

use std::collections::BTreeSet;
use std::fs;

use toml::{Table, Value};
use xtask::workspace;

/// A row of the glossary.
struct Row {
    english: String,
    /// One of these must be said.
    korean: Vec<String>,
}

/// The texts of a translation, each after its English one, whatever tables they stand in.
fn texts(table: &Table, found: &mut Vec<(String, String)>) {
    for (english, value) in table {
        match value {
            Value::Table(table) => texts(table, found),
            Value::String(korean) => found.push((english.clone(), korean.clone())),
            _ => panic!("`{english}` is no text"),
        }
    }
}

fn translated() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for path in [
        "crates/launchway/src/language/ko.toml",
        "crates/launchway/src/language/messages.ko.toml",
        "templates/service/translations/ko.toml",
    ] {
        let text = fs::read_to_string(workspace::root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        texts(&text.parse().unwrap(), &mut found);
    }
    found
}

/// The cells of the tables below a heading; the first heading of all is the page's own.
fn cells(page: &str, heading: &str) -> Vec<Vec<String>> {
    let part = page.split("\n# ").flat_map(|part| part.split("\n## ")).find(|part| part.contains(heading)).unwrap();
    let rows = part.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix('|'));
    rows.skip(1).map(|row| row.split(" |").map(|cell| cell.trim().to_owned()).collect()).collect()
}

fn page() -> String {
    fs::read_to_string(workspace::root().join("docs/korean.md")).unwrap()
}

fn glossary(page: &str) -> Vec<Row> {
    let row = |cells: Vec<String>| Row {
        english: cells[0].clone(),
        korean: cells[1].split(", ").map(str::to_owned).collect(),
    };
    cells(page, "# Korean").into_iter().map(row).collect()
}

/// Leaves out what no language changes: code, and what is filled in.
fn prose(text: &str) -> String {
    let text: String = text.split('`').step_by(2).collect::<Vec<_>>().join("\u{b7}");
    let mut prose = String::new();
    for part in text.split('{') {
        prose.push_str(part.split_once('}').map_or(part, |(_, after)| after));
    }
    prose
}

/// Tells whether an English text says a term as a word, not as a proper name, which has a capital within a sentence, nor as part
/// of a path.
fn says(text: &str, term: &str) -> bool {
    let prose = prose(text);
    let is_part = |it: char| it.is_alphanumeric() || matches!(it, '-' | '/' | '_' | '=');
    let plural = |rest: &str| {
        let rest = rest.strip_prefix("es").or_else(|| rest.strip_prefix('s')).unwrap_or(rest);
        let mut rest = rest.chars();
        match rest.next() {
            Some('.') => rest.next().is_none_or(char::is_whitespace),
            next => !next.is_some_and(is_part),
        }
    };
    let lower = prose.to_ascii_lowercase();
    lower.match_indices(term).any(|(start, _)| {
        let (before, found) = (&prose[..start], &prose[start..]);
        let begins = before.trim_end().is_empty() || before.trim_end().ends_with(['.', '?', '!']);
        let is_word = found.starts_with(|it: char| it.is_lowercase()) || begins;
        is_word && !before.ends_with(is_part) && !before.ends_with('.') && plural(&found[term.len()..])
    })
}

#[test]
fn every_korean_text_uses_the_words_of_the_glossary() {
    let (page, texts) = (page(), translated());
    let exceptions: BTreeSet<(String, String)> =
        cells(&page, "Exceptions").into_iter().map(|cells| (cells[0].clone(), cells[1].clone())).collect();
    let (mut faults, mut needed) = (Vec::new(), BTreeSet::new());
    for row in glossary(&page) {
        for (english, korean) in texts.iter().filter(|(english, _)| says(english, &row.english)) {
            if row.korean.iter().any(|word| korean.contains(word.as_str())) {
                continue;
            }
            let exception = exceptions.iter().find(|(start, term)| english.starts_with(start) && *term == row.english);
            match exception {
                Some(exception) => drop(needed.insert(exception.clone())),
                None => {
                    faults.push(format!("{english}\n  {korean}\n  `{}` is {}", row.english, row.korean.join(" or ")));
                }
            }
        }
    }
    assert!(faults.is_empty(), "a text and docs/korean.md differ:\n{}", faults.join("\n"));
    let idle: Vec<_> = exceptions.difference(&needed).collect();
    assert!(idle.is_empty(), "nothing needs these exceptions: {idle:?}");
}

/// What no Korean text says, and what it says instead.
const UNNATURAL: [(&str, &str); 8] = [
    ("니까?", "할까요?"),
    ("작업 정의", "태스크 정의"),
    ("나쁜 버전", "결함이 있는 버전"),
    ("만나", "노출되다"),
    ("치러야 할 대가", "감수해야 할 점"),
    ("권하는 이유", "추천 이유"),
    ("반대하는 이유", "다른 선택에 유리한 점"),
    ("당직", "온콜"),
];

#[test]
fn no_korean_text_says_what_nobody_would() {
    for (english, korean) in translated() {
        for (unnatural, natural) in UNNATURAL {
            assert!(!korean.contains(unnatural), "{english}\n  {korean}\n  `{unnatural}`: {natural}");
        }
        let is_place = ["region", "cluster", "in one place"].iter().any(|word| says(&english, word));
        assert!(!(is_place && korean.contains('곳')), "{english}\n  {korean}\n  `곳` is no region or cluster");
    }
}

#[test]
fn every_word_of_the_glossary_is_said() {
    let texts = translated();
    for row in glossary(&page()) {
        for word in &row.korean {
            let is_said = texts.iter().any(|(english, korean)| says(english, &row.english) && korean.contains(word));
            assert!(is_said, "no text says `{}` as {word}", row.english);
        }
    }
}

#[test]
fn a_term_is_a_word_and_no_name() {
    for text in ["a task", "Tasks stop.", "one task of two", "Stop. Tasks go on", "tasks: two", "the task's name"] {
        assert!(says(text, "task"), "{text}");
    }
    for text in
        ["multitask", "ECS Tasks", "`task`", "{task}", "task-definition.json", "deploy/task", "service.yaml task.x"]
    {
        assert!(!says(text, "task"), "{text}");
    }
}
