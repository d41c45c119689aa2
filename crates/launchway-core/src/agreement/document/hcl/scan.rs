//! Going through a text of HCL: what is blank, names, texts, and the text of an expression.

use super::super::{Lines, Unreadable};
use super::LEVELS;
use crate::text::line_and_column;

/// A place in a text.
pub(super) struct Scan<'t> {
    text: &'t str,
    at: usize,
    lines: Lines,
}

impl<'t> Scan<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, lines: Lines::of(text) }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn back_to(&mut self, at: usize) {
        self.at = at;
    }

    pub(super) fn line_of(&self, at: usize) -> usize {
        self.lines.at(at)
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn starts_with(&self, text: &str) -> bool {
        self.text[self.at..].starts_with(text)
    }

    /// Goes past one byte of ASCII.
    pub(super) fn step(&mut self) {
        self.at += 1;
    }

    /// Returns the text from a place up to this one, without what is blank at its end.
    pub(super) fn since(&self, begin: usize) -> &'t str {
        self.text[begin..self.at].trim_end()
    }

    pub(super) fn fault(&self, message: &str) -> Unreadable {
        self.fault_at(self.at, message)
    }

    pub(super) fn fault_at(&self, at: usize, message: &str) -> Unreadable {
        let (line, column) = line_and_column(self.text, at);
        Unreadable { line, column, message: message.to_owned() }
    }

    /// Refuses a level that is too deep.
    pub(super) fn descend(&self, level: usize) -> Result<(), Unreadable> {
        if level < LEVELS { Ok(()) } else { Err(self.fault("nested more than 128 levels deep")) }
    }

    /// Goes past spaces and comments, and past the ends of lines if they mean nothing here.
    pub(super) fn blank(&mut self, across_lines: bool) -> Result<(), Unreadable> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\r') => self.step(),
                Some(b'\n') if across_lines => self.step(),
                Some(b'#') => self.past_line(),
                Some(b'/') if self.starts_with("//") => self.past_line(),
                Some(b'/') if self.starts_with("/*") => {
                    let end =
                        self.text[self.at + 2..].find("*/").ok_or_else(|| self.fault("the comment is not closed"))?;
                    self.at += end + 4;
                }
                _ => return Ok(()),
            }
        }
    }

    fn past_line(&mut self) {
        self.at += self.text[self.at..].find('\n').unwrap_or(self.text.len() - self.at);
    }

    /// Goes past a name, if one stands here.
    pub(super) fn identifier(&mut self) -> Option<&'t str> {
        let rest = &self.text[self.at..];
        let begins = |character: char| character.is_alphabetic() || character == '_';
        let goes_on = |character: char| character.is_alphanumeric() || character == '_' || character == '-';
        if !rest.starts_with(begins) {
            return None;
        }
        let name = &rest[..rest.find(|character| !goes_on(character)).unwrap_or(rest.len())];
        self.at += name.len();
        Some(name)
    }

    /// Goes past a number, if one stands here.
    pub(super) fn number(&mut self) -> &'t str {
        let rest = &self.text[self.at..];
        let end = rest.find(|character: char| !character.is_ascii_alphanumeric() && !"+-.".contains(character));
        let number = &rest[..end.unwrap_or(rest.len())];
        self.at += number.len();
        number
    }

    /// Goes past a text in quotes, and returns it with `${…}` as it is written; `None` where no text stands.
    pub(super) fn quoted(&mut self) -> Result<Option<String>, Unreadable> {
        if self.peek() != Some(b'"') {
            return Ok(None);
        }
        let begin = self.at;
        let open = |scan: &Self| scan.fault_at(begin, "the text is not closed");
        self.step();
        let mut read = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(character) = rest.chars().next().filter(|it| *it != '\n') else { return Err(open(self)) };
            match character {
                '"' => {
                    self.step();
                    return Ok(Some(read));
                }
                '\\' => read.push(self.escaped()?),
                '$' | '%' if rest[1..].starts_with(character) && rest[2..].starts_with('{') => {
                    read.push(character);
                    read.push('{');
                    self.at += 3;
                }
                '$' | '%' if rest[1..].starts_with('{') => {
                    let from = self.at;
                    self.at += 2;
                    self.past_bracket(b'}').map_err(|_| open(self))?;
                    read.push_str(&self.text[from..self.at]);
                }
                _ => {
                    read.push(character);
                    self.at += character.len_utf8();
                }
            }
        }
    }

    fn escaped(&mut self) -> Result<char, Unreadable> {
        let rest = &self.text[self.at + 1..];
        let (length, character) = match rest.chars().next() {
            Some('n') => (1, Some('\n')),
            Some('r') => (1, Some('\r')),
            Some('t') => (1, Some('\t')),
            Some(same @ ('"' | '\\')) => (1, Some(same)),
            Some(wide @ ('u' | 'U')) => {
                let digits = if wide == 'u' { 4 } else { 8 };
                let code = rest.get(1..=digits).and_then(|code| u32::from_str_radix(code, 16).ok());
                (digits + 1, code.and_then(char::from_u32))
            }
            _ => (0, None),
        };
        let shown: String = rest.chars().take(1).collect();
        let character = character.ok_or_else(|| self.fault(&format!("`\\{shown}` is no escape of HCL")))?;
        self.at += 1 + length;
        Ok(character)
    }

    /// Goes past a text between `<<NAME` and `NAME`, and returns it with the spaces before its lines; `None` where none stands.
    pub(super) fn heredoc(&mut self) -> Result<Option<&'t str>, Unreadable> {
        let Some(rest) = self.text[self.at..].strip_prefix("<<") else { return Ok(None) };
        let open = || self.fault("the text is not closed");
        let (name, lines) = rest.split_once('\n').ok_or_else(open)?;
        let name = name.trim_start_matches('-').trim();
        let mut length = 0;
        for line in lines.split_inclusive('\n') {
            if line.trim() == name {
                let begin = self.text.len() - lines.len();
                self.at = begin + length + line.trim_end_matches(['\n', '\r']).len();
                return Ok(Some(&lines[..length]));
            }
            length += line.len();
        }
        Err(open())
    }

    /// Goes past everything up to a bracket that closes what was opened before, and past it.
    pub(super) fn past_bracket(&mut self, close: u8) -> Result<(), Unreadable> {
        let begin = self.at;
        let mut open = vec![close];
        while let Some(expected) = open.last() {
            match self.peek() {
                None => return Err(self.fault_at(begin.saturating_sub(1), "the bracket is not closed")),
                Some(byte) if byte == *expected => {
                    open.pop();
                    self.step();
                }
                Some(bracket @ (b'(' | b'[' | b'{')) => {
                    open.push(closing(bracket));
                    self.step();
                }
                Some(_) => self.part()?,
            }
        }
        Ok(())
    }

    /// Goes past one part of an expression that is no bracket: a text, a comment, a character.
    pub(super) fn part(&mut self) -> Result<(), Unreadable> {
        let begin = self.at;
        match self.peek() {
            Some(b'"') => drop(self.quoted()?),
            Some(b'<') if self.is_heredoc() => drop(self.heredoc()?),
            _ => self.blank(false)?,
        }
        if self.at == begin {
            self.at += self.text[begin..].chars().next().map_or(1, char::len_utf8);
        }
        Ok(())
    }

    /// Tells `<<NAME` from a comparison, which needs a space or a digit.
    pub(super) fn is_heredoc(&self) -> bool {
        let name = self.text[self.at..].strip_prefix("<<").map(|rest| rest.trim_start_matches('-'));
        name.is_some_and(|name| name.starts_with(|character: char| character.is_alphabetic() || character == '_'))
    }
}

/// Returns the bracket that closes one.
pub(super) fn closing(open: u8) -> u8 {
    match open {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    }
}
