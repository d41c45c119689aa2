//! The portal in a real browser: the bytes of the program, by keyboard alone, back and forth, in both languages and themes, as axe sees it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use launchway_core::template::{Source, TemplateFiles, builtin};
use launchway_core::{LoadError, Template, hexadecimal};
use launchway_portal::{ArchiveFormat, Field, Form, Offer, PlanReport, Portal, Request};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use xtask::portal::{self, Build};

use super::{ours, tools};
use crate::portal::{by_chance, format, sets};
use crate::program::run;
use crate::{korean_messages, sample};

/// The most bytes of the generator on its way, compressed as a web server does it.
const MAX_COMPRESSED: u64 = 1_250_000;

/// So many choices stand beside one another on the page; more are a list.
const MOST_RADIOS: usize = 7;

/// Walks through a portal; the pictures stay below the target folder.
fn walked(folder: &Path, cases: &Value) -> Value {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("cases.json");
    fs::write(&file, serde_json::to_vec(cases).unwrap()).unwrap();
    let pictures = xtask::workspace::target().join("portal-pictures");
    fs::create_dir_all(&pictures).unwrap();
    let chromium = xtask::tools::install_chromium().unwrap();
    let words = [chromium, tools().axe(), folder.to_owned(), file, pictures];
    serde_json::from_str(&run(Command::new("node").arg(ours("portal.mjs")).args(words)).success()).unwrap()
}

/// Tells whether no portal can be built here, and says so where no test hides it.
pub(super) fn is_missing() -> bool {
    let Some(why) = portal::missing().unwrap() else { return false };
    // What a macro prints is shown of a test that failed, and of no other.
    let said = writeln!(std::io::stderr(), "the page of the portal was not tested: {why}");
    said.is_ok()
}

