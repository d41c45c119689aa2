//! Answers files: TOML, YAML or JSON with one key for each question.

use std::fmt::Display;
use std::fs;
use std::io::Read;

use std::path::Path;

use launchway_core::document::{self, Format};
use launchway_core::template::Kind;
use launchway_core::{Answers, Provenance, Template, Value};

use crate::failure::{Exit, Failure};

const MAX_BYTES: u64 = 1 << 20;

/// The path that stands for standard input.
const STDIN: &str = "-";

/// Adds the answers of a file, or of standard input for `-`, unless they were given already.
pub(crate) fn add_file(path: &Path, template: &Template, answers: &mut Answers) -> Result<(), Failure> {
    let shown = if path == Path::new(STDIN) { "standard input".to_owned() } else { path.display().to_string() };
    let _step = tracing::info_span!("read", what = %format_args!("the answers of {shown}")).entered();
    let documents = if path == Path::new(STDIN) { of_stdin(&shown)? } else { of_file(path, &shown)? };
    if documents.len() > 1 {
        return Err(Failure::new(Exit::Usage, format!("the answers file `{shown}` holds more than one document")));
    }
    let document = documents.into_iter().next().unwrap_or(serde_json::Value::Null);
    let serde_json::Value::Object(entries) = document else {
        return Err(Failure::new(Exit::Usage, format!("the answers file `{shown}` does not hold keys and values")));
    };
    for (key, value) in entries {
        let Some(question) = template.question(&key) else {
            return Err(unknown_key(&key, &shown, template));
        };
        if matches!(question.kind, Kind::Secret { .. }) && !value.is_boolean() {
            return Err(question.exposed(&format!("in a file such as `{shown}`")).into());
        }
        let value: Value = serde_json::from_value(value).map_err(|_| {
            let message =
                format!("the answer `{key}` in `{shown}` is neither a text, a number, a list nor true or false");
            Failure::new(Exit::Usage, message)
        })?;
        answers.set_if_open(&key, value, Provenance::File(shown.clone()));
    }
    Ok(())
}

type Documents = Vec<serde_json::Value>;

/// Reads a file, whose name says its format.
fn of_file(path: &Path, shown: &str) -> Result<Documents, Failure> {
    let format = Format::of(shown).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("the answers file `{shown}` is of no known format"))
            .hint("name it `.toml`, `.yaml` or `.json`")
    })?;
    let text = fs::File::open(path).map_err(|error| cannot_read(shown, &error)).and_then(|file| read(file, shown))?;
    document::parse(format, &text).map_err(|error| cannot_read(shown, &error))
}

/// Reads standard input, which has no name that could say its format: it is JSON if it begins as an object, TOML if it can
/// be read as such, and otherwise YAML.
fn of_stdin(shown: &str) -> Result<Documents, Failure> {
    let text = read(std::io::stdin().lock(), shown)?;
    if text.trim_start().starts_with('{') {
        return document::parse(Format::Json, &text).map_err(|error| cannot_read(shown, &error));
    }
    document::parse(Format::Toml, &text).or_else(|toml| {
        document::parse(Format::Yaml, &text).map_err(|yaml| {
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

fn unknown_key(key: &str, shown: &str, template: &Template) -> Failure {
    let known: Vec<&str> = template.questions.iter().map(|question| question.id.as_str()).collect();
    Failure::new(Exit::Usage, format!("the template `{}` has no question `{key}` (in `{shown}`)", template.id))
        .hint(format!("it asks for {}", known.join(", ")))
}
