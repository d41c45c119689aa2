//! `launchway check`: whether the files of a project still agree with each other.

use std::path::Path;

use clap::{ArgMatches, Command};
use launchway_core::{FileChange, Finding, FindingPlace, Project, Status, check};
use semver::Version;

use crate::args;
use crate::commands::update::{self, UpdateArgs};
use crate::failure::{Exit, Failure};
use crate::sources::{self, Options};
use crate::terminal::{self, visible_line};
use crate::update::repository::Repository;
use crate::{check_report, sarif};

/// The most characters of a value that are shown.
const MAX_SHOWN: usize = 200;

const AFTER_HELP: &str = "\
Reads the files as they are now: whether they parse, and whether the values that must agree still do. What must agree \
was recorded when the project was made; no template and no network is needed. `--updates` also asks where the template \
came from whether there is a newer version, and computes what an update to it would do. Exit code 1 if anything was \
found, or if an update would change anything.";

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
    /// What an update would do, if that was asked for.
    pub(crate) upcoming: Option<Upcoming>,
}

/// What an update to the newest version would do.
pub(crate) struct Upcoming {
    /// The newest version.
    pub(crate) to: String,
    /// How many released versions are newer than the project's, as far as they are known.
    pub(crate) behind: usize,
    /// The files that it would change, and those that are not as the template has them, by path.
    pub(crate) files: Vec<(String, Status)>,
    /// Whether it would write anything.
    pub(crate) changes: bool,
}

impl Checked {
    /// Tells whether nothing was found, and an update would change nothing if that was asked for.
    pub(crate) fn is_clean(&self) -> bool {
        self.findings.is_empty() && !self.upcoming.as_ref().is_some_and(|upcoming| upcoming.changes)
    }
}

/// Defines the command line.
pub(crate) fn define() -> Command {
    Command::new("check")
        .about("Tells whether the files of a project still agree with each other")
        .after_help(AFTER_HELP)
        .arg(args::folder_arg())
        .arg(args::switch("updates").help("Also tells whether there is a newer version, and what an update would do"))
        .arg(args::offline_arg())
        .arg(args::accept_moved_arg())
        .arg(
            args::output_arg()
                .value_parser(["text", "json", "sarif"])
                .help("What stdout carries: text, one JSON object, or SARIF 2.1.0 for code scanning"),
        )
}

/// Runs the command.
pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let folder = args::folder(matches);
    let output = match matches.get_one::<String>("output").map(String::as_str) {
        Some("json") => CheckOutput::Json,
        Some("sarif") => CheckOutput::Sarif,
        _ => CheckOutput::Text,
    };
    let updates = matches.get_flag("updates");
    if updates && output == CheckOutput::Sarif {
        return Err(Failure::new(Exit::Usage, "SARIF has findings in files, and an update is none")
            .hint("leave out `--updates`, or choose `--output json`"));
    }
    let options = args::source_options(matches);
    let projects = Project::open_all(&folder)?;
    let announced = projects
        .iter()
        .map(|project| if updates { upcoming(project, &projects, &folder, &options).map(Some) } else { Ok(None) });
    let announced = announced.collect::<Result<Vec<_>, Failure>>()?;
    let checked: Vec<Checked> = projects
        .into_iter()
        .zip(announced)
        .map(|(project, upcoming)| Checked { findings: check(&folder, &project), upcoming, project })
        .collect();
    let report = match output {
        CheckOutput::Text => checked.iter().map(|checked| text(checked, &folder)).collect(),
        CheckOutput::Json => check_report::to_json(&checked),
        CheckOutput::Sarif => sarif::to_json(&checked, &folder),
    };
    terminal::print(&report)?;
    if checked.iter().all(Checked::is_clean) { Ok(()) } else { Err(Failure::silent(Exit::Refused)) }
}

/// Computes what an update would do, the same way as the update itself.
fn upcoming(project: &Project, all: &[Project], folder: &Path, options: &Options) -> Result<Upcoming, Failure> {
    let args = UpdateArgs::preview(folder, options.clone());
    let loaded = update::load(project, &args)?;
    let current = project.template.version.parse::<Version>().ok();
    let is_newer = |version: &Version| current.as_ref().is_none_or(|current| version > current);
    let behind = sources::versions(&project.template, options)?.into_iter().filter(is_newer).count();
    let repository = Repository::open(folder, args.allow_dirty)?;
    let prepared = update::prepare(project, all, loaded, &args, &repository)?;
    let file = |change: &FileChange| (change.edit.path.to_string(), change.status);
    Ok(Upcoming {
        to: prepared.template.version.to_string(),
        behind,
        files: prepared.files.iter().filter(|change| change.status != Status::Kept).map(file).collect(),
        changes: !prepared.edits().is_empty(),
    })
}

/// Says what an update would do.
fn announced(checked: &Checked) -> Vec<String> {
    let Some(upcoming) = &checked.upcoming else { return Vec::new() };
    let (name, is) = (&checked.project.name, &checked.project.template.version);
    let versions = match upcoming.behind {
        0 => format!("{name} is at the newest version, {is}"),
        1 => format!("{name} is 1 version behind: {is}, the newest is {}", upcoming.to),
        behind => format!("{name} is {behind} versions behind: {is}, the newest is {}", upcoming.to),
    };
    let files = upcoming.files.iter().map(|(path, status)| format!("  {:13} {path}", status.id()));
    let verdict = if upcoming.changes { "an update would change it" } else { "an update would change nothing" };
    std::iter::once(format!("{versions}; {verdict}")).chain(files).collect()
}

/// Renders what was found in one project.
fn text(checked: &Checked, folder: &Path) -> String {
    let Checked { project, findings, .. } = checked;
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
    lines.extend(announced(checked));
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
