//! What a command is about to change, kept in git before it does: byte for byte, whatever git itself makes of the files.

use std::io::Write as _;
use std::path::Path;

use launchway_core::{Blob, Edit, SafePath};
use serde::{Deserialize, Serialize};

use super::Repository;
use super::saved::git;
use crate::git::{Git, GitError, path_list};

/// The folder of the references. Each linked work tree has its own.
const REFERENCES: &str = "refs/worktree/launchway";
/// The name of the reference while files are written, and from then on.
const WRITING: &str = "writing";
const WRITTEN: &str = "undo";
const LIST: &str = "list.json";
const PATHS: &str = "paths";

/// Everything about a change that has to be known to take it back.
#[derive(Debug)]
pub(super) struct UndoRecord {
    pub(super) name: String,
    pub(super) commit: String,
    /// Whether the change has come to its end.
    pub(super) is_written: bool,
    pub(super) list: List,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct List {
    /// The path of the project below the top of the work tree.
    pub(super) prefix: String,
    /// The commit that was checked out.
    pub(super) head: String,
    pub(super) files: Vec<KeptFile>,
}

/// A file that is changed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KeptFile {
    pub(super) path: String,
    before: Option<KeptBlob>,
    after: Option<KeptBlob>,
    /// What git's index had of it: mode, object and stage.
    pub(super) index: Vec<String>,
    /// Whether git was only told of it.
    pub(super) is_intended: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptBlob {
    is_executable: bool,
}

/// A file as it was before and after.
pub(super) struct Sides {
    pub(super) path: SafePath,
    pub(super) before: Option<Blob>,
    pub(super) after: Option<Blob>,
}

impl UndoRecord {
    /// Keeps what is about to change. `known` are the files among them that git knows before or after.
    pub(super) fn write(
        repository: &Repository,
        name: &str,
        edits: &[Edit],
        touched: &[SafePath],
        known: &[&SafePath],
    ) -> Result<Self, GitError> {
        let list = List {
            prefix: repository.prefix.clone(),
            head: repository.head.clone(),
            files: touched.iter().map(|path| file_of(repository, edits, path)).collect(),
        };
        let stream = stream(&reference(name, WRITING), &list, edits, known);
        let mark = git(&repository.root).bytes(&["fast-import", "--quiet", "--force", "--date-format=now"], &stream)?;
        let commit = String::from_utf8_lossy(&mark).trim().to_owned();
        Ok(Self { name: name.to_owned(), commit, is_written: false, list })
    }

    /// Says that the change has come to its end.
    pub(super) fn finish(&self, root: &Path) -> Result<(), GitError> {
        let (undo, writing) = (reference(&self.name, WRITTEN), reference(&self.name, WRITING));
        let input = format!("update {undo}\0{}\0\0delete {writing}\0\0", self.commit);
        git(root).bytes(&["update-ref", "-z", "--stdin"], input.as_bytes()).map(drop)
    }

    /// Forgets the change: it was taken back, or never happened.
    pub(super) fn forget(&self, root: &Path) -> Result<(), GitError> {
        let which = if self.is_written { WRITTEN } else { WRITING };
        git(root).text(&["update-ref", "-d", &reference(&self.name, which)]).map(drop)
    }

    /// Reads the changes of a folder that can be taken back.
    pub(super) fn all(root: &Path, prefix: &str) -> Result<Vec<Self>, GitError> {
        let listed = Git::of_user(root).text(&["for-each-ref", "--format=%(objectname) %(refname)", REFERENCES])?;
        let mut all = Vec::new();
        for line in listed.lines() {
            let Some((commit, reference)) = line.split_once(' ') else { continue };
            let Some((name, which)) = reference.strip_prefix(REFERENCES).and_then(|rest| rest[1..].split_once('/'))
            else {
                continue;
            };
            let text = Git::of_user(root).bytes(&["cat-file", "blob", &format!("{commit}:{LIST}")], &[])?;
            let Ok(list) = serde_json::from_slice::<List>(&text) else { continue };
            if list.prefix == prefix {
                let (name, commit) = (name.to_owned(), commit.to_owned());
                all.push(Self { name, commit, is_written: which == WRITTEN, list });
            }
        }
        Ok(all)
    }

