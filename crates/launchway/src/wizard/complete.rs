//! The answers of a project that is there already: those that it remembers, and what they leave open.

use std::collections::BTreeSet;

use launchway_core::template::Question;
use launchway_core::{Answers, Defaults, Interview, Overruled, Provenance, Template};

use super::walk::{Now, Walk};
use super::{Decision, Purpose, Wizard, left};
use crate::failure::{Exit, Failure};
use crate::{language, prompt};

/// What is known before anything is asked.
pub(crate) struct KnownAnswers {
    pub(crate) answers: Answers,
    /// Which defaults are taken without asking.
    pub(crate) defaults: Defaults,
    /// What became of answers without anybody asking for it.
    pub(crate) notes: Vec<String>,
}

impl KnownAnswers {
    /// Takes the default where a remembered answer does not go with the others any more.
    pub(crate) fn fit(&mut self, template: &Template) -> Result<(), Failure> {
        let mut given_up = BTreeSet::new();
        loop {
            let problems = Interview::new(template, &self.answers, self.defaults)?.problems;
            let is_old = |id: &String| matches!(self.answers.get(id), Some((_, Provenance::Record)));
            let misfits: Vec<_> = problems.iter().filter(|problem| is_old(&problem.question)).collect();
            if problems.is_empty() {
                return Ok(());
            }
            if misfits.iter().all(|problem| given_up.contains(&problem.question)) {
                return Err(problems.into());
            }
            for problem in misfits {
                self.notes.push(format!("{}; its default is taken", problem.message));
                given_up.insert(problem.question.clone());
                self.answers.take_default(&problem.question);
            }
        }
    }
}

/// Computes what comes of the answers. What they leave open is asked if somebody may be asked, and then all of it is
/// reviewed; where nothing is open, nothing is.
pub(crate) fn complete<P: Purpose>(walk: Walk<'_>, may_ask: bool, purpose: &mut P) -> Result<P::Outcome, Failure> {
    match walk.now()? {
        Now::Review(interview) => return purpose.compute(&interview),
        Now::Asking(asking) if !may_ask => return Err(unanswered(&asking.interview)),
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

/// Refuses what was set for this run and no question takes: it is a mistake.
pub(crate) fn refuse_unused(interview: &Interview<'_>) -> Result<(), Failure> {
    match interview.unused.iter().find(|(_, provenance)| *provenance == Provenance::Flag) {
        None => Ok(()),
        Some((id, _)) => {
            let message = format!("`{id}` has no effect: with the other answers it is not asked");
            Err(Failure::new(Exit::Usage, message).hint(format!("leave out `--set {id}=…`")))
        }
    }
}

/// Says which remembered answers the team decides now.
pub(crate) fn overruled(interview: &Interview<'_>) -> impl Iterator<Item = String> {
    let note = |it: &Overruled| format!("`{}` is decided by {} now; its answer was `{}`", it.question, it.by, it.was);
    interview.overruled.iter().map(note)
}
