//! `launchway adopt`: gives a project that has no record one, with the answers that fit its files best.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::args;
use crate::adopt::{self, AdoptRequest};
use crate::failure::Failure;

const AFTER_HELP: &str = "\
Finds the answers from which the template would make what stands here: reads them out of the files, renders in memory, \
and keeps what fits most lines. Nothing is asked, and no file is changed but those of the record, `.launchway/NAME.*`. \
Exit code 1 if hardly anything fits, 3 if there is a record already.";

/// Defines the command line.
pub(crate) fn define() -> Command {
    let value = |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    Command::new("adopt")
        .about("Gives a project that has no record one, with the answers that fit its files best")
        .after_help(AFTER_HELP)
        .arg(Arg::new("DIR").value_parser(value_parser!(PathBuf)).default_value(".").help("The folder of the project"))
        .arg(value("template", "TEMPLATE").default_value("service").help("The template to hold the files against"))
        .arg(value("name", "NAME").help("The name of the project, if it is not to be found"))
        .arg(
            value("set", "KEY=VALUE")
                .action(ArgAction::Append)
                .help("An answer that is known: `--set strategy=canary`; may be given more than once"),
        )
        .arg(args::switch("dry-run").help("Shows what was found, and writes nothing"))
        .arg(args::offline_arg())
        .arg(args::accept_moved_arg())
        .arg(args::output_arg())
}

/// Runs the command.
pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    adopt::run(&AdoptRequest {
        folder: args::folder(matches),
        template: text("template").unwrap_or_default(),
        name: text("name"),
        set: matches.get_many::<String>("set").into_iter().flatten().cloned().collect(),
        dry_run: matches.get_flag("dry-run"),
        sources: args::source_options(matches),
        output: args::output(matches),
    })
}
