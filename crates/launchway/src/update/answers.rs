//! The answers of an update: those that the project remembers, brought up to date, with the changed ones over them.

use std::collections::{BTreeMap, BTreeSet};

use launchway_core::template::Migrated;
use launchway_core::{Answers, Context, Defaults, Project, Template, Value};

use super::UpdateRequest;
use crate::answers;
use crate::catalogs::CatalogPolicy;
use crate::failure::{Exit, Failure};
use crate::wizard::KnownAnswers;

/// An answer that is not what it was.
pub(crate) struct AnswerChange {
    pub(crate) id: String,
    pub(crate) was: Option<Value>,
    pub(crate) is: Option<Value>,
}

/// Gathers what is known of the questions of the new version, with what was carried over to it.
pub(super) fn gather(
    template: &Template,
    project: &Project,
    policy: Option<&CatalogPolicy>,
    request: &UpdateRequest,
) -> Result<(KnownAnswers, Migrated), Failure> {
    let mut answers = Answers::default();
    if let Some(policy) = policy {
        policy.apply(&mut answers);
    }
    if let Some(folder) = project.folder().filter(|_| template.folder_of(&project.added).is_none()) {
        let message = format!(
            "the project is the folder `{folder}` of a repository, and the template `{}` does not say where its files belong then",
            template.id
        );
        return Err(Failure::new(Exit::Template, message)
            .hint("its author says so in the table `[repository]` of `template.toml`; `--to` takes another version"));
    }
    answers.join(project.added.clone());
    answers::set(template, &request.set, &mut answers)?;
    for path in &request.answers_files {
        answers::add_file(path, template, &mut answers)?;
    }
    let migrated = template.migrate_from(&project.template.versions(), project.answers.clone())?;
    let mut defaults = migrated.named(&project.defaults);
    // A name stays, also one that was the default.
    defaults.remove(&template.name_question);
    answers.take_before(template, &migrated.answers, &defaults)?;
    answers.run_with(&migrated.answers);
    if request.allow_secret_like {
        answers.allow_secret_like();
    }
    answers::refuse_secrets(&answers, template)?;
    if request.take_defaults {
        answers.take_defaults_of_today();
    }
    let named = |value: &Value| value.to_string() == project.name;
    if !answers.get(&template.name_question).is_some_and(|(value, _)| named(value)) {
        let message = format!("the project is called `{}`, and an update does not rename it", project.name);
        return Err(Failure::new(Exit::Usage, message).hint(format!("leave out `--set {}=…`", template.name_question)));
    }
    let defaults = if request.defaults { Defaults::All } else { Defaults::Advanced };
    let mut known = KnownAnswers { answers, defaults, notes: Vec::new() };
    known.fit(template)?;
    Ok((known, migrated))
}

/// Lists the answers that are not what the project remembers.
pub(crate) fn changed(project: &Project, context: &Context) -> Vec<AnswerChange> {
    let now: BTreeMap<&str, &Value> = context.answers.iter().map(|(id, value)| (id.as_str(), value)).collect();
    let ids: BTreeSet<&str> = project.answers.keys().map(String::as_str).chain(now.keys().copied()).collect();
    let change = |id: &str| AnswerChange {
        id: id.to_owned(),
        was: project.answers.get(id).cloned(),
        is: now.get(id).map(|value| (*value).clone()),
    };
    ids.into_iter().map(change).filter(|change| change.was != change.is).collect()
}
