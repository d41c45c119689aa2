//! The portal's functions against the program: the same projects, the same sentences.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use launchway_portal::{ArchiveFormat, Field, Portal, Request};
use serde_json::{Value, json};

use crate::program::{Ran, launchway, run};
use crate::team::Dice;
use crate::{korean_messages, portal_server, sample};

/// The turns after which a way of answers is given up.
const MOST_TURNS: usize = 200;

/// Answers the form by chance, as a person would who tries what it offers, until a project can be made of the answers.
pub(crate) fn by_chance(portal: &Portal, seed: u64) -> Request {
    // Seeds beside each other would begin alike.
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut request = Request::default();
    for _ in 0..MOST_TURNS {
        let form = portal.validate(&request).unwrap();
        let open = |field: &&Field| field.decided.is_none() && field.kind != "secret";
        let fields: Vec<&Field> = form.fields.iter().filter(open).collect();
        let missing: Vec<&&Field> = fields.iter().filter(|field| field.missing || field.problem.is_some()).collect();
        if missing.is_empty() && (request.answers.len() > 12 || dice.roll(12) == 0) {
            return used(portal, request);
        }
        let field = if missing.is_empty() { fields[dice.roll(fields.len())] } else { missing[0] };
        // What does not go with the others is taken back: its example would not go with them either.
        let is_misfit = field.problem.is_some() && request.answers.contains_key(&field.id);
        match answer(field, &mut dice).filter(|_| !is_misfit) {
            Some(answer) => drop(request.answers.insert(field.id.clone(), answer)),
            None => drop(request.answers.remove(&field.id)),
        }
    }
    panic!("seed {seed}: no project in {MOST_TURNS} turns: {:?}", request.answers)
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

/// The seeds of the answer sets that are tried.
pub(crate) fn sets() -> std::ops::Range<u64> {
    1..u64::try_from(sample::size(16, 300)).unwrap() + 1
}

/// The packing that is tried with a set: every other one is the other.
pub(crate) fn format(seed: u64) -> (ArchiveFormat, &'static str) {
    if seed.is_multiple_of(2) { (ArchiveFormat::Zip, ".zip") } else { (ArchiveFormat::TarGz, ".tar.gz") }
}

/// Returns the archive that the program writes.
pub(crate) fn archive(flags: &[String], ending: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = format!("packed{ending}");
    new(folder.path(), flags, &["--archive", &file]).success();
    fs::read(folder.path().join(file)).unwrap()
}

#[test]
fn an_archive_of_the_portal_and_of_the_server_has_the_bytes_that_the_program_writes() {
    let (portal, server) = (Portal::builtin(), portal_server::Portal::start(&[]));
    let mut different = BTreeSet::new();
    let mut kinds = BTreeSet::new();
    for seed in sets() {
        let request = by_chance(&portal, seed);
        let flags = flags(&portal, &request);
        let (format, ending) = format(seed);
        let written = archive(&flags, ending);
        assert!(portal.archive(&request, format).unwrap().bytes == written, "{flags:?}");
        let body = serde_json::to_value(&request).unwrap();
        let answer = server.post_json(&format!("/v1/archive{ending}"), &body).success();
        assert!(answer.body == written, "of the server: {flags:?}");
        let plan = portal.plan(&request).unwrap();
        different.insert(plan.digest);
        kinds.insert(format!("{} {}", plan.answers["kind"], plan.answers["target"]));
    }
    assert!(different.len() * 10 > usize::try_from(sets().end).unwrap() * 8, "the sets are different ones");
    assert!(kinds.len() >= 4, "workers and services, for each platform: {kinds:?}");
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
    // Only the program knows of several places in which an answer can stand.
    let failed = new(folder.path(), &flags, &[]).failure(2).replace(" (on the command line)", "");
    for error in &fault.errors {
        assert!(failed.contains(&format!("error: {}\n", error.detail)), "{failed}\n{error:?}");
        assert!(failed.contains(&error.hint), "{failed}\n{error:?}");
    }
    assert_eq!(
        fault.errors.iter().map(|it| it.pointer.as_str()).collect::<Vec<_>>(),
        ["/answers/service", "/answers/cpu", "/answers/port"]
    );
}

#[test]
fn what_is_wrong_is_said_in_korean_to_whoever_asks_in_it() {
    let server = portal_server::Portal::start(&[]);
    let answers =
        json!({ "service": "Orders", "target": "ecs", "port": "70000", "colour": "red", "cpu": "1", "kind": "wrker" });
    let refused = server.post_json("/v1/plan", &json!({ "answers": answers, "lang": "ko" })).problem(422);
    assert!(refused["errors"].as_array().unwrap().len() >= 4, "{refused}");
    let said = serde_json::to_string_pretty(&refused).unwrap().replace("\\n", "\n");
    let sentences =
        said.lines().filter(|line| line.contains("detail") || line.contains("hint") || line.contains("title"));
    let sentences: String = sentences.map(|line| line.split_once(": ").unwrap().1.to_owned() + "\n").collect();
    assert_eq!(korean_messages::faults("POST /v1/plan", &sentences), Vec::<String>::new());
    let folder = tempfile::tempdir().unwrap();
    let words = ["new", "Orders", "--target=ecs", "--no-input", "--dry-run", "--lang=ko"];
    let program = run(launchway().args(words).current_dir(folder.path())).failure(2);
    let program = program.replace("(명령줄에서 지정)", "");
    let of_the_name = refused["errors"].as_array().unwrap().iter().find(|it| it["question"] == "service").unwrap();
    assert!(program.contains(of_the_name["detail"].as_str().unwrap()), "{program}\n{refused}");
    let english = server.post_json("/v1/plan", &json!({ "answers": answers })).problem(422);
    assert_ne!(english["detail"], refused["detail"]);
    let missing = server.post_json("/v1/plan", &json!({ "template": "servce", "lang": "ko" })).problem(404);
    assert_eq!(korean_messages::faults("404", missing["detail"].as_str().unwrap()), Vec::<String>::new());
}

#[test]
fn a_worker_is_asked_for_what_a_worker_has() {
    let portal = Portal::builtin();
    let form = |kind: &str| {
        let answers = [("service", "orders"), ("target", "kubernetes"), ("kind", kind)];
        let answers = answers.map(|(id, value)| (id.to_owned(), Value::from(value))).into();
        let form = portal.validate(&Request { answers, ..Request::default() }).unwrap();
        form.fields.into_iter().map(|field| (field.id.clone(), field)).collect::<BTreeMap<_, _>>()
    };
    let (service, worker) = (form("http"), form("worker"));
    assert!(worker.contains_key("queue_url") && !service.contains_key("queue_url"));
    let refused = |field: &Field, value: &str| field.choices.iter().any(|it| it.value == value && it.refused.is_some());
    assert!(refused(&worker["strategy"], "canary") && !refused(&service["strategy"], "canary"));
}
