//! Every pair of values that a question can change between: what is said of the change is what the files of before and after
//! say, and where the service stays, the emulator keeps it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{LazyLock, OnceLock};

use launchway_core::template::{Choices, Effect, Kind, Question};
use launchway_core::{Answers, Context, Defaults, Interview, Origin, Plan, Provenance, Transition, Value};
use serde::Deserialize;
use xtask::{tools, workspace};

use crate::program::run;
use crate::rendered::TEMPLATE;
use crate::sample;

/// Answers by their ids, as they are written.
type Words = &'static [(&'static str, &'static str)];

/// Projects in which, between them, every question is asked.
const BASES: &[Words] = &[
    &[("target", "ecs")],
    &[("target", "ecs"), ("secrets", "database-url")],
    &[("target", "ecs"), ("strategy", "canary")],
    &[("target", "ecs"), ("strategy", "linear")],
    &[("target", "ecs"), ("strategy", "blue-green"), ("deployment_controller", "code-deploy")],
    &[("target", "ecs"), ("strategy", "canary"), ("deployment_controller", "code-deploy")],
    &[("target", "ecs"), ("capacity", "ec2")],
    &[("target", "ecs"), ("capacity", "managed-instances")],
    &[("target", "ecs"), ("ecs_format", "json")],
    &[("target", "ecs"), ("ecs_format", "terraform")],
    &[("target", "ecs"), ("ecs_format", "terraform"), ("strategy", "canary"), ("secrets", "database-url")],
    &[("target", "ecs"), ("ecs_format", "terraform"), ("regions", "us-east-1,eu-west-1")],
    &[("target", "ecs"), ("regions", "us-east-1,eu-west-1"), ("waf", "true")],
    &[("target", "ecs"), ("network", "new")],
    &[("target", "ecs"), ("load_balancer", "existing")],
    &[("target", "ecs"), ("load_balancer", "existing"), ("strategy", "canary"), ("host_record", "new")],
    &[("target", "ecs"), ("ecs_cluster", "existing")],
    &[("target", "ecs"), ("accounts", "dev=111111111111,staging=111111111111,prod=222222222222")],
    &[("target", "ecs"), ("secrets", "database-url"), ("secret_store", "secrets-manager")],
    &[("target", "ecs"), ("kind", "worker")],
    &[("target", "kubernetes"), ("kind", "worker")],
    &[("target", "kubernetes"), ("kind", "worker"), ("provider", "eks"), ("autoscaler", "keda")],
    &[("target", "kubernetes"), ("kind", "worker"), ("packaging", "helm"), ("autoscaler", "keda")],
    &[("target", "kubernetes")],
    &[("target", "kubernetes"), ("exposure", "gateway"), ("service_monitor", "true")],
    &[("target", "kubernetes"), ("exposure", "ingress"), ("priority_class", "true")],
    &[("target", "kubernetes"), ("secrets", "database-url"), ("account_annotation", "a/one")],
    &[("target", "kubernetes"), ("provider", "aks"), ("pod_identity", "one"), ("exposure", "ingress")],
    &[("target", "kubernetes"), ("provider", "openshift"), ("packaging", "helm"), ("exposure", "ingress")],
    &[("target", "kubernetes"), ("provider", "kind"), ("exposure", "ingress")],
    &[("target", "kubernetes"), ("provider", "eks"), ("exposure", "ingress")],
    &[("target", "kubernetes"), ("provider", "gke"), ("exposure", "ingress"), ("packaging", "helm"), ("ci", "none")],
    &[("target", "kubernetes"), ("provider", "gke"), ("exposure", "gateway"), ("strategy", "canary")],
    &[("target", "kubernetes"), ("strategy", "canary"), ("exposure", "gateway")],
    &[("target", "kubernetes"), ("strategy", "canary"), ("analysis", "web")],
    &[("target", "kubernetes"), ("strategy", "blue-green"), ("analysis", "web")],
    &[
        ("target", "kubernetes"),
        ("environments", "blue,green"),
        ("production", "green"),
        ("exposure", "ingress"),
        ("strategy", "blue-green"),
        ("rollout_controller", "none"),
    ],
    &[("target", "kubernetes"), ("strategy", "blue-green")],
    &[("target", "kubernetes"), ("strategy", "blue-green"), ("rollout_controller", "none")],
    &[("target", "kubernetes"), ("multi_cluster", "argo-cd")],
    &[("target", "kubernetes"), ("multi_cluster", "flux")],
    &[("target", "kubernetes"), ("multi_cluster", "karmada")],
    &[("target", "kubernetes"), ("packaging", "helm"), ("exposure", "ingress"), ("secrets", "database-url")],
    &[("target", "kubernetes"), ("packaging", "helm"), ("ci", "none"), ("service_monitor", "true")],
    &[("target", "kubernetes"), ("packaging", "helm"), ("strategy", "canary"), ("exposure", "gateway")],
    &[("target", "kubernetes"), ("packaging", "helm"), ("strategy", "blue-green"), ("rollout_controller", "none")],
    &[("target", "kubernetes"), ("packaging", "helm"), ("multi_cluster", "argo-cd")],
    &[("target", "kubernetes"), ("packaging", "helm"), ("multi_cluster", "flux"), ("secrets", "database-url")],
    &[("target", "kubernetes"), ("secrets", "database-url,user"), ("secret_keys", "user=database.user")],
    &[("target", "both")],
];

