//! Where a template's files come from: the program itself, a folder, or the objects of a git repository.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use super::content::TemplateFile;
use super::include;
use super::manifest;
use crate::parallel;
use crate::path::SafePath;
use crate::path::beneath::{self, Blob};

/// Each file is packed, by `build.rs`.
static BUILTIN: Dir<'static> = include_dir!("$OUT_DIR/templates");

const MAX_FILES: usize = 65_536;
const MAX_FILE_BYTES: u64 = 5 << 20;
const MAX_TOTAL_BYTES: u64 = 256 << 20;
const MAX_DEPTH: usize = 32;

/// What a template consists of: its manifest, and the folders beside it.
pub const PARTS: [&str; 6] = [manifest::FILE, "agreements", "files", include::FOLDER, "partials", "translations"];
const FOLDERS: &[&str] = PARTS.split_at(1).1;

/// Where a template came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Part of the program.
    Builtin,
    /// A folder that the user named.
    Folder(PathBuf),
    /// A git repository.
    Git(GitSource),
}

/// A template in a git repository, as it was found there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitSource {
    /// The URL, never with credentials.
    pub url: String,
    /// The folder in the repository.
    pub subfolder: Option<SafePath>,
    /// What was asked for, or the tag of the newest release.
    pub reference: Reference,
    /// The commit, in full.
    pub commit: String,
}

/// What named the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// A tag.
    Tag(String),
    /// A branch.
    Branch(String),
    /// Nothing but itself.
    Commit,
}

/// Why the files of a template could not be read.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is its message")]
pub enum SourceError {
    #[error("there is no built-in template `{0}`")]
    UnknownBuiltin(String),
    #[error("`{}` has no `template.toml`", .0.display())]
    NoManifest(PathBuf),
    #[error("`{}` is a symbolic link; symbolic links are not allowed in a template", .0.display())]
    Link(PathBuf),
    #[error("`{}` is neither a file nor a folder", .0.display())]
    Special(PathBuf),
    #[error("`{}` is a submodule; submodules are not allowed in a template", .0.display())]
    Submodule(PathBuf),
    #[error("the name of `{}` is not valid UTF-8", .0.display())]
    Name(PathBuf),
    #[error("`{}` is larger than 5 MiB", .0.display())]
    LargeFile(PathBuf),
    #[error("`{}` is nested more than {MAX_DEPTH} folders deep", .0.display())]
    Deep(PathBuf),
    #[error("the template has more than {MAX_FILES} files, or is larger than 256 MiB")]
    Large,
    #[error("cannot read `{}`: {error}", .path.display())]
    Read { path: PathBuf, error: std::io::Error },
}

/// The files of one template by their path in it, with `/` between the segments.
#[derive(Clone)]
pub struct TemplateFiles(pub(crate) BTreeMap<String, TemplateFile>);

impl TemplateFiles {
    /// Returns the files of a built-in template.
    ///
    /// # Errors
    /// There is none of that id.
    pub fn builtin(id: &str) -> Result<Self, SourceError> {
        builtin(id)
    }

    /// Reads the files of a template from a folder, without following links.
    ///
    /// # Errors
    /// The folder cannot be read, or holds what a template cannot.
    pub fn folder(root: &Path) -> Result<Self, SourceError> {
        folder(root)
    }

    /// Takes the files of a template by their path in it; files beside those of the template are left out.
    ///
    /// # Errors
    /// There is no manifest among them, or they break a limit that also holds for a folder.
    pub fn from_blobs(blobs: impl IntoIterator<Item = (String, Blob)>) -> Result<Self, SourceError> {
        let blobs: Vec<_> = blobs.into_iter().filter(|(path, _)| is_of_template(path)).collect();
        check_limits(blobs.iter().map(|(path, blob)| (path.as_str(), blob.bytes.len() as u64)))?;
        if !blobs.iter().any(|(path, _)| path == manifest::FILE) {
            return Err(SourceError::NoManifest(PathBuf::from(".")));
        }
        Ok(Self(blobs.into_iter().map(|(path, blob)| (path, blob.into())).collect()))
    }

    /// Returns the files by their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &TemplateFile)> {
        self.0.iter().map(|(path, file)| (path.as_str(), file))
    }
}

/// Holds the paths and sizes of a template's files against the limits, before any of them is read.
///
/// # Errors
/// The first limit that is broken.
pub fn check_limits<'p>(files: impl IntoIterator<Item = (&'p str, u64)>) -> Result<(), SourceError> {
    let mut count = Count::default();
    files.into_iter().try_for_each(|(path, size)| {
        // A folder is entered below `files/`, which is the first.
        if path.matches('/').count() > MAX_DEPTH + 1 {
            return Err(SourceError::Deep(path.into()));
        }
        count.add(Path::new(path), size)
    })
}

/// What was seen of a template so far.
#[derive(Default)]
struct Count {
    files: usize,
    bytes: u64,
}

