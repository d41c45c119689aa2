//! The whole program from outside, as one test binary: `cargo test --package launchway-tests`.

#![expect(clippy::unwrap_used, reason = "a test ends where an expectation of its own is wrong")]

mod check;
mod command_line;
mod generated;
mod golden;
mod history;
mod hostile;
mod matrix;
mod merges;
mod mutations;
mod package;
mod pairs;
mod program;
mod project;
mod rendered;
mod rollback;
mod service;
mod source;
mod strategies;
mod terminal;
mod validators;
mod wizard;
