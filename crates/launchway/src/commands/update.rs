//! `launchway update`: merges a template's new version, or another answer, into a project.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::args;
use crate::failure::{Exit, Failure};
use crate::report::Output;
use crate::update::{self, UpdateRequest};

const AFTER_HELP: &str = "\
Merges what the template has become since the project was made with what people made of the project since: of three \
texts, the one that was generated, the one that stands there and the one that would be generated today. What both have \
changed in different ways is left as git leaves a conflict, in the files and in git's index, and the exit code is 1. \
Nothing is committed, and the command that brings the old state back is printed.";

/// Defines the command line.
pub(crate) fn define() -> Command {
    let value = |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    Command::new("update")
        .about("Merges a template's new version, or another answer, into a project")
        .after_help(AFTER_HELP)
        .arg(args::folder_arg())
        .arg(value("service", "NAME").help("Which project, where the folder holds more than one"))
        .arg(
            value("to", "VERSION")
                .help("The version, tag, branch or commit to update to, instead of the newest release"),
        )
        .arg(
            value("template", "TEMPLATE").help("Another source of the template; a project made from a folder needs it"),
        )
        .arg(
            value("set", "KEY=VALUE")
                .action(ArgAction::Append)
                .help("Changes an answer: `--set strategy=canary`; may be given more than once"),
        )
        .arg(
            value("answers", "FILE")
                .value_parser(value_parser!(PathBuf))
                .action(ArgAction::Append)
                .help("Takes changed answers from a TOML, YAML or JSON file, or from standard input for `-`"),
        )
        .arg(args::switch("defaults").help("Takes the default of every new question that has one, without asking"))
        .arg(args::switch("no-input").help("Never asks; a new question without an answer is an error"))
        .arg(
            value("heal", "PATH").action(ArgAction::Append).help(
                "Brings a file, or all files of a folder, back to the template's text; may be given more than once",
            ),
        )
        .arg(args::switch("allow-dirty").help("Merges into changes that are not committed; they are kept in a commit"))
        .arg(args::switch("dry-run").help("Shows what would become of every file, and writes nothing"))
        .arg(args::switch("diff").help("Shows the changes as a diff, too"))
        .arg(args::offline_arg())
        .arg(args::accept_moved_arg())
        .arg(args::output_arg())
}

/// Runs the command.
pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    update::run(&request(matches)?)
}

fn request(matches: &ArgMatches) -> Result<UpdateRequest, Failure> {
    let output = args::output(matches);
    let diff = matches.get_flag("diff");
    if diff && output == Output::Json {
        return Err(
            Failure::new(Exit::Usage, "`--diff` is text, and `--output json` is not").hint("leave out one of them")
        );
    }
    let texts = |name: &str| matches.get_many::<String>(name).into_iter().flatten().cloned().collect();
    Ok(UpdateRequest {
        folder: args::folder(matches),
        service: matches.get_one::<String>("service").cloned(),
        to: matches.get_one::<String>("to").cloned(),
        template: matches.get_one::<String>("template").cloned(),
        set: texts("set"),
        answers_files: matches.get_many::<PathBuf>("answers").into_iter().flatten().cloned().collect(),
        defaults: matches.get_flag("defaults"),
        no_input: matches.get_flag("no-input"),
        heal: texts("heal"),
        allow_dirty: matches.get_flag("allow-dirty"),
        dry_run: matches.get_flag("dry-run"),
        diff,
        output,
        sources: args::source_options(matches),
    })
}
