//! A list of items with one that is pointed at: a pure value, and how it is drawn.

use console::measure_text_width;
use dialoguer::theme::{ColorfulTheme, Theme as _};

use super::About;
use super::frame::{Room, fitted};
use super::keys::Key;
use super::rich::themed;
use crate::terminal::wrapped;

/// The items of a question.
#[derive(Debug)]
pub(super) struct List<'l> {
    prompt: &'l str,
    items: &'l [String],
    about: &'l About,
    pointed: usize,
    /// Which ones are chosen, where several can be.
    chosen: Option<Vec<bool>>,
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
        Self { prompt, items, about, pointed, chosen: None, refusal: None }
    }

    pub(super) fn of_many(prompt: &'l str, items: &'l [String], about: &'l About, chosen: &[bool]) -> Self {
        let mut chosen = chosen.to_vec();
        chosen.resize(items.len(), false);
        Self { chosen: Some(chosen), ..Self::new(prompt, items, about, 0) }
    }

    pub(super) fn pointed(&self) -> usize {
        self.pointed
    }

    pub(super) fn chosen(&self) -> Vec<usize> {
        let chosen = self.chosen.iter().flatten().enumerate();
        chosen.filter_map(|(position, is_chosen)| is_chosen.then_some(position)).collect()
    }

    /// Does what a key says.
    pub(super) fn press(&mut self, key: &Key, page: usize) -> Outcome {
        self.refusal = None;
        let last = self.items.len().saturating_sub(1);
        self.pointed = match key {
            Key::Up | Key::Char('k') => self.pointed.checked_sub(1).unwrap_or(last),
            Key::Down | Key::Char('j') | Key::Tab => (self.pointed + 1) % self.items.len().max(1),
            Key::PageUp => self.pointed.saturating_sub(page),
            Key::PageDown => (self.pointed + page).min(last),
            Key::Home => 0,
            Key::End => last,
            Key::Char(digit @ '1'..='9') => self.at_digit(*digit),
            _ => self.pointed,
        };
        match key {
            Key::Enter => self.accept(),
            Key::Escape | Key::Left => Outcome::Back,
            Key::Char('?') => Outcome::Help,
            Key::Char(' ') => self.choose(),
            _ => Outcome::Goes,
        }
    }

    /// Points at the item with a number, as long as each has one.
    fn at_digit(&self, digit: char) -> usize {
        let position = digit.to_digit(10).map_or(0, |digit| digit as usize).saturating_sub(1);
        if position < self.items.len() { position } else { self.pointed }
    }

    fn accept(&mut self) -> Outcome {
        match self.about.refusal(self.pointed).filter(|_| self.chosen.is_none()) {
            Some(reason) => {
                self.refusal = Some(reason.to_owned());
                Outcome::Goes
            }
            None => Outcome::Accepted,
        }
    }

    /// Space chooses one of many, and changes nothing where only one can be chosen.
    fn choose(&mut self) -> Outcome {
        if let Some(chosen) = self.chosen.as_mut().and_then(|chosen| chosen.get_mut(self.pointed)) {
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
        head(self.prompt, self.about, room).len() + if room.rows < 7 { 1 } else { self.most_details(room) }
    }

    fn most_details(&self, room: Room) -> usize {
        (0..self.items.len()).map(|item| self.details(item, room).len()).max().unwrap_or_default().clamp(1, 3)
    }

    /// Draws the list; the second value is the line of the item that is pointed at.
    pub(super) fn draw(&self, room: Room) -> (Vec<String>, usize) {
        let mut lines = head(self.prompt, self.about, room);
        let page = self.page(room);
        let start = (self.pointed + 1).saturating_sub(page).min(self.items.len().saturating_sub(page));
        let labels = self.items.iter().map(|item| measure_text_width(item)).max().unwrap_or_default();
        let labels = labels.min(room.columns / 2);
        let row = lines.len() + self.pointed - start;
        let shown = self.items.iter().enumerate().skip(start).take(page);
        lines.extend(shown.map(|(position, _)| self.row(position, labels, room)));
        let details = self.details(self.pointed, room);
        let left = room.rows.saturating_sub(lines.len());
        lines.extend(details.into_iter().take(left.max(1)));
        (lines, row)
    }

    fn row(&self, position: usize, labels: usize, room: Room) -> String {
        let item = &self.items[position];
        let note = match self.about.refusal(position) {
            Some(reason) => reason,
            None => self.about.note(position),
        };
        let padding = " ".repeat(labels.saturating_sub(measure_text_width(item)));
        let note = if note.is_empty() { String::new() } else { format!("{padding}  {note}") };
        let theme = ColorfulTheme::default();
        let is_pointed = position == self.pointed;
        // The item keeps its place; what follows from it is cut where it does not fit.
        let room = room.columns.saturating_sub(if self.chosen.is_some() { 5 } else { 2 });
        let item = if self.about.refusal(position).is_some() {
            console::style(item).for_stderr().dim().to_string()
        } else {
            item.clone()
        };
        let cut = fitted(&format!("{item}{}", console::style(note).for_stderr().dim()), room);
        themed(|text| match &self.chosen {
            None => theme.format_select_prompt_item(text, &cut, is_pointed),
            Some(chosen) => theme.format_multi_select_prompt_item(text, &cut, chosen[position], is_pointed),
        })
    }

    /// What stands below the items: why one cannot be chosen, or what did not fit beside the one that is pointed at.
    fn details(&self, item: usize, room: Room) -> Vec<String> {
        if let Some(reason) = &self.refusal {
            return marked(reason, room, 3);
        }
        let reason = self.about.refusal(item);
        let text = reason.unwrap_or_else(|| self.about.note(item));
        let labels = self.items.iter().map(|item| measure_text_width(item)).max().unwrap_or_default();
        let is_cut = labels.min(room.columns / 2) + 4 + measure_text_width(text) > room.columns;
        if self.chosen.is_some() && room.rows >= 7 && !is_cut {
            return vec![dim(crate::language::text("space chooses, enter goes on"))];
        }
        if text.is_empty() || !is_cut {
            return Vec::new();
        }
        wrapped(text, room.columns - 2).iter().map(|line| dim(&format!("  {line}"))).collect()
    }
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
        lines.extend(wrapped(&about.help, room.columns - 2).iter().take(3).map(|line| dim(&format!("  {line}"))));
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
    lines.iter().take(most).enumerate().map(mark).collect()
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
        list.press(&Key::Up, 3);
        assert_eq!(list.pointed(), 2);
        list.press(&Key::Down, 3);
        assert_eq!(list.pointed(), 0);
        list.press(&Key::Char('2'), 3);
        assert_eq!(list.pointed(), 1);
        list.press(&Key::Char('9'), 3);
        assert_eq!(list.pointed(), 1);
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
