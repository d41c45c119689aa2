//! An update that is computed, and not yet written.

use std::collections::{BTreeMap, BTreeSet};

use launchway_core::{Conflict, Edit, FileChange, Obstacle, Plan, Project, SafePath, Status, Template, Update, Wishes};

use super::UpdateRequest;
use super::answers::{self, Answered, ChangedAnswer};
use super::merge::merge;
use crate::catalogs::{self, CatalogPolicy};
use crate::failure::{Exit, Failure};
use crate::repository::Repository;
use crate::sources::{self, Loaded};

/// An update that is computed, and not yet written.
pub(crate) struct Prepared<'p> {
    pub(crate) project: &'p Project,
    pub(crate) template: Template,
    pub(crate) answers: Vec<ChangedAnswer>,
    pub(crate) notes: Vec<String>,
    pub(crate) files: Vec<FileChange>,
    pub(crate) record: Vec<Edit>,
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
pub(crate) fn load(project: &Project, request: &UpdateRequest) -> Result<Loaded, Failure> {
    let (to, template) = (request.to.as_deref(), request.template.as_deref());
    let mut loaded = sources::of_project(&project.template, to, template, &request.sources)?;
    sources::translate(&mut loaded.template)?;
    let policy = match (loaded.policy, &project.catalog) {
        (None, Some(catalog)) => catalogs::of_project(catalog, &request.sources)?,
        (policy, _) => policy,
    };
    Ok(Loaded { policy, ..loaded })
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
    let Answered { mut context, moves, notes } = answers::gather(&template, project, policy.as_ref(), request)?;
    context.catalog = policy.as_ref().map(CatalogPolicy::origin).or_else(|| project.catalog.clone());
    let plan = Plan::new(&template, &context)?;
    let heal = request.heal.iter().map(|path| healed(path)).collect::<Result<BTreeSet<SafePath>, Failure>>()?;
    let wishes = Wishes { moves, heal, ignores_modes: repository.ignores_modes };
    let root = request.folder.as_path();
    let update = Update::new(root, project, &plan, &wishes).map_err(|obstacles| in_the_way(&obstacles))?;
    if let Some(path) = update.unknown(&wishes.heal).first() {
        return Err(not_healed(path, project));
    }
    refuse_marks(&update)?;
    let label = format!("{}-{}", template.id, template.version);
    let known = update.paths();
    let is_known = |path: &SafePath| known.contains(path) || others.iter().any(|it| it.generated.contains_key(path));
    let resolution = merge(&update, &label, || repository.others(is_known, &update.missing_sizes()))?;
    let files = update.changes(root, &resolution).map_err(|obstacles| in_the_way(&obstacles))?;
    let changed = files.iter().map(|change| &change.edit).filter(|edit| edit.before != edit.after);
    repository.refuse_sparse(update.missing().into_iter().chain(changed.map(|edit| &edit.path)))?;
    let made = (&template, &context, &plan);
    let record = update.record(root, made, &resolution).map_err(|obstacles| in_the_way(&obstacles))?;
    let answers = answers::changed(project, &context);
    let conflicts = resolution.conflicts;
    Ok(Prepared { project, template, answers, notes, files, record, conflicts })
}

/// Reads a path to heal: as a shell completes it, with `./` before or `/` after.
fn healed(path: &str) -> Result<SafePath, Failure> {
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
