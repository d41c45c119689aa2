//! `cargo xtask picture [--check]`: plays the wizard in a terminal of its own and draws what it shows, for the README.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{self, Pty};
use vt100::{Cell, Color, Parser};

use crate::{Result, workspace};

const ROWS: NonZero<u16> = NonZero::new(24).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(88).unwrap();
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a frame stays, in seconds.
const SECONDS: usize = 3;
/// The size of a character, in the units of the picture.
const WIDTH: usize = 9;
const HEIGHT: usize = 19;
const MARGIN: usize = 16;

const BACKGROUND: &str = "#1c1f26";
const FOREGROUND: &str = "#d8dee9";
/// The eight colours of a terminal, by their number.
const COLOURS: [&str; 8] = ["#8b93a3", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#abb2bf"];

/// What the viewer sees: the text that must be on the screen, and the keys that are pressed once it was drawn.
const SCENES: [(&str, &str); 7] = [
    ("Service name", "orders"),
    ("orders-ENVIRONMENT", "\r"),
    ("What does it do?", "\r"),
    ("Where will it run?", "\x1b[B"),
    ("❯ Kubernetes", "\r"),
    ("How is it reached", ""),
    ("Review", ""),
];

/// Draws the wizard into `docs/wizard.svg`.
///
/// # Errors
///
/// When the program does not show what it should.
pub fn write() -> Result<()> {
    fs::write(path(), draw()?)?;
    Ok(())
}

/// Checks that the picture is what the program shows.
///
/// # Errors
///
/// When it is not.
pub fn check() -> Result<()> {
    if fs::read_to_string(path())? == draw()? {
        return Ok(());
    }
    Err("docs/wizard.svg is not what the wizard shows; `cargo xtask picture` draws it again".into())
}

fn path() -> PathBuf {
    workspace::root().join("docs/wizard.svg")
}

/// Plays the scenes; each frame is the screen before its keys are pressed.
fn draw() -> Result<String> {
    let folder = tempfile::tempdir()?;
    let mut command = workspace::hermetic(&workspace::program()?)?;
    command.env_remove("COLUMNS").arg("new").env("LAUNCHWAY_STATE_DIR", folder.path()).current_dir(folder.path());
    let mut terminal = Terminal::start(&command, (ROWS, COLUMNS))?;
    let mut frames = Vec::new();
    for (text, keys) in SCENES {
        if text == "Review" {
            terminal.accept_until(text, "")?;
        }
        frames.push(terminal.frame(text)?);
        terminal.press(keys)?;
    }
    terminal.interrupt()?;
    Ok(picture(&frames))
}

/// The wizard in a terminal.
pub(crate) struct Terminal {
    child: Child,
    pty: Arc<Pty>,
    shown: Arc<Mutex<Parser>>,
}

impl Terminal {
    /// Starts a command in its folder, with the variables that were set on it and no other.
    pub(crate) fn start(command: &Command, (rows, columns): (NonZero<u16>, NonZero<u16>)) -> Result<Self> {
        let (pty, pts) = blocking::open()?;
        pty.resize(Size::new(rows.get(), columns.get()))?;
        let set = command.get_envs().filter_map(|(key, value)| Some((key, value?)));
        let child = blocking::Command::new(command.get_program())
            .args(command.get_args())
            .env_clear()
            .envs(set)
            .env("TERM", "xterm-256color")
            .current_dir(command.get_current_dir().unwrap_or(Path::new(".")))
            .spawn(pts)?;
        let pty = Arc::new(pty);
        let shown = Arc::new(Mutex::new(Parser::new(rows, columns, 0)));
        thread::spawn({
            let (pty, shown) = (Arc::clone(&pty), Arc::clone(&shown));
            move || follow(&pty, &shown)
        });
        Ok(Self { child, pty, shown })
    }

    /// Presses keys.
    pub(crate) fn press(&self, keys: &str) -> Result<()> {
        Ok((&*self.pty).write_all(keys.as_bytes())?)
    }

    /// Returns what is on the screen.
    pub(crate) fn contents(&self) -> String {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).screen().contents()
    }

    fn line_of_cursor(&self) -> String {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let (row, columns) = (shown.screen().cursor_position().0, shown.screen().size().1);
        shown.screen().contents_between(row, 0, row, columns.get())
    }

    /// Accepts one default after the other until a text is on the screen.
    ///
    /// Each is only accepted once the line of the cursor ends with `prompt`: what is typed before is shown wherever the
    /// terminal stands at that moment.
    pub(crate) fn accept_until(&self, text: &str, prompt: &str) -> Result<()> {
        let start = Instant::now();
        while !self.contents().contains(text) {
            if start.elapsed() > PATIENCE {
                return Err(format!("`{text}` does not come:\n{}", self.contents()).into());
            }
            if !self.line_of_cursor().trim_end().ends_with(prompt) {
                thread::sleep(Duration::from_millis(5));
                continue;
            }
            let before = self.contents();
            self.press("\r")?;
            while self.contents() == before && start.elapsed() < PATIENCE {
                thread::sleep(Duration::from_millis(5));
            }
            self.settle();
        }
        Ok(())
    }

    /// Presses Ctrl-C and returns the exit code.
    pub(crate) fn interrupt(&mut self) -> Result<Option<i32>> {
        self.press("\x03")?;
        Ok(self.child.wait()?.code())
    }

    /// Waits until nothing changes any more.
    fn settle(&self) {
        let mut before = String::new();
        while self.contents() != before {
            before = self.contents();
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Draws the screen once a text is on it.
    fn frame(&self, text: &str) -> Result<String> {
        let start = Instant::now();
        while !self.contents().contains(text) {
            if start.elapsed() > PATIENCE {
                return Err(format!("`{text}` is not on the screen:\n{}", self.contents()).into());
            }
            thread::sleep(Duration::from_millis(5));
        }
        self.settle();
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        Ok((0..ROWS.get()).map(|row| line(shown.screen(), row)).collect())
    }
}

fn follow(mut pty: &Pty, shown: &Mutex<Parser>) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = pty.read(&mut buffer) {
        shown.lock().unwrap_or_else(PoisonError::into_inner).process(&buffer[..read]);
    }
}

/// Draws a line of the screen: each word whose characters look alike is one text, since pictures fold spaces.
fn line(screen: &vt100::Screen, row: u16) -> String {
    let mut drawn = String::new();
    let mut column = 0;
    while column < COLUMNS.get() {
        let Some(cell) = screen.cell(row, column) else { break };
        let look = look(cell);
        let mut text = String::new();
        let start = column;
        while let Some(cell) = screen.cell(row, column).filter(|cell| self::look(cell) == look) {
            text.push_str(cell.contents());
            column += 1;
        }
        if !look.is_empty() {
            let (x, y) = (MARGIN + usize::from(start) * WIDTH, MARGIN + usize::from(row + 1) * HEIGHT - 5);
            let length = usize::from(column - start) * WIDTH;
            let _ =
                writeln!(drawn, "<text x=\"{x}\" y=\"{y}\" textLength=\"{length}\"{look}>{}</text>", escaped(&text));
        }
    }
    drawn
}

/// Says how a character looks, as attributes of a text; an empty place has none.
fn look(cell: &Cell) -> String {
    if cell.contents().trim().is_empty() && !cell.is_wide_continuation() {
        return String::new();
    }
    let colour = match cell.fgcolor() {
        Color::Default if cell.dim() => COLOURS[0],
        Color::Default => FOREGROUND,
        Color::Idx(number) => COLOURS[usize::from(number % 8)],
        Color::Rgb(red, green, blue) => return format!(" fill=\"#{red:02x}{green:02x}{blue:02x}\""),
    };
    let weight = if cell.bold() { " font-weight=\"bold\"" } else { "" };
    format!(" fill=\"{colour}\"{weight}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Shows one frame after the other, the last one first, since it is all that a still picture has.
fn picture(frames: &[String]) -> String {
    let (width, height) =
        (MARGIN * 2 + usize::from(COLUMNS.get()) * WIDTH, MARGIN * 2 + usize::from(ROWS.get()) * HEIGHT);
    let total = frames.len() * SECONDS;
    let shown = 100 / frames.len();
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
         aria-label=\"The wizard of launchway new: questions with a live preview of names, and the review\">\n<style>\n\
         text {{ font: 15px ui-monospace, Menlo, Consolas, monospace; white-space: pre; }}\n\
         .frame {{ opacity: 0; animation: show {total}s infinite steps(1); }}\n\
         @keyframes show {{ 0% {{ opacity: 1 }} {shown}% {{ opacity: 0 }} }}\n\
         @media (prefers-reduced-motion) {{ .frame {{ animation: none }} .frame:last-of-type {{ opacity: 1 }} }}\n</style>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"10\" fill=\"{BACKGROUND}\"/>\n"
    );
    for (position, frame) in frames.iter().enumerate() {
        let delay = (position + 1) % frames.len() * SECONDS;
        let _ = writeln!(text, "<g class=\"frame\" style=\"animation-delay: {delay}s\">\n{frame}</g>");
    }
    text.push_str("</svg>\n");
    text
}
