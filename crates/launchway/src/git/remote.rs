//! A remote repository, and what was fetched from it: objects in a bare repository, never a checkout.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use launchway_core::{
    Credentials, GitSpec, SafePath, Scratch, clear_leftovers, create_bare_repository, hexadecimal, open_lock,
};
use sha2::{Digest as _, Sha256};

use super::process::{Git, GitError, Limits};
use crate::failure::{Exit, Failure};
use crate::{folders, progress, terminal};

/// What one repository may send if `LAUNCHWAY_GIT_MIB` says nothing else; a template is smaller.
const MAX_RECEIVED: u64 = 256 << 20;

/// What the names of all tags and branches may take: a hundred thousand are about 8 MiB.
const MAX_REFS: u64 = 32 << 20;

/// How long git may take if `LAUNCHWAY_GIT_TIMEOUT` says nothing else.
const PATIENCE: Duration = Duration::from_mins(2);

/// The name by which git knows the remote while it fetches: only a remote that has one may leave out contents.
const REMOTE: &str = "launchway-template";

/// Whatever the user's settings say: nothing is a checkout, every object is checked, and nothing is started beside.
const SETTINGS: &[&str] = &[
    "core.bare=true",
    "core.alternateRefsCommand=",
    "transfer.fsckObjects=true",
    "fetch.fsckObjects=true",
    "fetch.unpackLimit=1",
    "fetch.writeCommitGraph=false",
    "fetch.showForcedUpdates=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "http.followRedirects=initial",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=30",
];

/// Hands the name and the password that stood in a URL to git, which asks when the host of that URL wants them. On a
/// command line others could read them.
const CREDENTIAL_HELPER: &str = "!f() { test \"$1\" = get && \
    printf 'username=%s\\npassword=%s\\n' \"$LAUNCHWAY_USERNAME\" \"$LAUNCHWAY_PASSWORD\"; }; f";

/// The tags and branches of a repository, each with its commit.
#[derive(Debug, Default)]
pub(crate) struct Refs {
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) branches: BTreeMap<String, String>,
}

/// A remote repository with the place where its objects are kept.
pub(crate) struct Remote {
    pub(crate) url: String,
    /// The folder of the repository in which the template stands, whose name its versions may bear.
    pub(super) folder: Option<SafePath>,
    kept: ObjectStore,
    credentials: Option<Credentials>,
    is_offline: bool,
    refs: OnceCell<Refs>,
}

/// Where the objects are.
enum ObjectStore {
    /// In the cache, with a file to lock beside it.
    Cache { repository: PathBuf, lock: PathBuf },
    /// In a folder that goes with the program.
    Scratch(Scratch),
}

impl Remote {
    /// Finds, or makes, the place where the objects of a repository are kept.
    pub(crate) fn open(spec: &GitSpec, is_offline: bool) -> Result<Self, Failure> {
        let kept = match cached(&spec.url) {
            Ok(kept) => kept,
            Err(reason) if is_offline => {
                return Err(
                    Failure::new(Exit::Io, format!("offline, and there is no cache: {reason}")).hint(CACHE_HINT)
                );
            }
            Err(reason) => {
                terminal::warn_once(&format!("what is fetched is not kept: {reason}\n  hint: {CACHE_HINT}"));
                ObjectStore::Scratch(Scratch::create(&std::env::temp_dir())?)
            }
        };
        Ok(Self {
            url: spec.url.clone(),
            folder: spec.subfolder.clone(),
            kept,
            credentials: spec.credentials.clone(),
            is_offline,
            refs: OnceCell::new(),
        })
    }

    /// Makes a place for the objects of a repository that goes with the program.
    pub(crate) fn fleeting(spec: &GitSpec) -> Result<Self, Failure> {
        Ok(Self {
            url: spec.url.clone(),
            folder: None,
            kept: ObjectStore::Scratch(Scratch::create(&std::env::temp_dir())?),
            credentials: spec.credentials.clone(),
            is_offline: false,
            refs: OnceCell::new(),
        })
    }

    /// Returns the folder of the repository in which the objects are.
    pub(crate) fn store(&self) -> &Path {
        match &self.kept {
            ObjectStore::Cache { repository, .. } => repository,
            ObjectStore::Scratch(scratch) => scratch.path(),
        }
    }

