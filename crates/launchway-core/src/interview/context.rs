//! The context: every answer is valid and every value computed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use crate::language::engine::Data;
use crate::sources::catalog::CatalogOrigin;
use crate::template::Template;
use crate::value::provenance::Provenance;
use crate::value::{Added, Value};

/// What the files of a project are rendered from. It exists only if every answer is valid.
#[derive(Debug, Clone)]
pub struct Context {
    /// The name of the project.
    pub name: String,
    /// The answers in the order of the questions.
    pub answers: Vec<(String, Value)>,
    /// The ids of the answers that nobody gave: the template's defaults.
    pub defaults: BTreeSet<String>,
    /// What the service takes from the workspace that it is added to; nothing in a new project.
    pub added: Added,
    /// The catalog through which the project is made; it is remembered with the project.
    pub catalog: Option<CatalogOrigin>,
    /// Where each answer came from, by the id of its question.
    pub(crate) origins: BTreeMap<String, Provenance>,
    values: Map<String, Json>,
    data: Data,
}

impl Context {
    pub(crate) fn new(
        template: &Template,
        answers: Vec<(String, Value)>,
        added: Added,
        values: Map<String, Json>,
    ) -> Self {
        let name = answers.iter().find(|(id, _)| *id == template.name_question);
        let name = name.map(|(_, value)| value.to_string()).unwrap_or_default();
        let (defaults, origins) = (BTreeSet::new(), BTreeMap::new());
        Self { name, answers, defaults, added, catalog: None, origins, data: Data::from(values.clone()), values }
    }

    /// Returns the value of a question or of a computed value, if it has one.
    pub(crate) fn value(&self, name: &str) -> Option<&Json> {
        self.values.get(name)
    }

    /// Returns what templates see.
    pub(crate) fn data(&self) -> &Data {
        &self.data
    }

    /// Returns what conditions see: a name without a value is null there.
    pub(crate) fn data_for(&self, names: &[String]) -> Data {
        let known = names.iter().map(|name| (name.clone(), self.values.get(name).cloned().unwrap_or(Json::Null)));
        Data::from(known.collect::<Map<_, _>>())
    }

    /// Returns all that has a value, by its name.
    pub(crate) fn values(&self) -> &Map<String, Json> {
        &self.values
    }

    /// Returns what templates see in a turn: the elements by their names, beside all else.
    pub(crate) fn data_with<'e>(&self, elements: impl IntoIterator<Item = (&'e str, &'e str)>) -> Data {
        let mut values = self.values.clone();
        values.extend(elements.into_iter().map(|(name, value)| (name.to_owned(), value.into())));
        Data::from(values)
    }
}
