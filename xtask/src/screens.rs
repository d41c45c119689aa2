//! The whole screens of the program, in both languages, as files of `tests/screens`: what `--help` says of each command,
//! the review, every error of the error table; and, in English alone, what changes of an answer mean for what runs. They are read in a diff.

mod changes;
mod errors;
mod reviews;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::reference::commands;
use crate::tree::{File, Tree};
use crate::{Result, workspace};

/// The languages, each with a folder of its own.
const LANGUAGES: [&str; 2] = ["en", "ko"];

/// Returns the folder of the screens.
#[must_use]
pub fn folder() -> PathBuf {
    workspace::root().join("tests/screens")
}

/// Takes every screen, by the path of its file.
///
/// # Errors
///
/// When the program does not end as it should.
pub fn take(program: &Path) -> Result<Tree> {
    let mut screens = Tree::new();
    let mut keep = |language: &str, name: &str, text: String| {
        screens.insert(format!("{language}/{name}.txt"), File { executable: false, bytes: text.into_bytes() });
    };
    for language in LANGUAGES {
        for words in commands::all()? {
            let words: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
            let name = format!("help/{}", [&["launchway"], &words[..words.len() - 1]].concat().join("-"));
            keep(language, &name, run(program, language, &words, &workspace::target())?.of_code(0)?);
        }
        for (name, text) in errors::take(program, language)?.into_iter().chain(reviews::take(program, language)?) {
            keep(language, &name, text);
        }
    }
    for (name, text) in changes::take(program)? {
        keep(LANGUAGES[0], &name, text);
    }
    Ok(screens)
}

/// A command that has ended.
struct Ran {
    line: String,
    code: Option<i32>,
    said: String,
}

impl Ran {
    /// Returns the line, what it said and its exit code as one screen.
    fn of_code(self, code: i32) -> Result<String> {
        let Self { line, code: actual, said } = self;
        if actual == Some(code) {
            return Ok(format!("$ {line}\n{said}exit code {code}\n"));
        }
        Err(format!("`{line}` ended with {actual:?} instead of {code}:\n{said}").into())
    }
}

/// Runs the program in a folder, whose own path is not told.
fn run(program: &Path, language: &str, words: &[&str], folder: &Path) -> Result<Ran> {
    let mut command = hermetic(program, language)?;
    let Output { status, stdout, stderr } = command.args(words).current_dir(folder).output()?;
    let said = String::from_utf8(stdout)? + &String::from_utf8(stderr)?;
    let said = said.replace(&*folder.to_string_lossy(), "/folder");
    let said = said.lines().fold(String::new(), |said, line| said + line.trim_end() + "\n");
    Ok(Ran { line: format!("launchway {}", words.join(" ")), code: status.code(), said })
}

fn hermetic(program: &Path, language: &str) -> Result<Command> {
    let mut command = workspace::hermetic(program)?;
    command.env("LAUNCHWAY_LANG", language);
    Ok(command)
}
