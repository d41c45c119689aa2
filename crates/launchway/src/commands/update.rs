//! `launchway update`: merges a template's new version, or another answer, into a project.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::args;
use crate::failure::{Exit, Failure};
use crate::report::Output;
use crate::update::{self, Keep, UpdateRequest};

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
        .arg(args::switch("take-defaults").help(
            "Lets the answers that nobody gave be the template's defaults of today, instead of those that run",
        ))
        .arg(args::switch("no-input").help("Never asks; a new question without an answer is an error"))
        .arg(
            value("heal", "PATH").action(ArgAction::Append).help(
                "Brings a file, or all files of a folder, back to the template's text; may be given more than once",
            ),
        )
        .arg(
            value("keep", "PATH").action(ArgAction::Append).help(
                "Keeps a file, or all files of a folder, out of updates from now on; `--keep=no PATH` lets updates have it again",
            ),
        )
        .arg(args::switch("resolve-record").help(
            "Makes one record of two after a merge of branches that have both updated the project",
        ))
        .arg(Arg::new("PATH").num_args(0..).hide(true))
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

/// Reads `--keep PATH` and `--keep=no PATH`: the path after a `no` stands where the folder of the project would.
fn kept(matches: &ArgMatches) -> Result<(PathBuf, Vec<Keep>), Failure> {
    let with_places = |name: &str| {
        let values = matches.get_raw(name).into_iter().flatten().map(|value| value.to_string_lossy().into_owned());
        let is_given = matches.value_source(name) == Some(ValueSource::CommandLine);
        let places = matches.indices_of(name).into_iter().flatten();
        places.zip(values).filter(|_| is_given).collect::<Vec<_>>()
    };
    let mut rest: BTreeMap<usize, String> = [with_places("DIR"), with_places("PATH")].into_iter().flatten().collect();
    let mut keep = Vec::new();
    for (place, value) in with_places("keep") {
        if value != "no" {
            keep.push(Keep::Yes(value));
            continue;
        }
        let Some(after) = rest.range(place..).next().map(|(after, _)| *after) else {
            return Err(Failure::new(Exit::Usage, "`--keep=no` has no path").hint("write it as `--keep=no PATH`"));
        };
        keep.extend(rest.remove(&after).map(Keep::No));
    }
    let mut rest = rest.into_values();
    let folder = rest.next().map_or_else(|| PathBuf::from("."), PathBuf::from);
    match rest.next() {
        None => Ok((folder, keep)),
        Some(more) => Err(Failure::new(Exit::Usage, format!("unexpected argument `{more}`"))
            .hint("an update is of one folder: `launchway update [DIR]`")),
    }
}

fn request(matches: &ArgMatches) -> Result<UpdateRequest, Failure> {
    let output = args::output(matches);
    let diff = matches.get_flag("diff");
    if diff && output == Output::Json {
        return Err(
            Failure::new(Exit::Usage, "`--diff` is text, and `--output json` is not").hint("leave out one of them")
        );
    }
    let (folder, keep) = kept(matches)?;
    let texts = |name: &str| matches.get_many::<String>(name).into_iter().flatten().cloned().collect();
    Ok(UpdateRequest {
        folder,
        service: matches.get_one::<String>("service").cloned(),
        to: matches.get_one::<String>("to").cloned(),
        template: matches.get_one::<String>("template").cloned(),
        set: texts("set"),
        answers_files: matches.get_many::<PathBuf>("answers").into_iter().flatten().cloned().collect(),
        defaults: matches.get_flag("defaults"),
        take_defaults: matches.get_flag("take-defaults"),
        no_input: matches.get_flag("no-input"),
        heal: texts("heal"),
        keep,
        resolve_record: matches.get_flag("resolve-record"),
        allow_dirty: matches.get_flag("allow-dirty"),
        dry_run: matches.get_flag("dry-run"),
        diff,
        output,
        sources: args::source_options(matches),
    })
}
