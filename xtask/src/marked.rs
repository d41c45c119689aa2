//! A part of a page in `docs/` that a command of `xtask` writes, between two markers.

use std::fs;
use std::path::PathBuf;

use crate::{Result, workspace};

const END: &str = "<!-- end -->\n";

/// The part of a page that a command writes.
#[derive(Debug, Clone, Copy)]
pub struct Marked {
    /// The page, from the root of the repository.
    pub page: &'static str,
    /// The command, as its first marker names it.
    pub command: &'static str,
}

impl Marked {
    /// Returns what stands there now.
    ///
    /// # Errors
    ///
    /// When the page cannot be read, or lacks its markers.
    pub fn read(self) -> Result<String> {
        Ok(self.parts()?.1)
    }

    /// Writes a text there.
    ///
    /// # Errors
    ///
    /// When the page cannot be read or written, or lacks its markers.
    pub fn write(self, text: &str) -> Result<()> {
        let (before, _, after) = self.parts()?;
        Ok(fs::write(self.path(), format!("{before}{}\n{text}\n{END}{after}", self.start()))?)
    }

    fn parts(self) -> Result<(String, String, String)> {
        let page = fs::read_to_string(self.path())?;
        let parts = page.split_once(&self.start()).and_then(|(before, rest)| {
            let (text, after) = rest.split_once(END)?;
            Some((before.to_owned(), text.to_owned(), after.to_owned()))
        });
        parts.ok_or_else(|| format!("{} lacks its markers", self.path().display()).into())
    }

    fn start(self) -> String {
        format!("<!-- written by `{}` -->\n", self.command)
    }

    fn path(self) -> PathBuf {
        workspace::root().join(self.page)
    }
}
