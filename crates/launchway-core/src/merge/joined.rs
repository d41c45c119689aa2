//! What one file needs, brought into another one that is there: entries are added, and nothing that is there changes.

use serde_json::Value as Json;

use super::identity::UPDATE_KEYS;
use crate::agreement::document::{self, Format};

/// Adds the entries of a YAML document to another one, at its top and in its lists and mappings one level below; `None` where
/// both say something else of one thing, or the result is not proven to be both.
#[must_use]
pub(crate) fn joined(path: &str, there: &str, needed: &str) -> Option<String> {
    // Lines that end as Windows ends them would all be changed.
    if Format::of(path) != Some(Format::Yaml) || there.contains('\r') {
        return None;
    }
    let (before, added) = (plain(there)?, plain(needed)?);
    let mut lines: Vec<String> = there.lines().map(str::to_owned).collect();
    let mut expected = before.clone();
    for section in Section::all(needed)? {
        let theirs = added.get(section.key)?;
        let Some(own) = before.get(section.key) else {
            lines.extend(section.lines.iter().map(|line| (*line).to_owned()));
            expected[section.key] = theirs.clone();
            continue;
        };
        if own == theirs {
            continue;
        }
        let known = Section::all_of(&lines, section.key)?;
        let at = known.end;
        let new = section.missing(own, theirs)?;
        drop(lines.splice(at..at, new.iter().flat_map(|entry| entry.indented(known.indentation))));
        match (&mut expected[section.key], theirs) {
            (Json::Array(all), Json::Array(_)) => all.extend(new.iter().map(|entry| entry.value.clone())),
            (Json::Object(all), Json::Object(_)) => {
                all.extend(new.iter().filter_map(|entry| Some((entry.key.clone()?, entry.value.clone()))));
            }
            _ => return None,
        }
    }
    let text = lines.join("\n") + "\n";
    (plain(&text)? == expected).then_some(text)
}

/// Reads a document with one mapping.
fn plain(text: &str) -> Option<Json> {
    let [document] = document::parse(Format::Yaml, text).ok()?.try_into().ok()?;
    Some(document).filter(Json::is_object)
}

/// A key at the top of a document with all that belongs to it.
struct Section<'t> {
    key: &'t str,
    lines: Vec<&'t str>,
}

/// Where the entries of a key end in a text, and how far they are indented.
struct Entries {
    end: usize,
    indentation: usize,
}

/// One entry of a list or a mapping, with the comments before it.
struct Entry<'t> {
    key: Option<String>,
    value: Json,
    lines: Vec<&'t str>,
    indentation: usize,
}

impl<'t> Section<'t> {
    fn all(text: &'t str) -> Option<Vec<Self>> {
        let mut sections: Vec<Self> = Vec::new();
        let mut comments = Vec::new();
        for line in text.lines() {
            match top_key(line) {
                Some(key) => {
                    let lines = comments.drain(..).chain([line]).collect();
                    sections.push(Self { key, lines });
                }
                None if indentation(line) == 0 && is_beside(line) => comments.push(line),
                None => sections.last_mut()?.lines.push(line),
            }
        }
        Some(sections)
    }

    /// Finds the entries of a key in a text that is there.
    fn all_of(lines: &[String], key: &str) -> Option<Entries> {
        let start = lines.iter().position(|line| top_key(line) == Some(key))?;
        // A value on the same line, such as `[]`, has no lines to add to.
        lines[start].trim_end().ends_with(':').then_some(())?;
        let is_outside = |line: &&String| top_key(line).is_some() || indentation(line) == 0 && line.starts_with("---");
        let length = lines[start + 1..].iter().take_while(|line| !is_outside(line)).count();
        let inside = &lines[start + 1..start + 1 + length];
        let last = inside.iter().rposition(|line| !is_beside(line))?;
        let first = inside.iter().find(|line| !is_beside(line))?;
        Some(Entries { end: start + 2 + last, indentation: indentation(first) })
    }

