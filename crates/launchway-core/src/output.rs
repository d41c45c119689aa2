//! The checks on rendered files: nothing is written that does not pass them.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value as Json;

use crate::agreement::{self, Relation, Reported};
use crate::document::{self, Format, Unreadable};
use crate::{PlannedFile, SafePath};

const MAX_FILES: usize = 65_536;
const MAX_TOTAL_BYTES: usize = 256 << 20;

/// A fault of the generated output.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{place}: {message}")]
pub struct OutputProblem {
    /// The file of the project, with the line and the column where they are known.
    pub place: String,
    /// What is wrong.
    pub message: String,
}

/// The files as they would be written, each read at most once.
pub(crate) struct Output<'f>(BTreeMap<&'f str, File<'f>>);

struct File<'f> {
    planned: &'f PlannedFile,
    was_rendered: bool,
    documents: OnceCell<Result<Vec<Json>, Unreadable>>,
}

/// Where a value of an agreement stands, and how it is read from there.
pub(crate) struct Location<'a> {
    pub(crate) path: String,
    pub(crate) reading: LocatedReading<'a>,
}

pub(crate) enum LocatedReading<'a> {
    Pointer(String),
    Capture(&'a Regex),
}

impl<'f> Output<'f> {
    /// Takes files with their path, and whether the content was rendered rather than copied.
    pub(crate) fn new(files: impl Iterator<Item = (&'f SafePath, &'f PlannedFile, bool)>) -> Self {
        let file = |planned, was_rendered| File { planned, was_rendered, documents: OnceCell::new() };
        Self(files.map(|(path, planned, was_rendered)| (path.as_str(), file(planned, was_rendered))).collect())
    }

    /// Finds what is wrong with the files, each on its own.
    pub(crate) fn faults(&self) -> Vec<OutputProblem> {
        let total: usize = self.0.values().map(|file| file.planned.bytes.len()).sum();
        if self.0.len() > MAX_FILES || total > MAX_TOTAL_BYTES {
            let message = format!("{} files of {total} bytes are more than a project may have", self.0.len());
            return vec![OutputProblem { place: ".".to_owned(), message }];
        }
        self.0.iter().filter_map(|(path, file)| file.fault(path)).collect()
    }

    /// Holds the values at several places against each other.
    pub(crate) fn disagreement(
        &self,
        says: &str,
        relation: Relation,
        locations: &[Location<'_>],
    ) -> Option<OutputProblem> {
        let mut values = Vec::new();
        for location in locations {
            match self.read(location) {
                Ok(value) => values.push(Reported { place: location.to_string(), value }),
                Err(message) => {
                    return Some(OutputProblem { place: location.path.clone(), message: format!("{says}: {message}") });
                }
            }
        }
        if agreement::holds(relation, &values) {
            return None;
        }
        let fault = match relation {
            Relation::Equal => "the values differ",
            Relation::Ascending => "the values do not ascend",
        };
        let shown: Vec<String> = values.iter().map(|value| format!("`{}` in {}", value.value, value.place)).collect();
        Some(OutputProblem {
            place: values[0].place.clone(),
            message: format!("{says}: {fault}: {}", shown.join(", ")),
        })
    }

    fn read(&self, location: &Location<'_>) -> Result<String, String> {
        let file = self.0.get(location.path.as_str()).ok_or("there is no such file")?;
        match &location.reading {
            LocatedReading::Pointer(pointer) => {
                let format = Format::of(&location.path).ok_or("a pointer needs a YAML, JSON or TOML file")?;
                let documents = file.documents(format).as_ref().map_err(ToString::to_string)?;
                agreement::read_pointer(documents, pointer)
            }
            LocatedReading::Capture(pattern) => {
                agreement::read_capture(file.planned.text().ok_or("this is not a text file")?, pattern)
            }
        }
    }
}

impl File<'_> {
    fn documents(&self, format: Format) -> &Result<Vec<Json>, Unreadable> {
        self.documents.get_or_init(|| document::parse(format, self.planned.text().unwrap_or_default()))
    }

    fn fault(&self, path: &str) -> Option<OutputProblem> {
        let fault = |message: &str| Some(OutputProblem { place: path.to_owned(), message: message.to_owned() });
        let Some(text) = self.planned.text() else {
            return if self.was_rendered { fault("a NUL character was rendered") } else { None };
        };
        if text.contains('\r') {
            return fault("the text has a carriage return; lines end with LF");
        }
        if !text.is_empty() && (!text.ends_with('\n') || text.ends_with("\n\n")) {
            return fault("the text must end with exactly one newline");
        }
        if !self.was_rendered {
            return None;
        }
        let error = self.documents(Format::of(path)?).as_ref().err()?;
        let place = format!("{path}:{}:{}", error.line, error.column);
        Some(OutputProblem { place, message: error.message.clone() })
    }
}

impl std::fmt::Display for Location<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.reading {
            LocatedReading::Pointer(pointer) => write!(formatter, "{} at {pointer}", self.path),
            LocatedReading::Capture(_) => formatter.write_str(&self.path),
        }
    }
}
