//! Pointers into a document: JSON pointers that also select list elements by a key, or take all of them.
//!
//! `/spec/ports/[name=http]/port` takes the element whose `name` is `http`, or is a list that has it; `/spec/ports/*/port`
//! takes all. A pointer
//! that starts with `[kind=Service]` looks only into the documents of that kind.

use super::document::{Content, Node};

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
    /// Every element of a list, or every value of a mapping; a plain value is the only one.
    All,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Selector {
    key: String,
    value: String,
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
    pub(crate) fn find<'d>(&self, documents: &'d [Node]) -> Vec<&'d Node> {
        self.follow(&self.segments, documents)
    }

    /// Returns the line of the first node, or of the last one on the way to it.
    pub(crate) fn line(&self, documents: &[Node]) -> Option<usize> {
        let first = |length| self.follow(&self.segments[..length], documents).into_iter().next();
        (0..=self.segments.len()).rev().find_map(first).map(|node| node.line)
    }

    fn follow<'d>(&self, segments: &[Segment], documents: &'d [Node]) -> Vec<&'d Node> {
        let is_meant = |document: &&Node| self.document.as_ref().is_none_or(|selector| selector.accepts(document));
        let find = |root: &'d Node| {
            segments.iter().fold(vec![root], |nodes, segment| nodes.iter().flat_map(|it| segment.below(it)).collect())
        };
        documents.iter().filter(is_meant).map(find).find(|nodes: &Vec<_>| !nodes.is_empty()).unwrap_or_default()
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

    fn accepts(&self, node: &Node) -> bool {
        let is_it = |node: &Node| node.plain().is_some_and(|value| value == self.value);
        match node.get(&self.key) {
            Some(Node { content: Content::Sequence(values), .. }) => values.iter().any(is_it),
            Some(value) => is_it(value),
            None => false,
        }
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

    fn below<'d>(&self, node: &'d Node) -> Vec<&'d Node> {
        match (self, &node.content) {
            (Self::Key(key), Content::Mapping(entries)) => entries.get(key).into_iter().collect(),
            (Self::Key(key), Content::Sequence(items)) => {
                key.parse().ok().and_then(|index: usize| items.get(index)).into_iter().collect()
            }
            (Self::Selected(selector), Content::Sequence(items)) => {
                items.iter().filter(|item| selector.accepts(item)).collect()
            }
            (Self::All, Content::Mapping(entries)) => entries.values().collect(),
            (Self::All, Content::Sequence(items)) => items.iter().collect(),
            // What may be one value or a list of them is the same for `*`.
            (Self::All, Content::Scalar(_)) => node.plain().map(|_| node).into_iter().collect(),
            (Self::Selected(_), Content::Mapping(_)) | (_, Content::Scalar(_)) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::document::{self, Format};

    const DOCUMENTS: &str = "\
kind: Service
ports: [{name: http, port: 80}, {name: admin, port: 90}]
---
kind: Role
labels: {a/b: c, d: e}
ports: [{name: http, port: 81}]
";

    fn values(pointer: &str) -> Vec<String> {
        let documents = document::read(Format::Yaml, DOCUMENTS).unwrap();
        Pointer::parse(pointer).unwrap().find(&documents).into_iter().filter_map(Node::plain).collect()
    }

    fn line(format: Format, text: &str, pointer: &str) -> Option<usize> {
        Pointer::parse(pointer).unwrap().line(&document::read(format, text).unwrap())
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
    fn one_value_is_the_only_one_of_all() {
        let documents =
            document::read(Format::Json, r#"{"Action": "a", "Actions": ["b", "c"], "None": null}"#).unwrap();
        let found = |pointer: &str| Pointer::parse(pointer).unwrap().find(&documents).len();
        assert_eq!([found("/Action/*"), found("/Actions/*"), found("/None/*"), found("/Action/*/x")], [1, 2, 0, 0]);
    }

    #[test]
    fn an_element_is_selected_by_a_value_of_a_list_that_it_holds() {
        let text = r#"{"rules": [{"resources": ["pods", "events"], "verbs": ["list"]}, {"resources": "jobs"}]}"#;
        let documents = document::read(Format::Json, text).unwrap();
        let found = |pointer: &str| Pointer::parse(pointer).unwrap().find(&documents).len();
        assert_eq!(found("/rules/[resources=events]/verbs/0"), 1);
        assert_eq!(found("/rules/[resources=jobs]"), 1);
        assert_eq!(found("/rules/[resources=secrets]"), 0);
    }

    #[test]
    fn a_selected_value_may_hold_a_slash() {
        let documents = document::read(Format::Json, r#"[{"path": "/a/b", "x": 1}]"#).unwrap();
        assert_eq!(Pointer::parse("/[path=/a/b]/x").unwrap().find(&documents).len(), 1);
    }

    #[test]
    fn what_is_no_pointer_is_refused() {
        for text in ["", "spec/ports", "[kind]/x", "[kind=Role]", "/a/[=x]/b"] {
            assert!(Pointer::parse(text).is_err(), "{text}");
        }
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

    #[test]
    fn the_way_to_what_is_not_there_ends_at_the_last_node_on_it() {
        let yaml = "a:\n  b: !Ref X\n  c: &c\n    d: 1\ne: *c\n0x10: 2\n";
        for (pointer, expected) in [("/a/b/none", 2), ("/a/b", 2), ("/e/d", 5), ("/16", 6), ("/none", 1)] {
            assert_eq!(line(Format::Yaml, yaml, pointer), Some(expected), "{pointer}");
        }
        let json = "{\n \"a\" : \n\n [1,\n  {\"b\"\n:\n-1}]\n}\n";
        for (pointer, expected) in [("/none", 1), ("/a/7", 4), ("/a/1/none", 5), ("/a/1/b", 7)] {
            assert_eq!(line(Format::Json, json, pointer), Some(expected), "{pointer}");
        }
        assert_eq!(line(Format::Toml, "\n\n[a]\nb = 1\n", "/none"), Some(1));
        assert_eq!(line(Format::Toml, "\n\n[a]\nb = 1\n", "/a/none"), Some(3));
    }
}
