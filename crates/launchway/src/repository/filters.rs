//! Filters, through which the attributes of a repository send a file on its way into git and out of it, such as those of Git LFS.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use launchway_core::SafePath;

use crate::failure::{Exit, Failure, listed};
use crate::git::{Git, GitError, path_list};
use crate::language;

/// The way on where a filter has failed.
pub(super) const HINT: &str = "a filter of git's settings has failed: `git config --get-regexp '^filter'` names its program; for Git LFS, install it and run `git lfs install`";

/// Tells whether git failed because of a filter.
pub(super) fn has_failed(error: &GitError) -> bool {
    let words = ["external filter", "clean filter", "smudge filter", "filter-process", "packet write"];
    matches!(error, GitError::Said(said) if words.iter().any(|word| said.contains(word)))
}

/// Says that nothing is merged into a text which only names the one that is meant.
pub(crate) fn pointer_refused(path: &SafePath) -> Failure {
    Failure::new(Exit::Exists, format!("`{path}` is a pointer of Git LFS here, and the file itself was not fetched"))
        .hint(format!("fetch it: `git lfs install && git lfs pull`; or keep it out of updates: `--keep {path}`"))
}

/// Says which files a commit has as they are although the attributes send them through a filter, because git knows no such one.
pub(crate) fn unknown_note<'p>(root: &Path, paths: impl Iterator<Item = &'p SafePath>) -> Option<String> {
    let input = path_list(paths.map(SafePath::as_str));
    if input.is_empty() {
        return None;
    }
    let said = Git::of_user(root).bytes(&["check-attr", "-z", "--stdin", "filter"], &input).ok()?;
    let text = String::from_utf8_lossy(&said).into_owned();
    let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for field in text.split('\0').collect::<Vec<_>>().chunks_exact(3) {
        if !["unspecified", "unset", "set"].contains(&field[2]) {
            wanted.entry(field[2]).or_default().insert(field[0]);
        }
    }
    let is_known = |name: &str| {
        let of_git = |key: &str| Git::of_user(root).text(&["config", "--get", &format!("filter.{name}.{key}")]).is_ok();
        of_git("clean") || of_git("process")
    };
    let (name, files) = wanted.into_iter().find(|(name, _)| !is_known(name))?;
    Some(language::filled(
        "the attributes send {files} through the filter `{name}`, which git does not know here, so that a commit has them as they are; for Git LFS: `git lfs install`, then `git add --renormalize .`",
        &[("files", &listed(&files)), ("name", &name)],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_fails_is_told_from_what_else_fails() {
        for said in [
            "error: external filter 'x clean' failed 127\nfatal: a: clean filter 'x' failed\n",
            "x filter-process: 1: x: not found\nfatal: the remote end hung up unexpectedly\n",
            "error: packet write with format failed\n",
        ] {
            assert!(has_failed(&GitError::Said(said.to_owned())), "{said}");
        }
        assert!(!has_failed(&GitError::Said("fatal: bad object HEAD\n".to_owned())));
    }
}
