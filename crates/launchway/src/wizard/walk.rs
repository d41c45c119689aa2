//! The wizard as a state and events, without a terminal: what is asked next is a function of the answers.
//!
//! An answer is kept for good, and counts while it is *confirmed*. Going back takes the confirmation of one answer away
//! and offers the answer again; so the same answer leads to the same state. Answers that do not go with the others are
//! passed over when the next question is computed, and not taken out of the state: taking the change back brings them
//! back.

use std::collections::{BTreeMap, BTreeSet};

use launchway_core::Problem;
use launchway_core::template::{Kind, Question};
use launchway_core::{AnswerProblem, Answers, Defaults, Interview, Provenance, Template, Value};
use serde::{Deserialize, Serialize};

use crate::language;
use crate::prefill::{Prefilled, Prefills};

/// Questions after which an estimate of how many are left is given up.
const MOST_QUESTIONS: usize = 60;

/// What the user has said until now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    /// Every answer that was ever given, the newest for each question.
    kept: BTreeMap<String, LastAnswer>,
    /// The questions whose answers count.
    confirmed: BTreeSet<String>,
    /// What was typed and not yet given as an answer.
    #[serde(skip)]
    typed: BTreeMap<String, String>,
    /// The question whose answer is being changed at the review.
    editing: Option<String>,
}

/// An answer that was given. A default that was accepted follows the answers that it is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LastAnswer {
    Default,
    Value(Value),
}

/// Something that the user does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// Answers the question that is asked.
    Answer(Value),
    /// Leaves a text behind that is no answer yet.
    Type(String),
    /// Goes to the question before, or from a changed answer to the review.
    Back,
    /// Changes the answer to a question, from the review.
    Edit(String),
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EventResult {
    Yes,
    /// There is no question before.
    AtStart,
    /// The answer does not go with what the team decided; nothing has changed.
    Refused(AnswerProblem),
}

/// A walk through the questions of a template.
#[derive(Clone)]
pub(crate) struct Walk<'t> {
    template: &'t Template,
    /// What was given beforehand, by flags and files, and what the team decided.
    given: Answers,
    defaults: Defaults,
    state: State,
    /// What prompts are filled with.
    prefills: Prefills,
}

/// Where a walk stands.
pub(crate) enum Now<'t> {
    Asking(Asking<'t>),
    /// Every question has an answer.
    Review(Interview<'t>),
}

/// A question that is asked, with what is known about its answer.
pub(crate) struct Asking<'t> {
    pub(crate) interview: Interview<'t>,
    pub(crate) question: &'t Question,
    pub(crate) default: Option<Value>,
    /// The answer that was given before.
    pub(crate) before: Option<Value>,
    /// The text that was left behind.
    pub(crate) typed: Option<String>,
    /// Where it came from what stands in the prompt before anybody has answered.
    pub(crate) prefilled: Option<&'static str>,
    /// Why the answer that was given before does not count.
    pub(crate) problem: Option<String>,
}

/// The answers that go together.
struct FittingAnswers<'t> {
    answers: Answers,
    interview: Interview<'t>,
    /// Why answers were passed over, by their question.
    reasons: BTreeMap<String, String>,
}

impl State {
    /// Tells whether an answer is being changed at the review.
    pub(crate) fn is_editing(&self) -> bool {
        self.editing.is_some()
    }
}

impl<'t> Walk<'t> {
    /// Begins with what was given beforehand, or goes on from a state.
    pub(crate) fn new(template: &'t Template, given: Answers, defaults: Defaults, state: State) -> Self {
        Self { template, given, defaults, state, prefills: Prefills::default() }
    }

    /// Fills the prompts of questions that nobody has answered yet.
    pub(crate) fn filled_with(self, prefills: Prefills) -> Self {
        Self { prefills, ..self }
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    pub(crate) fn given(&self) -> &Answers {
        &self.given
    }

    /// Returns what is wrong with the answers that were given beforehand.
    pub(crate) fn problems(&self) -> Result<Vec<AnswerProblem>, Problem> {
        Ok(Interview::new(self.template, &self.given, self.defaults)?.problems)
    }

    /// Returns what is to be asked, or to be reviewed.
    pub(crate) fn now(&self) -> Result<Now<'t>, Problem> {
        if let Some(question) = self.state.editing.as_deref().and_then(|id| self.template.question(id)) {
            return self.editing(question).map(Now::Asking);
        }
        let FittingAnswers { interview, reasons, .. } = self.settled(None)?;
        match interview.open.first() {
            None => Ok(Now::Review(interview)),
            Some((question, default)) => {
                let (question, default) = (*question, default.clone());
                self.asking(interview, question, default, reasons.get(&question.id).cloned()).map(Now::Asking)
            }
        }
    }

