//! The page of the helpers of the template language, from their table in the core.

use std::fmt::Write as _;

use super::cell;

/// Makes the page.
pub(super) fn page() -> String {
    let mut text = format!("{}\n\n# Helpers of the template language\n\n", super::NOTE);
    text.push_str("What a template calls between `{{` and `}}`, and a manifest in its expressions; [templates](../templates.md) explains the\n");
    text.push_str("language. In the examples `zones` is the list `a`, `b`, `c`, `ports` the list `http=80`, `https=443`, and `sizes` a `[[table]]`. A helper that came after 0.1 yields to a\n");
    text.push_str(
        "question or value of the same name, unless the manifest `requires` the program that brought it.\n\n",
    );
    text.push_str("| helper | yields | example | is | since |\n|---|---|---|---|---|\n");
    for helper in launchway_core::helper_references() {
        let [usage, example, result] = [&*helper.usage, helper.example, helper.result].map(cell);
        let _ = writeln!(text, "| `{usage}` | {} | `{example}` | `{result}` | {} |", cell(helper.says), helper.since);
    }
    text
}
