//! Reading YAML, JSON and TOML into one kind of tree.

use std::collections::HashMap;
use std::fmt;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

use crate::text::line_and_column;

const MAX_DEPTH: usize = 128;
/// Nodes and the bytes of their text, with every alias and anchor counted as the copy that it is.
const MAX_WEIGHT: usize = 16 << 20;

/// A format that Launchway can read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Format {
    Json,
    Toml,
    Yaml,
}

impl Format {
    /// Guesses the format from a file's name; `None` for all that is neither YAML, JSON nor TOML.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        if name == "Cargo.lock" {
            return Some(Self::Toml);
        }
        match name.rsplit_once('.')?.1 {
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            "toml" => Some(Self::Toml),
            _ => None,
        }
    }
}

/// Why a document could not be read. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct Unreadable {
    /// The line of the fault.
    pub line: usize,
    /// The column of the fault, in characters.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

/// Reads all the documents of a text; only YAML can have more than one.
///
/// A YAML node with a tag of its own, such as CloudFormation's `!Ref name`, becomes the object `{"!Ref": "name"}`.
///
/// # Errors
/// The first fault, with its place. Keys that stand twice in one mapping are a fault, and so is a document of more than
/// 128 levels or one that grows beyond 16 MiB when its aliases are resolved.
pub fn parse(format: Format, text: &str) -> Result<Vec<Json>, Unreadable> {
    match format {
        Format::Json => serde_json::from_str(text).map(|Strict(value)| vec![value]).map_err(|error| Unreadable {
            line: error.line(),
            column: error.column().max(1),
            message: without_place(&error.to_string()).to_owned(),
        }),
        Format::Toml => parse_toml(text),
        Format::Yaml => YamlReader::default().read(text),
    }
}

fn without_place(message: &str) -> &str {
    message.split(" at line ").next().unwrap_or(message)
}

fn parse_toml(text: &str) -> Result<Vec<Json>, Unreadable> {
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        let (line, column) = line_and_column(text, error.span().map_or(0, |span| span.start));
        Unreadable { line, column, message: error.message().to_owned() }
    })?;
    Ok(vec![toml_to_json(toml::Value::Table(table))])
}

fn toml_to_json(value: toml::Value) -> Json {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(value) => value.into(),
        toml::Value::Datetime(moment) => moment.to_string().into(),
        toml::Value::Array(values) => values.into_iter().map(toml_to_json).collect(),
        toml::Value::Table(table) => {
            Json::Object(table.into_iter().map(|(key, value)| (key, toml_to_json(value))).collect())
        }
    }
}

/// JSON in which no key stands twice in one object.
struct Strict(Json);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut object = Map::new();
        while let Some((key, Strict(value))) = entries.next_entry::<String, Strict>()? {
            if object.contains_key(&key) {
                return Err(serde::de::Error::custom(format!("the key `{key}` stands twice in one object")));
            }
            object.insert(key, value);
        }
        Ok(Json::Object(object))
    }
}

/// Builds JSON trees from the parser's events, without recursion.
#[derive(Default)]
struct YamlReader {
    documents: Vec<Json>,
    open: Vec<OpenNode>,
    anchors: HashMap<usize, Node>,
    weight: usize,
}

/// A node that is read to its end.
#[derive(Clone)]
struct Node {
    is: Json,
    weight: usize,
    /// The levels of containers in it, itself counted.
    levels: usize,
}

struct OpenNode {
    container: Container,
    anchor: usize,
    tag: Option<String>,
    weight_before: usize,
    /// The levels of the deepest node in it.
    levels: usize,
}

enum Container {
    Sequence(Vec<Json>),
    Mapping(Map<String, Json>, Option<String>),
}

