//! The result of `check` as a person reads it.

use std::path::Path;

use launchway_core::{Finding, FindingPlace, Placeholder, Project, Rule, Waiver, WaiverState};

use super::CheckResult;
use crate::failure::listed;
use crate::language;
use crate::terminal::{row, shell_word, visible_line};
use crate::update::{WIDTH, advised};

/// The most characters of a value that are shown.
const MAX_SHOWN: usize = 200;

/// Says what an update would do.
fn announced(checked: &CheckResult) -> Vec<String> {
    let Some(upcoming) = &checked.upcoming else { return Vec::new() };
    let (name, is) = (&checked.project.name, &checked.project.template.version);
    let versions = match upcoming.behind {
        0 => format!("{name} is at the newest version, {is}"),
        1 => format!("{name} is 1 version behind: {is}, the newest is {}", upcoming.to),
        behind => format!("{name} is {behind} versions behind: {is}, the newest is {}", upcoming.to),
    };
    let line = |about: &str, said: &str| row(about, WIDTH, said, usize::MAX);
    let files = upcoming.files.iter().map(|(path, status)| line(language::translated(status.id()), path));
    let verdict = if upcoming.changes { "an update would change it" } else { "an update would change nothing" };
    let advisories = upcoming.advisories.iter().map(|it| line(language::translated("advisory"), &advised(it)));
    std::iter::once(format!("{versions}; {verdict}")).chain(advisories).chain(files).collect()
}

/// Renders what was found in one project.
pub(super) fn text(checked: &CheckResult, folder: &Path) -> String {
    let project = &checked.project;
    let mut lines = Vec::new();
    for finding in checked.open() {
        lines.push(headline(finding, project, folder));
        lines.extend(details(finding, folder));
    }
    lines.extend(checked.notes().flat_map(|note| noted(note, project, folder)));
    lines.extend(checked.waivers.iter().flat_map(|(waiver, state)| waived(waiver, *state, checked, folder)));
    lines.push(told(&summed_up(checked)));
    lines.extend(announced(checked).iter().map(|line| told(line)));
    lines.iter().fold(String::new(), |text, line| text + &visible_line(line) + "\n")
}

fn told(line: &str) -> String {
    language::told(line).into_owned()
}

/// Lists below a finding its values, the answers behind them, what it is called, and the waiver that ended.
fn details(finding: &Finding, folder: &Path) -> Vec<String> {
    let values = with_values(finding).map(|place| format!("  {}", stands(place, folder)));
    let answers = finding.answers.iter().map(|(id, value)| told(&format!("  the answer `{id}` is `{value}`")));
    let id = finding.id.iter().map(|id| told(&format!("  the agreement is `{id}`")));
    values.chain(answers).chain(id).chain(finding.waiver.iter().map(ended)).collect()
}

/// Says in one line how many agreements hold, or how much was found.
fn summed_up(checked: &CheckResult) -> String {
    let CheckResult { project, findings, .. } = checked;
    let made = format!("{} ({} {})", project.name, project.template.id, project.template.version);
    let beside = beside(checked);
    let waived = findings.iter().filter(|finding| finding.rule == Rule::Agreement).count();
    match (checked.open().count(), project.agreements.len() - waived.min(project.agreements.len())) {
        (0, 1) => format!("{made}: 1 agreement holds{beside}"),
        (0, agreements) => format!("{made}: {agreements} agreements hold{beside}"),
        (1, _) => format!("{made}: 1 finding{beside}"),
        (count, _) => format!("{made}: {count} findings{beside}"),
    }
}

/// Says of each placeholder where it still stands: a note, which fails no check.
pub(super) fn placeholders(checked: &CheckResult, folder: &Path) -> Vec<String> {
    let service =
        if checked.project.added.is_empty() { String::new() } else { format!(" --service {}", checked.project.name) };
    let place = match shell_word(&folder.to_string_lossy()) {
        here if here == "." => String::new(),
        there => format!(" {there}"),
    };
    let note = |it: &Placeholder| {
        let value = visible_line(&it.value.to_string());
        let command = format!("launchway update{place}{service} --set {}=…", it.question);
        let values: [(&str, &dyn std::fmt::Display); 3] =
            [("question", &it.question), ("value", &value), ("command", &command)];
        let said = language::filled(
            "note: `{question}` is still the placeholder `{value}`; `{command}` replaces it in:",
            &values,
        );
        let mut files: Vec<(&str, Vec<String>)> = Vec::new();
        for place in &it.places {
            let (file, line) = (place.file.as_deref().unwrap_or_default(), place.line.unwrap_or_default());
            match files.last_mut().filter(|(last, _)| *last == file) {
                Some((_, lines)) => lines.push(line.to_string()),
                None => files.push((file, vec![line.to_string()])),
            }
        }
        let row = |(file, lines): (&str, Vec<String>)| {
            let place = FindingPlace {
                file: Some(file.to_owned()),
                line: None,
                at: None,
                values: Vec::new(),
                generated: Vec::new(),
            };
            format!("  {}:{}\n", visible_line(&located(&place, folder)), lines.join(","))
        };
        files.into_iter().map(row).fold(format!("{said}\n"), |text, row| text + &row)
    };
    checked.placeholders.iter().map(note).collect()
}

