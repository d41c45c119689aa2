//! Loading what a template says about the questions of another one: other defaults, and answers that the team decides.

use toml::Spanned;

use super::loader::{Declared, Loader};
use super::manifest;
use super::question::{Default, Kind, Question};
use crate::language::engine::Expression;
use crate::language::problem::{Location, Problem, nearest};
use crate::value::Value;
use crate::value::pattern;
use crate::value::policy::{Policy, PolicyRule};

/// An answer that a template decides or narrows.
pub(crate) struct AnswerLock {
    pub(crate) question: String,
    pub(crate) policy: Policy,
    pub(crate) when: Option<Expression>,
    pub(crate) when_text: Option<String>,
    place: Location,
}

impl AnswerLock {
    /// Says that this lock leaves nothing of what another policy leaves.
    pub(crate) fn contradiction(&self, other: &Policy) -> Problem {
        let message = format!(
            "`{}` cannot be {} here: it is {} by what `{}` decided before",
            self.question,
            self.policy.summary(),
            other.summary(),
            other.by
        );
        Problem::new(self.place.clone(), message)
    }
}

impl Loader<'_> {
    /// Changes what the extended template says of its questions.
    pub(super) fn changes(&mut self, changes: Vec<manifest::Change>, questions: &mut [Declared], inherited: usize) {
        let mut seen: Vec<String> = Vec::new();
        for change in changes {
            let id = change.question.get_ref().clone();
            let Some(position) = questions.iter().position(|declared| declared.question.id == id) else {
                self.unknown_question(&change.question, &questions[..inherited]);
                continue;
            };
            if position >= inherited {
                self.report(
                    &change.question,
                    format!("`{id}` is a question of this template: change it where it stands"),
                );
            } else if seen.contains(&id) {
                self.report(&change.question, format!("`{id}` is changed twice"));
            } else {
                self.change(change, &mut questions[position].question, position);
                seen.push(id);
            }
        }
    }

    fn change(&mut self, change: manifest::Change, question: &mut Question, position: usize) {
        if let Some(pattern) = &change.pattern {
            self.change_pattern(pattern, change.rule.clone(), question);
        } else if let Some(rule) = &change.rule {
            self.report(&change.question, format!("the rule `{rule}` has no pattern beside it"));
        }
        if let Some(default) = &change.default {
            if matches!(question.kind, Kind::Secret { .. }) {
                self.report(default, "a secret has no default".to_owned());
            } else if question.has_dependent_choices() {
                self.report(default, "with `choices_by` the first choice is the default".to_owned());
            } else {
                question.default = self.default(default, question, position);
                question.default_text = Some(default.get_ref().clone());
                // The team's own default is an answer.
                question.is_placeholder = false;
            }
        } else if let (Some(pattern), Some(Default::Value(default))) = (&change.pattern, &question.default)
            && let Err(problem) = question.check(default, &[])
        {
            let message = format!("the default of the extended template breaks the pattern: {problem}");
            self.report(pattern, message);
        }
        if let Some(prompt) = change.prompt {
            question.prompt = prompt;
        }
        if let Some(help) = change.help {
            question.help = help;
        }
        if change.example.is_some() {
            question.example = change.example;
        }
        if let Some(advanced) = change.advanced {
            question.advanced = advanced;
        }
    }

    fn change_pattern(&mut self, pattern: &Spanned<String>, in_words: Option<String>, question: &mut Question) {
        let (Kind::Text(rule) | Kind::Slug(rule) | Kind::Slugs { rule, .. } | Kind::Secret { rule, .. }) =
            &mut question.kind
        else {
            return self.report(pattern, "`pattern` does not go with this kind".to_owned());
        };
        match pattern::of_whole(pattern.get_ref()) {
            Ok(compiled) => {
                rule.pattern = Some(compiled);
                rule.written_pattern = Some(pattern.get_ref().clone());
                rule.rule = in_words;
            }
            Err(message) => self.report(pattern, message),
        }
    }

    /// Reads the locks of a layer.
    pub(super) fn locks(&mut self, locks: Vec<manifest::Lock>, by: &str, questions: &[Declared]) -> Vec<AnswerLock> {
        locks.into_iter().filter_map(|raw| self.lock(raw, by, questions)).collect()
    }

    fn lock(&mut self, raw: manifest::Lock, by: &str, questions: &[Declared]) -> Option<AnswerLock> {
        let id = raw.question.get_ref();
        let Some(position) = questions.iter().position(|declared| declared.question.id == *id) else {
            self.unknown_question(&raw.question, questions);
            return None;
        };
        if matches!(questions[position].question.kind, Kind::Secret { .. }) {
            self.report(&raw.question, format!("`{id}` is a secret, which nobody decides for the user"));
            return None;
        }
        let rule = match (raw.to, raw.allow, raw.deny) {
            (Some(to), None, None) => PolicyRule::To(to.into_inner()),
            (None, Some(allow), None) => PolicyRule::Allow(allow.into_inner()),
            (None, None, Some(deny)) => PolicyRule::Deny(deny.into_inner()),
            _ => {
                self.report(&raw.question, "a lock has one of `to`, `allow` and `deny`".to_owned());
                return None;
            }
        };
        let when = self.condition(raw.when.as_ref());
        if let (Some(text), Some(when)) = (&raw.when, &when) {
            let place = self.places.of(text);
            self.check_order(when.names(), position, &place);
        }
        Some(AnswerLock {
            question: id.clone(),
            policy: Policy { by: by.to_owned(), because: raw.because, rule },
            when,
            when_text: raw.when.map(Spanned::into_inner),
            place: self.places.of(&raw.question),
        })
    }

    /// Holds all locks against the questions as they are in the end, and against one another.
    pub(super) fn settle_locks(&mut self, questions: &[Declared], locks: &[AnswerLock], name_question: &str) {
        for (position, lock) in locks.iter().enumerate() {
            let declared = questions.iter().find(|declared| declared.question.id == lock.question);
            let mut faults = declared.map(|declared| faults(lock, &declared.question)).unwrap_or_default();
            if lock.question == name_question && lock.policy.decided().is_some() {
                faults.push(format!("`{name_question}` names the project, and two cannot have the same name"));
            }
            self.problems.extend(faults.into_iter().map(|message| Problem::new(lock.place.clone(), message)));
            let others = locks[..position].iter().filter(|other| other.question == lock.question);
            // Two conditions can be true at once only where that is seen: the answers decide it.
            let always = |other: &&AnswerLock| {
                other.when_text.is_none() || lock.when_text.is_none() || other.when_text == lock.when_text
            };
            if let Some(other) = others.filter(always).find(|other| other.policy.contradicts(&lock.policy)) {
                self.problems.push(lock.contradiction(&other.policy));
            }
        }
    }

    fn unknown_question(&mut self, id: &Spanned<String>, questions: &[Declared]) {
        let problem = Problem::new(self.places.of(id), format!("there is no question `{}`", id.get_ref()));
        let known = questions.iter().map(|declared| declared.question.id.as_str());
        self.problems.push(match nearest(id.get_ref(), known) {
            Some(nearest) => problem.hint(format!("did you mean `{nearest}`?")),
            None => problem,
        });
    }
}

