//! Transitions: what a changed answer, or a new version of the template, means for what already runs.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use toml::Spanned;

use super::Template;
use super::loader::{Declared, Loader};
use super::locks::{fault, one};
use super::manifest;
use super::question::{self, Question};
use crate::language::check::{Names, Printing, WAS};
use crate::language::engine::{Compiled, Data, Expression};
use crate::language::file_kind::FileKind;
use crate::language::problem::{Location, Problem};
use crate::value::Value;

/// What a change does to a service that runs, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Nothing that runs changes.
    None,
    /// The next deployment replaces the pods, as any release does.
    NewPods,
    /// The same of the tasks of Amazon ECS.
    NewTasks,
    /// What administrators own, such as roles, is deployed first.
    BootstrapFirst,
    /// It takes steps by hand, and the service answers all the while.
    Steps,
    /// The service does not answer for a while.
    Outage,
    /// It cannot be done to a service that runs.
    Refused,
}

impl Effect {
    /// Tells whether it touches the service itself, and not only what administrators own around it.
    #[must_use]
    pub fn reaches_what_runs(self) -> bool {
        !matches!(self, Self::None | Self::BootstrapFirst)
    }

    /// Returns the name of the effect, as it stands in manifests and reports.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::NewPods => "new-pods",
            Self::NewTasks => "new-tasks",
            Self::BootstrapFirst => "bootstrap-first",
            Self::Steps => "steps",
            Self::Outage => "outage",
            Self::Refused => "refused",
        }
    }
}

/// A transition as a template declares it.
pub(crate) struct TransitionRule {
    pub(crate) id: String,
    /// The questions that it speaks of; none where its condition alone decides.
    pub(crate) questions: Vec<String>,
    /// The answers before; any where there are none.
    pub(crate) from: Vec<Value>,
    /// The answers after; any where there are none.
    pub(crate) to: Vec<Value>,
    pub(crate) when: Option<Expression>,
    pub(crate) effect: Effect,
    pub(crate) text: Option<Sentence>,
    /// What to do before the next deployment.
    pub(crate) before: Vec<StepRule>,
    /// What to do after it.
    pub(crate) after: Vec<StepRule>,
    /// The way around what is refused.
    pub(crate) instead: Option<Sentence>,
    /// Where it stands.
    pub(crate) place: Location,
}

/// What the reference says of a transition.
#[derive(Debug)]
pub struct TransitionReference<'t> {
    /// Its id.
    pub id: &'t str,
    /// The questions that it speaks of.
    pub questions: &'t [String],
    /// The answers before; any where there are none.
    pub from: Vec<String>,
    /// The answers after; any where there are none.
    pub to: Vec<String>,
    /// The condition, as it is written.
    pub when: Option<&'t str>,
    /// What happens.
    pub effect: Effect,
    /// What it means, as it is written.
    pub text: &'t str,
}

/// A text with tags for people: as it is written, and in the language that the template was put into.
pub(crate) struct Sentence {
    pub(crate) written: String,
    pub(crate) shown: String,
    place: Location,
}

/// A command of a transition.
pub(crate) struct StepRule {
    pub(crate) command: Compiled,
    pub(crate) purpose: Sentence,
    pub(crate) when: Option<Expression>,
}

impl TransitionRule {
    /// Tells whether it speaks of an answer that was one thing and is another, whatever its condition says.
    pub(crate) fn is_about(&self, from: &Json, to: &Json) -> bool {
        let is_among = |answer: &Json, values: &[Value]| {
            values.is_empty() || values.iter().any(|value| text_of(&value.to_json()) == text_of(answer))
        };
        from != to && is_among(from, &self.from) && is_among(to, &self.to)
    }

    /// Returns every text that people read.
    pub(crate) fn sentences(&self) -> impl Iterator<Item = &Sentence> {
        let steps = self.before.iter().chain(&self.after).map(|step| &step.purpose);
        self.text.iter().chain(&self.instead).chain(steps)
    }

    /// Like [`TransitionRule::sentences`], to be put into another language.
    pub(super) fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        let steps = self.before.iter_mut().chain(&mut self.after).map(|step| &mut step.purpose);
        let sentences = self.text.iter_mut().chain(&mut self.instead).chain(steps);
        sentences.map(|sentence| &mut sentence.shown)
    }

    /// Returns the conditions.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Expression> {
        let steps = self.before.iter().chain(&self.after).filter_map(|step| step.when.as_ref());
        self.when.iter().chain(steps)
    }
}

