//! From the name of a tag, a branch, a commit or a version to a commit that is there.

use std::collections::BTreeMap;

use launchway_core::template::Reference;
use semver::{Version, VersionReq};

use super::remote::{Refs, Remote};
use crate::failure::{Exit, Failure};

/// Which commit of a repository is wanted.
#[derive(Debug, Clone)]
pub(crate) enum RevisionSpec {
    /// That of the newest release, or if there is none, of the default branch.
    Newest,
    /// That of a branch.
    Branch(String),
    /// That of a tag, a branch, a commit or a version requirement.
    Named(String),
}

/// The commit that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revision {
    pub(crate) reference: Reference,
    pub(crate) commit: String,
}

impl Refs {
    /// Lists the versions among the tags, the newest last; `v1.2.3` and `1.2.3` both are.
    pub(crate) fn versions(&self) -> Vec<(Version, &str)> {
        let version = |tag: &str| Version::parse(tag.strip_prefix('v').unwrap_or(tag)).ok();
        let mut versions: Vec<_> = self.tags.keys().filter_map(|tag| Some((version(tag)?, tag.as_str()))).collect();
        versions.sort();
        versions
    }

    fn newest(&self, is_wanted: impl Fn(&Version) -> bool) -> Option<&str> {
        self.versions().into_iter().rfind(|(version, _)| is_wanted(version)).map(|(_, tag)| tag)
    }

    /// Finds the tag of a name, or the newest of a version requirement.
    fn tag(&self, name: &str) -> Option<&str> {
        let with_v = format!("v{name}");
        let tag = self.tags.get_key_value(name).or_else(|| self.tags.get_key_value(&with_v));
        tag.map(|(tag, _)| tag.as_str())
    }

    fn newest_matching(&self, requirement: &str) -> Option<&str> {
        let requirement = VersionReq::parse(requirement).ok()?;
        self.newest(|version| requirement.matches(version))
    }
}

impl Remote {
    /// Finds a commit and fetches it, unless it is there.
    ///
    /// A tag that was fetched before is what it was then, without asking: it is asked for again to find the newest
    /// release, or with `accept_moved`.
    pub(crate) fn find(&self, wanted: &RevisionSpec, accept_moved: bool) -> Result<Revision, Failure> {
        match wanted {
            RevisionSpec::Named(name) if is_commit(name) => self.find_commit(name),
            RevisionSpec::Named(name) => self.find_named(name, accept_moved),
            RevisionSpec::Newest => self.find_newest(accept_moved),
            RevisionSpec::Branch(branch) => self.find_branch(branch),
        }
    }

    fn find_commit(&self, commit: &str) -> Result<Revision, Failure> {
        let commit = commit.to_ascii_lowercase();
        if !self.has(&commit) {
            if self.is_offline() {
                return Err(self.not_kept());
            }
            self.fetch(&commit, None)?;
        }
        Ok(Revision { reference: Reference::Commit, commit })
    }

    fn find_named(&self, name: &str, accept_moved: bool) -> Result<Revision, Failure> {
        let kept = self.kept_refs()?;
        if let Some(tag) = kept.tag(name).filter(|_| self.is_offline() || !accept_moved) {
            return Ok(tag_found(tag, &kept.tags));
        }
        let refs = self.refs()?;
        if let Some(tag) = refs.tag(name) {
            self.take_tag(tag, &kept, accept_moved)
        } else if refs.branches.contains_key(name) {
            self.take_branch(name, &kept)
        } else if let Some(tag) = refs.newest_matching(name) {
            self.take_tag(tag, &kept, accept_moved)
        } else if self.is_offline() {
            Err(self.not_kept())
        } else {
            let message = format!("`{}` has no tag, branch or version `{name}`", self.url);
            let newest = refs.newest(|_| true).map(|tag| format!("the newest version is `{tag}`"));
            Err(Failure::new(Exit::Template, message)
                .hint(newest.unwrap_or_else(|| "a commit is named with all its digits".to_owned())))
        }
    }

    fn find_newest(&self, accept_moved: bool) -> Result<Revision, Failure> {
        if let Some(tag) = self.refs()?.newest(|version| version.pre.is_empty()) {
            return self.take_tag(tag, &self.kept_refs()?, accept_moved);
        }
        match self.default_branch()? {
            Some(branch) if self.refs()?.branches.contains_key(&branch) => {
                let found = self.find_branch(&branch)?;
                if !self.is_offline() {
                    self.keep_default_branch(&branch)?;
                }
                Ok(found)
            }
            _ if self.is_offline() => Err(self.not_kept()),
            _ => Err(Failure::new(Exit::Template, format!("`{}` has neither a release nor a branch", self.url))
                .hint("commit a template to it, and give it a tag such as `v1.0.0`")),
        }
    }

