//! A service that is computed, and not yet written.

use launchway_core::{Addition, Answers, Context, Defaults, Plan, Project, Provenance, Template};

use super::{AddRequest, Asks};
use crate::failure::Failure;
use crate::{answers, sources, update};

/// A service that is computed, and not yet written.
pub(crate) struct Prepared {
    /// The service whose answers were taken.
    pub(crate) from: String,
    pub(crate) template: Template,
    pub(crate) context: Context,
    pub(crate) plan: Plan,
    pub(crate) addition: Addition,
}

/// Computes what is written: what a preview shows is the same.
pub(super) fn prepare(from: Project, request: &AddRequest) -> Result<Prepared, Failure> {
    let template = load(&from, request)?;
    if !template.can_be_added() {
        return Err(launchway_core::AddError::NotForAdding(template.id).into());
    }
    let mut notes = Vec::new();
    let context = gather(&template, &from, request, &mut notes)?;
    let plan = Plan::new(&template, &context)?;
    let mut addition = Addition::new(&template, &context, &plan, &request.folder)?;
    notes.append(&mut addition.notes);
    addition.notes = notes;
    Ok(Prepared { from: from.name, template, context, plan, addition })
}

fn load(from: &Project, request: &AddRequest) -> Result<Template, Failure> {
    let mut template =
        sources::of_project(&from.template, None, request.template.as_deref(), &request.sources)?.template;
    sources::translate(&mut template)?;
    Ok(template)
}

/// Finds an answer to every question: given ones first, then those of the service that is there.
fn gather(
    template: &Template,
    from: &Project,
    request: &AddRequest,
    notes: &mut Vec<String>,
) -> Result<Context, Failure> {
    let mut answers = Answers::default();
    answers.join(template.added_to(&request.folder));
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
    let defaults = if request.asks() == Asks::Questions { Defaults::Advanced } else { Defaults::All };
    let answered = update::ask(template, &mut answers, defaults, request.asks() != Asks::Nothing)?;
    notes.extend(answered.notes);
    Ok(answered.context)
}
