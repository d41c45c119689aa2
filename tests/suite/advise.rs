//! `launchway advise` and `launchway explain` from outside.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use launchway_core::advice::{self, Topic};
use serde_json::Value;
use tempfile::TempDir;
use xtask::tree;

use crate::program::{Ran, launchway, run};
use crate::terminal::{CONTROL_C, DOWN, ENTER, Terminal};

/// The answers of a small team that stays on AWS.
const SMALL_TEAM: [&str; 7] = [
    "architecture",
    "--place=aws",
    "--extensions=no",
    "--operation=ourselves",
    "--knowledge=aws",
    "--services=few",
    "--delivery=open",
];

const SMALL_TEAM_TEXT: &str = "\
Amazon ECS or Kubernetes?
  Amazon ECS (clear: much more speaks for it, or nothing else is left)

What speaks for it
  - Amazon ECS has no cluster that you would upgrade beside your other work
  - the team knows AWS, and can handle an incident at night
  - it stays on AWS, where roles, load balancer, logs and secrets are fields of
    the task definition and the service
  - it needs nothing that only Kubernetes has
  - a handful of services would have to justify the fixed work of a whole
    cluster

What speaks against it
  - its price: the deployment files are for AWS alone, and only the image moves
    to another cloud

What Launchway writes no files for
  - Amazon ECS Express Mode: one command runs a web service from its image, with
    a load balancer and an address; take it, and not these files, if you want no
    infrastructure code of your own

What would change the answer
  - “Where must it run within a year?” Also outside of AWS: another cloud, or
    machines of our own: Kubernetes
  - “Does it need a Kubernetes operator or custom resource?” Yes, it does not
    work without: Kubernetes
";

/// The answers of somebody who needs what cannot be had at once.
const CONTRADICTION: [&str; 7] =
    ["strategy", "--platform=plain", "--versions=no", "--capacity=no", "--risk=few", "--measure=yes", "--warm-up=no"];

const CONTRADICTION_RECORD: &str = "\
# Which deployment strategy?

## Decision

Blue/green (leaning: what you need cannot all be had at once).

## What was asked

| question | answer |
|---|---|
| Where does it run? | Kubernetes, where nothing may be installed |
| May two versions answer at the same time? | No |
| May a release need twice the capacity for a while? | No |
| What if a faulty version gets past the tests? | Only a few users may be exposed to it |
| Do metrics show within minutes that a version is faulty? | Yes |
| Must the load on a new version rise slowly? | No |

## What speaks for it

- two versions must not answer at the same time, and with every other strategy they do so for minutes

## What speaks against it

- its price: twice the capacity during a release, and after the switch every user gets the new version at once

## What is ruled out

- Linear: linear is a strategy of Amazon ECS; on Kubernetes a canary shifts traffic in steps
- Canary: a canary on Kubernetes needs a controller that measures it, and nothing may be installed

## What it does not meet

- Blue/green: blue/green runs both versions side by side at full size
- Canary: only a small part of the traffic reaches a version until it has proved itself
- Linear: a faulty version is stopped at an early step

## What Launchway writes no files for

- Stop, then start: the old version stops before the new one starts, without spare capacity and with an outage; no strategy here does that, so take it if the outage is acceptable

## What would change the answer

- “May two versions answer at the same time?” Yes: Rolling

## How it was found

    launchway advise strategy --platform=plain --versions=no --capacity=no --risk=few --measure=yes --warm-up=no
    launchway explain strategies
";

fn advise(words: &[&str]) -> Ran {
    run(launchway().arg("advise").args(words))
}

/// Makes a project for Amazon ECS, and returns its folder.
fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let new = ["new", "orders", "--target=ecs", "--no-input", "--no-git", "--dest", "project"];
    run(launchway().args(new).current_dir(folder.path())).success();
    folder
}

#[test]
fn a_small_team_on_aws_reads_why() {
    let ran = advise(&SMALL_TEAM);
    assert!(ran.stderr.contains("launchway new --target=ecs\n"), "{}", ran.stderr);
    assert_eq!(ran.success(), SMALL_TEAM_TEXT);
}

#[test]
fn what_cannot_be_had_at_once_is_said_in_the_record() {
    let said = advise(&[&CONTRADICTION[..], &["--output=markdown"]].concat()).success();
    assert_eq!(said, CONTRADICTION_RECORD);
}

