//! The commit of an update: written through one git, without a work tree, and packed for whoever takes it over.

use std::fmt::Write as _;

use launchway_core::{Blob, Edit, SafePath};

use super::repository::OpenRepository;
use crate::failure::Failure;
use crate::git::{GitError, Signature};
use crate::repository::not_run;

/// What a commit is made of.
pub(super) struct CommitOrder<'c> {
    pub(super) parent: &'c str,
    /// The branch, such as `launchway/service`.
    pub(super) branch: &'c str,
    /// Who made the template, and when: the same inputs give the same commit.
    pub(super) signature: &'c Signature,
    pub(super) message: &'c str,
    /// The folder of the repository below which the edits are, if that is not its top.
    pub(super) folder: Option<&'c SafePath>,
    pub(super) edits: &'c [Edit],
}

/// A commit that was written.
pub(super) struct WrittenCommit {
    pub(super) commit: String,
    pub(super) tree: String,
    /// A bundle of what is new in it.
    pub(super) bundle: Vec<u8>,
}

/// Writes a commit beside the objects of a repository.
pub(super) fn write(repository: &OpenRepository, order: &CommitOrder<'_>) -> Result<WrittenCommit, Failure> {
    // The bytes depend neither on the number of processors nor on how the repository is packed.
    let packing =
        ["pack.threads=1", "pack.window=0", "pack.compression=6", "core.fsync=none", "fastimport.unpackLimit=0"];
    let git = packing.into_iter().fold(repository.git(), crate::git::Git::setting);
    let said = git.bytes(&["fast-import", "--quiet", "--done", "--depth=0"], &stream(order)).map_err(not_run)?;
    let said = String::from_utf8_lossy(&said).into_owned();
    let mut lines = said.lines();
    let commit = lines.next().unwrap_or_default().to_owned();
    let tree = lines.next().and_then(|line| line.split_whitespace().nth(2)).unwrap_or_default().to_owned();
    if commit.is_empty() || tree.is_empty() {
        return Err(not_run(GitError::Said("git has not said what it has written".to_owned())));
    }
    let reference = format!("refs/heads/{}", order.branch);
    let before = format!("^{}", order.parent);
    let bundle = git.bytes(&["bundle", "create", "--quiet", "-", &reference, &before, "--"], &[]).map_err(not_run)?;
    Ok(WrittenCommit { commit, tree, bundle })
}

/// Writes what `git fast-import` reads: the commit, then the questions for its name and its tree.
fn stream(order: &CommitOrder<'_>) -> Vec<u8> {
    let CommitOrder { parent, branch, signature: Signature { name, email, date }, message, folder, edits } = order;
    let quoted =
        |path: &SafePath| folder.map_or_else(|| format!("\"{path}\""), |folder| format!("\"{folder}/{path}\""));
    // A safe path has neither quotes nor control characters.
    let mut head = String::new();
    let _ = write!(head, "commit refs/heads/{branch}\nmark :1\nauthor {name} <{email}> {date}\n");
    let _ = write!(head, "committer {name} <{email}> {date}\ndata {}\n{message}\nfrom {parent}\n", message.len());
    let mut stream = head.into_bytes();
    // A folder may come where a file goes.
    for edit in edits.iter().filter(|edit| edit.after.is_none()) {
        stream.extend(format!("D {}\n", quoted(&edit.path)).into_bytes());
    }
    for edit in *edits {
        let Some(Blob { bytes, executable }) = &edit.after else { continue };
        let mode = if *executable { "100755" } else { "100644" };
        stream.extend(format!("M {mode} inline {}\ndata {}\n", quoted(&edit.path), bytes.len()).into_bytes());
        stream.extend_from_slice(bytes);
        stream.push(b'\n');
    }
    stream.extend(b"\nget-mark :1\nls :1 \"\"\ndone\n");
    stream
}
