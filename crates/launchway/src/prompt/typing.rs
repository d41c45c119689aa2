//! A line of text while it is typed: what a key changes, and how it is drawn.

use console::measure_text_width;
use dialoguer::theme::ColorfulTheme;

use super::frame::Room;
use super::keys::Key;
use super::line::Line;
use super::list::{dim, head, themed_error};
use super::{About, TextQuestion};
use crate::language;
use crate::terminal::{visible_line, wrapped};

/// What is said about the last key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Noted {
    Nothing,
    /// Enter was pressed on what is no answer.
    Refused(String),
    /// A line end was pasted, which a line cannot have.
    LineEnds,
}

/// How a text is drawn while it is typed.
pub(super) struct Typing<'t> {
    prompt: String,
    line: &'t Line,
    default: Option<String>,
    is_secret: bool,
    noted: &'t Noted,
    /// What is wrong with what is typed until now.
    problem: Option<String>,
    preview: Vec<String>,
}

/// Tells whether a line is an answer; an empty one stands for the default.
pub(super) fn accepted(line: &Line, question: &TextQuestion<'_>) -> Result<(), String> {
    if line.text().is_empty() && question.default.is_some() { Ok(()) } else { (question.check)(line.text()) }
}

/// Changes a line by a key; returns what is to be said about it.
pub(super) fn change(line: &mut Line, key: Key) -> Noted {
    match key {
        Key::Char(character) => line.insert(character),
        Key::Paste(text) if line.paste(&text) => return Noted::LineEnds,
        Key::Backspace => line.backspace(),
        Key::Delete => line.delete(),
        Key::Left => line.left(),
        Key::Right => line.right(),
        Key::Home => line.home(),
        Key::End => line.end(),
        Key::EraseLine => line.erase_to_start(),
        Key::EraseRest => line.erase_to_end(),
        Key::EraseWord => line.erase_word(),
        _ => {}
    }
    Noted::Nothing
}

impl<'t> Typing<'t> {
    pub(super) fn new(question: &TextQuestion<'_>, line: &'t Line, is_secret: bool, noted: &'t Noted) -> Self {
        let is_empty = line.text().is_empty();
        let seen = if is_empty { question.default.unwrap_or_default() } else { line.text() };
        Self {
            prompt: visible_line(question.prompt),
            line,
            default: question.default.filter(|_| is_empty).map(visible_line),
            is_secret,
            noted,
            problem: if is_empty || is_secret { None } else { (question.check)(line.text()).err() },
            preview: if is_secret { Vec::new() } else { (question.preview)(seen) },
        }
    }

    /// Draws the question, the line, and what the text becomes below it.
    pub(super) fn draw(&self, about: &About, room: Room) -> (Vec<String>, (usize, usize)) {
        let mut lines = head(&self.prompt, about, room);
        lines.truncate(room.rows.saturating_sub(1).max(1));
        let pointer = ColorfulTheme::default().active_item_prefix.to_string();
        let left = room.columns.saturating_sub(3);
        let (shown, column) = if self.is_secret {
            (dim(language::text("what you type is not shown")), 0)
        } else {
            let (shown, column) = self.line.window(left);
            (visible_line(&shown), column)
        };
        let cursor = (lines.len(), column + measure_text_width(&pointer) + 1);
        let default = self.default.as_ref().map(|default| format!("({default})")).unwrap_or_default();
        // What is too long to stand beside the cursor stands below it.
        let (beside, below) =
            if measure_text_width(&default) > left { ("", default.as_str()) } else { (&*default, "") };
        lines.push(format!("{pointer} {shown}{}", dim(beside)));
        if !below.is_empty() {
            lines.extend(wrapped(below, left).iter().map(|line| dim(&format!("  {line}"))));
        }
        let left = room.rows.saturating_sub(lines.len());
        lines.extend(self.below(room).into_iter().take(left));
        (lines, cursor)
    }

    /// What is wrong comes first: it is what there may be room for.
    fn below(&self, room: Room) -> Vec<String> {
        let mut lines = Vec::new();
        if let Noted::Refused(problem) = self.noted {
            let broken = wrapped(&visible_line(problem), room.columns.saturating_sub(4));
            let mark = |(position, line): (usize, &String)| {
                if position == 0 { themed_error(line) } else { format!("  {line}") }
            };
            lines.extend(broken.iter().enumerate().map(mark));
        }
        let note = language::text("an answer is one line: each line end that was pasted is a space now");
        let note = (*self.noted == Noted::LineEnds).then_some(note.to_owned());
        let problem = self.problem.as_ref().filter(|_| !matches!(self.noted, Noted::Refused(_))).cloned();
        let said = note.into_iter().chain(problem).chain(self.preview.iter().cloned());
        let said = said.flat_map(|text| wrapped(&visible_line(&text), room.columns.saturating_sub(2)));
        lines.extend(said.map(|line| dim(&format!("  {line}"))));
        lines
    }
}
