//! Agreements that a project breaks on purpose, and files of the template that it has changed on purpose: a waiver is written, changed
//! or ended.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::Args;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use launchway_core::{Date, Edit, Project, Waiver, WaiverError, Waivers, edit, waivable};

use crate::failure::{Exit, Failure, listed};
use crate::projects::{self, only};
use crate::repository::begin::begin;
use crate::repository::{refuse_hidden_file, say_ignored};
use crate::today::today;
use crate::{interrupt, language, terminal};

const AFTER_HELP: &str = "\
`launchway check` names the id of each agreement that it finds broken, and of each file of the template that was changed. A waiver keeps \
that one finding from failing the check, and the check lists it every time. It is in `.launchway/NAME.waivers`, a text file to be committed, which no update touches. \
After the date of `--until`, by UTC, the check fails again.";

/// What `launchway waive` is asked for.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct WaiveRequest {
    /// The id of what was found, as `launchway check` names it
    #[arg(value_name = "ID", add = ArgValueCompleter::new(ids))]
    id: String,
    /// Why it may be so
    #[arg(long, value_name = "TEXT", required_unless_present = "end", conflicts_with = "end")]
    because: Option<String>,
    /// The last day of the waiver, as YYYY-MM-DD; without it only `--end` ends it
    #[arg(long, value_name = "DATE", conflicts_with = "end")]
    until: Option<String>,
    /// Ends the waiver
    #[arg(long)]
    end: bool,
    /// The folder of the project, with `.launchway` in it
    #[arg(long = "dir", value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// Which project, where the folder holds more than one
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
}

impl WaiveRequest {
    /// Returns the folder of the project, to be replaced by the one that is found.
    pub(crate) fn folder_mut(&mut self) -> &mut PathBuf {
        &mut self.folder
    }
}

/// Writes, changes or ends a waiver.
pub(crate) fn run(request: &WaiveRequest) -> Result<(), Failure> {
    let folder = request.folder.as_path();
    let _lock = begin(folder)?;
    let project = only(projects::open(folder)?, request.service.as_deref())?;
    let waivers = read(folder, &project)?;
    let (change, said) = if request.end {
        (waivers.without(&request.id).map_err(|error| refused(&error, &waivers))?, ended(request, &waivers))
    } else {
        let waiver = waiver(request, &project).map_err(|error| refused(&error, &waivers))?;
        (waivers.with(&waiver).map_err(|error| refused(&error, &waivers))?, waived(&waiver, &waivers))
    };
    let is_there = change.after.is_some();
    refuse_hidden_file(folder, waivers.path())?;
    write(folder, change)?;
    say_ignored(folder, [waivers.path()].into_iter().filter(|_| is_there));
    terminal::print(&format!("{}\n", terminal::visible_line(&said)))
}

/// Reads the waivers of a project.
pub(crate) fn read(folder: &Path, project: &Project) -> Result<Waivers, Failure> {
    Waivers::read(folder, &project.name).map_err(|error| {
        let hint = match error {
            WaiverError::Conflicted { .. } => "two branches have changed it: resolve the conflict, then `git add` it",
            _ => "fix the line; `launchway waive` writes such a file",
        };
        Failure::new(Exit::Usage, format!("the waivers cannot be used: {error}")).hint(hint)
    })
}

fn waiver(request: &WaiveRequest, project: &Project) -> Result<Waiver, WaiverError> {
    let until = request.until.as_deref().map(Date::parse).transpose()?;
    Waiver::new(project, &request.id, request.because.as_deref().unwrap_or_default(), until, today())
}

fn write(folder: &Path, change: Edit) -> Result<(), Failure> {
    interrupt::uninterrupted(|| edit(folder, &[change]))?;
    Ok(())
}

fn waived(waiver: &Waiver, waivers: &Waivers) -> String {
    let file = waivers.path();
    match waiver.until {
        Some(until) => language::filled(
            "`{id}` is waived until {until}; commit `{file}`",
            &[("id", &waiver.id), ("until", &until), ("file", file)],
        ),
        None => language::filled("`{id}` is waived; commit `{file}`", &[("id", &waiver.id), ("file", file)]),
    }
}

fn ended(request: &WaiveRequest, waivers: &Waivers) -> String {
    let values: [(&str, &dyn std::fmt::Display); 2] = [("id", &request.id), ("file", waivers.path())];
    language::filled("the waiver of `{id}` has ended; commit `{file}`", &values)
}

/// Says what is wrong, and what helps.
fn refused(error: &WaiverError, waivers: &Waivers) -> Failure {
    let failure = Failure::new(Exit::Usage, error.to_string());
    match error {
        WaiverError::UnknownId { nearest: Some(nearest), .. } => failure.hint(format!("did you mean `{nearest}`?")),
        WaiverError::UnknownId { .. } => {
            failure.hint("`launchway check` names the id of each finding that can be waived")
        }
        WaiverError::NoReason => failure.hint("give it with `--because \"…\"`: the check shows it to its readers"),
        WaiverError::NoDate(_) => failure.hint("write it as YYYY-MM-DD, for example `--until 2030-06-30`"),
        WaiverError::PastDate(_) => failure.hint("choose a day from today on, or leave out `--until`"),
        WaiverError::NotWaived(_) => {
            let ids = listed(waivers.list().iter().map(|waiver| &waiver.id));
            let none = "nothing is waived here".to_owned();
            failure.hint(if ids.is_empty() { none } else { format!("waived here: {ids}") })
        }
        WaiverError::Conflicted { .. } | WaiverError::Unreadable { .. } => {
            failure.hint("fix the line; `launchway waive` writes such a file")
        }
    }
}

/// Completes the ids by which something of the project that the shell stands in can be waived.
fn ids(current: &OsStr) -> Vec<CompletionCandidate> {
    let typed = current.to_string_lossy();
    let folder = projects::find(Path::new("."), "").map_or_else(|_| PathBuf::from("."), |found| found.folder);
    let projects = Project::open_all(folder.as_path()).unwrap_or_default();
    let of = |project: &Project| {
        let says: BTreeMap<_, _> = project.agreements.iter().map(|it| (it.id.clone(), it.says.clone())).collect();
        let candidate = move |id: String| {
            let says = says.get(&id).cloned();
            CompletionCandidate::new(id).help(says.map(Into::into))
        };
        waivable(project).into_iter().filter(|id| id.starts_with(&*typed)).map(candidate).collect::<Vec<_>>()
    };
    projects.iter().flat_map(of).collect()
}
