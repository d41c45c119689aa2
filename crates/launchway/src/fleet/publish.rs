//! The publishing of a campaign: one process, within the budget of one identity, that goes on where another one was killed.

mod limits;
mod steps;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::forge::{Clock, Forge, ForgeError, Later, Pace};
use super::journal::{About, OpenJournal, Published, PublishedState, Step};
use super::plan::{FleetPlan, PlannedProject};
use super::result::{FleetResult, State};
use super::settings::Settings;
use super::status::refresh;
use crate::failure::{Exit, Failure};
use limits::of_wave;

/// How many projects are asked about at once.
const IN_FLIGHT: usize = 8;

/// What is published, and how.
pub(crate) struct Publish<'p> {
    pub(crate) plan: &'p FleetPlan,
    pub(crate) settings: &'p Settings,
    pub(crate) results: PathBuf,
    pub(crate) wave: Option<String>,
    /// The most pull requests that are opened.
    pub(crate) limit: Option<usize>,
    /// Whether what was declined is offered again.
    pub(crate) reopens: bool,
    pub(crate) forge: &'p dyn Forge,
    pub(crate) clock: &'p dyn Clock,
    /// How long it waits at most.
    pub(crate) patience: Duration,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct PublishSummary {
    pub(crate) states: BTreeMap<PublishedState, usize>,
    /// How many projects have to be looked at again, and why the first of them.
    pub(crate) later: usize,
    pub(crate) why_later: Option<String>,
    pub(crate) stopped: Option<Stopped>,
}

/// Why nothing more is published now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// The forge, or its budget, says to wait.
    Budget { wait: Duration, message: String },
    /// So many are open.
    Open(usize),
    /// So many, of all, were declined or have failed.
    Halted(usize, usize),
    /// It is asked for by a file.
    File,
    /// It is not the hour.
    Window,
    /// As many were opened as were asked for.
    Limit,
}

/// A campaign that is ready to be published.
pub(crate) struct Publishing<'p> {
    order: Publish<'p>,
    journal: Mutex<OpenJournal>,
    pace: Pace<'p>,
    /// What the wave has, and those of it that can be published.
    wave: Vec<&'p PlannedProject>,
    ready: Vec<(&'p PlannedProject, FleetResult)>,
    opened: Mutex<usize>,
    opening: AtomicUsize,
    /// How many have failed in this run: those of an earlier one are tried again.
    failed: AtomicUsize,
    stopped: Mutex<Option<Stopped>>,
    later: Mutex<(usize, Option<String>)>,
}

/// Why a project is left.
enum Left {
    /// Nothing more can be noted.
    Broken(Failure),
    Stop(Stopped),
    Later(String),
    Failed {
        class: String,
        message: String,
    },
}

impl From<Failure> for Left {
    fn from(failure: Failure) -> Self {
        Self::Broken(failure)
    }
}

impl From<Later> for Left {
    fn from(later: Later) -> Self {
        match later {
            Later::Everything { wait, message } => Self::Stop(Stopped::Budget { wait, message }),
            Later::This(message) => Self::Later(message),
            Later::Never(ForgeError::Refused { status, message }) => {
                Self::Failed { class: format!("status-{status}"), message }
            }
            Later::Never(error) => Self::Broken(error.into_failure()),
        }
    }
}

impl<'p> Publishing<'p> {
    /// Opens the journal, asks the forge about what is open, and finds what can be published.
    pub(crate) fn prepare(order: Publish<'p>) -> Result<Self, Failure> {
        let (plan, settings) = (order.plan, order.settings);
        let wave = of_wave(plan, &settings.policy.waves, order.wave.as_deref())?;
        let mut ready = Vec::new();
        for project in &wave {
            let Some(result) = FleetResult::read(&order.results, &project.key(plan))? else { continue };
            let is_draft = settings.pull_request.draft_conflicts && result.state == State::Conflict;
            if result.state == State::Ready || is_draft {
                ready.push((*project, result));
            }
        }
        let mut journal = OpenJournal::open(&order.results, &plan.campaign, &plan.template.to)?;
        let pace = Pace::new(order.clock, order.patience, std::mem::take(&mut journal.journal.created));
        if let Some(identity) = &settings.identity {
            let login = pace.ask(|| order.forge.login()).map_err(ended)?;
            refuse_other(identity, &login)?;
        }
        refresh(plan, &mut journal, order.forge, &pace)?;
        let journal = Mutex::new(journal);
        let mut new = Self {
            order,
            journal,
            pace,
            wave,
            ready,
            opened: Mutex::default(),
            opening: AtomicUsize::default(),
            failed: AtomicUsize::default(),
            stopped: Mutex::default(),
            later: Mutex::default(),
        };
        let all = std::mem::take(&mut new.ready);
        new.ready = all.into_iter().filter(|(project, result)| !new.is_done(project, result)).collect();
        // What is open needs no place among the open ones, and is not held up by those that do.
        let journal = lock(&new.journal);
        let is_open = |id: &str| journal.journal.of(id).is_some_and(|it| it.state == Some(PublishedState::Open));
        new.ready.sort_by_cached_key(|(project, _)| !is_open(&project.id));
        drop(journal);
        Ok(new)
    }

