//! `launchway why`: says which template file, conditions and answers are behind a file of a project.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};

use super::args;
use crate::failure::Failure;
use crate::why::{self, WhyRequest};

const AFTER_HELP: &str = "\
Says which file of the template a path was made from, under which conditions, for which elements of a list, whose it is, \
and which answers stand behind it. For a path that the template does not make now: which condition is false, and which \
answers would bring it. Nothing is rendered and nothing is written.";

/// Defines the command line.
pub(crate) fn define() -> Command {
    let value = |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    Command::new("why")
        .about("Says which template file, conditions and answers are behind a file")
        .after_help(AFTER_HELP)
        .arg(Arg::new("PATH").required(true).help("The path below the folder of the project"))
        .arg(
            value("dir", "DIR")
                .value_parser(value_parser!(PathBuf))
                .default_value(".")
                .help("The folder of the project, with `.launchway` in it"),
        )
        .arg(value("service", "NAME").help("Which project, where the folder holds more than one"))
        .arg(value("template", "TEMPLATE").help("The template; a project made from a folder needs it"))
        .arg(args::offline_arg())
        .arg(args::accept_moved_arg())
        .arg(args::output_arg())
}

/// Runs the command.
pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    why::run(&WhyRequest {
        path: text("PATH").unwrap_or_default(),
        folder: matches.get_one::<PathBuf>("dir").cloned().unwrap_or_default(),
        service: text("service"),
        template: text("template"),
        sources: args::source_options(matches),
        output: args::output(matches),
    })
}
