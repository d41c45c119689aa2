//! What came of one project: a file of its own, whose name says of what it is the result.

use std::path::{Path, PathBuf};

use launchway_core::write_result;
use serde::{Deserialize, Serialize};

use super::plan::{FleetPlan, PlannedProject};
use crate::failure::{Exit, Failure};
use crate::report::json;

pub(super) const SCHEMA: &str = "launchway.fleet-result/1";

/// What came of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// It is as the template has it.
    Unchanged,
    /// There is a commit to take over.
    Ready,
    /// Both sides have changed the same, and somebody has to decide.
    Conflict,
    /// The update would break what agrees today.
    CheckFailed,
    /// The command of `--verify` has failed.
    VerifyFailed,
    /// The update means an outage, or cannot be made in place.
    Refused,
    /// Something was in the way that may be gone the next time.
    Transient,
    /// The project cannot be updated as it is.
    Error,
}

impl State {
    #[cfg(test)]
    pub(super) const ALL: [Self; 8] = [
        Self::Unchanged,
        Self::Ready,
        Self::Conflict,
        Self::CheckFailed,
        Self::VerifyFailed,
        Self::Refused,
        Self::Transient,
        Self::Error,
    ];

    /// Returns its name, as it stands in files and reports.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Ready => "ready",
            Self::Conflict => "conflict",
            Self::CheckFailed => "check_failed",
            Self::VerifyFailed => "verify_failed",
            Self::Refused => "refused",
            Self::Transient => "transient",
            Self::Error => "error",
        }
    }

    pub(super) fn is_final(self) -> bool {
        self != Self::Transient
    }
}

/// What came of a project, as its file has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FleetResult {
    pub(super) schema: String,
    pub(super) key: String,
    pub(super) id: String,
    pub(super) head: String,
    pub(super) state: State,
    pub(super) branch: Option<String>,
    pub(super) commit: Option<String>,
    pub(super) tree: Option<String>,
    pub(super) files: Vec<ResultFile>,
    pub(super) findings: Vec<ResultFinding>,
    pub(super) attempts: u32,
    pub(super) error: Option<ResultError>,
}

/// A file, as `launchway.update/1` has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResultFile {
    pub(super) path: String,
    pub(super) status: String,
    pub(super) from: Option<String>,
    pub(super) changes: bool,
    pub(super) by: Option<String>,
    pub(super) keys: Vec<String>,
}

/// What agrees today and would not after the update.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResultFinding {
    pub(super) rule: String,
    pub(super) message: String,
    pub(super) files: Vec<String>,
}

/// Why there is no commit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResultError {
    pub(super) class: String,
    pub(super) message: String,
}

impl FleetResult {
    /// Begins the result of a project, of which nothing is known yet.
    pub(super) fn of(plan: &FleetPlan, project: &PlannedProject, attempts: u32) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            key: project.key(plan),
            id: project.id.clone(),
            head: project.head.clone(),
            state: State::Error,
            branch: None,
            commit: None,
            tree: None,
            files: Vec::new(),
            findings: Vec::new(),
            attempts,
            error: None,
        }
    }

    /// Reads the result of a key, if there is one.
    pub(super) fn read(results: &Path, key: &str) -> Result<Option<Self>, Failure> {
        let path = file_of(results, key, "json");
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(
                    Failure::new(Exit::Io, format!("cannot read `{}`: {error}", path.display())).caused_by(error)
                );
            }
            Ok(text) => text,
        };
        let fault = |fault: &str| {
            Failure::new(Exit::NotAsWritten, format!("`{}` is no result of a fleet: {fault}", path.display()))
                .hint("remove it, and `launchway fleet work` makes it again")
        };
        let found: Self = serde_json::from_str(&text).map_err(|error| fault(&error.to_string()))?;
        if found.schema != SCHEMA || found.key != key {
            return Err(fault("it is of another key, or of another schema"));
        }
        Ok(Some(found))
    }

    /// Writes the result; the objects of its commit come before it, so that what names them finds them.
    pub(super) fn write(&self, results: &Path, bundle: Option<&[u8]>) -> Result<(), Failure> {
        if let Some(bundle) = bundle {
            write(&file_of(results, &self.key, "bundle"), bundle)?;
        }
        write(&file_of(results, &self.key, "json"), json(self).as_bytes())
    }
}

/// Writes a file of a fleet, whole or not at all.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_result(path, bytes).map_err(|error| {
        let hint = "what was written before stays; name a folder that can be written to, and run the same again";
        Failure::of(Exit::CannotWrite, error).hint(hint)
    })
}

/// Returns the path of a file of a result: a folder for each two digits keeps the folders small.
pub(super) fn file_of(results: &Path, key: &str, ending: &str) -> PathBuf {
    results.join(key.get(..2).unwrap_or("00")).join(format!("{key}.{ending}"))
}
