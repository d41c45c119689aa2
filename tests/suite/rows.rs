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
    (
        'u',
        &[
            1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
            33, 40, 41, 42, 43, 44, 45, 50,
        ],
    ),
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

/// The names of all tests: what stands right behind the attribute is one.
fn tests() -> BTreeSet<String> {
    let mut files = Vec::new();
    for folder in ["tests/suite", "crates"] {
        sources(&workspace::root().join(folder), &mut files);
    }
    let texts = files.into_iter().map(|file| fs::read_to_string(file).unwrap());
    let names = texts.flat_map(|text| {
        let name = |after: &str| Some(after.split_once("fn ")?.1.split('(').next()?.to_owned());
        text.split("#[test]").skip(1).filter_map(name).collect::<Vec<_>>()
    });
    names.collect()
}

#[test]
fn every_row_has_a_test_of_its_name() {
    let mut named: BTreeMap<(char, u32), BTreeSet<String>> = BTreeMap::new();
    for name in tests() {
        for id in ids(&name) {
            named.entry(id).or_default().insert(name.clone());
        }
    }
    let rows: BTreeSet<(char, u32)> =
        ROWS.iter().flat_map(|(letter, rows)| rows.iter().map(|row| (*letter, *row))).collect();
    let bare: Vec<_> =
        rows.iter().filter(|row| !named.contains_key(row)).map(|(it, row)| format!("{it}{row:02}")).collect();
    assert!(bare.is_empty(), "no test is named after {bare:?}");
    let unknown: Vec<_> = named.iter().filter(|(row, _)| !rows.contains(row)).map(|(_, names)| names).collect();
    assert!(unknown.is_empty(), "no row has the id of {unknown:?}");
}

#[test]
fn every_promise_of_the_threat_model_names_tests_that_there_are() {
    let page = fs::read_to_string(workspace::root().join("docs/threat-model.md")).unwrap();
    let defended = page.split("## What is defended\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows: Vec<&str> = defended.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    let (tests, targets) = (tests(), targets());
    let covered: BTreeSet<(char, u32)> = tests.iter().flat_map(|name| ids(name)).collect();
    for row in &rows {
        let shown_by = row.split('|').nth(3).unwrap();
        let mut names = shown_by.split('`').skip(1).step_by(2).filter(|name| !name.starts_with("cargo ")).peekable();
        assert!(names.peek().is_some(), "nothing shows it: {row}");
        for name in names {
            let start = name.trim_end_matches('…');
            let is_test = tests.iter().any(|test| test == name || name.ends_with('…') && test.starts_with(start));
            let is_row = start.ends_with('_') && ids(start).count() == start.matches('_').count();
            let is_covered = is_row && ids(start).all(|row| covered.contains(&row));
            assert!(is_test || is_covered || targets.contains(name), "there is no `{name}`: {row}");
        }
    }
    assert!(rows.len() > 15, "{}", rows.len());
    let listed = |target: &&String| page.lines().any(|line| line.starts_with(&format!("| `{target}` | ")));
    let missing: Vec<_> = targets.iter().filter(|target| !listed(target)).collect();
    assert!(missing.is_empty(), "the page does not say how long {missing:?} have run");
}

/// The names of the fuzz targets, which have their file, their seeds, and a test in `properties`.
fn targets() -> BTreeSet<String> {
    let folder = workspace::root().join("fuzz");
    let manifest: toml::Table = fs::read_to_string(folder.join("Cargo.toml")).unwrap().parse().unwrap();
    let held = fs::read_to_string(workspace::root().join("tests/suite/properties.rs")).unwrap();
    let bins = manifest["bin"].as_array().unwrap().iter();
    let targets: BTreeSet<String> = bins.map(|it| it["name"].as_str().unwrap().to_owned()).collect();
    for target in &targets {
        assert!(folder.join(format!("fuzz_targets/{target}.rs")).is_file(), "{target} has no file");
        assert!(folder.join("corpus").join(target).is_dir(), "{target} has no seeds");
        let is_held = launchway_hostile::BODIES.iter().any(|(name, _)| name == target);
        assert!(is_held || held.contains(&format!("seeds(\"{target}\")")), "no test of `properties` holds {target}");
    }
    let files = fs::read_dir(folder.join("fuzz_targets")).unwrap().count();
    assert_eq!(files, targets.len(), "a target is not in fuzz/Cargo.toml");
    targets
}
