//! `template.toml` as it is written. Nothing is judged here beyond the shape.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::RepositoryNeed;
use super::advisory::Severity;
use super::question::Prefill;
use crate::language::problem::{Location, Problem};
use crate::text::line_and_column;
use crate::value::Value;

/// The name of the manifest in a template's folder.
pub(crate) const FILE: &str = "template.toml";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) template: Header,
    #[serde(default, rename = "question")]
    pub(super) questions: Vec<Question>,
    #[serde(default, rename = "value")]
    pub(super) values: Vec<Computed>,
    #[serde(default, rename = "table")]
    pub(super) tables: Vec<Table>,
    #[serde(default, rename = "partial")]
    pub(super) partials: Vec<Partial>,
    #[serde(default, rename = "file")]
    pub(super) files: Vec<FileRule>,
    #[serde(default, rename = "object")]
    pub(super) objects: Vec<Object>,
    #[serde(default, rename = "next_step")]
    pub(super) next_steps: Vec<NextStep>,
    #[serde(default, rename = "agreement")]
    pub(super) agreements: Vec<Agreement>,
    #[serde(default, rename = "place")]
    pub(super) places: Vec<NamedPlace>,
    #[serde(default, rename = "agreements")]
    pub(super) agreement_files: Vec<AgreementFile>,
    #[serde(default, rename = "merge")]
    pub(super) merges: Vec<Merge>,
    pub(super) add: Option<Add>,
    pub(super) repository: Option<Repository>,
    #[serde(default, rename = "remove")]
    pub(super) removals: Vec<Removal>,
    #[serde(default, rename = "change")]
    pub(super) changes: Vec<Change>,
    #[serde(default, rename = "lock")]
    pub(super) locks: Vec<Lock>,
    #[serde(default, rename = "migration")]
    pub(super) migrations: Vec<Migration>,
    #[serde(default, rename = "advisory")]
    pub(super) advisories: Vec<Advisory>,
    #[serde(default, rename = "transition")]
    pub(super) transitions: Vec<Transition>,
    /// Texts for people by their English ones, by the code of the language.
    #[serde(default, rename = "translation")]
    pub(super) translations: BTreeMap<String, BTreeMap<String, String>>,
}

/// What is read of a manifest before all else, also by a program that does not know its other keys.
#[derive(Debug, Deserialize)]
pub(super) struct HeadOnly {
    pub(super) template: Option<ManifestHead>,
}

/// The first table of a manifest: what it is, which program it asks for, and where the next layer is found.
#[derive(Debug, Deserialize)]
pub(super) struct ManifestHead {
    pub(super) id: Option<String>,
    pub(super) title: Option<String>,
    pub(super) version: Option<String>,
    pub(super) requires: Option<Spanned<String>>,
    pub(super) min_version: Option<Spanned<String>>,
    pub(super) extends: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) include: Vec<Spanned<String>>,
}

/// Files of the extended template that are not taken over.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Removal {
    pub(super) path: Spanned<String>,
}

/// What replaces parts of a question of the extended template.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    pub(super) question: Spanned<String>,
    pub(super) default: Option<Spanned<Value>>,
    pub(super) prompt: Option<String>,
    pub(super) help: Option<String>,
    pub(super) example: Option<String>,
    pub(super) advanced: Option<bool>,
    pub(super) pattern: Option<Spanned<String>>,
    pub(super) rule: Option<String>,
}

/// An answer that the team decides, or narrows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lock {
    pub(super) question: Spanned<String>,
    pub(super) to: Option<Spanned<Value>>,
    pub(super) allow: Option<Spanned<Vec<Value>>>,
    pub(super) deny: Option<Spanned<Vec<Value>>>,
    pub(super) when: Option<Spanned<String>>,
    pub(super) because: Option<String>,
}

/// What is dangerous in older versions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Advisory {
    pub(super) id: Spanned<String>,
    pub(super) severity: Severity,
    pub(super) title: Spanned<String>,
    pub(super) since: Option<Spanned<String>>,
    pub(super) fixed: Spanned<String>,
    pub(super) url: Option<String>,
    pub(super) when: Option<Spanned<String>>,
}

