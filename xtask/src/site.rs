//! `cargo xtask site`: the documentation as a web site, by mdBook, with the portal below it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::portal::{self, Build};
use crate::{Result, tools, workspace};

/// The folder, once it is built: whoever reads in it would meet a second build.
static BUILT: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Where the first page has the way to the portal, if the portal is there.
const PLACE: &str = "<!-- the portal -->";

const BUTTON: &str = "<p><a class=\"try\" href=\"portal/index.html\">Try it here</a> The page makes the project in your browser, and sends nothing \
                      anywhere.</p>";

/// Builds the site, once in each process, and returns its folder. The portal is in it wherever the compiler can make WebAssembly.
///
/// # Errors
///
/// When mdBook cannot be installed, or does not build the site without complaint, or the portal does not build.
pub fn build(portal: Build) -> Result<PathBuf> {
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
    if let Some(why) = portal::missing()? {
        eprintln!("the site has no portal: {why}");
    } else {
        portal::write(Some(&folder.join("portal")), &[], portal)?;
        show_button(&folder)?;
    }
    *built = Some(folder.clone());
    Ok(folder)
}

/// Leads from the first page to the portal.
fn show_button(folder: &Path) -> Result<()> {
    // The first page is there under two names.
    for name in ["index.html", "introduction.html"] {
        let page = fs::read_to_string(folder.join(name))?;
        if !page.contains(PLACE) {
            return Err(format!("docs/introduction.md has no `{PLACE}`").into());
        }
        fs::write(folder.join(name), page.replacen(PLACE, BUTTON, 1))?;
    }
    Ok(())
}