    /// Reads the files as they were before and after.
    pub(super) fn sides(&self, root: &Path) -> Result<Vec<Sides>, GitError> {
        let wanted = |file: &KeptFile, number: usize| {
            let side = |blob: &Option<KeptBlob>, side: &str| {
                blob.iter().fold(String::new(), |_, _| format!("{}:{side}/{number}\n", self.commit))
            };
            side(&file.before, "before") + &side(&file.after, "after")
        };
        let input: String = self.list.files.iter().enumerate().map(|(number, file)| wanted(file, number)).collect();
        let output = Git::of_user(root).bytes(&["cat-file", "--batch"], input.as_bytes())?;
        let mut contents = contents(&output).into_iter();
        let mut sides = Vec::new();
        for file in &self.list.files {
            let path = SafePath::new(&file.path).map_err(|error| GitError::Said(error.to_string()))?;
            let mut side = |kept: &Option<KeptBlob>| -> Result<Option<Blob>, GitError> {
                let Some(kept) = kept else { return Ok(None) };
                let missing = || GitError::Said("the copy that was kept for the undo is incomplete".to_owned());
                Ok(Some(Blob { bytes: contents.next().ok_or_else(missing)?.into(), executable: kept.is_executable }))
            };
            let (before, after) = (side(&file.before)?, side(&file.after)?);
            sides.push(Sides { path, before, after });
        }
        Ok(sides)
    }

    /// Returns the objects of the files as they were written, before any filter of git's.
    pub(super) fn written_objects(&self, root: &Path) -> Result<Vec<Option<String>>, GitError> {
        let input: String = self.list.files.iter().enumerate().fold(String::new(), |input, (number, file)| {
            if file.after.is_some() { format!("{input}{}:after/{number}\n", self.commit) } else { input }
        });
        if input.is_empty() {
            return Ok(self.list.files.iter().map(|_| None).collect());
        }
        let output = Git::of_user(root).bytes(&["cat-file", "--batch-check=%(objectname)"], input.as_bytes())?;
        let text = String::from_utf8_lossy(&output).into_owned();
        let mut objects = text.lines().map(str::to_owned);
        Ok(self.list.files.iter().map(|file| file.after.as_ref().and_then(|_| objects.next())).collect())
    }

    /// Returns git's own command for the same, for those who want it: files that git knows, and nothing else.
    pub(super) fn git_command(&self, place: &str, source: &str) -> String {
        format!(
            "git {place}cat-file blob {}:{PATHS} | git {place}-c core.hooksPath=/dev/null --literal-pathspecs restore \
             --no-recurse-submodules --ignore-unmerged --source={source} --staged --worktree --pathspec-from-file=- --pathspec-file-nul",
            self.commit
        )
    }
}

fn reference(name: &str, which: &str) -> String {
    format!("{REFERENCES}/{name}/{which}")
}

fn file_of(repository: &Repository, edits: &[Edit], path: &SafePath) -> KeptFile {
    let edit = edits.iter().find(|edit| edit.path == *path);
    let kept = |blob: Option<&Blob>| blob.map(|blob| KeptBlob { is_executable: blob.executable });
    let bytes = path.as_str().as_bytes();
    KeptFile {
        path: path.to_string(),
        before: kept(edit.and_then(|edit| edit.before.as_ref())),
        after: kept(edit.and_then(|edit| edit.after.as_ref())),
        index: repository.tracked.get(bytes).map(|tracked| tracked.entries.clone()).unwrap_or_default(),
        is_intended: repository.intended.contains(bytes),
    }
}

/// Writes what is kept as a commit, for `git fast-import`, which asks no filter.
fn stream(reference: &str, list: &List, edits: &[Edit], known: &[&SafePath]) -> Vec<u8> {
    let mut stream = Vec::new();
    let _ = write!(stream, "commit {reference}\nmark :1\ncommitter launchway <launchway> now\ndata 0\n");
    let mut file = |name: &str, bytes: &[u8]| {
        let _ = write!(stream, "M 100644 inline {name}\ndata {}\n", bytes.len());
        stream.extend_from_slice(bytes);
        stream.push(b'\n');
    };
    file(LIST, &serde_json::to_vec(list).expect("texts and lists always fit into JSON"));
    let paths = path_list(known.iter().map(|path| path.as_str()));
    file(PATHS, &paths);
    for (number, kept) in list.files.iter().enumerate() {
        let Some(edit) = edits.iter().find(|edit| edit.path.as_str() == kept.path) else { continue };
        for (side, blob) in [("before", &edit.before), ("after", &edit.after)] {
            if let Some(blob) = blob {
                file(&format!("{side}/{number}"), &blob.bytes);
            }
        }
    }
    stream.extend_from_slice(b"get-mark :1\n");
    stream
}

/// Reads what `cat-file --batch` says, in the order of what was asked: `object type size`, a newline, the content, a newline.
fn contents(mut output: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while let Some(end) = output.iter().position(|byte| *byte == b'\n') {
        let header = String::from_utf8_lossy(&output[..end]).into_owned();
        let Some(size) = header.strip_suffix(" missing").map_or_else(|| header.rsplit(' ').next(), |_| None) else {
            break;
        };
        let rest = &output[end + 1..];
        let size = size.parse::<usize>().unwrap_or(usize::MAX).min(rest.len());
        found.push(rest[..size].to_vec());
        output = &rest[(size + 1).min(rest.len())..];
    }
    found
}
