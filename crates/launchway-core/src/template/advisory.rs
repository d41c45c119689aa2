//! Advisories: what is dangerous in the files that older versions of a template wrote, and the version that ends it.

use std::collections::BTreeMap;
use std::fmt;

use semver::Version;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::loader::Loader;
use super::requirement;
use super::{Template, manifest};
use crate::language::engine::Expression;

/// A danger in the files of older versions, and the version without it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advisory {
    /// The id, which no other advisory of the template has.
    pub id: String,
    /// How bad it is.
    pub severity: Severity,
    /// What can happen, in one line.
    pub title: String,
    /// The first version of the template with the danger; without it, all before `fixed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Version>,
    /// The first version of the template without it.
    pub fixed: Version,
    /// Where more is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words are those of every advisory database")]
pub enum Severity {
    Low,
    Moderate,
    High,
    Critical,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
            Self::Critical => "critical",
        })
    }
}

/// An advisory of one layer, and the answers that it concerns.
pub(crate) struct AdvisoryRule {
    /// The id of the template that declares it.
    layer: String,
    pub(super) advisory: Advisory,
    pub(crate) when: Option<Expression>,
}

impl AdvisoryRule {
    /// Returns the advisory if it speaks of one of the versions that a project was made of.
    pub(crate) fn of_project(&self, versions: &BTreeMap<String, Version>) -> Option<&Advisory> {
        let version = versions.get(&self.layer)?;
        let is_since = self.advisory.since.as_ref().is_none_or(|since| version >= since);
        (is_since && *version < self.advisory.fixed).then_some(&self.advisory)
    }
}

impl Template {
    /// Returns what is said of older versions, in the order of the manifest.
    pub(crate) fn advisories(&self) -> &[AdvisoryRule] {
        &self.advisories
    }
}

impl Loader<'_> {
    /// Reads the advisories of a layer.
    pub(super) fn advisories(
        &mut self,
        declared: Vec<manifest::Advisory>,
        layer: &str,
        version: &Version,
    ) -> Vec<AdvisoryRule> {
        let mut rules: Vec<AdvisoryRule> = Vec::new();
        for raw in declared {
            if rules.iter().any(|rule| rule.advisory.id == *raw.id.get_ref()) {
                self.report(&raw.id, format!("the advisory `{}` is declared twice", raw.id.get_ref()));
            }
            rules.extend(self.advisory(raw, layer, version));
        }
        rules
    }

    fn advisory(&mut self, raw: manifest::Advisory, layer: &str, version: &Version) -> Option<AdvisoryRule> {
        let when = self.condition(raw.when.as_ref());
        let fixed = self.advised_version(&raw.fixed)?;
        let since = raw.since.as_ref().map(|since| (since, self.advised_version(since)));
        if fixed > *version {
            self.report(&raw.fixed, format!("the template itself is only at {version}"));
        }
        if let Some((written, Some(since))) = &since
            && *since >= fixed
        {
            self.report(*written, format!("{since} is not before {fixed}, which has no danger any more"));
        }
        let since = since.and_then(|(_, since)| since);
        let (id, title) = (raw.id.into_inner(), raw.title.into_inner());
        let advisory = Advisory { id, severity: raw.severity, title, since, fixed, url: raw.url };
        Some(AdvisoryRule { layer: layer.to_owned(), advisory, when })
    }

    fn advised_version(&mut self, written: &Spanned<String>) -> Option<Version> {
        requirement::version(written, &self.places).map_err(|problem| self.problems.push(problem)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::load::tests::{HEAD, load};
    use super::*;

    fn advisory(rest: &str) -> String {
        let head = HEAD.replace("version = \"1.0.0\"", "version = \"1.2.0\"");
        format!("{head}\n[[advisory]]\nid = \"A-1\"\nseverity = \"high\"\ntitle = \"It burns\"\n{rest}\n")
    }

    fn refused(rest: &str) -> String {
        let result = load(&[("template.toml", &advisory(rest))]);
        result.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn an_advisory_speaks_of_the_versions_before_the_one_that_ends_it() {
        let template = load(&[("template.toml", &advisory("since = \"1.0.1\"\nfixed = \"1.1.0\""))]).unwrap();
        let [rule] = template.advisories() else { panic!("one") };
        for (version, is_advised) in [("1.0.0", false), ("1.0.1", true), ("1.0.9", true), ("1.1.0", false)] {
            let versions = BTreeMap::from([(template.id.clone(), version.parse().unwrap())]);
            assert_eq!(rule.of_project(&versions).is_some(), is_advised, "{version}");
        }
        let other = BTreeMap::from([("other".to_owned(), Version::new(1, 0, 5))]);
        assert_eq!(rule.of_project(&other), None, "it speaks of its own template alone");
    }

    #[test]
    fn an_advisory_that_cannot_be_true_is_refused() {
        for (rest, expected) in [
            ("fixed = \"1.3.0\"", "the template itself is only at 1.2.0"),
            ("fixed = \"newest\"", "`newest` is not a version"),
            ("since = \"1.1.0\"\nfixed = \"1.1.0\"", "1.1.0 is not before 1.1.0"),
            ("fixed = \"1.1.0\"\nwhen = \"nothing\"", "nothing"),
            ("fixed = \"1.1.0\"\ncolour = 1", "unknown field `colour`"),
        ] {
            let error = refused(rest);
            assert!(error.contains(expected), "{rest}: {error}");
        }
        let twice =
            "fixed = \"1.1.0\"\n[[advisory]]\nid = \"A-1\"\nseverity = \"low\"\ntitle = \"x\"\nfixed = \"1.1.0\"";
        assert!(refused(twice).contains("declared twice"));
        assert!(refused("fixed = \"1.1.0\"").is_empty());
    }
}
