//! The projects of a folder: which one is meant, and how its files are named to people.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use launchway_core::{Project, ProjectError, SafePath, is_cut_off, nearest as nearest_word};

use crate::failure::{Exit, Failure, listed};
use crate::git::{Git, from_here};
use crate::{language, terminal};

/// The folder of the records.
const RECORD_FOLDER: &str = ".launchway";

/// The project that a command is run for.
pub(crate) struct FoundProject {
    /// Its folder, as the command names it.
    pub(crate) folder: PathBuf,
    /// Where the command was run, below that folder: any folder of this machine, be it one that a project could have or not.
    below: PathBuf,
}

/// Finds the folder that a command is for: the one that it names, or the nearest above the one that it is run in that has a
/// record. A project that is a folder of a larger repository has its record at the root of that, also where the folder is named.
/// The search ends at the top of a repository, and at a folder of another owner. `usage` is for the hint.
pub(crate) fn find(folder: &Path, usage: &str) -> Result<FoundProject, Failure> {
    if !folder.is_dir() || Project::is_recorded(folder) {
        return Ok(FoundProject { folder: folder.to_owned(), below: PathBuf::new() });
    }
    let is_here = folder == Path::new(".");
    let whole = if is_here { std::env::current_dir() } else { folder.canonicalize() };
    if let Some((root, below)) = whole.ok().as_deref().and_then(above) {
        let meant = nearest(&root, &below);
        let is_named = meant.as_ref().is_some_and(|meant| Path::new(meant.as_str()) == below);
        if let Some(meant) = meant.filter(|_| is_here || is_named) {
            let _ = MEANT.set(meant);
        }
        if is_here || is_named {
            return Ok(FoundProject { folder: from_here(&root), below });
        }
    }
    refuse_left_out(folder)?;
    let error = ProjectError::NoRecord(folder.to_owned());
    let hint = format!("run it in a project that launchway made, or name the folder of one: `{usage}`");
    Err(Failure::of(Exit::Usage, error).hint(hint))
}

/// Refuses a folder of which git has the record of a project, and the checkout leaves it out: it would look like one without.
pub(crate) fn refuse_left_out(folder: &Path) -> Result<(), Failure> {
    let places = [RECORD_FOLDER.to_owned(), format!(":(top){RECORD_FOLDER}")];
    let words = ["ls-files", "-t", "-z", "--"].into_iter().chain(places.iter().map(String::as_str));
    let listed = Git::of_user(folder).bytes(&words.collect::<Vec<_>>(), &[]).unwrap_or_default();
    let listed = String::from_utf8_lossy(&listed);
    let mut left_out = listed.split('\0').filter_map(|line| line.strip_prefix("S "));
    let Some(record) = left_out.find(|path| path.strip_suffix(".toml").is_some() && !folder.join(path).exists()) else {
        return Ok(());
    };
    let record = terminal::visible_line(record);
    let message = format!("the checkout leaves out `{record}` (sparse, or skip-worktree), the record of the project");
    Err(Failure::new(Exit::Exists, message)
        .hint("check it out: `git sparse-checkout disable`, or `git update-index --no-skip-worktree FILE`"))
}

/// Finds the nearest folder above one that has a record, and the way from there.
fn above(here: &Path) -> Option<(PathBuf, PathBuf)> {
    let owner = owner(here)?;
    let is_inside = |below: &&Path| below.join(".git").symlink_metadata().is_err();
    let above = here.ancestors().take_while(is_inside).filter_map(Path::parent);
    let mut above = above.take_while(|parent| self::owner(parent) == Some(owner));
    let is_owned = |parent: &Path| self::owner(&parent.join(RECORD_FOLDER)) == Some(owner);
    let root = above.find(|parent| is_owned(parent) && Project::is_recorded(parent))?;
    Some((root.to_owned(), here.strip_prefix(root).ok()?.to_owned()))
}

/// Finds the nearest folder, a path or one above it, that a project is of the repository at whose root its record stands.
fn nearest(root: &Path, below: &Path) -> Option<SafePath> {
    let opened = Project::open_each(root).unwrap_or_default();
    let projects: Vec<Project> = opened.into_iter().filter_map(|(_, opened)| opened.ok()).collect();
    let mut folders = below.ancestors().filter_map(|folder| SafePath::new(folder.to_str()?).ok());
    folders.find(|folder| projects.iter().any(|project| project.is_in(folder)))
}

/// Returns what helps with a path that the template does not make: the file that was probably meant, or a general hint.
pub(crate) fn meant_file(project: &Project, path: &SafePath, otherwise: &str) -> String {
    let known = project.generated.keys().map(SafePath::as_str);
    match nearest_word(path.as_str(), known) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => otherwise.to_owned(),
    }
}

/// Returns who owns a folder, itself and not what a link leads to.
fn owner(folder: &Path) -> Option<u32> {
    folder.symlink_metadata().ok().filter(std::fs::Metadata::is_dir).map(|found| found.uid())
}

impl FoundProject {
    /// Returns a path of the project that is meant from where the command was run, as git takes it.
    pub(crate) fn path(&self, path: &str) -> String {
        if self.below.as_os_str().is_empty() {
            return path.to_owned();
        }
        let below = self.below.to_string_lossy();
        let mut segments: Vec<&str> = below.split('/').collect();
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

/// The folder from which the root of its repository was found: the project in it is meant, of several.
static MEANT: OnceLock<SafePath> = OnceLock::new();

/// Tells whether a project of a folder is meant: the one in whose own folder the command was run, or any, if it was in none.
pub(crate) fn is_meant(project: &Project) -> bool {
    MEANT.get().is_none_or(|folder| project.is_in(folder))
}

/// Leaves of the projects of a folder those that are meant.
pub(crate) fn meant(projects: Vec<Project>) -> Vec<Project> {
    projects.into_iter().filter(is_meant).collect()
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
        None if of_folder(&projects).is_some() => of_folder(&projects),
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

/// Returns the name of the only project of the folder in which the command was run.
pub(crate) fn name_in_folder(folder: &Path) -> Option<String> {
    MEANT.get()?;
    let projects = Project::open_all(folder).ok()?;
    of_folder(&projects).map(|position| projects[position].name.clone())
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
