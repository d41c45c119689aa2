//! Which forge an address belongs to. A token is shown to no other host.

use crate::failure::{Exit, Failure};

/// Where GitHub's API is.
pub(super) const GITHUB: &str = "https://api.github.com";

/// A repository of a forge.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RepositoryName {
    pub(crate) owner: String,
    pub(crate) name: String,
}

impl RepositoryName {
    /// Reads `owner/name`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (owner, name) = text.split_once('/')?;
        let is_name = |part: &str| {
            let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            !part.is_empty() && !matches!(part, "." | "..") && part.bytes().all(is_part)
        };
        (is_name(owner) && is_name(name)).then(|| Self { owner: owner.to_owned(), name: name.to_owned() })
    }

    /// Returns `owner/name`.
    pub(crate) fn full(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }
}

/// The address of the API, and where git reaches the repositories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ForgeAddress {
    /// Without a slash at its end.
    pub(super) api: String,
    /// The start of the address of each repository, such as `https://github.com/`.
    pub(super) git: String,
}

impl ForgeAddress {
    /// Reads the address of the API. Only on this machine may a token go without TLS.
    pub(super) fn parse(api: &str) -> Result<Self, Failure> {
        let refused = |why: &str| {
            Failure::new(Exit::Settings, format!("`GITHUB_API_URL` {why}"))
                .hint("it is `https://api.github.com`, or `https://HOST/api/v3` of a server of your own")
        };
        let api = api.trim_end_matches('/');
        let (scheme, rest) = api.split_once("://").ok_or_else(|| refused("is no address"))?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if host.is_empty() || host.contains('@') || !api.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refused("is no address, or has a user in it"));
        }
        if scheme != "https" && !(scheme == "http" && is_this_machine(host)) {
            return Err(refused("has to begin with `https://`: the token would be readable on the way"));
        }
        let of_git = host.strip_prefix("api.").filter(|_| path.is_empty()).unwrap_or(host);
        Ok(Self { api: api.to_owned(), git: format!("{scheme}://{of_git}/") })
    }

    /// Finds the name of a repository in its address.
    pub(super) fn name_of(&self, url: &str) -> Option<RepositoryName> {
        let path = self.path_of_ssh(url).or_else(|| url.strip_prefix(&self.git))?;
        let path = path.trim_matches('/');
        RepositoryName::parse(path.strip_suffix(".git").unwrap_or(path))
    }

    /// Tells whether the token may be shown to an address.
    pub(super) fn takes_token(&self, url: &str) -> bool {
        url.starts_with(&self.git)
    }

    fn path_of_ssh<'u>(&self, url: &'u str) -> Option<&'u str> {
        let host = self.git.strip_prefix("https://")?.trim_end_matches('/');
        let (user_and_host, path) = match url.strip_prefix("ssh://") {
            Some(rest) => rest.split_once('/')?,
            None => url.split_once(':').filter(|_| !url.contains("://"))?,
        };
        let found = user_and_host.rsplit_once('@').map_or(user_and_host, |(_, host)| host);
        (found == host || found.strip_suffix(":22") == Some(host)).then_some(path)
    }
}

/// Tells whether a host, with its port, is the machine itself.
pub(crate) fn is_this_machine(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_one_of_the_forge_by_its_host_alone() {
        let forge = ForgeAddress::parse("https://api.github.com/").unwrap();
        for url in [
            "https://github.com/acme/orders.git",
            "https://github.com/acme/orders",
            "git@github.com:acme/orders.git",
            "ssh://git@github.com/acme/orders.git",
            "ssh://git@github.com:22/acme/orders",
        ] {
            assert_eq!(forge.name_of(url).unwrap().full(), "acme/orders", "{url}");
        }
        for url in [
            "https://github.com.evil.example/acme/orders",
            "https://evil.example/github.com/acme",
            "https://github.com/acme",
            "https://github.com/acme/../x",
            "https://github.com/acme/a b",
            "git@evil.example:acme/orders",
            "/srv/orders.git",
        ] {
            assert_eq!(forge.name_of(url), None, "{url}");
            assert!(!forge.takes_token(url) || url.starts_with("https://github.com/"), "{url}");
        }
    }

    #[test]
    fn a_server_of_ones_own_has_its_repositories_beside_its_api() {
        for (api, git) in [
            ("https://git.example/api/v3", "https://git.example/"),
            ("https://api.acme.ghe.com", "https://acme.ghe.com/"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/"),
        ] {
            assert_eq!(ForgeAddress::parse(api).unwrap().git, git);
        }
        for api in
            ["http://git.example", "http://127.0.0.1.evil.example", "git.example", "https://me@git.example", "ftp://x"]
        {
            assert_eq!(ForgeAddress::parse(api).unwrap_err().exit, Exit::Settings, "{api}");
        }
    }
}
