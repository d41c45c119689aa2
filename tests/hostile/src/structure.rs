//! Merges by structure against a merge of the leaves, on documents that are made of the bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use launchway_core::Merged;
use launchway_core::document::{self, Format};
use serde_json::Value as Json;

/// An entry of a document, with the comment above it.
#[derive(Debug, Clone, PartialEq)]
struct Entry {
    key: String,
    comment: Option<String>,
    node: Node,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Scalar(u8),
    Map(Vec<Entry>),
    /// Elements with a name, each with a value.
    Named(Vec<Entry>),
    /// Texts whose order means nothing.
    Set(Vec<u8>),
}

/// Reads choices from the bytes; after the last one every choice is the first.
struct Choices<'d> {
    bytes: &'d [u8],
    /// Who writes: no two comments are the same.
    writer: &'static str,
    comments: usize,
}

impl Choices<'_> {
    fn below(&mut self, count: usize) -> usize {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        usize::from(*first) % count.max(1)
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(12)).unwrap()
    }

    fn comment(&mut self) -> String {
        self.comments += 1;
        format!("{} {}", self.writer, self.comments)
    }
}

/// What came of a merge.
enum Outcome {
    /// It was left to a person.
    Asked,
    Right,
    /// What is wrong with it.
    Wrong(String),
}

/// Merges the base, yours and theirs of a file.
type Merge = fn(&str, [&str; 3]) -> Option<Merged>;

/// What a merge by structure writes means what a merge of the leaves says, and holds every comment that nobody took away.
///
/// Returns whether it merged: what it leaves to a person is never wrong.
#[must_use]
pub fn structure(data: &[u8]) -> bool {
    match outcome(data, |path, [base, yours, theirs]| launchway_core::merge(path, &[], base, yours, theirs)) {
        Outcome::Asked => false,
        Outcome::Right => true,
        Outcome::Wrong(fault) => panic!("{fault}"),
    }
}

/// Tells whether the same merge without its proof is wrong.
#[must_use]
pub fn is_wrong_unproven(data: &[u8]) -> bool {
    let merge: Merge = |path, [base, yours, theirs]| launchway_core::merge_unproven(path, base, yours, theirs);
    matches!(outcome(data, merge), Outcome::Wrong(_))
}

fn outcome(data: &[u8], merge: Merge) -> Outcome {
    let mut choices = Choices { bytes: data, writer: "base", comments: 0 };
    let format = [Format::Yaml, Format::Toml, Format::Json][choices.below(3)];
    let base: Vec<Entry> = distinct((0..2 + choices.below(4)).map(|_| entry(&mut choices, 0)).collect());
    let mut sides = [base.clone(), base.clone()];
    for (side, writer) in sides.iter_mut().zip(["yours", "theirs"]) {
        choices.writer = writer;
        for _ in 0..=choices.below(3) {
            edit(side, &mut choices);
        }
    }
    let [base, yours, theirs] = [&base, &sides[0], &sides[1]].map(|side| render(format, side));
    let path = match format {
        Format::Yaml => "kustomization.yaml",
        // Of HCL there is no merge by structure.
        Format::Toml | Format::Hcl => "a.toml",
        Format::Json | Format::JsonWithComments => "a.json",
    };
    let sides = [base.as_str(), &yours, &theirs];
    let Some(merged) = merge(path, sides) else { return Outcome::Asked };
    let fault = fault(format, sides, &merged.text);
    let said = |fault| format!("{fault}\nbase\n{base}\nyours\n{yours}\ntheirs\n{theirs}\nmerged\n{}", merged.text);
    fault.map_or(Outcome::Right, |fault| Outcome::Wrong(said(fault)))
}

/// Finds what is wrong with a merge of three texts.
fn fault(format: Format, [base, yours, theirs]: [&str; 3], merged: &str) -> Option<String> {
    let parsed = match document::parse(format, merged) {
        Ok(documents) => documents,
        Err(error) => return Some(error.to_string()),
    };
    let is = leaves(&parsed[0]);
    let of = |text: &str| leaves(&document::parse(format, text).unwrap()[0]).unwrap();
    let expected = merged_leaves(&of(base), &of(yours), &of(theirs));
    if is.is_none() || is != expected {
        return Some("it means something else".to_owned());
    }
    let [base, yours, theirs, merged] = [base, yours, theirs, merged].map(comments);
    let is_lost = |comment: &&&str| {
        let was_taken_away = base.contains(*comment) && !(yours.contains(*comment) && theirs.contains(*comment));
        !was_taken_away && !merged.contains(*comment)
    };
    yours.union(&theirs).find(is_lost).map(|comment| format!("{comment} is lost"))
}

