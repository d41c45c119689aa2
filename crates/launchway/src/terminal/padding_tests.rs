//! No text is padded by its code points: a terminal counts columns, and a Korean letter takes two.

use std::fs;
use std::path::{Path, PathBuf};

/// Finds the placeholders of a format that have a width, apart from numbers that are filled up with zeros.
fn widths(text: &str) -> Vec<&str> {
    let placeholders = text.split('{').skip(1).filter_map(|after| Some(after.split_once('}')?.0));
    placeholders.filter(|placeholder| placeholder.split_once(':').is_some_and(has_width)).collect()
}

fn has_width((name, format): (&str, &str)) -> bool {
    let is_name = name.chars().all(|character| character.is_alphanumeric() || matches!(character, '_' | '.'));
    let mut aligned = format.chars();
    let is_aligned = aligned.next().is_some() && aligned.next().is_some_and(|second| "<>^".contains(second));
    let width = if is_aligned { aligned.as_str() } else { format.trim_start_matches(['<', '>', '^', '+']) };
    let width = width.split('.').next().unwrap_or_default();
    is_name
        && !width.starts_with('0')
        && (width.starts_with(|first: char| first.is_ascii_digit()) || width.contains('$'))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] });
    below.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

#[test]
fn every_table_is_padded_by_columns() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for folder in ["launchway/src", "launchway-core/src"] {
        for path in sources(&crates.join(folder)).iter().filter(|path| !path.ends_with("padding_tests.rs")) {
            let text = fs::read_to_string(path).unwrap();
            let found: Vec<&str> = text.lines().flat_map(widths).collect();
            assert!(found.is_empty(), "{}: {found:?}; `terminal::padded` counts columns", path.display());
        }
    }
}

#[test]
fn a_width_is_found_however_it_is_written() {
    for text in ["{:8}", "{id:width$}", "{:>2}", "{:-<4}", "{0:^1$}", "{:w$.2}", "{it.name:13}"] {
        assert_eq!(widths(text).len(), 1, "{text}");
    }
    for text in ["{}", "{id}", "{:?}", "{:#?}", "{:02x}", "{byte:03o}", "{:.1}", "{\"a\": 1}", "{a: 1}", "{x: [1]}"] {
        assert_eq!(widths(text).len(), 0, "{text}");
    }
}
