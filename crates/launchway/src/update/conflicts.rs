//! What becomes of the conflicts that the merge by lines has left: merged by structure, left in git's index, or as marks.

use std::collections::BTreeMap;

use launchway_core::template::Template;
use launchway_core::{Blob, Conflict, MergedFile, Plan, Project, Resolution, Root, SafePath, Update, has_marks};

use super::UpdateRequest;
use super::request::{ConflictsIn, MergeBy};
use crate::failure::{Exit, Failure, listed};

/// Merges by structure what can be merged so, and leaves the rest as it is asked for.
pub(super) fn settle(
    update: &Update,
    (root, project): (Root<'_>, &Project),
    made: (&Template, &Plan),
    resolution: &mut Resolution,
    request: &UpdateRequest,
) -> Result<BTreeMap<SafePath, MergedFile>, Failure> {
    let merged = match request.merge {
        MergeBy::Structure if !resolution.conflicts.is_empty() => {
            let _step = tracing::info_span!("merge", what = "by structure").entered();
            update.merge_by_structure(root, project, made, resolution)
        }
        MergeBy::Structure | MergeBy::Lines => BTreeMap::new(),
    };
    if request.conflicts == ConflictsIn::Marks {
        leave_marks(resolution, &format!("{}-{}", made.0.id, made.0.version))?;
    }
    Ok(merged)
}

/// Returns the conflicts whose sides git's index is to hold.
pub(super) fn for_index(resolution: Resolution, request: &UpdateRequest) -> BTreeMap<SafePath, Conflict> {
    match request.conflicts {
        ConflictsIn::Index => resolution.conflicts,
        ConflictsIn::Marks => BTreeMap::new(),
    }
}

/// Leaves marks in every file with a conflict: without them, and with nothing in the index, nobody would see it.
fn leave_marks(resolution: &mut Resolution, theirs: &str) -> Result<(), Failure> {
    let mut unseen = Vec::new();
    for (path, conflict) in &resolution.conflicts {
        if resolution.files.get(path).is_some_and(|blob| has_marks(&blob.bytes)) {
            continue;
        }
        match given_up(conflict, theirs) {
            Some(blob) => drop(resolution.files.insert(path.clone(), blob)),
            None => unseen.push(path),
        }
    }
    if unseen.is_empty() {
        return Ok(());
    }
    let message = format!("a conflict in {} leaves no marks, and so only git's index shows it", listed(unseen));
    Err(Failure::new(Exit::Exists, message)
        .hint("leave out `--conflicts=marks`; nothing was changed")
        .hint("or decide it beforehand: `--keep PATH` keeps yours out of updates, `--heal PATH` takes the template's"))
}

/// Writes marks around the text of a file that the template has given up and the user has changed.
fn given_up(conflict: &Conflict, theirs: &str) -> Option<Blob> {
    let Conflict { base: Some(_), ours: Some(ours), theirs: None } = conflict else { return None };
    let text = std::str::from_utf8(&ours.bytes).ok().filter(|text| !text.contains('\0'))?;
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let last = if text.is_empty() || text.ends_with('\n') { "" } else { end };
    let marked = format!("<<<<<<< yours{end}{text}{last}======={end}>>>>>>> {theirs}{end}");
    Some(Blob { bytes: marked.into_bytes().into(), executable: ours.executable })
}
