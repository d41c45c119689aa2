//! Lines of the log on their way out, written by a thread of its own.
//!
//! Whoever reads the log may be slow or gone, and the disk behind it full. None of that may hold up
//! a request, a probe or the end of the process: what finds no room is dropped and counted.

use std::{
    fs::File,
    io::{self, ErrorKind, Write},
    mem,
    os::fd::AsFd,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// What may wait, in bytes; as much again may be with the writer.
const CAPACITY: usize = 1024 * 1024;
/// How long lines are gathered, so that a busy service does not wake the writer for each of them.
const GATHER: Duration = Duration::from_millis(5);
/// How many bytes are worth waking it before.
const WORTH_WRITING: usize = 64 * 1024;
/// How long to wait before a pipe that was full is tried again.
const PAUSE: Duration = Duration::from_millis(10);

static QUEUE: Queue = Queue {
    state: Mutex::new(State {
        lines: Vec::new(),
        writer: Writer::Asleep,
        is_ending: false,
    }),
    changed: Condvar::new(),
    dropped: AtomicU64::new(0),
};

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    dropped: AtomicU64,
}

struct State {
    lines: Vec<u8>,
    writer: Writer,
    /// Nothing is gathered any more.
    is_ending: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Writer {
    /// Nothing waits: the next line has to wake it.
    Asleep,
    Gathering,
    Writing,
}

impl State {
    fn may_wait(&mut self) -> bool {
        !self.is_ending && self.lines.len() < WORTH_WRITING
    }
}

/// Starts the thread that writes to standard output.
pub(crate) fn start() -> io::Result<()> {
    // A descriptor of its own: nobody else's lock on standard output holds it up.
    let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || QUEUE.write_to(out))?;
    Ok(())
}

/// Adds whole lines, or drops them if there is no room.
pub(crate) fn push(lines: &[u8]) {
    QUEUE.push(lines);
}

/// Waits until everything is written, but not longer than `limit`.
pub(crate) fn flush(limit: Duration) {
    let mut state = QUEUE.lock();
    state.is_ending = true;
    QUEUE.changed.notify_all();
    let is_busy = |state: &mut State| !state.lines.is_empty() || state.writer != Writer::Asleep;
    let _ = QUEUE.changed.wait_timeout_while(state, limit, is_busy);
}

/// Returns how many lines nobody will ever read.
pub(crate) fn dropped() -> u64 {
    QUEUE.dropped.load(Ordering::Relaxed)
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is one step, so a poisoned lock is still in order.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, lines: &[u8]) {
        let mut state = self.lock();
        if state.lines.len() + lines.len() > CAPACITY {
            self.drop_lines(lines);
            return;
        }
        state.lines.extend_from_slice(lines);
        let is_due = !state.may_wait();
        let next = match state.writer {
            Writer::Asleep => Writer::Gathering,
            Writer::Gathering if is_due => Writer::Writing,
            // It looks again before it sleeps.
            Writer::Gathering | Writer::Writing => return,
        };
        state.writer = next;
        drop(state);
        self.changed.notify_all();
    }

    fn drop_lines(&self, lines: &[u8]) {
        let count = lines.split(|&byte| byte == b'\n').count() - 1;
        self.dropped.fetch_add(count as u64, Ordering::Relaxed);
    }

    fn write_to(&self, mut out: File) {
        let mut batch = Vec::new();
        let mut state = self.lock();
        loop {
            while state.lines.is_empty() {
                state.writer = Writer::Asleep;
                self.changed.notify_all();
                let woken = self.changed.wait(state);
                state = woken.unwrap_or_else(PoisonError::into_inner);
            }
            let waited = self
                .changed
                .wait_timeout_while(state, GATHER, State::may_wait);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.writer = Writer::Writing;
            mem::swap(&mut batch, &mut state.lines);
            drop(state);
            let written = write(&mut out, &batch);
            self.drop_lines(&batch[written..]);
            batch.clear();
            state = self.lock();
        }
    }
}

/// Writes until the end, or until writing fails; returns how much was written.
fn write(out: &mut impl Write, bytes: &[u8]) -> usize {
    let mut written = 0;
    while written < bytes.len() {
        match out.write(&bytes[written..]) {
            Ok(0) => break,
            Ok(count) => written += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(PAUSE),
            Err(_) => break,
        }
    }
    written
}