    /// Asks the remote which commit it has checked out, and of which branch that is; nothing of one that is empty.
    pub(crate) fn head(&self) -> Result<Option<(Option<String>, String)>, Failure> {
        let git = self.reaching().within(Limits { output: MAX_REFS, ..self.limits() });
        let listed = git.bytes(&["ls-remote", "--symref", "--", &self.url, "HEAD"], &[]);
        let listed = listed.map_err(|error| self.unreachable(error))?;
        let listed = String::from_utf8_lossy(&listed);
        let ends = || listed.lines().filter_map(|line| line.strip_suffix("\tHEAD"));
        let branch = ends().find_map(|line| line.strip_prefix("ref: refs/heads/"));
        let commit = ends().find(|line| !line.starts_with("ref: "));
        Ok(commit.map(|commit| (branch.map(str::to_owned), commit.to_owned())))
    }

    /// Fetches a branch, or what is checked out, with all that came before it.
    pub(crate) fn fetch_whole(&self, branch: Option<&str>) -> Result<(), Failure> {
        let wanted = branch.map_or_else(|| "HEAD".to_owned(), |branch| format!("refs/heads/{branch}"));
        let refspec = format!("+{wanted}:refs/heads/fetched");
        let words = FETCH.iter().copied().filter(|word| !word.starts_with("--filter"));
        let words: Vec<&str> = words.chain(["--", &self.url, &refspec]).collect();
        let fetched = self.reaching().bytes(&words, &[]);
        fetched.map(drop).map_err(|error| self.unreachable(error))
    }

    /// Fetches one commit with all its files, and nothing that came before it.
    pub(crate) fn fetch_commit(&self, commit: &str) -> Result<(), Failure> {
        let refspec = format!("+{commit}:refs/heads/fetched");
        let words = FETCH.iter().copied().filter(|word| !word.starts_with("--filter"));
        let words: Vec<&str> = words.chain(["--depth=1", "--", &self.url, &refspec]).collect();
        self.reaching().bytes(&words, &[]).map(drop).map_err(|error| self.unreachable(error))
    }

    /// Takes the objects of a bundle over.
    pub(crate) fn unbundle(&self, bundle: &Path) -> Result<(), Failure> {
        let words = [OsStr::new("bundle"), OsStr::new("unbundle"), bundle.as_os_str()];
        self.git().bytes(&words, &[]).map(drop).map_err(|error| self.failed(error))
    }

    /// Makes a commit that changes nothing: its date is that of the one before, so it is the same each time.
    pub(crate) fn empty_commit(&self, parent: &str, author: &str, message: &str) -> Result<String, Failure> {
        let git = self.git();
        let date = git.text(&["show", "--no-patch", "--format=%cd", "--date=raw", parent]);
        let date = date.map_err(|error| self.failed(error))?;
        let git = git.with("GIT_AUTHOR_NAME", author).with("GIT_AUTHOR_EMAIL", author).with("GIT_AUTHOR_DATE", &date);
        let git = git.with("GIT_COMMITTER_NAME", author).with("GIT_COMMITTER_EMAIL", author);
        let git = git.with("GIT_COMMITTER_DATE", &date).setting("i18n.commitEncoding=UTF-8");
        let words = ["commit-tree", "--no-gpg-sign", "-p", parent, &format!("{parent}^{{tree}}")];
        let made = git.bytes(&words, message.as_bytes()).map_err(|error| self.failed(error))?;
        Ok(String::from_utf8_lossy(&made).trim().to_owned())
    }

    /// Pushes a commit to a branch whose last commit is still the one that is named, or that is not there yet.
    pub(crate) fn push(&self, commit: &str, branch: &str, last: Option<&str>) -> Result<(), GitError> {
        let lease = format!("--force-with-lease=refs/heads/{branch}:{}", last.unwrap_or_default());
        let refspec = format!("{commit}:refs/heads/{branch}");
        let words = ["push", "--quiet", "--no-verify", &lease, "--", &self.url, &refspec];
        let settings = ["push.followTags=false", "push.gpgSign=false", "push.recurseSubmodules=no"];
        let git = settings.into_iter().fold(self.reaching(), Git::setting);
        git.bytes(&words, &[]).map(drop)
    }

