//! The matrix: every value of every question meets every value of every other one, and each such project is accepted.

use std::fs;

use toml::{Table, Value};
use xtask::tree;

use crate::golden::scars;
use crate::pairs::all_pairs;
use crate::program::{launchway, run};
use crate::project::Project;

/// A question with the values that it takes in the matrix, and when it is asked.
struct Parameter {
    id: &'static str,
    values: Vec<Value>,
    asked: fn(&Table) -> bool,
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
    let folder = tempfile::tempdir().unwrap();
    for (number, answers) in matrix().into_iter().enumerate() {
        let project = Project::make(answers.clone(), &folder.path().join(number.to_string()));
        let scars = scars(&tree::read(&project.folder).unwrap());
        assert!(scars.is_empty(), "{scars:?}\n{answers}");
        let has = |path: &str| project.path(path).exists();
        assert_eq!(has("deploy/ecs"), ecs(&answers), "{answers}");
        assert_eq!(has("deploy/kubernetes"), kubernetes(&answers), "{answers}");
        assert_eq!(has(".github"), answers["ci"].as_str() == Some("github"), "{answers}");
    }
}

#[test]
fn every_fargate_size_makes_a_project_that_states_it() {
    let folder = tempfile::tempdir().unwrap();
    for (cpu, memory) in fargate_table() {
        let answers =
            [("service", "orders"), ("target", "ecs"), ("cpu", &cpu.to_string()), ("memory", &memory.to_string())];
        let answers = answers.map(|(id, value)| (id.to_owned(), Value::from(value)));
        let project = Project::make(Table::from_iter(answers), &folder.path().join(format!("{cpu}-{memory}")));
        let stack = fs::read_to_string(project.path("deploy/ecs/service.yaml")).unwrap();
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

/// The answers of every row, each without the questions that are not asked in it.
pub(crate) fn matrix() -> Vec<Table> {
    let parameters = parameters();
    let sizes: Vec<_> = parameters.iter().map(|parameter| parameter.values.len()).collect();
    let answers = |row: Vec<usize>| {
        let chosen = parameters.iter().zip(row).map(|(parameter, value)| (parameter, &parameter.values[value]));
        chosen.fold(Table::new(), |mut answers, (parameter, value)| {
            if (parameter.asked)(&answers) {
                insert(&mut answers, parameter.id, value);
            }
            answers
        })
    };
    all_pairs(&sizes).into_iter().map(answers).collect()
}

/// Adds an answer; a Fargate size, written `CPU/MEMORY`, is two.
fn insert(answers: &mut Table, id: &str, value: &Value) {
    match value.as_str().and_then(|size| size.split_once('/')) {
        Some((cpu, memory)) if id == "size" => {
            answers.insert("cpu".into(), cpu.into());
            answers.insert("memory".into(), memory.into());
        }
        _ => {
            answers.insert(id.into(), value.clone());
        }
    }
}

fn parameters() -> Vec<Parameter> {
    let strings = |values: &[&str]| -> Vec<Value> { values.iter().copied().map(Value::from).collect() };
    let lists = |values: &[&[&str]]| -> Vec<Value> { values.iter().map(|list| strings(list).into()).collect() };
    let sizes: Vec<_> = SIZES.iter().map(|(cpu, memory)| format!("{cpu}/{memory}")).map(Value::from).collect();
    let parameter = |id, values, asked| Parameter { id, values, asked };
    vec![
        parameter("service", strings(&["orders", "a1", "inventory-reservation-and-allocation-api"]), always),
        parameter("target", strings(&["ecs", "kubernetes", "both"]), always),
        parameter("description", strings(&["Takes orders", HOSTILE]), always),
        parameter("owner", strings(&["shop", "e10"]), always),
        parameter(
            "environments",
            lists(&[&["prod"], &["dev", "staging", "prod"], &["dev", "test", "qa-1", "staging", "pre-live-blu"]]),
            always,
        ),
        parameter("ci", strings(&["github", "none"]), always),
        parameter("repository", strings(&["acme/orders", "ACME/Orders.Api_2"]), stored_or_built),
        parameter("architecture", strings(&["arm64", "amd64"]), always),
        parameter("port", [1024, 8080, 65535].map(Value::from).into(), always),
        parameter("regions", lists(&[&["us-east-1"], &["eu-central-1"]]), ecs),
        parameter("size", sizes, ecs),
        parameter("scheme", strings(&["internet-facing", "internal"]), ecs),
        parameter("https", [true, false].map(Value::from).into(), ecs),
        parameter("exposure", strings(&["none", "ingress", "gateway"]), kubernetes),
        parameter("domain", strings(&["example.com", "shop.example.co.uk"]), exposed),
        parameter("ingress_namespace", strings(&["ingress-nginx", "edge"]), exposed),
        parameter("gateway", strings(&["public", "internal-2"]), gateway),
    ]
}

fn always(_: &Table) -> bool {
    true
}

fn ecs(answers: &Table) -> bool {
    answers["target"].as_str() != Some("kubernetes")
}

fn kubernetes(answers: &Table) -> bool {
    answers["target"].as_str() != Some("ecs")
}

fn stored_or_built(answers: &Table) -> bool {
    kubernetes(answers) || answers["ci"].as_str() == Some("github")
}

fn exposed(answers: &Table) -> bool {
    kubernetes(answers) && answers["exposure"].as_str() != Some("none")
}

fn gateway(answers: &Table) -> bool {
    exposed(answers) && answers["exposure"].as_str() == Some("gateway")
}
