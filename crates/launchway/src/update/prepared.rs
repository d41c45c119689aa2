//! An update that is computed, and not yet written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use launchway_core::template::Migrated;
use launchway_core::{
    Accepted, Blob, Conflict, Context, Edit, FileChange, Interview, Obstacle, Plan, Project, Provenance, SafePath,
    Status, Template, Update, Wishes,
};

use super::UpdateRequest;
use super::answers::{self, AnswerChange};
use super::merge::{Moved, merge};
use super::report;
use crate::catalogs::{self, CatalogPolicy};
use crate::failure::{Exit, Failure};
use crate::repository::Repository;
use crate::repository::index::before_update;
use crate::repository::undo::can_undo;
use crate::sources::{self, LoadedTemplate};
use crate::wizard::walk::{State, Walk};
use crate::wizard::{GO, KnownAnswers, Purpose, Review, complete, edit_key, overruled, quit_key, refuse_unused};
use crate::{language, terminal};

/// An update that is computed, and not yet written.
pub(crate) struct ProjectUpdate<'p> {
    pub(crate) project: &'p Project,
    pub(crate) template: &'p Template,
    pub(crate) answers: Vec<AnswerChange>,
    pub(crate) notes: Vec<String>,
    pub(crate) files: Vec<FileChange>,
    pub(crate) record: Vec<Edit>,
    pub(crate) conflicts: BTreeMap<SafePath, Conflict>,
}

impl ProjectUpdate<'_> {
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
pub(crate) fn load(project: &Project, request: &UpdateRequest) -> Result<LoadedTemplate, Failure> {
    let (to, template) = (request.to.as_deref(), request.template.as_deref());
    let mut loaded = sources::of_project(&project.template, to, template, &request.sources)?;
    sources::translate(&mut loaded.template)?;
    let policy = match (loaded.policy, &project.catalog) {
        (None, Some(catalog)) => catalogs::of_project(catalog, &request.sources)?,
        (policy, _) => policy,
    };
    Ok(LoadedTemplate { policy, ..loaded })
}

/// Computes an update: what a preview shows, and what is written, is the same.
pub(crate) fn prepare<'p>(
    project: &'p Project,
    others: &'p [Project],
    loaded: &'p LoadedTemplate,
    request: &'p UpdateRequest,
    repository: &'p Repository,
) -> Result<ProjectUpdate<'p>, Failure> {
    let template = &loaded.template;
    let (KnownAnswers { answers, defaults, notes }, migrated) =
        answers::gather(template, project, loaded.policy.as_ref(), request)?;
    let may_ask = terminal::is_interactive() && !request.no_input;
    let walk = Walk::new(template, answers, defaults, State::default());
    complete(walk, may_ask, &mut UpdatePurpose { project, others, loaded, request, repository, migrated, notes })
}

/// An update, apart from its answers.
struct UpdatePurpose<'p> {
    project: &'p Project,
    others: &'p [Project],
    loaded: &'p LoadedTemplate,
    request: &'p UpdateRequest,
    repository: &'p Repository,
    migrated: Migrated,
    notes: Vec<String>,
}

impl<'p> Purpose for UpdatePurpose<'p> {
    type Outcome = ProjectUpdate<'p>;

    fn compute(&self, interview: &Interview<'_>) -> Result<ProjectUpdate<'p>, Failure> {
        let context = self.context(interview)?;
        let notes = self.notes.iter().cloned().chain(overruled(interview)).collect();
        self.merged(&context, notes)
    }

    fn review(&self, _: &Interview<'_>, update: &ProjectUpdate<'p>) -> Option<Review> {
        let review = || Review {
            title: language::filled("Review: {project}", &[("project", &self.project.name)]),
            text: report::text(update, self.request),
            keys: vec![(GO, language::text("update the project")), edit_key(), quit_key()],
        };
        (!self.request.dry_run).then(review)
    }

    fn may_change(&self, accepted: &Accepted<'_>) -> bool {
        let is_name = accepted.question.id == self.loaded.template.name_question;
        !is_name && !matches!(accepted.provenance, Provenance::Policy(_))
    }
}

impl<'p> UpdatePurpose<'p> {
    fn context(&self, interview: &Interview<'_>) -> Result<Context, Failure> {
        if !interview.problems.is_empty() {
            return Err(interview.problems.clone().into());
        }
        refuse_unused(interview)?;
        let mut context =
            interview.context()?.ok_or_else(|| Failure::new(Exit::Internal, "the answers are not complete"))?;
        let catalog = self.loaded.policy.as_ref().map(CatalogPolicy::origin);
        context.catalog = catalog.or_else(|| self.project.catalog.clone());
        Ok(context)
    }

