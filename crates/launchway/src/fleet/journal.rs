//! What was published, line by line: each step is on the disk before the next one is taken.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use launchway_core::{LineLog, whole_lines};
use serde::{Deserialize, Serialize};

use super::plan::PlannedProject;
use crate::failure::{Exit, Failure};
use crate::today;

/// The journal, in the folder of the results.
const FILE: &str = "publish.jsonl";

const SCHEMA: &str = "launchway.fleet-publish/1";

/// A step, as the journal has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) schema: String,
    /// The second since 1970: the budgets go by it.
    pub(super) at: u64,
    pub(super) campaign: String,
    /// The version that the campaign brings.
    pub(super) to: String,
    pub(super) id: String,
    pub(super) key: String,
    pub(super) step: Step,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) number: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) commit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
}

/// What was done, or is about to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    /// A commit is about to be pushed.
    Pushing,
    Pushed,
    /// A pull request is about to be opened.
    Opening,
    Opened,
    /// One is there already, as this campaign has it.
    Found,
    /// Its title and its text are about to be changed.
    Editing,
    Edited,
    /// Labels are about to be added.
    Labelling,
    Labelled,
    /// It is open, and is left as it is: somebody has committed to it.
    Kept,
    Merged,
    /// It was closed without a merge.
    Declined,
    Failed,
}

impl Step {
    /// Tells whether the forge counts what follows as new content.
    fn creates(self) -> bool {
        matches!(self, Self::Opening | Self::Editing | Self::Labelling)
    }

    /// Returns how a project stands after it, if it says that.
    pub(super) fn state(self) -> Option<PublishedState> {
        match self {
            Self::Opened | Self::Found | Self::Edited | Self::Kept => Some(PublishedState::Open),
            Self::Merged => Some(PublishedState::Merged),
            Self::Declined => Some(PublishedState::Declined),
            Self::Failed => Some(PublishedState::Failed),
            Self::Pushing | Self::Pushed | Self::Opening | Self::Editing | Self::Labelling | Self::Labelled => None,
        }
    }
}

/// How a project stands at the forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PublishedState {
    Open,
    Merged,
    Declined,
    /// Closed without a merge, and not needed any more.
    Closed,
    Failed,
}

impl PublishedState {
    #[cfg(test)]
    pub(super) const ALL: [Self; 5] = [Self::Open, Self::Merged, Self::Declined, Self::Closed, Self::Failed];

    /// Returns its name, as it stands in reports.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Merged => "merged",
            Self::Declined => "declined",
            Self::Closed => "closed",
            Self::Failed => "failed",
        }
    }
}

/// What is known of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Published {
    pub(super) state: Option<PublishedState>,
    pub(super) number: Option<u64>,
    pub(super) url: Option<String>,
    pub(super) message: Option<String>,
    /// The key of the commit that is in the pull request.
    pub(super) key: String,
    /// What was pushed last, and for which key.
    pub(super) pushed: Option<(String, String)>,
    is_labelled: bool,
}

impl Published {
    /// Tells whether the labels of a pull request were added: whoever has removed one since has meant it.
    pub(super) fn is_labelled(&self, number: u64) -> bool {
        self.is_labelled && self.number == Some(number)
    }
}

/// The journal of a folder of results, read.
#[derive(Debug, Default)]
pub(super) struct Journal {
    /// By the id of the project, of the version that was asked for.
    projects: BTreeMap<String, Published>,
    /// Every commit that was ever pushed.
    commits: BTreeSet<String>,
    /// When content was created.
    pub(super) created: Vec<u64>,
}

impl Journal {
    /// Reads the journal of a version, if there is one.
    pub(super) fn read(results: &Path, to: &str) -> Result<Self, Failure> {
        let path = results.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(
                    Failure::new(Exit::Io, format!("cannot read `{}`: {error}", path.display())).caused_by(error)
                );
            }
            Ok(text) => text,
        };
        Self::parse(whole_lines(&text), to, &path)
    }

    fn parse(text: &str, to: &str, path: &Path) -> Result<Self, Failure> {
        let mut journal = Self::default();
        for (number, line) in text.lines().enumerate() {
            let fault = |fault: &str| {
                let place = format!("line {} of `{}` is no step of a fleet: {fault}", number + 1, path.display());
                Failure::new(Exit::NotAsWritten, place)
                    .hint("take that line out; the forge is asked for what it does not say")
            };
            let entry: Entry = serde_json::from_str(line).map_err(|error| fault(&error.to_string()))?;
            if entry.schema != SCHEMA {
                return Err(fault("it is of another schema"));
            }
            journal.take(&entry, to);
        }
        Ok(journal)
    }

    fn take(&mut self, entry: &Entry, to: &str) {
        self.commits.extend(entry.commit.clone());
        if entry.step.creates() {
            self.created.push(entry.at);
        }
        if entry.to != to {
            return;
        }
        let project = self.projects.entry(entry.id.clone()).or_default();
        if entry.number.is_some() && entry.number != project.number {
            project.is_labelled = false;
        }
        match entry.step {
            Step::Pushing => project.pushed = entry.commit.clone().map(|commit| (entry.key.clone(), commit)),
            Step::Labelled => project.is_labelled = true,
            _ => {}
        }
        let Some(state) = entry.step.state() else { return };
        project.state = Some(state);
        project.number = entry.number.or(project.number);
        project.url = entry.url.clone().or(project.url.take());
        project.message.clone_from(&entry.message);
        project.key.clone_from(&entry.key);
    }

    /// Returns what is known of a project.
    pub(super) fn of(&self, id: &str) -> Option<&Published> {
        self.projects.get(id)
    }

    /// Tells whether a commit is one that was pushed here.
    pub(super) fn knows(&self, commit: &str) -> bool {
        self.commits.contains(commit)
    }

    /// Returns how many of the projects are in which state.
    pub(super) fn states<'p>(
        &self,
        projects: impl IntoIterator<Item = &'p PlannedProject>,
    ) -> BTreeMap<PublishedState, usize> {
        let mut states = BTreeMap::new();
        for state in projects.into_iter().filter_map(|it| self.of(&it.id)?.state) {
            *states.entry(state).or_default() += 1;
        }
        states
    }

    /// Returns how many projects are in a state.
    pub(super) fn count(&self, state: PublishedState) -> usize {
        self.projects.values().filter(|project| project.state == Some(state)).count()
    }
}

