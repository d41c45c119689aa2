//! What a changed answer means for what runs: the transitions of the built-in template, for every question and every pair of
//! values that can change, held against what the files of before and after say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use launchway_core::template::{Choices, Effect, Kind, Question};
use launchway_core::{Answers, Context, Defaults, Interview, Origin, Plan, Provenance, Template, Transition, Value};
use serde::Deserialize;
use tempfile::TempDir;
use xtask::{golden, tools, tree, workspace};

use crate::program::{GIT_IDENTITY, Ran, launchway, run};

/// Projects in which, between them, every question is asked.
const BASES: &[&[(&str, &str)]] = &[
    &[("target", "ecs")],
    &[("target", "ecs"), ("secrets", "database-url")],
    &[("target", "ecs"), ("strategy", "canary")],
    &[("target", "ecs"), ("strategy", "linear")],
    &[("target", "ecs"), ("strategy", "blue-green"), ("deployment_controller", "code-deploy")],
    &[("target", "ecs"), ("strategy", "canary"), ("deployment_controller", "code-deploy")],
    &[("target", "ecs"), ("capacity", "ec2")],
    &[("target", "ecs"), ("ecs_format", "json")],
    &[("target", "ecs"), ("regions", "us-east-1,eu-west-1")],
    &[("target", "kubernetes")],
    &[("target", "kubernetes"), ("exposure", "gateway"), ("service_monitor", "true")],
    &[("target", "kubernetes"), ("exposure", "ingress"), ("priority_class", "true")],
    &[("target", "kubernetes"), ("secrets", "database-url")],
    &[("target", "kubernetes"), ("strategy", "canary"), ("exposure", "gateway")],
    &[("target", "kubernetes"), ("strategy", "blue-green")],
    &[("target", "kubernetes"), ("strategy", "blue-green"), ("rollout_controller", "none")],
    &[("target", "kubernetes"), ("multi_cluster", "argo-cd")],
    &[("target", "kubernetes"), ("multi_cluster", "flux")],
    &[("target", "kubernetes"), ("multi_cluster", "karmada")],
    &[("target", "both")],
];

/// A change of one answer.
struct Pair {
    question: String,
    from: Context,
    to: Context,
    said: String,
    transitions: Vec<Transition>,
}

/// What the files of before and after say about a change: `transition_facts.py`.
#[derive(Debug, Deserialize)]
struct Facts {
    /// Whether what only administrators deploy has changed.
    bootstrap: bool,
    namespaces: bool,
    /// Whether the pod template or the task definition has changed.
    pods: bool,
    /// The resources of a stack that would be replaced, or are gone, and that clients need.
    replaced: Vec<String>,
    /// The objects that nobody applies any more.
    left: Vec<String>,
}

fn context(template: &Template, given: &BTreeMap<&str, Value>) -> Option<Context> {
    let mut answers = Answers::default();
    answers.set("service", Value::Text("orders".to_owned()), Provenance::Flag);
    for (id, value) in given {
        answers.set(id, value.clone(), Provenance::Flag);
    }
    Interview::new(template, &answers, Defaults::All).unwrap().context().unwrap()
}

/// The values of a question that meet one another.
fn values(question: &Question, now: &Value) -> Vec<Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    let list = |items: &[&str]| Value::List(items.iter().map(|item| (*item).to_owned()).collect());
    match (question.id.as_str(), &question.kind) {
        ("environments", _) => vec![list(&["dev", "prod"]), list(&["dev", "qa", "prod"]), list(&["prod", "dev"])],
        ("production", _) => vec![text("dev"), text("prod")],
        ("regions", _) => vec![
            list(&["us-east-1"]),
            list(&["us-east-1", "eu-west-1"]),
            list(&["us-east-1", "eu-west-1", "eu-north-1"]),
        ],
        ("home_region", _) => vec![text("us-east-1"), text("eu-west-1")],
        ("clusters", _) => vec![list(&["east", "west"]), list(&["east"])],
        ("secrets", _) => vec![list(&[]), list(&["database-url"]), list(&["database-url", "api-key"])],
        (_, Kind::Choice(Choices::Fixed(choices))) => choices.iter().map(|choice| text(&choice.value)).collect(),
        ("memory", _) => vec![text("512"), text("1024"), text("2048")],
        (_, Kind::Bool) => vec![Value::Bool(true), Value::Bool(false)],
        (_, Kind::Int { .. }) => match now {
            Value::Int(now) => vec![Value::Int(*now), Value::Int(now + 5), Value::Int(now + 25)],
            _ => Vec::new(),
        },
        ("repository", _) => vec![text("acme/orders"), text("other/orders")],
        ("domain", _) => vec![text("example.com"), text("example.org")],
        ("prometheus_address", _) => vec![text("http://one:9090"), text("http://two:9090")],
        (_, Kind::Text(_) | Kind::Slug(_)) => vec![text("one"), text("two")],
        _ => Vec::new(),
    }
}

