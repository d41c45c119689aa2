//! An update that is computed, and not yet written.

use std::collections::{BTreeMap, BTreeSet};

use launchway_core::template::{Migrated, Reference};
use launchway_core::{
    Accepted, Advisory, Blob, ChangesDigest, Conflict, Context, DefaultKept, Edit, FileChange, Interview, MergedFile,
    Obstacle, OriginSource, Plan, Project, Provenance, RecordChange, Root, SafePath, Status, Template, Update, Wishes,
};

use super::answers::{self, AnswerChange};
use super::merge::{MergePlace, MovedFile, merge};
use super::site::UpdateSite;
use super::transitions::Transitions;
use super::{Keep, UpdateRequest, conflicts, report};
use crate::catalogs::{self, CatalogPolicy};
use crate::failure::{Exit, Failure, listed};
use crate::projects::meant_file;
use crate::repository::filters;
use crate::repository::index::before_update;
use crate::sources::{self, LoadedTemplate};
use crate::wizard::walk::{State, Walk};
use crate::wizard::{BecameOf, GO, KnownAnswers, Purpose, Review, complete, context_of, edit_key, quit_key};
use crate::{language, terminal};

/// An update that is computed, and not yet written.
pub(crate) struct ProjectUpdate<'p> {
    pub(crate) project: &'p Project,
    pub(crate) template: &'p Template,
    pub(crate) answers: Vec<AnswerChange>,
    pub(crate) notes: Vec<String>,
    pub(crate) offers: Vec<DefaultKept>,
    pub(crate) files: Vec<FileChange>,
    pub(crate) record: Vec<Edit>,
    /// Whether all that changes is that the record forgets conflicts which are decided.
    pub(crate) only_clears: bool,
    /// The files that were merged by structure.
    pub(crate) by_structure: BTreeMap<SafePath, MergedFile>,
    /// The conflicts whose sides git's index is to hold.
    pub(crate) conflicts: BTreeMap<SafePath, Conflict>,
    /// The dangers of the version that the project has, which the update ends.
    pub(crate) advisories: Vec<Advisory>,
    pub(crate) transitions: Transitions,
}

impl ProjectUpdate<'_> {
    /// Returns the edits, those of the record last.
    pub(crate) fn edits(&self) -> Vec<Edit> {
        let files = self.files.iter().map(|change| &change.edit);
        files.chain(&self.record).filter(|edit| edit.before != edit.after).cloned().collect()
    }

    /// Returns the digest of all that is written.
    pub(crate) fn digest(&self) -> ChangesDigest {
        ChangesDigest::of(&self.edits())
    }

    pub(crate) fn conflicts(&self) -> usize {
        self.files.iter().filter(|change| change.status == Status::Conflict).count()
    }
}

/// Loads the version to update to, with what the catalog says now that the project was made through.
pub(crate) fn load(project: &Project, to: Option<&str>, request: &UpdateRequest) -> Result<LoadedTemplate, Failure> {
    let mut loaded = sources::of_project(&project.template, to, request.template.as_deref(), &request.sources)?;
    sources::translate(&mut loaded.template)?;
    let policy = match (loaded.policy, &project.catalog) {
        (None, Some(catalog)) => catalogs::of_project(catalog, &request.sources)?,
        (policy, _) => policy,
    };
    Ok(LoadedTemplate { policy, ..loaded })
}

/// Loads the version that a project has, or the newest one where it follows a branch.
pub(super) fn load_version(project: &Project, request: &UpdateRequest) -> Result<LoadedTemplate, Failure> {
    let known = match &project.template.source {
        OriginSource::Builtin | OriginSource::Folder => None,
        OriginSource::Git(git) => match &git.reference {
            Reference::Tag(tag) => Some(tag),
            Reference::Commit if request.template.is_none() => Some(&git.commit),
            Reference::Branch(_) | Reference::Commit => None,
        },
    };
    load(project, request.to.as_ref().or(known).map(String::as_str), request)
}

