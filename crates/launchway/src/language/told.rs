//! Says in the user's language what was put together in English: an error, a hint, a note, a line of a report.
//!
//! The template crate knows no language, and JSON is English. So a message stays English until it is shown. Here its form is found
//! again, the English text of the source with its placeholders; the values are taken out and filled into the other text. A value
//! that is a message itself, such as a cause, is told likewise, unless it stands in back-ticks.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::OnceLock;

use super::{Language, current, fill, korean, learned_before, messages};

/// How deep messages stand in one another.
const MAX_DEPTH: usize = 6;

/// Below this many letters a form says nothing by itself: what stands in it has to be told as well.
const FRAME: usize = 8;

/// What stands before a message, and says what kind it is.
const LABELS: [&str; 5] = ["error: ", "hint: ", "warning: ", "note: ", "tip: "];

/// What clap writes before a line that is the same in every language.
const USAGE: &str = "Usage: ";

/// Longer texts are no messages.
const MAX_BYTES: usize = 64 << 10;

/// A text with placeholders, ready to be found in what was made of it.
struct Form {
    /// What stands before, between and after the placeholders.
    pieces: Vec<&'static str>,
    names: Vec<&'static str>,
    korean: &'static str,
    letters: usize,
    is_of_lines: bool,
}

/// Returns a message in the user's language; one that nobody knows stays as it is, and so does what another program said.
pub(crate) fn told(english: &str) -> Cow<'_, str> {
    match current() {
        Language::English => Cow::Borrowed(english),
        Language::Korean => Cow::Owned(in_korean(english)),
    }
}

/// Tells every line of a text, or the text as a whole where it is one message.
pub(super) fn in_korean(english: &str) -> String {
    if english.len() > MAX_BYTES {
        return english.to_owned();
    }
    tell(english, 0).unwrap_or_else(|| {
        let lines = english.split_inclusive('\n');
        lines.map(|line| tell(line, 0).unwrap_or_else(|| line.to_owned())).collect()
    })
}

/// Tells a text with the white space around it, if it is known.
fn tell(english: &str, depth: usize) -> Option<String> {
    let text = english.trim();
    if text.is_empty() || depth > MAX_DEPTH {
        return None;
    }
    let told = match korean().get(text) {
        Some(korean) => korean.clone(),
        None => labelled(text, depth)
            .or_else(|| disagreed(text, depth))
            .or_else(|| placed(text, depth))
            .or_else(|| listed(text, depth))
            .or_else(|| formed(text, depth))
            .or_else(|| framed(text, depth))
            .or_else(|| label_alone(text, depth))?,
    };
    let start = english.len() - english.trim_start().len();
    Some(format!("{}{told}{}", &english[..start], &english[start + text.len()..]))
}

/// Tells a message behind its label.
fn labelled(text: &str, depth: usize) -> Option<String> {
    if let Some(line) = text.strip_prefix(USAGE) {
        return Some(format!("{}: {line}", korean().get(USAGE.trim_end_matches(": "))?));
    }
    let label = LABELS.into_iter().find(|label| text.starts_with(label))?;
    let told = tell(&text[label.len()..], depth + 1)?;
    Some(format!("{}: {told}", korean().get(label.trim_end_matches(": "))?))
}

/// Tells what is wrong with values that must agree, behind what the template says of them; all of it, or nothing.
fn disagreed(text: &str, depth: usize) -> Option<String> {
    let (says, fault) = learned_before(text)?;
    let with_values = || {
        let (fault, values) = fault.split_once(": `")?;
        let values: Option<Vec<String>> = values.split(", `").map(|value| read(value, depth)).collect();
        Some(format!("{}: {}", tell(fault, depth + 1)?, values?.join(", ")))
    };
    let fault = with_values().or_else(|| tell(fault, depth + 1))?;
    Some(format!("{says}: {fault}"))
}

/// Tells where a value was read, ``8080` in FILE at POINTER`` without the first back-tick.
fn read(value: &str, depth: usize) -> Option<String> {
    let (value, place) = value.split_once("` in ")?;
    let told = tell(place, depth + 1);
    let place = if told.is_none() && is_prose(place) { None } else { Some(told.unwrap_or_else(|| place.to_owned())) };
    Some(format!("`{value}`({})", place?))
}

/// Tells the label alone of a message that nobody knows, such as one of a parser. Within a message another program has said it.
fn label_alone(text: &str, depth: usize) -> Option<String> {
    let label = LABELS.into_iter().find(|label| text.starts_with(label) && depth == 0 && !text.contains('\n'))?;
    Some(format!("{}: {}", korean().get(label.trim_end_matches(": "))?, &text[label.len()..]))
}

/// Tells a message behind the path that it is about.
fn placed(text: &str, depth: usize) -> Option<String> {
    let (place, message) = text.split_once(": ")?;
    let is_path = place.contains(['.', '/', ':']) && !place.contains(char::is_whitespace);
    is_path.then(|| tell(message, depth + 1)).flatten().map(|told| format!("{place}: {told}"))
}