    /// Returns the entries that are not there yet; none of those may say something else of what is there.
    fn missing(&self, there: &Json, needed: &Json) -> Option<Vec<Entry<'t>>> {
        let entries = self.entries(needed)?;
        let is_new = |entry: &Entry<'_>| match (there, &entry.key) {
            (Json::Array(all), None) => {
                Some(!all.contains(&entry.value) && !all.iter().any(|it| is_of_same(it, &entry.value)))
            }
            (Json::Object(all), Some(key)) => match all.get(key) {
                Some(known) => (*known == entry.value).then_some(false),
                None => Some(true),
            },
            _ => None,
        };
        let mut missing = Vec::new();
        for entry in entries {
            if is_new(&entry)? {
                missing.push(entry);
            }
        }
        Some(missing)
    }

    fn entries(&self, needed: &Json) -> Option<Vec<Entry<'t>>> {
        let inside = &self.lines[self.lines.iter().position(|line| top_key(line).is_some())? + 1..];
        let indented = indentation(inside.iter().find(|line| !is_beside(line))?);
        let mut pieces: Vec<Vec<&str>> = Vec::new();
        let mut comments = Vec::new();
        for line in inside {
            if is_beside(line) && indentation(line) <= indented {
                comments.push(*line);
            } else if indentation(line) == indented && (needed.is_object() || line.trim_start().starts_with('-')) {
                pieces.push(comments.drain(..).chain([*line]).collect());
            } else {
                pieces.last_mut()?.extend(comments.drain(..).chain([*line]));
            }
        }
        let values: Vec<(Option<String>, Json)> = match needed {
            Json::Array(all) => all.iter().map(|value| (None, value.clone())).collect(),
            Json::Object(all) => {
                let key = |lines: &Vec<&str>| {
                    let line = lines.iter().find(|line| !is_beside(line))?.trim();
                    Some(line.split_once(':')?.0.to_owned())
                };
                let keys = pieces.iter().map(key).collect::<Option<Vec<_>>>()?;
                keys.into_iter().map(|key| Some((Some(key.clone()), all.get(&key)?.clone()))).collect::<Option<_>>()?
            }
            _ => return None,
        };
        (values.len() == pieces.len()).then_some(())?;
        let entry = |((key, value), lines)| Entry { key, value, lines, indentation: indented };
        Some(values.into_iter().zip(pieces).map(entry).collect())
    }
}

impl Entry<'_> {
    /// Returns the lines with another indentation.
    fn indented(&self, other: usize) -> Vec<String> {
        let line = |line: &&str| match line.get(self.indentation..) {
            _ if line.trim().is_empty() => String::new(),
            Some(rest) if line[..self.indentation].trim().is_empty() => format!("{}{rest}", " ".repeat(other)),
            _ => format!("{}{}", " ".repeat(other), line.trim_start()),
        };
        self.lines.iter().map(line).collect()
    }
}

/// Tells whether two elements are of the same thing: Dependabot refuses two of one ecosystem and one folder.
fn is_of_same(one: &Json, other: &Json) -> bool {
    one.get(UPDATE_KEYS[0]).is_some() && UPDATE_KEYS.iter().all(|key| one.get(key) == other.get(key))
}

fn top_key(line: &str) -> Option<&str> {
    let is_key = line.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    line.split_once(':').filter(|_| is_key).map(|(key, _)| key)
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Tells whether a line is a comment or empty.
fn is_beside(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = ".github/dependabot.yml";
    const NEEDED: &str = "version: 2\ngroups:\n  # Two of one.\n  orders:\n    interval: weekly\nupdates:\n  - package-ecosystem: cargo\n    directory: /services/orders\n    # Days.\n    days: 7\n  - package-ecosystem: github-actions\n    directory: /\n";

    #[test]
    fn u50_what_is_needed_is_added_and_what_is_there_stays_as_it_is_written() {
        let there = "# Ours.\nversion: 2\nupdates:\n# First.\n- package-ecosystem: 'npm'   # why\n  directory: /\n\n- package-ecosystem: github-actions\n  directory: /\n  days: 3\n\n# The end.\n";
        let text = joined(PATH, there, NEEDED).unwrap();
        let expected = "# Ours.\nversion: 2\nupdates:\n# First.\n- package-ecosystem: 'npm'   # why\n  directory: /\n\n- package-ecosystem: github-actions\n  directory: /\n  days: 3\n- package-ecosystem: cargo\n  directory: /services/orders\n  # Days.\n  days: 7\n\n# The end.\ngroups:\n  # Two of one.\n  orders:\n    interval: weekly\n";
        // The order of the keys at the top is that of the file that needs them: those that are missing come last.
        assert_eq!(text, expected);
        assert_eq!(joined(PATH, &text, NEEDED).as_deref(), Some(text.as_str()), "all of it is there");
        let other = NEEDED.replace("orders", "billing");
        let both = joined(PATH, &text, &other).unwrap();
        assert!(both.contains("/services/orders") && both.contains("/services/billing"), "{both}");
        assert_eq!(both.matches("github-actions").count(), 1, "{both}");
    }

    #[test]
    fn u50_what_cannot_be_added_with_certainty_is_left_to_a_person() {
        for there in [
            "version: 1\nupdates:\n  - a: 1\n",
            "version: 2\nupdates: []\n",
            "version: 2\ngroups:\n  orders:\n    interval: daily\nupdates:\n  - a: 1\n",
            "version: 2\nupdates: &all\n  - a: 1\n",
            "- a\n",
            "version: [\n",
            "version: 2\n---\nversion: 2\n",
        ] {
            assert_eq!(joined(PATH, there, NEEDED), None, "{there}");
        }
        assert_eq!(joined("a.txt", "version: 2\n", NEEDED), None);
    }
}
