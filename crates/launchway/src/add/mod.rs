//! A second service in the workspace of a project.

mod prepared;
mod report;
mod request;

use std::collections::BTreeMap;
use std::path::Path;

use launchway_core::{Addition, Edit, Project, edit};

use self::prepared::{NewService, load, prepare};
pub(crate) use self::request::AddRequest;
use self::request::Asks;
use crate::failure::{Exit, Failure, listed};
use crate::git::Git;
use crate::report::refuse_unexpected;
use crate::repository::begin::{begin, preview};
use crate::repository::index::{Index, WayBack};
use crate::repository::{Repository, filters, ignored_note, not_run};
use crate::{interrupt, projects, update};

/// Adds a service to the project of a folder.
pub(crate) fn run(request: &AddRequest) -> Result<(), Failure> {
    let cut_off = if request.dry_run { preview(&request.folder)? } else { None };
    let _lock = if request.dry_run { None } else { begin(&request.folder)? };
    let projects = projects::open(&request.folder)?;
    if projects.iter().any(|project| project.name == request.name) {
        return Err(Failure::new(Exit::Exists, format!("the project has a service `{}` already", request.name))
            .hint(format!("choose another name, or change that one: `launchway update --service {}`", request.name)));
    }
    let projects = if request.from.is_none() { projects::meant(projects) } else { projects };
    let from = whose_answers(projects, request.from.as_deref())?;
    let template = load(&from, request)?;
    let mut prepared = prepare(&from, &template, request)?;
    let new = prepared.addition.edits().into_iter().filter(|edit| edit.before.is_none()).map(|edit| edit.path);
    prepared.addition.notes.extend(ignored_note(&request.folder, new.collect::<Vec<_>>().iter()));
    let written: Vec<_> = prepared.addition.edits().into_iter().map(|edit| edit.path).collect();
    prepared.addition.notes.extend(filters::unknown_note(&request.folder, written.iter()));
    let dirty_hint =
        "commit them first, so that the change contains only the new service; `--allow-dirty` changes the files anyway";
    let dirty_hint = Some(dirty_hint).filter(|_| !request.allow_dirty);
    let repository = cut_off.map_or_else(|| repository(&request.folder, &prepared.addition, dirty_hint), Err);
    if request.dry_run {
        // A preview of what would be refused is shown all the same, and ends as the addition would.
        report::show(&prepared, request, None, repository.as_ref().err())?;
        repository?;
        return refuse_unexpected(request.expect.as_ref(), || prepared.addition.digest());
    }
    let repository = repository?;
    refuse_unexpected(request.expect.as_ref(), || prepared.addition.digest())?;
    let way_back = interrupt::uninterrupted(|| write(&prepared.context.name, &prepared.addition, &repository))?;
    report::show(&prepared, request, Some(&way_back), None)
}

/// Opens the repository, if it is in a state for what is to be written; `dirty_hint` is the way on where files that change have
/// changes which are not committed, and without it they are taken as they are.
pub(crate) fn repository(folder: &Path, addition: &Addition, dirty_hint: Option<&str>) -> Result<Repository, Failure> {
    let repository = Repository::open(folder, true)?;
    if let Some(hint) = dirty_hint {
        refuse_dirty(&repository, &addition.changes).map_err(|failure| failure.hint(hint))?;
    }
    repository.refuse_hidden(addition.edits().iter().map(|edit| &edit.path))?;
    Ok(repository)
}

/// Picks the service whose answers are taken: the one that is named, or the only one that was not added itself.
fn whose_answers(projects: Vec<Project>, wanted: Option<&str>) -> Result<Project, Failure> {
    let names = listed(projects.iter().map(|project| &project.name));
    let is_meant = |project: &Project| wanted.map_or(!project.is_member(), |name| project.name == name);
    let mut found: Vec<Project> = projects.into_iter().filter(is_meant).collect();
    match (found.len(), found.pop()) {
        (1, Some(project)) => Ok(project),
        (0, _) if wanted.is_some() => {
            let message = format!("the project has no service `{}`", wanted.unwrap_or_default());
            Err(Failure::new(Exit::Usage, message).hint(format!("it has {names}")))
        }
        _ => Err(Failure::new(Exit::Usage, format!("the project has more than one service: {names}"))
            .hint("say whose answers to take: `--from SERVICE`")),
    }
}

/// Writes the files of a service, or of a project that becomes a folder of the repository, and tells git; returns how
/// everything comes back.
pub(crate) fn write(name: &str, addition: &Addition, repository: &Repository) -> Result<WayBack, Failure> {
    let edits = addition.edits();
    let no_conflicts = BTreeMap::new();
    let index = Index::read(repository, &edits, &no_conflicts, &BTreeMap::new())?;
    let way_back = index.keep(name, Some(name))?;
    let _step = tracing::info_span!("write", what = %repository.root.display(), files = edits.len()).entered();
    edit(&repository.root, &edits).map_err(|error| update::not_written(error, &way_back, repository))?;
    index.stage(&way_back)?;
    Ok(way_back)
}

/// Refuses to change a file of which git does not have the newest state.
fn refuse_dirty(repository: &Repository, changes: &[Edit]) -> Result<(), Failure> {
    let paths = changes.iter().map(|change| change.path.as_str());
    let words: Vec<&str> =
        ["status", "--porcelain", "-z", "--untracked-files=all", "--"].into_iter().chain(paths).collect();
    if changes.is_empty() || Git::of_user(&repository.root).bytes(&words, &[]).map_err(not_run)?.is_empty() {
        return Ok(());
    }
    let files: Vec<String> = changes.iter().map(|change| format!("`{}`", change.path)).collect();
    let message = format!("there are changes that are not committed, in {}", files.join(" or "));
    Err(Failure::new(Exit::Exists, message))
}
