//! The program in a terminal of its own, as a person has it: keys go in, and a screen can be read.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read as _, Write as _};
use std::num::NonZero;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{self, Pty};
use rustix::fs::OFlags;
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{Action, LocalModes, Termios, tcflow, tcgetattr};

const PATIENCE: Duration = Duration::from_secs(20);
const ROWS: NonZero<u16> = NonZero::new(50).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(100).unwrap();

/// The keys that have no character.
pub(crate) const ENTER: &str = "\r";
pub(crate) const UP: &str = "\x1b[A";
pub(crate) const DOWN: &str = "\x1b[B";
pub(crate) const PAGE_DOWN: &str = "\x1b[6~";
pub(crate) const END: &str = "\x1b[F";
pub(crate) const ESCAPE: &str = "\x1b";
pub(crate) const CONTROL_C: &str = "\x03";

/// What kind of terminal it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    pub(crate) rows: u16,
    pub(crate) columns: u16,
    /// What it calls itself, if it does.
    pub(crate) term: Option<&'static str>,
}

impl Screen {
    /// A large one, where everything is seen at once.
    pub(crate) const LARGE: Self = Self { rows: ROWS.get(), columns: COLUMNS.get(), term: Some("xterm-256color") };
    /// The usual size.
    pub(crate) const USUAL: Self = Self { rows: 24, columns: 80, ..Self::LARGE };
    /// Hardly any room.
    pub(crate) const TINY: Self = Self { rows: 5, columns: 20, ..Self::LARGE };
    /// One that cannot move its cursor.
    pub(crate) const DUMB: Self = Self { term: Some("dumb"), ..Self::USUAL };
}

/// A terminal with a running program.
pub(crate) struct Terminal {
    pty: Arc<Pty>,
    child: Child,
    shown: Arc<Mutex<Shown>>,
    reader: Option<JoinHandle<()>>,
    before: Termios,
}

/// What a terminal does with lines that are longer than a narrower window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LongLines {
    /// They go on in the next row, as in most terminals.
    Broken,
    /// What does not fit is gone, as in xterm.
    Cut,
}

/// What the program has written: all of it, and what is on the screen now.
struct Shown {
    bytes: Vec<u8>,
    parser: vt100::Parser,
}

/// How the program left the terminal.
pub(crate) struct Left {
    pub(crate) code: Option<i32>,
    pub(crate) written: String,
    pub(crate) screen: String,
    pub(crate) is_cursor_hidden: bool,
    /// Whether lines, echo and signals are as they were before.
    pub(crate) is_restored: bool,
}

impl Terminal {
    /// Starts `command`, whose environment is exactly what was set on it.
    pub(crate) fn start(command: &Command) -> Self {
        Self::start_on(command, Screen::LARGE)
    }

    /// Starts `command` in a terminal of some kind.
    pub(crate) fn start_on(command: &Command, screen: Screen) -> Self {
        let (pty, pts) = blocking::open().unwrap();
        pty.resize(Size::new(screen.rows, screen.columns)).unwrap();
        let before = tcgetattr(&pty).unwrap();
        let set = command.get_envs().filter_map(|(key, value)| Some((key, value?)));
        let child = blocking::Command::new(command.get_program())
            .args(command.get_args())
            .env_clear()
            .envs(set)
            .envs(screen.term.map(|term| ("TERM", term)))
            .current_dir(command.get_current_dir().unwrap_or(Path::new("/")))
            .spawn(pts)
            .unwrap();
        let pty = Arc::new(pty);
        let parser = vt100::Parser::new(of(screen.rows), of(screen.columns), 0);
        let shown = Arc::new(Mutex::new(Shown { bytes: Vec::new(), parser }));
        let reader = thread::spawn({
            let (pty, shown) = (Arc::clone(&pty), Arc::clone(&shown));
            move || read(&pty, &shown)
        });
        Self { pty, child, shown, reader: Some(reader), before }
    }

    /// Gives the terminal another size, as a window does.
    pub(crate) fn resize(&self, screen: Screen, lines: LongLines) -> &Self {
        {
            let mut shown = self.shown.lock().unwrap();
            shown.parser = match lines {
                LongLines::Broken => broken(shown.parser.screen(), screen),
                LongLines::Cut => cut(shown.parser.screen(), screen),
            };
        }
        self.pty.resize(Size::new(screen.rows, screen.columns)).unwrap();
        self
    }

    /// Sends a signal to the program.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Holds what the program writes: it waits in its next write until the output is released.
    pub(crate) fn hold_output(&self) -> &Self {
        self.flow(Action::OOff)
    }

    /// Lets the program write again.
    pub(crate) fn release_output(&self) -> &Self {
        self.flow(Action::OOn)
    }

    fn flow(&self, action: Action) -> &Self {
        // Only the program's side of the terminal has an output, and it must not stay open here.
        let mut options = OpenOptions::new();
        options.write(true).custom_flags(OFlags::NOCTTY.bits().cast_signed());
        tcflow(options.open(format!("/proc/{}/fd/2", self.pid())).unwrap(), action).unwrap();
        self
    }

    /// Waits until something is so that does not stand on the screen.
    #[track_caller]
    pub(crate) fn wait_while(&self, awaited: &str, is_missing: impl Fn() -> bool) -> &Self {
        let start = Instant::now();
        while is_missing() {
            assert!(start.elapsed() < PATIENCE, "{awaited} does not come:\n{}", self.screen());
            thread::sleep(Duration::from_millis(5));
        }
        self
    }

    /// Waits until `text` was written `count` times.
    #[track_caller]
    pub(crate) fn wait_written(&self, text: &str, count: usize) -> &Self {
        self.wait_until(text, || self.written().matches(text).count() >= count);
        self
    }

