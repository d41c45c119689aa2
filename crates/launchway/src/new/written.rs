//! What was written of a new project, as git is told of it: all of it, and nothing else that stands beside it.

use std::collections::BTreeSet;
use std::path::Path;

use launchway_core::SafePath;

use super::NewProject;
use crate::git::Git;
use crate::repository::ignored;
use crate::terminal::shell_word;

/// Names what was written by the paths that git takes in the folder of the project.
pub(super) fn words(project: &NewProject) -> String {
    let (inside, outside) = paths(project);
    let others_inside = others(&project.folder, &[String::new()], &inside);
    let inside = cover(&inside, &others_inside, "").into_iter().map(|path| word(&path, ""));
    // Of the repository, only the folders are looked into that something was written to.
    let tops: BTreeSet<&str> = outside.iter().filter_map(|path| path.split_once('/')).map(|(top, _)| top).collect();
    let tops: Vec<String> = tops.into_iter().map(|top| format!("{top}/")).collect();
    let others_outside = others(&project.changes.destination, &tops, &outside);
    let files = outside.iter().filter(|path| !path.contains('/')).cloned();
    let outside = files.chain(tops.iter().flat_map(|top| cover(&outside, &others_outside, top)));
    inside.chain(outside.map(|path| word(&path, "top"))).collect::<Vec<_>>().join(" ")
}

/// Lists what was written below the folder of the project, and below the root of the repository that it is a folder of. What
/// git ignores is none of it: to name it is an error.
fn paths(project: &NewProject) -> (BTreeSet<String>, BTreeSet<String>) {
    let root = &project.changes.destination;
    let created = project.changes.creates.iter().map(|(path, _)| path);
    let changed = project.addition.iter().flat_map(|addition| &addition.changes).map(|edit| &edit.path);
    let written = || created.clone().chain(changed.clone());
    let ignored = ignored(root, written()).unwrap_or_default();
    let start = project.addition.as_ref().map(|_| format!("{}/", project.plan.folder)).unwrap_or_default();
    let (mut inside, mut outside) = (BTreeSet::new(), BTreeSet::new());
    for path in written().map(SafePath::as_str).filter(|path| !ignored.contains(*path)) {
        match path.strip_prefix(&start) {
            Some(path) => inside.insert(path.to_owned()),
            None => outside.insert(path.to_owned()),
        };
    }
    (inside, outside)
}

/// Lists what else is in some folders below another one, on the disk or in git's index.
fn others(root: &Path, folders: &[String], written: &BTreeSet<String>) -> BTreeSet<String> {
    let mut others = BTreeSet::new();
    for folder in folders {
        list(root, folder, &mut others);
    }
    if let Ok(tracked) = Git::of_user(root).bytes(&["ls-files", "-z"], &[]) {
        let tracked = String::from_utf8_lossy(&tracked).into_owned();
        others.extend(tracked.split('\0').filter(|path| !path.is_empty()).map(str::to_owned));
    }
    others.retain(|path| !written.contains(path));
    others
}

/// Lists the files of a folder, apart from those of git's own.
fn list(root: &Path, below: &str, files: &mut BTreeSet<String>) {
    for entry in root.join(below).read_dir().into_iter().flatten().flatten() {
        let name = entry.file_name();
        if below.is_empty() && name == ".git" {
            continue;
        }
        let path = format!("{below}{}", name.to_string_lossy());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            list(root, &format!("{path}/"), files);
        } else {
            files.insert(path);
        }
    }
}

/// Finds the fewest names below a folder, which ends with a `/` unless it is the root, that cover what was written and nothing
/// else: a folder as a whole where it has nothing else.
fn cover(written: &BTreeSet<String>, others: &BTreeSet<String>, folder: &str) -> Vec<String> {
    if !others.iter().any(|other| other.starts_with(folder)) {
        return vec![if folder.is_empty() { ".".to_owned() } else { folder.trim_end_matches('/').to_owned() }];
    }
    let below = written.iter().filter_map(|path| path.strip_prefix(folder));
    let names: BTreeSet<&str> = below.map(|path| path.split_inclusive('/').next().unwrap_or(path)).collect();
    let names = names.into_iter().map(|name| format!("{folder}{name}"));
    names.flat_map(|name| if name.ends_with('/') { cover(written, others, &name) } else { vec![name] }).collect()
}

/// Writes a path as git takes it for nothing but itself, from here or from the top of the work tree.
fn word(path: &str, from: &str) -> String {
    let is_plain = !path.contains(['*', '?', '[', '\\']) && !path.starts_with([':', '-']);
    let start = match (from.is_empty(), is_plain) {
        (true, true) => String::new(),
        (false, true) => ":/".to_owned(),
        (true, false) => ":(literal)".to_owned(),
        (false, false) => format!(":({from},literal)"),
    };
    shell_word(&format!("{start}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(paths: &[&str]) -> BTreeSet<String> {
        paths.iter().map(|path| (*path).to_owned()).collect()
    }

    #[test]
    fn a_folder_is_named_where_nothing_else_is_in_it() {
        let written = of(&["Cargo.toml", "src/main.rs", "src/a/b.rs", "src/a/c.rs", "deploy/x.sh"]);
        assert_eq!(cover(&written, &of(&[]), ""), ["."]);
        assert_eq!(cover(&written, &of(&["LICENSE"]), ""), ["Cargo.toml", "deploy", "src"]);
        assert_eq!(cover(&written, &of(&["src/old.rs"]), ""), ["Cargo.toml", "deploy", "src/a", "src/main.rs"]);
        assert_eq!(
            cover(&written, &of(&["src/a/d.rs", "src2"]), ""),
            ["Cargo.toml", "deploy", "src/a/b.rs", "src/a/c.rs", "src/main.rs"]
        );
    }

    #[test]
    fn a_path_stands_for_nothing_but_itself() {
        assert_eq!(word("src", ""), "src");
        assert_eq!(word(".github/workflows/ci.yaml", "top"), ":/.github/workflows/ci.yaml");
        assert_eq!(word("a*", "top"), "':(top,literal)a*'");
        assert_eq!(word("-a", ""), "':(literal)-a'");
        assert_eq!(word("a b", ""), "'a b'");
    }
}
