//! A long text in a window, with keys that do something about it: a pure value, and how it is drawn.

use console::measure_text_width;

use super::frame::{Room, fitted_words};
use super::hangul;
use super::keys::Key;
use super::list::dim;
use super::{Action, Page};
use crate::language;
use crate::terminal::{broken, padded, visible, visible_line, widest};

/// A text with the place that is shown.
pub(super) struct Pager<'p> {
    page: &'p Page<'p>,
    /// The room that it is laid out for.
    room: Room,
    lines: Vec<String>,
    top: usize,
}

/// What a key has done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PagerResult {
    Goes,
    Done(char),
    Back,
    Help,
}

impl<'p> Pager<'p> {
    pub(super) fn new(page: &'p Page<'p>, room: Room) -> Self {
        let mut pager = Self { page, room, lines: Vec::new(), top: 0 };
        pager.lay_out();
        pager
    }

    /// Lays the text out for another room, with the same line at the top as far as there is one.
    pub(super) fn fit(&mut self, room: Room) {
        if room != self.room {
            let before = self.lines.len().max(1);
            self.room = room;
            self.lay_out();
            self.top = self.top * self.lines.len() / before;
        }
    }

    fn lay_out(&mut self) {
        let text = visible(&(self.page.text)(self.room.columns));
        self.lines = text.lines().flat_map(|line| folded(line, self.room.columns)).collect();
    }

    /// Does what a key says. The keys that move come after those of the page.
    pub(super) fn press(&mut self, key: &Key) -> PagerResult {
        if let Some(action) = self.action(key) {
            return PagerResult::Done(action);
        }
        let letter = if let Key::Char(character) = key { Some(hangul::letter(*character)) } else { None };
        let height = self.height();
        let last = self.lines.len().saturating_sub(height);
        self.top = match (key, letter) {
            (Key::Up, _) | (_, Some('k')) => self.top.saturating_sub(1),
            (Key::Down, _) | (_, Some('j')) => self.top + 1,
            (Key::PageUp, _) | (_, Some('b')) => self.top.saturating_sub(height),
            (Key::PageDown, _) | (_, Some(' ')) => self.top + height,
            (Key::Home, _) | (_, Some('g')) => 0,
            (Key::End, _) | (_, Some('G')) => last,
            _ => self.top,
        }
        .min(last);
        let is_help = self.page.actions.is_empty();
        match (key, letter) {
            (Key::Enter, _) => self.page.actions.first().map_or(PagerResult::Back, |it| PagerResult::Done(it.key)),
            (Key::Escape, _) => PagerResult::Back,
            (_, Some('q' | '?')) if is_help => PagerResult::Back,
            (_, Some('?')) => PagerResult::Help,
            _ => PagerResult::Goes,
        }
    }

    /// Finds what a key of the page does, also while a Hangul keyboard or Caps Lock is on.
    fn action(&self, key: &Key) -> Option<char> {
        let Key::Char(character) = key else { return None };
        let letter = hangul::letter(*character);
        let of = |letter: char| self.page.actions.iter().map(|action| action.key).find(|key| *key == letter);
        // `G` moves to the end, also where `g` is a key of the page.
        of(letter).or_else(|| of(letter.to_ascii_lowercase()).filter(|_| letter != 'G'))
    }

    fn height(&self) -> usize {
        let title = usize::from(self.room.rows >= 6);
        self.room.rows.saturating_sub(title + self.foot().len()).max(1)
    }

    pub(super) fn draw(&self) -> Vec<String> {
        let (room, height) = (self.room, self.height());
        let top = self.top.min(self.lines.len().saturating_sub(height));
        let mut shown = Vec::new();
        if room.rows >= 6 {
            let place = format!("{}-{}/{}", top + 1, (top + height).min(self.lines.len()), self.lines.len());
            let place = if self.lines.len() > height { format!("  {place}") } else { String::new() };
            let left = room.columns.saturating_sub(place.len());
            let title = fitted_words(&visible_line(self.page.title), left);
            shown.push(format!("{}{}", console::style(title).for_stderr().bold(), dim(&place)));
        }
        shown.extend(self.lines.iter().skip(top).take(height).cloned());
        shown.extend(self.foot());
        shown
    }

    /// Names the keys; in little room by themselves.
    fn foot(&self) -> Vec<String> {
        let mut words = keys(self.page.actions);
        if self.page.actions.is_empty() {
            words.push(("Esc ?".to_owned(), language::text("back")));
        } else {
            words.push(("Esc".to_owned(), language::text("back")));
            words.push(("?".to_owned(), language::text("help")));
        }
        if self.lines.len() + 3 > self.room.rows {
            words.push(("↑↓".to_owned(), language::text("scroll")));
        }
        let long: Vec<String> = words.iter().map(|(key, label)| format!("{key} {label}")).collect();
        let mut lines = joined(&long, " · ", self.room.columns);
        if lines.len() > self.room.rows / 5 + 1 {
            let short: Vec<String> = words.iter().map(|(key, _)| key.clone()).collect();
            lines = joined(&short, " ", self.room.columns);
        }
        lines.truncate((self.room.rows / 3).max(1));
        lines.iter().map(|line| dim(line)).collect()
    }
}

