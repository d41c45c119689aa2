//! What an update says: every file with what becomes of it, and what to do next.

use std::fmt::Write as _;

use launchway_core::template::Effect;
use launchway_core::{Advisory, DefaultKept, Edit, FileChange, MergedFile, Status, Transition, TransitionStep, Value};
use serde::Serialize;
use serde_json::Value as Json;

use super::answers::AnswerChange;
use super::{ProjectUpdate, UpdateRequest};
use crate::failure::Failure;
use crate::projects::place;
use crate::report::{Output, json};
use crate::repository::index::WayBack;
use crate::terminal::{self, row, visible_line};
use crate::{diff, language};

/// How many keys of a file are shown in text.
const SHOWN_KEYS: usize = 5;

/// What `launchway update --output json` prints.
#[derive(Serialize)]
struct UpdateReport<'a> {
    schema: &'static str,
    /// Whether the files were written; false for `--dry-run`, and where there was nothing to write.
    written: bool,
    name: &'a str,
    template: TemplateReport<'a>,
    answers: Vec<AnswerReport<'a>>,
    /// What the change means for what runs.
    transitions: Vec<TransitionReport<'a>>,
    /// What `--expect` asks for.
    digest: String,
    files: Vec<FileReport<'a>>,
    conflicts: usize,
    notes: &'a [String],
    /// The answers that nobody gave, and for which the template has another default today.
    offers: Vec<OfferReport<'a>>,
    /// The dangers of the version that the project has, which the update ends.
    advisories: &'a [Advisory],
    /// The command that brings the old state back.
    way_back: Option<&'a str>,
    /// Git's own command for it, for the files that git knows.
    way_back_git: Option<&'a str>,
    /// Why the update would be refused that this is the preview of.
    refusal: Option<String>,
}

#[derive(Serialize)]
struct TemplateReport<'a> {
    id: &'a str,
    from: &'a str,
    to: String,
}

#[derive(Serialize)]
struct AnswerReport<'a> {
    id: &'a str,
    from: Option<Json>,
    to: Option<Json>,
}

#[derive(Serialize)]
struct TransitionReport<'a> {
    id: &'a str,
    effect: Effect,
    /// The answers that bring it.
    answers: Vec<AnswerReport<'a>>,
    text: &'a str,
    before: Vec<StepReport<'a>>,
    after: Vec<StepReport<'a>>,
    /// The way around what is refused.
    instead: Option<&'a str>,
}

#[derive(Serialize)]
struct StepReport<'a> {
    command: &'a str,
    purpose: &'a str,
}

#[derive(Serialize)]
struct OfferReport<'a> {
    id: &'a str,
    is: Json,
    default: Option<Json>,
}

#[derive(Serialize)]
struct FileReport<'a> {
    path: &'a str,
    status: &'static str,
    /// The name under which the file was known, if it was moved.
    from: Option<&'a str>,
    /// Whether the update changes the file on the disk.
    changes: bool,
    /// `structure` where the merge by lines had left a conflict, and the merge by structure has not.
    by: Option<&'static str>,
    /// The entries that were taken from the template then, by the keys that lead to them.
    keys: &'a [String],
}

/// Writes the result to stdout, and what to do next to stderr.
pub(crate) fn show(
    prepared: &ProjectUpdate<'_>,
    request: &UpdateRequest,
    way_back: Option<&WayBack>,
    refusal: Option<&Failure>,
) -> Result<(), Failure> {
    for note in &prepared.notes {
        terminal::tell(&format!("note: {note}\n"));
    }
    let text = match request.output {
        Output::Json => json(&report(prepared, way_back, refusal)),
        Output::Text => text(prepared, request, usize::MAX),
    };
    terminal::print(&text)?;
    terminal::say(&language::told(&next(prepared, request, way_back, refusal.is_some())));
    Ok(())
}

fn report<'a>(
    prepared: &'a ProjectUpdate<'_>,
    way_back: Option<&'a WayBack>,
    refusal: Option<&Failure>,
) -> UpdateReport<'a> {
    UpdateReport {
        schema: "launchway.update/1",
        written: way_back.is_some(),
        name: &prepared.project.name,
        template: TemplateReport {
            id: &prepared.template.id,
            from: &prepared.project.template.version,
            to: prepared.template.version.to_string(),
        },
        answers: prepared.answers.iter().map(answer).collect(),
        transitions: prepared.transitions.all.iter().map(transition).collect(),
        digest: prepared.digest().to_string(),
        files: prepared.files.iter().map(|change| file(prepared, change)).collect(),
        conflicts: prepared.conflicts(),
        notes: &prepared.notes,
        offers: prepared.offers.iter().map(offer).collect(),
        advisories: &prepared.advisories,
        way_back: way_back.map(|way_back| way_back.command.as_str()),
        way_back_git: way_back.and_then(|way_back| way_back.git.as_deref()),
        refusal: refusal.map(Failure::message),
    }
}

