//! Advice as a record of a decision, in Markdown, and its place in a project.

use std::fmt::Write as _;
use std::path::Path;

use launchway_core::advice::Advice;
use launchway_core::quote::quote_markdown;
use launchway_core::{Blob, Edit, SafePath, edit};

use super::text;
use crate::failure::{Exit, Failure};
use crate::repository::say_ignored;
use crate::{interrupt, language};

/// Renders the record. It has no date: the commit has one.
pub(crate) fn to_markdown(advice: &Advice) -> String {
    let mut text = format!("# {}\n\n", language::translated(&advice.topic.title));
    let _ = writeln!(text, "## {}\n\n{}.", language::text("Decision"), quote_markdown(&text::recommendation(advice)));
    let _ = writeln!(text, "\n## {}\n", language::text("What was asked"));
    let _ = writeln!(text, "| {} | {} |\n|---|---|", language::text("question"), language::text("answer"));
    for (question, choice) in &advice.answers {
        let cell = |text: &str| quote_markdown(language::translated(text));
        let _ = writeln!(text, "| {} | {} |", cell(&question.prompt), cell(&choice.label));
    }
    for section in text::sections(advice) {
        let _ = writeln!(text, "\n## {}\n", section.heading);
        for line in section.lines {
            let _ = writeln!(text, "- {}", quote_markdown(&line));
        }
    }
    let _ = writeln!(text, "\n## {}\n", language::text("How it was found"));
    let flags = advice
        .answers
        .iter()
        .fold(String::new(), |flags, (question, choice)| format!("{flags} {}={}", question.flag(), choice.value));
    let _ = writeln!(text, "    launchway advise {}{flags}", advice.topic.id);
    let _ = writeln!(text, "    {}", text::explain_command(advice));
    text
}

/// Writes the record into the project at `folder`, or in the folder `below` it that the project is, and returns its path.
///
/// # Errors
/// There is a record of that decision already, or it cannot be written.
pub(crate) fn write(advice: &Advice, folder: &Path, below: Option<&str>) -> Result<String, Failure> {
    let path = path(advice, below);
    if folder.join(path.as_str()).symlink_metadata().is_ok() {
        return Err(Failure::new(Exit::Exists, format!("`{path}` is there already"))
            .hint("move it away, or delete it; what it says stays in git"));
    }
    if let Some(link) = path.folders().find(|above| folder.join(above).is_symlink()) {
        return Err(Failure::new(Exit::Exists, format!("`{link}` is a symbolic link, and links are not followed"))
            .hint("make it a folder of the project"));
    }
    let blob = Blob { bytes: to_markdown(advice).into_bytes().into(), executable: false };
    let edits = [Edit { path: path.clone(), before: None, after: Some(blob) }];
    interrupt::uninterrupted(|| edit(folder, &edits))?;
    say_ignored(folder, [&path].into_iter());
    Ok(path.to_string())
}

fn path(advice: &Advice, below: Option<&str>) -> SafePath {
    let folder = below.map_or_else(String::new, |below| format!("{below}/"));
    SafePath::new(&format!("{folder}docs/decisions/{}.md", advice.topic.id))
        .expect("the ids of topics are plain words, and the folder of a project is a path")
}
