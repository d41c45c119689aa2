//! The answers of an update: those that the project remembers, brought up to date, with the changed ones over them.

use std::collections::{BTreeMap, BTreeSet};

use launchway_core::template::Question;
use launchway_core::{
    AnswerProblem, Answers, Context, DefaultKept, Defaults, Interview, Project, Provenance, SafePath, Template, Value,
};

use super::UpdateRequest;
use crate::catalogs::CatalogPolicy;
use crate::failure::{Exit, Failure};
use crate::prompt::{Prompter, Reply};
use crate::wizard::ask::Ask;
use crate::{answers, language, prompt, terminal, wizard};

/// What an update is rendered from.
pub(super) struct Answered {
    pub(super) asked: Asked,
    /// The files that the template has moved since.
    pub(super) moves: Vec<(SafePath, SafePath)>,
}

/// The answers, all of them valid.
pub(crate) struct Asked {
    pub(crate) context: Context,
    /// What became of answers without anybody asking for it.
    pub(crate) notes: Vec<String>,
    /// The answers that nobody gave, and for which the template has another default today.
    pub(crate) offers: Vec<DefaultKept>,
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
    let migrated = template.migrate_from(&project.template.versions(), project.answers.clone())?;
    answers.take_before(template, &migrated.answers, &migrated.named(&project.defaults))?;
    if request.take_defaults {
        answers.take_defaults_of_today();
    }
    let named = |value: &Value| value.to_string() == project.name;
    if !answers.get(&template.name_question).is_some_and(|(value, _)| named(value)) {
        let message = format!("the project is called `{}`, and an update does not rename it", project.name);
        return Err(Failure::new(Exit::Usage, message).hint(format!("leave out `--set {}=…`", template.name_question)));
    }
    let defaults = if request.defaults { Defaults::All } else { Defaults::Advanced };
    let may_ask = terminal::is_interactive() && !request.no_input;
    let mut asked = ask(template, &mut answers, defaults, may_ask)?;
    asked.notes.extend(asked.offers.iter().map(offered));
    let moves = template.rendered_moves(&asked.context, &migrated)?;
    Ok(Answered { asked, moves })
}

/// Asks what is open, or takes the defaults, until there is a context.
pub(crate) fn ask(
    template: &Template,
    answers: &mut Answers,
    defaults: Defaults,
    may_ask: bool,
) -> Result<Asked, Failure> {
    let mut prompter: Option<Box<dyn Prompter>> = None;
    let mut misfits = Misfits::default();
    let mut asked: Vec<String> = Vec::new();
    let mut kept: BTreeMap<String, Value> = BTreeMap::new();
    loop {
        let interview = Interview::new(template, answers, defaults)?;
        if !interview.problems.is_empty() {
            let problems = interview.problems.clone();
            misfits.give_up(problems, answers, defaults)?;
            continue;
        }
        let Some((question, default)) = interview.open.first() else {
            refuse_unused(&interview)?;
            return settled(&interview, answers, misfits.notes);
        };
        if !may_ask {
            return Err(unanswered(&interview, &misfits));
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
            problem: misfits.reopened.get(&question.id).cloned().unwrap_or_default(),
        };
        match ask.put(prompter.as_mut())? {
            Reply::Answer(value) => {
                kept.insert(question.id.clone(), value.clone());
                asked.push(question.id.clone());
                wizard::keep(answers, question, value, default.as_ref());
                prompter.accept();
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

/// The answers of before that do not go with the others any more.
#[derive(Default)]
struct Misfits {
    given_up: BTreeSet<String>,
    /// Why questions are asked again, by their ids.
    reopened: BTreeMap<String, String>,
    /// What was decided without anybody asking for it.
    notes: Vec<String>,
}

impl Misfits {
    /// Has the answers of before decided anew that are refused: by whoever can be asked, or, if that is wanted, by their
    /// defaults.
    fn give_up(
        &mut self,
        problems: Vec<AnswerProblem>,
        answers: &mut Answers,
        defaults: Defaults,
    ) -> Result<(), Failure> {
        let is_old = |id: &str| matches!(answers.get(id), Some((_, Provenance::Record)));
        let misfits: Vec<_> = problems.iter().filter(|problem| is_old(&problem.question)).collect();
        if misfits.is_empty() || misfits.iter().all(|problem| self.given_up.contains(&problem.question)) {
            return Err(problems.into());
        }
        for AnswerProblem { question, message, .. } in misfits {
            self.given_up.insert(question.clone());
            if defaults == Defaults::All {
                self.notes.push(format!("{message}; its default is taken"));
                answers.take_default(question);
            } else {
                self.reopened.insert(question.clone(), format!("{message}; that was the answer so far"));
                answers.reopen(question);
            }
        }
        Ok(())
    }
}

/// Says what became of the answers, now that there are all.
fn settled(interview: &Interview<'_>, answers: &Answers, mut notes: Vec<String>) -> Result<Asked, Failure> {
    let overruled = interview.overruled.iter();
    notes.extend(
        overruled.map(|it| format!("`{}` is decided by {} now; its answer was `{}`", it.question, it.by, it.was)),
    );
    let (stayed, followed): (Vec<DefaultKept>, _) =
        interview.defaults_kept(answers)?.into_iter().partition(|it| it.was == it.is);
    let became = |it: &DefaultKept| {
        format!("`{}` becomes `{}`, its default today; it was `{}`, and nobody gave that", it.question, it.is, it.was)
    };
    notes.extend(followed.iter().map(became));
    let offers: Vec<_> =
        stayed.into_iter().filter(|it| it.today.as_ref().is_some_and(|today| *today != it.is)).collect();
    let context = interview.context()?.ok_or_else(|| Failure::new(Exit::Internal, "the answers are not complete"))?;
    Ok(Asked { context, notes, offers })
}

/// Says that the template has another default than the one that stays.
fn offered(it: &DefaultKept) -> String {
    let today = it.today.as_ref().map(ToString::to_string).unwrap_or_default();
    format!(
        "the default of `{}` is `{today}` today; it stays `{}`, and `--take-defaults` changes it",
        it.question, it.is
    )
}

/// Names every question that must be answered: those that are new, and those whose answer does not fit any more.
fn unanswered(interview: &Interview<'_>, misfits: &Misfits) -> Failure {
    let questions: Vec<&Question> = interview.open.iter().map(|(question, _)| *question).collect();
    let (again, new): (Vec<&Question>, Vec<&Question>) =
        questions.iter().partition(|question| misfits.reopened.contains_key(&question.id));
    let ids: Vec<String> = new.iter().map(|question| format!("`{}`", question.id)).collect();
    let mut messages: Vec<String> =
        again.iter().filter_map(|question| misfits.reopened.get(&question.id)).cloned().collect();
    if !new.is_empty() {
        messages.push(format!("the template asks what it did not ask before: {}", ids.join(", ")));
    }
    let failure = Failure::new(Exit::Usage, messages.join("; "));
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
