//! The repositories that the sources of a fleet name, each with an id of its own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use launchway_core::without_credentials;

use super::forge::{Forge as _, ForgeError, GitHub, HostedRepository, Later, PAGE, Pace, SystemClock};
use super::plan::LeftOutState;
use super::publish::ended;
use super::repository::{Address, git_folder};
use super::settings::RepositorySource;
use crate::failure::{Exit, Failure};

/// How long the list of an organisation waits for the forge.
const PATIENCE: Duration = Duration::from_mins(15);

/// A repository that a source names.
pub(super) struct Listed {
    pub(super) id: String,
    /// Where it is, or why it takes no part.
    pub(super) address: Result<Address, (LeftOutState, String)>,
}

/// Lists the repositories of a source, in the order of their ids.
pub(super) fn list(source: &RepositorySource) -> Result<Vec<Listed>, Failure> {
    let mut listed = match source {
        RepositorySource::List(file) => of_list(file)?,
        RepositorySource::Directory(folder) => of_directory(folder)?,
        RepositorySource::GitHub(organisation) => of_organisation(organisation)?,
    };
    listed.sort_by(|left, right| left.id.cmp(&right.id));
    Ok(listed)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Settings, format!("cannot read `{}`: {error}", path.display()))
        .hint("the paths in the file of a fleet are taken from its folder")
}

/// Reads a file with an address on each line; `#` begins a comment.
fn of_list(file: &Path) -> Result<Vec<Listed>, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| unreadable(file, &error))?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let listed = lines.map(|line| {
        let address = Address::parse(line, folder).map(real).map_err(unreachable);
        Listed { id: id(&without_credentials(line)), address }
    });
    Ok(listed.collect())
}

/// Lists the bare repositories of a folder, by their names.
fn of_directory(folder: &Path) -> Result<Vec<Listed>, Failure> {
    let entries = folder.read_dir().map_err(|error| unreadable(folder, &error))?;
    let mut listed = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        let path = entry.path();
        if !path.is_dir() {
            continue;
        }
        let name = entry.file_name();
        let address = match name.to_str() {
            None => Err(unreachable("its name is no text".to_owned())),
            Some(_) if git_folder(&path).is_none() => Err(unreachable("there is no git repository".to_owned())),
            Some(_) => Ok(real(Address::Local(path))),
        };
        listed.push(Listed { id: id(&name.to_string_lossy()), address });
    }
    Ok(listed)
}

/// Lists the repositories of an organisation, page by page. Nothing changes in archived ones, and forks follow others.
fn of_organisation(organisation: &str) -> Result<Vec<Listed>, Failure> {
    let forge = GitHub::from_environment()?;
    let pace = Pace::new(&SystemClock, PATIENCE, []);
    let mut listed = Vec::new();
    for page in 1.. {
        let found = pace.ask(|| forge.organisation(organisation, page)).map_err(|later| match later {
            Later::Never(ForgeError::Refused { status: 404, .. }) => Failure::new(
                Exit::Settings,
                format!("the forge has no organisation `{organisation}`, or not for this token"),
            )
            .hint("`organisation` is the name in the address of its repositories"),
            later => ended(later),
        })?;
        let is_last = found.len() < PAGE;
        listed.extend(found.iter().map(of_forge));
        if is_last {
            break;
        }
    }
    Ok(listed)
}

fn of_forge(hosted: &HostedRepository) -> Listed {
    let address = match (hosted.is_archived, hosted.is_fork) {
        (true, _) => Err((LeftOutState::Archived, "it is archived".to_owned())),
        (_, true) => Err((LeftOutState::Fork, "it is a fork".to_owned())),
        _ => Address::parse(&hosted.clone_url, Path::new("/")).map_err(unreachable),
    };
    Listed { id: id(&hosted.clone_url), address }
}

/// Says why a repository cannot be read.
pub(super) fn unreachable(reason: String) -> (LeftOutState, String) {
    (LeftOutState::Unreachable, reason)
}

/// Follows links, so that a repository is known again under another name.
fn real(address: Address) -> Address {
    match address {
        Address::Local(path) => Address::Local(path.canonicalize().unwrap_or(path)),
        remote @ Address::Remote(_) => remote,
    }
}

/// Makes an id of an address: no scheme, no user, no `.git`.
fn id(address: &str) -> String {
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None if address.split_once(':').is_some_and(|(host, _)| !host.contains('/')) => (Some("ssh"), address),
        None => (None, address),
    };
    let rest = scheme.map_or_else(|| rest.to_owned(), |scheme| of_host(scheme, rest));
    let path: PathBuf = Path::new(rest.trim_end_matches('/')).components().collect();
    let path = path.to_string_lossy();
    path.strip_suffix(".git").unwrap_or(&path).trim_start_matches('/').to_owned()
}

/// Writes what stands behind a scheme without the user, the case of the host, and the port that the scheme has anyway.
fn of_host(scheme: &str, rest: &str) -> String {
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest).replacen(':', "/", 1);
    let (host, path) = rest.split_once('/').unwrap_or((&rest, ""));
    let port = if scheme.eq_ignore_ascii_case("https") { "443/" } else { "22/" };
    let path = path.strip_prefix(port).unwrap_or(path);
    format!("{}/{path}", host.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_nothing_of_the_way_to_a_repository() {
        for (address, expected) in [
            ("orders.git", "orders"),
            ("./web/orders.git/", "./web/orders"),
            ("https://git.example/acme/orders.git", "git.example/acme/orders"),
            ("https://me@git.example/acme/orders", "git.example/acme/orders"),
            ("git@git.example:acme/orders.git", "git.example/acme/orders"),
            ("ssh://git@git.example/acme/orders", "git.example/acme/orders"),
            ("https://Git.Example:443/acme/Orders.git", "git.example/acme/Orders"),
            ("ssh://git@git.example:22/acme/orders", "git.example/acme/orders"),
            ("ssh://git@git.example:2222/acme/orders", "git.example/2222/acme/orders"),
            ("file:///srv/orders.git", "srv/orders"),
        ] {
            assert_eq!(id(address).trim_start_matches("./"), expected.trim_start_matches("./"), "{address}");
        }
    }
}
