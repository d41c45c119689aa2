//! What identifies an entry of a list, and which lists are sets.

use crate::agreement::document::Format;
use crate::language::glob::Glob;

/// How the elements of a list are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    /// By the value of this key.
    Key(String),
    /// By their value; their order means nothing.
    Set,
    /// As the packages of a `Cargo.lock`: by name and version, those of the workspace by their name alone.
    Package,
    /// As Dependabot tells its updates apart: by the ecosystem, the folders and the branch.
    Update,
    /// By their place: both sides adding to such a list is asked.
    Place,
}

/// What a template says of a list.
#[derive(Debug)]
pub struct ListRule {
    /// The files that have the list.
    pub(crate) files: Glob,
    /// The keys that lead to it; an element of a list above it is `*`.
    pub(crate) path: Vec<String>,
    /// How its elements are told apart.
    pub(crate) identity: Identity,
}

/// The lists of Kubernetes, Amazon ECS and CloudFormation whose elements have a name, by the key of the list.
const NAMED: [(&str, &str); 15] = [
    ("containers", "name"),
    ("initContainers", "name"),
    ("env", "name"),
    ("volumes", "name"),
    ("volumeMounts", "name"),
    ("ports", "name"),
    ("topologySpreadConstraints", "topologyKey"),
    ("containerDefinitions", "name"),
    ("ContainerDefinitions", "Name"),
    ("environment", "name"),
    ("Environment", "Name"),
    ("secrets", "name"),
    ("Secrets", "Name"),
    ("Tags", "Key"),
    ("tags", "key"),
];

const YAML_SETS: [&str; 2] = ["resources", "components"];
const TOML_SETS: [&str; 5] = ["features", "members", "exclude", "default-members", "dependencies"];

/// Decides for every list of one file.
pub(super) struct Identities<'f> {
    file: &'f str,
    format: Format,
    /// What templates say of lists of the file, the outermost template first.
    rules: Vec<&'f ListRule>,
}

impl<'f> Identities<'f> {
    pub(super) fn of(file: &'f str, format: Format, rules: &'f [ListRule]) -> Self {
        Self { file, format, rules: rules.iter().rev().filter(|rule| rule.files.matches(file)).collect() }
    }

    /// Tells how the elements of the list are told apart to which the keys lead; an element's key is `*`.
    pub(super) fn at(&self, path: &[String]) -> Identity {
        if let Some(rule) = self.rules.iter().find(|rule| rule.path == path) {
            return rule.identity.clone();
        }
        let Some(last) = path.last() else {
            return if self.format == Format::Json { key("ParameterKey") } else { Identity::Place };
        };
        if self.format == Format::Toml {
            return self.in_toml(path, last);
        }
        // A `resources` list stands at the top of a kustomization; elsewhere the word means other things.
        if path.len() == 1 && self.is_kustomization() && YAML_SETS.contains(&last.as_str()) {
            return Identity::Set;
        }
        if path.len() == 1 && self.is_of_dependabot() && last == "updates" {
            return Identity::Update;
        }
        NAMED.iter().find(|(list, _)| list == last).map_or(Identity::Place, |(_, name)| key(name))
    }

    fn in_toml(&self, path: &[String], last: &str) -> Identity {
        if self.is_lock() && path == ["package"] {
            return Identity::Package;
        }
        let is_feature = path.first().is_some_and(|first| first == "features");
        if is_feature || TOML_SETS.contains(&last) { Identity::Set } else { Identity::Place }
    }

    pub(super) fn is_lock(&self) -> bool {
        self.file.rsplit('/').next() == Some("Cargo.lock")
    }

    fn is_of_dependabot(&self) -> bool {
        matches!(self.file.rsplit('/').next(), Some("dependabot.yml" | "dependabot.yaml"))
    }

    fn is_kustomization(&self) -> bool {
        matches!(self.file.rsplit('/').next(), Some("kustomization.yaml" | "kustomization.yml"))
    }
}

/// The keys by which Dependabot tells its updates apart; it refuses two that have the same values there.
pub(super) const UPDATE_KEYS: [&str; 4] = ["package-ecosystem", "directory", "directories", "target-branch"];

fn key(name: &str) -> Identity {
    Identity::Key(name.to_owned())
}
