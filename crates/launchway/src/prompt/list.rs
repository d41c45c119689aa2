//! A list of items with one that is pointed at: a pure value, and how it is drawn.

use console::measure_text_width;
use dialoguer::theme::{ColorfulTheme, Theme as _};

use super::About;
use super::filter::Filter;
use super::frame::{Room, fitted, fitted_words};
use super::hangul;
use super::keys::Key;
use super::rich::themed;
use crate::language;
use crate::terminal::{is_narrow, padded, widest, wrapped};

/// The items of a question.
#[derive(Debug)]
pub(super) struct List<'l> {
    prompt: &'l str,
    items: &'l [String],
    about: &'l About,
    /// The one that is pointed at, among those that the filter lets through.
    pointed: usize,
    /// Which ones are chosen, where several can be.
    chosen: Option<Vec<bool>>,
    /// What is typed to see fewer of them, where there are many.
    filter: Option<Filter>,
    /// Why the item cannot be chosen at which Enter was pressed.
    refusal: Option<String>,
}

/// What a key has done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Goes,
    Accepted,
    Back,
    Help,
}

impl<'l> List<'l> {
    pub(super) fn new(prompt: &'l str, items: &'l [String], about: &'l About, pointed: usize) -> Self {
        let pointed = pointed.min(items.len().saturating_sub(1));
        Self { prompt, items, about, pointed, chosen: None, filter: Filter::of(items.len()), refusal: None }
    }

    pub(super) fn of_many(prompt: &'l str, items: &'l [String], about: &'l About, chosen: &[bool]) -> Self {
        let mut chosen = chosen.to_vec();
        chosen.resize(items.len(), false);
        Self { chosen: Some(chosen), ..Self::new(prompt, items, about, 0) }
    }

    /// Returns the item that is pointed at; there is none where the filter lets none through.
    pub(super) fn pointed(&self) -> Option<usize> {
        self.shown().get(self.pointed).copied()
    }

    pub(super) fn chosen(&self) -> Vec<usize> {
        let chosen = self.chosen.iter().flatten().enumerate();
        chosen.filter_map(|(position, is_chosen)| is_chosen.then_some(position)).collect()
    }

    /// The positions of the items that the filter lets through.
    fn shown(&self) -> Vec<usize> {
        let lets_through = |item: &usize| {
            let id = self.about.ids.get(*item).map_or("", String::as_str);
            let texts = [self.items[*item].as_str(), self.about.note(*item), id];
            self.filter.as_ref().is_none_or(|filter| filter.lets_through(&texts))
        };
        (0..self.items.len()).filter(lets_through).collect()
    }

    /// Does what a key says.
    pub(super) fn press(&mut self, key: &Key, page: usize) -> Outcome {
        self.refusal = None;
        if self.is_typed(key) {
            return Outcome::Goes;
        }
        let letter = match key {
            Key::Char(character) if self.filter.is_none() => Some(hangul::letter(*character)),
            _ => None,
        };
        self.pointed = self.moved(key, letter, page);
        match key {
            Key::Enter => self.accept(),
            Key::Escape | Key::Left => Outcome::Back,
            Key::Char('?') => Outcome::Help,
            Key::Char(' ') => self.choose(),
            _ => Outcome::Goes,
        }
    }

    fn moved(&self, key: &Key, letter: Option<char>, page: usize) -> usize {
        let count = self.shown().len();
        let last = count.saturating_sub(1);
        match (key, letter) {
            (Key::Up, _) | (_, Some('k')) => self.pointed.checked_sub(1).unwrap_or(last),
            (Key::Down | Key::Tab, _) | (_, Some('j')) => (self.pointed + 1) % count.max(1),
            (Key::PageUp, _) => self.pointed.saturating_sub(page),
            (Key::PageDown, _) => (self.pointed + page).min(last),
            (Key::Home, _) => 0,
            (Key::End, _) => last,
            (_, Some(digit @ '1'..='9')) => self.at_digit(digit),
            _ => self.pointed,
        }
    }

    /// Gives a key to the filter; tells whether it took it. The item that is pointed at stays so as long as it is there.
    fn is_typed(&mut self, key: &Key) -> bool {
        let before = self.pointed();
        let is_space = *key == Key::Char(' ') && self.chosen.is_some();
        if is_space || !self.filter.as_mut().is_some_and(|filter| filter.press(key)) {
            return false;
        }
        let again = before.and_then(|before| self.shown().iter().position(|item| *item == before));
        self.pointed = again.unwrap_or(0);
        true
    }

