//! The diagrams in a project's README are true to its answers.

use launchway_core::Value;

use crate::rendered::{Rendered, answers, render, settle};

const SERVICE: &str = "orders";

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn list(values: &[&str]) -> Value {
    Value::List(values.iter().map(|value| (*value).to_owned()).collect())
}

/// Renders a project for every combination of what the diagrams show.
pub(crate) fn projects() -> Vec<Rendered> {
    let mut projects = Vec::new();
    for strategy in ["rolling", "blue-green", "canary", "linear"] {
        for controller in ["ecs", "code-deploy"] {
            for regions in [&["eu-west-1"][..], &["eu-west-1", "us-east-1"]] {
                for (scheme, ci) in [("internal", "none"), ("internet-facing", "github")] {
                    projects.extend(rendered(&[
                        ("target", text("ecs")),
                        ("strategy", text(strategy)),
                        ("deployment_controller", text(controller)),
                        ("regions", list(regions)),
                        ("scheme", text(scheme)),
                        ("ci", text(ci)),
                    ]));
                }
            }
        }
        for controller in ["argo-rollouts", "none"] {
            for exposure in ["none", "ingress", "gateway"] {
                for clusters in ["none", "argo-cd", "flux", "karmada"] {
                    for (packaging, traffic) in [("kustomize", "replicas"), ("helm", "gateway")] {
                        projects.extend(rendered(&[
                            ("target", text("kubernetes")),
                            ("strategy", text(strategy)),
                            ("rollout_controller", text(controller)),
                            ("exposure", text(exposure)),
                            ("multi_cluster", text(clusters)),
                            ("packaging", text(packaging)),
                            ("canary_traffic", text(traffic)),
                        ]));
                    }
                }
            }
        }
    }
    projects.extend(rendered(&[("target", text("both"))]));
    projects
}

/// Renders a project, unless its answers do not go together.
fn rendered(given: &[(&str, Value)]) -> Option<Rendered> {
    let mut given = answers(given.iter().map(|(id, value)| (*id, value.clone())).chain([("service", text(SERVICE))]));
    settle(&mut given).is_empty().then(|| render(&given))
}

/// Returns the diagrams of a project's README.
pub(crate) fn diagrams(project: &Rendered) -> Vec<String> {
    let readme = String::from_utf8(project.tree["README.md"].bytes.clone()).unwrap();
    readme.split("```mermaid\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

fn answer<'p>(project: &'p Rendered, id: &str) -> Option<&'p Value> {
    project.answers.iter().find(|(it, _)| it == id).map(|(_, value)| value)
}

/// Tells whether a file of the deployment holds a text, apart from the pages about it and the scripts.
fn holds(project: &Rendered, wanted: &str) -> bool {
    let is_manifest = |path: &str| [".yaml", ".tpl", ".json", ".tf"].iter().any(|end| path.ends_with(end));
    let files = project.tree.iter().filter(|(path, _)| path.starts_with("deploy/") && is_manifest(path));
    files.into_iter().any(|(_, file)| String::from_utf8_lossy(&file.bytes).contains(wanted))
}

#[test]
fn every_platform_has_a_diagram_that_shows_what_its_files_make() {
    let projects = projects();
    assert!(projects.len() > 60, "{}", projects.len());
    for project in &projects {
        let diagrams = diagrams(project);
        let is_both = answer(project, "target") == Some(&text("both"));
        assert_eq!(diagrams.len(), if is_both { 2 } else { 1 });
        let shown = diagrams.concat();
        let has_file = |path: &str| project.tree.contains_key(path);
        for (drawn, is_made) in [
            ("Route 53", has_file("deploy/ecs/dns.yaml") || has_file("deploy/ecs/terraform/dns/main.tf")),
            ("by CodeDeploy", has_file("deploy/ecs/appspec.yaml")),
            (
                "by Amazon ECS",
                holds(project, "Strategy: BLUE_GREEN")
                    || holds(project, "Strategy: CANARY")
                    || holds(project, "Strategy: LINEAR")
                    || holds(project, "advanced_configuration {"),
            ),
            ("Ingress\"", holds(project, "kind: Ingress\n")),
            ("HTTPRoute", holds(project, "kind: HTTPRoute")),
            ("Rollout orders", holds(project, "kind: Rollout\n")),
            ("AnalysisTemplate", holds(project, "kind: AnalysisTemplate")),
            ("Argo CD", holds(project, "kind: ApplicationSet")),
            ("Karmada", holds(project, "kind: PropagationPolicy")),
            ("Flux", holds(project, "kind: GitRepository")),
            ("Service orders-preview", holds(project, "-preview\n")),
            ("Service orders-canary", holds(project, "-canary\n")),
            (
                "GitHub Actions",
                has_file(".github/workflows/deploy-ecs.yaml") || has_file(".github/workflows/deploy-kubernetes.yaml"),
            ),
            ("Image registry ghcr.io", has_file("deploy/kubernetes/README.md")),
        ] {
            assert_eq!(shown.contains(drawn), is_made, "{drawn}: {:?}\n{shown}", project.answers);
        }
    }
}

#[test]
fn every_region_and_cluster_is_drawn_once() {
    for project in projects() {
        let shown = diagrams(&project).concat();
        for (id, drawn) in [("regions", "]: one stack"), ("clusters", "")] {
            let Some(Value::List(names)) = answer(&project, id) else { continue };
            for name in names {
                let node = if id == "regions" {
                    format!("[\"{name}: one stack")
                } else {
                    format!("[\"Cluster {name}\"{drawn}]")
                };
                assert_eq!(shown.matches(&node).count(), 1, "{node}\n{shown}");
            }
        }
    }
}

/// An arrow to a frame may pass behind other boxes, and a label on it would be hidden there.
#[test]
fn no_arrow_that_ends_at_a_frame_has_a_label() {
    let mut frames = 0;
    for diagram in projects().iter().flat_map(diagrams) {
        let names = diagram.lines().filter_map(|line| line.trim().strip_prefix("subgraph ")?.split('[').next());
        for name in names {
            frames += 1;
            let arrow = format!("> {name}");
            let hidden = diagram.lines().find(|line| line.ends_with(&arrow) && line.contains('"'));
            assert_eq!(hidden, None, "{diagram}");
        }
    }
    assert!(frames > 60, "{frames}");
}

#[test]
fn the_image_reaches_every_platform() {
    for project in projects() {
        for diagram in diagrams(&project) {
            assert!(diagram.lines().any(|line| line.trim().starts_with("registry -.")), "{diagram}");
        }
    }
}
