//! `launchway template test`: cases, blessings, commands and combinations.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;
use xtask::tree;

use crate::program::{Ran, launchway, run};

const MANIFEST: &str = r#"
[template]
id = "own"
title = "T"
version = "1.2.3"
name = "service"

[[question]]
id = "service"
prompt = "Name"
help = "H."
kind = "slug"
example = "things"

[[question]]
id = "size"
prompt = "P"
help = "H."
kind = "choice"
choices = [{ value = "small" }, { value = "large" }]
default = "small"

[[question]]
id = "fast"
prompt = "P"
help = "H."
kind = "bool"
default = false

[[question.refuse]]
when = 'and fast (eq size "large")'
because = "large things are slow"

[[file]]
path = "run.sh"
executable = true
"#;

struct Template {
    folder: TempDir,
}

impl Template {
    fn new() -> Self {
        let template = Self { folder: tempfile::tempdir().unwrap() };
        template.write("template.toml", MANIFEST);
        template.write("files/a.yaml.hbs", "name: {{service}}\nsize: {{size}}\n");
        template.write("files/run.sh", "#!/bin/sh\n");
        template.write("tests/plain/answers.toml", "service = \"things\"\n");
        template
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("own").join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn test(&self, words: &[&str]) -> Ran {
        run(launchway().args(["template", "test", "./own"]).args(words).current_dir(self.folder.path()))
    }
}

#[test]
fn a_blessed_case_passes_and_every_kind_of_difference_fails() {
    let template = Template::new();
    let said = template.test(&[]);
    assert_eq!(said.code, Some(1));
    assert!(said.stdout.contains("failed: plain\n  a.yaml: made, and not expected\n"), "{}", said.stdout);
    let said = template.test(&["--bless"]).success();
    assert!(said.starts_with("passed: plain, blessed 2 files\n"), "{said}");
    let expected = tree::read(&template.path("tests/plain/expected")).unwrap();
    assert_eq!(expected.keys().collect::<Vec<_>>(), ["a.yaml", "run.sh"], "the record is not part of it");
    assert_eq!(expected["a.yaml"].bytes, b"name: things\nsize: small\n");
    assert!(expected["run.sh"].executable && !expected["a.yaml"].executable);
    assert_eq!(template.test(&[]).success(), "passed: plain\nown 1.2.3: 1 passed, 0 failed\n");
    assert!(template.test(&["--bless"]).success().contains("nothing to bless"));

    template.write("files/a.yaml.hbs", "name: {{service}}\nsize: {{size}} \n");
    template.write("files/new.txt", "n\n");
    fs::set_permissions(template.path("tests/plain/expected/run.sh"), fs::Permissions::from_mode(0o644)).unwrap();
    template.write("tests/plain/expected/gone.txt", "g\n");
    let said = template.test(&[]);
    assert_eq!(said.code, Some(1));
    for difference in [
        "  a.yaml:2: expected `size: small`, made `size: small `\n",
        "  gone.txt: expected, and not made\n",
        "  new.txt: made, and not expected\n",
        "  run.sh: executable, and expected not to be\n",
        "own 1.2.3: 0 passed, 1 failed\n",
    ] {
        assert!(said.stdout.contains(difference), "`{difference}` is not in:\n{}", said.stdout);
    }
    template.test(&["--bless"]).success();
    assert!(!template.path("tests/plain/expected/gone.txt").exists());
    template.test(&[]).success();
}

#[test]
fn commands_run_in_the_result_and_a_failing_one_fails_the_case() {
    let template = Template::new();
    template.write(
        "tests/plain/case.toml",
        "commands = [\"test -x run.sh && grep -q things a.yaml\", \"launchway-none || touch made\"]\n",
    );
    template.test(&["--bless"]).success();
    template.test(&[]).success();
    assert!(!template.path("tests/plain/expected/made").exists() && !template.folder.path().join("made").exists());
    template.write("tests/plain/case.toml", "commands = [\"true\", \"echo oh no; exit 3\", \"echo never\"]\n");
    let said = template.test(&[]);
    assert_eq!(said.code, Some(1));
    assert!(said.stdout.contains("  `echo oh no; exit 3` ended with exit code 3\n    oh no\n"), "{}", said.stdout);
    let json: Value = serde_json::from_str(&template.test(&["--output", "json"]).stdout).unwrap();
    assert_eq!((&json["schema"], &json["passed"]), (&"launchway.template-test/1".into(), &false.into()));
    let codes: Vec<_> =
        json["cases"][0]["commands"].as_array().unwrap().iter().map(|ran| ran["code"].clone()).collect();
    assert_eq!(codes, [0, 3]);
}

#[test]
fn commands_do_not_run_where_the_result_is_not_what_is_expected() {
    let template = Template::new();
    let canary = template.folder.path().join("canary");
    template.write("tests/plain/case.toml", &format!("commands = [\"touch '{}'\"]\n", canary.display()));
    assert_eq!(template.test(&[]).code, Some(1));
    assert!(!canary.exists());
    template.test(&["--bless"]).success();
    assert!(canary.exists(), "the command works");
}

#[test]
fn no_other_command_runs_what_a_case_says() {
    let template = Template::new();
    let canary = template.folder.path().join("canary");
    template.write("tests/plain/case.toml", &format!("commands = [\"touch '{}'\"]\n", canary.display()));
    let new = ["new", "things", "--template", "./own", "--no-input", "--no-git"];
    run(launchway().args(new).current_dir(template.folder.path())).success();
    fs::remove_dir_all(template.folder.path().join("things/.launchway")).unwrap();
    run(launchway().args(["adopt", "things", "--template", "./own"]).current_dir(template.folder.path())).success();
    assert!(!canary.exists());
}

#[test]
fn one_case_can_be_chosen_and_what_cannot_be_read_is_named() {
    let template = Template::new();
    template.write("tests/other/answers.toml", "service = \"o\"\nsize = \"large\"\n");
    template.test(&["--bless"]).success();
    let said = template.test(&["--case", "other"]).success();
    assert_eq!(said, "passed: other\nown 1.2.3: 1 passed, 0 failed\n");
    let said = template.test(&["--case", "none"]).failure(2);
    assert!(said.contains("no case `none`") && said.contains("it has `other`, `plain`"), "{said}");
    for (path, text, message) in [
        ("tests/other/answers.toml", "colour = 1\n", "has no question `colour`"),
        ("tests/other/answers.toml", "service = \"O O\"\n", "is not a slug"),
        ("tests/other/answers.toml", "service = \"o\"\nfast = true\nsize = \"large\"\n", "large things are slow"),
    ] {
        template.write(path, text);
        let said = template.test(&[]);
        assert_eq!(said.code, Some(1));
        assert!(said.stdout.contains("failed: other\n") && said.stdout.contains("passed: plain\n"), "{}", said.stdout);
        assert!(said.stdout.contains(message), "{}", said.stdout);
    }
    template.write("tests/other/case.toml", "command = \"x\"\n");
    let said = template.test(&[]).failure(2);
    assert!(said.contains("case.toml") && said.contains("unknown field `command`"), "{said}");
}

#[test]
fn a_template_without_cases_says_how_to_add_one() {
    let said = run(launchway().args(["template", "test", "service"])).failure(2);
    assert!(said.contains("there is no case to run") && said.contains("answers.toml"), "{said}");
}

#[test]
fn a_link_among_what_is_expected_is_refused_and_not_followed() {
    let template = Template::new();
    fs::create_dir_all(template.path("tests/plain/expected")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", template.path("tests/plain/expected/a.yaml")).unwrap();
    assert!(template.test(&["--bless"]).failure(2).contains("is a link"));
}

#[test]
fn the_matrix_passes_counts_refusals_and_finds_the_combination_that_breaks() {
    let template = Template::new();
    let said = template.test(&["--matrix=all", "--bless"]).success();
    assert!(said.contains("matrix: all 4 combinations; 4 passed, 0 failed\n"), "{said}");
    assert!(said.contains("  refused 1 times: fast `true` is refused: large things are slow\n"), "{said}");
    template.write("files/a.yaml.hbs", "name: {{service}}\n{{#if fast}}\nsize: [{{size}}\n{{/if}}\n");
    let said = template.test(&["--matrix", "--case", "plain", "--bless"]);
    assert_eq!(said.code, Some(1));
    assert!(said.stdout.contains("  failed: the generated output failed its checks: a.yaml"), "{}", said.stdout);
    assert!(said.stdout.contains("    with fast=true service=things size=small\n"), "{}", said.stdout);
    let json: Value = serde_json::from_str(&template.test(&["--matrix", "--output=json"]).stdout).unwrap();
    let matrix = &json["matrix"];
    assert_eq!(
        (&matrix["extent"], &matrix["combinations"], &matrix["passed"]),
        (&"pairwise".into(), &4.into(), &3.into())
    );
    assert_eq!(matrix["failed"][0]["answers"]["fast"], true);
}

#[test]
fn the_matrix_of_the_built_in_template_passes() {
    let said = run(launchway().args(["template", "test", "service", "--matrix"])).success();
    assert!(said.starts_with("matrix: ") && said.contains(" 0 failed\n"), "{said}");
    assert!(said.contains("linear is a strategy of Amazon ECS"), "{said}");
}