/// The journal, as the one program that publishes has it.
pub(super) struct OpenJournal {
    log: LineLog,
    pub(super) journal: Journal,
    campaign: String,
    to: String,
}

impl OpenJournal {
    /// Opens the journal of a folder of results for a campaign.
    pub(super) fn open(results: &Path, campaign: &str, to: &str) -> Result<Self, Failure> {
        let path: PathBuf = results.join(FILE);
        let opened = LineLog::open(&path).map_err(cannot_write)?;
        let (log, text) = opened.ok_or_else(|| {
            Failure::new(Exit::Busy, format!("another launchway writes to `{}`", path.display()))
                .hint("one process publishes for one identity; run the same again once that one is done")
        })?;
        let journal = Journal::parse(&text, to, &path)?;
        Ok(Self { log, journal, campaign: campaign.to_owned(), to: to.to_owned() })
    }

    /// Writes a step of a project.
    pub(super) fn add(&mut self, id: &str, key: &str, step: Step, about: About) -> Result<(), Failure> {
        let About { number, url, commit, class, message } = about;
        let entry = Entry {
            schema: SCHEMA.to_owned(),
            at: today::since_1970().as_secs(),
            campaign: self.campaign.clone(),
            to: self.to.clone(),
            id: id.to_owned(),
            key: key.to_owned(),
            step,
            number,
            url,
            commit,
            class,
            message,
        };
        let line = serde_json::to_string(&entry).expect("strings and numbers always fit into JSON");
        self.log.append(&line).map_err(cannot_write)?;
        self.journal.take(&entry, &self.to);
        Ok(())
    }
}

/// What a step is about.
#[derive(Debug, Clone, Default)]
pub(super) struct About {
    pub(super) number: Option<u64>,
    pub(super) url: Option<String>,
    pub(super) commit: Option<String>,
    pub(super) class: Option<String>,
    pub(super) message: Option<String>,
}

fn cannot_write(error: launchway_core::ApplyError) -> Failure {
    let hint = "what was written before stays; name a folder that can be written to, and run the same again";
    Failure::of(Exit::CannotWrite, error).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(step: &str, more: &str) -> String {
        format!(
            "{{\"schema\":\"{SCHEMA}\",\"at\":1,\"campaign\":\"c\",\"to\":\"1.1.0\",\"id\":\"a\",\"key\":\"k\",\"step\":\"{step}\"{more}}}\n"
        )
    }

    fn parse(text: &str) -> Result<Journal, Failure> {
        Journal::parse(text, "1.1.0", Path::new("publish.jsonl"))
    }

    #[test]
    fn the_last_step_that_says_something_is_how_a_project_stands() {
        let mut text = String::new();
        for (step, more, state) in [
            ("pushing", ",\"commit\":\"1\"", None),
            ("pushed", ",\"commit\":\"1\"", None),
            ("opening", "", None),
            ("failed", ",\"class\":\"protected\",\"message\":\"no\"", Some(PublishedState::Failed)),
            ("opened", ",\"number\":7,\"url\":\"u\"", Some(PublishedState::Open)),
            ("labelling", ",\"number\":7", Some(PublishedState::Open)),
            ("labelled", ",\"number\":7", Some(PublishedState::Open)),
            ("declined", ",\"number\":7", Some(PublishedState::Declined)),
        ] {
            text += &line(step, more);
            assert_eq!(parse(&text).unwrap().of("a").unwrap().state, state, "{step}");
        }
        let journal = parse(&text).unwrap();
        assert!(journal.knows("1") && journal.of("a").unwrap().is_labelled(7) && journal.created == [1, 1]);
        assert!(!journal.of("a").unwrap().is_labelled(8));
        assert_eq!(journal.of("a").unwrap().pushed, Some(("k".to_owned(), "1".to_owned())));
        let other = Journal::parse(&text, "1.2.0", Path::new("x")).unwrap();
        assert!(other.of("a").is_none() && other.knows("1"), "another version begins anew, and knows its own commits");
    }

    #[test]
    fn a_line_that_nobody_has_written_is_named() {
        for (text, said) in [
            (line("opened", "") + "{}\n", "line 2 of `publish.jsonl` is no step of a fleet: missing field"),
            (line("opened", ",\"x\":1"), "unknown field `x`"),
            (line("opened", "").replace("publish/1", "publish/2"), "it is of another schema"),
        ] {
            let failure = parse(&text).unwrap_err();
            assert_eq!(failure.exit, Exit::NotAsWritten);
            assert!(failure.message().contains(said), "{}", failure.message());
        }
    }
}
