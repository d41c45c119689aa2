//! The prompter for a terminal that can move its cursor. dialoguer's theme draws the questions; what its prompts lack, Esc,
//! `?`, live text, small terminals, and a terminal that changes its size or is taken away for a while, is drawn by frames of
//! our own. The cursor is never hidden: it stands on what is pointed at, where a magnifier or a screen reader follows it.

use std::fmt;

use console::{Term, measure_text_width};
use dialoguer::theme::{ColorfulTheme, Theme as _};

use super::frame::{Frame, room};
use super::keys::{Key, Keys};
use super::line::Line;
use super::list::{List, Outcome, head};
use super::pager::{self, Pager, PagerResult};
use super::transcript::{Entry, Transcript};
use super::typing::{self, Noted, Typing, accepted};
use super::{About, Page, Prompter, Reply, TextQuestion, hangul, help};
use crate::failure::{Exit, Failure};
use crate::interrupt::{self, Wake};
use crate::language;
use crate::terminal::mode::KeyByKey;
use crate::terminal::{self, visible_line};

/// Asks with frames that are drawn in their place.
pub(super) struct Rich {
    keys: Keys,
    about: About,
    /// What stands above the question: going back takes the last answer away.
    transcript: Transcript,
    /// The last question, as long as its answer is not accepted.
    given: Option<PendingAnswer>,
    _mode: KeyByKey,
}

/// A question that was answered and is still drawn, with what takes its place.
struct PendingAnswer {
    frame: Frame,
    entry: Entry,
}

/// Renders by a theme of dialoguer's.
pub(super) fn themed(write: impl Fn(&mut dyn fmt::Write) -> fmt::Result) -> String {
    let mut text = String::new();
    // Writing into a string does not fail.
    let _ = write(&mut text);
    text
}

impl Rich {
    pub(super) fn new() -> Self {
        interrupt::use_escapes();
        Self {
            keys: Keys::default(),
            about: About::default(),
            transcript: Transcript::new(),
            given: None,
            _mode: KeyByKey::enter(),
        }
    }

    /// Leaves a question where it is drawn until its answer is accepted.
    fn answer(&mut self, frame: Frame, prompt: &str, answer: &str) {
        let entry = Entry::Answer { prompt: prompt.to_owned(), answer: answer.to_owned() };
        self.given = Some(PendingAnswer { frame, entry });
    }

    /// Takes a question away whose answer was not accepted.
    fn settle(&mut self) {
        if let Some(mut given) = self.given.take() {
            given.frame.erase();
        }
    }

    /// Takes away the last answer, which is asked for again.
    fn retract(&mut self) {
        let rows = self.transcript.retract(usize::from(Term::stderr().size().1));
        if rows > 0 {
            terminal::say(&format!("\r\x1b[{rows}A\x1b[J"));
        }
    }

    /// Waits for a key. A frame is drawn again by whoever waits.
    fn next_key(&mut self, frame: &mut Frame) -> Result<Key, Failure> {
        let key = self.keys.next()?;
        match key {
            Key::EndOfInput => {
                frame.erase();
                return Err(Failure::silent(Exit::Interrupted));
            }
            Key::Woken(Wake::Resized) => {
                let rows = self.transcript.rows(usize::from(Term::stderr().size().1));
                let lines = self.transcript.redraw(room().columns);
                let fitting = lines.len().saturating_sub(room().rows);
                frame.replace_with_above(rows, &lines[fitting..]);
            }
            Key::Woken(Wake::Resumed) => {
                frame.let_go();
                self.transcript.let_go();
            }
            _ => {}
        }
        Ok(key)
    }

    /// Draws lines, unless another key is there already: then they would be seen by nobody.
    fn draw(&self, frame: &mut Frame, lines: impl FnOnce() -> (Vec<String>, (usize, usize))) {
        if !self.keys.has_next() {
            let (lines, cursor) = lines();
            frame.draw(&lines, cursor);
        }
    }

    /// Lets keys move in a list until one of them ends it.
    fn walk(&mut self, mut list: List<'_>, about: &About) -> Result<Reply<(Frame, Vec<usize>)>, Failure> {
        let mut frame = Frame::default();
        loop {
            self.draw(&mut frame, || {
                let (lines, row) = list.draw(room());
                (lines, (row, 0))
            });
            let key = self.next_key(&mut frame)?;
            if matches!(key, Key::Woken(_)) {
                continue;
            }
            match list.press(&key, list.page(room())) {
                Outcome::Goes => {}
                Outcome::Help => self.explain(&mut frame, about)?,
                Outcome::Back => {
                    frame.erase();
                    return Ok(Reply::Back);
                }
                Outcome::Accepted => {
                    return Ok(Reply::Answer((frame, list.pointed().into_iter().chain(list.chosen()).collect())));
                }
            }
        }
    }