/// Says of a file of the template that it is not as it was generated, and how that ends.
fn noted(note: &Finding, project: &Project, folder: &Path) -> Vec<String> {
    let mut lines = vec![format!("{}: {}", language::text("note"), headline(note, project, folder))];
    if let (Some(id), Some(file)) = (&note.id, note.places.iter().find_map(|place| place.file.as_ref())) {
        lines.push(told(&format!("  `launchway update --heal {file}` takes the template's; `launchway waive {id} --because \"…\"` keeps yours")));
    }
    lines.extend(note.waiver.iter().map(ended));
    lines
}

/// Counts what was found and fails no check.
fn beside(checked: &CheckResult) -> String {
    let waived = checked.findings.iter().filter(|finding| finding.is_waived(checked.today)).count();
    let notes = match checked.notes().count() {
        0 => String::new(),
        1 => ", 1 note".to_owned(),
        count => format!(", {count} notes"),
    };
    if waived == 0 { notes } else { format!("{notes}, {waived} waived") }
}

/// Says what is wrong, after the place that is most likely at fault.
fn headline(finding: &Finding, project: &Project, folder: &Path) -> String {
    let place = culprit(finding).map(|place| format!("{}: ", language::told(&located(place, folder))));
    format!("{}{}", place.unwrap_or_default(), said(finding, project))
}

/// Says what is wrong. A record has the English texts of its template: one without a translation stays English, and so does its fault.
fn said(finding: &Finding, project: &Project) -> String {
    let agreement = project.agreements.iter().find(|agreement| finding.id.as_ref() == Some(&agreement.id));
    match agreement {
        Some(agreement) if language::learned(&agreement.says).is_none() => finding.message.clone(),
        _ => told(&finding.message),
    }
}

/// Says of a finding that it was waived until a day that has passed.
fn ended(waiver: &Waiver) -> String {
    let until = waiver.until.map(|until| format!(" on {until}")).unwrap_or_default();
    told(&format!("  its waiver ended{until}: {}", waiver.because))
}

/// Lists a waiver; one that ended stands at its finding, and here where there is none.
fn waived(waiver: &Waiver, state: WaiverState, checked: &CheckResult, folder: &Path) -> Vec<String> {
    let CheckResult { project, findings, .. } = checked;
    let until = waiver.until.map(|until| format!(" until {until}")).unwrap_or_default();
    let found = findings.iter().find(|finding| finding.id.as_ref() == Some(&waiver.id));
    let end = format!("`launchway waive {} --end` takes the waiver away", waiver.id);
    let state = match (state, found) {
        (WaiverState::Ended, Some(_)) => return Vec::new(),
        (WaiverState::InEffect, Some(finding)) => format!("  {}", headline(finding, project, folder)),
        (WaiverState::Ended, None) => told(&format!("  that day has passed, and nothing is found any more: {end}")),
        (WaiverState::Unknown, _) => told(&format!("  nothing has this id any more: {end}")),
        (WaiverState::Idle | WaiverState::InEffect, _) => told(&format!("  nothing is found now: {end}")),
    };
    vec![told(&format!("waived{until}: `{}`: {}", waiver.id, waiver.because)), state]
}

/// Returns the place that is most likely at fault: the first whose values are no longer those that were generated.
pub(super) fn culprit(finding: &Finding) -> Option<&FindingPlace> {
    let mut files = finding.places.iter().filter(|place| place.file.is_some());
    files.clone().find(|place| place.values != place.generated).or_else(|| files.next())
}

/// Returns the places at which something stands.
pub(super) fn with_values(finding: &Finding) -> impl Iterator<Item = &FindingPlace> {
    finding.places.iter().filter(|place| !place.values.is_empty())
}

fn located(place: &FindingPlace, folder: &Path) -> String {
    let Some(file) = &place.file else { return "the agreement itself".to_owned() };
    let path = if folder == Path::new(".") { file.clone() } else { folder.join(file).display().to_string() };
    place.line.map_or_else(|| path.clone(), |line| format!("{path}:{line}"))
}

/// Says what stands at a place, and what was generated there if that is not the same.
pub(super) fn shown(place: &FindingPlace, folder: &Path) -> String {
    let (values, generated) = both_values(place);
    let generated = generated.map(|generated| format!(", generated as {generated}")).unwrap_or_default();
    let at = place.at.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
    format!("{values} in {}{at}{generated}", located(place, folder))
}

/// Says the same in the user's language.
fn stands(place: &FindingPlace, folder: &Path) -> String {
    let (values, generated) = both_values(place);
    let generated =
        generated.map(|it| language::filled(", generated as {values}", &[("values", &it)])).unwrap_or_default();
    let at = place.at.as_ref().map(|at| language::filled(" at {at}", &[("at", at)])).unwrap_or_default();
    let place = located(place, folder);
    let place = language::told(&place);
    language::filled(
        "{values} in {place}{at}{generated}",
        &[("values", &values), ("place", &place), ("at", &at), ("generated", &generated)],
    )
}

/// Lists the values at a place, and those that were generated there if they are not the same.
fn both_values(place: &FindingPlace) -> (String, Option<String>) {
    let values = listed(place.values.iter().map(|value| cut(value)));
    let generated = listed(place.generated.iter().map(|value| cut(value)));
    let is_other = generated != values && !place.generated.is_empty();
    (values, is_other.then_some(generated))
}

fn cut(value: &str) -> String {
    match value.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}
