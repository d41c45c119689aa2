//! Migrations: how the answers and files of a project made by an older version become those of a newer one.

pub(super) mod loading;

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;
use serde_json::{Map, Value as Json};

use super::transition::TransitionRule;
use super::{SourceFile, Template};
use crate::language::engine::{Compiled, Data};
use crate::language::problem::Problem;
use crate::value::Value;

/// What happens to a project on the way to one version.
pub(crate) struct Migration {
    /// The id of the template that declares it.
    layer: String,
    to: Version,
    version_text: String,
    renames: BTreeMap<String, String>,
    values: BTreeMap<String, BTreeMap<String, String>>,
    answers: BTreeMap<String, NewAnswer>,
    moves: Vec<Move>,
    /// What the version means for what runs.
    pub(crate) transitions: Vec<TransitionRule>,
}

/// What older projects answer to a question that is new.
enum NewAnswer {
    Value(Value),
    /// A text that is made of their other answers; where one of them is missing, there is none.
    Computed(Compiled),
}

/// A file that has another path from a version on.
struct Move {
    from: Path,
    to: Path,
}

/// A path as it stands in `files/`, and what renders it.
pub(crate) struct Path {
    pub(crate) text: String,
    pub(crate) compiled: Compiled,
}

/// The answers of an older project as the template asks for them now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Migrated {
    /// The answers by the id of their question; what is no longer asked is left out.
    pub answers: BTreeMap<String, Value>,
    /// The paths as they stand in `files/`, each from the old one to the new one.
    pub moves: Vec<(String, String)>,
    /// The ids that have changed, each new one with the old one.
    renames: BTreeMap<String, String>,
}

impl Migration {
    /// Returns the version that the migration leads to, as a text.
    pub(crate) fn version_text(&self) -> &str {
        &self.version_text
    }

    /// Returns the ids of the questions that answers are renamed to, whose values are replaced, and that get an answer.
    pub(crate) fn ids(&self) -> (Vec<String>, Vec<String>, Vec<String>) {
        let (values, answers) = (self.values.keys(), self.answers.keys());
        (self.renames.values().cloned().collect(), values.cloned().collect(), answers.cloned().collect())
    }

    /// Returns the paths of the files that are moved, old and new.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.moves.iter().flat_map(|it| [&it.from, &it.to])
    }
}

impl Migrated {
    fn apply(&mut self, migration: &Migration, template: &Template) -> Result<(), Problem> {
        for (old, new) in &migration.renames {
            if let Some(value) = self.answers.remove(old) {
                self.answers.entry(new.clone()).or_insert(value);
                let first = self.renames.remove(old).unwrap_or_else(|| old.clone());
                self.renames.insert(new.clone(), first);
            }
        }
        for (id, values) in &migration.values {
            if let Some(answer) = self.answers.get_mut(id) {
                *answer = replaced(answer, values);
            }
        }
        for (id, new) in &migration.answers {
            if !self.answers.contains_key(id) {
                let value = self.new_answer(new, template)?;
                self.answers.extend(value.map(|value| (id.clone(), value)));
            }
        }
        migration.moves.iter().for_each(|it| self.add_move(&it.from.text, &it.to.text));
        Ok(())
    }

    fn new_answer(&self, new: &NewAnswer, template: &Template) -> Result<Option<Value>, Problem> {
        let compiled = match new {
            NewAnswer::Value(value) => return Ok(Some(value.clone())),
            NewAnswer::Computed(compiled) => compiled,
        };
        // An answer may be as it was given to a question of another kind.
        let known = compiled.names.iter().map(|name| {
            let value = template.question(name)?.coerce(self.answers.get(name)?.clone());
            Some((name.clone(), value.to_json()))
        });
        let Some(known) = known.collect::<Option<Map<String, Json>>>() else { return Ok(None) };
        template.engine.render(compiled, &Data::from(known)).map(|text| Some(Value::Text(text)))
    }

    /// Returns those of the answers that `defaults` names, by the ids that they have now.
    #[must_use]
    pub fn named(&self, defaults: &BTreeSet<String>) -> BTreeSet<String> {
        let is_named = |id: &&String| defaults.contains(self.renames.get(*id).unwrap_or(id));
        self.answers.keys().filter(is_named).cloned().collect()
    }

