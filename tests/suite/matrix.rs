//! The matrix: every value of every question meets every value of every other one, and each such project is accepted.

use std::collections::{BTreeMap, BTreeSet};

use launchway_core::pairs::all_pairs;
use launchway_core::{Answers, Provenance, Value};

use crate::golden::scars;
use crate::program::{launchway, run};
use crate::rendered::{self, TEMPLATE, render, settle};

/// A question with the values that it takes in the matrix.
struct Parameter {
    id: &'static str,
    values: Vec<Value>,
}

const HOSTILE: &str =
    r#"He said: "it's 100% #1" — \n ${x} $(VAR) {{y}} ${AWS::Region} !Ref <b>`code`</b> *[link](x)* | - : , ? \ %"#;

/// CPU units and the smallest and largest memory that go with them.
const SIZES: [(&str, &str); 16] = [
    ("256", "512"),
    ("256", "2048"),
    ("512", "1024"),
    ("512", "4096"),
    ("1024", "2048"),
    ("1024", "8192"),
    ("2048", "4096"),
    ("2048", "16384"),
    ("4096", "8192"),
    ("4096", "30720"),
    ("8192", "16384"),
    ("8192", "61440"),
    ("16384", "32768"),
    ("16384", "122880"),
    ("32768", "61440"),
    ("32768", "249856"),
];

#[test]
fn every_pair_of_answers_makes_a_project() {
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for given in matrix() {
        let rendered = render(&given);
        let answer =
            |id: &str| rendered.answers.iter().find(|(asked, _)| asked == id).map(|(_, value)| value.to_string());
        let scars = scars(&rendered.tree);
        assert!(scars.is_empty(), "{scars:?}\n{:?}", rendered.answers);
        let has = |folder: &str| rendered.tree.keys().any(|path| path.starts_with(folder));
        let target = answer("target").unwrap();
        assert_eq!(has("deploy/ecs/"), target != "kubernetes", "{:?}", rendered.answers);
        assert_eq!(has("deploy/kubernetes/"), target != "ecs", "{:?}", rendered.answers);
        assert_eq!(has(".github/"), answer("ci").as_deref() == Some("github"), "{:?}", rendered.answers);
        for (id, value) in rendered.answers {
            used.entry(id).or_default().insert(value.to_string());
        }
    }
    for question in &TEMPLATE.questions {
        assert!(used.contains_key(&question.id), "`{}` is asked in no row", question.id);
    }
    let mut unused = Vec::new();
    for Parameter { id, values } in parameters() {
        let is_used = |value: &&Value| id == "size" || used[id].contains(&value.to_string());
        unused.extend(values.iter().filter(|value| !is_used(value)).map(|value| format!("{id}={value}")));
    }
    // They are asked with three or four other answers alone; `strategies::`, `pairs::` and golden projects have their values.
    let rare = [
        "analysis=web",
        "balancer_",
        "canary_traffic",
        "deployment_controller=code-deploy",
        "ingress_class=gce",
        "ingress_class=openshift-default",
        "ingress_class=webapprouting",
        "provider=kind",
        "rollout_controller",
    ];
    unused.retain(|value| !rare.iter().any(|start| value.starts_with(start)));
    assert_eq!(unused, Vec::<String>::new());
}

#[test]
fn every_fargate_size_makes_a_project_that_states_it() {
    for (cpu, memory) in fargate_table() {
        let (cpu, memory) = (cpu.to_string(), memory.to_string());
        let given = [("service", "orders"), ("target", "ecs"), ("cpu", &cpu), ("memory", &memory)];
        let rendered = render(&rendered::answers(given.map(|(id, value)| (id, Value::Text(value.to_owned())))));
        let stack = std::str::from_utf8(&rendered.tree["deploy/ecs/service.yaml"].bytes).unwrap();
        assert!(stack.contains(&format!("\n      Cpu: \"{cpu}\"\n      Memory: \"{memory}\"\n")), "{cpu}/{memory}");
    }
}

#[test]
fn a_memory_that_fargate_does_not_offer_with_the_cpu_is_refused() {
    let size = ["--target", "ecs", "--cpu", "256", "--memory", "4096"];
    let refused = run(launchway().args(["new", "orders"]).args(size).args(["--defaults", "--no-input", "--dry-run"]));
    let said = refused.failure(2);
    assert!(said.contains("`4096`") && said.contains("memory"), "{said}");
}