/// Tells a message behind its place, `FILE:LINE: message`, or before it, `message (place)`, and what is said of a quoted name.
fn framed(text: &str, depth: usize) -> Option<String> {
    let beside = |text: &str| tell(text, depth + 1).or_else(|| (!is_prose(text)).then(|| text.to_owned()));
    let behind = || {
        let (place, message) = text.split_once(": ")?;
        Some(format!("{}: {}", beside(place)?, tell(message, depth + 1)?))
    };
    let before = || {
        let (message, place) = text.strip_suffix(')')?.rsplit_once(" (")?;
        Some(format!("{}({})", tell(message, depth + 1)?, beside(place)?))
    };
    let of_a_name = || {
        let (name, message) = text.strip_prefix('`')?.split_once("` ")?;
        Some(format!("`{name}`: {}", tell(message, depth + 1)?))
    };
    before().or_else(behind).or_else(of_a_name)
}

/// Tells a text by the form that has the most letters in common with it.
fn formed(text: &str, depth: usize) -> Option<String> {
    let mut found: Vec<(&Form, Vec<&str>)> =
        forms().iter().filter_map(|form| Some((form, values(form, text)?))).collect();
    found.sort_by_key(|(form, _)| std::cmp::Reverse(form.letters));
    found.into_iter().find_map(|(form, values)| filled(form, &values, depth))
}

/// Tells the items of a list of messages, if all of them are known.
fn listed(text: &str, depth: usize) -> Option<String> {
    let items: Vec<&str> = text.split("; ").collect();
    let told: Option<Vec<String>> = items.iter().map(|item| tell(item, depth + 1)).collect();
    told.filter(|_| items.len() > 1).map(|told| told.join("; "))
}

fn filled(form: &Form, values: &[&str], depth: usize) -> Option<String> {
    let is_quoted = |at: usize| form.pieces[..=at].concat().matches('`').count() % 2 == 1;
    let mut said: Vec<(&str, Cow<'_, str>)> = Vec::new();
    for (at, (name, value)) in form.names.iter().zip(values).enumerate() {
        let told = if is_quoted(at) { None } else { tell(value, depth + 1) };
        let is_open = told.is_none() && !is_quoted(at);
        let is_frame = form.letters < FRAME && is_prose(value);
        // A value at the beginning is a name; with more before it, the message stands in a frame.
        let is_first = at == 0 && form.pieces[0].is_empty();
        let is_framed = is_first && (value.contains(": ") || is_prose(value));
        let is_of_two = is_first && form.letters < FRAME && value.contains(": ");
        if is_open && (is_frame || is_framed) || is_of_two || value.contains('\n') && !form.is_of_lines {
            return None;
        }
        said.push((name, told.map_or(Cow::Borrowed(*value), Cow::Owned)));
    }
    let said: Vec<(&str, &dyn Display)> = said.iter().map(|(name, value)| (*name, value as &dyn Display)).collect();
    Some(fill(form.korean, &said))
}

/// Takes the values out of a text that has a form.
fn values<'t>(form: &Form, text: &'t str) -> Option<Vec<&'t str>> {
    let (first, rest) = form.pieces.split_first()?;
    let (last, middle) = rest.split_last()?;
    let mut text = text.strip_prefix(first)?;
    let mut values = Vec::with_capacity(form.names.len());
    for (at, piece) in middle.iter().enumerate() {
        let (value, after) =
            if piece.is_empty() { text.split_at(addition(text, rest[at + 1])) } else { text.split_once(piece)? };
        values.push(value);
        text = after;
    }
    values.push(text.strip_suffix(last)?);
    let is_same = |(name, value): (&&str, &&str)| {
        let first = form.names.iter().position(|it| it == name);
        first.is_none_or(|first| values[first] == *value)
    };
    form.names.iter().zip(&values).all(is_same).then_some(values)
}

/// Returns where a value ends that another one follows at once, which may be missing: `8080, for example …`.
fn addition(text: &str, next: &str) -> usize {
    let end = if next.is_empty() { None } else { text.find(next) };
    let text = &text[..end.unwrap_or(text.len())];
    text.find([',', ' ', '(']).unwrap_or(text.len())
}

/// Tells whether there is a sentence in a text, and not only names, numbers and what is quoted.
fn is_prose(text: &str) -> bool {
    let is_word = |word: &&str| word.len() > 1 && word.chars().all(|it| it.is_ascii_lowercase());
    let unquoted: String = text.split('`').step_by(2).collect::<Vec<_>>().join(" · ");
    unquoted.split_whitespace().filter(is_word).count() > 1
}

fn forms() -> &'static [Form] {
    static FORMS: OnceLock<Vec<Form>> = OnceLock::new();
    FORMS.get_or_init(|| messages().iter().filter_map(|(english, korean)| form(english, korean)).collect())
}

fn form(english: &'static str, korean: &'static str) -> Option<Form> {
    let (english, korean) = (english.trim(), korean.trim());
    let (mut pieces, mut names) = (Vec::new(), Vec::new());
    let (mut start, mut from) = (0, 0);
    while let Some(open) = english[from..].find('{').map(|open| from + open) {
        from = open + 1;
        let Some(name) = english[from..].split('}').next().filter(|name| english[from + name.len()..].starts_with('}'))
        else {
            break;
        };
        if !name.is_empty() && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_') {
            pieces.push(&english[start..open]);
            names.push(name);
            from += name.len() + 1;
            start = from;
        }
    }
    pieces.push(&english[start..]);
    let letters = pieces.iter().flat_map(|piece| piece.chars()).filter(|it| it.is_alphanumeric()).count();
    (!names.is_empty() && letters > 0).then_some(Form {
        is_of_lines: english.contains('\n'),
        pieces,
        names,
        korean,
        letters,
    })
}

#[cfg(test)]
#[path = "told_tests.rs"]
mod tests;
