//! Answers that are given beforehand, by a file or by `--set`.

mod file;
mod set;

pub(crate) use file::add_file;
pub(crate) use set::set;