impl YamlReader {
    fn read(mut self, text: &str) -> Result<Vec<Json>, Unreadable> {
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| Unreadable {
                line: error.marker().line(),
                column: error.marker().col() + 1,
                message: error.info().to_owned(),
            })?;
            self.take(event).map_err(|message| Unreadable {
                line: span.start.line(),
                column: span.start.col() + 1,
                message,
            })?;
        }
        Ok(self.documents)
    }

    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let weight_before = self.weight;
                self.weigh(text.len())?;
                let node = scalar(&text, style, tag.as_deref());
                self.close(node, 0, anchor, own_tag(tag.as_deref()), weight_before)
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(Container::Sequence(Vec::new()), anchor, own_tag(tag.as_deref()));
                Ok(())
            }
            Event::MappingStart(anchor, tag) => {
                self.open(Container::Mapping(Map::new(), None), anchor, own_tag(tag.as_deref()));
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close_container(),
            Event::Alias(anchor) => {
                let Node { weight, levels, .. } = *self.anchors.get(&anchor).ok_or("an alias has no anchor")?;
                self.weigh(weight)?;
                let node = self.anchors[&anchor].is.clone();
                self.close(node, levels, 0, None, self.weight)
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, container: Container, anchor: usize, tag: Option<String>) {
        self.open.push(OpenNode { container, anchor, tag, weight_before: self.weight, levels: 0 });
    }

    fn close_container(&mut self) -> Result<(), String> {
        let Some(OpenNode { container, anchor, tag, weight_before, levels }) = self.open.pop() else { return Ok(()) };
        let node = match container {
            Container::Sequence(items) => Json::Array(items),
            Container::Mapping(entries, _) => Json::Object(entries),
        };
        self.close(node, levels + 1, anchor, tag, weight_before)
    }

    /// Counts a node and what it holds, before memory is taken for it.
    fn weigh(&mut self, weight: usize) -> Result<(), String> {
        self.weight = self.weight.saturating_add(weight);
        if self.weight > MAX_WEIGHT {
            return Err(format!("larger than {} MiB with its aliases resolved", MAX_WEIGHT >> 20));
        }
        Ok(())
    }

    fn close(
        &mut self,
        node: Json,
        levels: usize,
        anchor: usize,
        tag: Option<String>,
        weight_before: usize,
    ) -> Result<(), String> {
        self.weigh(1)?;
        let (is, levels) = match tag {
            Some(tag) => (Json::Object(Map::from_iter([(tag, node)])), levels + 1),
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
            self.anchors.insert(anchor, Node { is: is.clone(), weight, levels });
        }
        self.attach(is)
    }

    fn attach(&mut self, node: Json) -> Result<(), String> {
        match self.open.last_mut().map(|open| &mut open.container) {
            None => self.documents.push(node),
            Some(Container::Sequence(items)) => items.push(node),
            Some(Container::Mapping(entries, key)) => match key.take() {
                None => *key = Some(key_text(node)?),
                Some(key) => {
                    if entries.contains_key(&key) {
                        return Err(format!("the key `{key}` stands twice in one mapping"));
                    }
                    entries.insert(key, node);
                }
            },
        }
        Ok(())
    }
}

pub(crate) fn own_tag(tag: Option<&Tag>) -> Option<String> {
    tag.filter(|tag| tag.handle == "!").map(|tag| format!("!{}", tag.suffix))
}

