//! Paging through the files before they are written.

use launchway_core::{Changes, PlannedFile};

use crate::failure::Failure;
use crate::language;
use crate::prompt::{About, Action, Page, Prompter, Reply};
use crate::terminal::size;

/// Lets one file after the other be chosen and read.
pub(super) fn page(prompter: &mut dyn Prompter, changes: &Changes) -> Result<(), Failure> {
    let files: Vec<(String, &PlannedFile)> =
        changes.creates.iter().map(|(path, file)| (path.to_string(), file)).collect();
    let paths: Vec<String> = files.iter().map(|(path, _)| path.clone()).collect();
    let notes: Vec<String> = files.iter().map(|(_, file)| size(file.bytes.len())).collect();
    let mut position = 0;
    loop {
        prompter.about(About { notes: notes.clone(), is_menu: true, ..About::default() });
        match prompter.select(language::text("Which file?"), &paths, position)? {
            Reply::Back => return Ok(()),
            Reply::Answer(chosen) => position = read(prompter, &files, chosen)?,
        }
    }
}

/// Shows files until the user goes back to the list; returns the one that was shown last.
fn read(prompter: &mut dyn Prompter, files: &[(String, &PlannedFile)], first: usize) -> Result<usize, Failure> {
    let actions = [('n', language::text("next file")), ('v', language::text("previous file"))]
        .map(|(key, label)| Action { key, label: label.to_owned() });
    let mut position = first;
    loop {
        let (path, file) = &files[position];
        let text = match file.text() {
            Some(text) => text.to_owned(),
            None => language::filled("not text, {size}", &[("size", &size(file.bytes.len()))]),
        };
        let shown = |_: usize| text.clone();
        match prompter.page(&Page { title: path, text: &shown, actions: &actions, is_menu: true })? {
            Reply::Answer('n') => position = (position + 1) % files.len(),
            Reply::Answer(_) => position = position.checked_sub(1).unwrap_or(files.len() - 1),
            Reply::Back => return Ok(position),
        }
    }
}
