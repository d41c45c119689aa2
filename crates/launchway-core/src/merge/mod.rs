//! Merging by structure: what both sides have added at one place of a file, put beside each other.
//!
//! A merge by lines asks a person wherever both sides touch one place. Here each of the three texts becomes an outline of
//! slices; entries are matched by what identifies them, and the slices of the side that has changed an entry are taken as
//! they are written, with comments, quotes and indentation. Then the result is held against a merge of what the three
//! documents *mean*. Only what is proven is used; everything else is left to a person.

pub(crate) mod identity;
pub(crate) mod joined;
mod lock;
mod outline;
mod plain;
mod proof;
mod splice;
mod toml;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};

use crate::agreement::document::{self, Format};
use crate::cargo_lock;
use identity::Identities;
pub use identity::ListRule;
pub(crate) use joined::joined;
use outline::Inner;
use serde_json::Value as Json;
use splice::Splicer;

/// What is larger is left to a person.
const MAX_BYTES: usize = 1 << 20;

/// A merge that is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The text.
    pub text: String,
    /// The entries that were taken from the template, by the keys that lead to them.
    pub entries: Vec<String>,
}

/// The shape of a file that can be merged by structure.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Document(Format),
    Settings,
    Page,
}

impl Shape {
    fn of(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        match Format::of(path) {
            // A comment belongs to an entry in a way that no outline here knows, and of HCL there is no outline.
            Some(Format::JsonWithComments | Format::Hcl) => return None,
            Some(format) => return Some(Self::Document(format)),
            None => {}
        }
        match name.rsplit_once('.') {
            Some((_, "env")) => Some(Self::Settings),
            Some((_, "md")) => Some(Self::Page),
            _ => None,
        }
    }
}

/// Merges the three texts of a file that both sides have changed; `None` leaves it to a person. `rules` are what the
/// template says of lists.
#[must_use]
pub fn merge(path: &str, rules: &[ListRule], base: &str, yours: &str, theirs: &str) -> Option<Merged> {
    let sides = [base, yours, theirs];
    let spliced = splice(path, rules, sides)?;
    let Spliced { shape, identities, merged, .. } = &spliced;
    let is_proven = is_proven(*shape, identities, sides, &merged.text) && !spliced.is_used();
    is_proven.then_some(spliced.merged)
}

/// Merges without the proof. It is there for the test that shows what the proof is for.
#[doc(hidden)]
#[must_use]
pub fn merge_unproven(path: &str, base: &str, yours: &str, theirs: &str) -> Option<Merged> {
    Some(splice(path, &[], [base, yours, theirs])?.merged)
}

/// A merge that is not proven yet.
struct Spliced<'f> {
    shape: Shape,
    identities: Identities<'f>,
    merged: Merged,
    /// The keys of the entries that one side alone has brought or taken away.
    touched: BTreeSet<String>,
}

fn splice<'f>(path: &'f str, rules: &'f [ListRule], sides: [&str; 3]) -> Option<Spliced<'f>> {
    let shape = Shape::of(path)?;
    let is_left = |text: &&str| {
        text.len() > MAX_BYTES || !text.ends_with('\n') || text.contains('\r') || holds_another_language(text)
    };
    if sides.iter().any(is_left) {
        return None;
    }
    let identities = Identities::of(path, shape.format(), rules);
    let [base, yours, theirs] = sides.map(|text| outline(shape, text, &identities));
    let mut splicer = Splicer::default();
    let text = splicer.merge(&base?, &yours?, &theirs?).ok()?;
    let text = if identities.is_lock() { cargo_lock::in_order(&text) } else { text };
    let entries = splicer.taken.iter().map(|path| shape.shown(path)).collect();
    Some(Spliced { shape, identities, merged: Merged { text, entries }, touched: splicer.touched })
}

