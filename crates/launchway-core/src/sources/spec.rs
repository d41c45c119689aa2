//! What names a template: parsed whole, and refused when git or a file system could take it for something else.

use std::borrow::Cow;
use std::fmt;
use std::path::{MAIN_SEPARATOR, PathBuf};
use std::str::FromStr;

use semver::VersionReq;

use crate::path::SafePath;
use crate::text::is_invisible;

const MAX_BYTES: usize = 2048;
const MAX_REFERENCE_BYTES: usize = 200;

const AFTER_GIT: &str = "after `git+` comes `https://`, `ssh://`, `file://` or `user@host:path`";

/// Where a template is to be had, as it is written after `--template`, in `extends` and in catalogs.
///
/// ```
/// use launchway_core::SourceSpec;
///
/// let spec: SourceSpec = "https://git.example/team/templates.git//web@v1.2.0".parse().unwrap();
/// let SourceSpec::Git(git) = &spec else { panic!() };
/// assert_eq!(git.url, "https://git.example/team/templates.git");
/// assert_eq!(git.reference.as_deref(), Some("v1.2.0"));
/// assert_eq!(spec.to_string(), "https://git.example/team/templates.git//web@v1.2.0");
/// assert!("ext::sh -c x".parse::<SourceSpec>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceSpec {
    /// `service` or `builtin:service@1`.
    Builtin {
        /// The id of the template.
        id: String,
        /// The versions that will do.
        requirement: Option<VersionReq>,
    },
    /// `./folder`.
    Folder(PathBuf),
    /// `https://host/path//subfolder@v1.2.0`.
    Git(GitSpec),
    /// `catalog:entry@v1.2.0`.
    Entry {
        /// The name of the catalog.
        catalog: String,
        /// The name of the template in it.
        entry: String,
        /// The tag, branch, commit or version requirement.
        reference: Option<String>,
    },
}

/// A template in a git repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitSpec {
    /// The URL without credentials; the user of `ssh` is none.
    pub url: String,
    /// The user name and the password that stood in the URL.
    pub credentials: Option<Credentials>,
    /// The folder in the repository.
    pub subfolder: Option<SafePath>,
    /// The tag, branch, commit or version requirement; without one the newest release is meant.
    pub reference: Option<String>,
}

/// A user name and a password, which are never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The name.
    pub user: String,
    /// The password or token; empty if there was only a name.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credentials(..)")
    }
}

/// Why a text does not name a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the source `{spec}` {fault}")]
pub struct SpecError {
    /// The text, without credentials.
    pub spec: String,
    /// The rule that it breaks, as the end of a sentence.
    pub fault: SpecFault,
}

/// The rule that a refused source breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is its message")]
pub enum SpecFault {
    #[error("is empty, or longer than {MAX_BYTES} bytes")]
    Length,
    #[error("starts with a dash, which git would take for an option")]
    Dash,
    #[error("has white space, a control or an invisible character")]
    Character,
    #[error("names `{0}`, one of git's helpers, which run commands")]
    Helper(String),
    #[error("uses `{0}`, which is not one of https, ssh and file")]
    Scheme(String),
    #[error("is not a URL: {0}")]
    Url(&'static str),
    #[error("has the subfolder `{0}`, which leads outside or is no path")]
    Subfolder(String),
    #[error("has `{0}` after the `@`, which cannot be the name of a tag, a branch or a commit")]
    Reference(String),
    #[error("asks for the version `{0}`, which is not a requirement such as `1` or `1.2`")]
    Requirement(String),
    #[error("is neither the name of a template, nor a path with a slash, nor a URL, nor `catalog:template`")]
    Unknown,
}

impl SpecFault {
    /// Says what to write instead.
    #[must_use]
    pub fn hint(&self) -> Cow<'static, str> {
        if let Self::Requirement(version) = self
            && let Some(plain) = without_zeros(version)
        {
            return zeros_hint(&plain).into();
        }
        let hint = match self {
            Self::Scheme(scheme) if scheme == "http" => {
                "write `https://…`: a transfer over http can be altered on the way"
            }
            Self::Scheme(_) | Self::Helper(_) => "write `https://…`, `ssh://…`, `user@host:path` or `file://…`",
            Self::Reference(_) => "for example `@v1.2.0`, `@main` or `@` and the 40 digits of a commit",
            Self::Requirement(_) => "for example `builtin:service@1`",
            Self::Subfolder(_) => "for example `https://host/repository.git//folder@v1.2.0`",
            _ => {
                "for example `service`, `./folder`, `https://host/repository.git@v1.2.0`, or `catalog:template`; \
                 `launchway templates` lists what there is"
            }
        };
        hint.into()
    }
}

