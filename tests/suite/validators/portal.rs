//! The portal in a real browser: the bytes of the program, by keyboard alone, in both languages and themes, as axe sees it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use launchway_core::hexadecimal;
use launchway_portal::Portal;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use xtask::portal;

use super::{ours, tools};
use crate::portal::{by_chance, flags, new, sets};
use crate::program::run;

/// The most bytes of the generator on its way, compressed as a web server does it.
const MAX_COMPRESSED: u64 = 800_000;

/// Walks through a portal with calls for its generator; the pictures stay below the target folder.
fn walked(folder: &Path, calls: &[Value]) -> Value {
    let place = tempfile::tempdir().unwrap();
    let cases = place.path().join("cases.json");
    fs::write(&cases, serde_json::to_vec(calls).unwrap()).unwrap();
    let pictures = xtask::workspace::target().join("portal-pictures");
    fs::create_dir_all(&pictures).unwrap();
    let chromium = xtask::tools::install_chromium().unwrap();
    let words = [chromium, tools().axe(), folder.to_owned(), cases, pictures];
    serde_json::from_str(&run(Command::new("node").arg(ours("portal.mjs")).args(words)).success()).unwrap()
}

fn digest(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

#[test]
fn a_browser_makes_the_archives_of_the_program_and_everybody_reaches_them() {
    let place = tempfile::tempdir().unwrap();
    let folder = portal::write(Some(&place.path().join("portal")), &[with_a_question(place.path())]).unwrap();
    let native = Portal::builtin();
    let requests: Vec<_> = sets().map(|seed| by_chance(&native, seed)).collect();
    let calls: Vec<Value> = requests.iter().map(|request| json!({ "call": "zip", "with": request })).collect();
    let seen = walked(&folder, &calls);
    let program = |flags: &[String]| {
        let file = place.path().join("a.zip");
        new(place.path(), flags, &["--archive=a.zip"]).success();
        let bytes = fs::read(&file).unwrap();
        fs::remove_file(file).unwrap();
        digest(&bytes)
    };
    let expected: Vec<Value> = requests.iter().map(|it| json!([1, program(&flags(&native, it))])).collect();
    assert_eq!(seen["inNode"], Value::from(expected.clone()));
    assert_eq!(seen["inChromium"], Value::from(expected));
    let target = format!("--target={}", seen["target"].as_str().unwrap());
    assert_eq!(seen["zip"], program(&["orders".to_owned(), target]), "by keyboard alone");
    assert_eq!(seen["downloaded"], "orders.zip");
    let is_asked = |it: &Value| it.as_str().unwrap().starts_with("Which squad?");
    assert!(seen["fields"].as_array().unwrap().iter().any(is_asked), "{}", seen["fields"]);
    assert_views(&seen);
    assert_eq!(
        (&seen["asked"], &seen["errors"]),
        (&json!([]), &json!([])),
        "nothing from elsewhere, and nothing fails"
    );
    assert_eq!(seen["hit"], false, "what a link says is text");
    assert!(seen["withoutScript"].as_str().unwrap().contains("launchway new orders"), "{}", seen["withoutScript"]);
    let compressed = seen["compressed"].as_u64().unwrap();
    assert!(compressed <= MAX_COMPRESSED, "the generator has {compressed} bytes on its way");
}

fn assert_views(seen: &Value) {
    let views = seen["views"].as_array().unwrap();
    assert_eq!(views.len(), 40);
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
