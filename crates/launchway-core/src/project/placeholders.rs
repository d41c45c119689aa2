//! Where the files of a project still have an answer that only holds the place of another one.

use std::path::Path;

use super::Project;
use super::check::FindingPlace;
use crate::path::beneath;
use crate::value::Value;

/// An answer that only holds the place of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// The id of the question.
    pub question: String,
    /// The answer.
    pub value: Value,
    /// Where it stands in the files, in order.
    pub places: Vec<FindingPlace>,
}

/// Finds the placeholders that are still in the files of a project; one that stands nowhere is none.
#[must_use]
pub fn placeholders(root: &Path, project: &Project) -> Vec<Placeholder> {
    let answers = project.placeholders.iter().filter_map(|id| Some((id, project.answers.get(id)?)));
    let mut found: Vec<Placeholder> = answers
        .map(|(id, value)| Placeholder { question: id.clone(), value: value.clone(), places: Vec::new() })
        .collect();
    if found.is_empty() {
        return found;
    }
    for path in project.generated.keys() {
        let Ok(bytes) = beneath::read(root, path) else { continue };
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        for placeholder in &mut found {
            let values = placeholder.value.elements().iter().map(ToString::to_string).collect::<Vec<_>>();
            let stands = |line: &str| values.iter().any(|value| has_word(line, value));
            let lines = text.lines().enumerate().filter(|(_, line)| stands(line));
            placeholder.places.extend(lines.map(|(number, _)| FindingPlace {
                file: Some(path.to_string()),
                line: Some(number + 1),
                at: None,
                values: Vec::new(),
                generated: Vec::new(),
            }));
        }
    }
    found.retain(|placeholder| !placeholder.places.is_empty());
    found
}

/// Tells whether a line has a value that is not the part of a longer word: `example.com` is in `a.example.com`, and not in
/// `example.community`.
fn has_word(line: &str, value: &str) -> bool {
    let is_end = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_');
    !value.is_empty() && line.match_indices(value).any(|(at, _)| is_end(&line[at + value.len()..]))
}

#[cfg(test)]
mod tests {
    use super::has_word;

    #[test]
    fn a_placeholder_is_found_where_it_ends_as_a_word_does() {
        for (line, stands) in [
            ("image: ghcr.io/my-org/orders:1", true),
            ("my-org/orders", true),
            ("my-org/orders_2", false),
            ("my-org/ordersx my-org/orders.", true),
            ("my-org/order", false),
            ("", false),
        ] {
            assert_eq!(has_word(line, "my-org/orders"), stands, "{line}");
        }
        assert!(!has_word("x", ""));
    }
}
