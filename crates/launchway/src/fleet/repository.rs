//! A repository of the fleet: its objects and nothing else of it. Its settings, hooks and attributes are those of somebody
//! else, so git never works in it: a repository of our own has its objects beside.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use launchway_core::{EntryKind, GitSpec, Scratch, SourceSpec};

use super::forge::{GitHub, is_this_machine};
use crate::failure::Failure;
use crate::git::{Git, GitError, ObjectFormat, ObjectReader, Remote};

/// Where a repository of the fleet is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// On this machine.
    Local(PathBuf),
    /// Where git fetches it.
    Remote(GitSpec),
}

/// The commit that a repository has checked out, or would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) branch: Option<String>,
    pub(super) commit: String,
}

/// Why a repository cannot be used.
#[derive(Debug)]
pub(super) enum Unusable {
    /// There is no repository, or it cannot be reached.
    Unreachable(String),
    /// Nothing is committed.
    Empty,
}

impl Address {
    /// Reads an address as a list or a plan has it. A path is taken from a folder.
    pub(super) fn parse(text: &str, folder: &Path) -> Result<Self, String> {
        let is_remote = text.contains("://") || text.split_once(':').is_some_and(|(host, _)| !host.contains('/'));
        if !is_remote {
            return Ok(Self::Local(folder.join(text)));
        }
        if let Some(spec) = of_this_machine(text) {
            return Ok(Self::Remote(spec));
        }
        match text.parse().map_err(|error: launchway_core::SpecError| error.to_string())? {
            SourceSpec::Git(GitSpec { credentials: Some(_), .. }) => {
                Err("has a user name or a password in it, and a plan keeps none".to_owned())
            }
            SourceSpec::Git(spec) if spec.subfolder.is_none() && spec.reference.is_none() => Ok(Self::Remote(spec)),
            _ => Err("is not the address of a repository".to_owned()),
        }
    }

    /// Returns the address as a plan has it.
    pub(super) fn shown(&self) -> Option<String> {
        match self {
            Self::Local(path) => path.to_str().map(str::to_owned),
            Self::Remote(spec) => Some(spec.url.clone()),
        }
    }

    /// Returns the folder where a repository of this machine is, however it is spelled; of another one its id tells it.
    pub(super) fn place(&self) -> Option<PathBuf> {
        let path = match self {
            Self::Local(path) => path,
            Self::Remote(spec) => Path::new(spec.url.strip_prefix("file://")?),
        };
        git_folder(path).or_else(|| path.canonicalize().ok())
    }

    /// Tells whether no repository stands there any more.
    pub(super) fn is_gone(&self) -> bool {
        matches!(self, Self::Local(path) if git_folder(path).is_none())
    }

    /// Finds out what is checked out.
    pub(super) fn head(&self) -> Result<Head, Unusable> {
        match self {
            Self::Local(path) => local_head(path),
            Self::Remote(spec) => {
                let found = remote(spec).and_then(|remote| remote.head());
                let (branch, commit) =
                    found.map_err(|error| Unusable::Unreachable(error.message()))?.ok_or(Unusable::Empty)?;
                Ok(Head { branch, commit })
            }
        }
    }
}

/// Reads the address of a forge on this machine, which needs no TLS.
fn of_this_machine(text: &str) -> Option<GitSpec> {
    let (host, path) = text.strip_prefix("http://")?.split_once('/')?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    let is_one = is_this_machine(host) && path.bytes().all(is_plain) && !path.contains("..");
    let spec = GitSpec { url: text.to_owned(), credentials: None, subfolder: None, reference: None };
    is_one.then_some(spec)
}

/// Returns a place for the objects of a repository, which is read with the token if it is one of the forge.
fn remote(spec: &GitSpec) -> Result<Remote, Failure> {
    Remote::fleeting(&GitSpec { credentials: GitHub::reading_credentials(&spec.url), ..spec.clone() })
}

fn local_head(path: &Path) -> Result<Head, Unusable> {
    let folder = git_folder(path).ok_or_else(|| Unusable::Unreachable("there is no git repository".to_owned()))?;
    let git = Git::on_scratch(&folder);
    let commit = git.text(&["rev-parse", "--quiet", "--verify", "HEAD^{commit}"]);
    let commit = commit.map_err(|error| match error {
        GitError::Said(said) if said.is_empty() => Unusable::Empty,
        error => Unusable::Unreachable(error.to_string()),
    })?;
    let branch = git.text(&["symbolic-ref", "--quiet", "HEAD"]).ok();
    let branch = branch.and_then(|branch| branch.strip_prefix("refs/heads/").map(str::to_owned));
    Ok(Head { branch, commit })
}

/// Finds the folder of git's in a repository, bare or not.
pub(super) fn git_folder(path: &Path) -> Option<PathBuf> {
    let is_one = |folder: &PathBuf| folder.join("HEAD").is_file() && folder.join("objects").is_dir();
    [path.to_owned(), path.join(".git")].into_iter().find(is_one)?.canonicalize().ok()
}

/// How many bytes of contents are kept of a repository: a merge, a check before it and one after it ask for the same files.
const MOST_KEPT: usize = 32 << 20;

/// Contents that were read, by the names of their objects.
#[derive(Default)]
struct Kept {
    contents: BTreeMap<String, Vec<u8>>,
    bytes: usize,
}

