//! `launchway adopt`: the answers are found in the files, and nothing but the record is written.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use launchway_core::adopt::{Adoption, Fit, Sureness, Tree as CoreTree, adopt};
use launchway_core::{SafePath, Value};
use serde_json::Value as Json;
use tempfile::TempDir;
use xtask::tree::{self, File, Tree};

use crate::golden;
use crate::history::without_defaults;
use crate::matrix::matrix;
use crate::program::{GIT_IDENTITY, Ran, launchway, run};
use crate::rendered::{self, TEMPLATE};
use crate::sample::{self, in_pairs};

/// Finds the answers of a tree of which nothing but the files is known.
fn adopted(tree: &Tree) -> Adoption {
    adopted_with(tree, &BTreeMap::new())
}

/// Finds the answers of a tree whose owner says some of them.
fn adopted_with(tree: &Tree, given: &BTreeMap<String, Value>) -> Adoption {
    let files = tree.iter().filter(|(path, _)| !path.starts_with(".launchway/"));
    let core: CoreTree = files.map(|(path, file)| (SafePath::new(path).unwrap(), file.bytes.clone())).collect();
    adopt(&TEMPLATE, &core.into(), given, "some-folder").unwrap_or_else(|error| panic!("{error}"))
}

fn made(adoption: &Adoption) -> Tree {
    let file = |file: &launchway_core::PlannedFile| File { executable: file.executable, bytes: file.bytes.to_vec() };
    adoption.plan.files.iter().map(|(path, planned)| (path.as_str().to_owned(), file(planned))).collect()
}

#[test]
fn every_golden_project_that_lost_its_record_gets_answers_that_make_it_to_the_last_byte() {
    in_pairs(sample::of(golden::rendered().iter().collect(), 1, 9), |(case, tree): (&String, &Tree)| {
        let mut tree = tree.clone();
        tree.retain(|path, _| !path.starts_with(".launchway/"));
        let adoption = adopted_with(&tree, &said(&answers_of(case)));
        assert_eq!(tree::differences(&tree, &made(&adoption)), Vec::<String>::new(), "{case}");
        assert_eq!(adoption.percent(), 100, "{case}");
        assert!(adoption.files.iter().all(|file| file.fit == Fit::Exact), "{case}");
    });
}

#[test]
fn answers_of_every_kind_are_found_again() {
    let rows = sample::of(matrix(), 0, 41);
    in_pairs(rows, |answers| {
        let rendered = rendered::render(&answers);
        let adoption = adopted_with(&rendered.tree, &said(&rendered.answers));
        assert_eq!(tree::differences(&rendered.tree, &made(&adoption)), Vec::<String>::new(), "{:?}", rendered.answers);
    });
}

/// The answers from which a golden project was made.
fn answers_of(case: &str) -> Vec<(String, Value)> {
    let path = xtask::workspace::root().join("tests/golden").join(case).join("answers.toml");
    let table: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let texts = table.into_iter().filter_map(|(id, value)| {
        let text = |value: &toml::Value| value.as_str().map(str::to_owned);
        let list = || value.as_array().map(|items| Value::List(items.iter().filter_map(text).collect()));
        Some((id, text(&value).map(Value::Text).or_else(list)?))
    });
    texts.collect()
}

/// What no file has as it was answered: the name of the environment is in its place, or a list is in pieces.
fn said(answers: &[(String, Value)]) -> BTreeMap<String, Value> {
    let has_place = |value: &Value| matches!(value, Value::Text(text) if text.contains("ENVIRONMENT"));
    let is_given = |value: &Value| !matches!(value, Value::List(items) if items.is_empty()) && value.to_string() != "";
    let is_in_pieces = |id: &String| ["accounts", "secret_keys", "ingress_class"].contains(&id.as_str());
    let is_said = |(id, value): &&(String, Value)| has_place(value) || (is_in_pieces(id) && is_given(value));
    let mut said: BTreeMap<_, _> = answers.iter().filter(is_said).cloned().collect();
    // With those that it depends on.
    let needs = [
        ("pod_identity", "provider"),
        ("ingress_class", "provider"),
        ("secret_keys", "secrets"),
        ("secret_keys", "secret_store"),
    ];
    for (id, needed) in needs {
        if said.contains_key(id) {
            said.extend(answers.iter().filter(|(id, _)| id == needed).cloned());
        }
    }
    said
}

