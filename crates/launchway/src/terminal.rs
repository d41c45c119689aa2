//! What may reach a terminal, and how it is left behind.

use std::io::{self, IsTerminal as _, Write as _};

/// Makes control characters and invisible ones visible, so that no text of a template or a user can steer a terminal.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => shown.push('\n'),
            '\t' => shown.push(' '),
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {
                shown.extend(character.escape_unicode());
            }
            _ if character.is_control() => shown.extend(character.escape_default()),
            _ => shown.push(character),
        }
    }
    shown
}

/// Like [`visible`], and on one line.
pub(crate) fn visible_line(text: &str) -> String {
    visible(text).replace('\n', "\\n")
}

/// Tells whether there is somebody to ask: a terminal that can move its cursor.
pub(crate) fn is_interactive() -> bool {
    io::stdin().is_terminal()
        && io::stderr().is_terminal()
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Writes the result to stdout. A closed pipe is not an error: the reader has seen enough.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes a message to stderr; there is nowhere to complain if that fails.
pub(crate) fn say(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
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
    fn nothing_that_steers_a_terminal_gets_through() {
        assert_eq!(visible("a\u{1b}]0;x\u{7}b\r\u{202e}c\td\n"), "a\\u{1b}]0;x\\u{7}b\\r\\u{202e}c d\n");
        assert_eq!(visible_line("a\nb"), "a\\nb");
        assert_eq!(visible("한국어 é"), "한국어 é");
    }
}
