//! `launchway waive`: an agreement that is broken on purpose is accepted, listed, and red again after its last day.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{GIT_IDENTITY, Ran, launchway, run};

const TEMPLATE: &str = r#"
[template]
id = "own"
title = "T"
version = "1.0.0"
name = "service"
[[question]]
id = "service"
prompt = "Name"
help = "H."
kind = "slug"
[[question]]
id = "greeting"
prompt = "Greeting"
help = "H."
kind = "slug"
default = "hello"
[[agreement]]
id = "limit"
says = "the limit"
place = [{ file = "a.yaml", at = "/limit" }, { file = "b.yaml", at = "/limit" }]
[[agreement]]
says = "the port of both files"
place = [{ file = "a.yaml", at = "/port" }, { file = "b.yaml", at = "/port" }]
"#;

/// A project in a git repository, whose template stands beside it; both of its agreements are broken.
struct Sample {
    folder: TempDir,
}

impl Sample {
    fn new() -> Self {
        let sample = Self { folder: tempfile::tempdir().unwrap() };
        let template = sample.folder.path().join("template");
        fs::create_dir_all(template.join("files")).unwrap();
        fs::write(template.join("template.toml"), TEMPLATE).unwrap();
        for name in ["a.yaml", "b.yaml"] {
            fs::write(template.join("files").join(name), "limit: 7\nport: 80\n").unwrap();
        }
        fs::write(template.join("files/greeting.txt.hbs"), "{{greeting}}\n").unwrap();
        let new = ["new", "orders", "--template", "./template", "--no-input"];
        run(launchway().args(new).envs(GIT_IDENTITY).current_dir(sample.folder.path())).success();
        sample.write("b.yaml", "limit: 8\nport: 81\n");
        sample
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.folder.path().join("orders").join(path), text).unwrap();
    }

    fn ran(&self, words: &[&str]) -> Ran {
        run(launchway().args(words).envs(GIT_IDENTITY).current_dir(self.folder.path().join("orders")))
    }

    fn waivers(&self) -> Option<String> {
        fs::read_to_string(self.folder.path().join("orders/.launchway/orders.waivers")).ok()
    }

    fn report(&self) -> Value {
        serde_json::from_str(&self.ran(&["check", "--output", "json"]).stdout).unwrap()
    }
}

#[test]
fn a_waived_finding_fails_no_check_and_is_listed_every_time() {
    let sample = Sample::new();
    let found = sample.ran(&["check"]);
    assert!(found.stdout.contains("  the agreement is `limit`\n"), "{}", found.stdout);
    assert!(found.stdout.contains("  the agreement is `port-of-both-files`\n"), "{}", found.stdout);
    let said = sample.ran(&["waive", "limit", "--because", "b is larger", "--until", "9999-12-31"]).success();
    assert_eq!(said, "`limit` is waived until 9999-12-31; commit `.launchway/orders.waivers`\n");
    let found = sample.ran(&["check"]);
    assert_eq!(found.code, Some(1), "the other one is still red");
    assert!(found.stdout.ends_with("orders (own 1.0.0): 1 finding, 1 waived\n"), "{}", found.stdout);
    sample.ran(&["waive", "port-of-both-files", "--because", "b stands behind a proxy"]).success();
    let found = sample.ran(&["check"]).success();
    for line in [
        "waived until 9999-12-31: `limit`: b is larger\n  b.yaml:1: the limit: the values differ\n",
        "waived: `port-of-both-files`: b stands behind a proxy\n",
        "orders (own 1.0.0): 0 agreements hold, 2 waived\n",
    ] {
        assert!(found.contains(line), "`{line}` is not in\n{found}");
    }
    let report = sample.report();
    assert_eq!((&report["clean"], &report["projects"][0]["findings"][0]["waived"]), (&true.into(), &true.into()));
    let expected = r#"[{"because":"b is larger","id":"limit","state":"in-effect","until":"9999-12-31"},{"because":"b stands behind a proxy","id":"port-of-both-files","state":"in-effect","until":null}]"#;
    assert_eq!(report["projects"][0]["waivers"].to_string(), expected);
    let log: Value = serde_json::from_str(&sample.ran(&["check", "--output", "sarif"]).success()).unwrap();
    let suppression = &log["runs"][0]["results"][0]["suppressions"][0];
    assert_eq!((&suppression["kind"], &suppression["justification"]), (&"external".into(), &"b is larger".into()));
}