impl Template {
    /// Returns every transition, those of migrations included.
    pub(crate) fn all_transitions(&self) -> impl Iterator<Item = &TransitionRule> {
        let migrations = self.migrations.iter().flat_map(|migration| &migration.transitions);
        self.transitions.iter().chain(migrations)
    }

    /// Returns every transition as the reference shows it, in the order of the template.
    pub fn transition_references(&self) -> impl Iterator<Item = TransitionReference<'_>> {
        let spelt = |values: &[Value]| values.iter().map(ToString::to_string).collect();
        self.all_transitions().map(move |rule| TransitionReference {
            id: &rule.id,
            questions: &rule.questions,
            from: spelt(&rule.from),
            to: spelt(&rule.to),
            when: rule.when.as_ref().map(|when| when.text.as_str()),
            effect: rule.effect,
            text: rule.text.as_ref().map_or("", |text| &text.shown),
        })
    }

    /// Returns the names that the texts of transitions may use: all, and what each was before.
    pub(crate) fn names_with_was(&self) -> Names {
        with_was(&self.names)
    }

    /// Tells whether the condition of a transition holds; a name without a value is null.
    pub(crate) fn is_true_of(&self, when: Option<&Expression>, values: &Data) -> Result<bool, Problem> {
        let Some(when) = when else { return Ok(true) };
        let known = when.names().iter().map(|name| (name.clone(), values.get(name).cloned().unwrap_or(Json::Null)));
        let data = Data::from(known.collect::<Map<_, _>>());
        Ok(self.engine.evaluate(when, &data)? == Json::Bool(true))
    }

    /// Compiles a text of a transition, as it is written or as it is shown; `names` are those of
    /// [`Template::names_with_was`].
    pub(crate) fn sentence(&self, sentence: &Sentence, text: &str, names: &Names) -> Result<Compiled, Vec<Problem>> {
        let compiled = self.engine.compile(&sentence.place.file, text, names, Printing::Quoted);
        let here = |problem| Problem { place: sentence.place.clone(), ..problem };
        let (compiled, _) = compiled.map_err(|problems| problems.into_iter().map(here).collect::<Vec<_>>())?;
        Ok(compiled.standing_at(&sentence.place))
    }

    /// Checks the texts of all transitions in the language that the template was put into.
    pub(super) fn sentence_problems(&self) -> Vec<Problem> {
        let (sentences, names) = (self.all_transitions().flat_map(TransitionRule::sentences), self.names_with_was());
        sentences.filter_map(|it| self.sentence(it, &it.shown, &names).err()).flatten().collect()
    }
}

/// Adds to values what they were before, as `was_…`; a template that has declared such a name keeps its own.
pub(crate) fn values_with_was(before: &Map<String, Json>, mut values: Map<String, Json>) -> Data {
    for (name, value) in before {
        values.entry(format!("{WAS}{name}")).or_insert_with(|| value.clone());
    }
    Data::from(values)
}

/// Reads an answer as a flag takes it.
pub(crate) fn text_of(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(text_of).collect::<Vec<_>>().join(","),
        value => value.to_string(),
    }
}

/// Adds to names what they were before; a template that has declared such a name keeps its own.
fn with_was(names: &Names) -> Names {
    let mut all = names.clone();
    for (name, yields) in names {
        all.entry(format!("{WAS}{name}")).or_insert(*yields);
    }
    all
}

