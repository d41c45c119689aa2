//! Agreements: values that stand in several files and must stay in a stated relation.

pub mod document;
pub(crate) mod id;
pub(crate) mod pointer;
pub(crate) mod relation;
pub(crate) mod texts;

use std::cell::OnceCell;

use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::language::check::Names;
use crate::language::engine::{Data, Engine, Partials};
use crate::language::helpers::Type;
use crate::language::problem::Problem;
use crate::language::tables::Tables;
use crate::path::SafePath;
use crate::text::line_and_column;
use document::{Content, Format, Node};
use pointer::Pointer;
pub use relation::{Relation, Unit};
use relation::{broken_relation, whole_number};
use texts::Texts;

const MAX_PLACES: usize = 64;

/// Values of one project that must agree, as its record keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, try_from = "Unchecked")]
pub struct Agreement {
    /// What reports and waivers call it; no other agreement of the project has the same. A record of before has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// What the values are.
    pub says: String,
    /// The ids of the questions whose answers set the values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<String>,
    /// How the values relate.
    #[serde(default, skip_serializing_if = "Relation::is_default")]
    pub relation: Relation,
    /// An expression over the places' ids that must be true, instead of a relation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<String>,
    /// Where the values stand.
    pub places: Vec<Place>,
}

impl Agreement {
    /// Returns the files in which the values may stand; one of several places is there several times.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        self.places.iter().flat_map(Place::files)
    }

    /// Tells whether a place of the agreement is in a file.
    #[must_use]
    pub fn names(&self, path: &SafePath) -> bool {
        self.files().any(|file| file == path.as_str())
    }
}

/// An agreement as it stands in a record, where anything may stand.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    #[serde(default)]
    id: String,
    says: String,
    #[serde(default)]
    answers: Vec<String>,
    #[serde(default)]
    relation: Relation,
    holds: Option<String>,
    places: Vec<Place>,
}

impl TryFrom<Unchecked> for Agreement {
    type Error = String;

    fn try_from(unchecked: Unchecked) -> Result<Self, String> {
        let Unchecked { id, says, answers, relation, holds, places } = unchecked;
        let least = relation.least_places();
        if !(least..=MAX_PLACES).contains(&places.len()) {
            return Err(format!("an agreement has {least} to {MAX_PLACES} places, not {}", places.len()));
        }
        for file in places.iter().flat_map(Place::files) {
            SafePath::new(file).map_err(|error| error.to_string())?;
        }
        Ok(Self { id, says, answers, relation, holds, places })
    }
}

/// Where values stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The name of the value in the expression of `holds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What the numbers there count; without it they are plain, or per cent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// How the values are read.
    #[serde(flatten)]
    pub reading: Reading,
    /// Where the values stand if nothing stands there: the first of these that has any counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub otherwise: Vec<Reading>,
}

/// How values are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the variants say it")]
pub enum Reading {
    /// The first group of a pattern, wherever it matches in the texts at a pointer.
    Within { file: String, at: String, capture: String },
    /// At a pointer into YAML, JSON, TOML or HCL.
    At { file: String, at: String },
    /// The first group of a pattern, wherever it matches.
    Capture { file: String, capture: String },
    /// The keys of the mapping at a pointer.
    Keys { file: String, keys: String },
    /// A value that the agreement states itself.
    Is { is: String },
}

/// An agreement that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// The id of the agreement.
    pub id: String,
    /// What the values are.
    pub says: String,
    /// What is wrong with them.
    pub fault: String,
    /// The ids of the questions whose answers set the values.
    pub answers: Vec<String>,
    /// Every place with its values, or the one place that could not be read.
    pub places: Vec<Reported>,
}

/// A place with what was read there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// The place.
    pub reading: Reading,
    /// The line, from 1, if the place could be found in its file.
    pub line: Option<usize>,
    /// The values; none if the place could not be read.
    pub values: Vec<String>,
}

impl Place {
    /// Returns the files in which the values may stand.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        self.readings().filter_map(Reading::file)
    }

    /// Returns how the values are read, in the order in which they are looked for.
    fn readings(&self) -> impl Iterator<Item = &Reading> {
        std::iter::once(&self.reading).chain(&self.otherwise)
    }
}

