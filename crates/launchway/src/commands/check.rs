//! `launchway check`: whether the files of a project still agree with each other.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};
use launchway_core::{Finding, FindingPlace, Project, check};

use crate::args;
use crate::failure::{Exit, Failure};
use crate::terminal::{self, visible_line};
use crate::{check_report, sarif};

/// The most characters of a value that are shown.
const MAX_SHOWN: usize = 200;

const AFTER_HELP: &str = "\
Reads the files as they are now: whether they parse, and whether the values that must agree still do. What must agree \
was recorded when the project was made; no template and no network is needed. Exit code 1 if anything was found.";

/// How the result is written to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CheckOutput {
    Text,
    Json,
    Sarif,
}

/// A project with what was found in it.
pub(crate) struct Checked {
    pub(crate) project: Project,
    pub(crate) findings: Vec<Finding>,
}

/// Defines the command line.
pub(crate) fn define() -> Command {
    Command::new("check")
        .about("Tells whether the files of a project still agree with each other")
        .after_help(AFTER_HELP)
        .arg(
            Arg::new("DIR")
                .value_parser(value_parser!(PathBuf))
                .default_value(".")
                .help("The folder of the project, with `.launchway` in it"),
        )
        .arg(
            args::output_arg()
                .value_parser(["text", "json", "sarif"])
                .help("What stdout carries: text, one JSON object, or SARIF 2.1.0 for code scanning"),
        )
}

/// Runs the command.
pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let folder = matches.get_one::<PathBuf>("DIR").cloned().unwrap_or_default();
    let output = match matches.get_one::<String>("output").map(String::as_str) {
        Some("json") => CheckOutput::Json,
        Some("sarif") => CheckOutput::Sarif,
        _ => CheckOutput::Text,
    };
    let checked: Vec<Checked> = Project::open_all(&folder)?
        .into_iter()
        .map(|project| Checked { findings: check(&folder, &project), project })
        .collect();
    let report = match output {
        CheckOutput::Text => checked.iter().map(|checked| text(checked, &folder)).collect(),
        CheckOutput::Json => check_report::to_json(&checked),
        CheckOutput::Sarif => sarif::to_json(&checked, &folder),
    };
    terminal::print(&report)?;
    if checked.iter().all(|checked| checked.findings.is_empty()) { Ok(()) } else { Err(Failure::silent(Exit::Refused)) }
}

/// Renders what was found in one project.
fn text(checked: &Checked, folder: &Path) -> String {
    let Checked { project, findings } = checked;
    let mut lines = Vec::new();
    for finding in findings {
        let place = culprit(finding).map(|place| format!("{}: ", located(place, folder)));
        lines.push(format!("{}{}", place.unwrap_or_default(), finding.message));
        lines.extend(with_values(finding).map(|place| format!("  {}", shown(place, folder))));
        lines.extend(finding.answers.iter().map(|(id, value)| format!("  the answer `{id}` is `{value}`")));
    }
    let made = format!("{} ({} {})", project.name, project.template.id, project.template.version);
    lines.push(match (findings.len(), project.agreements.len()) {
        (0, 1) => format!("{made}: 1 agreement holds"),
        (0, agreements) => format!("{made}: {agreements} agreements hold"),
        (1, _) => format!("{made}: 1 finding"),
        (count, _) => format!("{made}: {count} findings"),
    });
    lines.iter().fold(String::new(), |text, line| text + &visible_line(line) + "\n")
}

/// Returns the place that is most likely at fault: the first whose values are no longer those that were generated.
pub(crate) fn culprit(finding: &Finding) -> Option<&FindingPlace> {
    let mut files = finding.places.iter().filter(|place| place.file.is_some());
    files.clone().find(|place| place.values != place.generated).or_else(|| files.next())
}

/// Returns the places at which something stands.
pub(crate) fn with_values(finding: &Finding) -> impl Iterator<Item = &FindingPlace> {
    finding.places.iter().filter(|place| !place.values.is_empty())
}

fn located(place: &FindingPlace, folder: &Path) -> String {
    let Some(file) = &place.file else { return "the agreement itself".to_owned() };
    let path = if folder == Path::new(".") { file.clone() } else { folder.join(file).display().to_string() };
    place.line.map_or_else(|| path.clone(), |line| format!("{path}:{line}"))
}

/// Says what stands at a place, and what was generated there if that is not the same.
pub(crate) fn shown(place: &FindingPlace, folder: &Path) -> String {
    let values = listed(&place.values);
    let generated = match listed(&place.generated) {
        generated if generated == values || place.generated.is_empty() => String::new(),
        generated => format!(", generated as {generated}"),
    };
    let at = place.at.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
    format!("{values} in {}{at}{generated}", located(place, folder))
}

/// Lists values, long ones cut short.
fn listed(values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| format!("`{}`", cut(value))).collect();
    values.join(", ")
}

fn cut(value: &str) -> String {
    match value.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}
