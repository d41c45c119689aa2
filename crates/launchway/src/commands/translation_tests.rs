//! Holds the translations against the sources: what is said has a translation, and what is translated is said.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::language;

/// The files of Korean texts, by their names.
const FILES: [(&str, &str); 2] = [
    ("ko.toml", include_str!("../language/ko.toml")),
    ("messages.ko.toml", include_str!("../language/messages.ko.toml")),
];

/// The texts of the sources that stay English, by why they do.
const ENGLISH: &str = include_str!("../language/english.toml");

/// Tables of texts that stand in data, or that others say, and not in the sources.
const NOT_OF_THE_SOURCES: [&str; 4] = ["data", "words", "clap", "system"];

type Tables = BTreeMap<String, BTreeMap<String, String>>;

#[test]
fn every_text_has_a_translation_with_the_same_values() {
    let korean = language::korean();
    let mut said = said();
    said.extend(help());
    assert!(!said.is_empty(), "the sources were not found");
    let missing: Vec<&String> = said.iter().filter(|english| !korean.contains_key(*english)).collect();
    assert!(missing.is_empty(), "add these to language/ko.toml: {missing:#?}");
    for (english, korean) in korean {
        assert_eq!(placeholders(english), placeholders(korean), "{english}");
    }
}

#[test]
fn every_literal_with_words_in_it_is_translated_or_named_as_english() {
    let korean: BTreeSet<&str> = language::korean().keys().map(|text| text.trim()).collect();
    let english = english();
    let is_known = |it: &&Literal| it.forms().iter().any(|form| korean.contains(&**form) || english.contains(form));
    let literals = literals();
    let missing: Vec<String> = literals
        .iter()
        .filter(|it| is_prose(&it.text) && !is_known(it))
        .map(|it| format!("{}: {:?}", it.path.display(), formatted(&it.text).trim()))
        .collect();
    let hint =
        "give these a Korean text in language/messages.ko.toml, or a reason to be English in language/english.toml";
    assert!(missing.is_empty(), "{hint}:\n{}", missing.join("\n"));
}

#[test]
fn nothing_is_translated_that_is_never_said() {
    let mut known: BTreeSet<String> = literals().iter().flat_map(Literal::forms).collect();
    known.extend(help());
    let mut total = 0;
    for (name, file) in FILES {
        let mut tables: Tables = toml::from_str(file).unwrap();
        total += tables.values().map(BTreeMap::len).sum::<usize>();
        tables.retain(|table, _| !NOT_OF_THE_SOURCES.contains(&table.as_str()));
        let stale: Vec<&String> =
            tables.values().flat_map(BTreeMap::keys).filter(|text| !known.contains(text.trim())).collect();
        assert!(stale.is_empty(), "take these out of language/{name}: {stale:#?}");
    }
    assert_eq!(total, language::korean().len(), "a text is translated twice");
    let idle: Vec<String> = english().into_iter().filter(|text| !known.contains(text)).collect();
    assert!(idle.is_empty(), "take these out of language/english.toml: {idle:#?}");
}

/// Returns the texts that stay English.
fn english() -> BTreeSet<String> {
    let groups: BTreeMap<String, Vec<String>> = toml::from_str(ENGLISH).unwrap();
    groups.into_values().flatten().collect()
}

/// Collects the texts of the help, without those of a template's questions.
fn help() -> BTreeSet<String> {
    language::help::texts(&super::command(None)).into_iter().collect()
}

/// A string literal of a source.
struct Literal {
    path: PathBuf,
    text: String,
}

impl Literal {
    /// Returns the text as it stands there, and as a format string.
    fn forms(&self) -> Vec<String> {
        [self.text.clone(), formatted(&self.text)].map(|form| form.trim().to_owned()).into()
    }
}

/// Reads the sources of the program, of the template crate and of the portal, without their tests.
fn sources() -> Vec<(PathBuf, String)> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders =
        ["src", "../launchway-core/src", "../launchway-portal/src"].map(|folder| program.join(folder)).to_vec();
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_test = path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("tests"));
            if path.is_dir() && !is_test {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test {
                let text = std::fs::read_to_string(&path).unwrap();
                sources.push((path, without_tests(&text).to_owned()));
            }
        }
    }
    sources
}

/// Cuts off the module of tests at the end.
fn without_tests(source: &str) -> &str {
    let is_inline =
        |at: &usize| source[*at..].lines().take(4).any(|line| line.starts_with("mod ") && line.ends_with('{'));
    let mut starts = source.match_indices("#[cfg(test)]\n").map(|(at, _)| at);
    starts.find(is_inline).map_or(source, |at| &source[..at])
}

/// Collects the texts that the sources give to `text` and `filled`.
fn said() -> BTreeSet<String> {
    let mut said = BTreeSet::new();
    for (path, source) in sources() {
        for call in ["language::text(", "language::filled("] {
            for (start, _) in source.match_indices(call) {
                let argument = source[start + call.len()..].trim_start();
                let literal = argument.strip_prefix('"').unwrap_or_else(|| {
                    panic!("{}: `{call}` takes a literal, so that its translation can be found", path.display())
                });
                said.insert(unquoted(literal).0);
            }
        }
    }
    said
}

