//! How well a rendering fits a tree: which of its lines stand there.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::rc::Rc;

use super::tree::Tree;
use crate::interview::context::Context;
use crate::language::engine::Expression;
use crate::language::problem::Invalid;
use crate::language::problem::Problem;
use crate::plan::Planner;
use crate::template::{CompiledFile, SourceFile, Template};

/// What a file adds that matches to the last byte.
const EXACT: i64 = 12;
/// What a file takes away that is not there, be it long or short: why it is gone says nothing of what stood in it.
const MISSING: i64 = 8;

/// How one rendered file fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileScore {
    /// Its path.
    pub path: String,
    /// How the tree has it.
    pub fit: Fit,
    /// The lines that the rendering has.
    pub lines: usize,
    /// How many of them stand in the tree's file.
    pub matched: usize,
    /// Lines, and pairs of lines that follow one another: the order counts too.
    units: usize,
    matched_units: usize,
}

/// How the tree has a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// The same bytes.
    Exact,
    /// Other bytes.
    Differs,
    /// Not at all.
    Missing,
}

impl FileScore {
    /// Returns what the file adds to the score of an answer set, or takes away.
    pub(super) fn points(&self) -> i64 {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        match self.fit {
            Fit::Exact => number(self.units) + EXACT,
            Fit::Differs => 2 * number(self.matched_units) - number(self.units),
            Fit::Missing => -MISSING,
        }
    }
}

/// A file of the tree, its lines counted.
struct Lines<'t> {
    bytes: &'t [u8],
    single: HashMap<&'t str, usize>,
    pairs: HashMap<(&'t str, &'t str), usize>,
}

impl<'t> Lines<'t> {
    fn of(bytes: &'t [u8]) -> Self {
        let (mut single, mut pairs) = (HashMap::new(), HashMap::new());
        let text: Vec<&str> = std::str::from_utf8(bytes).map_or_else(|_| Vec::new(), |text| text.lines().collect());
        for line in &text {
            *single.entry(*line).or_default() += 1;
        }
        for pair in text.windows(2) {
            *pairs.entry((pair[0], pair[1])).or_default() += 1;
        }
        Self { bytes, single, pairs }
    }
}

/// Renders files and holds them against a tree, each once for all the answers that make it the same.
pub(super) struct Scorer<'a> {
    template: &'a Template,
    tree: BTreeMap<&'a str, Lines<'a>>,
    /// For every file of the template, the names that its path, its text and its rules use.
    names: Vec<Vec<String>>,
    known: HashMap<(usize, String), Rc<[FileScore]>>,
}

impl<'a> Scorer<'a> {
    pub(super) fn new(template: &'a Template, tree: &'a Tree) -> Result<Self, Vec<Problem>> {
        let names = template.files.iter().map(|file| Ok(names_of(template, template.compile(file)?, file)));
        Ok(Self {
            template,
            tree: tree.iter().map(|(path, bytes)| (path.as_str(), Lines::of(bytes))).collect(),
            names: names.collect::<Result<_, Vec<Problem>>>()?,
            known: HashMap::new(),
        })
    }

    /// Scores every file that the answers select; an error if one of them cannot be rendered.
    pub(super) fn score(&mut self, context: &Context) -> Result<Vec<Rc<[FileScore]>>, Invalid> {
        (0..self.names.len()).map(|number| self.file(number, context)).collect()
    }

    fn file(&mut self, number: usize, context: &Context) -> Result<Rc<[FileScore]>, Invalid> {
        let key = (number, key(&self.names[number], context));
        if let Some(known) = self.known.get(&key) {
            return Ok(Rc::clone(known));
        }
        let planner = Planner::new(self.template, context)?;
        let rendered = planner.render_file(&self.template.files[number])?;
        let scores: Rc<[FileScore]> =
            rendered.into_iter().map(|(path, rendered)| self.fit(path, &rendered.file.bytes)).collect();
        self.known.insert(key, Rc::clone(&scores));
        Ok(scores)
    }

    fn fit(&self, path: String, bytes: &[u8]) -> FileScore {
        let text: Vec<&str> = std::str::from_utf8(bytes).map_or_else(|_| Vec::new(), |text| text.lines().collect());
        let (lines, units) = (text.len().max(1), (2 * text.len()).saturating_sub(1).max(1));
        let Some(there) = self.tree.get(path.as_str()) else {
            return FileScore { path, fit: Fit::Missing, lines, matched: 0, units, matched_units: 0 };
        };
        if there.bytes == bytes {
            return FileScore { path, fit: Fit::Exact, lines, matched: lines, units, matched_units: units };
        }
        let matched = common(&there.single, text.iter().copied());
        let matched_units = matched + common(&there.pairs, text.windows(2).map(|pair| (pair[0], pair[1])));
        FileScore { path, fit: Fit::Differs, lines, matched, units, matched_units }
    }
}

/// Counts what is in both, as often as it is in both.
fn common<T: std::hash::Hash + Eq>(there: &HashMap<T, usize>, rendered: impl Iterator<Item = T>) -> usize {
    let mut counts: HashMap<T, usize> = HashMap::new();
    for item in rendered {
        *counts.entry(item).or_default() += 1;
    }
    counts.iter().map(|(item, count)| there.get(item).copied().unwrap_or(0).min(*count)).sum()
}

/// Returns the names of all that decides what becomes of a file.
fn names_of(template: &Template, compiled: &CompiledFile, file: &SourceFile) -> Vec<String> {
    let texts = compiled.path.iter().chain(&compiled.text).flat_map(|compiled| &compiled.names);
    let rules =
        template.rules_for(file).flat_map(|rule| rule.when.iter().chain(rule.each.iter().map(|each| &each.list)));
    let mut names: Vec<String> = texts.chain(rules.flat_map(Expression::names)).cloned().collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn key(names: &[String], context: &Context) -> String {
    names.iter().fold(String::new(), |mut key, name| {
        match context.value(name) {
            Some(value) => drop(write!(key, "{value}\u{0}")),
            None => key.push('\u{0}'),
        }
        key
    })
}
