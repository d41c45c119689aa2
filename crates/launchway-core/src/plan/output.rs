//! The checks on rendered files: nothing is written that does not pass them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::PlannedFile;
use crate::agreement::document::Format;
use crate::agreement::texts::Texts;
use crate::agreement::{Agreement, Disagreement, Judge, Reported};
use crate::parallel;
use crate::path::SafePath;

const MAX_FILES: usize = 65_536;
pub(super) const MAX_TOTAL_BYTES: usize = 256 << 20;

/// A fault of the generated output.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{place}: {message}")]
pub struct OutputProblem {
    /// The file of the project, with the line and the column where they are known.
    pub place: String,
    /// What is wrong.
    pub message: String,
}

/// The files as they would be written.
pub(crate) struct Output<'f> {
    files: Vec<(&'f str, &'f PlannedFile, bool)>,
    texts: Texts<'f>,
}

impl<'f> Output<'f> {
    /// Takes files with their path, and whether each is to be checked: what is copied is written as it is.
    pub(crate) fn new(files: impl Iterator<Item = (&'f SafePath, &'f PlannedFile, bool)>) -> Self {
        let files: Vec<_> = files.map(|(path, planned, is_checked)| (path.as_str(), planned, is_checked)).collect();
        let mut texts = Texts::default();
        for (path, planned, _) in &files {
            texts.add(*path, planned.text().map(Cow::Borrowed).ok_or_else(|| "this is not a text file".to_owned()));
        }
        Self { files, texts }
    }

    /// Finds what is wrong with the files, each on its own.
    pub(crate) fn faults(&self) -> Vec<OutputProblem> {
        let total: usize = self.files.iter().map(|(_, planned, _)| planned.bytes.len()).sum();
        if self.files.len() > MAX_FILES || total > MAX_TOTAL_BYTES {
            let message = format!("{} files of {total} bytes are more than a project may have", self.files.len());
            return vec![OutputProblem { place: ".".to_owned(), message }];
        }
        let checked: Vec<_> = self.files.iter().filter(|(.., is_checked)| *is_checked).collect();
        let faults = parallel::map(&checked, |(path, planned, _)| self.fault(path, planned));
        faults.into_iter().flatten().collect()
    }

    /// Finds the agreements that do not hold.
    pub(crate) fn disagreements(&self, agreements: &[Agreement]) -> Vec<OutputProblem> {
        let judge = Judge::new(&self.texts);
        agreements.iter().filter_map(|agreement| judge.disagreement(agreement)).map(|it| problem(&it)).collect()
    }

    /// Reads the values of agreements, place by place, by the id of each.
    pub(crate) fn values<'a>(&self, agreements: &'a [Agreement]) -> BTreeMap<&'a str, Vec<Vec<String>>> {
        let judge = Judge::new(&self.texts);
        agreements.iter().map(|agreement| (agreement.id.as_str(), judge.values(agreement))).collect()
    }

    fn fault(&self, path: &str, planned: &PlannedFile) -> Option<OutputProblem> {
        let fault = |message: &str| Some(OutputProblem { place: path.to_owned(), message: message.to_owned() });
        let Some(text) = planned.text() else {
            return fault("a NUL character was rendered");
        };
        if text.contains('\r') {
            return fault("the text has a carriage return; lines end with LF");
        }
        if !text.is_empty() && (!text.ends_with('\n') || text.ends_with("\n\n")) {
            return fault("the text must end with exactly one newline");
        }
        let error = self.texts.get(path).ok()?.documents(Format::of(path)?).err()?;
        let place = format!("{path}:{}:{}", error.line, error.column);
        Some(OutputProblem { place, message: error.message.clone() })
    }
}

/// Says where values disagree.
pub(crate) fn problem(disagreement: &Disagreement) -> OutputProblem {
    let shown = |reported: &Reported| format!("`{}` in {}", reported.values.join(", "), reported.reading);
    let read: Vec<_> = disagreement.places.iter().filter(|reported| !reported.values.is_empty()).map(shown).collect();
    let separator = if read.is_empty() { "" } else { ": " };
    let place = disagreement.places.first().map(|reported| match reported.reading.file() {
        Some(file) if reported.values.is_empty() => file.to_owned(),
        _ => reported.reading.to_string(),
    });
    OutputProblem {
        place: place.unwrap_or_default(),
        message: format!("{}: {}{separator}{}", disagreement.says, disagreement.fault, read.join(", ")),
    }
}
