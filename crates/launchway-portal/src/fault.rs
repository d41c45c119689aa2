//! Why a request gets no answer: the problem details of RFC 9457, with one entry for every answer that is wrong.

use std::fmt;

use launchway_core::{AnswerProblem, LoadError, PlanError, Problem};
use serde::Serialize;

/// Where the kinds of faults are described.
const PAGE: &str = "https://launchway.github.io/launchway/portal.html#";

/// Why a request gets no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The kind of fault, as the address of its description.
    #[serde(rename = "type")]
    pub kind: Box<str>,
    /// The kind in a few words.
    pub title: String,
    /// The status that HTTP has for it.
    pub status: u16,
    /// What is wrong, in the words of the program.
    pub detail: String,
    /// What helps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
    /// What is wrong with single answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldFault>,
}

/// What is wrong with one answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldFault {
    /// The id of the question.
    pub question: String,
    /// Where the answer stands in the request, as a JSON pointer.
    pub pointer: String,
    /// What is wrong.
    pub detail: String,
    /// What would be right.
    pub hint: String,
}

impl Fault {
    fn new(kind: &str, title: &str, status: u16, detail: impl Into<String>) -> Self {
        let kind = format!("{PAGE}{kind}").into();
        Self { kind, title: title.to_owned(), status, detail: detail.into(), hints: Vec::new(), errors: Vec::new() }
    }

    /// Says that the request itself cannot be read.
    #[must_use]
    pub fn unreadable(detail: impl Into<String>) -> Self {
        Self::new("unreadable-request", "The request cannot be read", 400, detail)
    }

    /// Says that there is nothing of a name.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new("not-found", "There is nothing of that name", 404, detail)
    }

    /// Says what is wrong with answers; the detail is the first of them.
    #[must_use]
    pub fn answers(errors: Vec<FieldFault>) -> Self {
        let detail = errors.iter().map(|error| error.detail.as_str()).collect::<Vec<_>>().join("; ");
        Self { errors, ..Self::new("refused-answers", "Answers are refused", 422, detail) }
    }

    pub(crate) fn template(detail: impl Into<String>) -> Self {
        Self::new("invalid-template", "The template is invalid", 500, detail)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl FieldFault {
    /// Makes it of what is wrong with the answer to a question.
    #[must_use]
    pub fn new(question: &str, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        let pointer = format!("/answers/{}", question.replace('~', "~0").replace('/', "~1"));
        Self { question: question.to_owned(), pointer, detail: detail.into(), hint: hint.into() }
    }
}

impl From<AnswerProblem> for FieldFault {
    fn from(problem: AnswerProblem) -> Self {
        Self::new(&problem.question, problem.message, problem.hint)
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::template(problem.to_string())
    }
}

impl From<LoadError> for Fault {
    fn from(error: LoadError) -> Self {
        Self::template(error.to_string())
    }
}

impl From<PlanError> for Fault {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Answers(problems) => Self::answers(problems.into_iter().map(FieldFault::from).collect()),
            error => Self::template(error.to_string()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.detail)
    }
}

impl std::error::Error for Fault {}
