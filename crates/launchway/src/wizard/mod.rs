//! Asking a template's questions: what is asked next, and how one question is put.

pub(crate) mod ask;
pub(crate) mod walk;

use launchway_core::template::Question;
use launchway_core::{Answers, Provenance, Value};

use crate::failure::{Exit, Failure};

/// Says that the user has left.
pub(crate) fn left() -> Failure {
    Failure::new(Exit::Refused, "nothing was written, as you asked")
}

/// Keeps an answer. A default that was accepted stays a default: it follows the answers that it is made of.
pub(crate) fn keep(answers: &mut Answers, question: &Question, value: Value, default: Option<&Value>) {
    if default == Some(&value) {
        answers.take_default(&question.id);
    } else {
        answers.set(&question.id, value, Provenance::Prompt);
    }
}
