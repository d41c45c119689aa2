//! The portal's functions against the program: the same projects, the same sentences.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use launchway_portal::{ArchiveFormat, Field, Portal, Request};
use serde_json::{Value, json};

use crate::program::{Ran, launchway, run};
use crate::sample;
use crate::team::Dice;

/// Answers the form by chance, as a person would who tries what it offers, until a project can be made of the answers.
pub(crate) fn by_chance(portal: &Portal, seed: u64) -> Request {
    let mut dice = Dice(seed);
    let mut request = Request::default();
    loop {
        let form = portal.validate(&request).unwrap();
        let open = |field: &&Field| field.decided.is_none() && field.kind != "secret";
        let fields: Vec<&Field> = form.fields.iter().filter(open).collect();
        let missing: Vec<&&Field> = fields.iter().filter(|field| field.missing || field.problem.is_some()).collect();
        if missing.is_empty() && (request.answers.len() > 12 || dice.roll(12) == 0) {
            return used(portal, request);
        }
        let field = if missing.is_empty() { fields[dice.roll(fields.len())] } else { missing[0] };
        match answer(field, &mut dice) {
            Some(answer) => drop(request.answers.insert(field.id.clone(), answer)),
            None => drop(request.answers.remove(&field.id)),
        }
    }
}

/// Leaves out what counts for nothing: on a command line it would be an error.
fn used(portal: &Portal, mut request: Request) -> Request {
    for unused in portal.validate(&request).unwrap().unused {
        request.answers.remove(&unused.question);
    }
    request
}

/// Chooses an answer that the form offers; nothing is the default.
fn answer(field: &Field, dice: &mut Dice) -> Option<Value> {
    let open: Vec<&str> = field.choices.iter().filter(|it| it.refused.is_none()).map(|it| it.value.as_str()).collect();
    match field.kind {
        "bool" => Some(json!(dice.roll(2) == 0)),
        "choice" if !open.is_empty() => Some(json!(open[dice.roll(open.len())])),
        "choices" => Some(json!(open.iter().filter(|_| dice.roll(2) == 0).collect::<Vec<_>>())),
        "int" => field.default.clone(),
        _ => field.example.clone().map(Value::from).or_else(|| field.default.clone()),
    }
}

/// Writes answers as the flags of `launchway new`.
pub(crate) fn flags(portal: &Portal, request: &Request) -> Vec<String> {
    let form = portal.validate(request).unwrap();
    let flag = |field: &Field| {
        let value = match request.answers.get(&field.id)? {
            Value::String(text) => text.clone(),
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
            value => value.to_string(),
        };
        Some(format!("{}={value}", field.flag))
    };
    form.fields.iter().filter_map(flag).collect()
}

pub(crate) fn new(folder: &Path, flags: &[String], more: &[&str]) -> Ran {
    run(launchway().arg("new").args(flags).args(["--no-input"]).args(more).current_dir(folder))
}

/// How many answer sets are tried.
pub(crate) fn sets() -> std::ops::Range<u64> {
    1..u64::try_from(sample::size(40, 300)).unwrap() + 1
}

#[test]
fn an_archive_of_the_portal_has_the_bytes_that_the_program_writes() {
    let portal = Portal::builtin();
    let folder = tempfile::tempdir().unwrap();
    let mut different = BTreeMap::new();
    for seed in sets() {
        let request = by_chance(&portal, seed);
        let flags = flags(&portal, &request);
        let (format, name) =
            [(ArchiveFormat::Zip, "a.zip"), (ArchiveFormat::TarGz, "a.tar.gz")][usize::try_from(seed % 2).unwrap()];
        new(folder.path(), &flags, &["--archive", name]).success();
        let written = fs::read(folder.path().join(name)).unwrap();
        assert!(portal.archive(&request, format).unwrap().bytes == written, "{flags:?}");
        fs::remove_file(folder.path().join(name)).unwrap();
        different.insert(portal.plan(&request).unwrap().digest, flags);
    }
    assert!(different.len() * 10 > usize::try_from(sets().end).unwrap() * 8, "the sets are different ones");
}

