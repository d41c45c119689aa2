//! Where the repositories of a fleet are hosted, and how a pull request comes there. One implementation so far: GitHub.

mod address;
mod github;
mod http;
mod pace;

use launchway_core::Credentials;

use crate::failure::{Exit, Failure};

pub(crate) use address::{RepositoryName, is_this_machine};
pub(crate) use github::{GitHub, TOKEN};
pub(crate) use pace::{Clock, Later, Pace, SystemClock};

/// What is asked of a forge. Each call is one request, and none is repeated here.
pub(crate) trait Forge: Sync {
    /// Returns the name of whoever the token belongs to.
    fn login(&self) -> Result<String, ForgeError>;
    /// Returns a page of an organisation's repositories, from 1; the last one is not full.
    fn organisation(&self, organisation: &str, page: usize) -> Result<Vec<HostedRepository>, ForgeError>;
    /// Looks at a repository, which may have another name by now.
    fn repository(&self, name: &RepositoryName) -> Result<HostedRepository, ForgeError>;
    /// Returns the last commit of a branch, if it is there.
    fn tip(&self, name: &RepositoryName, branch: &str) -> Result<Option<Tip>, ForgeError>;
    /// Returns the pull requests that a branch of the repository has or had, open or not.
    fn of_branch(&self, name: &RepositoryName, branch: &str) -> Result<Vec<PullRequest>, ForgeError>;
    /// Looks at one pull request.
    fn pull_request(&self, name: &RepositoryName, number: u64) -> Result<PullRequest, ForgeError>;
    /// Returns a page of what the owner of the token has opened anywhere, what was changed last first, from 1.
    fn own(&self, page: usize) -> Result<Vec<OwnPullRequest>, ForgeError>;
    /// Opens a pull request.
    fn open(&self, name: &RepositoryName, new: &NewPullRequest) -> Result<PullRequest, ForgeError>;
    /// Gives a pull request another title and another text.
    fn edit(&self, name: &RepositoryName, number: u64, title: &str, body: &str) -> Result<(), ForgeError>;
    /// Adds labels to a pull request.
    fn label(&self, name: &RepositoryName, number: u64, labels: &[String]) -> Result<(), ForgeError>;
    /// Finds the name of a repository in its address, if it is one of this forge.
    fn name_of(&self, url: &str) -> Option<RepositoryName>;
    /// Returns what git shows to the forge to push to an address: nothing where git has its own way, as with ssh.
    fn credentials(&self, url: &str) -> Option<Credentials>;
}

/// How many entries a page has.
pub(crate) const PAGE: usize = 100;

/// A repository, as the forge knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostedRepository {
    pub(crate) name: RepositoryName,
    /// Where git fetches it by https.
    pub(crate) clone_url: String,
    pub(crate) default_branch: String,
    pub(crate) is_archived: bool,
    pub(crate) is_fork: bool,
}

/// The last commit of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tip {
    pub(crate) commit: String,
    pub(crate) tree: String,
}

/// A pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PullRequest {
    pub(crate) number: u64,
    pub(crate) url: String,
    pub(crate) standing: Standing,
    pub(crate) title: String,
    pub(crate) body: String,
}

/// A pull request, as the list of all of them has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnPullRequest {
    /// The repository, `owner/name`.
    pub(crate) repository: String,
    pub(crate) number: u64,
    pub(crate) standing: Standing,
}

/// What has become of a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Open,
    Merged,
    /// Closed without a merge.
    Closed,
}

/// A pull request that is to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewPullRequest {
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) head: String,
    pub(crate) base: String,
    pub(crate) is_draft: bool,
}

/// Why the forge has not done it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ForgeError {
    /// There was no answer, or one that says nothing: it may have been done all the same.
    Unanswered(String),
    /// Too much was asked for.
    Limited(Limit),
    /// It does not know the token.
    Token(String),
    /// It does not do this one thing.
    Refused { status: u16, message: String },
}

/// When the forge may be asked again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limit {
    /// In so many seconds.
    pub(crate) after: Option<u64>,
    /// At this second since 1970.
    pub(crate) at: Option<u64>,
    pub(crate) message: String,
}

impl ForgeError {
    /// Turns it into the end of the run.
    pub(crate) fn into_failure(self) -> Failure {
        match self {
            Self::Token(message) => {
                Failure::new(Exit::Settings, format!("the forge does not accept the token: {message}"))
                    .hint("set `GITHUB_TOKEN` to one that is valid, and `GITHUB_API_URL` to the forge that it is of")
            }
            Self::Refused { status, message } => Failure::new(
                Exit::Settings,
                format!("the forge has refused with status {status}: {message}"),
            )
            .hint(
                "the token needs contents, pull requests, and for files of a workflow that scope, of every repository",
            ),
            Self::Unanswered(message) | Self::Limited(Limit { message, .. }) => {
                Failure::new(Exit::Busy, format!("the forge does not answer: {message}")).hint(LATER)
            }
        }
    }
}

/// What helps when the forge has no time.
pub(crate) const LATER: &str = "run the same again later: it goes on where it was";
