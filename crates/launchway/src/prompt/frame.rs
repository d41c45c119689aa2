//! A block of lines at the end of what the terminal shows, which is drawn again and again in its place.

use std::fmt::Write as _;

use console::{Term, truncate_str};

use crate::interrupt;
use crate::terminal;

/// The block that is on the screen now.
#[derive(Debug, Default)]
pub(super) struct Frame {
    /// How many lines stand above the cursor.
    above: usize,
    is_drawn: bool,
}

/// What a terminal has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) rows: usize,
    pub(super) columns: usize,
}

/// Returns the room, less a column and a row: writing into the last ones moves what is there.
pub(super) fn room() -> Room {
    let (rows, columns) = Term::stderr().size();
    Room { rows: usize::from(rows).saturating_sub(1).max(2), columns: usize::from(columns).saturating_sub(1).max(8) }
}

/// Cuts a line to the room.
pub(super) fn fitted(line: &str, columns: usize) -> String {
    truncate_str(line, columns, "…").into_owned()
}

impl Frame {
    /// Draws lines in the place of those before, and leaves the cursor in one of them.
    pub(super) fn draw(&mut self, lines: &[String], (row, column): (usize, usize)) {
        let room = room();
        let lines = &lines[..lines.len().min(room.rows)];
        let mut text = self.erasure();
        for (position, line) in lines.iter().enumerate() {
            let end = if position + 1 < lines.len() { "\r\n" } else { "" };
            let _ = write!(text, "{}{end}", fitted(line, room.columns));
        }
        let last = lines.len().saturating_sub(1);
        let row = row.min(last);
        text.push('\r');
        if last > row {
            let _ = write!(text, "\x1b[{}A", last - row);
        }
        if column > 0 {
            let _ = write!(text, "\x1b[{}C", column.min(room.columns));
        }
        terminal::say(&text);
        (self.above, self.is_drawn) = (row, true);
        interrupt::set_rows_below(last - row);
    }

    /// Takes the lines away; the cursor stands where they began.
    pub(super) fn erase(&mut self) {
        self.replace("");
    }

    /// Writes a text in the place of the lines; the cursor stands behind it.
    pub(super) fn replace(&mut self, text: &str) {
        terminal::say(&(self.erasure() + text));
        *self = Self::default();
        interrupt::set_rows_below(0);
    }

    fn erasure(&self) -> String {
        if !self.is_drawn {
            return String::new();
        }
        match self.above {
            0 => "\r\x1b[J".to_owned(),
            above => format!("\r\x1b[{above}A\x1b[J"),
        }
    }
}
