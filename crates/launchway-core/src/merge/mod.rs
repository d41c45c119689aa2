//! Merging by structure: what both sides have added at one place of a file, put beside each other.
//!
//! A merge by lines asks a person wherever both sides touch one place. Here each of the three texts becomes an outline of
//! slices; entries are matched by what identifies them, and the slices of the side that has changed an entry are taken as
//! they are written, with comments, quotes and indentation. Then the result is held against a merge of what the three
//! documents *mean*. Only what is proven is used; everything else is left to a person.

mod identity;
mod outline;
mod plain;
mod proof;
mod splice;
mod toml;
mod yaml;

use crate::agreement::document::{self, Format};
use crate::cargo_lock;
use identity::Identities;
use outline::Inner;
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
        if let Some(format) = Format::of(path) {
            return Some(Self::Document(format));
        }
        match name.rsplit_once('.') {
            Some((_, "env")) => Some(Self::Settings),
            Some((_, "md")) => Some(Self::Page),
            _ => None,
        }
    }
}

/// Merges the three texts of a file that both sides have changed; `None` leaves it to a person.
#[must_use]
pub fn merge(path: &str, base: &str, yours: &str, theirs: &str) -> Option<Merged> {
    let sides = [base, yours, theirs];
    let shape = Shape::of(path)?;
    if sides.iter().any(|text| text.len() > MAX_BYTES || !text.ends_with('\n') || holds_another_language(text)) {
        return None;
    }
    let identities = Identities::of(path, shape.format());
    let [base, yours, theirs] = sides.map(|text| outline(shape, text, &identities));
    let mut splicer = Splicer::default();
    let text = splicer.merge(&base?, &yours?, &theirs?).ok()?;
    let text = if path.rsplit('/').next() == Some("Cargo.lock") { cargo_lock::sort_packages(&text) } else { text };
    let is_proven = is_proven(shape, &identities, sides, &text) && !is_used(&splicer, &text);
    is_proven.then_some(Merged { text, entries: splicer.taken })
}

impl Shape {
    fn format(self) -> Format {
        match self {
            Self::Document(format) => format,
            Self::Settings | Self::Page => Format::Yaml,
        }
    }
}

fn outline<'t>(shape: Shape, text: &'t str, identities: &Identities<'_>) -> Option<Inner<'t>> {
    match shape {
        Shape::Document(Format::Toml) => toml::outline(text, identities),
        Shape::Document(Format::Yaml | Format::Json) => yaml::outline(text, identities),
        Shape::Settings => plain::settings(text),
        Shape::Page => plain::page(text),
    }
}

/// Tells whether a text is a template of another tool, such as Helm: its tags mean nothing to a parser. The expressions of
/// workflows stand within values, and so do the references of CloudFormation.
fn holds_another_language(text: &str) -> bool {
    text.match_indices("{{").any(|(at, _)| !text[..at].ends_with('$') && !text[at..].starts_with("{{resolve:"))
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
    let parsed = [base, yours, theirs, merged].map(|text| document::parse(shape.format(), text).ok());
    let [Some(base), Some(yours), Some(theirs), Some(merged)] = &parsed else { return false };
    let ([base], [yours], [theirs], [merged]) = (&base[..], &yours[..], &theirs[..], &merged[..]) else { return false };
    let expected = proof::values(identities, base, yours, theirs);
    expected.is_ok_and(|expected| proof::is_same(identities, &expected, merged))
}

/// Tells whether the result has exactly the lines that a merge of the sets of lines says.
fn keeps_lines(base: &str, yours: &str, theirs: &str, merged: &str) -> bool {
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let count = |lines: &[String], line: &String| lines.iter().filter(|other| *other == line).count();
    let [base, yours, theirs, merged] = [base, yours, theirs, merged].map(sorted);
    let mut all: Vec<&String> = base.iter().chain(&yours).chain(&theirs).chain(&merged).collect();
    all.dedup();
    all.into_iter().all(|line| {
        let (base, yours, theirs) = (count(&base, line), count(&yours, line), count(&theirs, line));
        let expected = if yours == theirs || theirs == base {
            yours
        } else if yours == base {
            theirs
        } else {
            (yours + theirs).saturating_sub(base)
        };
        count(&merged, line) == expected
    })
}

/// Tells whether a value uses an entry that one side has added or taken away: `$(NAME)` sees only what stands before it.
fn is_used(splicer: &Splicer, text: &str) -> bool {
    splicer.touched.iter().any(|name| text.contains(&format!("$({name})")))
}

#[cfg(test)]
mod tests;
