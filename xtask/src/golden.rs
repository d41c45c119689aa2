//! The golden projects: `tests/golden/<case>/answers.toml` and, beside it, the project that the program makes of it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::tree::{self, Tree};
use crate::{Result, workspace};

/// One folder of `tests/golden`.
#[derive(Debug, Clone)]
pub struct Case {
    /// The folder's name.
    pub name: String,
    folder: PathBuf,
}

impl Case {
    /// Returns the file with the answers.
    #[must_use]
    pub fn answers(&self) -> PathBuf {
        self.folder.join("answers.toml")
    }

    /// Returns the folder of the project, as it was last blessed.
    #[must_use]
    pub fn project(&self) -> PathBuf {
        self.folder.join("project")
    }
}

/// Lists the cases by name.
///
/// # Errors
///
/// When there is none, or the folder cannot be read.
pub fn cases() -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(workspace::root().join("tests").join("golden"))? {
        let folder = entry?.path();
        if folder.join("answers.toml").is_file() {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            cases.push(Case { name, folder });
        }
    }
    if cases.is_empty() {
        return Err("`tests/golden` has no case".into());
    }
    cases.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(cases)
}

/// Runs `program` on the answers of `case` and reads what it wrote.
///
/// # Errors
///
/// When the program fails.
pub fn render(program: &Path, case: &Case) -> Result<Tree> {
    let folder = tempfile::tempdir()?;
    let project = folder.path().join("project");
    write(program, case, &project)?;
    Ok(tree::read(&project)?)
}

/// Runs `program` on the answers of `case`, into `destination`.
///
/// # Errors
///
/// When the program fails.
pub fn write(program: &Path, case: &Case, destination: &Path) -> Result<()> {
    let output = workspace::hermetic(program)?
        .args(["new", "--no-input", "--no-git", "--answers"])
        .arg(case.answers())
        .arg("--dest")
        .arg(destination)
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("case `{}`: {}\n{said}", case.name, output.status).into())
}

/// Takes the record's compressed copy of the project out of `tree`, and returns it with its path. Golden projects do not
/// hold it, because nobody can review it: a test unpacks it and compares it with the files.
pub fn take_base(tree: &mut Tree) -> Option<(String, tree::File)> {
    let is_base = |path: &String| path.strip_suffix(".base").is_some_and(|path| path.starts_with(".launchway/"));
    let path = tree.keys().find(|path| is_base(path)).cloned()?;
    tree.remove_entry(&path)
}
