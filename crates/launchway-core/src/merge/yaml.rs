//! The outline of YAML and JSON, by the places of the parser's events.

use saphyr_parser::{Event, Parser};

use super::identity::{Identities, Identity, UPDATE_KEYS};
use super::outline::{self, Inner, Inside, Item, Start};

/// How deep a document may be nested; what is deeper is left to the merge by lines.
const MAX_DEPTH: usize = 64;

/// A node and where it stands, in bytes.
struct Node {
    start: usize,
    end: usize,
    kind: Kind,
}

enum Kind {
    Scalar(String),
    Map(Vec<(Node, Node)>),
    List(Vec<Node>),
}

/// Outlines a text with one document; `None` if it has what a slice cannot carry: anchors, tabs, several documents.
pub(super) fn outline<'t>(text: &'t str, identities: &Identities<'_>) -> Option<Inner<'t>> {
    let root = Reader::read(text)?;
    let outliner = Outliner { text, identities };
    match outliner.inside(&root, (0, text.len()), &mut Vec::new())? {
        Inside::Entries(inner) => Some(inner),
        Inside::Atom => None,
    }
}

/// Reads the events of a parser into nodes.
struct Reader<'t> {
    events: Vec<(Event<'t>, usize, usize)>,
    next: usize,
}

impl<'t> Reader<'t> {
    fn read(text: &'t str) -> Option<Node> {
        if text.contains(['\t', '\r']) {
            return None;
        }
        // The parser counts characters.
        let mut bytes: Vec<usize> = text.char_indices().map(|(byte, _)| byte).collect();
        bytes.push(text.len());
        let place = |index: usize| bytes[index.min(bytes.len() - 1)];
        let (mut events, mut documents) = (Vec::new(), 0);
        for event in Parser::new_from_str(text) {
            let (event, span) = event.ok()?;
            match event {
                Event::DocumentStart(_) => documents += 1,
                Event::StreamStart | Event::StreamEnd | Event::DocumentEnd | Event::Nothing => {}
                event => events.push((event, place(span.start.index()), place(span.end.index()))),
            }
        }
        let mut reader = Self { events, next: 0 };
        if documents == 1 { reader.node(0) } else { None }
    }

    fn node(&mut self, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH {
            return None;
        }
        let (event, start, end) = self.events.get(self.next).cloned()?;
        self.next += 1;
        let kind = match event {
            Event::Scalar(value, _, 0, _) => Kind::Scalar(value.into_owned()),
            Event::MappingStart(0, _) => {
                let mut entries = Vec::new();
                while !matches!(self.events.get(self.next)?.0, Event::MappingEnd) {
                    let key = self.node(depth + 1)?;
                    entries.push((key, self.node(depth + 1)?));
                }
                return Some(Node { start, end: self.end()?, kind: Kind::Map(entries) });
            }
            Event::SequenceStart(0, _) => {
                let mut items = Vec::new();
                while !matches!(self.events.get(self.next)?.0, Event::SequenceEnd) {
                    items.push(self.node(depth + 1)?);
                }
                return Some(Node { start, end: self.end()?, kind: Kind::List(items) });
            }
            // An alias, or a node that has an anchor.
            _ => return None,
        };
        Some(Node { start, end, kind })
    }

    /// Passes over the end of a container and returns its place.
    fn end(&mut self) -> Option<usize> {
        let (_, _, end) = self.events.get(self.next)?;
        self.next += 1;
        Some(*end)
    }
}

struct Outliner<'t, 'i> {
    text: &'t str,
    identities: &'i Identities<'i>,
}

