//! `launchway template`: what the authors of templates run.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::program::{Ran, launchway, run};

fn template(folder: &Path, words: &[&str]) -> Ran {
    run(launchway().current_dir(folder).arg("template").args(words))
}

fn json(folder: &Path, words: &[&str]) -> Json {
    serde_json::from_str(&template(folder, &[words, &["--output", "json"]].concat()).stdout).unwrap()
}

/// Makes a new template.
fn new() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let made = template(folder.path(), &["new", "payments"]);
    assert_eq!(made.success(), "payments\n");
    let path = folder.path().join("payments");
    (folder, path)
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn a_new_template_passes_its_own_checks_and_makes_a_project() {
    let (folder, path) = new();
    assert_eq!(template(folder.path(), &["lint", "payments"]).success(), "nothing was found\n");
    assert_eq!(template(&path, &["lint"]).success(), "nothing was found\n");
    let tested = template(&path, &["test", "--matrix"]).success();
    assert!(tested.contains("default") && tested.contains("every-answer"), "{tested}");
    let words = ["new", "orders", "--template", "./payments", "--no-input", "--no-git"];
    run(launchway().current_dir(folder.path()).args(words)).success();
    let settings = fs::read_to_string(folder.path().join("orders/settings.yaml")).unwrap();
    assert_eq!(settings, "name: orders\ndescription: \"The project orders\"\nport: 8080\n");
}

#[test]
fn a_template_is_held_to_the_languages_that_it_is_written_in() {
    let (_folder, path) = new();
    fs::create_dir(path.join("translations")).unwrap();
    fs::write(
        path.join("translations/ko.toml"),
        "\"The port on which it listens.\" = \"수신하는 포트\"\n\"Gone\" = \"없음\"\n",
    )
    .unwrap();
    let said = template(&path, &["lint"]).success();
    let gone =
        "translations/ko.toml: warning: `Gone` is translated, and the template does not say it (stale-translation)";
    assert!(said.contains(gone), "{said}");
    assert!(said.contains("(untranslated)") && said.ends_with(" warnings\n"), "{said}");
    let strict = template(&path, &["lint", "--level", "warning"]);
    assert_eq!((strict.code, strict.stdout), (Some(1), said));
    let found = json(&path, &["lint"]);
    assert_eq!((&found["clean"], &found["findings"][0]["level"]), (&false.into(), &"warning".into()));
    // What is not translated stays as the manifest has it, and no template is refused for it.
    let help = run(launchway().args(["new", "--lang", "ko", "--help", "--template"]).arg(&path)).success();
    assert!(help.contains("수신하는 포트") && help.contains("One sentence, for the README."), "{help}");
    template(&path, &["lint", "--level", "fatal"]).failure(2);
}

#[test]
fn a_changed_file_fails_the_test_of_a_new_template() {
    let (_folder, path) = new();
    fs::write(path.join("files/extra.txt"), "x\n").unwrap();
    assert!(template(&path, &["test"]).code == Some(1));
    template(&path, &["test", "--bless"]).success();
    template(&path, &["test"]).success();
}

