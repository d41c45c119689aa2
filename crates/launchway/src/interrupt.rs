//! Ctrl-C, Ctrl-Z and their relatives: the terminal is left as it was found, and a project is written whole or not at all.

use std::collections::BTreeSet;
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;

use crate::terminal::foreground;
use crate::terminal::mode::{self, Settings};
use crate::{process_groups, terminal};

static WRITING: Mutex<()> = Mutex::new(());
static IS_WRITING: AtomicBool = AtomicBool::new(false);
static USES_ESCAPES: AtomicBool = AtomicBool::new(false);
static DRAWING: Mutex<()> = Mutex::new(());
static ROWS_BELOW: AtomicUsize = AtomicUsize::new(0);
static FAREWELL: Mutex<Option<String>> = Mutex::new(None);
static ASKED: Mutex<String> = Mutex::new(String::new());
/// The terminal as it was when the program started.
static FOUND: OnceLock<Settings> = OnceLock::new();
/// What wakes whoever waits for a key: the end that is written to, and the one that is waited on.
static WAKER: OnceLock<(UnixStream, UnixStream)> = OnceLock::new();

/// The signals that end the program.
const ENDING: [i32; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];

/// Why what is drawn has to be drawn again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wake {
    /// The terminal has another size.
    Resized,
    /// The program was stopped, and others have written to the terminal.
    Resumed,
}

/// Runs what must not be cut off in the middle; a signal waits until it is done.
pub(crate) fn uninterrupted<T>(work: impl FnOnce() -> T) -> T {
    let _guard = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    IS_WRITING.store(true, Ordering::Relaxed);
    let done = work();
    IS_WRITING.store(false, Ordering::Relaxed);
    done
}

/// Tells whether something is done that must not be cut off in the middle. What the keys of the terminal reach as well, such as
/// a git that was started for it, would be cut off, or stopped while it is waited for.
pub(crate) fn is_writing() -> bool {
    IS_WRITING.load(Ordering::Relaxed)
}

/// Notes that the cursor is moved from now on; where it never is, no escape sequence is ever written.
pub(crate) fn use_escapes() {
    USES_ESCAPES.store(true, Ordering::Relaxed);
}

/// Draws, and notes how many lines of it stand below the cursor: whoever stops the program in between would leave it in the
/// middle of what is drawn.
pub(crate) fn draw(text: &str, rows_below: usize) {
    let _guard = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
    terminal::say(text);
    ROWS_BELOW.store(rows_below, Ordering::Relaxed);
}

/// Notes that nothing of what is drawn stands below the cursor.
pub(crate) fn let_go() {
    ROWS_BELOW.store(0, Ordering::Relaxed);
}

/// Sets what is said when the program is interrupted; nothing if it is none.
pub(crate) fn set_farewell(text: Option<String>) {
    *FAREWELL.lock().unwrap_or_else(PoisonError::into_inner) = text;
}

/// Asks for a line; it is asked again when the program goes on after it was stopped, however early the stop came.
pub(crate) fn ask(text: &str) {
    let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    terminal::say(text);
    text.clone_into(&mut asked);
}

/// Notes that nothing is asked for any more.
pub(crate) fn answered() {
    ASKED.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// Leaves the terminal behind: below what was drawn, with its cursor, and with the farewell. The second time it does nothing.
pub(crate) fn leave() {
    let _guard = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
    let rows = ROWS_BELOW.swap(0, Ordering::Relaxed);
    let is_drawn = USES_ESCAPES.swap(false, Ordering::Relaxed);
    if is_drawn {
        terminal::say(&format!("\u{1b}[?25h{}\r\n", down(rows)));
    }
    let farewell = FAREWELL.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(farewell) = farewell {
        let is_alone = if is_drawn { "" } else { "\n" };
        terminal::say(&format!("{is_alone}{}\n", terminal::hanging(&terminal::visible(&farewell), 0)));
    }
}

fn down(rows: usize) -> String {
    if rows > 0 { format!("\u{1b}[{rows}B") } else { String::new() }
}

/// Listens for the signals: some end the program, with 128 + their number, some stop it, and some have it draw again.
pub(crate) fn install() -> io::Result<()> {
    // A file that may not grow is then an error of the write, which is reported, and not the end of the program.
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default())?;
    FOUND.get_or_init(Settings::read);
    let (writer, reader) = UnixStream::pair()?;
    writer.set_nonblocking(true)?;
    reader.set_nonblocking(true)?;
    WAKER.get_or_init(|| (writer, reader));
    let signals = Signals::new(ENDING.into_iter().chain([SIGTSTP, SIGCONT, SIGWINCH]))?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || listen(signals))?;
    Ok(())
}

