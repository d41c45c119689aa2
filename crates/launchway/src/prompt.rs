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

/// Asks for a line that is not shown, until it is accepted.
pub(crate) fn secret(prompt: &str, accept: impl Fn(&str) -> Result<(), String>) -> Result<String, Failure> {
    let term = Term::stderr();
    loop {
        crate::terminal::say(&format!("{prompt} (not shown): "));
        let text = unshown_line(&term).map_err(|error| failed(dialoguer::Error::IO(error)))?;
        crate::terminal::say("\n");
        match accept(&text) {
            Ok(()) => return Ok(text),
            Err(problem) => crate::terminal::say(&format!("  {problem}\n")),
        }
    }
}

/// Reads a line key by key; while the wizard runs, the terminal shows none of them.
fn unshown_line(term: &Term) -> std::io::Result<String> {
    let mut line = String::new();
    loop {
        match term.read_key()? {
            console::Key::Enter => return Ok(line),
            console::Key::Backspace => drop(line.pop()),
            console::Key::Char(character) if !character.is_control() => line.push(character),
            _ => {}
        }
    }
}

/// Asks for one of several items; returns its position.
pub(crate) fn select(prompt: &str, items: &[String], default: usize) -> Result<usize, Failure> {
    let items = &fitted(items);
    Select::with_theme(&ColorfulTheme::default())
        .with_prompt(prompt)
        .items(items)
        .default(default)
        .report(false)
        .interact_on(&Term::stderr())
        .map_err(failed)
}

/// Asks for any number of several items; returns their positions.
pub(crate) fn select_many(prompt: &str, items: &[String], chosen: &[bool]) -> Result<Vec<usize>, Failure> {
    let items = &fitted(items);
    MultiSelect::with_theme(&ColorfulTheme::default())
        .with_prompt(prompt)
        .items(items)
        .defaults(chosen)
        .report(false)
        .interact_on(&Term::stderr())
        .map_err(failed)
}

/// Shows what was chosen, in the place of the items.
pub(crate) fn chosen(prompt: &str, answer: &str) {
    let mark = console::style("✔").for_stderr().green();
    let prompt = console::style(prompt).for_stderr().bold();
    crate::terminal::say(&format!("{mark} {prompt} · {answer}\n"));
}

/// Cuts items to the width of the terminal: dialoguer redraws by lines, and a wrapped item is more than one.
fn fitted(items: &[String]) -> Vec<String> {
    let width = usize::from(Term::stderr().size().1).saturating_sub(6).max(20);
    items.iter().map(|item| console::truncate_str(item, width, "…").into_owned()).collect()
}

fn failed(error: dialoguer::Error) -> Failure {
    let dialoguer::Error::IO(error) = error;
    match error.kind() {
        std::io::ErrorKind::Interrupted => Failure::silent(Exit::Interrupted),
        _ => Failure::new(Exit::Io, format!("the terminal cannot be read: {error}")),
    }
}
