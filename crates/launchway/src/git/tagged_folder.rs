//! The tags on which a template stands that its author has in a folder.

use std::path::Path;

use launchway_core::SafePath;

use super::process::Git;
use super::versions::Versions;

/// Lists the versions that the commit of a folder is tagged as. There are none where the folder is in no repository, or holds
/// something that is not committed: then it is on its way to another version.
pub(crate) fn tags_of_folder(folder: &Path) -> Vec<String> {
    let git = Git::of_user(folder);
    let said = |words: &[&str]| git.text(words).ok();
    let found = || {
        let changes = said(&["status", "--porcelain", "--", "."])?;
        let below = SafePath::new(said(&["rev-parse", "--show-prefix"])?.trim_end_matches('/')).ok();
        let (all, here) = (said(&["tag", "--list"])?, said(&["tag", "--list", "--points-at", "HEAD"])?);
        let versions = Versions::of(all.lines(), below.as_ref());
        let is_version = |tag: &&str| versions.holds(tag);
        changes.is_empty().then(|| here.lines().filter(is_version).map(str::to_owned).collect())
    };
    found().unwrap_or_default()
}