    /// Shows all that there is to say about a question.
    fn explain(&mut self, frame: &mut Frame, about: &About) -> Result<(), Failure> {
        let text = if about.more.is_empty() { &about.help } else { &about.more };
        self.help(frame, text)
    }

    fn help(&mut self, frame: &mut Frame, text: &str) -> Result<(), Failure> {
        frame.erase();
        let text = |_: usize| text.to_owned();
        self.turn(&Page { title: language::text("Help"), text: &text, actions: &[], is_menu: true }).map(drop)
    }

    /// Lets keys move in a page until one of them ends it.
    fn turn(&mut self, page: &Page<'_>) -> Result<Reply<char>, Failure> {
        let mut frame = Frame::default();
        let mut pager = Pager::new(page, room());
        loop {
            pager.fit(room());
            self.draw(&mut frame, || {
                let lines = pager.draw();
                let last = lines.len() - 1;
                (lines, (last, 0))
            });
            let key = self.next_key(&mut frame)?;
            match pager.press(&key) {
                PagerResult::Goes => {}
                PagerResult::Help => self.help(&mut frame, &pager::help(page.actions))?,
                PagerResult::Done(key) => {
                    frame.erase();
                    return Ok(Reply::Answer(key));
                }
                PagerResult::Back => {
                    frame.erase();
                    return Ok(Reply::Back);
                }
            }
        }
    }

    /// Prepares the next question: what it is about, and that an answer that was refused is off the screen.
    fn begin(&mut self) -> About {
        self.settle();
        std::mem::take(&mut self.about).harmless()
    }

    /// Edits a line until it is accepted.
    fn edit(
        &mut self,
        mut line: Line,
        question: &TextQuestion<'_>,
        is_secret: bool,
    ) -> Result<(Line, Reply<Frame>), Failure> {
        let about = self.begin();
        let mut frame = Frame::default();
        let mut noted = Noted::Nothing;
        loop {
            self.draw(&mut frame, || Typing::new(question, &line, is_secret, &noted).draw(&about, room()));
            let key = self.next_key(&mut frame)?;
            if matches!(key, Key::Woken(_)) {
                continue;
            }
            noted = Noted::Nothing;
            match key {
                Key::Enter => match accepted(&line, question) {
                    Ok(()) => return Ok((line, Reply::Answer(frame))),
                    Err(problem) => noted = Noted::Refused(problem),
                },
                Key::Escape => {
                    frame.erase();
                    return Ok((line, Reply::Back));
                }
                Key::Char('?') if line.text().is_empty() => self.explain(&mut frame, &about)?,
                Key::Tab if line.text().is_empty() => line = Line::new(question.default.unwrap_or_default()),
                key => noted = typing::change(&mut line, key),
            }
        }
    }

    /// Waits for a yes or a no.
    fn decide(&mut self, prompt: &str) -> Result<bool, Failure> {
        let mut frame = Frame::default();
        loop {
            self.draw(&mut frame, || yes_or_no(prompt, room().columns));
            let decided = match self.next_key(&mut frame)? {
                Key::Enter | Key::Escape => Some(false),
                Key::Char(character) => match hangul::letter(character).to_ascii_lowercase() {
                    'y' => Some(true),
                    'n' => Some(false),
                    _ => None,
                },
                _ => None,
            };
            if let Some(decided) = decided {
                frame.erase();
                return Ok(decided);
            }
        }
    }
}

/// Draws a question that is answered with yes or no; in little room its keys stand below it.
fn yes_or_no(prompt: &str, columns: usize) -> (Vec<String>, (usize, usize)) {
    let theme = ColorfulTheme::default();
    let whole = themed(|text| theme.format_confirm_prompt(text, prompt, Some(false)));
    let lines = if measure_text_width(&whole) < columns {
        vec![whole]
    } else {
        let keys = themed(|text| theme.format_confirm_prompt(text, "", Some(false)));
        let keys = keys.trim_start_matches(&theme.prompt_prefix.to_string()).trim_start().to_owned();
        let room = super::frame::Room { rows: 24, columns };
        head(prompt, &About::default(), room).into_iter().chain([format!("  {keys}")]).collect()
    };
    let last = lines.len() - 1;
    let column = measure_text_width(&lines[last]) + 1;
    (lines, (last, column))
}

