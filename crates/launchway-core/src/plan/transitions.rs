//! What a change means for what already runs: the transitions of a template, held against the answers before and after.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use semver::Version;
use serde_json::{Map, Value as Json};

use super::{PlannedFile, Planner, checked_path};
use crate::interview::Interview;
use crate::interview::context::Context;
use crate::language::check::Names;
use crate::language::engine::Data;
use crate::language::problem::{Invalid, Problem};
use crate::language::quote::quote_markdown;
use crate::path::SafePath;
use crate::path::collisions::Taken;
use crate::template::migration::Migrated;
use crate::template::transition::{Sentence, StepRule, TransitionRule, text_of, values_with_was};
use crate::template::{Effect, Ownership, Template};

/// What a change means for what already runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// Its id, by which an outage is accepted.
    pub id: String,
    /// The answers that bring it; none where it comes with a version of the template.
    pub answers: Vec<ChangedAnswer>,
    /// What happens.
    pub effect: Effect,
    /// What happens, in a sentence; empty where the effect says it all.
    pub text: String,
    /// What to do before the next deployment.
    pub before: Vec<TransitionStep>,
    /// What to do after it.
    pub after: Vec<TransitionStep>,
    /// The way around what is refused.
    pub instead: Option<String>,
    /// The same as it is written, for a file that is the same in every language.
    written: Option<Box<Transition>>,
}

/// An answer before and after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedAnswer {
    /// The id of the question.
    pub question: String,
    /// What it was.
    pub from: Json,
    /// What it is.
    pub to: Json,
}

/// A command of a transition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransitionStep {
    /// The command; it may have several lines.
    pub command: String,
    /// What it does.
    pub purpose: String,
}

/// Whether texts are in the language of the template's author, or of whoever reads them.
#[derive(Clone, Copy)]
enum In {
    Written,
    Shown,
}

impl Template {
    /// Returns what a change means for what runs: of the answers, and of the versions that the templates had by their ids.
    ///
    /// # Errors
    /// The template is at fault: a condition or a command cannot be computed.
    pub fn transitions_of(
        &self,
        from: &BTreeMap<String, Version>,
        before: &Migrated,
        context: &Context,
    ) -> Result<Vec<Transition>, Invalid> {
        let change = Change::new(self, before, context)?;
        let migrations = self.migrations_since(from).flat_map(|migration| &migration.transitions);
        let mut found = Vec::new();
        for rule in self.transitions.iter().chain(migrations) {
            found.extend(change.transition(rule)?);
        }
        Ok(found)
    }

    /// Returns the file that says what transitions mean, and what to do; none where there is nothing to do about them, or the
    /// template has no place for it.
    ///
    /// # Errors
    /// The template is at fault: the path is not safe.
    pub fn transition_file(
        &self,
        transitions: &[Transition],
        context: &Context,
    ) -> Result<Option<(SafePath, PlannedFile)>, Problem> {
        let worth_a_page: Vec<&Transition> = transitions.iter().filter(|it| it.effect > Effect::None).collect();
        let Some(path) = self.transition_path(context)?.filter(|_| !worth_a_page.is_empty()) else { return Ok(None) };
        let bytes = page(&worth_a_page).into_bytes().into();
        Ok(Some((path, PlannedFile { bytes, executable: false, ownership: Ownership::Merged })))
    }

    /// Returns where that file stands.
    ///
    /// # Errors
    /// The template is at fault: the path is not safe.
    pub fn transition_path(&self, context: &Context) -> Result<Option<SafePath>, Problem> {
        let Some(page) = &self.transition_page else { return Ok(None) };
        let planner = Planner::new(self, context)?;
        let path = planner.placed(&self.engine.render(page, context.data())?);
        checked_path(&path, &mut Taken::default()).map(Some).map_err(|message| page.problem(message))
    }
}

/// A change: all that has a value, before and after.
struct Change<'t> {
    template: &'t Template,
    before: Map<String, Json>,
    after: &'t Map<String, Json>,
    /// Both, those of before as `was_…`.
    values: Data,
    /// The names that texts may use.
    names: Names,
}

impl<'t> Change<'t> {
    fn new(template: &'t Template, before: &Migrated, context: &'t Context) -> Result<Self, Problem> {
        let before = Interview::values_before(template, &before.answers, &context.added)?;
        let after = context.values();
        let values = values_with_was(&before, after.clone());
        Ok(Self { template, before, after, values, names: template.names_with_was() })
    }

