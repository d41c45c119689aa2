//! A project that was made before: its record, read back.

pub(crate) mod changes;
pub(crate) mod check;
pub(crate) mod digest;
mod in_the_way;
pub(crate) mod placeholders;
pub(crate) mod record;
pub(crate) mod structure;
pub(crate) mod update;
pub(crate) mod waiver;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde::Deserialize;

use crate::agreement::{self, Agreement};
use crate::path::RECORD_FOLDER;
use crate::path::beneath::Blob;
use crate::path::beneath::NotRead;
use crate::path::root::Root;
use crate::path::{SafePath, UnsafePath};
use crate::sources::catalog::CatalogOrigin;
use crate::template::origin::Origin;
use crate::value::{Added, Value};
use changes::Edit;
use check::conflict_in;
use record::{
    AGREEMENTS_ENDING, BASE_ENDING, FORMAT, OLDEST_FORMAT, RECORD_ENDING, Remembered, TIED_FORMAT, Tied, TiedTemplate,
    file_of, names as listed,
};

const MAX_GENERATED_BYTES: u64 = 256 << 20;
const MAX_AGREEMENTS: usize = 4096;

/// What a project remembers of how it was made.
#[derive(Debug)]
pub struct Project {
    /// The name of the project.
    pub name: String,
    /// The template that it was made from.
    pub template: Origin,
    /// The answers by the id of their question.
    pub answers: BTreeMap<String, Value>,
    /// The ids of those that nobody gave; the records of formats 1 and 2 do not know, and so have none.
    pub defaults: BTreeSet<String>,
    /// What it took from the workspace that it was added to; empty for the first service of a project.
    pub added: Added,
    /// The values that must agree.
    pub agreements: Vec<Agreement>,
    /// The files exactly as they were generated.
    pub generated: BTreeMap<SafePath, Blob>,
    /// The files that belong to the template alone.
    pub managed: BTreeSet<SafePath>,
    /// The files that are the user's since they were written.
    pub seeded: BTreeSet<SafePath>,
    /// The ids of the answers that only hold the place of others; those that are given elsewhere since are not among them.
    pub placeholders: BTreeSet<String>,
    /// What became of files that cannot be seen from them.
    pub remembered: Remembered,
    /// The catalog that the project was made through.
    pub catalog: Option<CatalogOrigin>,
}

/// Why the record of a project cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is its message")]
pub enum ProjectError {
    #[error("`{}` is not a folder", .0.display())]
    NoFolder(PathBuf),
    #[error("`{}` has no record of launchway, `{RECORD_FOLDER}/NAME.{RECORD_ENDING}`", .0.display())]
    NoRecord(PathBuf),
    #[error("`{}` {reason}", .root.join(.file).display())]
    Unusable { root: PathBuf, file: String, reason: String },
    #[error("`{}` is of format {found}, and this launchway knows {FORMAT}", .root.join(.file).display())]
    UnknownFormat { root: PathBuf, file: String, found: u32 },
    #[error("`{}` is missing", .root.join(.file).display())]
    Missing { root: PathBuf, file: String },
    #[error("a merge has left a conflict in `{}`", .root.join(.file).display())]
    Conflicted { root: PathBuf, file: String },
    #[error("`{}` and the files beside it are not of the same update", .root.join(.file).display())]
    NotTied { root: PathBuf, file: String },
}

#[derive(Deserialize)]
struct RecordFile {
    #[serde(default)]
    digest: String,
    #[serde(default)]
    defaults: BTreeSet<String>,
    #[serde(default)]
    placeholders: BTreeSet<String>,
    #[serde(default)]
    conflicts: Vec<String>,
    template: Origin,
    #[serde(default)]
    answers: BTreeMap<String, Value>,
    #[serde(default)]
    added: Added,
    #[serde(default)]
    ownership: OwnershipFile,
    catalog: Option<CatalogOrigin>,
}

#[derive(Default, Deserialize)]
struct OwnershipFile {
    #[serde(default)]
    managed: Vec<String>,
    #[serde(default)]
    seeded: Vec<String>,
    #[serde(default)]
    deleted: Vec<String>,
    #[serde(default)]
    yours: Vec<String>,
    #[serde(default)]
    moved: BTreeMap<String, String>,
}

