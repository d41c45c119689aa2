//! Whether the files of a project still agree with each other, and what an update would do.

mod report;
mod sarif;
mod text;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use launchway_core::{
    Advisory, Date, FileChange, Finding, Placeholder, Project, Rule, Status, Waiver, WaiverState, check, placeholders,
};
use semver::Version;

use crate::failure::{Exit, Failure};
use crate::git::FetchOptions;
use crate::repository::{self, Repository};
use crate::today::today;
use crate::update::{self, UpdateRequest};
use crate::{projects, sources, terminal, waive};

const AFTER_HELP: &str = "\
Reads the files as they are now: whether they parse, and whether the values that must agree still do. What must agree \
was recorded when the project was made; no template and no network is needed. `--updates` also asks where the template \
came from whether there is a newer version, and computes what an update to it would do. Exit code 1 if anything was \
found that is neither a note nor accepted by `launchway waive`, or if an update would change anything; with `--updates=security`, if the update would end a danger that the \
template's advisories name.";

/// Which updates are a reason for exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Updates {
    /// Every one that would change something.
    All,
    /// Those that end a danger.
    Security,
}

/// How the result is written to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckOutput {
    Text,
    Json,
    Sarif,
}

/// What `launchway check` is asked for.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct CheckRequest {
    /// The folder of the project, with `.launchway` in it
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Also tells whether there is a newer version, and what an update would do; `security` minds only its advisories
    #[arg(long, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "all")]
    pub(crate) updates: Option<Updates>,
    #[command(flatten)]
    pub(crate) sources: FetchOptions,
    /// What stdout carries: text, one JSON object, or SARIF 2.1.0 for code scanning
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: CheckOutput,
}

/// A project with what was found in it.
pub(crate) struct CheckResult {
    pub(crate) project: Project,
    pub(crate) findings: Vec<Finding>,
    /// Every waiver of the project, with what it does now.
    pub(crate) waivers: Vec<(Waiver, WaiverState)>,
    /// The day of the check.
    pub(crate) today: Date,
    /// The answers that only hold the place of others, with where they still stand.
    pub(crate) placeholders: Vec<Placeholder>,
    /// What an update would do, if that was asked for.
    pub(crate) upcoming: Option<AvailableUpdate>,
}

/// What an update to the newest version would do.
pub(crate) struct AvailableUpdate {
    /// The newest version.
    pub(crate) to: String,
    /// How many released versions are newer than the project's, as far as they are known.
    pub(crate) behind: usize,
    /// The files that it would change, and those that are not as the template has them, by path.
    pub(crate) files: Vec<(String, Status)>,
    /// Whether it would write anything.
    pub(crate) changes: bool,
    /// The dangers of the project's version that it would end, the worst first.
    pub(crate) advisories: Vec<Advisory>,
}

impl CheckResult {
    /// Returns what was found and is neither waived nor a note.
    pub(crate) fn open(&self) -> impl Iterator<Item = &Finding> {
        self.said().filter(|finding| !finding.rule.is_note())
    }

    /// Returns what fails no check, and is not waived either.
    pub(crate) fn notes(&self) -> impl Iterator<Item = &Finding> {
        self.said().filter(|finding| finding.rule.is_note())
    }

    fn said(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| !finding.is_waived(self.today))
    }

    /// Tells whether nothing was found but what is waived, and no update is due of those that were asked for.
    pub(crate) fn is_clean(&self, updates: Option<Updates>) -> bool {
        let is_due = |upcoming: &AvailableUpdate| match updates {
            Some(Updates::Security) => !upcoming.advisories.is_empty(),
            Some(Updates::All) | None => upcoming.changes || !upcoming.advisories.is_empty(),
        };
        self.open().next().is_none() && !self.upcoming.as_ref().is_some_and(is_due)
    }
}

