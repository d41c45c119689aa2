//! Which question hangs on which: its `when`, or its choices.

use std::fmt::Write as _;

use launchway_core::Template;
use launchway_core::show::{Edge, edges};

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