#[test]
fn after_its_last_day_a_waiver_turns_that_one_finding_red() {
    let sample = Sample::new();
    let waiver = |id: &str, until: &str| format!("[[waiver]]\nid = \"{id}\"\nbecause = \"for now\"\n{until}");
    let both = waiver("limit", "until = 2001-01-31\n") + &waiver("port-of-both-files", "");
    sample.write(".launchway/orders.waivers", &both);
    let found = sample.ran(&["check"]);
    assert_eq!(found.code, Some(1));
    assert!(found.stdout.starts_with("b.yaml:1: the limit: the values differ\n"), "{}", found.stdout);
    assert!(found.stdout.contains("\n  its waiver ended on 2001-01-31: for now\n"), "{}", found.stdout);
    assert!(found.stdout.ends_with("1 finding, 1 waived\n"), "{}", found.stdout);
    let report = sample.report();
    assert_eq!(report["projects"][0]["waivers"][0]["state"], "ended");
    assert_eq!(report["projects"][0]["findings"][0]["waived"], false);
    let log: Value = serde_json::from_str(&sample.ran(&["check", "--output", "sarif"]).stdout).unwrap();
    let suppressed = |at: usize| log["runs"][0]["results"][at]["suppressions"].as_array().unwrap().len();
    assert_eq!((suppressed(0), suppressed(1)), (0, 1), "only the other one is still accepted");
    // A longer one takes its place.
    sample.ran(&["waive", "limit", "--because", "still", "--until", "9999-12-31"]).success();
    sample.ran(&["check"]).success();
}

#[test]
fn a_waiver_of_nothing_is_named_with_the_way_to_end_it() {
    let sample = Sample::new();
    sample.ran(&["waive", "limit", "--because", "x"]).success();
    sample.write("b.yaml", "limit: 7\nport: 80\n");
    let text = sample.waivers().unwrap() + "\n[[waiver]]\nid = \"gone\"\nbecause = \"y\"\n";
    sample.write(".launchway/orders.waivers", &text);
    let found = sample.ran(&["check"]).success();
    assert!(found.contains("nothing is found now: `launchway waive limit --end` takes the waiver away"), "{found}");
    assert!(found.contains("nothing has this id any more: `launchway waive gone --end`"), "{found}");
    let said = sample.ran(&["waive", "gone", "--end"]).success();
    assert_eq!(said, "the waiver of `gone` has ended; commit `.launchway/orders.waivers`\n");
    sample.ran(&["waive", "limit", "--end"]).success();
    assert_eq!(sample.waivers(), None);
    let said = run(launchway()
        .args(["--lang", "ko", "waive", "limit", "--because", "x", "--dir", "orders"])
        .current_dir(sample.folder.path()));
    assert!(said.success().contains("위반을 허용합니다"));
}

#[test]
fn an_agreement_that_holds_can_be_waived_before_it_is_broken() {
    let sample = Sample::new();
    sample.write("b.yaml", "limit: 7\nport: 80\n");
    sample.ran(&["waive", "limit", "--because", "b will be larger"]).success();
    let found = sample.ran(&["check"]).success();
    let listed = "waived: `limit`: b will be larger\n  nothing is found now: `launchway waive limit --end` takes the waiver away\n";
    assert!(found.contains(listed) && found.ends_with("2 agreements hold\n"), "{found}");
    assert_eq!(sample.report()["projects"][0]["waivers"][0]["state"], "idle");
    sample.write("b.yaml", "limit: 8\nport: 80\n");
    let found = sample.ran(&["check"]).success();
    assert!(found.contains("waived: `limit`: b will be larger\n  b.yaml:1: the limit: the values differ\n"), "{found}");
    assert_eq!(sample.report()["projects"][0]["waivers"][0]["state"], "in-effect");
}

