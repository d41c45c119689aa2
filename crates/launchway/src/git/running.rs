//! A git that runs: what it says is collected, and it is stopped when it takes too much.

use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::process::{GitError, GitOutput, Limits};
use super::said;
use crate::process_groups::Group;

/// What is kept of what git says on stderr.
const MAX_SAID: usize = 16 << 10;

/// How often a process is looked at that has closed its stdout, at first and in the end.
const SHORTEST_PAUSE: Duration = Duration::from_micros(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// How often the growth of a folder is looked at.
const GROWTH_EVERY: Duration = Duration::from_millis(100);

/// A git process with the threads that listen to it.
pub(super) struct Running<'l> {
    child: Child,
    group: Option<Group>,
    limits: Option<&'l Limits>,
    is_too_much: Arc<AtomicBool>,
    /// Hears that stdout has ended: the process is about to.
    ended: Receiver<()>,
    stdout: JoinHandle<Vec<u8>>,
    stderr: Stderr,
}

impl<'l> Running<'l> {
    pub(super) fn new(mut child: Child, limits: Option<&'l Limits>) -> Self {
        let group = limits.map(|_| Group::of(&child));
        let most = limits.map_or(u64::MAX, |limits| limits.output);
        let is_too_much = Arc::new(AtomicBool::new(false));
        let (end, ended) = mpsc::channel();
        let stdout = thread::spawn({
            let (pipe, is_too_much) = (child.stdout.take(), Arc::clone(&is_too_much));
            move || {
                let bytes = pipe.map(|pipe| collect(pipe, most, &is_too_much)).unwrap_or_default();
                // Nobody may listen any more.
                let _ = end.send(());
                bytes
            }
        });
        let stderr = Stderr::of(&mut child);
        Self { child, group, limits, is_too_much, ended, stdout, stderr }
    }

    /// Feeds the process and waits for its end.
    pub(super) fn finish(mut self, input: &[u8]) -> Result<GitOutput, GitError> {
        let stdin = self.child.stdin.take();
        thread::scope(|scope| {
            scope.spawn(move || feed(stdin, input));
            self.wait().inspect_err(|_| self.stop())
        })?;
        let code = self.child.wait().map_err(GitError::NotStarted)?.code();
        let stdout = self.stdout.join().unwrap_or_default();
        if self.is_too_much.load(Ordering::Relaxed) {
            return Err(GitError::TooMuch(self.limits.map_or(u64::MAX, |limits| limits.output)));
        }
        Ok(GitOutput { code, stdout, said: self.stderr.said() })
    }

    fn wait(&mut self) -> Result<(), GitError> {
        let start = Instant::now();
        let mut growth = self.limits.and_then(Growth::of);
        let mut pause = LONGEST_PAUSE;
        while self.child.try_wait().map_err(GitError::NotStarted)?.is_none() {
            if let Some(limits) = self.limits {
                if start.elapsed() > limits.time {
                    return Err(GitError::TimedOut(limits.time));
                }
                if self.is_too_much.load(Ordering::Relaxed) {
                    return Err(GitError::TooMuch(limits.output));
                }
                growth.as_mut().map_or(Ok(()), Growth::check)?;
            }
            match self.ended.recv_timeout(pause) {
                Ok(()) => pause = SHORTEST_PAUSE,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    thread::sleep(pause);
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
        Ok(())
    }

    fn stop(&mut self) {
        if let Some(group) = &self.group {
            group.kill();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process says on stderr, heard by a thread, so that it never waits for somebody to read it.
pub(super) struct Stderr {
    heard: Arc<Mutex<Vec<u8>>>,
    listener: JoinHandle<()>,
}

impl Stderr {
    pub(super) fn of(child: &mut Child) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let listener = thread::spawn({
            let (pipe, heard) = (child.stderr.take(), Arc::clone(&heard));
            move || pipe.into_iter().for_each(|pipe| listen(pipe, &heard))
        });
        Self { heard, listener }
    }

    /// Returns what a process that has ended has said.
    pub(super) fn said(&self) -> String {
        // A connection that ssh keeps open for later also keeps stderr open.
        let patience = Instant::now() + Duration::from_millis(200);
        let mut pause = SHORTEST_PAUSE;
        while !self.listener.is_finished() && Instant::now() < patience {
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
        }
        said::harmless(&self.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Writes to stdin; git that ends early has read what it wanted.
fn feed(stdin: Option<ChildStdin>, input: &[u8]) {
    if let Some(mut stdin) = stdin {
        let _ = stdin.write_all(input);
    }
}

fn collect(pipe: impl Read, most: u64, is_too_much: &AtomicBool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = pipe.take(most.saturating_add(1)).read_to_end(&mut bytes);
    is_too_much.store(bytes.len() as u64 > most, Ordering::Relaxed);
    bytes
}

/// Keeps the beginning and reads the rest, so that git never waits for it.
fn listen(mut pipe: impl Read, heard: &Mutex<Vec<u8>>) {
    let mut piece = [0; 4096];
    while let Ok(length @ 1..) = pipe.read(&mut piece) {
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MAX_SAID.saturating_sub(heard.len());
        heard.extend(&piece[..length.min(room)]);
    }
}

/// Watches how much the files in a folder grow.
struct Growth<'l> {
    folder: &'l Path,
    most: u64,
    before: u64,
    looked: Instant,
}

impl<'l> Growth<'l> {
    fn of(limits: &'l Limits) -> Option<Self> {
        let (folder, most) = limits.growth.as_ref()?;
        Some(Self { folder, most: *most, before: size(folder), looked: Instant::now() })
    }

    fn check(&mut self) -> Result<(), GitError> {
        if self.looked.elapsed() < GROWTH_EVERY {
            return Ok(());
        }
        self.looked = Instant::now();
        if size(self.folder).saturating_sub(self.before) > self.most {
            return Err(GitError::TooMuch(self.most));
        }
        Ok(())
    }
}

fn size(folder: &Path) -> u64 {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}