/// The keys of a page with what they do; the first one is Enter's.
fn keys(actions: &[Action]) -> Vec<(String, &str)> {
    let key =
        |(position, action): (usize, &Action)| if position == 0 { "Enter".to_owned() } else { action.key.to_string() };
    actions.iter().enumerate().map(|it| (key(it), it.1.label.as_str())).collect()
}

/// Says what every key of a page does.
pub(super) fn help(actions: &[Action]) -> String {
    let mut words = keys(actions);
    words.push(("Esc".to_owned(), language::text("back")));
    words.push(("↑ ↓ PgUp PgDn".to_owned(), language::text("scroll")));
    words.push(("Home End".to_owned(), language::text("to the start, to the end")));
    words.push(("?".to_owned(), language::text("shows this help, and closes it")));
    words.push(("Ctrl-C".to_owned(), language::text("quits")));
    let width = widest(words.iter().map(|(key, _)| key.as_str()));
    words.iter().fold(String::new(), |text, (key, label)| text + "  " + &padded(key, width) + "  " + label + "\n")
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

/// Breaks a line between words, and a word that is longer than a line too: what is shown may be code. Lines after the first
/// are marked by an indentation.
fn folded(line: &str, columns: usize) -> Vec<String> {
    let indentation = line.len() - line.trim_start_matches(' ').len();
    let indentation = " ".repeat(if indentation + 12 > columns { 0 } else { indentation + 2 });
    let mut lines = Vec::new();
    let mut current = String::new();
    for piece in words(line) {
        if measure_text_width(&current) + measure_text_width(piece) <= columns {
            current.push_str(piece);
            continue;
        }
        if !current.trim().is_empty() {
            lines.push(std::mem::replace(&mut current, indentation.clone()).trim_end().to_owned());
        }
        // A line that goes on begins with a word.
        let word = if lines.is_empty() { piece } else { piece.trim_start_matches(' ') };
        for (position, part) in broken(word, columns.saturating_sub(indentation.len()).max(1)).iter().enumerate() {
            if position > 0 {
                lines.push(std::mem::replace(&mut current, indentation.clone()));
            }
            current.push_str(part);
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
            let lay_out = |_: usize| text.clone();
            let page = Page { title: "Review", text: &lay_out, actions: &actions, is_menu: false };
            let mut pager = Pager::new(&page, room);
            let mut seen = String::new();
            for _ in 0..1_000 {
                let lines = pager.draw();
                assert!(lines.len() <= rows.max(2), "{rows}x{columns}: {lines:#?}");
                assert!(lines.iter().all(|line| measure_text_width(line) <= columns), "{lines:#?}");
                seen.push_str(&lines.concat().replace(' ', ""));
                pager.press(&Key::Down);
            }
            assert!(columns < 12 || seen.contains("line40"), "{rows}x{columns}");
        }
    }

    #[test]
    fn the_keys_of_the_page_come_first() {
        let actions = actions();
        let page = Page { title: "", text: &|_| String::new(), actions: &actions, is_menu: false };
        let mut pager = Pager::new(&page, Room { rows: 23, columns: 79 });
        for (key, result) in [
            (Key::Char('g'), PagerResult::Done('g')),
            (Key::Enter, PagerResult::Done('g')),
            (Key::Char('q'), PagerResult::Done('q')),
            (Key::Char('Q'), PagerResult::Done('q')),
            (Key::Char('ㄷ'), PagerResult::Done('e')),
            (Key::Char('ㄴ'), PagerResult::Done('s')),
            (Key::Char('ㅃ'), PagerResult::Done('q')),
            (Key::Escape, PagerResult::Back),
            (Key::Char('?'), PagerResult::Help),
            (Key::Char('G'), PagerResult::Goes),
            (Key::Char('x'), PagerResult::Goes),
        ] {
            assert_eq!(pager.press(&key), result, "{key:?}");
        }
    }

    #[test]
    fn a_page_without_keys_of_its_own_is_closed_by_the_key_that_has_opened_it() {
        let page = Page { title: "", text: &|_| String::new(), actions: &[], is_menu: true };
        let mut pager = Pager::new(&page, Room { rows: 23, columns: 79 });
        for key in [Key::Char('?'), Key::Char('q'), Key::Char('ㅂ'), Key::Enter, Key::Escape] {
            assert_eq!(pager.press(&key), PagerResult::Back, "{key:?}");
        }
    }

    #[test]
    fn every_key_is_named_with_what_it_does_where_there_is_room_for_it() {
        let actions = actions();
        let page = Page { title: "", text: &|_| String::new(), actions: &actions, is_menu: false };
        for columns in [79, 58, 39] {
            let foot = Pager::new(&page, Room { rows: 23, columns }).foot().join(" · ");
            for action in &actions[1..] {
                assert!(foot.contains(&format!("{} {}", action.key, action.label)), "{columns}: {foot}");
            }
            assert!(foot.contains("? help") && foot.contains("Esc back"), "{columns}: {foot}");
        }
        assert!(help(&actions).contains("s              save and leave\n"), "{}", help(&actions));
    }

    #[test]
    fn a_line_is_broken_between_words_where_it_can_be() {
        assert_eq!(folded("  one two three", 9), ["  one two", "three"]);
        assert_eq!(folded("한국어 문장", 6), ["한국어", "문장"].map(ToOwned::to_owned));
        assert_eq!(folded("abcdefgh", 3), ["abc", "def", "gh"]);
    }
}
