//! The charts: a real Helm of both major versions lints and renders them, and makes what kustomize makes.

use std::path::Path;
use std::process::Command;

use super::{Verdict, check, kubernetes, tools, validate};
use crate::project::{self, Project};
use crate::sample;

fn projects() -> Vec<Project> {
    project::all().into_iter().filter(Project::is_for_helm).collect()
}

/// Has both versions of Helm build one overlay into `file`, and expects the same of both.
pub(super) fn build(project: &Project, overlay: &str, file: &Path) -> Verdict {
    let said = crate::program::run(helm("build").arg(&project.folder).arg(overlay));
    if said.code != Some(0) {
        return Err(said.stderr);
    }
    std::fs::write(file, said.stdout).map_err(|error| error.to_string())
}

pub(super) fn chart(project: &Project) -> Verdict {
    validate(helm("check").arg(&project.folder))
}

/// Compares what Helm makes of every overlay with what kustomize makes of the same answers.
pub(super) fn like_kustomize(project: &Project) -> Verdict {
    let folder = tempfile::tempdir().unwrap();
    let other = project.with_kustomize(&folder.path().join("kustomize"));
    project.overlays().iter().try_for_each(|overlay| {
        let built = |project: &Project, name: &str| {
            let folder = folder.path().join(name);
            std::fs::create_dir_all(&folder).unwrap();
            kubernetes::build_overlay(project, overlay, &folder)
        };
        let mut command = check("kubernetes_helm.py");
        command.arg("compare").arg(built(project, "by-helm")?).arg(built(&other, "by-kustomize")?);
        validate(&mut command)
    })
}

fn helm(action: &str) -> Command {
    let mut command = check("kubernetes_helm.py");
    command.arg(action).arg("--helm").arg(tools().helm());
    command
}

#[test]
fn helm_accepts_every_chart_and_its_schema_refuses_wrong_values() {
    for project in projects() {
        chart(&project).unwrap();
    }
}

pub(super) fn release(project: &Project) -> Verdict {
    let mut command = check("kubernetes_helm_release.py");
    command.arg(&project.folder).arg("--helm").arg(tools().helm()).arg("--kubectl").arg(tools().linter("kubectl"));
    validate(&mut command)
}

#[test]
fn every_chart_is_released_with_the_rights_of_the_workflow_and_rolled_back() {
    for project in sample::of(projects(), 1, 2) {
        release(&project).unwrap();
    }
}

#[test]
fn a_chart_makes_the_same_objects_as_kustomize() {
    for project in projects() {
        like_kustomize(&project).unwrap();
    }
}

#[test]
fn a_chart_makes_the_same_objects_as_kustomize_whatever_the_strategy() {
    let folder = tempfile::tempdir().unwrap();
    for (number, answers) in sample::of(VARIANTS.iter().enumerate().collect(), 2, 3) {
        let project = Project::make(variant(answers), &folder.path().join(number.to_string()));
        like_kustomize(&project).unwrap_or_else(|said| panic!("{answers}\n{said}"));
    }
}

/// What the golden projects leave out.
const VARIANTS: [&str; 19] = [
    "",
    "quota = false\ntopology_spread = false\npriority_class = true\nsecrets = [\"a-b\"]\nkubernetes_secrets = \"existing\"",
    "strategy = \"blue-green\"\npromotion = \"automatic\"\nsecrets = [\"a-b\", \"c\"]\nservice_monitor = true",
    "strategy = \"blue-green\"\nanalysis = \"web\"\nexposure = \"ingress\"",
    "strategy = \"blue-green\"\nrollout_controller = \"none\"\nexposure = \"gateway\"",
    "strategy = \"canary\"\nanalysis = \"web\"\nexposure = \"ingress\"\npriority_class = true",
    "strategy = \"canary\"\nexposure = \"gateway\"\ncanary_traffic = \"gateway\"\nanalysis = \"web\"",
    "provider = \"openshift\"\nexposure = \"ingress\"",
    "provider = \"gke\"\npod_identity = \"a-ENVIRONMENT@b\"\nexposure = \"gateway\"",
    "provider = \"aks\"\npod_identity = \"a-b\"\nstrategy = \"blue-green\"\nrollout_controller = \"none\"",
    "provider = \"kind\"\nexposure = \"ingress\"\nsecrets = [\"a-b\"]",
    "service_mesh = \"istio\"\nprovider = \"aks\"\npod_identity = \"a-b\"\naccount_annotation = \"c.d/e\"\naccount_annotation_value = \"f-ENVIRONMENT\"",
    "service_mesh = \"linkerd\"\nstrategy = \"blue-green\"\nrollout_controller = \"none\"",
    "service_mesh = \"linkerd\"\nprovider = \"openshift\"\nexposure = \"ingress\"\nstrategy = \"canary\"",
    "image_policy = true\ntraffic_distribution = \"zone\"\nimage_pull_secrets = []",
    "image_pull_secrets = [\"one\", \"two\"]\ntraffic_distribution = \"node\"\nstrategy = \"blue-green\"",
    "strategy = \"canary\"\npromotion = \"automatic\"\nmulti_cluster = \"flux\"\narchitecture = \"arm64\"\nport = 1024",
    "kind = \"worker\"\nsecrets = [\"a-b\"]\nquota = false",
    "kind = \"worker\"\nprovider = \"openshift\"\nautoscaler = \"keda\"\nservice_mesh = \"istio\"",
];

fn variant(answers: &str) -> toml::Table {
    let common =
        "service = \"orders\"\ntarget = \"kubernetes\"\npackaging = \"helm\"\nenvironments = [\"dev\", \"prod\"]\n";
    format!("{common}{answers}").parse().unwrap()
}
