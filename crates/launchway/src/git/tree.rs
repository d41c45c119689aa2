//! The files of a commit, read from git's objects: no file is written, so that no name, link or filter means anything.

use std::collections::BTreeSet;

use launchway_core::template::{PARTS, SourceError, TemplateFiles, check_limits};
use launchway_core::{Blob, LoadError, SafePath};

use super::process::{GitError, Limits};
use super::remote::Remote;
use crate::failure::{Exit, Failure};

/// What the list of a commit's files may take.
const MAX_LIST: u64 = 64 << 20;

/// A file of a commit.
#[derive(Debug)]
struct Entry {
    path: String,
    object: String,
    /// The size of its content; nothing before that is there.
    size: u64,
    is_executable: bool,
}

impl Remote {
    /// Reads the files of the template in a folder of a commit, within the limits that hold for any template.
    pub(crate) fn template(&self, commit: &str, folder: Option<&SafePath>) -> Result<TemplateFiles, Failure> {
        let tree = match folder {
            Some(folder) => format!("{commit}:{folder}"),
            None => format!("{commit}^{{tree}}"),
        };
        let entries = self.entries(&tree, &PARTS)?;
        if !entries.iter().any(|entry| entry.path == PARTS[0]) {
            return Err(self.no_template(commit, folder));
        }
        let check = |entries: &[Entry]| {
            let sizes = entries.iter().map(|entry| (entry.path.as_str(), entry.size));
            check_limits(sizes).map_err(LoadError::from)
        };
        // How many they are and how deep they stand is known before their contents are fetched, their sizes are not.
        check(&entries)?;
        let entries = self.with_contents(entries)?;
        check(&entries)?;
        let blobs = self.blobs(&entries)?;
        let files = entries.into_iter().zip(blobs).map(|(entry, bytes)| {
            let blob = Blob { bytes: bytes.into(), executable: entry.is_executable };
            (entry.path, blob)
        });
        Ok(TemplateFiles::from_blobs(files).map_err(LoadError::from)?)
    }

    /// Reads one file of a commit, unless there is none of that name.
    pub(crate) fn file(&self, commit: &str, path: &str, most: u64) -> Result<Option<Vec<u8>>, Failure> {
        let (folder, name) = path.rsplit_once('/').map_or((None, path), |(folder, name)| (Some(folder), name));
        let tree = folder.map_or_else(|| format!("{commit}^{{tree}}"), |folder| format!("{commit}:{folder}"));
        let entries = self.entries(&tree, &[name])?;
        let entry = entries.into_iter().filter(|entry| entry.path == name).take(1).collect();
        let entry = self.with_contents(entry)?;
        let Some(entry) = entry.first() else { return Ok(None) };
        if entry.size > most {
            let message = format!("`{path}` of `{}` is larger than {} KiB", self.url, most >> 10);
            return Err(Failure::new(Exit::Template, message));
        }
        Ok(self.blobs(std::slice::from_ref(entry))?.pop())
    }

    /// Fetches the contents that are not there, and returns the files with their sizes.
    fn with_contents(&self, mut entries: Vec<Entry>) -> Result<Vec<Entry>, Failure> {
        let mut sizes = self.sizes(&entries)?;
        let left_out = entries.iter().zip(&sizes).filter(|(_, size)| size.is_none());
        let missing: BTreeSet<&str> = left_out.map(|(entry, _)| entry.object.as_str()).collect();
        if !missing.is_empty() {
            self.fetch_objects(&missing.into_iter().collect::<Vec<_>>())?;
            sizes = self.sizes(&entries)?;
        }
        for (entry, size) in entries.iter_mut().zip(sizes) {
            entry.size = size.ok_or_else(|| self.failed(GitError::Said("an object is missing".to_owned())))?;
        }
        Ok(entries)
    }

