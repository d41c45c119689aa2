//! What the team says about a question, held against the answers.

use serde_json::Value as Json;

use super::answers::Answers;
use super::{Accepted, Interview, Overruled};
use crate::language::problem::Problem;
use crate::template::question::{AnswerProblem, Choice, Kind, Question};
use crate::text::either;
use crate::value::Value;
use crate::value::policy::Policy;
use crate::value::provenance::Provenance;

impl<'t> Interview<'t> {
    /// Returns the choices of a question that the earlier answers and the team leave, in order.
    #[must_use]
    pub fn open_choices<'q>(&self, question: &'q Question) -> Vec<&'q Choice> {
        let open = question.choices(|id| self.answer(id)).iter();
        open.filter(|choice| self.is_admitted(question, &Value::Text(choice.value.clone()))).collect()
    }

    /// Returns what the team says about a question with the answers so far.
    #[must_use]
    pub fn policies(&self, question: &str) -> &[Policy] {
        self.policies.get(question).map_or(&[], Vec::as_slice)
    }

    /// Collects what holds for a question: the template's locks whose condition is true, then what was decided beside it.
    pub(super) fn policies_on(&self, question: &Question, given: &Answers) -> Result<Vec<Policy>, Problem> {
        let mut policies: Vec<Policy> = Vec::new();
        if given.is_undecided {
            return Ok(policies);
        }
        for lock in self.template.locks.iter().filter(|lock| lock.question == question.id) {
            let holds = match &lock.when {
                Some(when) => !self.hang_on_open(when.names()) && self.evaluate(when, None)? == Json::Bool(true),
                None => true,
            };
            if !holds {
                continue;
            }
            if let Some(other) = policies.iter().find(|other| lock.policy.contradicts(other)) {
                return Err(lock.contradiction(other));
            }
            policies.push(lock.policy.clone());
        }
        policies.extend(given.policies(&question.id).iter().cloned());
        Ok(policies)
    }

    /// Takes the answer that the team decided; one that was given has to be the same.
    pub(super) fn decide(&mut self, question: &'t Question, given: &Answers, policy: &Policy) -> Result<(), Problem> {
        let Some(decided) = policy.decided() else { return Ok(()) };
        let value = question.coerce(decided.clone());
        if let Some((other, provenance)) = given.get(&question.id)
            && !policy.admits(&question.coerce(other.clone()))
        {
            if *provenance != Provenance::Record {
                self.problems.push(differs(question, other, provenance, policy));
                return Ok(());
            }
            self.overrule(question, other, policy);
        }
        if let Some(before) = given.default_before(&question.id)
            && !policy.admits(&before.value)
        {
            self.overrule(question, &before.value, policy);
        }
        match self.check(question, &value)? {
            Ok(()) => {
                let provenance = Provenance::Policy(policy.by.clone());
                self.accept(Accepted { question, value, provenance, because: policy.because.clone() });
            }
            Err(problem) => {
                let message = format!("{}; {}", problem.message, policy.reason());
                let hint = "change the answers that it conflicts with, or ask the team that decided it".to_owned();
                self.problems.push(AnswerProblem { message, hint, ..problem });
            }
        }
        Ok(())
    }

    fn overrule(&mut self, question: &Question, was: &Value, policy: &Policy) {
        let (was, by) = (was.clone(), policy.by.clone());
        self.overruled.push(Overruled { question: question.id.clone(), was, by });
    }

    /// Tells whether the team leaves an answer to a question.
    pub(super) fn is_admitted(&self, question: &Question, value: &Value) -> bool {
        self.policies(&question.id).iter().all(|policy| policy.admits(value))
    }

    /// Refuses an answer that the team does not leave.
    pub(super) fn check_policies(&self, question: &Question, value: &Value) -> Result<(), AnswerProblem> {
        let Some(policy) = self.policies(&question.id).iter().find(|policy| !policy.admits(value)) else {
            return Ok(());
        };
        let shown = value.to_string();
        let message = format!("{} `{}` is not allowed: {}", question.id, shown.escape_debug(), policy.reason());
        let left: Vec<&str> = self.open_choices(question).iter().map(|choice| choice.value.as_str()).collect();
        let hint = match &question.kind {
            Kind::Choice(_) | Kind::Choices(_) => format!("choose {}", either(&left)),
            _ => format!("it may be {}", policy.summary()),
        };
        Err(AnswerProblem { hint, ..question.problem(message) })
    }
}

/// Says that an answer is not the one that was decided, and how to take it back.
fn differs(question: &Question, other: &Value, provenance: &Provenance, policy: &Policy) -> AnswerProblem {
    let (id, shown) = (&question.id, other.to_string());
    let decided = policy.summary();
    let message = format!("{id} is {decided} and cannot be `{}`: {}", shown.escape_debug(), policy.reason());
    let hint = match provenance {
        Provenance::File(name) => format!("take `{id}` out of `{name}`"),
        Provenance::Environment => format!("unset `{}`", question.variable()),
        _ => format!("leave out `{}`", question.flag()),
    };
    AnswerProblem { hint, ..question.problem(message) }
}
