//! How a campaign stands, from the plan and the results alone.

use std::collections::BTreeMap;
use std::path::Path;

use clap::ValueEnum;
use semver::Version;
use serde::Serialize;

use super::journal::Journal;
use super::plan::{FleetPlan, LeftOut, PlannedProject};
use super::published::{self, PublishedRow};
use super::result::{FleetResult, ResultFile, State};
use crate::failure::Failure;
use crate::language;
use crate::report::json;

/// What makes a report end with exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// A project that is not as the version of the campaign has it.
    Behind,
    /// A file that belongs to the template and was changed.
    Drift,
    /// A project in which somebody has to decide.
    Conflict,
}

/// How a campaign stands.
#[derive(Serialize)]
pub(crate) struct FleetReport<'p> {
    schema: &'static str,
    pub(super) campaign: &'p str,
    pub(super) template: TemplateRow<'p>,
    /// How many projects are in each state; those without a result are `open`.
    pub(super) states: BTreeMap<&'static str, usize>,
    /// How many projects have a pull request that is in each state.
    pub(super) published: BTreeMap<&'static str, usize>,
    pub(super) versions: Vec<VersionRow<'p>>,
    pub(super) files: Vec<FileRow>,
    pub(super) owners: Vec<OwnerRow<'p>>,
    /// The oldest version first.
    pub(super) projects: Vec<ProjectRow<'p>>,
    pub(super) left_out: &'p [LeftOut],
}

#[derive(Serialize)]
pub(super) struct TemplateRow<'p> {
    pub(super) id: &'p str,
    pub(super) to: &'p str,
    pub(super) commit: Option<&'p str>,
}

/// The projects of one version.
#[derive(Serialize)]
pub(super) struct VersionRow<'p> {
    pub(super) version: &'p str,
    pub(super) projects: usize,
    pub(super) states: BTreeMap<&'static str, usize>,
}

/// In how many projects a file has each signal.
#[derive(Default, Serialize)]
pub(super) struct FileRow {
    pub(super) path: String,
    pub(super) edited_here: usize,
    pub(super) changed_upstream: usize,
    pub(super) both: usize,
    pub(super) conflicts: usize,
    pub(super) drifted: usize,
}

/// The projects of one owner.
#[derive(Serialize)]
pub(super) struct OwnerRow<'p> {
    pub(super) owner: Option<&'p str>,
    pub(super) projects: usize,
    pub(super) behind: usize,
    pub(super) to_decide: usize,
}

/// A project as it stands.
#[derive(Serialize)]
pub(super) struct ProjectRow<'p> {
    pub(super) id: &'p str,
    pub(super) owner: Option<&'p str>,
    pub(super) from: &'p str,
    pub(super) state: &'static str,
    pub(super) behind: bool,
    pub(super) key: String,
    pub(super) branch: Option<String>,
    pub(super) commit: Option<String>,
    pub(super) conflicts: Vec<String>,
    pub(super) drifted: Vec<String>,
    /// Why there is no commit, in one line.
    pub(super) reason: Option<String>,
    pub(super) published: Option<PublishedRow>,
}

/// The state of a project that has no result yet.
pub(super) const OPEN: &str = "open";

/// A table of a report, whatever it is written as.
pub(super) struct Table {
    pub(super) title: &'static str,
    pub(super) columns: Vec<&'static str>,
    pub(super) rows: Vec<Vec<String>>,
}

impl<'p> FleetReport<'p> {
    /// Reads the results of a plan.
    pub(crate) fn read(plan: &'p FleetPlan, results: &Path) -> Result<Self, Failure> {
        let (mut projects, mut files) = (Vec::new(), BTreeMap::new());
        let journal = Journal::read(results, &plan.template.to)?;
        for planned in &plan.repositories {
            let key = planned.key(plan);
            let result = FleetResult::read(results, &key)?;
            result.iter().flat_map(|result| &result.files).for_each(|file| count(&mut files, file));
            let published = PublishedRow::of(&journal, &planned.id, result.as_ref());
            projects.push(ProjectRow { published, ..row(planned, plan, key, result) });
        }
        projects.sort_by_cached_key(|row| (age(row.from), row.id));
        Ok(Self {
            schema: "launchway.fleet-report/1",
            campaign: &plan.campaign,
            template: TemplateRow {
                id: &plan.template.id,
                to: &plan.template.to,
                commit: plan.template.commit.as_deref(),
            },
            states: states(projects.iter()),
            published: published::states(&projects),
            versions: versions(&projects),
            files: most_edited_first(files),
            owners: owners(&projects),
            projects,
            left_out: &plan.left_out,
        })
    }