fn entry(choices: &mut Choices<'_>, depth: usize) -> Entry {
    let comment = (choices.below(3) == 0).then(|| choices.comment());
    let node = match choices.below(if depth < 2 { 6 } else { 2 }) {
        0 | 1 => Node::Scalar(choices.byte()),
        2 | 3 => Node::Map(distinct((0..=choices.below(3)).map(|_| entry(choices, depth + 1)).collect())),
        4 => return Entry { key: "env".to_owned(), comment, node: Node::Named(named(choices)) },
        _ if depth == 0 => return Entry { key: "resources".to_owned(), comment, node: Node::Set(set(choices)) },
        _ => Node::Scalar(choices.byte()),
    };
    Entry { key: format!("k{}", choices.byte()), comment, node }
}

fn named(choices: &mut Choices<'_>) -> Vec<Entry> {
    let element = |choices: &mut Choices<'_>| Entry {
        key: format!("N{}", choices.byte()),
        comment: (choices.below(4) == 0).then(|| choices.comment()),
        node: Node::Scalar(choices.byte()),
    };
    distinct((0..=choices.below(3)).map(|_| element(choices)).collect())
}

fn set(choices: &mut Choices<'_>) -> Vec<u8> {
    (0..=choices.below(3)).map(|_| choices.byte()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Keeps the first entry of every key.
fn distinct(entries: Vec<Entry>) -> Vec<Entry> {
    let mut seen = BTreeSet::new();
    entries.into_iter().filter(|entry| seen.insert(entry.key.clone())).collect()
}

/// Changes one thing, here or further inside.
fn edit(entries: &mut Vec<Entry>, choices: &mut Choices<'_>) {
    if entries.is_empty() {
        entries.push(entry(choices, 2));
        return;
    }
    let at = choices.below(entries.len());
    let count = entries.len();
    match (choices.below(8), &mut entries[at].node) {
        (0 | 1, _) => {
            let added = entry(choices, 2);
            if entries.iter().all(|entry| entry.key != added.key) {
                entries.insert(at + 1, added);
            }
        }
        (2, _) if count > 1 => drop(entries.remove(at)),
        (3, _) => entries[at].comment = Some(choices.comment()),
        (4, _) => entries.swap(0, at),
        (_, Node::Scalar(value)) => *value = choices.byte(),
        (_, Node::Map(inner)) => edit(inner, choices),
        (_, Node::Named(elements)) => {
            let added = named(choices);
            elements.splice(elements.len().min(at).., added);
            *elements = distinct(std::mem::take(elements));
        }
        (_, Node::Set(elements)) => {
            elements.push(choices.byte());
            *elements = elements.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        }
    }
}

fn comments(text: &str) -> BTreeSet<&str> {
    text.lines().map(str::trim).filter(|line| line.starts_with('#')).collect()
}

fn render(format: Format, entries: &[Entry]) -> String {
    let mut text = String::new();
    match format {
        Format::Yaml => yaml(&mut text, entries, 0),
        Format::Json | Format::JsonWithComments => {
            text.push('{');
            json(&mut text, entries, 1);
            text.push_str("\n}\n");
        }
        Format::Toml | Format::Hcl => toml(&mut text, entries, ""),
    }
    text
}

fn yaml(text: &mut String, entries: &[Entry], depth: usize) {
    let indent = "  ".repeat(depth);
    for Entry { key, comment, node } in entries {
        text.extend(comment.iter().map(|comment| format!("{indent}# {comment}\n")));
        match node {
            Node::Scalar(value) => writeln!(text, "{indent}{key}: v{value}").unwrap(),
            Node::Map(inner) => {
                writeln!(text, "{indent}{key}:").unwrap();
                yaml(text, inner, depth + 1);
            }
            Node::Named(elements) => {
                writeln!(text, "{indent}{key}:").unwrap();
                for element in elements {
                    text.extend(element.comment.iter().map(|comment| format!("{indent}  # {comment}\n")));
                    let Node::Scalar(value) = element.node else { continue };
                    writeln!(text, "{indent}  - name: {}\n{indent}    value: v{value}", element.key).unwrap();
                }
            }
            Node::Set(elements) => {
                writeln!(text, "{indent}{key}:").unwrap();
                text.extend(elements.iter().map(|element| format!("{indent}  - r{element}\n")));
            }
        }
    }
}

fn json(text: &mut String, entries: &[Entry], depth: usize) {
    let indent = "  ".repeat(depth);
    for (place, Entry { key, node, .. }) in entries.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        write!(text, "{comma}\n{indent}\"{key}\": ").unwrap();
        let list = |items: Vec<String>| format!("[{}]", items.join(", "));
        match node {
            Node::Scalar(value) => write!(text, "\"v{value}\"").unwrap(),
            Node::Map(inner) => {
                text.push('{');
                json(text, inner, depth + 1);
                write!(text, "\n{indent}}}").unwrap();
            }
            Node::Named(elements) => text.push_str(&list(elements.iter().map(element).collect())),
            Node::Set(elements) => text.push_str(&list(elements.iter().map(|it| format!("\"r{it}\"")).collect())),
        }
    }
}

fn element(Entry { key, node, .. }: &Entry) -> String {
    let Node::Scalar(value) = node else { return "{}".to_owned() };
    format!("{{ \"name\": \"{key}\", \"value\": \"v{value}\" }}")
}

/// In TOML the values of a table stand before the tables inside it.
fn toml(text: &mut String, entries: &[Entry], path: &str) {
    let (tables, values): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| matches!(entry.node, Node::Map(_)));
    for Entry { key, comment, node } in values {
        text.extend(comment.iter().map(|comment| format!("# {comment}\n")));
        match node {
            Node::Scalar(value) => writeln!(text, "{key} = \"v{value}\"").unwrap(),
            Node::Set(elements) => {
                let elements: Vec<String> = elements.iter().map(|it| format!("\"r{it}\"")).collect();
                writeln!(text, "features = [{}]", elements.join(", ")).unwrap();
            }
            Node::Map(_) => {}
            Node::Named(elements) => {
                let elements = elements.iter().map(|it| format!("{} = \"x\"", it.key)).collect::<Vec<_>>().join(", ");
                writeln!(text, "{key} = {{ {elements} }}").unwrap();
            }
        }
    }
    for Entry { key, comment, node } in tables {
        let Node::Map(inner) = node else { continue };
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        text.extend(comment.iter().map(|comment| format!("# {comment}\n")));
        writeln!(text, "[{path}]").unwrap();
        toml(text, inner, &path);
    }
}

