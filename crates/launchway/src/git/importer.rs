//! Objects and commits that git is given in one stream, by a git that is then asked for what came of them.

use launchway_core::SafePath;

use super::conversation::{Conversation, closed};
use super::process::{Git, GitError};

/// What is said when all is written.
const WRITTEN: &str = "written";

pub(crate) struct Importer {
    git: Conversation,
}

impl Importer {
    pub(crate) fn start(git: &Git) -> Result<Self, GitError> {
        Ok(Self { git: Conversation::start(git, &["fast-import", "--quiet", "--force"])? })
    }

    /// Writes a stream, and waits until another git can read what it holds.
    pub(crate) fn write(&mut self, stream: &[u8]) -> Result<(), GitError> {
        self.git.say(stream)?;
        self.git.say(format!("checkpoint\nprogress {WRITTEN}\n").as_bytes())?;
        let line = self.git.line()?;
        if line.strip_prefix("progress ") == Some(WRITTEN) { Ok(()) } else { Err(GitError::Said(line)) }
    }

    /// Returns the mode and the object that a tree has at a path, if it has any.
    pub(crate) fn entry(&mut self, tree: &str, path: &SafePath) -> Result<Option<(String, String)>, GitError> {
        self.git.say(format!("ls {tree} \"{path}\"\n").as_bytes())?;
        let line = self.git.line()?;
        // `mode type object TAB path`, or `missing path`
        let words: Vec<&str> = line.split(['\t', ' ']).take(3).collect();
        match words[..] {
            ["missing", ..] => Ok(None),
            [mode, _, object] => Ok(Some((mode.to_owned(), object.to_owned()))),
            _ => Err(GitError::Said(line)),
        }
    }

    /// Reads the content of a file.
    pub(crate) fn blob(&mut self, object: &str) -> Result<Vec<u8>, GitError> {
        self.git.say(format!("cat-blob {object}\n").as_bytes())?;
        // `object blob size`
        let line = self.git.line()?;
        let size = line.rsplit(' ').next().and_then(|size| size.parse().ok());
        self.git.bytes(size.ok_or_else(closed)?)
    }
}