fn listen(mut signals: Signals) {
    let mut arrived = BTreeSet::new();
    loop {
        if arrived.is_empty() {
            arrived.extend(signals.wait());
        }
        end_by(&arrived);
        if arrived.contains(&SIGTSTP) && foreground::has_job_control() {
            stop();
            arrived.insert(SIGCONT);
        }
        if arrived.contains(&SIGCONT) {
            arrived = go_on(&mut signals);
            wake(Wake::Resumed);
        } else {
            if arrived.contains(&SIGWINCH) {
                wake(Wake::Resized);
            }
            arrived.clear();
        }
        // What has brought it to the front is no second reason.
        arrived.extend(signals.pending().filter(|signal| *signal != SIGCONT));
    }
}

/// Ends the program if one of the signals asks for it, once what is written is whole.
fn end_by(arrived: &BTreeSet<i32>) {
    if let Some(signal) = ENDING.iter().find(|signal| arrived.contains(signal)) {
        let _guard = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        end(128 + signal, "");
    }
}

/// Takes the terminal again after a stop, once it is the program's; returns the signals that came in between. One that ends
/// the program does so at once: a shell sends it together with the signal to go on.
fn go_on(signals: &mut Signals) -> BTreeSet<i32> {
    let mut later = BTreeSet::new();
    let asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if mode::is_held() || !asked.is_empty() {
        foreground::wait(|| {
            // Who waits in the background need not be stopped, nor go on.
            later.extend(signals.pending().filter(|signal| ![SIGCONT, SIGTSTP].contains(signal)));
            end_by(&later);
        });
    }
    mode::take_again();
    terminal::say(&asked);
    later
}

/// Stops the program as Ctrl-Z does, with the terminal as it was found; returns once it goes on.
fn stop() {
    let _guards = [&WRITING, &DRAWING].map(|lock| lock.lock().unwrap_or_else(PoisonError::into_inner));
    if !foreground::is_in_background() {
        if USES_ESCAPES.load(Ordering::Relaxed) {
            terminal::say(&format!("{}\r\n", down(ROWS_BELOW.swap(0, Ordering::Relaxed))));
        }
        mode::lend();
    }
    // The signal itself has a handler now; this one stops the program in the same way.
    let _ = signal_hook::low_level::emulate_default_handler(SIGTSTP);
}

fn wake(wake: Wake) {
    let byte = if wake == Wake::Resumed { b"c" } else { b"w" };
    if let Some((mut writer, _)) = WAKER.get().map(|(writer, reader)| (writer, reader)) {
        // A full pipe wakes as well.
        let _ = writer.write(byte);
    }
}

/// Returns what can be waited on beside the keys.
pub(crate) fn waker() -> Option<&'static UnixStream> {
    WAKER.get().map(|(_, reader)| reader)
}

/// Returns why whoever waits was woken, if it was.
pub(crate) fn woken() -> Option<Wake> {
    let mut bytes = [0; 256];
    let length = waker().and_then(|mut reader| reader.read(&mut bytes).ok())?;
    let has = |byte| bytes[..length].contains(&byte);
    if has(b'c') { Some(Wake::Resumed) } else { has(b'w').then_some(Wake::Resized) }
}

/// Ends the program wherever it is, with a last word: the terminal is as it was found, and no git is left running.
#[expect(clippy::disallowed_methods, reason = "this is where the program is ended in the middle")]
pub(crate) fn end(code: i32, last_word: &str) -> ! {
    process_groups::kill_running();
    if foreground::is_in_background() {
        // What another program shows now stays as it is.
        USES_ESCAPES.store(false, Ordering::Relaxed);
    } else {
        mode::release();
        if let Some(settings) = FOUND.get() {
            settings.restore();
        }
    }
    if !foreground::is_silenced() {
        leave();
        terminal::say(last_word);
    }
    std::process::exit(code)
}