/// Says what is wrong with a lock, given the question that it is about.
fn faults(lock: &AnswerLock, question: &Question) -> Vec<String> {
    let mut faults = Vec::new();
    match &lock.policy.rule {
        PolicyRule::To(value) => faults.extend(fault(question, value)),
        PolicyRule::Allow(values) | PolicyRule::Deny(values) => {
            if values.is_empty() {
                faults.push("the list is empty".to_owned());
            }
            faults.extend(values.iter().filter_map(|value| fault(question, &one(question, value))));
        }
    }
    let is_always = lock.when.is_none() && lock.policy.decided().is_none();
    if let Some(Default::Value(default)) = &question.default
        && is_always
        && !lock.policy.admits(&question.coerce(default.clone()))
    {
        faults.push(format!(
            "the default of `{}` is `{default}`, which this lock refuses: give it another by `[[change]]`",
            question.id
        ));
    }
    faults
}

/// Returns what a value that a lock names would be as an answer: a list has elements.
pub(super) fn one(question: &Question, value: &Value) -> Value {
    match &question.kind {
        Kind::Slugs { .. } | Kind::Choices(_) => Value::List(vec![value.to_string()]),
        _ => value.clone(),
    }
}

/// Says why a question would never accept an answer.
pub(super) fn fault(question: &Question, value: &Value) -> Option<String> {
    let value = question.coerce(value.clone());
    let lists = match &question.kind {
        Kind::Choice(choices) | Kind::Choices(choices) => choices.lists(),
        _ => vec![&[][..]],
    };
    let checked: Vec<_> = lists.into_iter().map(|open| question.check(&value, open)).collect();
    if checked.iter().any(Result::is_ok) {
        return None;
    }
    checked.into_iter().find_map(Result::err).map(|problem| problem.to_string())
}
