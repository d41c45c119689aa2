//! The prompter for a terminal that can move its cursor. dialoguer's theme draws the questions and its `Confirm` asks
//! for yes or no; what its other prompts lack, Esc, `?`, live text and small terminals, is drawn by frames of our own.
//! The cursor is never hidden: it stands on what is pointed at, where a magnifier or a screen reader follows it.

#![expect(clippy::disallowed_methods, reason = "this is one of the files that ask")]

use std::fmt;

use console::{Term, measure_text_width};
use dialoguer::Confirm;
use dialoguer::theme::{ColorfulTheme, Theme as _};

use super::frame::{Frame, Room, fitted, room};
use super::keys::{Key, Keys, unreadable};
use super::line::Line;
use super::list::{List, Outcome, dim, head, themed_error};
use super::pager::{Pager, PagerResult};
use super::{About, Page, Prompter, Reply, TextQuestion, help};
use crate::failure::{Exit, Failure};
use crate::terminal::{self, KeyByKey, hanging, visible, visible_line, wrapped};
use crate::{interrupt, language};

/// Asks with frames that are drawn in their place.
pub(super) struct Rich {
    keys: Keys,
    about: About,
    /// The rows of every answer on the screen, with what was said after it: going back takes them away.
    answered: Vec<usize>,
    /// The last question, as long as its answer is not accepted.
    given: Option<PendingAnswer>,
    _mode: KeyByKey,
}

/// A question that was answered and is still drawn, with the line that takes its place.
struct PendingAnswer {
    frame: Frame,
    line: String,
}

/// Renders by a theme of dialoguer's.
pub(super) fn themed(write: impl Fn(&mut dyn fmt::Write) -> fmt::Result) -> String {
    let mut text = String::new();
    // Writing into a string does not fail.
    let _ = write(&mut text);
    text
}

/// How a text is drawn while it is typed.
struct Typing<'t> {
    prompt: &'t str,
    line: &'t Line,
    default: Option<&'t str>,
    is_secret: bool,
    /// What is wrong, and whether Enter was pressed on it.
    problem: Option<(String, bool)>,
    preview: Vec<String>,
}

impl Rich {
    pub(super) fn new() -> Self {
        interrupt::use_escapes();
        Self {
            keys: Keys::default(),
            about: About::default(),
            answered: Vec::new(),
            given: None,
            _mode: KeyByKey::enter(),
        }
    }

    /// Leaves a question where it is drawn until its answer is accepted.
    fn answer(&mut self, frame: Frame, prompt: &str, answer: &str) {
        let theme = ColorfulTheme::default();
        let line = themed(|text| theme.format_input_prompt_selection(text, prompt, answer));
        self.given = Some(PendingAnswer { frame, line: format!("{}\r\n", fitted(&line, room().columns)) });
    }

    /// Takes a question away whose answer was not accepted.
    fn settle(&mut self) {
        if let Some(mut given) = self.given.take() {
            given.frame.erase();
        }
    }

    /// Takes away the last answer, which is asked for again.
    fn retract(&mut self) {
        if let Some(rows) = self.answered.pop()
            && rows > 0
        {
            terminal::say(&format!("\r\x1b[{rows}A\x1b[J"));
        }
    }

    fn next_key(&mut self, frame: &mut Frame) -> Result<Key, Failure> {
        match self.keys.next()? {
            Key::EndOfInput => {
                frame.erase();
                Err(Failure::silent(Exit::Interrupted))
            }
            key => Ok(key),
        }
    }

    /// Lets keys move in a list until one of them ends it.
    fn walk(&mut self, mut list: List<'_>, about: &About) -> Result<Reply<(Frame, Vec<usize>)>, Failure> {
        let mut frame = Frame::default();
        loop {
            let (lines, row) = list.draw(room());
            frame.draw(&lines, (row, 0));
            let key = self.next_key(&mut frame)?;
            match list.press(&key, list.page(room())) {
                Outcome::Goes => {}
                Outcome::Help => self.explain(&mut frame, about)?,
                Outcome::Back => {
                    frame.erase();
                    return Ok(Reply::Back);
                }
                Outcome::Accepted => {
                    let chosen = list.chosen();
                    return Ok(Reply::Answer((frame, std::iter::once(list.pointed()).chain(chosen).collect())));
                }
            }
        }
    }

    /// Shows all that there is to say about a question.
    fn explain(&mut self, frame: &mut Frame, about: &About) -> Result<(), Failure> {
        frame.erase();
        let text = if about.more.is_empty() { &about.help } else { &about.more };
        let page = Page { title: language::text("Help"), text, actions: &[], is_menu: true };
        self.turn(&page).map(drop)
    }