/// How answers and files of an older version become those of a newer one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Migration {
    pub(super) to: Spanned<String>,
    #[serde(default)]
    pub(super) rename: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(super) values: BTreeMap<String, Spanned<BTreeMap<String, String>>>,
    #[serde(default)]
    pub(super) answers: BTreeMap<String, Spanned<Value>>,
    #[serde(default, rename = "move")]
    pub(super) moves: BTreeMap<String, Spanned<String>>,
    #[serde(default, rename = "transition")]
    pub(super) transitions: Vec<Transition>,
}

/// What a changed answer, or a new version, means for what already runs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Transition {
    pub(super) id: Spanned<String>,
    pub(super) question: Option<Spanned<OneOrMany>>,
    pub(super) from: Option<Spanned<Value>>,
    pub(super) to: Option<Spanned<Value>>,
    pub(super) when: Option<Spanned<String>>,
    pub(super) effect: super::transition::Effect,
    pub(super) text: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) before: Vec<TransitionStep>,
    #[serde(default)]
    pub(super) after: Vec<TransitionStep>,
    pub(super) instead: Option<Spanned<String>>,
}

/// A command before or after the next deployment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TransitionStep {
    pub(super) command: Spanned<String>,
    pub(super) purpose: Spanned<String>,
    pub(super) when: Option<Spanned<String>>,
}

/// What happens when a service is added to a workspace that is there already.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Add {
    pub(super) value: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) workspace: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) own: Vec<Spanned<String>>,
    #[serde(default, rename = "move")]
    pub(super) moves: Vec<Move>,
    #[serde(default, rename = "take")]
    pub(super) takes: Vec<Take>,
}

/// A file, or a folder with all below it, that an added service has elsewhere.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Move {
    pub(super) from: Spanned<String>,
    pub(super) to: Spanned<String>,
}

/// What templates see of the repository that a project is a folder of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Repository {
    pub(super) value: Spanned<String>,
    pub(super) folder: Spanned<String>,
}

/// A value that the workspace decides.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Take {
    pub(super) value: Spanned<String>,
    pub(super) file: String,
    pub(super) at: Spanned<String>,
    pub(super) pattern: Spanned<String>,
}

/// A file of agreements, which is read when its condition is true.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AgreementFile {
    pub(super) file: Spanned<String>,
    pub(super) when: Option<Spanned<String>>,
}

/// The content of a file of agreements.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Agreements {
    #[serde(default, rename = "place")]
    pub(super) places: Vec<NamedPlace>,
    #[serde(rename = "agreement")]
    pub(super) agreements: Vec<Agreement>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub(super) id: Spanned<String>,
    pub(super) title: String,
    pub(super) version: Spanned<String>,
    pub(super) requires: Option<Spanned<String>>,
    pub(super) min_version: Option<Spanned<String>>,
    pub(super) name: Option<Spanned<String>>,
    pub(super) extends: Option<Spanned<String>>,
    pub(super) transitions: Option<Spanned<String>>,
    /// The parts that follow; they were put behind the manifest before it was read.
    #[serde(default, rename = "include")]
    _include: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Text,
    Slug,
    Slugs,
    Choice,
    Choices,
    Int,
    Bool,
    Secret,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a key of a question")]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    pub(super) id: Spanned<String>,
    pub(super) prompt: String,
    pub(super) help: String,
    pub(super) kind: Kind,
    pub(super) default: Option<Spanned<Value>>,
    pub(super) when: Option<Spanned<String>>,
    pub(super) pattern: Option<Spanned<String>>,
    pub(super) rule: Option<String>,
    pub(super) example: Option<String>,
    pub(super) min: Option<i64>,
    pub(super) max: Option<i64>,
    #[serde(default)]
    pub(super) reserved: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(super) known: Vec<String>,
    #[serde(default)]
    pub(super) choices: Vec<Choice>,
    #[serde(default)]
    pub(super) choices_by: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    #[serde(default)]
    pub(super) advanced: bool,
    #[serde(default)]
    pub(super) settled: bool,
    pub(super) prefill: Option<Prefill>,
    #[serde(default)]
    pub(super) placeholder: bool,
    #[serde(default)]
    pub(super) optional: bool,
    #[serde(default)]
    pub(super) pairs: bool,
    pub(super) advice: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) advised: BTreeMap<String, Spanned<Value>>,
    #[serde(default, rename = "refuse")]
    pub(super) refusals: Vec<Refusal>,
    #[serde(default, rename = "preview")]
    pub(super) previews: Vec<Preview>,
}

