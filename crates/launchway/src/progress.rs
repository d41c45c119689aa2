//! Long work says on stderr that it goes on, when a terminal that can take the line away again is there to read it.
//!
//! A thread of its own with one line to draw: a crate for progress bars would bring more than it does.

use std::io::{self, IsTerminal as _};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::terminal::{self, Capability, visible_line};
use crate::{interrupt, trace};

/// Work that ends sooner is not worth a word.
const PATIENCE: Duration = Duration::from_millis(400);
const TURN: Duration = Duration::from_millis(100);
const SIGNS: [&str; 4] = ["⠋", "⠙", "⠴", "⠦"];

/// Does something, and shows what while it takes long.
pub(crate) fn during<T>(what: &str, work: impl FnOnce() -> T) -> T {
    // What is shown step by step needs no such line, and would stand in it.
    if !io::stderr().is_terminal() || terminal::capability() == Capability::Plain || trace::is_on() {
        return work();
    }
    let (done, is_done) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            let start = Instant::now();
            let mut wait = PATIENCE;
            let mut turn = 0;
            // It goes on until the other end is gone, also when the work panics.
            while is_done.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                draw(what, turn, start.elapsed());
                (wait, turn) = (TURN, turn + 1);
            }
            if turn > 0 {
                terminal::say("\r\x1b[K");
            }
        });
        let result = work();
        drop(done);
        result
    })
}

fn draw(what: &str, turn: usize, elapsed: Duration) {
    interrupt::use_escapes();
    let columns = usize::from(console::Term::stderr().size().1).saturating_sub(1);
    let line = format!("{} {} ({} s)", SIGNS[turn % SIGNS.len()], visible_line(what), elapsed.as_secs());
    terminal::say(&format!("\r\x1b[K{}", console::truncate_str(&line, columns, "…")));
}