    /// Points at the item with a number, as long as each has one.
    fn at_digit(&self, digit: char) -> usize {
        let position = digit.to_digit(10).map_or(0, |digit| digit as usize).saturating_sub(1);
        if position < self.items.len() { position } else { self.pointed }
    }

    fn accept(&mut self) -> Outcome {
        let refusal = self.pointed().map(|item| self.about.refusal(item));
        match refusal {
            None => Outcome::Goes,
            Some(Some(reason)) if self.chosen.is_none() => {
                self.refusal = Some(reason.to_owned());
                Outcome::Goes
            }
            Some(_) => Outcome::Accepted,
        }
    }

    /// Space chooses one of many, and changes nothing where only one can be chosen.
    fn choose(&mut self) -> Outcome {
        let pointed = self.pointed();
        if let Some(chosen) = self.chosen.as_mut().zip(pointed).and_then(|(chosen, pointed)| chosen.get_mut(pointed)) {
            *chosen = !*chosen;
        }
        Outcome::Goes
    }

    /// Returns how many items are shown at once.
    pub(super) fn page(&self, room: Room) -> usize {
        room.rows.saturating_sub(self.around(room)).clamp(1, self.items.len().max(1))
    }

    /// The rows above and below the items.
    fn around(&self, room: Room) -> usize {
        let above = head(self.prompt, self.about, room).len() + self.filter_line(room).len();
        above + if room.rows < 7 { 1 } else { self.most_details(room) }
    }

    fn most_details(&self, room: Room) -> usize {
        let most = (0..self.items.len()).map(|item| self.details(Some(item), room).len()).max();
        most.unwrap_or_default().clamp(1, MOST_DETAILS)
    }

    /// Says what is typed, or that something can be.
    fn filter_line(&self, room: Room) -> Vec<String> {
        let Some(filter) = &self.filter else { return Vec::new() };
        let said = filter.said(self.shown().len(), self.items.len());
        let is_shown = filter.is_in_use() || room.rows >= 7;
        is_shown.then(|| dim(&fitted(&format!("  {said}"), room.columns))).into_iter().collect()
    }

    /// Draws the list; the second value is the line of the item that is pointed at.
    pub(super) fn draw(&self, room: Room) -> (Vec<String>, usize) {
        let mut lines = head(self.prompt, self.about, room);
        lines.extend(self.filter_line(room));
        let (page, shown) = (self.page(room), self.shown());
        let start = (self.pointed + 1).saturating_sub(page).min(shown.len().saturating_sub(page));
        let row = if shown.is_empty() { lines.len() - 1 } else { lines.len() + self.pointed - start };
        let labels = self.labels(room);
        lines.extend(shown.iter().skip(start).take(page).map(|item| self.row(*item, labels, room)));
        let details = self.details(self.pointed(), room);
        let left = room.rows.saturating_sub(lines.len());
        lines.extend(details.into_iter().take(left.max(1)));
        (lines, row)
    }

    /// The width of the widest item.
    fn labels(&self, room: Room) -> usize {
        widest(self.items.iter().map(String::as_str)).min(room.columns * 2 / 3)
    }

    /// The columns that an item and what follows from it have.
    fn cell(&self, room: Room) -> usize {
        room.columns.saturating_sub(if self.chosen.is_some() { 5 } else { 2 })
    }

    fn row(&self, position: usize, labels: usize, room: Room) -> String {
        let item = &self.items[position];
        let refusal = self.about.refusal(position);
        let note = refusal.unwrap_or_else(|| self.about.note(position));
        let is_alone = note.is_empty() || is_narrow(room.columns);
        let shown = if is_alone { fitted_words(item, self.cell(room)) } else { padded(item, labels) };
        // The item keeps its place; what follows from it is cut where it does not fit.
        let left = self.cell(room).saturating_sub(measure_text_width(&shown) + 2);
        let note = if is_alone { String::new() } else { format!("  {}", fitted_words(note, left)) };
        let shown = if refusal.is_some() { console::style(shown).for_stderr().dim().to_string() } else { shown };
        let cut = fitted(&format!("{shown}{}", console::style(note).for_stderr().dim()), self.cell(room));
        let theme = ColorfulTheme::default();
        let is_pointed = self.pointed() == Some(position);
        themed(|text| match &self.chosen {
            None => theme.format_select_prompt_item(text, &cut, is_pointed),
            Some(chosen) => theme.format_multi_select_prompt_item(text, &cut, chosen[position], is_pointed),
        })
    }

