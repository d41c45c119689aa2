//! `launchway template new`: a template repository that works at once.

use std::path::PathBuf;

use clap::Args;
use launchway_core::skeleton::{SkeletonError, skeleton};
use launchway_core::{Changes, apply};
use serde_json::json;

use crate::failure::{Exit, Failure};
use crate::report::{OUTPUT_HELP, Output};
use crate::repository::begin::take_back;
use crate::terminal::{self, shell_word, visible_line};
use crate::{interrupt, report};

/// The arguments of `launchway template new`.
#[derive(Args)]
pub(crate) struct NewTemplateArgs {
    /// The id of the template, a slug, and the name of its folder
    #[arg(value_name = "NAME")]
    name: String,
    /// The folder to write to, instead of one named after the template; files that are there stay
    #[arg(long, value_name = "FOLDER")]
    dest: Option<PathBuf>,
    #[arg(long, value_name = "FORMAT", default_value = "text", help = OUTPUT_HELP)]
    output: Output,
}

/// Runs the command.
pub(super) fn run(args: &NewTemplateArgs) -> Result<(), Failure> {
    let name = args.name.as_str();
    let creates = skeleton(name).map_err(|error| match error {
        SkeletonError::Name(_) => Failure::new(Exit::Usage, error.to_string()).hint("for example `team-service`"),
        error => Failure::new(Exit::Internal, error.to_string()),
    })?;
    let destination = args.dest.clone().unwrap_or_else(|| PathBuf::from(name));
    take_back(&destination)?;
    let changes = Changes::at(&destination, creates)?;
    interrupt::uninterrupted(|| apply(&changes))?;
    let shown = visible_line(&changes.destination.display().to_string());
    terminal::tell(&format!("created `{shown}` with {} files\n", changes.creates.len()));
    terminal::tell(&next_steps(&shown, name));
    let paths: Vec<&str> = changes.creates.iter().map(|(path, _)| path.as_str()).collect();
    terminal::print(&match args.output {
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
