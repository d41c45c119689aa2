//! Answers that are given beforehand, by a file or by `--set`.

mod file;
mod secret_like;
mod set;

pub(crate) use file::add_file;
pub(crate) use secret_like::{ALLOW_SECRET_LIKE, refuse_secrets};
pub(crate) use set::set;
