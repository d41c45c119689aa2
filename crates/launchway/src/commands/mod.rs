//! The commands, one a file.

pub(crate) mod new;
pub(crate) mod templates;
