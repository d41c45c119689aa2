//! The form of the portal is held against this state machine: with the same answers it asks, takes and refuses the same.

use std::collections::BTreeMap;

use launchway_portal::{Form, Portal, Request};

use super::tests::{Dice, any_answer};
use super::*;

/// The walks through the built-in template, each of so many steps.
const WALKS: u64 = 40;
const STEPS: usize = 24;

/// Does something that a person can do: answers, goes back, or changes an answer at the review.
fn step(walk: &mut Walk<'_>, dice: &mut Dice) {
    match walk.now().unwrap() {
        Now::Asking(asking) if dice.below(3) > 0 => {
            if let Some(value) = any_answer(&asking, dice) {
                walk.take(Event::Answer(value)).unwrap();
            }
        }
        Now::Review(interview) if dice.below(3) > 0 => {
            let at = dice.below(interview.accepted.len());
            walk.take(Event::Edit(interview.accepted[at].question.id.clone())).unwrap();
        }
        _ => drop(walk.take(Event::Back).unwrap()),
    }
}

/// The form for the answers that count. A default that was accepted is none of them, on the page as here.
fn form(portal: &Portal, walk: &Walk<'_>) -> Form {
    let state = walk.state();
    let counts = state.kept.iter().filter(|(id, _)| state.confirmed.contains(*id));
    let given = counts.filter_map(|(id, kept)| match kept {
        LastAnswer::Value(value) => Some((id.clone(), value.to_json())),
        LastAnswer::Default => None,
    });
    portal.validate(&Request { answers: given.collect(), ..Request::default() }).unwrap()
}

fn assert_same(form: &Form, walk: &Walk<'_>) {
    let FittingAnswers { interview, reasons, .. } = walk.settled(None).unwrap();
    let questions = &walk.template.questions;
    let asked = interview.open.first().map(|(question, _)| question.id.as_str());
    // Behind the question that is asked, the wizard knows nothing yet, and the form goes on with the defaults.
    let end = asked.map_or(questions.len(), |id| questions.iter().position(|it| it.id == id).unwrap());
    let is_behind = |id: &str| questions[..end].iter().any(|question| question.id == id);
    let accepted = interview.accepted.iter().filter(|it| is_behind(&it.question.id));
    let accepted: BTreeMap<&str, _> = accepted.map(|it| (it.question.id.as_str(), Some(it.value.to_json()))).collect();
    let fields = form.fields.iter().filter(|field| is_behind(&field.id));
    let fields: BTreeMap<&str, _> = fields.map(|field| (field.id.as_str(), field.value.clone())).collect();
    assert_eq!(fields, accepted);
    let Some(asked) = asked else {
        assert!(form.complete);
        return;
    };
    let field = form.fields.iter().find(|field| field.id == asked).unwrap_or_else(|| panic!("`{asked}` is not asked"));
    if let Some(reason) = reasons.get(asked) {
        let problem = field.problem.as_ref().unwrap_or_else(|| panic!("`{asked}` is refused: {reason}"));
        assert_eq!(*reason, format!("{}; {}", problem.detail, problem.hint));
    }
    let question = walk.template.question(asked).unwrap();
    let is_open = |value: &str| interview.check(question, &Value::Text(value.to_owned())).unwrap().is_ok();
    if matches!(question.kind, Kind::Choice(_)) {
        let open =
            interview.open_choices(question).into_iter().map(|choice| (choice.value.clone(), is_open(&choice.value)));
        let shown = field.choices.iter().map(|choice| (choice.value.clone(), choice.refused.is_none()));
        assert_eq!(shown.collect::<Vec<_>>(), open.collect::<Vec<_>>(), "the choices of `{asked}`");
    }
}

#[test]
fn the_form_of_the_portal_asks_takes_and_refuses_what_the_wizard_does() {
    let template = Template::builtin("service").unwrap();
    let portal = Portal::builtin();
    let mut reviews = 0;
    for seed in 0..WALKS {
        let mut walk = Walk::new(&template, Answers::default(), Defaults::Advanced, State::default());
        let mut dice = Dice::new(seed);
        for _ in 0..STEPS {
            step(&mut walk, &mut dice);
            let form = form(&portal, &walk);
            assert_same(&form, &walk);
            reviews += usize::from(form.complete && matches!(walk.now().unwrap(), Now::Review(_)));
        }
    }
    assert!(reviews > 20, "{reviews} of the steps led to a review");
}
