//! Amazon ECS with the task definition in a JSON file: what cfn-lint knows of it, and `deploy.sh` against an emulator.

use std::process::Command;

use super::{Verdict, aws_check, ecs, tools, validate};
use crate::project::{self, Project};
use crate::sample;

fn projects() -> Vec<Project> {
    project::all().into_iter().filter(|project| project.path("deploy/ecs/task-definition.json").exists()).collect()
}

/// Has cfn-lint read the task definition as the only resource of a stack: it knows which sizes Fargate has.
pub(super) fn task_definition(project: &Project) -> Verdict {
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("template.json");
    validate(aws_check("ecs_json.py").arg(&project.folder).arg(&template))?;
    validate(Command::new(tools().linter("cfn-lint")).arg("--").arg(template))
}

pub(super) fn deploy_script(project: &Project) -> Verdict {
    deploy_script_until(project, "")
}

/// The same, until something is wrong whose report has a word.
pub(super) fn deploy_script_until(project: &Project, word: &str) -> Verdict {
    validate(aws_check("ecs_deploy_script.py").arg(&project.folder).args(["--until", word]))
}

#[test]
fn cfn_lint_accepts_every_task_definition_in_json() {
    for project in projects() {
        task_definition(&project).unwrap();
    }
}

#[test]
fn the_service_in_json_answers_through_the_load_balancer_of_its_stack() {
    for project in projects() {
        ecs::ministack(&project).unwrap();
    }
}

#[test]
fn the_deploy_script_registers_deploys_and_notices_what_goes_wrong() {
    for project in sample::of(projects(), 1, 2) {
        deploy_script(&project).unwrap();
    }
}
