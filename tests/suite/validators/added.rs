//! A service that was added to a workspace: its own files pass what those of a golden project pass.

use super::{ecs, ecs_json, helm, kubernetes, repository};
use crate::add::Workspace;
use crate::sample;

#[test]
fn the_validators_of_amazon_ecs_accept_an_added_service() {
    for case in sample::of(vec!["ecs-default", "ecs-json-rolling"], 0, 2) {
        let workspace = Workspace::of(case).with_billing();
        let (whole, service) = workspace.projects(case);
        ecs::cfn_lint(std::slice::from_ref(&service)).unwrap();
        ecs::checkov(std::slice::from_ref(&service)).unwrap();
        ecs::botocore(&service).unwrap();
        ecs::permissions(&service).unwrap();
        if service.path("deploy/ecs/service.yaml").exists() {
            ecs::stack_deploy_script(&service).unwrap();
        } else {
            ecs_json::task_definition(&service).unwrap();
            ecs_json::deploy_script(&service).unwrap();
        }
        assert_repository(&whole, service);
    }
}

#[test]
fn the_validators_of_kubernetes_accept_an_added_service() {
    for case in sample::of(vec!["kubernetes-default", "kubernetes-argo-cd", "kubernetes-helm-ingress"], 2, 3) {
        let workspace = Workspace::of(case).with_billing();
        let (whole, service) = workspace.projects(case);
        kubernetes::schemas(std::slice::from_ref(&service)).unwrap();
        kubernetes::checkov(std::slice::from_ref(&service)).unwrap();
        kubernetes::pod_security(std::slice::from_ref(&service)).unwrap();
        if service.is_for_helm() {
            helm::chart(&service).unwrap();
        }
        assert_repository(&whole, service);
    }
}

/// Holds the workflows of the whole repository, and the Dockerfile of the service, against their linters.
fn assert_repository(whole: &crate::project::Project, service: crate::project::Project) {
    repository::actionlint(std::slice::from_ref(whole)).unwrap();
    repository::zizmor(std::slice::from_ref(whole)).unwrap();
    repository::hadolint(&[service]).unwrap();
}
