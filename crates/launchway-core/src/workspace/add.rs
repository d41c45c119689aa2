//! A service that is added to a project: the files that come, and those of Cargo's that change.

use std::borrow::Cow;
use std::path::Path;

use super::cargo_workspace::{self, WorkspaceError};
use crate::agreement::texts::Texts;
use crate::agreement::{Agreement, Judge};
use crate::cargo_lock;
use crate::interview::context::Context;
use crate::merge;
use crate::path::RECORD_FOLDER;
use crate::path::SafePath;
use crate::path::beneath::Blob;
use crate::path::beneath::{self, NotRead};
use crate::plan::output;
use crate::plan::{Plan, PlannedFile};
use crate::project::changes::Edit;
use crate::project::digest::ChangesDigest;
use crate::project::record::{self, Remembered};
use crate::template::Template;

const MANIFEST: &str = "Cargo.toml";
const LOCK: &str = "Cargo.lock";

/// What happens to a folder in which a service is added.
#[derive(Debug)]
pub struct Addition {
    /// The files that come, sorted by path, the record of the service among them.
    pub creates: Vec<(SafePath, PlannedFile)>,
    /// The files of the workspace that change.
    pub changes: Vec<Edit>,
    /// What changes in them, one line each.
    pub says: Vec<String>,
    /// What differs from what the template expects, one line each; it stays as it is.
    pub notes: Vec<String>,
}

/// Why a service cannot be added.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is its message")]
pub enum AddError {
    #[error("the template `{0}` does not say how a service of it joins a workspace")]
    NotForAdding(String),
    #[error("files already exist where the service would be written: {}", listed(.0))]
    InTheWay(Vec<SafePath>),
    #[error("`{path}` and `{other}`, which is there, are the same path on some disks")]
    OtherSpelling { path: SafePath, other: String },
    #[error("`{0}` is the name of a crate that is in Cargo.lock already")]
    CrateExists(String),
    #[error("`{file}` {reason}")]
    Unreadable { file: String, reason: String },
    #[error("`{MANIFEST}` {0}")]
    Workspace(#[from] WorkspaceError),
    #[error("the new crate needs the folder `{0}` of the workspace, which is not there")]
    NoFolder(String),
}

impl Addition {
    /// Holds the plan of an added service against the folder of a project.
    ///
    /// # Errors
    /// The folder is in no state for it: files are in the way, or its Cargo workspace cannot take the crate.
    pub fn new(template: &Template, context: &Context, plan: &Plan, root: &Path) -> Result<Self, AddError> {
        if !template.add.as_ref().is_some_and(|add| context.added.contains_key(&add.value)) {
            return Err(AddError::NotForAdding(template.id.clone()));
        }
        let mut addition = Self::beside(template, context, plan, root)?;
        for (folder, manifest) in crates(plan) {
            addition.join(root, plan, &folder, manifest)?;
        }
        addition.notes.extend(disagreements(root, plan));
        Ok(addition)
    }

    /// Holds the plan of a project that becomes a folder of a repository, or of a service that joins one, against what is
    /// there: nothing is replaced.
    ///
    /// # Errors
    /// Files are in the way.
    pub fn beside(template: &Template, context: &Context, plan: &Plan, root: &Path) -> Result<Self, AddError> {
        let taken = |path: &SafePath| !matches!(beneath::read(root, path), Err(NotRead::Missing));
        let mut addition = Self { creates: Vec::new(), changes: Vec::new(), says: Vec::new(), notes: Vec::new() };
        let mut remembered = Remembered::default();
        for path in plan.shared.iter().filter(|path| taken(path)) {
            addition.share(plan, path, root, &mut remembered);
        }
        let is_there = |path: &SafePath| plan.shared.contains(path) && taken(path);
        let planned = plan.files.iter().filter(|(path, _)| !is_there(path));
        let planned = planned.map(|(path, file)| (path.clone(), file.clone()));
        addition.creates = planned.chain(record::files((template, context, plan), &remembered)).collect();
        addition.creates.sort_by(|left, right| left.0.cmp(&right.0));
        let paths = addition.creates.iter().map(|(path, _)| path);
        let in_the_way: Vec<_> = paths.filter(|path| taken(path)).cloned().collect();
        if !in_the_way.is_empty() {
            return Err(AddError::InTheWay(in_the_way));
        }
        for (path, _) in &addition.creates {
            if let Some(other) = beneath::other_spelling(root, path) {
                return Err(AddError::OtherSpelling { path: path.clone(), other });
            }
        }
        let attributes = record::attributes(root.into())
            .map_err(|(path, error)| AddError::Unreadable { file: path.to_string(), reason: error.to_string() })?;
        addition.changes.extend(attributes);
        Ok(addition)
    }

