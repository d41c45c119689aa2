//! The proof of a merge: what the result means is what a merge of the meanings says, and no comment is lost.
//!
//! The values are merged from the parsed documents, without a look at the slices of the texts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::identity::{Identities, Identity};

/// Both sides have given a value another meaning.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Disputed;

/// Merges the meanings of three documents.
pub(super) fn values(identities: &Identities<'_>, base: &Json, yours: &Json, theirs: &Json) -> Result<Json, Disputed> {
    let merged = Values { identities }.node(&[], Some(base), Some(yours), Some(theirs))?;
    merged.ok_or(Disputed)
}

/// Tells whether two documents mean the same; the order of a list whose elements have names says nothing.
pub(super) fn is_same(identities: &Identities<'_>, one: &Json, other: &Json) -> bool {
    Values { identities }.canonical(&[], one) == Values { identities }.canonical(&[], other)
}

struct Values<'i> {
    identities: &'i Identities<'i>,
}

type Side<'j> = Option<&'j Json>;

impl Values<'_> {
    fn node(
        &self,
        path: &[String],
        base: Side<'_>,
        yours: Side<'_>,
        theirs: Side<'_>,
    ) -> Result<Option<Json>, Disputed> {
        let same = |one: Side<'_>, other: Side<'_>| match (one, other) {
            (Some(one), Some(other)) => self.canonical(path, one) == self.canonical(path, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        if same(yours, theirs) || same(theirs, base) {
            return Ok(yours.cloned());
        }
        if same(yours, base) {
            return Ok(theirs.cloned());
        }
        match (base, yours, theirs) {
            (Some(Json::Object(base)), Some(Json::Object(yours)), Some(Json::Object(theirs))) => {
                self.map(path, base, yours, theirs).map(Some)
            }
            (Some(Json::Array(base)), Some(Json::Array(yours)), Some(Json::Array(theirs))) => {
                self.list(path, base, yours, theirs).map(Some)
            }
            _ => Err(Disputed),
        }
    }

    fn map(
        &self,
        path: &[String],
        base: &Map<String, Json>,
        yours: &Map<String, Json>,
        theirs: &Map<String, Json>,
    ) -> Result<Json, Disputed> {
        let keys: BTreeSet<&String> = base.keys().chain(yours.keys()).chain(theirs.keys()).collect();
        let mut merged = Map::new();
        for key in keys {
            let path = [path, std::slice::from_ref(key)].concat();
            if let Some(value) = self.node(&path, base.get(key), yours.get(key), theirs.get(key))? {
                merged.insert(key.clone(), value);
            }
        }
        Ok(Json::Object(merged))
    }

    fn list(&self, path: &[String], base: &[Json], yours: &[Json], theirs: &[Json]) -> Result<Json, Disputed> {
        let identity = self.identities.at(path);
        let sides = [base, yours, theirs].map(|side| named(side, &identity));
        let [Some(base), Some(yours), Some(theirs)] = sides else { return Err(Disputed) };
        let path = [path, &["*".to_owned()]].concat();
        let mut merged = Vec::new();
        for key in base.keys().chain(yours.keys()).chain(theirs.keys()).collect::<BTreeSet<_>>() {
            let side = |side: &BTreeMap<String, &Json>| side.get(key).copied().cloned();
            let (base, yours, theirs) = (side(&base), side(&yours), side(&theirs));
            merged.extend(self.node(&path, base.as_ref(), yours.as_ref(), theirs.as_ref())?);
        }
        Ok(Json::Array(merged))
    }

    /// Puts the elements that have names into one order.
    fn canonical(&self, path: &[String], value: &Json) -> Json {
        match value {
            Json::Object(map) => Json::Object(
                map.iter()
                    .map(|(key, value)| {
                        (key.clone(), self.canonical(&[path, std::slice::from_ref(key)].concat(), value))
                    })
                    .collect(),
            ),
            Json::Array(items) => {
                let below = [path, &["*".to_owned()]].concat();
                let ordered: Vec<&Json> = match named(items, &self.identities.at(path)) {
                    Some(named) => named.into_values().collect(),
                    None => items.iter().collect(),
                };
                Json::Array(ordered.into_iter().map(|item| self.canonical(&below, item)).collect())
            }
            value => value.clone(),
        }
    }
}

/// The elements of a list by what identifies them; `None` if they are told apart by their place, or one is there twice.
fn named<'j>(items: &'j [Json], identity: &Identity) -> Option<BTreeMap<String, &'j Json>> {
    let key = |item: &Json| match identity {
        Identity::Place => None,
        Identity::Set => item.as_str().map(str::to_owned),
        Identity::Keys(names) => {
            let names = names.iter().map(|name| item.get(name).filter(|value| !value.is_null()));
            Some(names.collect::<Option<Vec<_>>>()?.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        }
    };
    let named = items.iter().map(|item| Some((key(item)?, item))).collect::<Option<BTreeMap<_, _>>>()?;
    (named.len() == items.len()).then_some(named)
}

/// Tells whether every comment of both sides is in the result, unless a side has taken it away.
pub(super) fn keeps_comments(base: &str, yours: &str, theirs: &str, merged: &str) -> bool {
    let [base, yours, theirs, merged] = [base, yours, theirs, merged].map(comments);
    let count = |comments: &BTreeMap<String, usize>, comment: &String| comments.get(comment).copied().unwrap_or(0);
    yours.keys().chain(theirs.keys()).all(|comment| {
        let (base, yours, theirs) = (count(&base, comment), count(&yours, comment), count(&theirs, comment));
        let least = if yours < base || theirs < base { yours.min(theirs) } else { yours.max(theirs) };
        count(&merged, comment) >= least
    })
}

/// Counts the comments of a text by what they say; a `#` within quotes counts, too, and must be kept as well.
fn comments(text: &str) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for line in text.lines() {
        let place = if line.trim_start().starts_with('#') { Some(0) } else { line.find(" #") };
        if let Some(place) = place {
            *found.entry(line[place..].trim().to_owned()).or_insert(0) += 1;
        }
    }
    found
}