/// Computes an update: what a preview shows, and what is written, is the same.
pub(crate) fn prepare<'p>(
    project: &'p Project,
    others: &'p [Project],
    loaded: &'p LoadedTemplate,
    request: &'p UpdateRequest,
    site: &'p dyn UpdateSite,
) -> Result<ProjectUpdate<'p>, Failure> {
    let template = &loaded.template;
    let (known, migrated) = answers::gather(template, project, loaded.policy.as_ref(), request)?;
    let may_ask = terminal::is_interactive() && !request.no_input;
    let walk = Walk::new(template, known.answers.clone(), known.defaults, State::default());
    complete(walk, may_ask, &mut UpdatePurpose { project, others, loaded, request, site, migrated, known })
}

/// An update, apart from its answers.
struct UpdatePurpose<'p> {
    project: &'p Project,
    others: &'p [Project],
    loaded: &'p LoadedTemplate,
    request: &'p UpdateRequest,
    site: &'p dyn UpdateSite,
    migrated: Migrated,
    known: KnownAnswers,
}

impl<'p> Purpose for UpdatePurpose<'p> {
    type Outcome = ProjectUpdate<'p>;

    fn compute(&self, interview: &Interview<'_>) -> Result<ProjectUpdate<'p>, Failure> {
        let context = self.context(interview)?;
        let mut became = self.known.became(interview)?;
        became.notes.extend(became.offers.iter().map(offered));
        self.merged(&context, became)
    }

    fn review<'r>(&'r self, _: &'r Interview<'_>, update: &'r ProjectUpdate<'p>) -> Option<Review<'r>> {
        let review = || Review {
            title: language::filled("Review: {project}", &[("project", &self.project.name)]),
            text: Box::new(move |columns| report::text(update, self.request, columns)),
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
        let mut context = context_of(interview)?;
        let catalog = self.loaded.policy.as_ref().map(CatalogPolicy::origin);
        context.catalog = catalog.or_else(|| self.project.catalog.clone());
        Ok(context)
    }