    /// Adds a move; a file that was moved before goes from its first path to its last.
    fn add_move(&mut self, from: &str, to: &str) {
        match self.moves.iter_mut().find(|(_, earlier)| earlier == from) {
            Some(earlier) => to.clone_into(&mut earlier.1),
            None => self.moves.push((from.to_owned(), to.to_owned())),
        }
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

    /// Like [`Template::migrate`], with the version of every template that the project was made of, by its id. The
    /// migrations of a template that is not named are left out: the project has never known it.
    ///
    /// # Errors
    /// The template is at fault: a new answer is not of its question's kind.
    pub fn migrate_from(
        &self,
        from: &BTreeMap<String, Version>,
        answers: BTreeMap<String, Value>,
    ) -> Result<Migrated, Problem> {
        let mut migrated = Migrated { answers, ..Migrated::default() };
        for migration in self.migrations_since(from) {
            migrated.apply(migration, self)?;
        }
        let answers = std::mem::take(&mut migrated.answers).into_iter();
        let asked = answers.filter_map(|(id, value)| Some((self.question(&id)?.converted(value), id)));
        migrated.answers = asked.map(|(value, id)| (id, value)).collect();
        Ok(migrated)
    }

    /// Returns the migrations between the versions that a project has and those of today.
    pub(crate) fn migrations_since(&self, from: &BTreeMap<String, Version>) -> impl Iterator<Item = &Migration> {
        self.migrations.iter().filter(|it| from.get(&it.layer).is_some_and(|from| *from < it.to))
    }

    pub(crate) fn moved_path(&self, text: &str) -> Option<&Path> {
        self.migrations.iter().flat_map(Migration::paths).find(|path| path.text == text)
    }
}

/// Tells whether a file of the template has a path as it stands in `files/`.
fn is_file(files: &[SourceFile], path: &str) -> bool {
    files.iter().any(|file| file.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::answers::Answers;
    use crate::interview::{Defaults, Interview};
    use crate::template::load::tests::{HEAD, load};

    const QUESTIONS: &str = r#"
[[question]]
id = "strategy"
prompt = "P"
help = "H."
kind = "choice"
default = "rolling"
choices = [{ value = "rolling" }, { value = "blue-green" }]

[[question]]
id = "capacity"
prompt = "P"
help = "H."
kind = "choice"
default = "spot"
choices = [{ value = "spot" }, { value = "fargate" }]

[[question]]
id = "environments"
prompt = "P"
help = "H."
kind = "slugs"
default = ["dev", "prod"]

[[file]]
path = "env/{{environment}}/x.txt"
each = "environments"
as = "environment"
"#;

    fn template(migrations: &str) -> Result<Template, String> {
        let manifest = format!("{HEAD}{QUESTIONS}{migrations}").replace("1.0.0", "3.0.0");
        let files = [
            ("template.toml", manifest.as_str()),
            ("files/env/{{environment}}/x.txt", "x\n"),
            ("files/{{service}}/new.txt", "new\n"),
        ];
        load(&files).map_err(|error| error.to_string())
    }

    fn migrated(template: &Template, from: &str, answers: &[(&str, &str)]) -> Migrated {
        let answers = answers.iter().map(|(id, value)| ((*id).to_owned(), Value::Text((*value).to_owned())));
        template.migrate(&from.parse().unwrap(), answers.collect()).unwrap()
    }

    fn listed(migrated: &Migrated) -> Vec<String> {
        migrated.answers.iter().map(|(id, value)| format!("{id}={value}")).collect()
    }

    const HISTORY: &str = r#"
[[migration]]
to = "3.0.0"
rename = { rollout = "strategy" }
values = { strategy = { "bluegreen" = "blue-green" } }
move = { "{{service}}/older.txt" = "{{service}}/new.txt" }

[[migration]]
to = "2.0.0"
rename = { deploy = "rollout" }
answers = { capacity = "fargate" }
move = { "old.txt" = "{{service}}/older.txt", "env/{{environment}}.txt" = "env/{{environment}}/x.txt" }
"#;

    #[test]
    fn answers_go_through_every_version_on_the_way_and_through_no_other() {
        let template = template(HISTORY).unwrap();
        let from_first = migrated(&template, "1.0.0", &[("deploy", "bluegreen"), ("gone", "x")]);
        assert_eq!(listed(&from_first), ["capacity=fargate", "strategy=blue-green"]);
        let from_second = migrated(&template, "2.1.0", &[("rollout", "bluegreen"), ("capacity", "spot")]);
        assert_eq!(listed(&from_second), ["capacity=spot", "strategy=blue-green"]);
        let same = migrated(&template, "3.0.0", &[("strategy", "rolling")]);
        assert_eq!((listed(&same), same.moves.len()), (vec!["strategy=rolling".to_owned()], 0));
    }

    #[test]
    fn a_new_answer_is_made_of_others_and_is_missing_where_one_of_them_is() {
        let computed = "\n[[migration]]\nto = \"2.0.0\"\nrename = { stages = \"environments\" }\n\
            answers = { strategy = \"{{last environments}}\" }\n";
        let template = template(computed).unwrap();
        let found = |answers: &[(&str, &str)]| listed(&migrated(&template, "1.0.0", answers));
        assert_eq!(found(&[("stages", "dev,rolling")]), ["environments=dev,rolling", "strategy=rolling"]);
        assert_eq!(found(&[("stages", "dev,rolling"), ("strategy", "blue-green")])[1], "strategy=blue-green");
        assert_eq!(found(&[]), [""; 0]);
    }

    #[test]
    fn a_file_moves_from_its_first_path_to_its_last_in_every_turn() {
        let template = template(HISTORY).unwrap();
        let interview = Interview::new(&template, &Answers::default(), Defaults::All).unwrap();
        let context = interview.context().unwrap().unwrap();
        let moves = |from| {
            let moves = template.rendered_moves(&context, &migrated(&template, from, &[])).unwrap();
            moves.iter().map(|(from, to)| format!("{from} > {to}")).collect::<Vec<_>>()
        };
        assert_eq!(
            moves("1.0.0"),
            ["env/dev.txt > env/dev/x.txt", "env/prod.txt > env/prod/x.txt", "old.txt > orders/new.txt"]
        );
        assert_eq!(moves("2.0.0"), ["orders/older.txt > orders/new.txt"]);
    }

    #[test]
    fn the_migrations_of_a_template_that_the_project_never_knew_are_left_out() {
        let template = template(HISTORY).unwrap();
        let old = BTreeMap::from([("deploy".to_owned(), Value::Text("rolling".to_owned()))]);
        let from = BTreeMap::from([("another".to_owned(), Version::new(1, 0, 0))]);
        assert_eq!(template.migrate_from(&from, old).unwrap(), Migrated::default());
    }

    #[test]
    fn a_migration_has_to_lead_to_what_is_there() {
        for (keys, expected) in [
            ("to = \"4.0.0\"", "template.toml:43:6: the template itself is only at 3.0.0"),
            ("to = \"four\"", "template.toml:43:6: `four` is not a version"),
            ("to = \"2.0.0\"\nrename = { a = \"b\" }", "template.toml:44:16: there is no question `b`"),
            ("to = \"2.0.0\"\nrename = { capacity = \"strategy\" }", "`capacity` is still a question"),
            ("to = \"2.0.0\"\nanswers = { capacity = \"x\" }", "template.toml:44:24: capacity `x` is not one of"),
            ("to = \"2.0.0\"\nanswers = { c = \"x\" }", "there is no question `c`"),
            ("to = \"2.0.0\"\nanswers = { capacity = \"{{typo}}\" }", "`typo` is not a declared name"),
            ("to = \"2.0.0\"\nvalues = { strategy = { a = \"b\" } }", "strategy `b` is not one of the choices"),
            ("to = \"2.0.0\"\nmove = { \"{{typo}}\" = \"x\" }", "`typo` is not a declared name"),
            ("to = \"2.0.0\"\nmove = { \"a\" = \"b/{{environment}}\" }", "`environment` is not a declared name"),
            ("to = \"2.0.0\"\nmove = { \"{{service}}/new.txt\" = \"x\" }", "is still there"),
            ("to = \"2.0.0\"\nscript = \"rm\"", "unknown field `script`"),
        ] {
            let found = template(&format!("\n[[migration]]\n{keys}\n")).err().unwrap_or_default();
            assert!(found.contains(expected), "{keys}\nexpected: {expected}\nfound: {found}");
        }
    }
}
