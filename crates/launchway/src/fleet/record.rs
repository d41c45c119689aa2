//! The projects of a repository, as their records at a commit say.

use launchway_core::{CommitTree, Project, ProjectError, Root, SafePath, Value};

use super::digest::{of_bytes, of_parts};

/// Reads the projects of a commit, sorted by name.
pub(super) fn projects(tree: &CommitTree<'_>) -> Result<Vec<Project>, Vec<ProjectError>> {
    Project::open_all(Root::Commit(tree))
}

/// Returns the digest of the file that names the version of a project.
pub(super) fn record_digest(tree: &CommitTree<'_>, project: &Project) -> String {
    let files = Project::record_files(&project.name);
    let named = |path: &&SafePath| path.as_str().strip_suffix(".toml").is_some();
    let blob = files.iter().find(named).and_then(|path| Root::Commit(tree).blob(path));
    of_bytes(blob.as_ref().map_or(&[], |blob| &blob.bytes))
}

/// Returns the digest of a project's answers.
pub(super) fn answers_digest(project: &Project) -> String {
    let answers = project.answers.iter().chain(&project.added);
    let parts: Vec<String> = answers.flat_map(|(id, value)| [id.clone(), value.to_json().to_string()]).collect();
    of_parts(parts.iter().map(String::as_bytes))
}

/// Returns who owns a project, if its answers say so.
pub(super) fn owner(project: &Project) -> Option<&str> {
    match project.answers.get("owner") {
        Some(Value::Text(owner)) => Some(owner),
        _ => None,
    }
}