    pub(crate) fn is_offline(&self) -> bool {
        self.is_offline
    }

    /// Returns git on the objects that are there.
    pub(super) fn git(&self) -> Git {
        SETTINGS.iter().fold(Git::on_store(self.store()), |git, setting| git.setting(*setting))
    }

    /// Tells whether a commit is there already.
    pub(crate) fn has(&self, commit: &str) -> bool {
        let tree = format!("{commit}^{{tree}}");
        self.git().bytes(&["cat-file", "-e", &tree], &[]).is_ok()
    }

    /// Lists the tags and branches that were fetched, as they were then.
    pub(crate) fn kept_refs(&self) -> Result<Refs, Failure> {
        let format = "--format=%(objectname) %(refname)\n%(*objectname) %(refname)^{}";
        let listed = self.git().bytes(&["for-each-ref", format, "refs/tags", "refs/heads"], &[]);
        listed.map(|listed| Refs::read(&listed)).map_err(|error| self.failed(error))
    }

    /// Returns the tags and branches as they are now, asked for once; offline, those that are kept.
    pub(crate) fn refs(&self) -> Result<&Refs, Failure> {
        if let Some(refs) = self.refs.get() {
            return Ok(refs);
        }
        let refs = if self.is_offline { self.kept_refs()? } else { self.remote_refs()? };
        Ok(self.refs.get_or_init(|| refs))
    }

    /// Asks the remote for its tags and branches.
    fn remote_refs(&self) -> Result<Refs, Failure> {
        let limits = Limits { output: MAX_REFS, ..self.limits() };
        let git = self.reaching().within(limits);
        let words = ["ls-remote", "--quiet", "--tags", "--heads", "--", &self.url];
        let listed = progress::during(&format!("git ls-remote {}", self.url), || git.bytes(&words, &[]));
        listed.map(|listed| Refs::read(&listed)).map_err(|error| self.unreachable(error))
    }

    /// Returns the branch that is taken when none is named, as far as it is known: the remote's, or when offline the kept.
    pub(crate) fn default_branch(&self) -> Result<Option<String>, Failure> {
        if self.is_offline {
            let head = self.git().text(&["symbolic-ref", "HEAD"]).map_err(|error| self.failed(error))?;
            return Ok(head.strip_prefix("refs/heads/").map(str::to_owned));
        }
        let limits = Limits { output: MAX_REFS, ..self.limits() };
        let listed = self.reaching().within(limits).bytes(&["ls-remote", "--symref", "--", &self.url, "HEAD"], &[]);
        let listed = listed.map_err(|error| self.unreachable(error))?;
        let listed = String::from_utf8_lossy(&listed);
        let head = listed.lines().find_map(|line| line.strip_prefix("ref: refs/heads/")?.strip_suffix("\tHEAD"));
        Ok(head.map(str::to_owned))
    }

    /// Remembers which branch is taken when none is named.
    pub(crate) fn keep_default_branch(&self, branch: &str) -> Result<(), Failure> {
        let _lock = self.lock()?;
        let branch = format!("refs/heads/{branch}");
        self.git().bytes(&["symbolic-ref", "HEAD", &branch], &[]).map(drop).map_err(|error| self.failed(error))
    }

    /// Fetches one tag, branch (`refs/tags/v1`) or commit, without what came before it, unless somebody else has fetched
    /// the commit that it is now. A server that can leaves out the contents of the files: those of the template are fetched
    /// once it is known which they are, and no others.
    pub(crate) fn fetch(&self, wanted: &str, now: Option<&str>) -> Result<(), Failure> {
        let refspec = if wanted.starts_with("refs/") { format!("+{wanted}:{wanted}") } else { wanted.to_owned() };
        let (lock, has_waited) = self.lock()?;
        if has_waited && now.is_some() && self.commit_of(wanted).as_deref() == now {
            return Ok(());
        }
        self.clear();
        terminal::tell(&format!("fetching {} from {}\n", short(wanted), self.url));
        let words = [&FETCH[..], &["--depth=1", "--", REMOTE, &refspec]].concat();
        let fetched = progress::during(&format!("git fetch {}", self.url), || self.fetching().bytes(&words, &[]));
        if fetched.is_err() {
            self.clear();
        }
        drop(lock);
        fetched.map(drop).map_err(|error| self.unreachable(error))
    }

