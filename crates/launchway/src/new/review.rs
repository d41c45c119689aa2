//! What the user sees before and after the writing: answers, tree, objects, the equivalent command, next steps.

use std::fmt::Write as _;

use launchway_core::{Accepted, Changes, Interview, NewLine, SafePath};

use super::{NewProject, NewRequest};
use crate::language;
use crate::terminal::{hanging_within, is_narrow, padded, row, size, visible, visible_line, widest};
use crate::wizard::origin;

/// Returns the command that makes the same project without a question.
pub(crate) fn command(interview: &Interview<'_>, request: &NewRequest) -> String {
    let dest = request.dest.as_ref().map(|dest| dest.to_string_lossy());
    let archive = request.archive.as_ref().map(|archive| archive.path.to_string_lossy());
    let switches = [(request.no_git, "--no-git"), (request.standalone, "--standalone")];
    let switches: Vec<&str> = switches.iter().filter(|(is_on, _)| *is_on).map(|(_, switch)| *switch).collect();
    interview.command(&NewLine {
        template: &request.template,
        dest: dest.as_deref(),
        archive: archive.as_deref(),
        switches: &switches,
    })
}

/// The widest that the values of answers are aligned to.
const MAX_VALUE: usize = 48;

/// Renders the answers, each with where it came from.
fn answers(interview: &Interview<'_>, columns: usize) -> String {
    let of = |it: &Accepted<'_>| (visible_line(&it.value.to_string()), visible_line(&origin(it)));
    let rows: Vec<(&str, (String, String))> =
        interview.accepted.iter().map(|it| (it.question.id.as_str(), of(it))).collect();
    let first = widest(rows.iter().map(|row| row.0));
    let second = widest(rows.iter().map(|row| &*row.1.0)).min(MAX_VALUE);
    rows.iter().fold(String::new(), |mut text, (id, (value, origin))| {
        let value = if is_narrow(columns) { value.clone() } else { padded(value, second) };
        let _ = writeln!(text, "{}", row(id, first + 1, &format!("{value}  ({origin})"), columns));
        text
    })
}

/// How many levels of folders the review shows; a dry run shows them all.
const REVIEW_DEPTH: usize = 2;

/// Renders the files as a tree with their sizes.
pub(crate) fn tree(prepared: &NewProject) -> String {
    folded_tree(&prepared.changes, usize::MAX) + &changed(prepared)
}

/// Lists the files of the repository that change.
fn changed(prepared: &NewProject) -> String {
    prepared.changed().fold(String::new(), |mut text, edit| {
        let _ = writeln!(text, "{}", language::filled("changed: `{path}`", &[("path", &edit.path)]));
        text
    })
}

/// Says what stands at the root of the repository that the project is a folder of, and what stays there as it is.
pub(crate) fn notes(prepared: &NewProject) -> Vec<String> {
    let Some(addition) = &prepared.addition else { return Vec::new() };
    let is_outside = |path: &&SafePath| {
        let name = path.as_str();
        !name.starts_with(&format!("{}/", prepared.plan.folder)) && !name.starts_with(".launchway/")
    };
    let files: Vec<String> =
        addition.creates.iter().map(|(path, _)| path).filter(is_outside).map(|path| format!("`{path}`")).collect();
    let folder = visible_line(&prepared.folder.display().to_string());
    let mut notes = Vec::new();
    if !files.is_empty() {
        notes.push(language::filled(
            "note: `{folder}` is a folder of a repository, so these files and the record stand at its root: {files}; `--standalone` keeps them in the folder",
            &[("folder", &folder), ("files", &files.join(", "))],
        ));
    }
    notes.extend(addition.says.iter().chain(&addition.notes).map(|note| format!("note: {note}")));
    notes
}

/// Renders the tree down to a depth; a deeper folder is one line.
fn folded_tree(changes: &Changes, depth: usize) -> String {
    let mut text = format!("{}/\n", visible_line(&changes.destination.display().to_string()));
    let mut open: Vec<&str> = Vec::new();
    for row in rows(changes, depth) {
        let shared = open.iter().zip(&row.folders).take_while(|(left, right)| left == right).count();
        open.truncate(shared);
        for folder in &row.folders[shared..] {
            let _ = writeln!(text, "{}{folder}/", "  ".repeat(open.len() + 1));
            open.push(folder);
        }
        let _ = writeln!(text, "{}{}", "  ".repeat(open.len() + 1), row.label());
    }
    let total = changes.creates.iter().map(|(_, file)| file.bytes.len()).sum();
    let total = format!("{} files, {}", changes.creates.len(), size(total));
    let _ = writeln!(text, "{}", language::told(&total));
    text
}