    fn asking(
        &self,
        interview: Interview<'t>,
        question: &'t Question,
        default: Option<Value>,
        problem: Option<String>,
    ) -> Result<Asking<'t>, Problem> {
        let before = match self.state.kept.get(&question.id) {
            Some(LastAnswer::Value(value)) => Some(value.clone()),
            Some(LastAnswer::Default) => default.clone(),
            None => None,
        };
        let typed = self.state.typed.get(&question.id).cloned();
        let prefilled = match (&before, &typed) {
            (None, None) => self.prefilled(&interview, question, default.as_ref())?,
            _ => None,
        };
        let (before, prefilled) = match prefilled {
            Some(Prefilled { value, from }) => (Some(value), Some(from)),
            None => (before, None),
        };
        Ok(Asking { interview, question, default, before, typed, prefilled, problem })
    }

    /// Returns what the prompt is filled with, if the question would accept it.
    fn prefilled(
        &self,
        interview: &Interview<'_>,
        question: &Question,
        default: Option<&Value>,
    ) -> Result<Option<Prefilled>, Problem> {
        let Some(prefilled) = self.prefills.of(question, default) else { return Ok(None) };
        Ok(interview.check(question, &prefilled.value)?.is_ok().then_some(prefilled))
    }

    fn editing(&self, question: &'t Question) -> Result<Asking<'t>, Problem> {
        let complete = self.settled(None)?.interview;
        let without = self.settled(Some(&question.id))?.interview;
        let open = without.open.into_iter().find(|(open, _)| open.id == question.id).and_then(|(_, default)| default);
        let taken = without.accepted.into_iter().find(|accepted| accepted.question.id == question.id);
        let default = open.or(taken.map(|accepted| accepted.value));
        let before = complete.answer(&question.id);
        Ok(Asking { before, prefilled: None, ..self.asking(complete, question, default, None)? })
    }

    /// Takes an event in.
    pub(crate) fn take(&mut self, event: Event) -> Result<EventResult, Problem> {
        match event {
            Event::Answer(value) => self.answer(value),
            Event::Type(text) => {
                if let Now::Asking(asking) = self.now()? {
                    self.state.typed.insert(asking.question.id.clone(), text);
                }
                Ok(EventResult::Yes)
            }
            Event::Back => self.back(),
            Event::Edit(id) => {
                self.state.editing = Some(id);
                Ok(EventResult::Yes)
            }
        }
    }

    fn answer(&mut self, value: Value) -> Result<EventResult, Problem> {
        let Now::Asking(asking) = self.now()? else { return Ok(EventResult::Yes) };
        let id = asking.question.id.clone();
        let mut next = self.clone();
        let kept = if asking.default.as_ref() == Some(&value) { LastAnswer::Default } else { LastAnswer::Value(value) };
        next.state.kept.insert(id.clone(), kept);
        next.state.typed.remove(&id);
        next.state.confirmed.insert(id);
        next.state.editing = None;
        if let Some(problem) = next.settled(None)?.interview.problems.first() {
            return Ok(EventResult::Refused(problem.clone()));
        }
        *self = next;
        Ok(EventResult::Yes)
    }

    /// Goes to the nearest question before that is asked once its answer does not count.
    fn back(&mut self) -> Result<EventResult, Problem> {
        if self.state.editing.take().is_some() {
            return Ok(EventResult::Yes);
        }
        for id in self.behind()?.into_iter().rev() {
            let mut next = self.clone();
            next.state.confirmed.remove(&id);
            let is_asked = matches!(next.now()?, Now::Asking(asking) if asking.question.id == id);
            if is_asked {
                *self = next;
                return Ok(EventResult::Yes);
            }
        }
        Ok(EventResult::AtStart)
    }

    /// Returns the questions that were answered before the one that is asked, in their order.
    fn behind(&self) -> Result<Vec<String>, Problem> {
        let interview = self.settled(None)?.interview;
        let position = |id: &str| self.template.questions.iter().position(|question| question.id == id);
        let asked = interview.open.first().and_then(|(question, _)| position(&question.id));
        let counts =
            |id: &&String| self.state.confirmed.contains(*id) && asked.is_none_or(|at| position(id) < Some(at));
        Ok(interview.accepted.iter().map(|accepted| &accepted.question.id).filter(counts).cloned().collect())
    }

    /// Returns the number of the question that is asked, and about how many there are.
    pub(crate) fn progress(&self) -> Result<(usize, usize), Problem> {
        let behind = self.behind()?.len();
        let mut answers = self.settled(None)?.answers;
        let mut left = 0;
        while left < MOST_QUESTIONS {
            let interview = Interview::new(self.template, &answers, self.defaults)?;
            let Some((question, default)) = interview.open.first() else { break };
            left += 1;
            let Some(value) = default.clone().or_else(|| likely(&interview, question)) else {
                left += interview.open.len() - 1;
                break;
            };
            answers.set(&question.id, value, Provenance::Prompt);
        }
        Ok((behind + 1, behind + left.max(1)))
    }

    /// Returns the answers that count, less those to one question.
    fn answers(&self, without: Option<&str>) -> Answers {
        let mut answers = self.given.clone();
        for id in &self.state.confirmed {
            match self.state.kept.get(id) {
                Some(LastAnswer::Default) => answers.take_default(id),
                Some(LastAnswer::Value(value)) => answers.set(id, value.clone(), self.given_by(id, value)),
                None => {}
            }
        }
        if let Some(id) = without {
            answers.remove(id);
        }
        answers
    }

    /// Tells an answer with which the prompt was filled from one that was typed.
    fn given_by(&self, id: &str, value: &Value) -> Provenance {
        let prefilled = self.template.question(id).and_then(|question| self.prefills.of_answer(question, value));
        prefilled.map_or(Provenance::Prompt, |from| Provenance::Prefilled(from.to_owned()))
    }

    /// Passes over the answers that do not go with the others. What then is a problem is the team's decision.
    fn settled(&self, without: Option<&str>) -> Result<FittingAnswers<'t>, Problem> {
        let mut answers = self.answers(without);
        let mut reasons = BTreeMap::new();
        loop {
            let interview = Interview::new(self.template, &answers, self.defaults)?;
            let is_given = |problem: &&AnswerProblem| answers.get(&problem.question).is_some();
            let misfits: Vec<AnswerProblem> = interview.problems.iter().filter(is_given).cloned().collect();
            if misfits.is_empty() {
                let lapsed = interview.lapsed(&answers)?;
                reasons.extend(lapsed.into_iter().map(|it| (it.question.clone(), of_record(&it))));
                return Ok(FittingAnswers { answers, interview, reasons });
            }
            for problem in misfits {
                let reason = match answers.get(&problem.question) {
                    Some((_, Provenance::Record)) => of_record(&problem),
                    _ => sentence(&problem),
                };
                put_aside(&mut answers, &problem.question, self.defaults);
                reasons.insert(problem.question, reason);
            }
        }
    }

    /// Returns why questions are asked again whose answers do not go with the others, by their ids.
    pub(crate) fn reopened(&self) -> Result<BTreeMap<String, String>, Problem> {
        Ok(self.settled(None)?.reasons)
    }
}

