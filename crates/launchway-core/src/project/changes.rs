//! Changes: a plan held against the folder it is meant for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::record::{self, Remembered};
use crate::interview::context::Context;
use crate::path::SafePath;
use crate::path::beneath::Blob;
use crate::plan::{Plan, PlannedFile};
use crate::template::Template;

/// What will happen to a folder. The preview and the writer consume the same list.
#[derive(Debug)]
pub struct Changes {
    /// The folder; it does not exist yet.
    pub destination: PathBuf,
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

impl Changes {
    /// Checks that nothing is at a destination.
    ///
    /// # Errors
    /// Something is there already, be it a file, a folder or a link.
    pub fn check_destination(destination: &Path) -> Result<(), DestinationExists> {
        match destination.symlink_metadata() {
            Ok(_) => Err(DestinationExists(destination.to_owned())),
            Err(_) => Ok(()),
        }
    }

    /// Compares a plan with a destination at which a new project is to be made.
    ///
    /// # Errors
    /// Something is there already, be it a file, a folder or a link.
    pub fn to_create(
        template: &Template,
        context: &Context,
        plan: &Plan,
        destination: &Path,
    ) -> Result<Self, DestinationExists> {
        Self::check_destination(destination)?;
        let planned = plan.files.iter().map(|(path, file)| (path.clone(), file.clone()));
        let mut creates: Vec<_> =
            planned.chain(record::files((template, context, plan), &Remembered::default())).collect();
        creates.push(record::new_attributes());
        creates.sort_by(|left, right| left.0.cmp(&right.0));
        Ok(Self { destination: destination.to_owned(), creates })
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
        Changes::check_destination(&root.join(path.as_str()))?;
        let after = Blob { bytes: file.bytes, executable: file.executable };
        Ok(Edit { path, before: None, after: Some(after) })
    };
    let remembered = Remembered { deleted: missing.clone(), ..Remembered::default() };
    let attributes = record::attributes(root).map_err(|(path, _)| DestinationExists(root.join(path.as_str())))?;
    // What names the project comes last: what is cut off before it is no record yet.
    let record = record::files((template, context, plan), &remembered).into_iter().map(edit);
    attributes.map(Ok).into_iter().chain(record).collect()
}
