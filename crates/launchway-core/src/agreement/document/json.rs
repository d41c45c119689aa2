//! JSON in which no key appears twice in one object.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

use super::{Content, Lines, Node, Unreadable};

/// Reads the one document of a text.
pub(super) fn read(text: &str) -> Result<Node, Unreadable> {
    let taken = Cell::new(0);
    let mut deserializer = serde_json::Deserializer::from_reader(Input { text: text.as_bytes(), taken: &taken });
    let walk = Walk { text: text.as_bytes(), lines: &Lines::of(text), taken: &taken };
    let read = walk.deserialize(&mut deserializer).and_then(|node| deserializer.end().map(|()| node));
    read.map_err(|error| fault(text, error))
}

/// Puts spaces in the place of comments, and of a comma after which an array or an object ends: every place stays.
pub(super) fn without_comments(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let (mut at, mut comma, mut before) = (0, None, None);
    while at < bytes.len() {
        let end = end_of_token(&bytes, at);
        match bytes[at] {
            b'/' if end > at + 1 => {
                bytes[at..end].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
            }
            byte if byte.is_ascii_whitespace() => {}
            b',' if before.is_some_and(|before| !matches!(before, b',' | b'[' | b'{' | b':')) => {
                (comma, before) = (Some(at), Some(b','));
            }
            byte => {
                if let (b']' | b'}', Some(comma)) = (byte, comma) {
                    bytes[comma] = b' ';
                }
                (comma, before) = (None, Some(byte));
            }
        }
        at = end;
    }
    // Only whole comments and commas were blanked.
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// Returns where what begins at a byte ends: a text, a comment, or a single byte.
fn end_of_token(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let length = if rest.starts_with(b"//") {
        rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
    } else if rest.starts_with(b"/*") {
        // What is not closed is no comment, and no JSON either.
        rest.windows(2).skip(2).position(|pair| pair == b"*/").map_or(0, |end| end + 4)
    } else if rest[0] == b'"' {
        end_of_text(rest)
    } else {
        1
    };
    at + length.max(1)
}

fn end_of_text(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Says what is wrong, and where: a slice knows the place of a fault, a reader is one character too far after a number.
fn fault(text: &str, error: serde_json::Error) -> Unreadable {
    let (taken, lines) = (Cell::new(0), Lines::of(text));
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let walk = Walk { text: text.as_bytes(), lines: &lines, taken: &taken };
    let error = walk.deserialize(&mut deserializer).and_then(|_| deserializer.end()).err().unwrap_or(error);
    Unreadable {
        line: error.line(),
        column: error.column().max(1),
        message: without_place(&error.to_string()).to_owned(),
    }
}

fn without_place(message: &str) -> &str {
    message.split(" at line ").next().unwrap_or(message)
}

/// A text that counts the bytes that were taken from it: `serde_json` tells nobody where a value begins.
struct Input<'t> {
    text: &'t [u8],
    taken: &'t Cell<usize>,
}

impl Read for Input<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.text.get(self.taken.get()..).unwrap_or_default().read(buffer)?;
        self.taken.set(self.taken.get() + length);
        Ok(length)
    }
}

/// The way through the text: one byte is taken at a time.
#[derive(Clone, Copy)]
struct Walk<'t> {
    text: &'t [u8],
    lines: &'t Lines,
    taken: &'t Cell<usize>,
}

impl Walk<'_> {
    /// Returns the line of the value that comes next: at most its first byte is taken, or what stands between it and its key.
    fn line(self) -> usize {
        let from = self.taken.get().saturating_sub(1);
        let rest = self.text.get(from..).unwrap_or_default();
        let gap = rest.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b':').count();
        self.lines.at(from + gap)
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        let line = self.line();
        deserializer.deserialize_any(self).map(|content| Node { line, content })
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = Content;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Scalar(Json::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Content, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Content::Sequence(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Content, A::Error> {
        let mut object = BTreeMap::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(self)?;
            if object.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{key}` appears twice in one object")));
            }
            object.insert(key, value);
        }
        Ok(Content::Mapping(object))
    }
}
