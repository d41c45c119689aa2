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

/// The same of what goes on until it has something to say with the word.
#[track_caller]
fn assert_scripts_caught(
    validator: fn(&Project, &str) -> Verdict,
    case: &str,
    path: &str,
    fault: [&str; 2],
    word: &str,
) {
    assert_caught_in(case, |project| validator(project, word), path, fault, word);
}

fn one(validator: fn(&[Project]) -> Verdict) -> impl FnOnce(&Project) -> Verdict {
    move |project| validator(std::slice::from_ref(project))
}

const STACK: &str = "deploy/ecs/service.yaml";
const ROLES: &str = "deploy/ecs/roles.yaml";
const DEPLOYMENT: &str = "deploy/kubernetes/base/workload/deployment.yaml";

#[test]
fn cfn_lint_notices_a_size_that_fargate_does_not_offer() {
    assert_caught(one(ecs::cfn_lint), STACK, ["Memory: \"512\"", "Memory: \"4096\""], "E3047");
}

#[test]
fn shellcheck_notices_a_variable_that_nobody_sets() {
    let fault = ["rm \"$owned.bak\"", "rm \"$nobody.bak\""];
    let path = "deploy/kubernetes/deploy.sh";
    assert_caught_in(
        "kubernetes-default",
        one(repository::shellcheck),
        path,
        fault,
        "nobody is referenced but not assigned",
    );
}

#[test]
fn the_check_of_what_stays_notices_somebody_who_takes_it_away() {
    let fault = ["prune: true", "prune: false"];
    let path = "deploy/kubernetes/clusters/flux/prod-east.yaml";
    assert_caught_in("kubernetes-flux", kubernetes::leftovers, path, fault, "Flux deletes what it made");
    let fault = ["--server-side --force-conflicts", "--server-side --force-conflicts --prune"];
    assert_caught_in(
        "kubernetes-default",
        kubernetes::leftovers,
        "deploy/kubernetes/deploy.sh",
        fault,
        "kubectl prunes",
    );
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
    assert_scripts_caught(ecs_json::deploy_script_until, "ecs-code-deploy-canary", path, fault, "ended as Failed");
}

#[test]
fn the_deploy_script_check_notices_a_right_that_the_workflow_lacks() {
    let fault = ["              - ecs:UpdateService\n            Resource: !Sub", "            Resource: !Sub"];
    let path = "deploy/ecs/roles.yaml";
    assert_scripts_caught(ecs_json::deploy_script_until, "ecs-json-rolling", path, fault, "missing: ecs:UpdateService");
}