/// What an answer becomes, shown while it is typed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Preview {
    pub(super) label: String,
    pub(super) is: Spanned<String>,
    pub(super) when: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: Option<String>,
    pub(super) consequence: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refusal {
    pub(super) when: Spanned<String>,
    pub(super) because: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Computed {
    pub(super) id: Spanned<String>,
    pub(super) is: Spanned<String>,
    pub(super) when: Option<Spanned<String>>,
}

/// What a partial is given by whoever includes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Partial {
    pub(super) name: Spanned<String>,
    pub(super) parameters: BTreeMap<String, ParameterKind>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ParameterKind {
    Text,
    Word,
    Words,
    Int,
    Bool,
}

/// Rows of constants, in which `lookup` finds one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) id: Spanned<String>,
    pub(super) columns: Vec<String>,
    #[serde(default)]
    pub(super) limits: BTreeSet<String>,
    pub(super) rows: Vec<Vec<Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileRule {
    pub(super) path: Spanned<String>,
    pub(super) when: Option<Spanned<String>>,
    pub(super) each: Option<Spanned<OneOrMany>>,
    #[serde(rename = "as")]
    pub(super) elements: Option<OneOrMany>,
    pub(super) ownership: Option<super::Ownership>,
    pub(super) executable: Option<bool>,
    pub(super) order: Option<super::Order>,
    pub(super) repository: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) shared: bool,
    pub(super) check: Option<bool>,
    pub(super) because: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Object {
    pub(super) kind: String,
    pub(super) purpose: Spanned<String>,
    pub(super) when: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NextStep {
    pub(super) command: Spanned<String>,
    pub(super) purpose: String,
    pub(super) when: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) needs: Vec<RepositoryNeed>,
}

/// How the elements of a list are told apart when both sides of an update have changed it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Merge {
    pub(super) files: Spanned<String>,
    pub(super) path: Spanned<String>,
    pub(super) key: Option<String>,
    #[serde(default)]
    pub(super) set: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Agreement {
    pub(super) id: Option<Spanned<String>>,
    pub(super) says: Spanned<String>,
    pub(super) when: Option<Spanned<String>>,
    pub(super) each: Option<Spanned<OneOrMany>>,
    #[serde(rename = "as")]
    pub(super) elements: Option<OneOrMany>,
    pub(super) relation: Option<crate::agreement::relation::Relation>,
    pub(super) holds: Option<Spanned<String>>,
    /// The questions or values that set the values; an empty list says that none does.
    pub(super) from: Option<Spanned<OneOrMany>>,
    #[serde(rename = "place")]
    pub(super) places: Vec<Spanned<PlaceEntry>>,
}

/// A place that several agreements speak of, or what is the same of several places.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedPlace {
    pub(super) name: Spanned<String>,
    /// The named place, declared before, that it is a part of.
    #[serde(rename = "in")]
    pub(super) within: Option<Spanned<String>>,
    pub(super) unit: Option<crate::agreement::relation::Unit>,
    pub(super) file: Option<Spanned<String>>,
    pub(super) at: Option<Spanned<String>>,
    pub(super) capture: Option<Spanned<String>>,
    pub(super) keys: Option<Spanned<String>>,
    pub(super) is: Option<Spanned<String>>,
    /// The named place, declared before, whose value counts where nothing stands here.
    pub(super) otherwise: Option<Spanned<String>>,
}

/// A place of an agreement: a named one as it is, or a table.
#[derive(Debug)]
pub(super) enum PlaceEntry {
    Named(String),
    Table(Box<AgreementPlace>),
}

