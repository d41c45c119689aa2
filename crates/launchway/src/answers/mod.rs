//! Answers that are given beforehand, by a file or by `--set`.

mod environment;
mod file;
mod secret_like;
mod set;

pub(crate) use environment::misspelt_variables;
pub(crate) use file::add_file;
pub(crate) use secret_like::{ALLOW_SECRET_LIKE, refuse_secrets};
pub(crate) use set::set;
