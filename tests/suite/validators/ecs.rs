//! Amazon ECS: the schema of stacks, the API's shapes, an emulator, and the service behind its load balancer.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use xtask::workspace;

use super::{Verdict, aws_check, ours, tools, validate};
use crate::program::{GIT_IDENTITY, launchway, run};
use crate::project::{self, Project};
use crate::rendered;
use crate::sample;
use crate::source::Source;

fn projects() -> Vec<Project> {
    project::all().into_iter().filter(Project::has_stacks).collect()
}

/// The `CloudFormation` templates of a project; `appspec.yaml` is `CodeDeploy`'s.
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

pub(super) fn destroy(project: &Project) -> Verdict {
    validate(aws_check("ecs_destroy.py").arg(&project.folder))
}

/// Holds the roles and templates of a project against the authorization data and the quotas of AWS.
pub(super) fn permissions(project: &Project) -> Verdict {
    validate(aws_check("ecs_permissions.py").arg(&project.folder).arg(tools().checkov()))
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
    for project in sample::of(owned_by_stacks(), 0, 3) {
        ministack(&project).unwrap();
    }
}

#[test]
fn the_commands_of_the_readme_and_of_the_tutorial_make_the_first_deployment() {
    let readme = "orders/deploy/ecs/README.md".to_owned();
    let tutorial = workspace::root().join("docs/tutorial-ecs.md").display().to_string();
    let followed = [
        (&readme, &["--regions=eu-west-1"][..]),
        (&readme, &["--strategy=canary"]),
        (&readme, &["--regions=us-east-1,eu-west-1", "--kms-key=existing"]),
        (&readme, &["--network=new"]),
        (&readme, &["--regions=eu-west-1", "--kind=worker"]),
        (&readme, &["--regions=eu-west-1", "--load-balancer=existing", "--ecs-cluster=existing"]),
        (&tutorial, &["--regions=eu-west-1"]),
    ];
    for (page, answers) in sample::of(followed.to_vec(), 1, 3) {
        let folder = tempfile::tempdir().unwrap();
        let mut new = launchway();
        new.args(["new", "orders", "--target=ecs", "--no-input"]).args(answers).envs(GIT_IDENTITY);
        run(new.current_dir(&folder)).success();
        let project = folder.path().join("orders");
        validate(aws_check("ecs_commands.py").arg(&project).arg(folder.path().join(page))).unwrap();
    }
}

#[test]
fn the_commands_of_the_readme_deploy_each_environment_to_its_account() {
    for ci in sample::of(vec!["github", "none"], 0, 2) {
        let folder = tempfile::tempdir().unwrap();
        let accounts = "--accounts=dev=111111111111,staging=111111111111,prod=222222222222,registry=333333333333";
        let mut new = launchway();
        new.args(["new", "orders", "--target=ecs", "--regions=eu-west-1", "--no-input", accounts]).envs(GIT_IDENTITY);
        run(new.arg(format!("--ci={ci}")).current_dir(&folder)).success();
        let project = folder.path().join("orders");
        validate(aws_check("ecs_commands.py").arg(&project).arg(project.join("deploy/ecs/README.md"))).unwrap();
    }
}

#[test]
fn the_deploy_script_notices_what_goes_wrong_with_a_stack() {
    for project in sample::of(owned_by_stacks(), 1, 3) {
        stack_deploy_script(&project).unwrap();
    }
}

#[test]
fn the_roles_have_what_aws_asks_for_and_stay_below_its_quotas() {
    for project in sample::of(projects(), 1, 2) {
        permissions(&project).unwrap();
    }
}