impl FromStr for SourceSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        read(text).map_err(|fault| SpecError { spec: without_credentials(text), fault })
    }
}

impl fmt::Display for SourceSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin { id, requirement: None } => write!(formatter, "builtin:{id}"),
            Self::Builtin { id, requirement: Some(requirement) } => write!(formatter, "builtin:{id}@{requirement}"),
            Self::Folder(path) => path.display().fmt(formatter),
            Self::Git(git) => git.fmt(formatter),
            Self::Entry { catalog, entry, reference } => {
                write!(formatter, "{catalog}:{entry}")?;
                reference.iter().try_for_each(|reference| write!(formatter, "@{reference}"))
            }
        }
    }
}

impl fmt::Display for GitSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.url)?;
        self.subfolder.iter().try_for_each(|subfolder| write!(formatter, "//{subfolder}"))?;
        self.reference.iter().try_for_each(|reference| write!(formatter, "@{reference}"))
    }
}

/// Takes user names, passwords, queries and fragments out of the URLs in a text: each may hold what lets somebody in.
#[must_use]
pub fn without_credentials(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("://") {
        let (before, after) = rest.split_at(start + 3);
        push_short_forms(&mut clean, before);
        let end = after.find(ends_url).unwrap_or(after.len());
        let authority = &after[..after[..end].find(['/', '?', '#']).unwrap_or(end)];
        let at = authority.rfind('@');
        let is_plain_user = before.ends_with("ssh://") && !at.is_some_and(|at| authority[..at].contains(':'));
        let url = at.filter(|_| !is_plain_user).map_or(&after[..end], |at| &after[at + 1..end]);
        push_without_query(&mut clean, url);
        rest = &after[end..];
    }
    push_short_forms(&mut clean, rest);
    clean
}

/// Adds a text without the queries and fragments of what git takes for a URL without `://`, `user@host:path`.
fn push_short_forms(clean: &mut String, text: &str) {
    let is_short = |word: &str| word.split_once('@').is_some_and(|(_, place)| place.contains(':'));
    for piece in text.split_inclusive(ends_url) {
        let word = piece.trim_end_matches(ends_url);
        if is_short(word) {
            push_without_query(clean, word);
        } else {
            clean.push_str(word);
        }
        clean.push_str(&piece[word.len()..]);
    }
}

/// Tells whether a character cannot be part of a URL in a text.
fn ends_url(character: char) -> bool {
    character.is_whitespace() || character.is_control() || "\"'`<>".contains(character)
}

/// Adds a URL, and of a query and a fragment only that there was one.
fn push_without_query(clean: &mut String, url: &str) {
    let Some(start) = url.find(['?', '#']) else { return clean.push_str(url) };
    let (path, hidden) = url.split_at(start);
    clean.push_str(path);
    clean.push_str(&hidden[..1]);
    clean.push('…');
    // What git, or we, wrote after it is no part of it.
    clean.push_str(&hidden[hidden.trim_end_matches([':', ',', ';', ')', '/']).len()..]);
}

/// Checks the name of a tag or a branch, or a commit: what git could take for an option, a range or a mapping is none.
///
/// # Errors
/// The name is none of these.
pub fn check_reference(name: &str) -> Result<(), SpecFault> {
    let is_word = |it: char| it.is_ascii_alphanumeric() || "._/+-".contains(it);
    let is_segment = |it: &str| !it.is_empty() && !it.starts_with(['.', '-']) && !it.ends_with(['.']);
    let is_fine = name.len() <= MAX_REFERENCE_BYTES
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(is_word)
        && name.split('/').all(|segment| is_segment(segment) && !ends_with_lock(segment))
        && !name.contains("..")
        && name != "HEAD";
    if is_fine { Ok(()) } else { Err(SpecFault::Reference(name.to_owned())) }
}