fn pairs(template: &Template) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for base in BASES {
        let coerced = |(id, value): &(&'static str, &str)| (*id, template.question(id).unwrap().read(value).unwrap());
        let given: BTreeMap<&str, Value> = base.iter().map(coerced).collect();
        let now = context(template, &given).expect("the answers go together");
        for (id, value) in now.answers.iter().filter(|(id, _)| *id != template.name_question) {
            let question = template.question(id).unwrap();
            let made: Vec<(Value, Context)> = values(question, value)
                .into_iter()
                .filter_map(|value| {
                    let mut given = given.clone();
                    given.insert(&question.id, value.clone());
                    Some((value, context(template, &given)?))
                })
                .collect();
            for (from, before) in &made {
                for (to, after) in made.iter().filter(|(to, _)| to != from) {
                    let transitions = transitions(template, before, after);
                    let said = format!("{base:?}: {id} {from} -> {to}");
                    let (from, to) = (before.clone(), after.clone());
                    pairs.push(Pair { question: id.clone(), from, to, said, transitions });
                }
            }
        }
    }
    pairs
}

fn transitions(template: &Template, before: &Context, after: &Context) -> Vec<Transition> {
    let versions = Origin::of(template).versions();
    let migrated = template.migrate_from(&versions, before.answers.iter().cloned().collect()).unwrap();
    template.transitions_of(&versions, &migrated, after).unwrap()
}

/// Asks the files of before and after; each project is made once.
fn facts(template: &Template, pairs: &[&Pair]) -> Vec<Facts> {
    let folder = tempfile::tempdir().unwrap();
    let mut made: BTreeMap<String, usize> = BTreeMap::new();
    let mut number = |context: &Context| {
        let next = made.len();
        *made.entry(format!("{:?}", context.answers)).or_insert_with(|| {
            write(&Plan::new(template, context).unwrap(), &folder.path().join(next.to_string()));
            next
        })
    };
    let numbered: Vec<[usize; 2]> = pairs.iter().map(|pair| [number(&pair.from), number(&pair.to)]).collect();
    fs::write(folder.path().join("pairs.json"), serde_json::to_string(&numbered).unwrap()).unwrap();
    let script = workspace::root().join("tests/validators/transition_facts.py");
    let python = tools::install().unwrap().linter("python");
    let output = Command::new(python).arg(script).arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn write(plan: &Plan, folder: &Path) {
    for (path, file) in plan.files.iter().filter(|(path, _)| path.as_str().starts_with("deploy/")) {
        let path = folder.join(path.as_str());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &file.bytes).unwrap();
    }
}

#[test]
fn every_question_says_what_each_of_its_changes_means() {
    let template = Template::builtin("service").unwrap();
    let pairs = pairs(&template);
    let silent: Vec<&str> = pairs
        .iter()
        .filter(|pair| !pair.transitions.iter().flat_map(|it| &it.answers).any(|it| it.question == pair.question))
        .map(|pair| pair.said.as_str())
        .collect();
    assert!(silent.is_empty(), "nothing is said of {silent:#?}");
    let asked: BTreeSet<&str> = pairs.iter().map(|pair| pair.question.as_str()).collect();
    let unasked = template.questions.iter().map(|question| question.id.as_str()).filter(|id| !asked.contains(id));
    assert_eq!(unasked.collect::<Vec<_>>(), ["service"]);
    println!("{} changes", pairs.len());
}