    /// Fetches the contents of files that were left out.
    pub(crate) fn fetch_objects(&self, objects: &[&str]) -> Result<(), Failure> {
        if self.is_offline {
            return Err(self.not_kept());
        }
        let _lock = self.lock()?;
        let git = self.fetching().setting("fetch.negotiationAlgorithm=noop");
        let words = [&FETCH[..], &["--stdin", "--", REMOTE]].concat();
        let wanted = objects.iter().flat_map(|object| [*object, "\n"]).collect::<String>();
        let fetched = progress::during(&format!("git fetch {}", self.url), || git.bytes(&words, wanted.as_bytes()));
        if fetched.is_err() {
            self.clear();
        }
        fetched.map(drop).map_err(|error| self.unreachable(error))
    }

    /// Returns the commit that a kept tag or branch is.
    pub(super) fn commit_of(&self, name: &str) -> Option<String> {
        let commit = format!("{name}^{{commit}}");
        self.git().text(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]).ok()
    }

    fn clear(&self) {
        if let ObjectStore::Cache { repository, .. } = &self.kept {
            clear_leftovers(repository);
        }
    }

    /// Waits until nobody else fetches into the same place, and tells whether somebody did.
    fn lock(&self) -> Result<(Option<File>, bool), Failure> {
        let ObjectStore::Cache { lock, .. } = &self.kept else { return Ok((None, false)) };
        let file = open_lock(lock)?;
        let start = Instant::now();
        let mut has_waited = false;
        while file.try_lock().is_err() {
            has_waited = true;
            if start.elapsed() > patience() {
                let message = format!("another launchway has been fetching from `{}` for a while", self.url);
                return Err(Failure::new(Exit::Busy, message).hint("try again once it is done"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok((Some(file), has_waited))
    }

    /// Returns git with what it needs to fetch from the remote all but the contents of files.
    fn fetching(&self) -> Git {
        let remote =
            [format!("url={}", self.url), "promisor=true".to_owned(), "partialCloneFilter=blob:none".to_owned()];
        remote.iter().fold(self.reaching(), |git, setting| git.setting(format!("remote.{REMOTE}.{setting}")))
    }

    /// Returns git with what it needs to reach the remote, and no protocol but those that the URL may lead to.
    fn reaching(&self) -> Git {
        let protocols = match self.url.split_once("://") {
            Some(("file", _)) => "file",
            // Only the fleet has such addresses, and only of this machine.
            Some(("http", _)) => "http",
            _ => "https:ssh",
        };
        let git = self.git().with("GIT_ALLOW_PROTOCOL", protocols).with("GCM_INTERACTIVE", "never");
        let git = self.with_batch_mode(git).within(self.limits());
        let Some(credentials) = &self.credentials else { return git };
        let host = self.url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        git.with("LAUNCHWAY_USERNAME", &credentials.user)
            .with("LAUNCHWAY_PASSWORD", &credentials.password)
            // Others would keep what was not given to them.
            .setting("credential.helper=")
            .setting(format!("credential.{host}.helper={CREDENTIAL_HELPER}"))
    }

    /// Has ssh ask nothing, unless the user has chosen what is run in its place.
    fn with_batch_mode(&self, git: Git) -> Git {
        let is_ssh = !["https://", "http://", "file://"].iter().any(|start| self.url.starts_with(start));
        let is_set = |variable| std::env::var_os(variable).is_some();
        let is_chosen = || {
            is_set("GIT_SSH") || is_set("GIT_SSH_COMMAND") || git.text(&["config", "--get", "core.sshCommand"]).is_ok()
        };
        if is_ssh && !is_chosen() { git.with("GIT_SSH_COMMAND", "ssh -o BatchMode=yes") } else { git }
    }

    fn limits(&self) -> Limits {
        let growth = match &self.kept {
            ObjectStore::Cache { repository, .. } => repository.clone(),
            ObjectStore::Scratch(scratch) => scratch.path().to_owned(),
        };
        Limits { time: patience(), output: MAX_REFS, growth: Some((growth, most_received())) }
    }

    /// Turns an error of the kept repository into a failure.
    pub(super) fn failed(&self, error: GitError) -> Failure {
        let failure = Failure::new(Exit::Io, format!("cannot read what was fetched from `{}`: {error}", self.url));
        let failure = match (&error, &self.kept) {
            (GitError::NoGit | GitError::NotStarted(_), _) => failure.hint(NO_GIT_HINT),
            (_, ObjectStore::Cache { repository, .. }) => {
                failure.hint(format!("remove `{}`; it is fetched again", repository.display()))
            }
            (_, ObjectStore::Scratch(_)) => failure,
        };
        failure.caused_by(error)
    }

    /// Turns an error of the way to the remote into a failure.
    fn unreachable(&self, error: GitError) -> Failure {
        let message = format!("cannot fetch from `{}`: {error}", self.url);
        let failure = match &error {
            GitError::Said(said) if CANNOT_WRITE.iter().any(|words| said.contains(words)) => {
                Failure::new(Exit::CannotWrite, message).hint(CACHE_HINT)
            }
            _ => Failure::new(Exit::Io, message).hint(hint(&error, &self.url)),
        };
        failure.caused_by(error)
    }
}

impl Refs {
    /// Reads lines of a commit and a name; the line of an annotated tag's own name with `^{}` has its commit.
    fn read(listed: &[u8]) -> Self {
        let mut refs = Self::default();
        for line in String::from_utf8_lossy(listed).lines() {
            let Some((object, name)) = line.split_once(['\t', ' ']) else { continue };
            let is_object = matches!(object.len(), 40 | 64) && object.bytes().all(|byte| byte.is_ascii_hexdigit());
            let (name, is_commit) = name.strip_suffix("^{}").map_or((name, false), |name| (name, true));
            let (names, name) = match (name.strip_prefix("refs/tags/"), name.strip_prefix("refs/heads/")) {
                (Some(tag), _) => (&mut refs.tags, tag),
                (_, Some(branch)) => (&mut refs.branches, branch),
                _ => continue,
            };
            // What could not be asked for is not offered either.
            if !is_object || launchway_core::check_reference(name).is_err() {
                continue;
            }
            if is_commit || !names.contains_key(name) {
                names.insert(name.to_owned(), object.to_owned());
            }
        }
        refs
    }
}

/// How anything is fetched.
const FETCH: [&str; 7] = [
    "fetch",
    "--quiet",
    "--filter=blob:none",
    "--no-tags",
    "--no-recurse-submodules",
    "--no-write-fetch-head",
    "--no-auto-maintenance",
];

/// What git says of a cache that takes no more.
const CANNOT_WRITE: [&str; 4] =
    ["Unable to create '", "unable to create temporary file", "No space left on device", "Read-only file system"];

const CACHE_HINT: &str = "name a folder that can be written to in `LAUNCHWAY_CACHE_DIR`";
const TOO_MUCH_HINT: &str = "of a large repository only the template's folder comes where its server allows it: set \
    `uploadpack.allowFilter` there, move the template to a repository of its own, or allow more by `LAUNCHWAY_GIT_MIB`";
const NO_GIT_HINT: &str = "install git; templates are fetched with it";

/// Finds the place of a repository in the cache; its name is a digest of the URL.
fn cached(url: &str) -> Result<ObjectStore, String> {
    let cache = folders::cache().ok_or("there is no home folder")?;
    let name = hexadecimal(&Sha256::digest(url.as_bytes())[..16]);
    let repository = cache.join("git").join(&name);
    let lock = cache.join("git").join(format!("{name}.lock"));
    // What is there can be used even where nothing can be added.
    if !repository.join("HEAD").exists() {
        let made = open_lock(&lock).and_then(|file| {
            // Of two that start at once, one makes it.
            let _ = file.lock();
            create_bare_repository(&repository)
        });
        made.map_err(|error| error.to_string())?;
    }
    Ok(ObjectStore::Cache { repository, lock })
}

fn patience() -> Duration {
    let set = std::env::var("LAUNCHWAY_GIT_TIMEOUT").ok().and_then(|seconds| seconds.parse().ok());
    set.filter(|seconds| *seconds > 0).map_or(PATIENCE, Duration::from_secs)
}

/// How many bytes may come at once.
fn most_received() -> u64 {
    let set = std::env::var("LAUNCHWAY_GIT_MIB").ok().and_then(|mebibytes| mebibytes.parse::<u64>().ok());
    set.filter(|mebibytes| *mebibytes > 0).map_or(MAX_RECEIVED, |mebibytes| mebibytes.saturating_mul(1 << 20))
}

fn short(wanted: &str) -> &str {
    wanted.strip_prefix("refs/tags/").or(wanted.strip_prefix("refs/heads/")).unwrap_or(wanted)
}

/// Says what helps against what git said.
fn hint(error: &GitError, url: &str) -> String {
    let said = match error {
        GitError::Said(said) => said.as_str(),
        GitError::NoGit | GitError::NotStarted(_) => return NO_GIT_HINT.to_owned(),
        GitError::TimedOut(_) => {
            return "try again, with `--offline` for what was fetched before, or with more seconds in `LAUNCHWAY_GIT_TIMEOUT`"
                .to_owned();
        }
        GitError::TooMuch(_) => return TOO_MUCH_HINT.to_owned(),
    };
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if has(&["Could not resolve host", "Couldn't connect", "Failed to connect", "Connection refused", "timed out"]) {
        return "is the host name right, and is the network up? `--offline` uses what was fetched before".to_owned();
    }
    if has(&["Host key verification failed"]) {
        return "ssh does not know the key of the host: connect to it once with `ssh`, and compare the key".to_owned();
    }
    if has(&["Repository not found", "not found", "does not appear to be a git repository", "does not exist"]) {
        return format!(
            "the repository does not exist, or you may not read it: `git ls-remote {url}` must find it; `--offline` uses what was \
             fetched before"
        );
    }
    if has(&["could not read Username", "could not read Password", "Authentication failed", "Permission denied"]) {
        format!("give git your credentials: `git ls-remote {url}` must work without a prompt")
    } else if has(&["certificate"]) {
        "the certificate has to be one that git trusts: `http.sslCAInfo` in its settings, or `GIT_SSL_CAINFO`"
            .to_owned()
    } else if has(&["dubious ownership"]) {
        "the repository belongs to somebody else; if you trust it, add it to `safe.directory`".to_owned()
    } else if has(&["not allowed"]) {
        "neither a redirection nor a setting may lead from `https` and `ssh` to another protocol".to_owned()
    } else {
        format!("`git ls-remote {url}` shows more; `--offline` uses what was fetched before")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_those_that_the_documentation_names() {
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/sources.md")).unwrap();
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        let set = |name: &str| SETTINGS.iter().find_map(|setting| setting.strip_prefix(name)).unwrap().to_owned();
        for promise in [
            format!("Launchway stops fetching after {} seconds", PATIENCE.as_secs()),
            format!("after {} MiB", MAX_RECEIVED >> 20),
            format!("fewer than {} bytes a second", set("http.lowSpeedLimit=").replace("000", ",000")),
            format!("have come for {} seconds", set("http.lowSpeedTime=")),
        ] {
            assert!(page.contains(&promise), "{promise}");
        }
    }

    #[test]
    fn an_annotated_tag_is_its_commit_and_names_that_nobody_can_ask_for_are_left_out() {
        let (tag, commit) = ("1".repeat(40), "2".repeat(40));
        let listed = format!(
            "{tag}\trefs/tags/v1\n{commit}\trefs/tags/v1^{{}}\n{commit}\trefs/heads/main\n{commit}\trefs/heads/-x\n\
             {commit}\tHEAD\nnone\trefs/tags/v2\n {} refs/tags/v1^{{}}\n",
            ""
        );
        let refs = Refs::read(listed.as_bytes());
        assert_eq!(refs.tags, BTreeMap::from([("v1".to_owned(), commit.clone())]));
        assert_eq!(refs.branches, BTreeMap::from([("main".to_owned(), commit)]));
    }
}
