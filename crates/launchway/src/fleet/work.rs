//! The work of a campaign: every project of a shard merged, checked and committed, and its result written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use launchway_core::{CommitTree, Edit, EntryKind, Finding, Project, Root, SafePath, Temporary, check};

use super::commit::{self, CommitOrder};
use super::forge;
use super::plan::{FleetPlan, PlannedProject};
use super::record::projects;
use super::repository::{Head, OpenRepository};
use super::result::{FleetResult, ResultError, ResultFinding, State};
use super::shard::Shard;
use super::site::{CommitSite, files_of};
use super::template::FleetTemplate;
use crate::cases::shell;
use crate::failure::{Exit, Failure};
use crate::git::FetchOptions;
use crate::update::{MergePlace, ProjectUpdate, UpdateRequest, file_rows, prepare};

/// What is worked on, and where its results go.
pub(crate) struct Work<'w> {
    pub(crate) plan: &'w FleetPlan,
    pub(crate) shard: Shard,
    /// How many projects are worked on at once.
    pub(crate) jobs: usize,
    pub(crate) results: PathBuf,
    /// A command that runs in the files of each update.
    pub(crate) verify: Option<String>,
    pub(crate) options: FetchOptions,
}

/// What one after the other of the projects is worked on with.
struct Worker<'w> {
    template: &'w FleetTemplate,
    merges: MergePlace,
}

/// How much became what.
#[derive(Debug, Default)]
pub(crate) struct WorkSummary {
    /// How many projects are in each state now.
    pub(crate) states: BTreeMap<State, usize>,
    /// How many of them had a result before.
    pub(crate) skipped: usize,
}

/// Does the work. What is in the way of one project is its result, and the others go on.
pub(crate) fn work(work: &Work<'_>) -> Result<WorkSummary, Failure> {
    let template = FleetTemplate::planned(&work.plan.template, &work.options)?;
    let all = work.plan.repositories.iter().enumerate();
    let projects: Vec<&PlannedProject> = all.filter(|(at, _)| work.shard.has(*at)).map(|(_, it)| it).collect();
    let (next, summary, broken) = (AtomicUsize::new(0), Mutex::new(WorkSummary::default()), Mutex::new(None));
    let run = || {
        let worker = Worker { template: &template, merges: MergePlace::default() };
        while let Some(project) = projects.get(next.fetch_add(1, Ordering::Relaxed)) {
            match work.of_project(project, &worker) {
                Ok((state, was_skipped)) => {
                    let mut summary = summary.lock().unwrap_or_else(PoisonError::into_inner);
                    *summary.states.entry(state).or_default() += 1;
                    summary.skipped += usize::from(was_skipped);
                }
                Err(failure) => {
                    // The results cannot be read or written: nothing that came after it would be kept.
                    next.store(projects.len(), Ordering::Relaxed);
                    broken.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failure);
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..work.jobs.min(projects.len()) {
            scope.spawn(run);
        }
        run();
    });
    match broken.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(failure) => Err(failure),
        None => Ok(summary.into_inner().unwrap_or_else(PoisonError::into_inner)),
    }
}

