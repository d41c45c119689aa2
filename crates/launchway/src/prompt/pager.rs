//! A long text in a window, with keys that do something about it: a pure value, and how it is drawn.

use console::measure_text_width;

use super::frame::{Room, fitted};
use super::keys::Key;
use super::list::dim;
use super::{Action, Page};
use crate::language;

/// A text with the place that is shown.
#[derive(Debug)]
pub(super) struct Pager<'p> {
    title: String,
    text: String,
    actions: &'p [Action],
    top: usize,
}

/// What a key has done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PagerResult {
    Goes,
    Done(char),
    Back,
}

impl<'p> Pager<'p> {
    /// The text has to be harmless.
    pub(super) fn new(page: &Page<'p>, title: String, text: String) -> Self {
        Self { title, text, actions: page.actions, top: 0 }
    }

    /// Does what a key says. The keys that move come after those of the page.
    pub(super) fn press(&mut self, key: &Key, room: Room) -> PagerResult {
        if let Key::Char(character) = key
            && let Some(action) = self.actions.iter().find(|action| action.key == *character)
        {
            return PagerResult::Done(action.key);
        }
        let (height, length) = (self.height(room), self.lines(room).len());
        let last = length.saturating_sub(height);
        self.top = match key {
            Key::Up | Key::Char('k') => self.top.saturating_sub(1),
            Key::Down | Key::Char('j') => self.top + 1,
            Key::PageUp | Key::Char('b') => self.top.saturating_sub(height),
            Key::PageDown | Key::Char(' ') => self.top + height,
            Key::Home | Key::Char('g') => 0,
            Key::End | Key::Char('G') => last,
            _ => self.top,
        }
        .min(last);
        match key {
            Key::Enter => self.actions.first().map_or(PagerResult::Back, |action| PagerResult::Done(action.key)),
            Key::Escape => PagerResult::Back,
            Key::Char('q') if self.actions.is_empty() => PagerResult::Back,
            _ => PagerResult::Goes,
        }
    }

    /// The text, broken to the width.
    fn lines(&self, room: Room) -> Vec<String> {
        self.text.lines().flat_map(|line| folded(line, room.columns)).collect()
    }

    fn height(&self, room: Room) -> usize {
        let title = usize::from(room.rows >= 6);
        room.rows.saturating_sub(title + self.foot(room).len()).max(1)
    }

    pub(super) fn draw(&self, room: Room) -> Vec<String> {
        let lines = self.lines(room);
        let height = self.height(room);
        let top = self.top.min(lines.len().saturating_sub(height));
        let mut shown = Vec::new();
        if room.rows >= 6 {
            let place = format!("{}-{}/{}", top + 1, (top + height).min(lines.len()), lines.len());
            let place = if lines.len() > height { dim(&format!("  {place}")) } else { String::new() };
            shown.push(fitted(&format!("{}{place}", console::style(&self.title).for_stderr().bold()), room.columns));
        }
        shown.extend(lines.iter().skip(top).take(height).cloned());
        shown.extend(self.foot(room));
        shown
    }

    /// Names the keys; in little room by themselves.
    fn foot(&self, room: Room) -> Vec<String> {
        let mut words: Vec<(String, &str)> = Vec::new();
        for (position, action) in self.actions.iter().enumerate() {
            let key = if position == 0 { "Enter".to_owned() } else { action.key.to_string() };
            words.push((key, &action.label));
        }
        words.push(("Esc".to_owned(), language::text("back")));
        if self.lines(room).len() + 3 > room.rows {
            words.push(("↑↓".to_owned(), language::text("scroll")));
        }
        let long: Vec<String> = words.iter().map(|(key, label)| format!("{key} {label}")).collect();
        let mut lines = joined(&long, " · ", room.columns);
        if lines.len() > room.rows / 5 + 1 {
            let short: Vec<String> = words.iter().map(|(key, _)| key.clone()).collect();
            lines = joined(&short, " ", room.columns);
        }
        lines.truncate((room.rows / 3).max(1));
        lines.iter().map(|line| dim(line)).collect()
    }
}

