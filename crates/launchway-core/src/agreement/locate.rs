//! The line on which a node of a document stands.

use saphyr_parser::{Event, Parser};
use toml::de::{DeTable, DeValue};

use super::document::{Format, own_tag};
use super::pointer::Step;
use crate::text::line_and_column;

/// Returns the line, from 1, of the node that the steps lead to, or of the last node on the way to it.
pub(crate) fn line_of(format: Format, text: &str, steps: &[Step]) -> Option<usize> {
    match format {
        Format::Yaml => yaml_line(text, steps),
        // JSON is read as the YAML that it is, but for the halves of characters that it can escape.
        Format::Json => yaml_line(&text.replace("\\ud", "\\u0").replace("\\uD", "\\u0"), steps),
        Format::Toml => toml_line(text, steps.get(1..)?),
    }
}

/// A container around the current node; a tag of a template language's own counts as one.
struct Open {
    /// Whether the way to this container is the beginning of the steps.
    is_on_the_way: bool,
    is_tag: bool,
    entry: Entry,
}

enum Entry {
    Element(usize),
    /// The key whose value comes next; none if a key comes next.
    Value(Option<String>),
}

fn yaml_line(text: &str, steps: &[Step]) -> Option<usize> {
    let mut open = vec![Open { is_on_the_way: true, is_tag: false, entry: Entry::Element(0) }];
    let mut best = None;
    for event in Parser::new_from_str(text) {
        let Ok((event, span)) = event else { break };
        match &event {
            Event::Scalar(..) | Event::Alias(_) if is_key(&open) => {
                let key = if let Event::Scalar(key, ..) = &event { key.clone().into_owned() } else { String::new() };
                if let Some(Open { entry: Entry::Value(expected), .. }) = open.last_mut() {
                    *expected = Some(key);
                }
            }
            Event::Scalar(_, _, _, tag) | Event::SequenceStart(_, tag) | Event::MappingStart(_, tag) => {
                if let Some(tag) = own_tag(tag.as_deref()) {
                    let is_on_the_way = is_next(&open, steps);
                    open.push(Open { is_on_the_way, is_tag: true, entry: Entry::Value(Some(tag)) });
                }
                let is_on_the_way = is_next(&open, steps);
                if is_on_the_way {
                    best = Some(span.start.line());
                }
                let entry = match event {
                    Event::SequenceStart(..) => Some(Entry::Element(0)),
                    Event::MappingStart(..) => Some(Entry::Value(None)),
                    _ => None,
                };
                match entry {
                    Some(entry) => open.push(Open { is_on_the_way, is_tag: false, entry }),
                    None => go_on(&mut open),
                }
            }
            Event::Alias(_) => {
                if is_next(&open, steps) {
                    best = Some(span.start.line());
                }
                go_on(&mut open);
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

/// Moves on to the next entry of the innermost container, after the tag of the node that ends here.
fn go_on(open: &mut Vec<Open>) {
    if open.last().is_some_and(|last| last.is_tag) {
        open.pop();
    }
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
    use crate::agreement::document;
    use crate::agreement::pointer::Pointer;

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
        let tagged = "a: !Sub\n  - x\n  - i: 1\n    j: 2\nb: &n y\n*n : z\nc: 3\n";
        assert_eq!(line(Format::Yaml, tagged, "/a/!Sub/1/j"), Some(4));
        assert_eq!(line(Format::Yaml, tagged, "/c"), Some(7));
        let escaped = "{\n \"x\": \"\\ud83d\\ude80\",\n \"y\": 1\n}\n";
        assert_eq!(line(Format::Json, escaped, "/y"), Some(3));
        let json = "{\n  \"a\": [\n    {\"k\": 1},\n    {\"k\":\n 2}\n  ]\n}\n";
        assert_eq!(line(Format::Json, json, "/a/1/k"), Some(5));
        let toml = "x = 1\n[a]\ny = [\n  1,\n  2,\n]\n[[b]]\nz = 3\n[[b]]\nz = 4\n";
        assert_eq!(line(Format::Toml, toml, "/a/y/1"), Some(5));
        assert_eq!(line(Format::Toml, toml, "/b/1/z"), Some(10));
    }
}
