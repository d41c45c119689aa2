//! What a team says about an answer: it decides the answer, or narrows it.

use super::Value;
use crate::text::either;

/// What a template or a catalog says about the answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Who says so: the id of a template, or the name of a catalog.
    pub by: String,
    /// Why, as a sentence for those who have to live with it.
    pub because: Option<String>,
    /// What is said.
    pub rule: PolicyRule,
}

/// Which answers a policy leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyRule {
    /// This one alone; the question is not asked.
    To(Value),
    /// These; of a list, each element is one of them.
    Allow(Vec<Value>),
    /// All but these; of a list, no element is one of them.
    Deny(Vec<Value>),
}

impl Policy {
    /// Tells whether the policy leaves an answer.
    #[must_use]
    pub fn admits(&self, value: &Value) -> bool {
        let is_one_of = |listed: &[Value], item: &Value| listed.iter().any(|other| other.same(item));
        match &self.rule {
            PolicyRule::To(decided) => decided.same(value),
            PolicyRule::Allow(allowed) => value.elements().iter().all(|item| is_one_of(allowed, item)),
            PolicyRule::Deny(denied) => !value.elements().iter().any(|item| is_one_of(denied, item)),
        }
    }

    /// Returns the answer that the policy decides.
    #[must_use]
    pub fn decided(&self) -> Option<&Value> {
        match &self.rule {
            PolicyRule::To(value) => Some(value),
            PolicyRule::Allow(_) | PolicyRule::Deny(_) => None,
        }
    }

    /// Tells whether no answer can satisfy both policies, as far as that can be seen without the question.
    #[must_use]
    pub fn contradicts(&self, other: &Self) -> bool {
        match (&self.rule, &other.rule) {
            (PolicyRule::To(value), _) => !other.admits(value),
            (_, PolicyRule::To(value)) => !self.admits(value),
            (PolicyRule::Allow(allowed), _) => !allowed.iter().any(|value| other.admits(value)),
            (_, PolicyRule::Allow(allowed)) => !allowed.iter().any(|value| self.admits(value)),
            (PolicyRule::Deny(_), PolicyRule::Deny(_)) => false,
        }
    }

    /// Says in a few words what the policy leaves: "only `a` or `b`".
    #[must_use]
    pub fn summary(&self) -> String {
        match &self.rule {
            PolicyRule::To(value) => format!("`{value}`"),
            PolicyRule::Allow(allowed) => format!("only {}", listed(allowed)),
            PolicyRule::Deny(denied) => format!("never {}", listed(denied)),
        }
    }

    /// Says who decided, and why: "`payments` decided it: one account has been audited".
    #[must_use]
    pub fn reason(&self) -> String {
        match &self.because {
            Some(because) => format!("`{}` decided it: {because}", self.by),
            None => format!("`{}` decided it", self.by),
        }
    }
}

fn listed(values: &[Value]) -> String {
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    either(&values.iter().map(String::as_str).collect::<Vec<_>>())
}
