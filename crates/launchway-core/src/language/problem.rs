//! What can be wrong with a template, and where.

use std::fmt;

/// A place in a file of a template. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The file, relative to the template's folder.
    pub file: String,
    /// The line and the column, where the fault has one.
    pub position: Option<(usize, usize)>,
}

impl Location {
    /// Names a whole file.
    #[must_use]
    pub fn file(file: &str) -> Self {
        Self { file: file.to_owned(), position: None }
    }

    /// Names a line and a column of a file.
    #[must_use]
    pub fn at(file: &str, line: usize, column: usize) -> Self {
        Self { file: file.to_owned(), position: Some((line, column)) }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some((line, column)) => write!(formatter, "{}:{line}:{column}", self.file),
            None => formatter.write_str(&self.file),
        }
    }
}

/// One fault of a template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{place}: {message}")]
pub struct Problem {
    /// Where the fault is.
    pub place: Location,
    /// What is wrong.
    pub message: String,
    /// What the template's author can do about it.
    pub hint: Option<String>,
}

impl Problem {
    pub(crate) fn new(place: impl Into<Location>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into(), hint: None }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// All the faults of a template that could be found in one go, sorted by place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the template is invalid: {}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct Invalid {
    /// The faults; never empty.
    pub problems: Vec<Problem>,
}

impl From<Problem> for Invalid {
    fn from(problem: Problem) -> Self {
        Self { problems: vec![problem] }
    }
}

/// Turns collected problems into a result.
pub(crate) fn none_or_invalid(mut problems: Vec<Problem>) -> Result<(), Invalid> {
    if problems.is_empty() {
        return Ok(());
    }
    problems.sort();
    problems.dedup();
    Err(Invalid { problems })
}

/// Returns the known name that is nearest to a misspelt one, if one resembles it.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 2.max(candidate.len() / 4))
        .min()
        .map(|(_, candidate)| candidate)
}