#[test]
fn the_json_has_every_reason_with_its_place_in_the_documentation() {
    let said = advise(&[&CONTRADICTION[..], &["--output=json"]].concat()).success();
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["schema"], "launchway.advise/1");
    assert_eq!((&said["recommendation"], &said["confidence"]), (&"blue-green".into(), &"leaning".into()));
    assert_eq!(said["reasons_for"][0]["hard"], true);
    assert_eq!(said["unmet"][0]["about"], "docs/explain/strategies.md#capacity");
    assert_eq!(said["unmet"][1]["side"], "canary", "the wish that only a few users see it");
    assert_eq!(said["alternatives"][0]["name"], "Stop, then start");
    assert_eq!(said["changes"][0]["answers"][0]["question"], "versions");
    assert_eq!(said["command"], "launchway new --target=kubernetes --strategy=blue-green --rollout-controller=none");
    assert_eq!(said["recorded"], Value::Null);
}

#[test]
fn advice_is_given_in_korean() {
    let ran = advise(&[&SMALL_TEAM[..], &["--lang=ko"]].concat());
    assert!(ran.stdout.contains("팀이 AWS를 잘 알아서"), "{}", ran.stdout);
    let is_english = |line: &&str| line.contains(" the ") || line.contains("speaks");
    assert_eq!(ran.stdout.lines().find(is_english), None);
}

#[test]
fn without_answers_one_error_lists_every_flag_and_a_line_that_runs() {
    for topic in advice::topics() {
        let said = advise(&[&topic.id]).failure(2);
        for question in &topic.questions {
            assert!(said.contains(&question.flag()), "{said}");
        }
        let line = said.rsplit("for example `launchway advise ").next().unwrap().split('`').next().unwrap();
        advise(&line.split(' ').collect::<Vec<_>>()).success();
    }
    let said = advise(&[]).failure(2);
    assert!(advice::topics().all(|topic| said.contains(&format!("launchway advise {}", topic.id))), "{said}");
}

#[test]
fn an_answer_that_there_is_not_is_refused_with_those_that_there_are() {
    let said = advise(&["architecture", "--place=mars"]).failure(2);
    assert!(said.contains("elsewhere") && said.contains("--place"), "{said}");
}

#[test]
fn every_command_that_follows_from_advice_is_accepted() {
    let lines: BTreeSet<Vec<&str>> = advice::topics().flat_map(all_flags).collect();
    assert!(lines.len() >= 15, "{lines:?}");
    for flags in lines {
        let dry = ["new", "orders", "--no-input", "--dry-run"];
        let ran = run(launchway().args(dry).args(&flags));
        assert_eq!(ran.code, Some(0), "{flags:?}\n{}", ran.stderr);
    }
}

/// Collects the flags that follow from every combination of answers.
fn all_flags(topic: &'static Topic) -> BTreeSet<Vec<&'static str>> {
    let mut all = vec![Vec::new()];
    for question in &topic.questions {
        let more = |given: &Vec<usize>| {
            let given = given.clone();
            (0..question.choices.len()).map(move |choice| [given.clone(), vec![choice]].concat())
        };
        all = all.iter().flat_map(more).collect();
    }
    all.iter().map(|given| topic.advise(given).flags).collect()
}

#[test]
fn a_decision_is_recorded_in_the_project_once() {
    let folder = project();
    let record = |words: &[&str]| {
        let words = [words, &["--record=project"]].concat();
        run(launchway().arg("advise").args(words).current_dir(folder.path()))
    };
    let ran = record(&SMALL_TEAM);
    assert!(ran.stderr.contains("docs/decisions/architecture.md"), "{}", ran.stderr);
    assert!(ran.stderr.contains("launchway update --set target=ecs"), "{}", ran.stderr);
    ran.success();
    let path = folder.path().join("project/docs/decisions/architecture.md");
    let written = fs::read_to_string(&path).unwrap();
    assert_eq!(written, advise(&[&SMALL_TEAM[..], &["--output=markdown"]].concat()).success());
    let before = tree::read(folder.path()).unwrap();
    let said = record(&SMALL_TEAM).failure(3);
    assert!(said.contains("docs/decisions/architecture.md"), "{said}");
    assert_eq!(tree::read(folder.path()).unwrap(), before);
    run(launchway().arg("check").arg("project").current_dir(folder.path())).success();
}

#[test]
fn in_a_project_its_target_is_not_asked() {
    let folder = project();
    let words = ["--versions=yes", "--capacity=yes", "--risk=few", "--measure=yes", "--warm-up=no", "--output=json"];
    let command = ["advise", "strategy", "--record=project"];
    let said = run(launchway().args(command).args(words).current_dir(folder.path())).success();
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["answers"][0]["answer"], "ecs");
    assert_eq!(said["recorded"], "docs/decisions/strategy.md");
}

