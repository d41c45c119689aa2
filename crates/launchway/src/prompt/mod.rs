//! Asking: the only place that does. A prompter holds no answers; what it is given it makes harmless for the terminal.
//! It shows an answer as accepted only when it is told so: until then its question stands where it was.

mod filter;
mod frame;
mod hangul;
mod help;
mod keys;
mod line;
mod list;
mod pager;
mod plain;
mod rich;
#[cfg(test)]
pub(crate) mod scripted;
mod transcript;
mod typing;

use crate::failure::Failure;
use crate::terminal::{self, Capability};

/// What came of a question. Ctrl-C ends the program with [`crate::failure::Exit::Interrupted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply<T> {
    Answer(T),
    /// Back to the question before.
    Back,
}

/// What stands around the next question; it is used up by it.
#[derive(Debug, Default, Clone)]
pub(crate) struct About {
    /// How far the wizard is: `3 of about 9`.
    pub(crate) progress: String,
    /// One sentence below the question.
    pub(crate) help: String,
    /// All that there is to say, for `?`.
    pub(crate) more: String,
    /// Why the question is asked again.
    pub(crate) problem: String,
    /// For each item what follows from it; may be shorter than the items.
    pub(crate) notes: Vec<String>,
    /// For each item by what it is found besides itself and its note; may be shorter than the items.
    pub(crate) ids: Vec<String>,
    /// For each item why it cannot be chosen; may be shorter than the items.
    pub(crate) refused: Vec<Option<String>>,
    /// Whether it only leads somewhere, so that nothing is left of it on the screen.
    pub(crate) is_menu: bool,
}

/// A question that is answered with a line of text.
pub(crate) struct TextQuestion<'q> {
    pub(crate) prompt: &'q str,
    /// What an empty line stands for.
    pub(crate) default: Option<&'q str>,
    /// What is typed: as it was left before, and as it is left now.
    pub(crate) typed: &'q mut String,
    /// Says what is wrong with a text.
    pub(crate) check: &'q dyn Fn(&str) -> Result<(), String>,
    /// Says what a text becomes, in short lines.
    pub(crate) preview: &'q dyn Fn(&str) -> Vec<String>,
}

/// A long text with keys that do something about it.
pub(crate) struct Page<'p> {
    pub(crate) title: &'p str,
    /// The text, laid out for some columns.
    pub(crate) text: &'p dyn Fn(usize) -> String,
    /// The first one is Enter's; Back is Esc's.
    pub(crate) actions: &'p [Action],
    /// Whether it is left without going back to a question.
    pub(crate) is_menu: bool,
}

/// A key with what it does, in a word or two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Action {
    pub(crate) key: char,
    pub(crate) label: String,
}

/// Asks a person, or a script.
pub(crate) trait Prompter {
    /// Says what stands around the next question.
    fn about(&mut self, about: About);
    /// Asks for a line of text until it is accepted.
    fn text(&mut self, question: TextQuestion<'_>) -> Result<Reply<String>, Failure>;
    /// Asks for one of several items; answers with its position.
    fn select(&mut self, prompt: &str, items: &[String], default: usize) -> Result<Reply<usize>, Failure>;
    /// Asks for any number of several items; answers with their positions.
    fn select_many(&mut self, prompt: &str, items: &[String], chosen: &[bool]) -> Result<Reply<Vec<usize>>, Failure>;
    /// Asks for a text that is never shown.
    fn secret(&mut self, prompt: &str, check: &dyn Fn(&str) -> Result<(), String>) -> Result<Reply<String>, Failure>;
    /// Shows the last answer as accepted. Whoever keeps answers calls it when the answer is kept.
    fn accept(&mut self);
    /// Asks for yes or no; Esc is no.
    fn confirm(&mut self, prompt: &str) -> Result<bool, Failure>;
    /// Shows a long text until one of its keys is pressed.
    fn page(&mut self, page: &Page<'_>) -> Result<Reply<char>, Failure>;
    /// Says something between two questions.
    fn say(&mut self, text: &str);
    /// Returns how many answers are on the screen.
    fn depth(&self) -> usize {
        0
    }
    /// Counts what came after some answers as a part of the last of them: going back takes all of it away.
    fn fold_to(&mut self, _depth: usize) {}
    /// Returns the keys, for the first line.
    fn keys(&self) -> &'static str;
}

/// Returns the prompter that suits the terminal and the user.
pub(crate) fn prompter() -> Box<dyn Prompter> {
    match terminal::capability() {
        Capability::Rich => Box::new(rich::Rich::new()),
        Capability::Plain => Box::new(plain::Plain::new()),
    }
}
