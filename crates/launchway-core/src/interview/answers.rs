//! Answers as they were given, before any of them is judged.

use std::collections::{BTreeMap, BTreeSet};

use super::{Defaults, Interview};
use crate::language::problem::Problem;
use crate::sources::catalog::CatalogEntry;
use crate::template::Template;
use crate::template::question::AnswerProblem;
use crate::value::policy::{Policy, PolicyRule};
use crate::value::provenance::Provenance;
use crate::value::{Added, Value};

/// An answer of before that nobody gave: it was the template's default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DefaultBefore {
    /// What it was, and what runs.
    pub(crate) value: Value,
    /// What the template of today would have taken with the other answers of before.
    pub(crate) then: Option<Value>,
}

/// Answers by the id of their question, each with where it came from.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    given: BTreeMap<String, (Value, Provenance)>,
    defaults_taken: BTreeSet<String>,
    defaults_before: BTreeMap<String, DefaultBefore>,
    /// The answers of a service that runs with them; none of one that is new.
    running: BTreeMap<String, Value>,
    /// Whether nobody decides or narrows anything: to find out what was so before somebody did.
    pub(super) is_undecided: bool,
    reopened: BTreeSet<String>,
    /// Whether answers may look like secrets.
    allows_secret_like: bool,
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

    /// Takes answers that look like secrets, too.
    pub fn allow_secret_like(&mut self) {
        self.allows_secret_like = true;
    }

    /// Tells whether answers that look like secrets are taken.
    pub(super) fn allows_secret_like(&self) -> bool {
        self.allows_secret_like
    }

    /// Finds the answers that look like secrets, wherever they came from but from the template or the team.
    #[must_use]
    pub fn secret_like(&self, template: &Template) -> Vec<AnswerProblem> {
        let given = self.iter().filter(|(.., provenance)| !self.allows_secret_like && provenance.is_given());
        let problem = |(id, value, provenance): (&str, &Value, &Provenance)| {
            let question = template.question(id)?;
            Some(question.secret_like(value)?.given_by(question, provenance))
        };
        given.filter_map(problem).collect()
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

    /// Takes an answer of before back that goes with the others no more: somebody has to decide, also where the question is
    /// one that is left at its default otherwise.
    pub fn reopen(&mut self, question: &str) {
        self.remove(question);
        self.reopened.insert(question.to_owned());
    }

    /// Tells whether somebody has to decide on a question again.
    #[must_use]
    pub fn is_reopened(&self, question: &str) -> bool {
        self.reopened.contains(question)
    }

    /// Takes over the answers that a project remembers, as far as there are no others by now. Those of `defaults` were given
    /// by nobody: they stay what they are only as long as the answers that they were made of do, or what runs hangs on them
    /// ([`Answers::run_with`]).
    ///
    /// # Errors
    /// The template is at fault: one of its expressions cannot be computed.
    pub fn take_before(
        &mut self,
        template: &Template,
        before: &BTreeMap<String, Value>,
        defaults: &BTreeSet<String>,
    ) -> Result<(), Problem> {
        let mut then = self.clone();
        then.given.clear();
        // What the team has decided since is a change like any other.
        then.is_undecided = true;
        let of_question = |id: &String, value: &Value| match template.question(id) {
            Some(question) => question.converted(value.clone()),
            None => value.clone(),
        };
        for (id, value) in before {
            then.set(id, of_question(id, value), Provenance::Record);
        }
        // A service that is added has another name than the one whose answers it takes; what hangs on that alone stays.
        if let Some((name, provenance)) = self.given.get(&template.name_question) {
            then.set(&template.name_question, name.clone(), provenance.clone());
        }
        let interview = Interview::new(template, &then, Defaults::All)?;
        for (id, (value, _)) in &then.given {
            if self.given.contains_key(id) {
                continue;
            }
            if defaults.contains(id) {
                let then = interview.default_for(id, &then)?;
                self.defaults_before.insert(id.clone(), DefaultBefore { value: value.clone(), then });
            } else {
                self.given.insert(id.clone(), (value.clone(), Provenance::Record));
            }
        }
        Ok(())
    }

    /// Says with which answers a service runs: a default that nobody gave does not follow the others where that would reach it.
    pub fn run_with(&mut self, before: &BTreeMap<String, Value>) {
        self.running.clone_from(before);
    }

    /// Returns the answers of the service that runs.
    pub(super) fn running(&self) -> &BTreeMap<String, Value> {
        &self.running
    }

    /// Returns the answer that nobody gave before, if it was not given since.
    pub(crate) fn default_before(&self, question: &str) -> Option<&DefaultBefore> {
        self.defaults_before.get(question).filter(|_| !self.given.contains_key(question))
    }

    /// Lets the defaults of before be those of today.
    pub fn take_defaults_of_today(&mut self) {
        for (id, _) in std::mem::take(&mut self.defaults_before) {
            if !self.given.contains_key(&id) {
                self.defaults_taken.insert(id);
            }
        }
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
