//! `launchway check` as its users see it: what it says, in which form, and with which exit code.

use std::fs;
use std::io::Write as _;

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Ran, launchway, run};

fn project(words: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let new = ["new", "orders", "--dest", "orders", "--no-input", "--no-git"];
    run(launchway().args(new).args(words).current_dir(folder.path())).success();
    folder
}

fn check(folder: &TempDir, words: &[&str]) -> Ran {
    run(launchway().arg("check").args(words).current_dir(folder.path().join("orders")))
}

/// Replaces the only place in a file of the project that reads `from`.
#[track_caller]
fn replace(folder: &TempDir, file: &str, from: &str, to: &str) {
    let path = folder.path().join("orders").join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches(from).count(), 1, "{file}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn a_port_that_was_changed_in_one_place_is_shown_with_every_place_both_values_and_the_answer() {
    let folder = project(&["--target=ecs", "--port=8085"]);
    assert!(check(&folder, &[]).success().contains("agreements hold"));
    replace(&folder, "Dockerfile", "EXPOSE 8085", "EXPOSE 8000");
    let said = check(&folder, &[]);
    assert_eq!(said.code, Some(1));
    let line = 1 + fs::read_to_string(folder.path().join("orders/Dockerfile"))
        .unwrap()
        .lines()
        .position(|line| line.starts_with("EXPOSE"))
        .unwrap();
    for text in [
        &format!("Dockerfile:{line}: the traffic port: the values differ"),
        "generated as `8085`",
        "`8085` in deploy/ecs/service.yaml:",
        "the answer `port` is `8085`",
        "orders (service 0.4.0): 1 finding",
    ] {
        assert!(said.stdout.contains(text), "`{text}` is not in:\n{}", said.stdout);
    }
    assert!(said.stderr.starts_with("note: `repository` is still the placeholder `my-org/orders`"), "{}", said.stderr);
}

#[test]
fn sarif_has_a_result_with_its_place_and_the_related_ones() {
    let folder = project(&["--target=kubernetes"]);
    replace(&folder, "Dockerfile", "EXPOSE 8080", "EXPOSE 8000");
    let said = check(&folder, &["--output", "sarif"]);
    assert_eq!(said.code, Some(1));
    let log: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let (driver, result) = (&log["runs"][0]["tool"]["driver"], &log["runs"][0]["results"][0]);
    assert_eq!(driver["name"], "launchway");
    let rules: Vec<_> = driver["rules"].as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
    assert!(rules.contains(&&result["ruleId"]), "{result:#}");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "Dockerfile");
    assert!(place["region"]["startLine"].as_u64() > Some(1), "{place:#}");
    assert!(!result["relatedLocations"].as_array().unwrap().is_empty());
    assert!(result["message"]["text"].as_str().unwrap().contains("`8000` in Dockerfile"));
}

#[test]
fn sarif_of_an_untouched_project_has_no_result() {
    let folder = project(&["--target=kubernetes"]);
    let log: Value = serde_json::from_str(&check(&folder, &["--output", "sarif"]).success()).unwrap();
    assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
}

const OWN_TEMPLATE: &str = r#"
[template]
id = "own"
title = "T"
version = "3.1.4"
name = "service"
[[question]]
id = "service"
prompt = "Name"
help = "H."
kind = "slug"
[[file]]
path = "policy.txt"
ownership = "managed"
[[agreement]]
says = "the limit"
place = [{ file = "a.yaml", at = "/limits/[name=cpu]/value" }, { file = "b.toml", at = "/limit" }]
"#;

/// A project whose template is gone.
fn orphan() -> TempDir {
    let template = tempfile::tempdir().unwrap();
    fs::create_dir(template.path().join("files")).unwrap();
    fs::write(template.path().join("template.toml"), OWN_TEMPLATE).unwrap();
    let files = [
        ("a.yaml", "limits:\n  - name: cpu\n    value: 7\n"),
        ("b.toml", "limit = 7\n"),
        ("policy.txt", "Be kind.\n"),
        ("odd.json", "// not JSON, and never was\n"),
    ];
    for (name, text) in files {
        fs::write(template.path().join("files").join(name), text).unwrap();
    }
    project(&[&format!("--template={}", template.path().display())])
}