    /// Lets keys move in a page until one of them ends it.
    fn turn(&mut self, page: &Page<'_>) -> Result<Reply<char>, Failure> {
        let mut frame = Frame::default();
        let mut pager = Pager::new(page, visible_line(page.title), visible(page.text));
        loop {
            let room = room();
            let lines = pager.draw(room);
            frame.draw(&lines, (lines.len() - 1, 0));
            let key = self.next_key(&mut frame)?;
            match pager.press(&key, room) {
                PagerResult::Goes => {}
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
        let prompt = visible_line(question.prompt);
        let default = question.default.map(visible_line);
        let mut frame = Frame::default();
        let mut refused: Option<String> = None;
        loop {
            let problem = refused.take().map(|problem| (problem, true)).or_else(|| {
                let is_typed = !line.text().is_empty() && !is_secret;
                is_typed.then(|| (question.check)(line.text()).err()).flatten().map(|problem| (problem, false))
            });
            let seen = if line.text().is_empty() { question.default.unwrap_or_default() } else { line.text() };
            let preview = if is_secret { Vec::new() } else { (question.preview)(seen) };
            let typing =
                Typing { prompt: &prompt, line: &line, default: default.as_deref(), is_secret, problem, preview };
            let (lines, cursor) = typing.draw(&about, room());
            frame.draw(&lines, cursor);
            match self.next_key(&mut frame)? {
                Key::Enter => match accepted(&line, question) {
                    Ok(()) => return Ok((line, Reply::Answer(frame))),
                    Err(problem) => refused = Some(problem),
                },
                Key::Escape => {
                    frame.erase();
                    return Ok((line, Reply::Back));
                }
                Key::Char('?') if line.text().is_empty() => self.explain(&mut frame, &about)?,
                Key::Tab if line.text().is_empty() => line = Line::new(question.default.unwrap_or_default()),
                key => change(&mut line, key),
            }
        }
    }
}

/// Tells whether a line is an answer; an empty one stands for the default.
fn accepted(line: &Line, question: &TextQuestion<'_>) -> Result<(), String> {
    if line.text().is_empty() && question.default.is_some() { Ok(()) } else { (question.check)(line.text()) }
}

fn change(line: &mut Line, key: Key) {
    match key {
        Key::Char(character) => line.insert(character),
        Key::Paste(text) => line.paste(&text),
        Key::Backspace => line.backspace(),
        Key::Delete => line.delete(),
        Key::Left => line.left(),
        Key::Right => line.right(),
        Key::Home => line.home(),
        Key::End => line.end(),
        Key::EraseLine => line.erase_to_start(),
        Key::EraseRest => line.erase_to_end(),
        Key::EraseWord => line.erase_word(),
        _ => {}
    }
}

impl Typing<'_> {
    /// Draws the question, the line, and what the text becomes below it.
    fn draw(&self, about: &About, room: Room) -> (Vec<String>, (usize, usize)) {
        let theme = ColorfulTheme::default();
        let mut lines = head(self.prompt, about, room);
        lines.truncate(room.rows.saturating_sub(1).max(1));
        let pointer = theme.active_item_prefix.to_string();
        let (shown, column) = if self.is_secret {
            (dim(language::text("what you type is not shown")), 0)
        } else {
            self.line.window(room.columns.saturating_sub(3))
        };
        let shown = if self.is_secret { shown } else { visible_line(&shown) };
        let default = self.default.filter(|_| self.line.text().is_empty());
        let default = default.map(|default| dim(&format!("({default})"))).unwrap_or_default();
        let cursor = (lines.len(), column + measure_text_width(&pointer) + 1);
        lines.push(format!("{pointer} {shown}{default}"));
        let left = room.rows.saturating_sub(lines.len());
        lines.extend(self.below(room).into_iter().take(left));
        (lines, cursor)
    }

    /// What is wrong comes first: it is what there may be room for.
    fn below(&self, room: Room) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some((problem, is_refused)) = &self.problem {
            let broken = wrapped(&visible_line(problem), room.columns.saturating_sub(4));
            lines.extend(broken.iter().enumerate().map(|(position, line)| match (is_refused, position) {
                (true, 0) => themed_error(line),
                (true, _) => format!("  {line}"),
                (false, _) => dim(&format!("  {line}")),
            }));
        }
        let preview = self.preview.iter().flat_map(|line| wrapped(&visible_line(line), room.columns.saturating_sub(2)));
        lines.extend(preview.map(|line| dim(&format!("  {line}"))));
        lines
    }
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
                let position = positions[0];
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
        if let Some(PendingAnswer { mut frame, line }) = self.given.take() {
            frame.replace(&line);
            self.answered.push(1);
        }
    }

    fn confirm(&mut self, prompt: &str) -> Result<bool, Failure> {
        self.settle();
        let prompt = fitted(&visible_line(prompt), room().columns.saturating_sub(10));
        let theme = ColorfulTheme::default();
        let confirm = Confirm::with_theme(&theme).with_prompt(prompt).default(false).report(false);
        let said = confirm.interact_on_opt(&Term::stderr()).map_err(|dialoguer::Error::IO(error)| {
            let is_interrupted = error.kind() == std::io::ErrorKind::Interrupted;
            if is_interrupted { Failure::silent(Exit::Interrupted) } else { unreadable(&error) }
        })?;
        Ok(said.unwrap_or(false))
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
        let columns = usize::from(Term::stderr().size().1).max(1);
        let mut rows = 0;
        let folded: Vec<String> = visible(text).lines().map(|line| hanging(line, 0)).collect();
        for line in folded.iter().flat_map(|line| line.split('\n')) {
            terminal::say(&format!("{line}\r\n"));
            rows += measure_text_width(line).div_ceil(columns).max(1);
        }
        if let Some(last) = self.answered.last_mut() {
            *last += rows;
        }
    }

    fn depth(&self) -> usize {
        self.answered.len()
    }

    fn fold_to(&mut self, depth: usize) {
        let rows: usize = self.answered.drain(depth.min(self.answered.len())..).sum();
        if let Some(last) = self.answered.last_mut() {
            *last += rows;
        }
    }

    fn keys(&self) -> &'static str {
        language::text("Esc back · Ctrl-C quit · ? help")
    }
}
