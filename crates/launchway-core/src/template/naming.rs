//! The parts of a template in which the names of questions and values stand.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::question::{Choices, Kind, Question};
use super::{AgreementRule, Each, PlaceRule, SourceFile, Template};
use crate::language::check::WAS;
use crate::language::engine::{Compiled, Expression};
use crate::language::problem::Location;

/// What can use a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserKind {
    /// A question.
    Question,
    /// A computed value.
    Value,
    /// A `[[lock]]`.
    Lock,
    /// A `[[file]]` of the manifest.
    Rule,
    /// A file below `files/`.
    File,
    /// A partial.
    Partial,
    /// An agreement.
    Agreement,
    /// A file of agreements.
    AgreementFile,
    /// An `[[object]]`.
    Object,
    /// A `[[next_step]]`.
    NextStep,
    /// A `[[migration]]`.
    Migration,
    /// An `[[advisory]]`.
    Advisory,
    /// A `[[transition]]`, or one of a migration.
    Transition,
    /// The page that an update writes of its transitions.
    TransitionPage,
    /// The table `[add]`.
    Add,
}

/// The part of a user in which a name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are the keys of the manifest, and the path and the text of a file")]
pub enum UserPart {
    Answers,
    Choices,
    Command,
    Default,
    Each,
    From,
    Is,
    Move,
    Own,
    Path,
    Place,
    Preview,
    Purpose,
    Refuse,
    Rename,
    Take,
    Text,
    Values,
    When,
}

/// One part of a user, with all the names that stand in it.
pub(crate) struct NamingPart<'t> {
    pub(crate) kind: UserKind,
    pub(crate) id: Cow<'t, str>,
    pub(crate) part: UserPart,
    pub(super) place: Option<Location>,
    /// The names, with those of the partials that are included.
    pub(crate) names: Cow<'t, [String]>,
    pub(crate) partials: Cow<'t, [String]>,
    /// The names without those of partials, where they differ.
    pub(super) own: Option<BTreeSet<String>>,
}

impl UserKind {
    /// Returns the word for it in a report.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Value => "value",
            Self::Lock => "lock",
            Self::Rule => "rule",
            Self::File => "file",
            Self::Partial => "partial",
            Self::Agreement => "agreement",
            Self::AgreementFile => "agreements",
            Self::Object => "object",
            Self::NextStep => "next_step",
            Self::Migration => "migration",
            Self::Advisory => "advisory",
            Self::Transition => "transition",
            Self::TransitionPage => "transitions",
            Self::Add => "add",
        }
    }
}

impl UserPart {
    /// Returns the word for it in a report.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Answers => "answers",
            Self::Choices => "choices",
            Self::Command => "command",
            Self::Default => "default",
            Self::Each => "each",
            Self::From => "from",
            Self::Is => "is",
            Self::Move => "move",
            Self::Own => "own",
            Self::Path => "path",
            Self::Place => "place",
            Self::Preview => "preview",
            Self::Purpose => "purpose",
            Self::Refuse => "refuse",
            Self::Rename => "rename",
            Self::Take => "take",
            Self::Text => "text",
            Self::Values => "values",
            Self::When => "when",
        }
    }
}

impl Template {
    /// Lists everything in which names can stand.
    pub(crate) fn naming_parts(&self) -> Vec<NamingPart<'_>> {
        let mut list = PartList { template: self, parts: Vec::new() };
        self.questions.iter().for_each(|question| list.question(question));
        for value in &self.values {
            list.expression(UserKind::Value, &value.id, UserPart::Is, Some(&value.is));
            list.expression(UserKind::Value, &value.id, UserPart::When, value.when.as_ref());
        }
        for lock in &self.locks {
            list.expression(UserKind::Lock, &lock.question, UserPart::When, lock.when.as_ref());
        }
        list.files();
        list.agreements();
        list.objects_and_steps();
        list.migrations();
        for rule in self.advisories() {
            list.expression(UserKind::Advisory, &rule.advisory.id, UserPart::When, rule.when.as_ref());
        }
        list.transitions();
        list.add();
        list.parts
    }
}

