//! The language of templates: text with tags, read into a checked tree, and rendered into text.

pub(crate) mod check;
mod compute;
pub(crate) mod engine;
mod evaluate;
pub(crate) mod file_kind;
pub(crate) mod glob;
pub(crate) mod helpers;
mod parser;
pub(crate) mod problem;
pub mod quote;
mod steps;
pub(crate) mod syntax;
pub(crate) mod tables;
