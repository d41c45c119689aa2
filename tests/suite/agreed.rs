//! The agreements of the built-in template name the questions whose answers set their values.

use std::collections::{BTreeMap, BTreeSet};

use launchway_core::agreement::{Reading, Relation};
use launchway_core::{Agreement, Context, Plan, Value};

use crate::pairs::{PAIRS, Pair};
use crate::rendered::TEMPLATE;
use crate::sample;

/// An agreement of a project, and its values.
#[derive(Clone)]
struct Agreed {
    agreement: Agreement,
    values: Vec<Vec<String>>,
}

impl Agreed {
    fn of(plan: &Plan) -> BTreeMap<String, Self> {
        let values = plan.agreed();
        let agreed = |it: &Agreement| Self { agreement: it.clone(), values: values[it.id.as_str()].clone() };
        plan.agreements.iter().map(|it| (it.id.clone(), agreed(it))).collect()
    }

    /// Whether the values are the same, and stand in the same places.
    fn is_like(&self, other: &Self) -> bool {
        (&self.agreement.places, &self.values) == (&other.agreement.places, &other.values)
    }

    /// The value, where it is the same in all places.
    fn value(&self) -> Option<&Vec<String>> {
        let first = self.values.first().filter(|_| self.agreement.relation == Relation::default())?;
        self.values.iter().all(|it| it == first).then_some(first)
    }

    /// The files and the places in them; a value that the agreement states itself is nowhere.
    fn places(&self) -> Vec<&Reading> {
        let readings = self.agreement.places.iter().map(|place| &place.reading);
        readings.filter(|reading| reading.file().is_some()).collect()
    }

    fn names(&self, question: &str) -> bool {
        self.agreement.answers.iter().any(|it| it == question)
    }
}

/// The id of the rule that an agreement comes from: the rest tells one element of a list from another.
fn rule(agreed: &Agreed) -> String {
    let id = &agreed.agreement.id;
    id.split('.').next().unwrap_or(id).to_owned()
}

/// Whether no answer has changed but the one that the pair is of; others may be asked since, or no more.
fn is_alone(pair: &Pair) -> bool {
    let before: BTreeMap<_, _> = pair.from.answers.iter().map(|(id, value)| (id, value)).collect();
    let is_same =
        |(id, value): &(String, Value)| *id == pair.question || before.get(id).is_none_or(|was| *was == value);
    pair.to.answers.iter().all(is_same)
}

/// What is known of the projects on either side of a change.
#[derive(Default)]
struct Findings {
    plans: BTreeMap<String, BTreeMap<String, Agreed>>,
    /// The questions that rules name.
    named: BTreeSet<(String, String)>,
    /// The questions that were seen to change what rules hold.
    moved: BTreeSet<(String, String)>,
    /// The questions that change the value of rules that do not name them.
    silent: BTreeMap<(String, String), String>,
}

impl Findings {
    fn agreed(&mut self, context: &Context) -> BTreeMap<String, Agreed> {
        let key = format!("{:?}", context.answers);
        let made = || Agreed::of(&Plan::new(&TEMPLATE, context).unwrap());
        self.plans.entry(key).or_insert_with(made).clone()
    }

    /// Tells whether a change can show something that is not known yet.
    fn is_worth_it(&mut self, pair: &Pair) -> bool {
        let before = self.agreed(&pair.from);
        let named =
            before.values().flat_map(|it| it.agreement.answers.iter().map(|question| (rule(it), question.clone())));
        self.named.extend(named);
        let is_open =
            |it: &Agreed| it.names(&pair.question) && !self.moved.contains(&(rule(it), pair.question.clone()));
        before.values().any(is_open)
    }

    fn compare(&mut self, pair: &Pair) {
        let (before, after) = (self.agreed(&pair.from), self.agreed(&pair.to));
        for (id, was) in &before {
            let is = after.get(id);
            if is.is_some_and(|is| is.is_like(was)) {
                continue;
            }
            self.moved.insert((rule(was), pair.question.clone()));
            let Some(is) = is.filter(|is| is.places() == was.places() && is_alone(pair)) else { continue };
            let (from, to) = (was.value(), is.value());
            if from.is_some() && to.is_some() && from != to && !was.names(&pair.question) && !is.names(&pair.question) {
                self.silent.insert((rule(was), pair.question.clone()), format!("{from:?} -> {to:?}"));
            }
        }
    }
}

/// In the usual run a change is looked at only where an agreement names its question that no change has moved yet.
#[test]
fn an_agreement_names_the_questions_that_set_its_values_and_no_other() {
    let mut findings = Findings::default();
    for pair in PAIRS.iter().filter(|pair| pair.is_of_base || sample::is_whole()) {
        if findings.is_worth_it(pair) || sample::is_whole() {
            findings.compare(pair);
        }
    }
    let Findings { plans, named, moved, silent } = findings;
    let idle: Vec<_> = named.difference(&moved).filter(|(_, question)| *question != TEMPLATE.name_question).collect();
    println!("{} projects", plans.len());
    assert!(idle.is_empty(), "these questions change nothing of the agreements that name them: {idle:#?}");
    assert!(silent.is_empty(), "these questions change the values of agreements that do not name them: {silent:#?}");
}
