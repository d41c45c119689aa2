//! No disk: a browser has none, and nothing is read there.

use std::io;
use std::path::Path;

use super::{Blob, NotRead};
use crate::path::SafePath;

pub(crate) fn read_blob(_: &Path, _: &SafePath) -> Result<Blob, NotRead> {
    Err(NotRead::Missing)
}

pub(crate) fn files_below(_: &Path, _: &SafePath) -> Result<Vec<SafePath>, NotRead> {
    Err(NotRead::Missing)
}

pub(super) fn names(_: &Path, _: Option<&str>) -> Option<Vec<String>> {
    None
}

pub(crate) fn read_seen(_: &Path, _: u64, _: u64) -> io::Result<Option<Blob>> {
    Err(io::ErrorKind::Unsupported.into())
}