    /// Merges what comes of the answers into the project.
    fn merged(&self, context: &Context, became: BecameOf) -> Result<ProjectUpdate<'p>, Failure> {
        let (template, project) = (&self.loaded.template, self.project);
        let mut plan = tracing::info_span!("render", what = "the files").in_scope(|| Plan::new(template, context))?;
        let answers = answers::changed(project, context);
        let made = (template, context);
        let transitions = Transitions::planned(project, &self.migrated, made, &answers, &mut plan)?;
        let mut update = self.update(context, &plan)?;
        let moved = self.moved(&update);
        let of_user = moved.iter().filter(|(to, _)| !update.knows(to));
        let found = of_user.map(|(to, moved)| (moved.from.clone(), to.clone())).collect();
        update.find(found);
        let label = format!("{}-{}", template.id, template.version);
        let own_place = MergePlace::default();
        let place = self.site.merge_place().unwrap_or(&own_place);
        let merged = tracing::info_span!("merge", what = label).in_scope(|| merge(place, &update, &label, moved));
        let mut resolution = merged?;
        update.contest(&mut resolution);
        let by_structure =
            conflicts::settle(&update, (self.site.root(), project), (template, &plan), &mut resolution, self.request)?;
        let root = self.site.root();
        let files = update.changes(root, &resolution).map_err(|obstacles| in_the_way(&obstacles))?;
        refuse_other_spellings(root, &files)?;
        let changed = files.iter().map(|change| &change.edit).filter(|edit| edit.before != edit.after);
        let looked_at: Vec<&SafePath> = update.missing().into_keys().chain(changed.map(|edit| &edit.path)).collect();
        self.site.refuse_hidden(&looked_at)?;
        self.refuse_pointers(&update, &files)?;
        let made = (template, context, &plan);
        let RecordChange { edits: record, only_clears } =
            update.record(root, made, &resolution).map_err(|obstacles| in_the_way(&obstacles))?;
        let only_clears = only_clears && files.iter().all(|change| change.edit.before == change.edit.after);
        let rewritten = record.iter().filter(|edit| edit.before != edit.after);
        self.site.refuse_hidden(&rewritten.map(|edit| &edit.path).collect::<Vec<_>>())?;
        let BecameOf { mut notes, offers } = became;
        notes.extend(self.ignored(&files, &record));
        let written = files.iter().map(|change| &change.edit).filter(|edit| edit.before != edit.after);
        let written: Vec<&Edit> = written.filter(|edit| edit.after.is_some()).collect();
        notes.extend(self.site.unfiltered_note(&written));
        notes.extend(transitions.needless(self.request));
        let conflicts = conflicts::for_index(resolution, self.request);
        let advisories = Plan::advisories(template, context, &project.template.versions())?;
        Ok(ProjectUpdate {
            project,
            template,
            answers,
            notes,
            offers,
            files,
            record,
            only_clears,
            by_structure,
            conflicts,
            advisories,
            transitions,
        })
    }

    /// Holds the three sides against each other, and refuses what cannot be merged.
    fn update(&self, context: &Context, plan: &Plan) -> Result<Update, Failure> {
        let project = self.project;
        let (wishes, kept) = self.wishes(context)?;
        let root = self.site.root();
        let update = Update::new(root, project, plan, &wishes).map_err(|obstacles| in_the_way(&obstacles))?;
        if let Some(path) = update.unknown(&wishes.heal).first() {
            return Err(not_healed(path, project));
        }
        if let Some(path) = update.not_to_keep(&kept).first() {
            let hint = meant_file(
                project,
                path,
                "an update never touches a file of your own; one that you moved goes by the name that it was generated under",
            );
            let message = format!("the template has no file `{path}` to keep out of updates");
            return Err(Failure::new(Exit::Usage, message).hint(hint));
        }
        refuse_marks(&update, self.site, &project.name)?;
        Ok(update)
    }

    /// Refuses to merge into a file of which only a pointer is there; one that is healed needs no more.
    fn refuse_pointers(&self, update: &Update, files: &[FileChange]) -> Result<(), Failure> {
        let is_one = |blob: Option<&Blob>| blob.is_some_and(Blob::is_pointer);
        let is_meant = |change: &&FileChange| {
            let FileChange { status, edit, .. } = change;
            let is_concerned = edit.before != edit.after || *status == Status::Conflict;
            is_concerned && *status != Status::Healed && !is_one(self.project.generated.get(&edit.path))
        };
        let is_pointer =
            |change: &&FileChange| is_one(change.edit.before.as_ref()) || is_one(update.ours.get(&change.edit.path));
        match files.iter().filter(is_meant).find(is_pointer) {
            Some(change) => Err(filters::pointer_refused(&change.edit.path)),
            None => Ok(()),
        }
    }

    /// Names the new files that git is told to ignore.
    fn ignored(&self, files: &[FileChange], record: &[Edit]) -> Option<String> {
        let new = files.iter().map(|change| &change.edit).chain(record).filter(|edit| edit.before.is_none());
        let new = new.filter(|edit| edit.after.is_some());
        self.site.ignored_note(&new.map(|edit| &edit.path).collect::<Vec<_>>())
    }

    /// Returns what the update is to do beside merging, and what it is to keep out of updates that was not before.
    fn wishes(&self, context: &Context) -> Result<(Wishes, BTreeSet<SafePath>), Failure> {
        let heal = self.request.heal.iter().map(|path| named(path)).collect::<Result<BTreeSet<SafePath>, Failure>>()?;
        let (yours, kept) = yours(self.project, &self.request.place.keep)?;
        if let Some(path) = heal.iter().find(|path| path.is_among(&yours)) {
            return Err(Failure::new(Exit::Usage, format!("`{path}` is yours, and is not healed"))
                .hint(format!("`--keep=no {path}` lets updates have it again")));
        }
        let moves = self.loaded.template.rendered_moves(context, &self.migrated)?;
        Ok((Wishes { moves, heal, yours, ignores_modes: self.site.ignores_modes() }, kept))
    }

    /// Reads the user's own files that are missing ones of the template under another name.
    fn moved(&self, update: &Update) -> BTreeMap<SafePath, MovedFile> {
        let missing = update.missing();
        if missing.is_empty() {
            return BTreeMap::new();
        }
        // A name that the template has as well is one that both sides have given the file.
        let is_of_another = |path: &SafePath| self.others.iter().any(|it| it.generated.contains_key(path));
        let is_known = |path: &SafePath| update.knows(path) && !update.ours.contains_key(path) || is_of_another(path);
        let moved = self.site.moved(&self.project.name, &missing);
        let root = self.site.root();
        let read = |(to, from): (SafePath, SafePath)| Some((to.clone(), MovedFile { blob: root.blob(&to)?, from }));
        moved.into_iter().filter(|(path, _)| !is_known(path)).filter_map(read).collect()
    }
}

