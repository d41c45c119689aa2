//! The files of a folder that a template could have made, read without following a link.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};

use super::pattern;
use crate::language::engine::Data;
use crate::language::problem::Invalid;
use crate::language::problem::Problem;
use crate::path::RECORD_FOLDER;
use crate::path::SafePath;
use crate::path::beneath;
use crate::template::Template;
use crate::template::add::Move;
use crate::template::traces::{FileTraces, Piece};
use crate::value::Added;

const MAX_FILES: usize = 65_536;
const MAX_TOTAL_BYTES: usize = 256 << 20;

/// Files by their path.
pub type Tree = BTreeMap<SafePath, Vec<u8>>;

/// What stands in the folder of a project.
#[derive(Debug, Default)]
pub struct Standing {
    /// Its files, where a repository of its own would have them.
    pub tree: Tree,
    /// What it takes from the repository that it is a folder of.
    pub added: Added,
    /// The same files, where they stand below the root of that repository.
    placed: Option<Tree>,
}

impl From<Tree> for Standing {
    fn from(tree: Tree) -> Self {
        Self { tree, ..Self::default() }
    }
}

impl Standing {
    pub(super) fn placed(&self) -> &Tree {
        self.placed.as_ref().unwrap_or(&self.tree)
    }
}

/// Why the files of a folder could not be read.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is its message")]
pub enum TreeError {
    #[error("cannot read `{}`: {error}", .path.display())]
    Read { path: PathBuf, error: io::Error },
    #[error("`{}` holds more than {MAX_FILES} files, or 256 MiB, at paths of the template", .0.display())]
    Large(PathBuf),
    #[error(transparent)]
    Template(#[from] Invalid),
}

/// Reads the files below a folder whose paths the template could make. Links, and files larger than the template could
/// make, are passed over, and folders in which it makes nothing are not entered.
///
/// # Errors
/// A folder cannot be read, there is too much in it, or the template is invalid.
pub fn read_tree(root: &Path, template: &Template) -> Result<Standing, TreeError> {
    Ok(files(root, template)?.into())
}

/// Reads the same for a project that is a folder of a repository, with the files that belong to its root; `None` if there
/// are none at its root, as for a project that keeps all in its folder. `name` is what the project is called.
///
/// # Errors
/// As for any folder.
pub fn read_tree_within(
    root: &Path,
    folder: &SafePath,
    template: &Template,
    name: &str,
) -> Result<Option<Standing>, TreeError> {
    let Some(added) = template.within(folder) else { return Ok(None) };
    let at_root = template.files_at_root(root, &super::name_from(template, name));
    if at_root.is_empty() {
        return Ok(None);
    }
    let own = files(&root.join(folder.as_str()), template)?;
    let below = |path: &SafePath| SafePath::new(&format!("{folder}/{path}")).ok();
    let mut placed: Tree = own.iter().filter_map(|(path, bytes)| Some((below(path)?, bytes.clone()))).collect();
    let mut tree = own;
    for (known_as, path, bytes) in at_root {
        tree.insert(known_as, bytes.clone());
        placed.insert(path, bytes);
    }
    Ok(Some(Standing { tree, added, placed: Some(placed) }))
}

fn files(root: &Path, template: &Template) -> Result<Tree, TreeError> {
    let traces = template.traces().map_err(|problems: Vec<Problem>| Invalid { problems })?;
    let mut reader = TreeReader { root, template, traces: &traces, tree: Tree::new(), total: 0 };
    reader.folder("", 0)?;
    Ok(reader.tree)
}

impl Template {
    /// Reads the files that belong to the root of a repository, each with the name that it has in a project of its own.
    fn files_at_root(&self, root: &Path, name: &str) -> Vec<(SafePath, SafePath, Vec<u8>)> {
        let values = Map::from_iter([(self.name_question.clone(), Json::from(name))]);
        let data = Data::from(values);
        let read = |it: &Move| {
            let known_as = SafePath::new(&it.source).ok().filter(|_| !it.source.contains("{{"))?;
            let path = SafePath::new(&self.engine.render(&it.to, &data).ok()?).ok()?;
            let bytes = beneath::read(root, &path).ok()?;
            Some((known_as, path, bytes))
        };
        let of_repository = |is_shared: bool| {
            let rules = self.rules.iter().filter(move |rule| rule.shared == is_shared);
            rules.filter_map(|rule| rule.repository.as_ref()).filter_map(read)
        };
        let mut found: Vec<_> = of_repository(false).collect();
        // A file that a repository has once for all says nothing of this project.
        if !found.is_empty() {
            found.extend(of_repository(true));
        }
        found
    }
}

struct TreeReader<'a> {
    root: &'a Path,
    template: &'a Template,
    traces: &'a [FileTraces],
    tree: Tree,
    total: usize,
}

impl TreeReader<'_> {
    fn folder(&mut self, relative: &str, depth: usize) -> Result<(), TreeError> {
        let path = self.root.join(relative);
        let unreadable = |error| TreeError::Read { path: path.clone(), error };
        for entry in fs::read_dir(&path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let (Ok(name), kind) = (entry.file_name().into_string(), entry.file_type().map_err(unreadable)?) else {
                continue;
            };
            let below = if relative.is_empty() { name } else { format!("{relative}/{name}") };
            let Ok(path) = SafePath::new(&below) else { continue };
            if below == RECORD_FOLDER {
                continue;
            }
            if kind.is_dir() && self.makes(&below, depth, false) {
                self.folder(&below, depth + 1)?;
            } else if kind.is_file() && self.makes(&below, depth, true) {
                self.file(path)?;
            }
        }
        Ok(())
    }

    /// Tells whether a file of the template could stand at a path, or below it.
    fn makes(&self, path: &str, depth: usize, is_file: bool) -> bool {
        let is_so = |traces: &FileTraces| {
            let ends_here = traces.path.len() == depth + 1;
            is_file == ends_here && (traces.path.len() > depth) && leads(self.template, &traces.path, path)
        };
        self.traces.iter().any(is_so)
    }

    fn file(&mut self, path: SafePath) -> Result<(), TreeError> {
        match beneath::read(self.root, &path) {
            Ok(bytes) => {
                self.total += bytes.len();
                self.tree.insert(path, bytes);
                if self.tree.len() > MAX_FILES || self.total > MAX_TOTAL_BYTES {
                    return Err(TreeError::Large(self.root.to_owned()));
                }
                Ok(())
            }
            // What went away meanwhile, or cannot be read, fits nothing.
            Err(_) => Ok(()),
        }
    }
}

/// Tells whether the first segments of a template's path can be these.
pub(crate) fn leads(template: &Template, pattern: &[Vec<Piece>], path: &str) -> bool {
    path.split('/').zip(pattern).all(|(segment, pieces)| pattern::read(template, pieces, segment).is_some())
}
