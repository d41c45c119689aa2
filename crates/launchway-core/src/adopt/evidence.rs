//! What the files of a tree say about the answers: candidates, each with the place where it was seen.

use std::collections::{BTreeMap, BTreeSet};

use super::pattern;
use super::tree::Tree;
use crate::path::SafePath;
use crate::template::Template;
use crate::template::question::Kind;
use crate::template::traces::{FileTraces, Hole, Piece, TraceLine};
use crate::value::Value;

/// The weight of a value that stands in a path.
const PATH_WEIGHT: usize = 40;
/// The most that one line adds: a long line is not worth more than several short ones.
const MAX_LINE_WEIGHT: usize = 20;
/// The most candidates of a question that are tried.
const MAX_CANDIDATES: usize = 8;

/// Where a value was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The file, or the path that holds the value.
    pub file: String,
    /// The line, from 1; none for a path.
    pub line: Option<usize>,
}

/// A value that could be the answer.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) value: Value,
    weight: usize,
    pub(super) seen: Seen,
}

/// The candidates for every question.
#[derive(Default)]
pub(super) struct Evidence {
    candidates: BTreeMap<String, Vec<Candidate>>,
    /// What could be an element of a list, by question.
    elements: BTreeMap<String, Vec<Candidate>>,
}

impl Evidence {
    /// Reads all files backwards.
    pub(super) fn read(template: &Template, traces: &[FileTraces], tree: &Tree) -> Self {
        let mut evidence = Self::default();
        for (path, bytes) in tree {
            for traces in traces {
                evidence.file(template, traces, path, bytes);
            }
        }
        evidence.sort();
        evidence
    }

    /// Adds a value that was found in another way.
    pub(super) fn add(&mut self, question: &str, value: Value, weight: usize, seen: &Seen) {
        if let Value::List(items) = &value {
            for item in items {
                note(self.elements.entry(question.to_owned()).or_default(), Value::Text(item.clone()), weight, seen);
            }
        }
        note(self.candidates.entry(question.to_owned()).or_default(), value, weight, seen);
    }

    /// Puts the best candidates first.
    pub(super) fn sort(&mut self) {
        for candidates in self.candidates.values_mut().chain(self.elements.values_mut()) {
            // A stable sort: of two that weigh the same, the first that was seen stays first.
            candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.weight));
        }
    }

    /// Returns the candidates for a question, the best first.
    pub(super) fn of(&self, question: &str) -> &[Candidate] {
        let all = self.candidates.get(question).map_or(&[][..], Vec::as_slice);
        &all[..all.len().min(MAX_CANDIDATES)]
    }

    /// Returns what could be in the list that a question asks for, the best first.
    pub(super) fn elements(&self, question: &str) -> Vec<&str> {
        let all = self.elements.get(question).into_iter().flatten();
        all.filter_map(|candidate| match &candidate.value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .take(MAX_CANDIDATES)
        .collect()
    }

    /// Returns where a value was seen.
    pub(super) fn seen(&self, question: &str, value: &Value) -> Option<&Seen> {
        let is_it = |candidate: &&Candidate| candidate.value == *value;
        self.candidates.get(question)?.iter().find(is_it).map(|candidate| &candidate.seen)
    }

    fn file(&mut self, template: &Template, traces: &FileTraces, path: &SafePath, bytes: &[u8]) {
        let Some(in_path) = read_path(template, &traces.path, path.as_str()) else { return };
        let seen = Seen { file: path.as_str().to_owned(), line: None };
        for (hole, text) in in_path {
            self.note(template, hole, &text, PATH_WEIGHT, &seen);
        }
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        let mut lists: BTreeMap<(usize, &str), OrderedList> = BTreeMap::new();
        let mut known = BTreeSet::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || !known.insert(line) {
                continue;
            }
            let seen = Seen { file: path.as_str().to_owned(), line: Some(number) };
            for trace in traces.lines.iter().filter(|trace| starts_like(trace, line)) {
                for (hole, text) in pattern::read(template, &trace.pieces, line).into_iter().flatten() {
                    let weight = weight(&trace.pieces);
                    self.note(template, hole, &text, weight, &seen);
                    if let (true, Some(each)) = (hole.is_element, trace.each) {
                        lists.entry((each, &hole.question)).or_default().push(text, weight, &seen);
                    }
                }
            }
        }
        for ((_, question), list) in lists {
            if let Some(seen) = &list.seen {
                self.list(template, question, &list, seen);
            }
        }
    }

    fn note(&mut self, template: &Template, hole: &Hole, text: &str, weight: usize, seen: &Seen) {
        let Some(value) = pattern::value(template, hole, text) else { return };
        let (all, value) = match value {
            Value::List(mut items) if hole.is_element => (&mut self.elements, Value::Text(items.remove(0))),
            value => (&mut self.candidates, value),
        };
        note(all.entry(hole.question.clone()).or_default(), value, weight, seen);
    }

    /// Takes the elements in the order in which a loop wrote them.
    fn list(&mut self, template: &Template, question: &str, list: &OrderedList, seen: &Seen) {
        let value = Value::List(list.items.clone());
        let is_allowed = template
            .question(question)
            .is_some_and(|question| matches!(question.kind, Kind::Choices(_)) || question.check(&value, &[]).is_ok());
        if is_allowed {
            note(self.candidates.entry(question.to_owned()).or_default(), value, list.weight, seen);
        }
    }
}

/// The elements of a list, in the order in which they were seen.
#[derive(Default)]
struct OrderedList {
    items: Vec<String>,
    weight: usize,
    seen: Option<Seen>,
}

impl OrderedList {
    fn push(&mut self, item: String, weight: usize, seen: &Seen) {
        self.seen.get_or_insert_with(|| seen.clone());
        self.weight += weight;
        if !self.items.contains(&item) {
            self.items.push(item);
        }
    }
}

fn note(candidates: &mut Vec<Candidate>, value: Value, weight: usize, seen: &Seen) {
    match candidates.iter_mut().find(|candidate| candidate.value == value) {
        Some(candidate) => candidate.weight += weight,
        None => candidates.push(Candidate { value, weight, seen: seen.clone() }),
    }
}

/// Reads the answers out of a path.
pub(crate) fn read_path<'p>(
    template: &Template,
    pattern: &'p [Vec<Piece>],
    path: &str,
) -> Option<Vec<(&'p Hole, String)>> {
    let segments: Vec<&str> = path.split('/').collect();
    if segments.len() != pattern.len() {
        return None;
    }
    let mut found = Vec::new();
    for (segment, pieces) in segments.iter().zip(pattern) {
        found.extend(pattern::read(template, pieces, segment)?);
    }
    Some(found)
}

fn starts_like(trace: &TraceLine, line: &str) -> bool {
    !matches!(trace.pieces.first(), Some(Piece::Literal(start)) if !line.starts_with(start.as_str()))
}

/// A line says the more, the more of it must stand there in any case.
fn weight(pieces: &[Piece]) -> usize {
    let literal = |piece: &Piece| match piece {
        Piece::Literal(text) => text.bytes().filter(u8::is_ascii_alphanumeric).count(),
        Piece::Hole(_) | Piece::Anything => 0,
    };
    pieces.iter().map(literal).sum::<usize>().clamp(1, MAX_LINE_WEIGHT)
}
