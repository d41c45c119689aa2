//! Amazon ECS with Terraform: Terraform itself reads the files and plans every state, against a stand-in for the provider of AWS that knows
//! its names and types.

use std::process::Command;

use super::{Verdict, ours, python, tools, validate};
use crate::project::{self, Project};
use crate::sample;

fn projects() -> Vec<Project> {
    project::all().into_iter().filter(Project::has_states).collect()
}

/// Has Terraform plan every state of a project, and compares what is planned with the rest of the project.
fn plan(project: &Project) -> Verdict {
    validate(python(&tools().terraform(), "terraform_plan.py").arg(&project.folder))
}

fn checkov(project: &Project) -> Verdict {
    let folder = project.path("deploy/ecs/terraform");
    let configuration =
        if project.has_certificate() { "checkov-terraform.yaml" } else { "checkov-terraform-http.yaml" };
    let mut command = Command::new(tools().checkov());
    validate(command.arg("--config-file").arg(ours(configuration)).arg("--directory").arg(folder))
}

fn scripts(project: &Project) -> Verdict {
    validate(python(&tools().terraform(), "terraform_scripts.py").arg(&project.folder))
}

#[test]
fn terraform_plans_every_state_and_each_plan_agrees_with_its_project() {
    for project in projects() {
        plan(&project).unwrap_or_else(|said| panic!("{}: {said}", project.case));
    }
}

#[test]
fn terraform_plans_what_no_golden_project_has() {
    let folder = tempfile::tempdir().unwrap();
    let others = [
        "strategy = \"linear\"\nhttps = false\nscheme = \"internal\"\nci = \"none\"\nenvironments = [\"prod\"]",
        "scale_on = \"requests\"\nalarm_topic = \"existing\"\nsecret_store = \"secrets-manager\"\nsecrets = [\"database-url\", \"user\"]\n\
         secret_keys = [\"user=database.user\"]\nenvironments = [\"prod\"]",
        "regions = [\"cn-north-1\", \"cn-northwest-1\"]\nstrategy = \"canary\"\ndns_routing = \"latency\"\nkms_key = \"existing\"\n\
         ci = \"none\"\nenvironments = [\"prod\"]",
    ];
    for (number, answers) in sample::of(others.into_iter().enumerate().collect(), 1, 2) {
        let answers = format!("service = \"orders\"\ntarget = \"ecs\"\necs_format = \"terraform\"\n{answers}\n");
        plan(&Project::make(answers.parse().unwrap(), &folder.path().join(number.to_string()))).unwrap();
    }
}

#[test]
fn checkov_accepts_the_files_of_terraform() {
    for project in projects() {
        checkov(&project).unwrap();
    }
}

/// What the names, the types and the plan tell: single edits, each with a word of what is said about it.
#[test]
fn terraform_notices_what_the_provider_would_refuse_or_the_project_contradicts() {
    const TASK: &str = "deploy/ecs/terraform/service/task.tf";
    const NETWORK: &str = "deploy/ecs/terraform/service/network.tf";
    let edits = [
        (TASK, "bake_time_in_minutes", "bake_minutes", "Unsupported argument"),
        (TASK, "  advanced_configuration {", "  advanced {", "Unsupported block type"),
        (
            TASK,
            "cluster         = aws_ecs_cluster.cluster.arn",
            "cluster         = aws_ecs_cluster.main.arn",
            "Reference to undeclared resource",
        ),
        (NETWORK, "  idle_timeout = 60", "  idle_timeout =  60", "terraform fmt"),
        (
            NETWORK,
            "  internal                   = false",
            "  internal                   = [false]",
            "Incorrect attribute value type",
        ),
        (TASK, "  family                   = local.name\n", "", "Missing required argument"),
    ];
    let faults = sample::of(edits.to_vec(), 1, 3);
    for (path, from, to, word) in faults {
        let (_folder, project) = project::named("ecs-terraform-blue-green-regions").copy();
        project.replace(path, from, to);
        let said = plan(&project).expect_err("the fault is noticed");
        assert!(said.contains(word), "`{word}` is not in:\n{said}");
    }
}

#[test]
fn the_scripts_refuse_what_is_not_ready_and_notice_what_goes_wrong() {
    for project in projects() {
        scripts(&project).unwrap_or_else(|said| panic!("{}: {said}", project.case));
    }
    for (path, from, to, word) in [
        (
            "deploy/ecs/deploy.sh",
            r#"[ "$running" = "$expected" ] || fail"#,
            r#"[ "$running" ] || fail"#,
            "counts as good",
        ),
        ("deploy/ecs/deploy.sh", "-lockfile=readonly ", "", "another state is opened"),
        ("deploy/ecs/destroy.sh", "    ask \"orders-$environment\"\n", "", "it deletes without the name"),
        ("deploy/ecs/plan.sh", "plan -lock=false", "apply -lock=false", "a plan changes something"),
    ] {
        let (_folder, project) = project::named("ecs-terraform").copy();
        project.replace(path, from, to);
        let said = scripts(&project).expect_err("the fault is noticed");
        assert!(said.contains(word), "`{word}` is not in:\n{said}");
    }
}
