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
/// How long to wait before a pipe that was full is tried again.
const PAUSE: Duration = Duration::from_millis(10);

static QUEUE: Queue = Queue {
    state: Mutex::new(State {
        lines: Vec::new(),
        is_writing: false,
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
    is_writing: bool,
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
    let done = |state: &mut State| !state.lines.is_empty() || state.is_writing;
    let _ = QUEUE.changed.wait_timeout_while(QUEUE.lock(), limit, done);
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
        // A writer at work looks again before it sleeps.
        if !state.is_writing {
            self.changed.notify_all();
        }
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
                state.is_writing = false;
                self.changed.notify_all();
                let woken = self.changed.wait(state);
                state = woken.unwrap_or_else(PoisonError::into_inner);
            }
            state.is_writing = true;
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
