//! The value of an answer.

pub(crate) mod pattern;
pub(crate) mod policy;
pub(crate) mod provenance;
pub(crate) mod secret_like;
pub(crate) mod suggestion;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The value of an answer, as it stands in an answers file and in the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text, a slug or one choice.
    Text(String),
    /// Several slugs or choices, in the order in which they were given.
    List(Vec<String>),
}

impl Value {
    /// Returns the value as the JSON that templates see.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Bool(value) => (*value).into(),
            Self::Int(value) => (*value).into(),
            Self::Text(value) => value.clone().into(),
            Self::List(values) => values.clone().into(),
        }
    }

    /// Returns the elements of a list, and any other value as it is.
    #[must_use]
    pub fn elements(&self) -> Vec<Self> {
        match self {
            Self::List(values) => values.iter().cloned().map(Self::Text).collect(),
            value => vec![value.clone()],
        }
    }

    /// Tells whether two values read the same as text: a choice may be written `256` or `"256"`.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self == other || self.to_string() == other.to_string()
    }
}

impl fmt::Display for Value {
    /// Writes the value as a flag takes it: lists with commas between the elements.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(formatter),
            Self::Int(value) => value.fmt(formatter),
            Self::Text(value) => value.fmt(formatter),
            Self::List(values) => values.join(",").fmt(formatter),
        }
    }
}

/// What a service that was added to a workspace takes from it, by the names that templates see: what its template
/// calls an added service, and the values that the workspace decides. Empty for the first service of a project.
pub type Added = BTreeMap<String, Value>;
