//! Every rendered object, read into the type that was generated from its definition: an unknown field is an error.
//!
//! No crate has the types of Argo Rollouts. Of a Rollout the pod template and the selector are read here, and the rest by
//! `kubernetes_rollouts.py`, as its AnalysisTemplate is. None has the types of a BackendConfig or of KEDA either, whose
//! fields `kubernetes_invariants.py` spells out.

use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use k8s_openapi::api::{
    admissionregistration::v1::{ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding},
    apps::v1::Deployment,
    autoscaling::v2::HorizontalPodAutoscaler,
    core::v1::{ConfigMap, LimitRange, Namespace, PodTemplateSpec, ResourceQuota, Service, ServiceAccount},
    networking::v1::{Ingress, NetworkPolicy},
    policy::v1::PodDisruptionBudget,
    rbac::v1::{Role, RoleBinding},
    scheduling::v1::PriorityClass,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kcr_argoproj_io::v1alpha1::applicationsets::ApplicationSet;
use kcr_external_secrets_io::v1::externalsecrets::ExternalSecret;
use kcr_gateway_networking_k8s_io::v1::httproutes::HttpRoute;
use kcr_helm_toolkit_fluxcd_io::v2::helmreleases::HelmRelease;
use kcr_kustomize_toolkit_fluxcd_io::v1::kustomizations::Kustomization;
use kcr_monitoring_coreos_com::v1::servicemonitors::ServiceMonitor;
use kcr_networking_gke_io::v1::healthcheckpolicies::HealthCheckPolicy;
use kcr_policy_karmada_io::v1alpha1::{overridepolicies::OverridePolicy, propagationpolicies::PropagationPolicy};
use kcr_source_toolkit_fluxcd_io::v1::gitrepositories::GitRepository;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Verdict, kubernetes, tools};
use crate::program::run;
use crate::project::{self, Project};

/// Reads an object into its type, and fails on a field that the type does not have.
fn read(object: &Value) -> Verdict {
    let api_version = object["apiVersion"].as_str().unwrap_or_default();
    match (api_version, object["kind"].as_str().unwrap_or_default()) {
        ("v1", "ConfigMap") => read_as::<ConfigMap>(object),
        ("v1", "LimitRange") => read_as::<LimitRange>(object),
        ("v1", "Namespace") => read_as::<Namespace>(object),
        ("v1", "ResourceQuota") => read_as::<ResourceQuota>(object),
        ("v1", "Service") => read_as::<Service>(object),
        ("v1", "ServiceAccount") => read_as::<ServiceAccount>(object),
        ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy") => {
            read_as::<ValidatingAdmissionPolicy>(object)
        }
        ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding") => {
            read_as::<ValidatingAdmissionPolicyBinding>(object)
        }
        ("apps/v1", "Deployment") => read_as::<Deployment>(object),
        ("autoscaling/v2", "HorizontalPodAutoscaler") => read_as::<HorizontalPodAutoscaler>(object),
        ("networking.k8s.io/v1", "Ingress") => read_as::<Ingress>(object),
        ("networking.k8s.io/v1", "NetworkPolicy") => read_as::<NetworkPolicy>(object),
        ("policy/v1", "PodDisruptionBudget") => read_as::<PodDisruptionBudget>(object),
        ("rbac.authorization.k8s.io/v1", "Role") => read_as::<Role>(object),
        ("rbac.authorization.k8s.io/v1", "RoleBinding") => read_as::<RoleBinding>(object),
        ("scheduling.k8s.io/v1", "PriorityClass") => read_as::<PriorityClass>(object),
        ("argoproj.io/v1alpha1", "AnalysisTemplate") => Ok(()),
        ("argoproj.io/v1alpha1", "ApplicationSet") => read_as::<ApplicationSet>(object),
        ("argoproj.io/v1alpha1", "Rollout") => read_as::<PodTemplateSpec>(&object["spec"]["template"])
            .and_then(|()| read_as::<LabelSelector>(&object["spec"]["selector"])),
        ("cloud.google.com/v1", "BackendConfig") => Ok(()),
        ("external-secrets.io/v1", "ExternalSecret") => read_as::<ExternalSecret>(object),
        ("gateway.networking.k8s.io/v1", "HTTPRoute") => read_as::<HttpRoute>(object),
        ("helm.toolkit.fluxcd.io/v2", "HelmRelease") => read_as::<HelmRelease>(object),
        ("keda.sh/v1alpha1", "ScaledObject" | "TriggerAuthentication") => Ok(()),
        ("kustomize.toolkit.fluxcd.io/v1", "Kustomization") => read_as::<Kustomization>(object),
        ("monitoring.coreos.com/v1", "ServiceMonitor") => read_as::<ServiceMonitor>(object),
        ("networking.gke.io/v1", "HealthCheckPolicy") => read_as::<HealthCheckPolicy>(object),
        ("policy.karmada.io/v1alpha1", "OverridePolicy") => read_as::<OverridePolicy>(object),
        ("policy.karmada.io/v1alpha1", "PropagationPolicy") => read_as::<PropagationPolicy>(object),
        ("source.toolkit.fluxcd.io/v1", "GitRepository") => read_as::<GitRepository>(object),
        (api_version, kind) => Err(format!("nobody reads {kind} of {api_version}")),
    }
}

