//! The flags of a template's questions, and the command that makes the same project again.

use std::thread;

use launchway_core::{Answers, ChangesDigest, Context, Defaults, Interview, Plan, Template};

use super::*;
use crate::new::{NewRequest, equivalent_command};
use crate::report::Output;
use crate::wizard::walk::tests::{Dice, answer_all};
use crate::wizard::walk::{Event, Now, State, Walk};

fn new_request() -> NewRequest {
    NewRequest {
        template: "service".to_owned(),
        catalog: None,
        dest: None,
        archive: None,
        answers_files: Vec::new(),
        defaults: false,
        no_input: false,
        dry_run: false,
        diff: false,
        expect: None,
        standalone: false,
        no_git: true,
        resume: false,
        output: Output::Text,
        given_again: Vec::new(),
    }
}

#[test]
fn every_question_has_a_flag_an_answers_key_and_help() {
    let template = Template::builtin("service").unwrap();
    let command = command(Some(&template));
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

#[test]
fn the_flag_of_a_question_is_never_one_of_the_program() {
    let taken: Vec<String> = launchway_core::template::taken_flags().collect();
    let command = command(None);
    let new = command.find_subcommand("new").unwrap();
    for flag in command.get_arguments().chain(new.get_arguments()).filter_map(clap::Arg::get_long) {
        assert!(taken.iter().any(|it| it == flag), "`{flag}` is missing in template/flags.rs of the core");
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
    Some((interview.context().unwrap().unwrap(), equivalent_command(&interview, &new_request())))
}

/// Reads a command line as the program does.
fn by_command(template: &Template, line: &str) -> Context {
    let matches = command(Some(template)).try_get_matches_from(shell_words(line)).unwrap();
    let (_, matches) = matches.subcommand().unwrap();
    let answers = super::new::answers(matches, template).unwrap();
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

#[test]
fn a_draft_is_gone_on_with_by_every_flag_of_the_program_that_was_given() {
    let command = command(None);
    let new = command.find_subcommand("new").unwrap();
    // The first is said by itself; the draft holds the answers; nobody is asked with the third, and the last says it.
    let others = ["template", "answers", "no-input", "resume"];
    let is_meant = |arg: &&clap::Arg| {
        let is_help = matches!(arg.get_action(), clap::ArgAction::Help | clap::ArgAction::Version);
        arg.get_long().is_some_and(|long| !others.contains(&long)) && !is_help
    };
    let flag = |arg: &clap::Arg| {
        let flag = format!("--{}", arg.get_long().unwrap());
        let digest = || ChangesDigest::of(&[]).to_string();
        let free = || if arg.get_id() == "expect" { digest() } else { "a folder".to_owned() };
        let value = arg.get_possible_values().last().map_or_else(free, |it| it.get_name().to_owned());
        if arg.get_action().takes_values() { format!("{flag}={value}") } else { flag }
    };
    let flags: Vec<String> = new.get_arguments().chain(command.get_arguments()).filter(is_meant).map(flag).collect();
    assert!(flags.contains(&"--allow-secret-like".to_owned()));
    // A project has one place.
    for other in ["--dest=a folder", "--archive=a folder"] {
        let given: Vec<String> = flags.iter().filter(|flag| *flag != other).cloned().collect();
        assert_eq!(given.len(), flags.len() - 1);
        assert_given_again(&given);
    }
}

#[track_caller]
fn assert_given_again(flags: &[String]) {
    let line = ["launchway", "new"].into_iter().chain(flags.iter().map(String::as_str));
    let matches = super::command(None).try_get_matches_from(line).unwrap();
    let (_, matches) = matches.subcommand().unwrap();
    let again = shell_words(&super::new::given_again(matches).join(" "));
    let missing: Vec<&String> = flags.iter().filter(|flag| !again.contains(flag)).collect();
    assert!(missing.is_empty(), "{missing:?} of {again:?}");
    assert_eq!(again.len(), flags.len(), "{again:?}");
}
