//! The way back: what the README of each golden project says of it names what the project's files create.

use std::fs;

use crate::project::{self, Project};

/// The section of a README, on one line.
#[track_caller]
fn section(project: &Project, readme: &str) -> String {
    let text = fs::read_to_string(project.path(readme)).unwrap();
    let (_, rest) = text.split_once("\n## Roll back\n").unwrap_or_else(|| panic!("{}: {readme}", project.case));
    let section = rest.split("\n## ").next().unwrap_or_default();
    section.replace("\\\n", " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn assert_says(project: &Project, section: &str, command: &str) {
    assert!(section.contains(command), "{}: `{command}` is not in: {section}", project.case);
}

#[track_caller]
fn assert_file_says(project: &Project, file: &str, text: &str) {
    let content = fs::read_to_string(project.path(file)).unwrap();
    assert!(content.contains(text), "{}: `{text}` is not in {file}", project.case);
}

/// Every script that is named must be there, and every environment that it is called with.
#[track_caller]
fn assert_scripts_are_there(project: &Project, section: &str) {
    let environments = project.environments();
    let words: Vec<&str> = section.split([' ', '`']).collect();
    for pair in words.windows(2).filter(|pair| pair[0].starts_with("deploy/") && pair[0].strip_suffix(".sh").is_some())
    {
        assert!(project.path(pair[0]).is_file(), "{}: there is no {}", project.case, pair[0]);
        assert!(environments.iter().any(|it| it == pair[1]), "{}: {pair:?}", project.case);
    }
}

#[test]
fn the_way_back_on_ecs_names_the_cluster_service_and_deployment_group_of_the_stack() {
    for project in project::all().into_iter().filter(Project::has_stacks) {
        let section = section(&project, "deploy/ecs/README.md");
        let name = format!("{}-{}", project.service(), project.production());
        assert_file_says(&project, "deploy/ecs/deploy.sh", &format!("stack={}-$environment", project.service()));
        let infra = project.path("deploy/ecs/infra.yaml").is_file();
        let stack = if infra { "deploy/ecs/infra.yaml" } else { "deploy/ecs/service.yaml" };
        let parameters = format!("deploy/ecs/params/{}.json", project.production());
        let is_named = fs::read_to_string(project.path(&parameters)).is_ok_and(|it| it.contains("\"ClusterName\""));
        let cluster = if is_named { "\"$cluster\"".to_owned() } else { name.clone() };
        if is_named {
            assert_says(&project, &section, "select(.ParameterKey == \"ClusterName\").ParameterValue");
            assert_says(&project, &section, &parameters);
        } else {
            assert_file_says(&project, stack, "ClusterName: !Ref AWS::StackName");
        }
        if project.path("deploy/ecs/appspec.yaml").is_file() {
            assert_says(&project, &section, "aws deploy stop-deployment --auto-rollback-enabled --deployment-id");
            let group = format!("--application-name {name} --deployment-group-name {name}");
            assert_says(&project, &section, &group);
            assert_file_says(&project, stack, "ApplicationName: !Ref AWS::StackName");
            assert_file_says(&project, stack, "DeploymentGroupName: !Ref AWS::StackName");
        } else {
            assert_says(&project, &section, "aws ecs stop-service-deployment --stop-type ROLLBACK");
            assert_says(&project, &section, &format!("--cluster {cluster} --service {name}"));
        }
        if !infra {
            assert_file_says(&project, stack, "ServiceName: !Ref AWS::StackName");
        }
        assert_scripts_are_there(&project, &section);
    }
}

#[test]
fn the_way_back_on_ecs_names_the_cluster_and_the_service_of_the_state() {
    for project in project::all().into_iter().filter(Project::has_states) {
        let section = section(&project, "deploy/ecs/README.md");
        let name = format!("{}-{}", project.service(), project.production());
        assert_file_says(&project, "deploy/ecs/deploy.sh", &format!("stack={}-$environment", project.service()));
        let versions = format!("  name    = \"{}-${{var.environment}}\"\n", project.service());
        assert_file_says(&project, "deploy/ecs/terraform/service/versions.tf", &versions);
        for resource in [
            "\"aws_ecs_cluster\" \"cluster\" {\n  name = local.name\n",
            "\"aws_ecs_service\" \"service\" {\n  name            = local.name\n",
        ] {
            assert_file_says(&project, "deploy/ecs/terraform/service/task.tf", resource);
        }
        assert_says(&project, &section, "aws ecs stop-service-deployment --stop-type ROLLBACK");
        assert_says(&project, &section, &format!("--cluster {name} --service {name}"));
        assert_scripts_are_there(&project, &section);
    }
}

#[test]
fn the_way_back_on_kubernetes_names_the_namespace_and_the_object_of_the_manifests() {
    for project in project::all().into_iter().filter(Project::is_for_kubernetes) {
        let section = section(&project, "deploy/kubernetes/README.md");
        let (service, production) = (project.service(), project.production());
        let namespace = format!("{service}-{production}");
        let own = format!("deploy/kubernetes/namespaces/{production}/kustomization.yaml");
        assert_file_says(&project, &own, &format!("namespace: {namespace}\n"));
        for (_, rest) in section.match_indices("--namespace ").map(|(at, flag)| section.split_at(at + flag.len())) {
            let named = rest.split([' ', '`']).next().unwrap_or_default();
            assert_eq!(named, namespace, "{}", project.case);
        }
        let has = |file: &str| project.path("deploy/kubernetes").join(file).is_file();
        let argo = has("base/workload/rollout.yaml") || has("chart/templates/rollout.yaml");
        if argo {
            assert_says(&project, &section, &format!("kubectl --namespace {namespace} patch rollout {service} "));
        } else if has("switch.sh") {
            assert_says(&project, &section, &format!("sh deploy/kubernetes/switch.sh {production}"));
        } else if has("clusters/argocd/prod.yaml") || has(&format!("clusters/flux/{production}-east.yaml")) {
            assert_says(&project, &section, &format!("env/{production}"));
        } else {
            assert_says(&project, &section, &format!("sh deploy/kubernetes/back.sh {production}"));
        }
        // What it writes belongs to nobody's files, and no later apply takes it away.
        assert!(!section.contains("rollout undo"), "{}", project.case);
        assert_scripts_are_there(&project, &section);
    }
}
