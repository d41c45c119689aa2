//! An update that is computed, and not yet written.

use std::collections::{BTreeMap, BTreeSet};

use launchway_core::{
    Conflict, DefaultKept, Edit, FileChange, Obstacle, Plan, Project, SafePath, Status, Template, Update, Wishes,
};

use super::answers::{self, Answered, Asked, ChangedAnswer};
use super::merge::merge;
use super::{Keep, UpdateRequest};
use crate::catalogs::{self, CatalogPolicy};
use crate::failure::{Exit, Failure};
use crate::repository::{Repository, ignored_note};
use crate::sources::{self, Loaded};

/// An update that is computed, and not yet written.
pub(crate) struct Prepared<'p> {
    pub(crate) project: &'p Project,
    pub(crate) template: Template,
    pub(crate) answers: Vec<ChangedAnswer>,
    pub(crate) notes: Vec<String>,
    pub(crate) offers: Vec<DefaultKept>,
    pub(crate) files: Vec<FileChange>,
    pub(crate) record: Vec<Edit>,
    /// Whether all that changes is that the record forgets conflicts which are decided.
    pub(crate) only_clears: bool,
    pub(crate) conflicts: BTreeMap<SafePath, Conflict>,
}

impl Prepared<'_> {
    /// Returns the edits, those of the record last.
    pub(crate) fn edits(&self) -> Vec<Edit> {
        let files = self.files.iter().map(|change| &change.edit);
        files.chain(&self.record).filter(|edit| edit.before != edit.after).cloned().collect()
    }

    pub(crate) fn conflicts(&self) -> usize {
        self.files.iter().filter(|change| change.status == Status::Conflict).count()
    }
}

/// Loads the version to update to, with what the catalog says now that the project was made through.
pub(crate) fn load(project: &Project, to: Option<&str>, request: &UpdateRequest) -> Result<Loaded, Failure> {
    let mut loaded = sources::of_project(&project.template, to, request.template.as_deref(), &request.sources)?;
    sources::translate(&mut loaded.template)?;
    let policy = match (loaded.policy, &project.catalog) {
        (None, Some(catalog)) => catalogs::of_project(catalog, &request.sources)?,
        (policy, _) => policy,
    };
    Ok(Loaded { policy, ..loaded })
}

/// Loads the version that a project has, or the newest one where it follows a branch.
pub(super) fn load_version(project: &Project, request: &UpdateRequest) -> Result<Loaded, Failure> {
    let template = &project.template;
    let to = request.to.clone().or_else(|| template.tag.clone());
    let is_pinned = template.source == "git" && template.branch.is_none() && request.template.is_none();
    let to = to.or_else(|| template.commit.clone().filter(|_| is_pinned));
    load(project, to.as_deref(), request)
}

/// Computes an update: what a preview shows, and what is written, is the same.
pub(crate) fn prepare<'p>(
    project: &'p Project,
    others: &[Project],
    loaded: Loaded,
    request: &UpdateRequest,
    repository: &Repository,
) -> Result<Prepared<'p>, Failure> {
    let Loaded { template, policy } = loaded;
    let Answered { asked: Asked { mut context, mut notes, offers }, moves } =
        answers::gather(&template, project, policy.as_ref(), request)?;
    context.catalog = policy.as_ref().map(CatalogPolicy::origin).or_else(|| project.catalog.clone());
    let plan = Plan::new(&template, &context)?;
    let (wishes, kept) = wishes(project, request, repository, moves)?;
    let root = request.place.folder.as_path();
    let update = Update::new(root, project, &plan, &wishes).map_err(|obstacles| in_the_way(&obstacles))?;
    if let Some(path) = update.unknown(&wishes.heal).first() {
        return Err(not_healed(path, project));
    }
    if let Some(path) = update.not_to_keep(&kept).first() {
        return Err(Failure::new(Exit::Usage, format!("the template has no file `{path}` to keep out of updates"))
            .hint("an update never touches a file of your own"));
    }
    refuse_marks(&update)?;
    let label = format!("{}-{}", template.id, template.version);
    let is_known = |path: &SafePath| update.knows(path) || others.iter().any(|it| it.generated.contains_key(path));
    let mut resolution = merge(&update, &label, || repository.others(is_known, &update.missing_sizes()))?;
    update.contest(&mut resolution);
    let files = update.changes(root, &resolution).map_err(|obstacles| in_the_way(&obstacles))?;
    let changed = files.iter().map(|change| &change.edit).filter(|edit| edit.before != edit.after);
    repository.refuse_sparse(update.missing().into_iter().chain(changed.map(|edit| &edit.path)))?;
    let made = (&template, &context, &plan);
    let record_of = |conflicts: BTreeSet<SafePath>| {
        update.record(root, made, &resolution, conflicts).map_err(|obstacles| in_the_way(&obstacles))
    };
    let record = record_of(resolution.conflicts.keys().cloned().collect())?;
    let before = &project.remembered.conflicts;
    let is_whole = |edits: &[Edit]| edits.iter().all(|edit| edit.before == edit.after);
    let only_clears = !before.is_empty()
        && files.iter().all(|change| change.edit.before == change.edit.after)
        && is_whole(&record_of(before.clone())?);
    let new = files.iter().map(|change| &change.edit).chain(&record).filter(|edit| edit.before.is_none());
    let new = new.filter(|edit| edit.after.is_some() && !repository.tracks(&edit.path)).map(|edit| &edit.path);
    notes.extend(ignored_note(root, new));
    let answers = answers::changed(project, &context);
    let conflicts = resolution.conflicts;
    Ok(Prepared { project, template, answers, notes, offers, files, record, only_clears, conflicts })
}