#[test]
fn nothing_is_recorded_outside_of_a_project_or_through_a_link() {
    let empty = tempfile::tempdir().unwrap();
    let outside = run(launchway().arg("advise").args(SMALL_TEAM).arg("--record").current_dir(empty.path()));
    assert!(outside.failure(2).contains("hint"));
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0);
    let folder = project();
    std::os::unix::fs::symlink(empty.path(), folder.path().join("project/docs")).unwrap();
    let ran = run(launchway().arg("advise").args(SMALL_TEAM).arg("--record=project").current_dir(folder.path()));
    assert_ne!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0, "nothing is written behind the link");
}

fn start(words: &[&str]) -> Terminal {
    Terminal::start(launchway().arg("advise").args(words))
}

/// Chooses the item that is `down` below the one that is offered.
#[track_caller]
fn choose(terminal: &Terminal, question: &str, down: usize) {
    terminal.wait_for(question).press(&DOWN.repeat(down)).press(ENTER);
}

#[test]
fn in_a_terminal_it_asks_what_is_to_be_decided_and_then_six_questions() {
    let terminal = start(&[]);
    choose(&terminal, "What do you want to decide?", 0);
    choose(&terminal, "Where must it run", 2);
    choose(&terminal, "Does it need a Kubernetes", 0);
    choose(&terminal, "Who would operate", 0);
    choose(&terminal, "What does the team know", 1);
    choose(&terminal, "How many services", 0);
    choose(&terminal, "What deploys changes", 0);
    let left = terminal.end();
    assert_eq!(left.code, Some(0), "{}", left.screen);
    assert!(left.screen.contains("Kubernetes (clear"), "{}", left.screen);
    assert_eq!(left.written.matches('✔').count(), 7, "every answer stays: {}", left.screen);
    assert!(left.is_restored && !left.is_cursor_hidden);
}

#[test]
fn only_what_no_flag_answers_is_asked() {
    let flags: Vec<&str> = SMALL_TEAM.into_iter().filter(|word| !word.starts_with("--knowledge")).collect();
    let terminal = start(&flags);
    choose(&terminal, "What does the team know", 0);
    let left = terminal.end();
    assert_eq!(left.code, Some(0), "{}", left.screen);
    assert!(!left.written.contains("Where must it run within a year?\u{1b}"), "{}", left.screen);
}

#[test]
fn escape_goes_back_and_control_c_leaves_the_terminal_as_it_was() {
    let terminal = start(&["architecture"]);
    choose(&terminal, "Where must it run", 0);
    terminal.wait_for("Does it need a Kubernetes").press("\u{1b}");
    terminal.wait_for("Where must it run").press(CONTROL_C);
    let left = terminal.end();
    assert_eq!(left.code, Some(130), "{}", left.screen);
    assert!(left.is_restored && !left.is_cursor_hidden);
}

#[test]
fn explain_lists_its_pages_and_shows_each_within_the_width() {
    let listed = run(launchway().arg("explain")).success();
    assert!(listed.lines().count() >= 6, "{listed}");
    for topic in listed.lines().map(|line| line.split(' ').next().unwrap()) {
        let shown = run(launchway().args(["explain", topic])).success();
        assert!(shown.lines().count() > 15, "{topic}");
        let wide: Vec<&str> = shown.lines().filter(|line| line.chars().count() > 88).collect();
        assert!(wide.is_empty(), "{topic}: {wide:?}");
        assert!(shown.lines().all(|line| !line.starts_with('#') && !line.contains("](")), "{topic}");
    }
}

#[test]
fn explain_is_json_for_programs_and_names_the_nearest_page() {
    let said = run(launchway().args(["explain", "strategies", "--output=json"])).success();
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["schema"], "launchway.explain/1");
    let page = fs::read_to_string(Path::new(xtask::workspace::root()).join("docs/explain/strategies.md")).unwrap();
    assert_eq!(said["text"], page.as_str());
    let topics = run(launchway().args(["explain", "--output=json"])).success();
    assert!(topics.contains("\"topic\": \"strategies\""), "{topics}");
    let said = run(launchway().args(["explain", "strategie"])).failure(2);
    assert!(said.contains("'strategies'"), "{said}");
}
