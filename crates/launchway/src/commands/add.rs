//! `launchway add service`: puts a second service into the workspace of a project.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::args;
use crate::add::{self, AddRequest, Asks};
use crate::failure::{Exit, Failure};
use crate::terminal;

const AFTER_HELP: &str = "\
The service gets files of its own, a crate in the Cargo workspace and a record beside the first one's; of the files that \
are there, Cargo.toml and Cargo.lock alone are changed, and only where they have to be. Its answers are those of the \
service that is there, apart from what each has for itself. Nothing is committed, and the command that takes everything \
back is printed.";

/// Defines the command line.
pub(crate) fn define() -> Command {
    Command::new("add")
        .about("Adds a service to the workspace of a project")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(define_service())
}

fn define_service() -> Command {
    let value = |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    let file = |name, form| value(name, form).value_parser(value_parser!(PathBuf));
    Command::new("service")
        .about("Adds a service to the workspace of a project")
        .after_help(AFTER_HELP)
        .arg(Arg::new("NAME").required(true).help("The name of the new service"))
        .arg(file("dir", "DIR").default_value(".").help("The folder of the project, with `.launchway` in it"))
        .arg(value("from", "SERVICE").help("Whose answers are taken, where the project has more than one service"))
        .arg(value("template", "TEMPLATE").help("The source of the template; a project made from a folder needs it"))
        .arg(
            value("set", "KEY=VALUE")
                .action(ArgAction::Append)
                .help("Gives an answer of its own: `--set port=8081`; may be given more than once"),
        )
        .arg(
            file("answers", "FILE")
                .action(ArgAction::Append)
                .help("Takes answers of its own from a TOML, YAML or JSON file, or from standard input for `-`"),
        )
        .arg(args::switch("defaults").help("Takes the default of every question that is open, without asking"))
        .arg(args::switch("no-input").help("Never asks; a question without an answer or a default is an error"))
        .arg(
            args::switch("allow-dirty").help("Changes Cargo's files although they have changes that are not committed"),
        )
        .arg(args::switch("dry-run").help("Shows what would be written, and writes nothing"))
        .arg(args::offline_arg())
        .arg(args::accept_moved_arg())
        .arg(args::output_arg())
}

/// Runs the command.
pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    match matches.subcommand() {
        Some(("service", matches)) => add::run(&request(matches)),
        _ => Err(Failure::new(Exit::Usage, "there is nothing of that kind to add")),
    }
}

fn request(matches: &ArgMatches) -> AddRequest {
    let texts = |name: &str| matches.get_many::<String>(name).into_iter().flatten().cloned().collect();
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    AddRequest {
        name: text("NAME").unwrap_or_default(),
        folder: matches.get_one::<PathBuf>("dir").cloned().unwrap_or_default(),
        from: text("from"),
        template: text("template"),
        set: texts("set"),
        answers_files: matches.get_many::<PathBuf>("answers").into_iter().flatten().cloned().collect(),
        asks: match (terminal::is_interactive() && !matches.get_flag("no-input"), matches.get_flag("defaults")) {
            (false, _) => Asks::Nothing,
            (true, true) => Asks::QuestionsWithoutDefault,
            (true, false) => Asks::Questions,
        },
        sources: args::source_options(matches),
        allow_dirty: matches.get_flag("allow-dirty"),
        dry_run: matches.get_flag("dry-run"),
        output: args::output(matches),
    }
}