struct PartList<'t> {
    template: &'t Template,
    parts: Vec<NamingPart<'t>>,
}

impl<'t> PartList<'t> {
    fn add_names(
        &mut self,
        (kind, id, part): (UserKind, &'t str, UserPart),
        place: Option<Location>,
        names: impl Into<Cow<'t, [String]>>,
    ) {
        let (id, names) = (Cow::Borrowed(id), names.into());
        self.parts.push(NamingPart { kind, id, part, place, names, partials: Cow::Borrowed(&[]), own: None });
    }

    fn expression(&mut self, kind: UserKind, id: &'t str, part: UserPart, expression: Option<&'t Expression>) {
        if let Some(expression) = expression {
            self.add_names((kind, id, part), Some(expression.place()), expression.names());
        }
    }

    fn each(&mut self, kind: UserKind, id: &'t str, each: &'t [Each]) {
        for each in each {
            self.expression(kind, id, UserPart::Each, Some(&each.list));
        }
    }

    fn compiled(&mut self, kind: UserKind, id: &'t str, part: UserPart, compiled: Cow<'t, Compiled>) {
        let place = Some(compiled.place());
        let own = (!compiled.partials.is_empty()).then(|| self.template.own_names(&compiled));
        let (names, partials) = match compiled {
            Cow::Borrowed(it) => (Cow::Borrowed(it.names.as_slice()), Cow::Borrowed(it.partials.as_slice())),
            Cow::Owned(it) => (Cow::Owned(it.names), Cow::Owned(it.partials)),
        };
        self.parts.push(NamingPart { kind, id: Cow::Borrowed(id), part, place, names, partials, own });
    }

    fn question(&mut self, question: &'t Question) {
        let (kind, id) = (UserKind::Question, question.id.as_str());
        let place = self.template.declared.get(id);
        self.expression(kind, id, UserPart::When, question.when());
        self.add_names((kind, id, UserPart::Default), place.cloned(), question.default_names());
        if let Kind::Choice(Choices::By { question, .. }) | Kind::Choices(Choices::By { question, .. }) = &question.kind
        {
            self.add_names((kind, id, UserPart::Choices), place.cloned(), std::slice::from_ref(question));
        }
        for refusal in question.refusals() {
            self.expression(kind, id, UserPart::Refuse, Some(&refusal.when));
        }
        for preview in question.previews() {
            self.expression(kind, id, UserPart::Preview, preview.when.as_ref());
            self.compiled(kind, id, UserPart::Preview, Cow::Borrowed(&preview.is));
        }
    }

    fn files(&mut self) {
        for rule in &self.template.rules {
            self.expression(UserKind::Rule, rule.path.text(), UserPart::When, rule.when.as_ref());
            self.each(UserKind::Rule, rule.path.text(), &rule.each);
        }
        self.template.files.iter().for_each(|file| self.file(file));
        let names = self.template.names_of_partials();
        for (name, partial) in self.template.engine.partials() {
            let used: Vec<String> = self.template.engine.partial_names(partial, &names).into_iter().collect();
            let used = names_of_today(&used);
            self.add_names((UserKind::Partial, name, UserPart::Text), Some(Location::file(&partial.file)), used);
        }
    }

    fn file(&mut self, file: &'t SourceFile) {
        let Ok(compiled) = self.template.compile(file) else { return };
        for (part, compiled) in [(UserPart::Path, &compiled.path), (UserPart::Text, &compiled.text)] {
            if let Some(compiled) = compiled {
                self.compiled(UserKind::File, &file.path, part, Cow::Borrowed(compiled));
            }
        }
    }

    fn agreements(&mut self) {
        self.template.own_agreements().iter().for_each(|rule| self.agreement(rule));
        for file in self.template.agreement_files() {
            self.expression(UserKind::AgreementFile, &file.text.file, UserPart::When, file.when.as_ref());
            self.template.agreements_in(file).into_iter().flatten().for_each(|rule| self.agreement(rule));
        }
    }

    fn agreement(&mut self, rule: &'t AgreementRule) {
        let (kind, id) = (UserKind::Agreement, rule.says.as_str());
        self.expression(kind, id, UserPart::When, rule.when.as_ref());
        self.each(kind, id, &rule.each);
        let mut place = None;
        for text in rule.places.iter().flat_map(PlaceRule::texts) {
            place.get_or_insert_with(|| text.place());
            self.compiled(kind, id, UserPart::Place, Cow::Borrowed(text));
        }
        if let Some(from) = &rule.from {
            self.add_names((kind, id, UserPart::From), place, from);
        }
    }

    fn objects_and_steps(&mut self) {
        for object in &self.template.objects {
            self.expression(UserKind::Object, &object.kind, UserPart::When, object.when.as_ref());
            if let Ok(purpose) = self.template.purpose(object) {
                self.compiled(UserKind::Object, &object.kind, UserPart::Purpose, Cow::Owned(purpose));
            }
        }
        for step in &self.template.next_steps {
            self.expression(UserKind::NextStep, &step.purpose, UserPart::When, step.when.as_ref());
            self.compiled(UserKind::NextStep, &step.purpose, UserPart::Command, Cow::Borrowed(&step.command));
        }
    }

    fn migrations(&mut self) {
        for migration in &self.template.migrations {
            let kind = UserKind::Migration;
            let (renames, values, answers) = migration.ids();
            for (part, ids) in [(UserPart::Rename, renames), (UserPart::Values, values), (UserPart::Answers, answers)] {
                self.add_names((kind, migration.version_text(), part), None, ids);
            }
            for path in migration.paths() {
                self.compiled(kind, migration.version_text(), UserPart::Move, Cow::Borrowed(&path.compiled));
            }
        }
    }

    fn transitions(&mut self) {
        let names = self.template.names_with_was();
        for rule in self.template.all_transitions() {
            let (kind, id) = (UserKind::Transition, rule.id.as_str());
            for when in rule.conditions() {
                self.add_names((kind, id, UserPart::When), Some(when.place()), names_of_today(when.names()));
            }
            for step in rule.before.iter().chain(&rule.after) {
                self.of_today(kind, id, UserPart::Command, step.command.clone());
            }
            for sentence in rule.sentences().filter_map(|it| self.template.sentence(it, &it.written, &names).ok()) {
                self.of_today(kind, id, UserPart::Text, sentence);
            }
        }
        if let Some(page) = &self.template.transition_page {
            self.compiled(UserKind::TransitionPage, "", UserPart::Path, Cow::Borrowed(page));
        }
    }

    /// Adds a text that may speak of what was before: what `was_port` stands for hangs on `port`.
    fn of_today(&mut self, kind: UserKind, id: &'t str, part: UserPart, mut compiled: Compiled) {
        compiled.names = names_of_today(&compiled.names);
        self.compiled(kind, id, part, Cow::Owned(compiled));
    }

    fn add(&mut self) {
        for rule in &self.template.rules {
            for path in rule.repository.iter().flat_map(|it| [&it.from, &it.to]) {
                self.compiled(UserKind::Rule, rule.path.text(), UserPart::Path, Cow::Borrowed(path));
            }
        }
        let Some(add) = &self.template.add else { return };
        for path in add.moves.iter().flat_map(|it| [&it.from, &it.to]) {
            self.compiled(UserKind::Add, "", UserPart::Move, Cow::Borrowed(path));
        }
        let taken: Vec<String> = add.takes.iter().map(|take| take.value.clone()).collect();
        self.add_names((UserKind::Add, "", UserPart::Take), None, taken);
        let own: Vec<String> = add.own.iter().cloned().collect();
        self.add_names((UserKind::Add, "", UserPart::Own), None, own);
    }
}

fn names_of_today(names: &[String]) -> Vec<String> {
    names.iter().map(|name| name.strip_prefix(WAS).unwrap_or(name).to_owned()).collect()
}
