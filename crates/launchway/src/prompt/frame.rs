//! A block of lines at the end of what the terminal shows, which is drawn again and again in its place.

use std::fmt::Write as _;

use console::{Term, measure_text_width, truncate_str};

use super::transcript::rows;
use crate::interrupt;

/// The block that is on the screen now.
#[derive(Debug, Default)]
pub(super) struct Frame {
    /// The widths of the lines above the cursor, as they were drawn.
    above: Vec<usize>,
    column: usize,
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

/// Cuts a text to the room behind a word; one that has no word that fits, as a path, behind a sign.
pub(super) fn fitted_words(text: &str, columns: usize) -> String {
    if measure_text_width(text) <= columns {
        return text.to_owned();
    }
    let fits = |start: &&str, more: usize| measure_text_width(start) + more <= columns;
    let words = text.match_indices(' ').map(|(end, _)| &text[..end]);
    let signs = text.match_indices(['/', '-', '.', '_']).map(|(end, sign)| &text[..end + sign.len()]);
    let word = words.take_while(|start| fits(start, 2)).last().filter(|start| !start.trim().is_empty());
    let sign = || signs.take_while(|start| fits(start, 1)).last().filter(|start| start.len() > 1);
    match word {
        Some(start) => format!("{start} …"),
        None => sign().map_or_else(|| fitted(text, columns), |start| format!("{start}…")),
    }
}

impl Frame {
    /// Draws lines in the place of those before, and leaves the cursor in one of them.
    pub(super) fn draw(&mut self, lines: &[String], (row, column): (usize, usize)) {
        let room = room();
        let lines = &lines[..lines.len().min(room.rows)];
        let mut text = self.erasure(0);
        let lines: Vec<String> = lines.iter().map(|line| fitted(line, room.columns)).collect();
        text.push_str(&lines.join("\r\n"));
        let last = lines.len().saturating_sub(1);
        let row = row.min(last);
        let column = column.min(room.columns);
        text.push('\r');
        if last > row {
            let _ = write!(text, "\x1b[{}A", last - row);
        }
        if column > 0 {
            let _ = write!(text, "\x1b[{column}C");
        }
        interrupt::draw(&text, last - row);
        let above = lines.iter().take(row).map(|line| measure_text_width(line)).collect();
        *self = Self { above, column, is_drawn: true };
    }

    /// Takes the lines away; the cursor stands where they began.
    pub(super) fn erase(&mut self) {
        self.replace(&[]);
    }

    /// Writes other lines in the place of the lines; the cursor stands below them.
    pub(super) fn replace(&mut self, lines: &[String]) {
        self.replace_with_above(0, lines);
    }

    /// Writes other lines in the place of the lines and of some rows above them; the cursor stands below them.
    pub(super) fn replace_with_above(&mut self, above: usize, lines: &[String]) {
        let lines = lines.iter().fold(String::new(), |text, line| text + line + "\r\n");
        interrupt::draw(&(self.erasure(above) + &lines), 0);
        *self = Self::default();
    }

    /// Leaves the lines where they are: what is drawn next stands below them.
    pub(super) fn let_go(&mut self) {
        *self = Self::default();
        interrupt::let_go();
    }

    fn erasure(&self, more: usize) -> String {
        let columns = usize::from(Term::stderr().size().1).max(1);
        let above = rows(&self.above, columns) + self.column / columns + more;
        match (self.is_drawn, above) {
            (false, 0) => String::new(),
            (_, 0) => "\r\x1b[J".to_owned(),
            (_, above) => format!("\r\x1b[{above}A\x1b[J"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_behind_a_word() {
        assert_eq!(fitted_words("one two three", 9), "one two …");
        assert_eq!(fitted_words("one two", 9), "one two");
        assert_eq!(fitted_words("unbreakable", 5), "unbr…");
        assert_eq!(fitted_words("deploy/kubernetes/base", 19), "deploy/kubernetes/…");
        assert_eq!(fitted_words("한국어 문장", 8), "한국어 …");
    }
}
