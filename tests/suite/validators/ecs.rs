//! Amazon ECS: the schema of stacks, the API's shapes, an emulator, and the service behind its load balancer.

use std::path::PathBuf;
use std::process::Command;

use super::{Verdict, aws_check, ours, tools, validate};
use crate::project::{self, Project};
use crate::source::Source;

fn projects() -> Vec<Project> {
    project::all().into_iter().filter(Project::is_for_ecs).collect()
}

/// The CloudFormation templates of a project; appspec.yaml is CodeDeploy's.
fn templates(project: &Project) -> Vec<PathBuf> {
    let mut files = project.files("deploy/ecs", ".yaml");
    files.retain(|path| !path.ends_with("appspec.yaml"));
    files
}

/// Those projects whose stacks hold the service and own its task definition.
fn owned_by_stacks() -> Vec<Project> {
    projects().into_iter().filter(|project| project.path("deploy/ecs/service.yaml").exists()).collect()
}

pub(super) fn cfn_lint(projects: &[Project]) -> Verdict {
    validate(Command::new(tools().linter("cfn-lint")).arg("--").args(projects.iter().flat_map(templates)))
}

pub(super) fn botocore(project: &Project) -> Verdict {
    validate(aws_check("ecs_taskdef_shapes.py").arg(&project.folder))
}

pub(super) fn ministack(project: &Project) -> Verdict {
    let binary = Source::of(project).build(project.service());
    let mut command = aws_check("ecs_ministack.py");
    command.arg("--project").arg(&project.folder).arg("--binary").arg(binary);
    validate(command.args(["--environment", &project.production()]))
}

pub(super) fn stack_deploy_script(project: &Project) -> Verdict {
    validate(aws_check("ecs_stack_deploy_script.py").arg(&project.folder))
}

/// A project without a certificate has skips of its own.
pub(super) fn checkov(projects: &[Project]) -> Verdict {
    for (configuration, has_certificate) in [("checkov-ecs.yaml", true), ("checkov-ecs-http.yaml", false)] {
        let projects = projects.iter().filter(|project| project.has_certificate() == has_certificate);
        let stacks: Vec<_> = projects.flat_map(templates).collect();
        if !stacks.is_empty() {
            let mut command = Command::new(tools().checkov());
            validate(command.arg("--config-file").arg(ours(configuration)).arg("--file").args(stacks))?;
        }
    }
    Ok(())
}

#[test]
fn cfn_lint_accepts_every_stack() {
    cfn_lint(&projects()).unwrap();
}

#[test]
fn the_ecs_api_accepts_every_task_definition_and_service() {
    for project in projects() {
        botocore(&project).unwrap();
    }
}

#[test]
fn every_stack_is_created_and_the_service_answers_through_its_load_balancer() {
    for project in owned_by_stacks() {
        ministack(&project).unwrap();
    }
}

#[test]
fn the_deploy_script_notices_what_goes_wrong_with_a_stack() {
    for project in owned_by_stacks() {
        stack_deploy_script(&project).unwrap();
    }
}

#[test]
fn checkov_accepts_every_stack() {
    checkov(&projects()).unwrap();
}