#[test]
fn answers_are_found_in_a_project_that_people_have_changed() {
    let rows = sample::of(matrix().into_iter().enumerate().collect(), 5, 67);
    in_pairs(rows, |(number, answers)| {
        let rendered = rendered::render(&answers);
        let mut tree = rendered.tree.clone();
        damage(&mut tree, number as u64);
        let adoption = adopted_with(&tree, &said(&rendered.answers));
        assert!((50..100).contains(&adoption.percent()), "{}", adoption.percent());
        assert_eq!(tree::differences(&rendered.tree, &made(&adoption)), Vec::<String>::new(), "{:?}", rendered.answers);
    });
}

/// Of every other file, takes one line in twelve away and puts one beside another.
fn damage(tree: &mut Tree, seed: u64) {
    let mut state = seed;
    let mut dice = |sides: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % sides
    };
    for file in tree.values_mut() {
        if dice(2) == 0 {
            let text = String::from_utf8(file.bytes.clone()).unwrap();
            let line = |line: &str| match dice(12) {
                // A free text that is gone from every file could not be found again.
                0 if !line.contains("Takes orders") => String::new(),
                1 => format!("# ours\n{line}\n"),
                _ => format!("{line}\n"),
            };
            file.bytes = text.lines().map(line).collect::<String>().into_bytes();
        }
    }
}

#[test]
fn an_answer_is_sure_where_the_files_tell_and_open_where_they_do_not() {
    let given = [("service", "orders"), ("target", "kubernetes"), ("owner", "shop")];
    let given = given.map(|(id, value)| (id, Value::Text(value.to_owned())));
    let adoption = adopted(&rendered::render(&rendered::answers(given)).tree);
    let answer = |id: &str| adoption.answers.iter().find(|answer| answer.question == id).unwrap();
    for (id, value) in [("service", "orders"), ("target", "kubernetes"), ("owner", "shop"), ("port", "8080")] {
        assert_eq!((answer(id).value.to_string().as_str(), answer(id).sureness), (value, Sureness::Sure));
        assert!(answer(id).seen.is_some(), "{id}");
    }
    // A question of which nothing in any file depends.
    let template = folder_template(
        "[[question]]\nid = \"mood\"\nprompt = \"P\"\nhelp = \"H.\"\nkind = \"bool\"\ndefault = true\n",
    );
    let template = launchway_core::Template::from_folder(template.path()).unwrap();
    let tree: CoreTree = [(SafePath::new("a.txt").unwrap(), b"name: one\nsize: small\n".to_vec())].into();
    let adoption = adopt(&template, &tree.into(), &BTreeMap::new(), "x").unwrap();
    let of = |id: &str| adoption.answers.iter().find(|answer| answer.question == id).unwrap().sureness;
    assert_eq!((of("service"), of("mood")), (Sureness::Sure, Sureness::Open));
    assert_eq!(adoption.context.name, "one");
}

/// Writes a template of one file.
fn folder_template(more: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "[template]\nid = \"t\"\ntitle = \"T\"\nversion = \"1.0.0\"\nname = \"service\"\n\
                    [[question]]\nid = \"service\"\nprompt = \"P\"\nhelp = \"H.\"\nkind = \"slug\"\n";
    fs::write(folder.path().join("template.toml"), format!("{manifest}{more}")).unwrap();
    fs::create_dir(folder.path().join("files")).unwrap();
    fs::write(folder.path().join("files/a.txt.hbs"), "name: {{service}}\nsize: small\n").unwrap();
    folder
}

/// Makes a project and takes its record away; returns the record.
fn lost(words: &[&str]) -> (TempDir, Tree) {
    let folder = tempfile::tempdir().unwrap();
    let new = ["new", "orders", "--dest", "orders", "--no-input", "--no-git"];
    run(launchway().args(new).args(words).current_dir(folder.path())).success();
    let record = tree::read(&folder.path().join("orders/.launchway")).unwrap();
    fs::remove_dir_all(folder.path().join("orders/.launchway")).unwrap();
    (folder, record)
}