impl Work<'_> {
    /// Works on a project, unless there is a final result of it. Returns its state, and whether it had it before.
    fn of_project(&self, project: &PlannedProject, worker: &Worker<'_>) -> Result<(State, bool), Failure> {
        let before = FleetResult::read(&self.results, &project.key(self.plan))?;
        if let Some(result) = before.as_ref().filter(|result| result.state.is_final()) {
            return Ok((result.state, true));
        }
        let attempts = before.map_or(0, |result| result.attempts) + 1;
        let mut result = FleetResult::of(self.plan, project, attempts);
        let bundle = match self.outcome(project, worker, &mut result) {
            Ok(bundle) => Some(bundle),
            Err(Stopped { state, error }) => {
                (result.state, result.error) = (state, error);
                None
            }
        };
        result.write(&self.results, bundle.as_deref())?;
        Ok((result.state, false))
    }

    /// Brings a project as far as it goes: to a commit, which is in the bundle that is returned.
    fn outcome(
        &self,
        planned: &PlannedProject,
        worker: &Worker<'_>,
        result: &mut FleetResult,
    ) -> Result<Vec<u8>, Stopped> {
        let (repository, head) = opened(planned)?;
        let outcome = self.outcome_in((&repository, &head), planned, worker, result);
        outcome.map_err(|stopped| if repository.is_cut_off() { stopped.for_now() } else { stopped })
    }

    fn outcome_in(
        &self,
        (repository, head): (&OpenRepository, &Head),
        planned: &PlannedProject,
        worker: &Worker<'_>,
        result: &mut FleetResult,
    ) -> Result<Vec<u8>, Stopped> {
        let entries = repository.entries(&head.commit).map_err(|error| Stopped::by("objects", error.to_string()))?;
        let read = |object: &str, most| repository.content(object, most);
        let whole = CommitTree::new(entries, &read);
        let folder = planned.folder().map_err(|error| Stopped::by("record", error.to_string()))?;
        let folder = folder.as_ref();
        let below = folder.map(|folder| whole.within(folder));
        let tree = below.as_ref().unwrap_or(&whole);
        let (project, others) = recorded(tree, planned)?;
        let site = CommitSite { repository, whole: &whole, tree, folder, commit: &head.commit, merges: &worker.merges };
        let edits = self.merged((&project, &others), worker.template, &site, result)?;
        self.hold(tree, &project, &edits, result)?;
        Ok(self.commit(planned, (repository, folder), worker.template, &edits, result)?)
    }

    /// Merges the new version into a project, and returns what a commit of it changes.
    fn merged(
        &self,
        (project, others): (&Project, &[Project]),
        template: &FleetTemplate,
        site: &CommitSite<'_>,
        result: &mut FleetResult,
    ) -> Result<Vec<Edit>, Stopped> {
        let loaded = template.of_project(project)?;
        let request = UpdateRequest::preview(Path::new(""), self.options.clone());
        let prepared = prepare(project, others, &loaded, &request, site)?;
        result.files =
            serde_json::from_value(file_rows(&prepared)).map_err(|error| Failure::of(Exit::Internal, error))?;
        if let Some(refusal) = prepared.transitions.refusal(&request) {
            return Err(Stopped::at(State::Refused, "transition", refusal.message()));
        }
        if prepared.conflicts() > 0 {
            return Err(Stopped { state: State::Conflict, error: None });
        }
        let edits = committed(&prepared, site)?;
        if edits.is_empty() { Err(Stopped { state: State::Unchanged, error: None }) } else { Ok(edits) }
    }

    /// Stops an update that breaks what agrees, or that the command of `--verify` does not accept.
    fn hold(
        &self,
        tree: &CommitTree<'_>,
        project: &Project,
        edits: &[Edit],
        result: &mut FleetResult,
    ) -> Result<(), Stopped> {
        let after = tree.after(edits.iter().map(|edit| (edit.path.clone(), edit.after.clone())).collect());
        result.findings = broken_by(tree, &after, project);
        if !result.findings.is_empty() {
            return Err(Stopped { state: State::CheckFailed, error: None });
        }
        let Some(command) = &self.verify else { return Ok(()) };
        match verify(command, &after, edits)? {
            Some(fault) => Err(Stopped::at(State::VerifyFailed, "verify", fault)),
            None => Ok(()),
        }
    }

    fn commit(
        &self,
        planned: &PlannedProject,
        (repository, folder): (&OpenRepository, Option<&SafePath>),
        template: &FleetTemplate,
        edits: &[Edit],
        result: &mut FleetResult,
    ) -> Result<Vec<u8>, Failure> {
        let to = &self.plan.template;
        let branch = planned.update_branch(&to.id);
        let message = format!(
            "Update {} to {} {}\n\nIt was at {}.\n\nLaunchway-Campaign: {}\n",
            planned.project, to.id, to.to, planned.from, self.plan.campaign
        );
        let signature = &template.signature;
        let order = CommitOrder { parent: &planned.head, branch: &branch, signature, message: &message, folder, edits };
        let written = commit::write(repository, &order)?;
        result.state = State::Ready;
        (result.commit, result.tree) = (Some(written.commit), Some(written.tree));
        result.branch = Some(branch);
        Ok(written.bundle)
    }
}

/// Why a project has no commit.
struct Stopped {
    state: State,
    error: Option<ResultError>,
}

impl Stopped {
    fn at(state: State, class: &str, message: String) -> Self {
        Self { state, error: Some(ResultError { class: class.to_owned(), message }) }
    }

