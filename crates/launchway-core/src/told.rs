//! Says in another language what was put together in English: an error, a hint, a note, a line of a report.
//!
//! This crate knows no language: the texts come from outside. A message stays English until it is shown. Then its form is found again, the
//! English text of the source with its placeholders; the values are taken out and filled into the other text. A value that is a message
//! itself, such as a cause, is told likewise, unless it stands in back-ticks.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::{OnceLock, PoisonError, RwLock};

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

/// Texts of one language by their English ones.
///
/// ```
/// use launchway_core::told::Translation;
///
/// let of = |pairs: &[(&str, &str)]| pairs.iter().map(|(english, told)| ((*english).into(), (*told).into())).collect();
/// let words = of(&[("error", "오류"), ("on the command line", "명령줄에서 지정")]);
/// let korean = Translation::new(words, of(&[("{name} `{value}` is out of range", "{name} `{value}`이(가) 범위를 벗어났습니다")]));
/// let told = korean.tell("error: port `99999` is out of range (on the command line)");
/// assert_eq!(told, "오류: port `99999`이(가) 범위를 벗어났습니다(명령줄에서 지정)");
/// assert_eq!(korean.tell("what nobody knows"), "what nobody knows");
/// ```
#[derive(Debug, Default)]
pub struct Translation {
    texts: BTreeMap<String, String>,
    /// The texts among them that are the forms of messages.
    messages: BTreeMap<String, String>,
    forms: OnceLock<Vec<Form>>,
    /// What templates say, by their English texts.
    learned: RwLock<BTreeMap<String, String>>,
}

/// A text with placeholders, ready to be found in what was made of it.
#[derive(Debug)]
struct Form {
    /// What stands before, between and after the placeholders.
    pieces: Vec<String>,
    names: Vec<String>,
    told: String,
    letters: usize,
    is_of_lines: bool,
}

impl Translation {
    /// Takes whole texts, and messages with placeholders such as `{name}`.
    #[must_use]
    pub fn new(whole: BTreeMap<String, String>, messages: BTreeMap<String, String>) -> Self {
        let texts = whole.into_iter().chain(messages.clone()).collect();
        Self { texts, messages, ..Self::default() }
    }

    /// Returns every text by its English one.
    #[must_use]
    pub fn texts(&self) -> &BTreeMap<String, String> {
        &self.texts
    }

    /// Returns the messages among them.
    #[must_use]
    pub fn messages(&self) -> &BTreeMap<String, String> {
        &self.messages
    }

    /// Learns what a template says, for messages that were made in English.
    pub fn learn(&self, texts: BTreeMap<String, String>) {
        self.learned.write().unwrap_or_else(PoisonError::into_inner).extend(texts);
    }

    /// Returns what was learned of a template's text.
    #[must_use]
    pub fn learned(&self, english: &str) -> Option<String> {
        self.learned.read().unwrap_or_else(PoisonError::into_inner).get(english).cloned()
    }

    /// Tells every line of a text, or the text as a whole where it is one message. What nobody knows stays as it is, and so does what
    /// another program said.
    #[must_use]
    pub fn tell(&self, english: &str) -> String {
        if english.len() > MAX_BYTES {
            return english.to_owned();
        }
        self.known(english, 0).unwrap_or_else(|| {
            let lines = english.split_inclusive('\n');
            lines.map(|line| self.known(line, 0).unwrap_or_else(|| line.to_owned())).collect()
        })
    }

    /// Tells a text with the white space around it, if it is known.
    fn known(&self, english: &str, depth: usize) -> Option<String> {
        let text = english.trim();
        if text.is_empty() || depth > MAX_DEPTH {
            return None;
        }
        let told = match self.texts.get(text) {
            Some(told) => told.clone(),
            None => self
                .labelled(text, depth)
                .or_else(|| self.disagreed(text, depth))
                .or_else(|| self.placed(text, depth))
                .or_else(|| self.listed(text, depth))
                .or_else(|| self.formed(text, depth))
                .or_else(|| self.framed(text, depth))
                .or_else(|| self.label_alone(text, depth))?,
        };
        let start = english.len() - english.trim_start().len();
        Some(format!("{}{told}{}", &english[..start], &english[start + text.len()..]))
    }

