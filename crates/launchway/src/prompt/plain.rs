//! The prompter that writes lines and reads lines: no cursor is moved and no escape sequence written. For screen
//! readers, simple terminals, and whoever wants it so.

use std::io::{self, BufRead as _};

use super::{About, Action, Page, Prompter, Reply, TextQuestion, hangul, help};
use crate::failure::{Exit, Failure};
use crate::terminal::mode::Hidden;
use crate::terminal::{self, hanging, visible, visible_line};
use crate::{interrupt, language};

/// Asks line by line.
#[derive(Default)]
pub(super) struct Plain {
    about: About,
    /// What is written below the last answer once it is accepted.
    below: String,
}

/// What was typed.
enum Entry {
    Text(String),
    Back,
    Help,
}

impl Plain {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Begins a question: why it is asked again, how far the wizard is, the question, its help.
    fn begin(&mut self, prompt: &str) -> About {
        let about = std::mem::take(&mut self.about).harmless();
        self.below.clear();
        if !about.problem.is_empty() {
            complain(&about.problem);
        }
        let progress = if about.progress.is_empty() { String::new() } else { format!("({}) ", about.progress) };
        terminal::say(&format!("\n{}\n", hanging(&format!("{progress}{}", visible_line(prompt)), 0)));
        if !about.help.is_empty() {
            terminal::say(&format!("  {}\n", hanging(&about.help, 2)));
        }
        about
    }
}

/// Reads a line, and shows the help as often as it is asked for.
fn read(about: &About, ask: &str) -> Result<Reply<String>, Failure> {
    loop {
        match read_line(ask).map(typed)? {
            Entry::Text(text) => return Ok(Reply::Answer(text)),
            Entry::Back => return Ok(Reply::Back),
            Entry::Help => {
                let text = if about.more.is_empty() { &about.help } else { &about.more };
                terminal::say(&format!("{}\n", indented(text)));
            }
        }
    }
}

/// Tells the words that are no answers. To answer with one of them, a backslash is put before it.
fn typed(line: String) -> Entry {
    let is_word = |text: &str| matches!(text, "b" | "back" | "ㅠ" | "?");
    match line.trim() {
        "b" | "back" | "ㅠ" => Entry::Back,
        "?" => Entry::Help,
        text => match text.strip_prefix('\\').filter(|text| is_word(text)) {
            Some(text) => Entry::Text(text.to_owned()),
            None => Entry::Text(line),
        },
    }
}

