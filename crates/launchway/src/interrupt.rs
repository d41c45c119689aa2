//! Ctrl-C and its relatives: the terminal is left as it was found, and a project is written whole or not at all.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::terminal::Settings;
use crate::{process_groups, terminal};

static WRITING: Mutex<()> = Mutex::new(());
static USES_ESCAPES: AtomicBool = AtomicBool::new(false);
static ROWS_BELOW: AtomicUsize = AtomicUsize::new(0);
static FAREWELL: Mutex<Option<String>> = Mutex::new(None);
/// The terminal as it was when the program started.
static FOUND: OnceLock<Settings> = OnceLock::new();

/// Runs what must not be cut off in the middle; a signal waits until it is done.
pub(crate) fn uninterrupted<T>(work: impl FnOnce() -> T) -> T {
    let _guard = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    work()
}

/// Notes that the cursor is moved from now on; where it never is, no escape sequence is ever written.
pub(crate) fn use_escapes() {
    USES_ESCAPES.store(true, Ordering::Relaxed);
}

/// Notes how many lines of what is drawn stand below the cursor.
pub(crate) fn set_rows_below(rows: usize) {
    ROWS_BELOW.store(rows, Ordering::Relaxed);
}

/// Sets what is said when the program is interrupted; nothing if it is none.
pub(crate) fn set_farewell(text: Option<String>) {
    *FAREWELL.lock().unwrap_or_else(PoisonError::into_inner) = text;
}

/// Leaves the terminal behind: below what was drawn, with its cursor, and with the farewell. The second time it does nothing.
pub(crate) fn leave() {
    let rows = ROWS_BELOW.swap(0, Ordering::Relaxed);
    let is_drawn = USES_ESCAPES.swap(false, Ordering::Relaxed);
    if is_drawn {
        let down = if rows > 0 { format!("\u{1b}[{rows}B") } else { String::new() };
        terminal::say(&format!("\u{1b}[?25h{down}\r\n"));
    }
    let farewell = FAREWELL.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(farewell) = farewell {
        let is_alone = if is_drawn { "" } else { "\n" };
        terminal::say(&format!("{is_alone}{}\n", terminal::visible(&farewell)));
    }
}

/// Ends the program on SIGINT, SIGTERM and SIGHUP, with 128 + the number of the signal.
pub(crate) fn install() -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    // A file that may not grow is then an error of the write, which is reported, and not the end of the program.
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default())?;
    FOUND.get_or_init(Settings::read);
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let _guard = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
            end(128 + signal, "");
        }
    })?;
    Ok(())
}

/// Ends the program wherever it is, with a last word: the terminal is as it was found, and no git is left running.
#[expect(clippy::disallowed_methods, reason = "this is where the program is ended in the middle")]
pub(crate) fn end(code: i32, last_word: &str) -> ! {
    process_groups::kill_running();
    if let Some(settings) = FOUND.get() {
        settings.restore();
    }
    leave();
    terminal::say(last_word);
    std::process::exit(code)
}