impl Kept {
    fn add(&mut self, object: &str, content: &[u8]) {
        if self.bytes + content.len() <= MOST_KEPT {
            self.bytes += content.len();
            self.contents.insert(object.to_owned(), content.to_owned());
        }
    }
}

/// The objects of a repository, and a place for new ones.
pub(super) struct OpenRepository {
    scratch: Scratch,
    reader: ObjectReader,
    kept: RefCell<Kept>,
    /// Keeps what was fetched.
    remote: Option<Remote>,
    /// Whether git has ended in the middle.
    is_cut_off: Cell<bool>,
}

impl OpenRepository {
    /// Opens a repository at its head. Of one that is fetched, the history comes if it `needs_history`.
    pub(super) fn open(address: &Address, head: &Head, needs_history: bool) -> Result<Self, Failure> {
        let (objects, remote) = match address {
            Address::Local(path) => {
                let gone = || crate::failure::Failure::new(crate::failure::Exit::Usage, "there is no git repository");
                (git_folder(path).ok_or_else(gone)?.join("objects"), None)
            }
            Address::Remote(spec) => {
                let remote = remote(spec)?;
                match (needs_history, &head.branch) {
                    (false, Some(branch)) => remote.fetch(&format!("refs/heads/{branch}"), None)?,
                    (_, branch) => remote.fetch_whole(branch.as_deref())?,
                }
                (remote.store().join("objects"), Some(remote))
            }
        };
        let has_sha256 = ObjectFormat::of(&head.commit) == ObjectFormat::Sha256;
        let scratch = Scratch::beside(&std::env::temp_dir(), &objects, has_sha256)?;
        let reader = ObjectReader::start(&Git::on_scratch(scratch.path())).map_err(crate::repository::not_run)?;
        Ok(Self { scratch, reader, kept: RefCell::default(), remote, is_cut_off: Cell::new(false) })
    }

    /// Returns git on the objects, with nobody's settings.
    pub(super) fn git(&self) -> Git {
        Git::on_scratch(self.scratch.path())
    }

    /// Returns the folder of the repository of our own.
    pub(super) fn folder(&self) -> &Path {
        self.scratch.path()
    }

    /// Returns the git that reads the objects.
    pub(super) const fn reader(&self) -> &ObjectReader {
        &self.reader
    }

    /// Lists the files of a commit.
    pub(super) fn entries(&self, commit: &str) -> Result<BTreeMap<String, (EntryKind, String)>, GitError> {
        let entry = |entry: crate::git::TreeEntry| {
            let kind = match entry.mode.as_str() {
                "120000" => EntryKind::Link,
                "160000" => EntryKind::Submodule,
                mode => EntryKind::File { executable: mode == "100755" },
            };
            Some((String::from_utf8(entry.path).ok()?, (kind, entry.object)))
        };
        let entries = self.reader.tree(commit).inspect_err(|error| self.note(error))?;
        Ok(entries.into_iter().filter_map(entry).collect())
    }

    /// Tells whether git could not be asked to the end: what follows from that says nothing of the repository.
    pub(super) fn is_cut_off(&self) -> bool {
        self.is_cut_off.get()
    }

    fn note(&self, error: &GitError) {
        self.is_cut_off.set(self.is_cut_off.get() || matches!(error, GitError::NotStarted(_)));
    }

    /// Reads the content of a file, unless it has more bytes than `most`. What was left out of a fetch is fetched then.
    pub(super) fn content(&self, object: &str, most: u64) -> Result<Option<Vec<u8>>, String> {
        if let Some(content) = self.kept.borrow().contents.get(object) {
            return Ok(Some(content.clone()).filter(|content| content.len() as u64 <= most));
        }
        let content = self.read(object, most)?;
        if let Some(content) = &content {
            self.kept.borrow_mut().add(object, content);
        }
        Ok(content)
    }

    fn read(&self, object: &str, most: u64) -> Result<Option<Vec<u8>>, String> {
        match (self.reader.read(object, "blob", most), &self.remote) {
            (Err(GitError::Said(_)), Some(remote)) => {
                remote.fetch_objects(&[object]).map_err(|error| error.message())?;
                self.reader.read(object, "blob", most)
            }
            (read, _) => read,
        }
        .inspect_err(|error| self.note(error))
        .map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_path_or_what_git_fetches() {
        let parse = |text: &str| Address::parse(text, Path::new("/list")).map(|address| address.shown().unwrap());
        assert_eq!(parse("orders.git").unwrap(), "/list/orders.git");
        assert_eq!(parse("/srv/a:b").unwrap(), "/srv/a:b");
        assert_eq!(parse("https://git.example/a/b.git").unwrap(), "https://git.example/a/b.git");
        assert!(parse("git@git.example:a/b.git").unwrap().contains("git.example"));
        assert_eq!(parse("http://127.0.0.1:8080/a/b.git").unwrap(), "http://127.0.0.1:8080/a/b.git");
        for text in [
            "https://me:secret@git.example/a",
            "ext::sh -c x",
            "http://git.example/a",
            "http://127.0.0.1.git.example/a",
            "http://me:secret@127.0.0.1/a",
            "https://g.example/a@v1",
        ] {
            let error = parse(text).unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
