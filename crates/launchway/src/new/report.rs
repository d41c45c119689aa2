//! The result of `new` as one JSON object.

use std::collections::BTreeMap;

use launchway_core::{CatalogOrigin, Origin, SafePath, Template, Value, hexadecimal};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::next_steps::{self, GitOutcome};
use super::{NewProject, TeamDecision};
use crate::git::FirstCommit;
use crate::report::json;
use crate::repository::index::WayBack;

/// What `launchway new --output json` prints. Sizes are in bytes, digests are SHA-256 in hexadecimal.
#[derive(Serialize)]
pub(crate) struct NewReport<'a> {
    schema: &'static str,
    /// Whether the files were written; false for `--dry-run`.
    written: bool,
    path: String,
    /// The file that the project is packed into, in a folder of the name `path`; nothing is written there then.
    archive: Option<String>,
    /// The root of the repository that the project is a folder of, below which the paths of `files` are then.
    repository: Option<String>,
    template: Origin,
    #[serde(skip_serializing_if = "Option::is_none")]
    catalog: Option<&'a CatalogOrigin>,
    answers: serde_json::Map<String, serde_json::Value>,
    /// The answers that the team decided, by the id of their question.
    decided: BTreeMap<&'a str, DecidedReport<'a>>,
    /// The ids of the answers that nobody gave and that have to be replaced.
    placeholders: Vec<&'a str>,
    /// What `--expect` asks for.
    digest: String,
    files: Vec<FileReport<'a>>,
    /// The files of the repository that change.
    changed: Vec<&'a str>,
    objects: Vec<ObjectReport<'a>>,
    next_steps: Vec<StepReport>,
    command: &'a str,
    git: &'static str,
    warnings: Vec<String>,
    /// What stays as it is and was expected otherwise, one line each.
    notes: &'a [String],
    /// The command that takes everything back, in a repository that was there.
    way_back: Option<&'a str>,
}

/// Who decided an answer, and why.
#[derive(Serialize)]
struct DecidedReport<'a> {
    by: &'a str,
    because: Option<&'a str>,
}

#[derive(Serialize)]
struct FileReport<'a> {
    path: &'a str,
    size: usize,
    sha256: String,
    executable: bool,
}

#[derive(Serialize)]
struct ObjectReport<'a> {
    kind: &'a str,
    purpose: &'a str,
}

#[derive(Serialize)]
struct StepReport {
    command: String,
    purpose: String,
}

impl<'a> NewReport<'a> {
    pub(crate) fn new(
        template: &'a Template,
        prepared: &'a NewProject,
        outcome: &GitOutcome,
        way_back: Option<&'a WayBack>,
    ) -> Self {
        let committed = outcome.commit.as_ref();
        let mut warnings = prepared.warnings.clone();
        if let Some(FirstCommit::Failed(reason)) = committed {
            warnings.push(format!("git could not commit the project: {reason}"));
        }
        let answer = |(id, value): &(String, Value)| (id.clone(), value.to_json());
        Self {
            schema: "launchway.new/1",
            written: committed.is_some(),
            path: prepared.folder.display().to_string(),
            archive: prepared.archive.as_ref().map(|archive| archive.path.display().to_string()),
            repository: prepared.addition.as_ref().map(|_| prepared.changes.destination.display().to_string()),
            template: Origin::of(template),
            catalog: prepared.context.catalog.as_ref(),
            answers: prepared.context.answers.iter().map(answer).collect(),
            decided: prepared.decided.iter().map(decided).collect(),
            placeholders: prepared.placeholders.iter().map(|it| it.question.as_str()).collect(),
            digest: prepared.digest().to_string(),
            files: prepared.changes.creates.iter().map(|(path, file)| file_report(path, file)).collect(),
            changed: prepared.changed().map(|edit| edit.path.as_str()).collect(),
            objects: prepared
                .plan
                .objects
                .iter()
                .map(|it| ObjectReport { kind: &it.kind, purpose: &it.purpose })
                .collect(),
            next_steps: next_steps::steps(prepared, outcome)
                .into_iter()
                .map(|it| StepReport { command: it.command, purpose: it.purpose })
                .collect(),
            command: &prepared.command,
            git: match committed {
                Some(FirstCommit::Yes(_)) => "committed",
                Some(FirstCommit::Failed(_)) => "failed",
                Some(FirstCommit::Skipped(_)) | None => "skipped",
            },
            warnings,
            notes: prepared.addition.as_ref().map_or(&[][..], |addition| addition.notes.as_slice()),
            way_back: way_back.map(|way_back| way_back.command.as_str()),
        }
    }

    pub(crate) fn to_json(&self) -> String {
        json(self)
    }
}

fn decided(decided: &TeamDecision) -> (&str, DecidedReport<'_>) {
    (&decided.question, DecidedReport { by: &decided.by, because: decided.because.as_deref() })
}

fn file_report<'a>(path: &'a SafePath, file: &launchway_core::PlannedFile) -> FileReport<'a> {
    let sha256 = hexadecimal(&Sha256::digest(&file.bytes));
    FileReport { path: path.as_str(), size: file.bytes.len(), sha256, executable: file.executable }
}