impl<'de> Deserialize<'de> for PlaceEntry {
    /// Says what is wrong with the table, which one of serde's untagged enums would not.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entry;
        impl<'de> Visitor<'de> for Entry {
            type Value = PlaceEntry;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a place, or the name of one")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<PlaceEntry, E> {
                Ok(PlaceEntry::Named(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<PlaceEntry, A::Error> {
                let table = AgreementPlace::deserialize(MapAccessDeserializer::new(table))?;
                Ok(PlaceEntry::Table(Box::new(table)))
            }
        }
        deserializer.deserialize_any(Entry)
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AgreementPlace {
    pub(super) id: Option<Spanned<String>>,
    /// The named place that it is a part of.
    #[serde(rename = "in")]
    pub(super) within: Option<Spanned<String>>,
    pub(super) unit: Option<crate::agreement::relation::Unit>,
    pub(super) file: Option<Spanned<String>>,
    pub(super) at: Option<Spanned<String>>,
    pub(super) capture: Option<Spanned<String>>,
    pub(super) keys: Option<Spanned<String>>,
    pub(super) is: Option<Spanned<String>>,
    pub(super) otherwise: Option<Spanned<String>>,
    /// The places that `otherwise` names, and they in turn, once they are known.
    #[serde(skip)]
    pub(super) fallbacks: Vec<AgreementPlace>,
}

/// One text, or a list of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(super) fn as_slice(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

/// Reads a file of a template; the second value finds places in its text.
pub(super) fn parse<'t, T: DeserializeOwned>(file: &'t str, text: &'t str) -> Result<(T, Places<'t>), Problem> {
    parse_at(text, Places::of_file(file, text))
}

/// Reads a text of several files, which the places know.
pub(super) fn parse_at<'t, T: DeserializeOwned>(text: &str, places: Places<'t>) -> Result<(T, Places<'t>), Problem> {
    match toml::from_str(text) {
        Ok(parsed) => Ok((parsed, places)),
        Err(error) => {
            let start = error.span().map_or(0, |span| span.start);
            Err(Problem::new(places.at(start), error.message().replace('\n', ", ")))
        }
    }
}

/// Reads only the `[template]` table, which stands first as a rule: what follows is not even looked at then.
pub(super) fn parse_head<'t>(file: &'t str, text: &'t str) -> Result<(HeadOnly, Places<'t>), Problem> {
    let head = text.find("\n[[").and_then(|end| parse::<HeadOnly>(file, &text[..end]).ok());
    match head {
        Some((head, places)) if head.template.is_some() => Ok((head, places)),
        _ => parse(file, text),
    }
}

/// Turns byte offsets of a file, or of several that stand behind one another, into places.
#[derive(Debug, Clone)]
pub(super) struct Places<'t> {
    /// The first file.
    pub(super) file: &'t str,
    files: Rc<[FileLines<'t>]>,
}

/// A file with where its lines start: a manifest has thousands of places, and each would count from the first line.
#[derive(Debug)]
struct FileLines<'t> {
    file: &'t str,
    text: &'t str,
    /// Where it starts in the whole text.
    start: usize,
    line_starts: Vec<usize>,
}

impl<'t> FileLines<'t> {
    fn of(file: &'t str, text: &'t str, start: usize) -> Self {
        let after = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(offset, _)| offset + 1);
        Self { file, text, start, line_starts: std::iter::once(0).chain(after).collect() }
    }

    fn at(&self, offset: usize) -> Location {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts[line - 1];
        let (_, column) = line_and_column(&self.text[start..], offset - start);
        Location::at(self.file, line, column)
    }
}

impl<'t> Places<'t> {
    fn of_file(file: &'t str, text: &'t str) -> Self {
        Self { file, files: Rc::new([FileLines::of(file, text, 0)]) }
    }

    /// Knows the files of a text by where each of them starts in it; there is one at least.
    pub(super) fn of_files(text: &'t str, files: &'t [(String, usize)]) -> Self {
        let ends = files.iter().skip(1).map(|(_, start)| *start).chain(std::iter::once(text.len()));
        let lines = files.iter().zip(ends).map(|((file, start), end)| FileLines::of(file, &text[*start..end], *start));
        Self { file: files.first().map_or("", |(file, _)| file), files: lines.collect() }
    }

    pub(super) fn of<T>(&self, spanned: &Spanned<T>) -> Location {
        self.at(spanned.span().start)
    }

    fn at(&self, offset: usize) -> Location {
        let number = self.files.partition_point(|file| file.start <= offset).saturating_sub(1);
        let file = &self.files[number];
        file.at((offset - file.start).min(file.text.len()))
    }
}
