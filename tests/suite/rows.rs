//! Every row of the table of hostile input and faults, with the tests that cover it: those that have its id in their name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use xtask::workspace;

/// The rows of each table, by the letter that their ids start with: hostile input and faults; what must not be lost.
const ROWS: &[(char, &[u32])] = &[
    (
        'a',
        &[
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 23, 24, 25, 27, 29, 31, 33, 34, 35,
            36, 38, 40, 42, 43, 44, 45, 46, 48, 49, 50, 51, 53, 54, 55, 56, 57, 58, 60, 61, 62, 63, 64, 66, 69, 73,
        ],
    ),
    ('u', &[1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

/// The ids at the start of a test's name: `a57_a58_…`.
fn ids(name: &str) -> impl Iterator<Item = (char, u32)> {
    let id = |word: &str| {
        let (letter, _) = ROWS.iter().find(|(letter, _)| word.starts_with(*letter))?;
        let number = word.strip_prefix(*letter).filter(|it| it.len() == 2)?;
        Some((*letter, number.parse().ok()?))
    };
    name.split('_').map_while(id)
}

#[test]
fn every_row_has_a_test_of_its_name() {
    let mut files = Vec::new();
    for folder in ["tests/suite", "crates"] {
        sources(&workspace::root().join(folder), &mut files);
    }
    let mut tests: BTreeMap<(char, u32), BTreeSet<String>> = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        // What stands right behind the attribute is a test.
        for after in text.split("#[test]").skip(1) {
            let name = after.split_once("fn ").and_then(|(_, rest)| rest.split('(').next()).unwrap_or_default();
            for id in ids(name) {
                tests.entry(id).or_default().insert(name.to_owned());
            }
        }
    }
    let rows: BTreeSet<(char, u32)> =
        ROWS.iter().flat_map(|(letter, rows)| rows.iter().map(|row| (*letter, *row))).collect();
    let bare: Vec<_> =
        rows.iter().filter(|row| !tests.contains_key(row)).map(|(it, row)| format!("{it}{row:02}")).collect();
    assert!(bare.is_empty(), "no test is named after {bare:?}");
    let unknown: Vec<_> = tests.iter().filter(|(row, _)| !rows.contains(row)).map(|(_, names)| names).collect();
    assert!(unknown.is_empty(), "no row has the id of {unknown:?}");
}
