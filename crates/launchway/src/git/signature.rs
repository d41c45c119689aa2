//! Who made a commit of a template, and when: what is made of it says the same.

use super::remote::Remote;
use crate::failure::Failure;

/// An author as a commit has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) name: String,
    pub(crate) email: String,
    /// The seconds since 1970, and the time zone: `1700000000 +0100`.
    pub(crate) date: String,
}

impl Remote {
    /// Returns the author of a commit that was fetched.
    pub(crate) fn signature(&self, commit: &str) -> Result<Signature, Failure> {
        let words = ["show", "--no-patch", "--no-show-signature", "--date=raw", "--format=%an%x00%ae%x00%ad", commit];
        let said = self.git().text(&words).map_err(|error| self.failed(error))?;
        let mut parts = said.split('\0').map(|part| part.replace(['<', '>', '\n'], ""));
        let mut next = || parts.next().unwrap_or_default();
        Ok(Signature { name: next(), email: next(), date: next() })
    }
}