/// The part of a record that every format has.
#[derive(Deserialize)]
struct FormatFile {
    format: u32,
}

/// A record that was read, or what is wrong with it.
type Opened = Result<Project, ProjectError>;

impl Project {
    /// Reads every record of a folder, sorted by name.
    ///
    /// # Errors
    /// There is none, or some of them cannot be used: then all that is wrong.
    pub fn open_all<'r>(root: impl Into<Root<'r>>) -> Result<Vec<Self>, Vec<ProjectError>> {
        let (mut projects, mut errors) = (Vec::new(), Vec::new());
        for (_, opened) in Self::open_each(root).map_err(|error| vec![error])? {
            match opened {
                Ok(project) => projects.push(project),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(projects) } else { Err(errors) }
    }

    /// Reads every record of a folder, sorted by name, each by itself.
    ///
    /// # Errors
    /// There is none.
    pub fn open_each<'r>(root: impl Into<Root<'r>>) -> Result<Vec<(String, Opened)>, ProjectError> {
        let root = root.into();
        if matches!(root, Root::Folder(folder) if !folder.is_dir()) {
            return Err(ProjectError::NoFolder(root.shown()));
        }
        let names = names(root)?;
        if names.is_empty() {
            return Err(ProjectError::NoRecord(root.shown()));
        }
        let shown = root.shown();
        let open = |name: String| {
            let opened = Self::open(&RecordSource { root: &shown, read: &|path| root.read(path) }, &name);
            (name, opened)
        };
        Ok(names.into_iter().map(open).collect())
    }

    /// Reads a record that stands elsewhere than in a folder, such as in a commit; `read` returns its files.
    ///
    /// # Errors
    /// The record cannot be used.
    pub fn open_from(name: &str, read: impl Fn(&SafePath) -> Option<Vec<u8>>) -> Result<Self, ProjectError> {
        let read = |path: &SafePath| read(path).ok_or(NotRead::Missing);
        Self::open(&RecordSource { root: Path::new(""), read: &read }, name)
    }

    /// Tells whether a folder has the record of a project.
    #[must_use]
    pub fn is_recorded(root: &Path) -> bool {
        names(root.into()).is_ok_and(|names| !names.is_empty())
    }

    /// Returns the files of which a record consists.
    #[must_use]
    pub fn record_files(name: &str) -> Vec<SafePath> {
        let endings = [RECORD_ENDING, AGREEMENTS_ENDING, BASE_ENDING];
        endings.iter().filter_map(|ending| SafePath::new(&file_of(name, ending)).ok()).collect()
    }

    /// Returns what became of the generated files, those left out that are the user's since they were written, or that the
    /// user keeps out of updates.
    #[must_use]
    pub fn edits(&self, root: &Path) -> Vec<Edit> {
        let is_left_out = |path: &SafePath| self.seeded.contains(path) || path.is_among(&self.remembered.yours);
        let generated = self.generated.iter().filter(|(path, _)| !is_left_out(path));
        let edit = |(path, blob): (&SafePath, &Blob)| {
            let after = Blob::read(root, path);
            (after.as_ref() != Some(blob)).then(|| Edit { path: path.clone(), before: Some(blob.clone()), after })
        };
        generated.filter_map(edit).collect()
    }

    /// Tells whether the project is a service that was added to the workspace of another one.
    #[must_use]
    pub fn is_member(&self) -> bool {
        self.added.values().any(|value| *value == Value::Bool(true))
    }

    /// Returns the folder that the project is of a larger repository, whatever a template calls it.
    #[must_use]
    pub fn folder(&self) -> Option<&str> {
        let texts =
            self.added.values().filter_map(|value| if let Value::Text(text) = value { Some(text) } else { None });
        let holds_files = |folder: &&String| {
            self.generated
                .keys()
                .any(|path| path.as_str().strip_prefix(*folder).is_some_and(|rest| rest.starts_with('/')))
        };
        texts.into_iter().find(holds_files).map(String::as_str)
    }

    /// Tells whether the project is this folder of the repository at whose root the record stands.
    #[must_use]
    pub fn is_in(&self, folder: &SafePath) -> bool {
        self.folder() == Some(folder.as_str())
    }

    fn open(place: &RecordSource<'_>, name: &str) -> Result<Self, ProjectError> {
        let root = place.root;
        let record = RecordPart { place, name, ending: RECORD_ENDING };
        let text = record.text()?;
        let format: FormatFile = toml::from_str(&text).map_err(|error| record.unusable(error.message()))?;
        if !(OLDEST_FORMAT..=FORMAT).contains(&format.format) {
            return Err(ProjectError::UnknownFormat {
                root: root.to_owned(),
                file: record.file(),
                found: format.format,
            });
        }
        let file: RecordFile = toml::from_str(&text).map_err(|error| record.unusable(error.message()))?;
        let paths = |paths: &[String]| paths.iter().map(|path| SafePath::new(path)).collect::<Result<BTreeSet<_>, _>>();
        let paths = |list: &[String]| paths(list).map_err(|error| record.unusable(&error.to_string()));
        let moves = file.ownership.moved.iter().map(|(from, to)| Ok((SafePath::new(from)?, SafePath::new(to)?)));
        let moves = moves.collect::<Result<BTreeMap<_, _>, UnsafePath>>();
        let base = RecordPart { place, name, ending: BASE_ENDING };
        let agreements = RecordPart { place, name, ending: AGREEMENTS_ENDING };
        // The first format had no agreements.
        let agreements_text = if format.format == OLDEST_FORMAT { "[]".to_owned() } else { agreements.text()? };
        let mut named: Vec<Agreement> = parsed(&agreements, &agreements_text)?;
        agreement::id::name_each(&mut named);
        let project = Self {
            name: name.to_owned(),
            managed: paths(&file.ownership.managed)?,
            seeded: paths(&file.ownership.seeded)?,
            remembered: Remembered {
                deleted: paths(&file.ownership.deleted)?,
                yours: paths(&file.ownership.yours)?,
                conflicts: paths(&file.conflicts)?,
                moved: moves.map_err(|error| record.unusable(&error.to_string()))?,
            },
            template: file.template,
            answers: file.answers,
            defaults: file.defaults,
            placeholders: file.placeholders,
            added: file.added,
            catalog: file.catalog,
            agreements: named,
            generated: unpacked(&base.bytes()?).map_err(|reason| base.unusable(&reason))?,
        };
        if format.format >= TIED_FORMAT && project.digest(&agreements_text) != file.digest {
            return Err(ProjectError::NotTied { root: root.to_owned(), file: record.file() });
        }
        Ok(project)
    }

    /// Returns the digest that ties the files of such a record.
    fn digest(&self, agreements: &str) -> String {
        let tied = Tied {
            template: TiedTemplate::of(&self.template),
            answers: self.answers.iter().map(|(id, value)| (id.as_str(), value)).collect(),
            defaults: &self.defaults,
            added: &self.added,
            managed: listed(&self.managed),
            seeded: listed(&self.seeded),
            deleted: listed(&self.remembered.deleted),
            yours: listed(&self.remembered.yours),
            conflicts: listed(&self.remembered.conflicts),
            moved: self.remembered.moves(),
        };
        let generated = self.generated.iter().map(|(path, blob)| (path, &*blob.bytes, blob.executable));
        record::digest(&tied, agreements, generated)
    }
}