/// Checks the projects of a folder.
pub(crate) fn run(request: &CheckRequest) -> Result<(), Failure> {
    let CheckRequest { folder, updates, sources, output } = request;
    if updates.is_some() && *output == CheckOutput::Sarif {
        return Err(Failure::new(Exit::Usage, "SARIF has findings in files, and an update is none")
            .hint("leave out `--updates`, or choose `--output json`"));
    }
    let all = projects::open(folder)?;
    let announced = all
        .iter()
        .filter(|project| projects::is_meant(project))
        .map(|project| if updates.is_some() { upcoming(project, &all, folder, sources).map(Some) } else { Ok(None) });
    let announced = announced.collect::<Result<Vec<_>, Failure>>()?;
    let checked = all.into_iter().filter(projects::is_meant).zip(announced).map(|(project, upcoming)| {
        let _step = tracing::info_span!("check", what = %folder.display()).entered();
        checked(folder, project, upcoming)
    });
    let checked = checked.collect::<Result<Vec<CheckResult>, Failure>>()?;
    for note in checked.iter().flat_map(|checked| text::placeholders(checked, folder)) {
        terminal::say(&note);
    }
    terminal::print(&match output {
        CheckOutput::Text => checked.iter().map(|checked| text::text(checked, folder)).collect(),
        CheckOutput::Json => report::to_json(&checked, *updates),
        CheckOutput::Sarif => sarif::to_json(&checked, folder),
    })?;
    if checked.iter().all(|checked| checked.is_clean(*updates)) { Ok(()) } else { Err(Failure::silent(Exit::Refused)) }
}

/// Checks a project, and holds what was found against its waivers.
fn checked(folder: &Path, project: Project, upcoming: Option<AvailableUpdate>) -> Result<CheckResult, Failure> {
    let (waivers, today) = (waive::read(folder, &project)?, today());
    let mut findings = findings(folder, &project);
    waivers.mark(&mut findings);
    let waivers = waivers.states(&project, &findings, today);
    let placeholders = placeholders(folder, &project);
    if findings.iter().any(|finding| finding.rule == Rule::Agreement) {
        sources::learn_of_project(&project.template);
    }
    Ok(CheckResult { project, findings, waivers, today, placeholders, upcoming })
}

/// Finds what is wrong with a project. Git is asked only where the record knows of conflicts; without it they are taken for
/// decided.
fn findings(folder: &Path, project: &Project) -> Vec<Finding> {
    let is_known = !project.remembered.conflicts.is_empty();
    let unmerged = if is_known { repository::unmerged(folder).unwrap_or_default() } else { BTreeSet::new() };
    check(folder, project, &unmerged, &|| repository::ignores_modes(folder))
}

/// What the user changed or keeps, and an update does not touch, is no news.
fn is_worth_saying(status: Status) -> bool {
    !matches!(status, Status::Kept | Status::Yours)
}

/// Computes what an update would do, the same way as the update itself.
fn upcoming(
    project: &Project,
    all: &[Project],
    folder: &Path,
    options: &FetchOptions,
) -> Result<AvailableUpdate, Failure> {
    let request = UpdateRequest::preview(folder, options.clone());
    let loaded = update::load(project, None, &request)?;
    let current = project.template.version.parse::<Version>().ok();
    let is_newer = |version: &Version| current.as_ref().is_none_or(|current| version > current);
    let behind = sources::versions(&project.template, options)?.into_iter().filter(is_newer).count();
    let repository = Repository::open(folder, request.allow_dirty)?;
    let prepared = update::prepare(project, all, &loaded, &request, &repository)?;
    let file = |change: &FileChange| (change.edit.path.to_string(), change.status);
    Ok(AvailableUpdate {
        to: prepared.template.version.to_string(),
        behind,
        files: prepared.files.iter().filter(|change| is_worth_saying(change.status)).map(file).collect(),
        changes: !prepared.edits().is_empty() && !prepared.only_clears,
        advisories: prepared.advisories,
    })
}
