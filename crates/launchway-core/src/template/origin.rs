//! What a project remembers of the template that made it.

use std::collections::BTreeMap;

use semver::Version;
use serde::{Deserialize, Serialize};

use super::Template;
use super::layers::Layer;
use super::source::{GitSource, Reference, Source};

/// The template that a project was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "OriginTable", try_from = "OriginTable")]
pub struct Origin {
    /// Where the template came from.
    pub source: OriginSource,
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The templates that it extends, each as a source with its version or commit.
    pub extends: Vec<String>,
}

/// Where the template of a project came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OriginSource {
    /// Part of the program.
    Builtin,
    /// A folder, which the project does not name: it is another one on another machine.
    Folder,
    /// A git repository.
    Git(GitOrigin),
}

/// Where in a git repository a template was found. The texts may come from a record that somebody has edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitOrigin {
    /// The address of the repository, without credentials.
    pub url: String,
    /// The folder of the repository in which the template stands.
    pub subfolder: Option<String>,
    /// What was asked for, or the tag of the newest release.
    pub reference: Reference,
    /// The commit that the template was read from.
    pub commit: String,
}

impl Origin {
    /// Returns what a project remembers of a template.
    #[must_use]
    pub fn of(template: &Template) -> Self {
        let source = match &template.source {
            Source::Builtin => OriginSource::Builtin,
            Source::Folder(_) => OriginSource::Folder,
            Source::Git(git) => OriginSource::Git(GitOrigin::of(git)),
        };
        let (id, version) = (template.id.clone(), template.version.to_string());
        Self { source, id, version, extends: template.layers.iter().map(ToString::to_string).collect() }
    }

    /// Returns the version of the template and of each that it extends, by their ids, as far as they are known.
    #[must_use]
    pub fn versions(&self) -> BTreeMap<String, Version> {
        let own = self.version.parse().ok().map(|version| (self.id.clone(), version));
        self.extends.iter().filter_map(|layer| Layer::remembered(layer)).chain(own).collect()
    }

    /// Returns the commit that the template was read from, if it was in a git repository.
    #[must_use]
    pub fn commit(&self) -> Option<&str> {
        match &self.source {
            OriginSource::Git(git) => Some(&git.commit),
            OriginSource::Builtin | OriginSource::Folder => None,
        }
    }
}

impl OriginSource {
    /// Returns the word for it in a record and in a report.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::Folder => "folder",
            Self::Git(_) => "git",
        }
    }
}

impl GitOrigin {
    fn of(git: &GitSource) -> Self {
        Self {
            url: git.url.clone(),
            subfolder: git.subfolder.as_ref().map(ToString::to_string),
            reference: git.reference.clone(),
            commit: git.commit.clone(),
        }
    }

    /// Returns the tag that was asked for, or that of the newest release.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        match &self.reference {
            Reference::Tag(tag) => Some(tag),
            Reference::Branch(_) | Reference::Commit => None,
        }
    }

    /// Returns the branch that was asked for.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        match &self.reference {
            Reference::Branch(branch) => Some(branch),
            Reference::Tag(_) | Reference::Commit => None,
        }
    }
}

/// An origin as it stands in a record or in a report: one table for all kinds.
#[derive(Serialize, Deserialize)]
struct OriginTable {
    source: String,
    id: String,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subfolder: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    extends: Vec<String>,
}

impl From<Origin> for OriginTable {
    fn from(origin: Origin) -> Self {
        let Origin { source, id, version, extends } = origin;
        let of_git = |git: GitOrigin| {
            let (tag, branch) = (git.tag().map(str::to_owned), git.branch().map(str::to_owned));
            (Some(git.url), git.subfolder, tag, branch, Some(git.commit))
        };
        let word = source.id().to_owned();
        let (url, subfolder, tag, branch, commit) = match source {
            OriginSource::Builtin | OriginSource::Folder => (None, None, None, None, None),
            OriginSource::Git(git) => of_git(git),
        };
        Self { source: word, id, version, url, subfolder, tag, branch, commit, extends }
    }
}

impl TryFrom<OriginTable> for Origin {
    type Error = String;

    fn try_from(table: OriginTable) -> Result<Self, String> {
        let OriginTable { source, id, version, url, subfolder, tag, branch, commit, extends } = table;
        let source = match source.as_str() {
            "builtin" => OriginSource::Builtin,
            "folder" => OriginSource::Folder,
            "git" => OriginSource::Git(GitOrigin {
                url: url.ok_or("its template is in a git repository, and it has no `url`")?,
                subfolder,
                reference: reference(tag, branch)?,
                commit: commit.ok_or("its template is in a git repository, and it has no `commit`")?,
            }),
            unknown => {
                return Err(format!(
                    "its template has the source `{unknown}`, which is not `builtin`, `folder` or `git`"
                ));
            }
        };
        Ok(Self { source, id, version, extends })
    }
}

fn reference(tag: Option<String>, branch: Option<String>) -> Result<Reference, String> {
    match (tag, branch) {
        (None, None) => Ok(Reference::Commit),
        (Some(tag), None) => Ok(Reference::Tag(tag)),
        (None, Some(branch)) => Ok(Reference::Branch(branch)),
        (Some(_), Some(_)) => Err("its template has a `tag` and a `branch`; remove one of them".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = "id = \"t\"\nversion = \"1.2.3\"\n";

    #[test]
    fn every_origin_is_written_as_it_was_read() {
        let git = "url = \"https://host/t\"\n";
        for (source, rest) in [
            ("builtin", String::new()),
            ("folder", "extends = [\"builtin:service@0.4.0\"]\n".to_owned()),
            ("git", format!("{git}commit = \"abc\"\n")),
            ("git", format!("{git}subfolder = \"a/b\"\ntag = \"v1\"\ncommit = \"abc\"\n")),
            ("git", format!("{git}branch = \"main\"\ncommit = \"abc\"\nextends = [\"x\", \"y\"]\n")),
        ] {
            let text = format!("source = \"{source}\"\n{START}{rest}");
            let origin: Origin = toml::from_str(&text).unwrap();
            assert_eq!(origin.source.id(), source);
            assert_eq!(toml::to_string(&origin).unwrap(), text);
        }
    }

    #[test]
    fn what_no_launchway_writes_is_refused_with_its_reason() {
        let git = "url = \"u\"\ncommit = \"c\"\n";
        for (source, rest, reason) in [
            ("registry", "", "the source `registry`, which is not `builtin`, `folder` or `git`"),
            ("git", "commit = \"c\"\n", "no `url`"),
            ("git", "url = \"u\"\n", "no `commit`"),
            ("git", &format!("{git}tag = \"v1\"\nbranch = \"main\"\n"), "a `tag` and a `branch`; remove one of them"),
        ] {
            let error = toml::from_str::<Origin>(&format!("source = \"{source}\"\n{START}{rest}")).unwrap_err();
            assert!(error.message().contains(reason), "{error}");
        }
    }
}
