//! What stands in a folder where files are to come: those files themselves, and what some disk takes for them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::path::{SafePath, collision_key};

/// The entries of a folder by the key that some disk has for their names.
type Entries = BTreeMap<String, Vec<Found>>;

/// An entry of a folder.
#[derive(Debug)]
struct Found {
    name: String,
    /// Whether it is a folder, and not a link to one.
    is_folder: bool,
}

/// Lists what is in the way of files, below the folder, each once and in order. The error names the folder that cannot be
/// read.
pub(super) fn of<'p>(
    root: &Path,
    files: impl Iterator<Item = &'p SafePath>,
) -> Result<Vec<String>, (PathBuf, io::Error)> {
    let mut folders: BTreeMap<String, Entries> = BTreeMap::new();
    let mut found = std::collections::BTreeSet::new();
    for path in files {
        let mut above = String::new();
        let mut segments = path.as_str().split('/').peekable();
        while let Some(segment) = segments.next() {
            if !folders.contains_key(&above) {
                folders.insert(above.clone(), entries(&root.join(&above)).map_err(|error| (root.join(&above), error))?);
            }
            let Some(same) = folders[&above].get(&collision_key(segment)) else { break };
            let is_last = segments.peek().is_none();
            let is_way = |it: &&Found| it.name == segment && it.is_folder && !is_last;
            let others: Vec<String> =
                same.iter().filter(|it| !is_way(it)).map(|it| format!("{above}{}", it.name)).collect();
            if !others.is_empty() {
                found.extend(others);
                break;
            }
            above = format!("{above}{segment}/");
        }
    }
    Ok(found.into_iter().collect())
}

fn entries(folder: &Path) -> io::Result<Entries> {
    let mut entries = Entries::new();
    for entry in folder.read_dir()? {
        let entry = entry?;
        // A name that is no text is not that of any file of a project.
        let Ok(name) = entry.file_name().into_string() else { continue };
        let is_folder = entry.file_type()?.is_dir();
        entries.entry(collision_key(&name)).or_default().push(Found { name, is_folder });
    }
    Ok(entries)
}