impl Loader<'_> {
    /// Reads the transitions of a layer, which see the answers before the change as `was_…`.
    pub(super) fn transitions(
        &mut self,
        declared: Vec<manifest::Transition>,
        questions: &[Declared],
        ids: &mut BTreeSet<String>,
    ) -> Vec<TransitionRule> {
        if declared.is_empty() {
            return Vec::new();
        }
        let names = std::mem::take(&mut self.names);
        self.names = with_was(&names);
        let rules = declared.into_iter().map(|raw| self.transition(raw, questions, ids)).collect();
        self.names = names;
        rules
    }

    /// Compiles the path of the file that says what a change means.
    pub(super) fn transition_page(&mut self, path: &Spanned<String>) -> Option<Compiled> {
        let place = self.places.of(path);
        self.snippet(path.get_ref(), &place, Printing::Quoted)
    }

    fn transition(
        &mut self,
        raw: manifest::Transition,
        questions: &[Declared],
        ids: &mut BTreeSet<String>,
    ) -> TransitionRule {
        let id = raw.id.get_ref().clone();
        if !question::is_slug(&id) {
            self.report(&raw.id, format!("the id `{id}` is not a slug"));
        } else if !ids.insert(id.clone()) {
            self.report(&raw.id, format!("the transition `{id}` is declared twice"));
        }
        self.check_transition(&raw);
        let asked = self.transition_questions(&raw, questions);
        for value in [&raw.from, &raw.to].into_iter().flatten() {
            self.check_transition_values(value, &asked);
        }
        TransitionRule {
            id,
            questions: asked.iter().map(|question| question.id.clone()).collect(),
            from: values(raw.from.as_ref()),
            to: values(raw.to.as_ref()),
            when: self.condition(raw.when.as_ref()),
            effect: raw.effect,
            text: raw.text.map(|text| self.transition_text(text)),
            before: raw.before.into_iter().filter_map(|step| self.transition_step(step)).collect(),
            after: raw.after.into_iter().filter_map(|step| self.transition_step(step)).collect(),
            instead: raw.instead.map(|text| self.transition_text(text)),
            place: self.places.of(&raw.id),
        }
    }

    /// Says what is missing, or stands there in vain.
    fn check_transition(&mut self, raw: &manifest::Transition) {
        let has_steps = !raw.before.is_empty() || !raw.after.is_empty();
        let message = match raw.effect {
            _ if raw.question.is_none() && raw.when.is_none() => "`question` or `when` says of which change it speaks",
            _ if raw.question.is_none() && (raw.from.is_some() || raw.to.is_some()) => {
                "`from` and `to` are answers to a `question`, which is missing"
            }
            Effect::None if has_steps => "with the effect `none` there are no steps",
            Effect::None => return,
            _ if raw.text.is_none() => "`text` is missing: what the change means, in a sentence",
            Effect::Steps if !has_steps => "`steps` needs `before` or `after`",
            Effect::Refused if raw.instead.is_none() => "`instead` is missing: the way around what is refused",
            _ => return,
        };
        self.report(&raw.id, format!("transition `{}`: {message}", raw.id.get_ref()));
    }

    fn transition_questions<'q>(&mut self, raw: &manifest::Transition, questions: &'q [Declared]) -> Vec<&'q Question> {
        let Some(written) = &raw.question else { return Vec::new() };
        let mut found = Vec::new();
        for id in written.get_ref().as_slice() {
            match questions.iter().find(|declared| declared.question.id == *id) {
                Some(declared) => found.push(&declared.question),
                None => self.report(written, format!("there is no question `{id}`")),
            }
        }
        found
    }

    fn check_transition_values(&mut self, written: &Spanned<Value>, questions: &[&Question]) {
        for question in questions {
            for value in values(Some(written)) {
                if let Some(message) = fault(question, &question.coerce(one(question, &value))) {
                    self.report(written, message);
                }
            }
        }
    }

    fn transition_step(&mut self, raw: manifest::TransitionStep) -> Option<StepRule> {
        let when = self.condition(raw.when.as_ref());
        let place = self.places.of(&raw.command);
        let command = self.snippet(raw.command.get_ref(), &place, Printing::Into(FileKind::Shell))?;
        Some(StepRule { command, purpose: self.transition_text(raw.purpose), when })
    }

    fn transition_text(&mut self, text: Spanned<String>) -> Sentence {
        let place = self.places.of(&text);
        let written = text.into_inner();
        self.snippet(&written, &place, Printing::Quoted);
        Sentence { shown: written.clone(), written, place }
    }
}

/// One answer, or a list of them.
fn values(written: Option<&Spanned<Value>>) -> Vec<Value> {
    match written.map(Spanned::get_ref) {
        None => Vec::new(),
        Some(Value::List(items)) => items.iter().cloned().map(Value::Text).collect(),
        Some(value) => vec![value.clone()],
    }
}

#[cfg(test)]
#[path = "transition_tests.rs"]
mod tests;
