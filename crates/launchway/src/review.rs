//! What the user sees before and after the writing: answers, tree, objects, the equivalent command, next steps.

use std::fmt::Write as _;

use launchway_core::quote::quote_shell;
use launchway_core::template::Source;
use launchway_core::{Changes, Interview, Template};

use crate::args::NewArgs;
use crate::commands::new::Prepared;
use crate::terminal::{visible, visible_line};

/// Returns the command that makes the same project without a question: the answers that are not the default.
pub(crate) fn command(template: &Template, interview: &Interview<'_>, args: &NewArgs) -> String {
    let mut words = vec!["launchway".to_owned(), "new".to_owned()];
    let answer = |id: &str| interview.accepted.iter().find(|accepted| accepted.question.id == id);
    if let Some(name) = answer(&template.name_question) {
        words.push(quote_shell(&name.value.to_string()));
    }
    if template.source != Source::Builtin || template.id != "service" {
        words.extend(["--template".to_owned(), quote_shell(&args.template)]);
    }
    if let Some(dest) = &args.dest {
        words.extend(["--dest".to_owned(), quote_shell(&dest.to_string_lossy())]);
    }
    for accepted in &interview.accepted {
        if accepted.question.id == template.name_question || accepted.is_default {
            continue;
        }
        words.push(format!("{}={}", accepted.question.flag(), quote_shell(&accepted.value.to_string())));
    }
    if args.no_git {
        words.push("--no-git".to_owned());
    }
    words.push("--no-input".to_owned());
    words.join(" ")
}

/// Renders the answers, each with where it came from.
pub(crate) fn answers(interview: &Interview<'_>) -> String {
    let rows: Vec<(&str, String, String)> = interview
        .accepted
        .iter()
        .map(|it| (it.question.id.as_str(), visible_line(&it.value.to_string()), it.provenance.to_string()))
        .collect();
    let first = rows.iter().map(|row| row.0.len()).max().unwrap_or_default();
    let second = rows.iter().map(|row| row.1.chars().count()).max().unwrap_or_default().min(48);
    rows.iter().fold(String::new(), |mut text, (id, value, provenance)| {
        let _ = writeln!(text, "  {id:first$}  {value:second$}  ({})", visible_line(provenance));
        text
    })
}

/// Renders the files as a tree with their sizes.
pub(crate) fn tree(changes: &Changes) -> String {
    let mut text = format!("{}/\n", visible_line(&changes.destination.display().to_string()));
    let mut open: Vec<&str> = Vec::new();
    for (path, file) in &changes.creates {
        let mut segments: Vec<&str> = path.as_str().split('/').collect();
        let name = segments.pop().unwrap_or_default();
        let shared = open.iter().zip(&segments).take_while(|(left, right)| left == right).count();
        open.truncate(shared);
        for segment in &segments[shared..] {
            let _ = writeln!(text, "{}{segment}/", "  ".repeat(open.len() + 1));
            open.push(segment);
        }
        let _ = writeln!(text, "{}{name}  {}", "  ".repeat(open.len() + 1), size(file.bytes.len()));
    }
    let total = changes.creates.iter().map(|(_, file)| file.bytes.len()).sum();
    let _ = writeln!(text, "{} files, {}", changes.creates.len(), size(total));
    text
}

/// Renders the contents as a diff against nothing, which `git apply` accepts.
pub(crate) fn diff(changes: &Changes) -> String {
    let mut text = String::new();
    for (path, file) in &changes.creates {
        let mode = if file.executable { "100755" } else { "100644" };
        let _ = writeln!(text, "diff --git a/{path} b/{path}\nnew file mode {mode}");
        match std::str::from_utf8(&file.bytes) {
            Ok(content) if !content.contains('\0') => text.push_str(&added_lines(path.as_str(), content)),
            _ => {
                let _ = writeln!(text, "Binary files /dev/null and b/{path} differ");
            }
        }
    }
    text
}

fn added_lines(path: &str, content: &str) -> String {
    if content.is_empty() {
        return String::new();
    }
    let lines: Vec<&str> = content.lines().collect();
    let mut text = format!("--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{} @@\n", lines.len());
    for line in lines {
        let _ = writeln!(text, "+{line}");
    }
    text
}

/// Renders the whole review screen.
pub(crate) fn screen(interview: &Interview<'_>, prepared: &Prepared) -> String {
    let mut text = format!("\nAnswers\n{}\nFiles\n", answers(interview));
    for line in tree(&prepared.changes).lines() {
        let _ = writeln!(text, "  {line}");
    }
    if !prepared.plan.objects.is_empty() {
        text.push_str("\nWhat they create once you deploy\n");
        let width = prepared.plan.objects.iter().map(|it| it.kind.chars().count()).max().unwrap_or_default();
        for object in &prepared.plan.objects {
            let _ = writeln!(text, "  {:width$}  {}", visible_line(&object.kind), visible_line(&object.purpose));
        }
    }
    for warning in &prepared.warnings {
        let _ = writeln!(text, "\nwarning: {}", visible(warning));
    }
    let _ = writeln!(text, "\nThe same again, without a question\n  {}\n", visible_line(&prepared.command));
    text
}

/// Renders the commands to run next.
pub(crate) fn next_steps(prepared: &Prepared) -> String {
    if prepared.plan.next_steps.is_empty() {
        return String::new();
    }
    let destination = quote_shell(&prepared.changes.destination.to_string_lossy());
    let enter = (format!("cd {destination}"), "everything below runs there".to_owned());
    let steps = prepared.plan.next_steps.iter().map(|step| (step.command.clone(), step.purpose.clone()));
    let steps: Vec<(String, String)> = std::iter::once(enter).chain(steps).collect();
    steps.iter().fold("\nNext steps\n".to_owned(), |mut text, (command, purpose)| {
        let _ = writeln!(text, "  {}\n      {}", visible_line(command), visible_line(purpose));
        text
    })
}

fn size(bytes: usize) -> String {
    if bytes < 1024 { format!("{bytes} B") } else { format!("{}.{} KiB", bytes / 1024, bytes % 1024 * 10 / 1024) }
}