/// The names and lists as long as the questions let them be, with everything that roles and templates grow with.
#[test]
fn the_largest_answers_stay_below_the_quotas_of_aws() {
    let folder = tempfile::tempdir().unwrap();
    let one_region = format!("repository = \"{}/{}\"\n", "r".repeat(39), "n".repeat(100));
    let regions: Vec<String> = ('a'..='z').map(|letter| format!("ap-southeast-{letter}-1")).collect();
    let every_region = format!("ci = \"none\"\ndns_routing = \"latency\"\nregions = {regions:?}\n");
    for (number, strategy) in [
        "capacity = \"ec2\"",
        "capacity = \"ec2\"\necs_format = \"json\"",
        "capacity = \"managed-instances\"",
        "deployment_controller = \"code-deploy\"\nshift_minutes = 5",
    ]
    .iter()
    .enumerate()
    {
        for reach in [&one_region, &every_region] {
            let folder = folder.path().join(format!("{number}-{}", reach.len()));
            let answers = format!("{}strategy = \"canary\"\n{strategy}\n{reach}", largest());
            permissions(&Project::make(answers.parse().unwrap(), &folder)).unwrap();
        }
    }
}

fn largest() -> String {
    let environments: Vec<String> = (10..30).map(|number| format!("environm-{number}x")).collect();
    format!(
        "service = \"{}\"\nowner = \"{}\"\ntarget = \"ecs\"\nenvironments = {environments:?}\nproduction = \"environm-29x\"\nwaf = true\n\
         execute_command = true\nsecrets = [\"database-url\"]\nsecret_store = \"secrets-manager\"\n\
         access_logs = \"new\"\nalarm_topic = \"new\"\nkms_key = \"existing\"\ncontainer_insights = \"enhanced\"\n",
        "s".repeat(40),
        "o".repeat(63),
    )
}

#[test]
fn the_regions_that_the_template_knows_are_those_of_botocore() {
    let list = "import botocore.loaders as it; partitions = it.Loader().load_data('partitions')['partitions']; \
                print(*(region for partition in partitions for region in partition['regions']))";
    let listed = run(Command::new(tools().aws("python")).args(["-c", list])).success();
    // The sovereign cloud of Europe and the secret partitions are left out: their roles have other trust.
    let is_left_out =
        |region: &&str| region.starts_with("eusc-") || region.contains("-iso") || region.ends_with("-global");
    let of_aws: BTreeSet<&str> = listed.split_whitespace().filter(|region| !is_left_out(region)).collect();
    let known = rendered::TEMPLATE.question("regions").unwrap().known();
    assert_eq!(known.iter().map(String::as_str).collect::<BTreeSet<_>>(), of_aws);
    assert!(known.is_sorted(), "{known:?}");
}

#[test]
fn a_project_is_taken_down_in_an_order_that_strands_nothing() {
    let cases = [
        "ecs-default",
        "ecs-regions",
        "ecs-accounts",
        "ecs-json-rolling",
        "ecs-code-deploy-all-at-once-regions",
        "ecs-largest-one-environment",
        "ecs-worker",
    ];
    for case in sample::of(cases.to_vec(), 2, 3) {
        destroy(&project::named(case)).unwrap();
    }
}

/// What each deploy.sh refuses, by a word of what it says.
const GUARDS: [&str; 7] = [
    "usage: ",
    "no environment",
    "is not a digest",
    "example ids",
    "another project's",
    "is still at work",
    "no image",
];

#[test]
fn every_deploy_script_has_the_same_guards_before_it_changes_anything() {
    let changes = [
        "cloudformation deploy",
        "ecs register-task-definition",
        "ecs create-service",
        "ecs update-service",
        "deploy create-deployment",
    ];
    for project in projects() {
        let script = std::fs::read_to_string(project.path("deploy/ecs/deploy.sh")).unwrap();
        // The functions above are called below.
        let (_, script) = script.split_once("[ $# -eq ").unwrap();
        let first = changes.iter().filter_map(|change| script.find(&format!("aws {change}"))).min().unwrap();
        // Nothing of a network that the project makes itself is an example.
        let has_examples = script.contains("00000000'");
        let missing: Vec<_> = GUARDS
            .iter()
            .filter(|guard| has_examples || **guard != "example ids")
            .filter(|guard| !format!("[ $# -eq {}", &script[..first]).contains(**guard))
            .collect();
        assert!(missing.is_empty(), "{}: {missing:?} do not come before the first change", project.case);
    }
}

#[test]
fn checkov_accepts_every_stack() {
    checkov(&projects()).unwrap();
}
