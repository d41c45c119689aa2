//! Objects that are made here and not by git: a process of git for each commit of a fleet would cost more than the rest.
//! Whoever takes them over, git's own `bundle unbundle`, looks at every byte.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use launchway_core::hexadecimal;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::process::GitError;

/// By which hash a repository names its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObjectFormat {
    Sha1,
    Sha256,
}

/// The type of an object, with the number that a pack has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObjectKind {
    Commit = 1,
    Tree = 2,
    Blob = 3,
}

/// New objects of a repository, packed as they come.
pub(crate) struct NewObjects {
    format: ObjectFormat,
    packed: Vec<u8>,
    count: u32,
}

impl ObjectFormat {
    /// Tells the format by the name of an object.
    pub(crate) const fn of(object: &str) -> Self {
        if object.len() == 64 { Self::Sha256 } else { Self::Sha1 }
    }

    /// Returns how many bytes the name of an object has.
    pub(crate) const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Sha1 => parts.iter().fold(Sha1::new(), Digest::chain_update).finalize().to_vec(),
            Self::Sha256 => parts.iter().fold(Sha256::new(), Digest::chain_update).finalize().to_vec(),
        }
    }
}

impl ObjectKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
        }
    }
}

impl NewObjects {
    pub(crate) const fn new(format: ObjectFormat) -> Self {
        Self { format, packed: Vec::new(), count: 0 }
    }

    /// Adds an object, and returns its name.
    pub(crate) fn add(&mut self, kind: ObjectKind, bytes: &[u8]) -> Result<String, GitError> {
        self.packed.extend(entry_head(kind, bytes.len()));
        // The same bytes on every machine: git packs at this level unless it is told otherwise.
        let mut packing = ZlibEncoder::new(std::mem::take(&mut self.packed), Compression::new(6));
        packing.write_all(bytes).map_err(GitError::NotStarted)?;
        self.packed = packing.finish().map_err(GitError::NotStarted)?;
        self.count += 1;
        let head = format!("{} {}\0", kind.name(), bytes.len());
        Ok(hexadecimal(&self.format.digest(&[head.as_bytes(), bytes])))
    }

    /// Returns a bundle of the objects, in which a reference leads to a commit on another one, which a repository must have.
    pub(crate) fn bundle(self, reference: &str, commit: &str, parent: &str) -> Vec<u8> {
        let signature = match self.format {
            ObjectFormat::Sha1 => "# v2 git bundle\n",
            ObjectFormat::Sha256 => "# v3 git bundle\n@object-format=sha256\n",
        };
        let mut pack = [&b"PACK"[..], &2_u32.to_be_bytes(), &self.count.to_be_bytes(), &self.packed].concat();
        pack.extend(self.format.digest(&[&pack]));
        [format!("{signature}-{parent}\n{commit} {reference}\n\n").as_bytes(), &pack].concat()
    }
}

/// Writes how an entry of a pack begins: the type and four bits of the size in a byte, seven further bits in each that follows.
fn entry_head(kind: ObjectKind, size: usize) -> Vec<u8> {
    let first = (kind as usize) << 4 | size & 0b1111;
    let (mut pieces, mut left) = (vec![first], size >> 4);
    while left > 0 {
        pieces.push(left & 0b111_1111);
        left >>= 7;
    }
    let last = pieces.len() - 1;
    let byte = |(at, piece): (usize, usize)| piece.to_le_bytes()[0] | if at < last { 0b1000_0000 } else { 0 };
    pieces.into_iter().enumerate().map(byte).collect()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test makes the files that it looks at")]
mod tests {
    use std::fs;

    use super::*;
    use crate::git::Git;

    #[test]
    fn an_object_of_any_size_has_the_name_that_git_gives_it_and_comes_out_of_the_bundle() {
        for format in ["sha1", "sha256"] {
            let folder = tempfile::tempdir().unwrap();
            let git = Git::of_user(folder.path()).with("GIT_AUTHOR_NAME", "a").with("GIT_AUTHOR_EMAIL", "a");
            let git = git.with("GIT_COMMITTER_NAME", "a").with("GIT_COMMITTER_EMAIL", "a");
            git.text(&["init", "--quiet", &format!("--object-format={format}")]).unwrap();
            let tree = git.text(&["write-tree"]).unwrap();
            let parent = git.text(&["commit-tree", &tree, "-m", "first"]).unwrap();
            let mut objects = NewObjects::new(ObjectFormat::of(&parent));
            let mut blobs = Vec::new();
            for size in [0, 1, 15, 16, 17, 2047, 2048, 300_000] {
                let bytes: Vec<u8> = (0..size).map(|at: usize| (at * at % 251).to_le_bytes()[0]).collect();
                let name = objects.add(ObjectKind::Blob, &bytes).unwrap();
                let of_git = git.bytes(&["hash-object", "--stdin", "--no-filters"], &bytes).unwrap();
                assert_eq!(name, String::from_utf8(of_git).unwrap().trim(), "{size} bytes");
                blobs.push((name, bytes));
            }
            let text = format!("tree {tree}\nparent {parent}\nauthor a <a> 0 +0000\ncommitter a <a> 0 +0000\n\n");
            let commit = objects.add(ObjectKind::Commit, text.as_bytes()).unwrap();
            let bundle = folder.path().join("bundle");
            fs::write(&bundle, objects.bundle("refs/heads/new", &commit, &parent)).unwrap();
            let bundle = bundle.to_str().unwrap();
            git.text(&["bundle", "verify", "--quiet", bundle]).unwrap();
            git.text(&["bundle", "unbundle", bundle]).unwrap();
            for (name, bytes) in blobs {
                assert!(git.bytes(&["cat-file", "blob", &name], &[]).unwrap() == bytes, "{name}");
            }
            assert_eq!(git.text(&["cat-file", "-t", &commit]).unwrap(), "commit");
        }
    }
}
