//! The key `advice` of a question: which topic helps with it, and which answer each recommendation is.

use std::collections::BTreeMap;

use super::loader::Loader;
use super::manifest;
use super::question::{Kind, Question};
use crate::advice::{self, Known, Topic};
use crate::language::problem::{Problem, nearest};
use crate::value::Value;

/// What *Help me choose* asks for a question, and which answer each recommendation is.
#[derive(Debug)]
pub struct Advised {
    known: &'static Known,
    answers: BTreeMap<String, Value>,
}

impl Advised {
    /// Returns what is asked.
    #[must_use]
    pub fn topic(&self) -> &'static Topic {
        self.known.topic()
    }

    /// Returns the answer that the recommendation of that name is.
    #[must_use]
    pub fn answer(&self, side: &str) -> Option<&Value> {
        self.answers.get(side)
    }
}

impl Loader<'_> {
    /// Reads the keys `advice` and `advised` of a question.
    pub(super) fn advised(&mut self, raw: &manifest::Question, question: &Question) -> Option<Advised> {
        let Some(name) = &raw.advice else {
            if let Some(answer) = raw.advised.values().next() {
                self.report(answer, "`advised` goes with `advice`, which is not there".to_owned());
            }
            return None;
        };
        let Some(known) = advice::known(name.get_ref()) else {
            let topics = || advice::TOPICS.iter().map(|topic| topic.id);
            let problem = Problem::new(self.places.of(name), format!("there is no advice about `{}`", name.get_ref()));
            let hint = nearest(name.get_ref(), topics()).map_or_else(
                || format!("choose one of {}", topics().collect::<Vec<_>>().join(", ")),
                |nearest| format!("did you mean `{nearest}`?"),
            );
            self.problems.push(problem.hint(hint));
            return None;
        };
        let is_chosen = matches!(question.kind, Kind::Choice(_) | Kind::Choices(_) | Kind::Slugs { .. });
        if question.has_dependent_choices() || !is_chosen {
            self.report(name, "`advice` goes with a list of slugs, and with choices that depend on nothing".to_owned());
            return None;
        }
        for (side, answer) in raw.advised.iter().filter(|(side, _)| !known.sides.contains(&side.as_str())) {
            self.report(answer, format!("`{side}` is not among what is recommended: {}", known.sides.join(", ")));
        }
        let answers = known.sides.iter().filter_map(|side| self.advised_answer(raw, question, side)).collect();
        Some(Advised { known, answers })
    }

    /// Finds the answer that a recommendation is: the one that is named, or the choice of the same name.
    fn advised_answer(&mut self, raw: &manifest::Question, question: &Question, side: &str) -> Option<(String, Value)> {
        let open = question.choices(|_| None);
        if let Some(answer) = raw.advised.get(side) {
            if let Err(problem) = question.check(answer.get_ref(), open) {
                self.report(answer, format!("the answer for `{side}` breaks its own rule: {problem}"));
            }
            return Some((side.to_owned(), answer.get_ref().clone()));
        }
        if open.iter().any(|choice| choice.value == side) {
            return Some((side.to_owned(), question.read(side).ok()?));
        }
        let message = format!("question `{}`: no answer is named for the recommendation `{}`", question.id, side);
        let problem = Problem::new(self.places.of(&raw.id), message);
        self.problems.push(problem.hint(format!("say it in `advised`, for example `advised = {{ {side} = \"…\" }}`")));
        None
    }
}