    /// Takes what stands in the way for something that may be gone the next time.
    fn for_now(self) -> Self {
        let message = self.error.map_or_else(|| "git was cut off".to_owned(), |error| error.message);
        Self::at(State::Transient, "io", message)
    }

    fn by(class: &str, message: String) -> Self {
        Self::at(State::Error, class, message)
    }
}

/// Opens the repository of a project.
fn opened(planned: &PlannedProject) -> Result<(OpenRepository, Head), Stopped> {
    let (address, head) = planned.place().map_err(|reason| Stopped::by("address", reason))?;
    if address.is_gone() {
        return Err(Stopped::by("gone", "there is no git repository".to_owned()));
    }
    Ok((OpenRepository::open(&address, &head, true)?, head))
}

/// Reads the record of a project, and those of the others beside it.
fn recorded(tree: &CommitTree<'_>, planned: &PlannedProject) -> Result<(Project, Vec<Project>), Stopped> {
    let mut others = projects(tree).map_err(|errors| {
        let reasons: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Stopped::by("record", reasons.join("; "))
    })?;
    let at = others.iter().position(|project| project.name == planned.project);
    let at = at.ok_or_else(|| Stopped::by("record", format!("there is no project `{}`", planned.project)))?;
    Ok((others.remove(at), others))
}

impl From<Failure> for Stopped {
    /// What git, the network or the disk refuses may be gone the next time.
    fn from(failure: Failure) -> Self {
        let (state, class) = match failure.exit {
            Exit::Io | Exit::CannotWrite | Exit::Busy => (State::Transient, "io"),
            Exit::Usage => (State::Error, "answers"),
            Exit::Template | Exit::Output => (State::Error, "template"),
            Exit::Exists => (State::Error, "in-the-way"),
            Exit::Refused => (State::Error, "conflicts-left"),
            _ => (State::Error, "internal"),
        };
        Self::at(state, class, failure.message())
    }
}

/// Returns the edits that a commit in a clone would have.
fn committed(prepared: &ProjectUpdate<'_>, site: &CommitSite<'_>) -> Result<Vec<Edit>, Failure> {
    let edits = prepared.edits();
    let new: Vec<&SafePath> = edits.iter().filter(|edit| edit.before.is_none()).map(|edit| &edit.path).collect();
    let ignored = site.ignored(&new)?;
    Ok(edits.into_iter().filter(|edit| !ignored.contains(&edit.path)).collect())
}

/// Finds what agrees today and would not after the update.
fn broken_by(before: &CommitTree<'_>, after: &CommitTree<'_>, project: &Project) -> Vec<ResultFinding> {
    let of = |tree: &CommitTree<'_>, project: &Project| check(Root::Commit(tree), project, &BTreeSet::new(), &|| false);
    let Ok(updated) = projects(after) else { return Vec::new() };
    let Some(updated) = updated.iter().find(|updated| updated.name == project.name) else { return Vec::new() };
    let known = of(before, project);
    let is_new = |finding: &Finding| {
        let is_same =
            |old: &Finding| (old.rule, &old.id, &old.message) == (finding.rule, &finding.id, &finding.message);
        !finding.rule.is_note() && !known.iter().any(is_same)
    };
    let new = of(after, updated).into_iter().filter(is_new);
    new.map(|finding| ResultFinding {
        rule: finding.rule.id().to_owned(),
        message: finding.message,
        files: finding.places.into_iter().filter_map(|place| place.file).collect(),
    })
    .collect()
}

/// Runs a command in the files of an update, and says how it has failed. Code of the repository may run, so the token is not for it.
fn verify(command: &str, after: &CommitTree<'_>, edits: &[Edit]) -> Result<Option<String>, Failure> {
    let is_file = |(_, (kind, _)): &(&String, &(EntryKind, String))| matches!(kind, EntryKind::File { .. });
    let paths = after.entries().iter().filter(is_file).filter_map(|(path, _)| SafePath::new(path).ok());
    let paths: BTreeSet<SafePath> = paths.chain(edits.iter().map(|edit| edit.path.clone())).collect();
    let folder = Temporary::create(&std::env::temp_dir(), &files_of(after, paths))?;
    let ran = shell::run(command, folder.path(), &[forge::TOKEN])?;
    let code = ran.code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
    Ok((!ran.succeeded()).then(|| format!("`{command}` has ended with {code}")))
}
