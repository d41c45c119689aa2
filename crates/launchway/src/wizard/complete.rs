//! The answers of a project that is there already: those that it remembers, and what they leave open.

use std::collections::{BTreeMap, BTreeSet};

use launchway_core::template::Question;
use launchway_core::{
    Accepted, AnswerProblem, Answers, Context, DefaultKept, Defaults, Interview, Overruled, Provenance, Template,
};

use super::walk::{Now, Walk, put_aside};
use super::{Decision, Purpose, Wizard, left};
use crate::failure::{Exit, Failure, listed};
use crate::{language, prompt};

/// What is known before anything is asked.
pub(crate) struct KnownAnswers {
    pub(crate) answers: Answers,
    /// Which defaults are taken without asking.
    pub(crate) defaults: Defaults,
    /// What became of answers without anybody asking for it.
    pub(crate) notes: Vec<String>,
}

/// What became of remembered answers.
pub(crate) struct BecameOf {
    pub(crate) notes: Vec<String>,
    /// The answers that nobody gave, and for which the template has another default today.
    pub(crate) offers: Vec<DefaultKept>,
}

impl KnownAnswers {
    /// Sees to the remembered answers that do not go with the others any more: where all defaults are taken, theirs are too.
    /// Otherwise they stay, and the walk asks their questions again.
    pub(crate) fn fit(&mut self, template: &Template) -> Result<(), Failure> {
        let mut answers = self.answers.clone();
        let mut given_up = BTreeSet::new();
        loop {
            let problems = Interview::new(template, &answers, self.defaults)?.problems;
            if problems.is_empty() {
                break;
            }
            let is_old = |id: &str| matches!(answers.get(id), Some((_, Provenance::Record)));
            let misfits: Vec<_> = problems.iter().filter(|problem| is_old(&problem.question)).collect();
            if misfits.iter().all(|problem| given_up.contains(&problem.question)) {
                return Err(problems.into());
            }
            for AnswerProblem { question, message, .. } in misfits {
                given_up.insert(question.clone());
                if self.defaults == Defaults::All {
                    self.notes.push(format!("{message}; its default is taken"));
                    self.answers.take_default(question);
                }
                put_aside(&mut answers, question, self.defaults);
            }
        }
        Ok(())
    }

    /// Says what became of them, once every question has an answer.
    pub(crate) fn became(&self, interview: &Interview<'_>) -> Result<BecameOf, Failure> {
        let (stayed, followed): (Vec<_>, Vec<_>) =
            interview.defaults_kept(&self.answers)?.into_iter().partition(|it| it.was == it.is);
        let notes = self.notes.iter().cloned().chain(self.displaced(interview)).chain(overruled(interview));
        let notes = notes.chain(followed.iter().map(follows)).collect();
        let is_offered = |it: &DefaultKept| it.today.as_ref().is_some_and(|today| *today != it.is);
        Ok(BecameOf { notes, offers: stayed.into_iter().filter(is_offered).collect() })
    }

    /// Says which remembered answers gave way to their defaults because of what was answered since.
    fn displaced(&self, interview: &Interview<'_>) -> impl Iterator<Item = String> {
        let note = |accepted: &Accepted<'_>| match self.answers.get(&accepted.question.id) {
            Some((was, Provenance::Record)) if accepted.provenance == Provenance::Default => {
                Some(format!("`{}` was `{was}`; its default is taken", accepted.question.id))
            }
            _ => None,
        };
        let is_meant = self.defaults == Defaults::All;
        interview.accepted.iter().filter(move |_| is_meant).filter_map(note)
    }
}

/// Says that an answer which nobody gave is the default of today.
fn follows(it: &DefaultKept) -> String {
    format!("`{}` becomes `{}`, its default today; it was `{}`, and nobody gave that", it.question, it.is, it.was)
}

/// Computes what comes of the answers. What they leave open is asked if somebody may be asked, and then all of it is
/// reviewed; where nothing is open, nothing is.
pub(crate) fn complete<P: Purpose>(walk: Walk<'_>, may_ask: bool, purpose: &mut P) -> Result<P::Outcome, Failure> {
    match walk.now()? {
        Now::Review(interview) => return purpose.compute(&interview),
        Now::Asking(asking) if !may_ask => return Err(unanswered(&asking.interview, &walk.reopened()?)),
        Now::Asking(_) => {}
    }
    let mut prompter = prompt::prompter();
    let keys = prompter.keys();
    prompter.say(language::text("The template asks what it did not ask before."));
    prompter.say(&format!("{keys}\n "));
    match (Wizard { prompter: prompter.as_mut(), walk, purpose }).run()? {
        Decision::Write(outcome) => Ok(outcome),
        Decision::Save | Decision::Leave => Err(left()),
    }
}

/// Names every question that must be answered: those that are new, and those whose answer does not fit any more.
fn unanswered(interview: &Interview<'_>, reopened: &BTreeMap<String, String>) -> Failure {
    let questions: Vec<&Question> = interview.open.iter().map(|(question, _)| *question).collect();
    let (again, new): (Vec<&Question>, Vec<&Question>) =
        questions.iter().partition(|question| reopened.contains_key(&question.id));
    let mut messages: Vec<String> = again.iter().filter_map(|question| reopened.get(&question.id)).cloned().collect();
    if !new.is_empty() {
        let ids = listed(new.iter().map(|question| &question.id));
        messages.push(format!("the template asks what it did not ask before: {ids}"));
    }
    let failure = Failure::new(Exit::Usage, messages.join("; "));
    let failure = questions.iter().fold(failure, |failure, question| {
        failure.hint(format!("--set {}={}: {}", question.id, question.placeholder(), question.prompt))
    });
    failure.hint("`--defaults` takes the default of every one that has one")
}

/// Makes the context of answers that are all there; refuses those that are wrong, and those that no question takes.
pub(crate) fn context_of(interview: &Interview<'_>) -> Result<Context, Failure> {
    if !interview.problems.is_empty() {
        return Err(interview.problems.clone().into());
    }
    refuse_unused(interview)?;
    interview.context()?.ok_or_else(|| Failure::new(Exit::Internal, "the answers are not complete"))
}

/// Refuses what was set for this run and no question takes: it is a mistake.
fn refuse_unused(interview: &Interview<'_>) -> Result<(), Failure> {
    match interview.unused.iter().find(|(_, provenance)| *provenance == Provenance::Flag) {
        None => Ok(()),
        Some((id, _)) => {
            let message = format!("`{id}` has no effect: with the other answers it is not asked");
            Err(Failure::new(Exit::Usage, message).hint(format!("leave out `--set {id}=…`")))
        }
    }
}

/// Says which remembered answers the team decides now.
fn overruled(interview: &Interview<'_>) -> impl Iterator<Item = String> {
    let note = |it: &Overruled| format!("`{}` is decided by {} now; its answer was `{}`", it.question, it.by, it.was);
    interview.overruled.iter().map(note)
}
