//! A project that was made before: its record, read back.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde::Deserialize;

use crate::agreement::Agreement;
use crate::beneath::{self, NotRead};
use crate::record::{AGREEMENTS_ENDING, BASE_ENDING, FOLDER, FORMAT, RECORD_ENDING};
use crate::{SafePath, Value};

const MAX_GENERATED_BYTES: u64 = 256 << 20;

/// What a project remembers of how it was made.
#[derive(Debug)]
pub struct Project {
    /// The name of the project.
    pub name: String,
    /// The template that it was made from.
    pub template: Origin,
    /// The answers by the id of their question.
    pub answers: BTreeMap<String, Value>,
    /// The values that must agree.
    pub agreements: Vec<Agreement>,
    /// The files exactly as they were generated.
    pub generated: BTreeMap<SafePath, Vec<u8>>,
    /// The files that belong to the template alone.
    pub managed: BTreeSet<SafePath>,
}

/// The template that a project was made from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Origin {
    /// Where the template came from: `builtin` or `folder`.
    pub source: String,
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
}

/// Why the record of a project cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is its message")]
pub enum ProjectError {
    #[error("`{}` is not a folder", .0.display())]
    NoFolder(PathBuf),
    #[error("`{}` has no record of launchway, `{FOLDER}/NAME.{RECORD_ENDING}`", .0.display())]
    NoRecord(PathBuf),
    #[error("`{file}` {reason}")]
    Unusable { file: String, reason: String },
    #[error("`{file}` is of format {found}, and this launchway knows {FORMAT}")]
    NewerFormat { file: String, found: u32 },
    #[error("`{file}` is missing")]
    Missing { file: String },
}

#[derive(Deserialize)]
struct RecordFile {
    template: Origin,
    #[serde(default)]
    answers: BTreeMap<String, Value>,
    #[serde(default)]
    ownership: OwnershipFile,
}

#[derive(Default, Deserialize)]
struct OwnershipFile {
    #[serde(default)]
    managed: Vec<String>,
}

/// The part of a record that every format has.
#[derive(Deserialize)]
struct FormatFile {
    format: u32,
}

impl Project {
    /// Reads every record of a folder, sorted by name.
    ///
    /// # Errors
    /// There is none, or one of them cannot be used.
    pub fn open_all(root: &Path) -> Result<Vec<Self>, ProjectError> {
        if !root.is_dir() {
            return Err(ProjectError::NoFolder(root.to_owned()));
        }
        let names = names(root);
        if names.is_empty() {
            return Err(ProjectError::NoRecord(root.to_owned()));
        }
        names.iter().map(|name| Self::open(root, name)).collect()
    }

    fn open(root: &Path, name: &str) -> Result<Self, ProjectError> {
        let record = RecordPart { root, name, ending: RECORD_ENDING };
        let text = record.text()?;
        let format: FormatFile = toml::from_str(&text).map_err(|error| record.unusable(error.message()))?;
        if format.format != FORMAT {
            return Err(ProjectError::NewerFormat { file: record.file(), found: format.format });
        }
        let file: RecordFile = toml::from_str(&text).map_err(|error| record.unusable(error.message()))?;
        let managed = file.ownership.managed.iter().map(|path| SafePath::new(path));
        let agreements = RecordPart { root, name, ending: AGREEMENTS_ENDING };
        let base = RecordPart { root, name, ending: BASE_ENDING };
        Ok(Self {
            name: name.to_owned(),
            template: file.template,
            answers: file.answers,
            managed: managed.collect::<Result<_, _>>().map_err(|error| record.unusable(&error.to_string()))?,
            agreements: serde_json::from_str(&agreements.text()?)
                .map_err(|error| agreements.unusable(&error.to_string()))?,
            generated: unpacked(&base.bytes()?).map_err(|reason| base.unusable(&reason))?,
        })
    }
}

/// Lists the names of the records; what is not a record's name is somebody else's file.
fn names(root: &Path) -> BTreeSet<String> {
    let entries = root.join(FOLDER).read_dir().into_iter().flatten().flatten();
    let name = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        name.strip_suffix(RECORD_ENDING)?.strip_suffix('.').map(str::to_owned)
    };
    entries.filter_map(name).collect()
}

/// One of the files of a record.
struct RecordPart<'a> {
    root: &'a Path,
    name: &'a str,
    ending: &'a str,
}

impl RecordPart<'_> {
    fn file(&self) -> String {
        format!("{FOLDER}/{}.{}", self.name, self.ending)
    }

    fn unusable(&self, reason: &str) -> ProjectError {
        ProjectError::Unusable { file: self.file(), reason: format!("cannot be used: {reason}") }
    }

    fn bytes(&self) -> Result<Vec<u8>, ProjectError> {
        let file = self.file();
        let path = SafePath::new(&file).map_err(|error| self.unusable(&error.to_string()))?;
        beneath::read(self.root, &path).map_err(|not_read| match not_read {
            NotRead::Missing => ProjectError::Missing { file },
            NotRead::Unusable(reason) => ProjectError::Unusable { file, reason },
        })
    }

    fn text(&self) -> Result<String, ProjectError> {
        String::from_utf8(self.bytes()?).map_err(|_| self.unusable("it is not UTF-8 text"))
    }
}

/// Unpacks the files as they were generated.
fn unpacked(archive: &[u8]) -> Result<BTreeMap<SafePath, Vec<u8>>, String> {
    let mut files = BTreeMap::new();
    let mut archive = tar::Archive::new(GzDecoder::new(archive).take(MAX_GENERATED_BYTES));
    for entry in archive.entries().map_err(|error| error.to_string())? {
        let mut entry = entry.map_err(|error| error.to_string())?;
        let path = String::from_utf8(entry.path_bytes().into_owned()).map_err(|_| "a path is not UTF-8".to_owned())?;
        let path = SafePath::new(&path).map_err(|error| error.to_string())?;
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        files.insert(path, bytes);
    }
    Ok(files)
}
