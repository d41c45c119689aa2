//! What may reach a terminal, and how it is left behind.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write as _};

pub(crate) use launchway_core::quote::{visible, visible_line};

use crate::failure::{Exit, Failure};

/// Breaks a text at words to the width of the terminal. The first line has room taken for `first` columns; the lines
/// after it are indented by as much.
pub(crate) fn hanging(text: &str, first: usize) -> String {
    wrap(text, first, usize::from(console::Term::stderr().size().1).max(first + 20))
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

/// Tells whether there is somebody to ask: a terminal that can move its cursor.
pub(crate) fn is_interactive() -> bool {
    io::stdin().is_terminal()
        && io::stderr().is_terminal()
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
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

/// Writes a message to stderr; there is nowhere to complain if that fails.
pub(crate) fn say(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// The settings of the terminal, as they were read.
#[cfg(unix)]
pub(crate) struct Settings(Option<rustix::termios::Termios>);

#[cfg(unix)]
impl Settings {
    pub(crate) fn read() -> Self {
        Self(rustix::termios::tcgetattr(io::stdin()).ok())
    }

    pub(crate) fn restore(&self) {
        if let Some(settings) = &self.0 {
            let _ = rustix::termios::tcsetattr(io::stdin(), rustix::termios::OptionalActions::Now, settings);
        }
    }
}

/// Lets keys through one by one for as long as it lives.
///
/// The prompts change the terminal for every single key and change it back. What arrives in between, such as pasted
/// text, would be held as an unfinished line, and its end would not be seen.
#[cfg(unix)]
pub(crate) struct KeyByKey(Settings);

#[cfg(unix)]
impl KeyByKey {
    pub(crate) fn enter() -> Self {
        use rustix::termios::{InputModes, LocalModes, OptionalActions, tcsetattr};
        let before = Settings::read();
        if let Some(settings) = &before.0 {
            let mut changed = settings.clone();
            changed.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
            changed.input_modes -= InputModes::ICRNL;
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &changed);
        }
        Self(before)
    }
}

#[cfg(unix)]
impl Drop for KeyByKey {
    fn drop(&mut self) {
        self.0.restore();
    }
}

/// Other systems deliver keys one by one as it is.
#[cfg(not(unix))]
pub(crate) struct KeyByKey;

#[cfg(not(unix))]
impl KeyByKey {
    pub(crate) fn enter() -> Self {
        Self
    }
}

/// Shows the cursor again, which a prompt may have hidden.
pub(crate) fn show_cursor() {
    if io::stderr().is_terminal() {
        say("\u{1b}[?25h");
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
    fn nothing_that_steers_a_terminal_gets_through() {
        assert_eq!(visible("a\u{1b}]0;x\u{7}b\r\u{202e}c\td\n"), "a\\u{1b}]0;x\\u{7}b\\r\\u{202e}c d\n");
        assert_eq!(visible_line("a\nb"), "a\\nb");
        assert_eq!(visible("한국어 é"), "한국어 é");
    }
}
