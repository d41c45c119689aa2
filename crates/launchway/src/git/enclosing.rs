//! The repository that a project is a folder of, or becomes one of.

use std::path::{Path, PathBuf};

use launchway_core::SafePath;

use super::process::Git;

/// The repository that a project is a folder of, or becomes one of.
pub(crate) struct Enclosing {
    /// Its root, as it is named to people.
    pub(crate) root: PathBuf,
    /// The folder of the project below it.
    pub(crate) folder: SafePath,
}

impl Enclosing {
    /// Finds the repository in which a folder is or would be; none if the folder is the top of one, or git ignores it.
    pub(crate) fn of(destination: &Path) -> Option<Self> {
        let whole = destination.canonicalize().or_else(|_| std::path::absolute(destination)).ok()?;
        let there = whole.ancestors().find(|ancestor| ancestor.is_dir())?;
        let rest = whole.strip_prefix(there).ok()?.to_str()?;
        let git = Git::of_user(there);
        let said = git.text(&["rev-parse", "--is-inside-work-tree", "--show-toplevel", "--show-prefix"]).ok()?;
        let mut lines = said.lines();
        let (is_inside, top) = (lines.next()? == "true", PathBuf::from(lines.next()?));
        let folder = format!("{}{rest}", lines.next().unwrap_or_default());
        let folder = SafePath::new(folder.trim_end_matches('/')).ok()?;
        let is_ignored = || git.text(&["check-ignore", "--quiet", "--", &format!("./{rest}/file")]).is_ok();
        if !is_inside || is_ignored() {
            return None;
        }
        Some(Self { root: from_here(&top), folder })
    }
}

/// Names a whole path as people do who are in the folder in which the program was started: what is above it by the way there.
pub(crate) fn from_here(top: &Path) -> PathBuf {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let below = here.as_ref().ok().and_then(|here| here.strip_prefix(top).ok()).map(|below| below.components().count());
    match below {
        Some(0) => PathBuf::from("."),
        Some(depth) => PathBuf::from(vec![".."; depth].join("/")),
        None => top.to_owned(),
    }
}
