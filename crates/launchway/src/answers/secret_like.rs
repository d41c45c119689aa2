//! Answers that look like secrets: they would stand in files, in the record, and in git's history.

use launchway_core::{Answers, Template};

use crate::failure::Failure;

/// The help of `--allow-secret-like`.
pub(crate) const ALLOW_SECRET_LIKE: &str = "Takes answers that look like secrets, which are refused otherwise";

/// Refuses given answers that look like secrets, unless they are allowed.
pub(crate) fn refuse_secrets(answers: &Answers, template: &Template) -> Result<(), Failure> {
    let problems = answers.secret_like(template);
    if problems.is_empty() { Ok(()) } else { Err(problems.into()) }
}
