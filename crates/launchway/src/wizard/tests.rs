//! The wizard by a script, and the command that makes the same project again.

use std::thread;

use launchway_core::{Context, Plan};

use super::walk::State;
use super::walk::tests::{Dice, answer_all};
use super::*;
use crate::args::{self, Output};
use crate::prompt::scripted::{Scripted, Step};

fn new_args() -> NewArgs {
    NewArgs {
        template: "service".to_owned(),
        catalog: None,
        dest: None,
        answers_files: Vec::new(),
        defaults: false,
        no_input: false,
        dry_run: false,
        diff: false,
        no_git: true,
        resume: false,
        output: Output::Text,
    }
}

/// Lets a script go through the wizard; what was asked, said, and decided.
fn play(steps: impl IntoIterator<Item = Step>) -> (Scripted, Result<Decision, Failure>) {
    let template = Template::builtin("service").unwrap();
    let mut given = Answers::default();
    given.set("ci", Value::Text("none".to_owned()), Provenance::Flag);
    let args = new_args();
    let walk = Walk::new(&template, given, Defaults::Advanced, State::default());
    let mut scripted = Scripted::new(steps);
    let wizard = Wizard { prompter: &mut scripted, walk, draft: Draft::none(), template: &template, args: &args };
    let decision = wizard.run();
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
fn written(decision: Result<Decision, Failure>) -> Box<Prepared> {
    match decision {
        Ok(Decision::Write(prepared, _)) => prepared,
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

#[test]
fn every_question_has_a_flag_an_answers_key_and_help() {
    let template = Template::builtin("service").unwrap();
    let command = args::command(Some(&template));
    let new = command.find_subcommand("new").unwrap();
    let schema = launchway_core::schema::answers(&template);
    for question in &template.questions {
        let long = question.flag();
        let argument = new.get_arguments().find(|argument| argument.get_long() == long.strip_prefix("--"));
        let help = argument.and_then(|argument| argument.get_help()).map(ToString::to_string).unwrap_or_default();
        assert!(help.contains(&question.prompt) && !question.help.is_empty(), "{long}: {help}");
        assert!(schema["properties"].get(&question.id).is_some(), "{long}");
    }
}

/// Splits a line as a shell does that knows the three kinds of quotes the program writes.
fn shell_words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut is_open) = (Vec::new(), String::new(), false);
    let mut rest = line.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            ' ' => words.extend(std::mem::take(&mut is_open).then(|| std::mem::take(&mut word))),
            '\'' => {
                word.extend(rest.by_ref().take_while(|it| *it != '\''));
                is_open = true;
            }
            '\\' => word.extend(rest.next()),
            '$' if rest.peek() == Some(&'\'') => panic!("control characters are not among the answers: {line}"),
            _ => {
                word.push(character);
                is_open = true;
            }
        }
    }
    words.extend(is_open.then_some(word));
    words
}

/// Walks to the review by chance, changes answers there by chance, and returns the context with its command.
fn by_chance(template: &Template, seed: u64) -> Option<(Context, String)> {
    let mut dice = Dice::new(seed + 1000);
    let mut walk = Walk::new(template, Answers::default(), Defaults::Advanced, State::default());
    if !answer_all(&mut walk, &mut dice) {
        return None;
    }
    for _ in 0..3 {
        let Now::Review(interview) = walk.now().unwrap() else { return None };
        let id = interview.accepted[dice.below(interview.accepted.len())].question.id.clone();
        walk.take(Event::Edit(id)).unwrap();
        if !answer_all(&mut walk, &mut dice) {
            return None;
        }
    }
    let Now::Review(interview) = walk.now().unwrap() else { return None };
    Some((interview.context().unwrap().unwrap(), review::command(template, &interview, &new_args())))
}

/// Reads a command line as the program does.
fn by_command(template: &Template, line: &str) -> Context {
    let matches = args::command(Some(template)).try_get_matches_from(shell_words(line)).unwrap();
    let (_, matches) = matches.subcommand().unwrap();
    let answers = args::answers(matches, template).unwrap();
    let interview = Interview::new(template, &answers, Defaults::All).unwrap();
    assert!(interview.problems.is_empty() && interview.unused.is_empty(), "{line}: {:?}", interview.problems);
    interview.context().unwrap().unwrap()
}

#[test]
fn the_equivalent_command_makes_the_same_project_byte_for_byte() {
    let made = |seeds: std::ops::Range<u64>| {
        let template = Template::builtin("service").unwrap();
        let mut made = 0;
        for (context, command) in seeds.filter_map(|seed| by_chance(&template, seed)) {
            let again = by_command(&template, &command);
            assert_eq!(again.answers, context.answers, "{command}");
            let files = |context: &Context| Plan::new(&template, context).map(|plan| plan.files).unwrap();
            let (left, right) = (files(&context), files(&again));
            assert!(left.keys().eq(right.keys()), "{command}");
            assert!(left.values().zip(right.values()).all(|(left, right)| left.bytes == right.bytes), "{command}");
            made += 1;
        }
        made
    };
    let made: usize = thread::scope(|scope| {
        let parts = [0..115, 115..230].map(|seeds| scope.spawn(move || made(seeds)));
        parts.into_iter().map(|part| part.join().unwrap()).sum()
    });
    assert!(made >= 200, "only {made} projects");
}
