//! YAML, with the line of each node.

use std::collections::{BTreeMap, HashMap};

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::Value as Json;

use super::{Content, Node, Unreadable};

const MAX_DEPTH: usize = 128;
/// Nodes and the bytes of their text, with every alias and anchor counted as the copy that it is.
const MAX_WEIGHT: usize = 16 << 20;

/// Reads all the documents of a text.
pub(super) fn read(text: &str) -> Result<Vec<Node>, Unreadable> {
    Reader::default().read(text)
}

/// Builds trees from the parser's events, without recursion.
#[derive(Default)]
struct Reader {
    documents: Vec<Node>,
    open: Vec<OpenNode>,
    anchors: HashMap<usize, Anchored>,
    weight: usize,
}

/// A node that aliases stand for.
struct Anchored {
    node: Node,
    weight: usize,
    /// The levels of containers in it, itself counted.
    levels: usize,
}

/// How a node begins.
struct Start {
    line: usize,
    anchor: usize,
    tag: Option<String>,
    weight_before: usize,
}

struct OpenNode {
    container: Container,
    start: Start,
    /// The levels of the deepest node in it.
    levels: usize,
}

enum Container {
    Sequence(Vec<Node>),
    /// The entries, and the key whose value comes next.
    Mapping(BTreeMap<String, Node>, Option<String>),
}

impl Reader {
    fn read(mut self, text: &str) -> Result<Vec<Node>, Unreadable> {
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| Unreadable {
                line: error.marker().line(),
                column: error.marker().col() + 1,
                message: error.info().to_owned(),
            })?;
            let line = span.start.line();
            self.take(event, line).map_err(|message| Unreadable { line, column: span.start.col() + 1, message })?;
        }
        Ok(self.documents)
    }

    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let start = self.start(line, anchor, tag.as_deref());
                self.weigh(text.len())?;
                self.close(Content::Scalar(scalar(&text, style, tag.as_deref())), 0, start)
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(Container::Sequence(Vec::new()), self.start(line, anchor, tag.as_deref()));
                Ok(())
            }
            Event::MappingStart(anchor, tag) => {
                self.open(Container::Mapping(BTreeMap::new(), None), self.start(line, anchor, tag.as_deref()));
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close_container(),
            Event::Alias(anchor) => {
                let Anchored { weight, levels, .. } = *self.anchors.get(&anchor).ok_or("an alias has no anchor")?;
                self.weigh(weight)?;
                let content = at_line(line, &self.anchors[&anchor].node).content;
                self.close(content, levels, self.start(line, 0, None))
            }
            _ => Ok(()),
        }
    }

    fn start(&self, line: usize, anchor: usize, tag: Option<&Tag>) -> Start {
        Start { line, anchor, tag: own_tag(tag), weight_before: self.weight }
    }

    fn open(&mut self, container: Container, start: Start) {
        self.open.push(OpenNode { container, start, levels: 0 });
    }

    fn close_container(&mut self) -> Result<(), String> {
        let Some(OpenNode { container, start, levels }) = self.open.pop() else { return Ok(()) };
        let content = match container {
            Container::Sequence(items) => Content::Sequence(items),
            Container::Mapping(entries, _) => Content::Mapping(entries),
        };
        self.close(content, levels + 1, start)
    }

    /// Counts a node and what it holds, before memory is taken for it.
    fn weigh(&mut self, weight: usize) -> Result<(), String> {
        self.weight = self.weight.saturating_add(weight);
        if self.weight > MAX_WEIGHT {
            return Err(format!("larger than {} MiB with its aliases resolved", MAX_WEIGHT >> 20));
        }
        Ok(())
    }

    fn close(&mut self, content: Content, levels: usize, start: Start) -> Result<(), String> {
        self.weigh(1)?;
        let Start { line, anchor, tag, weight_before } = start;
        let node = Node { line, content };
        let (node, levels) = match tag {
            Some(tag) => (Node { line, content: Content::Mapping(BTreeMap::from([(tag, node)])) }, levels + 1),
            None => (node, levels),
        };
        if self.open.len() + levels > MAX_DEPTH {
            return Err(format!("nested more than {MAX_DEPTH} levels deep"));
        }
        if let Some(above) = self.open.last_mut() {
            above.levels = above.levels.max(levels);
        }
        if anchor != 0 {
            let weight = self.weight - weight_before;
            self.weigh(weight)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), weight, levels });
        }
        self.attach(node)
    }

    fn attach(&mut self, node: Node) -> Result<(), String> {
        match self.open.last_mut().map(|open| &mut open.container) {
            None => self.documents.push(node),
            Some(Container::Sequence(items)) => items.push(node),
            Some(Container::Mapping(entries, key)) => match key.take() {
                None => *key = Some(key_text(node)?),
                Some(key) => {
                    if entries.contains_key(&key) {
                        return Err(format!("the key `{key}` appears twice in one mapping"));
                    }
                    entries.insert(key, node);
                }
            },
        }
        Ok(())
    }
}

/// Copies what an alias stands for to the line of the alias.
fn at_line(line: usize, node: &Node) -> Node {
    let content = match &node.content {
        Content::Scalar(value) => Content::Scalar(value.clone()),
        Content::Sequence(items) => Content::Sequence(items.iter().map(|item| at_line(line, item)).collect()),
        Content::Mapping(entries) => {
            Content::Mapping(entries.iter().map(|(key, value)| (key.clone(), at_line(line, value))).collect())
        }
    };
    Node { line, content }
}

fn own_tag(tag: Option<&Tag>) -> Option<String> {
    tag.filter(|tag| tag.handle == "!").map(|tag| format!("!{}", tag.suffix))
}

fn key_text(node: Node) -> Result<String, String> {
    match node.content {
        Content::Scalar(Json::String(text)) => Ok(text),
        Content::Scalar(value) => Ok(value.to_string()),
        Content::Sequence(_) | Content::Mapping(_) => Err("a key must be a plain value".to_owned()),
    }
}

/// Resolves a scalar by YAML 1.2's core schema.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Json {
    let is_string = tag.is_some_and(|tag| tag.suffix == "str" || tag.handle == "!");
    if style != ScalarStyle::Plain || is_string {
        return text.into();
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Json::Null,
        "true" | "True" | "TRUE" => true.into(),
        "false" | "False" | "FALSE" => false.into(),
        _ => number(text).unwrap_or_else(|| text.into()),
    }
}

fn number(text: &str) -> Option<Json> {
    let first = text.trim_start_matches(['+', '-']).bytes().next()?;
    if !first.is_ascii_digit() && first != b'.' {
        return None;
    }
    if let Ok(integer) = text.parse::<i64>() {
        return Some(integer.into());
    }
    let based = |digits: &str, base| i64::from_str_radix(digits, base).ok().map(Json::from);
    if let Some(digits) = text.strip_prefix("0x") {
        return based(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return based(digits, 8);
    }
    text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Json::Number)
}
