//! A service that is computed, and not yet written.

use launchway_core::{
    Accepted, AddError, Addition, Answers, Context, Defaults, Interview, Plan, Project, Provenance, Template,
};

use super::{AddRequest, Asks, report};
use crate::failure::Failure;
use crate::wizard::walk::{State, Walk};
use crate::wizard::{GO, KnownAnswers, Purpose, Review, complete, context_of, edit_key, quit_key};
use crate::{answers, language, sources};

/// A service that is computed, and not yet written.
pub(crate) struct NewService<'p> {
    /// The service whose answers were taken.
    pub(crate) from: &'p Project,
    pub(crate) template: &'p Template,
    pub(crate) context: Context,
    pub(crate) plan: Plan,
    pub(crate) addition: Addition,
}

/// Loads the template of the service whose answers are taken.
pub(super) fn load(from: &Project, request: &AddRequest) -> Result<Template, Failure> {
    let mut template =
        sources::of_project(&from.template, None, request.template.as_deref(), &request.sources)?.template;
    sources::translate(&mut template)?;
    if template.can_be_added() { Ok(template) } else { Err(AddError::NotForAdding(template.id).into()) }
}

/// Computes what is written: what a preview shows is the same.
pub(super) fn prepare<'p>(
    from: &'p Project,
    template: &'p Template,
    request: &'p AddRequest,
) -> Result<NewService<'p>, Failure> {
    let known = gather(template, from, request)?;
    let walk = Walk::new(template, known.answers.clone(), known.defaults, State::default());
    complete(walk, request.asks() != Asks::Nothing, &mut AddPurpose { from, template, request, known })
}

/// Gathers what is known of the questions: given answers first, then those of the service that is there.
fn gather(template: &Template, from: &Project, request: &AddRequest) -> Result<KnownAnswers, Failure> {
    let mut answers = Answers::default();
    let folder = template.folder_of(&from.added);
    let workspace = folder.as_ref().map_or(request.folder.clone(), |folder| request.folder.join(folder.as_str()));
    let within = folder.and_then(|folder| template.within(&folder)).unwrap_or_default();
    answers.join(template.added_to(&workspace).into_iter().chain(within).collect());
    answers::set(template, &request.set, &mut answers)?;
    for path in &request.answers_files {
        answers::add_file(path, template, &mut answers)?;
    }
    if let Some(question) = template.question(&template.name_question) {
        answers.set(&question.id, question.read(&request.name)?, Provenance::Flag);
    }
    let migrated = template.migrate_from(&from.template.versions(), from.answers.clone())?;
    let defaults = migrated.named(&from.defaults);
    let is_shared = |id: &String| template.question(id).is_some() && !template.is_own_answer(id);
    let shared = migrated.answers.into_iter().filter(|(id, _)| is_shared(id)).collect();
    answers.take_before(template, &shared, &defaults)?;
    if request.allow_secret_like {
        answers.allow_secret_like();
    }
    answers::refuse_secrets(&answers, template)?;
    let defaults = if request.asks() == Asks::Questions { Defaults::Advanced } else { Defaults::All };
    let mut known = KnownAnswers { answers, defaults, notes: Vec::new() };
    known.fit(template)?;
    Ok(known)
}

/// A service that is added, apart from its answers.
struct AddPurpose<'p> {
    from: &'p Project,
    template: &'p Template,
    request: &'p AddRequest,
    known: KnownAnswers,
}

impl<'p> Purpose for AddPurpose<'p> {
    type Outcome = NewService<'p>;

    fn compute(&self, interview: &Interview<'_>) -> Result<NewService<'p>, Failure> {
        let context = context_of(interview)?;
        let (from, template) = (self.from, self.template);
        let plan = tracing::info_span!("render", what = "the files").in_scope(|| Plan::new(template, &context))?;
        let mut addition = Addition::new(template, &context, &plan, &self.request.folder)?;
        addition.notes.splice(0..0, self.known.became(interview)?.notes);
        Ok(NewService { from, template, context, plan, addition })
    }

    fn review<'r>(&'r self, _: &'r Interview<'_>, service: &'r NewService<'p>) -> Option<Review<'r>> {
        let review = || Review {
            title: language::filled("Review: {project}", &[("project", &self.request.name)]),
            text: Box::new(move |columns| report::text(service, self.request, columns)),
            keys: vec![(GO, language::text("add the service")), edit_key(), quit_key()],
        };
        (!self.request.dry_run).then(review)
    }

    fn may_change(&self, accepted: &Accepted<'_>) -> bool {
        accepted.question.id != self.template.name_question && !matches!(accepted.provenance, Provenance::Policy(_))
    }
}
