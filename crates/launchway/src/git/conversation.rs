//! A git that stays, and is told and asked one thing after the other.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout};

use super::process::{Git, GitError};
use super::running::Stderr;
use crate::process_groups::Group;

/// The longest line that is taken for an answer.
const MAX_LINE: u64 = 64 << 10;

pub(super) struct Conversation {
    child: Child,
    group: Group,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    stderr: Stderr,
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.end();
    }
}

impl Conversation {
    pub(super) fn start(git: &Git, arguments: &[&str]) -> Result<Self, GitError> {
        let mut child = git.start(arguments)?;
        let group = Group::of(&child);
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else { return Err(closed()) };
        let stderr = Stderr::of(&mut child);
        Ok(Self { child, group, stdin, stdout: BufReader::new(stdout), stderr })
    }

    pub(super) fn say(&mut self, words: &[u8]) -> Result<(), GitError> {
        let said = self.stdin.write_all(words).and_then(|()| self.stdin.flush());
        said.map_err(GitError::NotStarted)
    }

    /// Reads a line of the answer, without its end.
    pub(super) fn line(&mut self) -> Result<String, GitError> {
        let mut line = Vec::new();
        self.stdout.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).map_err(GitError::NotStarted)?;
        match line.pop() {
            Some(b'\n') => Ok(String::from_utf8_lossy(&line).into_owned()),
            _ => Err(self.cause()),
        }
    }

    /// Reads bytes of the answer, and the end of the line that follows them.
    pub(super) fn bytes(&mut self, size: u64) -> Result<Vec<u8>, GitError> {
        let size = usize::try_from(size).map_err(|_| closed())?;
        let mut bytes = vec![0; size + 1];
        self.stdout.read_exact(&mut bytes).map_err(GitError::NotStarted)?;
        bytes.pop();
        Ok(bytes)
    }

    /// Returns what git has said before it ended.
    fn cause(&mut self) -> GitError {
        self.end();
        let said = self.stderr.said();
        if said.is_empty() { closed() } else { GitError::Said(said) }
    }

    fn end(&mut self) {
        self.group.kill();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) fn closed() -> GitError {
    GitError::Said("git has ended before it was asked to".to_owned())
}
