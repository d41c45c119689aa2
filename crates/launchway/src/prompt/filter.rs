//! What is typed in a long list to see fewer of its items: a pure value.

use super::keys::Key;
use super::line::Line;
use crate::language;

/// A list of more items than this is filtered.
const MOST_WITHOUT: usize = 10;

/// What is typed.
#[derive(Debug, Default)]
pub(super) struct Filter {
    line: Line,
}

impl Filter {
    /// Returns a filter for a list that is long enough to need one.
    pub(super) fn of(items: usize) -> Option<Self> {
        (items > MOST_WITHOUT).then(Self::default)
    }

    pub(super) fn is_in_use(&self) -> bool {
        !self.line.text().is_empty()
    }

    /// Takes a key that is typed; tells whether it was one. Esc takes away what is typed, as long as something is.
    pub(super) fn press(&mut self, key: &Key) -> bool {
        match key {
            Key::Char(' ' | '?') if !self.is_in_use() => return false,
            Key::Char(character) => self.line.insert(*character),
            Key::Paste(text) => drop(self.line.paste(text)),
            Key::Escape | Key::EraseLine if self.is_in_use() => self.line = Line::default(),
            Key::Backspace if self.is_in_use() => self.line.backspace(),
            Key::EraseWord if self.is_in_use() => self.line.erase_word(),
            _ => return false,
        }
        true
    }

    /// Tells whether every word that is typed stands in one of the texts.
    pub(super) fn lets_through(&self, texts: &[&str]) -> bool {
        let texts: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
        let typed = self.line.text().to_lowercase();
        typed.split_whitespace().all(|word| texts.iter().any(|text| text.contains(word)))
    }

    /// Says what is typed, and how many items are left.
    pub(super) fn said(&self, left: usize, all: usize) -> String {
        if !self.is_in_use() {
            return language::text("type to filter the list").to_owned();
        }
        let typed = crate::terminal::visible_line(self.line.text());
        language::filled(
            "filter {typed}: {left} of {all}",
            &[("typed", &format!("“{typed}”")), ("left", &left), ("all", &all)],
        )
    }
}
