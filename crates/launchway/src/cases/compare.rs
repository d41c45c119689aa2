//! What a case expects, held against what was made: for equality, with what may be run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use launchway_core::Blob;

use crate::failure::{Exit, Failure};

const MAX_FILE_BYTES: u64 = 16 << 20;
const MAX_FILES: usize = 65_536;
const MAX_SHOWN: usize = 120;

/// Files by their path.
pub(crate) type Tree = BTreeMap<String, Blob>;

/// Reads a folder; there may be none yet. Links are refused: a project has none.
pub(crate) fn read(folder: &Path) -> Result<Tree, Failure> {
    let mut tree = Tree::new();
    match folder.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        _ => read_into(&mut tree, folder, "")?,
    }
    Ok(tree)
}

fn read_into(tree: &mut Tree, folder: &Path, prefix: &str) -> Result<(), Failure> {
    let unreadable = |path: &Path, error: &std::io::Error| {
        Failure::new(Exit::Io, format!("cannot read `{}`: {error}", path.display()))
    };
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let path = entry.map_err(|error| unreadable(folder, &error))?.path();
        let unusable = |reason: &str| Failure::new(Exit::Usage, format!("`{}` {reason}", path.display()));
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| unusable("is not UTF-8"))?;
        let relative = format!("{prefix}{name}");
        let metadata = path.symlink_metadata().map_err(|error| unreadable(&path, &error))?;
        if metadata.is_dir() {
            read_into(tree, &path, &format!("{relative}/"))?;
        } else if metadata.is_file() && metadata.len() <= MAX_FILE_BYTES && tree.len() < MAX_FILES {
            let bytes = fs::read(&path).map_err(|error| unreadable(&path, &error))?.into();
            tree.insert(relative, Blob { bytes, executable: is_executable(&metadata) });
        } else {
            return Err(unusable("is a link, or too large: it cannot be part of a project"));
        }
    }
    Ok(())
}

fn is_executable(metadata: &fs::Metadata) -> bool {
    metadata.permissions().mode() & 0o100 != 0
}

/// Says how `actual` differs from `expected`: one entry for each path, in the order of the paths.
pub(crate) fn differences(expected: &Tree, actual: &Tree) -> Vec<String> {
    let paths: BTreeSet<&String> = expected.keys().chain(actual.keys()).collect();
    paths.into_iter().filter_map(|path| difference(path, expected.get(path), actual.get(path))).collect()
}

fn difference(path: &str, expected: Option<&Blob>, actual: Option<&Blob>) -> Option<String> {
    match (expected, actual) {
        (Some(_), None) => Some(format!("{path}: expected, and not made")),
        (None, Some(_)) => Some(format!("{path}: made, and not expected")),
        (Some(expected), Some(actual)) if expected.bytes != actual.bytes => {
            Some(format!("{path}:{}", first_difference(&expected.bytes, &actual.bytes)))
        }
        (Some(expected), Some(actual)) if expected.executable != actual.executable => {
            let is = if actual.executable { "executable, and expected not to be" } else { "expected to be executable" };
            Some(format!("{path}: {is}"))
        }
        _ => None,
    }
}

/// Returns the number of the first line that differs, and how it reads on both sides.
fn first_difference(expected: &[u8], actual: &[u8]) -> String {
    let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    let (expected, actual) = (lines(expected), lines(actual));
    let same = expected.iter().zip(&actual).take_while(|(left, right)| left == right).count();
    let shown = |lines: &[Vec<u8>]| match lines.get(same) {
        Some(line) => {
            let text = String::from_utf8_lossy(line).escape_debug().take(MAX_SHOWN).collect::<String>();
            format!("`{text}`")
        }
        None => "the end of the file".to_owned(),
    };
    format!("{}: expected {}, made {}", same + 1, shown(&expected), shown(&actual))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, bool, &'static str)]) -> Tree {
        let blob = |executable, text: &'static str| Blob { bytes: text.as_bytes().into(), executable };
        files.iter().map(|(path, executable, text)| ((*path).to_owned(), blob(*executable, text))).collect()
    }

    #[test]
    fn a_path_a_byte_and_a_mode_are_each_a_difference() {
        let expected =
            tree(&[("gone", false, ""), ("line", false, "a\nb\n"), ("mode", true, ""), ("same", false, "x")]);
        let actual = tree(&[("line", false, "a\nB\n"), ("mode", false, ""), ("new", false, ""), ("same", false, "x")]);
        assert_eq!(
            differences(&expected, &actual),
            [
                "gone: expected, and not made",
                "line:2: expected `b`, made `B`",
                "mode: expected to be executable",
                "new: made, and not expected",
            ]
        );
    }

    #[test]
    fn a_missing_final_newline_is_a_difference() {
        let found = differences(&tree(&[("f", false, "a\n")]), &tree(&[("f", false, "a")]));
        assert_eq!(found, ["f:2: expected ``, made the end of the file"]);
    }
}
