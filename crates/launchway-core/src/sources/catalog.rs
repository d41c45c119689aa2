//! A team's catalog: which templates there are, and what is decided about their answers. `catalog.toml`, read and checked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::spec::{SourceSpec, is_slug, without_zeros, zeros_hint};
use crate::language::problem::{Invalid, Location, Problem};
use crate::text::line_and_column;
use crate::value::Value;
use crate::value::policy::PolicyRule;

/// The name of the file at the top of a catalog's repository.
pub const CATALOG_FILE: &str = "catalog.toml";

const MAX_ENTRIES: usize = 1000;

/// Why a catalog cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is its message")]
pub enum CatalogError {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("the catalog needs launchway {0} or newer, this is {current}", current = env!("CARGO_PKG_VERSION"))]
    NeedsNewer(Version),
}

/// What a catalog holds.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// What it is, in a few words.
    pub title: String,
    /// The templates in the order in which they are offered.
    pub entries: Vec<CatalogEntry>,
}

/// A template of a catalog.
#[derive(Debug, Clone)]
pub struct CatalogEntry {
    /// The name, a slug.
    pub name: String,
    /// What it makes, in a few words.
    pub title: String,
    /// Where it is.
    pub source: EntrySource,
    /// The versions that will do, as they are written after an `@`.
    pub requirement: Option<String>,
    pub(crate) presets: BTreeMap<String, Value>,
    pub(crate) locks: BTreeMap<String, Locked>,
}

/// Where a template of a catalog is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntrySource {
    /// In a folder of the catalog's own repository.
    Here(PathBuf),
    /// Somewhere else.
    There(SourceSpec),
}

/// The catalog that a project was made through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogOrigin {
    /// The address of the catalog, without credentials.
    pub url: String,
    /// The name of the template in it.
    pub entry: String,
    /// The ids of the questions that it decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locked: Vec<String>,
}

/// What is decided about an answer.
#[derive(Debug, Clone)]
pub(crate) struct Locked {
    pub(crate) rule: PolicyRule,
    pub(crate) because: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogText {
    catalog: Header,
    #[serde(default, rename = "template")]
    entries: Vec<EntryText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    title: String,
    min_version: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryText {
    name: Spanned<String>,
    title: String,
    source: Spanned<String>,
    version: Option<Spanned<String>>,
    #[serde(default)]
    presets: BTreeMap<String, Value>,
    #[serde(default)]
    locks: BTreeMap<String, Spanned<LockText>>,
}

/// A decided answer, or a table that says more.
#[derive(Deserialize)]
#[serde(untagged)]
enum LockText {
    To(Value),
    Rule(LockRule),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LockRule {
    to: Option<Value>,
    allow: Option<Vec<Value>>,
    deny: Option<Vec<Value>>,
    because: Option<String>,
}

impl Catalog {
    /// Reads a catalog; `name` is that of the file in messages.
    ///
    /// # Errors
    /// It is not what a catalog is, with all the faults that could be found; or it needs a newer program.
    pub fn parse(name: &str, text: &str) -> Result<Self, CatalogError> {
        let reader = Reader { name, text };
        let parsed: CatalogText = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            Invalid::from(reader.problem(start, error.message().replace('\n', ", ")))
        })?;
        if let Some(least) = &parsed.catalog.min_version {
            let version: Version = least.get_ref().parse().map_err(|_| {
                Invalid::from(reader.problem(least.span().start, format!("`{}` is not a version", least.get_ref())))
            })?;
            if version > Version::parse(env!("CARGO_PKG_VERSION")).unwrap_or(Version::new(0, 0, 0)) {
                return Err(CatalogError::NeedsNewer(version));
            }
        }
        if parsed.entries.len() > MAX_ENTRIES {
            return Err(Invalid::from(reader.problem(0, format!("it has more than {MAX_ENTRIES} templates"))).into());
        }
        let mut names = BTreeSet::new();
        let (mut entries, mut problems) = (Vec::new(), Vec::new());
        for entry in parsed.entries {
            let at = entry.name.span().start;
            if !names.insert(entry.name.get_ref().clone()) {
                problems.push(reader.problem(at, format!("`{}` is there twice", entry.name.get_ref())));
            }
            match reader.entry(entry) {
                Ok(entry) => entries.push(entry),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Ok(Self { title: parsed.catalog.title, entries })
        } else {
            Err(Invalid { problems }.into())
        }
    }

    /// Finds a template by its name.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&CatalogEntry> {
        self.entries.iter().find(|entry| entry.name == name)
    }
}

impl CatalogEntry {
    /// Lists the ids of the questions whose answers are decided or narrowed.
    #[must_use]
    pub fn locked(&self) -> Vec<String> {
        self.locks.keys().cloned().collect()
    }

