//! What identifies an entry of a list, and which lists are sets.

use crate::agreement::document::Format;

/// How the elements of a list are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Identity {
    /// By the values of these keys.
    Keys(Vec<String>),
    /// By their value; their order means nothing.
    Set,
    /// By their place: both sides adding to such a list is asked.
    Place,
}

/// The lists of Kubernetes, Amazon ECS and CloudFormation whose elements have a name, by the key of the list.
const NAMED: [(&str, &str); 14] = [
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
];

const YAML_SETS: [&str; 2] = ["resources", "components"];
const TOML_SETS: [&str; 5] = ["features", "members", "exclude", "default-members", "dependencies"];

/// Decides for every list of one file.
pub(super) struct Identities<'f> {
    file: &'f str,
    format: Format,
}

impl<'f> Identities<'f> {
    pub(super) fn of(file: &'f str, format: Format) -> Self {
        Self { file, format }
    }

    /// Tells how the elements of the list are told apart to which the keys lead; an element's key is `*`.
    pub(super) fn at(&self, path: &[String]) -> Identity {
        let keys = |keys: &[&str]| Identity::Keys(keys.iter().map(|key| (*key).to_owned()).collect());
        let Some(last) = path.last() else {
            return if self.format == Format::Json { keys(&["ParameterKey"]) } else { Identity::Place };
        };
        if self.format == Format::Toml {
            return self.in_toml(path, last);
        }
        // A `resources` list stands at the top of a kustomization; elsewhere the word means other things.
        if path.len() == 1 && self.is_kustomization() && YAML_SETS.contains(&last.as_str()) {
            return Identity::Set;
        }
        NAMED.iter().find(|(list, _)| list == last).map_or(Identity::Place, |(_, key)| keys(&[key]))
    }

    fn in_toml(&self, path: &[String], last: &str) -> Identity {
        if self.file.rsplit('/').next() == Some("Cargo.lock") && path == ["package"] {
            return Identity::Keys(vec!["name".to_owned(), "version".to_owned()]);
        }
        let is_feature = path.first().is_some_and(|first| first == "features");
        if is_feature || TOML_SETS.contains(&last) { Identity::Set } else { Identity::Place }
    }

    fn is_kustomization(&self) -> bool {
        matches!(self.file.rsplit('/').next(), Some("kustomization.yaml" | "kustomization.yml"))
    }
}
