//! Who uses a question or a value: every place of a template where its name stands.

use std::collections::BTreeSet;

use super::Template;
use super::naming::{NamingPart, UserKind, UserPart};
use crate::language::problem::{Location, nearest};

/// A question or a value, and who uses it.
#[derive(Debug, PartialEq, Eq)]
pub struct NameUses {
    /// Whether it is a question or a value.
    pub kind: UserKind,
    /// Where it is declared.
    pub declared: Option<Location>,
    /// The expression of a value, as it is written.
    pub is: Option<String>,
    /// The condition, as it is written.
    pub when: Option<String>,
    /// Who uses it, in the order of the manifest.
    pub users: Vec<NameUser>,
}

/// A user of a name.
#[derive(Debug, PartialEq, Eq)]
pub struct NameUser {
    /// What it is.
    pub kind: UserKind,
    /// Its id, its path, or what an author calls it by.
    pub id: String,
    /// The parts in which the name stands; none if it only stands in partials that the user includes.
    pub parts: Vec<UserPart>,
    /// The partials that the user includes, and in which the name stands.
    pub through: Vec<String>,
    /// Where the first part stands, if more is known than the manifest.
    pub place: Option<Location>,
}

/// A name that a template does not declare.
#[derive(Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// The declared name that is nearest to it.
    pub nearest: Option<String>,
}

impl Template {
    /// Says who uses a question or a value.
    ///
    /// # Errors
    /// The template declares no such name.
    pub fn uses(&self, name: &str) -> Result<NameUses, UnknownName> {
        if !self.names.contains_key(name) {
            let nearest = nearest(name, self.names.keys().map(String::as_str)).map(str::to_owned);
            return Err(UnknownName { nearest });
        }
        let declared = self.declared.get(name).cloned();
        let users = users_of(name, &self.naming_parts());
        Ok(match (self.question(name), self.computed(name)) {
            (Some(question), _) => {
                NameUses { kind: UserKind::Question, declared, is: None, when: question.when_text.clone(), users }
            }
            (None, value) => NameUses {
                kind: UserKind::Value,
                declared,
                is: value.map(|value| value.is.text.clone()),
                when: value.and_then(|value| Some(value.when.as_ref()?.text.clone())),
                users,
            },
        })
    }
}