/// A change of one answer.
pub(crate) struct Pair {
    pub(crate) question: String,
    pub(crate) from: Context,
    pub(crate) to: Context,
    /// Whether it begins at the answers of one of [`BASES`], which all changes of that one share.
    pub(crate) is_of_base: bool,
    base: Words,
    /// The question with both values, whatever the base is.
    change: String,
    transitions: OnceLock<Vec<Transition>>,
}

/// Every change from every one of [`BASES`].
pub(crate) static PAIRS: LazyLock<Vec<Pair>> = LazyLock::new(pairs);

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
    /// The objects that are deleted by the tool that applies the files.
    taken: Vec<String>,
    /// The kinds of the objects of after.
    kinds: Vec<String>,
}

/// The kinds by which clients reach the service.
const SERVING: [&str; 3] = ["Service ", "Ingress ", "HTTPRoute "];

/// The kinds without which the service does not run until what replaces them is ready.
const KEPT: [&str; 3] = ["Deployment ", "Rollout ", "ExternalSecret "];

impl Pair {
    /// The base with the change.
    fn said(&self) -> String {
        format!("{:?}: {}", self.base, self.change)
    }

    /// What the change brings about.
    pub(crate) fn transitions(&self) -> &[Transition] {
        self.transitions.get_or_init(|| transitions(&self.from, &self.to))
    }

    /// Whether Helm takes over what kubectl has applied, one kind at a time.
    fn is_to_helm(&self) -> bool {
        let is_helm = |context: &Context| {
            context.answers.iter().any(|(id, value)| id == "packaging" && *value == Value::Text("helm".to_owned()))
        };
        self.question == "packaging" && is_helm(&self.to)
    }
}

impl Facts {
    fn takes(&self, kinds: &[&str]) -> bool {
        self.taken.iter().any(|object| kinds.iter().any(|kind| object.starts_with(kind)))
    }
}

/// An answer as its question reads it.
fn coerced((id, value): &(&'static str, &str)) -> (&'static str, Value) {
    (id, TEMPLATE.question(id).unwrap().read(value).unwrap())
}

fn context(given: &BTreeMap<&str, Value>) -> Option<Context> {
    let mut answers = Answers::default();
    answers.set("service", Value::Text("orders".to_owned()), Provenance::Flag);
    for (id, value) in given {
        answers.set(id, value.clone(), Provenance::Flag);
    }
    Interview::new(&TEMPLATE, &answers, Defaults::All).unwrap().context().unwrap()
}

/// The values of a question that meet one another.
fn values(question: &Question, now: &Value) -> Vec<Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    let list = |items: &[&str]| Value::List(items.iter().map(|item| (*item).to_owned()).collect());
    match (question.id.as_str(), &question.kind) {
        ("environments", _) => vec![list(&["dev", "prod"]), list(&["dev", "qa", "prod"]), list(&["prod", "dev"])],
        ("production", _) => vec![text("dev"), text("prod"), text("blue"), text("green")],
        ("regions", _) => vec![
            list(&["us-east-1"]),
            list(&["us-east-1", "eu-west-1"]),
            list(&["us-east-1", "eu-west-1", "eu-north-1"]),
        ],
        ("home_region", _) => vec![text("us-east-1"), text("eu-west-1")],
        ("accounts", _) => {
            let everywhere = ["dev=111111111111", "staging=111111111111", "prod=222222222222"];
            let registry = [&everywhere[..], &["registry=333333333333"]].concat();
            vec![list(&[]), list(&everywhere), list(&registry)]
        }
        ("clusters", _) => vec![list(&["east", "west"]), list(&["east"])],
        ("image_pull_secrets", _) => vec![list(&["ghcr"]), list(&[]), list(&["mirror", "ghcr"])],
        ("secret_keys", _) => vec![list(&[]), list(&["database-url=database.url"]), list(&["database-url=other.url"])],
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
        ("balancer_network", _) => vec![text("10.0.0.0/16"), text("10.1.0.0/16")],
        ("queue_url", _) => vec![
            text("https://sqs.us-east-1.amazonaws.com/111111111111/orders-ENVIRONMENT"),
            text("https://sqs.eu-west-1.amazonaws.com/222222222222/orders-ENVIRONMENT"),
        ],
        ("account_annotation", _) => vec![text(""), text("a/one"), text("a/two")],
        ("prometheus_address", _) => vec![text("http://one:9090"), text("http://two:9090")],
        (_, Kind::Text(_) | Kind::Slug(_)) => vec![text("one"), text("two")],
        _ => Vec::new(),
    }
}

