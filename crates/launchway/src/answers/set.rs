//! Answers as `--set key=value` gives them.

use launchway_core::{Answers, Provenance, Template};

use super::unknown_question;
use crate::failure::{Exit, Failure};

/// Reads `--set key=value`.
pub(crate) fn set(template: &Template, texts: &[String], answers: &mut Answers) -> Result<(), Failure> {
    for text in texts {
        let Some((key, value)) = text.split_once('=') else {
            return Err(Failure::new(Exit::Usage, format!("`--set {text}` has no value"))
                .hint("write it as `--set question=answer`"));
        };
        let id = key.replace('-', "_");
        let Some(question) = template.question(&id) else {
            return Err(unknown_question(key, None, template));
        };
        let read = question.read_open(value).map_err(|problem| problem.given_by(question, &Provenance::Flag))?;
        answers.set(&id, read, Provenance::Flag);
    }
    Ok(())
}
