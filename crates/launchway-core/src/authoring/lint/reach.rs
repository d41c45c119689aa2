//! What no answers lead to, where that can be told: when only choices and switches decide it.
//!
//! Refused combinations are counted as possible, so that nothing is called unreachable that might be reached.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value as Json};

use super::{LintFinding, LintRule, own_questions};
use crate::language::engine::{Data, Expression};
use crate::language::problem::Location;
use crate::template::Template;
use crate::template::question::{Choices, Kind, Question};
use crate::value::Value;
use crate::value::policy::Policy;

/// The most combinations that are tried for one set of conditions.
const MAX_COMBINATIONS: usize = 4_096;

/// Finds the questions and files whose conditions are never true.
pub(super) fn unreachable(template: &Template) -> Vec<LintFinding> {
    let mut reach = Reach { template, known: HashMap::new() };
    let mut findings = Vec::new();
    for (question, place) in own_questions(template) {
        if question.when().is_some_and(|when| reach.is_never(&[when])) {
            let message = format!("no answers lead to question `{}`: its `when` is never true", question.id);
            findings.push(LintFinding::new(LintRule::UnreachableQuestion, place.clone(), message));
        }
    }
    for file in template.files.iter().filter(|file| template.is_own(&file.place())) {
        let conditions: Vec<&Expression> = template.rules_for(file).filter_map(|rule| rule.when.as_ref()).collect();
        if !conditions.is_empty() && reach.is_never(&conditions) {
            let message = "no answers select this file: the conditions of its rules are never true together".to_owned();
            findings.push(LintFinding::new(LintRule::UnreachableFile, Location::file(&file.place()), message));
        }
    }
    findings
}

struct Reach<'t> {
    template: &'t Template,
    /// Whether conditions are never true together, by their places.
    known: HashMap<Vec<String>, bool>,
}

impl<'t> Reach<'t> {
    /// Tells whether conditions are never true together; what cannot be told is no.
    fn is_never(&mut self, conditions: &[&Expression]) -> bool {
        let mut texts: Vec<String> = conditions.iter().map(|it| it.place().to_string()).collect();
        texts.sort();
        texts.dedup();
        if let Some(known) = self.known.get(&texts) {
            return *known;
        }
        let names = conditions.iter().flat_map(|condition| condition.names()).map(String::as_str);
        let is_never = self.settings(names).is_some_and(|settings| !self.is_ever(conditions, &settings));
        self.known.insert(texts, is_never);
        is_never
    }

    /// Returns what each question behind some names can be set to; none if that is not a short list.
    fn settings<'n>(&self, names: impl Iterator<Item = &'n str>) -> Option<Vec<(&'t Question, Vec<Json>)>>
    where
        't: 'n,
    {
        let mut behind: BTreeSet<&str> = BTreeSet::new();
        let mut rest: Vec<&str> = names.collect();
        while let Some(name) = rest.pop() {
            if !behind.insert(name) {
                continue;
            }
            if let Some(question) = self.template.question(name) {
                rest.extend(question.when().iter().flat_map(|when| when.names()).map(String::as_str));
                if let Kind::Choice(Choices::By { question, .. }) = &question.kind {
                    rest.push(question);
                }
            }
            let computed = self.template.computed(name).into_iter();
            rest.extend(computed.flat_map(crate::template::Computed::names).map(String::as_str));
        }
        let questions = self.template.questions.iter().filter(|question| behind.contains(question.id.as_str()));
        let mut settings = Vec::new();
        let mut combinations = 1_usize;
        for question in questions {
            let values = self.values(question)?;
            combinations = combinations.saturating_mul(values.len());
            settings.push((question, values));
        }
        (combinations <= MAX_COMBINATIONS).then_some(settings)
    }

    /// Lists the answers that a question can have; none if there are too many to list.
    fn values(&self, question: &'t Question) -> Option<Vec<Json>> {
        let values: Vec<Value> = match &question.kind {
            Kind::Bool | Kind::Secret { .. } => vec![Value::Bool(true), Value::Bool(false)],
            Kind::Choice(choices) => {
                let all: BTreeSet<String> = choices.all().map(|choice| choice.value.clone()).collect();
                all.into_iter().map(Value::Text).collect()
            }
            _ => return self.decided(question).map(|value| vec![value.to_json()]),
        };
        let always: Vec<&Policy> =
            self.template.policies(&question.id).filter(|(_, when)| when.is_none()).map(|(it, _)| it).collect();
        let is_left = |value: &Value| always.iter().all(|policy| policy.admits(value));
        Some(values.into_iter().filter(is_left).map(|value| value.to_json()).collect())
    }

    fn decided(&self, question: &'t Question) -> Option<Value> {
        let mut always = self.template.policies(&question.id).filter(|(_, when)| when.is_none());
        always.find_map(|(policy, _)| policy.decided()).cloned()
    }

    /// Tries all combinations. An expression that cannot be computed may be true.
    fn is_ever(&self, conditions: &[&Expression], settings: &[(&'t Question, Vec<Json>)]) -> bool {
        let total = settings.iter().map(|(_, values)| values.len()).product();
        (0..total).any(|mut number| {
            let chosen = settings.iter().map(|(question, values)| {
                let value = values[number % values.len()].clone();
                number /= values.len();
                (question.id.as_str(), (*question, value))
            });
            let answers = Answered { template: self.template, chosen: chosen.collect(), known: RefCell::default() };
            conditions.iter().all(|condition| answers.holds(condition).unwrap_or(true))
        })
    }
}

/// One combination of answers.
struct Answered<'t> {
    template: &'t Template,
    chosen: BTreeMap<&'t str, (&'t Question, Json)>,
    /// The values that were computed: each is needed by many others.
    known: RefCell<BTreeMap<String, Option<Json>>>,
}

impl Answered<'_> {
    fn holds(&self, condition: &Expression) -> Option<bool> {
        Some(self.evaluate(condition)? == Json::Bool(true))
    }

    fn evaluate(&self, expression: &Expression) -> Option<Json> {
        let known = expression.names().iter().map(|name| Some((name.clone(), self.value(name)?)));
        let data = Data::from(known.collect::<Option<Map<_, _>>>()?);
        self.template.engine.evaluate(expression, &data).ok()
    }

    /// Returns the value of a name: null for what is not asked or not computed.
    fn value(&self, name: &str) -> Option<Json> {
        if let Some(known) = self.known.borrow().get(name) {
            return known.clone();
        }
        let value = self.compute(name);
        self.known.borrow_mut().insert(name.to_owned(), value.clone());
        value
    }

    fn compute(&self, name: &str) -> Option<Json> {
        if let Some((question, value)) = self.chosen.get(name) {
            let is_asked = question.when().is_none_or(|when| self.holds(when).unwrap_or(true));
            return Some(if is_asked { value.clone() } else { Json::Null });
        }
        let value = self.template.computed(name)?;
        match &value.when {
            Some(when) if !self.holds(when)? => Some(Json::Null),
            _ => self.evaluate(&value.is),
        }
    }
}
