//! The loader: turns the tables of one manifest after the other into checked rules, and collects all that is wrong.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use semver::Version;
use toml::Spanned;

use super::Computed;
use super::kinds;
use super::manifest::{self, Places};
use super::question::{self, Default, Preview, Question, Refusal};
use crate::language::check::Names;
use crate::language::check::Printing;
use crate::language::engine::{Compiled, Engine, Expression};
use crate::language::helpers::{self, Type};
use crate::language::problem::{Location, Problem};
use crate::value::Value;

/// Words that mean something of their own inside a template.
const LANGUAGE_WORDS: &[&str] = &["this", "else", "as", "each", "if", "unless", "true", "false", "null"];

/// Checks a name of the manifest: a question, a value, the element of an `each`. A helper that the oldest program does not
/// know, for which the template was written, yields to it.
pub(super) fn usable_name(name: &str, oldest: &Version) -> Result<(), String> {
    let is_identifier = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !is_identifier {
        return Err(format!("the id `{name}` is not of the form [a-z][a-z0-9_]*"));
    }
    let is_helper = helpers::helper(name).is_some_and(|helper| helper.is_known_to(oldest));
    if is_helper || LANGUAGE_WORDS.contains(&name) {
        return Err(format!("`{name}` is a word of the template language"));
    }
    Ok(())
}

/// Collects everything that is wrong with a manifest while it is turned into a template.
pub(super) struct Loader<'t> {
    pub(super) places: Places<'t>,
    pub(super) engine: &'t Engine,
    pub(super) names: Names,
    /// For every name the questions, by their position, that must be answered before it has a value.
    pub(super) needs: BTreeMap<String, BTreeSet<usize>>,
    /// The expressions by their text: many rules share their `when`, and names are only ever added.
    pub(super) expressions: HashMap<String, Expression>,
    /// The elements of every `each` of a file rule, which no question or value may hide.
    pub(super) elements: BTreeSet<String>,
    /// The tables, whose ids no question or value may have.
    pub(super) table_ids: BTreeSet<String>,
    /// Where each question and value is declared.
    pub(super) declared: BTreeMap<String, Location>,
    pub(super) problems: Vec<Problem>,
    /// The oldest program that the layer admits.
    pub(super) oldest: Version,
    /// Whether patterns are left to when they are used: the tests have compiled those of the built-in templates.
    pub(super) is_builtin: bool,
}

/// A question whose expressions are still text.
pub(super) struct Declared {
    pub(super) question: Question,
    pub(super) place: Location,
    when: Option<Spanned<String>>,
    default: Option<Spanned<Value>>,
    refusals: Vec<manifest::Refusal>,
    previews: Vec<manifest::Preview>,
}

impl<'t> Loader<'t> {
    pub(super) fn new(engine: &'t Engine, places: Places<'t>) -> Self {
        Self {
            places,
            engine,
            names: Names::new(),
            needs: BTreeMap::new(),
            expressions: HashMap::new(),
            elements: BTreeSet::new(),
            table_ids: BTreeSet::new(),
            declared: BTreeMap::new(),
            problems: Vec::new(),
            oldest: Version::new(0, 0, 0),
            is_builtin: false,
        }
    }
}

