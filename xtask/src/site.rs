//! `cargo xtask site`: the documentation as a web site, by mdBook.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::{Result, tools, workspace};

/// The folder, once it is built: whoever reads in it would meet a second build.
static BUILT: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Builds the site, once in each process, and returns its folder.
///
/// # Errors
///
/// When mdBook cannot be installed, or does not build the site without complaint.
pub fn build() -> Result<PathBuf> {
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(folder) = &*built {
        return Ok(folder.clone());
    }
    let folder = workspace::target().join("site");
    let mut command = Command::new(tools::install_mdbook()?);
    let output = command.arg("build").arg(workspace::root().join("docs")).arg("--dest-dir").arg(&folder).output()?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if !output.status.success() || ["WARN", "ERROR"].iter().any(|word| said.contains(word)) {
        return Err(format!("mdbook did not build the site:\n{said}").into());
    }
    *built = Some(folder.clone());
    Ok(folder)
}