/// What stands before a literal that no user reads: why something cannot be, or is allowed.
const FOR_NOBODY: [&str; 2] = ["expect(", "reason = "];

fn literals() -> Vec<Literal> {
    let mut literals = Vec::new();
    for (path, source) in sources() {
        let mut at = 0;
        while let Some((start, text, end)) = next_literal(&source, at) {
            let before = source[..start].trim_end();
            if !FOR_NOBODY.iter().any(|end| before.ends_with(end.trim_end())) {
                literals.push(Literal { path: path.clone(), text });
            }
            at = end;
        }
    }
    literals
}

/// Finds the next string literal of a source: where it starts, what it says, and where it ends.
fn next_literal(source: &str, from: usize) -> Option<(usize, String, usize)> {
    let mut at = from;
    loop {
        let rest = &source[at..];
        let next = rest.find(['"', '\'', '/', 'r'])?;
        let (start, rest) = (at + next, &rest[next..]);
        let is_in_word = source[..start].ends_with(|it: char| it.is_alphanumeric() || it == '_');
        let hashes = rest[1..].len() - rest[1..].trim_start_matches('#').len();
        at = start + 1;
        if rest.starts_with("//") {
            at = start + rest.find('\n')?;
        } else if rest.starts_with('r') && rest[1 + hashes..].starts_with('"') && !is_in_word {
            let text = &rest[2 + hashes..];
            let end = text.find(&format!("\"{}", "#".repeat(hashes)))?;
            return Some((start, text[..end].to_owned(), start + 2 + hashes + end + 1 + hashes));
        } else if let Some(literal) = rest.strip_prefix('"') {
            let (text, length) = unquoted(literal);
            return Some((start, text, start + 1 + length));
        } else if let Some(character) = rest.strip_prefix("'\\") {
            at = start + 2 + character[1..].find('\'').map_or(0, |end| end + 2);
        } else if rest.starts_with('\'') && rest[1..].chars().nth(1) == Some('\'') {
            at = start + 2 + rest[1..].chars().next().map_or(0, char::len_utf8);
        }
    }
}

/// Reads a string literal whose opening quote is gone; returns how long it was, too.
fn unquoted(literal: &str) -> (String, usize) {
    let mut text = String::new();
    let mut characters = literal.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (text, at + 1),
            '\\' => match characters.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, '\n')) => while characters.next_if(|(_, next)| next.is_whitespace()).is_some() {},
                Some((_, other)) => text.push(other),
                None => break,
            },
            _ => text.push(character),
        }
    }
    (text, literal.len())
}

/// Returns a format string as its messages are known by: arguments without a name are numbered, and how they are shown is left out.
fn formatted(text: &str) -> String {
    let (mut formatted, mut number, mut rest) = (String::new(), 0, text);
    while let Some(at) = rest.find(['{', '}']) {
        formatted.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            formatted.push_str(brace);
            rest = after;
            continue;
        }
        match rest.split_once('}').filter(|(name, _)| brace == "{" && !name.contains('{')) {
            Some((name, after)) => {
                let name = name.split(':').next().unwrap_or_default();
                let given = if name.is_empty() { number.to_string() } else { name.to_owned() };
                number += usize::from(name.is_empty());
                formatted.extend(["{", given.as_str(), "}"]);
                rest = after;
            }
            None => formatted.push_str(brace),
        }
    }
    formatted + rest
}

/// Tells whether there are words in a text, beside what stands in back-ticks and what is filled in.
fn is_prose(text: &str) -> bool {
    let mut prose: String = text.split('`').step_by(2).collect::<Vec<_>>().join("\u{b7}");
    while let Some(open) = prose.find('{') {
        let close = prose[open..].find('}').map_or(prose.len(), |close| open + close + 1);
        prose.replace_range(open..close, "\u{b7}");
    }
    let pairs: Vec<(u8, u8)> = prose.bytes().zip(prose.bytes().skip(1)).collect();
    let is_beside_a_space = |&(left, right): &(u8, u8)| {
        left == b' ' && right.is_ascii_lowercase() || left.is_ascii_lowercase() && right == b' '
    };
    pairs.iter().any(is_beside_a_space)
        && pairs.iter().any(|(left, right)| left.is_ascii_alphabetic() && right.is_ascii_alphabetic())
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    let is_name = |name: &&str| !name.is_empty() && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_');
    let names = text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    names.filter(is_name).collect()
}

#[test]
fn the_sources_are_read_as_the_compiler_reads_them() {
    let source = r#"let a = "one \"two\""; // "no"
        let b = ('"', '\'', r"a b", var"x");"#;
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((_, text, end)) = next_literal(source, at) {
        found.push(text);
        at = end;
    }
    assert_eq!(found, ["one \"two\"", "a b", "x"]);
    assert_eq!(formatted("{} {a:?} {{b}} {}"), "{0} {a} {b} {1}");
    assert!(is_prose("is {} gone") && !is_prose("`is it` {is it}") && !is_prose("a-b"));
}
