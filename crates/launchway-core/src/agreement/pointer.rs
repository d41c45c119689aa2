//! Pointers into a document: JSON pointers that also select list elements by a key, or take all of them.
//!
//! `/spec/ports/[name=http]/port` takes the element whose `name` is `http`; `/spec/ports/*/port` takes all. A pointer
//! that starts with `[kind=Service]` looks only into the documents of that kind.

use serde_json::Value as Json;

/// A pointer that was read from its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pointer {
    document: Option<Selector>,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    /// A key of a mapping, or the position of an element.
    Key(String),
    /// The elements of a list that hold a value under a key.
    Selected(Selector),
    /// Every element of a list, or every value of a mapping.
    All,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Selector {
    key: String,
    value: String,
}

/// One step from a node to a node below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

/// A node that a pointer leads to; the first step is the position of the document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found<'d> {
    pub(crate) steps: Vec<Step>,
    pub(crate) value: &'d Json,
}

impl Pointer {
    /// Reads a pointer; the error completes the sentence "the pointer …".
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (document, rest) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((selector, rest)) => (Some(Selector::parse(selector)?), rest),
            None => (None, text),
        };
        let Some(rest) = rest.strip_prefix('/') else {
            return Err(format!("`{text}` does not start with `/`, or with `[key=value]/`"));
        };
        let segments = split(rest).into_iter().map(Segment::parse).collect::<Result<_, _>>()?;
        Ok(Self { document, segments })
    }

    /// Tells whether the pointer may lead to several nodes, or to none.
    pub(crate) fn takes_all(&self) -> bool {
        self.segments.contains(&Segment::All)
    }

    /// Finds the nodes, in the first document that has any.
    pub(crate) fn find<'d>(&self, documents: &'d [Json]) -> Vec<Found<'d>> {
        self.follow(&self.segments, documents)
    }

    /// Returns the way to the first node, or as far as it goes.
    pub(crate) fn way(&self, documents: &[Json]) -> Option<Vec<Step>> {
        let first = |length| self.follow(&self.segments[..length], documents).into_iter().next();
        (0..=self.segments.len()).rev().find_map(first).map(|found| found.steps)
    }

    fn follow<'d>(&self, segments: &[Segment], documents: &'d [Json]) -> Vec<Found<'d>> {
        let is_meant = |document: &Json| self.document.as_ref().is_none_or(|selector| selector.accepts(document));
        let roots = documents.iter().enumerate().filter(|(_, document)| is_meant(document));
        let find = |(index, value)| {
            let root = Found { steps: vec![Step::Index(index)], value };
            segments.iter().fold(vec![root], |nodes, segment| nodes.iter().flat_map(|it| segment.below(it)).collect())
        };
        roots.map(find).find(|nodes: &Vec<_>| !nodes.is_empty()).unwrap_or_default()
    }
}

/// Splits at slashes outside of brackets: a selected value may hold some.
fn split(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    text.split(|character| {
        match character {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == '/' && depth == 0
    })
    .collect()
}

impl Selector {
    fn parse(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok(Self { key: key.to_owned(), value: value.to_owned() }),
            _ => Err(format!("selects by `[{text}]`, which is not of the form `[key=value]`")),
        }
    }

    fn accepts(&self, node: &Json) -> bool {
        node.get(&self.key).and_then(plain).is_some_and(|value| value == self.value)
    }
}

impl Segment {
    fn parse(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::All);
        }
        match text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(selector) => Selector::parse(selector).map(Self::Selected),
            None => Ok(Self::Key(text.replace("~1", "/").replace("~0", "~"))),
        }
    }

    fn below<'d>(&self, node: &Found<'d>) -> Vec<Found<'d>> {
        let found = |step, value| {
            let steps = node.steps.iter().cloned().chain([step]).collect();
            Found { steps, value }
        };
        let elements = || node.value.as_array().into_iter().flatten().enumerate();
        match self {
            Self::Key(key) => match node.value {
                Json::Object(entries) => {
                    entries.get(key).map(|value| found(Step::Key(key.clone()), value)).into_iter().collect()
                }
                Json::Array(items) => {
                    let item = key.parse().ok().and_then(|index: usize| Some((index, items.get(index)?)));
                    item.map(|(index, value)| found(Step::Index(index), value)).into_iter().collect()
                }
                _ => Vec::new(),
            },
            Self::Selected(selector) => elements()
                .filter(|(_, element)| selector.accepts(element))
                .map(|(index, element)| found(Step::Index(index), element))
                .collect(),
            Self::All => match node.value {
                Json::Object(entries) => {
                    entries.iter().map(|(key, value)| found(Step::Key(key.clone()), value)).collect()
                }
                _ => elements().map(|(index, element)| found(Step::Index(index), element)).collect(),
            },
        }
    }
}

/// Returns a plain value as text: a string, a number, true or false.
pub(crate) fn plain(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(_) | Json::Bool(_) => Some(value.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values(pointer: &str) -> Vec<String> {
        let documents = [
            json!({"kind": "Service", "ports": [{"name": "http", "port": 80}, {"name": "admin", "port": 90}]}),
            json!({"kind": "Role", "labels": {"a/b": "c", "d": "e"}, "ports": [{"name": "http", "port": 81}]}),
        ];
        let pointer = Pointer::parse(pointer).unwrap();
        pointer.find(&documents).iter().filter_map(|found| plain(found.value)).collect()
    }

    #[test]
    fn nodes_are_found_by_key_position_selection_and_all_together() {
        for (pointer, expected) in [
            ("/ports/0/port", vec!["80"]),
            ("/ports/[name=admin]/port", vec!["90"]),
            ("/ports/*/name", vec!["http", "admin"]),
            ("/labels/a~1b", vec!["c"]),
            ("/labels/*", vec!["c", "e"]),
            ("[kind=Role]/ports/[name=http]/port", vec!["81"]),
            ("/ports/[name=none]/port", vec![]),
            ("/ports/7/port", vec![]),
            ("[kind=Pod]/ports", vec![]),
        ] {
            assert_eq!(values(pointer), expected, "{pointer}");
        }
    }

    #[test]
    fn a_selected_value_may_hold_a_slash() {
        let documents = [json!([{"path": "/a/b", "x": 1}])];
        assert_eq!(Pointer::parse("/[path=/a/b]/x").unwrap().find(&documents).len(), 1);
    }

    #[test]
    fn what_is_no_pointer_is_refused() {
        for text in ["", "spec/ports", "[kind]/x", "[kind=Role]", "/a/[=x]/b"] {
            assert!(Pointer::parse(text).is_err(), "{text}");
        }
    }
}
