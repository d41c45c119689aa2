//! What stands above the question: the answers, each with what was said after it. It is drawn again where the terminal has
//! another size.

use console::measure_text_width;
use dialoguer::theme::{ColorfulTheme, Theme as _};

use super::rich::themed;
use crate::terminal::{visible, wrapped};

/// The answers on the screen, with what was said between them.
#[derive(Debug)]
pub(super) struct Transcript {
    /// What was said before the first answer; then every answer, with what came after it.
    parts: Vec<Part>,
}

/// An answer with what was said after it.
#[derive(Debug, Default)]
struct Part {
    entries: Vec<Entry>,
    /// The widths of its lines on the screen; none where they cannot be taken away any more.
    widths: Vec<usize>,
}

/// What is written in lines of its own.
#[derive(Debug)]
pub(super) enum Entry {
    Said(String),
    Answer { prompt: String, answer: String },
}

impl Entry {
    /// Lays it out for some columns.
    pub(super) fn lines(&self, columns: usize) -> Vec<String> {
        match self {
            Self::Said(text) => visible(text).lines().flat_map(|line| wrapped(line, columns)).collect(),
            Self::Answer { prompt, answer } => answer_lines(prompt, answer, columns),
        }
    }
}

/// Lays an answer out: beside its question where there is room, and else below it.
fn answer_lines(prompt: &str, answer: &str, columns: usize) -> Vec<String> {
    let theme = ColorfulTheme::default();
    let whole = themed(|text| theme.format_input_prompt_selection(text, prompt, answer));
    if measure_text_width(&whole) <= columns {
        return vec![whole];
    }
    let room = columns.saturating_sub(2);
    let questions = wrapped(prompt, room).into_iter().enumerate().map(|(position, line)| {
        let line = theme.prompt_style.apply_to(line);
        if position == 0 { format!("{} {line}", theme.success_prefix) } else { format!("  {line}") }
    });
    let answers = wrapped(answer, room).into_iter().map(|line| format!("  {}", theme.values_style.apply_to(line)));
    questions.chain(answers).collect()
}

/// Counts the rows that lines take which were drawn for another width: a terminal that is narrower now has broken them.
pub(super) fn rows(widths: &[usize], columns: usize) -> usize {
    widths.iter().map(|width| width.div_ceil(columns.max(1)).max(1)).sum()
}

impl Transcript {
    pub(super) fn new() -> Self {
        Self { parts: vec![Part::default()] }
    }

    /// Returns how many answers there are.
    pub(super) fn depth(&self) -> usize {
        self.parts.len() - 1
    }

    /// Adds an answer; returns its lines.
    pub(super) fn answer(&mut self, entry: Entry, columns: usize) -> Vec<String> {
        self.parts.push(Part::default());
        self.add(entry, columns)
    }

    /// Adds what is said after the last answer; returns its lines.
    pub(super) fn add(&mut self, entry: Entry, columns: usize) -> Vec<String> {
        let lines = entry.lines(columns);
        if let Some(part) = self.parts.last_mut() {
            part.widths.extend(lines.iter().map(|line| measure_text_width(line)));
            part.entries.push(entry);
        }
        lines
    }

    /// Takes the last answer out; returns the rows that it has in a terminal of that many columns.
    pub(super) fn retract(&mut self, columns: usize) -> usize {
        if self.depth() == 0 {
            return 0;
        }
        self.parts.pop().map_or(0, |part| rows(&part.widths, columns))
    }

    /// Counts what came after some answers as a part of the last of them.
    pub(super) fn fold_to(&mut self, depth: usize) {
        let folded: Vec<Part> = self.parts.drain((depth + 1).min(self.parts.len())..).collect();
        if let Some(last) = self.parts.last_mut() {
            for part in folded {
                last.entries.extend(part.entries);
                last.widths.extend(part.widths);
            }
        }
    }

    /// Leaves what is on the screen where it is: others have written below it.
    pub(super) fn let_go(&mut self) {
        for part in &mut self.parts {
            *part = Part::default();
        }
    }

    /// Returns the rows that it has in a terminal of that many columns.
    pub(super) fn rows(&self, columns: usize) -> usize {
        self.parts.iter().map(|part| rows(&part.widths, columns)).sum()
    }

    /// Lays everything out anew; returns its lines.
    pub(super) fn redraw(&mut self, columns: usize) -> Vec<String> {
        let mut all = Vec::new();
        for part in &mut self.parts {
            let lines: Vec<String> = part.entries.iter().flat_map(|entry| entry.lines(columns)).collect();
            part.widths = lines.iter().map(|line| measure_text_width(line)).collect();
            all.extend(lines);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Entry {
        Entry::Said(text.to_owned())
    }

    fn answer(answer: &str) -> Entry {
        Entry::Answer { prompt: "What does it do?".to_owned(), answer: answer.to_owned() }
    }

    #[test]
    fn going_back_takes_an_answer_away_with_all_that_came_after_it() {
        let mut transcript = Transcript::new();
        transcript.add(said("hello"), 40);
        transcript.answer(answer("Takes orders"), 40);
        transcript.add(said("a note\nin two lines"), 40);
        assert_eq!((transcript.depth(), transcript.retract(40)), (1, 3));
        assert_eq!((transcript.depth(), transcript.retract(40)), (0, 0));
        assert_eq!(transcript.rows(40), 1);
    }

    #[test]
    fn a_narrower_terminal_has_broken_the_lines_until_they_are_drawn_again() {
        let mut transcript = Transcript::new();
        transcript.answer(answer("Takes orders and tells the kitchen about them"), 79);
        assert_eq!((transcript.rows(80), transcript.rows(40)), (1, 2));
        let lines = transcript.redraw(39);
        assert!(lines.iter().all(|line| measure_text_width(line) <= 39), "{lines:#?}");
        assert!(lines[1].contains("Takes orders and tells the kitchen"), "{lines:#?}");
        transcript.let_go();
        assert_eq!((transcript.depth(), transcript.rows(40)), (1, 0));
    }
}