    /// Tells whether the report has what makes it fail.
    pub(crate) fn fails_on(&self, what: FailOn) -> bool {
        self.projects.iter().any(|row| match what {
            FailOn::Behind => row.behind,
            FailOn::Drift => !row.drifted.is_empty(),
            FailOn::Conflict => row.state == State::Conflict.id(),
        })
    }

    pub(crate) fn to_json(&self) -> String {
        json(self)
    }

    /// Returns the headline.
    pub(super) fn title(&self) -> String {
        language::filled(
            "Fleet: {id} {to}, campaign {campaign}",
            &[("id", &self.template.id), ("to", &self.template.to), ("campaign", &self.campaign)],
        )
    }

    /// Says in a sentence how far the campaign is.
    pub(super) fn progress(&self) -> String {
        let open = self.states.get(OPEN).copied().unwrap_or_default();
        let all = self.projects.len();
        let behind = self.projects.iter().filter(|row| row.behind).count();
        let done = all - open;
        language::filled(
            "{done} of {all} projects have a result, and {behind} are behind.",
            &[("done", &done), ("all", &all), ("behind", &behind)],
        )
    }

    /// Returns the tables, those left out that have no rows.
    pub(super) fn tables(&self) -> Vec<Table> {
        let all = [
            self.state_table(),
            self.version_table(),
            self.file_table(),
            self.owner_table(),
            published::table(&self.projects),
            self.project_table(),
            self.left_out_table(),
        ];
        all.into_iter().filter(|table| !table.rows.is_empty()).collect()
    }

    fn state_table(&self) -> Table {
        let row = |(state, count): (&&str, &usize)| vec![said(state).to_owned(), count.to_string()];
        Table {
            title: language::text("Progress"),
            columns: vec![language::text("state"), language::text("projects")],
            rows: self.states.iter().map(row).collect(),
        }
    }

    fn version_table(&self) -> Table {
        let present: Vec<&'static str> = self.states.keys().copied().collect();
        let row = |row: &VersionRow<'_>| {
            let counts = present.iter().map(|state| row.states.get(state).copied().unwrap_or_default().to_string());
            [row.version.to_owned(), row.projects.to_string()].into_iter().chain(counts).collect()
        };
        let columns = [language::text("version"), language::text("projects")];
        Table {
            title: language::text("Versions"),
            columns: columns.into_iter().chain(present.iter().map(|state| said(state))).collect(),
            rows: self.versions.iter().map(row).collect(),
        }
    }

    fn file_table(&self) -> Table {
        let row = |row: &FileRow| {
            let counts = [row.edited_here, row.changed_upstream, row.both, row.conflicts, row.drifted];
            [row.path.clone()].into_iter().chain(counts.map(|count| count.to_string())).collect()
        };
        Table {
            title: language::text("Files"),
            columns: vec![
                language::text("file"),
                language::text("edited here"),
                language::text("changed upstream"),
                language::text("both"),
                language::text("conflict"),
                language::text("drifted"),
            ],
            rows: self.files.iter().map(row).collect(),
        }
    }

    fn owner_table(&self) -> Table {
        let row = |row: &OwnerRow<'_>| {
            let owner = row.owner.map_or_else(|| language::text("nobody named").to_owned(), str::to_owned);
            vec![owner, row.projects.to_string(), row.behind.to_string(), row.to_decide.to_string()]
        };
        Table {
            title: language::text("Owners"),
            columns: vec![
                language::text("owner"),
                language::text("projects"),
                language::text("behind"),
                language::text("to decide"),
            ],
            rows: self.owners.iter().map(row).collect(),
        }
    }

    fn project_table(&self) -> Table {
        let row = |row: &ProjectRow<'_>| {
            let reason = row.reason.as_ref().map(|reason| language::told(reason).into_owned());
            let reason = reason.unwrap_or_else(|| row.conflicts.join(", "));
            let owner = row.owner.unwrap_or_default().to_owned();
            vec![row.id.to_owned(), owner, row.from.to_owned(), said(row.state).to_owned(), reason]
        };
        Table {
            title: language::text("Projects, the oldest version first"),
            columns: vec![
                language::text("project"),
                language::text("owner"),
                language::text("version"),
                language::text("state"),
                language::text("what is in the way"),
            ],
            rows: self.projects.iter().map(row).collect(),
        }
    }

    fn left_out_table(&self) -> Table {
        let row = |left: &LeftOut| {
            vec![left.id.clone(), left.state.id().to_owned(), language::told(&left.reason).into_owned()]
        };
        Table {
            title: language::text("Left out"),
            columns: vec![language::text("repository"), language::text("state"), language::text("why")],
            rows: self.left_out.iter().map(row).collect(),
        }
    }
}

