//! `launchway template new`: a template repository that works at once.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};
use launchway_core::skeleton::{SkeletonError, skeleton};
use launchway_core::{Changes, apply};
use serde_json::json;

use crate::commands::args;
use crate::failure::{Exit, Failure};
use crate::report::Output;
use crate::terminal::{self, shell_word, visible_line};
use crate::{interrupt, report};

/// Defines the command line.
pub(super) fn define() -> Command {
    Command::new("new")
        .about("Writes a new template: manifest, two files, test cases, a workflow and a README")
        .arg(Arg::new("NAME").required(true).help("The id of the template, a slug, and the name of its folder"))
        .arg(
            Arg::new("dest")
                .long("dest")
                .value_name("FOLDER")
                .value_parser(value_parser!(PathBuf))
                .help("The folder to make, instead of one named after the template"),
        )
        .arg(args::output_arg())
}

/// Runs the command.
pub(super) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let name = matches.get_one::<String>("NAME").cloned().unwrap_or_default();
    let creates = skeleton(&name).map_err(|error| match error {
        SkeletonError::Name(_) => Failure::new(Exit::Usage, error.to_string()).hint("for example `team-service`"),
        error => Failure::new(Exit::Internal, error.to_string()),
    })?;
    let destination = matches.get_one::<PathBuf>("dest").cloned().unwrap_or_else(|| PathBuf::from(&name));
    Changes::check_destination(&destination)?;
    let changes = Changes { destination, creates };
    interrupt::uninterrupted(|| apply(&changes))?;
    let shown = visible_line(&changes.destination.display().to_string());
    terminal::say(&format!("created `{shown}` with {} files\n", changes.creates.len()));
    terminal::say(&next_steps(&shown, &name));
    let paths: Vec<&str> = changes.creates.iter().map(|(path, _)| path.as_str()).collect();
    terminal::print(&match args::output(matches) {
        Output::Text => format!("{shown}\n"),
        Output::Json => report::json(&json!({
            "schema": "launchway.template.new/1",
            "path": changes.destination.display().to_string(),
            "files": paths,
        })),
    })
}

fn next_steps(folder: &str, name: &str) -> String {
    let word = shell_word(folder);
    let source = if folder.starts_with(['/', '.']) { word.clone() } else { format!("./{word}") };
    format!(
        "\nNext steps\n  launchway template test {source}\n      makes the projects of its test cases, and compares them\n  \
         launchway new {name}-example --template {source}\n      makes a project from it\n"
    )
}
