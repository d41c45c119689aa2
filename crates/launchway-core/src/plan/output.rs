//! The checks on rendered files: nothing is written that does not pass them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::PlannedFile;
use crate::agreement::document::Format;
use crate::agreement::texts::Texts;
use crate::agreement::{Agreement, Disagreement, Judge, Reported};
use crate::interview::context::Context;
use crate::parallel;
use crate::path::SafePath;
use crate::template::Template;
use crate::template::question::AnswerProblem;
use crate::value::Value;

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

/// Characters that no text of a project has, and for which quoting has no other spelling in a shell.
const UNWRITABLE: [(char, &str); 2] = [('\r', "carriage return"), ('\0', "NUL character")];

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

    /// Finds the answers that have brought such a character into a file: the template can do nothing about it.
    pub(crate) fn unwritable_answers(&self, template: &Template, context: &Context) -> Vec<AnswerProblem> {
        let problem = |(id, value): &(String, Value)| {
            let question = template.question(id)?;
            let value = value.to_string();
            let (character, called) = UNWRITABLE.into_iter().find(|(character, _)| value.contains(*character))?;
            let is_in = |planned: &PlannedFile| planned.bytes.contains(&(character as u8));
            let (path, ..) = self.files.iter().find(|(_, planned, is_checked)| *is_checked && is_in(planned))?;
            let problem = AnswerProblem {
                question: id.clone(),
                message: format!("`{id}` has a {called}, which `{path}` cannot have"),
                hint: "leave it out of the answer: a line of a file ends with LF".to_owned(),
                from: None,
            };
            let provenance = context.origins.get(id).cloned();
            Some(provenance.iter().fold(problem, |problem, from| problem.given_by(question, from)))
        };
        context.answers.iter().filter_map(problem).collect()
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
