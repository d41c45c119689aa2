//! The table `[repository]`: what templates see of the repository that a project is a folder of.

use std::collections::BTreeSet;

use super::Template;
use super::loader::Loader;
use super::manifest;
use crate::language::helpers::Type;
use crate::path::SafePath;
use crate::value::{Added, Value};

/// The names by which templates see that a project is a folder of a larger repository.
pub(crate) struct RepositoryRules {
    /// The name that is true in such a project.
    pub(crate) value: String,
    /// The name of the folder's path below the root of the repository; it is empty in any other project.
    pub(crate) folder: String,
}

impl RepositoryRules {
    /// Tells whether a project can be in such a folder: its path stands in workflows as it is.
    pub(crate) fn accepts(&self, name: &str, value: &Value) -> bool {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
        match value {
            Value::Text(path) => {
                let is_option = path.split('/').any(|segment| segment.starts_with('-'));
                name == self.folder && !is_option && path.bytes().all(is_plain) && SafePath::new(path).is_ok()
            }
            _ => false,
        }
    }
}

impl Template {
    /// Tells whether files of the template belong to the root of the repository, wherever in it the project is.
    #[must_use]
    pub fn has_files_of_repository(&self) -> bool {
        self.repository.is_some() && self.rules.iter().any(|rule| rule.repository.is_some())
    }

    /// Returns what a project takes from the repository that it is a folder of; nothing if the path of the folder has
    /// characters that cannot stand in workflows as they are.
    #[must_use]
    pub fn within(&self, folder: &SafePath) -> Option<Added> {
        let rules = self.repository.as_ref()?;
        let value = Value::Text(folder.to_string());
        rules.accepts(&rules.folder, &value).then(|| Added::from([(rules.folder.clone(), value)]))
    }

    /// Returns the folder that a project is of a larger repository, as its record remembers it.
    #[must_use]
    pub fn folder_of(&self, added: &Added) -> Option<SafePath> {
        let folder = added.get(&self.repository.as_ref()?.folder)?;
        SafePath::new(&folder.to_string()).ok()
    }

    /// Returns the names that stand for where a project is: never for an answer.
    pub(crate) fn names_of_place(&self) -> impl Iterator<Item = &String> {
        let repository = self.repository.iter().flat_map(|it| [&it.value, &it.folder]);
        self.add.iter().map(|add| &add.value).chain(repository)
    }
}

impl Loader<'_> {
    /// Declares the names that tell a folder of a repository from a repository. They never wait for an answer.
    pub(super) fn declare_repository(
        &mut self,
        manifest: &manifest::Manifest,
        inherited: &mut Option<RepositoryRules>,
    ) {
        let Some(raw) = &manifest.repository else { return };
        if inherited.is_some() {
            let message = "the template that this one extends has a table `[repository]` already";
            return self.report(&raw.value, message.to_owned());
        }
        for (name, is) in [(&raw.value, Type::Bool), (&raw.folder, Type::Word)] {
            self.check_name(name);
            self.needs.insert(name.get_ref().clone(), BTreeSet::new());
            self.names.insert(name.get_ref().clone(), is);
        }
        let [value, folder] = [&raw.value, &raw.folder].map(|name| name.get_ref().clone());
        *inherited = Some(RepositoryRules { value, folder });
    }
}

#[cfg(test)]
mod tests {
    use super::super::load::tests::{HEAD, load};
    use super::*;

    const TABLE: &str = "[repository]\nvalue = \"nested\"\nfolder = \"folder\"\n";

    fn problem(manifest: &str) -> String {
        let text = if manifest.starts_with(TABLE) { "{{#if nested}}\n{{folder}}\n{{/if}}\n" } else { "a\n" };
        let manifest = format!("{HEAD}{manifest}");
        let files = [("template.toml", manifest.as_str()), ("files/ci.yaml", "on: push\n"), ("files/a.txt.hbs", text)];
        let loaded = load(&files);
        loaded.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn u50_every_fault_of_a_file_of_the_repository_is_named_with_its_place() {
        let file = |keys: &str| format!("[[file]]\npath = \"ci.yaml\"\n{keys}\n");
        for (manifest, expected) in [
            (format!("{TABLE}{}", file("repository = \".github/{{service}}.yaml\"\nshared = true")), ""),
            (format!("{TABLE}{}", file("shared = true")), "`shared` is for a file that belongs to the `repository`"),
            (format!("{TABLE}{}", file("repository = \"{{absent}}.yaml\"")), "absent"),
            (format!("{TABLE}[[file]]\npath = \"*.yaml\"\nrepository = \"a.yaml\"\n"), "is named by its whole path"),
            (
                format!("{TABLE}[[question]]\nid = \"nested\"\nprompt = \"P\"\nhelp = \"H.\"\nkind = \"slug\"\n"),
                "declared twice",
            ),
        ] {
            let found = problem(&manifest);
            assert!(found.contains(expected) && found.is_empty() == expected.is_empty(), "{manifest}: {found}");
        }
        assert!(problem(&file("repository = \"a.yaml\"")).contains("the table `[repository]`, which names"));
    }

    #[test]
    fn u50_a_folder_stands_in_workflows_as_it_is_or_not_at_all() {
        let manifest = format!("{HEAD}{TABLE}");
        let template = load(&[("template.toml", manifest.as_str()), ("files/a.txt", "a\n")]).unwrap();
        let within = |folder: &str| SafePath::new(folder).is_ok_and(|folder| template.within(&folder).is_some());
        for folder in ["services/orders", "a.b_c-1", "2"] {
            assert!(within(folder), "{folder}");
        }
        for folder in ["a b", "a/-b", "-a", "ä", "a*", "a'b", "a#b"] {
            assert!(!within(folder), "{folder}");
        }
        let record = |folder: &str| Added::from([("folder".to_owned(), Value::Text(folder.to_owned()))]);
        assert!(template.usable(&record("../x")).is_empty() && template.usable(&record("/x")).is_empty());
        assert_eq!(template.usable(&record("x/y")), record("x/y"));
    }
}
