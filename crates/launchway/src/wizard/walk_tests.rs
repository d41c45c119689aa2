//! Random walks through the built-in template and generated ones: nothing is lost, and the way does not matter.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use launchway_core::Accepted;
use launchway_core::template::{Source, TemplateFiles};

use super::*;

/// Numbers that look random and are the same on every machine.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % most.max(1)
    }
}

/// Picks an answer that the question accepts with the others, if one is found.
pub(crate) fn any_answer(asking: &Asking<'_>, dice: &mut Dice) -> Option<Value> {
    (0..12).find_map(|_| {
        let value = candidate(asking, dice)?;
        asking.interview.check(asking.question, &value).unwrap().is_ok().then_some(value)
    })
}

fn candidate(asking: &Asking<'_>, dice: &mut Dice) -> Option<Value> {
    let choices = asking.interview.open_choices(asking.question);
    if dice.below(4) == 0 && asking.default.is_some() {
        return asking.default.clone();
    }
    let number = dice.below(1000);
    Some(match &asking.question.kind {
        Kind::Choice(_) => {
            // What decides on the choices may not have been asked: then there is none.
            Value::Text(choices.get(dice.below(choices.len().max(1)))?.value.clone())
        }
        Kind::Choices(_) => {
            let chosen = choices.iter().filter(|_| dice.below(2) == 0);
            Value::List(chosen.map(|choice| choice.value.clone()).collect())
        }
        Kind::Bool | Kind::Secret { .. } => Value::Bool(dice.below(2) == 0),
        Kind::Int { min, max } => {
            let number = i64::try_from(number).unwrap();
            Value::Int(min.saturating_add(number % (max.saturating_sub(*min).saturating_add(1)).max(1)))
        }
        // One of a list is often what is asked for.
        Kind::Slug(_) => match listed(asking) {
            items if items.is_empty() => Value::Text(format!("name-{number}")),
            items => Value::Text(items[dice.below(items.len())].clone()),
        },
        Kind::Slugs { .. } => match dice.below(3) {
            0 => asking.default.clone()?,
            1 => Value::List(vec![format!("e{number}"), "live".to_owned()]),
            _ => Value::List(vec!["eu-west-1".to_owned(), "us-east-1".to_owned()]),
        },
        Kind::Text(_) => match dice.below(3) {
            0 => asking.question.written_example().map(|text| Value::Text(text.to_owned()))?,
            1 => Value::Text(format!("acme/it-{number}")),
            _ => Value::Text(format!("Says \"{number}\" – 'ja' $HOME\\{number} 한글")),
        },
    })
}

/// Returns what stands in the list that was answered last.
fn listed(asking: &Asking<'_>) -> Vec<String> {
    let lists = asking.interview.accepted.iter().rev().filter_map(|accepted| match &accepted.value {
        Value::List(items) if !items.is_empty() => Some(items.clone()),
        _ => None,
    });
    lists.take(1).flatten().collect()
}

/// Answers questions until there is a review; `false` if a template leads nowhere.
pub(crate) fn answer_all(walk: &mut Walk<'_>, dice: &mut Dice) -> bool {
    for _ in 0..MOST_QUESTIONS {
        let Now::Asking(asking) = walk.now().unwrap() else { return true };
        let Some(value) = any_answer(&asking, dice).or(asking.default.clone()) else { return false };
        if walk.take(Event::Answer(value)).unwrap() != EventResult::Yes {
            return false;
        }
    }
    false
}

fn walk(template: &Template) -> Walk<'_> {
    Walk::new(template, Answers::default(), Defaults::Advanced, State::default())
}