    /// Returns how many projects are looked at, and how long the budget makes it take if each gets a pull request.
    pub(crate) fn estimate(&self) -> (usize, Duration) {
        let each = if self.order.settings.pull_request.labels.is_empty() { 1 } else { 2 };
        let count = self.ready.len().min(self.order.limit.unwrap_or(usize::MAX));
        (self.ready.len(), Pace::estimate(count * each))
    }

    /// Publishes. What is in the way of one project is noted, and the others go on.
    pub(crate) fn run(self) -> Result<PublishSummary, Failure> {
        let (next, broken) = (AtomicUsize::new(0), Mutex::new(None));
        let worker = || {
            while let Some((project, result)) = self.ready.get(next.fetch_add(1, Ordering::Relaxed)) {
                if lock(&self.stopped).is_some() || lock(&broken).is_some() {
                    return;
                }
                if let Err(failure) = self.publish(project, result) {
                    lock(&broken).get_or_insert(failure);
                }
            }
        };
        thread::scope(|scope| {
            for _ in 1..IN_FLIGHT.min(self.ready.len()) {
                scope.spawn(worker);
            }
            worker();
        });
        if let Some(failure) = broken.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(failure);
        }
        let states = lock(&self.journal).journal.states(self.wave.iter().copied());
        let (later, why_later) = lock(&self.later).clone();
        Ok(PublishSummary { states, later, why_later, stopped: lock(&self.stopped).clone() })
    }

    /// Publishes a project as far as it goes, and notes what is in the way.
    fn publish(&self, project: &PlannedProject, result: &FleetResult) -> Result<(), Failure> {
        match self.advance(project, result) {
            Ok(()) => Ok(()),
            Err(Left::Broken(failure)) => Err(failure),
            Err(Left::Stop(stopped)) => {
                lock(&self.stopped).get_or_insert(stopped);
                Ok(())
            }
            Err(Left::Later(message)) => {
                let mut later = lock(&self.later);
                later.0 += 1;
                later.1.get_or_insert(message);
                Ok(())
            }
            Err(Left::Failed { class, message }) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                let about = About { class: Some(class), message: Some(message), ..About::default() };
                self.note(project, result, Step::Failed, about)
            }
        }
    }

    /// Tells whether nothing is to be done, as far as the journal knows after the forge was asked.
    fn is_done(&self, project: &PlannedProject, result: &FleetResult) -> bool {
        let journal = lock(&self.journal);
        let Some(known) = journal.journal.of(&project.id) else { return false };
        let has_labels = self.order.settings.pull_request.labels.is_empty()
            || known.number.is_some_and(|number| known.is_labelled(number));
        match known.state {
            Some(PublishedState::Open) => known.key == result.key && has_labels,
            Some(PublishedState::Merged) => true,
            Some(PublishedState::Declined) => !self.order.reopens,
            _ => false,
        }
    }

    /// Notes a step, unless the journal says it already.
    fn note(&self, project: &PlannedProject, result: &FleetResult, step: Step, about: About) -> Result<(), Failure> {
        let mut journal = lock(&self.journal);
        let is_known = |known: &Published| {
            let is_same = (known.number, &known.key, &known.message) == (about.number, &result.key, &about.message);
            step.state().is_some() && is_same && known.state == step.state()
        };
        if journal.journal.of(&project.id).is_some_and(is_known) {
            return Ok(());
        }
        journal.add(&project.id, &result.key, step, about)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refuse_other(identity: &str, login: &str) -> Result<(), Failure> {
    if identity.eq_ignore_ascii_case(login) {
        return Ok(());
    }
    Err(Failure::new(Exit::Settings, format!("the token is of `{login}`, and `[fleet] identity` is `{identity}`"))
        .hint("one identity publishes a fleet: set the token that is its own"))
}

/// Turns what is in the way of all into the end of the run.
pub(super) fn ended(later: Later) -> Failure {
    match later {
        Later::Everything { message, .. } | Later::This(message) => ForgeError::Unanswered(message).into_failure(),
        Later::Never(error) => error.into_failure(),
    }
}
