//! Answers as `--set key=value` gives them.

use launchway_core::{Answers, Provenance, Template};

use crate::failure::{Exit, Failure, listed};

/// Reads `--set key=value`.
pub(crate) fn set(template: &Template, texts: &[String], answers: &mut Answers) -> Result<(), Failure> {
    for text in texts {
        let Some((key, value)) = text.split_once('=') else {
            return Err(Failure::new(Exit::Usage, format!("`--set {text}` has no value"))
                .hint("write it as `--set question=answer`"));
        };
        let id = key.replace('-', "_");
        let Some(question) = template.question(&id) else {
            return Err(Failure::new(Exit::Usage, format!("the template has no question `{key}`"))
                .hint(format!("it asks {}", listed(template.questions.iter().map(|question| &question.id)))));
        };
        answers.set(&id, question.read_open(value)?, Provenance::Flag);
    }
    Ok(())
}
