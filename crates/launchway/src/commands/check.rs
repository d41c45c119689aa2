//! `launchway check`: tells whether the files of a project still agree with each other.

use clap::{ArgMatches, Command};

use super::args;
use crate::checked::{self, CheckOutput, CheckRequest};
use crate::failure::{Exit, Failure};

const AFTER_HELP: &str = "\
Reads the files as they are now: whether they parse, and whether the values that must agree still do. What must agree \
was recorded when the project was made; no template and no network is needed. `--updates` also asks where the template \
came from whether there is a newer version, and computes what an update to it would do. Exit code 1 if anything was \
found, or if an update would change anything.";

/// Defines the command line.
pub(crate) fn define() -> Command {
    Command::new("check")
        .about("Tells whether the files of a project still agree with each other")
        .after_help(AFTER_HELP)
        .arg(args::folder_arg())
        .arg(args::switch("updates").help("Also tells whether there is a newer version, and what an update would do"))
        .arg(args::offline_arg())
        .arg(args::accept_moved_arg())
        .arg(
            args::output_arg()
                .value_parser(["text", "json", "sarif"])
                .help("What stdout carries: text, one JSON object, or SARIF 2.1.0 for code scanning"),
        )
}

/// Runs the command.
pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let output = match matches.get_one::<String>("output").map(String::as_str) {
        Some("json") => CheckOutput::Json,
        Some("sarif") => CheckOutput::Sarif,
        _ => CheckOutput::Text,
    };
    let updates = matches.get_flag("updates");
    if updates && output == CheckOutput::Sarif {
        return Err(Failure::new(Exit::Usage, "SARIF has findings in files, and an update is none")
            .hint("leave out `--updates`, or choose `--output json`"));
    }
    let (folder, sources) = (args::folder(matches), args::source_options(matches));
    checked::run(&CheckRequest { folder, updates, sources, output })
}
