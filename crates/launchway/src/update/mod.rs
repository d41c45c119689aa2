//! A template's new version, or another answer, merged into a project that people have changed.

mod answers;
mod both;
mod conflicts;
mod merge;
mod prepared;
mod rehearsal;
mod report;
mod request;
mod site;
mod transitions;
mod undo;

use std::collections::BTreeMap;
use std::thread;

use launchway_core::{ChangesDigest, EditError, OriginSource, Project, SafePath, edit};

use self::both::Both;
pub(crate) use self::merge::MergePlace;
use self::prepared::load_version;
pub(crate) use self::prepared::{ProjectUpdate, load, prepare};
pub(crate) use self::rehearsal::rehearse;
pub(crate) use self::report::{WIDTH, advised, file_rows, way_back_lines};
pub(crate) use self::request::{Keep, UpdateRequest};
pub(crate) use self::site::UpdateSite;
use self::undo::undo;
use crate::failure::{Exit, Failure};
use crate::git::Git;
use crate::projects::split;
use crate::report::{Output, refuse_unexpected};
use crate::repository::begin::{begin, preview};
use crate::repository::index::{Index, WayBack};
use crate::repository::{Repository, not_run};
use crate::{interrupt, projects};

/// Updates the project of a folder.
pub(crate) fn run(request: &UpdateRequest) -> Result<(), Failure> {
    if let Some((message, hint)) = &request.place.fault {
        return Err(Failure::new(Exit::Usage, message).hint(hint));
    }
    if request.undo {
        return undo(request);
    }
    if request.diff && request.output == Output::Json {
        return Err(
            Failure::new(Exit::Usage, "`--diff` is text, and `--output json` is not").hint("leave out one of them")
        );
    }
    if request.resolve_record {
        return resolve(request);
    }
    let folder = request.place.folder.as_path();
    let cut_off = if request.dry_run { preview(folder)? } else { None };
    let _lock = if request.dry_run { None } else { begin(folder)? };
    let (project, others) = split(projects::open(&request.place.folder)?, request.service.as_deref())?;
    let open = || Repository::open(&request.place.folder, request.allow_dirty || request.dry_run);
    let (repository, loaded) = if request.template.is_none() && project.template.source == OriginSource::Builtin {
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
    let service = (!others.is_empty()).then_some(project.name.as_str());
    let written = if request.dry_run { None } else { write(&prepared, request, &repository, service)? };
    // A preview of what would be refused is shown all the same, and ends as the update would; an outage is not refused, but to
    // be accepted.
    let dirty = || repository.refusal().filter(|_| !request.allow_dirty);
    let unexpected = || refuse_unexpected(request.expect.as_ref(), || prepared.digest()).err();
    let refused = || cut_off.or_else(dirty).or_else(|| prepared.transitions.refused()).or_else(unexpected);
    let refusal = if request.dry_run { refused() } else { None };
    report::show(&prepared, request, written.as_ref().map(|written| &written.way_back), refusal.as_ref())?;
    written.map_or(Ok(()), |written| written.staged)?;
    if let Some(refusal) = refusal {
        return Err(refusal);
    }
    if prepared.conflicts() == 0 { Ok(()) } else { Err(Failure::silent(Exit::Refused)) }
}

/// Makes one record of two for every project of the folder that needs it, and updates the projects to what it says.
fn resolve(request: &UpdateRequest) -> Result<(), Failure> {
    let mut refusal = if request.dry_run { preview(&request.place.folder)? } else { None };
    let _lock = if request.dry_run { None } else { begin(&request.place.folder)? };
    let (names, mut others) = both::find(&request.place.folder)?;
    let is_meant = |name: &&String| request.service.as_ref().is_none_or(|service| service == *name);
    refuse_one_digest_of_several(request, names.iter().filter(is_meant).count())?;
    let mut conflicts = 0;
    for name in names.iter().filter(is_meant) {
        let repository = Repository::open_to_resolve(&request.place.folder)?;
        let both = Both::open(&request.place.folder, name)?;
        let loaded = load_version(both.newer(), request)?;
        let project = both.joined(&loaded.template, request)?;
        let prepared = prepare(&project, &others, &loaded, request, &repository)?;
        let service = (names.len() + others.len() > 1).then_some(name.as_str());
        let written = if request.dry_run { None } else { write(&prepared, request, &repository, service)? };
        if request.dry_run {
            let unexpected = || refuse_unexpected(request.expect.as_ref(), || prepared.digest()).err();
            refusal = refusal.or_else(|| prepared.transitions.refused()).or_else(unexpected);
        } else {
            stage_record(&repository, name)?;
        }
        report::show(&prepared, request, written.as_ref().map(|written| &written.way_back), refusal.as_ref())?;
        written.map_or(Ok(()), |written| written.staged)?;
        conflicts += prepared.conflicts();
        others.push(project);
    }
    if let Some(refusal) = refusal {
        return Err(refusal);
    }
    if conflicts == 0 { Ok(()) } else { Err(Failure::silent(Exit::Refused)) }
}

/// Refuses a digest where each of several records has a preview of its own: the first would be written before the next is known.
fn refuse_one_digest_of_several(request: &UpdateRequest, records: usize) -> Result<(), Failure> {
    if request.expect.is_none() || records < 2 {
        return Ok(());
    }
    let message = format!("`--expect` names one preview, and {records} records have to be resolved");
    Err(Failure::new(Exit::Usage, message).hint("resolve one after the other, with `--service NAME`"))
}

/// Tells git that the record is decided, also where one of its files is what it was.
fn stage_record(repository: &Repository, name: &str) -> Result<(), Failure> {
    let files = Project::record_files(name);
    let words: Vec<&str> = ["add", "--force", "--"].into_iter().chain(files.iter().map(SafePath::as_str)).collect();
    Git::of_user(&repository.root).bytes(&words, &[]).map(drop).map_err(not_run)
}

/// An update that was written.
struct UpdateResult {
    /// How everything comes back.
    way_back: WayBack,
    /// Whether git was told.
    staged: Result<(), Failure>,
}

/// Writes the files and tells git, if there is anything to write. `service` is the name of the project where the folder has
/// more than one.
fn write(
    prepared: &ProjectUpdate<'_>,
    request: &UpdateRequest,
    repository: &Repository,
    service: Option<&str>,
) -> Result<Option<UpdateResult>, Failure> {
    if let Some(refusal) = prepared.transitions.refusal(request) {
        return Err(refusal);
    }
    let edits = prepared.edits();
    refuse_unexpected(request.expect.as_ref(), || ChangesDigest::of(&edits))?;
    if edits.is_empty() {
        return Ok(None);
    }
    let moves: BTreeMap<&SafePath, &SafePath> =
        prepared.files.iter().filter_map(|change| Some((&change.edit.path, change.from.as_ref()?))).collect();
    interrupt::uninterrupted(|| {
        let index = Index::read(repository, &edits, &prepared.conflicts, &moves)?;
        let way_back = index.keep(&prepared.project.name, service)?;
        let _step = tracing::info_span!("write", what = %repository.root.display(), files = edits.len()).entered();
        edit(&repository.root, &edits).map_err(|error| not_written(error, &way_back, repository))?;
        let staged = index.stage(&way_back);
        Ok(Some(UpdateResult { way_back, staged }))
    })
}

/// Says why nothing was written, or how everything comes back.
pub(crate) fn not_written(error: EditError, way_back: &WayBack, repository: &Repository) -> Failure {
    if matches!(error, EditError::Write { partly: true, .. }) {
        return Failure::from(error).hint(format!("restore everything with `{}`", way_back.command));
    }
    way_back.forget(repository);
    Failure::from(error)
}
