//! How a result is written to stdout: as text, or as one JSON object.

use clap::ValueEnum;
use serde::Serialize;

/// What the help says of `--output` where there are these two forms.
pub(crate) const OUTPUT_HELP: &str = "What stdout carries: text, or one JSON object";

/// How results are written to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    Text,
    Json,
}

/// Renders a result of the program as JSON for people too: indented, and ended by a newline.
pub(crate) fn json(result: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(result).expect("strings, numbers and lists always fit into JSON");
    text.push('\n');
    text
}