impl Drop for Rich {
    fn drop(&mut self) {
        self.settle();
    }
}

impl Prompter for Rich {
    fn about(&mut self, about: About) {
        self.about = about;
    }

    fn text(&mut self, question: TextQuestion<'_>) -> Result<Reply<String>, Failure> {
        let (line, reply) = self.edit(Line::new(question.typed), &question, false)?;
        line.text().clone_into(question.typed);
        match reply {
            Reply::Back => {
                self.retract();
                Ok(Reply::Back)
            }
            Reply::Answer(frame) => {
                let answer = if line.text().is_empty() { question.default.unwrap_or_default() } else { line.text() };
                self.answer(frame, &visible_line(question.prompt), &visible_line(answer));
                Ok(Reply::Answer(answer.to_owned()))
            }
        }
    }

    fn select(&mut self, prompt: &str, items: &[String], default: usize) -> Result<Reply<usize>, Failure> {
        let (about, prompt, items) = (self.begin(), visible_line(prompt), help::harmless_items(items));
        match self.walk(List::new(&prompt, &items, &about, default), &about)? {
            Reply::Answer((mut frame, positions)) => {
                let position = positions.first().copied().unwrap_or_default();
                if about.is_menu {
                    frame.erase();
                } else {
                    self.answer(frame, &prompt, items.get(position).map_or("", String::as_str));
                }
                Ok(Reply::Answer(position))
            }
            Reply::Back => {
                if !about.is_menu {
                    self.retract();
                }
                Ok(Reply::Back)
            }
        }
    }

    fn select_many(&mut self, prompt: &str, items: &[String], chosen: &[bool]) -> Result<Reply<Vec<usize>>, Failure> {
        let (about, prompt, items) = (self.begin(), visible_line(prompt), help::harmless_items(items));
        match self.walk(List::of_many(&prompt, &items, &about, chosen), &about)? {
            Reply::Answer((frame, positions)) => {
                let chosen = positions[1..].to_vec();
                let names: Vec<&str> = chosen.iter().map(|position| items[*position].as_str()).collect();
                self.answer(frame, &prompt, &names.join(", "));
                Ok(Reply::Answer(chosen))
            }
            Reply::Back => {
                self.retract();
                Ok(Reply::Back)
            }
        }
    }

    fn secret(&mut self, prompt: &str, check: &dyn Fn(&str) -> Result<(), String>) -> Result<Reply<String>, Failure> {
        let question =
            TextQuestion { prompt, default: None, typed: &mut String::new(), check, preview: &|_| Vec::new() };
        let (line, reply) = self.edit(Line::default(), &question, true)?;
        match reply {
            Reply::Back => {
                self.retract();
                Ok(Reply::Back)
            }
            Reply::Answer(frame) => {
                self.answer(frame, &visible_line(prompt), language::text("given, not shown"));
                Ok(Reply::Answer(line.text().to_owned()))
            }
        }
    }

    fn accept(&mut self) {
        if let Some(PendingAnswer { mut frame, entry }) = self.given.take() {
            frame.replace(&self.transcript.answer(entry, room().columns));
        }
    }

    fn confirm(&mut self, prompt: &str) -> Result<bool, Failure> {
        self.settle();
        // What was typed ahead does not decide on what nobody has seen.
        self.keys.forget();
        self.decide(&visible_line(prompt))
    }

    fn page(&mut self, page: &Page<'_>) -> Result<Reply<char>, Failure> {
        self.settle();
        // What was typed ahead was not meant for a page that nobody has seen.
        self.keys.forget();
        let reply = self.turn(page)?;
        if reply == Reply::Back && !page.is_menu {
            self.retract();
        }
        Ok(reply)
    }

    fn say(&mut self, text: &str) {
        self.settle();
        for line in self.transcript.add(Entry::Said(text.to_owned()), room().columns) {
            terminal::say(&format!("{line}\r\n"));
        }
    }

    fn depth(&self) -> usize {
        self.transcript.depth()
    }

    fn fold_to(&mut self, depth: usize) {
        self.transcript.fold_to(depth);
    }

    fn keys(&self) -> &'static str {
        language::text("Esc back · Ctrl-C quit · ? help")
    }
}
