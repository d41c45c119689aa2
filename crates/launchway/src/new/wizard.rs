//! The wizard of `new`: what it begins with, its review, and its draft.

use std::path::Path;

use launchway_core::template::{Kind, Question};
use launchway_core::{Answers, Changes, Defaults, Interview, SourceSpec, Template, Value};

use super::draft::{self, Draft, DraftStart};
use super::{NewProject, NewRequest, destination, files, review};
use crate::failure::Failure;
use crate::git::FetchOptions;
use crate::preferences::{self, Preferences};
use crate::prefill::Prefills;
use crate::prompt::{About, Prompter, Reply};
use crate::wizard::walk::{Now, Walk};
use crate::wizard::{Decision, GO, NotKept, Purpose, Review, Wizard, edit_key, left, quit_key, save_key};
use crate::{catalogs, language, prompt};

/// The key that shows the files at the review.
const FILES: char = 'p';

/// Asks until every question has an answer and the user is content with all of them; returns what was decided, and the draft.
///
/// When the answers given beforehand leave nothing open, there is nothing to ask or to review.
pub(super) fn run(
    template: &Template,
    given: Answers,
    request: &NewRequest,
) -> Result<(Decision<NewProject>, Draft), Failure> {
    let defaults = if request.defaults { Defaults::All } else { Defaults::Advanced };
    let DraftStart { draft, mut given, state, mut notes } = draft::open(template, given, request)?;
    let prefills = prefills(template, request, &mut notes);
    open_own(template, &prefills, &mut given);
    let walk = Walk::new(template, given, defaults, state).filled_with(prefills);
    let problems = walk.problems()?;
    if !problems.is_empty() {
        return Err(problems.into());
    }
    let mut making = NewPurpose { template, request, draft };
    if let Now::Review(interview) = walk.now()?
        && !request.resume
    {
        return Ok((Decision::Write(making.compute(&interview)?), making.draft));
    }
    let mut prompter = prompt::prompter();
    greet(prompter.as_mut(), template, request, &notes);
    let decision = Wizard { prompter: prompter.as_mut(), walk, purpose: &mut making }.run()?;
    Ok((decision, making.draft))
}

/// Gathers what prompts are filled with; where every default is taken, nothing is.
fn prefills(template: &Template, request: &NewRequest, notes: &mut Vec<String>) -> Prefills {
    if request.defaults {
        return Prefills::default();
    }
    let own = preferences::read().unwrap_or_else(|failure| {
        let reason = failure.message();
        let reason = language::told(&reason);
        notes.push(language::filled("Your own defaults are not used: {reason}", &[("reason", &reason)]));
        Preferences::default()
    });
    let place = request.dest.as_deref().unwrap_or(Path::new("."));
    Prefills::gather(template, place, own)
}

/// Has the questions asked that a person has a default of their own for, also where the template's is taken otherwise.
fn open_own(template: &Template, prefills: &Prefills, given: &mut Answers) {
    for question in template.questions.iter().filter(|question| question.advanced && prefills.has_own(question)) {
        if given.get(&question.id).is_none() {
            given.reopen(&question.id);
        }
    }
}

/// Asks which template is wanted, if there are others than the built-in ones: those of the catalogs.
pub(crate) fn choose_template() -> Result<SourceSpec, Failure> {
    let service = SourceSpec::Builtin { id: "service".to_owned(), requirement: None };
    let offers = catalogs::offers(&FetchOptions { offline: true, ..FetchOptions::default() })?;
    if offers.is_empty() {
        return Ok(service);
    }
    let mut specs = vec![service];
    let mut items = vec!["service".to_owned()];
    let mut notes = vec![language::text("built in").to_owned()];
    for offer in offers {
        items.push(offer.spec.to_string());
        notes.push(offer.title);
        specs.push(offer.spec);
    }
    let mut prompter = prompt::prompter();
    prompter.about(About { notes, ..About::default() });
    match prompter.select(language::text("Which template?"), &items, 0)? {
        Reply::Answer(position) => {
            prompter.accept();
            Ok(specs.swap_remove(position))
        }
        Reply::Back => Err(left()),
    }
}

fn greet(prompter: &mut dyn Prompter, template: &Template, request: &NewRequest, notes: &[String]) {
    let version = env!("CARGO_PKG_VERSION");
    let keys = prompter.keys();
    prompter.say(&format!("launchway {version} · {} {} · {keys}", request.template, template.version));
    prompter.say(&template.title);
    for note in notes {
        prompter.say(note);
    }
    prompter.say(" ");
}

/// A project that is made, apart from its answers.
struct NewPurpose<'m> {
    template: &'m Template,
    request: &'m NewRequest,
    draft: Draft,
}

impl Purpose for NewPurpose<'_> {
    type Outcome = NewProject;

    fn compute(&self, interview: &Interview<'_>) -> Result<NewProject, Failure> {
        NewProject::from_interview(self.template, interview, self.request)
    }

    fn review<'r>(&'r self, interview: &'r Interview<'_>, project: &'r NewProject) -> Option<Review<'r>> {
        let files = (FILES, language::text("page through the files"));
        let review = || Review {
            title: language::filled("Review: {project}", &[("project", &project.context.name)]),
            text: Box::new(move |columns| review::screen(interview, project, columns)),
            keys: vec![(GO, language::text("generate")), edit_key(), files, save_key(), quit_key()],
        };
        (!self.request.dry_run).then(review)
    }

    fn otherwise(&self, question: &Question) -> String {
        let variable = question.variable();
        match question.kind {
            Kind::Secret { .. } => language::filled(
                "Without a question: {variable} in the environment. It is kept nowhere.",
                &[("variable", &variable)],
            ),
            _ => language::filled(
                "Without a question: {flag}, `{key}` in an answers file, or {variable} in the environment.",
                &[("flag", &question.flag()), ("key", &question.id), ("variable", &variable)],
            ),
        }
    }

    fn refuse(&self, question: &Question, answer: &Value) -> Result<(), Failure> {
        if question.id == self.template.name_question && self.request.archive.is_none() {
            Changes::check_destination(&destination(self.request, &answer.to_string()))?;
        }
        Ok(())
    }

    fn keep(&mut self, walk: &Walk<'_>) -> Result<(), NotKept> {
        self.draft.keep(walk)
    }

    fn press(&self, key: char, project: &NewProject, prompter: &mut dyn Prompter) -> Result<(), Failure> {
        if key == FILES { files::page(prompter, &project.changes) } else { Ok(()) }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
