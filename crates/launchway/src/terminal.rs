//! What may reach a terminal, how it is laid out there, and how the terminal is left behind.

pub(crate) mod foreground;
pub(crate) mod mode;
#[cfg(test)]
mod padding_tests;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::env;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

pub(crate) use launchway_core::quote::{shell_word, visible, visible_line};

use crate::failure::{Exit, Failure};
use crate::language;

/// Breaks a text at words to the width of the terminal. The first line has room taken for `first` columns; the lines
/// after it are indented by as much.
pub(crate) fn hanging(text: &str, first: usize) -> String {
    hanging_within(text, first, columns())
}

/// The columns of the terminal less the last one: a line that fills it may be followed by an empty one.
pub(crate) fn columns() -> usize {
    usize::from(console::Term::stderr().size().1.saturating_sub(1))
}

/// Breaks a text at words to some columns, as [`hanging`] does to those of the terminal.
pub(crate) fn hanging_within(text: &str, first: usize, columns: usize) -> String {
    wrap(text, first, columns.max(first + 20))
}

fn wrap(text: &str, first: usize, width: usize) -> String {
    let mut wrapped = String::new();
    let mut column = first;
    for word in text.split_whitespace() {
        let length = console::measure_text_width(word);
        let is_start = column == first;
        if !is_start && column + 1 + length > width {
            wrapped.push('\n');
            wrapped.extend(std::iter::repeat_n(' ', first));
            column = first;
        } else if !is_start {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(word);
        column += length;
    }
    wrapped
}

/// Breaks a text at words to lines of at most `columns`; a word that is longer is broken too, behind a sign of it where
/// there is one.
pub(crate) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(4);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let width = console::measure_text_width(word);
        match lines.last_mut() {
            Some(line) if console::measure_text_width(line) + 1 + width <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.extend(broken(word, columns)),
        }
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

/// Breaks a word to parts of at most `columns`: behind a sign such as `/` or `-` if it has one there, and else anywhere.
pub(crate) fn broken(word: &str, columns: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = word;
    while console::measure_text_width(rest) > columns {
        let fitting = fitting(rest, columns);
        let sign = rest[..fitting].rfind(['/', '-', ',', '=', '.', '_', ':']).map(|sign| sign + 1);
        let (part, after) = rest.split_at(sign.filter(|sign| *sign > 2).unwrap_or(fitting));
        parts.push(part.to_owned());
        rest = after;
    }
    parts.push(rest.to_owned());
    parts
}

/// Returns how many bytes of a text fit into some columns; of one that has a character, no fewer than this one.
fn fitting(text: &str, columns: usize) -> usize {
    let ends = text.char_indices().map(|(start, character)| start + character.len_utf8());
    let mut fitting = 0;
    for end in ends {
        if fitting > 0 && console::measure_text_width(&text[..end]) > columns {
            break;
        }
        fitting = end;
    }
    fitting
}

/// The columns below which nothing stands beside anything.
const ONE_COLUMN: usize = 59;

/// Tells whether there is so little room that nothing stands beside anything: less than 60 columns, of which the last is
/// kept free.
pub(crate) fn is_narrow(columns: usize) -> bool {
    columns < ONE_COLUMN
}

/// Fills a text up to a width, as a terminal counts it: a wide character takes two columns, a mark on another none.
pub(crate) fn padded(text: &str, width: usize) -> String {
    text.to_owned() + &" ".repeat(width.saturating_sub(console::measure_text_width(text)))
}

/// Lays a row of two cells out, indented: the first one has a width, and in little room the second one stands below it.
pub(crate) fn row(first: &str, width: usize, second: &str, columns: usize) -> String {
    match (is_narrow(columns), first.is_empty()) {
        (true, true) => format!("    {second}"),
        (true, false) => format!("  {first}\n    {second}"),
        (false, _) => format!("  {} {second}", padded(first, width)),
    }
}

/// Returns the width of the widest of some texts.
pub(crate) fn widest<'t>(texts: impl IntoIterator<Item = &'t str>) -> usize {
    texts.into_iter().map(console::measure_text_width).max().unwrap_or_default()
}

/// Writes a size in bytes or KiB.
pub(crate) fn size(bytes: usize) -> String {
    if bytes < 1024 { format!("{bytes} B") } else { format!("{}.{} KiB", bytes / 1024, bytes % 1024 * 10 / 1024) }
}

/// Tells whether there is somebody to ask.
pub(crate) fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// What a terminal can do, and its user wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Capability {
    /// Lines are drawn again in their place.
    Rich,
    /// Lines are written, one after the other.
    Plain,
}

static IS_ACCESSIBLE: AtomicBool = AtomicBool::new(false);

/// Asks plainly from now on, whatever the terminal can do.
pub(crate) fn ask_plainly() {
    IS_ACCESSIBLE.store(true, Ordering::Relaxed);
}

/// Tells how to ask in this terminal.
pub(crate) fn capability() -> Capability {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let (rows, columns) = console::Term::stderr().size();
    capability_of(variable, (rows, columns), IS_ACCESSIBLE.load(Ordering::Relaxed))
}