fn pairs() -> Vec<Pair> {
    let mut pairs = Vec::new();
    for base in BASES {
        let given: BTreeMap<&str, Value> = base.iter().map(coerced).collect();
        let now = context(&given).expect("the answers go together");
        for (id, value) in now.answers.iter().filter(|(id, _)| *id != TEMPLATE.name_question) {
            let question = TEMPLATE.question(id).unwrap();
            let others = values(question, value).into_iter().filter(|other| other != value);
            let made: Vec<(Value, Context)> = std::iter::once(value.clone())
                .chain(others)
                .filter_map(|value| {
                    let mut given = given.clone();
                    given.insert(&question.id, value.clone());
                    Some((value, context(&given)?))
                })
                .collect();
            for (from, before) in &made {
                for (to, after) in made.iter().filter(|(to, _)| to != from) {
                    let change = format!("{id} {from} -> {to}");
                    let (is_of_base, from, to) = (from == value, before.clone(), after.clone());
                    let (question, transitions) = (id.clone(), OnceLock::new());
                    pairs.push(Pair { question, from, to, is_of_base, base, change, transitions });
                }
            }
        }
    }
    pairs
}

fn transitions(before: &Context, after: &Context) -> Vec<Transition> {
    let versions = Origin::of(&TEMPLATE).versions();
    let migrated = TEMPLATE.migrate_from(&versions, before.answers.iter().cloned().collect()).unwrap();
    TEMPLATE.transitions_of(&versions, &migrated, after).unwrap()
}

/// Asks the files of before and after; each project is made once.
fn facts(pairs: &[&Pair]) -> Vec<Facts> {
    let folder = tempfile::tempdir().unwrap();
    let mut made: BTreeMap<String, usize> = BTreeMap::new();
    let mut number = |context: &Context| {
        let next = made.len();
        *made.entry(format!("{:?}", context.answers)).or_insert_with(|| {
            write(&Plan::new(&TEMPLATE, context).unwrap(), &folder.path().join(next.to_string()));
            next
        })
    };
    let numbered: Vec<[usize; 2]> = pairs.iter().map(|pair| [number(&pair.from), number(&pair.to)]).collect();
    fs::write(folder.path().join("pairs.json"), serde_json::to_string(&numbered).unwrap()).unwrap();
    let script = workspace::root().join("tests/validators/transition_facts.py");
    let tools = tools::install().unwrap();
    let output = Command::new(tools.linter("python"))
        .arg("-B")
        .arg(script)
        .arg(folder.path())
        .arg(tools.helm())
        .output()
        .unwrap();
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
    let silent: Vec<String> = PAIRS
        .iter()
        .filter(|pair| !pair.transitions().iter().flat_map(|it| &it.answers).any(|it| it.question == pair.question))
        .map(Pair::said)
        .collect();
    assert!(silent.is_empty(), "nothing is said of {silent:#?}");
    let asked: BTreeSet<&str> = PAIRS.iter().map(|pair| pair.question.as_str()).collect();
    let unasked = TEMPLATE.questions.iter().map(|question| question.id.as_str()).filter(|id| !asked.contains(id));
    assert_eq!(unasked.collect::<Vec<_>>(), ["service"]);
    println!("{} changes", PAIRS.len());
}

