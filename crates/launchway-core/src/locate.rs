//! The line on which a node of a document stands.

use saphyr_parser::{Event, Parser};
use toml::de::{DeTable, DeValue};

use crate::document::{Format, line_and_column};
use crate::pointer::Step;

/// Returns the line, from 1, of the node that the steps lead to, or of the last node on the way to it.
pub(crate) fn line_of(format: Format, text: &str, steps: &[Step]) -> Option<usize> {
    match format {
        // JSON is read as the YAML that it is.
        Format::Yaml | Format::Json => yaml_line(text, steps),
        Format::Toml => toml_line(text, steps.get(1..)?),
    }
}

/// A container around the current node.
struct Open {
    /// Whether the way to this container is the beginning of the steps.
    is_on_the_way: bool,
    entry: Entry,
}

enum Entry {
    Element(usize),
    /// The key whose value comes next; none if a key comes next.
    Value(Option<String>),
}

fn yaml_line(text: &str, steps: &[Step]) -> Option<usize> {
    let mut open = vec![Open { is_on_the_way: true, entry: Entry::Element(0) }];
    let mut best = None;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.ok()?;
        match event {
            Event::Scalar(ref key, ..) if is_key(&open) => {
                if let Some(Open { entry: Entry::Value(expected), .. }) = open.last_mut() {
                    *expected = Some(key.clone().into_owned());
                }
            }
            Event::Scalar(..) | Event::Alias(_) | Event::SequenceStart(..) | Event::MappingStart(..) => {
                let is_on_the_way = is_next(&open, steps);
                if is_on_the_way {
                    best = Some(span.start.line());
                }
                match event {
                    Event::SequenceStart(..) => open.push(Open { is_on_the_way, entry: Entry::Element(0) }),
                    Event::MappingStart(..) => open.push(Open { is_on_the_way, entry: Entry::Value(None) }),
                    _ => go_on(&mut open),
                }
            }
            Event::SequenceEnd | Event::MappingEnd => {
                open.pop();
                go_on(&mut open);
            }
            _ => {}
        }
    }
    best
}

fn is_key(open: &[Open]) -> bool {
    matches!(open.last(), Some(Open { entry: Entry::Value(None), .. }))
}

/// Tells whether the node that comes next is on the way: each container is one step deep.
fn is_next(open: &[Open], steps: &[Step]) -> bool {
    let Some(parent) = open.last().filter(|parent| parent.is_on_the_way) else { return false };
    match (&parent.entry, steps.get(open.len() - 1)) {
        (Entry::Element(index), Some(Step::Index(step))) => index == step,
        (Entry::Value(Some(key)), Some(Step::Key(step))) => key == step,
        _ => false,
    }
}

/// Moves on to the next entry of the innermost container.
fn go_on(open: &mut [Open]) {
    match open.last_mut().map(|open| &mut open.entry) {
        Some(Entry::Element(index)) => *index += 1,
        Some(Entry::Value(key)) => *key = None,
        None => {}
    }
}

fn toml_line(text: &str, steps: &[Step]) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let line = |offset| line_and_column(text, offset).0;
    let Some((Step::Key(first), rest)) = steps.split_first() else { return Some(1) };
    let mut node = table.get_ref().get(first.as_str())?;
    let mut best = line(node.span().start);
    for step in rest {
        let next = match (node.get_ref(), step) {
            (DeValue::Table(table), Step::Key(key)) => table.get(key.as_str()),
            (DeValue::Array(items), Step::Index(index)) => items.get(*index),
            _ => None,
        };
        let Some(next) = next else { break };
        node = next;
        best = line(node.span().start);
    }
    Some(best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document;
    use crate::pointer::Pointer;

    fn line(format: Format, text: &str, pointer: &str) -> Option<usize> {
        let documents = document::parse(format, text).unwrap();
        let found = Pointer::parse(pointer).unwrap().find(&documents).first().map(|found| found.steps.clone());
        line_of(format, text, &found?)
    }

    #[test]
    fn nodes_are_located_in_every_format() {
        let yaml = "kind: A\n---\n# note\nkind: B\nspec:\n  ports:\n    - name: x\n      port: 1\n    - {name: y,\n       port: 2}\n  ref: !Ref Z\n";
        for (pointer, expected) in [
            ("/kind", 1),
            ("[kind=B]/spec/ports/[name=x]/port", 8),
            ("[kind=B]/spec/ports/1/port", 10),
            ("/spec/ref/!Ref", 11),
        ] {
            assert_eq!(line(Format::Yaml, yaml, pointer), Some(expected), "{pointer}");
        }
        let json = "{\n  \"a\": [\n    {\"k\": 1},\n    {\"k\":\n 2}\n  ]\n}\n";
        assert_eq!(line(Format::Json, json, "/a/1/k"), Some(5));
        let toml = "x = 1\n[a]\ny = [\n  1,\n  2,\n]\n[[b]]\nz = 3\n[[b]]\nz = 4\n";
        assert_eq!(line(Format::Toml, toml, "/a/y/1"), Some(5));
        assert_eq!(line(Format::Toml, toml, "/b/1/z"), Some(10));
    }
}