impl Reading {
    /// Returns the file, if the values stand in one.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::Within { file, .. }
            | Self::At { file, .. }
            | Self::Capture { file, .. }
            | Self::Keys { file, .. } => Some(file),
            Self::Is { .. } => None,
        }
    }

    /// Returns the pointer or the pattern by which the values are found.
    pub(crate) fn way(&self) -> Option<String> {
        match self {
            Self::Within { at, capture, .. } => Some(format!("{at}, {capture}")),
            Self::At { at, .. } => Some(at.clone()),
            Self::Capture { capture, .. } => Some(capture.clone()),
            Self::Keys { keys, .. } => Some(keys.clone()),
            Self::Is { .. } => None,
        }
    }

    /// Reads the values that stand there.
    pub(crate) fn values(&self, texts: &Texts<'_>) -> Result<Vec<String>, String> {
        match self {
            Self::Is { is } => Ok(vec![is.clone()]),
            Self::At { file, at } => values_at(texts, file, at),
            Self::Capture { file, capture } => Ok(groups(&texts.pattern(capture)?, texts.get(file)?.text()?)),
            Self::Within { file, at, capture } => {
                let (found, pattern) = (values_at(texts, file, at)?, texts.pattern(capture)?);
                Ok(found.iter().flat_map(|text| groups(&pattern, text)).collect())
            }
            Self::Keys { file, keys } => {
                let names = |node: &Node| match &node.content {
                    Content::Mapping(entries) => Some(entries.keys().cloned().collect::<Vec<String>>()),
                    Content::Sequence(_) | Content::Scalar(_) => None,
                };
                let nodes = nodes_at(texts, file, keys)?;
                let found: Option<Vec<_>> = nodes.into_iter().map(names).collect();
                Ok(found.ok_or_else(|| format!("`{keys}` is not a mapping"))?.concat())
            }
        }
    }

    /// Reads what stands there, be it a plain value or not.
    fn found(&self, texts: &Texts<'_>) -> Result<Vec<String>, String> {
        let Self::At { file, at } = self else { return self.values(texts) };
        let shown = |node: &Node| node.plain().unwrap_or_else(|| "…".to_owned());
        Ok(nodes_at(texts, file, at)?.into_iter().map(shown).collect())
    }

    /// Tells whether it is no fault that nothing stands there.
    fn may_be_empty(&self) -> bool {
        match self {
            Self::At { at, .. } => Pointer::parse(at).is_ok_and(|pointer| pointer.takes_all()),
            Self::Within { .. } | Self::Capture { .. } | Self::Keys { .. } => true,
            Self::Is { .. } => false,
        }
    }

    /// Returns the line on which the first value stands, or on which the way to it ends.
    pub(crate) fn line(&self, texts: &Texts<'_>) -> Option<usize> {
        match self {
            Self::Is { .. } => None,
            Self::At { file, at } | Self::Within { file, at, .. } | Self::Keys { file, keys: at } => {
                let (text, format) = (texts.get(file).ok()?, Format::of(file)?);
                Pointer::parse(at).ok()?.line(text.documents(format).ok()?)
            }
            Self::Capture { file, capture } => {
                let text = texts.get(file).ok()?.text().ok()?;
                let group = texts.pattern(capture).ok()?.captures(text)?.get(1)?.start();
                Some(line_and_column(text, group).0)
            }
        }
    }

    fn missing(&self) -> String {
        match self {
            Self::At { at, .. } | Self::Keys { keys: at, .. } => format!("there is nothing at `{at}`"),
            Self::Within { at, capture, .. } => format!("nothing at `{at}` matches `{capture}`"),
            Self::Capture { capture, .. } => format!("nothing matches `{capture}`"),
            Self::Is { .. } => "there is no value".to_owned(),
        }
    }
}

impl std::fmt::Display for Reading {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::At { file, at } | Self::Within { file, at, .. } | Self::Keys { file, keys: at } => {
                write!(formatter, "{file} at {at}")
            }
            Self::Capture { file, .. } => formatter.write_str(file),
            Self::Is { .. } => formatter.write_str("the agreement itself"),
        }
    }
}

