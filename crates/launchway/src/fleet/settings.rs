//! `FLEET.toml`: which template, in which version, and which repositories.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use launchway_core::{SourceSpec, Value, nearest};
use serde::Deserialize;
use toml::Table;

use super::policy::{Policy, PullRequestSettings, Share, Wave, Window};
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
    /// Who publishes.
    pub(super) identity: Option<String>,
    pub(super) policy: Policy,
    pub(super) pull_request: PullRequestSettings,
}

/// Where repositories are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RepositorySource {
    /// A file with an address on each line.
    List(PathBuf),
    /// A folder of bare repositories.
    Directory(PathBuf),
    /// An organisation of GitHub.
    GitHub(String),
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
    pull_request: PullRequestSettings,
}

#[derive(Deserialize)]
struct FleetTable {
    template: String,
    to: Option<String>,
    identity: Option<String>,
}

#[derive(Deserialize)]
struct SourceTable {
    kind: String,
    path: Option<PathBuf>,
    organisation: Option<String>,
}

#[derive(Default, Deserialize)]
struct PolicyTable {
    verify: Option<String>,
    max_open: Option<usize>,
    #[serde(default)]
    waves: Vec<String>,
    halt_above: Option<String>,
    window: Option<String>,
}

impl PolicyTable {
    fn read(&self) -> Result<Policy, Fault> {
        if self.verify.is_some() {
            return Err(Fault::of("`[policy] verify` has no effect yet")
                .hint("take it out, and give the command where it runs: `launchway fleet work --verify COMMAND`"));
        }
        let waves = self.waves.iter().map(|wave| Wave::parse(wave)).collect::<Result<_, _>>();
        let halt_above = self.halt_above.as_deref().map(Share::parse).transpose();
        let window = self.window.as_deref().map(Window::parse).transpose();
        let fault = |fault: String| Fault::of(&fault);
        Ok(Policy {
            max_open: self.max_open,
            waves: waves.map_err(fault)?,
            halt_above: halt_above.map_err(fault)?,
            window: window.map_err(fault)?,
        })
    }
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
        let policy = file.policy.read()?;
        let sources = file.source.into_iter().map(|source| source.read(folder)).collect::<Result<Vec<_>, _>>()?;
        if sources.is_empty() {
            return Err(Fault::of("no repositories are named").hint("add a table `[[source]]`"));
        }
        let template = template(&file.fleet.template, folder)?;
        let SettingsFile { fleet: FleetTable { to, identity, .. }, select, pull_request, .. } = file;
        Ok(Self { template, to, sources, select, identity, policy, pull_request })
    }
}

impl SourceTable {
    fn read(self, folder: &Path) -> Result<RepositorySource, Fault> {
        let kind = match self.kind.as_str() {
            "list" => RepositorySource::List,
            "directory" => RepositorySource::Directory,
            "github" => {
                let named = self.organisation.filter(|name| !name.is_empty());
                let none = || Fault::of("a source of the kind `github` has no `organisation`");
                return Ok(RepositorySource::GitHub(named.ok_or_else(none)?));
            }
            other => {
                return Err(Fault::of(&format!(
                    "a source is of the kind `list`, `directory` or `github`, and not `{other}`"
                )));
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
             [[source]]\nkind = \"github\"\norganisation = \"acme\"\n[select]\nowner = \"web\"\npath = [\"a-*\"]\nanswers = {{ target = \"ecs\" }}\n[policy]\nmax_open = 50\n\
             waves = [\"10\", \"1 %\"]\nhalt_above = \"5 %\"\nwindow = \"mon-thu\"\n[pull-request]\ntitle = \"t\"\n\
             labels = [\"l\"]\ndraft_conflicts = true\n"
        );
        let settings = parse(&text).unwrap();
        let sources = [
            RepositorySource::List("f/all.txt".into()),
            RepositorySource::Directory("f/../r".into()),
            RepositorySource::GitHub("acme".to_owned()),
        ];
        assert_eq!(settings.sources, sources);
        assert_eq!((settings.identity.as_deref(), settings.policy.max_open), (Some("bot"), Some(50)));
        assert!(settings.pull_request.draft_conflicts && settings.pull_request.labels == ["l"]);
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
            (format!("{FLEET}[[source]]\nkind = \"github\"\n"), "the kind `github` has no `organisation`"),
            (format!("{FLEET}{SOURCE}[policy]\nwaves = [\"x\"]\n"), "`x` is no share: write it as `5 %`"),
            (format!("{FLEET}{SOURCE}[policy]\nhalt_above = \"5\"\n"), "`5` is no share"),
            (format!("{FLEET}{SOURCE}[policy]\nwindow = \"monday\"\n"), "`monday` is no window"),
            (format!("{FLEET}{SOURCE}[pull-request]\nlabels = \"x\"\n"), "invalid type: string \"x\""),
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
