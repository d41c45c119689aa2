//! Answers files: TOML, YAML or JSON with one key for each question.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use launchway_core::document::{self, Format};
use launchway_core::template::Kind;
use launchway_core::{Answers, Provenance, Template, Value};

use crate::failure::{Exit, Failure};

const MAX_BYTES: u64 = 1 << 20;

/// Adds the answers of a file, unless they were given already.
pub(crate) fn add(path: &Path, template: &Template, answers: &mut Answers) -> Result<(), Failure> {
    let shown = path.display().to_string();
    let format = Format::of(&shown).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("the answers file `{shown}` is of no known format"))
            .hint("name it `.toml`, `.yaml` or `.json`")
    })?;
    let text = read(path, &shown)?;
    let documents = document::parse(format, &text)
        .map_err(|error| Failure::new(Exit::Usage, format!("cannot read the answers file `{shown}`: {error}")))?;
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

fn read(path: &Path, shown: &str) -> Result<String, Failure> {
    let cannot_read =
        |error: std::io::Error| Failure::new(Exit::Usage, format!("cannot read the answers file `{shown}`: {error}"));
    let mut text = String::new();
    fs::File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut text)).map_err(cannot_read)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(Failure::new(Exit::Usage, format!("the answers file `{shown}` is larger than 1 MiB")));
    }
    Ok(text)
}

fn unknown_key(key: &str, shown: &str, template: &Template) -> Failure {
    let known: Vec<&str> = template.questions.iter().map(|question| question.id.as_str()).collect();
    Failure::new(Exit::Usage, format!("the template `{}` has no question `{key}` (in `{shown}`)", template.id))
        .hint(format!("it asks for {}", known.join(", ")))
}
