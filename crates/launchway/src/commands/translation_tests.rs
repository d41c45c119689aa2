//! Holds the translations against the sources: what is said has a translation, and what is translated is said.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::language;

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
fn nothing_is_translated_that_is_never_said() {
    let said = said();
    let mut tables: BTreeMap<String, BTreeMap<String, String>> =
        toml::from_str(include_str!("../language/ko.toml")).unwrap();
    let total: usize = tables.values().map(BTreeMap::len).sum();
    assert_eq!(total, language::korean().len(), "a text is translated twice");
    tables.remove("data");
    let help = help();
    let stale: Vec<&String> = tables
        .values()
        .flat_map(BTreeMap::keys)
        .filter(|text| !said.contains(*text) && !help.contains(*text))
        .collect();
    assert!(stale.is_empty(), "take these out of language/ko.toml: {stale:#?}");
}

/// Collects the texts of the help, without those of a template's questions.
fn help() -> BTreeSet<String> {
    language::help::texts(&super::command(None)).into_iter().collect()
}

/// Collects the texts that the sources give to `text` and `filled`.
fn said() -> BTreeSet<String> {
    let mut said = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !path.ends_with("commands/translation_tests.rs")
            {
                collect(&std::fs::read_to_string(&path).unwrap(), &path, &mut said);
            }
        }
    }
    said
}

fn collect(source: &str, path: &Path, said: &mut BTreeSet<String>) {
    for call in ["language::text(", "language::filled("] {
        for (start, _) in source.match_indices(call) {
            let argument = source[start + call.len()..].trim_start();
            let literal = argument.strip_prefix('"').unwrap_or_else(|| {
                panic!("{}: `{call}` takes a literal, so that its translation can be found", path.display())
            });
            said.insert(unquoted(literal));
        }
    }
}

/// Reads a string literal whose opening quote is gone.
fn unquoted(literal: &str) -> String {
    let mut text = String::new();
    let mut characters = literal.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => match characters.next() {
                Some('n') => text.push('\n'),
                Some('\n') => while characters.next_if(|next| next.is_whitespace()).is_some() {},
                Some(other) => text.push(other),
                None => break,
            },
            _ => text.push(character),
        }
    }
    text
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}