#[test]
fn a_plan_says_what_the_program_says_of_the_same_answers() {
    let portal = Portal::builtin();
    let folder = tempfile::tempdir().unwrap();
    for seed in 1..6 {
        let request = by_chance(&portal, seed);
        let flags = flags(&portal, &request);
        let said = new(folder.path(), &flags, &["--archive=a.zip", "--dry-run", "--output=json"]).success();
        let mut said: Value = serde_json::from_str(&said).unwrap();
        let plan = serde_json::to_value(portal.plan(&request).unwrap()).unwrap();
        let command = said["command"].take();
        assert_eq!(command.as_str().unwrap().replace(" --archive=a.zip", ""), plan["command"], "{flags:?}");
        for key in ["path", "template", "answers", "placeholders", "digest", "objects", "next_steps", "warnings"] {
            assert_eq!(said[key], plan[key], "{key}: {flags:?}");
        }
        let file = |it: &Value| (it["path"].clone(), it["size"].clone(), it["sha256"].clone());
        let files = |it: &Value| it["files"].as_array().unwrap().iter().map(file).collect::<Vec<_>>();
        assert_eq!(files(&said), files(&plan));
    }
}

#[test]
fn what_the_portal_says_of_templates_and_advice_is_what_the_program_says() {
    let portal = Portal::builtin();
    let said = |words: &[&str]| -> Value { serde_json::from_str(&run(launchway().args(words)).success()).unwrap() };
    assert_eq!(said(&["template", "show", "--output=json"]), portal.template("service", "en").unwrap());
    assert_eq!(said(&["template", "schema", "service"]), portal.schema("service").unwrap());
    let topics = portal.topics(&BTreeMap::new());
    let topic = &topics["topics"][0];
    let first = |question: &Value| (question["id"].clone(), question["choices"][0]["value"].clone());
    let answers: Vec<(Value, Value)> = topic["questions"].as_array().unwrap().iter().map(first).collect();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let flags: Vec<String> =
        answers.iter().map(|(id, value)| format!("--{}={}", text(id).replace('_', "-"), text(value))).collect();
    let answers: serde_json::Map<String, Value> = answers.iter().map(|(id, value)| (text(id), value.clone())).collect();
    let request = serde_json::from_value(json!({ "topic": topic["id"], "answers": answers })).unwrap();
    let words: Vec<&str> = ["advise", topic["id"].as_str().unwrap(), "--output=json"]
        .into_iter()
        .chain(flags.iter().map(String::as_str))
        .collect();
    assert_eq!(said(&words), portal.advise(&request).unwrap());
}

#[test]
fn what_is_wrong_is_said_field_by_field_in_the_programs_own_sentences() {
    let portal = Portal::builtin();
    let folder = tempfile::tempdir().unwrap();
    let answers = [("service", "Orders"), ("target", "ecs"), ("port", "9090"), ("cpu", "1")];
    let request = Request {
        answers: answers.map(|(id, value)| (id.to_owned(), Value::from(value))).into(),
        ..Request::default()
    };
    let fault = portal.plan(&request).unwrap_err();
    assert_eq!((fault.status, fault.kind.starts_with("https://")), (422, true));
    let flags: Vec<String> = answers.iter().map(|(id, value)| format!("--{id}={value}")).collect();
    let failed = new(folder.path(), &flags, &[]).failure(2);
    for error in &fault.errors {
        assert!(failed.contains(&format!("error: {}\n", error.detail)), "{failed}\n{error:?}");
        assert!(failed.contains(&error.hint), "{failed}\n{error:?}");
    }
    assert_eq!(
        fault.errors.iter().map(|it| it.pointer.as_str()).collect::<Vec<_>>(),
        ["/answers/service", "/answers/cpu", "/answers/port"]
    );
}