fn values(accepted: &[Accepted<'_>]) -> BTreeMap<String, Value> {
    accepted.iter().map(|it| (it.question.id.clone(), it.value.clone())).collect()
}

fn review(walk: &Walk<'_>) -> Option<BTreeMap<String, Value>> {
    match walk.now().unwrap() {
        Now::Review(interview) => Some(values(&interview.accepted)),
        Now::Asking(_) => None,
    }
}

/// Makes a template whose questions hang on one another in many ways.
fn generated(seed: u64) -> Template {
    let mut dice = Dice::new(seed);
    let mut text = "[template]\nid = \"made\"\ntitle = \"Made\"\nversion = \"1.0.0\"\nname = \"project\"\n\
        [[question]]\nid = \"project\"\nprompt = \"Name\"\nhelp = \"H.\"\nkind = \"slug\"\n"
        .to_owned();
    let mut choices: Vec<String> = Vec::new();
    for number in 0..10 {
        let id = format!("q{number}");
        let _ = write!(text, "[[question]]\nid = \"{id}\"\nprompt = \"{id}?\"\nhelp = \"H.\"\n");
        let earlier = (!choices.is_empty()).then(|| choices[dice.below(choices.len())].clone());
        if let Some(earlier) = earlier.as_ref().filter(|_| dice.below(2) == 0) {
            let _ = writeln!(text, "when = 'ne {earlier} \"a\"'");
        }
        match (dice.below(4), earlier) {
            (0, _) => text.push_str("kind = \"text\"\ndefault = \"about {{project}}\"\n"),
            (1, Some(earlier)) => {
                let _ = write!(
                    text,
                    "kind = \"choice\"\n[question.choices_by.{earlier}]\na = [\"x\", \"y\"]\nb = [\"y\", \"z\"]\nc = [\"z\"]\n"
                );
            }
            (2, _) => text.push_str("kind = \"int\"\nmin = 1\nmax = 9\ndefault = 3\n"),
            (_, earlier) => {
                text.push_str("kind = \"choice\"\ndefault = \"b\"\nchoices = [{ value = \"a\" }, { value = \"b\" }, { value = \"c\" }]\n");
                if let Some(earlier) = earlier.filter(|_| dice.below(2) == 0) {
                    let _ = write!(
                        text,
                        "[[question.refuse]]\nwhen = 'and (eq {id} \"c\") (eq {earlier} \"c\")'\nbecause = \"not both\"\n"
                    );
                }
                choices.push(id);
            }
        }
    }
    let blobs = [("template.toml", text.as_str()), ("files/a.txt.hbs", "{{project}}\n")];
    let files = TemplateFiles::from_blobs(
        blobs.map(|(path, text)| (path.to_owned(), launchway_core::Blob::plain(text.as_bytes().to_vec()))),
    )
    .unwrap();
    let source = Source::Folder("generated".into());
    Template::from_layers(vec![(files, source)]).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn templates() -> Vec<Template> {
    let builtin = Template::builtin("service").unwrap();
    std::iter::once(builtin).chain((0..30).map(generated)).collect()
}

#[test]
fn going_back_and_giving_the_same_answer_gives_the_same_state() {
    for template in templates() {
        for seed in 0..6 {
            let (mut walk, mut dice) = (walk(&template), Dice::new(seed));
            while let Now::Asking(asking) = walk.now().unwrap() {
                let Some(value) = any_answer(&asking, &mut dice) else { break };
                assert_eq!(walk.take(Event::Answer(value.clone())).unwrap(), EventResult::Yes);
                let after = walk.state().clone();
                assert_eq!(walk.take(Event::Back).unwrap(), EventResult::Yes);
                let Now::Asking(again) = walk.now().unwrap() else { panic!("nothing is asked") };
                assert_eq!(again.question.id, asking.question.id);
                assert_eq!(again.before, Some(value.clone()), "the answer is offered again");
                walk.take(Event::Answer(value)).unwrap();
                assert_eq!(walk.state(), &after);
            }
        }
    }
}

#[test]
fn going_all_the_way_back_and_forth_loses_no_answer() {
    for template in templates() {
        for seed in 0..4 {
            let (mut walk, mut dice) = (walk(&template), Dice::new(seed));
            if !answer_all(&mut walk, &mut dice) {
                continue;
            }
            let (state, reviewed) = (walk.state().clone(), review(&walk));
            let mut steps = 0;
            while walk.take(Event::Back).unwrap() == EventResult::Yes {
                steps += 1;
            }
            assert!(steps > 0);
            for _ in 0..steps {
                let Now::Asking(asking) = walk.now().unwrap() else { panic!("a question is lost") };
                let before = asking.before.unwrap_or_else(|| panic!("`{}` is lost", asking.question.id));
                walk.take(Event::Answer(before)).unwrap();
            }
            assert_eq!((walk.state(), review(&walk)), (&state, reviewed));
        }
    }
}

#[test]
fn a_change_drops_only_what_hangs_on_it_and_taking_it_back_brings_everything_back() {
    for template in templates() {
        for seed in 0..6 {
            let (mut walk, mut dice) = (walk(&template), Dice::new(seed));
            if !answer_all(&mut walk, &mut dice) {
                continue;
            }
            let Some(before) = review(&walk) else { panic!("it is complete") };
            let edited = before.keys().nth(dice.below(before.len())).unwrap().clone();
            walk.take(Event::Edit(edited.clone())).unwrap();
            let Now::Asking(asking) = walk.now().unwrap() else { panic!("it is asked") };
            assert_eq!(asking.before.as_ref(), before.get(&edited));
            let Some(other) = any_answer(&asking, &mut dice) else { continue };
            if walk.take(Event::Answer(other)).unwrap() != EventResult::Yes {
                continue;
            }
            assert_kept(&walk, &before, &edited);
            walk.take(Event::Edit(edited.clone())).unwrap();
            walk.take(Event::Answer(before[&edited].clone())).unwrap();
            assert_eq!(review(&walk).as_ref(), Some(&before), "`{edited}` is as it was");
        }
    }
}

/// Every answer that was given, and goes with the changed one, is there still.
fn assert_kept(walk: &Walk<'_>, before: &BTreeMap<String, Value>, edited: &str) {
    let settled = walk.settled(None).unwrap();
    let now = values(&settled.interview.accepted);
    for (id, kept) in &walk.state().kept {
        let LastAnswer::Value(value) = kept else { continue };
        if id == edited || !before.contains_key(id) || settled.reasons.contains_key(id) {
            continue;
        }
        // What is not asked any more, or not yet, is not there; it is never another answer.
        assert!(now.get(id).is_none_or(|there| there == value), "`{id}` was {value} and is {:?}", now.get(id));
    }
}

#[test]
fn leaving_a_changed_answer_leads_back_to_the_review() {
    let template = Template::builtin("service").unwrap();
    let (mut walk, mut dice) = (walk(&template), Dice::new(5));
    assert!(answer_all(&mut walk, &mut dice));
    let state = walk.state().clone();
    walk.take(Event::Edit("port".to_owned())).unwrap();
    assert_eq!(walk.take(Event::Back).unwrap(), EventResult::Yes);
    assert_eq!(walk.state(), &state);
}

#[test]
fn a_text_that_was_left_behind_is_there_again() {
    let template = Template::builtin("service").unwrap();
    let mut walk = walk(&template);
    walk.take(Event::Answer(Value::Text("orders".to_owned()))).unwrap();
    walk.take(Event::Type("Takes ord".to_owned())).unwrap();
    walk.take(Event::Back).unwrap();
    walk.take(Event::Answer(Value::Text("orders".to_owned()))).unwrap();
    let Now::Asking(asking) = walk.now().unwrap() else { panic!("the description is asked") };
    assert_eq!((asking.question.id.as_str(), asking.typed.as_deref()), ("description", Some("Takes ord")));
}

#[test]
fn the_progress_counts_up_to_the_number_that_it_names() {
    let template = Template::builtin("service").unwrap();
    let mut walk = walk(&template);
    let mut numbers = Vec::new();
    while let Now::Asking(asking) = walk.now().unwrap() {
        numbers.push(walk.progress().unwrap());
        let value = asking.default.clone().or_else(|| likely(&asking.interview, asking.question)).unwrap();
        walk.take(Event::Answer(value)).unwrap();
    }
    let expected: Vec<usize> = (1..=numbers.len()).collect();
    assert_eq!(numbers.iter().map(|(number, _)| *number).collect::<Vec<_>>(), expected);
    assert!(numbers.iter().all(|(number, total)| number <= total && *total <= 12), "{numbers:?}");
    assert_eq!(numbers.last().map(|(number, total)| number == total), Some(true));
}

#[test]
fn what_the_team_decided_refuses_the_answer_that_does_not_go_with_it() {
    let template = Template::builtin("service").unwrap();
    let mut given = Answers::default();
    given.set("service", Value::Text("orders".to_owned()), Provenance::Flag);
    given.take_default("description");
    given.lock("strategy", Value::Text("linear".to_owned()), "the team", None);
    let mut walk = Walk::new(&template, given, Defaults::Advanced, State::default());
    let state = walk.state().clone();
    let moved = walk.take(Event::Answer(Value::Text("kubernetes".to_owned()))).unwrap();
    assert!(matches!(moved, EventResult::Refused(_)), "{moved:?}");
    assert_eq!(walk.state(), &state);
    assert_eq!(walk.take(Event::Answer(Value::Text("ecs".to_owned()))).unwrap(), EventResult::Yes);
}