/// A line of the tree: a file, or a folder with all that is below it.
struct Row<'c> {
    folders: Vec<&'c str>,
    name: &'c str,
    files: usize,
    bytes: usize,
    is_folder: bool,
}

impl Row<'_> {
    fn label(&self) -> String {
        if self.is_folder {
            let within = format!("{} files, {}", self.files, size(self.bytes));
            format!("{}/  {}", self.name, language::told(&within))
        } else {
            format!("{}  {}", self.name, size(self.bytes))
        }
    }
}

/// The files are sorted, so those of one folder stand together.
fn rows(changes: &Changes, depth: usize) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (path, file) in &changes.creates {
        let mut folders: Vec<&str> = path.as_str().split('/').collect();
        let is_folder = folders.len() - 1 > depth;
        folders.truncate(depth.saturating_add(1));
        let name = folders.pop().unwrap_or_default();
        match rows.last_mut().filter(|row| is_folder && row.is_folder && row.folders == folders && row.name == name) {
            Some(row) => {
                row.files += 1;
                row.bytes += file.bytes.len();
            }
            None => rows.push(Row { folders, name, files: 1, bytes: file.bytes.len(), is_folder }),
        }
    }
    rows
}

/// Renders the text files as a diff against nothing, which `git apply` accepts.
pub(crate) fn diff(prepared: &NewProject) -> String {
    let mut text = crate::diff::of(&prepared.changed().collect::<Vec<_>>());
    for (path, file) in &prepared.changes.creates {
        let Some(content) = file.text() else { continue };
        let mode = if file.executable { "100755" } else { "100644" };
        let _ = writeln!(text, "diff --git a/{path} b/{path}\nnew file mode {mode}");
        text.push_str(&added_lines(path.as_str(), content));
    }
    text
}

/// Names the files that a diff cannot show.
pub(crate) fn binary_files(changes: &Changes) -> Vec<&str> {
    changes.creates.iter().filter(|(_, file)| file.text().is_none()).map(|(path, _)| path.as_str()).collect()
}

fn added_lines(path: &str, content: &str) -> String {
    if content.is_empty() {
        return String::new();
    }
    let lines: Vec<&str> = content.split_inclusive('\n').collect();
    let mut text = format!("--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{} @@\n", lines.len());
    for line in lines {
        let _ = write!(text, "+{line}");
    }
    if !content.ends_with('\n') {
        text.push_str("\n\\ No newline at end of file\n");
    }
    text
}

/// Renders the whole review screen.
pub(crate) fn screen(interview: &Interview<'_>, prepared: &NewProject, columns: usize) -> String {
    let mut text = String::new();
    for warning in &prepared.warnings {
        let _ = writeln!(text, "{}: {}\n", language::text("warning"), visible(warning));
    }
    let _ = writeln!(text, "{}\n{}", language::text("Answers"), answers(interview, columns));
    let _ = writeln!(text, "{}", language::text("Files"));
    let tree = folded_tree(&prepared.changes, REVIEW_DEPTH) + &changed(prepared);
    for line in tree.lines() {
        let _ = writeln!(text, "  {line}");
    }
    for note in notes(prepared) {
        let _ = writeln!(text, "\n{}", visible(&note));
    }
    if !prepared.plan.objects.is_empty() {
        let _ = writeln!(text, "\n{}", language::text("What they create once you deploy"));
        text.push_str(&objects(prepared, columns));
    }
    let again = language::text("The same again, without a question");
    let _ = writeln!(text, "\n{again}\n  {}", visible_line(&prepared.command));
    text
}

/// Renders the objects that the files create, each with its purpose.
fn objects(prepared: &NewProject, columns: usize) -> String {
    let rows: Vec<(String, String)> =
        prepared.plan.objects.iter().map(|it| (visible_line(&it.kind), visible_line(&it.purpose))).collect();
    let width = widest(rows.iter().map(|row| &*row.0));
    rows.iter().fold(String::new(), |mut text, (kind, purpose)| {
        let purpose = if is_narrow(columns) { purpose.clone() } else { hanging_within(purpose, width + 4, columns) };
        let _ = writeln!(text, "{}", row(kind, width + 1, &purpose, columns));
        text
    })
}
