//! The proof of a merged `Cargo.lock`: it could be Cargo's own, and has nothing that neither side has.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;
use serde_json::Value as Json;

use crate::cargo_lock::series;

/// A package by its name and version, and the whole of it.
struct Package<'j> {
    name: &'j str,
    version: &'j str,
    is_local: bool,
    json: &'j Json,
}

/// Tells whether every package is one of either side's, every dependency means one package, none is there that nothing
/// depends on, and no two versions came together that are compatible: Cargo would have taken one of them.
pub(super) fn is_whole(yours: &Json, theirs: &Json, merged: &Json) -> bool {
    let sides = [yours, theirs].map(packages);
    let [Some(yours), Some(theirs)] = &sides else { return false };
    let Some(merged) = packages(merged) else { return false };
    let is_of = |side: &[Package<'_>], package: &Package<'_>| {
        side.iter().any(|other| other.is_called(package) && other.json == package.json)
    };
    let is_known = |package: &Package<'_>| package.is_local || is_of(yours, package) || is_of(theirs, package);
    merged.iter().all(is_known) && names_each_once(&merged) && !has_twins(&merged, [yours, theirs])
}

fn packages(lock: &Json) -> Option<Vec<Package<'_>>> {
    let package = |json| {
        let text = |key: &str| Json::get(json, key)?.as_str();
        Some(Package { name: text("name")?, version: text("version")?, is_local: text("source").is_none(), json })
    };
    lock.get("package")?.as_array()?.iter().map(package).collect()
}

impl Package<'_> {
    fn is_called(&self, other: &Self) -> bool {
        (self.name, self.version) == (other.name, other.version)
    }

    fn dependencies(&self) -> impl Iterator<Item = &str> {
        let list = self.json.get("dependencies").and_then(Json::as_array);
        list.into_iter().flatten().filter_map(Json::as_str)
    }
}

/// Tells whether every dependency means exactly one package, says no more than is needed for that, and every package of
/// a registry is one of those.
fn names_each_once(packages: &[Package<'_>]) -> bool {
    let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages {
        by_name.entry(package.name).or_default().push(package.version);
    }
    let mut meant = BTreeSet::new();
    for entry in packages.iter().flat_map(Package::dependencies) {
        let mut words = entry.split(' ');
        let Some(versions) = words.next().and_then(|name| by_name.get_key_value(name)) else { return false };
        let (name, version) = match (versions, words.next()) {
            ((name, versions), None) if versions.len() == 1 => (*name, versions[0]),
            ((name, versions), Some(version)) if versions.len() > 1 && versions.contains(&version) => (*name, version),
            _ => return false,
        };
        meant.insert((name.to_owned(), version.to_owned()));
    }
    let is_meant = |package: &Package<'_>| meant.contains(&(package.name.to_owned(), package.version.to_owned()));
    packages.iter().all(|package| package.is_local || is_meant(package))
}

/// Tells whether two compatible versions of a package came together that neither side has both of.
fn has_twins(packages: &[Package<'_>], sides: [&[Package<'_>]; 2]) -> bool {
    let has = |side: &[Package<'_>], package: &Package<'_>| side.iter().any(|other| other.is_called(package));
    let series_of = |package: &Package<'_>| package.version.parse::<Version>().ok().map(|version| series(&version));
    // The proof has put the packages into the order of their names.
    packages.chunk_by(|left, right| left.name == right.name).filter(|named| named.len() > 1).any(|named| {
        let pairs =
            named.iter().enumerate().flat_map(|(at, left)| named[at + 1..].iter().map(move |right| (left, right)));
        pairs
            .filter(|(left, right)| series_of(left) == series_of(right))
            .any(|(left, right)| !sides.iter().any(|side| has(side, left) && has(side, right)))
    })
}
