//! `FLEET.toml`: which template, in which version, and which repositories.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use launchway_core::{SourceSpec, Value, nearest};
use serde::Deserialize;
use toml::Table;

use crate::failure::{Exit, Failure, listed};

/// The tables of the file, each with its keys.
const KEYS: [(&str, &[&str]); 5] = [
    ("fleet", &["template", "to", "identity"]),
    ("source", &["kind", "path", "organisation"]),
    ("select", &["owner", "path", "answers"]),
    ("policy", &["verify", "max_open", "waves", "halt_above", "window"]),
    ("pull-request", &["title", "labels", "draft_conflicts"]),
];

/// What a fleet is.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(super) template: SourceSpec,
    pub(super) to: Option<String>,
    pub(super) sources: Vec<RepositorySource>,
    pub(super) select: Select,
}

/// Where repositories are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RepositorySource {
    /// A file with an address on each line.
    List(PathBuf),
    /// A folder of bare repositories.
    Directory(PathBuf),
}

/// Which of the listed repositories take part.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Select {
    #[serde(default)]
    owner: OneOrMore,
    #[serde(default)]
    path: OneOrMore,
    #[serde(default)]
    answers: BTreeMap<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    #[default]
    None,
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn fits(&self, fits: impl Fn(&str) -> bool) -> bool {
        match self {
            Self::None => true,
            Self::One(one) => fits(one),
            Self::More(all) => all.iter().any(|one| fits(one)),
        }
    }
}

impl Select {
    /// Tells whether a project takes part.
    pub(super) fn takes(&self, id: &str, owner: Option<&str>, answers: &BTreeMap<String, Value>) -> bool {
        self.owner.fits(|wanted| owner == Some(wanted))
            && self.path.fits(|pattern| is_like(pattern, id))
            && self.answers.iter().all(|(question, value)| answers.get(question) == Some(value))
    }
}

/// Tells whether a text is like a pattern, in which `*` stands for any letters.
fn is_like(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(start) else { return false };
    (0..=text.len()).any(|at| text.is_char_boundary(at) && is_like(rest, &text[at..]))
}

#[derive(Deserialize)]
struct SettingsFile {
    fleet: FleetTable,
    #[serde(default)]
    source: Vec<SourceTable>,
    #[serde(default)]
    select: Select,
    #[serde(default)]
    policy: PolicyTable,
    #[serde(default, rename = "pull-request")]
    #[expect(dead_code, reason = "its types are checked; what opens pull requests reads it")]
    pull_request: PullRequestTable,
}

#[derive(Deserialize)]
struct FleetTable {
    template: String,
    to: Option<String>,
    #[expect(dead_code, reason = "its type is checked; what opens pull requests reads it")]
    identity: Option<String>,
}

#[derive(Deserialize)]
struct SourceTable {
    kind: String,
    path: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[expect(dead_code, reason = "their types are checked; what opens pull requests reads them")]
struct PolicyTable {
    verify: Option<String>,
    max_open: Option<u32>,
    waves: Option<Vec<String>>,
    halt_above: Option<String>,
    window: Option<String>,
}

#[derive(Default, Deserialize)]
#[expect(dead_code, reason = "their types are checked; what opens pull requests reads them")]
struct PullRequestTable {
    title: Option<String>,
    labels: Option<Vec<String>>,
    draft_conflicts: Option<bool>,
}

impl Settings {
    /// Reads the file. Paths in it are taken from its folder.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            refused(path, &error.to_string()).hint("name the file of the fleet: `launchway fleet plan FLEET.toml`")
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, folder).map_err(|fault| match fault {
            Fault { message, hint: Some(hint) } => refused(path, &message).hint(hint),
            Fault { message, hint: None } => refused(path, &message),
        })
    }

    fn parse(text: &str, folder: &Path) -> Result<Self, Fault> {
        let table: Table = toml::from_str(text).map_err(|error| Fault::of(error.to_string().trim()))?;
        check_keys(&table)?;
        let file: SettingsFile = toml::from_str(text).map_err(|error| Fault::of(error.to_string().trim()))?;
        if file.policy.verify.is_some() {
            return Err(Fault::of("`[policy] verify` has no effect yet")
                .hint("take it out, and give the command where it runs: `launchway fleet work --verify COMMAND`"));
        }
        let sources = file.source.into_iter().map(|source| source.read(folder)).collect::<Result<Vec<_>, _>>()?;
        if sources.is_empty() {
            return Err(Fault::of("no repositories are named").hint("add a table `[[source]]`"));
        }
        let template = template(&file.fleet.template, folder)?;
        Ok(Self { template, to: file.fleet.to, sources, select: file.select })
    }
}