fn digest(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// The views of the page in one language.
const VIEWS: usize = 5;

/// In which windows and themes each is looked at in both languages, beside a narrow one with the colours of the system in one of them.
fn themes() -> Vec<(u32, &'static str)> {
    let all = vec![(1280, "light"), (390, "dark"), (1280, "dark"), (390, "light")];
    all.into_iter().take(sample::size(2, 4)).collect()
}

/// Two links whose projects are compared.
const PAIRS: [[&str; 2]; 3] = [
    ["service=orders&target=ecs", "service=orders&target=ecs&port=9000&strategy=canary"],
    [
        "service=orders&target=kubernetes",
        "service=orders&target=kubernetes&kind=worker&queue-url=https://sqs.eu-west-1.amazonaws.com/123456789012/orders-ENVIRONMENT",
    ],
    ["service=orders&target=ecs", "template=team&service=orders&target=ecs"],
];

#[test]
fn a_browser_makes_the_archives_of_the_program_and_everybody_reaches_them() {
    if is_missing() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let team = with_a_question(place.path());
    let build = if sample::is_whole() { Build::Released } else { Build::Tested };
    let folder = portal::write(Some(&place.path().join("portal")), std::slice::from_ref(&team), build).unwrap();
    let mut native = Portal::builtin();
    native.offer(Offer::new("team", move || offered(&team)));
    let requests: Vec<_> = sets().map(|seed| (seed, by_chance(&native, seed))).collect();
    let call = |seed: u64| if format(seed).0 == ArchiveFormat::Zip { "zip" } else { "tar-gz" };
    let calls: Vec<Value> =
        requests.iter().map(|(seed, request)| json!({ "call": call(*seed), "with": request })).collect();
    let seen = walked(
        &folder,
        &json!({
            "calls": calls,
            "pairs": PAIRS,
            "walks": sample::size(5, 200),
            "steps": 20,
            "themes": themes(),
            "isReleased": build == Build::Released,
        }),
    );
    // Another test holds that the program writes the same.
    let archive = |seed: u64, request| json!([1, digest(&native.archive(request, format(seed).0).unwrap().bytes)]);
    let expected: Vec<Value> = requests.iter().map(|(seed, request)| archive(*seed, request)).collect();
    assert_eq!(seen["inNode"], Value::from(expected.clone()));
    assert_eq!(seen["inChromium"], Value::from(expected));
    let target = format!("--target={}", seen["target"].as_str().unwrap());
    assert_eq!(
        seen["zip"],
        digest(&crate::portal::archive(&["orders".to_owned(), target], ".zip")),
        "by keyboard alone"
    );
    assert_eq!(seen["downloaded"], "orders.zip");
    let is_asked = |it: &Value| it.as_str().unwrap().starts_with("Which squad?");
    assert!(seen["fields"].as_array().unwrap().iter().any(is_asked), "{}", seen["fields"]);
    assert_views(&seen);
    assert_said(&seen["said"]);
    seen["walked"].as_array().unwrap().iter().for_each(|walk| assert_walk(&native, walk));
    for (pair, compared) in PAIRS.iter().zip(seen["comparisons"].as_array().unwrap()) {
        assert_compared(&native, pair, compared);
    }
    assert_eq!(
        (&seen["asked"], &seen["errors"]),
        (&json!([]), &json!([])),
        "nothing from elsewhere, and nothing fails"
    );
    assert_eq!(seen["hit"], false, "what a link says is text");
    assert!(seen["withoutScript"].as_str().unwrap().contains("launchway new orders"), "{}", seen["withoutScript"]);
    if build == Build::Released {
        let compressed = seen["compressed"].as_u64().unwrap();
        assert!(compressed <= MAX_COMPRESSED, "the generator has {compressed} bytes on its way");
    }
}

/// The template of a folder, as the page has it.
fn offered(folder: &Path) -> Result<Template, LoadError> {
    let layers = vec![
        (TemplateFiles::folder(folder)?, Source::Folder(folder.into())),
        (builtin("service", None)?, Source::Builtin),
    ];
    Template::from_layers(layers)
}

/// What is wrong is said in the language of the page.
fn assert_said(said: &Value) {
    let lines = |lang: &str| {
        let lines = said[lang].as_array().unwrap().iter().map(|it| it.as_str().unwrap());
        lines.filter(|line| !line.is_empty()).collect::<Vec<_>>()
    };
    assert!(lines("en").len() >= 2 && lines("en").len() == lines("ko").len(), "{said}");
    assert_eq!(korean_messages::faults("the page", &lines("ko").join("\n")), Vec::<String>::new());
}

/// Takes the steps of a walk with the functions of the portal, by the rules of the wizard: the page shows what follows from the answers,
/// whatever the way to them was.
fn assert_walk(native: &Portal, walk: &Value) {
    let mut answers = BTreeMap::new();
    let taken = walk["taken"].as_array().unwrap();
    for (number, step) in taken.iter().enumerate() {
        if let Some(id) = step["id"].as_str() {
            take(native, &mut answers, id, &step["value"]);
        }
        let form = form(native, &answers);
        let of = || format!("step {number} of {:#}", Value::from(&taken[..=number]));
        assert_eq!(step["seen"], expected(&form, &answers), "{}", of());
        if let Some(earlier) = step["to"].as_u64() {
            let earlier = &taken[usize::try_from(earlier).unwrap()];
            assert_eq!(step["seen"], earlier["seen"], "back where it was: {}", of());
        }
    }
    let last = &taken.last().unwrap()["seen"];
    if last.as_object().unwrap().values().all(|field| field["problem"] == "") {
        assert_eq!(walk["again"], *last, "the link {} leads there", walk["link"]);
    }
}

fn form(native: &Portal, answers: &BTreeMap<String, Value>) -> Form {
    native.validate(&Request { answers: answers.clone(), ..Request::default() }).unwrap()
}

/// Takes an answer; one that is the default follows the default, and is none.
fn take(native: &Portal, answers: &mut BTreeMap<String, Value>, id: &str, value: &Value) {
    let before = form(native, answers);
    let field = before.fields.iter().find(|field| field.id == id).unwrap();
    let is_none = value.is_null() || value == "" && !field.optional;
    let value = if field.kind == "bool" { json!(value == "true") } else { value.clone() };
    if is_none {
        answers.remove(id);
        return;
    }
    answers.insert(id.to_owned(), value.clone());
    let after = form(native, answers);
    let field = after.fields.iter().find(|field| field.id == id).unwrap();
    if field.default.as_ref().is_some_and(|default| shown(default) == shown(&value)) && field.problem.is_none() {
        answers.remove(id);
    }
}

/// An answer as the page shows it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(","),
        value => value.to_string(),
    }
}

