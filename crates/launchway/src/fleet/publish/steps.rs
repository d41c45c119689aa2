//! What is done for one project, step by step: each step is noted before it is taken, and what the forge has is looked at again
//! where nobody knows what came of it.

use super::limits::Slot;
use super::{Left, Publishing, lock};
use crate::fleet::decision::{Decision, Wanted, decide};
use crate::fleet::forge::{ForgeError, HostedRepository, Later, NewPullRequest, PullRequest, Standing, Tip};
use crate::fleet::journal::{About, Step};
use crate::fleet::plan::PlannedProject;
use crate::fleet::pull_request::{body, title};
use crate::fleet::push::{PushError, prepare};
use crate::fleet::result::{FleetResult, State};

/// How often a project is looked at again after something that nobody knows the outcome of.
const LOOKS: u32 = 12;

impl Publishing<'_> {
    /// Looks at a project and does what is to be done, until nothing is left or nobody knows what came of it.
    pub(super) fn advance(&self, project: &PlannedProject, result: &FleetResult) -> Result<(), Left> {
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
            let has_open = pull_requests.iter().any(|it| it.standing == Standing::Open);
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
}

fn about(it: &PullRequest) -> About {
    About { number: Some(it.number), url: Some(it.url.clone()), ..About::default() }
}
