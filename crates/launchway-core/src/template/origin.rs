//! What a project remembers of the template that made it.

use std::collections::BTreeMap;

use semver::Version;
use serde::{Deserialize, Serialize};

use super::Template;
use super::layers::Layer;
use super::source::Source;

/// The template that a project was made from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Where the template came from: `builtin`, `folder` or `git`.
    pub source: String,
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The address of its repository, without credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The folder of the repository in which it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subfolder: Option<String>,
    /// The tag that was asked for, or that of the newest release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The branch that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The commit that it was read from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The templates that it extends, each as a source with its version or commit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extends: Vec<String>,
}

impl Origin {
    /// Returns what a project remembers of a template.
    #[must_use]
    pub fn of(template: &Template) -> Self {
        let (id, version) = (template.id.clone(), template.version.to_string());
        let extends = template.layers.iter().map(ToString::to_string).collect();
        let origin = Self { id, version, extends, ..Self::default() };
        match &template.source {
            Source::Builtin => Self { source: "builtin".to_owned(), ..origin },
            Source::Folder(_) => Self { source: "folder".to_owned(), ..origin },
            Source::Git(git) => git.record(origin),
        }
    }

    /// Returns the version of the template and of each that it extends, by their ids, as far as they are known.
    #[must_use]
    pub fn versions(&self) -> BTreeMap<String, Version> {
        let own = self.version.parse().ok().map(|version| (self.id.clone(), version));
        self.extends.iter().filter_map(|layer| Layer::remembered(layer)).chain(own).collect()
    }
}
