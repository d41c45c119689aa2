//! How a result is written to stdout: as text, or as one JSON object.

use clap::ValueEnum;
use launchway_core::ChangesDigest;
use serde::Serialize;

use crate::failure::{Exit, Failure};

/// What the help says of `--output` where there are these two forms.
pub(crate) const OUTPUT_HELP: &str = "What stdout carries: text, or one JSON object";

/// What the help says of `--expect`.
pub(crate) const EXPECT_HELP: &str =
    "Writes what has this digest, or nothing: the `digest` that `--dry-run --output json` names";

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

/// Refuses to write anything else than what was asked for by its digest. Nothing is computed where none was.
pub(crate) fn refuse_unexpected(
    expected: Option<&ChangesDigest>,
    digest: impl FnOnce() -> ChangesDigest,
) -> Result<(), Failure> {
    let Some(expected) = expected else { return Ok(()) };
    let digest = digest();
    if digest == *expected {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Refused,
        format!("what would be written is not what `--expect` names: its digest is {digest}"),
    )
    .hint("look at it once more with `--dry-run`, and name the digest that it has now"))
}
