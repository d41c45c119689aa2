//! Answers files: TOML, YAML or JSON with one key for each question.

use std::fmt::Display;
use std::fs;
use std::io::Read;

use std::path::Path;

use launchway_core::document::{self, Entry, Format, Unreadable};
use launchway_core::template::{Kind, Question};
use launchway_core::{Answers, Provenance, Template, Value};
use serde_json::{Number, Value as Json};

use super::unknown_question;
use crate::failure::{Exit, Failure};

const MAX_BYTES: u64 = 1 << 20;

/// The path that stands for standard input.
const STDIN: &str = "-";

/// Adds the answers of a file, or of standard input for `-`, unless they were given already.
pub(crate) fn add_file(path: &Path, template: &Template, answers: &mut Answers) -> Result<(), Failure> {
    let shown = if path == Path::new(STDIN) { "standard input".to_owned() } else { path.display().to_string() };
    let _step = tracing::info_span!("read", what = %format_args!("the answers of {shown}")).entered();
    let (text, documents) = if path == Path::new(STDIN) { of_stdin(&shown)? } else { of_file(path, &shown)? };
    if documents.len() > 1 {
        return Err(Failure::new(Exit::Usage, format!("the answers file `{shown}` holds more than one document")));
    }
    let Some(entries) = documents.into_iter().next().flatten() else {
        return Err(Failure::new(Exit::Usage, format!("the answers file `{shown}` does not hold keys and values")));
    };
    for Entry { key, line, value } in entries {
        let place = format!("{shown}:{line}");
        let Some(question) = template.question(&key) else {
            return Err(unknown_question(&key, Some(&place), template));
        };
        if matches!(question.kind, Kind::Secret { .. }) && !value.is_boolean() {
            return Err(question.exposed(&format!("in a file such as `{shown}`")).into());
        }
        let written =
            Written { key: &key, place: &place, line: text.lines().nth(line.saturating_sub(1)).unwrap_or_default() };
        answers.set_if_open(&key, written.value(question, value)?, Provenance::File(place.clone()));
    }
    Ok(())
}

/// An answer as it stands in the file.
struct Written<'a> {
    key: &'a str,
    place: &'a str,
    /// The line on which it begins.
    line: &'a str,
}

impl Written<'_> {
    /// Reads the answer. A number is no text: what was written, such as `3.10` or `007`, is lost in it.
    fn value(&self, question: &Question, value: Json) -> Result<Value, Failure> {
        if let Json::Number(number) = &value {
            let written = self.as_written(number);
            let is_lost = match question.kind {
                Kind::Text(_) | Kind::Slug(_) | Kind::Slugs { .. } => true,
                Kind::Choice(_) | Kind::Choices(_) => written != number.to_string(),
                Kind::Int { .. } | Kind::Bool | Kind::Secret { .. } => !number.is_i64(),
            };
            if is_lost {
                return Err(self.unquoted(number, &written));
            }
        }
        serde_json::from_value(value).map_err(|_| {
            let (key, place) = (self.key, self.place);
            let message =
                format!("the answer `{key}` in {place} is neither a text, a number, a list nor true or false");
            Failure::new(Exit::Usage, message).hint("write each text of a list in quotes")
        })
    }

    fn unquoted(&self, number: &Number, written: &str) -> Failure {
        let (key, place) = (self.key, self.place);
        let message = format!("the answer `{key}` in {place} is the number {number}, and not a text");
        let pair = match (self.line.contains('='), self.line.contains(&format!("\"{key}\""))) {
            (_, true) => format!("\"{key}\": \"{written}\""),
            (true, false) => format!("{key} = \"{written}\""),
            (false, false) => format!("{key}: \"{written}\""),
        };
        Failure::new(Exit::Usage, message).hint(format!("if it is a text, write it in quotes: `{pair}`"))
    }

    /// Finds how a number is written on the line of its key.
    fn as_written(&self, number: &Number) -> String {
        let is_part = |it: char| it.is_ascii_alphanumeric() || "+-._".contains(it);
        let mut words = self.line.split(|it| !is_part(it)).filter(|word| !word.is_empty());
        let same = |word: &&str| word.replace('_', "").parse::<f64>().ok() == number.as_f64();
        words.find(same).map_or_else(|| number.to_string(), str::to_owned)
    }
}

/// A text, and the entries of each of its documents.
type Documents = (String, Vec<Option<Vec<Entry>>>);

/// Reads a file, whose name says its format.
fn of_file(path: &Path, shown: &str) -> Result<Documents, Failure> {
    let format = Format::of(shown).filter(|format| *format != Format::Hcl).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("the answers file `{shown}` is of no known format"))
            .hint("name it `.toml`, `.yaml` or `.json`")
    })?;
    let text = fs::File::open(path).map_err(|error| cannot_read(shown, &error)).and_then(|file| read(file, shown))?;
    entries(format, text).map_err(|(_, error)| cannot_read(shown, &error))
}

fn entries(format: Format, text: String) -> Result<Documents, (String, Unreadable)> {
    match document::entries(format, &text) {
        Ok(documents) => Ok((text, documents)),
        Err(error) => Err((text, error)),
    }
}

/// Reads standard input, which has no name that could say its format: it is JSON if it begins as an object, TOML if it can
/// be read as such, and otherwise YAML.
fn of_stdin(shown: &str) -> Result<Documents, Failure> {
    let text = read(std::io::stdin().lock(), shown)?;
    if text.trim_start().starts_with('{') {
        return entries(Format::Json, text).map_err(|(_, error)| cannot_read(shown, &error));
    }
    entries(Format::Toml, text).or_else(|(text, toml)| {
        entries(Format::Yaml, text).map_err(|(_, yaml)| {
            cannot_read(shown, &format!("as TOML, {toml}; as YAML, {yaml}")).hint("write TOML, YAML or JSON")
        })
    })
}

fn read(source: impl Read, shown: &str) -> Result<String, Failure> {
    let mut text = String::new();
    source.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(|error| cannot_read(shown, &error))?;
    if text.len() as u64 > MAX_BYTES {
        return Err(Failure::new(Exit::Usage, format!("the answers file `{shown}` is larger than 1 MiB")));
    }
    Ok(text)
}

fn cannot_read(shown: &str, cause: &dyn Display) -> Failure {
    Failure::new(Exit::Usage, format!("cannot read the answers file `{shown}`: {cause}"))
}
