//! A line of text that is edited: a pure value, without a terminal.

use console::measure_text_width;

/// A text with a cursor in it. What looks like one character is one, however many code points it has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line {
    text: String,
    /// The cursor, in bytes.
    cursor: usize,
}

impl Line {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), cursor: text.len() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn insert(&mut self, character: char) {
        self.text.insert(self.cursor, character);
        self.cursor += character.len_utf8();
    }

    /// Inserts what was pasted: line ends and tabs become spaces, other control characters are left out. Tells whether
    /// there was a line end between its lines.
    pub(super) fn paste(&mut self, text: &str) -> bool {
        let text = text.trim_end_matches(['\r', '\n']).replace("\r\n", "\n");
        for character in text.chars() {
            match character {
                '\r' | '\n' | '\t' => self.insert(' '),
                character if character.is_control() => {}
                character => self.insert(character),
            }
        }
        text.contains(['\r', '\n'])
    }

    pub(super) fn left(&mut self) {
        self.cursor = self.before();
    }

    pub(super) fn right(&mut self) {
        self.cursor = self.after();
    }

    pub(super) fn home(&mut self) {
        self.cursor = 0;
    }

    pub(super) fn end(&mut self) {
        self.cursor = self.text.len();
    }

    pub(super) fn backspace(&mut self) {
        self.cut(self.before());
    }

    pub(super) fn delete(&mut self) {
        let after = self.after();
        self.text.replace_range(self.cursor..after, "");
    }

    pub(super) fn erase_to_start(&mut self) {
        self.cut(0);
    }

    pub(super) fn erase_to_end(&mut self) {
        self.text.truncate(self.cursor);
    }

    /// Takes away the word before the cursor; in a name with dashes each part is one.
    pub(super) fn erase_word(&mut self) {
        let is_between = |character: char| !character.is_alphanumeric();
        let kept = self.text[..self.cursor].trim_end_matches(is_between);
        let start = kept.rfind(is_between).map_or(0, |at| at + kept[at..].chars().next().map_or(0, char::len_utf8));
        self.cut(start);
    }

    fn cut(&mut self, start: usize) {
        self.text.replace_range(start..self.cursor, "");
        self.cursor = start;
    }

    /// The start of what stands before the cursor: a base with the marks or vowels that are drawn into it.
    fn before(&self) -> usize {
        let is_base = |(_, character): &(usize, char)| width(*character) > 0;
        self.text[..self.cursor].char_indices().rev().find(is_base).map_or(0, |(at, _)| at)
    }

    /// The end of what stands after the cursor.
    fn after(&self) -> usize {
        let rest = &self.text[self.cursor..];
        let is_base = |(_, character): &(usize, char)| width(*character) > 0;
        self.cursor + rest.char_indices().skip(1).find(is_base).map_or(rest.len(), |(at, _)| at)
    }

    /// Returns what of the text fits into some columns, and the column of the cursor in it.
    pub(super) fn window(&self, columns: usize) -> (String, usize) {
        let columns = columns.max(3);
        let mut start = 0;
        // The cursor needs a column of its own.
        while measure_text_width(&self.text[start..self.cursor]) >= columns {
            start += self.text[start..].chars().next().map_or(1, char::len_utf8);
        }
        let mut shown = String::new();
        let mut used = 0;
        for character in self.text[start..].chars() {
            used += width(character);
            if used > columns {
                break;
            }
            shown.push(character);
        }
        (shown, measure_text_width(&self.text[start..self.cursor]))
    }
}

fn width(character: char) -> usize {
    measure_text_width(character.encode_utf8(&mut [0; 4]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backspace_takes_one_character_away_however_it_is_made() {
        for (text, kept) in [("ab", "a"), ("한글", "한"), ("한\u{1112}\u{1161}\u{11ab}", "한"), ("ae\u{301}", "a")]
        {
            let mut line = Line::new(text);
            line.backspace();
            assert_eq!(line.text(), kept);
        }
    }

    #[test]
    fn the_cursor_moves_over_wide_characters() {
        let mut line = Line::new("한글x");
        line.left();
        line.left();
        assert_eq!(line.window(20), ("한글x".to_owned(), 2));
        line.insert('국');
        line.delete();
        assert_eq!((line.text(), line.window(20).1), ("한국x", 4));
        line.home();
        line.right();
        line.erase_to_start();
        assert_eq!(line.text(), "국x");
    }

    #[test]
    fn a_word_is_taken_away_by_its_parts() {
        let mut line = Line::new("orders-api v2");
        for kept in ["orders-api ", "orders-", ""] {
            line.erase_word();
            assert_eq!(line.text(), kept);
        }
    }

    #[test]
    fn a_long_line_shows_where_the_cursor_is() {
        let mut line = Line::new("한글한글한글");
        assert_eq!(line.window(5), ("한글".to_owned(), 4));
        line.home();
        assert_eq!(line.window(5), ("한글".to_owned(), 0));
        line.end();
        line.erase_to_end();
        assert_eq!(line.text(), "한글한글한글");
    }

    #[test]
    fn what_is_pasted_is_one_line_without_control_characters() {
        let mut line = Line::new("");
        assert!(line.paste("a\r\nb\tc\u{1b}[31md\n"), "a line end became a space");
        assert_eq!(line.text(), "a b c[31md");
        assert!(!line.paste("e\tf\r"), "the last line end goes without a trace");
    }
}
