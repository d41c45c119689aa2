//! A folder as a value: what is in it, byte for byte, and how two of them differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// One file: what is in it, and whether it may be run. Of its mode git keeps nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Whether its owner may run it.
    pub executable: bool,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// The files of a folder by their path in it, written with `/`.
pub type Tree = BTreeMap<String, File>;

/// Reads a folder with everything below it.
///
/// # Errors
///
/// When a file cannot be read, or is neither a file nor a folder.
pub fn read(folder: &Path) -> io::Result<Tree> {
    let mut tree = Tree::new();
    read_into(&mut tree, folder, "")?;
    Ok(tree)
}

fn read_into(tree: &mut Tree, folder: &Path, prefix: &str) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry
            .file_name()
            .into_string()
            .map_err(|name| io::Error::other(format!("`{}` is not valid UTF-8", name.display())))?;
        let path = format!("{prefix}{name}");
        let metadata = fs::symlink_metadata(entry.path())?;
        if metadata.is_dir() {
            read_into(tree, &entry.path(), &format!("{path}/"))?;
        } else if metadata.is_file() {
            let executable = metadata.permissions().mode() & 0o100 != 0;
            let bytes = fs::read(entry.path())?;
            tree.insert(path, File { executable, bytes });
        } else {
            return Err(io::Error::other(format!("`{path}` is neither a file nor a folder")));
        }
    }
    Ok(())
}

/// Writes the files into `folder`, which need not exist.
///
/// # Errors
///
/// When a file cannot be written.
pub fn write(tree: &Tree, folder: &Path) -> io::Result<()> {
    for (path, file) in tree {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a joined path has a parent"))?;
        fs::write(&path, &file.bytes)?;
        let mode = if file.executable { 0o755 } else { 0o644 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// Says how `actual` differs from `expected`: one entry for each path, in the order of the paths.
#[must_use]
pub fn differences(expected: &Tree, actual: &Tree) -> Vec<String> {
    let paths: BTreeSet<_> = expected.keys().chain(actual.keys()).collect();
    paths.into_iter().filter_map(|path| difference(path, expected.get(path), actual.get(path))).collect()
}

fn difference(path: &str, expected: Option<&File>, actual: Option<&File>) -> Option<String> {
    match (expected, actual) {
        (Some(_), None) => Some(format!("{path}: missing")),
        (None, Some(_)) => Some(format!("{path}: not expected")),
        (Some(expected), Some(actual)) if expected.bytes != actual.bytes => {
            Some(format!("{path}:{}", first_difference(&expected.bytes, &actual.bytes)))
        }
        (Some(expected), Some(actual)) if expected.executable != actual.executable => {
            let now = if actual.executable { "executable" } else { "not executable" };
            Some(format!("{path}: {now}"))
        }
        _ => None,
    }
}

/// The first line that differs, with its number and the two lines after it.
fn first_difference(expected: &[u8], actual: &[u8]) -> String {
    let expected: Vec<_> = expected.split_inclusive(|byte| *byte == b'\n').collect();
    let actual: Vec<_> = actual.split_inclusive(|byte| *byte == b'\n').collect();
    let same = expected.iter().zip(&actual).take_while(|(left, right)| left == right).count();
    format!("{}{}{}", same + 1, excerpt('-', &expected, same), excerpt('+', &actual, same))
}

fn excerpt(sign: char, lines: &[&[u8]], start: usize) -> String {
    lines.iter().skip(start).take(3).fold(String::new(), |shown, line| {
        format!("{shown}\n    {sign} {}", String::from_utf8_lossy(line).escape_debug())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, bool, &str)]) -> Tree {
        let file = |executable, text: &str| File { executable, bytes: text.into() };
        files.iter().map(|(path, executable, text)| ((*path).to_owned(), file(*executable, text))).collect()
    }

    #[test]
    fn equal_trees_have_no_differences() {
        let one = tree(&[("a", false, "x\n"), ("b/c", true, "y\n")]);
        assert_eq!(differences(&one, &one.clone()), Vec::<String>::new());
    }

    #[test]
    fn a_path_a_byte_and_a_mode_are_each_a_difference() {
        let expected = tree(&[("gone", false, ""), ("line", false, "a\nb\n"), ("mode", true, "")]);
        let actual = tree(&[("line", false, "a\nB\n"), ("mode", false, ""), ("new", false, "")]);
        let found = differences(&expected, &actual);
        assert_eq!(
            found,
            ["gone: missing", "line:2\n    - b\\n\n    + B\\n", "mode: not executable", "new: not expected"]
        );
    }

    #[test]
    fn a_missing_final_newline_is_a_difference() {
        let found = differences(&tree(&[("f", false, "a\n")]), &tree(&[("f", false, "a")]));
        assert_eq!(found, ["f:1\n    - a\\n\n    + a"]);
    }

    #[test]
    fn a_written_tree_reads_back_the_same() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let one = tree(&[("a", false, "x\n"), ("b/c", true, "y\n")]);
        write(&one, folder.path())?;
        assert_eq!(read(folder.path())?, one);
        Ok(())
    }
}
