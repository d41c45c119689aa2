//! The outline of TOML, by the spans of `toml_edit`.

use toml_edit::{Array, Document, InlineTable, Item as TomlItem, Key, Table, Value};

use super::identity::{Identities, Identity};
use super::outline::{self, Inner, Inside, Item, Start};

/// Something that begins on a line of its own.
struct Statement<'d> {
    at: usize,
    key: String,
    path: Vec<String>,
    /// The value of a key; none for the head of a table.
    value: Option<&'d Value>,
}

/// A table with what stands below its head.
struct Section<'d> {
    entries: Vec<Start<(Vec<String>, &'d Value)>>,
    /// The first section has no head.
    is_headed: bool,
}

/// Outlines a text; `None` if it is no TOML, or has what a slice cannot carry.
pub(super) fn outline<'t>(text: &'t str, identities: &Identities<'_>) -> Option<Inner<'t>> {
    if text.contains(['\t', '\r']) {
        return None;
    }
    let document = Document::parse(text).ok()?;
    let mut statements = Vec::new();
    collect(document.as_table(), &[], &Dotted::default(), identities, &mut statements)?;
    statements.sort_by_key(|statement| statement.at);
    let outliner = Outliner { text, identities };
    outline::lines(text, (0, text.len()), sections(statements), &|section: Section<'_>, part| {
        outliner.section(section, part)
    })
}

/// What stands before the last part of a dotted key on its line, and where it begins.
#[derive(Default)]
struct Dotted {
    keys: Vec<String>,
    at: Option<usize>,
}

/// Lists the heads of tables and the keys with values.
fn collect<'d>(
    table: &'d Table,
    path: &[String],
    dotted: &Dotted,
    identities: &Identities<'_>,
    statements: &mut Vec<Statement<'d>>,
) -> Option<()> {
    for (name, item) in table {
        let path = [path, &[name.to_owned()]].concat();
        match item {
            TomlItem::None => {}
            TomlItem::Value(value) => {
                let key = [dotted.keys.as_slice(), &[name.to_owned()]].concat().join(".");
                let at = dotted.at.map_or_else(|| start_of(table.key(name)?), Some)?;
                statements.push(Statement { at, key, path, value: Some(value) });
            }
            TomlItem::Table(inner) if inner.is_dotted() => {
                let at = dotted.at.map_or_else(|| start_of(table.key(name)?), Some);
                let keys = [dotted.keys.as_slice(), &[name.to_owned()]].concat();
                collect(inner, &path, &Dotted { keys, at }, identities, statements)?;
            }
            TomlItem::Table(inner) => {
                if !inner.is_implicit() {
                    let key = format!("[{}]", path.join("."));
                    statements.push(Statement { at: inner.span()?.start, key, path: path.clone(), value: None });
                }
                collect(inner, &path, &Dotted::default(), identities, statements)?;
            }
            TomlItem::ArrayOfTables(tables) => {
                for (place, inner) in tables.iter().enumerate() {
                    let key = format!("[[{}]] {}", path.join("."), identity(inner, &identities.at(&path), place)?);
                    statements.push(Statement { at: inner.span()?.start, key, path: path.clone(), value: None });
                    let path = [path.as_slice(), &["*".to_owned()]].concat();
                    collect(inner, &path, &Dotted::default(), identities, statements)?;
                }
            }
        }
    }
    Some(())
}

fn identity(table: &Table, identity: &Identity, place: usize) -> Option<String> {
    let value = |name: &str| table.get(name)?.as_str().map(str::to_owned);
    match identity {
        Identity::Key(name) => value(name),
        Identity::Package if !table.contains_key("source") => value("name"),
        Identity::Package => Some(format!("{} {}", value("name")?, value("version")?)),
        Identity::Set | Identity::Update | Identity::Place => Some(place.to_string()),
    }
}

fn start_of(key: &Key) -> Option<usize> {
    Some(key.span()?.start)
}

/// Puts every key below the head of its table; those before the first head stand for themselves.
fn sections(statements: Vec<Statement<'_>>) -> Vec<Start<Section<'_>>> {
    let mut sections: Vec<Start<Section<'_>>> = Vec::new();
    for Statement { at, key, path, value } in statements {
        let Some(value) = value else {
            sections.push(Start { at, key, value: Section { entries: Vec::new(), is_headed: true } });
            continue;
        };
        let entry = Start { at, key: key.clone(), value: (path, value) };
        match sections.last_mut().filter(|section| section.value.is_headed) {
            Some(section) => section.value.entries.push(entry),
            None => sections.push(Start { at, key, value: Section { entries: vec![entry], is_headed: false } }),
        }
    }
    sections
}

struct Outliner<'t, 'i> {
    text: &'t str,
    identities: &'i Identities<'i>,
}

impl<'t> Outliner<'t, '_> {
    fn section(&self, section: Section<'_>, part: (usize, usize)) -> Option<Inside<'t>> {
        let mut entries = section.entries;
        if !section.is_headed {
            let entry = entries.pop()?;
            return self.value(entry.value.1, part, &entry.value.0);
        }
        let value = |(path, value): (Vec<String>, &Value), part| self.value(value, part, &path);
        outline::lines(self.text, part, entries, &value).map(Inside::Entries)
    }

    /// Outlines a list or an inline table; every other value is one thing.
    fn value(&self, value: &Value, part: (usize, usize), path: &[String]) -> Option<Inside<'t>> {
        match value {
            Value::Array(array) if self.identities.at(path) == Identity::Set => self.set(array, part),
            Value::InlineTable(table) => self.inline(table, part, path),
            _ => Some(Inside::Atom),
        }
    }

    fn set(&self, array: &Array, part: (usize, usize)) -> Option<Inside<'t>> {
        let item = |value: &Value| {
            let span = value.span()?;
            let key = value.as_str()?.to_owned();
            Some(Item { key, start: span.start, end: span.end, inside: Inside::Atom })
        };
        let Some(items) = array.iter().map(item).collect::<Option<Vec<_>>>() else { return Some(Inside::Atom) };
        let span = array.span()?;
        outline::commas(self.text, part.0, (span.start + 1, span.end.checked_sub(1)?), part.1, items)
            .map(Inside::Entries)
    }

    fn inline(&self, table: &InlineTable, part: (usize, usize), path: &[String]) -> Option<Inside<'t>> {
        let mut items = Vec::new();
        for (name, value) in table {
            // `a.b = 1` within braces is a table of its own.
            if matches!(value, Value::InlineTable(inner) if inner.is_dotted()) {
                return Some(Inside::Atom);
            }
            let (start, end) = (start_of(table.key(name)?)?, value.span()?.end);
            let inside = self.value(value, (start, end), &[path, &[name.to_owned()]].concat())?;
            items.push(Item { key: name.to_owned(), start, end, inside });
        }
        let span = table.span()?;
        outline::commas(self.text, part.0, (span.start + 1, span.end.checked_sub(1)?), part.1, items)
            .map(Inside::Entries)
    }
}