fn parsed(part: &RecordPart<'_>, text: &str) -> Result<Vec<Agreement>, ProjectError> {
    let known: Vec<Agreement> = serde_json::from_str(text).map_err(|error| part.unusable(&error.to_string()))?;
    if known.len() > MAX_AGREEMENTS {
        return Err(part.unusable(&format!("it has more than {MAX_AGREEMENTS} agreements")));
    }
    Ok(known)
}

/// Lists the names of the records; what is not a record's name is somebody else's file.
fn names(root: Root<'_>) -> Result<BTreeSet<String>, ProjectError> {
    let unreadable = |error: std::io::Error| ProjectError::Unusable {
        root: root.shown(),
        file: RECORD_FOLDER.to_owned(),
        reason: format!("cannot be read: {error}"),
    };
    let entries = root.records().map_err(unreadable)?;
    let stems = entries.iter().filter_map(|name| name.strip_suffix(RECORD_ENDING)?.strip_suffix('.'));
    // A record is named after its project, and that is a safe name.
    Ok(stems.filter(|stem| SafePath::new(stem).is_ok()).map(str::to_owned).collect())
}

/// Where a record is read.
struct RecordSource<'a> {
    /// The folder, as it is named to people.
    root: &'a Path,
    read: &'a dyn Fn(&SafePath) -> Result<Vec<u8>, NotRead>,
}

