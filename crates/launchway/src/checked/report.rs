//! The result of `check` as JSON, schema `launchway.check/1`. `docs/check.md` describes it.

use std::collections::BTreeMap;

use launchway_core::{Advisory, Date, Finding, FindingPlace, Placeholder, Rule, Waiver, WaiverState};
use serde::Serialize;
use serde_json::Value as Json;

use super::{AvailableUpdate, CheckResult, Updates};
use crate::report;

#[derive(Serialize)]
struct CheckReport<'a> {
    schema: &'static str,
    clean: bool,
    projects: Vec<ProjectReport<'a>>,
}

#[derive(Serialize)]
struct ProjectReport<'a> {
    name: &'a str,
    template: TemplateReport<'a>,
    agreements: usize,
    findings: Vec<FindingReport<'a>>,
    waivers: Vec<WaiverReport<'a>>,
    /// The answers that only hold the place of others; they fail no check.
    placeholders: Vec<PlaceholderReport<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update: Option<AvailableUpdateReport<'a>>,
}

/// An answer that only holds the place of another one, and where it still stands.
#[derive(Serialize)]
struct PlaceholderReport<'a> {
    question: &'a str,
    value: Json,
    places: Vec<LineReport<'a>>,
}

#[derive(Serialize)]
struct LineReport<'a> {
    file: Option<&'a str>,
    line: Option<usize>,
}

/// What an update would do, if that was asked for.
#[derive(Serialize)]
struct AvailableUpdateReport<'a> {
    to: &'a str,
    behind: usize,
    changes: bool,
    files: Vec<FileReport<'a>>,
    advisories: &'a [Advisory],
}

#[derive(Serialize)]
struct FileReport<'a> {
    path: &'a str,
    status: &'static str,
}

#[derive(Serialize)]
struct TemplateReport<'a> {
    source: &'a str,
    id: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct FindingReport<'a> {
    rule: &'static str,
    level: &'static str,
    id: Option<&'a str>,
    waived: bool,
    message: &'a str,
    places: Vec<PlaceReport<'a>>,
    answers: BTreeMap<&'a str, Json>,
}

/// A waiver, and what it does now.
#[derive(Serialize)]
struct WaiverReport<'a> {
    id: &'a str,
    because: &'a str,
    until: Option<String>,
    state: &'static str,
}

#[derive(Serialize)]
struct PlaceReport<'a> {
    file: Option<&'a str>,
    line: Option<usize>,
    at: Option<&'a str>,
    values: &'a [String],
    generated: &'a [String],
}

pub(crate) fn to_json(checked: &[CheckResult], updates: Option<Updates>) -> String {
    report::json(&CheckReport {
        schema: "launchway.check/1",
        clean: checked.iter().all(|checked| checked.is_clean(updates)),
        projects: checked.iter().map(project).collect(),
    })
}

fn project(checked: &CheckResult) -> ProjectReport<'_> {
    let template = &checked.project.template;
    ProjectReport {
        name: &checked.project.name,
        template: TemplateReport { source: template.source.id(), id: &template.id, version: &template.version },
        agreements: checked.project.agreements.len(),
        findings: checked.findings.iter().map(|it| finding(it, checked.today)).collect(),
        waivers: checked.waivers.iter().map(waiver).collect(),
        placeholders: checked.placeholders.iter().map(placeholder).collect(),
        update: checked.upcoming.as_ref().map(update),
    }
}

fn placeholder(placeholder: &Placeholder) -> PlaceholderReport<'_> {
    PlaceholderReport {
        question: &placeholder.question,
        value: placeholder.value.to_json(),
        places: placeholder
            .places
            .iter()
            .map(|place| LineReport { file: place.file.as_deref(), line: place.line })
            .collect(),
    }
}

fn update(upcoming: &AvailableUpdate) -> AvailableUpdateReport<'_> {
    AvailableUpdateReport {
        to: &upcoming.to,
        behind: upcoming.behind,
        changes: upcoming.changes,
        files: upcoming.files.iter().map(|(path, status)| FileReport { path, status: status.id() }).collect(),
        advisories: &upcoming.advisories,
    }
}

fn waiver((waiver, state): &(Waiver, WaiverState)) -> WaiverReport<'_> {
    WaiverReport {
        id: &waiver.id,
        because: &waiver.because,
        until: waiver.until.map(|until| until.to_string()),
        state: state.id(),
    }
}

fn finding(finding: &Finding, today: Date) -> FindingReport<'_> {
    FindingReport {
        rule: finding.rule.id(),
        level: level(finding.rule),
        id: finding.id.as_deref(),
        waived: finding.is_waived(today),
        message: &finding.message,
        places: finding.places.iter().map(place).collect(),
        answers: finding.answers.iter().map(|(id, value)| (id.as_str(), value.to_json())).collect(),
    }
}

/// Returns the word for how bad it is, which SARIF has, too.
pub(super) fn level(rule: Rule) -> &'static str {
    if rule.is_note() { "note" } else { "error" }
}

fn place(place: &FindingPlace) -> PlaceReport<'_> {
    PlaceReport {
        file: place.file.as_deref(),
        line: place.line,
        at: place.at.as_deref(),
        values: &place.values,
        generated: &place.generated,
    }
}
