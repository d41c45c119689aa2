//! From the name of a tag, a branch, a commit or a version to a commit that is there.

use std::collections::BTreeMap;

use launchway_core::template::Reference;
use launchway_core::zeros_hint;

use super::remote::{Refs, Remote};
use super::versions::Versions;
use crate::failure::{Exit, Failure};
use crate::terminal;

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
    /// Finds the tag of a name, with or without a `v` before it.
    fn tag(&self, name: &str) -> Option<&str> {
        let with_v = format!("v{name}");
        let tag = self.tags.get_key_value(name).or_else(|| self.tags.get_key_value(&with_v));
        tag.map(|(tag, _)| tag.as_str())
    }
}

impl Remote {
    /// Finds a commit and fetches it, unless it is there.
    ///
    /// The remote is asked what a tag is now, so that one that was moved is seen. Where it cannot be reached, a tag that was
    /// fetched before is what it was then.
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
        let refs = match self.refs() {
            Err(unreachable) if !accept_moved => return self.find_kept(name, &kept).ok_or(unreachable),
            refs => refs?,
        };
        let versions = self.versions()?;
        let tag = refs.tag(name);
        if let Some(tag) = tag.filter(|tag| !versions.is_floating(tag)) {
            self.take_tag(tag, &kept, accept_moved)
        } else if refs.branches.contains_key(name) {
            self.take_branch(name, &kept)
        } else if let Some(tag) = versions.matching(name).or(tag) {
            if let Some(plain) = Versions::respelt(name, tag) {
                return Err(Failure::new(Exit::Usage, format!("`{name}` is not how a version is written"))
                    .hint(zeros_hint(&plain)));
            }
            self.take_tag(tag, &kept, accept_moved)
        } else if self.is_offline() {
            Err(self.not_kept())
        } else {
            let message = format!("`{}` has no tag, branch or version `{name}`", self.url);
            let newest = versions.newest(|_| true).map(|tag| format!("the newest version is `{tag}`"));
            Err(Failure::new(Exit::Template, message)
                .hint(newest.unwrap_or_else(|| "a commit is named with all its digits".to_owned())))
        }
    }

    /// Takes a tag as it was fetched before, and says that nobody could be asked.
    fn find_kept(&self, name: &str, kept: &Refs) -> Option<Revision> {
        let tag = kept.tag(name)?;
        self.warn(&format!(
            "`{}` cannot be asked whether the tag `{tag}` was moved; it is taken as it was fetched before\n  hint: \
             `--offline` asks nobody",
            self.url
        ));
        Some(tag_found(tag, &kept.tags))
    }

    /// Returns the versions among the tags as they are now; offline, among those that are kept.
    pub(crate) fn versions(&self) -> Result<Versions<'_>, Failure> {
        let tags = self.refs()?.tags.keys().map(String::as_str);
        Ok(Versions::of(tags, self.folder.as_ref()))
    }

    fn find_newest(&self, accept_moved: bool) -> Result<Revision, Failure> {
        let versions = self.versions()?;
        if let Some(tag) = versions.newest(|version| version.pre.is_empty()) {
            if versions.are_short() {
                let none = self.none_is("version of three numbers")?;
                self.warn(&format!("{none}; they are taken in their order, and `{tag}` is the newest"));
            }
            return self.take_tag(tag, &self.kept_refs()?, accept_moved);
        }
        match self.default_branch()? {
            Some(branch) if self.refs()?.branches.contains_key(&branch) => {
                self.warn_of_what_is_not_released(&branch, versions.newest(|_| true))?;
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

    /// Says that none of the tags is a release, where there are some.
    fn warn_of_what_is_not_released(&self, branch: &str, prerelease: Option<&str>) -> Result<(), Failure> {
        let Some(tag) = prerelease.or(self.refs()?.tags.keys().next_back().map(String::as_str)) else { return Ok(()) };
        let none = self.none_is(if prerelease.is_some() { "release" } else { "version" })?;
        self.warn(&format!(
            "{none}; what is on the branch `{branch}` is taken, released or not\n  hint: `@{tag}` takes a tag; a release \
             is a tag such as `v1.2.0`"
        ));
        Ok(())
    }

    fn none_is(&self, what: &str) -> Result<String, Failure> {
        Ok(match self.refs()?.tags.len() {
            1 => format!("the only tag of `{}` is no {what}", self.url),
            tags => format!("none of {tags} tags of `{}` is a {what}", self.url),
        })
    }

    /// Warns, unless nobody is asked: then it was said when it was fetched, and a shell that completes a line must hear nothing.
    fn warn(&self, warning: &str) {
        if !self.is_offline() {
            terminal::warn_once(warning);
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
        let may_move = accept_moved || self.versions()?.is_floating(tag);
        match (kept.tags.get(tag), refs.tags.get(tag)) {
            (Some(locked), Some(commit)) if locked == commit => return Ok(tag_found(tag, &kept.tags)),
            (Some(locked), Some(commit)) if !may_move => return Err(moved(&self.url, tag, locked, commit)),
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

    pub(super) fn not_kept(&self) -> Failure {
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
        .hint("a release must not change: ask its authors; `--accept-moved` takes the tag as it is now")
}

fn is_commit(name: &str) -> bool {
    matches!(name.len(), 40 | 64) && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
