//! Loading migrations: what they lead to has to be there.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;
use toml::Spanned;

use super::{Migration, Move, NewAnswer, Path, is_file};
use crate::language::check::Printing;
use crate::language::helpers::Type;
use crate::template::loader::{Declared, Loader};
use crate::template::locks::{fault, one};
use crate::template::manifest;
use crate::template::question::Question;
use crate::template::requirement;
use crate::template::{FileRule, SourceFile};
use crate::value::Value;

/// What migrations lead to.
pub(in crate::template) struct Target<'t> {
    /// The id of the template that declares them.
    pub(in crate::template) layer: &'t str,
    pub(in crate::template) version: &'t Version,
    pub(in crate::template) questions: &'t [Declared],
    pub(in crate::template) files: &'t [SourceFile],
    pub(in crate::template) rules: &'t [FileRule],
}

impl Target<'_> {
    fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().map(|declared| &declared.question).find(|question| question.id == id)
    }
}

impl Loader<'_> {
    /// Reads the migrations of a layer, in the order of their versions.
    pub(in crate::template) fn migrations(
        &mut self,
        declared: Vec<manifest::Migration>,
        target: &Target<'_>,
        transition_ids: &mut BTreeSet<String>,
    ) -> Vec<Migration> {
        let mut migrations: Vec<(Version, manifest::Migration)> = Vec::new();
        for raw in declared {
            match requirement::version(&raw.to, &self.places) {
                Ok(to) => migrations.push((to, raw)),
                Err(problem) => self.problems.push(problem),
            }
        }
        migrations.sort_by(|left, right| left.0.cmp(&right.0));
        for (position, (to, raw)) in migrations.iter().enumerate() {
            if to > target.version {
                self.report(&raw.to, format!("the template itself is only at {}", target.version));
            }
            self.check_migration(raw, &migrations[position + 1..], target);
        }
        migrations.into_iter().map(|(to, raw)| self.migration(to, raw, target, transition_ids)).collect()
    }

    /// Checks what a migration leads to, once the later ones have gone on from there.
    fn check_migration(
        &mut self,
        raw: &manifest::Migration,
        later: &[(Version, manifest::Migration)],
        target: &Target<'_>,
    ) {
        for (old, new) in &raw.rename {
            if target.question(old).is_some() {
                self.report(new, format!("`{old}` is still a question, so its answer cannot become that of another"));
            }
            self.migrated_question(new, new.get_ref(), later, target);
        }
        for (id, values) in &raw.values {
            let Some(question) = self.migrated_question(values, id, later, target) else { continue };
            for new in values.get_ref().values().filter(|new| !is_replaced(id, new, later)) {
                let value = question.coerce(one(question, &Value::Text(new.clone())));
                if let Some(message) = fault(question, &value) {
                    self.report(values, message);
                }
            }
        }
        for (id, value) in &raw.answers {
            let Some(question) = self.migrated_question(value, id, later, target) else { continue };
            if !is_computed(value.get_ref())
                && let Some(message) = fault(question, value.get_ref())
            {
                self.report(value, message);
            }
        }
        for (from, to) in &raw.moves {
            if is_file(target.files, from) {
                self.report(to, format!("`files/{from}` is still there, so it cannot have moved"));
            }
        }
    }

    /// Finds the question that an answer belongs to in the end.
    fn migrated_question<'q, T>(
        &mut self,
        at: &Spanned<T>,
        id: &str,
        later: &[(Version, manifest::Migration)],
        target: &'q Target<'_>,
    ) -> Option<&'q Question> {
        let last = later.iter().fold(id, |id, (_, raw)| raw.rename.get(id).map_or(id, |new| new.get_ref()));
        let question = target.question(last);
        if question.is_none() {
            self.report(at, format!("there is no question `{last}`"));
        }
        question
    }

    fn migration(
        &mut self,
        to: Version,
        raw: manifest::Migration,
        target: &Target<'_>,
        transition_ids: &mut BTreeSet<String>,
    ) -> Migration {
        let transitions = self.transitions(raw.transitions, target.questions, transition_ids);
        let moves = raw.moves.into_iter().filter_map(|(from, to)| self.migrated_move(from, &to, target)).collect();
        let answers = raw.answers.into_iter();
        let answers = answers.filter_map(|(id, value)| Some((id, self.new_answer(&value, target)?))).collect();
        Migration {
            layer: target.layer.to_owned(),
            version_text: to.to_string(),
            to,
            renames: raw.rename.into_iter().map(|(old, new)| (old, new.into_inner())).collect(),
            values: raw.values.into_iter().map(|(id, values)| (id, values.into_inner())).collect(),
            answers,
            moves,
            transitions,
        }
    }

    /// Compiles what older projects answer, which may be made of their other answers and of nothing that is computed.
    fn new_answer(&mut self, value: &Spanned<Value>, target: &Target<'_>) -> Option<NewAnswer> {
        let Value::Text(text) = value.get_ref() else { return Some(NewAnswer::Value(value.get_ref().clone())) };
        if !is_computed(value.get_ref()) {
            return Some(NewAnswer::Value(value.get_ref().clone()));
        }
        let place = self.places.of(value);
        let compiled = self.snippet(text, &place, Printing::Anything)?;
        if let Some(name) = compiled.names.iter().find(|name| target.question(name).is_none()) {
            self.report(value, format!("`{name}` is not a question, and an older project knows only its answers"));
        }
        Some(NewAnswer::Computed(compiled))
    }

    /// Compiles the two paths of a move, which may use the elements of the new file's `each`.
    fn migrated_move(&mut self, from: String, to: &Spanned<String>, target: &Target<'_>) -> Option<Move> {
        let place = self.places.of(to);
        let rules = target.rules.iter().filter(|rule| rule.path.matches(to.get_ref()));
        let elements: BTreeMap<String, Type> =
            rules.flat_map(|rule| &rule.each).map(|each| (each.element.clone(), Type::Word)).collect();
        self.names.extend(elements.clone());
        let mut path = |text: String| {
            let compiled = self.snippet(&text, &place, Printing::Quoted)?;
            Some(Path { text, compiled })
        };
        let paths = (path(from), path(to.get_ref().clone()));
        self.names.retain(|name, _| !elements.contains_key(name));
        Some(Move { from: paths.0?, to: paths.1? })
    }
}

fn is_computed(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.contains("{{"))
}

/// Tells whether a later migration replaces a value in its turn.
fn is_replaced(id: &str, value: &str, later: &[(Version, manifest::Migration)]) -> bool {
    let mut id = id;
    for (_, raw) in later {
        id = raw.rename.get(id).map_or(id, |new| new.get_ref());
        if raw.values.get(id).is_some_and(|values| values.get_ref().contains_key(value)) {
            return true;
        }
    }
    false
}
