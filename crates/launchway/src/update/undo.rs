//! `launchway update --undo`: takes back what the last update, or the last `add service`, has changed, and nothing else.

use serde::Serialize;

use super::UpdateRequest;
use crate::failure::Failure;
use crate::report::{Output, json};
use crate::repository::begin::take;
use crate::repository::undo::{self, Undone};
use crate::{language, projects, terminal};

/// What `launchway update --undo --output json` prints.
#[derive(Serialize)]
struct UndoReport<'a> {
    schema: &'static str,
    name: &'a str,
    /// The files that are as before.
    files: Vec<&'a str>,
    /// The reference under which what was there until now is kept, where somebody had changed it.
    kept_in: Option<&'a str>,
}

/// Takes back the last change of a project.
pub(crate) fn undo(request: &UpdateRequest) -> Result<(), Failure> {
    // An update that was cut off is taken back by this in part; the rest follows.
    let lock = take(&request.place.folder)?;
    if lock.is_none() {
        projects::open(&request.place.folder)?;
    }
    let service = request.service.clone().or_else(|| projects::name_in_folder(&request.place.folder));
    let undone = undo::undo(&request.place.folder, service.as_deref(), request.allow_dirty)?;
    match request.output {
        Output::Json => terminal::print(&json(&report(&undone)))?,
        Output::Text => terminal::print(&text(&undone))?,
    }
    if let Some(reference) = &undone.kept_in {
        let said =
            language::filled("what was there until now is kept under `{reference}`", &[("reference", reference)]);
        terminal::say(&format!("{said}\n"));
    }
    Ok(())
}

fn report(undone: &Undone) -> UndoReport<'_> {
    UndoReport {
        schema: "launchway.undo/1",
        name: &undone.name,
        files: undone.files.iter().map(launchway_core::SafePath::as_str).collect(),
        kept_in: undone.kept_in.as_deref(),
    }
}

fn text(undone: &Undone) -> String {
    let (name, files) = (terminal::visible_line(&undone.name), undone.files.len());
    let said = language::filled(
        "{name}: the change was taken back; files that are as before: {files}",
        &[("name", &name), ("files", &files)],
    );
    format!("{said}\n")
}
