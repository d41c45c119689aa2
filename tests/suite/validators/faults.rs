//! One planted fault for each validator: a check that cannot fail proves nothing.

use super::{Verdict, check, ecs, ecs_json, helm, kubernetes, repository, tools, validate};
use crate::project::{self, Project};

/// Plants a fault in a copy of a golden project, where `from` becomes `to`; the validator must name it with `word`.
#[track_caller]
fn assert_caught(validator: impl FnOnce(&Project) -> Verdict, path: &str, fault: [&str; 2], word: &str) {
    assert_caught_in("both-default", validator, path, fault, word);
}

#[track_caller]
fn assert_caught_in(
    case: &str,
    validator: impl FnOnce(&Project) -> Verdict,
    path: &str,
    [from, to]: [&str; 2],
    word: &str,
) {
    let (_folder, project) = project::named(case).copy();
    project.replace(path, from, to);
    let said = validator(&project).expect_err("the fault is noticed");
    assert!(said.contains(word), "`{word}` is not in:\n{said}");
}

fn one(validator: fn(&[Project]) -> Verdict) -> impl FnOnce(&Project) -> Verdict {
    move |project| validator(std::slice::from_ref(project))
}

const STACK: &str = "deploy/ecs/service.yaml";
const DEPLOYMENT: &str = "deploy/kubernetes/base/workload/deployment.yaml";

#[test]
fn cfn_lint_notices_a_size_that_fargate_does_not_offer() {
    assert_caught(one(ecs::cfn_lint), STACK, ["Memory: \"512\"", "Memory: \"4096\""], "E3047");
}

#[test]
fn the_ecs_api_notices_a_field_that_it_does_not_know() {
    let fault = ["StopTimeout: ", "StopTimeoutSeconds: "];
    assert_caught(ecs::botocore, STACK, fault, "topTimeoutSeconds");
}

#[test]
fn the_emulator_notices_a_health_command_that_the_binary_does_not_have() {
    assert_caught(ecs::ministack, STACK, ["[CMD, /app, healthcheck]", "[CMD, /app, health]"], "health command");
}

