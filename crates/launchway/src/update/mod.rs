//! A template's new version, or another answer, merged into a project that people have changed.

mod answers;
mod both;
mod merge;
mod prepared;
mod report;
mod request;

use std::thread;

use launchway_core::{Lock, Project, SafePath, edit};

use self::both::Both;
use self::prepared::{ProjectUpdate, load_version};
pub(crate) use self::prepared::{load, prepare};
pub(crate) use self::request::{Keep, UpdateRequest};
use crate::failure::{Exit, Failure};
use crate::git::Git;
use crate::projects::split;
use crate::report::Output;
use crate::repository::index::Index;
use crate::repository::{Repository, not_run};
use crate::{interrupt, projects};

/// Updates the project of a folder.
pub(crate) fn run(request: &UpdateRequest) -> Result<(), Failure> {
    if let Some((message, hint)) = &request.place.fault {
        return Err(Failure::new(Exit::Usage, message).hint(hint));
    }
    if request.diff && request.output == Output::Json {
        return Err(
            Failure::new(Exit::Usage, "`--diff` is text, and `--output json` is not").hint("leave out one of them")
        );
    }
    if request.resolve_record {
        return resolve(request);
    }
    let (project, others) = split(projects::open(&request.place.folder)?, request.service.as_deref())?;
    let _lock = if request.dry_run { None } else { Some(Lock::take(&request.place.folder)?) };
    let open = || Repository::open(&request.place.folder, request.allow_dirty || request.dry_run);
    let (repository, loaded) = if request.template.is_none() && project.template.source == "builtin" {
        // What is part of the program is loaded while git is asked.
        thread::scope(|scope| {
            let repository = scope.spawn(open);
            let loaded = load(&project, request.to.as_deref(), request);
            (repository.join().expect("git is asked without a panic"), loaded)
        })
    } else {
        // Nothing is fetched for a repository that cannot be updated.
        let repository = open()?;
        (Ok(repository), load(&project, request.to.as_deref(), request))
    };
    let (repository, loaded) = (repository?, loaded?);
    let prepared = prepare(&project, &others, &loaded, request, &repository)?;
    let written = if request.dry_run { None } else { write(&prepared, &repository)? };
    // A preview of what would be refused is shown all the same, and ends as the update would.
    let refusal = repository.refusal().filter(|_| request.dry_run && !request.allow_dirty);
    let way_back = written.as_ref().map(|written| written.way_back.as_str());
    report::show(&prepared, request, way_back, refusal.as_ref())?;
    written.map_or(Ok(()), |written| written.staged)?;
    if let Some(refusal) = refusal {
        return Err(refusal);
    }
    if prepared.conflicts() == 0 { Ok(()) } else { Err(Failure::silent(Exit::Refused)) }
}

/// Makes one record of two for every project of the folder that needs it, and updates the projects to what it says.
fn resolve(request: &UpdateRequest) -> Result<(), Failure> {
    let _lock = if request.dry_run { None } else { Some(Lock::take(&request.place.folder)?) };
    let (names, mut others) = both::find(&request.place.folder)?;
    let is_meant = |name: &&String| request.service.as_ref().is_none_or(|service| service == *name);
    let mut conflicts = 0;
    for name in names.iter().filter(is_meant) {
        let repository = Repository::open_to_resolve(&request.place.folder)?;
        let both = Both::open(&request.place.folder, name)?;
        let loaded = load_version(both.newer(), request)?;
        let project = both.joined(&loaded.template, request)?;
        let prepared = prepare(&project, &others, &loaded, request, &repository)?;
        let written = if request.dry_run { None } else { write(&prepared, &repository)? };
        if !request.dry_run {
            stage_record(&repository, name)?;
        }
        report::show(&prepared, request, written.as_ref().map(|written| written.way_back.as_str()), None)?;
        written.map_or(Ok(()), |written| written.staged)?;
        conflicts += prepared.conflicts();
        others.push(project);
    }
    if conflicts == 0 { Ok(()) } else { Err(Failure::silent(Exit::Refused)) }
}

/// Tells git that the record is decided, also where one of its files is what it was.
fn stage_record(repository: &Repository, name: &str) -> Result<(), Failure> {
    let files = Project::record_files(name);
    let words: Vec<&str> = ["add", "--force", "--"].into_iter().chain(files.iter().map(SafePath::as_str)).collect();
    Git::of_user(&repository.root).bytes(&words, &[]).map(drop).map_err(not_run)
}

/// An update that was written.
struct UpdateResult {
    /// The command that brings everything back.
    way_back: String,
    /// Whether git was told.
    staged: Result<(), Failure>,
}

/// Writes the files and tells git, if there is anything to write.
fn write(prepared: &ProjectUpdate<'_>, repository: &Repository) -> Result<Option<UpdateResult>, Failure> {
    let edits = prepared.edits();
    if edits.is_empty() {
        return Ok(None);
    }
    interrupt::uninterrupted(|| {
        let index = Index::read(repository, &edits, &prepared.conflicts)?;
        let way_back = index.way_back(&index.keep(&prepared.project.name)?);
        let _step = tracing::info_span!("write", what = %repository.root.display(), files = edits.len()).entered();
        edit(&repository.root, &edits)
            .map_err(|error| Failure::from(error).hint(format!("bring everything back with `{way_back}`")))?;
        Ok(Some(UpdateResult { way_back, staged: index.stage() }))
    })
}
