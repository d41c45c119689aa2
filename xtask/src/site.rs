//! `cargo xtask site`: the documentation as a web site, by mdBook.

use std::path::PathBuf;
use std::process::Command;

use crate::{Result, tools, workspace};

/// Builds the site, and returns its folder.
///
/// # Errors
///
/// When mdBook cannot be installed, or does not build the site without complaint.
pub fn build() -> Result<PathBuf> {
    let folder = workspace::target().join("site");
    let mut command = Command::new(tools::install_mdbook()?);
    let output = command.arg("build").arg(workspace::root().join("docs")).arg("--dest-dir").arg(&folder).output()?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if !output.status.success() || ["WARN", "ERROR"].iter().any(|word| said.contains(word)) {
        return Err(format!("mdbook did not build the site:\n{said}").into());
    }
    Ok(folder)
}
