//! A template's new version, or another answer, merged into a project that people have changed.

mod answers;
mod merge;
mod prepared;
mod report;
mod request;

use std::thread;

use launchway_core::{Lock, Project, edit};

pub(crate) use self::answers::ask;
use self::prepared::Prepared;
pub(crate) use self::prepared::{load, prepare};
pub(crate) use self::request::UpdateRequest;
use crate::failure::{Exit, Failure};
use crate::interrupt;
use crate::projects::split;
use crate::repository::Repository;
use crate::repository::index::Index;

/// Updates the project of a folder.
pub(crate) fn run(request: &UpdateRequest) -> Result<(), Failure> {
    let (project, others) = split(Project::open_all(&request.folder)?, request.service.as_deref())?;
    let _lock = if request.dry_run { None } else { Some(Lock::take(&request.folder)?) };
    let open = || Repository::open(&request.folder, request.allow_dirty || request.dry_run);
    let (repository, loaded) = if request.template.is_none() && project.template.source == "builtin" {
        // What is part of the program is loaded while git is asked.
        thread::scope(|scope| {
            let repository = scope.spawn(open);
            let loaded = load(&project, request);
            (repository.join().expect("git is asked without a panic"), loaded)
        })
    } else {
        // Nothing is fetched for a repository that cannot be updated.
        let repository = open()?;
        (Ok(repository), load(&project, request))
    };
    let (repository, loaded) = (repository?, loaded?);
    let prepared = prepare(&project, &others, loaded, request, &repository)?;
    let written = if request.dry_run { None } else { write(&prepared, &repository)? };
    report::show(&prepared, request, written.as_ref().map(|written| written.way_back.as_str()))?;
    written.map_or(Ok(()), |written| written.staged)?;
    if prepared.conflicts() == 0 { Ok(()) } else { Err(Failure::silent(Exit::Refused)) }
}

/// An update that was written.
struct Written {
    /// The command that brings everything back.
    way_back: String,
    /// Whether git was told.
    staged: Result<(), Failure>,
}

/// Writes the files and tells git, if there is anything to write.
fn write(prepared: &Prepared<'_>, repository: &Repository) -> Result<Option<Written>, Failure> {
    let edits = prepared.edits();
    if edits.is_empty() {
        return Ok(None);
    }
    interrupt::uninterrupted(|| {
        let index = Index::read(repository, &edits, &prepared.conflicts)?;
        let way_back = index.way_back(&index.keep(&prepared.project.name)?);
        edit(&repository.root, &edits)
            .map_err(|error| Failure::from(error).hint(format!("bring everything back with `{way_back}`")))?;
        Ok(Some(Written { way_back, staged: index.stage() }))
    })
}
