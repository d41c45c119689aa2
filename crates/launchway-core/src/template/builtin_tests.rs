//! What the built-in template promises of itself: one fact stands in one place, and its two packagings hold the same.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::*;

/// What stands on the other side for an agreement that only one of the two packagings has.
enum Counterpart {
    /// The other's agreement of that name.
    Is(&'static str),
    /// Why there is none.
    Without(&'static str),
}
use Counterpart::{Is, Without};

const ONE_NAME: &str = "the chart writes both from its own name and labels, which _helpers.tpl holds once";
const ONE_LOOP: &str = "the chart writes both from the same value in one template";
const ONE_TRACK: &str = "tracks.yaml and the Services of the chart take the track from the same values";
const NO_KARMADA: &str = "Karmada with Helm is refused";
const RELEASE: &str = "only Helm has a chart and a release";

/// The agreements of kustomize that have no namesake for Helm.
const KUSTOMIZE: &[(&str, Counterpart)] = &[
    ("the port of the startup probe, and the ports of the container", Is(PROBES)),
    ("the port of the liveness probe, and the ports of the container", Is(PROBES)),
    ("the port of the readiness probe, and the ports of the container", Is(PROBES)),
    (
        "the grace period holds the drain and 5 s to spare",
        Is("the grace period is made of the drain, and has 5 s to spare"),
    ),
    ("the replicas of the autoscaler", Is("the least and the most replicas")),
    (
        "the field that tells the Gateway API plugin its namespace",
        Is("the namespace where the Gateway API plugin finds the HTTPRoute"),
    ),
    ("the image that the workflow pushes and an environment runs", Is(IMAGE)),
    ("the image that the workflow pushes and the track blue runs", Is(IMAGE)),
    ("the image that the workflow pushes and the track green runs", Is(IMAGE)),
    ("the Service behind the Ingress", Without(ONE_NAME)),
    ("the Service behind the HTTPRoute", Without(ONE_NAME)),
    ("the two Services behind the HTTPRoute", Without(ONE_NAME)),
    (
        "the Services whose pods the load balancer of a GKE Gateway asks, and those behind the HTTPRoute",
        Without(ONE_NAME),
    ),
    ("the service account", Without(ONE_NAME)),
    ("a ConfigMap that the container reads", Without(ONE_NAME)),
    ("a Secret that the container reads", Without(ONE_NAME)),
    ("the kind that the autoscaler scales", Without(ONE_LOOP)),
    ("the API version that the autoscaler scales", Without(ONE_LOOP)),
    ("the name that the autoscaler scales", Without(ONE_NAME)),
    ("the name that Service, policy and budget select", Without(ONE_NAME)),
    ("the name that the topology spread counts", Without(ONE_NAME)),
    ("the name that the preview Service selects", Without(ONE_NAME)),
    ("the name that the canary Service selects", Without(ONE_NAME)),
    ("the name that the metrics Service selects", Without(ONE_NAME)),
    ("the name of the Service that the ServiceMonitor selects", Without(ONE_NAME)),
    ("the component that Service, policy and budget select", Without(ONE_NAME)),
    ("the component that the topology spread counts", Without(ONE_NAME)),
    ("the component that the preview Service selects", Without(ONE_NAME)),
    ("the component that the canary Service selects", Without(ONE_NAME)),
    ("the component that the metrics Service selects", Without(ONE_NAME)),
    ("the component of the Service that the ServiceMonitor selects", Without(ONE_NAME)),
    ("the Service that the Rollout makes active", Without(ONE_NAME)),
    ("the Service that the Rollout leads to the preview", Without(ONE_NAME)),
    ("the AnalysisTemplate of the pre-promotion analysis", Without(ONE_NAME)),
    ("the AnalysisTemplate of the post-promotion analysis", Without(ONE_NAME)),
    ("the Service that the Rollout leads to the canary", Without(ONE_NAME)),
    ("the Service that the Rollout leads to the stable version", Without(ONE_NAME)),
    ("the HTTPRoute whose weights the Rollout writes", Without(ONE_NAME)),
    ("the AnalysisTemplate of the canary", Without(ONE_NAME)),
    ("the Service that the analysis asks after a promotion", Without(ONE_NAME)),
    ("the Service that the analysis asks before a promotion", Without(ONE_NAME)),
    ("the Service that the analysis asks", Without(ONE_NAME)),
    ("the ConfigMap that an environment completes", Without(ONE_NAME)),
    ("the image name that an environment replaces", Without(ONE_LOOP)),
    ("the image name that the track blue replaces", Without(ONE_LOOP)),
    ("the image name that the track green replaces", Without(ONE_LOOP)),
    ("the hosts of the Ingress and of its certificate", Without(ONE_LOOP)),
    ("a key that the container reads from its Secret", Without(ONE_LOOP)),
    ("the arguments of the pre-promotion analysis", Without(ONE_LOOP)),
    ("the arguments of the post-promotion analysis", Without(ONE_LOOP)),
    ("the arguments of the canary analysis", Without(ONE_LOOP)),
    ("the track blue: its label and the end of its names", Without(ONE_TRACK)),
    ("the track green: its label and the end of its names", Without(ONE_TRACK)),
    ("the tracks of the Service and the preview Service", Without(ONE_TRACK)),
    ("the tracks that the Services lead to, and those that there are", Without(ONE_TRACK)),
    ("the names of the Services that live.yaml completes", Without(ONE_TRACK)),
    (
        "the number of pods, which belongs to an overlay or to its autoscaler",
        Without("the chart takes `replicas` from the values, and those of production are held by an agreement of both"),
    ),
    ("the Deployment that Karmada propagates", Without(NO_KARMADA)),
    ("the Deployment that Karmada overrides", Without(NO_KARMADA)),
    ("the Service that Karmada propagates", Without(NO_KARMADA)),
    ("the clusters of the propagation and of the overrides", Without(NO_KARMADA)),
];

/// The agreements of Helm that have no namesake for kustomize.
const HELM: &[(&str, Counterpart)] = &[
    (PROBES, Is("the port of the readiness probe, and the ports of the container")),
    (IMAGE, Is("the image that the workflow pushes and an environment runs")),
    (
        "the grace period is made of the drain, and has 5 s to spare",
        Is("the grace period holds the drain and 5 s to spare"),
    ),
    ("the least and the most replicas", Is("the replicas of the autoscaler")),
    (
        "the namespace where the Gateway API plugin finds the HTTPRoute",
        Is("the field that tells the Gateway API plugin its namespace"),
    ),
    ("the container's ports are those that the service listens on", Is("the traffic port")),
    ("the name of an environment", Without("an overlay is named by its folder, and values by their file")),
    ("the chart and the release that the script makes of it", Without(RELEASE)),
    ("the release and the chart", Without(RELEASE)),
];

const PROBES: &str = "a port that a probe asks, and the ports of the container";
const IMAGE: &str = "the image that the workflow pushes and the pods run";

fn agreements_of(template: &Template, path: &str) -> BTreeSet<String> {
    let file = template.agreement_files().iter().find(|file| file.text.file.ends_with(path)).unwrap();
    template.agreements_in(file).unwrap().iter().map(|rule| rule.says.clone()).collect()
}

#[test]
fn what_one_packaging_holds_the_other_holds_too_or_says_why_not() {
    let template = Template::builtin("service").unwrap();
    let (kustomize, helm) = (agreements_of(&template, "kustomize.toml"), agreements_of(&template, "helm.toml"));
    for (own, other, named) in [(&kustomize, &helm, KUSTOMIZE), (&helm, &kustomize, HELM)] {
        let alone: BTreeSet<&str> = own.difference(other).map(String::as_str).collect();
        let listed: BTreeSet<&str> = named.iter().map(|(says, _)| *says).collect();
        assert_eq!(alone, listed);
        for (says, counterpart) in named {
            match counterpart {
                Is(counterpart) => assert!(other.contains(*counterpart), "{says}: {counterpart}"),
                Without(reason) => assert!(!reason.is_empty(), "{says}"),
            }
        }
    }
}

/// The agreements of one packaging's environments that the other does not have, and why.
const OF_ONE_PACKAGING: &[(&str, &str)] = &[
    ("kubernetes-settings-file", "the script and the clusters name the values that Helm reads"),
    ("kubernetes-environment-name", "helm.toml holds it as the name of an environment"),
    ("kubernetes-admin-port-of-environment", "the chart makes the container's port of the value"),
    ("kubernetes-grace-of-environment", "the chart makes the grace period of the drain"),
    ("kubernetes-secrets-of-environment", "the chart makes the key of the environment's name"),
    ("kubernetes-hosts-of-environment", "the chart writes both from one value"),
    ("kubernetes-flux-overlay", "Helm has values instead of overlays"),
    ("kubernetes-flux-values", "kustomize has overlays instead of values"),
    ("kubernetes-argo-cd-overlay", "Helm has values instead of overlays"),
    ("kubernetes-argo-cd-values", "kustomize has overlays instead of values"),
    ("kubernetes-karmada-names", NO_KARMADA),
    ("kubernetes-karmada-autoscaler", NO_KARMADA),
    ("kubernetes-memory-request-of-environment", "an overlay sets no resources"),
    ("kubernetes-image-of-environment", "kustomize.toml holds the image that an environment replaces"),
    ("kubernetes-autoscaler-of-production", "kustomize-lists.toml holds it"),
    ("kubernetes-work-of-environment", "helm-queue.toml holds it"),
    ("kubernetes-visibility-of-environment", "helm-queue.toml holds it"),
];

/// The same of a worker's queue.
const OF_ONE_QUEUE: &[(&str, &str)] = &[
    ("kubernetes-work-and-drain", "helm-queue.toml holds it for each environment"),
    ("kubernetes-drain-within-visibility", "helm-queue.toml holds it for each environment"),
    ("kubernetes-work-of-environment", "kustomize-environments.toml holds it"),
    ("kubernetes-visibility-of-environment", "kustomize-environments.toml holds it"),
    ("kubernetes-admin-port", "helm.toml holds it"),
    ("kubernetes-shared-files", "Helm takes every template of the chart"),
    ("kubernetes-selected-name", "the chart writes all of them from one definition"),
    ("kubernetes-selected-component", "the chart writes all of them from one definition"),
    ("kubernetes-scaled-name", "the chart writes both from its name"),
    ("kubernetes-replicas-of-keda", "helm.toml holds it for every autoscaler"),
    ("kubernetes-quota-pods", "helm.toml holds it for every autoscaler"),
];

#[test]
fn an_environment_and_a_queue_are_held_alike_in_both_packagings() {
    let template = Template::builtin("service").unwrap();
    let ids = |path: &str| -> BTreeSet<String> {
        let file = template.agreement_files().iter().find(|file| file.text.file.ends_with(path)).unwrap();
        template.agreements_in(file).unwrap().iter().filter_map(|rule| rule.id.clone()).collect()
    };
    for (part, named) in [("environments", OF_ONE_PACKAGING), ("queue", OF_ONE_QUEUE)] {
        let [kustomize, helm] = ["kustomize", "helm"].map(|packaging| ids(&format!("{packaging}-{part}.toml")));
        let alone: BTreeSet<&str> = kustomize.symmetric_difference(&helm).map(String::as_str).collect();
        let listed: BTreeSet<&str> = named.iter().map(|(id, _)| *id).collect();
        assert_eq!(alone, listed, "{part}");
    }
}

#[test]
fn every_agreement_has_an_id_and_names_the_questions_that_set_its_values_or_says_that_none_does() {
    let template = Template::builtin("service").unwrap();
    let files = template.agreement_files().iter().flat_map(|file| template.agreements_in(file).unwrap());
    for rule in template.own_agreements().iter().chain(files) {
        assert!(rule.id.is_some() && rule.from.is_some(), "{}", rule.says);
    }
}

/// Numbers that prose states although they are none of the deployment files': the file, the number, and whose it is.
const STATED: &[(&str, &str, &str)] = &[
    ("partials/ecs-readme-costs.hbs", "70 %", "what AWS says of Spot"),
    ("partials/ecs-readme-costs.hbs", "20 GiB", "what comes with every Fargate task"),
    ("files/README.md.hbs", "2 seconds", "the worker's: its code counts them"),
    ("files/README.md.hbs", "4 seconds", "the worker's: its code counts them"),
];

/// Reads every file below a folder, by its path in it.
fn read_below(folder: &Path, prefix: &str, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            read_below(&path, &format!("{name}/"), found);
        } else {
            found.insert(name, std::fs::read(path).unwrap());
        }
    }
}

