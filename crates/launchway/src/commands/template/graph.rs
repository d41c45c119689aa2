//! Which question hangs on which: its `when`, or its choices.

use std::fmt::Write as _;

use launchway_core::Template;
use serde::Serialize;

/// A question that hangs on another one.
#[derive(Serialize)]
pub(super) struct Edge<'t> {
    from: &'t str,
    to: &'t str,
    /// The condition; none where only the choices hang on the other answer.
    when: Option<&'t str>,
}

/// Lists what hangs on what, in the order of the questions.
pub(super) fn edges(template: &Template) -> Vec<Edge<'_>> {
    let edges = template.questions.iter().flat_map(|question| {
        let behind = template.hangs_on(question).into_iter();
        behind.map(|from| Edge { from, to: &question.id, when: question.when_text() })
    });
    edges.collect()
}

/// Draws a flow chart that GitHub and most editors show.
pub(super) fn mermaid(template: &Template) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for question in &template.questions {
        // Told apart from the words of the language, such as `end`.
        let _ = writeln!(text, "    q_{0}[\"{0}\"]", question.id);
    }
    for Edge { from, to, when } in edges(template) {
        let label = when.map_or_else(|| "choices".to_owned(), escaped);
        let _ = writeln!(text, "    q_{from} -->|\"{label}\"| q_{to}");
    }
    text
}

/// Writes a condition so that it stays one label on one line.
fn escaped(text: &str) -> String {
    let escape = |character: char| match character {
        '"' | '#' | '&' | '<' | '>' | '`' | '|' => format!("#{};", u32::from(character)),
        character if character.is_control() => " ".to_owned(),
        character => character.to_string(),
    };
    text.chars().map(escape).collect()
}
