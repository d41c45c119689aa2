//! The publishing of a campaign: one process, within the budget of one identity, that goes on where another one was killed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::decision::{Decision, Wanted, decide};
use super::forge::{Clock, Forge, ForgeError, HostedRepository, Later, NewPullRequest, Pace, PullRequest, Tip};
use super::journal::{About, OpenJournal, Published, PublishedState, Step};
use super::plan::{FleetPlan, PlannedProject};
use super::policy::Wave;
use super::pull_request::{body, title};
use super::push::{PushError, prepare};
use super::result::{FleetResult, State};
use super::settings::Settings;
use super::status::refresh;
use crate::failure::{Exit, Failure, listed};

/// How many projects are asked about at once.
const IN_FLIGHT: usize = 8;

/// How often a project is looked at again after something that nobody knows the outcome of.
const LOOKS: u32 = 12;

/// While this file is in the folder of the results, nothing is published.
const STOP_FILE: &str = "STOP";

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

    /// Looks at a project and does what is to be done, until nothing is left or nobody knows what came of it.
    fn advance(&self, project: &PlannedProject, result: &FleetResult) -> Result<(), Left> {
        let failed = |class: &str, message: &str| Left::Failed { class: class.to_owned(), message: message.to_owned() };
        let forge = self.order.forge;
        let name = forge.name_of(&project.url);
        let name = name.ok_or_else(|| failed("another-forge", "the repository is not one of the forge"))?;
        let hosted = self.pace.ask(|| forge.repository(&name))?;
        if hosted.is_archived {
            return Err(failed("archived", "the repository is archived"));
        }
        let mut slot = None;
        for look in 0..LOOKS {
            if self.look(project, result, &hosted, (&mut slot, look))? {
                return Ok(());
            }
        }
        Err(Left::Later("the forge says something else each time".to_owned()))
    }

    /// Looks once, and tells whether all is done.
    fn look<'s>(
        &'s self,
        project: &PlannedProject,
        result: &FleetResult,
        hosted: &HostedRepository,
        (slot, look): (&mut Option<Slot<'s>>, u32),
    ) -> Result<bool, Left> {
        let (plan, forge) = (self.order.plan, self.order.forge);
        let branch = self.branch(project, result);
        let pull_requests = self.pace.ask(|| forge.of_branch(&hosted.name, &branch))?;
        let mut tip = self.pace.ask(|| forge.tip(&hosted.name, &branch))?;
        loop {
            let pushed = self.pushed(project, result);
            let wanted = Wanted {
                template: &plan.template.id,
                to: &plan.template.to,
                key: &result.key,
                commit: pushed.as_deref(),
                tree: result.tree.as_deref(),
                is_conflict: result.state == State::Conflict,
                reopens: self.order.reopens,
            };
            let is_known = |commit: &str| lock(&self.journal).journal.knows(commit);
            let decision = decide(&wanted, &pull_requests, tip.as_ref(), is_known);
            let has_open = pull_requests.iter().any(|it| it.standing == super::forge::Standing::Open);
            if matches!(decision, Decision::Push(_) | Decision::Open) && slot.is_none() {
                *slot = Some(self.slot(has_open)?);
            }
            match decision {
                Decision::Push(last) => match self.push(project, result, (hosted, &branch), (last.as_deref(), look))? {
                    Some(new) => tip = Some(new),
                    None => return Ok(false),
                },
                Decision::Open => return self.open(project, result, (hosted, &branch, tip.as_ref()), look),
                Decision::Edit(it) => return self.edit(project, result, (hosted, &it, tip.as_ref()), look),
                Decision::Found(it) => return self.settle(project, result, (hosted, &it), (Step::Found, look)),
                Decision::Kept(it) => return self.settle(project, result, (hosted, &it), (Step::Kept, look)),
                Decision::Merged(it) => return self.end(project, result, &it, Step::Merged),
                Decision::Declined(it) => return self.end(project, result, &it, Step::Declined),
                Decision::Taken(message) => {
                    return Err(Left::Failed { class: "branch-taken".to_owned(), message });
                }
            }
        }
    }

    /// Pushes a commit, and returns how the branch ends then; nothing if nobody knows.
    fn push(
        &self,
        project: &PlannedProject,
        result: &FleetResult,
        (hosted, branch): (&HostedRepository, &str),
        (last, look): (Option<&str>, u32),
    ) -> Result<Option<Tip>, Left> {
        let plan = self.order.plan;
        let outcome = prepare(self.order.forge, hosted, plan, project, (&self.order.results, result));
        let outcome = match outcome {
            Err(error) => Err(error),
            Ok(outgoing) => {
                let about = About { commit: Some(outgoing.commit.clone()), ..About::default() };
                self.note(project, result, Step::Pushing, about.clone())?;
                let pushed = outgoing.push(branch, last);
                if pushed.is_ok() {
                    self.note(project, result, Step::Pushed, about)?;
                }
                pushed.map(|()| outgoing.commit)
            }
        };
        match outcome {
            Ok(commit) => Ok(Some(Tip { commit, tree: result.tree.clone().unwrap_or_default() })),
            Err(PushError::Moved) => Ok(None),
            Err(PushError::Unanswered(message)) => Ok(self.pace.back_off(&message, look).map(|()| None)?),
            Err(PushError::Refused { class, message }) => Err(Left::Failed { class: class.to_owned(), message }),
        }
    }

    fn open(
        &self,
        project: &PlannedProject,
        result: &FleetResult,
        (hosted, branch, tip): (&HostedRepository, &str, Option<&Tip>),
        look: u32,
    ) -> Result<bool, Left> {
        let (plan, settings) = (self.order.plan, &self.order.settings.pull_request);
        let commit = tip.map(|tip| tip.commit.clone()).unwrap_or_default();
        let new = NewPullRequest {
            title: title(settings.title.as_deref(), plan, project),
            body: body(plan, project, result, &commit),
            head: branch.to_owned(),
            base: project.branch.clone().unwrap_or_else(|| hosted.default_branch.clone()),
            is_draft: result.state == State::Conflict,
        };
        self.note(project, result, Step::Opening, About { commit: Some(commit), ..About::default() })?;
        let opened = self.pace.create(look, || self.order.forge.open(&hosted.name, &new));
        let is_there = |error: &ForgeError| matches!(error, ForgeError::Refused { status: 422, message } if message.contains("already exists"));
        match opened {
            Ok(Some(it)) => self.settle(project, result, (hosted, &it), (Step::Opened, look)),
            Ok(None) => Ok(false),
            Err(Later::Never(error)) if is_there(&error) => {
                self.pace.back_off("the forge has it, and does not show it yet", look)?;
                Ok(false)
            }
            Err(later) => Err(later.into()),
        }
    }

    fn edit(
        &self,
        project: &PlannedProject,
        result: &FleetResult,
        (hosted, it, tip): (&HostedRepository, &PullRequest, Option<&Tip>),
        look: u32,
    ) -> Result<bool, Left> {
        self.go_on()?;
        let plan = self.order.plan;
        let title = title(self.order.settings.pull_request.title.as_deref(), plan, project);
        let body = body(plan, project, result, tip.map_or("", |tip| &tip.commit));
        self.note(project, result, Step::Editing, about(it))?;
        let edited = self.pace.create(look, || self.order.forge.edit(&hosted.name, it.number, &title, &body))?;
        match edited {
            Some(()) => self.settle(project, result, (hosted, it), (Step::Edited, look)),
            None => Ok(false),
        }
    }

    /// Notes an open pull request, and adds the labels once.
    fn settle(
        &self,
        project: &PlannedProject,
        result: &FleetResult,
        (hosted, it): (&HostedRepository, &PullRequest),
        (step, look): (Step, u32),
    ) -> Result<bool, Left> {
        let message = (step == Step::Kept).then(|| "somebody has committed to it, so it stays as it is".to_owned());
        self.note(project, result, step, About { message, ..about(it) })?;
        let labels = &self.order.settings.pull_request.labels;
        let is_labelled = lock(&self.journal).journal.of(&project.id).is_some_and(|known| known.is_labelled(it.number));
        if labels.is_empty() || is_labelled {
            return Ok(true);
        }
        self.note(project, result, Step::Labelling, about(it))?;
        match self.pace.create(look, || self.order.forge.label(&hosted.name, it.number, labels)) {
            Ok(None) => Ok(false),
            Ok(Some(())) => Ok(self.note(project, result, Step::Labelled, about(it)).map(|()| true)?),
            // It is open, and a label that is refused does not change that.
            Err(Later::Never(ForgeError::Refused { message, .. })) => {
                let about = About { message: Some(message), ..about(it) };
                Ok(self.note(project, result, Step::Labelled, about).map(|()| true)?)
            }
            Err(later) => Err(later.into()),
        }
    }

    fn end(&self, project: &PlannedProject, result: &FleetResult, it: &PullRequest, step: Step) -> Result<bool, Left> {
        Ok(self.note(project, result, step, about(it)).map(|()| true)?)
    }

    /// Returns the branch of a project. A conflict has no commit that would name it.
    fn branch(&self, project: &PlannedProject, result: &FleetResult) -> String {
        result.branch.clone().unwrap_or_else(|| project.update_branch(&self.order.plan.template.id))
    }

    /// Returns the commit that should be on the branch; that of a conflict is known once it was made.
    fn pushed(&self, project: &PlannedProject, result: &FleetResult) -> Option<String> {
        let noted = || {
            let journal = lock(&self.journal);
            let (key, commit) = journal.journal.of(&project.id)?.pushed.clone()?;
            (key == result.key).then_some(commit)
        };
        result.commit.clone().or_else(noted)
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

    /// Takes a place among the open pull requests. One that is open has it already.
    fn slot(&self, has_open: bool) -> Result<Slot<'_>, Left> {
        self.go_on()?;
        if has_open {
            return Ok(Slot { of: None });
        }
        let mut opened = lock(&self.opened);
        let open = lock(&self.journal).journal.count(PublishedState::Open) + self.opening.load(Ordering::Relaxed);
        if let Some(most) = self.order.settings.policy.max_open.filter(|most| open >= *most) {
            return Err(Left::Stop(Stopped::Open(most)));
        }
        if self.order.limit.is_some_and(|limit| *opened >= limit) {
            return Err(Left::Stop(Stopped::Limit));
        }
        *opened += 1;
        self.opening.fetch_add(1, Ordering::Relaxed);
        Ok(Slot { of: Some(&self.opening) })
    }

    /// Stops where nothing may be changed now.
    fn go_on(&self) -> Result<(), Left> {
        let policy = &self.order.settings.policy;
        if let Some(stopped) = lock(&self.stopped).clone() {
            return Err(Left::Stop(stopped));
        }
        if self.order.results.join(STOP_FILE).exists() {
            return Err(Left::Stop(Stopped::File));
        }
        if policy.window.as_ref().is_some_and(|window| !window.has(self.order.clock.now().as_secs())) {
            return Err(Left::Stop(Stopped::Window));
        }
        let Some(share) = policy.halt_above else { return Ok(()) };
        let journal = lock(&self.journal);
        let state = |it: &&&PlannedProject| journal.journal.of(&it.id).and_then(|known| known.state);
        let declined = self.wave.iter().filter(|it| state(it) == Some(PublishedState::Declined)).count();
        let (bad, all) = (declined + self.failed.load(Ordering::Relaxed), self.wave.len());
        if share.is_exceeded(bad, all) { Err(Left::Stop(Stopped::Halted(bad, all))) } else { Ok(()) }
    }
}

