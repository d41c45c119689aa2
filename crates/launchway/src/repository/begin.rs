//! How every command begins that writes to a project: nobody else writes there, and nothing half done is left.

use std::path::Path;

use launchway_core::{ProjectLock, TakenBack, can_be_prepared, take_back_cut_off};

use super::undo::{take_back_unfinished, unfinished};
use crate::failure::Failure;
use crate::{language, terminal};

/// Takes the folder for a command that writes; what an earlier one has begun there and not finished is taken back first.
///
/// Without a record there is nothing to take, and the command itself says so.
pub(crate) fn begin(folder: &Path) -> Result<Option<ProjectLock>, Failure> {
    let Some(lock) = take(folder)? else { return Ok(None) };
    if !take_back_unfinished(folder)?.is_empty() && lock.taken_back.is_none() {
        say_taken_back();
    }
    Ok(Some(lock))
}

/// Takes the folder, and says what of an edit that was cut off is taken back by that.
#[expect(clippy::disallowed_methods, reason = "every command that writes begins here")]
pub(crate) fn take(folder: &Path) -> Result<Option<ProjectLock>, Failure> {
    if !folder.join(".launchway").is_dir() {
        return Ok(None);
    }
    let lock = ProjectLock::take(folder)?;
    lock.taken_back.iter().for_each(say);
    Ok(Some(lock))
}

/// Takes back what was cut off in a folder that is no project yet. The folder is not taken: of several that make the same
/// project, one finds it made and not in use.
pub(crate) fn take_back(folder: &Path) -> Result<(), Failure> {
    take_back_cut_off(folder)?.iter().for_each(say);
    Ok(())
}

/// Says that an edit was taken back, and where what was saved since is.
fn say(back: &TakenBack) {
    say_taken_back();
    for path in &back.kept {
        let path = terminal::visible_line(&path.display().to_string());
        let note = language::filled("note: what was saved since is in `{path}`", &[("path", &path)]);
        terminal::say(&format!("{note}\n"));
    }
}

fn say_taken_back() {
    terminal::say(&format!("{}\n", language::text("note: a change that was cut off was taken back")));
}

/// Says to a preview what the command itself would take back first; returns why that would be refused, if it would.
pub(crate) fn preview(folder: &Path) -> Result<Option<Failure>, Failure> {
    can_be_prepared(folder)?;
    let (names, refusal) = unfinished(folder)?;
    if !names.is_empty() {
        let note = language::text(
            "note: a change that was cut off comes back first, and this preview is of the files as they are now",
        );
        terminal::say(&format!("{note}\n"));
    }
    Ok(refusal)
}