    /// Lists the ids of all questions that it speaks of.
    pub fn questions(&self) -> impl Iterator<Item = &str> {
        self.presets.keys().chain(self.locks.keys()).map(String::as_str)
    }
}

/// Finds places in the text of a catalog.
struct Reader<'t> {
    name: &'t str,
    text: &'t str,
}

impl Reader<'_> {
    fn problem(&self, offset: usize, message: impl Into<String>) -> Problem {
        let (line, column) = line_and_column(self.text, offset);
        Problem { place: Location::at(self.name, line, column), message: message.into(), hint: None }
    }

    fn entry(&self, entry: EntryText) -> Result<CatalogEntry, Problem> {
        let name = entry.name.get_ref();
        if !is_slug(name) {
            return Err(self.problem(entry.name.span().start, format!("`{name}` is not a slug, such as `web-service`")));
        }
        let source = self.source(&entry.source)?;
        if let Some(version) = &entry.version
            && (VersionReq::parse(version.get_ref()).is_err() || version.get_ref().contains([' ', ',', '@']))
        {
            let message = format!("`{}` is not a version requirement such as `1` or `1.2`", version.get_ref());
            let problem = self.problem(version.span().start, message);
            let plain = without_zeros(version.get_ref()).filter(|plain| VersionReq::parse(plain).is_ok());
            return Err(Problem { hint: plain.as_deref().map(zeros_hint), ..problem });
        }
        if let (Some(version), EntrySource::There(spec)) = (&entry.version, &source)
            && has_reference(spec)
        {
            let message = "the version is given twice, here and after the `@` of `source`";
            return Err(self.problem(version.span().start, message));
        }
        let locks = entry.locks.into_iter().map(|(question, lock)| Ok((question, self.lock(lock)?)));
        Ok(CatalogEntry {
            locks: locks.collect::<Result<_, _>>()?,
            name: entry.name.into_inner(),
            title: entry.title,
            source,
            requirement: entry.version.map(Spanned::into_inner),
            presets: entry.presets,
        })
    }

    fn source(&self, source: &Spanned<String>) -> Result<EntrySource, Problem> {
        let fault = |message: String| self.problem(source.span().start, message);
        match source.get_ref().parse::<SourceSpec>() {
            Ok(SourceSpec::Folder(path)) if path.is_absolute() => {
                Err(fault(format!("`{}` is a path on one machine", source.get_ref())))
            }
            Ok(SourceSpec::Folder(path)) => Ok(EntrySource::Here(path)),
            Ok(SourceSpec::Entry { .. }) => Err(fault("a catalog cannot name an entry of a catalog".to_owned())),
            Ok(spec) => Ok(EntrySource::There(spec)),
            Err(error) => Err(Problem { hint: Some(error.fault.hint().into_owned()), ..fault(error.to_string()) }),
        }
    }

    fn lock(&self, lock: Spanned<LockText>) -> Result<Locked, Problem> {
        let at = lock.span().start;
        let rule = match lock.into_inner() {
            LockText::To(value) => return Ok(Locked { rule: PolicyRule::To(value), because: None }),
            LockText::Rule(rule) => rule,
        };
        let because = rule.because;
        match (rule.to, rule.allow, rule.deny) {
            (Some(value), None, None) => Ok(Locked { rule: PolicyRule::To(value), because }),
            (None, Some(values), None) => Ok(Locked { rule: PolicyRule::Allow(values), because }),
            (None, None, Some(values)) => Ok(Locked { rule: PolicyRule::Deny(values), because }),
            _ => Err(self.problem(at, "a lock has one of `to`, `allow` and `deny`")),
        }
    }
}

