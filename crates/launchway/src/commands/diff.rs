//! `launchway diff`: what people changed in the files of a project since they were generated.

use std::path::{Path, PathBuf};

use clap::Args;
use launchway_core::{Blob, Edit, Project};
use serde::Serialize;

use crate::diff;
use crate::failure::Failure;
use crate::report::{OUTPUT_HELP, Output, json};
use crate::repository::ignores_modes;
use crate::{projects, terminal};

const AFTER_HELP: &str = "\
Compares the files as they are now with those that the last `new` or `update` generated, as the record has them. No \
template and no network is needed. A file that was moved is shown as one that went. Files that the template has only \
seeded are left out.";

/// The arguments of `launchway diff`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct DiffArgs {
    /// The folder of the project, with `.launchway` in it
    #[arg(value_name = "DIR", default_value = ".")]
    pub(super) folder: PathBuf,
    #[arg(long, value_name = "FORMAT", default_value = "text", help = OUTPUT_HELP)]
    output: Output,
}

#[derive(Serialize)]
struct DiffReport<'a> {
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

/// Runs the command.
pub(super) fn run(args: &DiffArgs) -> Result<(), Failure> {
    let projects = projects::meant(projects::open(&args.folder)?);
    let edits: Vec<Vec<Edit>> = projects.iter().map(|project| edits(project, &args.folder)).collect();
    let both = || projects.iter().zip(&edits);
    terminal::print(&match args.output {
        Output::Text => both().map(|(_, edits)| diff::of(&edits.iter().collect::<Vec<_>>())).collect(),
        Output::Json => json(&DiffReport {
            schema: "launchway.diff/1",
            projects: both().map(|(project, edits)| report(project, edits)).collect(),
        }),
    })
}

/// What was changed in the files. Which of them can be run is no change where git was told not to look at that.
fn edits(project: &Project, folder: &Path) -> Vec<Edit> {
    let mut edits = project.edits(folder);
    let mode = |blob: &Option<Blob>| blob.as_ref().map(|blob| blob.executable);
    let has_other_mode = |edit: &Edit| edit.after.is_some() && mode(&edit.before) != mode(&edit.after);
    if edits.iter().any(has_other_mode) && ignores_modes(folder) {
        for edit in &mut edits {
            if let (Some(before), Some(after)) = (&edit.before, &mut edit.after) {
                after.executable = before.executable;
            }
        }
        edits.retain(|edit| edit.before != edit.after);
    }
    edits
}

fn report<'a>(project: &'a Project, edits: &'a [Edit]) -> ProjectReport<'a> {
    let file = |edit: &'a Edit| FileReport {
        path: edit.path.as_str(),
        status: if edit.after.is_some() { "changed" } else { "deleted" },
        managed: project.managed.contains(&edit.path),
    };
    ProjectReport { name: &project.name, files: edits.iter().map(file).collect() }
}