    fn find_branch(&self, branch: &str) -> Result<Revision, Failure> {
        match self.refs()?.branches.contains_key(branch) {
            true => self.take_branch(branch, &self.kept_refs()?),
            false if self.is_offline() => Err(self.not_kept()),
            false => Err(Failure::new(Exit::Template, format!("`{}` has no branch `{branch}`", self.url))),
        }
    }

    fn take_tag(&self, tag: &str, kept: &Refs, accept_moved: bool) -> Result<Revision, Failure> {
        let refs = self.refs()?;
        match (kept.tags.get(tag), refs.tags.get(tag)) {
            (Some(locked), Some(commit)) if locked == commit => return Ok(tag_found(tag, &kept.tags)),
            (Some(locked), Some(commit)) if !accept_moved => return Err(moved(&self.url, tag, locked, commit)),
            _ => {}
        }
        let commit = self.take(&format!("refs/tags/{tag}"), refs.tags.get(tag))?;
        Ok(Revision { reference: Reference::Tag(tag.to_owned()), commit })
    }

    fn take_branch(&self, branch: &str, kept: &Refs) -> Result<Revision, Failure> {
        let reference = Reference::Branch(branch.to_owned());
        let current = self.refs()?.branches.get(branch);
        match kept.branches.get(branch) {
            Some(commit) if Some(commit) == current => Ok(Revision { reference, commit: commit.clone() }),
            _ => Ok(Revision { reference, commit: self.take(&format!("refs/heads/{branch}"), current)? }),
        }
    }

    /// Fetches a tag or a branch, of which the remote says that it is `now`; returns the commit that it is.
    fn take(&self, name: &str, now: Option<&String>) -> Result<String, Failure> {
        self.fetch(name, now.map(String::as_str))?;
        self.commit_of(name).ok_or_else(|| {
            Failure::new(Exit::Template, format!("`{name}` of `{}` is not the name of a commit", self.url))
        })
    }

    fn not_kept(&self) -> Failure {
        Failure::new(Exit::Io, format!("offline, and this was not fetched from `{}` before", self.url))
            .hint("run it once without `--offline`")
    }
}

fn tag_found(tag: &str, tags: &BTreeMap<String, String>) -> Revision {
    Revision { reference: Reference::Tag(tag.to_owned()), commit: tags.get(tag).cloned().unwrap_or_default() }
}

/// Says that a tag is not what it was.
pub(crate) fn moved(url: &str, tag: &str, locked: &str, commit: &str) -> Failure {
    let short = |commit: &str| commit.get(..12).unwrap_or(commit).to_owned();
    let (locked, commit) = (short(locked), short(commit));
    let message = format!("the tag `{tag}` of `{url}` was moved: locked {locked}… but tag is {commit}…");
    Failure::new(Exit::Template, message)
        .hint("a release that changes is none: ask its authors; `--accept-moved` takes what the tag is now")
}

fn is_commit(name: &str) -> bool {
    matches!(name.len(), 40 | 64) && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refs(tags: &[&str]) -> Refs {
        let tags = tags.iter().map(|tag| ((*tag).to_owned(), "1".repeat(40))).collect();
        Refs { tags, ..Refs::default() }
    }

    #[test]
    fn versions_are_ordered_as_versions_and_prereleases_wait_to_be_asked_for() {
        let refs = refs(&["v1.9.0", "1.10.0", "v2.0.0-rc.1", "latest", "v1.2"]);
        let tags: Vec<&str> = refs.versions().into_iter().map(|(_, tag)| tag).collect();
        assert_eq!(tags, ["v1.9.0", "1.10.0", "v2.0.0-rc.1"]);
        assert_eq!(refs.newest(|version| version.pre.is_empty()), Some("1.10.0"));
        assert_eq!(refs.newest_matching("1"), Some("1.10.0"));
        assert_eq!(refs.newest_matching("~1.9"), Some("v1.9.0"));
        assert_eq!(refs.newest_matching("2"), None);
        assert_eq!(refs.newest_matching("main"), None);
        assert_eq!((refs.tag("1.9.0"), refs.tag("v1.2"), refs.tag("3.0.0")), (Some("v1.9.0"), Some("v1.2"), None));
    }
}