fn key_text(node: Json) -> Result<String, String> {
    match node {
        Json::String(text) => Ok(text),
        Json::Null | Json::Bool(_) | Json::Number(_) => Ok(node.to_string()),
        Json::Array(_) | Json::Object(_) => Err("a key must be a plain value".to_owned()),
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn yaml(text: &str) -> Result<Vec<Json>, String> {
        parse(Format::Yaml, text).map_err(|error| error.to_string())
    }

    #[test]
    fn yaml_reads_as_json_with_own_tags_kept() {
        let text =
            "a: !Ref B\nb: [1, 0x10, 1.5, yes, true, ~, '1']\nc: !Sub\n  - x\nd: !!str 1\n---\n- &x {k: v}\n- *x\n";
        let expected = vec![
            json!({"a": {"!Ref": "B"}, "b": [1, 16, 1.5, "yes", true, null, "1"], "c": {"!Sub": ["x"]}, "d": "1"}),
            json!([{"k": "v"}, {"k": "v"}]),
        ];
        assert_eq!(yaml(text), Ok(expected));
    }

    #[test]
    fn a_key_that_stands_twice_is_reported_with_its_place() {
        assert_eq!(yaml("a: 1\nb: 2\na: 3\n"), Err("line 3, column 4: the key `a` stands twice in one mapping".into()));
    }

    #[test]
    fn aliases_that_multiply_are_refused() {
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
        for level in 1..20 {
            let previous = vec![format!("*a{}", level - 1); 9].join(",");
            bomb = format!("{bomb}a{level}: &a{level} [{previous}]\n");
        }
        assert!(yaml(&bomb).is_err_and(|message| message.contains("larger than 16 MiB")));
    }

    #[test]
    fn one_long_text_with_many_aliases_is_refused_too() {
        let bomb = format!("a: &a \"{}\"\nb: [{}*a]\n", "x".repeat(100_000), "*a, ".repeat(50_000));
        assert!(yaml(&bomb).is_err_and(|message| message.contains("larger than 16 MiB")));
    }

    #[test]
    fn a_json_key_that_stands_twice_is_reported() {
        let read = |text| parse(Format::Json, text).map_err(|error| error.message);
        assert_eq!(read("{\"a\": {\"b\": 1, \"b\": 2}}"), Err("the key `b` stands twice in one object".to_owned()));
        assert_eq!(read("[1, -2, 0.5, true, null, \"x\"]"), Ok(vec![json!([1, -2, 0.5, true, null, "x"])]));
    }

    #[test]
    fn deep_nesting_is_refused_not_followed() {
        assert!(yaml(&"[".repeat(100_000)).is_err());
        assert!(parse(Format::Json, &"[".repeat(100_000)).is_err());
        assert!(parse(Format::Toml, &format!("a = {}", "[".repeat(100_000))).is_err());
    }

    #[test]
    fn more_than_128_levels_are_refused_whatever_they_are_made_of() {
        // The parser itself refuses only what is deeper than this, and counts neither tags nor aliases.
        let brackets = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        let dashes = |levels: usize| "- ".repeat(levels) + "x\n";
        let keys = |levels: usize| (0..levels).fold(String::new(), |text, level| text + &" ".repeat(level) + "k:\n");
        let tags = |levels: usize| "!t [".repeat(levels / 2) + &"]".repeat(levels / 2);
        // Each entry is as many levels deeper as it has brackets than the one before it, which it names.
        let aliases = |levels: usize| {
            let (open, close) = ("[".repeat(100), "]".repeat(100));
            let first = format!("- &a0 {}\n", brackets((levels - 1) % 100));
            (1..=(levels - 1) / 100).fold(first, |text, at| text + &format!("- &a{at} {open}*a{}{close}\n", at - 1))
        };
        let texts: [(&str, &dyn Fn(usize) -> String); 5] =
            [("[", &brackets), ("-", &dashes), ("k", &keys), ("!", &tags), ("*", &aliases)];
        for (name, text) in texts {
            assert!(yaml(&text(128)).is_ok(), "{name}: {:?}", yaml(&text(128)));
            for levels in if name == "*" { vec![130, 229, 40_000] } else { vec![130, 200] } {
                let said = yaml(&text(levels)).map(drop).expect_err(name);
                assert!(said.contains("nested more than 128 levels deep"), "{name} {levels}: {said}");
            }
        }
    }

    #[test]
    fn faults_have_a_line_and_a_column() {
        let place = |format, text| parse(format, text).map_err(|error| (error.line, error.column)).err();
        assert_eq!(place(Format::Toml, "a = 1\nb = \n").map(|place| place.0), Some(2));
        assert_eq!(place(Format::Json, "{\n  \"a\": }\n"), Some((2, 8)));
        assert!(place(Format::Yaml, "a: [1\nb: 2\n").is_some());
    }
}