fn answer(change: &AnswerChange) -> AnswerReport<'_> {
    let json = |value: &Option<Value>| value.as_ref().map(Value::to_json);
    AnswerReport { id: &change.id, from: json(&change.was), to: json(&change.is) }
}

fn transition(it: &Transition) -> TransitionReport<'_> {
    let answers = it.answers.iter().map(|changed| AnswerReport {
        id: &changed.question,
        from: Some(changed.from.clone()),
        to: Some(changed.to.clone()),
    });
    TransitionReport {
        id: &it.id,
        effect: it.effect,
        answers: answers.collect(),
        text: &it.text,
        before: it.before.iter().map(step).collect(),
        after: it.after.iter().map(step).collect(),
        instead: it.instead.as_deref(),
    }
}

fn step(step: &TransitionStep) -> StepReport<'_> {
    StepReport { command: &step.command, purpose: &step.purpose }
}

fn offer(kept: &DefaultKept) -> OfferReport<'_> {
    OfferReport { id: &kept.question, is: kept.is.to_json(), default: kept.today.as_ref().map(Value::to_json) }
}

/// Returns the files of an update as they stand in its report.
pub(crate) fn file_rows(prepared: &ProjectUpdate<'_>) -> Json {
    let rows: Vec<FileReport<'_>> = prepared.files.iter().map(|change| file(prepared, change)).collect();
    serde_json::to_value(rows).expect("texts and lists always fit into JSON")
}

fn file<'a>(prepared: &'a ProjectUpdate<'_>, change: &'a FileChange) -> FileReport<'a> {
    let by_structure = prepared.by_structure.get(&change.edit.path);
    FileReport {
        path: change.edit.path.as_str(),
        status: change.status.id(),
        from: change.from.as_ref().map(launchway_core::SafePath::as_str),
        changes: change.edit.before != change.edit.after,
        by: by_structure.map(|_| "structure"),
        keys: by_structure.map_or(&[], |merged| &merged.entries),
    }
}

pub(super) fn text(prepared: &ProjectUpdate<'_>, request: &UpdateRequest, columns: usize) -> String {
    let mut text = format!("{}\n", visible_line(&language::told(&headline(prepared))));
    for change in &prepared.answers {
        let shown = |value: &Option<Value>| {
            value.as_ref().map_or_else(|| language::told("not asked").into_owned(), |it| format!("`{it}`"))
        };
        let line = format!("{}: {} -> {}", change.id, shown(&change.was), shown(&change.is));
        let _ = writeln!(text, "{}", row(language::translated("answer"), WIDTH, &visible_line(&line), columns));
    }
    for advisory in &prepared.advisories {
        let _ = writeln!(
            text,
            "{}",
            row(language::translated("advisory"), WIDTH, &visible_line(&advised(advisory)), columns)
        );
    }
    text.push_str(&means(&prepared.transitions.all, columns));
    let mut files: Vec<&FileChange> = prepared.files.iter().filter(|change| is_shown(change)).collect();
    files.sort_by(|left, right| (left.status, &left.edit.path).cmp(&(right.status, &right.edit.path)));
    for change in files {
        let from = change.from.as_ref().map(|from| format!(" (was {})", place(&request.place.folder, from)));
        let path = place(&request.place.folder, &change.edit.path);
        let by = prepared.by_structure.get(&change.edit.path).map(by_structure).unwrap_or_default();
        let from = from.map(|from| language::told(&from).into_owned());
        let said = format!("{path}{}{}", from.unwrap_or_default(), language::told(&by));
        let _ = writeln!(text, "{}", row(language::translated(change.status.id()), WIDTH, &said, columns));
    }
    if request.diff {
        let edits: Vec<&Edit> = prepared.files.iter().map(|change| &change.edit).collect();
        text.push_str(&diff::of(&edits));
    }
    text
}

/// The width of what a line is about: `kept-deleted`, with a space.
pub(crate) const WIDTH: usize = 13;

