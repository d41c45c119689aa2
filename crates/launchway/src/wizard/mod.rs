//! Asking a template's questions: what is asked next, how one question is put, and the review at the end.

pub(crate) mod ask;
mod complete;
pub(crate) mod walk;

use launchway_core::template::{Kind, Question};
use launchway_core::{Accepted, Interview, Provenance, Value};

use self::ask::Ask;
pub(crate) use self::complete::{BecameOf, KnownAnswers, complete, context_of};
use self::walk::{Asking, Event, EventResult, Now, Walk, sentence};
use crate::failure::{Exit, Failure};
use crate::prompt::{About, Action, Page, Prompter, Reply};
use crate::{interrupt, language};

/// What the answers are for: a project that is made, updated, or gets a second service.
pub(crate) trait Purpose {
    /// What comes of the answers, computed and not yet written.
    type Outcome;

    /// Computes what comes of the answers.
    fn compute(&self, interview: &Interview<'_>) -> Result<Self::Outcome, Failure>;

    /// Says what is reviewed; nothing is, if there is no review.
    fn review<'r>(&'r self, interview: &'r Interview<'_>, outcome: &'r Self::Outcome) -> Option<Review<'r>>;

    /// Tells whether the user may give another answer to a question that has one.
    fn may_change(&self, accepted: &Accepted<'_>) -> bool {
        // What the team has decided is not the user's to change.
        !matches!(accepted.provenance, Provenance::Policy(_))
    }

    /// Says how a question is answered without being asked.
    fn otherwise(&self, question: &Question) -> String {
        match question.kind {
            Kind::Secret { .. } => language::filled(
                "Without a question: `{key} = true` in an answers file says that it is given. It is kept nowhere.",
                &[("key", &question.id)],
            ),
            _ => language::filled(
                "Without a question: `--set {key}=…`, or `{key}` in an answers file.",
                &[("key", &question.id)],
            ),
        }
    }

    /// Refuses an answer for what is outside of the template.
    fn refuse(&self, _question: &Question, _answer: &Value) -> Result<(), Failure> {
        Ok(())
    }

    /// Keeps the answers for another run, where that can be gone on with; says why it cannot be.
    fn keep(&mut self, _walk: &Walk<'_>) -> Result<(), NotKept> {
        Ok(())
    }

    /// Does what a key of the review does that only this purpose has.
    fn press(&self, _key: char, _outcome: &Self::Outcome, _prompter: &mut dyn Prompter) -> Result<(), Failure> {
        Ok(())
    }
}

/// Why answers are not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotKept {
    pub(crate) reason: String,
    /// Whether the user was told already.
    pub(crate) is_known: bool,
}

/// What is shown once every question has an answer.
pub(crate) struct Review<'r> {
    pub(crate) title: String,
    /// The text, laid out for some columns.
    pub(crate) text: Box<dyn Fn(usize) -> String + 'r>,
    pub(crate) keys: Vec<(char, &'static str)>,
}

/// The keys that every review has. The first key of a review is Enter's.
pub(crate) const GO: char = 'g';
const EDIT: char = 'e';
const SAVE: char = 's';
const QUIT: char = 'q';

/// Changes an answer, at the review.
pub(crate) fn edit_key() -> (char, &'static str) {
    (EDIT, language::text("edit an answer"))
}

/// Saves the answers and leaves, at the review.
pub(crate) fn save_key() -> (char, &'static str) {
    (SAVE, language::text("save and leave"))
}

/// Leaves, at the review.
pub(crate) fn quit_key() -> (char, &'static str) {
    (QUIT, language::text("quit"))
}

/// What the user decided.
pub(crate) enum Decision<T> {
    Write(T),
    /// The answers are saved.
    Save,
    Leave,
}

/// Where a step leads.
enum Way<T> {
    On,
    Out(Decision<T>),
}

/// A walk through the questions with all that it needs.
pub(crate) struct Wizard<'w, 't, P> {
    pub(crate) prompter: &'w mut dyn Prompter,
    pub(crate) walk: Walk<'t>,
    pub(crate) purpose: &'w mut P,
}

impl<P: Purpose> Wizard<'_, '_, P> {
    /// Asks until every question has an answer and the user is content with all of them.
    pub(crate) fn run(mut self) -> Result<Decision<P::Outcome>, Failure> {
        loop {
            let way = match self.walk.now()? {
                Now::Asking(asking) => self.ask(&asking)?,
                Now::Review(interview) => self.review(&interview)?,
            };
            if let Way::Out(decision) = way {
                return Ok(decision);
            }
        }
    }

