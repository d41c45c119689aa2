//! The whole program from outside, as one test binary: `cargo test --package launchway-tests`.

#![expect(clippy::unwrap_used, reason = "a test ends where an expectation of its own is wrong")]

mod add;
mod adopt;
mod advise;
mod catalogs;
mod check;
mod command_line;
mod diagrams;
mod docs;
mod drafts;
mod generated;
mod golden;
mod history;
mod hostile;
mod hostile_git;
mod keys;
mod languages;
mod layers;
mod matrix;
mod merges;
mod mutations;
mod package;
mod peers;
mod program;
mod project;
mod released;
mod remote;
mod rendered;
mod rollback;
mod scripting;
mod secrets;
mod service;
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
