//! What may reach a terminal, and how it is left behind.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::env;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use launchway_core::quote::quote_shell;
pub(crate) use launchway_core::quote::{visible, visible_line};

use crate::failure::{Exit, Failure};

/// Breaks a text at words to the width of the terminal. The first line has room taken for `first` columns; the lines
/// after it are indented by as much.
pub(crate) fn hanging(text: &str, first: usize) -> String {
    // A line that fills the last column may be followed by an empty one.
    wrap(text, first, usize::from(console::Term::stderr().size().1.saturating_sub(1)).max(first + 20))
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

/// Breaks a text at words to lines of at most `columns`; a word that is longer is broken too.
pub(crate) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(4);
    let mut lines = Vec::new();
    for line in wrap(text, 0, columns).lines() {
        let mut current = String::new();
        let mut used = 0;
        for character in line.chars() {
            let width = console::measure_text_width(character.encode_utf8(&mut [0; 4]));
            if used + width > columns {
                lines.push(std::mem::take(&mut current));
                used = 0;
            }
            current.push(character);
            used += width;
        }
        lines.push(current);
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

/// Quotes a word so that it can be shown on one line and pasted: control characters are spelt out.
pub(crate) fn shell_word(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return quote_shell(text);
    }
    let escaped = text.chars().fold(String::new(), |mut escaped, character| {
        match character {
            '\'' | '\\' => escaped.extend(['\\', character]),
            _ if character.is_ascii_control() => drop(write!(escaped, "\\{:03o}", u32::from(character))),
            _ => escaped.push(character),
        }
        escaped
    });
    format!("$'{escaped}'")
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
        say(&visible(&format!("warning: {warning}\n")));
    }
}

/// Writes a message to stderr; there is nowhere to complain if that fails.
pub(crate) fn say(text: &str) {
    let is_plain = !is_utf8(|name| env::var(name).ok().filter(|value| !value.is_empty()));
    let text = if is_plain && io::stderr().is_terminal() { Cow::Owned(in_ascii(text)) } else { Cow::Borrowed(text) };
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// The settings of the terminal, as they were read.
pub(crate) struct Settings(Option<rustix::termios::Termios>);

impl Settings {
    pub(crate) fn read() -> Self {
        Self(rustix::termios::tcgetattr(io::stdin()).ok())
    }

    fn change(&self, change: impl FnOnce(&mut rustix::termios::Termios)) {
        if let Some(settings) = &self.0 {
            let mut changed = settings.clone();
            change(&mut changed);
            let _ = rustix::termios::tcsetattr(io::stdin(), rustix::termios::OptionalActions::Now, &changed);
        }
    }

    pub(crate) fn restore(&self) {
        if let Some(settings) = &self.0 {
            let _ = rustix::termios::tcsetattr(io::stdin(), rustix::termios::OptionalActions::Now, settings);
        }
    }
}

/// Lets keys through one by one, unseen, for as long as it lives. Ctrl-C stays a signal.
pub(crate) struct KeyByKey(Settings);

impl KeyByKey {
    pub(crate) fn enter() -> Self {
        use rustix::termios::{InputModes, LocalModes};
        let before = Settings::read();
        before.change(|settings| {
            settings.local_modes -= LocalModes::ICANON | LocalModes::ECHO | LocalModes::IEXTEN;
            settings.input_modes -= InputModes::ICRNL | InputModes::IXON;
        });
        Self(before)
    }
}

impl Drop for KeyByKey {
    fn drop(&mut self) {
        self.0.restore();
    }
}

/// Lets lines through unseen for as long as it lives.
pub(crate) struct Hidden(Settings);

impl Hidden {
    pub(crate) fn enter() -> Self {
        let before = Settings::read();
        before.change(|settings| settings.local_modes -= rustix::termios::LocalModes::ECHO);
        Self(before)
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        self.0.restore();
    }
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
        assert_eq!(wrapped("", 5), [""]);
    }

    #[test]
    fn nothing_that_steers_a_terminal_gets_through() {
        assert_eq!(visible("a\u{1b}]0;x\u{7}b\r\u{202e}c\td\n"), "a\\u{1b}]0;x\\u{7}b\\r\\u{202e}c d\n");
        assert_eq!(visible_line("a\nb"), "a\\nb");
        assert_eq!(visible("한국어 é"), "한국어 é");
    }
}