/// Puts the parts of each user together.
fn users_of(name: &str, parts: &[NamingPart<'_>]) -> Vec<NameUser> {
    let is_named = |names: &[String]| names.iter().any(|other| other == name);
    let partials = parts.iter().filter(|part| part.kind == UserKind::Partial && is_named(&part.names));
    let partials: BTreeSet<&str> = partials.map(|part| part.id.as_ref()).collect();
    let mut users: Vec<NameUser> = Vec::new();
    for part in parts.iter().filter(|part| is_named(&part.names)) {
        let through = part.partials.iter().filter(|partial| partials.contains(partial.as_str())).cloned();
        let own = part.own.as_ref().is_none_or(|own| own.contains(name)).then_some(part.part);
        let file = |place: &Option<Location>| place.as_ref().map(|place| place.file.clone());
        let is_same = |user: &&mut NameUser| {
            user.kind == part.kind && user.id == part.id && file(&user.place) == file(&part.place)
        };
        if let Some(user) = users.iter_mut().find(is_same) {
            user.parts.extend(own.filter(|part| !user.parts.contains(part)));
            let new: Vec<String> = through.filter(|partial| !user.through.contains(partial)).collect();
            user.through.extend(new);
        } else {
            let (id, place) = (part.id.to_string(), part.place.clone());
            users.push(NameUser {
                kind: part.kind,
                id,
                parts: own.into_iter().collect(),
                through: through.collect(),
                place,
            });
        }
    }
    users
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::load::tests::{HEAD, load};

    const MANIFEST: &str = r#"
[[question]]
id = "size"
prompt = "P"
help = "H."
kind = "int"
default = 3
max = 9
refuse = [{ when = "gt half 4", because = "It is too large." }]

[[question]]
id = "label"
prompt = "P"
help = "H."
kind = "slug"
default = "x{{half}}"
when = "gt half 1"
preview = [{ label = "tag", is = "t-{{half}}" }]

[[value]]
id = "half"
is = "divide size 2"

[[value]]
id = "twice"
is = "multiply half 4"
when = "gt half 0"

[[partial]]
name = "given"
parameters = { it = "int" }

[[file]]
path = "a.txt"
when = "gt half 0"

[[object]]
kind = "Box"
purpose = "holds {{half}}"

[[next_step]]
command = "echo {{half}}"
purpose = "Say it."
when = "gt half 0"

[[agreement]]
says = "the half"
from = "half"
place = [{ file = "a.txt", capture = "^(\\d+)$" }, { is = "{{half}}" }]

[[migration]]
to = "1.0.0"
answers = { size = 4 }

[[advisory]]
id = "A-1"
severity = "high"
title = "It burns."
fixed = "1.0.0"
when = "gt half 0"
"#;

    fn template() -> Template {
        let manifest = format!("{HEAD}{MANIFEST}");
        let files = [
            ("template.toml", manifest.as_str()),
            ("partials/inner.hbs", "{{half}}\n"),
            ("partials/given.hbs", "{{it}}\n"),
            ("files/a.txt.hbs", "{{half}}\n{{twice}}\n{{label}}\n"),
            ("files/through.txt.hbs", "{{> inner}}\n"),
            ("files/both.txt.hbs", "{{half}}\n{{> inner}}\n"),
            ("files/given.txt.hbs", "{{> given it=half}}\n"),
            ("files/{{service}}.txt", "x\n"),
        ];
        load(&files).unwrap_or_else(|error| panic!("{error}"))
    }

    fn users(name: &str) -> Vec<String> {
        let shown = |user: &NameUser| {
            let parts: Vec<&str> = user.parts.iter().map(|part| part.id()).collect();
            format!("{} {}: {} {}", user.kind.id(), user.id, parts.join("+"), user.through.join("+")).trim().to_owned()
        };
        template().uses(name).unwrap().users.iter().map(shown).collect()
    }

    #[test]
    fn every_user_of_a_value_is_named_with_the_part_in_which_the_name_stands() {
        assert_eq!(
            users("half"),
            [
                "question size: refuse",
                "question label: when+default+preview",
                "value twice: is+when",
                "rule a.txt: when",
                "file a.txt: text",
                "file both.txt: text inner",
                "file given.txt: text",
                "file through.txt:  inner",
                "partial inner: text",
                "agreement the half: place+from",
                "object Box: purpose",
                "next_step Say it.: when+command",
                "advisory A-1: when",
            ]
        );
        assert_eq!(users("size"), ["value half: is", "migration 1.0.0: answers"]);
        assert_eq!(users("service"), ["file {{service}}.txt: path"]);
    }

    #[test]
    fn a_value_is_shown_as_it_is_declared_and_an_unknown_name_with_the_nearest_one() {
        let twice = template().uses("twice").unwrap();
        assert_eq!((twice.kind, twice.is.as_deref()), (UserKind::Value, Some("multiply half 4")));
        assert_eq!(twice.when.as_deref(), Some("gt half 0"));
        assert!(twice.declared.is_some_and(|place| place.position.is_some()));
        assert_eq!(template().uses("label").unwrap().kind, UserKind::Question);
        assert_eq!(template().uses("hafl"), Err(UnknownName { nearest: Some("half".to_owned()) }));
        assert_eq!(template().uses("it"), Err(UnknownName { nearest: None }));
    }

    #[test]
    fn every_value_of_the_built_in_template_has_a_user() {
        let template = Template::builtin("service").unwrap();
        for value in &template.values {
            assert!(!template.uses(&value.id).unwrap().users.is_empty(), "{}", value.id);
        }
    }
}