/// Says why an answer that a project remembers is none any more.
fn of_record(problem: &AnswerProblem) -> String {
    language::told(&format!("{}; that was the answer so far", problem.message)).into_owned()
}

/// Passes over an answer. One that a project remembers is decided anew: by its default where all defaults are taken, and
/// otherwise by whoever is asked, also where the question is left at its default in a new project.
pub(super) fn put_aside(answers: &mut Answers, id: &str, defaults: Defaults) {
    match (answers.get(id), defaults) {
        (Some((_, Provenance::Record)), Defaults::All) => answers.take_default(id),
        (Some((_, Provenance::Record)), Defaults::Advanced) => answers.reopen(id),
        _ => answers.remove(id),
    }
}

/// Returns an answer that is as good as any, to see which questions follow.
fn likely(interview: &Interview<'_>, question: &Question) -> Option<Value> {
    let first = || interview.open_choices(question).first().map(|choice| choice.value.clone());
    match &question.kind {
        Kind::Choice(_) => first().map(Value::Text),
        Kind::Choices(_) => Some(Value::List(Vec::new())),
        Kind::Bool => Some(Value::Bool(false)),
        Kind::Secret { .. } => Some(Value::Bool(true)),
        Kind::Int { min, .. } => Some(Value::Int(*min)),
        Kind::Slug(_) => Some(Value::Text("example".to_owned())),
        Kind::Slugs { .. } => Some(Value::List(vec!["example".to_owned()])),
        Kind::Text(_) => question.written_example().map(|example| Value::Text(example.to_owned())),
    }
}

/// Says what is wrong with an answer, and what would be right.
pub(crate) fn sentence(problem: &AnswerProblem) -> String {
    format!("{}; {}", language::told(&problem.message), language::told(&problem.hint))
}

#[cfg(test)]
#[path = "walk_tests.rs"]
pub(crate) mod tests;

#[cfg(test)]
#[path = "walk_form_tests.rs"]
mod form_tests;