    /// Brings what the project needs into a file of which the repository has one for all; where that cannot be done with
    /// certainty the file stays, out of updates, and a note says what it needs.
    fn share(&mut self, plan: &Plan, path: &SafePath, root: &Path, remembered: &mut Remembered) {
        let needed = plan.files.get(path).and_then(PlannedFile::text).unwrap_or_default();
        let before = WorkspaceText::read(root, path.as_str()).ok().flatten();
        let joined = before.as_ref().and_then(|before| merge::joined(path.as_str(), &before.text, needed));
        if let Some(joined) = joined {
            self.says.push(format!("`{path}` has the entries of `{}`", plan.name));
            self.changes.extend(before.and_then(|before| before.edit(&joined)));
        } else {
            remembered.yours.insert(path.clone());
            self.notes.push(format!(
                "`{path}` is there and stays as it is, out of updates; bring these lines into it:\n{needed}"
            ));
        }
    }

    /// Returns all that happens, in the order in which it is best done: what is new stands before anything refers to it,
    /// and the record comes last.
    #[must_use]
    pub fn edits(&self) -> Vec<Edit> {
        let create = |(path, file): &(SafePath, PlannedFile)| {
            let blob = Blob { bytes: file.bytes.clone(), executable: file.executable };
            Edit { path: path.clone(), before: None, after: Some(blob) }
        };
        let (record, files): (Vec<_>, Vec<_>) =
            self.creates.iter().partition(|(path, _)| path.folders().next() == Some(RECORD_FOLDER));
        files
            .into_iter()
            .map(create)
            .chain(self.changes.iter().cloned())
            .chain(record.into_iter().map(create))
            .collect()
    }

    /// Returns the digest of all that happens.
    #[must_use]
    pub fn digest(&self) -> ChangesDigest {
        ChangesDigest::of(&self.edits())
    }

    /// Brings a crate into the Cargo workspace that the template speaks of.
    fn join(&mut self, root: &Path, plan: &Plan, folder: &str, manifest: &str) -> Result<(), AddError> {
        let Some(model) = workspace_text(plan, MANIFEST) else { return Ok(()) };
        let file = in_folder(plan, MANIFEST);
        let before = WorkspaceText::read(root, &file)?
            .ok_or_else(|| AddError::Unreadable { file, reason: "is missing".to_owned() })?;
        let joined = cargo_workspace::join(&before.text, folder, manifest, model)?;
        for needed in &joined.needs {
            let path = SafePath::new(&in_folder(plan, &format!("{needed}/{MANIFEST}")));
            if path.is_ok_and(|path| beneath::read(root, &path).is_err()) {
                return Err(AddError::NoFolder(needed.clone()));
            }
        }
        self.says.extend(joined.says);
        self.notes.extend(joined.differs);
        self.lock(root, plan, manifest, &joined.text)?;
        self.changes.extend(before.edit(&joined.text));
        Ok(())
    }

