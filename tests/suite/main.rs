//! The whole program from outside, as one test binary: `cargo test --package launchway-tests`.

#![expect(clippy::unwrap_used, reason = "a test ends where an expectation of its own is wrong")]

mod add;
mod adopt;
mod adversarial;
mod catalogs;
mod check;
mod command_line;
mod generated;
mod golden;
mod history;
mod hostile;
mod hostile_git;
mod layers;
mod matrix;
mod merges;
mod mutations;
mod package;
mod peers;
mod program;
mod project;
mod properties;
mod released;
mod remote;
mod rendered;
mod rollback;
mod rows;
mod secrets;
mod service;
mod snapshot;
mod source;
mod sources;
mod strategies;
mod sweep;
mod template_commands;
mod template_test;
mod terminal;
mod update;
mod validators;
mod why;
mod wizard;
