//! `launchway template`: what the authors of templates need.

mod test;

use clap::{ArgMatches, Command};

use crate::failure::{Exit, Failure};

/// Defines the command line.
pub(crate) fn define() -> Command {
    Command::new("template")
        .about("Helps the authors of templates")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(test::define())
}

/// Runs the command.
pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    match matches.subcommand() {
        Some(("test", matches)) => test::run(matches),
        _ => Err(Failure::new(Exit::Usage, "there is no such command")),
    }
}
