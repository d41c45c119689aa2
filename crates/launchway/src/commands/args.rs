//! Arguments that several commands have.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, value_parser};

use crate::git::FetchOptions;
use crate::report::Output;

/// The switch that leaves the network alone.
pub(crate) fn offline_arg() -> Arg {
    switch("offline").help("Fetches nothing: templates and catalogs are taken as they were fetched before")
}

/// The folder of the project that a command is about.
pub(crate) fn folder_arg() -> Arg {
    Arg::new("DIR")
        .value_parser(value_parser!(PathBuf))
        .default_value(".")
        .help("The folder of the project, with `.launchway` in it")
}

/// Reads the folder of the project.
pub(crate) fn folder(matches: &ArgMatches) -> PathBuf {
    matches.get_one::<PathBuf>("DIR").cloned().unwrap_or_default()
}

/// The switch that takes a tag as it is now.
pub(crate) fn accept_moved_arg() -> Arg {
    switch("accept-moved").help("Takes a tag that is another commit than before, which is refused otherwise")
}

/// Reads how templates are to be fetched, where a command has both switches.
pub(crate) fn source_options(matches: &ArgMatches) -> FetchOptions {
    FetchOptions { offline: matches.get_flag("offline"), accept_moved: matches.get_flag("accept-moved") }
}

pub(crate) fn switch(name: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue)
}

pub(crate) fn output_arg() -> Arg {
    Arg::new("output")
        .long("output")
        .value_name("FORMAT")
        .value_parser(["text", "json"])
        .default_value("text")
        .help("What stdout carries: text, or one JSON object")
}

/// Reads how results are to be written.
pub(crate) fn output(matches: &ArgMatches) -> Output {
    match matches.get_one::<String>("output").map(String::as_str) {
        Some("json") => Output::Json,
        _ => Output::Text,
    }
}