#[test]
fn cfn_lint_notices_a_size_in_json_that_fargate_does_not_offer() {
    let fault = [r#""memory": "512""#, r#""memory": "4096""#];
    let path = "deploy/ecs/task-definition.json";
    assert_caught_in("ecs-json-rolling", ecs_json::task_definition, path, fault, "E3047");
}

#[test]
fn the_ecs_api_notices_a_field_of_a_json_file_that_it_does_not_know() {
    let fault = [r#""healthCheckGracePeriodSeconds""#, r#""healthCheckGracePeriod""#];
    assert_caught_in("ecs-json-canary-spot", ecs::botocore, "deploy/ecs/service.json", fault, "healthCheckGracePeriod");
}

#[test]
fn a_placeholder_that_no_output_fills_is_noticed() {
    let fault = ["<LogGroupName>", "<LogGroup>"];
    let path = "deploy/ecs/task-definition.json";
    assert_caught_in("ecs-code-deploy-canary", ecs::botocore, path, fault, "no output for <LogGroup>");
}

#[test]
fn a_revision_that_code_deploy_could_not_read_is_noticed() {
    let fault = ["LoadBalancerInfo:", "LoadBalancer:"];
    let path = "deploy/ecs/appspec.yaml";
    assert_caught_in("ecs-code-deploy-canary", ecs::botocore, path, fault, "unknown LoadBalancer");
}

#[test]
fn the_emulator_notices_a_test_listener_that_does_not_forward() {
    let path = "deploy/ecs/infra.yaml";
    let (_folder, project) = project::named("ecs-code-deploy-canary").copy();
    let forward = "        - Type: forward\n          TargetGroupArn: !Ref TargetGroup\n\n  # Service";
    let fixed = "        - Type: fixed-response\n          FixedResponseConfig:\n            StatusCode: \"404\"\n\n  # Service";
    project.replace(path, forward, fixed);
    let said = ecs::ministack(&project).expect_err("the fault is noticed");
    assert!(said.contains("do not both forward"), "{said}");
}

#[test]
fn code_deploy_notices_a_container_that_the_task_does_not_have() {
    let fault = ["ContainerName: orders", "ContainerName: order"];
    let path = "deploy/ecs/appspec.yaml";
    assert_caught_in("ecs-code-deploy-canary", ecs_json::deploy_script, path, fault, "ended as Failed");
}

#[test]
fn the_deploy_script_check_notices_a_service_that_is_not_compared() {
    let fault = [r#"[ "$running" = "$expected" ] || fail"#, r#"[ "$running" ] || fail"#];
    let path = "deploy/ecs/deploy.sh";
    assert_caught_in("ecs-json-rolling", ecs_json::deploy_script, path, fault, "rolled back is a failure");
}

#[test]
fn the_emulator_notices_a_test_rule_that_is_the_production_rule() {
    let (_folder, project) = project::named("ecs-linear-spot").copy();
    project.replace(STACK, "TestListenerRule: !Ref TestRule", "TestListenerRule: !Ref ForwardRule");
    let said = ecs::ministack(&project).expect_err("the fault is noticed");
    assert!(said.contains("share a listener"), "{said}");
}

#[test]
fn the_deploy_script_check_notices_a_rollback_that_passes_for_a_deployment() {
    let fault = [r#"[ "$running" = "$expected" ] || fail"#, r#"[ "$running" ] || fail"#];
    assert_caught(ecs::stack_deploy_script, "deploy/ecs/deploy.sh", fault, "rolled back");
}

#[test]
fn checkov_notices_a_repository_whose_tags_can_be_moved() {
    let fault = ["ImageTagMutability: IMMUTABLE", "ImageTagMutability: MUTABLE"];
    assert_caught(one(ecs::checkov), "deploy/ecs/bootstrap.yaml", fault, "CKV_AWS_51");
}

#[test]
fn kustomize_notices_a_file_that_is_not_there() {
    let fault = ["deployment.yaml", "deploymint.yaml"];
    let path = "deploy/kubernetes/base/workload/kustomization.yaml";
    assert_caught(one(kubernetes::schemas), path, fault, "deploymint.yaml");
}

#[test]
fn the_schemas_notice_a_misspelt_field() {
    let fault = ["minReadySeconds", "minReadySecond"];
    assert_caught(
        one(kubernetes::schemas),
        DEPLOYMENT,
        [&format!("  {}:", fault[0]), &format!("  {}:", fault[1])],
        fault[1],
    );
}

#[test]
fn pod_security_notices_a_pod_that_may_run_as_root() {
    assert_caught(
        one(kubernetes::pod_security),
        DEPLOYMENT,
        ["runAsNonRoot: true", "runAsNonRoot: false"],
        "runAsNonRoot",
    );
}

#[test]
fn the_invariants_notice_every_fault_that_no_other_tool_sees() {
    for case in ["both-default", "kubernetes-ingress", "kubernetes-gateway-five-environments"] {
        let mut command = check("kubernetes_faults.py");
        command.arg(&project::named(case).folder).arg("--kubectl").arg(tools().linter("kubectl"));
        validate(&mut command).unwrap();
    }
}

#[test]
fn the_checks_of_a_chart_notice_every_fault_that_helm_would_install() {
    for case in ["kubernetes-helm-ingress", "kubernetes-helm-canary-gateway"] {
        let mut command = check("kubernetes_helm_faults.py");
        command.arg(&project::named(case).folder).arg("--helm").arg(tools().helm());
        validate(command.arg("--kubectl").arg(tools().linter("kubectl"))).unwrap();
    }
}

#[test]
fn the_comparison_with_kustomize_notices_a_chart_that_went_its_own_way() {
    let (_folder, project) = project::named("kubernetes-helm-ingress").copy();
    project.replace("deploy/kubernetes/chart/templates/deployment.yaml", "minReadySeconds: 5", "minReadySeconds: 6");
    let said = helm::like_kustomize(&project).expect_err("the fault is noticed");
    assert!(said.contains("Deployment `orders` at /spec/minReadySeconds: Helm has 6, kustomize 5"), "{said}");
}

#[test]
fn the_release_of_a_chart_notices_a_right_that_the_workflow_lacks() {
    let (_folder, project) = project::named("kubernetes-helm-ingress").copy();
    let path = "deploy/kubernetes/namespaces/base/deployer.yaml";
    project.replace(path, "verbs: [get, list, create, update, delete]", "verbs: [get, create, update, delete]");
    let said = helm::release(&project).expect_err("the fault is noticed");
    assert!(said.contains("no right to list secrets"), "{said}");
}

#[test]
fn the_release_of_a_chart_notices_a_live_track_that_is_deployed_to() {
    let (_folder, project) = project::named("kubernetes-helm-tracks-every-option").copy();
    let path = "deploy/kubernetes/chart/templates/tracks.yaml";
    project.replace(path, "if and $running (eq . $.Values.live)", "if and $running false");
    let said = helm::release(&project).expect_err("the fault is noticed");
    assert!(said.contains("changes the live track"), "{said}");
}

#[test]
fn the_check_of_a_charts_scripts_notices_a_release_that_does_not_go_back() {
    let (_folder, project) = project::named("kubernetes-helm-ingress").copy();
    project.replace("deploy/kubernetes/deploy.sh", "helm rollback orders", "helm status orders");
    let said = kubernetes::deploy_script(&project).expect_err("the fault is noticed");
    assert!(said.contains("goes back to the last revision"), "{said}");
}

#[test]
fn checkov_notices_a_container_that_can_gain_privileges() {
    let fault = ["allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"];
    assert_caught(one(kubernetes::checkov), DEPLOYMENT, fault, "CKV_K8S_20");
}

#[test]
fn the_deploy_script_check_notices_a_rollout_that_is_not_undone() {
    let path = "deploy/kubernetes/deploy.sh";
    assert_caught(kubernetes::deploy_script, path, ["rollout undo deployment", "rollout history deployment"], "undo");
}

#[test]
fn actionlint_notices_a_job_that_is_not_there() {
    let path = ".github/workflows/deploy-kubernetes.yaml";
    assert_caught(one(repository::actionlint), path, ["needs: image", "needs: imago"], "imago");
}

#[test]
fn zizmor_notices_a_token_that_may_write_everything() {
    let path = ".github/workflows/ci.yaml";
    assert_caught(
        one(repository::zizmor),
        path,
        ["\npermissions: {}\n", "\npermissions: write-all\n"],
        "excessive-permissions",
    );
}

#[test]
fn hadolint_notices_an_image_without_a_version() {
    assert_caught(
        one(repository::hadolint),
        "Dockerfile",
        ["FROM gcr.io/distroless/cc-debian12:nonroot", "FROM debian"],
        "DL3006",
    );
}
