//! Both sides add something at one place of a file: the cases of `tests/merges`, which the suite holds Launchway to, played
//! through the other tools.
//!
//! A case is one file: why it is merged or asked, the path, an empty line, and the text. Where a side has changed it, a block
//! has what each has there: `@@ base`, `@@ yours`, `@@ theirs` and `@@ merged`. A side that is left out is as the base, and the
//! merge as the side that has changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::history::{Edit, History};
use super::oracle::Snapshot;
use super::run;
use super::tool::{Programs, Tool};
use crate::{Result, workspace};

/// A file of which both sides have changed one place.
#[derive(Debug)]
pub struct Case {
    /// The name of the file of the case.
    pub name: String,
    /// The path in the project.
    pub path: String,
    /// The text as it was generated.
    pub base: String,
    /// As the team has it.
    pub yours: String,
    /// As the template has it now.
    pub theirs: String,
    /// What a careful person would make of it, unless that person must be asked.
    pub merged: String,
}

/// What came of the cases.
#[derive(Debug, Default)]
pub struct Counts {
    /// Those that came out as a careful person would have it.
    pub merged: usize,
    /// Those that must be asked, and were.
    pub asked: usize,
    /// Those that came out otherwise without a sign of it.
    pub wrong: Vec<String>,
}

impl Case {
    /// Reads the cases that are `merged`, or `asked`.
    ///
    /// # Errors
    ///
    /// When a case cannot be read.
    pub fn all(kind: &str) -> Result<Vec<Self>> {
        let folder = workspace::root().join("tests/merges").join(kind);
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder)? {
            paths.push(entry?.path());
        }
        paths.sort();
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        paths.iter().map(|path| Self::read(&name(path), &fs::read_to_string(path)?)).collect()
    }

    fn read(name: &str, text: &str) -> Result<Self> {
        let (head, body) = text.split_once("\n\n").ok_or_else(|| format!("{name} has no empty line"))?;
        let (_, path) = head.split_once('\n').ok_or_else(|| format!("{name} does not say why, and of which file"))?;
        let mut sides: [String; 4] = Default::default();
        let mut block: Option<BTreeMap<&str, String>> = None;
        let mut part = "";
        for line in body.split_inclusive('\n') {
            match (line.strip_prefix("@@ ").map(str::trim_end), &mut block) {
                (Some("end"), _) => {
                    let parts = completed(&block.take().unwrap_or_default());
                    for (side, text) in sides.iter_mut().zip(parts) {
                        side.push_str(&text);
                    }
                }
                (Some(name), block) => {
                    part = name;
                    block.get_or_insert_default().insert(name, String::new());
                }
                (None, Some(parts)) => parts.entry(part).or_default().push_str(line),
                (None, None) => {
                    for side in &mut sides {
                        side.push_str(line);
                    }
                }
            }
        }
        if block.is_some() {
            return Err(format!("a block of {name} has no end").into());
        }
        // The files of this repository have LF alone.
        let [base, yours, theirs, merged] =
            if name == "carriage-returns" { sides.map(|side| side.replace('\n', "\r\n")) } else { sides };
        Ok(Self { name: name.to_owned(), path: path.to_owned(), base, yours, theirs, merged })
    }

    fn history(&self) -> History {
        History::new("addition", "both sides add something at one place")
            .was(&self.path, self.base.clone())
            .is(&self.path, self.theirs.clone())
            .team_commits(Edit::write(&self.path, self.yours.clone()))
    }
}

/// Returns what each side has in a block, and what a merge has there.
fn completed(parts: &BTreeMap<&str, String>) -> [String; 4] {
    let base = parts.get("base").cloned().unwrap_or_default();
    let of = |side: &str| parts.get(side).unwrap_or(&base).clone();
    let (yours, theirs) = (of("yours"), of("theirs"));
    let one = if theirs == base { yours.clone() } else { theirs.clone() };
    let merged = parts.get("merged").cloned().unwrap_or(one);
    [base, yours, theirs, merged]
}

/// Plays every case with a tool.
///
/// # Errors
///
/// When anything but an update itself fails.
pub fn play(tool: Tool, programs: &Programs) -> Result<Counts> {
    let mut counts = Counts::default();
    for (kind, is_mergeable) in [("merged", true), ("asked", false)] {
        for case in Case::all(kind)? {
            let ran = run::run(tool, programs, &case.history(), 1)?;
            let after = &ran.observed.after;
            let text = after.files.get(&case.path).map(|file| file.bytes.as_slice());
            let is_asked = ran.observed.code != Some(0) || shows_a_conflict(after);
            if is_mergeable && !is_asked && text == Some(case.merged.as_bytes()) {
                counts.merged += 1;
            } else if is_asked {
                counts.asked += usize::from(!is_mergeable);
            } else {
                counts.wrong.push(case.name);
            }
        }
    }
    Ok(counts)
}

fn shows_a_conflict(after: &Snapshot) -> bool {
    let is_rejection = |path: &String| path.strip_suffix(".rej").is_some();
    let has_marks = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"<<<<<<< "));
    !after.stages.is_empty()
        || after.files.keys().any(is_rejection)
        || after.files.values().any(|file| has_marks(&file.bytes))
}
