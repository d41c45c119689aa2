//! Kubernetes: what kustomize builds of every overlay, against the schemas of three versions and our own invariants.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Verdict, check, helm, ours, tools, validate};
use crate::matrix;
use crate::program::{launchway, run};
use crate::project::{self, Project};
use crate::rendered::render;
use crate::sample;

/// The versions that are in support.
pub(super) const VERSIONS: [&str; 3] = ["1.35", "1.36", "1.37"];

fn projects() -> Vec<Project> {
    project::all().into_iter().filter(Project::is_for_kubernetes).collect()
}

/// Builds one overlay, or what Karmada gets in its place, into `folder`; returns the file.
pub(super) fn build_overlay(project: &Project, environment: &str, folder: &Path) -> Result<PathBuf, String> {
    let file = folder.join(format!("{}-{environment}.yaml", project.case));
    if project.is_for_helm() {
        return helm::build(project, environment, &file).map(|()| file);
    }
    let karmada = project.path("deploy/kubernetes/clusters/karmada").join(environment);
    let overlay = project.path("deploy/kubernetes/overlays").join(environment);
    kustomize(if karmada.exists() { &karmada } else { &overlay }, &file).map(|()| file)
}

fn kustomize(source: &Path, file: &Path) -> Verdict {
    let built = run(Command::new(tools().linter("kubectl")).arg("kustomize").arg(source));
    // Kustomize says what is deprecated, and still succeeds.
    if built.code != Some(0) || !built.stderr.is_empty() {
        return Err(format!("{}\n{}", source.display(), built.stderr));
    }
    fs::write(file, built.stdout).map_err(|error| error.to_string())
}

