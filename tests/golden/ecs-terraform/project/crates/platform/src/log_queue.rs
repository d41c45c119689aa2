//! The queue of log lines, which a separate thread writes.
//!
//! The reader of the log may be slow or gone, and the disk behind it full. None of that may hold up
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
/// How many bytes wake it earlier.
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
    // A separate descriptor, so that nobody else's lock on standard output holds it up.
    let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || QUEUE.write_to(Output::new(out)))?;
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

    fn write_to(&self, mut out: Output<File>) {
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
            let written = out.write(&batch);
            self.drop_lines(&batch[written..]);
            batch.clear();
            state = self.lock();
        }
    }
}

/// Where lines go, and whether the last one got there only in part.
struct Output<W> {
    out: W,
    is_torn: bool,
}

impl<W: Write> Output<W> {
    fn new(out: W) -> Self {
        Self {
            out,
            is_torn: false,
        }
    }

    /// Writes until writing fails, and returns how much was written.
    fn write(&mut self, lines: &[u8]) -> usize {
        // The written part of a line must not spoil the next one.
        if self.is_torn && write(&mut self.out, b"\n") == 0 {
            return 0;
        }
        let written = write(&mut self.out, lines);
        self.is_torn = lines[..written].last().is_some_and(|&last| last != b'\n');
        written
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with room for so many bytes.
    struct Disk {
        bytes: Vec<u8>,
        room: usize,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.room);
            if count == 0 {
                return Err(ErrorKind::StorageFull.into());
            }
            self.room -= count;
            self.bytes.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_that_a_full_disk_has_cut_off_spoils_no_other_one() {
        let (bytes, room) = (Vec::new(), 12);
        let mut output = Output::new(Disk { bytes, room });
        assert_eq!(output.write(b"{\"a\":1}\n{\"b\":2}\n"), 12);
        assert_eq!(output.write(b"{\"c\":3}\n"), 0);
        output.out.room = 100;
        assert_eq!(output.write(b"{\"d\":4}\n"), 8);
        assert_eq!(output.out.bytes, b"{\"a\":1}\n{\"b\"\n{\"d\":4}\n");
    }
}
