//! GitHub's REST API. The address and the token come from the environment, and from nowhere else.

use std::env;

use launchway_core::Credentials;
use serde::Deserialize;
use serde_json::{Value, json};

use super::address::{ForgeAddress, GITHUB};
use super::http::Connection;
use super::{
    Forge, ForgeError, HostedRepository, NewPullRequest, OwnPullRequest, PAGE, PullRequest, RepositoryName, Standing,
    Tip,
};
use crate::failure::{Exit, Failure};

/// The user as whom git shows a token; GitHub looks at the token alone.
const USER: &str = "x-access-token";

/// GitHub, or a server that speaks like it.
pub(crate) struct GitHub {
    connection: Connection,
    address: ForgeAddress,
}

#[derive(Deserialize)]
struct UserAnswer {
    login: String,
}

#[derive(Deserialize)]
struct RepositoryAnswer {
    full_name: String,
    clone_url: String,
    default_branch: String,
    #[serde(default)]
    archived: bool,
    #[serde(default)]
    fork: bool,
}

#[derive(Deserialize)]
struct BranchAnswer {
    commit: BranchCommit,
}

#[derive(Deserialize)]
struct BranchCommit {
    sha: String,
    commit: CommitAnswer,
}

#[derive(Deserialize)]
struct CommitAnswer {
    tree: TreeAnswer,
}

#[derive(Deserialize)]
struct TreeAnswer {
    sha: String,
}

#[derive(Deserialize)]
struct PullRequestAnswer {
    number: u64,
    html_url: String,
    state: String,
    merged_at: Option<String>,
    title: String,
    body: Option<String>,
}

#[derive(Deserialize)]
struct IssueAnswer {
    number: u64,
    state: String,
    repository: Option<IssueRepository>,
    pull_request: Option<IssuePullRequest>,
}

#[derive(Deserialize)]
struct IssueRepository {
    full_name: String,
}

#[derive(Deserialize)]
struct IssuePullRequest {
    merged_at: Option<String>,
}

/// The variable that has the token: it is nothing for the code of a repository.
pub(crate) const TOKEN: &str = "GITHUB_TOKEN";

impl GitHub {
    /// Returns the forge that the environment names.
    pub(crate) fn from_environment() -> Result<Self, Failure> {
        let address = address()?;
        let token = variable(TOKEN).ok_or_else(|| {
            Failure::new(Exit::Settings, "there is no token for the forge")
                .hint("set `GITHUB_TOKEN`; it is read from the environment alone, and kept nowhere")
        })?;
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Failure::new(
                Exit::Settings,
                "`GITHUB_TOKEN` is no token: it has a space or a line break in it",
            ));
        }
        Ok(Self { connection: Connection::new(address.api.clone(), token)?, address })
    }

    /// Returns what git shows to read a repository, if it is one of the forge for which the environment has a token.
    pub(crate) fn reading_credentials(url: &str) -> Option<Credentials> {
        let token = variable(TOKEN)?;
        address().ok()?.takes_token(url).then(|| Credentials { user: USER.to_owned(), password: token })
    }
}

/// Reads a variable of the environment; an empty one is unset.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Reads where the forge is.
fn address() -> Result<ForgeAddress, Failure> {
    ForgeAddress::parse(variable("GITHUB_API_URL").as_deref().unwrap_or(GITHUB))
}

impl Forge for GitHub {
    fn login(&self) -> Result<String, ForgeError> {
        self.connection.get::<UserAnswer>("/user").map(|user| user.login)
    }

    fn organisation(&self, organisation: &str, page: usize) -> Result<Vec<HostedRepository>, ForgeError> {
        let path = format!("/orgs/{}/repos?type=all&per_page={PAGE}&page={page}", encoded(organisation));
        let answers: Vec<RepositoryAnswer> = self.connection.get(&path)?;
        answers.into_iter().map(hosted).collect()
    }

    fn repository(&self, name: &RepositoryName) -> Result<HostedRepository, ForgeError> {
        hosted(self.connection.get(&of(name, ""))?)
    }

