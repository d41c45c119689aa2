//! The wizard by a script.

use launchway_core::Provenance;

use super::*;
use crate::prompt::scripted::{Scripted, Step};
use crate::report::Output;
use crate::wizard::walk::State;

fn new_request() -> NewRequest {
    NewRequest {
        template: "service".to_owned(),
        catalog: None,
        dest: None,
        answers_files: Vec::new(),
        defaults: false,
        no_input: false,
        dry_run: false,
        diff: false,
        expect: None,
        // The tests run in a folder of a repository.
        standalone: true,
        archive: None,
        no_git: true,
        resume: false,
        output: Output::Text,
        given_again: Vec::new(),
    }
}

/// Lets a script go through the wizard; what was asked, said, and decided.
fn play(steps: impl IntoIterator<Item = Step>) -> (Scripted, Result<Decision<NewProject>, Failure>) {
    let template = Template::builtin("service").unwrap();
    let mut given = Answers::default();
    given.set("ci", Value::Text("none".to_owned()), Provenance::Flag);
    let request = new_request();
    let walk = Walk::new(&template, given, Defaults::Advanced, State::default());
    let mut scripted = Scripted::new(steps);
    let mut making = NewPurpose { template: &template, request: &request, draft: Draft::none() };
    let decision = Wizard { prompter: &mut scripted, walk, purpose: &mut making }.run();
    (scripted, decision)
}

fn text(text: &str) -> Step {
    Step::Text(text.to_owned())
}

/// The answers that lead to the review of a service for Kubernetes.
fn to_review() -> Vec<Step> {
    vec![text("orders"), text(""), Step::Pick(1), Step::Pick(0), Step::Pick(0), text(""), text("")]
}

#[track_caller]
fn written(decision: Result<Decision<NewProject>, Failure>) -> NewProject {
    match decision {
        Ok(Decision::Write(prepared)) => prepared,
        Ok(_) => panic!("nothing is written"),
        Err(failure) => panic!("{failure}"),
    }
}

#[test]
fn a_script_goes_back_and_forth_and_writes_what_was_said_last() {
    let mut steps = vec![text("first"), Step::Back, text("orders")];
    steps.extend(to_review().into_iter().skip(1));
    steps.push(Step::Key('g'));
    let (scripted, decision) = play(steps);
    assert_eq!(written(decision).context.name, "orders", "{:?}", scripted.asked);
}

#[test]
fn an_answer_is_changed_at_the_review_and_the_rest_is_kept() {
    let mut steps = to_review();
    // The second answer of the list is the description.
    steps.extend([Step::Key('e'), Step::Pick(1), text("Takes orders"), Step::Key('g')]);
    let (_, decision) = play(steps);
    let prepared = written(decision);
    assert!(prepared.command.contains("--description='Takes orders'"), "{}", prepared.command);
    assert!(prepared.command.contains("--target=kubernetes"), "{}", prepared.command);
}

#[test]
fn leaving_is_asked_about_and_a_no_stays() {
    let mut steps = to_review();
    steps.extend([Step::Key('q'), Step::Sure(false), Step::Key('q'), Step::Sure(true)]);
    assert!(matches!(play(steps).1, Ok(Decision::Leave)));
    let (_, decision) = play([Step::Back, Step::Sure(true)]);
    assert!(matches!(decision, Ok(Decision::Leave)));
}

#[test]
fn files_are_paged_through_and_the_review_is_there_again() {
    let mut steps = to_review();
    steps.extend([Step::Key('p'), Step::Pick(0), Step::Key('n'), Step::Key('v'), Step::Back, Step::Back]);
    steps.push(Step::Key('g'));
    let (scripted, decision) = play(steps);
    written(decision);
    assert!(scripted.asked.contains(&".dockerignore".to_owned()), "{:?}", scripted.asked);
}

#[test]
fn advice_leads_back_to_its_question_with_what_it_recommends() {
    let mut steps = vec![text("orders"), text(""), Step::Pick(3)];
    // Six questions at most; the rest of the script is the page and the question itself.
    let asked = |steps: Vec<Step>| play(steps).0.asked;
    while !asked(steps.clone()).contains(&"Advice".to_owned()) {
        steps.push(Step::Pick(0));
        assert!(steps.len() < 12, "{:?}", asked(steps));
    }
    steps.push(Step::Key('c'));
    let asked = asked(steps);
    assert_eq!(asked.last().map(String::as_str), Some("Where will it run?"), "{asked:?}");
}
