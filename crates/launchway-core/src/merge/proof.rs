//! The proof of a merge: what the result means is what a merge of the meanings says, and no comment is lost.
//!
//! The values are merged from the parsed documents, without a look at the slices of the texts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::identity::{Identities, Identity, UPDATE_KEYS};

/// Both sides have given a value another meaning.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Disputed;

/// Merges the meanings of three documents, each with its lists in the order of [`in_order`].
pub(super) fn values(identities: &Identities<'_>, base: &Json, yours: &Json, theirs: &Json) -> Result<Json, Disputed> {
    let merged = Values { identities }.node(&mut Vec::new(), Some(base), Some(yours), Some(theirs))?;
    merged.ok_or(Disputed)
}

/// Puts the elements that have names into the order of their names: the order of such a list says nothing.
pub(super) fn in_order(identities: &Identities<'_>, mut document: Json) -> Json {
    Values { identities }.order(&mut Vec::new(), &mut document);
    document
}

struct Values<'i> {
    identities: &'i Identities<'i>,
}

type Side<'j> = Option<&'j Json>;

impl Values<'_> {
    fn node(
        &self,
        path: &mut Vec<String>,
        base: Side<'_>,
        yours: Side<'_>,
        theirs: Side<'_>,
    ) -> Result<Option<Json>, Disputed> {
        if yours == theirs || theirs == base {
            return Ok(yours.cloned());
        }
        if yours == base {
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
        path: &mut Vec<String>,
        base: &Map<String, Json>,
        yours: &Map<String, Json>,
        theirs: &Map<String, Json>,
    ) -> Result<Json, Disputed> {
        let keys: BTreeSet<&String> = base.keys().chain(yours.keys()).chain(theirs.keys()).collect();
        let mut merged = Map::new();
        for key in keys {
            path.push(key.clone());
            if let Some(value) = self.node(path, base.get(key), yours.get(key), theirs.get(key))? {
                merged.insert(key.clone(), value);
            }
            path.pop();
        }
        Ok(Json::Object(merged))
    }

    fn list(&self, path: &mut Vec<String>, base: &[Json], yours: &[Json], theirs: &[Json]) -> Result<Json, Disputed> {
        let identity = self.identities.at(path);
        let sides = [base, yours, theirs].map(|side| named(side, &identity));
        let [Some(base), Some(yours), Some(theirs)] = sides else { return Err(Disputed) };
        path.push("*".to_owned());
        let mut merged = Vec::new();
        for key in base.keys().chain(yours.keys()).chain(theirs.keys()).collect::<BTreeSet<_>>() {
            let [base, yours, theirs] = [&base, &yours, &theirs].map(|side| side.get(key).copied());
            merged.extend(self.node(path, base, yours, theirs)?);
        }
        path.pop();
        Ok(Json::Array(merged))
    }

    fn order(&self, path: &mut Vec<String>, value: &mut Json) {
        match value {
            Json::Object(map) => {
                for (key, value) in map {
                    path.push(key.clone());
                    self.order(path, value);
                    path.pop();
                }
            }
            Json::Array(items) => {
                let identity = self.identities.at(path);
                path.push("*".to_owned());
                for item in items.iter_mut() {
                    self.order(path, item);
                }
                path.pop();
                if let Some(keys) = keys(items, &identity) {
                    let mut keyed: Vec<_> = keys.into_iter().zip(std::mem::take(items)).collect();
                    keyed.sort_by(|(left, _), (right, _)| left.cmp(right));
                    items.extend(keyed.into_iter().map(|(_, item)| item));
                }
            }
            _ => {}
        }
    }
}

/// The elements of a list by what identifies them; `None` if they are told apart by their place, or one is there twice.
fn named<'j>(items: &'j [Json], identity: &Identity) -> Option<BTreeMap<String, &'j Json>> {
    let named: BTreeMap<_, _> = keys(items, identity)?.into_iter().zip(items).collect();
    (named.len() == items.len()).then_some(named)
}

/// What identifies each element of a list; `None` if they are told apart by their place.
fn keys(items: &[Json], identity: &Identity) -> Option<Vec<String>> {
    let text = |item: &Json, name: &str| item.get(name).filter(|value| !value.is_null()).map(ToString::to_string);
    let key = |item: &Json| match identity {
        Identity::Place => None,
        Identity::Set => item.as_str().map(str::to_owned),
        Identity::Key(name) => text(item, name),
        Identity::Update => {
            item.get(UPDATE_KEYS[0])?;
            Some(UPDATE_KEYS.map(|key| text(item, key).unwrap_or_default()).join(" "))
        }
        Identity::Package if item.get("source").is_none() => text(item, "name"),
        Identity::Package => Some(format!("{} {}", text(item, "name")?, text(item, "version")?)),
    };
    items.iter().map(key).collect()
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
