//! The projects of a folder: which one is meant, and how its files are named to people.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap::builder::{PathBufValueParser, TypedValueParser};
use launchway_core::{Project, ProjectError, SafePath, is_cut_off};

use crate::failure::{Exit, Failure};
use crate::git::from_here;
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

/// The folder from which the root of its repository was found: the project in it is meant, of several.
static MEANT: OnceLock<SafePath> = OnceLock::new();

/// Reads the folder of a project from the command line.
pub(crate) fn folder() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(|folder| root(&folder))
}

/// Finds where the record of a project stands: in its own folder, or at the root of the repository that it is a folder of.
pub(crate) fn root(folder: &Path) -> PathBuf {
    let Some(whole) = folder.canonicalize().ok().filter(|whole| !whole.join(".launchway").is_dir()) else {
        return folder.to_owned();
    };
    for ancestor in whole.ancestors().skip(1).filter(|ancestor| ancestor.join(".launchway").is_dir()) {
        let below = whole.strip_prefix(ancestor).ok().and_then(Path::to_str).and_then(|it| SafePath::new(it).ok());
        let Some(below) = below else { continue };
        let mut projects = Project::open_each(ancestor).unwrap_or_default().into_iter();
        if projects.any(|(_, opened)| opened.is_ok_and(|project| project.is_in(&below))) {
            let _ = MEANT.set(below);
            return from_here(ancestor);
        }
    }
    folder.to_owned()
}

/// Leaves of the projects of a folder the one in whose own folder the command was run, if it was.
pub(crate) fn meant(projects: Vec<Project>) -> Vec<Project> {
    let Some(folder) = MEANT.get() else { return projects };
    projects.into_iter().filter(|project| project.is_in(folder)).collect()
}

/// Returns a path of a project as its record has it: in the project's own folder people name it from there.
pub(crate) fn below(project: &Project, path: SafePath) -> SafePath {
    let folder = MEANT.get().filter(|folder| project.is_in(folder));
    let within = folder.and_then(|folder| SafePath::new(&format!("{folder}/{path}")).ok());
    within.filter(|within| project.generated.contains_key(within)).unwrap_or(path)
}

/// Picks the project that is meant.
pub(crate) fn only(projects: Vec<Project>, wanted: Option<&str>) -> Result<Project, Failure> {
    split(projects, wanted).map(|(project, _)| project)
}

/// Separates the project that is meant from the others of the folder.
pub(crate) fn split(mut projects: Vec<Project>, wanted: Option<&str>) -> Result<(Project, Vec<Project>), Failure> {
    let names: Vec<String> = projects.iter().map(|project| format!("`{}`", project.name)).collect();
    let found = match wanted {
        Some(name) => projects.iter().position(|project| project.name == name),
        None if projects.len() == 1 => Some(0),
        None if of_folder(&projects).is_some() => of_folder(&projects),
        None => {
            let message = format!("the folder holds more than one project: {}", names.join(", "));
            return Err(Failure::new(Exit::Usage, message).hint("choose one with `--service NAME`"));
        }
    };
    match found {
        Some(position) => Ok((projects.remove(position), projects)),
        None => Err(Failure::new(Exit::Usage, format!("there is no project `{}`", wanted.unwrap_or_default()))
            .hint(format!("the folder holds {}", names.join(", ")))),
    }
}

/// Finds the only project of the folder in which the command was run.
fn of_folder(projects: &[Project]) -> Option<usize> {
    let folder = MEANT.get()?;
    let mut found = projects.iter().enumerate().filter(|(_, project)| project.is_in(folder) && !project.is_member());
    found.next().map(|(position, _)| position).filter(|_| found.next().is_none())
}

/// Says where a project stands, for people.
pub(crate) fn place(folder: &Path, path: &SafePath) -> String {
    let path = if folder == Path::new(".") { PathBuf::from(path.as_str()) } else { folder.join(path.as_str()) };
    terminal::visible_line(&path.display().to_string())
}
