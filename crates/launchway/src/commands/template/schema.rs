//! `launchway template schema`: JSON Schemas for editors, of the manifest and of one template's answers.

use clap::{ArgMatches, Command};
use launchway_core::schema;

use crate::commands::args;
use crate::failure::Failure;
use crate::{report, terminal};

const AFTER_HELP: &str = "\
Without an argument, of `template.toml`; with one, of the answers files of that template. Both are JSON Schemas of the \
version 2020-12, which editors use to complete and to check.";

/// Defines the command line.
pub(super) fn define() -> Command {
    Command::new("schema")
        .about("Prints a JSON Schema of the manifest, or of a template's answers")
        .after_help(AFTER_HELP)
        .arg(super::source_arg())
        .arg(args::offline_arg())
}

/// Runs the command.
pub(super) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let schema = match matches.get_one::<String>("SOURCE") {
        None => schema::manifest(),
        Some(source) => schema::answers(&super::load(source, &super::options(matches))?),
    };
    terminal::print(&report::json(&schema))
}