#[test]
fn the_deploy_script_check_notices_a_service_that_is_not_compared() {
    let fault = [r#"[ "$running" = "$expected" ] || fail"#, r#"[ "$running" ] || fail"#];
    let path = "deploy/ecs/deploy.sh";
    assert_scripts_caught(ecs_json::deploy_script_until, "ecs-json-rolling", path, fault, "rolled back is a failure");
}

#[test]
fn the_authorization_data_notices_a_resource_that_an_action_does_not_know() {
    let fault = [
        "              - logs:DeleteRetentionPolicy\n",
        "              - logs:DeleteRetentionPolicy\n              - logs:DescribeIndexPolicies\n",
    ];
    assert_caught(ecs::permissions, ROLES, fault, "logs:DescribeIndexPolicies knows no resource");
}

#[test]
fn the_authorization_data_notices_a_condition_that_an_action_does_not_know() {
    let fault = ["ArnLike:\n                ec2:LaunchTemplate:", "ArnLike:\n                ec2:InstanceTemplate:"];
    assert_caught_in("ecs-canary-ec2", ecs::permissions, ROLES, fault, "knows no key ec2:InstanceTemplate");
}

#[test]
fn the_handlers_notice_a_right_that_the_role_of_cloudformation_lacks() {
    let fault = ["              - cloudwatch:GetMetricData\n", ""];
    assert_caught(ecs::permissions, ROLES, fault, "lacks cloudwatch:GetMetricData");
}

#[test]
fn the_quotas_notice_a_policy_that_is_too_long() {
    let action = "              - cloudwatch:GetMetricData\n";
    assert_caught(ecs::permissions, ROLES, [action, &action.repeat(250)], "AWS allows 6144");
}

#[test]
fn taking_down_notices_roles_that_go_before_what_needs_them() {
    let (_folder, project) = project::named("ecs-default").copy();
    let roles = "    delete_stack us-east-1 \"$stack-roles\"\n";
    project.replace("deploy/ecs/destroy.sh", roles, "");
    project.replace("deploy/ecs/destroy.sh", "    ask \"$stack\"\n", &format!("    ask \"$stack\"\n{roles}"));
    let said = ecs::destroy(&project).expect_err("the fault is noticed");
    assert!(said.contains("the last to go was"), "{said}");
}

#[test]
fn the_deploy_script_check_notices_a_stack_whose_owner_is_not_compared() {
    let fault = [r#"[ "$tags" = orders$'\t'"$environment" ] ||"#, r#"[ "$tags" ] ||"#];
    assert_caught(ecs::stack_deploy_script, "deploy/ecs/deploy.sh", fault, "another project's");
}

#[test]
fn the_deploy_script_check_notices_a_region_that_asks_another_one() {
    let fault = ["repository=$(aws ecr", "repository=$(AWS_REGION=eu-west-1 aws ecr"];
    assert_caught_in("ecs-regions", ecs::stack_deploy_script, "deploy/ecs/deploy.sh", fault, "called in eu-west-1");
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
    let cases = [
        "both-default",
        "kubernetes-ingress",
        "kubernetes-gateway-five-environments",
        "kubernetes-argo-blue-green",
        "kubernetes-argo-canary-gateway",
        "kubernetes-argo-cd",
        "kubernetes-tracks",
        "kubernetes-every-option",
    ];
    let mut command = check("kubernetes_faults.py");
    command.args(cases.map(|case| project::named(case).folder)).arg("--kubectl").arg(tools().linter("kubectl"));
    validate(&mut command).unwrap();
}

#[test]
fn the_types_of_argo_rollouts_notice_a_misspelt_field() {
    let path = "deploy/kubernetes/base/workload/rollout.yaml";
    let fault = ["scaleDownDelaySeconds", "scaleDownDelay"];
    assert_caught_in("kubernetes-argo-blue-green", one(kubernetes::rollouts), path, fault, "scaleDownDelay");
}

#[test]
fn the_check_of_clusters_notices_two_ways_to_sync() {
    let path = "deploy/kubernetes/clusters/argocd/prod.yaml";
    let fault = ["      syncPolicy:\n", "      syncPolicy:\n        automated: {}\n"];
    assert_caught_in("kubernetes-argo-cd", kubernetes::clusters, path, fault, "both RollingSync and automated");
}

#[test]
fn the_check_of_clusters_notices_a_cluster_without_an_overlay() {
    let path = "deploy/kubernetes/clusters/argocd/prod.yaml";
    assert_caught_in("kubernetes-argo-cd", kubernetes::clusters, path, ["- \"us\"", "- \"asia\""], "prod-asia");
}

#[test]
fn the_check_of_clusters_notices_the_overlay_of_another_cluster() {
    let path = "deploy/kubernetes/clusters/flux/prod-west.yaml";
    let fault = ["overlays/prod-west", "overlays/prod-east"];
    assert_caught_in("kubernetes-flux", kubernetes::clusters, path, fault, "follows env/prod and applies");
}

#[test]
fn the_check_of_clusters_notices_a_config_map_that_is_pruned_under_its_pods() {
    let path = "deploy/kubernetes/base/workload/kustomization.yaml";
    let word = "leave the ConfigMap of the version before alone";
    let fault = ["prune: disabled", "prune: enabled"];
    assert_caught_in("kubernetes-flux", kubernetes::clusters, path, fault, word);
    assert_caught_in(
        "kubernetes-argo-cd",
        kubernetes::clusters,
        path,
        ["IgnoreExtraneous", "ServerSideDiff=true"],
        word,
    );
}

#[test]
fn the_check_of_clusters_notices_a_release_that_gives_up_too_soon() {
    let fault = ["timeout: 15m", "timeout: 5m"];
    for (case, path) in [("kubernetes-flux", "prod-west"), ("kubernetes-helm-flux", "prod-eu")] {
        let path = format!("deploy/kubernetes/clusters/flux/{path}.yaml");
        assert_caught_in(case, kubernetes::clusters, &path, fault, "gives up after 5 minutes");
    }
}

#[test]
fn the_check_of_clusters_notices_what_karmada_leaves_behind() {
    let path = "deploy/kubernetes/clusters/karmada/prod/propagation.yaml";
    let fault = ["kind: NetworkPolicy", "kind: NetworkPolice"];
    assert_caught_in("kubernetes-karmada", kubernetes::clusters, path, fault, "leaves the NetworkPolicy `orders`");
}

#[test]
fn the_check_of_scripts_notices_a_promotion_of_whatever_waits() {
    let path = "deploy/kubernetes/promote.sh";
    let fault = ["  *\"@${2:-}\"*) ;;", "  *) ;;"];
    assert_scripts_caught(
        kubernetes::deploy_script_until,
        "kubernetes-argo-blue-green",
        path,
        fault,
        "another image is not promoted",
    );
}

#[test]
fn the_check_of_scripts_notices_a_switch_to_a_track_that_is_not_ready() {
    let path = "deploy/kubernetes/switch.sh";
    let fault = ["rollout status \"deployment/orders-$next\"", "rollout history \"deployment/orders-$next\""];
    assert_scripts_caught(kubernetes::deploy_script_until, "kubernetes-tracks", path, fault, "takes no clients");
}

#[test]
fn the_check_of_scripts_notices_an_apply_that_takes_the_selectors_away() {
    let path = "deploy/kubernetes/deploy.sh";
    let fault = ["--filename \"$work/all\" \"$@\"", "--filename \"$work/all\" --server-side \"$@\""];
    assert_scripts_caught(
        kubernetes::deploy_script_until,
        "kubernetes-argo-blue-green",
        path,
        fault,
        "from the server's side",
    );
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
    let path = "deploy/kubernetes/chart/templates/deployment.yaml";
    let fault = ["minReadySeconds: 5", "minReadySeconds: 6"];
    let word = "Deployment `orders` at /spec/minReadySeconds: Helm has 6, kustomize 5";
    assert_caught_in("kubernetes-helm-ingress", helm::like_kustomize, path, fault, word);
}

#[test]
fn the_check_of_clusters_notices_a_release_that_undoes_a_promotion() {
    let path = "deploy/kubernetes/clusters/flux/prod-eu.yaml";
    let fault = ["serverSideApply: disabled", "serverSideApply: enabled"];
    assert_caught_in("kubernetes-helm-flux", kubernetes::clusters, path, fault, "away from Argo Rollouts");
}

#[test]
fn the_release_of_a_chart_notices_a_right_that_the_workflow_lacks() {
    let path = "deploy/kubernetes/namespaces/base/deployer.yaml";
    let fault = ["verbs: [get, list, create, update, delete]", "verbs: [get, create, update, delete]"];
    assert_caught_in("kubernetes-helm-ingress", helm::release, path, fault, "no right to list secrets");
}

#[test]
fn the_release_of_a_chart_notices_a_live_track_that_is_deployed_to() {
    let path = "deploy/kubernetes/chart/templates/tracks.yaml";
    let fault = ["$stays := and $running (has . (list $.Values.live $.Values.held))", "$stays := false"];
    assert_caught_in("kubernetes-helm-tracks-every-option", helm::release, path, fault, "changes the live track");
}

#[test]
fn the_check_of_a_charts_scripts_notices_a_release_that_does_not_go_back() {
    let path = "deploy/kubernetes/deploy.sh";
    let fault = ["helm rollback orders", "helm status orders"];
    let word = "goes back to the last release whose pods came up";
    assert_scripts_caught(kubernetes::deploy_script_until, "kubernetes-helm-ingress", path, fault, word);
}

#[test]
fn checkov_notices_a_container_that_can_gain_privileges() {
    let fault = ["allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"];
    assert_caught(one(kubernetes::checkov), DEPLOYMENT, fault, "CKV_K8S_20");
}

#[test]
fn the_check_of_scripts_notices_a_rollout_that_does_not_go_back() {
    let fault = ["go_back orders || fail", "true || fail"];
    let word = "what came up before is applied again";
    assert_scripts_caught(kubernetes::deploy_script_until, "both-default", "deploy/kubernetes/deploy.sh", fault, word);
}

#[test]
fn the_check_of_scripts_notices_a_success_that_nobody_compared() {
    let fault = ["  check_applied orders\n", ""];
    let word = "an image that another deployment brought is no success";
    assert_scripts_caught(kubernetes::deploy_script_until, "both-default", "deploy/kubernetes/deploy.sh", fault, word);
}

#[test]
fn the_check_of_scripts_notices_a_signal_that_leaves_the_files_changed() {
    let fault = ["trap 'exit 130' INT TERM", ""];
    let word = "the files are as before";
    assert_scripts_caught(kubernetes::deploy_script_until, "both-default", "deploy/kubernetes/cluster.sh", fault, word);
}

#[test]
fn the_check_of_scripts_notices_a_way_back_to_whatever_the_other_track_runs() {
    let fault = ["[ \"$running\" = \"$left\" ] ||", "true ||"];
    let word = "the image that nobody approved";
    assert_scripts_caught(
        kubernetes::deploy_script_until,
        "kubernetes-tracks",
        "deploy/kubernetes/switch.sh",
        fault,
        word,
    );
}

#[test]
fn the_check_of_scripts_notices_connections_that_stay_with_the_version_before() {
    let fault = ["rollout restart", "rollout history"];
    let word = "restarted after both patches";
    assert_scripts_caught(
        kubernetes::deploy_script_until,
        "kubernetes-tracks",
        "deploy/kubernetes/switch.sh",
        fault,
        word,
    );
}

#[test]
fn the_checks_of_scripts_notice_an_image_that_nobody_attested() {
    let fault = ["      fail \"the workflow of", "      echo \"the workflow of"];
    let (script, word) = ("deploy/kubernetes/deploy.sh", "has not attested");
    assert_scripts_caught(kubernetes::deploy_script_until, "kubernetes-default", script, fault, word);
    assert_scripts_caught(kubernetes::deploy_script_until, "kubernetes-helm-ingress", script, fault, word);
    assert_caught_in("ecs-default", ecs::stack_deploy_script, "deploy/ecs/deploy.sh", fault, word);
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
        ["FROM gcr.io/distroless/cc-debian13:nonroot", "FROM debian"],
        "DL3006",
    );
}

#[test]
fn the_schema_of_dependabot_notices_an_ecosystem_that_there_is_not() {
    let fault = ["package-ecosystem: cargo", "package-ecosystem: crates"];
    assert_caught(one(repository::dependabot), ".github/dependabot.yml", fault, "crates");
}
