//! Changes: a plan held against the folder it is meant for.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use super::digest::ChangesDigest;
use super::in_the_way;
use super::record::{self, Remembered};
use crate::interview::context::Context;
use crate::path::SafePath;
use crate::path::beneath::Blob;
use crate::plan::{Plan, PlannedFile};
use crate::template::Template;

/// What will happen to a folder. The preview and the writer consume the same list.
#[derive(Debug)]
pub struct Changes {
    /// The folder.
    pub destination: PathBuf,
    /// Whether it is there already; nothing is in the way of the files then.
    pub is_there: bool,
    /// The files to create, sorted by path, the project's record among them.
    pub creates: Vec<(SafePath, PlannedFile)>,
}

/// A change to one file of a folder that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The path below the folder.
    pub path: SafePath,
    /// The file as it is; none if there is none.
    pub before: Option<Blob>,
    /// The file as it will be; none if it goes.
    pub after: Option<Blob>,
}

/// The destination is already there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the destination `{}` already exists", .0.display())]
pub struct DestinationExists(pub PathBuf);

/// Why nothing can be written to a destination.
#[derive(Debug, thiserror::Error)]
pub enum DestinationError {
    /// A file or a link is there.
    #[error(transparent)]
    Exists(#[from] DestinationExists),
    /// The folder has a project already.
    #[error("`{}` has a project already: {}", .destination.display(), quoted(.projects))]
    HasProject {
        /// The folder.
        destination: PathBuf,
        /// The names of its projects.
        projects: Vec<String>,
    },
    /// Files would be overwritten, or some disk would take them for those that come.
    #[error("`{}` has {} in the way of the project", .destination.display(), quoted(.paths))]
    InTheWay {
        /// The folder.
        destination: PathBuf,
        /// What is in the way, below the folder.
        paths: Vec<String>,
    },
    /// The folder cannot be read.
    #[error("cannot read `{}`: {error}", .path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl Changes {
    /// Checks that a project can be made at a destination: that nothing is there, or a folder without a project.
    ///
    /// # Errors
    /// A file or a link is there, or a folder that has a project already.
    pub fn check_destination(destination: &Path) -> Result<(), DestinationError> {
        if !is_there(destination)? {
            return Ok(());
        }
        let unreadable = |error: super::ProjectError| DestinationError::Unreadable {
            path: destination.to_owned(),
            error: io::Error::other(error.to_string()),
        };
        let projects: Vec<String> = super::names(destination.into()).map_err(unreadable)?.into_iter().collect();
        if projects.is_empty() {
            return Ok(());
        }
        Err(DestinationError::HasProject { destination: destination.to_owned(), projects })
    }

    /// Holds files against a destination at which they are to be made.
    ///
    /// # Errors
    /// A file or a link is there, or a folder in which something is in the way of them.
    pub fn at(destination: &Path, creates: Vec<(SafePath, PlannedFile)>) -> Result<Self, DestinationError> {
        let is_there = is_there(destination)?;
        if is_there {
            let paths = in_the_way::of(destination, creates.iter().map(|(path, _)| path))
                .map_err(|(path, error)| DestinationError::Unreadable { path, error })?;
            if !paths.is_empty() {
                return Err(DestinationError::InTheWay { destination: destination.to_owned(), paths });
            }
        }
        Ok(Self { destination: destination.to_owned(), is_there, creates })
    }

    /// Returns the files as edits of a folder that is there. What names the project comes last: what is cut off before it is
    /// no record yet.
    pub(crate) fn edits(&self) -> Vec<Edit> {
        let edit = |(path, file): &(SafePath, PlannedFile)| Edit {
            path: path.clone(),
            before: None,
            after: Some(Blob { bytes: file.bytes.clone(), executable: file.executable }),
        };
        let mut edits: Vec<Edit> = self.creates.iter().map(edit).collect();
        edits.sort_by_key(|edit| record::part_of(&edit.path));
        edits
    }

    /// Returns the digest of all that is written.
    #[must_use]
    pub fn digest(&self) -> ChangesDigest {
        ChangesDigest::of(&self.edits())
    }

    /// Compares a plan with a destination at which a new project is to be made.
    ///
    /// # Errors
    /// A file or a link is there, or a folder that has a project or in which something is in the way.
    pub fn to_create(
        template: &Template,
        context: &Context,
        plan: &Plan,
        destination: &Path,
    ) -> Result<Self, DestinationError> {
        Self::check_destination(destination)?;
        Self::at(destination, Self::created(template, context, plan))
    }

    /// Returns a new project that stands nowhere yet: its files are those of a folder of this name.
    #[must_use]
    pub fn apart(template: &Template, context: &Context, plan: &Plan, folder: &Path) -> Self {
        Self { destination: folder.to_owned(), is_there: false, creates: Self::created(template, context, plan) }
    }

    /// Lists the files of a new project, its record among them.
    fn created(template: &Template, context: &Context, plan: &Plan) -> Vec<(SafePath, PlannedFile)> {
        let planned = plan.files.iter().map(|(path, file)| (path.clone(), file.clone()));
        let mut creates: Vec<_> =
            planned.chain(record::files((template, context, plan), &Remembered::default())).collect();
        creates.push(record::new_attributes());
        creates.sort_by(|left, right| left.0.cmp(&right.0));
        creates
    }
}

/// Tells whether a destination is a folder that is there; a link to one is none.
fn is_there(destination: &Path) -> Result<bool, DestinationExists> {
    match destination.symlink_metadata() {
        Ok(found) if found.is_dir() => Ok(true),
        Ok(_) => Err(DestinationExists(destination.to_owned())),
        Err(_) => Ok(false),
    }
}

/// Returns what gives a folder the record of a project that stands there already. The files that are missing are
/// remembered as taken away by the user.
///
/// # Errors
/// There is a record of that name.
pub fn to_adopt(
    template: &Template,
    context: &Context,
    plan: &Plan,
    missing: &BTreeSet<SafePath>,
    root: &Path,
) -> Result<Vec<Edit>, DestinationExists> {
    let edit = |(path, file): (SafePath, PlannedFile)| {
        let place = root.join(path.as_str());
        if place.symlink_metadata().is_ok() {
            return Err(DestinationExists(place));
        }
        let after = Blob { bytes: file.bytes, executable: file.executable };
        Ok(Edit { path, before: None, after: Some(after) })
    };
    let remembered = Remembered { deleted: missing.clone(), ..Remembered::default() };
    let attributes =
        record::attributes(root.into()).map_err(|(path, _)| DestinationExists(root.join(path.as_str())))?;
    // What names the project comes last: what is cut off before it is no record yet.
    let record = record::files((template, context, plan), &remembered).into_iter().map(edit);
    attributes.map(Ok).into_iter().chain(record).collect()
}
