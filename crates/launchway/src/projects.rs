//! The projects of a folder: which one is meant, and how its files are named to people.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use launchway_core::{Project, ProjectError, SafePath, is_cut_off};

use crate::failure::{Exit, Failure, listed};
use crate::{language, terminal};

/// The folder of the records.
const RECORD_FOLDER: &str = ".launchway";

/// The project that a command is run for.
pub(crate) struct FoundProject {
    /// Its folder, as the command names it.
    pub(crate) folder: PathBuf,
    /// Where the command was run, below that folder.
    pub(crate) below: Option<SafePath>,
}

/// Finds the folder that a command is for: the one that it names, or the nearest above the one that it is run in that has a
/// record. The search ends at the top of a repository, and at a folder of another owner. `usage` is for the hint.
pub(crate) fn find(folder: &Path, usage: &str) -> Result<FoundProject, Failure> {
    let named = FoundProject { folder: folder.to_owned(), below: None };
    if !folder.is_dir() || Project::is_recorded(folder) {
        return Ok(named);
    }
    if folder == Path::new(".")
        && let Ok(here) = std::env::current_dir()
        && let Some(found) = above(&here)
    {
        return Ok(found);
    }
    let error = ProjectError::NoRecord(folder.to_owned());
    let hint = format!("run it in a project that launchway made, or name the folder of one: `{usage}`");
    Err(Failure::of(Exit::Usage, error).hint(hint))
}

fn above(here: &Path) -> Option<FoundProject> {
    let owner = owner(here)?;
    let mut folder = PathBuf::new();
    let is_inside = |below: &&Path| below.join(".git").symlink_metadata().is_err();
    let below = here.ancestors().take_while(is_inside).filter_map(Path::parent);
    for parent in below.take_while(|parent| self::owner(parent) == Some(owner)) {
        folder.push("..");
        if self::owner(&parent.join(RECORD_FOLDER)) == Some(owner) && Project::is_recorded(parent) {
            let below = here.strip_prefix(parent).ok()?.to_str().and_then(|below| SafePath::new(below).ok());
            return Some(FoundProject { folder, below });
        }
    }
    None
}

/// Returns who owns a folder, itself and not what a link leads to.
fn owner(folder: &Path) -> Option<u32> {
    folder.symlink_metadata().ok().filter(std::fs::Metadata::is_dir).map(|found| found.uid())
}

impl FoundProject {
    /// Returns a path of the project that is meant from where the command was run, as git takes it.
    pub(crate) fn path(&self, path: &str) -> String {
        let Some(below) = &self.below else { return path.to_owned() };
        let mut segments: Vec<&str> = below.as_str().split('/').collect();
        for segment in path.split('/') {
            match segment {
                "." | "" => {}
                ".." if !segments.is_empty() => drop(segments.pop()),
                segment => segments.push(segment),
            }
        }
        if segments.is_empty() { ".".to_owned() } else { segments.join("/") }
    }
}

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