fn in_project(folder: &TempDir, words: &[&str]) -> Ran {
    run(launchway().args(words).current_dir(folder.path().join("orders")))
}

fn files(folder: &TempDir) -> Tree {
    tree::read(&folder.path().join("orders")).unwrap()
}

#[test]
fn a_lost_record_comes_back_as_it_was_and_no_other_file_is_touched() {
    let (folder, record) = lost(&["--target=ecs", "--strategy=canary", "--description=Takes \"orders\" & more"]);
    let before = files(&folder);
    let said = in_project(&folder, &["adopt"]);
    assert!(said.stderr.contains("wrote the record, `.launchway/orders.toml`"), "{}", said.stderr);
    for next in ["`launchway diff`", "`launchway update`"] {
        assert!(said.stderr.contains(next), "{}", said.stderr);
    }
    let found = said.success();
    assert!(found.starts_with("orders (service "), "{found}");
    assert!(found.contains("100 % of the lines fit; "), "{found}");
    let mut after = files(&folder);
    let mut written = tree::read(&folder.path().join("orders/.launchway")).unwrap();
    let mut record = record;
    // What stands in the files may have been given, also where it is what the default would be.
    [&mut record, &mut written].into_iter().for_each(without_defaults);
    assert_eq!(tree::differences(&record, &written), Vec::<String>::new());
    after.retain(|path, _| !path.starts_with(".launchway/"));
    assert_eq!(tree::differences(&before, &after), Vec::<String>::new());
    assert!(in_project(&folder, &["check"]).success().contains("agreements hold"));
}

#[test]
fn what_differs_and_what_is_missing_is_named_and_the_record_knows_what_was_deleted() {
    let (folder, _) = lost(&["--target=kubernetes"]);
    let project = folder.path().join("orders");
    fs::remove_file(project.join("deny.toml")).unwrap();
    let dockerfile = fs::read_to_string(project.join("Dockerfile")).unwrap();
    fs::write(project.join("Dockerfile"), format!("# ours\n{dockerfile}")).unwrap();
    let said = in_project(&folder, &["adopt", "--output", "json"]).success();
    let report: Json = serde_json::from_str(&said).unwrap();
    assert_eq!((&report["schema"], &report["written"]), (&"launchway.adopt/1".into(), &true.into()));
    assert_eq!(report["missing"], serde_json::json!(["deny.toml"]));
    assert_eq!(report["differs"][0]["path"], "Dockerfile");
    assert_eq!(report["differs"][0]["lines"], report["differs"][0]["matched"]);
    let target = report["answers"].as_array().unwrap().iter().find(|answer| answer["question"] == "target").unwrap();
    assert_eq!((&target["value"], &target["sureness"]), (&"kubernetes".into(), &"sure".into()));
    let record = fs::read_to_string(project.join(".launchway/orders.toml")).unwrap();
    assert!(record.contains("deleted = [\"deny.toml\"]"), "{record}");
}

#[test]
fn an_adopted_project_takes_another_answer_by_the_merge_that_others_take() {
    let (folder, _) = lost(&["--target=ecs"]);
    let project = folder.path().join("orders");
    let dockerfile = fs::read_to_string(project.join("Dockerfile")).unwrap();
    fs::write(project.join("Dockerfile"), format!("{dockerfile}# ours\n")).unwrap();
    in_project(&folder, &["adopt"]).success();
    for words in [&["init", "--quiet"][..], &["add", "--all"], &["commit", "--quiet", "--message", "x"]] {
        let mut git = std::process::Command::new("git");
        run(git.args(words).envs(GIT_IDENTITY).current_dir(&project)).success();
    }
    let port = ["--set", "port=8085"];
    in_project(&folder, &[&["update", "--no-input"], &port[..]].concat()).success();
    let dockerfile = fs::read_to_string(project.join("Dockerfile")).unwrap();
    assert!(dockerfile.contains("EXPOSE 8085") && dockerfile.ends_with("# ours\n"), "{dockerfile}");
}

