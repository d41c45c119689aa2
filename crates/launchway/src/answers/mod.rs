//! Answers that are given beforehand, by a file or by `--set`.

mod environment;
mod file;
mod set;

pub(crate) use environment::misspelt_variables;
pub(crate) use file::add_file;
pub(crate) use set::set;
