//! Asking by a script.

use launchway_core::advice::{self, Advice};

use super::*;
use crate::prompt::scripted::{Scripted, Step};

fn asked(topic: &str, steps: impl IntoIterator<Item = Step>, known: Known<'_>) -> (Reply<Advice>, Scripted) {
    let mut script = Scripted::new(steps);
    let reply = ask(&mut script, advice::topic(topic).unwrap(), known).unwrap();
    (reply, script)
}

fn side(reply: &Reply<Advice>) -> &str {
    match reply {
        Reply::Answer(advice) => &advice.side.id,
        Reply::Back => "back",
    }
}

#[test]
fn six_answers_lead_to_a_recommendation() {
    let (reply, script) = asked("architecture", [2, 0, 0, 1, 2, 1].map(Step::Pick), &|_| None);
    assert_eq!(side(&reply), "kubernetes");
    assert_eq!(script.asked.len(), 6);
    assert_eq!(script.abouts[5].progress, "6 of 6");
}

#[test]
fn back_returns_to_the_question_before_and_from_the_first_one_leaves() {
    let steps = [Step::Pick(0), Step::Back, Step::Back];
    let (reply, script) = asked("architecture", steps, &|_| None);
    assert_eq!(side(&reply), "back");
    assert_eq!(script.asked[0], script.asked[2]);
}

#[test]
fn an_answer_that_is_given_again_is_the_one_that_counts() {
    let first = [Step::Pick(2), Step::Back, Step::Pick(0)];
    let steps = first.into_iter().chain([0, 1, 0, 0, 0].map(Step::Pick));
    assert_eq!(side(&asked("architecture", steps, &|_| None).0), "ecs");
}

#[test]
fn what_the_template_was_told_is_not_asked_again() {
    let known = |id: &str| (id == "target").then(|| "kubernetes".to_owned());
    let (reply, script) = asked("strategy", [1, 0, 0, 2, 0, 0].map(Step::Pick), &known);
    assert_eq!(script.asked.len(), 6, "with or without Argo Rollouts is still open");
    let Reply::Answer(advice) = reply else { panic!("it was answered") };
    assert_eq!(advice.answers[0].1.value, "plain", "the second of the open answers");
    let known = |id: &str| (id == "target").then(|| "ecs".to_owned());
    assert_eq!(asked("strategy", [0, 0, 0, 0, 0].map(Step::Pick), &known).1.asked.len(), 5);
}

#[test]
fn every_text_of_the_rules_has_a_korean_one() {
    let korean: std::collections::BTreeMap<String, std::collections::BTreeMap<String, String>> =
        toml::from_str(include_str!("../language/ko.toml")).unwrap();
    let korean = &korean["data"];
    let texts = advice::topics().flat_map(|topic| {
        let sides = topic.sides.iter().flat_map(|side| [&side.label, &side.price]);
        let questions = topic.questions.iter().flat_map(|question| [&question.prompt, &question.help]);
        let choices = topic.questions.iter().flat_map(|question| question.choices.iter().map(|choice| &choice.label));
        let rules = topic.rules.iter().map(|rule| &rule.because);
        let alternatives = topic.alternatives.iter().flat_map(|it| [&it.name, &it.because]);
        std::iter::once(&topic.title).chain(sides).chain(questions).chain(choices).chain(rules).chain(alternatives)
    });
    let missing: std::collections::BTreeSet<&String> = texts.filter(|text| !korean.contains_key(*text)).collect();
    assert!(missing.is_empty(), "add these to language/ko.toml below [data]: {missing:#?}");
}
