//! The only file that asks, by dialoguer. Every text was made harmless for terminals before it gets here.

#![expect(clippy::disallowed_methods, reason = "this is the file that asks")]

use console::Term;
use dialoguer::theme::ColorfulTheme;
use dialoguer::{Input, MultiSelect, Select};

use crate::failure::{Exit, Failure};

/// Asks for a line of text until it is accepted.
pub(crate) fn text(
    prompt: &str,
    default: Option<&str>,
    accept: impl Fn(&str) -> Result<(), String>,
) -> Result<String, Failure> {
    let theme = ColorfulTheme::default();
    let mut input = Input::<String>::with_theme(&theme).with_prompt(prompt).validate_with(|text: &String| accept(text));
    if let Some(default) = default {
        input = input.default(default.to_owned());
    }
    input.interact_text_on(&Term::stderr()).map_err(failed)
}

/// Asks for one of several items; returns its position.
pub(crate) fn select(prompt: &str, items: &[String], default: usize) -> Result<usize, Failure> {
    Select::with_theme(&ColorfulTheme::default())
        .with_prompt(prompt)
        .items(items)
        .default(default)
        .interact_on(&Term::stderr())
        .map_err(failed)
}

/// Asks for any number of several items; returns their positions.
pub(crate) fn select_many(prompt: &str, items: &[String], chosen: &[bool]) -> Result<Vec<usize>, Failure> {
    MultiSelect::with_theme(&ColorfulTheme::default())
        .with_prompt(prompt)
        .items(items)
        .defaults(chosen)
        .interact_on(&Term::stderr())
        .map_err(failed)
}

fn failed(error: dialoguer::Error) -> Failure {
    let dialoguer::Error::IO(error) = error;
    match error.kind() {
        std::io::ErrorKind::Interrupted => Failure::silent(Exit::Interrupted),
        _ => Failure::new(Exit::Io, format!("the terminal cannot be read: {error}")),
    }
}
