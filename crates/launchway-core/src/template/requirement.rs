//! Which program a manifest asks for. It is read before anything else of the manifest is judged: a program that is too
//! old would speak of unknown keys, and not of the program that knows them.

use semver::{Comparator, Op, Version, VersionReq};
use toml::Spanned;

use super::LoadError;
use super::manifest::{self, ManifestHead, Places};
use crate::language::problem::{Invalid, Problem};

/// The version of this program.
pub(super) fn current() -> Version {
    Version::parse(env!("CARGO_PKG_VERSION")).expect("Cargo has read the version")
}

/// Refuses a manifest that asks for another program than this one.
pub(super) fn check(file: &str, text: &str) -> Result<(), LoadError> {
    let (head, places) = manifest::parse_head(file, text).map_err(Invalid::from)?;
    head.template.as_ref().map_or(Ok(()), |head| check_head(head, &places))
}

/// Refuses the head of a manifest that asks for another program than this one.
pub(super) fn check_head(head: &ManifestHead, places: &Places<'_>) -> Result<(), LoadError> {
    let current = current();
    if let Some(written) = &head.requires {
        let requirement = requirement(written, places).map_err(Invalid::from)?;
        if !requirement.matches(&current) {
            let is_newer = least_of(&requirement) > current;
            let (id, requirement) = (head.id.clone().unwrap_or_default(), written.get_ref().clone());
            return Err(LoadError::OtherProgram { id, requirement, is_newer });
        }
    }
    let least = head.min_version.as_ref().map(|least| version(least, places)).transpose();
    match least.map_err(Invalid::from)? {
        Some(least) if least > current => Err(LoadError::NeedsNewer(least)),
        _ => Ok(()),
    }
}

/// Returns the oldest program that a manifest admits: what came after it may be missing there.
pub(super) fn oldest(header: &manifest::Header) -> Version {
    let requirement = header.requires.as_ref().and_then(|it| it.get_ref().parse().ok());
    let least = header.min_version.as_ref().and_then(|it| it.get_ref().parse().ok());
    requirement.as_ref().map(least_of).max(least).unwrap_or(Version::new(0, 0, 0))
}

/// Reads a version of a manifest.
pub(super) fn version(text: &Spanned<String>, places: &Places<'_>) -> Result<Version, Problem> {
    text.get_ref().parse::<Version>().map_err(|error| {
        let problem = Problem::new(places.of(text), format!("`{}` is not a version: {error}", text.get_ref()));
        problem.hint("write three numbers, for example `1.0.0`")
    })
}

fn requirement(text: &Spanned<String>, places: &Places<'_>) -> Result<VersionReq, Problem> {
    text.get_ref().parse::<VersionReq>().map_err(|error| {
        let message = format!("`{}` is not a requirement on a version: {error}", text.get_ref());
        Problem::new(places.of(text), message).hint("write for example `>= 0.2`")
    })
}

/// Returns a version below which nothing meets a requirement.
fn least_of(requirement: &VersionReq) -> Version {
    requirement.comparators.iter().map(least_of_one).max().unwrap_or(Version::new(0, 0, 0))
}

fn least_of_one(comparator: &Comparator) -> Version {
    let Comparator { op, major, minor, patch, .. } = *comparator;
    match (op, minor, patch) {
        (Op::Less | Op::LessEq, ..) => Version::new(0, 0, 0),
        (Op::Greater, None, _) => Version::new(major + 1, 0, 0),
        (Op::Greater, Some(minor), None) => Version::new(major, minor + 1, 0),
        (Op::Greater, Some(minor), Some(patch)) => Version::new(major, minor, patch + 1),
        _ => Version::new(major, minor.unwrap_or(0), patch.unwrap_or(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::load::tests::{HEAD, load, question};
    use super::*;

    fn refused(head: &str, manifest: &str) -> String {
        let head = HEAD.replace("version = \"1.0.0\"", &format!("version = \"1.0.0\"\n{head}"));
        load(&[("template.toml", &format!("{head}{manifest}"))])
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn a_template_for_another_program_is_refused_before_its_other_faults() {
        let unknown = "colour = 1\n[[shade]]\nid = 7\n";
        for (requires, expected) in [
            (">= 99.1", "the template `t` requires launchway >= 99.1, this is "),
            ("< 0.2", "the template `t` requires launchway < 0.2, this is "),
            ("newest", "template.toml:5:12: `newest` is not a requirement on a version"),
        ] {
            let error = refused(&format!("requires = \"{requires}\""), unknown);
            assert!(error.contains(expected), "{error}");
        }
        assert!(refused("min_version = \"99.0.0\"", unknown).contains("needs launchway 99.0.0 or newer"));
        assert!(refused("requires = \">= 0.2\"", unknown).contains("unknown field `colour`"));
        assert_eq!(refused("requires = \">= 0.2\"", ""), "");
    }

    #[test]
    fn the_least_version_of_a_requirement_is_found_in_every_form() {
        for (requirement, least) in [
            (">= 0.2", "0.2.0"),
            ("0.2", "0.2.0"),
            ("~0.2.3", "0.2.3"),
            ("=1.2.3", "1.2.3"),
            ("1.*", "1.0.0"),
            ("*", "0.0.0"),
            ("< 3", "0.0.0"),
            ("> 0.1", "0.2.0"),
            ("> 1", "2.0.0"),
            ("> 1.2.3", "1.2.4"),
            (">= 0.2, < 0.9", "0.2.0"),
        ] {
            assert_eq!(least_of(&requirement.parse().unwrap()).to_string(), least, "{requirement}");
        }
    }

    #[test]
    fn a_new_helper_yields_to_the_ids_of_templates_that_older_programs_take() {
        let kebab = question("kebab", "kind = \"slug\"\ndefault = \"x\"");
        for head in ["", "requires = \">= 0.1\"", "min_version = \"0.1.0\"", "requires = \"< 9\""] {
            assert_eq!(refused(head, &kebab), "", "{head}");
        }
        for head in ["requires = \">= 0.2\"", "min_version = \"0.2.0\"", "requires = \"> 0.1, < 9\""] {
            assert!(refused(head, &kebab).contains("`kebab` is a word of the template language"), "{head}");
        }
        assert!(refused("", &question("snake", "kind = \"slug\"")).contains("is a word of the template language"));
    }
}