impl SourceTable {
    fn read(self, folder: &Path) -> Result<RepositorySource, Fault> {
        let kind = match self.kind.as_str() {
            "list" => RepositorySource::List,
            "directory" => RepositorySource::Directory,
            "github" => {
                return Err(Fault::of("a source of the kind `github` cannot be read yet")
                    .hint("write the addresses into a file, one on each line, and name it by the kind `list`"));
            }
            other => {
                return Err(Fault::of(&format!("a source is of the kind `list` or `directory`, and not `{other}`")));
            }
        };
        let path =
            self.path.ok_or_else(|| Fault::of(&format!("a source of the kind `{}` has no `path`", self.kind)))?;
        Ok(kind(folder.join(path)))
    }
}

/// Reads the name of the template: a path is taken from the folder of the file.
fn template(name: &str, folder: &Path) -> Result<SourceSpec, Fault> {
    match name.parse().map_err(|error: launchway_core::SpecError| Fault::of(&error.to_string()))? {
        SourceSpec::Folder(path) => Err(Fault::of(&format!(
            "the template is the folder `{}`, which is another one on another machine and at another time",
            folder.join(path).display()
        ))
        .hint("name a built-in template, or one in a git repository: its files are those of a commit")),
        SourceSpec::Entry { catalog, entry, .. } => {
            Err(Fault::of(&format!("the template is named by a catalog of yours: `{catalog}:{entry}`"))
                .hint("name the repository that the catalog names"))
        }
        spec => Ok(spec),
    }
}

/// Refuses keys that nobody reads.
fn check_keys(table: &Table) -> Result<(), Fault> {
    for (name, value) in table {
        let Some((_, keys)) = KEYS.iter().find(|(known, _)| known == name) else {
            return Err(unknown(&format!("`{name}`"), name, KEYS.iter().map(|(known, _)| *known)));
        };
        let tables: Vec<&Table> = match value {
            toml::Value::Array(tables) => tables.iter().filter_map(toml::Value::as_table).collect(),
            value => value.as_table().into_iter().collect(),
        };
        let mut found = tables.into_iter().flat_map(Table::keys);
        if let Some(key) = found.find(|key| !keys.contains(&key.as_str())) {
            return Err(unknown(&format!("`{key}` in `[{name}]`"), key, keys.iter().copied()));
        }
    }
    Ok(())
}

fn unknown<'k>(shown: &str, key: &str, known: impl Iterator<Item = &'k str> + Clone) -> Fault {
    let fault = Fault::of(&format!("there is no key {shown}"));
    match nearest(key, known.clone()) {
        Some(nearest) => fault.hint(format!("did you mean `{nearest}`?")),
        None => fault.hint(format!("the keys are {}", listed(known))),
    }
}

/// What is wrong with the file, and what helps.
#[derive(Debug)]
struct Fault {
    message: String,
    hint: Option<String>,
}