/// Says what is dangerous in the version that the project has.
pub(crate) fn advised(advisory: &Advisory) -> String {
    let Advisory { id, severity, title, fixed, url, .. } = advisory;
    let more = url.as_ref().map(|url| format!(", {url}")).unwrap_or_default();
    language::told(&format!("{id} ({severity}, fixed in {fixed}{more}): {title}")).into_owned()
}

/// Names what a merge by structure has brought, as far as a line goes.
fn by_structure(merged: &MergedFile) -> String {
    let shown = merged.entries.iter().take(SHOWN_KEYS).map(|key| visible_line(key));
    let more = merged.entries.len().saturating_sub(SHOWN_KEYS);
    let more = (more > 0).then(|| language::told(&format!("{more} more")).into_owned());
    let keys: Vec<String> = shown.chain(more).collect();
    let keys = if keys.is_empty() { String::new() } else { format!(": {}", keys.join(", ")) };
    format!(" (by structure{keys})")
}

/// Says what the change means for what runs, with every command. What has no effect and no text is in the JSON alone.
fn means(transitions: &[Transition], columns: usize) -> String {
    let mut text = String::new();
    let below = |said: &str| row("", WIDTH, said, columns) + "\n";
    for it in transitions.iter().filter(|it| !it.text.is_empty()) {
        let _ = writeln!(
            text,
            "{}",
            row(
                language::translated(it.effect.id()),
                WIDTH,
                &format!("{}: {}", it.id, visible_line(&it.text)),
                columns
            )
        );
        if let Some(instead) = &it.instead {
            text.push_str(&below(&visible_line(instead)));
        }
        if it.effect == Effect::Outage {
            let accepted = language::filled("accepted with `--accept-outage={id}`", &[("id", &it.id)]);
            text.push_str(&below(&accepted));
        }
        let sides = [
            (language::text("before the next deployment"), &it.before),
            (language::text("after the deployment"), &it.after),
        ];
        for (side, steps) in sides {
            for step in steps {
                text.push_str(&below(&format!("{side}: {}", visible_line(&step.purpose))));
                text.extend(step.command.lines().map(|line| below(&format!("    {}", visible_line(line)))));
            }
        }
    }
    text
}

/// What the user changed and the template did not touch is not worth a line; it is in the JSON.
fn is_shown(change: &FileChange) -> bool {
    change.status != Status::Kept
}

fn headline(prepared: &ProjectUpdate<'_>) -> String {
    let (id, was, is) =
        (&prepared.template.id, &prepared.project.template.version, prepared.template.version.to_string());
    let name = &prepared.project.name;
    if prepared.edits().is_empty() {
        format!("{name}: nothing to do, it is at {id} {is}")
    } else if *was == is {
        format!("{name}: {id} {is}")
    } else {
        format!("{name}: {id} {was} -> {is}")
    }
}

/// Says what to do next.
fn next(prepared: &ProjectUpdate<'_>, request: &UpdateRequest, way_back: Option<&WayBack>, is_refused: bool) -> String {
    let conflicts = prepared.conflicts();
    let mut text = String::new();
    if request.dry_run {
        if is_refused {
            text.push_str("nothing was written, and without `--dry-run` it would be refused:\n");
        } else if !prepared.edits().is_empty() {
            text.push_str("nothing was written; without `--dry-run` it will be\n");
        }
        return text;
    }
    let Some(way_back) = way_back else { return text };
    if conflicts == 0 {
        text.push_str("review it with `git diff --staged`, then commit it\n");
    } else {
        let files = if conflicts == 1 { "1 file".to_owned() } else { format!("{conflicts} files") };
        let _ = writeln!(text, "conflicts are left in {files}: resolve them, `git add` them, then commit");
    }
    if let Some(page) = &prepared.transitions.page {
        let page = place(&request.place.folder, page);
        let said = language::filled("`{page}` says what to do for what runs", &[("page", &page)]);
        let _ = writeln!(text, "{said}");
    }
    text.push_str(&way_back_lines(way_back));
    text
}

/// Says how everything comes back: by the program in one word, and by git for those who want to see it.
pub(crate) fn way_back_lines(way_back: &WayBack) -> String {
    let command = terminal::visible(&way_back.command);
    let mut text = format!("{}\n", language::filled("to take it back: {command}", &[("command", &command)]));
    if let Some(git) = &way_back.git {
        let command = terminal::visible(git);
        let said = language::filled("  by git alone, for the files that it knows: {command}", &[("command", &command)]);
        let _ = writeln!(text, "{said}");
    }
    text
}