/// Asks for a line, and reads it without its end. It is asked again when the program goes on after it was stopped.
fn read_line(asked: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    interrupt::ask(&format!("{asked} "));
    super::keys::wait_for_input();
    let read = io::stdin().lock().read_until(b'\n', &mut bytes);
    interrupt::answered();
    let length = read.map_err(|error| super::keys::unreadable(&error))?;
    if length == 0 {
        terminal::say("\n");
        return Err(Failure::silent(Exit::Interrupted));
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn complain(problem: &str) {
    terminal::say(&format!("  ! {}\n", hanging(&visible_line(problem), 4)));
}

fn indented(text: &str) -> String {
    text.lines().fold(String::new(), |text, line| text + "  " + &hanging(line, 2) + "\n")
}

/// Writes the items with their numbers.
fn number(items: &[String], about: &About, mark: impl Fn(usize) -> &'static str) {
    for (position, item) in items.iter().enumerate() {
        let note = match about.refusal(position) {
            Some(reason) => format!(" ({reason})"),
            None if about.note(position).is_empty() => String::new(),
            None => format!(": {}", about.note(position)),
        };
        let item = format!("{}{item}{note}", mark(position));
        let number = position + 1;
        let space = if number < 10 { " " } else { "" };
        terminal::say(&format!("  {space}{number}  {}\n", hanging(&item, 6)));
    }
}

/// Says what can be typed at the end of a page.
fn name_keys(actions: &[Action]) {
    for (position, action) in actions.iter().enumerate() {
        let enter = if position == 0 { format!(" ({})", language::text("or an empty line")) } else { String::new() };
        terminal::say(&format!("  {}  {}{enter}\n", action.key, action.label));
    }
    terminal::say(&format!("  b  {}\n", language::text("back")));
}

/// Reads the number of an item, or the item itself.
fn position(text: &str, items: &[String]) -> Option<usize> {
    let text = text.trim();
    let by_number = text.parse::<usize>().ok().filter(|number| (1..=items.len()).contains(number));
    by_number.map(|number| number - 1).or_else(|| items.iter().position(|item| item.eq_ignore_ascii_case(text)))
}

impl Prompter for Plain {
    fn about(&mut self, about: About) {
        self.about = about;
    }

    fn text(&mut self, question: TextQuestion<'_>) -> Result<Reply<String>, Failure> {
        let about = self.begin(question.prompt);
        // What was typed before is offered again, as the default is otherwise.
        let before = Some(question.typed.clone()).filter(|typed| !typed.is_empty());
        let offered = before.or(question.default.map(str::to_owned));
        let shown = offered.as_deref().map(|offered| format!(" [{}]", visible_line(offered))).unwrap_or_default();
        loop {
            let Reply::Answer(text) = read(&about, format!("{shown} >").trim_start())? else {
                return Ok(Reply::Back);
            };
            let is_default = text.is_empty() && offered.is_some();
            let text = if is_default { offered.clone().unwrap_or_default() } else { text };
            let is_known = is_default && Some(text.as_str()) == question.default;
            if let Err(problem) = if is_known { Ok(()) } else { (question.check)(&text) } {
                complain(&problem);
                continue;
            }
            self.below = indented(
                &(question.preview)(&text).iter().map(|line| visible_line(line)).collect::<Vec<_>>().join("\n"),
            );
            text.clone_into(question.typed);
            return Ok(Reply::Answer(text));
        }
    }

    fn select(&mut self, prompt: &str, items: &[String], default: usize) -> Result<Reply<usize>, Failure> {
        let about = self.begin(prompt);
        let items = help::harmless_items(items);
        number(&items, &about, |_| "");
        loop {
            let Reply::Answer(text) = read(&about, &format!("[{}] >", default + 1))? else {
                return Ok(Reply::Back);
            };
            let position = if text.trim().is_empty() { Some(default) } else { position(&text, &items) };
            match position.map(|position| (position, about.refusal(position))) {
                Some((position, None)) => return Ok(Reply::Answer(position)),
                Some((_, Some(reason))) => complain(reason),
                None => complain(&language::filled("type a number from 1 to {last}", &[("last", &items.len())])),
            }
        }
    }

    fn select_many(&mut self, prompt: &str, items: &[String], chosen: &[bool]) -> Result<Reply<Vec<usize>>, Failure> {
        let about = self.begin(prompt);
        let items = help::harmless_items(items);
        let is_chosen = |position: usize| chosen.get(position).copied().unwrap_or(false);
        number(&items, &about, |position| if is_chosen(position) { "[x] " } else { "[ ] " });
        let default: Vec<usize> = (0..items.len()).filter(|position| is_chosen(*position)).collect();
        let ask = language::text("numbers with commas, 0 for none, empty to leave it so");
        loop {
            let Reply::Answer(text) = read(&about, &format!("({ask}) >"))? else {
                return Ok(Reply::Back);
            };
            let words: Vec<&str> = text.split([',', ' ']).filter(|word| !word.is_empty()).collect();
            if words.is_empty() {
                return Ok(Reply::Answer(default));
            }
            if words == ["0"] {
                return Ok(Reply::Answer(Vec::new()));
            }
            let positions: Option<Vec<usize>> = words.iter().map(|word| position(word, &items)).collect();
            if let Some(mut positions) = positions {
                positions.sort_unstable();
                positions.dedup();
                return Ok(Reply::Answer(positions));
            }
            complain(&language::filled("type a number from 1 to {last}", &[("last", &items.len())]));
        }
    }

    fn secret(&mut self, prompt: &str, check: &dyn Fn(&str) -> Result<(), String>) -> Result<Reply<String>, Failure> {
        let about = self.begin(prompt);
        loop {
            let hidden = Hidden::enter();
            let read = read(&about, &format!("({}) >", language::text("what you type is not shown")));
            drop(hidden);
            let text = match read? {
                Reply::Answer(text) => text,
                Reply::Back => {
                    terminal::say("\n");
                    return Ok(Reply::Back);
                }
            };
            if let Err(problem) = check(&text) {
                terminal::say("\n");
                complain(&problem);
                continue;
            }
            // The end of the line was not shown either.
            "\n".clone_into(&mut self.below);
            return Ok(Reply::Answer(text));
        }
    }

    fn accept(&mut self) {
        terminal::say(&std::mem::take(&mut self.below));
    }

    fn confirm(&mut self, prompt: &str) -> Result<bool, Failure> {
        let asked = format!("{} [y/N] >", hanging(&visible_line(prompt), 0));
        terminal::say("\n");
        let line = read_line(&asked)?;
        Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes" | "ㅛ" | "네" | "예"))
    }

    fn page(&mut self, page: &Page<'_>) -> Result<Reply<char>, Failure> {
        let text = (page.text)(terminal::columns());
        terminal::say(&format!("\n{}\n{}\n", visible_line(page.title), visible(&text)));
        let Some(first) = page.actions.first() else { return Ok(Reply::Back) };
        name_keys(page.actions);
        loop {
            let line = read_line(">")?.trim().to_lowercase();
            let letters = hangul::letters(&line);
            let is_meant = |action: &&Action| letters == action.key.to_string() || line == action.label.to_lowercase();
            match (letters.as_str(), page.actions.iter().find(is_meant)) {
                ("", _) => return Ok(Reply::Answer(first.key)),
                (_, Some(action)) => return Ok(Reply::Answer(action.key)),
                ("b" | "back", None) => return Ok(Reply::Back),
                ("?", None) => name_keys(page.actions),
                _ => complain(language::text("type one of the letters")),
            }
        }
    }

    fn say(&mut self, text: &str) {
        let lines: String = visible(text).lines().fold(String::new(), |text, line| text + &hanging(line, 0) + "\n");
        terminal::say(&lines);
    }

    fn keys(&self) -> &'static str {
        language::text("a line `b` goes back · Ctrl-C quits · `?` helps")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_that_are_no_answers_can_be_answers_all_the_same() {
        assert!(matches!(typed("b".to_owned()), Entry::Back));
        assert!(matches!(typed(" back ".to_owned()), Entry::Back));
        assert!(matches!(typed("ㅠ".to_owned()), Entry::Back), "`b` with a Hangul keyboard");
        assert!(matches!(typed("?".to_owned()), Entry::Help));
        for (line, text) in
            [("\\b", "b"), ("\\?", "?"), ("\\ㅠ", "ㅠ"), ("\\n", "\\n"), ("backup", "backup"), (" x ", " x ")]
        {
            assert!(matches!(typed(line.to_owned()), Entry::Text(typed) if typed == text), "{line}");
        }
    }

    #[test]
    fn an_item_is_named_by_its_number_or_by_itself() {
        let items = ["Amazon ECS".to_owned(), "Kubernetes".to_owned()];
        assert_eq!(position("2", &items), Some(1));
        assert_eq!(position(" amazon ecs ", &items), Some(0));
        for text in ["0", "3", "-1", "ecs"] {
            assert_eq!(position(text, &items), None, "{text}");
        }
    }
}