/// Git keeps such names for itself.
fn ends_with_lock(segment: &str) -> bool {
    segment.to_ascii_lowercase().strip_suffix("lock").is_some_and(|stem| stem.ends_with('.'))
}

fn read(text: &str) -> Result<SourceSpec, SpecFault> {
    if text.is_empty() || text.len() > MAX_BYTES {
        return Err(SpecFault::Length);
    }
    if text.starts_with('-') {
        return Err(SpecFault::Dash);
    }
    let named_git = text.strip_prefix("git+");
    let rest = named_git.unwrap_or(text);
    if let Some(helper) = helper(rest) {
        return Err(SpecFault::Helper(helper.to_owned()));
    }
    // A user of that name would be lost when the address is read again.
    if named_git.is_some() && rest.starts_with("git+") {
        return Err(SpecFault::Url(AFTER_GIT));
    }
    if let Some((scheme, rest)) = rest.split_once("://").filter(|(scheme, _)| !scheme.contains(['/', '.', '@'])) {
        return url(scheme, rest).map(SourceSpec::Git);
    }
    if let Some((user, rest)) = scp(rest) {
        return short_ssh(user, rest).map(SourceSpec::Git);
    }
    if named_git.is_some() {
        return Err(SpecFault::Url(AFTER_GIT));
    }
    local(text)
}

/// Reads what is neither fetched nor refused so far: a built-in template, a catalog's, or a folder.
fn local(text: &str) -> Result<SourceSpec, SpecFault> {
    match text.split_once(':') {
        Some(("builtin", rest)) => builtin(rest),
        Some((catalog, rest)) if catalog.len() > 1 && is_slug(catalog) => entry(catalog, rest),
        _ if is_path(text) => Ok(SourceSpec::Folder(PathBuf::from(text))),
        _ if is_slug(text) => Ok(SourceSpec::Builtin { id: text.to_owned(), requirement: None }),
        _ => Err(SpecFault::Unknown),
    }
}

/// Finds `ext::…`: git runs a program of that name.
fn helper(text: &str) -> Option<&str> {
    let (helper, _) = text.split_once("::")?;
    helper.chars().all(|it| it.is_ascii_alphanumeric() || "+-._".contains(it)).then_some(helper)
}

fn is_path(text: &str) -> bool {
    text.contains(['/', MAIN_SEPARATOR]) || text == "." || text == ".."
}

/// Tells whether a text can be the name of a template or a catalog.
#[must_use]
pub fn is_slug(text: &str) -> bool {
    text.len() <= 63
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-')
}

fn builtin(text: &str) -> Result<SourceSpec, SpecFault> {
    let (id, requirement) = split_reference(text);
    if !is_slug(id) {
        return Err(SpecFault::Unknown);
    }
    let requirement = requirement.map(|text| requirement_of(text).ok_or(SpecFault::Requirement(text.to_owned())));
    Ok(SourceSpec::Builtin { id: id.to_owned(), requirement: requirement.transpose()? })
}

/// Says how a version is written that has zeros before its numbers.
#[must_use]
pub fn zeros_hint(plain: &str) -> String {
    format!("write `{plain}`: a number of a version has no zero before it")
}

/// Returns a version without the zeros before its numbers, if it has any.
#[must_use]
pub fn without_zeros(version: &str) -> Option<String> {
    let plain = |number: &str| {
        let digits = number.trim_start_matches(['v', '^', '~', '=', '<', '>', ' ']);
        let is_number = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
        let rest = if is_number { digits.trim_start_matches('0') } else { digits };
        let rest = if is_number && rest.is_empty() { "0" } else { rest };
        format!("{}{rest}", &number[..number.len() - digits.len()])
    };
    let all: Vec<String> = version.split('.').map(plain).collect();
    Some(all.join(".")).filter(|plain| plain != version)
}

