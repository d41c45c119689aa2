//! The language of templates: text with tags, read into a checked tree, and rendered into text.

pub(crate) mod check;
pub(crate) mod engine;
pub(crate) mod glob;
pub(crate) mod helpers;
mod parser;
pub(crate) mod problem;
pub mod quote;
pub(crate) mod syntax;
