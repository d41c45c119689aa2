//! Ctrl-C and its relatives: the terminal is left as it was found, and a project is written whole or not at all.

use std::sync::{Arc, Mutex, PoisonError};

#[cfg(unix)]
use crate::terminal::Settings;

static WRITING: Mutex<()> = Mutex::new(());

/// Runs what must not be cut off in the middle; a signal waits until it is done.
pub(crate) fn uninterrupted<T>(work: impl FnOnce() -> T) -> T {
    let _guard = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    work()
}

/// Ends the program on SIGINT, SIGTERM and SIGHUP, with 128 + the number of the signal.
#[cfg(unix)]
pub(crate) fn install() -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    // A file that may not grow is then an error of the write, which is reported, and not the end of the program.
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default())?;
    let settings = Settings::read();
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let _guard = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
            crate::git::kill_running();
            settings.restore();
            crate::terminal::show_cursor();
            exit(128 + signal);
        }
    })?;
    Ok(())
}

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "a signal ends the program wherever it is")]
fn exit(code: i32) -> ! {
    std::process::exit(code)
}

/// Leaves signals to the system where there are none of Unix's kind.
#[cfg(not(unix))]
pub(crate) fn install() -> std::io::Result<()> {
    Ok(())
}