    /// Returns the size of each content that is there.
    fn sizes(&self, entries: &[Entry]) -> Result<Vec<Option<u64>>, Failure> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let output = self.git().bytes(&["cat-file", "--batch-check=%(objectsize)"], wanted(entries).as_bytes());
        let output = output.map_err(|error| self.failed(error))?;
        let lines: Vec<_> = String::from_utf8_lossy(&output).lines().map(|line| line.parse().ok()).collect();
        if lines.len() == entries.len() {
            Ok(lines)
        } else {
            Err(self.failed(GitError::Said("an object is missing".to_owned())))
        }
    }

    /// Lists files of a tree. What is neither a plain file nor a folder is refused.
    fn entries(&self, tree: &str, names: &[&str]) -> Result<Vec<Entry>, Failure> {
        let limits = Limits { output: MAX_LIST, ..Limits::default() };
        let arguments = [&["ls-tree", "-r", "-z", "--full-tree", tree, "--"][..], names].concat();
        let listed = match self.git().within(limits).bytes(&arguments, &[]) {
            Err(GitError::Said(_)) if !self.has_tree(tree)? => return Ok(Vec::new()),
            listed => listed.map_err(|error| self.failed(error))?,
        };
        let lines = listed.split(|byte| *byte == 0).filter(|line| !line.is_empty());
        lines.map(|line| entry(line).map_err(|error| LoadError::from(error).into())).collect()
    }

    /// Tells whether a folder is part of a commit.
    fn has_tree(&self, tree: &str) -> Result<bool, Failure> {
        match self.git().bytes(&["rev-parse", "--verify", "--quiet", "--end-of-options", tree], &[]) {
            Err(GitError::Said(_)) => Ok(false),
            found => found.map(|_| true).map_err(|error| self.failed(error)),
        }
    }

    /// Reads the contents of files, in their order.
    fn blobs(&self, entries: &[Entry]) -> Result<Vec<Vec<u8>>, Failure> {
        let output = self.git().bytes(&["cat-file", "--batch"], wanted(entries).as_bytes());
        let output = output.map_err(|error| self.failed(error))?;
        let mut rest = output.as_slice();
        entries
            .iter()
            .map(|entry| blob(&mut rest, entry))
            .collect::<Option<_>>()
            .ok_or_else(|| self.failed(GitError::Said("an object is missing".to_owned())))
    }

    /// Says that there is no template, and where there are some.
    fn no_template(&self, commit: &str, folder: Option<&SafePath>) -> Failure {
        let place = folder.map_or("at its top".to_owned(), |folder| format!("in `{folder}`"));
        let message = format!("the repository `{}` has no `template.toml` {place}, in commit {commit}", self.url);
        let failure = Failure::new(Exit::Template, message);
        let limits = Limits { output: MAX_LIST, ..Limits::default() };
        let listed = self.git().within(limits).text(&["ls-tree", "-r", "--name-only", commit]).unwrap_or_default();
        let folders = listed.lines().filter_map(|path| path.strip_suffix("/template.toml"));
        match folders.min_by_key(|folder| folder.matches('/').count()) {
            Some(folder) => failure.hint(format!("there is one in a folder: `{}//{folder}`", self.url)),
            None => failure
                .hint("name the repository and, after `//`, the folder that holds `template.toml` beside `files/`"),
        }
    }
}

/// Writes the objects of files as `cat-file` reads them.
fn wanted(entries: &[Entry]) -> String {
    entries.iter().flat_map(|entry| [entry.object.as_str(), "\n"]).collect()
}

/// Reads a line of `ls-tree -z`: mode, type and object, a tab, the path.
fn entry(line: &[u8]) -> Result<Entry, SourceError> {
    let tab = line.iter().position(|byte| *byte == b'\t').unwrap_or(line.len());
    let (head, path) = (String::from_utf8_lossy(&line[..tab]), line.get(tab + 1..).unwrap_or_default());
    let path = String::from_utf8(path.to_vec())
        .map_err(|_| SourceError::Name(String::from_utf8_lossy(path).into_owned().into()))?;
    let mut words = head.split_ascii_whitespace();
    let (mode, _, object) = (words.next(), words.next(), words.next());
    match mode {
        Some("100644" | "100755" | "100664") => {}
        Some("120000") => return Err(SourceError::Link(path.into())),
        Some("160000") => return Err(SourceError::Submodule(path.into())),
        _ => return Err(SourceError::Special(path.into())),
    }
    let object = object.unwrap_or_default().to_owned();
    Ok(Entry { path, object, size: 0, is_executable: mode == Some("100755") })
}

/// Takes one object from the output of `cat-file --batch`.
fn blob(rest: &mut &[u8], entry: &Entry) -> Option<Vec<u8>> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    if rest[..end] != *format!("{} blob {}", entry.object, entry.size).as_bytes() {
        return None;
    }
    let size = usize::try_from(entry.size).ok()?;
    let content = rest.get(end + 1..end + 1 + size)?.to_vec();
    *rest = rest.get(end + 1 + size + 1..)?;
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_submodules_are_refused_and_files_are_listed() {
        let object = "1".repeat(40);
        let line = |mode: &str| format!("{mode} blob {object}\tfiles/a b\tc").into_bytes();
        assert!(matches!(entry(&line("120000")), Err(SourceError::Link(_))));
        assert!(matches!(entry(&line("160000")), Err(SourceError::Submodule(_))));
        assert!(matches!(entry(&line("000000")), Err(SourceError::Special(_))));
        let file = entry(&line("100755")).unwrap();
        assert_eq!((file.path.as_str(), &file.object), ("files/a b\tc", &object));
        assert!(file.is_executable && !entry(&line("100644")).unwrap().is_executable);
        assert!(matches!(entry(b"100644 blob 1\t\xff"), Err(SourceError::Name(_))));
    }

    #[test]
    fn objects_are_taken_one_after_the_other() {
        let entry =
            |object: &str, size| Entry { path: String::new(), object: object.to_owned(), size, is_executable: false };
        let mut rest: &[u8] = b"aa blob 3\nx\ny\nbb blob 0\n\n";
        assert_eq!(blob(&mut rest, &entry("aa", 3)).unwrap(), b"x\ny");
        assert_eq!(blob(&mut rest, &entry("bb", 0)).unwrap(), b"");
        assert_eq!(blob(&mut &b"cc missing\n"[..], &entry("cc", 1)), None);
    }
}
