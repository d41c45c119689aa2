//! Answers that are given beforehand, by a file or by `--set`.

mod environment;
mod file;
mod secret_like;
mod set;

use launchway_core::{Template, nearest};

use crate::failure::{Exit, Failure};

pub(crate) use environment::misspelt_variables;
pub(crate) use file::add_file;
pub(crate) use secret_like::{ALLOW_SECRET_LIKE, refuse_secrets};
pub(crate) use set::set;

/// Says that a template has no question of a name; `place` is where it was answered, if that is a file.
fn unknown_question(key: &str, place: Option<&str>, template: &Template) -> Failure {
    let known: Vec<&str> = template.questions.iter().map(|question| question.id.as_str()).collect();
    let place = place.map(|place| format!(" (in {place})")).unwrap_or_default();
    let message = format!("the template `{}` has no question `{key}`{place}", template.id);
    Failure::new(Exit::Usage, message).hint(match nearest(&key.replace('-', "_"), known.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("it asks for {}", known.join(", ")),
    })
}