#[test]
fn an_unrelated_repository_is_refused_with_its_score_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("orders")).unwrap();
    let toml = "[package]\nname = \"other\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    fs::write(folder.path().join("orders/Cargo.toml"), toml).unwrap();
    fs::write(folder.path().join("orders/README.md"), "# other\n\nSomething else.\n").unwrap();
    let before = files(&folder);
    let said = in_project(&folder, &["adopt"]).failure(1);
    assert!(said.contains("hardly anything here was made from the template: "), "{said}");
    assert!(said.contains(" lines fit, 0 per cent; 25 are needed"), "{said}");
    assert_eq!(files(&folder), before);
}

#[test]
fn a_record_is_never_replaced() {
    let (folder, record) = lost(&["--target=ecs"]);
    let place = folder.path().join("orders/.launchway");
    tree::write(&record, &place).unwrap();
    let said = in_project(&folder, &["adopt"]).failure(3);
    assert!(said.contains("`orders` has a record already"), "{said}");
    assert!(in_project(&folder, &["adopt", "--name", "orders"]).failure(3).contains("has a record already"));
    // Half of a record is somebody's work too.
    fs::remove_file(place.join("orders.toml")).unwrap();
    let before = files(&folder);
    assert!(in_project(&folder, &["adopt"]).failure(3).contains("belongs to a record"));
    assert_eq!(files(&folder), before);
}

#[test]
fn a_dry_run_finds_the_same_and_writes_nothing() {
    let (folder, _) = lost(&["--target=kubernetes"]);
    let before = files(&folder);
    let first = in_project(&folder, &["adopt", "--dry-run"]).success();
    assert_eq!(files(&folder), before);
    assert_eq!(in_project(&folder, &["adopt"]).success(), first, "the same tree, the same answers");
}

#[test]
fn what_is_given_stands_and_what_cannot_be_is_refused() {
    let (folder, _) = lost(&["--target=ecs"]);
    let said = in_project(&folder, &["adopt", "--dry-run", "--set", "target=both"]).success();
    assert!(said.contains("both  (given)") && said.contains("files that are missing"), "{said}");
    for (words, message) in [
        (["--set", "colour=red"], "the template `service` has no question `colour`"),
        (["--set", "exposure=gateway"], "`exposure` has no effect"),
        (["--set", "port=80"], "port `80` is out of range"),
        (["--set", "target=vm"], "target `vm` is not one of the choices"),
        (["--name", "Or ders"], "`Or ders` is not a slug"),
    ] {
        let mut line = vec!["adopt", "--set", "target=ecs"];
        line.extend(words);
        let said = in_project(&folder, &line).failure(2);
        assert!(said.contains(message), "{said}");
    }
    assert!(!folder.path().join("orders/.launchway").exists());
}

#[test]
fn no_link_is_followed_to_read_or_to_write() {
    let (folder, _) = lost(&["--target=ecs"]);
    let (project, outside) = (folder.path().join("orders"), folder.path().join("outside"));
    fs::create_dir(&outside).unwrap();
    fs::rename(project.join("Dockerfile"), outside.join("Dockerfile")).unwrap();
    std::os::unix::fs::symlink(outside.join("Dockerfile"), project.join("Dockerfile")).unwrap();
    let said = in_project(&folder, &["adopt", "--dry-run"]).success();
    assert!(said.contains("files that are missing\n  Dockerfile"), "{said}");
    std::os::unix::fs::symlink(&outside, project.join(".launchway")).unwrap();
    assert_ne!(in_project(&folder, &["adopt"]).code, Some(0));
    let names: Vec<_> = fs::read_dir(&outside).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["Dockerfile"]);
}

#[test]
fn a_template_in_a_folder_is_held_against_a_folder_named_on_the_line() {
    let template = folder_template("");
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("p")).unwrap();
    fs::write(folder.path().join("p/a.txt"), "name: things\nsize: small\n").unwrap();
    let named = |path: &Path| path.to_str().unwrap().to_owned();
    let words = ["adopt".to_owned(), named(&folder.path().join("p")), "--template".to_owned(), named(template.path())];
    let said = run(launchway().args(words)).success();
    assert!(said.starts_with("things (t 1.0.0): 100 % of the lines fit; 1 of 1 files"), "{said}");
    assert!(folder.path().join("p/.launchway/things.toml").is_file());
}