    /// Tells a message behind its label.
    fn labelled(&self, text: &str, depth: usize) -> Option<String> {
        if let Some(line) = text.strip_prefix(USAGE) {
            return Some(format!("{}: {line}", self.texts.get(USAGE.trim_end_matches(": "))?));
        }
        let label = LABELS.into_iter().find(|label| text.starts_with(label))?;
        let told = self.known(&text[label.len()..], depth + 1)?;
        Some(format!("{}: {told}", self.texts.get(label.trim_end_matches(": "))?))
    }

    /// Tells what is wrong with values that must agree, behind what the template says of them; all of it, or nothing.
    fn disagreed(&self, text: &str, depth: usize) -> Option<String> {
        let (says, fault) = self.learned_before(text)?;
        let with_values = || {
            let (fault, values) = fault.split_once(": `")?;
            let values: Option<Vec<String>> = values.split(", `").map(|value| self.read(value, depth)).collect();
            Some(format!("{}: {}", self.known(fault, depth + 1)?, values?.join(", ")))
        };
        let fault = with_values().or_else(|| self.known(fault, depth + 1))?;
        Some(format!("{says}: {fault}"))
    }

    /// Finds the longest text of a template with which a message begins, followed by a colon, and returns its translation with the rest.
    fn learned_before<'m>(&self, message: &'m str) -> Option<(String, &'m str)> {
        let learned = self.learned.read().unwrap_or_else(PoisonError::into_inner);
        let mut colons = message.rmatch_indices(": ");
        colons.find_map(|(at, colon)| Some((learned.get(&message[..at])?.clone(), &message[at + colon.len()..])))
    }

    /// Tells where a value was read, ``8080` in FILE at POINTER`` without the first back-tick.
    fn read(&self, value: &str, depth: usize) -> Option<String> {
        let (value, place) = value.split_once("` in ")?;
        let told = self.known(place, depth + 1);
        let place =
            if told.is_none() && is_prose(place) { None } else { Some(told.unwrap_or_else(|| place.to_owned())) };
        Some(format!("`{value}`({})", place?))
    }

    /// Tells the label alone of a message that nobody knows, such as one of a parser. Within a message another program has said it.
    fn label_alone(&self, text: &str, depth: usize) -> Option<String> {
        let label = LABELS.into_iter().find(|label| text.starts_with(label) && depth == 0 && !text.contains('\n'))?;
        Some(format!("{}: {}", self.texts.get(label.trim_end_matches(": "))?, &text[label.len()..]))
    }

    /// Tells a message behind the path that it is about.
    fn placed(&self, text: &str, depth: usize) -> Option<String> {
        let (place, message) = text.split_once(": ")?;
        let is_path = place.contains(['.', '/', ':']) && !place.contains(char::is_whitespace);
        is_path.then(|| self.known(message, depth + 1)).flatten().map(|told| format!("{place}: {told}"))
    }

    /// Tells a message behind its place, `FILE:LINE: message`, or before it, `message (place)`, and what is said of a quoted name.
    fn framed(&self, text: &str, depth: usize) -> Option<String> {
        let beside = |text: &str| self.known(text, depth + 1).or_else(|| (!is_prose(text)).then(|| text.to_owned()));
        let behind = || {
            let (place, message) = text.split_once(": ")?;
            Some(format!("{}: {}", beside(place)?, self.known(message, depth + 1)?))
        };
        let before = || {
            let (message, place) = text.strip_suffix(')')?.rsplit_once(" (")?;
            Some(format!("{}({})", self.known(message, depth + 1)?, beside(place)?))
        };
        let of_a_name = || {
            let (name, message) = text.strip_prefix('`')?.split_once("` ")?;
            Some(format!("`{name}`: {}", self.known(message, depth + 1)?))
        };
        before().or_else(behind).or_else(of_a_name)
    }

    /// Tells a text by the form that has the most letters in common with it.
    fn formed(&self, text: &str, depth: usize) -> Option<String> {
        let mut found: Vec<(&Form, Vec<&str>)> =
            self.forms().iter().filter_map(|form| Some((form, values(form, text)?))).collect();
        found.sort_by_key(|(form, _)| std::cmp::Reverse(form.letters));
        found.into_iter().find_map(|(form, values)| self.filled(form, &values, depth))
    }

    /// Tells the items of a list of messages, if all of them are known.
    fn listed(&self, text: &str, depth: usize) -> Option<String> {
        let items: Vec<&str> = text.split("; ").collect();
        let told: Option<Vec<String>> = items.iter().map(|item| self.known(item, depth + 1)).collect();
        told.filter(|_| items.len() > 1).map(|told| told.join("; "))
    }

    fn filled(&self, form: &Form, values: &[&str], depth: usize) -> Option<String> {
        let is_quoted = |at: usize| form.pieces[..=at].concat().matches('`').count() % 2 == 1;
        let mut said: Vec<(&str, Cow<'_, str>)> = Vec::new();
        for (at, (name, value)) in form.names.iter().zip(values).enumerate() {
            let told = if is_quoted(at) { None } else { self.known(value, depth + 1) };
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
        Some(fill(&form.told, &said))
    }

    fn forms(&self) -> &[Form] {
        self.forms.get_or_init(|| self.messages.iter().filter_map(|(english, told)| form(english, told)).collect())
    }
}

/// Replaces every `{name}` by its value, in one pass, so that braces in a value stay what they are.
#[must_use]
pub fn fill(text: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let named = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((value, after))
        });
        let (shown, after) = named.map_or(("{".to_owned(), after), |(value, after)| (value.to_string(), after));
        filled.push_str(&shown);
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// Returns what stands before, between and after the placeholders of a text, and their names.
#[must_use]
pub fn parts(text: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut pieces, mut names) = (Vec::new(), Vec::new());
    let (mut start, mut from) = (0, 0);
    while let Some(open) = text[from..].find('{').map(|open| from + open) {
        from = open + 1;
        let Some(name) = text[from..].split('}').next().filter(|name| text[from + name.len()..].starts_with('}'))
        else {
            break;
        };
        if !name.is_empty() && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_') {
            pieces.push(&text[start..open]);
            names.push(name);
            from += name.len() + 1;
            start = from;
        }
    }
    pieces.push(&text[start..]);
    (pieces, names)
}

fn form(english: &str, told: &str) -> Option<Form> {
    let (english, told) = (english.trim(), told.trim());
    let (pieces, names) = parts(english);
    let letters = pieces.iter().flat_map(|piece| piece.chars()).filter(|it| it.is_alphanumeric()).count();
    let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
    (!names.is_empty() && letters > 0).then(|| Form {
        is_of_lines: english.contains('\n'),
        pieces: owned(pieces),
        names: owned(names),
        told: told.to_owned(),
        letters,
    })
}

/// Takes the values out of a text that has a form.
fn values<'t>(form: &Form, text: &'t str) -> Option<Vec<&'t str>> {
    let (first, rest) = form.pieces.split_first()?;
    let (last, middle) = rest.split_last()?;
    let mut text = text.strip_prefix(first.as_str())?;
    let mut values = Vec::with_capacity(form.names.len());
    for (at, piece) in middle.iter().enumerate() {
        let (value, after) = if piece.is_empty() {
            text.split_at(addition(text, &rest[at + 1]))
        } else {
            text.split_once(piece.as_str())?
        };
        values.push(value);
        text = after;
    }
    values.push(text.strip_suffix(last.as_str())?);
    let is_same = |(name, value): (&String, &&str)| {
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