/// Reads a version requirement; an empty one, which would ask for nothing, is none, nor is one that takes more than a
/// reference may once it is written out.
fn requirement_of(text: &str) -> Option<VersionReq> {
    let requirement = VersionReq::parse(text).ok().filter(|_| !text.trim().is_empty())?;
    (requirement.to_string().len() <= MAX_REFERENCE_BYTES).then_some(requirement)
}

fn entry(catalog: &str, text: &str) -> Result<SourceSpec, SpecFault> {
    let (entry, reference) = split_reference(text);
    if !is_slug(entry) {
        return Err(SpecFault::Unknown);
    }
    let reference = reference.map(|name| check_reference(name).map(|()| name.to_owned())).transpose()?;
    Ok(SourceSpec::Entry { catalog: catalog.to_owned(), entry: entry.to_owned(), reference })
}

/// Separates what follows the last `@`, unless that starts a segment of the path.
fn split_reference(text: &str) -> (&str, Option<&str>) {
    match text.rfind('@').filter(|at| !text[..*at].ends_with('/')) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

fn url(scheme: &str, rest: &str) -> Result<GitSpec, SpecFault> {
    if !matches!(scheme, "https" | "ssh" | "file") {
        return Err(SpecFault::Scheme(scheme.to_owned()));
    }
    check_characters(rest)?;
    let start = rest.find('/').ok_or(SpecFault::Url("there is no path after the host"))?;
    let (authority, path) = rest.split_at(start);
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    match (scheme, user) {
        ("file", None) if host.is_empty() || host == "localhost" => {}
        ("file", _) => return Err(SpecFault::Url("after `file://` comes a path that starts with a slash")),
        _ => check_host(host)?,
    }
    let user = user.map(|user| user.split_once(':').unwrap_or((user, "")));
    let (authority, credentials) = match (scheme, user) {
        ("ssh", Some((_, password))) if !password.is_empty() => {
            return Err(SpecFault::Url("ssh takes no password from it"));
        }
        ("ssh", Some((user, _))) => {
            check_user(user)?;
            (format!("{user}@{host}"), None)
        }
        (_, Some((user, password))) => (host.to_owned(), Some(credentials(user, password))),
        _ => (host.to_owned(), None),
    };
    located(&format!("{scheme}://{authority}"), path, credentials)
}

fn credentials(user: &str, password: &str) -> Credentials {
    Credentials { user: user.to_owned(), password: password.to_owned() }
}

/// Finds `user@host:path`.
fn scp(text: &str) -> Option<(&str, &str)> {
    let (user, rest) = text.split_once('@')?;
    let is_host_first = rest.find(':').is_some_and(|colon| !rest[..colon].contains('/'));
    (is_host_first && !user.contains(['/', ':'])).then_some((user, rest))
}

fn short_ssh(user: &str, rest: &str) -> Result<GitSpec, SpecFault> {
    check_characters(rest)?;
    check_user(user)?;
    let (host, path) = rest.split_once(':').ok_or(SpecFault::Url("there is no path after the host"))?;
    check_host(host)?;
    if path.is_empty() || path.starts_with('-') {
        return Err(SpecFault::Url("there is no path after the host"));
    }
    located(&format!("{user}@{host}:"), path, None)
}

/// Takes the subfolder and the reference from the end of a path.
fn located(start: &str, path: &str, credentials: Option<Credentials>) -> Result<GitSpec, SpecFault> {
    let (path, reference) = split_reference(path);
    reference.map_or(Ok(()), check_reference)?;
    let (path, subfolder) = match path.split_once("//") {
        Some((path, subfolder)) => (path, Some(subfolder)),
        None => (path, None),
    };
    let subfolder = subfolder.map(|it| SafePath::new(it).map_err(|_| SpecFault::Subfolder(it.to_owned())));
    let path = path.trim_end_matches('/');
    if path.is_empty() {
        return Err(SpecFault::Url("there is no path after the host"));
    }
    if path.split('/').any(|segment| segment == "..") {
        return Err(SpecFault::Url("its path has `..`"));
    }
    Ok(GitSpec {
        url: format!("{start}{path}"),
        credentials,
        subfolder: subfolder.transpose()?,
        reference: reference.map(str::to_owned),
    })
}

fn check_characters(text: &str) -> Result<(), SpecFault> {
    if text.chars().any(|it| it.is_whitespace() || it.is_control() || is_invisible(it)) {
        return Err(SpecFault::Character);
    }
    if text.contains(['?', '#', '\\', '"', '\'', '`', '<', '>', '|', '^', '*', '{', '}']) {
        return Err(SpecFault::Url("it has a character that belongs to no repository's URL"));
    }
    Ok(())
}

fn check_user(user: &str) -> Result<(), SpecFault> {
    let is_fine = user.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_')
        && user.chars().all(|it| it.is_ascii_alphanumeric() || "._+-".contains(it));
    if is_fine { Ok(()) } else { Err(SpecFault::Url("the user name is not valid")) }
}

/// Accepts a name or an address, with a port.
fn check_host(host: &str) -> Result<(), SpecFault> {
    let fault = Err(SpecFault::Url("the host name is not valid"));
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) if address.chars().all(|it| it.is_ascii_hexdigit() || it == ':' || it == '.') => {
            (address, rest.strip_prefix(':').or(if rest.is_empty() { None } else { Some("none") }))
        }
        Some(_) => return fault,
        None => host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port))),
    };
    let is_name = name.starts_with(|first: char| first.is_ascii_alphanumeric() || first == ':')
        && name.chars().all(|it| it.is_ascii_alphanumeric() || ".-_:".contains(it));
    if is_name && port.is_none_or(|port| port.parse::<u16>().is_ok()) { Ok(()) } else { fault }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> SourceSpec {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn every_form_is_read_and_written_the_same() {
        for text in [
            "builtin:service",
            "builtin:service@^1.2",
            "./templates/web",
            "..",
            "/opt/templates",
            "https://git.example/team/templates.git",
            "https://git.example:8443/team/templates.git//web@v1.2.0",
            "https://git.example/@team/templates@feature/new-things",
            "https://[::1]:8443/a//b/c",
            "ssh://git@git.example:2222/team/templates//web",
            "git@git.example:team/templates.git//web@1.0.0-rc.1+build",
            "file:///srv/git/templates.git@0123456789012345678901234567890123456789",
            "acme:web-service",
            "acme:web-service@2.1",
        ] {
            assert_eq!(read(text).to_string(), text);
            assert_eq!(read(&read(text).to_string()), read(text));
        }
    }

    #[test]
    fn what_means_the_same_is_the_same() {
        for (left, right) in [
            ("service", "builtin:service"),
            ("git+https://git.example/a", "https://git.example/a"),
            ("git+git@git.example:a", "git@git.example:a"),
            ("https://git.example/a/", "https://git.example/a"),
        ] {
            assert_eq!(read(left), read(right));
        }
        // One letter before a colon is a disk, and no catalog.
        for text in ["C:/templates", "c:/templates"] {
            assert_eq!(read(text), SourceSpec::Folder(text.into()));
        }
        assert!(matches!(read("ab:web"), SourceSpec::Entry { .. }));
        assert_eq!(read("./a//b@c"), SourceSpec::Folder("./a//b@c".into()));
    }

    type IsExpected = fn(&SpecFault) -> bool;

    #[test]
    fn a49_a50_a51_hostile_specs_are_refused_by_the_rule_that_they_break() {
        let long = format!("https://h/{}", "a".repeat(MAX_BYTES));
        let growing = format!("builtin:service@{}1", "1,".repeat(30) + &format!("1.1.1-{},", "a".repeat(120)));
        let cases: &[(&str, IsExpected)] = &[
            ("", |fault| *fault == SpecFault::Length),
            (&long, |fault| *fault == SpecFault::Length),
            ("--upload-pack=touch canary", |fault| *fault == SpecFault::Dash),
            ("-uhttps://h/x", |fault| *fault == SpecFault::Dash),
            ("-oProxyCommand=touch canary", |fault| *fault == SpecFault::Dash),
            ("ext::sh -c touch% canary", |fault| *fault == SpecFault::Helper("ext".to_owned())),
            ("EXT::sh", |fault| *fault == SpecFault::Helper("EXT".to_owned())),
            ("git+ext::sh -c /bin/x", |fault| *fault == SpecFault::Helper("ext".to_owned())),
            ("fd::3", |fault| *fault == SpecFault::Helper("fd".to_owned())),
            ("http::https://h/x", |fault| *fault == SpecFault::Helper("http".to_owned())),
            ("ext://h/x", |fault| *fault == SpecFault::Scheme("ext".to_owned())),
            ("git://h/x", |fault| *fault == SpecFault::Scheme("git".to_owned())),
            ("http://h/x", |fault| *fault == SpecFault::Scheme("http".to_owned())),
            ("HTTPS://h/x", |fault| *fault == SpecFault::Scheme("HTTPS".to_owned())),
            ("ftp://h/x", |fault| *fault == SpecFault::Scheme("ftp".to_owned())),
            ("https://h", |fault| matches!(fault, SpecFault::Url(_))),
            ("https://h/", |fault| matches!(fault, SpecFault::Url(_))),
            ("https:///x", |fault| matches!(fault, SpecFault::Url(_))),
            ("https://-oProxyCommand=x/y", |fault| matches!(fault, SpecFault::Url(_))),
            ("ssh://-oProxyCommand=x/y", |fault| matches!(fault, SpecFault::Url(_))),
            ("ssh://git:secret@h/y", |fault| matches!(fault, SpecFault::Url(_))),
            ("ssh://-l@h/y", |fault| matches!(fault, SpecFault::Url(_))),
            ("git@-oProxyCommand=x:y", |fault| matches!(fault, SpecFault::Url(_))),
            ("git@h:-y", |fault| matches!(fault, SpecFault::Url(_))),
            ("git+git+user@h:y", |fault| matches!(fault, SpecFault::Url(_))),
            ("file://host/x", |fault| matches!(fault, SpecFault::Url(_))),
            ("file://x", |fault| matches!(fault, SpecFault::Url(_))),
            ("https://h/a/../b", |fault| matches!(fault, SpecFault::Url(_))),
            ("https://h/a?x=y", |fault| matches!(fault, SpecFault::Url(_))),
            ("https://h/a;`touch`", |fault| matches!(fault, SpecFault::Url(_))),
            ("https://h/a\nb", |fault| *fault == SpecFault::Character),
            ("https://h/a b", |fault| *fault == SpecFault::Character),
            ("https://h/a\u{202e}b", |fault| *fault == SpecFault::Character),
            ("https://h:port/a", |fault| matches!(fault, SpecFault::Url(_))),
            ("git+./a", |fault| matches!(fault, SpecFault::Url(_))),
            ("https://h/a//../b", |fault| matches!(fault, SpecFault::Subfolder(_))),
            ("https://h/a//", |fault| matches!(fault, SpecFault::Subfolder(_))),
            ("https://h/a//b//c", |fault| matches!(fault, SpecFault::Subfolder(_))),
            ("https://h/a//.git/hooks", |fault| matches!(fault, SpecFault::Subfolder(_))),
            ("https://h/a@", |fault| matches!(fault, SpecFault::Reference(_))),
            ("https://h/a@--upload-pack=x", |fault| matches!(fault, SpecFault::Reference(_))),
            ("https://h/a@-x", |fault| matches!(fault, SpecFault::Reference(_))),
            ("https://h/a@a..b", |fault| matches!(fault, SpecFault::Reference(_))),
            ("https://h/a@HEAD", |fault| matches!(fault, SpecFault::Reference(_))),
            ("https://h/a@+x", |fault| matches!(fault, SpecFault::Reference(_))),
            ("https://h/a@refs/heads/x:refs/heads/y", |fault| matches!(fault, SpecFault::Reference(_))),
            ("https://h/a@x.lock", |fault| matches!(fault, SpecFault::Reference(_))),
            ("https://h/a@x/.y", |fault| matches!(fault, SpecFault::Reference(_))),
            ("https://h/a@x//y", |fault| matches!(fault, SpecFault::Reference(_))),
            ("https://h/a@HEAD^{/x}", |fault| matches!(fault, SpecFault::Url(_))),
            ("builtin:service@one", |fault| matches!(fault, SpecFault::Requirement(_))),
            ("builtin:service@", |fault| matches!(fault, SpecFault::Requirement(_))),
            // Written out, with `^` before each, it would be too long to be read again.
            (&growing, |fault| matches!(fault, SpecFault::Requirement(_))),
            ("builtin:../x", |fault| *fault == SpecFault::Unknown),
            ("acme:a/b", |fault| *fault == SpecFault::Unknown),
            ("acme:", |fault| *fault == SpecFault::Unknown),
            ("acme:web@-x", |fault| matches!(fault, SpecFault::Reference(_))),
            ("service@1", |fault| *fault == SpecFault::Unknown),
            ("Service", |fault| *fault == SpecFault::Unknown),
        ];
        for (text, expected) in cases {
            let refused = text.parse::<SourceSpec>();
            assert!(refused.as_ref().is_err_and(|error| expected(&error.fault)), "{text:?}: {refused:?}");
        }
    }

    #[test]
    fn credentials_are_kept_apart_and_never_shown() {
        let spec = read("https://me:s3cret@git.example/a@v1");
        let SourceSpec::Git(git) = &spec else { panic!("{spec}") };
        assert_eq!(git.url, "https://git.example/a");
        assert_eq!(git.credentials.as_ref().map(|it| it.password.as_str()), Some("s3cret"));
        assert!(!format!("{spec} {spec:?}").contains("s3cret"));
        let refused = "https://me:s3cret@git.example/a@..".parse::<SourceSpec>().unwrap_err();
        assert!(!refused.to_string().contains("s3cret"), "{refused}");
    }

    #[test]
    fn credentials_are_taken_out_of_every_url_in_a_text() {
        for (text, expected) in [
            ("fatal: https://me:secret@host/x and https://tok@h", "fatal: https://host/x and https://h"),
            ("https://a:p@ss@host/path@v1", "https://host/path@v1"),
            ("https://host/a@b", "https://host/a@b"),
            ("ssh://git@host/a and ssh://git:x@host/a", "ssh://git@host/a and ssh://host/a"),
            ("no url, me@host:path", "no url, me@host:path"),
        ] {
            assert_eq!(without_credentials(text), expected);
        }
    }
    #[test]
    fn u45_queries_and_fragments_are_taken_out_of_every_url_in_a_text() {
        for (text, expected) in [
            ("https://host/a?token=s3cret", "https://host/a?…"),
            ("https://host/a#s3cret@v1 and more", "https://host/a#… and more"),
            ("access 'https://me:pw@host/a?t=s3cret/': no", "access 'https://host/a?…/': no"),
            ("https://host?user=a@b&t=s3cret", "https://host?…"),
            ("https://me:pw@host?t=s3cret", "https://host?…"),
            ("to `ssh://git@host/a?x=s3cret`, then file:///b?y#s3cret", "to `ssh://git@host/a?…`, then file:///b?…"),
            ("see git@host:team/a.git?t=s3cret, or me@host", "see git@host:team/a.git?…, or me@host"),
            ("`git@host:a#s3cret` https://host/b?s3cret", "`git@host:a#…` https://host/b?…"),
            ("git@host:team/a.git", "git@host:team/a.git"),
            ("is it? # no url", "is it? # no url"),
        ] {
            assert_eq!(without_credentials(text), expected);
        }
        for text in [
            "https://host/a?t=s3cret",
            "http://host/a#s3cret",
            "https://host/a?x=1//b@s3cret",
            "git+ssh://h/a?s3cret",
            "git@h:a?s3cret",
        ] {
            let refused = text.parse::<SourceSpec>().unwrap_err();
            assert!(!format!("{refused} {refused:?}").contains("s3cret"), "{refused:?}");
        }
    }
}
