//! The projects of a folder: which one is meant, and how its files are named to people.

use std::path::{Path, PathBuf};

use launchway_core::{Project, ProjectError, SafePath, is_cut_off};

use crate::failure::{Exit, Failure, listed};
use crate::{language, terminal};

/// Reads the records of a folder. What a command has left there that was cut off is said; one that writes has taken it back.
pub(crate) fn open(folder: &Path) -> Result<Vec<Project>, Vec<ProjectError>> {
    let _step = tracing::info_span!("read", what = %format_args!("the records of {}", folder.display())).entered();
    if is_cut_off(folder) {
        let note = language::text(
            "note: a command that was cut off has left some of its files here; the next one that writes takes them back",
        );
        terminal::say(&format!("{note}\n"));
    }
    Project::open_all(folder)
}

/// Picks the project that is meant.
pub(crate) fn only(projects: Vec<Project>, wanted: Option<&str>) -> Result<Project, Failure> {
    split(projects, wanted).map(|(project, _)| project)
}

/// Separates the project that is meant from the others of the folder.
pub(crate) fn split(mut projects: Vec<Project>, wanted: Option<&str>) -> Result<(Project, Vec<Project>), Failure> {
    let names = listed(projects.iter().map(|project| &project.name));
    let found = match wanted {
        Some(name) => projects.iter().position(|project| project.name == name),
        None if projects.len() == 1 => Some(0),
        None => {
            let message = format!("the folder holds more than one project: {names}");
            return Err(Failure::new(Exit::Usage, message).hint("choose one with `--service NAME`"));
        }
    };
    match found {
        Some(position) => Ok((projects.remove(position), projects)),
        None => Err(Failure::new(Exit::Usage, format!("there is no project `{}`", wanted.unwrap_or_default()))
            .hint(format!("the folder holds {names}"))),
    }
}

/// Says where a project stands, for people.
pub(crate) fn place(folder: &Path, path: &SafePath) -> String {
    let path = if folder == Path::new(".") { PathBuf::from(path.as_str()) } else { folder.join(path.as_str()) };
    terminal::visible_line(&path.display().to_string())
}