#[test]
fn the_program_carries_every_file_of_the_folder_byte_for_byte() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut folders = BTreeMap::new();
    read_below(&folder, "", &mut folders);
    let mut carried = BTreeMap::new();
    for id in builtin_ids() {
        let files = TemplateFiles::builtin(id).unwrap().0.into_iter();
        carried.extend(files.map(|(path, file)| (format!("{id}/{path}"), file.bytes().into_owned())));
    }
    assert!(carried.len() > 300, "{}", carried.len());
    assert_eq!(carried.keys().collect::<Vec<_>>(), folders.keys().collect::<Vec<_>>());
    assert!(carried == folders, "a file differs: {:?}", carried.iter().find(|(path, bytes)| folders[*path] != **bytes));
}

#[test]
fn the_built_in_templates_load_with_every_check_as_a_folder_does() {
    for id in builtin_ids() {
        let files = TemplateFiles::builtin(id).unwrap();
        Template::from_layers(vec![(files, Source::Folder("t".into()))]).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Finds numbers with a unit in prose, outside of tags, code and commands.
fn stated(text: &str) -> Vec<String> {
    let number = Regex::new(
        r"(?:^|[^\w.:/$-])(\d+(?: ?%| s\b| (?:to|or) \d+ \w+| (?:days?|tasks?|pods?|replicas|minutes?|seconds?|MiB|GiB|failures|in a row)\b))",
    )
    .unwrap();
    let hidden = Regex::new(r"\{\{.*?\}\}|`[^`]*`").unwrap();
    let lines =
        text.lines().filter(|line| !line.starts_with("    ")).map(|line| hidden.replace_all(line, "").into_owned());
    lines.flat_map(|line| number.captures_iter(&line).map(|found| found[1].to_owned()).collect::<Vec<_>>()).collect()
}

#[test]
fn no_prose_states_a_number_of_the_deployment_files() {
    assert_eq!(stated("kept for 30 days, 2 to 6 tasks, {{x}} pods, 10 %\n"), ["30 days", "2 to 6 tasks", "10 %"]);
    let files = TemplateFiles::builtin("service").unwrap().0;
    let is_prose =
        |path: &str| path.ends_with("README.md.hbs") || path.starts_with("partials/") && path.contains("readme");
    let mut found = BTreeSet::new();
    for (path, bytes) in files.iter().filter(|(path, _)| is_prose(path)) {
        let text = String::from_utf8(bytes.bytes().into_owned()).unwrap();
        found.extend(stated(&text).into_iter().map(|number| (path.clone(), number)));
    }
    let allowed: BTreeSet<_> =
        STATED.iter().map(|(path, number, _)| ((*path).to_owned(), (*number).to_owned())).collect();
    assert_eq!(found, allowed);
    let digits = Regex::new(r"\d+").unwrap();
    let tags = Regex::new(r"\{\{.*?\}\}").unwrap();
    for language in [None, Some("ko")] {
        let mut template = Template::builtin("service").unwrap();
        if let Some(language) = language {
            template.translate(language).unwrap();
        }
        for object in &template.objects {
            let prose = tags.replace_all(&object.purpose, "");
            // The port of a Service is the one that HTTP has.
            let is_known = |number: &str| number == "80" || prose.contains("EC2") || prose.contains("Route 53");
            let literal: Vec<&str> =
                digits.find_iter(&prose).map(|it| it.as_str()).filter(|it| !is_known(it)).collect();
            assert!(literal.is_empty(), "{prose}: {literal:?}");
        }
    }
}

/// Renders the project of some answers, from the files of the built-in template with one value changed.
fn rendered(change: Option<(&str, i64)>, answers: &[(&str, &str)]) -> (BTreeMap<String, String>, Vec<String>) {
    let mut files = TemplateFiles::builtin("service").unwrap();
    if let Some((value, number)) = change {
        let path = "manifest/values/numbers.toml";
        let text = String::from_utf8(files.0[path].bytes().into_owned()).unwrap();
        let start = text.find(&format!("id = \"{value}\"\n")).unwrap_or_else(|| panic!("{value}"));
        let end = start + text[start..].find("\n\n").unwrap_or(text.len() - start);
        let changed = format!("{}id = \"{value}\"\nis = \"{number}\"{}", &text[..start], &text[end..]);
        files.0.insert(path.to_owned(), crate::path::beneath::Blob::plain(changed.into_bytes()).into());
    }
    let template = load::template(vec![(files, Source::Builtin)]).unwrap();
    let mut given = crate::Answers::default();
    for (id, value) in answers {
        let value = template.question(id).unwrap().read(value).unwrap();
        given.set(id, value, crate::Provenance::Flag);
    }
    let interview = crate::Interview::new(&template, &given, crate::Defaults::All).unwrap();
    let context = interview.context().unwrap().unwrap_or_else(|| panic!("{:?}", interview.problems));
    let plan = crate::Plan::new(&template, &context).unwrap();
    let texts = plan.files.iter().filter_map(|(path, file)| Some((path.to_string(), file.text()?.to_owned())));
    (texts.collect(), plan.objects.into_iter().map(|object| object.purpose).collect())
}

#[test]
fn changing_one_number_changes_the_files_the_prose_and_the_review() {
    let ecs: &[(&str, &str)] = &[("service", "orders"), ("target", "ecs")];
    let kubernetes: &[(&str, &str)] = &[("service", "orders"), ("target", "kubernetes"), ("strategy", "canary")];
    let helm: &[(&str, &str)] = &[("service", "orders"), ("target", "kubernetes"), ("packaging", "helm")];
    for (value, number, answers, file, readme, purpose) in [
        ("max_tasks", 7, ecs, "deploy/ecs/params/prod.json", "deploy/ecs/README.md", "2 to 7 tasks"),
        ("log_days", 14, ecs, "deploy/ecs/service.yaml", "", "for 14 days"),
        (
            "max_replicas",
            12,
            kubernetes,
            "deploy/kubernetes/components/hpa/hpa.yaml",
            "deploy/kubernetes/README.md",
            "3 to 12 pods",
        ),
        ("max_replicas", 12, helm, "deploy/kubernetes/values/prod.yaml", "deploy/kubernetes/README.md", "3 to 12 pods"),
        ("replicas_elsewhere", 4, helm, "deploy/kubernetes/values/dev.yaml", "deploy/kubernetes/README.md", "; 4 pods"),
        (
            "canary_first",
            20,
            kubernetes,
            "deploy/kubernetes/base/workload/rollout.yaml",
            "deploy/kubernetes/README.md",
            "20 %, measured",
        ),
        ("container_check_seconds", 15, ecs, "deploy/ecs/service.yaml", "deploy/ecs/README.md", ""),
        ("idle_timeout", 50, ecs, "deploy/ecs/service.yaml", "deploy/ecs/README.md", ""),
    ] {
        let (before, _) = rendered(None, answers);
        let (after, purposes) = rendered(Some((value, number)), answers);
        for path in [file, readme].into_iter().filter(|path| !path.is_empty()) {
            assert_ne!(before[path], after[path], "{value}: {path}");
        }
        assert!(purposes.iter().any(|it| it.contains(purpose)), "{value}: {purposes:?}");
    }
}

#[test]
fn the_chart_which_is_copied_as_it_is_has_the_weights_that_prose_speaks_of() {
    let answers = [("service", "orders"), ("target", "kubernetes"), ("packaging", "helm"), ("strategy", "canary")];
    let (files, _) = rendered(None, &answers);
    let weights = |text: &str| -> Vec<String> {
        let weight = Regex::new(r"setWeight: (\d+)").unwrap();
        weight.captures_iter(text).map(|found| found[1].to_owned()).collect()
    };
    let chart = weights(&files["deploy/kubernetes/chart/templates/_canary.tpl"]);
    let readme = &files["deploy/kubernetes/README.md"];
    assert_eq!(chart.len(), 2);
    for weight in chart {
        assert!(readme.contains(&format!("{weight} %")), "{weight}");
    }
}

#[test]
fn every_choice_of_an_instance_is_a_row_of_their_table() {
    let template = Template::builtin("service").unwrap();
    let question = template.question("instance_type").unwrap();
    for choice in question.choices(|_| None) {
        let expression = format!("lookup instances \"architecture\" \"type\" \"{}\"", choice.value);
        let expression = template.engine.expression("t", &expression, &template.names).unwrap();
        let architecture =
            template.engine.evaluate(&expression, &crate::language::engine::Data::from(serde_json::Map::new()));
        let architecture = architecture.unwrap();
        assert!(choice.label.contains(architecture.as_str().unwrap()), "{}: {architecture}", choice.label);
    }
}

#[test]
fn every_pattern_has_its_rule_in_words_and_every_placeholder_can_be_answered_otherwise() {
    let template = Template::builtin("service").unwrap();
    for question in &template.questions {
        let (Kind::Text(rule) | Kind::Slug(rule) | Kind::Slugs { rule, .. }) = &question.kind else { continue };
        assert_eq!(rule.written_pattern.is_some(), rule.rule.is_some(), "{}", question.id);
        assert!(!question.is_placeholder || question.example.is_some(), "{}", question.id);
    }
}