#[test]
fn what_a_transition_says_is_what_the_files_say() {
    let template = Template::builtin("service").unwrap();
    let all = pairs(&template);
    let is_worth_it = |pair: &&Pair| !["cpu", "memory", "instance_type"].contains(&pair.question.as_str());
    let pairs: Vec<&Pair> = all.iter().filter(is_worth_it).collect();
    let mut faults = Vec::new();
    for (pair, facts) in pairs.iter().zip(facts(&template, &pairs)) {
        let worst = pair.transitions.iter().map(|it| it.effect).max().unwrap_or(Effect::None);
        if worst == Effect::Refused {
            continue;
        }
        let commands = || {
            let steps = |it: &'_ Transition| it.before.iter().map(|step| step.command.clone()).collect::<Vec<_>>();
            pair.transitions.iter().flat_map(steps).collect::<String>()
        };
        let has_left_target = pair.question == "target";
        let missing = [
            (facts.bootstrap && !has_left_target && !commands().contains("bootstrap.yaml"), "bootstrap.yaml"),
            (facts.namespaces && !has_left_target && !commands().contains("namespaces"), "namespaces"),
            (facts.pods && worst < Effect::NewPods, "new pods"),
            (!facts.replaced.is_empty() && worst < Effect::Steps, "replaced"),
            (!facts.left.is_empty() && worst < Effect::Steps, "left"),
        ];
        let missing: Vec<&str> = missing.iter().filter(|(is_missing, _)| *is_missing).map(|(_, what)| *what).collect();
        if !missing.is_empty() {
            faults.push(format!("{}: {missing:?}, {worst:?}, {facts:?}", pair.said));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Answers by their ids, as they are written.
type Words = &'static [(&'static str, &'static str)];

/// Changes of an answer that keep the service, and one that says it does not.
const PLAYED: &[(Words, Words)] = &[
    (&[], &[("capacity", "fargate-spot")]),
    (&[("capacity", "fargate-spot")], &[]),
    (&[], &[("strategy", "canary")]),
    (&[("strategy", "blue-green")], &[("strategy", "linear")]),
    (&[], &[("cpu", "512")]),
    (&[], &[("waf", "true")]),
    (&[], &[("port", "8081")]),
];

#[test]
fn the_emulator_keeps_the_service_through_every_change_that_is_no_outage() {
    let template = Template::builtin("service").unwrap();
    let made = |answers: &[(&'static str, &str)]| {
        let coerced = |(id, value): &(&'static str, &str)| (*id, template.question(id).unwrap().read(value).unwrap());
        let all = answers.iter().chain(&[("target", "ecs")]);
        context(&template, &all.map(coerced).collect()).unwrap()
    };
    for (before, after) in PLAYED {
        let folder = tempfile::tempdir().unwrap();
        let sides = [made(before), made(after)];
        let paths = ["before", "after"].map(|name| folder.path().join(name));
        sides.iter().zip(&paths).for_each(|(context, path)| write(&Plan::new(&template, context).unwrap(), path));
        let worst = transitions(&template, &sides[0], &sides[1]).iter().map(|it| it.effect).max().unwrap();
        let script = workspace::root().join("tests/validators/ecs_transitions.py");
        let ran = run(Command::new(tools::install().unwrap().aws("python")).arg(script).args(&paths));
        let is_kept = ran.code == Some(0);
        assert_eq!(is_kept, worst < Effect::Outage, "{before:?} -> {after:?}: {worst:?}\n{}{}", ran.stdout, ran.stderr);
    }
}

/// A project of the built-in template in a repository.
struct Live {
    folder: TempDir,
}

impl Live {
    fn new(words: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let new = ["new", "orders", "--no-input", "--defaults"];
        run(launchway().args(new).args(words).envs(GIT_IDENTITY).current_dir(folder.path())).success();
        Self { folder }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("orders").join(path)
    }

    fn update(&self, words: &[&str]) -> Ran {
        run(launchway().args(["update", "--no-input", "--defaults"]).args(words).current_dir(self.path("")))
    }

    fn commit(&self) {
        let git = |words: &[&str]| {
            run(Command::new("git").args(words).current_dir(self.path("")).envs(GIT_IDENTITY)).success();
        };
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--allow-empty", "--message", "work"]);
    }

    fn page(&self) -> Option<String> {
        fs::read_to_string(self.path(PAGE)).ok()
    }
}

const PAGE: &str = "deploy/TRANSITION.md";

#[test]
fn an_update_says_what_its_change_means_and_writes_it_down_until_the_next_change() {
    let live = Live::new(&["--target=kubernetes"]);
    assert_eq!(live.page(), None);
    let said = live.update(&["--set", "strategy=canary", "--dry-run"]).success();
    assert!(said.contains("  steps         deployment-to-rollout: A Rollout comes beside the Deployment"), "{said}");
    assert!(said.contains("delete deployment orders"), "{said}");
    assert_eq!(live.page(), None);
    let report = live.update(&["--set", "strategy=canary", "--dry-run", "--output", "json"]).success();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let it = report["transitions"].as_array().unwrap().iter().find(|it| it["id"] == "deployment-to-rollout").unwrap();
    assert_eq!((&it["effect"], &it["answers"][0]["from"]), (&"steps".into(), &"rolling".into()));
    let ran = live.update(&["--set", "strategy=canary"]);
    assert!(ran.stderr.contains("`deploy/TRANSITION.md` says what to do for what runs"), "{}", ran.stderr);
    let page = live.page().unwrap();
    assert!(page.contains("| `strategy` | rolling | canary |") && page.contains("delete deployment orders"), "{page}");
    live.commit();
    live.update(&[]).success();
    assert_eq!(live.page(), Some(page.clone()));
    run(launchway().arg("check").current_dir(live.path(""))).success();
    live.update(&["--set", "description=Others"]).success();
    assert_eq!(live.page(), None);
}

#[test]
fn an_edited_page_is_never_lost_in_silence() {
    for (words, is_there) in [(["--set", "port=8081"], true), (["--set", "description=Others"], false)] {
        let live = Live::new(&["--target=kubernetes"]);
        live.update(&["--set", "strategy=canary"]).success();
        fs::write(live.path(PAGE), "done, but for dev\n").unwrap();
        live.commit();
        let ran = live.update(&words);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert!(ran.stdout.contains(&format!("  conflict      {PAGE}\n")), "{}", ran.stdout);
        let page = live.page().unwrap();
        assert!(page.contains("done, but for dev") && (!is_there || page.contains("new-pods")), "{page}");
    }
}

#[test]
fn an_outage_is_accepted_by_its_name_and_a_preview_needs_no_such_word() {
    let live = Live::new(&["--target=ecs"]);
    let change = ["--set", "port=8081"];
    let before = tree::read(&live.path("")).unwrap();
    let said = live.update(&change).failure(1);
    assert!(said.contains("accept it with `--accept-outage=ecs-port`"), "{said}");
    assert_eq!(tree::read(&live.path("")).unwrap(), before);
    let said = live.update(&[&change[..], &["--dry-run"]].concat()).success();
    assert!(said.contains("  outage        ecs-port: ") && said.contains("`--accept-outage=ecs-port`"), "{said}");
    live.update(&[&change[..], &["--accept-outage=another"]].concat()).failure(1);
    live.update(&[&change[..], &["--accept-outage=ecs-port"]].concat()).success();
    assert!(live.page().unwrap().contains("## outage: ecs-port"));
    live.commit();
    let ran = live.update(&["--set", "cpu=512", "--accept-outage=ecs-port"]);
    assert!(ran.stderr.contains("this change brings no outage `ecs-port` to accept"), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_done_in_place_is_refused_with_the_way_round_it() {
    let live = Live::new(&["--target=ecs", "--strategy=canary"]);
    let before = tree::read(&live.path("")).unwrap();
    for words in [&["--dry-run"][..], &[]] {
        let change = ["--set", "deployment_controller=code-deploy"];
        let said = live.update(&[&change[..], words].concat()).failure(1);
        assert!(said.contains("does not give a service to CodeDeploy once it is its own"), "{said}");
        assert!(said.contains("make a second service with `launchway new`"), "{said}");
    }
    assert_eq!(tree::read(&live.path("")).unwrap(), before);
}

#[test]
fn what_is_said_is_korean_and_what_is_written_is_the_same_in_every_language() {
    let live = Live::new(&["--target=kubernetes"]);
    let update = ["update", "--no-input", "--defaults", "--set", "strategy=canary"];
    let said = |words: &[&str]| {
        let command = &mut launchway();
        run(command.args(update).args(words).env("LAUNCHWAY_LANG", "ko").current_dir(live.path(""))).success()
    };
    assert!(said(&["--dry-run"]).contains("Deployment 옆에 Rollout이 생기며"));
    said(&[]);
    let korean = live.page();
    let english = Live::new(&["--target=kubernetes"]);
    english.update(&["--set", "strategy=canary"]).success();
    assert_eq!(korean, english.page());
}

#[test]
fn the_template_of_a_team_adds_transitions_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("template");
    fs::create_dir_all(&template).unwrap();
    fs::write(template.join("template.toml"), TEAM).unwrap();
    let words = ["--template", template.to_str().unwrap()];
    let live = Live::new(&[&words[..], &["--target=ecs"]].concat());
    let said = live.update(&[&words[..], &["--set", "cpu=512", "--dry-run"]].concat()).success();
    assert!(said.contains("  bootstrap-first team-budget: Ask for 512 first."), "{said}");
    assert!(said.contains("  new-pods      ecs-new-tasks: "), "{said}");
}

const TEAM: &str = r#"
[template]
id = "team"
title = "A team's service"
version = "1.0.0"
extends = "service"

[[transition]]
id = "team-budget"
question = "cpu"
effect = "bootstrap-first"
text = "Ask for {{cpu}} first."
before = [{ command = "budget ask {{service}}", purpose = "asks for the budget" }]
"#;

/// The files of one turn of a list: those that have an element of it in their path.
fn of_element<'f>(plan: &'f Plan, element: &str) -> BTreeMap<&'f str, &'f [u8]> {
    let is_part = |part: &str| {
        let rest = |it: &str| it.is_empty() || it.starts_with(['.', '-']);
        let found = part.match_indices(element);
        found
            .into_iter()
            .any(|(at, _)| (at == 0 || part[..at].ends_with(['.', '-'])) && rest(&part[at + element.len()..]))
    };
    let files = plan.files.iter().filter(|(path, _)| path.as_str().split('/').any(is_part));
    files.map(|(path, file)| (path.as_str(), &*file.bytes)).collect()
}

/// The lists of a project with something added at either end, taken away, and in another order.
fn others(now: &[String]) -> Vec<Vec<String>> {
    let new =
        if now.iter().all(|it| it.contains('-') && it.ends_with(char::is_numeric)) { "sa-east-1" } else { "zone" };
    let reversed: Vec<String> = now.iter().rev().cloned().collect();
    let first: Vec<String> = std::iter::once(new.to_owned()).chain(now.iter().cloned()).collect();
    let last: Vec<String> = now.iter().cloned().chain([new.to_owned()]).collect();
    let without = |gone: &String| now.iter().filter(|it| *it != gone).cloned().collect();
    [reversed, first, last].into_iter().chain(now.iter().map(without)).collect()
}

#[test]
fn what_comes_goes_or_moves_in_a_list_changes_nothing_of_what_stays() {
    let template = Template::builtin("service").unwrap();
    let mut held = 0;
    for case in golden::cases().unwrap() {
        let answers: toml::Table = fs::read_to_string(case.answers()).unwrap().parse().unwrap();
        let given = |changed: &[(&str, Value)]| {
            let mut answers: BTreeMap<String, Value> =
                answers.iter().map(|(id, value)| (id.clone(), value.clone().try_into::<Value>().unwrap())).collect();
            answers.extend(changed.iter().map(|(id, value)| ((*id).to_owned(), value.clone())));
            let mut all = Answers::default();
            for (id, value) in answers {
                all.set(&id, value, Provenance::Flag);
            }
            Interview::new(&template, &all, Defaults::All).unwrap().context().unwrap()
        };
        let before = given(&[]).unwrap();
        let plan = Plan::new(&template, &before).unwrap();
        let answer = |id: &str| before.answers.iter().find(|(asked, _)| asked == id).map(|(_, value)| value.clone());
        for (list, settled) in
            [("environments", Some("production")), ("regions", Some("home_region")), ("clusters", None)]
        {
            let Some(Value::List(now)) = answer(list) else { continue };
            let settled = settled.and_then(|id| Some((id, answer(id)?)));
            for other in others(&now) {
                let several = |items: &[String]| list != "regions" || items.len() > 1;
                let mut changed = vec![(list, Value::List(other.clone()))];
                changed.extend(settled.clone());
                let Some(after) = given(&changed).filter(|_| several(&now) && several(&other)) else { continue };
                let after = Plan::new(&template, &after).unwrap();
                for stays in now.iter().filter(|it| other.contains(it)) {
                    let (was, is) = (of_element(&plan, stays), of_element(&after, stays));
                    let of_both = was.iter().filter(|(path, _)| is.contains_key(*path));
                    for (path, bytes) in of_both {
                        assert!(is[path] == *bytes, "{}: {list} {now:?} -> {other:?} changes {path}", case.name);
                        held += 1;
                    }
                }
            }
        }
    }
    assert!(held > 500, "only {held} files were compared");
}
