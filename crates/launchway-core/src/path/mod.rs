//! A relative path that is safe to write on every file system.

pub(crate) mod beneath;
pub(crate) mod collisions;
pub(crate) mod root;

use std::collections::BTreeSet;
use std::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::text::is_invisible;

/// The folder of the record, at the root of a project; no template writes there.
pub(crate) const RECORD_FOLDER: &str = ".launchway";

const MAX_SEGMENT_BYTES: usize = 255;
const MAX_PATH_BYTES: usize = 4096;
const MAX_DEPTH: usize = 32;

/// A relative, `/`-separated path that stays inside the folder it is joined to.
///
/// The rules hold on every system, so that a template that works on Linux also works on Windows and macOS.
///
/// ```
/// use launchway_core::SafePath;
///
/// assert_eq!(SafePath::new("deploy/ecs/service.yaml").unwrap().as_str(), "deploy/ecs/service.yaml");
/// assert!(SafePath::new("../outside").is_err());
/// assert!(SafePath::new(".git/hooks/pre-commit").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SafePath(String);

/// Why a path was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("path `{}` {reason}", .path.escape_debug())]
pub struct UnsafePath {
    /// The path as it was given.
    pub path: String,
    /// The rule that it breaks, as the end of a sentence.
    pub reason: Reason,
}

/// The rule that a refused path breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is its message")]
pub enum Reason {
    #[error("is absolute")]
    Absolute,
    #[error("has an empty segment")]
    EmptySegment,
    #[error("has the segment `.` or `..`")]
    DotSegment,
    #[error("has a control or invisible character")]
    Control,
    #[error(r#"has one of the characters \ : < > " | ? *"#)]
    Character,
    #[error("has a segment that starts with a space, or ends with a dot or a space")]
    Ending,
    #[error("has a name that Windows reserves for a device")]
    Reserved,
    #[error("leads into git's own folder")]
    Git,
    #[error("has a segment longer than 255 bytes")]
    LongSegment,
    #[error("is longer than 4096 bytes")]
    Long,
    #[error("is nested more than 32 folders deep")]
    Deep,
}

impl SafePath {
    /// Checks a path.
    ///
    /// # Errors
    /// The first rule that the path breaks.
    pub fn new(path: &str) -> Result<Self, UnsafePath> {
        match broken_rule(path) {
            None => Ok(Self(path.to_owned())),
            Some(reason) => Err(UnsafePath { path: path.to_owned(), reason }),
        }
    }

    /// Returns the path with `/` between its segments.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the folders that lead to the path, the outermost first.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices('/').map(|(end, _)| &self.0[..end])
    }

    /// Tells whether the path is `other`, or stands below it.
    #[must_use]
    pub fn is_in(&self, other: &Self) -> bool {
        self == other || self.folders().any(|folder| folder == other.0)
    }

    /// Tells whether the path is one of others, or stands below one of them.
    #[must_use]
    pub fn is_among(&self, others: &BTreeSet<Self>) -> bool {
        others.iter().any(|other| self.is_in(other))
    }

    /// Returns what two paths have in common when a disk takes them for the same file.
    ///
    /// Some disks ignore case, some normalise Unicode; the key ignores both.
    #[must_use]
    pub fn collision_key(&self) -> String {
        collision_key(&self.0)
    }
}

impl fmt::Display for SafePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Folds a path to the form under which case-insensitive, normalising disks would store it.
pub(crate) fn collision_key(path: &str) -> String {
    if path.is_ascii() {
        return path.to_ascii_lowercase();
    }
    // Lower case first: the capital `ẞ` has no other way to `ss`, which is what `ß` becomes.
    path.nfkc().collect::<String>().to_lowercase().to_uppercase().to_lowercase().nfkc().collect()
}

fn broken_rule(path: &str) -> Option<Reason> {
    if path.starts_with('/') {
        return Some(Reason::Absolute);
    }
    if path.len() > MAX_PATH_BYTES {
        return Some(Reason::Long);
    }
    if path.split('/').count() > MAX_DEPTH {
        return Some(Reason::Deep);
    }
    path.split('/').find_map(broken_segment_rule)
}

fn broken_segment_rule(segment: &str) -> Option<Reason> {
    if segment.is_empty() {
        Some(Reason::EmptySegment)
    } else if segment == "." || segment == ".." {
        Some(Reason::DotSegment)
    } else if segment.chars().any(is_invisible) {
        Some(Reason::Control)
    } else if segment.contains(['\\', ':', '<', '>', '"', '|', '?', '*']) {
        Some(Reason::Character)
    } else if segment.starts_with(' ') || segment.ends_with(['.', ' ']) {
        Some(Reason::Ending)
    } else if is_reserved_on_windows(segment) {
        Some(Reason::Reserved)
    } else if is_git_folder(segment) {
        Some(Reason::Git)
    } else if segment.len() > MAX_SEGMENT_BYTES {
        Some(Reason::LongSegment)
    } else {
        None
    }
}

fn is_reserved_on_windows(segment: &str) -> bool {
    let stem = segment.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    match stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT")) {
        Some(port) => matches!(port, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"),
        None => matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$"),
    }
}

/// Files below `.git` can hold hooks and settings that git executes.
fn is_git_folder(segment: &str) -> bool {
    let folded = collision_key(segment);
    folded == ".git" || folded == "git~1"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(path: &str) -> Option<Reason> {
        SafePath::new(path).err().map(|refused| refused.reason)
    }

    #[test]
    fn ordinary_project_paths_are_accepted() {
        for path in
            ["Cargo.toml", ".github/workflows/ci.yaml", "deploy/ecs/params/prod.json", "a b/ü.txt", ".gitignore"]
        {
            assert_eq!(reason(path), None, "{path}");
        }
    }

    #[test]
    fn a03_a04_a05_a09_every_rule_refuses_its_paths() {
        let long = "a".repeat(256);
        let deep = vec!["a"; 33].join("/");
        let huge = vec!["a".repeat(200); 21].join("/");
        let cases = [
            ("/etc/x", Reason::Absolute),
            ("", Reason::EmptySegment),
            ("a//b", Reason::EmptySegment),
            ("a/", Reason::EmptySegment),
            ("a/../../b", Reason::DotSegment),
            (".", Reason::DotSegment),
            ("a\nb", Reason::Control),
            ("a\u{202e}b", Reason::Control),
            ("a\\b", Reason::Character),
            ("a:b", Reason::Character),
            ("a.", Reason::Ending),
            ("a /b", Reason::Ending),
            (" a", Reason::Ending),
            ("a/ b", Reason::Ending),
            ("CON", Reason::Reserved),
            ("x/aux.txt", Reason::Reserved),
            ("COM¹", Reason::Reserved),
            ("lpt9.log", Reason::Reserved),
            (".git/hooks/pre-commit", Reason::Git),
            (".GIT/config", Reason::Git),
            ("git~1/config", Reason::Git),
            (&long, Reason::LongSegment),
            (&deep, Reason::Deep),
            (&huge, Reason::Long),
        ];
        for (path, expected) in cases {
            assert_eq!(reason(path), Some(expected), "{path}");
        }
    }

    #[test]
    fn a06_a07_paths_that_a_disk_may_confuse_share_a_key() {
        for (left, right) in
            [("README", "readme"), ("\u{e9}", "e\u{301}"), ("ﬁle", "file"), ("straße", "STRASSE"), ("straße", "STRAẞE")]
        {
            assert_eq!(collision_key(left), collision_key(right));
        }
        assert_ne!(collision_key("a-b"), collision_key("a_b"));
    }
}