    /// What stands below the items: why one cannot be chosen, or what did not fit beside the one that is pointed at.
    fn details(&self, item: Option<usize>, room: Room) -> Vec<String> {
        if let Some(reason) = &self.refusal {
            return marked(reason, room, MOST_DETAILS);
        }
        let mut lines = item.map(|item| self.uncut(item, room)).unwrap_or_default();
        if self.chosen.is_some() && room.rows >= 7 {
            lines.truncate(MOST_DETAILS - 1);
            lines.push(dim(&format!("  {}", language::text("space chooses, enter goes on"))));
        }
        lines
    }

    /// What is cut of an item and of what follows from it, whole.
    fn uncut(&self, item: usize, room: Room) -> Vec<String> {
        let note = self.about.refusal(item).unwrap_or_else(|| self.about.note(item));
        let label = self.items[item].as_str();
        let (label_width, note_width) = (measure_text_width(label), measure_text_width(note));
        let is_label_cut = label_width > self.cell(room);
        let is_beside = note.is_empty() || !is_narrow(room.columns);
        let needed = if note.is_empty() { 0 } else { label_width.max(self.labels(room)) + 2 + note_width };
        if is_beside && !is_label_cut && needed <= self.cell(room) {
            return Vec::new();
        }
        let parts: Vec<&str> = [label, note].into_iter().skip(usize::from(!is_label_cut)).collect();
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let lines = shortened(wrapped(&parts.join(": "), room.columns - 2), MOST_DETAILS, room.columns - 2);
        lines.iter().map(|line| dim(&format!("  {line}"))).collect()
    }
}

/// The most lines that say more about an item.
const MOST_DETAILS: usize = 4;

/// Cuts lines to a number of them; what is cut is seen by its end.
fn shortened(mut lines: Vec<String>, most: usize, columns: usize) -> Vec<String> {
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = fitted_words(&format!("{last} {}", ".".repeat(columns)), columns);
        }
    }
    lines
}

/// Draws what stands above: the question, how far the wizard is, and the help where there is room for it.
pub(super) fn head(prompt: &str, about: &About, room: Room) -> Vec<String> {
    let theme = ColorfulTheme::default();
    let progress = if about.progress.is_empty() { String::new() } else { format!("  ({})", about.progress) };
    let width = measure_text_width(prompt) + measure_text_width(&progress) + 4;
    let progress = if width > room.columns { String::new() } else { dim(&progress) };
    let mut questions = wrapped(prompt, room.columns.saturating_sub(2));
    questions.truncate(if room.rows < 7 { 1 } else { 3 });
    let first = format!("{} {}{progress}", theme.prompt_prefix, theme.prompt_style.apply_to(&questions[0]));
    // A question that is cut says so; `?` shows it whole.
    let first = if room.rows < 7 && measure_text_width(prompt) + 2 > room.columns {
        fitted(&format!("{} {}", theme.prompt_prefix, theme.prompt_style.apply_to(prompt)), room.columns)
    } else {
        first
    };
    let mut lines = vec![first];
    lines.extend(questions[1..].iter().map(|line| format!("  {}", theme.prompt_style.apply_to(line))));
    if room.rows >= 12 && !about.help.is_empty() {
        let help = shortened(wrapped(&about.help, room.columns - 2), 4, room.columns - 2);
        lines.extend(help.iter().map(|line| dim(&format!("  {line}"))));
    }
    if !about.problem.is_empty() {
        let most = if room.rows < 7 { 1 } else { 3 };
        lines.extend(marked(&about.problem, room, most));
    }
    lines
}

pub(super) fn dim(text: &str) -> String {
    console::style(text).for_stderr().dim().to_string()
}

/// Breaks what is wrong to lines, the first of them with its mark.
fn marked(problem: &str, room: Room, most: usize) -> Vec<String> {
    let lines = wrapped(problem, room.columns - 4);
    let mark =
        |(position, line): (usize, &String)| if position == 0 { themed_error(line) } else { format!("  {line}") };
    shortened(lines, most, room.columns - 4).iter().enumerate().map(mark).collect()
}