#[test]
fn a_project_is_checked_long_after_its_template_has_gone() {
    let folder = orphan();
    let said = check(&folder, &[]).success();
    assert_eq!(said, "orders (own 3.1.4): 1 agreement holds\n");
    replace(&folder, "b.toml", "7", "8");
    // One more element in a list disturbs nothing.
    replace(&folder, "a.yaml", "limits:\n", "limits:\n  - name: memory\n    value: 9\n");
    let said = check(&folder, &[]);
    assert!(said.stdout.starts_with("b.toml:1: the limit: the values differ\n  `7` in a.yaml:5 at"), "{}", said.stdout);
}

#[test]
fn files_that_are_gone_broken_or_the_templates_own_are_found_too() {
    let folder = orphan();
    replace(&folder, "policy.txt", "kind", "quick");
    replace(&folder, "b.toml", "limit = 7", "limit = ");
    let said = check(&folder, &[]).stdout;
    assert!(said.contains("b.toml:1: column 9: "), "{said}");
    assert!(said.contains("policy.txt: the file belongs to the template and was changed"), "{said}");
    fs::remove_file(folder.path().join("orders/a.yaml")).unwrap();
    let said = check(&folder, &[]).stdout;
    assert!(said.contains("a.yaml: the file was generated and is gone; 1 agreement cannot be checked"), "{said}");
    assert!(said.ends_with("orders (own 3.1.4): 2 findings, 1 note\n"), "{said}");
}

#[test]
fn a_changed_file_of_the_template_is_a_note_and_fails_no_check_until_it_is_waived() {
    let folder = orphan();
    replace(&folder, "policy.txt", "kind", "quick");
    let said = check(&folder, &[]).success();
    let note = "note: policy.txt: the file belongs to the template and was changed\n  `launchway update --heal policy.txt` takes";
    assert!(said.starts_with(note), "{said}");
    assert!(said.ends_with("orders (own 3.1.4): 1 agreement holds, 1 note\n"), "{said}");
    let report: Value = serde_json::from_str(&check(&folder, &["--output", "json"]).success()).unwrap();
    let finding = &report["projects"][0]["findings"][0];
    assert_eq!((&report["clean"], &finding["level"]), (&true.into(), &"note".into()));
    assert_eq!(finding["id"], "drifted:policy.txt");
    let log: Value = serde_json::from_str(&check(&folder, &["--output", "sarif"]).success()).unwrap();
    assert_eq!(log["runs"][0]["results"][0]["level"], "note");

    let waive = ["waive", "drifted:policy.txt", "--because", "ours is quicker"];
    run(launchway().args(waive).current_dir(folder.path().join("orders"))).success();
    let said = check(&folder, &[]).success();
    assert!(said.starts_with("waived: `drifted:policy.txt`: ours is quicker\n"), "{said}");
    assert!(said.ends_with("orders (own 3.1.4): 1 agreement holds, 1 waived\n"), "{said}");
}

#[test]
fn a_link_out_of_the_project_is_not_followed() {
    let folder = orphan();
    let file = folder.path().join("orders/b.toml");
    fs::write(folder.path().join("outside.toml"), "limit = 7\n").unwrap();
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("../outside.toml", &file).unwrap();
    let said = check(&folder, &[]);
    assert_eq!(said.code, Some(1));
    assert!(said.stdout.contains("b.toml: it is a symbolic link"), "{}", said.stdout);
}