#[test]
fn a_new_template_never_replaces_anything_and_has_a_usable_name() {
    let (folder, _) = new();
    let error = template(folder.path(), &["new", "payments"]).failure(3);
    assert!(error.contains("`template.toml`") && error.contains("nothing was written"), "{error}");
    for name in ["../x", "Payments", "a b", "\u{1b}[2J"] {
        let error = template(folder.path(), &["new", name]).failure(2);
        assert!(error.contains("is not a slug") && !error.contains('\u{1b}'), "{error}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let made = json(folder.path(), &["new", "another", "--dest", "elsewhere"]);
    assert_eq!((&made["schema"], &made["path"]), (&"launchway.template.new/1".into(), &"elsewhere".into()));
}

#[test]
fn lint_names_what_is_wrong_with_its_place_and_fails() {
    let (_folder, path) = new();
    let manifest = path.join("template.toml");
    replace(&manifest, "[[agreement]]", "[[value]]\nid = \"twice\"\nis = \"multiply port 2\"\n\n[[agreement]]");
    let ran = template(&path, &["lint"]);
    let text = ran.stdout.clone();
    ran.failure(1);
    assert!(text.contains(": error: the value `twice` is used nowhere (unused-value)\n1 error\n"), "{text}");
    replace(&manifest, "multiply port 2", "multiply prot 2");
    let found = json(&path, &["lint"]);
    assert_eq!(found["clean"], false);
    assert_eq!(found["findings"][0]["level"], "error");
    assert_eq!(found["findings"][0]["rule"], "invalid");
    assert_eq!(found["findings"][0]["hint"], "did you mean `port`?");
    assert!(found["findings"][0]["line"].is_u64() && found["findings"][0]["file"] == "template.toml");
    fs::write(&manifest, "[template\n").unwrap();
    assert_eq!(json(&path, &["lint"])["findings"][0]["line"], 1);
    template(&path, &["lint", "./absent"]).failure(2);
}

#[test]
fn show_says_what_is_asked_and_what_hangs_on_what() {
    let folder = tempfile::tempdir().unwrap();
    let text = template(folder.path(), &["show", "service"]).success();
    assert!(text.contains("target (choice): Where will it run?"), "{text}");
    assert!(text.contains("asked when: ecs"), "{text}");
    let shown = json(folder.path(), &["show", "service"]);
    assert_eq!(shown["schema"], "launchway.template.show/1");
    let edges = shown["graph"].as_array().unwrap();
    assert!(edges.iter().any(|edge| edge["from"] == "target" && edge["to"] == "regions" && edge["when"] == "ecs"));
    assert!(edges.iter().any(|edge| edge["from"] == "cpu" && edge["to"] == "memory"));
    let graph = template(folder.path(), &["show", "service", "--graph"]).success();
    assert!(graph.starts_with("flowchart LR\n    q_service[\"service\"]\n"), "{graph}");
    assert!(graph.contains("    q_target -->|\"ecs\"| q_regions\n"), "{graph}");
    assert_eq!(graph.lines().filter(|line| line.contains("-->")).count(), edges.len());
}

#[test]
fn show_says_who_uses_a_value_and_names_the_nearest_one_to_an_unknown_one() {
    let (folder, path) = new();
    let manifest = path.join("template.toml");
    replace(&manifest, "[[agreement]]", "[[value]]\nid = \"twice\"\nis = \"multiply port 2\"\n\n[[agreement]]");
    let text = template(&path, &["show", ".", "--value", "port"]).success();
    assert!(text.starts_with("port (question), declared at template.toml:"), "{text}");
    for user in ["value twice: is (template.toml:", "file settings.yaml: text (files/settings.yaml.hbs)\n"] {
        assert!(text.contains(user), "{user}: {text}");
    }
    let unused = template(&path, &["show", "--value=twice", "."]).success();
    assert!(unused.ends_with("  is: multiply port 2\n\nused nowhere\n"), "{unused}");
    let report = json(&path, &["show", ".", "--value", "port"]);
    assert_eq!((&report["schema"], &report["kind"]), (&"launchway.template.uses/1".into(), &"question".into()));
    let users = report["users"].as_array().unwrap();
    let twice = users.iter().find(|user| user["id"] == "twice").unwrap();
    assert_eq!((&twice["kind"], &twice["parts"][0]), (&"value".into(), &"is".into()));
    assert!(twice["place"]["line"].is_u64(), "{twice}");
    let said = template(folder.path(), &["show", "payments", "--value", "prot"]).failure(2);
    assert!(said.contains("`payments` has neither a question nor a value `prot`"), "{said}");
    assert!(said.contains("hint: did you mean `port`?"), "{said}");
    template(&path, &["show", ".", "--value", "port", "--graph"]).failure(2);
}

#[test]
fn schemas_are_printed_for_the_manifest_and_for_answers() {
    let (folder, _) = new();
    let schema = |words: &[&str]| -> Json {
        serde_json::from_str(&template(folder.path(), &[&["schema"], words].concat()).success()).unwrap()
    };
    assert_eq!(schema(&[])["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema(&["payments"])["properties"]["port"]["maximum"], 65535);
    assert_eq!(schema(&["./payments"])["additionalProperties"], false);
}

#[test]
fn a_hostile_template_does_not_steer_the_terminal() {
    let (_folder, path) = new();
    replace(&path.join("template.toml"), "prompt = \"Port\"", "prompt = \"Po\\u001b[2Jrt\"");
    for words in [&["show", "."][..], &["lint", "."], &["show", ".", "--graph"], &["show", ".", "--value", "\u{1b}[2J"]]
    {
        let ran = template(&path, words);
        assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'), "{words:?}");
    }
}