/// Joins words to lines that fit.
fn joined(words: &[String], between: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line)
                if measure_text_width(line) + measure_text_width(between) + measure_text_width(word) <= columns =>
            {
                line.push_str(between);
                line.push_str(word);
            }
            _ => lines.push(word.clone()),
        }
    }
    lines
}

/// Breaks a line anywhere: what is shown may be code. Lines after the first are marked by an indentation.
fn folded(line: &str, columns: usize) -> Vec<String> {
    let indentation = line.len() - line.trim_start_matches(' ').len();
    let indentation = " ".repeat(if indentation + 12 > columns { 0 } else { indentation + 2 });
    let mut lines = Vec::new();
    let mut current = String::new();
    let mut used = 0;
    for piece in words(line) {
        let width = measure_text_width(piece);
        if used + width <= columns {
            current.push_str(piece);
            used += width;
            continue;
        }
        if !current.trim().is_empty() {
            lines.push(std::mem::replace(&mut current, indentation.clone()).trim_end().to_owned());
            used = indentation.len();
        }
        // A line that goes on begins with a word.
        let piece = if lines.is_empty() { piece } else { piece.trim_start_matches(' ') };
        for character in piece.chars() {
            let width = measure_text_width(character.encode_utf8(&mut [0; 4]));
            if used + width > columns {
                lines.push(std::mem::replace(&mut current, indentation.clone()));
                used = indentation.len();
            }
            current.push(character);
            used += width;
        }
    }
    lines.push(current);
    lines
}

/// Splits a line after each run of spaces.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let spaces = rest.len() - rest.trim_start_matches(' ').len();
        let end = rest[spaces..].find(' ').map_or(rest.len(), |end| spaces + end);
        words.push(&rest[..end]);
        rest = &rest[end..];
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions() -> Vec<Action> {
        let action = |(key, label): (char, &str)| Action { key, label: label.to_owned() };
        [('g', "generate the project"), ('e', "edit an answer"), ('s', "save and leave"), ('q', "quit")]
            .map(action)
            .into()
    }

    #[test]
    fn every_line_can_be_reached_whatever_the_size() {
        let actions = actions();
        let text: String = (1..=40)
            .fold(String::new(), |text, number| format!("{text}  line {number} 한국어 with-a-long-word-{number}\n"));
        for (rows, columns) in [(23, 79), (4, 19), (2, 8), (7, 30)] {
            let room = Room { rows, columns };
            let page = Page { title: "Review", text: &text, actions: &actions, is_menu: false };
            let mut pager = Pager::new(&page, "Review".to_owned(), text.clone());
            let mut seen = String::new();
            for _ in 0..1_000 {
                let lines = pager.draw(room);
                assert!(lines.len() <= rows.max(2), "{rows}x{columns}: {lines:#?}");
                assert!(lines.iter().all(|line| measure_text_width(line) <= columns), "{lines:#?}");
                seen.push_str(&lines.concat().replace(' ', ""));
                pager.press(&Key::Down, room);
            }
            assert!(columns < 12 || seen.contains("line40"), "{rows}x{columns}");
        }
    }

    #[test]
    fn the_keys_of_the_page_come_first() {
        let actions = actions();
        let page = Page { title: "", text: "", actions: &actions, is_menu: false };
        let room = Room { rows: 23, columns: 79 };
        let mut pager = Pager::new(&page, String::new(), String::new());
        assert_eq!(pager.press(&Key::Char('g'), room), PagerResult::Done('g'));
        assert_eq!(pager.press(&Key::Enter, room), PagerResult::Done('g'));
        assert_eq!(pager.press(&Key::Char('q'), room), PagerResult::Done('q'));
        assert_eq!(pager.press(&Key::Escape, room), PagerResult::Back);
        assert_eq!(pager.press(&Key::Char('x'), room), PagerResult::Goes);
    }

    #[test]
    fn a_line_is_broken_between_words_where_it_can_be() {
        assert_eq!(folded("  one two three", 9), ["  one two", "three"]);
        assert_eq!(folded("한국어 문장", 6), ["한국어", "문장"].map(ToOwned::to_owned));
        assert_eq!(folded("abcdefgh", 3), ["abc", "def", "gh"]);
    }
}
