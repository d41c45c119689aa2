//! `launchway template`: what the authors of templates need.

mod graph;
mod lint;
mod new;
mod schema;
mod show;
mod test;

use std::path::Path;

use clap::{Arg, ArgMatches, Command};
use launchway_core::{SourceSpec, Template};

use crate::commands::args;
use crate::failure::{Exit, Failure};
use crate::git::FetchOptions;
use crate::sources;

/// Defines the command line.
pub(crate) fn define() -> Command {
    Command::new("template")
        .about("Helps the authors of templates")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(new::define())
        .subcommand(lint::define())
        .subcommand(test::define())
        .subcommand(show::define())
        .subcommand(schema::define())
}

/// Runs the command.
pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    match matches.subcommand() {
        Some(("new", matches)) => new::run(matches),
        Some(("lint", matches)) => lint::run(matches),
        Some(("test", matches)) => test::run(matches),
        Some(("show", matches)) => show::run(matches),
        Some(("schema", matches)) => schema::run(matches),
        _ => Err(Failure::new(Exit::Usage, "there is no such command")),
    }
}

/// The argument that names a template.
fn source_arg() -> Arg {
    Arg::new("SOURCE").help("The template: a folder, a built-in one, a git repository, or CATALOG:TEMPLATE")
}

/// Reads how a template is to be fetched; only a tag that moved matters to those who look at one.
fn options(matches: &ArgMatches) -> FetchOptions {
    FetchOptions { offline: matches.get_flag("offline"), accept_moved: false }
}

/// Adds the switches of a command that takes a template.
fn with_source(command: Command) -> Command {
    command.arg(source_arg()).arg(args::offline_arg()).arg(args::output_arg())
}

/// Loads the template that a name means.
pub(crate) fn load(source: &str, options: &FetchOptions) -> Result<Template, Failure> {
    Ok(sources::load(&spec(source)?, options)?.template)
}

/// Reads what names a template; one without a slash may be a folder here as well.
fn spec(source: &str) -> Result<SourceSpec, Failure> {
    let is_folder = Path::new(source).join("template.toml").is_file();
    if is_folder { Ok(SourceSpec::Folder(source.into())) } else { Ok(source.parse()?) }
}
