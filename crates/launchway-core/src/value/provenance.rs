//! Where an answer came from.

use std::fmt;

/// Where an answer came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provenance {
    /// A flag of the command line.
    Flag,
    /// An environment variable.
    Environment,
    /// An answers file, by its name, with the line.
    File(String),
    /// A draft that an earlier run has kept.
    Draft,
    /// The user, asked by the wizard.
    Prompt,
    /// The user, who took what the prompt was filled with: from the place of that name.
    Prefilled(String),
    /// The template's default.
    Default,
    /// A default of the team's: of the catalog of that name.
    Preset(String),
    /// The team: the template or catalog of that name decided it.
    Policy(String),
    /// The record of a project; a team that has decided since overrules it.
    Record,
}

impl Provenance {
    /// Tells whether somebody gave the answer, and neither the template nor the team.
    pub(crate) fn is_given(&self) -> bool {
        !matches!(self, Self::Default | Self::Preset(_) | Self::Policy(_))
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => formatter.write_str("flag"),
            Self::Environment => formatter.write_str("environment"),
            Self::File(name) => write!(formatter, "file {name}"),
            Self::Draft => formatter.write_str("draft"),
            Self::Prompt => formatter.write_str("answered"),
            Self::Prefilled(from) => write!(formatter, "answered, from {from}"),
            Self::Default => formatter.write_str("default"),
            Self::Preset(by) => write!(formatter, "default of {by}"),
            Self::Policy(by) => write!(formatter, "decided by {by}"),
            Self::Record => formatter.write_str("as before"),
        }
    }
}
