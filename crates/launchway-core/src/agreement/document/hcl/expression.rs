//! Expressions of HCL: literals as what they are, everything else as its own text.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::super::{Content, Node, Unreadable};
use super::scan::{Scan, closing};

/// Functions whose one argument stands for their value.
const TRANSPARENT: [&str; 2] = ["jsonencode", "toset"];

/// What ends an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// The end of the line, or of the block.
    Line,
    /// The same, or a comma.
    Entry,
    /// A comma, or this bracket.
    Bracket(u8),
}

impl Ends {
    fn spans_lines(self) -> bool {
        matches!(self, Self::Bracket(_))
    }

    /// Tells whether the expression ends before a byte, or with the text.
    fn at(self, byte: Option<u8>) -> bool {
        match (self, byte) {
            (Self::Line, None | Some(b'\n' | b'}'))
            | (Self::Entry, Some(b'\n' | b'}' | b','))
            | (Self::Bracket(_), Some(b',')) => true,
            (Self::Bracket(close), Some(byte)) => byte == close,
            _ => false,
        }
    }
}

/// Reads an expression up to what ends it, which stays.
pub(super) fn read(scan: &mut Scan<'_>, level: usize, ends: Ends) -> Result<Node, Unreadable> {
    scan.descend(level)?;
    let begin = scan.at();
    let line = scan.line_of(begin);
    if let Some(content) = literal(scan, level)? {
        scan.blank(ends.spans_lines())?;
        if ends.at(scan.peek()) {
            return Ok(Node { line, content });
        }
        scan.back_to(begin);
    }
    let text = as_written(scan, ends)?;
    Ok(Node { line, content: Content::Scalar(text.into()) })
}

/// Reads what begins like a literal; `None` if it turns out to be none, wherever that left the place.
fn literal(scan: &mut Scan<'_>, level: usize) -> Result<Option<Content>, Unreadable> {
    let begin = scan.at();
    let content = match scan.peek() {
        Some(b'"') => scan.quoted()?.map(|text| Content::Scalar(text.into())),
        Some(b'<') if scan.is_heredoc() => scan.heredoc()?.map(|text| Content::Scalar(text.into())),
        Some(b'[') => list(scan, level)?,
        Some(b'{') => object(scan, level)?,
        Some(b'-' | b'0'..=b'9') => number(scan.number()).map(Content::Scalar),
        _ => match scan.identifier() {
            Some("true") => Some(Content::Scalar(true.into())),
            Some("false") => Some(Content::Scalar(false.into())),
            Some("null") => Some(Content::Scalar(Json::Null)),
            Some(name) if TRANSPARENT.contains(&name) && scan.peek() == Some(b'(') => argument(scan, level)?,
            _ => None,
        },
    };
    if content.is_none() {
        scan.back_to(begin);
    }
    Ok(content)
}

fn number(text: &str) -> Option<Json> {
    let whole = text.parse::<i64>().ok().map(Json::from);
    whole.or_else(|| text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Json::from))
}

/// Reads the one argument of a function.
fn argument(scan: &mut Scan<'_>, level: usize) -> Result<Option<Content>, Unreadable> {
    scan.step();
    scan.blank(true)?;
    if scan.peek() == Some(b')') {
        return Ok(None);
    }
    let node = read(scan, level + 1, Ends::Bracket(b')'))?;
    if scan.peek() == Some(b',') {
        scan.step();
        scan.blank(true)?;
    }
    if scan.peek() != Some(b')') {
        return Ok(None);
    }
    scan.step();
    Ok(Some(node.content))
}

fn list(scan: &mut Scan<'_>, level: usize) -> Result<Option<Content>, Unreadable> {
    let begin = scan.at();
    scan.step();
    let mut items = Vec::new();
    loop {
        scan.blank(true)?;
        match scan.peek() {
            None => return Err(scan.fault_at(begin, "the bracket is not closed")),
            Some(b']') => {
                scan.step();
                return Ok(Some(Content::Sequence(items)));
            }
            Some(_) if items.is_empty() && is_comprehension(scan) => return Ok(None),
            Some(_) => items.push(read(scan, level + 1, Ends::Bracket(b']'))?),
        }
        if scan.peek() == Some(b',') {
            scan.step();
        }
    }
}

fn object(scan: &mut Scan<'_>, level: usize) -> Result<Option<Content>, Unreadable> {
    let begin = scan.at();
    scan.step();
    let mut entries = BTreeMap::new();
    loop {
        scan.blank(true)?;
        match scan.peek() {
            None => return Err(scan.fault_at(begin, "the bracket is not closed")),
            Some(b'}') => {
                scan.step();
                return Ok(Some(Content::Mapping(entries)));
            }
            Some(b',') => {
                scan.step();
                continue;
            }
            Some(_) if entries.is_empty() && is_comprehension(scan) => return Ok(None),
            Some(_) => {}
        }
        let at = scan.at();
        let Some(key) = key(scan)? else { return Ok(None) };
        scan.blank(false)?;
        if !matches!(scan.peek(), Some(b'=' | b':')) {
            return Ok(None);
        }
        scan.step();
        scan.blank(true)?;
        let value = read(scan, level + 1, Ends::Entry)?;
        if entries.contains_key(&key) {
            return Err(scan.fault_at(at, &format!("the key `{key}` appears twice in one object")));
        }
        entries.insert(key, value);
    }
}

/// Reads the key of an object: a name, a text, a number, or an expression in brackets, as it is written.
fn key(scan: &mut Scan<'_>) -> Result<Option<String>, Unreadable> {
    let begin = scan.at();
    match scan.peek() {
        Some(b'"') => scan.quoted(),
        Some(b'(') => {
            scan.step();
            scan.past_bracket(b')')?;
            Ok(Some(scan.since(begin).to_owned()))
        }
        Some(b'0'..=b'9') => Ok(Some(scan.number().to_owned())),
        _ => Ok(scan.identifier().map(str::to_owned)),
    }
}

/// Tells whether `for` begins here, as it does in what makes a list or an object of another one.
fn is_comprehension(scan: &mut Scan<'_>) -> bool {
    let begin = scan.at();
    let name = scan.identifier();
    let is_for = name == Some("for") && matches!(scan.peek(), Some(b' ' | b'\t' | b'\r' | b'\n'));
    // `for = 1` is an entry of that name.
    let is_entry = is_for && scan.blank(false).is_ok() && matches!(scan.peek(), Some(b'=' | b':'));
    scan.back_to(begin);
    is_for && !is_entry
}

/// Goes past an expression, and returns its text.
fn as_written(scan: &mut Scan<'_>, ends: Ends) -> Result<String, Unreadable> {
    let begin = scan.at();
    let mut end = begin;
    while !ends.at(scan.peek()) {
        match scan.peek() {
            None => return Err(scan.fault_at(begin, "the bracket before this is not closed")),
            Some(open @ (b'(' | b'[' | b'{')) => {
                scan.step();
                scan.past_bracket(closing(open))?;
                end = scan.at();
            }
            Some(b')' | b']' | b'}') => return Err(scan.fault("nothing opens this bracket")),
            Some(b'\n') => scan.step(),
            Some(_) => {
                let at = scan.at();
                scan.blank(false)?;
                if scan.at() == at {
                    scan.part()?;
                    end = scan.at();
                }
            }
        }
    }
    if end == begin {
        return Err(scan.fault_at(begin, "a value is missing here"));
    }
    let at = scan.at();
    scan.back_to(end);
    let text = scan.since(begin).to_owned();
    scan.back_to(at);
    Ok(text)
}