impl Spliced<'_> {
    /// Tells whether a value uses an entry that one side has added or taken away: `$(NAME)` sees only what stands before
    /// it, and so does `${NAME}` in a file of settings.
    fn is_used(&self) -> bool {
        let text = &self.merged.text;
        let is_setting = self.shape == Shape::Settings;
        let is_named = |name: &String| {
            let plain = format!("${name}");
            let ends = |(at, _): (usize, &str)| {
                !text[at + plain.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
            };
            text.contains(&format!("$({name})"))
                || is_setting && (text.contains(&format!("${{{name}")) || text.match_indices(&plain).any(ends))
        };
        self.touched.iter().any(is_named)
    }
}

impl Shape {
    fn format(self) -> Format {
        match self {
            Self::Document(format) => format,
            Self::Settings | Self::Page => Format::Yaml,
        }
    }

    /// Names an entry as a report does: by the keys that lead to it; a row of a table by its first cell.
    fn shown(self, path: &[String]) -> String {
        match self {
            Self::Page => path.last().cloned().unwrap_or_default(),
            Self::Document(_) | Self::Settings => {
                let plain = |key: &String| key.replace("[[", "").replace("]] ", ".").replace(['[', ']'], "");
                path.iter().map(plain).collect::<Vec<_>>().join(".")
            }
        }
    }
}

fn outline<'t>(shape: Shape, text: &'t str, identities: &Identities<'_>) -> Option<Inner<'t>> {
    match shape {
        Shape::Document(Format::Toml) => toml::outline(text, identities),
        Shape::Document(Format::Yaml | Format::Json | Format::JsonWithComments) => yaml::outline(text, identities),
        Shape::Document(Format::Hcl) => None,
        Shape::Settings => plain::settings(text),
        Shape::Page => plain::page(text),
    }
}

/// Tells whether a text is a template of another tool, such as Helm: its tags mean nothing to a parser. The expressions of
/// workflows stand within values, and so do the references of CloudFormation.
fn holds_another_language(text: &str) -> bool {
    text.contains("{%")
        || text.match_indices("{{").any(|(at, _)| !text[..at].ends_with('$') && !text[at..].starts_with("{{resolve:"))
}

/// Tells whether the result means what a merge of the meanings says.
fn is_proven(shape: Shape, identities: &Identities<'_>, sides: [&str; 3], merged: &str) -> bool {
    let [base, yours, theirs] = sides;
    if shape == Shape::Page {
        // A row has no meaning of its own; that no row and no line is lost is all that can be said.
        return keeps_lines(base, yours, theirs, merged);
    }
    if !proof::keeps_comments(base, yours, theirs, merged) {
        return false;
    }
    if shape == Shape::Settings {
        return keeps_lines(base, yours, theirs, merged);
    }
    let Some([base, yours, theirs, merged]) = documents(shape.format(), identities, [base, yours, theirs, merged])
    else {
        return false;
    };
    let is_meant = proof::values(identities, &base, &yours, &theirs).is_ok_and(|expected| expected == merged);
    is_meant && (!identities.is_lock() || lock::is_whole(&yours, &theirs, &merged))
}

/// Reads what four texts mean, each of which must be one document.
fn documents(format: Format, identities: &Identities<'_>, texts: [&str; 4]) -> Option<[Json; 4]> {
    let mut read = Vec::new();
    for text in texts {
        let [document] = document::parse(format, text).ok()?.try_into().ok()?;
        read.push(proof::in_order(identities, document));
    }
    read.try_into().ok()
}

/// Tells whether the result has exactly the lines that a merge of the sets of lines says; blank ones say nothing.
fn keeps_lines(base: &str, yours: &str, theirs: &str, merged: &str) -> bool {
    let mut counts: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for (side, text) in [base, yours, theirs, merged].into_iter().enumerate() {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        for line in lines {
            counts.entry(line).or_default()[side] += 1;
        }
    }
    counts.into_values().all(|[base, yours, theirs, merged]| {
        let expected = if yours == theirs || theirs == base {
            yours
        } else if yours == base {
            theirs
        } else {
            (yours + theirs).saturating_sub(base)
        };
        merged == expected
    })
}

#[cfg(test)]
mod tests;