#[test]
fn what_is_no_project_or_has_a_damaged_record_ends_with_the_next_step() {
    let folder = orphan();
    let nowhere = run(launchway().args(["check", "nowhere"]).current_dir(folder.path())).failure(2);
    assert!(nowhere.contains("`nowhere` is not a folder"), "{nowhere}");
    let below = run(launchway().args(["check", "orders"]).current_dir(folder.path())).success();
    assert_eq!(below, "orders (own 3.1.4): 1 agreement holds\n");
    let outside = run(launchway().arg("check").current_dir(folder.path())).failure(2);
    assert!(outside.contains("no record of launchway") && outside.contains("hint:"), "{outside}");
    let record = |name: &str| folder.path().join("orders/.launchway").join(name);
    for (name, text, code, message) in [
        ("orders.base", "x", 74, "cannot be used"),
        ("orders.agreements.json", "[{}]", 74, "cannot be used"),
        ("orders.agreements.json", r#"[{"says": "x", "places": []}]"#, 74, "an agreement has 2 to 64 places"),
        ("orders.toml", "format = 4\n", 2, "of format 4"),
        ("orders.toml", "format = \n", 74, "cannot be used"),
    ] {
        let whole = fs::read(record(name)).unwrap();
        fs::write(record(name), text).unwrap();
        let said = check(&folder, &[]).failure(code);
        assert!(said.contains(message) && said.contains("hint:"), "{said}");
        fs::write(record(name), whole).unwrap();
    }
    let whole = fs::read_to_string(record("orders.toml")).unwrap();
    fs::write(record("orders.toml"), whole.replace("source = \"folder\"", "source = \"registry\"")).unwrap();
    let said = check(&folder, &[]).failure(74);
    assert!(said.contains("orders.toml` cannot be used: its template has the source `registry`"), "{said}");
    fs::write(record("orders.toml"), whole).unwrap();
    fs::remove_file(record("orders.base")).unwrap();
    let said = check(&folder, &[]).failure(74);
    assert!(said.contains("orders.base` is missing") && said.contains("git -C . checkout HEAD --"), "{said}");
}

#[test]
fn a_project_in_a_folder_of_a_repository_is_reported_below_that_folder() {
    let folder = orphan();
    replace(&folder, "b.toml", "7", "8");
    let check =
        |format: &str| run(launchway().args(["check", "./orders", "--output", format]).current_dir(folder.path()));
    let text = check("text").stdout;
    assert!(text.starts_with("./orders/b.toml:1: the limit: the values differ"), "{text}");
    let log: Value = serde_json::from_str(&check("sarif").stdout).unwrap();
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "orders/b.toml");
}

#[test]
fn a_base_that_was_tampered_with_is_noticed() {
    let folder = orphan();
    let path = folder.path().join("orders/.launchway/orders.base");
    let whole = fs::read(&path).unwrap();
    let mut wrong_sum = whole.clone();
    *wrong_sum.iter_mut().rev().nth(7).unwrap() ^= 1;
    let mut link = tar::Header::new_gnu();
    link.set_path("a").unwrap();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    link.set_cksum();
    let mut with_a_link = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    with_a_link.write_all(link.as_bytes()).unwrap();
    for (bytes, message) in [
        (wrong_sum, "corrupt gzip stream"),
        (whole[..whole.len() - 8].to_vec(), "cannot be used"),
        (with_a_link.finish().unwrap(), "something that is not a plain file"),
    ] {
        fs::write(&path, bytes).unwrap();
        let said = check(&folder, &[]).failure(74);
        assert!(said.contains(message), "{said}");
    }
}

#[test]
fn what_a_record_says_cannot_forge_a_line_of_output() {
    let folder = orphan();
    replace(&folder, "b.toml", "7", "8");
    let record = folder.path().join("orders/.launchway/orders.toml");
    let text = fs::read_to_string(&record).unwrap();
    // The older format is not tied: nobody has to compute a digest to forge it.
    let text = text.replace("format = 3\n", "format = 2\n");
    fs::write(&record, text.replace("[answers]\n", "[answers]\n\"a\\u001b[2J\\n::error::forged\" = \"x\"\n")).unwrap();
    let agreements = folder.path().join("orders/.launchway/orders.agreements.json");
    let text = fs::read_to_string(&agreements).unwrap();
    let forged = r#""says":"the\u001b[2J\n::error::limit","answers":["a\u001b[2J\n::error::forged"]"#;
    fs::write(&agreements, text.replace(r#""says":"the limit""#, forged)).unwrap();
    let said = check(&folder, &[]).stdout;
    assert!(said.contains("forged") && said.contains("limit"), "{said}");
    assert!(!said.contains('\u{1b}') && !said.lines().any(|line| line.starts_with("::")), "{said}");
}

#[test]
fn the_check_writes_nothing() {
    let folder = project(&["--target=both"]);
    let before = xtask::tree::read(folder.path()).unwrap();
    check(&folder, &[]).success();
    let after = xtask::tree::read(folder.path()).unwrap();
    assert_eq!(xtask::tree::differences(&before, &after), Vec::<String>::new());
    assert!(folder.path().join("orders/.launchway/orders.agreements.json").exists());
}