    /// Merges what comes of the answers into the project.
    fn merged(&self, context: &Context, notes: Vec<String>) -> Result<ProjectUpdate<'p>, Failure> {
        let (template, project, repository) = (&self.loaded.template, self.project, self.repository);
        let plan = tracing::info_span!("render", what = "the files").in_scope(|| Plan::new(template, context))?;
        let wishes = self.wishes(context)?;
        let root = self.request.folder.as_path();
        let update = Update::new(root, project, &plan, &wishes).map_err(|obstacles| in_the_way(&obstacles))?;
        if let Some(path) = update.unknown(&wishes.heal).first() {
            return Err(not_healed(path, project));
        }
        refuse_marks(&update, root, &project.name)?;
        let label = format!("{}-{}", template.id, template.version);
        let resolution =
            tracing::info_span!("merge", what = label).in_scope(|| merge(&update, &label, || self.moved(&update)))?;
        let files = update.changes(root, &resolution).map_err(|obstacles| in_the_way(&obstacles))?;
        let changed = files.iter().map(|change| &change.edit).filter(|edit| edit.before != edit.after);
        repository.refuse_hidden(update.missing().into_iter().chain(changed.map(|edit| &edit.path)))?;
        let made = (template, context, &plan);
        let record = update.record(root, made, &resolution).map_err(|obstacles| in_the_way(&obstacles))?;
        repository.refuse_hidden(record.iter().filter(|edit| edit.before != edit.after).map(|edit| &edit.path))?;
        let answers = answers::changed(project, context);
        Ok(ProjectUpdate { project, template, answers, notes, files, record, conflicts: resolution.conflicts })
    }

    fn wishes(&self, context: &Context) -> Result<Wishes, Failure> {
        let heal =
            self.request.heal.iter().map(|path| healed(path)).collect::<Result<BTreeSet<SafePath>, Failure>>()?;
        let moves = self.loaded.template.rendered_moves(context, &self.migrated)?;
        Ok(Wishes { moves, heal, ignores_modes: self.repository.ignores_modes })
    }

    /// Reads the user's own files that are missing ones of the template under another name.
    fn moved(&self, update: &Update) -> BTreeMap<SafePath, Moved> {
        let known = update.paths();
        let is_known =
            |path: &SafePath| known.contains(path) || self.others.iter().any(|it| it.generated.contains_key(path));
        let moved = self.repository.moved(&self.project.name, &update.missing());
        let root = self.request.folder.as_path();
        let read = |(to, from): (SafePath, SafePath)| Some((to.clone(), Moved { blob: Blob::read(root, &to)?, from }));
        moved.into_iter().filter(|(path, _)| !is_known(path)).filter_map(read).collect()
    }
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
fn refuse_marks(update: &Update, root: &Path, name: &str) -> Result<(), Failure> {
    let marked: Vec<String> = update.conflicted().into_iter().map(|path| format!("`{path}`")).collect();
    if marked.is_empty() {
        return Ok(());
    }
    let failure = Failure::new(Exit::Refused, format!("conflicts are left in {}", marked.join(", ")))
        .hint("solve them and commit; marks that belong to the text can be indented by a space");
    if !can_undo(root, name) {
        return Err(failure);
    }
    let kept = before_update(name);
    Err(failure.hint(format!(
        "`launchway update --undo` takes the update back that left them; what was never committed before it is in `{kept}`"
    )))
}

fn not_healed(path: &SafePath, project: &Project) -> Failure {
    if project.seeded.contains(path) {
        return Failure::new(Exit::Usage, format!("`{path}` is yours since it was written, and is not healed"))
            .hint("git has what it was: `git log -- FILE`");
    }
    Failure::new(Exit::Usage, format!("the template has no file `{path}` to heal"))
        .hint("`launchway check` lists the files that drifted")
}
