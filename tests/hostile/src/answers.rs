//! Answers files.

use std::cell::OnceCell;

use launchway_core::document::{self, Format};
use launchway_core::{Answers, Defaults, Interview, Provenance, Template, Value};

thread_local! {
    static SERVICE: OnceCell<Template> = const { OnceCell::new() };
}

/// An answers file is read or refused, and what is accepted fulfils the rules of its question.
pub fn answers(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for format in [Format::Toml, Format::Yaml, Format::Json] {
        let Ok(documents) = document::parse(format, &text) else { continue };
        for document in documents {
            assert!(depth(&document) <= 130);
            if let serde_json::Value::Object(entries) = document {
                interview(entries);
            }
        }
    }
}

fn interview(entries: serde_json::Map<String, serde_json::Value>) {
    let mut given = Answers::default();
    for (key, value) in entries {
        if let Ok(value) = serde_json::from_value::<Value>(value) {
            given.set(&key, value, Provenance::File("a.yaml".to_owned()));
        }
    }
    SERVICE.with(|service| {
        let template = service.get_or_init(|| Template::builtin("service").unwrap());
        let interview = Interview::new(template, &given, Defaults::All).unwrap();
        for accepted in &interview.accepted {
            let open = accepted.question.choices(|id| interview.answer(id));
            assert_eq!(accepted.question.check(&accepted.value, open), Ok(()));
        }
        assert!(interview.problems.iter().all(|it| !it.message.is_empty() && !it.hint.is_empty()));
    });
}

fn depth(value: &serde_json::Value) -> usize {
    let inner: Vec<usize> = match value {
        serde_json::Value::Array(items) => items.iter().map(depth).collect(),
        serde_json::Value::Object(entries) => entries.values().map(depth).collect(),
        _ => Vec::new(),
    };
    1 + inner.into_iter().max().unwrap_or_default()
}