/// Builds the administrator's layer of the environment that an overlay is for.
pub(super) fn build_namespace(project: &Project, overlay: &str, file: &Path) -> Verdict {
    let environments = project.environments();
    let is_its_own = |environment: &&String| {
        overlay.strip_prefix(environment.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let environment = environments.iter().filter(is_its_own).max_by_key(|environment| environment.len()).unwrap();
    kustomize(&project.path("deploy/kubernetes/namespaces").join(environment), file)
}

/// Builds every overlay of the projects, and hands the files to a validator.
fn on_every_overlay(projects: &[Project], validator: impl Fn(&[PathBuf]) -> Verdict) -> Verdict {
    let folder = tempfile::tempdir().unwrap();
    let overlays = projects.iter().flat_map(|project| {
        let build = |environment: String| build_overlay(project, &environment, folder.path());
        project.overlays().into_iter().map(build).collect::<Vec<_>>()
    });
    validator(&overlays.collect::<Result<Vec<_>, _>>()?)
}

pub(super) fn schemas(projects: &[Project]) -> Verdict {
    on_every_overlay(projects, |files| {
        VERSIONS.iter().try_for_each(|version| {
            let mut command = Command::new(tools().linter("kubernetes-validate"));
            validate(command.args(["--strict", "--quiet", "--no-warn", "-k", version]).args(files))
        })
    })
}

pub(super) fn checkov(projects: &[Project]) -> Verdict {
    on_every_overlay(projects, |files| {
        // It does not look into a Rollout, whose pods are those of a Deployment.
        for file in files {
            let text = fs::read_to_string(file).unwrap();
            let rollout = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\n";
            let seen = text.replace(rollout, "apiVersion: apps/v1\nkind: Deployment\n");
            fs::write(file, as_admitted(&seen)).unwrap();
        }
        let mut command = Command::new(tools().checkov());
        validate(command.arg("--config-file").arg(ours("checkov-kubernetes.yaml")).arg("--file").args(files))
    })
}

/// The text with the user id that `OpenShift` gives a pod when it admits it, since the files name none.
fn as_admitted(text: &str) -> String {
    if text.contains("openshift-dns") && !text.contains("runAsUser") {
        text.replace("        runAsNonRoot: true\n", "        runAsNonRoot: true\n        runAsUser: 1000650000\n")
    } else {
        text.to_owned()
    }
}

pub(super) fn pod_security(projects: &[Project]) -> Verdict {
    on_every_overlay(projects, |files| {
        files.iter().try_for_each(|file| validate(check("kubernetes_pod_security.py").arg(file)))
    })
}

pub(super) fn invariants(project: &Project) -> Verdict {
    let folder = tempfile::tempdir().unwrap();
    project.overlays().iter().try_for_each(|overlay| {
        let built = build_overlay(project, overlay, folder.path())?;
        let namespace = folder.path().join("namespace.yaml");
        build_namespace(project, overlay, &namespace)?;
        let mut command = check("kubernetes_invariants.py");
        command.arg(built).arg("--namespace").arg(namespace).arg("--project").arg(&project.folder);
        validate(&mut command)
    })
}

/// Checks what Argo CD, Flux or Karmada are given.
pub(super) fn clusters(project: &Project) -> Verdict {
    validate(check("kubernetes_clusters.py").arg(&project.folder).arg("--kubectl").arg(tools().linter("kubectl")))
}

/// Holds every `Rollout` and `AnalysisTemplate` against the types of Argo Rollouts.
pub(super) fn rollouts(projects: &[Project]) -> Verdict {
    on_every_overlay(projects, |files| {
        validate(check("kubernetes_rollouts.py").arg(tools().rollout_types()).args(files))
    })
}

pub(super) fn deploy_script(project: &Project) -> Verdict {
    deploy_script_until(project, "")
}

/// The same, until something is wrong whose report has a word.
pub(super) fn deploy_script_until(project: &Project, word: &str) -> Verdict {
    if project.is_for_helm() {
        return validate(check("kubernetes_helm_scripts.py").arg(&project.folder).args(["--until", word]));
    }
    let mut command = check("kubernetes_deploy_script.py");
    command.arg(&project.folder).arg("--kubectl").arg(tools().linter("kubectl"));
    validate(command.args(["--until", word]))
}

#[test]
fn the_schemas_of_the_three_newest_versions_accept_every_overlay() {
    schemas(&projects()).unwrap();
}

#[test]
fn every_pod_passes_the_restricted_pod_security_standard() {
    pod_security(&projects()).unwrap();
}

#[test]
fn the_objects_of_every_overlay_fit_each_other() {
    for project in projects() {
        invariants(&project).unwrap();
    }
}

#[test]
fn checkov_accepts_every_overlay() {
    checkov(&projects()).unwrap();
}

#[test]
fn what_brings_a_project_to_several_clusters_finds_its_way() {
    for project in projects() {
        clusters(&project).unwrap();
    }
}

/// Holds what the README says of a deleted manifest against who could take away what it made.
pub(super) fn leftovers(project: &Project) -> Verdict {
    validate(check("kubernetes_leftovers.py").arg(&project.folder))
}

#[test]
fn the_readme_says_what_stays_of_a_manifest_that_is_deleted() {
    for project in projects() {
        leftovers(&project).unwrap_or_else(|said| panic!("{}: {said}", project.case));
    }
}

#[test]
fn argo_rollouts_knows_every_field_of_a_rollout_and_its_analysis() {
    rollouts(&projects()).unwrap();
}

#[test]
fn the_deploy_script_rolls_back_what_does_not_become_ready() {
    for project in sample::of(projects(), 0, 3) {
        deploy_script(&project).unwrap();
    }
}

/// Plays the commands of the README that lead to a cluster on one's own computer.
pub(super) fn local_path(project: &Project) -> Verdict {
    let mut command = check("kubernetes_local.py");
    command.arg(&project.folder).arg("--kubectl").arg(tools().linter("kubectl")).arg("--helm").arg(tools().helm());
    validate(&mut command)
}

#[test]
fn the_lines_for_a_cluster_on_ones_own_computer_lead_to_pods_that_answer() {
    let folder = tempfile::tempdir().unwrap();
    let variants = [
        "",
        "packaging = \"helm\"\nsecrets = [\"a-b\", \"c\"]",
        "strategy = \"canary\"\nquota = false\nenvironments = [\"prod\"]\nexposure = \"gateway\"",
        "strategy = \"blue-green\"\nrollout_controller = \"none\"\npackaging = \"helm\"\nexposure = \"ingress\"",
        "priority_class = true\nsecrets = [\"a\"]\nkubernetes_secrets = \"existing\"\nservice_monitor = true",
    ];
    for (number, answers) in variants.iter().enumerate() {
        let common = "service = \"orders\"\ntarget = \"kubernetes\"\nprovider = \"kind\"\n";
        let project =
            Project::make(format!("{common}{answers}").parse().unwrap(), &folder.path().join(number.to_string()));
        local_path(&project).unwrap_or_else(|said| panic!("{answers}\n{said}"));
    }
    for case in ["kubernetes-kind", "kubernetes-default", "kubernetes-helm-ingress", "kubernetes-tracks"] {
        local_path(&project::named(case)).unwrap_or_else(|said| panic!("{case}\n{said}"));
    }
}

/// Asks the admission policy of a project which pods it lets in.
pub(super) fn admission(project: &Project) -> Verdict {
    let mut command = check("kubernetes_admission.py");
    validate(command.arg(&project.folder).arg("--kubectl").arg(tools().linter("kubectl")))
}

#[test]
fn the_admission_policy_lets_in_the_image_of_the_service_by_its_digest_and_nothing_else() {
    for case in ["kubernetes-every-option", "kubernetes-helm-tracks-every-option"] {
        admission(&project::named(case)).unwrap_or_else(|said| panic!("{case}\n{said}"));
    }
}

/// Answers of projects whose READMEs have commands of their own.
const FOLLOWED: [&[&str]; 16] = [
    &[],
    &["--kind=worker"],
    &["--packaging=helm"],
    &["--multi-cluster=argo-cd"],
    &["--strategy=blue-green", "--rollout-controller=none"],
    &["--strategy=canary"],
    &["--multi-cluster=flux"],
    &["--packaging=helm", "--multi-cluster=argo-cd"],
    &["--packaging=helm", "--strategy=blue-green", "--rollout-controller=none"],
    &["--ci=none"],
    &["--provider=eks", "--exposure=ingress", "--pod-identity=arn:aws:iam::123456789012:role/orders-ENVIRONMENT"],
    &["--provider=gke", "--exposure=gateway", "--strategy=canary"],
    &["--provider=aks", "--exposure=ingress", "--packaging=helm"],
    &["--provider=openshift", "--exposure=ingress"],
    &["--provider=on-premises", "--exposure=ingress", "--ingress-class=nginx"],
    &["--provider=kind", "--exposure=ingress"],
];

#[test]
fn the_commands_of_the_readme_run_in_the_order_of_the_page() {
    for answers in sample::of(FOLLOWED.to_vec(), 1, 3) {
        let folder = tempfile::tempdir().unwrap();
        let new = ["new", "orders", "--target=kubernetes", "--no-input", "--defaults", "--no-git"];
        run(launchway().args(new).args(answers).current_dir(&folder)).success();
        let mut command = check("kubernetes_commands.py");
        command.arg(folder.path().join("orders")).arg("--kubectl").arg(tools().linter("kubectl"));
        validate(command.arg("--helm").arg(tools().helm())).unwrap_or_else(|said| panic!("{answers:?}: {said}"));
    }
}

#[test]
fn the_objects_fit_each_other_whatever_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    for (number, answers) in sample::of(matrix::matrix(), 2, 17).into_iter().enumerate() {
        let project = Project::write(render(&answers), &folder.path().join(number.to_string()));
        if project.is_for_kubernetes() {
            invariants(&project).unwrap();
        }
    }
}
