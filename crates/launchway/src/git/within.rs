//! What may be fetched, and from where: a path stays within its repository, and the network names no file of this machine.

use std::path::{Component, Path};

use launchway_core::SafePath;

use crate::failure::{Exit, Failure};

// Not documented as the others are: clap would take that for what the command is about.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct FetchOptions {
    /// Fetches nothing: templates and catalogs are taken as they were fetched before
    #[arg(long)]
    pub(crate) offline: bool,
    /// Takes a tag that is another commit than before, which is refused otherwise
    #[arg(long)]
    pub(crate) accept_moved: bool,
}

/// Says that what comes from the network named a file of this machine.
pub(crate) fn leads_here(named: &str) -> Failure {
    let message = format!("`{named}` is a path on this machine, and the file that names it came from elsewhere");
    Failure::new(Exit::Template, message)
        .hint("a template of the same repository is `../folder`; others are `https://…` or `ssh://…`")
}

/// Follows a relative path from a folder of a repository, and refuses to leave it; nothing is left at the top.
pub(crate) fn below(folder: Option<&SafePath>, path: &Path) -> Result<Option<SafePath>, Failure> {
    let outside = || leads_here(&path.display().to_string());
    let mut segments: Vec<&str> = folder.map_or_else(Vec::new, |folder| folder.as_str().split('/').collect());
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(segments.pop().ok_or_else(outside)?),
            Component::Normal(name) => segments.push(name.to_str().ok_or_else(outside)?),
            Component::Prefix(_) | Component::RootDir => return Err(outside()),
        }
    }
    if segments.is_empty() { Ok(None) } else { SafePath::new(&segments.join("/")).map(Some).map_err(|_| outside()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_from_a_repository_stays_in_it() {
        let folder = SafePath::new("teams/web").unwrap();
        let below = |path: &str| below(Some(&folder), Path::new(path)).ok().map(|it| it.map(|it| it.to_string()));
        assert_eq!(below("../base"), Some(Some("teams/base".to_owned())));
        assert_eq!(below("./x/../../../base/"), Some(Some("base".to_owned())));
        assert_eq!(below("../.."), Some(None));
        for path in ["../../..", "../../../etc", "/etc", "../.git/hooks"] {
            assert_eq!(below(path), None, "{path}");
        }
    }
}