    fn ask(&mut self, asking: &Asking<'_>) -> Result<Way<P::Outcome>, Failure> {
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
                prefilled: asking.prefilled,
                progress: if self.walk.state().is_editing() { String::new() } else { progress.clone() },
                problem: std::mem::take(&mut problem),
                otherwise: self.purpose.otherwise(asking.question),
            };
            let Reply::Answer(value) = ask.put(self.prompter)? else { return self.back(&typed) };
            self.purpose.refuse(asking.question, &value)?;
            match self.walk.take(Event::Answer(value))? {
                EventResult::Refused(refused) => problem = sentence(&refused),
                EventResult::Yes | EventResult::AtStart => {
                    self.keep(false);
                    return Ok(Way::On);
                }
            }
        }
    }

    /// Goes back; before the first question there is only the way out.
    fn back(&mut self, typed: &str) -> Result<Way<P::Outcome>, Failure> {
        if !typed.is_empty() {
            self.walk.take(Event::Type(typed.to_owned()))?;
        }
        if self.walk.take(Event::Back)? != EventResult::AtStart {
            self.keep(false);
            return Ok(Way::On);
        }
        self.leave(language::text("This is the first question. Leave without writing anything?"))
    }

    fn leave(&mut self, question: &str) -> Result<Way<P::Outcome>, Failure> {
        let sure = self.prompter.confirm(question)?;
        Ok(if sure { Way::Out(Decision::Leave) } else { Way::On })
    }

    /// Keeps the answers, and then shows the last one as accepted. A signal waits until both are done: whoever sees an
    /// answer accepted finds it in the draft, and is told how to go on. Tells whether they are kept; why they are not is
    /// said once, and when the user wants it.
    fn keep(&mut self, is_wanted: bool) -> bool {
        interrupt::uninterrupted(|| {
            let kept = self.purpose.keep(&self.walk);
            self.prompter.accept();
            if let Err(not) = &kept
                && (is_wanted || !not.is_known)
            {
                self.prompter.say(&not.reason);
            }
            kept.is_ok()
        })
    }

    fn review(&mut self, interview: &Interview<'_>) -> Result<Way<P::Outcome>, Failure> {
        let outcome = self.purpose.compute(interview)?;
        let Some(Review { title, text, keys }) = self.purpose.review(interview, &outcome) else {
            return Ok(Way::Out(Decision::Write(outcome)));
        };
        let action = |(key, label): (char, &str)| Action { key, label: label.to_owned() };
        let actions: Vec<Action> = keys.into_iter().map(action).collect();
        let page = Page { title: &title, text: &*text, actions: &actions, is_menu: false };
        let reply = self.prompter.page(&page)?;
        drop(text);
        match reply {
            Reply::Answer(GO) => Ok(Way::Out(Decision::Write(outcome))),
            Reply::Answer(EDIT) => self.edit(interview),
            Reply::Answer(SAVE) => Ok(if self.keep(true) { Way::Out(Decision::Save) } else { Way::On }),
            Reply::Answer(QUIT) => self.leave(language::text("Leave without writing, and forget the answers?")),
            Reply::Answer(key) => self.purpose.press(key, &outcome, self.prompter).map(|()| Way::On),
            Reply::Back => self.back(""),
        }
    }

    /// Asks which answer is to be another one.
    fn edit(&mut self, interview: &Interview<'_>) -> Result<Way<P::Outcome>, Failure> {
        let own: Vec<&Accepted<'_>> = interview.accepted.iter().filter(|it| self.purpose.may_change(it)).collect();
        let items: Vec<String> = own.iter().map(|accepted| accepted.question.prompt.clone()).collect();
        let note = |accepted: &&Accepted<'_>| format!("{} ({})", accepted.value, origin(accepted));
        let ids = own.iter().map(|accepted| accepted.question.id.clone()).collect();
        self.prompter.about(About { notes: own.iter().map(note).collect(), ids, is_menu: true, ..About::default() });
        if let Reply::Answer(position) = self.prompter.select(language::text("Which answer?"), &items, 0)? {
            self.walk.take(Event::Edit(own[position].question.id.clone()))?;
        }
        Ok(Way::On)
    }
}

/// Says where an answer came from; of what the team decided also why, and of a placeholder that it is one.
pub(crate) fn origin(accepted: &Accepted<'_>) -> String {
    if accepted.provenance == Provenance::Default && accepted.question.is_placeholder {
        return language::text("default, to be replaced").to_owned();
    }
    match &accepted.because {
        Some(because) => format!("{}: {because}", language::told(&accepted.provenance.to_string())),
        None => language::told(&accepted.provenance.to_string()).into_owned(),
    }
}

/// Says that the user has left.
pub(crate) fn left() -> Failure {
    Failure::new(Exit::Refused, "nothing was written, as you asked")
}

#[cfg(test)]
mod tests;
