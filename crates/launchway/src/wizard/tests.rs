//! The wizard by a script, for a project that is there already: what it remembers is taken, and what is open is asked.

use launchway_core::template::{Source, TemplateFiles};
use launchway_core::{Answers, Defaults, Template};

use super::walk::State;
use super::*;
use crate::prompt::scripted::{Scripted, Step};

const MANIFEST: &str = r#"
[template]
id = "team"
title = "A team's template"
version = "2.0.0"
name = "service"

[[question]]
id = "service"
prompt = "Name"
help = "The name."
kind = "slug"

[[question]]
id = "colour"
prompt = "Colour"
help = "The colour."
kind = "choice"
choices = [{ value = "red" }, { value = "blue" }]
default = "red"

[[question]]
id = "shade"
prompt = "Shade"
help = "The shade."
kind = "text"
"#;

fn template() -> Template {
    let blobs = [("template.toml", MANIFEST), ("files/a.hbs", "{{colour}} {{quote shade}}\n")];
    let files = TemplateFiles::from_blobs(
        blobs.map(|(path, text)| (path.to_owned(), launchway_core::Blob::plain(text.as_bytes()))),
    )
    .unwrap();
    Template::from_layers(vec![(files, Source::Folder("team".into()))]).unwrap()
}

/// Says which answers there are.
struct Echo;

impl Purpose for Echo {
    type Outcome = String;

    fn compute(&self, interview: &Interview<'_>) -> Result<String, Failure> {
        let answers = interview.accepted.iter().map(|it| format!("{}={}", it.question.id, it.value));
        Ok(answers.collect::<Vec<_>>().join(" "))
    }

    fn review<'r>(&'r self, _: &'r Interview<'_>, outcome: &'r String) -> Option<Review<'r>> {
        let keys = vec![(GO, "go"), edit_key(), quit_key()];
        Some(Review { title: "Review".to_owned(), text: Box::new(|_| outcome.clone()), keys })
    }

    fn may_change(&self, accepted: &Accepted<'_>) -> bool {
        accepted.question.id != "service"
    }
}

/// Lets a script answer what a project leaves open that remembers its name and its colour.
fn play(steps: impl IntoIterator<Item = Step>) -> (Scripted, Decision<String>) {
    play_with("blue", steps)
}

/// Remembers a name and a colour.
fn known(colour: &str, defaults: Defaults) -> KnownAnswers {
    let mut answers = Answers::default();
    answers.set("service", Value::Text("orders".to_owned()), Provenance::Record);
    answers.set("colour", Value::Text(colour.to_owned()), Provenance::Record);
    let mut known = KnownAnswers { answers, defaults, notes: Vec::new() };
    known.fit(&template()).unwrap();
    known
}

fn play_with(colour: &str, steps: impl IntoIterator<Item = Step>) -> (Scripted, Decision<String>) {
    let template = template();
    let KnownAnswers { answers, defaults, .. } = known(colour, Defaults::Advanced);
    let walk = Walk::new(&template, answers, defaults, State::default());
    let mut scripted = Scripted::new(steps);
    let decision = Wizard { prompter: &mut scripted, walk, purpose: &mut Echo }.run().unwrap();
    (scripted, decision)
}

fn text(text: &str) -> Step {
    Step::Text(text.to_owned())
}

#[track_caller]
fn written(decision: Decision<String>) -> String {
    match decision {
        Decision::Write(answers) => answers,
        Decision::Save | Decision::Leave => panic!("nothing is written"),
    }
}

#[test]
fn what_is_remembered_is_not_asked_and_what_is_open_says_how_far_it_is_and_how_else_it_is_answered() {
    let (scripted, decision) = play([text("dark"), Step::Key(GO)]);
    assert_eq!(written(decision), "service=orders colour=blue shade=dark");
    assert_eq!(scripted.asked, ["Shade", "Review"]);
    assert_eq!(scripted.abouts[0].progress, "1 of about 1");
    assert!(scripted.abouts[0].more.contains("--set shade="), "{}", scripted.abouts[0].more);
}

#[test]
fn a_remembered_answer_is_changed_at_the_review_but_not_the_name() {
    let steps = [text("dark"), Step::Key(EDIT), Step::Pick(0), Step::Pick(0), Step::Key(GO)];
    let (scripted, decision) = play(steps);
    assert_eq!(written(decision), "service=orders colour=red shade=dark");
    assert_eq!(scripted.asked, ["Shade", "Review", "Which answer?", "Colour", "Review"]);
    assert_eq!(scripted.abouts[1].notes.len(), 2, "the name is not among them: {:?}", scripted.abouts[1]);
}

#[test]
fn going_back_from_the_review_asks_again_and_before_the_first_question_it_leaves() {
    let (scripted, decision) = play([text("dark"), Step::Back, text("light"), Step::Key(GO)]);
    assert_eq!(written(decision), "service=orders colour=blue shade=light");
    assert_eq!(scripted.asked, ["Shade", "Review", "Shade", "Review"]);
    let (_, decision) = play([Step::Back, Step::Sure(false), Step::Back, Step::Sure(true)]);
    assert!(matches!(decision, Decision::Leave));
    let (_, decision) = play([text("dark"), Step::Key(QUIT), Step::Sure(true)]);
    assert!(matches!(decision, Decision::Leave));
}

#[test]
fn a_remembered_answer_that_fits_no_more_is_asked_again_with_why_also_after_going_back() {
    let (scripted, decision) =
        play_with("green", [Step::Pick(1), Step::Back, Step::Pick(0), text("dark"), Step::Key(GO)]);
    assert_eq!(written(decision), "service=orders colour=red shade=dark");
    assert_eq!(scripted.asked, ["Colour", "Shade", "Colour", "Shade", "Review"]);
    for about in [&scripted.abouts[0], &scripted.abouts[2]] {
        assert!(about.problem.contains("green"), "{about:?}");
        assert!(about.problem.ends_with("that was the answer so far"), "{about:?}");
    }
    assert_eq!(scripted.abouts[0].progress, "1 of about 2");
}

#[test]
fn where_nobody_is_asked_a_remembered_answer_that_fits_no_more_is_named_or_its_default_taken() {
    let template = template();
    let open = known("green", Defaults::Advanced);
    let walk = Walk::new(&template, open.answers.clone(), open.defaults, State::default());
    let failure = complete(walk, false, &mut Echo).unwrap_err().message();
    assert!(failure.contains("that was the answer so far; the template asks"), "{failure}");
    assert!(open.notes.is_empty());
    let taken = known("green", Defaults::All);
    assert!(taken.notes[0].ends_with("its default is taken"), "{:?}", taken.notes);
    assert!(taken.answers.takes_default("colour"));
}