impl Fault {
    fn of(message: &str) -> Self {
        Self { message: message.to_owned(), hint: None }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

fn refused(path: &Path, fault: &str) -> Failure {
    Failure::new(Exit::Settings, format!("cannot read the fleet from `{}`: {fault}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Settings, String> {
        Settings::parse(text, Path::new("f"))
            .map_err(|fault| format!("{}; {}", fault.message, fault.hint.unwrap_or_default()))
    }

    const FLEET: &str = "[fleet]\ntemplate = \"service\"\n";
    const SOURCE: &str = "[[source]]\nkind = \"list\"\npath = \"all.txt\"\n";

    #[test]
    fn every_key_of_the_format_is_read_and_paths_are_taken_from_the_file() {
        let text = format!(
            "{FLEET}to = \"0.4.0\"\nidentity = \"bot\"\n{SOURCE}[[source]]\nkind = \"directory\"\npath = \"../r\"\n\
             [select]\nowner = \"web\"\npath = [\"a-*\"]\nanswers = {{ target = \"ecs\" }}\n[policy]\nmax_open = 50\n\
             waves = [\"10\", \"1 %\"]\nhalt_above = \"5 %\"\nwindow = \"mon-thu\"\n[pull-request]\ntitle = \"t\"\n\
             labels = [\"l\"]\ndraft_conflicts = true\n"
        );
        let settings = parse(&text).unwrap();
        let sources = [RepositorySource::List("f/all.txt".into()), RepositorySource::Directory("f/../r".into())];
        assert_eq!(settings.sources, sources);
        let answers = |target: &str| BTreeMap::from([("target".to_owned(), Value::Text(target.to_owned()))]);
        assert!(settings.select.takes("a-b", Some("web"), &answers("ecs")));
        assert!(!settings.select.takes("b-b", Some("web"), &answers("ecs")));
        assert!(!settings.select.takes("a-b", None, &answers("ecs")));
        assert!(!settings.select.takes("a-b", Some("web"), &answers("kubernetes")));
    }

    #[test]
    fn what_cannot_be_used_is_named_with_what_helps() {
        for (text, said) in [
            (format!("{FLEET}tempate = \"x\"\n{SOURCE}"), "no key `tempate` in `[fleet]`; did you mean `template`?"),
            (format!("{FLEET}{SOURCE}[polcy]\n"), "no key `polcy`; did you mean `policy`?"),
            (format!("{FLEET}{SOURCE}paths = 1\n"), "no key `paths` in `[source]`; did you mean `path`?"),
            (format!("{FLEET}{SOURCE}[select]\nzzzzzz = 1\n"), "the keys are `owner`, `path`, `answers`"),
            (format!("{FLEET}{SOURCE}[policy]\nmax_open = \"x\"\n"), "invalid type: string \"x\""),
            (format!("{FLEET}{SOURCE}[policy]\nverify = \"x\"\n"), "`[policy] verify` has no effect yet"),
            (FLEET.to_owned(), "no repositories are named"),
            (format!("{FLEET}[[source]]\nkind = \"github\"\norganisation = \"o\"\n"), "the kind `github` cannot"),
            (format!("{FLEET}[[source]]\nkind = \"gitea\"\n"), "and not `gitea`"),
            (format!("{FLEET}[[source]]\nkind = \"list\"\n"), "`list` has no `path`"),
            (format!("[fleet]\ntemplate = \"./t\"\n{SOURCE}"), "the template is the folder `f/./t`"),
            (format!("[fleet]\ntemplate = \"acme:web\"\n{SOURCE}"), "by a catalog of yours: `acme:web`"),
            (format!("[fleet]\ntemplate = \"ext::sh\"\n{SOURCE}"), "`ext::sh`"),
            (SOURCE.to_owned(), "missing field `fleet`"),
            ("[fleet".to_owned(), "line 1"),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.contains(said), "{text}\n{error}");
        }
    }

    #[test]
    fn a_star_stands_for_any_letters() {
        for (pattern, text, is) in
            [("*", "a", true), ("a*c", "abbc", true), ("a*c", "abb", false), ("a", "ab", false), ("*ü*", "xüx", true)]
        {
            assert_eq!(is_like(pattern, text), is, "{pattern} {text}");
        }
    }
}
