//! TOML, with the line of each value.

use serde::Deserialize;
use serde_json::Value as Json;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::{Content, Lines, Node, Unreadable};
use crate::text::line_and_column;

/// Reads the one document of a text.
pub(super) fn read(text: &str) -> Result<Node, Unreadable> {
    let lines = Lines::of(text);
    let table = DeTable::parse(text).map(toml::Spanned::into_inner);
    let content = table.and_then(|table| mapping(table, &lines)).map_err(|error| {
        let (line, column) = line_and_column(text, error.span().map_or(0, |span| span.start));
        Unreadable { line, column, message: error.message().to_owned() }
    })?;
    Ok(Node { line: 1, content })
}

fn mapping(table: DeTable<'_>, lines: &Lines) -> Result<Content, toml::de::Error> {
    let entry = |(key, value): (toml::Spanned<_>, _)| Ok((String::from(key.into_inner()), node(value, lines)?));
    table.into_iter().map(entry).collect::<Result<_, _>>().map(Content::Mapping)
}

fn node(value: toml::Spanned<DeValue<'_>>, lines: &Lines) -> Result<Node, toml::de::Error> {
    let (line, span) = (lines.at(value.span().start), value.span());
    let content = match value.into_inner() {
        DeValue::Table(table) => mapping(table, lines)?,
        DeValue::Array(items) => {
            Content::Sequence(items.into_iter().map(|item| node(item, lines)).collect::<Result<_, _>>()?)
        }
        scalar => {
            let scalar = ValueDeserializer::from(toml::Spanned::new(span, scalar));
            Content::Scalar(json(toml::Value::deserialize(scalar)?))
        }
    };
    Ok(Node { line, content })
}

fn json(scalar: toml::Value) -> Json {
    match scalar {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(value) => value.into(),
        toml::Value::Datetime(moment) => moment.to_string().into(),
        toml::Value::Array(values) => values.into_iter().map(json).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, json(value))).collect(),
    }
}
