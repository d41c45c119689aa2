//! The strategies: every way to deploy that can be combined with the others renders and passes the checks, and what
//! makes no sense is refused at the question with its reason.

use std::collections::{BTreeMap, BTreeSet};

use launchway_core::{Answers, Value};
use xtask::tree::Tree;

use crate::golden::scars;
use crate::rendered::{self, render, settle};
use crate::sample;

type Dimension = (&'static str, &'static [&'static str]);

const TERRAFORM: (&str, &str) = ("ecs_format", "terraform");

const SHARED: &[Dimension] = &[("strategy", &["rolling", "blue-green", "canary", "linear"])];

const ECS: &[Dimension] = &[
    ("regions", &["eu-west-1", "eu-west-1,us-east-1"]),
    ("capacity", &["fargate", "fargate-spot", "managed-instances", "ec2"]),
    ("deployment_controller", &["ecs", "code-deploy"]),
    ("shift_minutes", &["1", "3", "5", "15"]),
    ("ecs_format", &["cloudformation", "json", "terraform"]),
    ("scheme", &["internet-facing", "internal"]),
    ("https", &["true", "false"]),
];

const KUBERNETES: &[Dimension] = &[
    ("exposure", &["none", "ingress", "gateway"]),
    ("rollout_controller", &["argo-rollouts", "none"]),
    ("canary_traffic", &["replicas", "gateway"]),
    ("promotion", &["manual", "automatic"]),
    ("analysis", &["prometheus", "web"]),
    ("packaging", &["kustomize", "helm"]),
    ("multi_cluster", &["none", "argo-cd", "flux", "karmada"]),
];

#[test]
fn every_way_to_deploy_to_ecs_renders_or_is_refused_with_its_reason() {
    let refused = walk("ecs", ECS);
    assert_eq!(
        refused.iter().map(String::as_str).collect::<Vec<_>>(),
        [
            "ci: a job on GitHub ends after six hours, and one deployment to all regions may take longer",
            "deployment_controller: with CodeDeploy the service is written for the launch type Fargate",
            "ecs_format: Managed Instances are written only where the stack owns the service",
            "ecs_format: instances are not written in Terraform yet",
            "shift_minutes: the predefined canaries of CodeDeploy wait 5 or 15 minutes",
            "shift_minutes: the predefined linear configurations of CodeDeploy wait 1 or 3 minutes",
        ]
    );
}

#[test]
fn every_way_to_deploy_to_kubernetes_renders_or_is_refused_with_its_reason() {
    let refused = walk("kubernetes", KUBERNETES);
    assert_eq!(
        refused.iter().map(String::as_str).collect::<Vec<_>>(),
        [
            "multi_cluster: Karmada propagates the objects that are applied to it, and a Helm release lives in one cluster",
            "rollout_controller: several clusters apply both tracks at once, so a changed configuration would reach the live one untried",
            "rollout_controller: without a controller nothing measures a canary and moves its traffic on",
            "strategy: Karmada reports the progress of a Deployment and not that of a Rollout",
            "strategy: linear is a strategy of Amazon ECS",
        ]
    );
}

#[test]
fn what_makes_no_sense_is_refused_at_the_question() {
    for (given, question, reason) in [
        (vec![("target", "both"), ("strategy", "linear")], "strategy", "linear is a strategy of Amazon ECS"),
        (
            vec![("target", "ecs"), ("strategy", "canary"), ("scale_on", "requests")],
            "scale_on",
            "counts the requests of one target group",
        ),
        (
            vec![("target", "ecs"), ("strategy", "linear"), ("shift_percent", "3"), ("shift_minutes", "60")],
            "shift_minutes",
            "below 33 hours",
        ),
        (
            vec![("target", "ecs"), ("strategy", "linear"), ("shift_percent", "2")],
            "shift_percent",
            "at least 3 percent",
        ),
        (vec![("target", "ecs"), ("strategy", "blue-green"), ("bake_minutes", "400")], "ci", "ends after six hours"),
        (
            vec![("target", "ecs"), ("capacity", "ec2"), ("memory", "2048"), ("instance_type", "t4g.small")],
            "instance_type",
            "a task does not fit",
        ),
        (
            vec![("target", "ecs"), ("capacity", "ec2"), ("instance_type", "t3.small")],
            "instance_type",
            "another processor than the image",
        ),
        (vec![("target", "ecs"), ("regions", "eu-west-1,cn-north-1")], "regions", "several partitions"),
        (vec![("target", "ecs"), ("regions", "us-gov-west-1,us-east-1")], "regions", "several partitions"),
        (vec![("target", "ecs"), ("regions", "cn-north-1,us-gov-west-1")], "regions", "several partitions"),
        (
            vec![("target", "kubernetes"), ("provider", "kind"), ("multi_cluster", "argo-cd")],
            "multi_cluster",
            "one cluster on your computer",
        ),
        (
            vec![("target", "kubernetes"), ("provider", "kind"), ("multi_cluster", "flux")],
            "multi_cluster",
            "one cluster on your computer",
        ),
        (
            vec![("target", "kubernetes"), ("provider", "kind"), ("multi_cluster", "karmada")],
            "multi_cluster",
            "one cluster on your computer",
        ),
        (
            vec![
                ("target", "kubernetes"),
                ("provider", "kind"),
                ("exposure", "gateway"),
                ("strategy", "canary"),
                ("canary_traffic", "gateway"),
            ],
            "canary_traffic",
            "no Gateway whose weights",
        ),
        (vec![("target", "both"), ("provider", "kind")], "provider", "has no workflow, and Amazon ECS has one"),
        (
            vec![("target", "kubernetes"), ("provider", "kind"), ("image_policy", "true")],
            "image_policy",
            "has no digest there",
        ),
        (
            vec![("target", "kubernetes"), ("provider", "eks"), ("account_annotation", "eks.amazonaws.com/role-arn")],
            "account_annotation",
            "the annotation that pod_identity writes",
        ),
        (
            vec![("target", "kubernetes"), ("service_mesh", "linkerd"), ("image_policy", "true")],
            "image_policy",
            "the proxy of the mesh is another image",
        ),
        (vec![("target", "ecs"), ("environments", "dev,dev-dns")], "environments", "the name of another stack"),
        (vec![("target", "both"), ("environments", "x-roles,prod")], "environments", "the name of another stack"),
        (
            vec![("target", "ecs"), ("regions", "eu-west-1,us-east-1,us-west-2"), ("dns_routing", "failover")],
            "dns_routing",
            "one primary and one secondary",
        ),
        (
            vec![
                ("target", "ecs"),
                ("strategy", "canary"),
                ("deployment_controller", "code-deploy"),
                ("shift_percent", "20"),
            ],
            "shift_percent",
            "move 10 percent",
        ),
    ] {
        assert_refused(&given, question, reason);
    }
}

#[test]
fn what_is_not_written_in_terraform_yet_is_refused_at_the_question() {
    for (given, question, reason) in [
        (vec![("target", "ecs"), TERRAFORM, ("kind", "worker")], "ecs_format", "not written in Terraform yet"),
        (vec![("target", "ecs"), TERRAFORM, ("capacity", "ec2")], "ecs_format", "instances are not written"),
        (vec![("target", "ecs"), TERRAFORM, ("network", "new")], "ecs_format", "the network is a stack"),
        (
            vec![("target", "ecs"), TERRAFORM, ("load_balancer", "existing")],
            "ecs_format",
            "that is there is not written",
        ),
        (vec![("target", "ecs"), TERRAFORM, ("ecs_cluster", "existing")], "ecs_format", "that is there is not written"),
        (vec![("target", "ecs"), TERRAFORM, ("host_record", "new")], "ecs_format", "the record of a host name"),
        (vec![("target", "ecs"), TERRAFORM, ("access_logs", "new")], "ecs_format", "a bucket for access logs"),
        (
            vec![("target", "ecs"), TERRAFORM, ("strategy", "canary"), ("gate_minutes", "60")],
            "gate_minutes",
            "none that waits for a person",
        ),
        (
            vec![("target", "ecs"), TERRAFORM, ("accounts", "dev=111111111111,staging=111111111111,prod=222222222222")],
            "accounts",
            "accounts for each environment are not written",
        ),
    ] {
        assert_refused(&given, question, reason);
    }
}

#[test]
fn what_is_there_is_refused_where_it_cannot_be_shared() {
    for (given, question, reason) in [
        (
            vec![("target", "ecs"), ("load_balancer", "existing"), ("network", "new")],
            "load_balancer",
            "in a VPC that is there",
        ),
        (
            vec![("target", "ecs"), ("load_balancer", "existing"), ("regions", "eu-west-1,us-east-1")],
            "load_balancer",
            "one service behind each load balancer",
        ),
        (
            vec![
                ("target", "ecs"),
                ("load_balancer", "existing"),
                ("strategy", "canary"),
                ("deployment_controller", "code-deploy"),
            ],
            "deployment_controller",
            "CodeDeploy turns whole listeners",
        ),
        (
            vec![("target", "ecs"), ("load_balancer", "existing"), ("ecs_format", "json")],
            "ecs_format",
            "for services that CloudFormation holds",
        ),
        (
            vec![("target", "ecs"), ("ecs_cluster", "existing"), ("ecs_format", "json")],
            "ecs_format",
            "for services that CloudFormation holds",
        ),
        (
            vec![
                ("target", "ecs"),
                ("ecs_cluster", "existing"),
                ("strategy", "canary"),
                ("deployment_controller", "code-deploy"),
            ],
            "deployment_controller",
            "for services that CloudFormation holds",
        ),
        (
            vec![("target", "ecs"), ("ecs_cluster", "existing"), ("capacity", "ec2")],
            "ecs_cluster",
            "by a capacity provider",
        ),
        (
            vec![("target", "ecs"), ("ecs_cluster", "existing"), ("capacity", "managed-instances")],
            "ecs_cluster",
            "by a capacity provider",
        ),
        (
            vec![("target", "ecs"), ("ecs_cluster", "existing"), ("regions", "eu-west-1,us-east-1")],
            "ecs_cluster",
            "the stack of each region makes its own",
        ),
    ] {
        assert_refused(&given, question, reason);
    }
}

#[test]
fn managed_instances_are_refused_where_the_stack_does_not_own_the_service() {
    for (given, question, reason) in [
        (vec![("ecs_format", "json")], "ecs_format", "written only where the stack owns the service"),
        (
            vec![("strategy", "canary"), ("deployment_controller", "code-deploy")],
            "deployment_controller",
            "the launch type Fargate",
        ),
    ] {
        let given = [vec![("target", "ecs"), ("capacity", "managed-instances")], given].concat();
        assert_refused(&given, question, reason);
    }
}

#[track_caller]
fn assert_refused(given: &[(&'static str, &'static str)], question: &str, reason: &str) {
    let problems = settle(&mut answers(&given.iter().copied().collect()));
    assert!(
        problems.iter().any(|problem| problem.question == question && problem.message.contains(reason)),
        "{given:?}: {problems:?}"
    );
}

/// Walks through all combinations, renders those that are accepted and returns the reasons of the others.
fn walk(target: &'static str, dimensions: &[Dimension]) -> BTreeSet<String> {
    let mut reasons = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut used: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let dimensions: Vec<Dimension> = SHARED.iter().chain(dimensions).copied().collect();
    // Of three, which divides the number of values of few questions, so that none of them is left out.
    for mut row in sample::of(rows(&dimensions), 0, 3) {
        row.insert("target", target);
        let mut given = answers(&row);
        let problems = settle(&mut given);
        for problem in &problems {
            let (_, because) = problem.message.split_once(" is refused: ").unwrap_or_else(|| panic!("{problem:?}"));
            let (because, _) = because.split_once(';').unwrap_or((because, ""));
            reasons.insert(format!("{}: {because}", problem.question));
        }
        let is_new = seen.insert(given.iter().map(|(id, value, _)| format!("{id}={value}")).collect::<Vec<_>>());
        if problems.is_empty() && is_new {
            let rendered = render(&given);
            let scars = scars(&rendered.tree);
            assert!(scars.is_empty(), "{row:?}: {scars:?}");
            if target == "ecs" {
                assert_guarded(&rendered.tree, &row);
            }
            for (id, value, _) in given.iter() {
                let id = dimensions.iter().map(|(id, _)| *id).find(|known| *known == id);
                id.map(|id| used.entry(id).or_default().insert(value.to_string()));
            }
        }
    }
    for (id, values) in &dimensions {
        let missing: Vec<_> = values.iter().filter(|value| !used[id].contains(**value)).collect();
        assert!(
            missing.is_empty() || *id == "strategy" && missing == [&"linear"],
            "{id}: {missing:?} was never rendered"
        );
    }
    reasons
}

/// Whoever deploys, and however: nothing changes before the same things are known.
fn assert_guarded(tree: &Tree, row: &BTreeMap<&str, &str>) {
    let script = std::str::from_utf8(&tree["deploy/ecs/deploy.sh"].bytes).unwrap();
    let first_change = CHANGES.iter().filter_map(|change| script.find(change)).min().unwrap();
    let guards = if tree.contains_key("deploy/ecs/plan.sh") { GUARDS_OF_STATES } else { GUARDS };
    for guard in guards {
        let found = script.find(guard).unwrap_or_else(|| panic!("{row:?}: no guard `{guard}`"));
        assert!(found < first_change, "{row:?}: `{guard}` comes after a change");
    }
}

const CHANGES: &[&str] = &[
    "aws cloudformation deploy",
    "\"$terraform\" -chdir=\"$root\" apply",
    "aws ecs register-task-definition",
    "aws ecs create-service",
    "aws ecs update-service",
    "aws deploy create-deployment",
];

const GUARDS: &[&str] = &[
    "does not exist\"",
    "is not a digest",
    "still holds example ids",
    "is another project's",
    "is still at work",
    "cannot be looked at",
    " no image $digest",
    " holds no $name",
];

/// A state is locked while somebody works on it, and is one service's by its key.
const GUARDS_OF_STATES: &[&str] = &[
    "does not exist\"",
    "is not a digest",
    "still holds example ids",
    "has no .terraform.lock.hcl",
    "two owners must never hold one service",
    " no image $digest",
    " holds no $name",
];

fn rows(dimensions: &[Dimension]) -> Vec<BTreeMap<&'static str, &'static str>> {
    dimensions.iter().fold(vec![BTreeMap::new()], |rows, (id, values)| {
        let with =
            |row: &BTreeMap<_, _>, value| row.iter().map(|(id, value)| (*id, *value)).chain([(*id, value)]).collect();
        rows.iter().flat_map(|row| values.iter().map(move |value| with(row, *value))).collect()
    })
}

fn answers(row: &BTreeMap<&'static str, &'static str>) -> Answers {
    let value = |(id, text): (&&'static str, &&str)| {
        let question = rendered::TEMPLATE.question(id).unwrap();
        (*id, question.read(text).unwrap())
    };
    let service = ("service", Value::Text("orders".to_owned()));
    let secrets = ("secrets", Value::List(vec!["database-url".to_owned()]));
    let secrets = (row.get("target") == Some(&"ecs")).then_some(secrets);
    rendered::answers(row.iter().map(value).chain([service]).chain(secrets))
}