    fn tip(&self, name: &RepositoryName, branch: &str) -> Result<Option<Tip>, ForgeError> {
        match self.connection.get::<BranchAnswer>(&of(name, &format!("/branches/{}", encoded(branch)))) {
            Ok(BranchAnswer { commit }) => Ok(Some(Tip { commit: commit.sha, tree: commit.commit.tree.sha })),
            Err(ForgeError::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn of_branch(&self, name: &RepositoryName, branch: &str) -> Result<Vec<PullRequest>, ForgeError> {
        let head = encoded(&format!("{}:{branch}", name.owner));
        let answers: Vec<PullRequestAnswer> =
            self.connection.get(&of(name, &format!("/pulls?state=all&head={head}&per_page={PAGE}")))?;
        Ok(answers.into_iter().map(pull_request).collect())
    }

    fn pull_request(&self, name: &RepositoryName, number: u64) -> Result<PullRequest, ForgeError> {
        self.connection.get(&of(name, &format!("/pulls/{number}"))).map(pull_request)
    }

    fn own(&self, page: usize) -> Result<Vec<OwnPullRequest>, ForgeError> {
        let path = format!(
            "/issues?filter=created&state=all&pulls=true&sort=updated&direction=desc&per_page={PAGE}&page={page}"
        );
        let answers: Vec<IssueAnswer> = self.connection.get(&path)?;
        Ok(answers.into_iter().map(own).collect())
    }

    fn open(&self, name: &RepositoryName, new: &NewPullRequest) -> Result<PullRequest, ForgeError> {
        let NewPullRequest { title, body, head, base, is_draft } = new;
        let asked = json!({ "title": title, "body": body, "head": head, "base": base, "draft": is_draft });
        self.connection.ask("POST", &of(name, "/pulls"), Some(&asked)).map(pull_request)
    }

    fn edit(&self, name: &RepositoryName, number: u64, title: &str, body: &str) -> Result<(), ForgeError> {
        let asked = json!({ "title": title, "body": body });
        self.connection.ask::<Value>("PATCH", &of(name, &format!("/pulls/{number}")), Some(&asked)).map(drop)
    }

    fn label(&self, name: &RepositoryName, number: u64, labels: &[String]) -> Result<(), ForgeError> {
        let asked = json!({ "labels": labels });
        self.connection.ask::<Value>("POST", &of(name, &format!("/issues/{number}/labels")), Some(&asked)).map(drop)
    }

    fn name_of(&self, url: &str) -> Option<RepositoryName> {
        self.address.name_of(url)
    }

    fn credentials(&self, url: &str) -> Option<Credentials> {
        let token = || Credentials { user: USER.to_owned(), password: self.connection.token().to_owned() };
        self.address.takes_token(url).then(token)
    }
}

fn of(name: &RepositoryName, rest: &str) -> String {
    format!("/repos/{}/{}{rest}", name.owner, name.name)
}

fn hosted(answer: RepositoryAnswer) -> Result<HostedRepository, ForgeError> {
    let RepositoryAnswer { full_name, clone_url, default_branch, archived, fork } = answer;
    let name = RepositoryName::parse(&full_name)
        .ok_or_else(|| ForgeError::Unanswered("its answer has no name of a repository".to_owned()))?;
    Ok(HostedRepository { name, clone_url, default_branch, is_archived: archived, is_fork: fork })
}

fn pull_request(answer: PullRequestAnswer) -> PullRequest {
    let PullRequestAnswer { number, html_url, state, merged_at, title, body } = answer;
    let standing = standing(&state, merged_at.as_deref());
    PullRequest { number, url: html_url, standing, title, body: body.unwrap_or_default() }
}

fn own(answer: IssueAnswer) -> OwnPullRequest {
    let merged_at = answer.pull_request.and_then(|it| it.merged_at);
    OwnPullRequest {
        repository: answer.repository.map(|it| it.full_name).unwrap_or_default(),
        number: answer.number,
        standing: standing(&answer.state, merged_at.as_deref()),
    }
}

fn standing(state: &str, merged_at: Option<&str>) -> Standing {
    match (state, merged_at) {
        ("open", _) => Standing::Open,
        (_, Some(_)) => Standing::Merged,
        (_, None) => Standing::Closed,
    }
}

/// Writes a text so that it is one part of an address.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_part_of_an_address() {
        assert_eq!(encoded("acme:launchway/a b"), "acme%3Alaunchway%2Fa%20b");
    }
}
