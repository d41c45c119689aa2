//! Answers as they were given, before any of them is judged.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::sources::catalog::CatalogEntry;
use crate::value::policy::{Policy, PolicyRule};
use crate::value::{Added, Value};

/// Where an answer came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provenance {
    /// A flag of the command line.
    Flag,
    /// An environment variable.
    Environment,
    /// An answers file, by its name.
    File(String),
    /// The user, asked by the wizard.
    Prompt,
    /// The template's default.
    Default,
    /// A default of the team's: of the catalog of that name.
    Preset(String),
    /// The team: the template or catalog of that name decided it.
    Policy(String),
    /// The record of a project; a team that has decided since overrules it.
    Record,
}

impl fmt::Display for Provenance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => formatter.write_str("flag"),
            Self::Environment => formatter.write_str("environment"),
            Self::File(name) => write!(formatter, "file {name}"),
            Self::Prompt => formatter.write_str("answered"),
            Self::Default => formatter.write_str("default"),
            Self::Preset(by) => write!(formatter, "default of {by}"),
            Self::Policy(by) => write!(formatter, "decided by {by}"),
            Self::Record => formatter.write_str("as before"),
        }
    }
}

/// Answers by the id of their question, each with where it came from.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    given: BTreeMap<String, (Value, Provenance)>,
    defaults_taken: BTreeSet<String>,
    added: Added,
    presets: BTreeMap<String, (Value, String)>,
    policies: BTreeMap<String, Vec<Policy>>,
}

impl Answers {
    /// Takes over what the entry of the catalog `by` presets and decides.
    pub fn take_over(&mut self, entry: &CatalogEntry, by: &str) {
        for (question, value) in &entry.presets {
            self.preset(question, value.clone(), by);
        }
        for (question, locked) in &entry.locks {
            self.restrict(question, locked.rule.clone(), by, locked.because.as_deref());
        }
    }

    /// Sets an answer; what was there before is replaced.
    pub fn set(&mut self, question: &str, value: Value, provenance: Provenance) {
        self.given.insert(question.to_owned(), (value, provenance));
    }

    /// Sets an answer unless there is one: what is given first takes precedence.
    pub fn set_if_open(&mut self, question: &str, value: Value, provenance: Provenance) {
        self.given.entry(question.to_owned()).or_insert((value, provenance));
    }

    /// Leaves a question at its default, whatever that will be once other answers have changed.
    pub fn take_default(&mut self, question: &str) {
        self.given.remove(question);
        self.defaults_taken.insert(question.to_owned());
    }

    /// Tells whether a question was left at its default.
    #[must_use]
    pub fn takes_default(&self, question: &str) -> bool {
        self.defaults_taken.contains(question)
    }

    /// Takes an answer back.
    pub fn remove(&mut self, question: &str) {
        self.given.remove(question);
        self.defaults_taken.remove(question);
    }

    /// Returns the answer to a question.
    #[must_use]
    pub fn get(&self, question: &str) -> Option<(&Value, &Provenance)> {
        self.given.get(question).map(|(value, provenance)| (value, provenance))
    }

    /// Makes these the answers of a service that is added to a workspace; nothing added means a new project.
    pub fn join(&mut self, added: Added) {
        self.added = added;
    }

    /// Returns what the service takes from the workspace that it is added to.
    #[must_use]
    pub fn added(&self) -> &Added {
        &self.added
    }

    /// Decides an answer for the user: the question is not asked, and another answer to it is refused.
    pub fn lock(&mut self, question: &str, value: Value, by: &str, because: Option<&str>) {
        self.restrict(question, PolicyRule::To(value), by, because);
    }

    /// Decides or narrows an answer for the user.
    pub fn restrict(&mut self, question: &str, rule: PolicyRule, by: &str, because: Option<&str>) {
        let policy = Policy { by: by.to_owned(), because: because.map(str::to_owned), rule };
        self.policies.entry(question.to_owned()).or_default().push(policy);
    }

    /// Sets another default than the template's; the question is asked as usual.
    pub fn preset(&mut self, question: &str, value: Value, by: &str) {
        self.presets.insert(question.to_owned(), (value, by.to_owned()));
    }

    /// Returns what was decided about a question beside the template.
    #[must_use]
    pub fn policies(&self, question: &str) -> &[Policy] {
        self.policies.get(question).map_or(&[], Vec::as_slice)
    }

    /// Returns the default that replaces the template's, and whose it is.
    pub(crate) fn preset_of(&self, question: &str) -> Option<(&Value, &str)> {
        self.presets.get(question).map(|(value, by)| (value, by.as_str()))
    }

    /// Returns all the answers, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value, &Provenance)> {
        self.given.iter().map(|(id, (value, provenance))| (id.as_str(), value, provenance))
    }
}