/// Returns what the update is to do beside merging, and what it is to keep out of updates that was not before.
fn wishes(
    project: &Project,
    request: &UpdateRequest,
    repository: &Repository,
    moves: Vec<(SafePath, SafePath)>,
) -> Result<(Wishes, BTreeSet<SafePath>), Failure> {
    let heal = request.heal.iter().map(|path| named(path)).collect::<Result<BTreeSet<SafePath>, Failure>>()?;
    let (yours, kept) = yours(project, &request.place.keep)?;
    if let Some(path) = heal.iter().find(|path| path.is_among(&yours)) {
        return Err(Failure::new(Exit::Usage, format!("`{path}` is yours, and is not healed"))
            .hint(format!("`--keep=no {path}` lets updates have it again")));
    }
    Ok((Wishes { moves, heal, yours, ignores_modes: repository.ignores_modes }, kept))
}

/// Returns the files that stay out of updates from now on, and those of them that are new.
fn yours(project: &Project, wishes: &[Keep]) -> Result<(BTreeSet<SafePath>, BTreeSet<SafePath>), Failure> {
    let (mut yours, mut new) = (project.remembered.yours.clone(), BTreeSet::new());
    for wish in wishes {
        match wish {
            Keep::Yes(path) => {
                let path = named(path)?;
                if yours.insert(path.clone()) {
                    new.insert(path);
                }
            }
            Keep::No(path) => {
                let path = named(path)?;
                if !yours.remove(&path) {
                    return Err(not_kept(&path, &yours));
                }
            }
        }
    }
    Ok((yours, new))
}

fn not_kept(path: &SafePath, yours: &BTreeSet<SafePath>) -> Failure {
    let all: Vec<String> = yours.iter().map(|path| format!("`{path}`")).collect();
    let known = if all.is_empty() { "nothing is".to_owned() } else { format!("what is: {}", all.join(", ")) };
    Failure::new(Exit::Usage, format!("`{path}` is not kept out of updates")).hint(known)
}

/// Reads a path below the project: as a shell completes it, with `./` before or `/` after.
fn named(path: &str) -> Result<SafePath, Failure> {
    let path = path.strip_prefix("./").unwrap_or(path).trim_end_matches('/');
    SafePath::new(path).map_err(|error| {
        Failure::new(Exit::Usage, error.to_string())
            .hint("name the file by its path below the project, `deploy/ecs/README.md`")
    })
}

fn in_the_way(obstacles: &[Obstacle]) -> Failure {
    let all: Vec<String> = obstacles.iter().map(ToString::to_string).collect();
    Failure::new(Exit::Exists, format!("the project cannot be updated: {}", all.join("; ")))
        .hint("move it away, or make it a plain file; nothing was changed")
}

/// Refuses to merge into what an earlier merge has left.
fn refuse_marks(update: &Update) -> Result<(), Failure> {
    let marked: Vec<String> = update.conflicted().into_iter().map(|path| format!("`{path}`")).collect();
    if marked.is_empty() {
        return Ok(());
    }
    Err(Failure::new(Exit::Refused, format!("conflicts are left in {}", marked.join(", "))).hint(
        "solve them and commit; after an update that was cut off, `git restore --staged --worktree .` starts anew",
    ))
}

fn not_healed(path: &SafePath, project: &Project) -> Failure {
    if project.seeded.contains(path) {
        return Failure::new(Exit::Usage, format!("`{path}` is yours since it was written, and is not healed"))
            .hint("git has what it was: `git log -- FILE`");
    }
    Failure::new(Exit::Usage, format!("the template has no file `{path}` to heal"))
        .hint("`launchway check` lists the files that drifted")
}