/// Every size of ECS.md's table, in CPU units and MiB.
fn fargate_table() -> Vec<(u32, u32)> {
    let steps = |cpu: u32, from: u32, to: u32, step: usize| (from..=to).step_by(step).map(move |memory| (cpu, memory));
    let mut table = vec![(256, 512), (256, 1024), (256, 2048)];
    table.extend(steps(512, 1024, 4096, 1024));
    table.extend(steps(1024, 2048, 8192, 1024));
    table.extend(steps(2048, 4096, 16384, 1024));
    table.extend(steps(4096, 8192, 30720, 1024));
    table.extend(steps(8192, 16384, 61440, 4096));
    table.extend(steps(16384, 32768, 122_880, 8192));
    table.extend([(32768, 61440), (32768, 122_880), (32768, 249_856)]);
    table
}

/// The answers of every row. What the other answers of a row leave unasked, or rule out, is left to its default.
pub(crate) fn matrix() -> Vec<Answers> {
    let parameters = parameters();
    let sizes: Vec<_> = parameters.iter().map(|parameter| parameter.values.len()).collect();
    let answers = |row: Vec<usize>| {
        let chosen = parameters.iter().zip(row).map(|(parameter, value)| (parameter.id, &parameter.values[value]));
        let mut answers = rendered::answers(chosen.flat_map(|(id, value)| given(id, value)));
        loop {
            let refused = settle(&mut answers);
            if refused.is_empty() {
                return answers;
            }
            for problem in refused {
                let is_given = answers.get(&problem.question).is_some();
                assert!(is_given || problem.question == "ci", "a default is refused: {problem}");
                answers.remove(&problem.question);
                if problem.question == "ci" {
                    answers.set("ci", Value::Text("none".to_owned()), Provenance::Flag);
                }
            }
        }
    };
    all_pairs(&sizes).into_iter().map(answers).collect()
}

/// Returns the answers that a value stands for; a Fargate size, written `CPU/MEMORY`, is two, and so are environments of
/// which none is production by its name.
fn given(id: &'static str, value: &Value) -> Vec<(&'static str, Value)> {
    match value {
        Value::Text(size) if id == "size" => {
            let (cpu, memory) = size.split_once('/').unwrap();
            vec![("cpu", Value::Text(cpu.to_owned())), ("memory", Value::Text(memory.to_owned()))]
        }
        Value::List(items) if id == "environments" && !items.iter().any(|item| item == "prod") => {
            let last = items.last().cloned().unwrap();
            vec![(id, value.clone()), ("production", Value::Text(last))]
        }
        value => vec![(id, value.clone())],
    }
}

