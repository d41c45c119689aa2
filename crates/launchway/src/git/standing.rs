//! Where a folder stands for git.

use std::path::Path;

use launchway_core::RepositoryFacts;

use super::process::{Git, GitError};

/// Where a folder stands for git.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// There is no `git` on this machine.
    NoGit,
    /// In no repository.
    Nowhere,
    /// In a repository that begins above it.
    Inside,
    /// At the top of a repository.
    Top { has_commits: bool, has_origin: bool },
    /// In a repository that git does not trust.
    Untrusted,
    /// In the folder in which git keeps a repository.
    OfGit,
}

impl Standing {
    /// Asks git; of a folder that is not there yet, where it would stand.
    pub(crate) fn of(folder: &Path) -> Self {
        if folder.is_dir() {
            return Self::of_folder(folder);
        }
        let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match Self::of_folder(parent) {
            Self::Top { .. } => Self::Inside,
            standing => standing,
        }
    }

    fn of_folder(folder: &Path) -> Self {
        let git = Git::of_user(folder);
        match git.text(&["rev-parse", "--is-inside-git-dir", "--is-inside-work-tree", "--show-prefix"]) {
            Err(GitError::NoGit) => Self::NoGit,
            Err(GitError::Said(said)) if said.contains("dubious ownership") => Self::Untrusted,
            Err(GitError::Said(said)) if said.contains("safe.bareRepository") => Self::OfGit,
            Err(_) => Self::Nowhere,
            Ok(said) if said.starts_with("true") => Self::OfGit,
            // Beside a bare repository that is said to be this folder's there is no work tree.
            Ok(said) if !said.starts_with("false\ntrue") => Self::Nowhere,
            Ok(said) if said == "false\ntrue" => Self::Top {
                has_commits: git.text(&["rev-parse", "--verify", "--quiet", "HEAD"]).is_ok(),
                has_origin: git.text(&["config", "--get", "remote.origin.url"]).is_ok(),
            },
            Ok(_) => Self::Inside,
        }
    }

    /// Returns what the next steps need to know. A project that stands nowhere gets a repository by the first of them.
    pub(crate) fn facts(self) -> RepositoryFacts {
        let is_own = matches!(self, Self::Top { .. } | Self::Nowhere | Self::NoGit);
        RepositoryFacts { is_own, has_remote: matches!(self, Self::Top { has_origin: true, .. }) }
    }
}
