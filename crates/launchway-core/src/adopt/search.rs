//! The search for the answers that fit best: one question after the other, until nothing is better.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::evidence::Evidence;
use super::score::{FileScore, Scorer};
use crate::interview::answers::Answers;
use crate::interview::context::Context;
use crate::interview::{Defaults, Interview};
use crate::language::problem::Invalid;
use crate::template::Template;
use crate::template::question::{Kind, Question};
use crate::value::provenance::Provenance;
use crate::value::{Added, Value};

/// Rounds over all questions; each round but the last is better than the one before it.
const MAX_ROUNDS: usize = 12;
const MAX_REPAIRS: usize = 12;

/// Answers that are not left to their defaults.
pub(super) type State = BTreeMap<String, Value>;

/// What becomes of a set of answers.
pub(super) struct Outcome {
    /// The answers, those taken away that the others rule out.
    pub(super) state: State,
    /// Every question that is asked, with its answer.
    pub(super) asked: Vec<(String, Value)>,
    pub(super) context: Context,
    pub(super) files: Vec<FileScore>,
    pub(super) points: i64,
    /// How many answers differ from their default.
    chosen: usize,
}

impl Outcome {
    /// Orders outcomes: the more lines the better, and of two that fit the same, the one with more defaults.
    pub(super) fn rank(&self) -> (i64, Reverse<usize>) {
        (self.points, Reverse(self.chosen))
    }

    pub(super) fn answer(&self, question: &str) -> Option<&Value> {
        self.asked.iter().find(|(id, _)| id == question).map(|(_, value)| value)
    }
}

/// Everything that the search needs to know.
pub(super) struct Search<'a> {
    pub(super) template: &'a Template,
    pub(super) evidence: Evidence,
    pub(super) scorer: Scorer<'a>,
    /// What the project takes from the repository that it is a folder of.
    pub(super) added: Added,
    /// Answers that the user gave: they stand.
    pub(super) given: BTreeMap<String, Value>,
    /// What the project could be called if no file tells.
    pub(super) name: Value,
    pub(super) known: HashMap<String, Option<Rc<Outcome>>>,
    /// What is wrong with the template, if a set of answers brought it to light.
    pub(super) fault: Option<Invalid>,
}

impl Search<'_> {
    /// Returns the answers to start from: the most likely candidate for each question.
    pub(super) fn start(&self) -> State {
        let likely = |question: &Question| Some((question.id.clone(), self.likely(question)?));
        let mut state: State = self.template.questions.iter().filter_map(likely).collect();
        state.extend(self.given.clone());
        state
    }

    fn likely(&self, question: &Question) -> Option<Value> {
        self.evidence.of(&question.id).first().map(|candidate| candidate.value.clone())
    }

    /// Improves answers, one question after the other, until nothing is better.
    pub(super) fn ascend(&mut self, start: &State) -> Option<Rc<Outcome>> {
        let mut best = self.evaluate(start, None)?;
        for _ in 0..MAX_ROUNDS {
            let before = best.rank();
            for question in &self.template.questions {
                best = self.improve(question, best);
            }
            if best.rank() == before {
                break;
            }
        }
        Some(best)
    }

    /// Tries every value of one question.
    fn improve(&mut self, question: &Question, mut best: Rc<Outcome>) -> Rc<Outcome> {
        if best.answer(&question.id).is_none() || self.given.contains_key(&question.id) {
            return best;
        }
        for value in self.trials(question, &best) {
            if let Some(outcome) = self.with(&best, question, value)
                && outcome.rank() > best.rank()
            {
                best = outcome;
            }
        }
        best
    }

    /// Changes one answer; the questions that are asked because of it are improved before it is judged.
    pub(super) fn with(&mut self, from: &Outcome, question: &Question, value: Option<Value>) -> Option<Rc<Outcome>> {
        let mut state = from.state.clone();
        match value {
            Some(value) => drop(state.insert(question.id.clone(), value)),
            None => drop(state.remove(&question.id)),
        }
        let mut outcome = self.evaluate(&state, Some(&question.id))?;
        for other in &self.template.questions {
            if from.answer(&other.id).is_none() && outcome.answer(&other.id).is_some() {
                outcome = self.improve_alone(other, outcome);
            }
        }
        Some(outcome)
    }

    fn improve_alone(&mut self, question: &Question, mut best: Rc<Outcome>) -> Rc<Outcome> {
        if self.given.contains_key(&question.id) {
            return best;
        }
        for value in self.trials(question, &best) {
            let mut state = best.state.clone();
            match value {
                Some(value) => drop(state.insert(question.id.clone(), value)),
                None => drop(state.remove(&question.id)),
            }
            if let Some(outcome) = self.evaluate(&state, Some(&question.id))
                && outcome.rank() > best.rank()
            {
                best = outcome;
            }
        }
        best
    }

    /// Returns the values to try for a question, `None` for its default.
    pub(super) fn trials(&self, question: &Question, best: &Outcome) -> Vec<Option<Value>> {
        let mut trials: Vec<Option<Value>> = vec![None];
        trials.extend(self.evidence.of(&question.id).iter().map(|candidate| Some(candidate.value.clone())));
        match &question.kind {
            Kind::Bool | Kind::Secret { .. } => trials.extend([true, false].map(|value| Some(Value::Bool(value)))),
            Kind::Choice(_) => {
                let open = question.choices(|id| best.answer(id).cloned());
                trials.extend(open.iter().map(|choice| Some(Value::Text(choice.value.clone()))));
            }
            Kind::Choices(_) => {
                let open = question.choices(|id| best.answer(id).cloned());
                let elements: Vec<&str> = open.iter().map(|choice| choice.value.as_str()).collect();
                trials.extend(list_trials(question, best, &elements));
            }
            Kind::Slugs { .. } => {
                trials.extend(list_trials(question, best, &self.evidence.elements(&question.id)));
            }
            Kind::Text(_) | Kind::Slug(_) | Kind::Int { .. } => {}
        }
        let mut distinct: Vec<Option<Value>> = Vec::new();
        for trial in trials {
            if !distinct.contains(&trial) {
                distinct.push(trial);
            }
        }
        distinct
    }

    /// Renders and scores a set of answers; `None` if they rule each other out.
    pub(super) fn evaluate(&mut self, state: &State, tried: Option<&str>) -> Option<Rc<Outcome>> {
        let key = format!("{state:?}");
        let key_of_repair = format!("{tried:?} {key}");
        if let Some(known) = self.known.get(&key).or_else(|| self.known.get(&key_of_repair)) {
            return known.clone();
        }
        let outcome = self.settled(state.clone(), tried).map(Rc::new);
        let is_as_given = outcome.as_ref().is_some_and(|outcome| outcome.state == *state);
        self.known.insert(if is_as_given { key } else { key_of_repair }, outcome.clone());
        outcome
    }

    fn settled(&mut self, mut state: State, tried: Option<&str>) -> Option<Outcome> {
        for _ in 0..MAX_REPAIRS {
            let answers = self.answers(&state);
            let interview = Interview::new(self.template, &answers, Defaults::All).ok()?;
            if let Some(context) = interview.context().ok()? {
                return self.scored(state, &interview, context);
            }
            let repaired = repaired(&interview, &state, &self.given, tried, &self.name)?;
            if repaired == state {
                return None;
            }
            state = repaired;
        }
        None
    }

    fn scored(&mut self, state: State, interview: &Interview<'_>, context: Context) -> Option<Outcome> {
        let files = match self.scorer.score(&context) {
            Ok(files) => files.iter().flat_map(|files| files.iter().cloned()).collect::<Vec<_>>(),
            Err(fault) => {
                self.fault.get_or_insert(fault);
                return None;
            }
        };
        Some(Outcome {
            points: files.iter().map(FileScore::points).sum(),
            chosen: interview.accepted.iter().filter(|accepted| accepted.provenance != Provenance::Default).count(),
            asked: context.answers.clone(),
            state,
            context,
            files,
        })
    }

    fn answers(&self, state: &State) -> Answers {
        let mut answers = Answers::default();
        answers.join(self.added.clone());
        for (id, value) in state.iter().chain(&self.given) {
            answers.set(id, value.clone(), Provenance::Flag);
        }
        answers
    }
}