fn parameters() -> Vec<Parameter> {
    let text = |value: &str| Value::Text(value.to_owned());
    let texts = |values: &[&str]| -> Vec<Value> { values.iter().copied().map(text).collect() };
    let lists = |values: &[&[&str]]| -> Vec<Value> {
        values.iter().map(|list| Value::List(list.iter().copied().map(str::to_owned).collect())).collect()
    };
    let numbers = |values: &[i64]| -> Vec<Value> { values.iter().copied().map(Value::Int).collect() };
    let switch = || vec![Value::Bool(true), Value::Bool(false)];
    let sizes: Vec<_> = SIZES.iter().map(|(cpu, memory)| text(&format!("{cpu}/{memory}"))).collect();
    let parameter = |id, values| Parameter { id, values };
    vec![
        parameter("service", texts(&["orders", "a1", "inventory-reservation-and-allocation-api"])),
        parameter("kind", texts(&["http", "worker"])),
        parameter("target", texts(&["ecs", "kubernetes", "both"])),
        parameter("description", texts(&["Takes orders", HOSTILE])),
        parameter("owner", texts(&["shop", "e10"])),
        parameter(
            "environments",
            lists(&[&["prod"], &["dev", "staging", "prod"], &["dev", "test", "qa-1", "staging", "pre-live-blu"]]),
        ),
        parameter("ci", texts(&["github", "none"])),
        parameter("agents", switch()),
        parameter("repository", texts(&["acme/orders", "ACME/Orders.Api_2"])),
        parameter("architecture", texts(&["arm64", "amd64"])),
        parameter("port", numbers(&[1024, 8080, 65535])),
        parameter(
            "regions",
            lists(&[&["us-east-1"], &["eu-central-1", "us-east-1"], &["eu-west-1", "us-east-1", "ap-south-1"]]),
        ),
        parameter("dns_routing", texts(&["failover", "latency"])),
        parameter("size", sizes),
        parameter("capacity", texts(&["fargate", "fargate-spot", "managed-instances", "ec2"])),
        parameter("scheme", texts(&["internet-facing", "internal"])),
        parameter("https", switch()),
        parameter("ecs_format", texts(&["cloudformation", "json", "terraform"])),
        parameter("ephemeral_storage", numbers(&[20, 21, 200])),
        parameter("execute_command", switch()),
        parameter("waf", switch()),
        parameter("provider", texts(&["generic", "eks", "gke", "aks", "openshift", "on-premises", "kind"])),
        parameter("pod_identity", texts(&["", "arn:aws:iam::123456789012:role/a-ENVIRONMENT"])),
        parameter("image_pull_secrets", lists(&[&["ghcr"], &[], &["mirror", "ghcr"]])),
        parameter("traffic_distribution", texts(&["any", "zone", "node"])),
        parameter("image_policy", switch()),
        parameter("service_mesh", texts(&["none", "istio", "linkerd"])),
        parameter("account_annotation", texts(&["", "vault.hashicorp.com/role"])),
        parameter("account_annotation_value", texts(&["true", "a-ENVIRONMENT"])),
        parameter("exposure", texts(&["none", "ingress", "gateway"])),
        parameter("domain", texts(&["example.com", "shop.example.co.uk"])),
        parameter(
            "ingress_class",
            texts(&[
                "",
                "alb",
                "gce",
                "gce-internal",
                "webapprouting.kubernetes.azure.com",
                "openshift-default",
                "nginx",
            ]),
        ),
        parameter("balancer_scheme", texts(&["internet-facing", "internal"])),
        parameter("balancer_network", texts(&["10.0.0.0/16", "192.168.0.0/16"])),
        parameter("ingress_namespace", texts(&["ingress-nginx", "edge"])),
        parameter("gateway", texts(&["public", "internal-2"])),
        parameter("packaging", texts(&["kustomize", "helm"])),
        parameter("multi_cluster", texts(&["none", "argo-cd", "flux", "karmada"])),
        parameter("clusters", lists(&[&["east", "west"], &["one"]])),
        parameter("quota", switch()),
        parameter("topology_spread", switch()),
        parameter("priority_class", switch()),
        parameter("service_monitor", switch()),
        parameter(
            "queue_url",
            texts(&[
                "https://sqs.us-east-1.amazonaws.com/000000000000/orders-ENVIRONMENT",
                "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/one_for_all",
            ]),
        ),
        parameter("autoscaler", texts(&["cpu", "keda"])),
        parameter("strategy", texts(&["rolling", "blue-green", "canary", "linear"])),
        parameter("deployment_controller", texts(&["ecs", "code-deploy"])),
        parameter("shift_percent", numbers(&[1, 10, 50])),
        parameter("shift_minutes", numbers(&[1, 3, 5, 15])),
        parameter("load_balancer", texts(&["new", "existing"])),
        parameter("ecs_cluster", texts(&["new", "existing"])),
        parameter("host_record", texts(&["none", "new"])),
        parameter("kms_key", texts(&["aws", "existing"])),
        parameter("gate_minutes", numbers(&[0, 60])),
        parameter("bake_minutes", numbers(&[0, 10, 1440])),
        parameter("rollout_controller", texts(&["argo-rollouts", "none"])),
        parameter("canary_traffic", texts(&["replicas", "gateway"])),
        parameter("promotion", texts(&["manual", "automatic"])),
        parameter("analysis", texts(&["prometheus", "web"])),
        parameter("scale_on", texts(&["cpu", "requests"])),
        parameter("secrets", lists(&[&[], &["database-url"], &["database-url", "api-token"]])),
        parameter("secret_keys", lists(&[&[], &["database-url=database.url"]])),
        parameter("secret_store", texts(&["ssm", "secrets-manager"])),
        parameter("kubernetes_secrets", texts(&["external-secrets", "existing"])),
        parameter("accounts", lists(&[&[], &["dev=111111111111", "staging=111111111111", "prod=222222222222"]])),
    ]
}