/// The leaves of a document by their path; an element is known by its name, and one of a set by itself. `None` if one is
/// there twice.
fn leaves(value: &Json) -> Option<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    collect(value, "", &mut found).then_some(found)
}

fn collect(value: &Json, path: &str, found: &mut BTreeMap<String, String>) -> bool {
    match value {
        Json::Object(entries) => entries
            .iter()
            .fold(true, |is_once, (key, value)| collect(value, &format!("{path}/{key}"), found) && is_once),
        Json::Array(items) => items.iter().fold(true, |is_once, item| {
            let name = item.get("name").unwrap_or(item);
            collect(item, &format!("{path}[{name}]"), found) && is_once
        }),
        leaf => found.insert(path.to_owned(), leaf.to_string()).is_none(),
    }
}

/// Takes of every leaf the side that has changed it; `None` if both have, in ways that differ.
fn merged_leaves(
    base: &BTreeMap<String, String>,
    yours: &BTreeMap<String, String>,
    theirs: &BTreeMap<String, String>,
) -> Option<BTreeMap<String, String>> {
    let paths: BTreeSet<&String> = base.keys().chain(yours.keys()).chain(theirs.keys()).collect();
    let mut merged = BTreeMap::new();
    for path in paths {
        let (base, yours, theirs) = (base.get(path), yours.get(path), theirs.get(path));
        let leaf = if yours == theirs || theirs == base {
            yours
        } else if yours == base {
            theirs
        } else {
            return None;
        };
        merged.extend(leaf.map(|leaf| (path.clone(), leaf.clone())));
    }
    Some(merged)
}
