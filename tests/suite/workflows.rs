//! What the workflows of a project do in which order, and what its READMEs say before the first of them runs.

use std::fs;

use crate::project::{self, Project};

fn read(project: &Project, path: &str) -> Option<String> {
    fs::read_to_string(project.path(path)).ok()
}

/// The workflows that deploy, of every golden project that has them.
fn deploying() -> Vec<(String, String)> {
    let mut workflows = Vec::new();
    for project in project::all() {
        for platform in ["ecs", "kubernetes"] {
            let path = format!(".github/workflows/deploy-{platform}.yaml");
            workflows.extend(read(&project, &path).map(|text| (format!("{}/{path}", project.case), text)));
        }
    }
    assert!(workflows.len() > 20);
    workflows
}

#[track_caller]
fn place(of: &str, workflow: &(String, String)) -> usize {
    let (name, text) = workflow;
    text.find(of).unwrap_or_else(|| panic!("{name} has no `{of}`"))
}

#[test]
fn no_image_gets_into_the_registry_before_it_was_tried_and_scanned() {
    for workflow in deploying() {
        let steps =
            ["docker run --detach", "anchore/sbom-action@", "anchore/scan-action@", "docker push ", "actions/attest@"];
        let places = steps.map(|step| place(step, &workflow));
        assert!(places.is_sorted(), "{}: {places:?}", workflow.0);
        for earlier in ["push: true", "--push", "push-by-digest"] {
            assert!(!workflow.1.contains(earlier), "{} pushes while it builds: {earlier}", workflow.0);
        }
    }
}

#[test]
fn no_run_takes_an_image_that_another_one_has_pushed() {
    for workflow in deploying() {
        let (image_job, _) = workflow.1.split_at(place("\n  deploy-", &workflow));
        assert!(!image_job.contains("docker pull"), "{}", workflow.0);
        let built = place("- name: Build it\n", &workflow);
        assert!(!workflow.1[built..place("anchore/sbom-action@", &workflow)].contains("if: "), "{}", workflow.0);
    }
}

#[test]
fn a_way_back_waits_in_another_line_than_the_pushes() {
    for (name, text) in deploying() {
        let group = text.lines().find(|line| line.starts_with("  group: ")).unwrap();
        assert!(group.ends_with("${{ inputs.digest && '-back' || '' }}"), "{name}: {group}");
        assert_eq!(text.matches("concurrency:").count(), 1, "{name}: the jobs of the two lines wait for each other");
    }
}

#[test]
fn workflows_call_each_other_in_a_form_that_every_runner_knows() {
    for project in project::all() {
        for file in project.files(".github/workflows", ".yaml") {
            let text = fs::read_to_string(&file).unwrap();
            assert!(!text.contains("uses: $/"), "{}: only runners from 2.336 on take this form", file.display());
            assert!(!text.contains("queue: "), "{}: GitHub Enterprise Server knows no such key", file.display());
        }
    }
}

#[test]
fn the_readmes_name_the_variable_for_attestations_before_they_speak_of_a_push() {
    let mut held = 0;
    for project in project::all() {
        for (platform, push) in
            [("ecs", "From now on a push to `main`"), ("kubernetes", "\nA push to main builds one image")]
        {
            let Some(text) = read(&project, &format!("deploy/{platform}/README.md")) else { continue };
            if read(&project, &format!(".github/workflows/deploy-{platform}.yaml")).is_none() {
                assert!(!text.contains("ATTESTATION"), "{}: nobody attests there", project.case);
                continue;
            }
            let variable =
                text.find("\n    gh variable set ATTESTATION").or(text.find("\ngh variable set ATTESTATION"));
            let pushes = [push, "and a push to `main` builds", "\ngit push ", "that starts the first deployment"]
                .map(|push| text.find(push));
            let push = pushes.into_iter().flatten().min();
            let push = push.unwrap_or_else(|| panic!("{}/{platform}: no push", project.case));
            assert!(
                variable.is_some_and(|variable| variable < push),
                "{}/{platform}: {variable:?}, {push}",
                project.case
            );
            held += 1;
        }
    }
    assert!(held > 20, "{held}");
}

#[test]
fn no_text_leaves_attestations_switched_off_in_the_shell_of_its_reader() {
    let docs = xtask::workspace::root().join("docs");
    let mut texts: Vec<_> = ["tutorial-ecs.md", "tutorial-kubernetes.md"]
        .iter()
        .flat_map(|page| [docs.join(page), docs.join("ko").join(page)])
        .collect();
    texts.extend(project::all().iter().flat_map(|project| project.files("", ".md")));
    assert!(texts.len() > 40);
    for file in texts {
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("export ATTESTATION"), "{}", file.display());
    }
}