#[test]
fn waivers_are_written_and_reported_to_programs_the_same_in_every_language() {
    let [english, korean] = ["en", "ko"].map(|language| {
        let sample = Sample::new();
        let ran = |words: &[&str]| sample.ran(&[&["--lang", language], words].concat());
        ran(&["waive", "limit", "--because", "b ist größer, 더 큼", "--until", "9999-12-31"]).success();
        let listed = ["json", "sarif"].map(|output| ran(&["check", "--output", output]).stdout);
        for words in [&["limt", "--because", "x"][..], &["limit", "--because", " "], &["gone", "--end"]] {
            ran(&[&["waive"], words].concat()).failure(2);
        }
        (sample.waivers().unwrap(), listed)
    });
    assert!(english.0.contains("b ist größer, 더 큼"), "{}", english.0);
    assert_eq!(english, korean);
}

#[test]
fn what_is_wrong_with_a_waiver_is_said_and_nothing_is_written() {
    let sample = Sample::new();
    for (words, message) in [
        (
            &["limt", "--because", "x"][..],
            "nothing of `orders` can be waived by the id `limt`\n  hint: did you mean `limit`?",
        ),
        (&["x9", "--because", "x"], "hint: `launchway check` names the id of each finding that can be waived"),
        (&["limit", "--because", " \n "], "a waiver needs a reason\n  hint: give it with `--because"),
        (&["limit", "--because", "x", "--until", "2001-01-31"], "the date 2001-01-31 has passed\n  hint: choose a day"),
        (&["limit", "--because", "x", "--until", "9999-02-30"], "`9999-02-30` is not a date\n  hint: write it as"),
        (&["limit"], "--because <TEXT>"),
        (&["limit", "--end", "--because", "x"], "cannot be used with"),
        (&["limit", "--end"], "`limit` is not waived\n  hint: nothing is waived here"),
    ] {
        let said = sample.ran(&[&["waive"], words].concat()).failure(2);
        assert!(said.contains(message), "{words:?}: {said}");
        assert_eq!(sample.waivers(), None);
    }
    sample.write(".launchway/orders.waivers", "[[waiver]]\nid = \"limit\"\nbecause = \"x\"\nuntil = \"soon\"\n");
    for words in [&["check"][..], &["waive", "limit", "--because", "x"]] {
        let said = sample.ran(words).failure(2);
        assert!(said.contains("`.launchway/orders.waivers:4`") && said.contains("hint:"), "{said}");
    }
}

#[test]
fn an_update_leaves_the_waivers_alone() {
    let sample = Sample::new();
    sample.ran(&["waive", "limit", "--because", "x"]).success();
    let noted = sample.waivers().unwrap().replace("[[waiver]]", "# Asked by the platform team.\n[[waiver]]");
    sample.write(".launchway/orders.waivers", &noted);
    let git = |words: &[&str]| {
        let mut git = std::process::Command::new("git");
        git.args(words).envs(GIT_IDENTITY).current_dir(sample.folder.path().join("orders"));
        run(git).success()
    };
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "Waive the limit"]);
    sample.ran(&["update", "--template", "../template", "--set", "greeting=good-day", "--no-input"]).success();
    assert_eq!(sample.waivers().as_deref(), Some(noted.as_str()));
    assert!(git(&["status", "--porcelain"]).lines().all(|line| !line.contains("waivers")));
}

#[test]
fn a_shell_completes_the_ids_of_the_project() {
    let sample = Sample::new();
    let mut launchway = launchway();
    launchway.args(["--", "launchway", "waive", "po"]).env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "2");
    launchway.env("_CLAP_IFS", "\n").env("_CLAP_COMPLETE_COMP_TYPE", "9").env("_CLAP_COMPLETE_SPACE", "true");
    let said = run(launchway.current_dir(sample.folder.path().join("orders"))).success();
    assert_eq!(said.trim(), "port-of-both-files");
}
