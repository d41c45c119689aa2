//! Migrations: how the answers and files of a project made by an older version become those of a newer one.

use std::collections::BTreeMap;

use semver::Version;

use super::engine::Compiled;
use super::load;
use super::loader::{Declared, Loader};
use super::manifest;
use super::problem::Problem;
use super::{Printing, Template};
use crate::{Context, SafePath, Value};

/// What happens to a project on the way to one version.
pub(crate) struct Migration {
    /// The id of the template that declares it.
    layer: String,
    to: Version,
    renames: BTreeMap<String, String>,
    values: BTreeMap<String, BTreeMap<String, String>>,
    answers: BTreeMap<String, Value>,
    moves: Vec<Move>,
}

/// A file that has another path from a version on.
struct Move {
    from: String,
    to: String,
    rendered_from: Compiled,
    rendered_to: Compiled,
}

/// The answers of an older project as the template asks for them now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Migrated {
    /// The answers by the id of their question; what is no longer asked is left out.
    pub answers: BTreeMap<String, Value>,
    /// The paths as they stand in `files/`, from the old one to the new one, in the order of the moves.
    pub moves: Vec<(String, String)>,
}

impl Loader<'_> {
    /// Reads the migrations of a layer, in the order of their versions.
    pub(super) fn migrations(
        &mut self,
        migrations: Vec<manifest::Migration>,
        (layer, newest): (&str, &Version),
        questions: &[Declared],
    ) -> Vec<Migration> {
        let mut read: Vec<Migration> =
            migrations.into_iter().filter_map(|raw| self.migration(raw, layer, newest, questions)).collect();
        read.sort_by(|left, right| left.to.cmp(&right.to));
        read
    }

    fn migration(
        &mut self,
        raw: manifest::Migration,
        layer: &str,
        newest: &Version,
        _questions: &[Declared],
    ) -> Option<Migration> {
        let to = match load::version(&raw.to, self.places) {
            Ok(to) => to,
            Err(problem) => {
                self.problems.push(problem);
                return None;
            }
        };
        if to > *newest {
            self.report(&raw.to, format!("the template itself is only at {newest}"));
        }
        let mut moves = Vec::new();
        for (from, to) in raw.moves {
            let place = self.places.of(&to);
            let rendered_from = self.snippet(&from, &place, Printing::Quoted);
            let rendered_to = self.snippet(to.get_ref(), &place, Printing::Quoted);
            if let (Some(rendered_from), Some(rendered_to)) = (rendered_from, rendered_to) {
                moves.push(Move { from, to: to.into_inner(), rendered_from, rendered_to });
            }
        }
        Some(Migration {
            layer: layer.to_owned(),
            to,
            renames: raw.rename.into_iter().map(|(old, new)| (old, new.into_inner())).collect(),
            values: raw.values.into_iter().map(|(id, values)| (id, values.into_inner())).collect(),
            answers: raw.answers.into_iter().map(|(id, value)| (id, value.into_inner())).collect(),
            moves,
        })
    }
}

impl Migration {
    fn apply(&self, migrated: &mut Migrated) {
        for (old, new) in &self.renames {
            if let Some(value) = migrated.answers.remove(old) {
                migrated.answers.entry(new.clone()).or_insert(value);
            }
        }
        for (id, values) in &self.values {
            if let Some(answer) = migrated.answers.get_mut(id) {
                *answer = replaced(answer, values);
            }
        }
        for (id, value) in &self.answers {
            migrated.answers.entry(id.clone()).or_insert_with(|| value.clone());
        }
        migrated.moves.extend(self.moves.iter().map(|it| (it.from.clone(), it.to.clone())));
    }
}

fn replaced(answer: &Value, values: &BTreeMap<String, String>) -> Value {
    let new = |old: &String| values.get(old).unwrap_or(old).clone();
    match answer {
        Value::List(items) => Value::List(items.iter().map(new).collect()),
        answer => values.get(&answer.to_string()).map_or_else(|| answer.clone(), |new| Value::Text(new.clone())),
    }
}

impl Template {
    /// Brings the answers of a project that version `from` of this template made to those that are asked for now.
    ///
    /// # Errors
    /// The template is at fault.
    pub fn migrate(&self, from: &Version, answers: BTreeMap<String, Value>) -> Result<Migrated, Problem> {
        self.migrate_from(&BTreeMap::from([(self.id.clone(), from.clone())]), answers)
    }

    /// Like [`Template::migrate`], with the version of every layer that the project was made of, by its id. The
    /// migrations of a layer that is not named are left out: the project has never known it.
    ///
    /// # Errors
    /// The template is at fault.
    pub fn migrate_from(
        &self,
        from: &BTreeMap<String, Version>,
        answers: BTreeMap<String, Value>,
    ) -> Result<Migrated, Problem> {
        let mut migrated = Migrated { answers, moves: Vec::new() };
        let is_due = |it: &&Migration| from.get(&it.layer).is_some_and(|from| *from < it.to);
        for migration in self.migrations.iter().filter(is_due) {
            migration.apply(&mut migrated);
        }
        migrated.answers.retain(|id, _| self.question(id).is_some());
        Ok(migrated)
    }

    /// Renders the paths of moved files with the answers of today, from the old path to the new one.
    ///
    /// # Errors
    /// A path cannot be rendered, or is not safe.
    pub fn rendered_moves(&self, context: &Context, migrated: &Migrated) -> Result<Vec<(SafePath, SafePath)>, Problem> {
        let all = self.migrations.iter().flat_map(|migration| &migration.moves);
        let mut rendered = Vec::new();
        for (from, to) in &migrated.moves {
            let Some(it) = all.clone().find(|it| it.from == *from && it.to == *to) else { continue };
            let path = |template: &Compiled| {
                let text = self.engine.render(template, context.data())?;
                SafePath::new(&text).map_err(|error| template.problem(error.to_string()))
            };
            rendered.push((path(&it.rendered_from)?, path(&it.rendered_to)?));
        }
        Ok(rendered)
    }
}
