//! Loading what a manifest says of lists: how their elements are told apart when an update merges them.

use super::SourceFile;
use super::loader::Loader;
use super::manifest;
use crate::language::glob::Glob;
use crate::merge::ListRule;
use crate::merge::identity::Identity;

impl Loader<'_> {
    pub(super) fn merges(&mut self, merges: &[manifest::Merge], files: &[SourceFile]) -> Vec<ListRule> {
        merges.iter().filter_map(|raw| self.merge(raw, files)).collect()
    }

    fn merge(&mut self, raw: &manifest::Merge, files: &[SourceFile]) -> Option<ListRule> {
        let glob = Glob::new(raw.files.get_ref()).map_err(|message| self.report(&raw.files, message)).ok()?;
        if !files.iter().any(|file| glob.matches(&file.path)) {
            self.report(&raw.files, format!("`{}` matches no file below `files/`", glob.text()));
        }
        let identity = match (&raw.key, raw.set) {
            (Some(key), false) if !key.is_empty() => Identity::Key(key.clone()),
            (None, true) => Identity::Set,
            _ => {
                let message = "a list has either `key`, the key whose value names each element, or `set = true`";
                self.report(&raw.path, message.to_owned());
                return None;
            }
        };
        let path = segments(raw.path.get_ref()).map_err(|message| self.report(&raw.path, message)).ok()?;
        Some(ListRule { files: glob, path, identity })
    }
}

/// Reads the keys that lead to a list, as a pointer has them; `/` alone is a list that is the whole document.
fn segments(path: &str) -> Result<Vec<String>, String> {
    let Some(keys) = path.strip_prefix('/') else {
        return Err(format!("`{path}` does not start with `/`"));
    };
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let key = |key: &str| match key {
        "" => Err(format!("`{path}` has an empty key")),
        key if key.starts_with('[') => {
            Err(format!("`{path}` selects an element; `*` stands for every element of a list"))
        }
        key => Ok(key.replace("~1", "/").replace("~0", "~")),
    };
    keys.split('/').map(key).collect()
}

#[cfg(test)]
mod tests {
    use crate::path::beneath::Blob;

    use super::super::load::tests::{HEAD, load};
    use crate::merge::merge;
    use crate::template::{Source, Template, TemplateFiles};

    const FILE: (&str, &str) = ("files/deploy/ingress.yaml", "spec:\n  rules: []\n");

    fn problem(merge: &str) -> String {
        let loaded = load(&[("template.toml", &format!("{HEAD}[[merge]]\n{merge}")), FILE]);
        loaded.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn every_fault_of_a_merge_is_named_with_its_place() {
        for (merge, expected) in [
            ("files = \"deploy/*.yaml\"\npath = \"/spec/rules\"\nkey = \"host\"\n", ""),
            ("files = \"**/*.yaml\"\npath = \"/\"\nset = true\n", ""),
            (
                "files = \"deploy/*.yml\"\npath = \"/spec\"\nset = true\n",
                "`deploy/*.yml` matches no file below `files/`",
            ),
            ("files = \"deploy/*.yaml\"\npath = \"spec\"\nset = true\n", "`spec` does not start with `/`"),
            ("files = \"deploy/*.yaml\"\npath = \"/spec//x\"\nset = true\n", "`/spec//x` has an empty key"),
            (
                "files = \"deploy/*.yaml\"\npath = \"/a/[name=x]\"\nset = true\n",
                "`*` stands for every element of a list",
            ),
            ("files = \"deploy/*.yaml\"\npath = \"/spec\"\n", "either `key`, the key whose value names each element"),
            (
                "files = \"deploy/*.yaml\"\npath = \"/spec\"\nkey = \"\"\n",
                "either `key`, the key whose value names each element",
            ),
            ("files = \"deploy/*.yaml\"\npath = \"/spec\"\nkey = \"a\"\nset = true\n", "or `set = true`"),
            ("files = \"deploy/*.yaml\"\npath = \"/spec\"\nby = \"a\"\n", "unknown field `by`"),
        ] {
            let problem = problem(merge);
            assert!(problem.contains(expected) && problem.is_empty() == expected.is_empty(), "{merge}: {problem}");
        }
    }

    #[test]
    fn a_template_that_extends_another_one_adds_to_its_lists_and_decides_anew() {
        let rule = |path: &str, how: &str| format!("[[merge]]\nfiles = \"*.yaml\"\npath = \"{path}\"\n{how}\n");
        let team = "[template]\nid = \"team\"\ntitle = \"T\"\nversion = \"2.0.0\"\nextends = \"./base\"\n";
        let lists = rule("/c", "key = \"name\"") + &rule("/c/*/d", "set = true");
        let base = format!("{HEAD}{}{}", rule("/a", "set = true"), rule("/b", "key = \"id\""));
        let team = format!("{team}{}{}", rule("/b", "key = \"name\""), lists);
        let files = |files: &[(&str, &str)]| {
            let file = |(path, text): &(&str, &str)| ((*path).to_owned(), Blob::plain(text.as_bytes().to_vec()).into());
            TemplateFiles(files.iter().map(file).collect())
        };
        let base = (files(&[("template.toml", &base), ("files/a.yaml", "a: []\n")]), Source::Folder("base".into()));
        let team = (files(&[("template.toml", &team)]), Source::Folder("team".into()));
        let template = Template::from_layers(vec![team, base]).unwrap();
        let merged = |base: &str, yours: &str, theirs: &str| {
            let add = |added: &str| format!("{base}{added}z: 1\n");
            merge("a.yaml", &template.merges, &add(""), &add(yours), &add(theirs)).map(|merged| merged.text)
        };
        for (base, yours, theirs) in [
            ("a:\n  - x\n", "  - y\n", "  - v\n"),
            ("b:\n  - name: x\n", "  - name: y\n", "  - name: v\n"),
            ("c:\n  - name: x\n    d:\n      - x\n", "      - y\n", "      - v\n"),
        ] {
            assert_eq!(merged(base, yours, theirs), Some(format!("{base}{yours}{theirs}z: 1\n")), "{base}");
        }
        assert_eq!(merged("b:\n  - id: x\n", "  - id: y\n", "  - id: v\n"), None);
    }
}