/// Holds agreements against texts.
pub(crate) struct Judge<'t> {
    texts: &'t Texts<'t>,
    engine: OnceCell<Engine>,
}

impl<'t> Judge<'t> {
    pub(crate) fn new(texts: &'t Texts<'t>) -> Self {
        Self { texts, engine: OnceCell::new() }
    }

    /// Reads the values of an agreement, and tells what is wrong with them.
    pub(crate) fn disagreement(&self, agreement: &Agreement) -> Option<Disagreement> {
        let disagreement = |fault: String, places| Disagreement {
            id: agreement.id.clone(),
            says: agreement.says.clone(),
            fault,
            answers: agreement.answers.clone(),
            places,
        };
        let mut read = Vec::new();
        for place in &agreement.places {
            match self.read(agreement, place, read.is_empty()) {
                Ok(found) => read.push(found),
                Err(fault) => return Some(disagreement(fault, vec![self.reported(&place.reading, Vec::new())])),
            }
        }
        let (readings, values): (Vec<&Reading>, Vec<Vec<String>>) = read.into_iter().unzip();
        let fault = self.fault(agreement, &values)?;
        let places = readings.into_iter().zip(values).map(|(reading, values)| self.reported(reading, values));
        Some(disagreement(fault, places.collect()))
    }

    /// Reads the values of an agreement, place by place; a place that cannot be read has none.
    pub(crate) fn values(&self, agreement: &Agreement) -> Vec<Vec<String>> {
        let values = |place| self.read(agreement, place, false).map(|(_, values)| values).unwrap_or_default();
        agreement.places.iter().map(values).collect()
    }

    /// Reads a place; the reading that is returned is the one by which the values were found.
    fn read<'a>(
        &self,
        agreement: &Agreement,
        place: &'a Place,
        is_first: bool,
    ) -> Result<(&'a Reading, Vec<String>), String> {
        let relation = agreement.relation;
        let is_about_being_there = agreement.holds.is_none() && relation.is_about_being_there();
        for reading in place.readings() {
            let values = if is_about_being_there { reading.found(self.texts) } else { reading.values(self.texts) }?;
            if !values.is_empty() {
                return Ok((reading, values));
            }
        }
        let is_set = agreement.holds.is_none() && relation.is_of_sets();
        let may_be_empty = is_set && place.reading.may_be_empty() && !(is_first && relation.has_a_first());
        if may_be_empty || relation == Relation::Absent {
            return Ok((&place.reading, Vec::new()));
        }
        Err(place.reading.missing())
    }

    fn reported(&self, reading: &Reading, values: Vec<String>) -> Reported {
        Reported { line: reading.line(self.texts), reading: reading.clone(), values }
    }

    fn fault(&self, agreement: &Agreement, values: &[Vec<String>]) -> Option<String> {
        if let Some(holds) = &agreement.holds {
            return self.broken_rule(holds, &agreement.places, values);
        }
        let units: Vec<_> = agreement.places.iter().map(|place| place.unit).collect();
        broken_relation(agreement.relation, values, &units)
    }

    /// Evaluates an expression over the places' ids.
    fn broken_rule(&self, holds: &str, places: &[Place], values: &[Vec<String>]) -> Option<String> {
        let mut known = Map::new();
        for (place, values) in places.iter().zip(values) {
            let Some(id) = &place.id else { continue };
            match whole_number(values, place.unit) {
                Ok(number) => drop(known.insert(id.clone(), number.into())),
                Err(fault) => return Some(fault),
            }
        }
        let names: Names = known.keys().map(|id| (id.clone(), Type::Int)).collect();
        let engine = self.engine.get_or_init(|| Engine::new(Partials::new(), Tables::default()));
        let message = |problems: Vec<Problem>| problems.into_iter().next().map(|problem| problem.message);
        let judged = engine.expression("", holds, &names).map_err(message);
        let judged =
            judged.and_then(|holds| engine.evaluate(&holds, &Data::from(known.clone())).map_err(|it| Some(it.message)));
        match judged {
            Ok(Json::Bool(true)) => None,
            Ok(_) => {
                let numbers: Vec<String> = known.iter().map(|(id, number)| format!("{id} = {number}")).collect();
                Some(format!("`{holds}` does not hold with {}", numbers.join(", ")))
            }
            Err(message) => Some(message.unwrap_or_else(|| format!("`{holds}` cannot be computed"))),
        }
    }
}