impl Loader<'_> {
    /// Checks the id, and which question names the project: what is extended says so, unless it is said again.
    pub(super) fn header(&mut self, manifest: &manifest::Manifest, inherited: &[Declared], name_question: &mut String) {
        let header = &manifest.template;
        if !question::is_slug(header.id.get_ref()) {
            self.report(&header.id, format!("the id `{}` is not a slug", header.id.get_ref()));
        }
        let Some(name) = &header.name else {
            if header.extends.is_none() {
                self.report(&header.id, "`name` is missing: the id of the question that names the project".to_owned());
            }
            return;
        };
        name_question.clone_from(name.get_ref());
        let own = manifest.questions.iter().find(|question| question.id.get_ref() == name.get_ref());
        let is_own = own.is_some_and(|question| question.kind == manifest::Kind::Slug && question.when.is_none());
        let inherited = inherited.iter().map(|declared| &declared.question).find(|it| it.id == *name.get_ref());
        let is_inherited = inherited.is_some_and(|it| matches!(it.kind, question::Kind::Slug(_)) && it.when.is_none());
        if !is_own && !is_inherited {
            let message =
                format!("`name` must be the id of a slug question that is always asked, not `{}`", name.get_ref());
            self.report(name, message);
        }
    }

    pub(super) fn questions(&mut self, questions: Vec<manifest::Question>, declared: &mut Vec<Declared>) {
        for mut raw in questions {
            let position = declared.len();
            let place = self.places.of(&raw.id);
            let id = raw.id.get_ref().clone();
            self.check_name(&raw.id);
            let kind = match kinds::build(&raw) {
                Ok(kind) => kind,
                Err(message) => {
                    self.report(&raw.id, format!("question `{id}`: {message}"));
                    continue;
                }
            };
            self.check_earlier_choice(&raw, declared);
            // Left out, a secret that may be is one that was not given, and a text that may be empty is.
            let kind_default = match &kind {
                question::Kind::Secret { optional: true, .. } => Some(Default::Value(Value::Bool(false))),
                question::Kind::Text(rule) if rule.optional => Some(Default::Value(Value::Text(String::new()))),
                _ => None,
            };
            let mut question = Question {
                id: id.clone(),
                prompt: std::mem::take(&mut raw.prompt),
                help: std::mem::take(&mut raw.help),
                kind,
                advanced: raw.advanced,
                is_settled: raw.settled,
                prefill: raw.prefill,
                is_placeholder: raw.placeholder,
                advice: None,
                example: raw.example.take(),
                default: kind_default,
                when: None,
                when_text: raw.when.as_ref().map(|when| when.get_ref().clone()),
                default_text: raw.default.as_ref().map(|default| default.get_ref().clone()),
                refusals: Vec::new(),
                previews: Vec::new(),
            };
            question.advice = self.advised(&raw, &question);
            self.names.insert(id.clone(), question.yields());
            self.needs.insert(id, BTreeSet::from([position]));
            let (when, default, refusals, previews) = (raw.when, raw.default, raw.refusals, raw.previews);
            declared.push(Declared { question, place, when, default, refusals, previews });
        }
    }

    /// Every answer of the deciding question must leave a choice.
    fn check_earlier_choice(&mut self, raw: &manifest::Question, earlier: &[Declared]) {
        for (name, by_answer) in &raw.choices_by {
            let decides = earlier.iter().map(|declared| &declared.question).find(|question| question.id == *name);
            let Some(question::Kind::Choice(choices)) = decides.map(|question| &question.kind) else {
                self.report(&raw.id, format!("`choices_by.{name}` is not an earlier `choice` question"));
                continue;
            };
            for choice in choices.all() {
                if by_answer.get(&choice.value).is_none_or(Vec::is_empty) {
                    self.report(&raw.id, format!("`choices_by.{name}` has no choice for `{}`", choice.value));
                }
            }
            if raw.default.is_some() {
                self.report(&raw.id, "with `choices_by` the first choice is the default".to_owned());
            }
        }
    }

    pub(super) fn check_name(&mut self, id: &Spanned<String>) {
        let name = id.get_ref();
        if let Err(message) = usable_name(name, &self.oldest) {
            self.report(id, message);
        } else if self.names.contains_key(name) || self.table_ids.contains(name) {
            let problem = Problem::new(self.places.of(id), format!("the id `{name}` is declared twice"));
            self.problems.push(problem.hint("what an extended template asks is changed by `[[change]]`"));
        } else if self.elements.contains(name) {
            self.report(id, format!("`{name}` is already the element of an `each` of the extended template"));
        }
        let place = self.places.of(id);
        self.declared.insert(name.clone(), place);
    }

    pub(super) fn values(&mut self, values: Vec<manifest::Computed>) -> Vec<Computed> {
        let mut computed = Vec::new();
        for raw in values {
            self.check_name(&raw.id);
            let when = self.condition(raw.when.as_ref());
            let Some(is) = self.expression(&raw.is) else { continue };
            let value = Computed { id: raw.id.into_inner(), is, when };
            let needs: BTreeSet<usize> =
                value.names().filter_map(|name| self.needs.get(name)).flatten().copied().collect();
            self.needs.insert(value.id.clone(), needs);
            self.names.insert(value.id.clone(), value.is.yields);
            computed.push(value);
        }
        computed
    }

    /// Compiles what depends on other names, now that they are all known.
    pub(super) fn conditions(&mut self, questions: &mut [Declared], first: usize) {
        for (position, declared) in (first..).zip(questions) {
            if let Some(when) = declared.when.take() {
                declared.question.when = self.condition(Some(&when));
                let used = declared.question.when.as_ref().map_or(&[][..], Expression::names);
                self.check_order(used, position, &declared.place);
            }
            if let Some(default) = declared.default.take() {
                declared.question.default = self.default(&default, &declared.question, position);
            }
            for refusal in std::mem::take(&mut declared.refusals) {
                if let Some(when) = self.condition(Some(&refusal.when)) {
                    self.check_order(when.names(), position + 1, &declared.place);
                    declared.question.refusals.push(Refusal { when, because: refusal.because });
                }
            }
            for preview in std::mem::take(&mut declared.previews) {
                let preview = self.preview(preview, position);
                declared.question.previews.extend(preview);
            }
        }
    }

    /// Compiles what an answer becomes. It is shown when the answer is typed, so it is made of it and earlier ones.
    fn preview(&mut self, preview: manifest::Preview, position: usize) -> Option<Preview> {
        let place = self.places.of(&preview.is);
        let when = self.condition(preview.when.as_ref());
        let is = self.snippet(preview.is.get_ref(), &place, Printing::Anything)?;
        let used = is.names.iter().chain(when.iter().flat_map(Expression::names)).cloned().collect::<Vec<_>>();
        self.check_order(&used, position + 1, &place);
        Some(Preview { label: preview.label, is, when })
    }

    pub(super) fn check_order(&mut self, used: &[String], before: usize, place: &Location) {
        for name in used {
            if self.needs.get(name).is_some_and(|needs| needs.iter().any(|need| *need >= before)) {
                let message = format!("`{name}` is not known yet when this question is asked");
                self.problems.push(Problem::new(place.clone(), message).hint("ask what it depends on first"));
            }
        }
    }

    pub(super) fn default(
        &mut self,
        default: &Spanned<Value>,
        question: &Question,
        position: usize,
    ) -> Option<Default> {
        match default.get_ref() {
            Value::Text(text) if text.contains("{{") => {
                let place = self.places.of(default);
                let compiled = self.snippet(text, &place, Printing::Anything)?;
                self.check_order(&compiled.names, position, &place);
                Some(Default::Computed(compiled))
            }
            value => {
                if !matches!(&question.kind, question::Kind::Choice(question::Choices::By { .. })) {
                    let open = question.choices(|_| None);
                    if let Err(problem) = question.check(value, open) {
                        self.report(default, format!("the default breaks its own rule: {problem}"));
                    }
                }
                Some(Default::Value(value.clone()))
            }
        }
    }

    /// Compiles an expression that must be true or false.
    pub(super) fn condition(&mut self, text: Option<&Spanned<String>>) -> Option<Expression> {
        let text = text?;
        let expression = self.expression(text)?;
        if !matches!(expression.yields, Type::Bool | Type::Secret) {
            self.report(text, format!("`{}` is neither true nor false", text.get_ref()));
        }
        Some(expression)
    }

    fn expression(&mut self, text: &Spanned<String>) -> Option<Expression> {
        self.expression_at(text.get_ref(), &self.places.of(text))
    }

    pub(super) fn expression_at(&mut self, text: &str, place: &Location) -> Option<Expression> {
        if let Some(expression) = self.expressions.get(text) {
            return Some(expression.clone().standing_at(place));
        }
        match self.engine.expression(self.places.file, text, &self.names) {
            Ok(expression) => {
                self.expressions.insert(text.to_owned(), expression.clone());
                Some(expression.standing_at(place))
            }
            Err(problems) => {
                self.report_at(problems, place);
                None
            }
        }
    }

    pub(super) fn snippet(&mut self, text: &str, place: &Location, printing: Printing) -> Option<Compiled> {
        match self.engine.compile(self.places.file, text, &self.names, printing) {
            Ok((compiled, _)) => Some(compiled.standing_at(place)),
            Err(problems) => {
                self.report_at(problems, place);
                None
            }
        }
    }

    /// Moves problems of a snippet to where the snippet stands in the manifest.
    pub(super) fn report_at(&mut self, problems: Vec<Problem>, place: &Location) {
        self.problems.extend(problems.into_iter().map(|problem| Problem { place: place.clone(), ..problem }));
    }

    pub(super) fn report<T>(&mut self, at: &Spanned<T>, message: String) {
        let place = self.places.of(at);
        self.problems.push(Problem::new(place, message));
    }
}
