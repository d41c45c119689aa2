//! What `launchway add service` says: every file, what changes in Cargo's, and what to do next.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use launchway_core::{Edit, NextStep};
use serde::Serialize;
use serde_json::Value as Json;

use super::{AddRequest, NewService};
use crate::failure::Failure;
use crate::git::Standing;
use crate::language;
use crate::projects::place;
use crate::report::{Output, json};
use crate::repository::index::WayBack;
use crate::terminal::{self, hanging, row, shell_word, visible_line};
use crate::update;

/// What `launchway add service --output json` prints.
#[derive(Serialize)]
struct AddReport<'a> {
    schema: &'static str,
    /// Whether the files were written; false for `--dry-run`.
    written: bool,
    name: &'a str,
    /// The service whose answers were taken.
    from: &'a str,
    template: TemplateReport<'a>,
    answers: BTreeMap<&'a str, Json>,
    /// What `--expect` asks for.
    digest: String,
    files: Vec<FileReport<'a>>,
    /// What changes in the files of the workspace.
    changes: &'a [String],
    notes: &'a [String],
    next_steps: Vec<StepReport<'a>>,
    /// The command that takes everything back.
    way_back: Option<&'a str>,
    /// Git's own command for it, for the files that git knows.
    way_back_git: Option<&'a str>,
    /// Why the addition would be refused that this is the preview of.
    refusal: Option<String>,
}

#[derive(Serialize)]
struct TemplateReport<'a> {
    id: &'a str,
    version: String,
}

#[derive(Serialize)]
struct FileReport<'a> {
    path: &'a str,
    status: &'static str,
}

#[derive(Serialize)]
struct StepReport<'a> {
    command: &'a str,
    purpose: &'a str,
}

/// Writes the result to stdout, and what to do next to stderr.
pub(crate) fn show(
    prepared: &NewService<'_>,
    request: &AddRequest,
    way_back: Option<&WayBack>,
    refusal: Option<&Failure>,
) -> Result<(), Failure> {
    for note in &prepared.addition.notes {
        terminal::tell(&format!("note: {note}\n"));
    }
    let repository = Standing::of(&request.folder).facts();
    let steps: Vec<&NextStep> = prepared.plan.next_steps.iter().filter(|step| step.suits(repository)).collect();
    match request.output {
        Output::Json => terminal::print(&json(&report(prepared, &steps, way_back, refusal)))?,
        Output::Text => terminal::print(&text(prepared, request, usize::MAX))?,
    }
    terminal::say(&language::told(&next(prepared, request, &steps, way_back, refusal.is_some())));
    Ok(())
}

fn report<'a>(
    prepared: &'a NewService<'_>,
    steps: &[&'a NextStep],
    way_back: Option<&'a WayBack>,
    refusal: Option<&Failure>,
) -> AddReport<'a> {
    let NewService { from, template, context, addition, .. } = prepared;
    let step = |step: &&'a NextStep| StepReport { command: &step.command, purpose: &step.purpose };
    AddReport {
        schema: "launchway.add/1",
        written: way_back.is_some(),
        name: &context.name,
        from: &from.name,
        template: TemplateReport { id: &template.id, version: template.version.to_string() },
        answers: context.answers.iter().map(|(id, value)| (id.as_str(), value.to_json())).collect(),
        digest: addition.digest().to_string(),
        files: files(prepared).map(|(path, status)| FileReport { path: path.as_str(), status }).collect(),
        changes: &addition.says,
        notes: &addition.notes,
        next_steps: steps.iter().map(step).collect(),
        way_back: way_back.map(|way_back| way_back.command.as_str()),
        way_back_git: way_back.and_then(|way_back| way_back.git.as_deref()),
        refusal: refusal.map(Failure::message),
    }
}

fn files<'a>(prepared: &'a NewService<'_>) -> impl Iterator<Item = (&'a launchway_core::SafePath, &'static str)> {
    let creates = prepared.addition.creates.iter().map(|(path, _)| (path, "new"));
    let status = |change: &Edit| if change.before.is_some() { "changed" } else { "new" };
    creates.chain(prepared.addition.changes.iter().map(move |change| (&change.path, status(change))))
}

pub(super) fn text(prepared: &NewService<'_>, request: &AddRequest, columns: usize) -> String {
    let files = files(prepared)
        .map(|(path, status)| row(language::translated(status), 8, &place(&request.folder, path), columns));
    let changes =
        prepared.addition.says.iter().map(|change| row("", 8, &visible_line(&language::told(change)), columns));
    files.chain(changes).fold(String::new(), |text, row| text + &row + "\n")
}

fn next(
    prepared: &NewService<'_>,
    request: &AddRequest,
    steps: &[&NextStep],
    way_back: Option<&WayBack>,
    is_refused: bool,
) -> String {
    let name = visible_line(&prepared.context.name);
    let count = files(prepared).count();
    let mut text = match way_back {
        Some(_) => format!("added `{name}` beside `{}`: {count} files\n", visible_line(&prepared.from.name)),
        None => format!("`{name}` would be {count} files beside those of `{}`\n", visible_line(&prepared.from.name)),
    };
    if is_refused {
        text.push_str("nothing was written, and without `--dry-run` it would be refused:\n");
    }
    if request.dry_run {
        return text;
    }
    text.push_str("\nNext steps\n");
    if request.folder != Path::new(".") {
        let folder = shell_word(&request.folder.to_string_lossy());
        let _ = writeln!(text, "  cd {folder}\n      {}", language::text("everything below runs there"));
    }
    for step in steps {
        let purpose = hanging(&visible_line(&step.purpose), 6);
        let _ = writeln!(text, "  {}\n      {purpose}", visible_line(&step.command));
    }
    if let Some(way_back) = way_back {
        let _ = write!(text, "\n{}", update::way_back_lines(way_back));
    }
    text
}