/// Changes a list by one element: one more, one fewer, two that change places.
fn list_trials(question: &Question, best: &Outcome, elements: &[&str]) -> Vec<Option<Value>> {
    let Some(Value::List(now)) = best.answer(&question.id) else { return Vec::new() };
    let mut lists = vec![elements.iter().map(|element| (*element).to_owned()).collect::<Vec<_>>(), Vec::new()];
    for element in elements.iter().filter(|element| !now.iter().any(|other| other == *element)) {
        lists.push(vec![(*element).to_owned()]);
        for place in 0..=now.len() {
            let mut longer = now.clone();
            longer.insert(place, (*element).to_owned());
            lists.push(longer);
        }
    }
    for place in 0..now.len() {
        let mut shorter = now.clone();
        shorter.remove(place);
        lists.push(shorter);
        for other in place + 1..now.len() {
            let mut turned = now.clone();
            turned.swap(place, other);
            lists.push(turned);
        }
    }
    lists.into_iter().map(|list| Some(Value::List(list))).collect()
}

/// Takes answers back that the others rule out, and finds some for questions that have no default.
fn repaired(
    interview: &Interview<'_>,
    state: &State,
    given: &BTreeMap<String, Value>,
    tried: Option<&str>,
    name: &Value,
) -> Option<State> {
    let stands = |id: &str| given.contains_key(id) || tried == Some(id);
    let mut state = state.clone();
    for problem in &interview.problems {
        let id = problem.question.as_str();
        let question = interview.template().question(id)?;
        if stands(id) {
            let others = question.refusals().iter().flat_map(|refusal| refusal.when.names());
            let behind: Vec<String> = others
                .flat_map(|name| interview.template().questions_behind(name))
                .filter(|other| *other != id && !stands(other))
                .map(str::to_owned)
                .collect();
            state.retain(|id, _| !behind.contains(id));
        } else if state.remove(id).is_none() {
            state.insert(id.to_owned(), first_choice(interview, question)?);
        }
    }
    for (question, _) in &interview.open {
        let value = match question.kind {
            Kind::Slug(_) if question.id == interview.template().name_question => Some(name.clone()),
            // Its condition or its choices may wait for another answer.
            _ => first_choice(interview, question),
        };
        state.extend(value.map(|value| (question.id.clone(), value)));
    }
    Some(state)
}

/// Returns an answer that a question takes with those before it.
fn first_choice(interview: &Interview<'_>, question: &Question) -> Option<Value> {
    let fits = |value: &Value| interview.check(question, value).is_ok_and(|checked| checked.is_ok());
    let open = question.choices(|id| interview.answer(id));
    let mut choices = open.iter().map(|choice| Value::Text(choice.value.clone()));
    match question.kind {
        Kind::Bool | Kind::Secret { .. } => [true, false].map(Value::Bool).into_iter().find(fits),
        Kind::Int { min, max } => Some(Value::Int(min.max(0).min(max))),
        Kind::Choices(_) => Some(Value::List(Vec::new())),
        Kind::Choice(_) => choices.find(fits),
        Kind::Text(_) | Kind::Slug(_) | Kind::Slugs { .. } => question.example_value(),
    }
}