    /// Holds a rule against the change; `None` if it speaks of another one.
    fn transition(&self, rule: &TransitionRule) -> Result<Option<Transition>, Invalid> {
        let answers: Vec<ChangedAnswer> = rule.questions.iter().filter_map(|id| self.changed(rule, id)).collect();
        let is_another = answers.is_empty() && !rule.questions.is_empty();
        if is_another || !self.template.is_true_of(rule.when.as_ref(), &self.values)? {
            return Ok(None);
        }
        let written = Box::new(self.said(rule, answers.clone(), In::Written)?);
        Ok(Some(Transition { written: Some(written), ..self.said(rule, answers, In::Shown)? }))
    }

    /// Returns the change of an answer. A question that is asked since, or no more, hangs on another one, which has changed.
    fn changed(&self, rule: &TransitionRule, question: &str) -> Option<ChangedAnswer> {
        let of = |side: &Map<String, Json>| side.get(question).filter(|value| !value.is_null()).cloned();
        let (from, to) = (of(&self.before)?, of(self.after)?);
        rule.is_about(&from, &to).then(|| ChangedAnswer { question: question.to_owned(), from, to })
    }

    fn said(&self, rule: &TransitionRule, answers: Vec<ChangedAnswer>, language: In) -> Result<Transition, Invalid> {
        let text = rule.text.as_ref().map(|text| self.sentence(text, language)).transpose()?;
        Ok(Transition {
            id: rule.id.clone(),
            answers,
            effect: rule.effect,
            text: text.unwrap_or_default(),
            before: self.steps(&rule.before, language)?,
            after: self.steps(&rule.after, language)?,
            instead: rule.instead.as_ref().map(|text| self.sentence(text, language)).transpose()?,
            written: None,
        })
    }

    fn sentence(&self, sentence: &Sentence, language: In) -> Result<String, Invalid> {
        let text = match language {
            In::Written => &sentence.written,
            In::Shown => &sentence.shown,
        };
        let compiled = self.template.sentence(sentence, text, &self.names).map_err(|problems| Invalid { problems })?;
        Ok(self.template.engine.render(&compiled, &self.values)?)
    }

    /// A command that comes to nothing, for it is of no environment, is left out.
    fn steps(&self, rules: &[StepRule], language: In) -> Result<Vec<TransitionStep>, Invalid> {
        let mut steps = Vec::new();
        for rule in rules {
            if !self.template.is_true_of(rule.when.as_ref(), &self.values)? {
                continue;
            }
            let command = self.template.engine.render(&rule.command, &self.values)?;
            let command = command.trim_matches('\n').to_owned();
            if !command.is_empty() {
                steps.push(TransitionStep { command, purpose: self.sentence(&rule.purpose, language)? });
            }
        }
        Ok(steps)
    }
}

/// Writes the page: always in the words of the template's author, so that the same change gives the same bytes everywhere.
fn page(transitions: &[&Transition]) -> String {
    let mut text = String::from(
        "# What the last change means for what runs\n\n\
         `launchway update` has written this for one change, and the next change takes it away. Delete it once everything is done.\n",
    );
    let answers: BTreeMap<&str, &ChangedAnswer> =
        transitions.iter().flat_map(|it| &it.answers).map(|answer| (answer.question.as_str(), answer)).collect();
    if !answers.is_empty() {
        text.push_str("\n| answer | was | is |\n|---|---|---|\n");
    }
    for ChangedAnswer { question, from, to } in answers.into_values() {
        let cell = |value: &Json| quote_markdown(&text_of(value)).replace('|', "\\|");
        let _ = writeln!(text, "| `{question}` | {} | {} |", cell(from), cell(to));
    }
    for transition in transitions {
        let it = transition.written.as_deref().unwrap_or(transition);
        let _ = write!(text, "\n## {}: {}\n\n{}\n", it.effect.id(), it.id, it.text);
        for (title, steps) in [("Before the next deployment", &it.before), ("After the deployment", &it.after)] {
            if !steps.is_empty() {
                let _ = write!(text, "\n### {title}\n");
            }
            for step in steps {
                let _ = write!(text, "\n{}:\n\n```sh\n{}\n```\n", step.purpose, step.command);
            }
        }
    }
    text
}
