//! `launchway diff`: what people changed in the files of a project since they were generated.

use clap::{ArgMatches, Command};
use launchway_core::{Edit, Project};
use serde::Serialize;

use crate::commands::args;
use crate::diff;
use crate::failure::Failure;
use crate::report::Output;
use crate::report::json;
use crate::terminal;

const AFTER_HELP: &str = "\
Compares the files as they are now with those that the last `new` or `update` generated, as the record has them. No \
template and no network is needed. A file that was moved is shown as one that went. Files that the template has only \
seeded are left out.";

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    projects: Vec<ProjectReport<'a>>,
}

#[derive(Serialize)]
struct ProjectReport<'a> {
    name: &'a str,
    files: Vec<FileReport<'a>>,
}

#[derive(Serialize)]
struct FileReport<'a> {
    path: &'a str,
    status: &'static str,
    /// Whether the file belongs to the template, so that a change of it is drift.
    managed: bool,
}

/// Defines the command line.
pub(crate) fn define() -> Command {
    Command::new("diff")
        .about("Shows what was changed in the files of a project since they were generated")
        .after_help(AFTER_HELP)
        .arg(args::folder_arg())
        .arg(args::output_arg())
}

/// Runs the command.
pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let folder = args::folder(matches);
    let projects = Project::open_all(&folder)?;
    let edits: Vec<Vec<Edit>> = projects.iter().map(|project| project.edits(&folder)).collect();
    let both = || projects.iter().zip(&edits);
    terminal::print(&match args::output(matches) {
        Output::Text => both().map(|(_, edits)| diff::of(&edits.iter().collect::<Vec<_>>())).collect(),
        Output::Json => json(&Report {
            schema: "launchway.diff/1",
            projects: both().map(|(project, edits)| report(project, edits)).collect(),
        }),
    })
}

fn report<'a>(project: &'a Project, edits: &'a [Edit]) -> ProjectReport<'a> {
    let file = |edit: &'a Edit| FileReport {
        path: edit.path.as_str(),
        status: if edit.after.is_some() { "changed" } else { "deleted" },
        managed: project.managed.contains(&edit.path),
    };
    ProjectReport { name: &project.name, files: edits.iter().map(file).collect() }
}
