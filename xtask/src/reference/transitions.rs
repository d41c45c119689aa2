//! The page of the transitions of the built-in template, from its manifest.

use std::fmt::Write as _;

use launchway_core::Template;

use super::cell;

/// Makes the page.
pub(super) fn page(template: &Template) -> String {
    let mut text = format!("{}\n\n# What a change means\n\n", super::NOTE);
    text.push_str("What the built-in template says of every change of an answer; [transitions](../transitions.md) explains the effects. Each row holds\n");
    text.push_str(
        "under its condition alone, and several may hold at once. `was_` comes before the name of an old value.\n\n",
    );
    text.push_str("| transition | effect | answers | where | means |\n|---|---|---|---|---|\n");
    for it in template.transition_references() {
        let questions = it.questions.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
        let side = |name: &str, values: &[String]| match values {
            [] => String::new(),
            values => format!(" {name} {}", values.join(" or ")),
        };
        let questions = format!("{questions}{}{}", side("from", &it.from), side("to", &it.to));
        let when = it.when.map(|when| format!("`{when}`")).unwrap_or_default();
        let cells = [questions, when, it.text.to_owned()].map(|text| cell(&text));
        let _ = writeln!(text, "| `{}` | {} | {} |", it.id, it.effect.id(), cells.join(" | "));
    }
    text
}