/// Returns a state in the user's language.
pub(super) fn said(state: &str) -> &str {
    match state {
        OPEN => language::text("no result yet"),
        state => language::translated(state),
    }
}

fn row<'p>(planned: &'p PlannedProject, plan: &FleetPlan, key: String, result: Option<FleetResult>) -> ProjectRow<'p> {
    let behind = match &result {
        Some(result) => result.state != State::Unchanged,
        None => planned.from != plan.template.to,
    };
    let with = |status: &str| {
        let files = result.iter().flat_map(|result| &result.files).filter(|file| file.status == status);
        files.map(|file| file.path.clone()).collect::<Vec<_>>()
    };
    let finding = |result: &FleetResult| result.findings.first().map(|finding| finding.message.clone());
    let reason = |result: &FleetResult| result.error.as_ref().map(|error| error.message.clone()).or(finding(result));
    let reason = result.as_ref().and_then(reason);
    ProjectRow {
        id: &planned.id,
        owner: planned.owner.as_deref(),
        from: &planned.from,
        state: result.as_ref().map_or(OPEN, |result| result.state.id()),
        behind,
        key,
        conflicts: with("conflict"),
        drifted: with("drifted"),
        reason: reason.map(|reason| reason.lines().next().unwrap_or_default().to_owned()),
        published: None,
        branch: result.as_ref().and_then(|result| result.branch.clone()),
        commit: result.and_then(|result| result.commit),
    }
}

fn states<'r>(rows: impl Iterator<Item = &'r ProjectRow<'r>>) -> BTreeMap<&'static str, usize> {
    let mut states = BTreeMap::new();
    rows.for_each(|row| *states.entry(row.state).or_default() += 1);
    states
}

/// Orders versions by their age; what is no version comes first.
fn age(version: &str) -> (Option<Version>, String) {
    (version.parse().ok(), version.to_owned())
}

fn versions<'p>(projects: &[ProjectRow<'p>]) -> Vec<VersionRow<'p>> {
    let mut rows: Vec<VersionRow<'p>> = Vec::new();
    for project in projects {
        if rows.last().is_none_or(|row| row.version != project.from) {
            rows.push(VersionRow { version: project.from, projects: 0, states: BTreeMap::new() });
        }
        if let Some(row) = rows.last_mut() {
            row.projects += 1;
            *row.states.entry(project.state).or_default() += 1;
        }
    }
    rows
}

fn owners<'p>(projects: &[ProjectRow<'p>]) -> Vec<OwnerRow<'p>> {
    let mut rows: BTreeMap<Option<&str>, OwnerRow<'p>> = BTreeMap::new();
    for project in projects {
        let new = || OwnerRow { owner: project.owner, projects: 0, behind: 0, to_decide: 0 };
        let row = rows.entry(project.owner).or_insert_with(new);
        row.projects += 1;
        row.behind += usize::from(project.behind);
        row.to_decide += usize::from(!matches!(project.state, "unchanged" | "ready" | "transient" | OPEN));
    }
    rows.into_values().collect()
}

/// Counts what the status of a file says: whether it was edited in the project, changed by the template, or both.
fn count(files: &mut BTreeMap<String, FileRow>, file: &ResultFile) {
    let row = files.entry(file.path.clone()).or_default();
    let (here, upstream) = match file.status.as_str() {
        "kept" | "drifted" | "yours" | "kept-deleted" => (true, false),
        "merged" | "conflict" | "moved" => (true, true),
        _ => (false, true),
    };
    row.edited_here += usize::from(here);
    row.changed_upstream += usize::from(upstream);
    row.both += usize::from(here && upstream);
    row.conflicts += usize::from(file.status == "conflict");
    row.drifted += usize::from(file.status == "drifted");
}

fn most_edited_first(files: BTreeMap<String, FileRow>) -> Vec<FileRow> {
    let mut rows: Vec<FileRow> = files.into_iter().map(|(path, row)| FileRow { path, ..row }).collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.conflicts, row.both, row.edited_here)));
    rows
}
