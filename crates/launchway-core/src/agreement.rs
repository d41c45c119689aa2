//! Agreements: values that stand in several files and must stay the same there.

use regex::Regex;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::template::{Compiled, Each, Expression};

/// An agreement as a template declares it.
pub(crate) struct Agreement {
    pub(crate) says: String,
    pub(crate) when: Option<Expression>,
    pub(crate) each: Vec<Each>,
    pub(crate) relation: Relation,
    pub(crate) places: Vec<AgreementPlace>,
}

/// How the values of an agreement relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Relation {
    /// All are equal.
    #[default]
    Equal,
    /// Each number is less than the next, or equal to it.
    Ascending,
}

pub(crate) struct AgreementPlace {
    pub(crate) file: Compiled,
    pub(crate) reading: Reading,
}

/// How a value is read from a file.
pub(crate) enum Reading {
    /// A JSON pointer into YAML, JSON or TOML.
    Pointer(Compiled),
    /// The first group of a pattern, in any text.
    Capture(Regex),
}

/// A value with the place it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reported {
    pub(crate) place: String,
    pub(crate) value: String,
}

/// Reads the value at a JSON pointer, in the first document that has one there.
pub(crate) fn read_pointer(documents: &[Json], pointer: &str) -> Result<String, String> {
    let found = documents.iter().find_map(|document| document.pointer(pointer));
    match found {
        None => Err(format!("there is nothing at `{pointer}`")),
        Some(Json::String(text)) => Ok(text.clone()),
        Some(Json::Array(_) | Json::Object(_)) => Err(format!("`{pointer}` is not a plain value")),
        Some(value) => Ok(value.to_string()),
    }
}

/// Reads the first group of a pattern, which must match exactly once or always with the same value.
pub(crate) fn read_capture(text: &str, pattern: &Regex) -> Result<String, String> {
    let mut values = pattern.captures_iter(text).filter_map(|captures| captures.get(1)).map(|group| group.as_str());
    let first = values.next().ok_or_else(|| format!("nothing matches `{pattern}`"))?;
    match values.find(|value| *value != first) {
        None => Ok(first.to_owned()),
        Some(other) => Err(format!("`{pattern}` matches both `{first}` and `{other}`")),
    }
}

/// Tells whether the values keep the relation.
pub(crate) fn holds(relation: Relation, values: &[Reported]) -> bool {
    match relation {
        Relation::Equal => values.windows(2).all(|pair| pair[0].value == pair[1].value),
        Relation::Ascending => {
            let numbers: Option<Vec<f64>> = values.iter().map(|reported| reported.value.parse().ok()).collect();
            numbers.is_some_and(|numbers| numbers.is_sorted())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_from_structured_files_and_from_text() {
        let documents = [serde_json::json!({"a": [{"port": 8080}]}), serde_json::json!({"b": "x"})];
        assert_eq!(read_pointer(&documents, "/a/0/port"), Ok("8080".to_owned()));
        assert_eq!(read_pointer(&documents, "/b"), Ok("x".to_owned()));
        assert!(read_pointer(&documents, "/a/1").is_err());
        assert!(read_pointer(&documents, "/a").is_err());
        let expose = Regex::new(r"EXPOSE (\d+)").unwrap();
        assert_eq!(read_capture("EXPOSE 8080 9090\n", &expose), Ok("8080".to_owned()));
        assert!(read_capture("EXPOSE 1\nEXPOSE 2\n", &expose).is_err());
    }

    #[test]
    fn relations_compare_words_and_numbers() {
        let values = |values: &[&str]| -> Vec<Reported> {
            values.iter().map(|value| Reported { place: String::new(), value: (*value).to_owned() }).collect()
        };
        assert!(holds(Relation::Equal, &values(&["8080", "8080"])));
        assert!(!holds(Relation::Equal, &values(&["8080", "8081"])));
        assert!(holds(Relation::Ascending, &values(&["5", "30", "120"])));
        assert!(!holds(Relation::Ascending, &values(&["30", "5"])));
        assert!(!holds(Relation::Ascending, &values(&["a", "b"])));
    }
}