/// One of the files of a record.
struct RecordPart<'a> {
    place: &'a RecordSource<'a>,
    name: &'a str,
    ending: &'a str,
}

impl RecordPart<'_> {
    fn file(&self) -> String {
        file_of(self.name, self.ending)
    }

    fn unusable(&self, reason: &str) -> ProjectError {
        self.bad(format!("cannot be used: {reason}"))
    }

    fn bad(&self, reason: String) -> ProjectError {
        ProjectError::Unusable { root: self.place.root.to_owned(), file: self.file(), reason }
    }

    fn bytes(&self) -> Result<Vec<u8>, ProjectError> {
        let file = self.file();
        let path = SafePath::new(&file).map_err(|error| self.unusable(&error.to_string()))?;
        (self.place.read)(&path).map_err(|not_read| match not_read {
            NotRead::Missing => ProjectError::Missing { root: self.place.root.to_owned(), file },
            not_read => self.bad(not_read.to_string()),
        })
    }

    /// Returns the text, unless a merge has left its marks in it.
    fn text(&self) -> Result<String, ProjectError> {
        let bytes = self.bytes()?;
        if conflict_in(&bytes).is_some() {
            return Err(ProjectError::Conflicted { root: self.place.root.to_owned(), file: self.file() });
        }
        String::from_utf8(bytes).map_err(|_| self.unusable("it is not UTF-8 text"))
    }
}

/// Unpacks the files as they were generated. Only plain files are ever packed.
fn unpacked(archive: &[u8]) -> Result<BTreeMap<SafePath, Blob>, String> {
    let mut files = BTreeMap::new();
    let mut rest = MAX_GENERATED_BYTES;
    let mut reader = GzDecoder::new(archive).take(MAX_GENERATED_BYTES);
    for entry in tar::Archive::new(&mut reader).entries().map_err(|error| error.to_string())? {
        let entry = entry.map_err(|error| error.to_string())?;
        // A sparse entry would claim any size without having it.
        if entry.header().entry_type() != tar::EntryType::Regular {
            return Err("it holds something that is not a plain file".to_owned());
        }
        let path = String::from_utf8(entry.path_bytes().into_owned()).map_err(|_| "a path is not UTF-8".to_owned())?;
        let path = SafePath::new(&path).map_err(|error| error.to_string())?;
        let executable = entry.header().mode().map_err(|error| error.to_string())? & 0o100 != 0;
        let mut bytes = Vec::new();
        rest -= entry.take(rest).read_to_end(&mut bytes).map_err(|error| error.to_string())? as u64;
        if let Some(path) = files.insert(path.clone(), Blob { bytes: bytes.into(), executable }).map(|_| path) {
            return Err(format!("`{path}` is in it twice"));
        }
    }
    // To the end, where the checksum stands.
    std::io::copy(&mut reader, &mut std::io::sink()).map_err(|error| error.to_string())?;
    if reader.limit() == 0 { Err(format!("it is larger than {} MiB", MAX_GENERATED_BYTES >> 20)) } else { Ok(files) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_at_most_4096_agreements() {
        let place = RecordSource { root: Path::new("p"), read: &|_| Err(NotRead::Missing) };
        let part = RecordPart { place: &place, name: "orders", ending: AGREEMENTS_ENDING };
        let read = |count: usize| {
            let one = r#"{"says":"s","places":[{"file":"a.json","at":"/a"},{"file":"b.json","at":"/b"}]}"#;
            let text = format!("[{}]", vec![one; count].join(","));
            parsed(&part, &text).map(|known| known.len()).map_err(|error| error.to_string())
        };
        assert_eq!(read(4096), Ok(4096));
        assert!(read(4097).unwrap_err().ends_with("cannot be used: it has more than 4096 agreements"));
    }
}
