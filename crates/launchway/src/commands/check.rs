//! `launchway check`: whether the files of a project still agree with each other.

use std::fmt::Write as _;

use clap::ArgMatches;
use launchway_core::{Finding, FindingPlace, Project, check};

use crate::args::{self, CheckOutput};
use crate::failure::{Exit, Failure};
use crate::terminal::{self, visible_line};
use crate::{check_report, sarif};

/// A project with what was found in it.
pub(crate) struct Checked {
    pub(crate) project: Project,
    pub(crate) findings: Vec<Finding>,
}

pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let args = args::check_args(matches);
    let projects = Project::open_all(&args.folder)?;
    let checked: Vec<Checked> =
        projects.into_iter().map(|project| Checked { findings: check(&args.folder, &project), project }).collect();
    let report = match args.output {
        CheckOutput::Text => checked.iter().map(text).collect(),
        CheckOutput::Json => check_report::to_json(&checked),
        CheckOutput::Sarif => sarif::to_json(&checked),
    };
    terminal::print(&report)?;
    if checked.iter().all(|checked| checked.findings.is_empty()) { Ok(()) } else { Err(Failure::silent(Exit::Refused)) }
}

/// Renders what was found in one project.
fn text(checked: &Checked) -> String {
    let Checked { project, findings } = checked;
    let mut text = String::new();
    for finding in findings {
        let _ = writeln!(text, "{}", visible_line(&headline(finding)));
        finding.places.iter().filter(|place| !place.values.is_empty()).for_each(|place| {
            let _ = writeln!(text, "  {}", visible_line(&shown(place)));
        });
        for (id, value) in &finding.answers {
            let _ = writeln!(text, "  the answer `{id}` is `{}`", visible_line(&value.to_string()));
        }
    }
    let (name, template) = (visible_line(&project.name), &project.template);
    let made = visible_line(&format!("{} {}", template.id, template.version));
    let _ = match findings.len() {
        0 if project.agreements.len() == 1 => writeln!(text, "{name} ({made}): 1 agreement holds"),
        0 => writeln!(text, "{name} ({made}): {} agreements hold", project.agreements.len()),
        1 => writeln!(text, "{name} ({made}): 1 finding"),
        count => writeln!(text, "{name} ({made}): {count} findings"),
    };
    text
}

fn headline(finding: &Finding) -> String {
    format!("{}: {}", located(culprit(finding)), finding.message)
}

/// Returns the place that is most likely at fault: the first whose values are no longer those that were generated.
pub(crate) fn culprit(finding: &Finding) -> &FindingPlace {
    let changed = finding.places.iter().find(|place| place.file.is_some() && place.values != place.generated);
    changed.unwrap_or(&finding.places[0])
}

fn located(place: &FindingPlace) -> String {
    match (&place.file, place.line) {
        (Some(file), Some(line)) => format!("{file}:{line}"),
        (Some(file), None) => file.clone(),
        (None, _) => "the agreement".to_owned(),
    }
}

/// Says what stands at a place, and what was generated there if that is not the same.
pub(crate) fn shown(place: &FindingPlace) -> String {
    let values = place.values.join("`, `");
    let generated = match place.generated.join("`, `") {
        generated if generated == values || generated.is_empty() => String::new(),
        generated => format!(", generated as `{generated}`"),
    };
    let at = place.at.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
    format!("`{values}` in {}{at}{generated}", located(place))
}
