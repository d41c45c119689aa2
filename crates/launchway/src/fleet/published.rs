//! The pull requests of a campaign in its report, as the journal knows them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::journal::{Journal, PublishedState};
use super::report::{ProjectRow, Table};
use super::result::{FleetResult, State};
use crate::language;

/// The pull request of a project.
#[derive(Serialize)]
pub(super) struct PublishedRow {
    pub(super) state: &'static str,
    pub(super) number: Option<u64>,
    pub(super) url: Option<String>,
    /// Why it has failed, or stays as it is.
    pub(super) reason: Option<String>,
}

impl PublishedRow {
    /// Finds the pull request of a project. One that was closed is declined only if it is still needed.
    pub(super) fn of(journal: &Journal, id: &str, result: Option<&FleetResult>) -> Option<Self> {
        let known = journal.of(id)?;
        let is_needed = result.is_none_or(|result| result.state != State::Unchanged);
        let state = match known.state? {
            PublishedState::Declined if !is_needed => PublishedState::Closed,
            state => state,
        };
        Some(Self { state: state.id(), number: known.number, url: known.url.clone(), reason: known.message.clone() })
    }
}

/// Returns how many projects have a pull request in which state.
pub(super) fn states(projects: &[ProjectRow<'_>]) -> BTreeMap<&'static str, usize> {
    let mut states = BTreeMap::new();
    for published in projects.iter().filter_map(|row| row.published.as_ref()) {
        *states.entry(published.state).or_default() += 1;
    }
    states
}

/// Lists the pull requests.
pub(super) fn table(projects: &[ProjectRow<'_>]) -> Table {
    let row = |row: &ProjectRow<'_>| {
        let published = row.published.as_ref()?;
        let reason = published.reason.as_deref().map(language::told).unwrap_or_default().into_owned();
        let url = published.url.clone().unwrap_or_default();
        Some(vec![row.id.to_owned(), said(published.state).to_owned(), url, reason])
    };
    Table {
        title: language::text("Pull requests"),
        columns: vec![
            language::text("project"),
            language::text("state"),
            language::text("address"),
            language::text("why"),
        ],
        rows: projects.iter().filter_map(row).collect(),
    }
}

/// Returns a state in the user's language; that of a result is another one.
fn said(state: &str) -> &str {
    match state {
        "open" => language::text("still open"),
        state => language::translated(state),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = PublishedState::ALL.iter().map(|state| said(state.id())).collect();
        assert_eq!(names.len(), PublishedState::ALL.len());
    }
}
