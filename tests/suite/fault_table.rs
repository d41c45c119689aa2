//! The table of faults, `tests/faults`: single edits that a platform would refuse or do wrong in silence, and which of them
//! `check` finds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use launchway_core::{Finding, Project, check};
use serde::Deserialize;
use tempfile::TempDir;
use xtask::tree;

use crate::program::{launchway, run};
use crate::{golden, korean_messages, sample};

const TABLES: [(&str, &str); 2] =
    [("ecs", include_str!("../faults/ecs.toml")), ("kubernetes", include_str!("../faults/kubernetes.toml"))];

/// What `check` does not find, by the table and the id, and why.
const MISSED: [(&str, &str); 3] = [
    ("kubernetes/secret-that-no-overlay-replaces", "the position of a secret in a list is in no agreement"),
    ("kubernetes/helm-host-of-another-environment", "an agreement does not speak of two turns of one list"),
    ("kubernetes/start-up-cut-short", "how long the service takes to start stands in no file"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    fault: Vec<Fault>,
}

/// One edit of one file, and what the platform would do with it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    id: String,
    case: String,
    file: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    deleted: bool,
    then: String,
}

/// A golden project on disk, with its record.
struct Sample {
    folder: TempDir,
    project: Project,
}

impl Sample {
    fn of(case: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        tree::write(&golden::rendered()[case], folder.path()).unwrap();
        let project = Project::open_all(folder.path()).unwrap().remove(0);
        Self { folder, project }
    }

    /// Returns what fails a check.
    fn findings(&self) -> Vec<Finding> {
        let mut findings = check(self.folder.path(), &self.project, &BTreeSet::new(), &|| false);
        findings.retain(|finding| !finding.rule.is_note());
        findings
    }
}

impl Fault {
    /// Tells whether a finding names the file.
    fn is_caught(&self, sample: &Sample) -> bool {
        let findings = self.planted(sample, || sample.findings());
        let mut places = findings.iter().flat_map(|finding| &finding.places);
        places.any(|place| place.file.as_deref() == Some(self.file.as_str()))
    }

    /// Makes the edit, looks, and takes the edit back.
    fn planted<T>(&self, sample: &Sample, look: impl FnOnce() -> T) -> T {
        let path = sample.folder.path().join(&self.file);
        let text = fs::read_to_string(&path).unwrap();
        if self.deleted {
            fs::remove_file(&path).unwrap();
        } else {
            assert_eq!(
                text.matches(&self.from).count(),
                1,
                "{}: {} must hold `{}` once",
                self.id,
                self.file,
                self.from
            );
            fs::write(&path, text.replace(&self.from, &self.to)).unwrap();
        }
        let found = look();
        fs::write(&path, text).unwrap();
        found
    }
}

/// Makes the edits, looks, and takes the edits back.
fn planted<T>(faults: &[Fault], sample: &Sample, look: &dyn Fn() -> T) -> T {
    match faults.split_first() {
        Some((first, others)) => first.planted(sample, || planted(others, sample, look)),
        None => look(),
    }
}

fn tables() -> Vec<(&'static str, Vec<Fault>)> {
    TABLES.iter().map(|(name, text)| (*name, toml::from_str::<Table>(text).unwrap().fault)).collect()
}

#[test]
fn check_finds_every_fault_of_the_table_but_those_that_are_named() {
    let tables = tables();
    let faults = || tables.iter().flat_map(|(table, faults)| faults.iter().map(move |fault| (table, fault)));
    let cases: BTreeSet<&String> = faults().map(|(_, fault)| &fault.case).collect();
    let samples: BTreeMap<&String, Sample> = cases.into_iter().map(|case| (case, Sample::of(case))).collect();
    let missed: Vec<String> = faults()
        .filter(|(_, fault)| !fault.is_caught(&samples[&fault.case]))
        .map(|(table, fault)| format!("{table}/{}", fault.id))
        .collect();
    let known: Vec<&str> = MISSED.iter().map(|(fault, _)| *fault).collect();
    assert_eq!(missed, known, "of {} faults", faults().count());
}

#[test]
fn check_says_every_fault_of_the_table_in_korean() {
    let mut by_case: BTreeMap<String, Vec<Fault>> = BTreeMap::new();
    for fault in tables().into_iter().flat_map(|(_, faults)| faults) {
        by_case.entry(fault.case.clone()).or_default().push(fault);
    }
    let mut english = Vec::new();
    for (case, mut faults) in sample::of(by_case.into_iter().collect(), 0, 3) {
        let sample = Sample::of(&case);
        // Those of different files are planted together.
        while !faults.is_empty() {
            let mut files = BTreeSet::new();
            let (together, rest) = faults.into_iter().partition(|fault| files.insert(fault.file.clone()));
            faults = rest;
            let said = planted(&together, &sample, &|| {
                run(launchway().arg("check").env("LANG", "ko_KR.UTF-8").current_dir(sample.folder.path()))
            });
            english.extend(korean_messages::faults(&case, &format!("{}{}", said.stdout, said.stderr)));
        }
    }
    assert!(english.is_empty(), "{} lines:\n{}", english.len(), english.join("\n"));
}

#[test]
fn the_table_of_faults_is_large_says_what_happens_and_names_each_once() {
    for (table, faults) in tables() {
        let ids: BTreeSet<&String> = faults.iter().map(|fault| &fault.id).collect();
        assert!(ids.len() == faults.len() && faults.len() >= 58, "{table}: {} faults, {} ids", faults.len(), ids.len());
        for fault in &faults {
            assert!(fault.then.ends_with('.') && fault.deleted == fault.from.is_empty(), "{table}/{}", fault.id);
        }
    }
}

#[test]
fn check_finds_nothing_in_a_golden_project_that_nobody_touched() {
    for case in golden::rendered().keys() {
        let sample = Sample::of(case);
        // A check skips agreements whose files are as they were generated; one more line at the end has it read all.
        let found = sample.findings();
        assert!(found.is_empty(), "{case}: {found:#?}");
        // An id that is taken gets a number, which would then depend on the order of the agreements.
        let ids: BTreeSet<&str> = sample.project.agreements.iter().map(|agreement| agreement.id.as_str()).collect();
        let numbered = |id: &&&str| id.strip_suffix("-2").is_some_and(|first| ids.contains(first));
        assert_eq!(ids.iter().find(numbered), None, "{case}");
        for path in sample.project.generated.keys() {
            let file = Path::new(path.as_str());
            if file.extension().is_some_and(|ending| ending != "json" && ending != "lock")
                || file.ends_with("Dockerfile")
            {
                let path = sample.folder.path().join(file);
                let text = fs::read(&path).unwrap();
                fs::write(&path, [text.as_slice(), b"\n"].concat()).unwrap();
            }
        }
        let found = sample.findings();
        assert!(found.is_empty(), "{case}, every agreement read: {found:#?}");
    }
}

#[test]
fn the_documentation_counts_what_is_found() {
    let all: usize = tables().iter().map(|(_, faults)| faults.len()).sum();
    let found = all - MISSED.len();
    for page in ["README.md", "README.ko.md", "docs/introduction.md", "docs/check.md"] {
        let text = fs::read_to_string(xtask::workspace::root().join(page)).unwrap();
        for figure in [all, found] {
            assert!(
                text.contains(&figure.to_string()),
                "{page} does not say {figure}: of {all} edits {found} are found"
            );
        }
    }
}