/// Says that the template has another default than the one that stays.
fn offered(it: &DefaultKept) -> String {
    let today = it.today.as_ref().map(ToString::to_string).unwrap_or_default();
    format!(
        "the default of `{}` is `{today}` today; it stays `{}`, and `--take-defaults` changes it",
        it.question, it.is
    )
}

/// Returns the files that stay out of updates from now on, and those of them that are new.
fn yours(project: &Project, wishes: &[Keep]) -> Result<(BTreeSet<SafePath>, BTreeSet<SafePath>), Failure> {
    let (mut yours, mut new) = (project.remembered.yours.clone(), BTreeSet::new());
    for wish in wishes {
        match wish {
            Keep::Yes(path) => {
                let path = as_generated(project, named(path)?);
                if yours.insert(path.clone()) {
                    new.insert(path);
                }
            }
            Keep::No(path) => {
                let path = as_generated(project, named(path)?);
                if !yours.remove(&path) {
                    return Err(not_kept(&path, &yours));
                }
            }
        }
    }
    Ok((yours, new))
}

/// Returns the name that a file was generated under which the user has moved.
fn as_generated(project: &Project, path: SafePath) -> SafePath {
    let moved = project.remembered.moved.iter().find(|(_, to)| **to == path);
    moved.map_or(path, |(from, _)| from.clone())
}

fn not_kept(path: &SafePath, yours: &BTreeSet<SafePath>) -> Failure {
    let known = if yours.is_empty() { "nothing is".to_owned() } else { format!("what is: {}", listed(yours)) };
    Failure::new(Exit::Usage, format!("`{path}` is not kept out of updates")).hint(known)
}

/// Reads a path below the project: as a shell completes it, with `./` before or `/` after.
fn named(path: &str) -> Result<SafePath, Failure> {
    let path = path.strip_prefix("./").unwrap_or(path).trim_end_matches('/');
    SafePath::new(path).map_err(|error| {
        Failure::new(Exit::Usage, error.to_string())
            .hint("name the file by its path below the project, such as `README.md`")
    })
}

/// Refuses to write a file beside another one that some disks take for it, unless that one goes.
fn refuse_other_spellings(root: Root<'_>, files: &[FileChange]) -> Result<(), Failure> {
    let is_new = |edit: &&Edit| edit.before.is_none() && edit.after.is_some();
    let goes =
        |other: &str| files.iter().any(|change| change.edit.path.as_str() == other && change.edit.after.is_none());
    let obstacle = |edit: &Edit| {
        let other = root.other_spelling(&edit.path).filter(|other| !goes(other))?;
        let reason = format!("and `{other}`, which is there, are the same path on some disks");
        Some(Obstacle { path: edit.path.clone(), reason })
    };
    let obstacles: Vec<_> = files.iter().map(|change| &change.edit).filter(is_new).filter_map(obstacle).collect();
    if obstacles.is_empty() {
        return Ok(());
    }
    Err(in_the_way(&obstacles).hint("rename one of them, or keep the template's out of updates: `--keep PATH`"))
}

pub(super) fn in_the_way(obstacles: &[Obstacle]) -> Failure {
    let all: Vec<String> = obstacles.iter().map(ToString::to_string).collect();
    Failure::new(Exit::Exists, format!("the project cannot be updated: {}", all.join("; ")))
        .hint("move it away, or make it a plain file; nothing was changed")
}

/// Refuses to merge into what an earlier merge has left.
fn refuse_marks(update: &Update, site: &dyn UpdateSite, name: &str) -> Result<(), Failure> {
    let marked = update.conflicted(site.root());
    if marked.is_empty() {
        return Ok(());
    }
    let failure = Failure::new(Exit::Refused, format!("conflicts are left in {}", listed(marked)))
        .hint("resolve them and commit; marks that belong to the text can be indented by a space");
    if !site.can_undo(name) {
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
    Failure::new(Exit::Usage, format!("the template has no file `{path}` to heal")).hint(meant_file(
        project,
        path,
        "`launchway check` lists the files that drifted",
    ))
}