pub(super) fn themed_error(text: &str) -> String {
    format!("{} {text}", ColorfulTheme::default().error_prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(count: usize) -> Vec<String> {
        (1..=count).map(|number| format!("item {number}")).collect()
    }

    #[test]
    fn a_list_never_needs_more_room_than_there_is() {
        let items = items(30);
        let about = About {
            help: "A help that is much longer than a small terminal is wide, so that it has to be wrapped.".to_owned(),
            notes: vec!["what follows from it, at some length, which does not fit beside it".to_owned(); 30],
            problem: "the answer before did not go with the others for a reason that is long".to_owned(),
            ..About::default()
        };
        for (rows, columns) in [(4, 19), (23, 79), (2, 8), (10, 30)] {
            let room = Room { rows, columns };
            let mut list = List::new("Which of these many items is wanted?", &items, &about, 0);
            for _ in 0..31 {
                let (lines, row) = list.draw(room);
                assert!(lines.len() <= rows.max(4), "{rows}x{columns}: {lines:#?}");
                assert!(lines[row].contains('❯'), "{lines:#?}");
                assert!(lines[row..].iter().all(|line| measure_text_width(line) <= columns), "{lines:#?}");
                list.press(&Key::Down, list.page(room));
            }
        }
    }

    #[test]
    fn the_ends_of_a_list_meet_and_a_number_points_at_its_item() {
        let (items, about) = (items(3), About::default());
        let mut list = List::new("?", &items, &about, 0);
        for (key, pointed) in [(Key::Up, 2), (Key::Down, 0), (Key::Char('2'), 1), (Key::Char('9'), 1)] {
            list.press(&key, 3);
            assert_eq!(list.pointed(), Some(pointed), "{key:?}");
        }
        for (key, pointed) in [('j', 2), ('k', 1), ('ㅓ', 2), ('ㅏ', 1)] {
            list.press(&Key::Char(key), 3);
            assert_eq!(list.pointed(), Some(pointed), "{key}");
        }
    }

    #[test]
    fn a_list_of_more_than_ten_items_is_filtered_by_typing() {
        let (items, about) = (items(12), About::default());
        let room = Room { rows: 23, columns: 79 };
        let mut list = List::new("?", &items, &about, 11);
        list.press(&Key::Char('2'), 10);
        assert_eq!(list.pointed(), Some(11), "it is still there: 2 and 12 are");
        assert_eq!(list.draw(room).0.iter().filter(|line| line.contains("item")).count(), 2);
        list.press(&Key::Up, 10);
        assert_eq!(list.pointed(), Some(1));
        list.press(&Key::Char('x'), 10);
        assert_eq!((list.pointed(), list.press(&Key::Enter, 10)), (None, Outcome::Goes));
        assert!(list.draw(room).0.join("\n").contains("0 of 12"));
        list.press(&Key::Backspace, 10);
        assert_eq!(list.press(&Key::Char('?'), 10), Outcome::Goes, "it is a part of what is typed");
        assert_eq!((list.press(&Key::Escape, 10), list.pointed()), (Outcome::Goes, Some(0)));
        assert_eq!((list.press(&Key::Char('?'), 10), list.press(&Key::Escape, 10)), (Outcome::Help, Outcome::Back));
    }

    #[test]
    fn in_less_than_sixty_columns_nothing_stands_beside_an_item_and_no_word_is_broken() {
        let items = ["Amazon ECS".to_owned(), "A container platform with a long name".to_owned()];
        let note = "containers on Fargate or EC2 behind a load balancer";
        let about = About { notes: vec![note.to_owned(); 2], ..About::default() };
        for (columns, is_beside) in [(79, true), (59, true), (58, false), (39, false), (30, false)] {
            let room = Room { rows: 23, columns };
            let list = List::new("Where will it run?", &items, &about, 1);
            let (lines, row) = list.draw(room);
            assert_eq!(lines[row].contains("containers"), is_beside, "{columns}: {lines:#?}");
            let words: Vec<&str> = items.iter().chain([&about.notes[0]]).flat_map(|text| text.split(' ')).collect();
            let shown = lines[1..].iter().flat_map(|line| line.split_whitespace());
            for word in shown.map(|word| word.trim_matches([':', '…', '❯'])).filter(|word| !word.is_empty()) {
                assert!(words.contains(&word), "`{word}` at {columns}: {lines:#?}");
            }
            assert!(lines[row + 1..].join(" ").split_whitespace().count() > 3 || columns == 79, "{lines:#?}");
        }
    }

    #[test]
    fn an_item_that_is_ruled_out_is_not_accepted_and_says_why() {
        let items = items(2);
        let about = About { refused: vec![None, Some("not with ECS".to_owned())], ..About::default() };
        let mut list = List::new("?", &items, &about, 1);
        assert_eq!(list.press(&Key::Enter, 2), Outcome::Goes);
        assert!(list.draw(Room { rows: 20, columns: 70 }).0.join("\n").contains("✘"));
        list.press(&Key::Up, 2);
        assert_eq!(list.press(&Key::Enter, 2), Outcome::Accepted);
    }

    #[test]
    fn space_chooses_among_many() {
        let (items, about) = (items(3), About::default());
        let mut list = List::of_many("?", &items, &about, &[true]);
        list.press(&Key::Char(' '), 3);
        list.press(&Key::Down, 3);
        list.press(&Key::Char(' '), 3);
        assert_eq!(list.chosen(), [1]);
    }
}
