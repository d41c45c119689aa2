//! What has become of the pull requests of a campaign: a hundred at once, and one by one those that no page has.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::forge::{Clock, Forge, ForgeError, Later, PAGE, Pace, PullRequest, Standing};
use super::journal::{About, OpenJournal, PublishedState, Step};
use super::plan::{FleetPlan, PlannedProject};
use super::publish::ended;
use crate::failure::Failure;

/// The most pages that are read: GitHub lists no more than 10,000 issues.
const MAX_PAGES: usize = 100;

/// Asks the forge about every open pull request, and returns how many projects are in which state.
pub(crate) fn status(
    plan: &FleetPlan,
    results: &Path,
    forge: &dyn Forge,
    (clock, patience): (&dyn Clock, Duration),
) -> Result<BTreeMap<PublishedState, usize>, Failure> {
    let mut journal = OpenJournal::open(results, &plan.campaign, &plan.template.to)?;
    refresh(plan, &mut journal, forge, &Pace::new(clock, patience, []))?;
    Ok(journal.journal.states(&plan.repositories))
}

/// Notes what has become of the pull requests that the journal takes for open.
pub(super) fn refresh(
    plan: &FleetPlan,
    journal: &mut OpenJournal,
    forge: &dyn Forge,
    pace: &Pace<'_>,
) -> Result<(), Failure> {
    let number = |it: &PlannedProject| {
        let known = journal.journal.of(&it.id)?;
        known.number.filter(|_| known.state == Some(PublishedState::Open))
    };
    let mut open: BTreeMap<(String, u64), &PlannedProject> = BTreeMap::new();
    for (project, number) in plan.repositories.iter().filter_map(|it| Some((it, number(it)?))) {
        if let Some(name) = forge.name_of(&project.url) {
            open.insert((name.full().to_lowercase(), number), project);
        }
    }
    for page in 1..=MAX_PAGES {
        if open.is_empty() {
            return Ok(());
        }
        let found = match pace.ask(|| forge.own(page)) {
            // An app has no list of its own; it is asked about each.
            Err(Later::Never(ForgeError::Refused { .. })) => break,
            found => found.map_err(ended)?,
        };
        for it in &found {
            if let Some(project) = open.remove(&(it.repository.to_lowercase(), it.number)) {
                note(plan, journal, (project, it.number), it.standing)?;
            }
        }
        if found.len() < PAGE {
            break;
        }
    }
    for ((_, number), project) in open {
        let Some(name) = forge.name_of(&project.url) else { continue };
        match pace.ask(|| forge.pull_request(&name, number)) {
            Ok(PullRequest { standing, .. }) => note(plan, journal, (project, number), standing)?,
            // The repository is gone, or closed to this token.
            Err(Later::Never(ForgeError::Refused { message, .. })) => {
                let about = About { class: Some("gone".to_owned()), message: Some(message), ..About::default() };
                add(plan, journal, project, Step::Failed, about)?;
            }
            Err(later) => return Err(ended(later)),
        }
    }
    Ok(())
}

/// Notes what has changed.
fn note(
    plan: &FleetPlan,
    journal: &mut OpenJournal,
    (project, number): (&PlannedProject, u64),
    standing: Standing,
) -> Result<(), Failure> {
    let about = About { number: Some(number), ..About::default() };
    match standing {
        Standing::Open => Ok(()),
        Standing::Merged => add(plan, journal, project, Step::Merged, about),
        Standing::Closed => add(plan, journal, project, Step::Declined, about),
    }
}

fn add(
    plan: &FleetPlan,
    journal: &mut OpenJournal,
    project: &PlannedProject,
    step: Step,
    about: About,
) -> Result<(), Failure> {
    let key = journal.journal.of(&project.id).map_or_else(|| project.key(plan), |known| known.key.clone());
    journal.add(&project.id, &key, step, about)
}
