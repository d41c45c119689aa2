//! What an adoption says: the answers with where they were found, and what does not fit.

use std::path::Path;

use launchway_core::adopt::{Adoption, Fit, FoundAnswer, Seen};
use launchway_core::{Edit, Origin, Template};
use serde::Serialize;

use crate::{language, report, terminal};

/// What is shown of an adoption.
pub(super) struct AdoptResult<'a> {
    pub(super) template: &'a Template,
    pub(super) adoption: &'a Adoption,
    pub(super) edits: &'a [Edit],
    pub(super) is_written: bool,
}

impl AdoptResult<'_> {
    pub(super) fn text(&self) -> String {
        let Adoption { context, answers, files, .. } = self.adoption;
        let exact = files.iter().filter(|file| file.fit == Fit::Exact).count();
        let mut lines = vec![format!(
            "{} ({} {}): {} % of the lines fit; {exact} of {} files are as the template makes them",
            context.name,
            self.template.id,
            self.template.version,
            self.adoption.percent(),
            files.len()
        )];
        let width = terminal::widest(answers.iter().map(|answer| &*answer.question));
        lines.push("\nanswers".to_owned());
        lines.extend(answers.iter().map(|answer| answer_line(answer, width)));
        for (title, fit) in [("files that differ", Fit::Differs), ("files that are missing", Fit::Missing)] {
            let files: Vec<_> = files.iter().filter(|file| file.fit == fit).collect();
            if !files.is_empty() {
                lines.push(format!("\n{title}"));
            }
            let fits = |matched, lines| format!(": {matched} of {lines} lines fit");
            lines.extend(files.iter().map(|file| {
                let fits = if fit == Fit::Differs { fits(file.matched, file.lines) } else { String::new() };
                format!("  {}{fits}", file.path)
            }));
        }
        lines.iter().fold(String::new(), |text, line| text + &terminal::visible(line) + "\n")
    }

    /// Says what was written, and what to do now.
    pub(super) fn next(&self, folder: &Path) -> String {
        if !self.is_written {
            return "nothing was written, as you asked; without `--dry-run` the record is\n".to_owned();
        }
        let folder = if folder == Path::new(".") {
            String::new()
        } else {
            format!(" {}", launchway_core::quote::quote_shell(&folder.to_string_lossy()))
        };
        let record = &self.edits.last().expect("a record has files").path;
        terminal::visible(&format!(
            "wrote the record, `{record}` and what belongs to it; commit it\n  \
             `launchway diff{folder}` shows what is not as the template makes it\n  \
             `launchway update{folder}` merges what the template has become\n"
        ))
    }

    pub(super) fn json(&self) -> String {
        let Adoption { context, answers, files, .. } = self.adoption;
        let (lines, matched) = self.adoption.lines();
        let of = |fit: Fit| files.iter().filter(move |file| file.fit == fit);
        report::json(&AdoptReport {
            schema: "launchway.adopt/1",
            written: self.is_written,
            name: &context.name,
            template: Origin::of(self.template),
            score: Score { percent: self.adoption.percent(), lines, matched },
            answers: answers.iter().map(AnswerReport::of).collect(),
            exact: of(Fit::Exact).map(|file| file.path.as_str()).collect(),
            differs: of(Fit::Differs)
                .map(|file| FileReport { path: &file.path, lines: file.lines, matched: file.matched })
                .collect(),
            missing: of(Fit::Missing).map(|file| file.path.as_str()).collect(),
            record: self.edits.iter().map(|edit| edit.path.as_str()).collect(),
        })
    }
}

fn answer_line(answer: &FoundAnswer, width: usize) -> String {
    let place = match &answer.seen {
        Some(Seen { file, line: Some(line) }) => format!(", {file}:{line}"),
        Some(Seen { file, line: None }) => format!(", {file}"),
        None => String::new(),
    };
    let value = terminal::visible_line(&answer.value.to_string());
    format!(
        "  {}  {value}  ({}{place})",
        terminal::padded(&answer.question, width),
        language::translated(answer.sureness.word())
    )
}

/// What `launchway adopt --output json` prints.
#[derive(Serialize)]
struct AdoptReport<'a> {
    schema: &'static str,
    written: bool,
    name: &'a str,
    template: Origin,
    score: Score,
    answers: Vec<AnswerReport<'a>>,
    exact: Vec<&'a str>,
    differs: Vec<FileReport<'a>>,
    missing: Vec<&'a str>,
    record: Vec<&'a str>,
}

#[derive(Serialize)]
struct Score {
    percent: usize,
    lines: usize,
    matched: usize,
}

#[derive(Serialize)]
struct AnswerReport<'a> {
    question: &'a str,
    value: serde_json::Value,
    sureness: &'static str,
    file: Option<&'a str>,
    line: Option<usize>,
}

#[derive(Serialize)]
struct FileReport<'a> {
    path: &'a str,
    lines: usize,
    matched: usize,
}

impl<'a> AnswerReport<'a> {
    fn of(answer: &'a FoundAnswer) -> Self {
        Self {
            question: &answer.question,
            value: answer.value.to_json(),
            sureness: answer.sureness.word(),
            file: answer.seen.as_ref().map(|seen| seen.file.as_str()),
            line: answer.seen.as_ref().and_then(|seen| seen.line),
        }
    }
}