fn read_as<T: DeserializeOwned + Debug>(object: &Value) -> Verdict {
    let mut unknown = Vec::new();
    let typed = serde_ignored::deserialize::<_, _, T>(object, |path| unknown.push(path.to_string()));
    // The generated types keep them as constants.
    unknown.retain(|path| path != "apiVersion" && path != "kind");
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    match typed {
        Err(error) => Err(format!("{} `{name}`: {error}", object["kind"])),
        Ok(_) if unknown.is_empty() => Ok(()),
        Ok(_) => Err(format!("{} `{name}` has unknown fields: {}", object["kind"], unknown.join(", "))),
    }
}

/// The files of a project with all of its objects, built where they have to be.
fn built(project: &Project, folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = project.files("deploy/kubernetes/clusters/argocd", ".yaml");
    files.extend(project.files("deploy/kubernetes/clusters/flux", ".yaml"));
    for overlay in project.overlays() {
        let namespace = folder.join(format!("namespace-{overlay}.yaml"));
        kubernetes::build_namespace(project, &overlay, &namespace)?;
        files.extend([kubernetes::build_overlay(project, &overlay, folder)?, namespace]);
    }
    Ok(files)
}

fn objects(files: &[PathBuf]) -> Vec<Value> {
    let convert = "import json, sys, yaml\njson.dump([it for path in sys.argv[1:] \
                   for it in yaml.load_all(open(path), getattr(yaml, 'CSafeLoader', yaml.SafeLoader)) if it], sys.stdout)";
    let said = run(Command::new(tools().linter("python")).args(["-c", convert]).args(files)).success();
    serde_json::from_str(&said).unwrap()
}

/// The objects of every golden project, built once for all tests.
fn golden() -> &'static [(String, Vec<Value>)] {
    static GOLDEN: OnceLock<Vec<(String, Vec<Value>)>> = OnceLock::new();
    GOLDEN.get_or_init(|| {
        let of = |project: Project| {
            let folder = tempfile::tempdir().unwrap();
            let files = built(&project, folder.path()).unwrap();
            (project.case, objects(&files))
        };
        project::all().into_iter().filter(Project::is_for_kubernetes).map(of).collect()
    })
}

fn types(project: &Project) -> Verdict {
    let folder = tempfile::tempdir().unwrap();
    let files = built(project, folder.path())?;
    objects(&files).iter().try_for_each(read)
}

#[test]
fn every_object_is_read_into_its_type_without_an_unknown_field() {
    for (case, objects) in golden() {
        objects.iter().try_for_each(read).unwrap_or_else(|said| panic!("{case}: {said}"));
    }
}

/// Adds a field that no type has to an object of each kind, below its `spec` where it has one.
#[test]
fn an_unknown_field_is_noticed_in_every_kind() {
    let mut kinds = std::collections::BTreeSet::new();
    for object in golden().iter().flat_map(|(_, objects)| objects) {
        let kind = object["kind"].as_str().unwrap().to_owned();
        if ["AnalysisTemplate", "BackendConfig", "ScaledObject", "TriggerAuthentication"].contains(&kind.as_str())
            || !kinds.insert(kind.clone())
        {
            continue;
        }
        let place = match kind.as_str() {
            "Rollout" => "/spec/template/spec",
            "ConfigMap" | "Namespace" | "PriorityClass" | "Role" | "RoleBinding" | "ServiceAccount" => "/metadata",
            _ => "/spec",
        };
        let mut faulty = object.clone();
        faulty.pointer_mut(place).unwrap()["speling"] = "x".into();
        let said = read(&faulty).expect_err(&kind);
        assert!(said.contains("speling"), "{kind}: {said}");
    }
    assert!(kinds.len() >= 24, "{kinds:?}");
}

#[test]
fn a_planted_field_is_noticed_in_a_file() {
    let (_folder, project) = project::named("kubernetes-karmada").copy();
    let path = "deploy/kubernetes/clusters/karmada/prod/propagation.yaml";
    let text = fs::read_to_string(project.path(path)).unwrap();
    fs::write(project.path(path), text.replace("propagateDeps", "propagateDependencies")).unwrap();
    assert!(types(&project).unwrap_err().contains("propagateDependencies"));
}