    /// Brings a crate into `Cargo.lock`, where a project has one.
    fn lock(&mut self, root: &Path, plan: &Plan, manifest: &str, workspace: &str) -> Result<(), AddError> {
        let Some(before) = WorkspaceText::read(root, &in_folder(plan, LOCK))? else {
            self.notes.push(format!("there is no `{LOCK}`; cargo makes one"));
            return Ok(());
        };
        let name = cargo_workspace::name(manifest).unwrap_or_default();
        if cargo_lock::holds(&before.text, &name) {
            return Err(AddError::CrateExists(name));
        }
        let asked = |dependency: &str| cargo_workspace::requirement(workspace, dependency);
        let joined = workspace_text(plan, LOCK).and_then(|model| {
            let version = cargo_workspace::version(workspace, manifest)?;
            cargo_lock::join(&before.text, model, &name, &version, asked)
        });
        match joined {
            Some(joined) => {
                self.says.push(format!("`{name}` is in `{LOCK}`"));
                self.changes.extend(before.edit(&joined));
            }
            None => {
                self.notes.push(format!("`{LOCK}` does not have the new crate yet: run `cargo update --workspace`"));
            }
        }
        Ok(())
    }
}

/// A text of the workspace as it is.
struct WorkspaceText {
    path: SafePath,
    blob: Blob,
    text: String,
}

impl WorkspaceText {
    fn read(root: &Path, file: &str) -> Result<Option<Self>, AddError> {
        let unreadable = |reason: String| AddError::Unreadable { file: file.to_owned(), reason };
        let path = SafePath::new(file).map_err(|error| unreadable(error.to_string()))?;
        let blob = match beneath::read_blob(root, &path) {
            Ok(blob) => blob,
            Err(NotRead::Missing) => return Ok(None),
            Err(error) => return Err(unreadable(error.to_string())),
        };
        let text = String::from_utf8(blob.bytes.to_vec()).map_err(|_| unreadable("is not UTF-8 text".to_owned()))?;
        Ok(Some(Self { path, blob, text }))
    }

    /// Returns the change to another text, if it is another one.
    fn edit(self, text: &str) -> Option<Edit> {
        let Self { path, blob, text: before } = self;
        let after = Blob { bytes: Cow::Owned(text.as_bytes().to_vec()), executable: blob.executable };
        (text != before).then_some(Edit { path, before: Some(blob), after: Some(after) })
    }
}

/// Finds the crates of a plan: their folders below that of the project, and their manifests.
fn crates(plan: &Plan) -> impl Iterator<Item = (String, &str)> {
    let above = in_folder(plan, "");
    plan.files.iter().filter_map(move |(path, file)| {
        let folder = path.as_str().strip_prefix(&above)?.strip_suffix("/Cargo.toml")?;
        Some((folder.to_owned(), file.text()?))
    })
}

fn workspace_text<'p>(plan: &'p Plan, file: &str) -> Option<&'p str> {
    let file = in_folder(plan, file);
    plan.workspace.iter().find(|(path, _)| path.as_str() == file)?.1.text()
}

/// Returns where a file of the project stands below the root of the repository.
fn in_folder(plan: &Plan, file: &str) -> String {
    if plan.folder.is_empty() { file.to_owned() } else { format!("{}/{file}", plan.folder) }
}

/// Finds the values that do not agree with what the files of the workspace hold by now.
fn disagreements(root: &Path, plan: &Plan) -> Vec<String> {
    let mut texts = Texts::default();
    for (path, file) in &plan.files {
        texts.add(path.as_str(), file.text().map(Cow::Borrowed).ok_or_else(|| "it is not a text file".to_owned()));
    }
    for path in plan.workspace.keys() {
        let text = match beneath::read(root, path).map(String::from_utf8) {
            Ok(Ok(text)) => Ok(Cow::Owned(text)),
            Ok(Err(_)) => Err("it is not UTF-8 text".to_owned()),
            Err(error) => Err(format!("it {error}")),
        };
        texts.add(path.as_str(), text);
    }
    let reaches_out =
        |agreement: &&Agreement| agreement.files().any(|file| plan.workspace.keys().any(|path| path.as_str() == file));
    let judge = Judge::new(&texts);
    let found = plan.agreements.iter().filter(reaches_out).filter_map(|agreement| judge.disagreement(agreement));
    found.map(|disagreement| output::problem(&disagreement).to_string()).collect()
}

fn listed(paths: &[SafePath]) -> String {
    paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ")
}