/// A place among the open pull requests, which the journal counts once it is given back.
struct Slot<'s> {
    of: Option<&'s AtomicUsize>,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        if let Some(opening) = self.of {
            opening.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn about(it: &PullRequest) -> About {
    About { number: Some(it.number), url: Some(it.url.clone()), ..About::default() }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the projects of a wave, with those of the waves before.
fn of_wave<'p>(plan: &'p FleetPlan, waves: &[Wave], name: Option<&str>) -> Result<Vec<&'p PlannedProject>, Failure> {
    let all = &plan.repositories;
    let names = || waves.iter().map(|wave| wave.name.as_str());
    let count = match (name, waves.is_empty()) {
        (None, true) => all.len(),
        (Some(name), true) => {
            return Err(Failure::new(Exit::Usage, format!("there is no wave `{name}`"))
                .hint("name the waves in `[policy] waves` of FLEET.toml, or leave `--wave` out"));
        }
        (None, false) => {
            return Err(Failure::new(Exit::Usage, "which wave is meant?")
                .hint(format!("name it by `--wave`: {}", listed(names()))));
        }
        (Some(name), false) => {
            let wave = waves.iter().find(|wave| wave.is(name)).ok_or_else(|| {
                Failure::new(Exit::Usage, format!("there is no wave `{name}`"))
                    .hint(format!("name it by `--wave`: {}", listed(names())))
            })?;
            wave.of(all.len())
        }
    };
    Ok(all.iter().take(count).collect())
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
