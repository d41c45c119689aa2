//! The wizard of `new`: asks what is open, shows what will be written, and lets answers be changed.

use launchway_core::{Accepted, Answers, Changes, Defaults, Interview, Provenance, SourceSpec, Template};

use super::draft::{self, Draft, Kept};
use super::{NewRequest, Prepared, destination, files, review};
use crate::failure::Failure;
use crate::git::FetchOptions;
use crate::prompt::{About, Action, Page, Prompter, Reply};
use crate::wizard::ask::Ask;
use crate::wizard::left;
use crate::wizard::walk::{Asking, Event, Moved, Now, Walk, sentence};
use crate::{catalogs, interrupt, language, prompt};

/// What the user decided at the review.
pub(crate) enum Decision {
    /// Write it, and then forget the draft.
    Write(Box<Prepared>, Draft),
    /// The answers are saved.
    Save(Draft),
    Leave,
}

/// Asks until every question has an answer and the user is content with all of them.
///
/// When the answers given beforehand leave nothing open, there is nothing to ask or to review.
pub(crate) fn run(template: &Template, given: Answers, request: &NewRequest) -> Result<Decision, Failure> {
    let defaults = if request.defaults { Defaults::All } else { Defaults::Advanced };
    let Kept { draft, given, state, notes } = draft::open(template, given, request)?;
    let walk = Walk::new(template, given, defaults, state);
    let problems = walk.problems()?;
    if !problems.is_empty() {
        return Err(problems.into());
    }
    if let Now::Review(interview) = walk.now()?
        && !request.resume
    {
        let prepared = Prepared::from_interview(template, &interview, request)?;
        return Ok(Decision::Write(Box::new(prepared), draft));
    }
    let mut prompter = prompt::prompter();
    greet(prompter.as_mut(), template, request, &notes);
    Wizard { prompter: prompter.as_mut(), walk, draft, template, request }.run()
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

/// A walk with all that it needs.
struct Wizard<'w, 't> {
    prompter: &'w mut dyn Prompter,
    walk: Walk<'t>,
    draft: Draft,
    template: &'t Template,
    request: &'w NewRequest,
}

/// Where the review leads.
enum Way {
    On,
    Out(Decision),
}

impl Wizard<'_, '_> {
    fn run(mut self) -> Result<Decision, Failure> {
        loop {
            let way = match self.walk.now()? {
                Now::Asking(asking) => self.ask(&asking)?,
                Now::Review(interview) if self.request.dry_run => {
                    let prepared = Prepared::from_interview(self.template, &interview, self.request)?;
                    return Ok(Decision::Write(Box::new(prepared), self.draft));
                }
                Now::Review(interview) => self.review(&interview)?,
            };
            match way {
                Way::Out(Decision::Write(prepared, _)) => return Ok(Decision::Write(prepared, self.draft)),
                Way::Out(Decision::Save(_)) => return Ok(Decision::Save(self.draft)),
                Way::Out(Decision::Leave) => {
                    self.draft.forget();
                    return Ok(Decision::Leave);
                }
                Way::On => {}
            }
        }
    }

    fn ask(&mut self, asking: &Asking<'_>) -> Result<Way, Failure> {
        let (number, total) = self.walk.progress()?;
        let progress = language::filled("{number} of about {total}", &[("number", &number), ("total", &total)]);
        let mut typed = asking.typed.clone().unwrap_or_default();
        let mut problem = asking.problem.clone().unwrap_or_default();
        loop {
            let ask = Ask {
                interview: &asking.interview,
                question: asking.question,
                default: asking.default.as_ref(),
                before: asking.before.as_ref(),
                typed: &mut typed,
                progress: if self.walk.state().is_editing() { String::new() } else { progress.clone() },
                problem: std::mem::take(&mut problem),
            };
            let Reply::Answer(value) = ask.put(self.prompter)? else { return self.back(&typed) };
            if asking.question.id == self.template.name_question {
                Changes::check_destination(&destination(self.request, &value.to_string()))?;
            }
            match self.walk.take(Event::Answer(value))? {
                Moved::Refused(refused) => problem = sentence(&refused),
                Moved::Yes | Moved::AtStart => {
                    self.keep();
                    return Ok(Way::On);
                }
            }
        }
    }

    /// Goes back; before the first question there is only the way out.
    fn back(&mut self, typed: &str) -> Result<Way, Failure> {
        if !typed.is_empty() {
            self.walk.take(Event::Type(typed.to_owned()))?;
        }
        if self.walk.take(Event::Back)? != Moved::AtStart {
            self.keep();
            return Ok(Way::On);
        }
        let sure =
            self.prompter.confirm(language::text("This is the first question. Leave without writing anything?"))?;
        Ok(if sure { Way::Out(Decision::Leave) } else { Way::On })
    }

    /// Keeps the answers, and then shows the last one as accepted. A signal waits until both are done: whoever sees an
    /// answer accepted finds it in the draft, and is told how to go on.
    fn keep(&mut self) {
        interrupt::uninterrupted(|| {
            let kept = self.draft.keep(&self.walk);
            self.prompter.accept();
            if let Err(reason) = kept {
                self.prompter.say(&reason);
            }
        });
    }

    fn review(&mut self, interview: &Interview<'_>) -> Result<Way, Failure> {
        let prepared = Prepared::from_interview(self.template, interview, self.request)?;
        let text = review::screen(interview, &prepared);
        let title = language::filled("Review: {project}", &[("project", &prepared.context.name)]);
        let actions = actions();
        match self.prompter.page(&Page { title: &title, text: &text, actions: &actions, is_menu: false })? {
            Reply::Answer('g') => Ok(Way::Out(Decision::Write(Box::new(prepared), Draft::none()))),
            Reply::Answer('e') => self.edit(interview),
            Reply::Answer('p') => files::page(self.prompter, &prepared.changes).map(|()| Way::On),
            Reply::Answer('s') => Ok(self.save()),
            Reply::Answer(_) => {
                let sure = self.prompter.confirm(language::text("Leave without writing, and forget the answers?"))?;
                Ok(if sure { Way::Out(Decision::Leave) } else { Way::On })
            }
            Reply::Back => self.back(""),
        }
    }

    fn save(&mut self) -> Way {
        match interrupt::uninterrupted(|| self.draft.keep(&self.walk)) {
            Ok(()) => Way::Out(Decision::Save(Draft::none())),
            Err(reason) => {
                self.prompter.say(&reason);
                Way::On
            }
        }
    }

    /// Asks which answer is to be another one.
    fn edit(&mut self, interview: &Interview<'_>) -> Result<Way, Failure> {
        // What the team has decided is not the user's to change.
        let own = |accepted: &&Accepted<'_>| !matches!(accepted.provenance, Provenance::Policy(_));
        let own: Vec<&Accepted<'_>> = interview.accepted.iter().filter(own).collect();
        let items: Vec<String> = own.iter().map(|accepted| accepted.question.prompt.clone()).collect();
        let note = |accepted: &&Accepted<'_>| format!("{} ({})", accepted.value, review::from(accepted));
        self.prompter.about(About { notes: own.iter().map(note).collect(), is_menu: true, ..About::default() });
        if let Reply::Answer(position) = self.prompter.select(language::text("Which answer?"), &items, 0)? {
            self.walk.take(Event::Edit(own[position].question.id.clone()))?;
        }
        Ok(Way::On)
    }
}

/// The keys of the review; the first one is Enter's.
fn actions() -> [Action; 5] {
    [
        ('g', language::text("generate")),
        ('e', language::text("edit an answer")),
        ('p', language::text("page through the files")),
        ('s', language::text("save and leave")),
        ('q', language::text("quit")),
    ]
    .map(|(key, label)| Action { key, label: label.to_owned() })
}

/// Forgets what would be said about a draft: the project is written.
pub(crate) fn written(draft: &mut Draft) {
    interrupt::set_farewell(None);
    draft.forget();
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