/// What the page has to show of a form.
fn expected(form: &Form, answers: &BTreeMap<String, Value>) -> Value {
    let field = |field: &Field| {
        let given = answers.get(&field.id);
        let counted = given.or(field.value.as_ref());
        let text = counted.map(shown).unwrap_or_default();
        let has = |value: &str| field.choices.iter().any(|choice| choice.value == value);
        let value = match field.kind {
            "choices" => {
                let items: Vec<&Value> = counted.and_then(Value::as_array).into_iter().flatten().collect();
                let chosen = field.choices.iter().map(|choice| Value::from(choice.value.as_str()));
                chosen.filter(|value| items.contains(&value)).collect()
            }
            "bool" => counted.map_or(Value::Null, |_| text.into()),
            "choice" if field.choices.len() > MOST_RADIOS => Value::from(if has(&text) { text } else { String::new() }),
            "choice" => {
                if has(&text) {
                    text.into()
                } else {
                    Value::Null
                }
            }
            _ => given.map(shown).unwrap_or_default().into(),
        };
        let refused = field.choices.iter().filter(|choice| choice.refused.is_some());
        let problem = field.problem.as_ref().map(|it| format!("{}; {}", it.detail, it.hint)).unwrap_or_default();
        let refused: Vec<&str> = refused.map(|choice| choice.value.as_str()).collect();
        (field.id.clone(), json!({ "value": value, "refused": refused, "problem": problem }))
    };
    form.fields.iter().map(field).collect::<serde_json::Map<_, _>>().into()
}

/// The comparison names the answers and the files that differ, and no other ones.
fn assert_compared(native: &Portal, pair: &[&str; 2], compared: &Value) {
    assert_eq!(compared["problem"], Value::Null, "{pair:?}");
    let [first, second] = pair.map(|link| native.plan(&native.shared(link).unwrap()).unwrap());
    let said = |plan: &PlanReport, id: &str| plan.answers.get(id).map_or_else(|| "not answered".to_owned(), shown);
    let ids: BTreeSet<&String> = first.answers.keys().chain(second.answers.keys()).collect();
    let differ =
        ids.into_iter().map(|id| [id.clone(), said(&first, id), said(&second, id)]).filter(|it| it[1] != it[2]);
    let rows: BTreeSet<[String; 3]> = serde_json::from_value(compared["rows"].clone()).unwrap();
    assert_eq!(rows, differ.collect(), "{pair:?}");
    let files = |plan: &PlanReport| -> BTreeMap<String, (String, &'static str)> {
        plan.files.iter().map(|file| (file.path.clone(), (file.sha256.clone(), file.mode))).collect()
    };
    let (first, second) = (files(&first), files(&second));
    let paths: BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    let differ = paths.into_iter().filter(|path| first.get(*path) != second.get(*path)).map(|path| {
        match (first.contains_key(path), second.contains_key(path)) {
            (true, true) => format!("{path} · changed"),
            (true, false) => format!("{path} · only in the first"),
            _ => format!("{path} · only in the second"),
        }
    });
    assert_eq!(compared["files"], json!(differ.collect::<Vec<_>>()), "{pair:?}");
}

fn assert_views(seen: &Value) {
    let views = seen["views"].as_array().unwrap();
    assert_eq!(views.len(), VIEWS * (2 * themes().len() + 1));
    for view in views {
        assert_eq!(view["violations"], json!([]), "{}", view["of"]);
        assert_eq!(view["wide"], false, "{}: none to the side", view["of"]);
    }
}

/// Writes a template that extends the built-in one with a question.
fn with_a_question(place: &Path) -> PathBuf {
    let template = place.join("team");
    fs::create_dir_all(template.join("files")).unwrap();
    let question = "[[question]]\nid = \"squad\"\nprompt = \"Which squad?\"\nhelp = \"The squad that answers.\"\nkind = \"slug\"\ndefault = \"web\"\n";
    let head = "[template]\nid = \"team\"\ntitle = \"Of the team\"\nversion = \"1.0.0\"\nextends = \"service\"\n";
    fs::write(template.join("template.toml"), format!("{head}\n{question}")).unwrap();
    fs::write(template.join("files/SQUAD.hbs"), "{{squad}}\n").unwrap();
    template
}
