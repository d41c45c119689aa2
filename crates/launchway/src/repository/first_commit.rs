//! The first commit of a project, as a hint says it: with the project's own files, and nothing that lies beside them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use launchway_core::Project;
use launchway_core::quote::quote_shell;

/// The folder of the records.
const RECORDS: &str = ".launchway";

/// Says how to commit the project of a folder; `is_new` where the folder is no repository yet.
pub(super) fn hint(root: &Path, is_new: bool) -> String {
    let files = files(root);
    let mut paths = named(root, "", &files.iter().map(String::as_str).collect());
    // All of it belongs to the project, and some of it to no record.
    paths.insert(0, RECORDS.to_owned());
    let paths: Vec<String> = paths.iter().map(|path| quote_shell(path)).collect();
    let paths = paths.join(" ");
    if is_new {
        let folder = quote_shell(&root.to_string_lossy());
        return format!("make it one: `git -C {folder} init && git -C {folder} add {paths} && git -C {folder} commit`");
    }
    format!("commit the project first: `git add {paths} && git commit`")
}

/// Lists the files that were generated and are there.
fn files(root: &Path) -> BTreeSet<String> {
    let projects = Project::open_all(root).unwrap_or_default();
    let generated = projects.iter().flat_map(|project| project.generated.keys());
    generated.map(ToString::to_string).filter(|path| root.join(path).symlink_metadata().is_ok()).collect()
}

/// Names a folder where all that is in it belongs to the project, and otherwise what of it does.
fn named(root: &Path, below: &str, files: &BTreeSet<&str>) -> Vec<String> {
    let name = |file: &&str| file[below.len()..].split('/').next().map(|name| format!("{below}{name}"));
    let names: BTreeSet<String> = files.iter().filter_map(name).collect();
    let mut paths = Vec::new();
    for name in names {
        let folder = format!("{name}/");
        let inside: BTreeSet<&str> = files.iter().copied().filter(|file| file.starts_with(&folder)).collect();
        if inside.is_empty() || is_all(root, &name, &inside) {
            paths.push(name);
        } else {
            paths.extend(named(root, &folder, &inside));
        }
    }
    paths
}

/// Tells whether a folder holds nothing but these files.
fn is_all(root: &Path, folder: &str, files: &BTreeSet<&str>) -> bool {
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return false };
    entries.into_iter().all(|entry| {
        let Ok(entry) = entry else { return false };
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        let is_folder = entry.file_type().is_ok_and(|it| it.is_dir());
        if is_folder { is_all(root, &path, files) } else { files.contains(path.as_str()) }
    })
}
