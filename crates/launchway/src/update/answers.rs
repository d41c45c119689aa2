//! The answers of an update: those that the project remembers, brought up to date, with the changed ones over them.

use std::collections::{BTreeMap, BTreeSet};

use launchway_core::template::Question;
use launchway_core::{Answers, Context, Defaults, Interview, Project, Provenance, SafePath, Template, Value};

use super::UpdateRequest;
use crate::catalogs::CatalogPolicy;
use crate::failure::{Exit, Failure};
use crate::prompt::{Prompter, Reply};
use crate::wizard::ask::Ask;
use crate::{answers, language, prompt, terminal, wizard};

/// What an update is rendered from.
pub(crate) struct Answered {
    pub(crate) context: Context,
    /// The files that the template has moved since.
    pub(crate) moves: Vec<(SafePath, SafePath)>,
    /// What became of answers without anybody asking for it.
    pub(crate) notes: Vec<String>,
}

/// An answer that is not what it was.
pub(crate) struct ChangedAnswer {
    pub(crate) id: String,
    pub(crate) was: Option<Value>,
    pub(crate) is: Option<Value>,
}

/// Finds an answer to every question of the new version.
pub(crate) fn gather(
    template: &Template,
    project: &Project,
    policy: Option<&CatalogPolicy>,
    request: &UpdateRequest,
) -> Result<Answered, Failure> {
    let mut answers = Answers::default();
    if let Some(policy) = policy {
        policy.apply(&mut answers);
    }
    answers.join(project.added.clone());
    answers::set(template, &request.set, &mut answers)?;
    for path in &request.answers_files {
        answers::add_file(path, template, &mut answers)?;
    }
    let mut notes = Vec::new();
    let migrated = template.migrate_from(&project.template.versions(), project.answers.clone())?;
    for (id, value) in &migrated.answers {
        answers.set_if_open(id, value.clone(), Provenance::Record);
    }
    let named = |value: &Value| value.to_string() == project.name;
    if !answers.get(&template.name_question).is_some_and(|(value, _)| named(value)) {
        let message = format!("the project is called `{}`, and an update does not rename it", project.name);
        return Err(Failure::new(Exit::Usage, message).hint(format!("leave out `--set {}=…`", template.name_question)));
    }
    let defaults = if request.defaults { Defaults::All } else { Defaults::Advanced };
    let may_ask = terminal::is_interactive() && !request.no_input;
    let context = ask(template, &mut answers, defaults, may_ask, &mut notes)?;
    let moves = template.rendered_moves(&context, &migrated)?;
    Ok(Answered { context, moves, notes })
}

/// Asks what is open, or takes the defaults, until there is a context.
pub(crate) fn ask(
    template: &Template,
    answers: &mut Answers,
    defaults: Defaults,
    may_ask: bool,
    notes: &mut Vec<String>,
) -> Result<Context, Failure> {
    let mut prompter: Option<Box<dyn Prompter>> = None;
    let mut given_up = BTreeSet::new();
    let mut asked: Vec<String> = Vec::new();
    let mut kept: BTreeMap<String, Value> = BTreeMap::new();
    loop {
        let interview = Interview::new(template, answers, defaults)?;
        if !interview.problems.is_empty() {
            // An answer from before that does not go with the others any more is decided anew.
            let is_old = |id: &String| matches!(answers.get(id), Some((_, Provenance::Record)));
            let misfits: Vec<_> = interview.problems.iter().filter(|problem| is_old(&problem.question)).collect();
            if misfits.is_empty() || misfits.iter().all(|problem| given_up.contains(&problem.question)) {
                return Err(interview.problems.clone().into());
            }
            for problem in misfits {
                notes.push(format!("{}; its default is taken", problem.message));
                given_up.insert(problem.question.clone());
                answers.take_default(&problem.question);
            }
            continue;
        }
        let Some((question, default)) = interview.open.first() else {
            refuse_unused(&interview)?;
            notes.extend(
                interview
                    .overruled
                    .iter()
                    .map(|it| format!("`{}` is decided by {} now; its answer was `{}`", it.question, it.by, it.was)),
            );
            return interview.context()?.ok_or_else(|| Failure::new(Exit::Internal, "the answers are not complete"));
        };
        if !may_ask {
            return Err(unanswered(&interview));
        }
        let prompter = prompter.get_or_insert_with(|| {
            let mut prompter = prompt::prompter();
            let keys = prompter.keys();
            prompter.say(language::text("The template asks what it did not ask before."));
            prompter.say(&format!("{keys}\n "));
            prompter
        });
        let ask = Ask {
            interview: &interview,
            question,
            default: default.as_ref(),
            before: kept.get(&question.id),
            typed: &mut String::new(),
            progress: String::new(),
            problem: String::new(),
        };
        match ask.put(prompter.as_mut())? {
            Reply::Answer(value) => {
                kept.insert(question.id.clone(), value.clone());
                asked.push(question.id.clone());
                wizard::keep(answers, question, value, default.as_ref());
            }
            Reply::Back => match asked.pop() {
                Some(question) => answers.remove(&question),
                None if prompter
                    .confirm(language::text("This is the first question. Leave without writing anything?"))? =>
                {
                    return Err(wizard::left());
                }
                None => {}
            },
        }
    }
}

/// Names every question that is new and must be answered.
fn unanswered(interview: &Interview<'_>) -> Failure {
    let questions: Vec<&Question> = interview.open.iter().map(|(question, _)| *question).collect();
    let ids: Vec<String> = questions.iter().map(|question| format!("`{}`", question.id)).collect();
    let failure =
        Failure::new(Exit::Usage, format!("the template asks what it did not ask before: {}", ids.join(", ")));
    let failure = questions.iter().fold(failure, |failure, question| {
        failure.hint(format!("--set {}={}: {}", question.id, question.placeholder(), question.prompt))
    });
    failure.hint("`--defaults` takes the default of every one that has one")
}

/// An answer that was set for this update and that no question takes is a mistake.
fn refuse_unused(interview: &Interview<'_>) -> Result<(), Failure> {
    match interview.unused.iter().find(|(_, provenance)| *provenance == Provenance::Flag) {
        None => Ok(()),
        Some((id, _)) => {
            let message = format!("`{id}` has no effect: with the other answers it is not asked");
            Err(Failure::new(Exit::Usage, message).hint(format!("leave out `--set {id}=…`")))
        }
    }
}

/// Lists the answers that are not what the project remembers.
pub(crate) fn changed(project: &Project, context: &Context) -> Vec<ChangedAnswer> {
    let now: BTreeMap<&str, &Value> = context.answers.iter().map(|(id, value)| (id.as_str(), value)).collect();
    let ids: BTreeSet<&str> = project.answers.keys().map(String::as_str).chain(now.keys().copied()).collect();
    let change = |id: &str| ChangedAnswer {
        id: id.to_owned(),
        was: project.answers.get(id).cloned(),
        is: now.get(id).map(|value| (*value).clone()),
    };
    ids.into_iter().map(change).filter(|change| change.was != change.is).collect()
}