impl<'t> Outliner<'t, '_> {
    /// Looks into a node, within its part of the text. `None` gives the whole text up.
    fn inside(&self, node: &Node, part: (usize, usize), path: &mut Vec<String>) -> Option<Inside<'t>> {
        let is_flow = self.text.get(node.start..)?.starts_with(['{', '[']);
        match &node.kind {
            Kind::Scalar(_) => Some(Inside::Atom),
            Kind::Map(entries) if entries.iter().any(|(key, _)| key.text().is_none_or(|key| key == "<<")) => None,
            Kind::Map(entries) if is_flow => self.flow_map(node, entries, part, path),
            Kind::Map(entries) => self.block_map(entries, part, path).map(Inside::Entries),
            Kind::List(items) => {
                let Some(keys) = keys(items, &self.identities.at(path)) else { return Some(Inside::Atom) };
                path.push("*".to_owned());
                let inside = if is_flow {
                    self.flow_list(node, items, keys, part, path)
                } else {
                    self.block_list(items, keys, part, path).map(Inside::Entries)
                };
                path.pop();
                inside
            }
        }
    }

    fn block_map(&self, entries: &[(Node, Node)], part: (usize, usize), path: &[String]) -> Option<Inner<'t>> {
        let start = |(key, value)| Some(Start { at: Node::start(key), key: Node::text(key)?.to_owned(), value });
        let starts = entries.iter().map(|(key, value)| start((key, (key, value)))).collect::<Option<Vec<_>>>()?;
        outline::lines(self.text, part, starts, &|(key, value): (&Node, &Node), part| {
            let mut path = [path, &[key.text()?.to_owned()]].concat();
            self.inside(value, part, &mut path)
        })
    }

    fn block_list(
        &self,
        items: &[Node],
        keys: Vec<String>,
        part: (usize, usize),
        path: &[String],
    ) -> Option<Inner<'t>> {
        let mut starts = Vec::new();
        for (item, key) in items.iter().zip(keys) {
            starts.push(Start { at: self.dash(item.start)?, key, value: item });
        }
        outline::lines(self.text, part, starts, &|item: &Node, part| self.inside(item, part, &mut path.to_vec()))
    }

    /// Finds the dash before an element that stands on the same line.
    fn dash(&self, at: usize) -> Option<usize> {
        let before = self.text.get(..at)?.trim_end_matches(' ');
        before.ends_with('-').then(|| before.len() - 1)
    }

    fn flow_map(
        &self,
        node: &Node,
        entries: &[(Node, Node)],
        part: (usize, usize),
        path: &[String],
    ) -> Option<Inside<'t>> {
        let mut items = Vec::new();
        for (key, value) in entries {
            let mut path = [path, &[key.text()?.to_owned()]].concat();
            let inside = self.inside(value, (key.start, value.end), &mut path)?;
            items.push(Item { key: key.text()?.to_owned(), start: key.start, end: value.end, inside });
        }
        self.brackets(node, part, items)
    }

    fn flow_list(
        &self,
        node: &Node,
        items: &[Node],
        keys: Vec<String>,
        part: (usize, usize),
        path: &[String],
    ) -> Option<Inside<'t>> {
        let mut found = Vec::new();
        for (item, key) in items.iter().zip(keys) {
            let inside = self.inside(item, (item.start, item.end), &mut path.to_vec())?;
            found.push(Item { key, start: item.start, end: item.end, inside });
        }
        self.brackets(node, part, found)
    }

    fn brackets(&self, node: &Node, part: (usize, usize), items: Vec<Item<'t>>) -> Option<Inside<'t>> {
        let close = node.end.checked_sub(1)?;
        outline::commas(self.text, part.0, (node.start + 1, close), part.1, items).map(Inside::Entries)
    }
}

impl Node {
    fn start(node: &Self) -> usize {
        node.start
    }

    fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(text) => Some(text),
            _ => None,
        }
    }

    fn get(&self, key: &str) -> Option<&str> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|(name, _)| name.text() == Some(key))?.1.text(),
            _ => None,
        }
    }
}

/// Names one of Dependabot's updates.
fn update(item: &Node) -> Option<String> {
    let Kind::Map(entries) = &item.kind else { return None };
    item.get(UPDATE_KEYS[0])?;
    let value = |key: &str| Some(&entries.iter().find(|(name, _)| name.text() == Some(key))?.1);
    let words = |node: &Node| match &node.kind {
        Kind::Scalar(text) => Some(text.clone()),
        Kind::List(items) => Some(items.iter().map(Node::text).collect::<Option<Vec<_>>>()?.join(" ")),
        Kind::Map(_) => None,
    };
    let words = UPDATE_KEYS.map(|key| value(key).map_or(Some(String::new()), words));
    Some(words.into_iter().collect::<Option<Vec<_>>>()?.join("\n"))
}

/// Names every element of a list; `None` if one cannot be told apart.
fn keys(items: &[Node], identity: &Identity) -> Option<Vec<String>> {
    match identity {
        Identity::Place | Identity::Package => None,
        Identity::Set => items.iter().map(|item| item.text().map(str::to_owned)).collect(),
        Identity::Key(name) => items.iter().map(|item| item.get(name).map(str::to_owned)).collect(),
        Identity::Update => items.iter().map(update).collect(),
    }
}