fn capability_of(
    variable: impl Fn(&str) -> Option<String>,
    (rows, columns): (u16, u16),
    is_accessible: bool,
) -> Capability {
    let is_wished = is_accessible || variable("ACCESSIBLE").is_some_and(|value| value != "0");
    let is_simple = variable("TERM").is_none_or(|term| term == "dumb");
    let is_small = rows < 4 || columns < 16;
    if is_wished || is_simple || is_small || !is_utf8(variable) { Capability::Plain } else { Capability::Rich }
}

/// Tells whether the locale has more than ASCII; where nothing is said, as in a container, it has.
fn is_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| variable(name));
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.ends_with("utf-8") || locale.ends_with("utf8")
    })
}

/// Writes the signs of the program's own in ASCII.
fn in_ascii(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '…' => plain.push_str("..."),
            '·' | '–' | '—' => plain.push('-'),
            '→' => plain.push_str("->"),
            '×' => plain.push('x'),
            '≤' => plain.push_str("<="),
            '≥' => plain.push_str(">="),
            '’' | '‘' => plain.push('\''),
            '“' | '”' => plain.push('"'),
            '\u{a0}' => plain.push(' '),
            _ => plain.push(character),
        }
    }
    plain
}

/// Writes the result to stdout. A closed pipe is not an error: the reader has seen enough.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let text = if stdout.is_terminal() { Cow::Owned(visible(text)) } else { Cow::Borrowed(text) };
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Io, format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}

/// Warns on stderr, of each thing once: a template may be read more than once in a run.
pub(crate) fn warn_once(warning: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(warning.to_owned()) {
        tell(&format!("warning: {warning}\n"));
    }
}

/// Writes a message that is in English until here to stderr, in the user's language.
pub(crate) fn tell(message: &str) {
    say(&visible(&language::told(message)));
}

/// Writes a message to stderr; there is nowhere to complain if that fails.
pub(crate) fn say(text: &str) {
    let is_plain = !is_utf8(|name| env::var(name).ok().filter(|value| !value.is_empty()));
    let text = if is_plain && io::stderr().is_terminal() { Cow::Owned(in_ascii(text)) } else { Cow::Borrowed(text) };
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_breaks_at_words_and_hangs() {
        assert_eq!(wrap("one two three four", 2, 10), "one two\n  three\n  four");
        assert_eq!(wrap("한국어 문장", 0, 6), "한국어\n문장");
        assert_eq!(wrap("unbreakable", 2, 5), "unbreakable");
    }

    #[test]
    fn a_terminal_is_asked_plainly_where_it_or_its_user_says_so() {
        let of = |pairs: &[(&str, &str)], size, is_accessible| {
            let find = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            capability_of(find, size, is_accessible)
        };
        let (xterm, utf8, size) = (("TERM", "xterm"), ("LANG", "ko_KR.UTF-8"), (24, 80));
        assert_eq!(of(&[xterm, utf8], size, false), Capability::Rich);
        assert_eq!(of(&[xterm], size, false), Capability::Rich);
        assert_eq!(of(&[xterm, utf8], size, true), Capability::Plain);
        assert_eq!(of(&[xterm, utf8, ("ACCESSIBLE", "1")], size, false), Capability::Plain);
        assert_eq!(of(&[xterm, utf8, ("ACCESSIBLE", "0")], size, false), Capability::Rich);
        assert_eq!(of(&[("TERM", "dumb"), utf8], size, false), Capability::Plain);
        assert_eq!(of(&[xterm, ("LANG", "C")], size, false), Capability::Plain);
        assert_eq!(of(&[xterm, utf8, ("LC_ALL", "C")], size, false), Capability::Plain);
        assert_eq!(of(&[xterm, utf8], (24, 1), false), Capability::Plain);
        assert_eq!(of(&[xterm, utf8], (5, 20), false), Capability::Rich);
        assert_eq!(of(&[utf8], size, false), Capability::Plain);
    }

    #[test]
    fn a_word_that_is_too_long_is_broken() {
        assert_eq!(wrapped("unbreakable 한국어", 5), ["unbre", "akabl", "e", "한국", "어"]);
        assert_eq!(wrapped("see deploy/ecs/README.md", 12), ["see", "deploy/ecs/", "README.md"]);
        assert_eq!(wrapped("", 5), [""]);
    }

    #[test]
    fn a_cell_is_as_wide_as_the_terminal_shows_it() {
        for text in ["plain", "한국어", "e\u{301}te\u{301}", "🚀 up", "\u{1112}\u{1161}\u{11ab}", ""] {
            assert_eq!(console::measure_text_width(&padded(text, 8)), 8, "{text}");
        }
        assert_eq!(row("한국", 6, "Korea", 80), "  한국   Korea");
        assert_eq!(row("한국", 6, "Korea", 40), "  한국\n    Korea");
        assert_eq!((padded("한", 4), widest(["ab", "한국"])), ("한  ".to_owned(), 4));
    }

    #[test]
    fn nothing_that_steers_a_terminal_gets_through() {
        assert_eq!(visible("a\u{1b}]0;x\u{7}b\r\u{202e}c\td\n"), "a\\u{1b}]0;x\\u{7}b\\r\\u{202e}c d\n");
        assert_eq!(visible_line("a\nb"), "a\\nb");
        assert_eq!(visible("한국어 é"), "한국어 é");
    }
}
