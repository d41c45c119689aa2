//! `launchway templates`: which templates there are.

use clap::{ArgMatches, Command};
use launchway_core::Template;
use launchway_core::template::builtin_ids;
use serde_json::json;

use crate::args::{self, Output};
use crate::failure::Failure;
use crate::terminal;

/// Defines the command line.
pub(crate) fn define() -> Command {
    Command::new("templates").about("Lists the built-in templates").arg(args::output_arg())
}

/// Runs the command.
pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let templates = builtin_ids().into_iter().map(Template::builtin).collect::<Result<Vec<_>, _>>()?;
    let text = match args::output(matches) {
        Output::Text => {
            templates.iter().fold(String::new(), |text, it| format!("{text}{} {}  {}\n", it.id, it.version, it.title))
        }
        Output::Json => {
            let entries = templates.iter().map(
                |it| json!({ "id": it.id, "version": it.version.to_string(), "title": it.title, "source": "builtin" }),
            );
            format!("{:#}\n", json!({ "schema": "launchway.templates/1", "templates": entries.collect::<Vec<_>>() }))
        }
    };
    terminal::print(&text)
}