    /// Waits until `text` is not on the screen any more.
    #[track_caller]
    pub(crate) fn wait_without(&self, text: &str) -> &Self {
        self.wait_until(text, || !self.screen().contains(text));
        self
    }

    /// Waits until `text` is on the screen.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) -> &Self {
        self.wait_until(text, || self.screen().contains(text));
        self
    }

    /// Waits until `question` was written, and after it `ask`, at which the program waits for a line.
    #[track_caller]
    pub(crate) fn wait_for_line(&self, question: &str, ask: &str) -> &Self {
        self.wait_until(question, || {
            self.written().rsplit_once(question).is_some_and(|(_, after)| after.ends_with(ask))
        });
        self
    }

    /// Waits until `text` was written, wherever on the screen it is, or was.
    #[track_caller]
    pub(crate) fn wait_for_written(&self, text: &str) -> &Self {
        self.wait_until(text, || self.written().contains(text));
        self
    }

    #[track_caller]
    fn wait_until(&self, text: &str, is_there: impl Fn() -> bool) {
        self.wait_while(&format!("`{text}`"), || !is_there());
    }

    /// The id of the program's process.
    pub(crate) fn pid(&self) -> String {
        self.child.id().to_string()
    }

    /// Tells whether a key that is a signal throws away what was written and not yet read.
    pub(crate) fn drops_output(&self) -> bool {
        !tcgetattr(&self.pty).unwrap().local_modes.contains(LocalModes::NOFLSH)
    }

    /// Presses keys.
    pub(crate) fn press(&self, keys: &str) -> &Self {
        (&*self.pty).write_all(keys.as_bytes()).unwrap();
        self
    }

    /// Types a text as a person does: the next character comes when the one before it is on the screen.
    #[track_caller]
    pub(crate) fn type_text(&self, text: &str) -> &Self {
        let before = self.screen().matches(text).count();
        for character in text.chars() {
            let column = self.column();
            self.press(character.encode_utf8(&mut [0; 4]));
            self.wait_until(text, || self.column() != column);
        }
        self.wait_until(text, || text.is_empty() || self.screen().matches(text).count() > before);
        self
    }

    fn column(&self) -> u16 {
        self.shown.lock().unwrap().parser.screen().cursor_position().1
    }

    pub(crate) fn screen(&self) -> String {
        self.shown.lock().unwrap().parser.screen().contents()
    }

    /// Everything that was written until now, with its escape sequences.
    pub(crate) fn written(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap().bytes).into_owned()
    }

    /// Waits for the end of the program.
    #[track_caller]
    pub(crate) fn end(mut self) -> Left {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < PATIENCE, "the program waits:\n{}", self.screen());
            thread::sleep(Duration::from_millis(10));
        };
        self.reader.take().unwrap().join().unwrap();
        let after = tcgetattr(&self.pty).unwrap();
        let shown = self.shown.lock().unwrap();
        Left {
            code: status.code(),
            written: String::from_utf8_lossy(&shown.bytes).into_owned(),
            screen: shown.parser.screen().contents(),
            is_cursor_hidden: shown.parser.screen().hide_cursor(),
            is_restored: modes(&after) == modes(&self.before),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It has ended already in a test that got to its end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The rows of a screen down to that of the cursor, or the last one with something in it.
fn rows(screen: &vt100::Screen) -> Vec<String> {
    let (_, columns) = screen.size();
    let rows: Vec<String> = screen.rows(0, columns.get()).map(|row| row.trim_end().to_owned()).collect();
    let last = rows.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1);
    rows[..last.max(usize::from(screen.cursor_position().0) + 1)].to_vec()
}

fn broken(before: &vt100::Screen, screen: Screen) -> vt100::Parser {
    let mut parser = vt100::Parser::new(of(screen.rows), of(screen.columns), 0);
    let (row, column) = before.cursor_position();
    let rows = rows(before);
    let wide = usize::from(screen.columns);
    let taken = |row: &String| row.chars().count().div_ceil(wide).max(1);
    let above: usize = rows[..usize::from(row)].iter().map(taken).sum();
    let all: usize = rows.iter().map(taken).sum();
    parser.process(rows.join("\r\n").as_bytes());
    let scrolled = all.saturating_sub(usize::from(screen.rows));
    let row = (above + usize::from(column) / wide).saturating_sub(scrolled);
    parser.process(format!("\x1b[{};{}H", row + 1, usize::from(column) % wide + 1).as_bytes());
    parser
}

fn cut(before: &vt100::Screen, screen: Screen) -> vt100::Parser {
    let mut parser = vt100::Parser::new(of(screen.rows), of(screen.columns), 0);
    let (row, column) = before.cursor_position();
    let fitting = |row: String| row.chars().take(usize::from(screen.columns)).collect::<String>();
    let rows: Vec<String> = rows(before).into_iter().map(fitting).collect();
    parser.process(rows.join("\r\n").as_bytes());
    let scrolled = rows.len().saturating_sub(usize::from(screen.rows));
    let row = usize::from(row).saturating_sub(scrolled);
    parser.process(format!("\x1b[{};{}H", row + 1, column.min(screen.columns - 1) + 1).as_bytes());
    parser
}

fn of(size: u16) -> NonZero<u16> {
    NonZero::new(size).unwrap()
}

/// All that is set, as it stands.
fn modes(termios: &Termios) -> String {
    format!("{termios:?}")
}

/// Reads until the last program has closed the terminal, which Linux reports as an input error.
fn read(mut pty: &Pty, shown: &Mutex<Shown>) {
    let mut buffer = [0; 4096];
    loop {
        match pty.read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => {
                let mut shown = shown.lock().unwrap();
                shown.bytes.extend_from_slice(&buffer[..length]);
                shown.parser.process(&buffer[..length]);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
