//! What another default would mean for a service that runs.

use std::collections::BTreeMap;

use super::Interview;
use super::answers::Answers;
use crate::language::problem::Problem;
use crate::template::question::Question;
use crate::template::transition::values_with_was;
use crate::value::Value;

impl Interview<'_> {
    /// Tells whether a transition of the template gives another answer to a question an effect on the service that runs.
    pub(super) fn reaches_what_runs(
        &self,
        question: &Question,
        was: &Value,
        is: &Value,
        given: &Answers,
    ) -> Result<bool, Problem> {
        let (from, to) = (was.to_json(), is.to_json());
        let is_meant = |id: &String| *id == question.id;
        let rules = self.template.transitions.iter().filter(|rule| rule.effect.reaches_what_runs());
        let mut rules =
            rules.filter(|rule| rule.questions.iter().any(is_meant) && rule.is_about(&from, &to)).peekable();
        if given.running().is_empty() || rules.peek().is_none() {
            return Ok(false);
        }
        let before = Self::values_before(self.template, given.running(), given.added())?;
        let after = Self::values_before(self.template, &self.answers_with(question, is, given), given.added())?;
        let values = values_with_was(&before, after);
        for rule in rules {
            if self.template.is_true_of(rule.when.as_ref(), &values)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the answers so far with this one, and for the questions after it those that the service runs with.
    fn answers_with(&self, question: &Question, is: &Value, given: &Answers) -> BTreeMap<String, Value> {
        let mut answers = given.running().clone();
        for earlier in self.template.questions.iter().take_while(|it| it.id != question.id) {
            match self.answer(&earlier.id) {
                Some(value) => answers.insert(earlier.id.clone(), value),
                None => answers.remove(&earlier.id),
            };
        }
        answers.insert(question.id.clone(), is.clone());
        answers
    }
}