/// Returns what the first group of a pattern holds, wherever it matches.
fn groups(pattern: &Regex, text: &str) -> Vec<String> {
    let groups = pattern.captures_iter(text).filter_map(|captures| captures.get(1));
    groups.map(|group| group.as_str().to_owned()).collect()
}

fn values_at(texts: &Texts<'_>, file: &str, at: &str) -> Result<Vec<String>, String> {
    let value = |node: &Node| node.plain().ok_or_else(|| format!("`{at}` is not a plain value"));
    nodes_at(texts, file, at)?.into_iter().map(value).collect()
}

fn nodes_at<'t>(texts: &'t Texts<'_>, file: &str, at: &str) -> Result<Vec<&'t Node>, String> {
    let text = texts.get(file)?;
    text.text()?;
    let format = Format::of(file).ok_or("a pointer needs a YAML, JSON, TOML or HCL file")?;
    let documents = text.documents(format).map_err(ToString::to_string)?;
    Ok(Pointer::parse(at).map_err(|fault| format!("the pointer {fault}"))?.find(documents))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(agreement: &str) -> Option<String> {
        let agreement: Agreement = serde_json::from_str(agreement).unwrap();
        let mut texts = Texts::default();
        let yaml =
            "port: 8080\nlist:\n  - {name: a, v: 5}\n  - {name: b, v: 30}\nmemory: 1Gi\nsmall: 512Mi\ncpu: 100m\n";
        texts.add("a.yaml", Ok(yaml.into()));
        texts.add("Dockerfile", Ok("EXPOSE 8080 9090\nENV a=1\nENV c=2\n".into()));
        Judge::new(&texts).disagreement(&agreement).map(|disagreement| disagreement.fault)
    }

    fn said(rule: &str, places: &[&str]) -> Option<String> {
        fault(&format!(r#"{{"says": "x", {rule}"places": [{}]}}"#, places.join(", ")))
    }

    const PORT: &str = r#"{"file": "a.yaml", "at": "/port"}"#;
    const EXPOSED: &str = r#"{"file": "Dockerfile", "capture": "^EXPOSE (\\d+) "}"#;
    const NAMES: &str = r#"{"file": "a.yaml", "at": "/list/*/name"}"#;
    const ENV: &str = r#"{"file": "Dockerfile", "capture": "^ENV (\\w+)="}"#;

    fn is(value: &str) -> String {
        format!(r#"{{"is": "{value}"}}"#)
    }

    #[test]
    fn equal_values_agree_wherever_they_stand() {
        assert_eq!(said("", &[PORT, EXPOSED]), None);
        assert_eq!(said("", &[PORT, EXPOSED, &is("80")]).as_deref(), Some("the values differ"));
        assert_eq!(said("", &[NAMES, &is("a")]).as_deref(), Some("the values differ"));
    }

    #[test]
    fn numbers_ascend_in_the_unit_that_their_place_states() {
        let ascending = r#""relation": "ascending", "#;
        let at = |name: &str, unit: &str| format!(r#"{{"unit": "{unit}", "file": "a.yaml", "at": "/{name}"}}"#);
        let counted = |value: &str, unit: &str| format!(r#"{{"unit": "{unit}", "is": "{value}"}}"#);
        assert_eq!(said(ascending, &[&is("5"), &is("5"), &is("30")]), None);
        assert_eq!(said(ascending, &[&at("small", "bytes"), &at("memory", "bytes")]), None);
        let falling = said(ascending, &[&at("memory", "bytes"), &at("small", "bytes")]);
        assert_eq!(falling.as_deref(), Some("the values are not in ascending order"));
        for (less, more, unit) in [
            ("100m", "0.5", "cpu"),
            ("900m", "1", "cpu"),
            ("64M", "64Mi", "bytes"),
            ("33554432", "1G", "bytes"),
            ("90", "2m", "seconds"),
            ("59m", "1h", "seconds"),
        ] {
            assert_eq!(said(ascending, &[&counted(less, unit), &counted(more, unit)]), None, "{less} {more}");
            assert!(said(ascending, &[&counted(more, unit), &counted(less, unit)]).is_some(), "{less} {more}");
        }
        let plain = said(ascending, &[&is("1"), &is("500m")]);
        assert_eq!(plain.as_deref(), Some("`500m` has the unit `m`, which cannot be compared here"));
        assert!(said(ascending, &[&is("x"), &is("1")]).is_some_and(|fault| fault.contains("not a number")));
    }

    #[test]
    fn a_record_cannot_hold_an_agreement_without_places_or_with_a_path_that_leads_out() {
        for (places, message) in [
            ("", "an agreement has 2 to 64 places, not 0"),
            (PORT, "an agreement has 2 to 64 places, not 1"),
            (r#"{"is": "1"}, {"file": "../x.yaml", "at": "/x"}"#, "path `../x.yaml` has the segment"),
        ] {
            let text = format!(r#"{{"says": "x", "places": [{places}]}}"#);
            let error = serde_json::from_str::<Agreement>(&text).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn sets_are_compared_as_sets() {
        assert_eq!(said(r#""relation": "one-of", "#, &[&is("a"), NAMES]), None);
        assert_eq!(said(r#""relation": "one-of", "#, &[ENV, NAMES]).as_deref(), Some("`c` is not there"));
        assert_eq!(said(r#""relation": "disjoint", "#, &[ENV, NAMES]).as_deref(), Some("`a` appears in two places"));
        assert_eq!(said(r#""relation": "same-set", "#, &[NAMES, NAMES]), None);
        assert!(said(r#""relation": "same-set", "#, &[ENV, NAMES]).is_some());
        let none = r#"{"file": "a.yaml", "at": "/none/*"}"#;
        assert_eq!(said(r#""relation": "disjoint", "#, &[none, NAMES]), None);
        assert!(said(r#""relation": "one-of", "#, &[none, NAMES]).is_some_and(|fault| fault.contains("nothing at")));
    }

    #[test]
    fn the_first_place_includes_what_the_others_have() {
        let includes = r#""relation": "includes", "#;
        assert_eq!(said(includes, &[NAMES, &is("a"), &is("b")]), None);
        assert_eq!(said(includes, &[NAMES, &is("a"), &is("c")]).as_deref(), Some("`c` is missing there"));
        assert_eq!(said(includes, &[NAMES, ENV]).as_deref(), Some("`c` is missing there"));
        let none = r#"{"file": "a.yaml", "at": "/none/*"}"#;
        assert_eq!(said(includes, &[NAMES, none]), None);
        assert_eq!(said(includes, &[none, NAMES]).as_deref(), Some("there is nothing at `/none/*`"));
    }

    #[test]
    fn what_must_be_present_may_be_anything() {
        let present = r#""relation": "present", "#;
        assert_eq!(said(present, &[r#"{"file": "a.yaml", "at": "/list"}"#, PORT]), None);
        let missing = said(present, &[PORT, r#"{"file": "a.yaml", "at": "/list/*/pause"}"#]);
        assert_eq!(missing.as_deref(), Some("there is nothing at `/list/*/pause`"));
    }

    #[test]
    fn keys_of_a_mapping_are_values_too() {
        let keys = |at: &str| format!(r#"{{"file": "a.yaml", "keys": "{at}"}}"#);
        assert_eq!(
            said(r#""relation": "one-of", "#, &[&is("memory"), &keys("/list/0")]),
            Some("`memory` is not there".into())
        );
        assert_eq!(said(r#""relation": "one-of", "#, &[&is("name"), &keys("/list/0")]), None);
        assert_eq!(said(r#""relation": "same-set", "#, &[&keys("/list/0"), &keys("/list/*")]), None);
        assert_eq!(said("", &[&keys("/port"), PORT]).as_deref(), Some("`/port` is not a mapping"));
        assert_eq!(said("", &[&keys("/none"), PORT]).as_deref(), Some("there is nothing at `/none`"));
    }

    #[test]
    fn a_pattern_can_be_looked_for_in_one_value_alone() {
        let within = |at: &str, pattern: &str| format!(r#"{{"file": "a.yaml", "at": "{at}", "capture": "{pattern}"}}"#);
        assert_eq!(said("", &[&within("/memory", "(.)Gi"), &is("1")]), None);
        assert_eq!(said("", &[&within("/small", "(.)12Mi"), &is("1")]).as_deref(), Some("the values differ"));
        let nothing = said("", &[&within("/small", "(.)Gi"), &is("1")]);
        assert_eq!(nothing.as_deref(), Some("nothing at `/small` matches `(.)Gi`"));
    }

    #[test]
    fn a_place_where_nothing_stands_has_the_value_of_the_next_one() {
        let otherwise = |at: &str| {
            format!(
                r#"{{"file": "a.yaml", "at": "{at}", "otherwise": [{{"file": "a.yaml", "at": "/nothing"}}, {PORT}]}}"#
            )
        };
        assert_eq!(said("", &[&otherwise("/none"), &is("8080")]), None);
        assert_eq!(said("", &[&otherwise("/cpu"), &is("100m")]), None);
        assert_eq!(said("", &[&otherwise("/cpu"), &is("8080")]).as_deref(), Some("the values differ"));
        let nowhere = r#"{"file": "a.yaml", "at": "/none", "otherwise": [{"file": "a.yaml", "at": "/nothing"}]}"#;
        assert_eq!(said("", &[nowhere, PORT]).as_deref(), Some("there is nothing at `/none`"));
    }

    #[test]
    fn what_must_be_absent_is_a_fault_whatever_it_is() {
        let absent = r#""relation": "absent", "#;
        assert_eq!(said(absent, &[r#"{"file": "a.yaml", "at": "/none"}"#]), None);
        assert_eq!(said(absent, &[PORT]).as_deref(), Some("`8080` must not appear there"));
        assert_eq!(
            said(absent, &[r#"{"file": "a.yaml", "at": "/list"}"#]).as_deref(),
            Some("`…` must not appear there")
        );
        assert_eq!(said(absent, &[EXPOSED]).as_deref(), Some("`8080` must not appear there"));
        assert!(
            said(absent, &[r#"{"file": "b.yaml", "at": "/x"}"#]).is_some_and(|fault| fault.contains("no such file"))
        );
    }

    #[test]
    fn an_expression_holds_over_the_ids() {
        let place =
            |id: &str, name: &str| format!(r#"{{"id": "{id}", "file": "a.yaml", "at": "/list/[name={name}]/v"}}"#);
        let places = [place("drain", "a"), place("grace", "b")];
        let said = |holds: &str| {
            said(&format!(r#""holds": "{holds}", "#), &places.iter().map(String::as_str).collect::<Vec<_>>())
        };
        assert_eq!(said("gte grace (add drain 25)"), None);
        assert_eq!(
            said("gte grace (add drain 26)").as_deref(),
            Some("`gte grace (add drain 26)` does not hold with drain = 5, grace = 30")
        );
        assert!(said("gte grace typo").is_some());
    }

    #[test]
    fn a_place_that_cannot_be_read_is_the_one_that_is_reported() {
        for (place, message) in [
            (r#"{"file": "a.yaml", "at": "/none"}"#, "there is nothing at `/none`"),
            (r#"{"file": "a.yaml", "at": "/list"}"#, "`/list` is not a plain value"),
            (r#"{"file": "b.yaml", "at": "/port"}"#, "there is no such file"),
            (r#"{"file": "Dockerfile", "at": "/x"}"#, "a pointer needs a YAML, JSON, TOML or HCL file"),
            (r#"{"file": "Dockerfile", "capture": "USER (.*)"}"#, "nothing matches `USER (.*)`"),
        ] {
            assert_eq!(said("", &[PORT, place]).as_deref(), Some(message));
        }
    }
}