impl Count {
    /// Counts one file more.
    fn add(&mut self, path: &Path, size: u64) -> Result<(), SourceError> {
        if size > MAX_FILE_BYTES {
            return Err(SourceError::LargeFile(path.to_owned()));
        }
        self.files += 1;
        self.bytes += size;
        if self.files > MAX_FILES || self.bytes > MAX_TOTAL_BYTES { Err(SourceError::Large) } else { Ok(()) }
    }
}

/// Tells whether a path in a template's folder is part of the template.
#[must_use]
pub fn is_of_template(path: &str) -> bool {
    path == manifest::FILE || path.split_once('/').is_some_and(|(folder, _)| FOLDERS.contains(&folder))
}

/// Returns what stands before the path of a part in a message: where its template came from, or nothing for the template itself.
#[must_use]
pub fn layer_of(path: &str) -> &str {
    let starts = PARTS.iter().filter_map(|part| path.rfind(&format!("/{part}")));
    starts.max().filter(|_| !is_of_template(path)).map_or("", |start| &path[..start])
}

/// Lists the ids of the built-in templates, sorted.
#[must_use]
pub fn builtin_ids() -> Vec<&'static str> {
    let mut ids: Vec<_> = BUILTIN.dirs().filter_map(|dir| dir.path().to_str()).collect();
    ids.sort_unstable();
    ids
}

fn builtin(id: &str) -> Result<TemplateFiles, SourceError> {
    let dir = BUILTIN.get_dir(id).ok_or_else(|| SourceError::UnknownBuiltin(id.to_owned()))?;
    let mut files = BTreeMap::new();
    collect_builtin(dir, id, &mut files);
    Ok(TemplateFiles(files))
}

fn collect_builtin(dir: &'static Dir<'static>, id: &str, files: &mut BTreeMap<String, TemplateFile>) {
    for file in dir.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        if let Some(path) = path.strip_prefix(id).and_then(|rest| rest.strip_prefix('/')) {
            files.insert(path.to_owned(), TemplateFile::packed(file.contents()));
        }
    }
    dir.dirs().for_each(|dir| collect_builtin(dir, id, files));
}

/// Reads the manifest and the folders of a template, without following links.
fn folder(root: &Path) -> Result<TemplateFiles, SourceError> {
    let manifest_path = root.join(manifest::FILE);
    if !manifest_path.exists() {
        return Err(SourceError::NoManifest(root.to_owned()));
    }
    let mut reader = FolderReader { files: Vec::new(), count: Count::default() };
    reader.entry(&manifest_path, manifest::FILE, 0)?;
    for name in FOLDERS {
        let path = root.join(name);
        if path.symlink_metadata().is_ok() {
            reader.entry(&path, name, 0)?;
        }
    }
    // Nothing is read before all of it was counted.
    let read = parallel::map(&reader.files, Seen::read);
    let named = reader.files.into_iter().zip(read).map(|(seen, read)| Ok((seen.relative, read?.into())));
    Ok(TemplateFiles(named.collect::<Result<_, SourceError>>()?))
}

struct FolderReader {
    files: Vec<Seen>,
    count: Count,
}

/// A file that was seen in a folder, and is not read yet.
struct Seen {
    path: PathBuf,
    /// The path in the template.
    relative: String,
    /// How large it was.
    size: u64,
}

impl FolderReader {
    fn entry(&mut self, path: &Path, relative: &str, depth: usize) -> Result<(), SourceError> {
        let metadata = path.symlink_metadata().map_err(|error| unreadable(path, error))?;
        if metadata.is_symlink() {
            Err(SourceError::Link(path.to_owned()))
        } else if metadata.is_dir() {
            self.folder(path, relative, depth)
        } else if metadata.is_file() {
            self.file(path, relative, metadata.len())
        } else {
            Err(SourceError::Special(path.to_owned()))
        }
    }

    fn folder(&mut self, path: &Path, relative: &str, depth: usize) -> Result<(), SourceError> {
        if depth > MAX_DEPTH {
            return Err(SourceError::Deep(path.to_owned()));
        }
        for entry in fs::read_dir(path).map_err(|error| unreadable(path, error))? {
            let entry = entry.map_err(|error| unreadable(path, error))?;
            let name = entry.file_name().into_string().map_err(|_| SourceError::Name(entry.path()))?;
            self.entry(&entry.path(), &format!("{relative}/{name}"), depth + 1)?;
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, relative: &str, size: u64) -> Result<(), SourceError> {
        self.count.add(path, size)?;
        self.files.push(Seen { path: path.to_owned(), relative: relative.to_owned(), size });
        Ok(())
    }
}

impl Seen {
    /// Reads it, if it is not larger than is ever read.
    fn read(&self) -> Result<Blob, SourceError> {
        let read = beneath::read_seen(&self.path, self.size, MAX_FILE_BYTES);
        let read = read.map_err(|error| unreadable(&self.path, error))?;
        read.ok_or_else(|| SourceError::LargeFile(self.path.clone()))
    }
}

fn unreadable(path: &Path, error: std::io::Error) -> SourceError {
    SourceError::Read { path: path.to_owned(), error }
}