#[test]
fn what_a_transition_says_is_what_the_files_say() {
    let is_worth_it = |pair: &&Pair| !["cpu", "memory", "instance_type"].contains(&pair.question.as_str());
    // In the usual run a change that brings the same transitions is looked at from one base: each has its projects to render.
    let mut seen = BTreeSet::new();
    let mut is_new = |pair: &'static Pair| {
        let brought: Vec<&str> = pair.transitions().iter().map(|it| it.id.as_str()).collect();
        seen.insert((pair.change.as_str(), brought)) || sample::is_whole()
    };
    let pairs: Vec<&Pair> = PAIRS.iter().filter(is_worth_it).filter(|pair| is_new(pair)).collect();
    println!("{} of {} changes", pairs.len(), PAIRS.len());
    let mut faults = Vec::new();
    for (pair, facts) in pairs.iter().zip(facts(&pairs)) {
        let worst = pair.transitions().iter().map(|it| it.effect).max().unwrap_or(Effect::None);
        if worst == Effect::Refused {
            continue;
        }
        let commands = || {
            let steps = |it: &'_ Transition| it.before.iter().map(|step| step.command.clone()).collect::<Vec<_>>();
            pair.transitions().iter().flat_map(steps).collect::<String>()
        };
        let has_left_target = pair.question == "target";
        // Roles that lose rights come after what the old ones delete, environment by environment.
        let is_shared = ["load_balancer", "ecs_cluster"].contains(&pair.question.as_str());
        let first = if is_shared { "deploy/ecs/roles.yaml" } else { "bootstrap.yaml" };
        let missing = [
            (facts.bootstrap && !has_left_target && !commands().contains(first), "bootstrap.yaml"),
            (facts.namespaces && !has_left_target && !commands().contains("namespaces"), "namespaces"),
            (facts.pods && worst < Effect::NewPods, "new pods"),
            (!facts.replaced.is_empty() && worst < Effect::Steps, "replaced"),
            (!facts.left.is_empty() && worst < Effect::Steps, "left"),
            (facts.takes(&SERVING) && worst < Effect::Steps, "taken"),
            (pair.is_to_helm() && !facts.kinds.iter().all(|kind| commands().contains(&kind.to_lowercase())), "adopted"),
            (facts.takes(&KEPT) && worst < Effect::Outage && !commands().contains("prune=disabled"), "not kept"),
        ];
        let missing: Vec<&str> = missing.iter().filter(|(is_missing, _)| *is_missing).map(|(_, what)| *what).collect();
        if !missing.is_empty() {
            faults.push(format!("{}: {missing:?}, {worst:?}, {facts:?}", pair.said()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_transition_is_among_the_screens() {
    let screens = workspace::root().join("tests/screens/en/changes");
    let shown: String =
        fs::read_dir(screens).unwrap().map(|it| fs::read_to_string(it.unwrap().path()).unwrap()).collect();
    let said: BTreeSet<String> =
        PAIRS.iter().flat_map(Pair::transitions).filter(|it| !it.text.is_empty()).map(|it| it.id.clone()).collect();
    let is_shown = |id: &&String| shown.lines().any(|line| line.split_whitespace().nth(1) == Some(&format!("{id}:")));
    assert_eq!(said.iter().filter(|id| !is_shown(id)).collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(said.len() > 50, "{}", said.len());
}

/// The parts of a stack or a manifest in which two of them differ, by their names.
fn differing(before: &str, after: &str) -> BTreeSet<String> {
    let parts = |text: &str| {
        let (mut parts, mut name) = (BTreeMap::<String, String>::new(), String::new());
        for line in text.lines() {
            let is_head =
                line.strip_prefix("  ").is_some_and(|it| it.ends_with(':') && !it.starts_with([' ', '#', '-']));
            if is_head {
                line.trim_matches([' ', ':']).clone_into(&mut name);
            }
            if !line.trim_start().starts_with('#') {
                *parts.entry(name.clone()).or_default() += line;
            }
        }
        parts
    };
    let (before, after) = (parts(before), parts(after));
    before.keys().chain(after.keys()).filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

#[test]
fn another_port_changes_the_tasks_and_pods_and_nothing_that_leads_to_them() {
    let ports: Vec<&Pair> = PAIRS.iter().filter(|pair| pair.question == "port" && pair.is_of_base).collect();
    let mut files = BTreeSet::new();
    for pair in &ports {
        let [before, after] = [&pair.from, &pair.to].map(|it| Plan::new(&TEMPLATE, it).unwrap().files);
        let changed = after.iter().filter(|(path, file)| before[*path].bytes != file.bytes);
        for (path, file) in changed.filter(|(path, _)| path.as_str().starts_with("deploy/")) {
            files.insert(path.as_str().to_owned());
            let allowed: &[&str] = match path.as_str() {
                "deploy/ecs/service.yaml" => &["Service", "TaskDefinition"],
                "deploy/ecs/infra.yaml" => &["ContainerPort"],
                _ => continue,
            };
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let changed = differing(&text(&before[path].bytes), &text(&file.bytes));
            assert!(
                changed.iter().all(|part| allowed.contains(&part.as_str())),
                "{}: {path}: {changed:?}",
                pair.said()
            );
        }
    }
    assert!(ports.len() > 30);
    let of_tasks = [
        "deploy/ecs/appspec.yaml",
        "deploy/ecs/infra.yaml",
        "deploy/ecs/service.json",
        "deploy/ecs/service.yaml",
        "deploy/ecs/task-definition.json",
        "deploy/ecs/terraform/service/task.tf",
        "deploy/kubernetes/base/workload/config.env",
        "deploy/kubernetes/base/workload/deployment.yaml",
        "deploy/kubernetes/base/workload/rollout.yaml",
        "deploy/kubernetes/chart/values.yaml",
    ];
    assert_eq!(files.iter().map(String::as_str).collect::<Vec<_>>(), of_tasks);
}

#[test]
fn a_default_that_nobody_gave_brings_no_transition_of_its_own() {
    let versions = Origin::of(&TEMPLATE).versions();
    let mut stayed = BTreeSet::new();
    for pair in PAIRS.iter().filter(|pair| pair.is_of_base) {
        let value = |context: &Context| context.answers.iter().find(|(id, _)| *id == pair.question).unwrap().1.clone();
        let before: BTreeMap<String, Value> = pair.from.answers.iter().cloned().collect();
        let mut answers = Answers::default();
        answers.set(&pair.question, value(&pair.to), Provenance::Flag);
        answers.take_before(&TEMPLATE, &before, &pair.from.defaults).unwrap();
        answers.run_with(&before);
        let interview = Interview::new(&TEMPLATE, &answers, Defaults::All).unwrap();
        let Some(context) = interview.context().unwrap() else { continue };
        let migrated = TEMPLATE.migrate_from(&versions, before).unwrap();
        let transitions = TEMPLATE.transitions_of(&versions, &migrated, &context).unwrap();
        for kept in interview.defaults_kept(&answers).unwrap() {
            if kept.was == kept.is {
                stayed.extend(kept.today.filter(|today| *today != kept.is).map(|_| kept.question));
                continue;
            }
            let mut brought = transitions.iter().filter(|it| it.effect.reaches_what_runs());
            let is_brought = brought.any(|it| it.answers.iter().any(|answer| answer.question == kept.question));
            let question = TEMPLATE.question(&kept.question).unwrap();
            let is_an_answer = interview.check(question, &kept.was).unwrap().is_ok();
            assert!(!is_brought || !is_an_answer, "{}: {kept:?}", pair.said());
        }
    }
    assert_eq!(stayed.iter().map(String::as_str).collect::<Vec<_>>(), ["architecture"]);
}

/// Changes of an answer that keep the service, and one that says it does not.
const PLAYED: &[(Words, Words)] = &[
    (&[], &[("capacity", "fargate-spot")]),
    (&[("capacity", "fargate-spot")], &[]),
    (&[], &[("strategy", "canary")]),
    (&[("strategy", "blue-green")], &[("strategy", "linear")]),
    (&[], &[("cpu", "512")]),
    (&[], &[("waf", "true")]),
    (&[], &[("port", "8081")]),
    (&[("strategy", "canary")], &[("strategy", "canary"), ("port", "8081")]),
    (&[], &[("target_group_port", "80")]),
];

#[test]
fn the_emulator_keeps_the_service_through_every_change_that_is_no_outage() {
    let made = |answers: &[(&'static str, &str)]| {
        let all = answers.iter().chain(&[("target", "ecs")]);
        context(&all.map(coerced).collect()).unwrap()
    };
    for (before, after) in PLAYED {
        let folder = tempfile::tempdir().unwrap();
        let sides = [made(before), made(after)];
        let paths = ["before", "after"].map(|name| folder.path().join(name));
        sides.iter().zip(&paths).for_each(|(context, path)| write(&Plan::new(&TEMPLATE, context).unwrap(), path));
        let worst = transitions(&sides[0], &sides[1]).iter().map(|it| it.effect).max().unwrap();
        let script = workspace::root().join("tests/validators/ecs_transitions.py");
        let ran = run(Command::new(tools::install().unwrap().aws("python")).arg(script).args(&paths));
        let is_kept = ran.code == Some(0);
        assert_eq!(is_kept, worst < Effect::Outage, "{before:?} -> {after:?}: {worst:?}\n{}{}", ran.stdout, ran.stderr);
    }
}
