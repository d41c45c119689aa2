//! When nothing more is published: what the policy of the fleet allows, and what the command was asked for.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Left, Publishing, Stopped, lock};
use crate::failure::{Exit, Failure, listed};
use crate::fleet::journal::PublishedState;
use crate::fleet::plan::{FleetPlan, PlannedProject};
use crate::fleet::policy::Wave;

/// While this file is in the folder of the results, nothing is published.
const STOP_FILE: &str = "STOP";

impl Publishing<'_> {
    /// Takes a place among the open pull requests. One that is open has it already.
    pub(super) fn slot(&self, has_open: bool) -> Result<Slot<'_>, Left> {
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
    pub(super) fn go_on(&self) -> Result<(), Left> {
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
pub(super) struct Slot<'s> {
    of: Option<&'s AtomicUsize>,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        if let Some(opening) = self.of {
            opening.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Returns the projects of a wave, with those of the waves before.
pub(super) fn of_wave<'p>(
    plan: &'p FleetPlan,
    waves: &[Wave],
    name: Option<&str>,
) -> Result<Vec<&'p PlannedProject>, Failure> {
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