fn has_reference(spec: &SourceSpec) -> bool {
    match spec {
        SourceSpec::Git(git) => git.reference.is_some(),
        SourceSpec::Builtin { requirement, .. } => requirement.is_some(),
        SourceSpec::Folder(_) | SourceSpec::Entry { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interview::answers::Answers;
    use crate::template::Template;

    const CATALOG: &str = r#"
[catalog]
title = "Templates of Acme"
min_version = "0.1.0"

[[template]]
name = "web"
title = "A web service"
source = "./web"
version = "1.2"

[template.presets]
port = 9000

[template.locks]
target = "ecs"
environments = { allow = ["dev", "prod"], because = "there are no others" }
"#;

    fn refused(text: &str) -> String {
        match Catalog::parse("catalog.toml", text) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("it was accepted:\n{text}"),
        }
    }

    #[test]
    fn a_catalog_is_read_with_its_locks_and_presets() {
        let catalog = Catalog::parse("catalog.toml", CATALOG).unwrap();
        assert_eq!(catalog.title, "Templates of Acme");
        let entry = catalog.entry("web").unwrap();
        assert_eq!(entry.source, EntrySource::Here("./web".into()));
        assert_eq!(entry.requirement.as_deref(), Some("1.2"));
        assert_eq!(entry.locked(), ["environments", "target"]);
        let mut answers = Answers::default();
        answers.take_over(entry, "acme");
        let policies = answers.policies("target");
        assert_eq!(policies[0].decided(), Some(&Value::Text("ecs".to_owned())));
        assert_eq!(policies[0].by, "acme");
        assert_eq!(answers.policies("environments")[0].because.as_deref(), Some("there are no others"));
        let template = Template::builtin("service").unwrap();
        assert!(entry.questions().all(|id| template.question(id).is_some()));
    }

    #[test]
    fn every_fault_of_a_catalog_is_reported_with_its_line() {
        let cases = [
            ("title = \"Templates", "titel = \"Templates", "catalog.toml:3:1"),
            ("\"0.1.0\"", "\"newest\"", "is not a version"),
            ("\"0.1.0\"", "\"99.0.0\"", "needs launchway 99.0.0"),
            ("\"web\"\ntitle", "\"Web\"\ntitle", "catalog.toml:7:8: `Web` is not a slug"),
            ("\"./web\"", "\"/srv/web\"", "a path on one machine"),
            ("\"./web\"", "\"ext::sh -c x\"", "catalog.toml:9:10"),
            ("\"./web\"", "\"acme:web\"", "cannot name an entry of a catalog"),
            ("\"./web\"", "\"https://h/x@v1\"", "given twice"),
            ("\"1.2\"", "\"main\"", "not a version requirement"),
            ("allow = ", "allow = [], deny = ", "one of `to`, `allow` and `deny`"),
            ("allow = ", "alow = ", "catalog.toml:17"),
            ("port = 9000", "port = 9.5", "catalog.toml"),
        ];
        for (from, to, expected) in cases {
            assert_eq!(CATALOG.matches(from).count(), 1, "{from}");
            let said = refused(&CATALOG.replace(from, to));
            assert!(said.contains(expected), "`{expected}` is not in: {said}");
        }
        let twice = format!("{CATALOG}\n[[template]]\nname = \"web\"\ntitle = \"x\"\nsource = \"service\"\n");
        assert!(refused(&twice).contains("`web` is there twice"));
    }
}
