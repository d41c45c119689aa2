//! The wizard by lines, from its greeting to the review, as it stands when it is left there.

use std::num::NonZero;
use std::path::Path;

use super::hermetic;
use crate::Result;
use crate::picture::Terminal;

const ROWS: NonZero<u16> = NonZero::new(1_000).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(100).unwrap();

/// Each with the answers that are given; the rest is asked, and its default is taken.
const REVIEWS: [(&str, &[&str]); 3] = [
    ("ecs", &["orders", "--target=ecs", "--repository=acme/orders"]),
    ("kubernetes", &["orders", "--target=kubernetes", "--repository=acme/orders"]),
    ("both", &["orders", "--target=both", "--repository=acme/orders"]),
];

/// The first action of the review, in every language.
const GENERATE: [(&str, &str); 2] = [("en", "  g  generate"), ("ko", "  g  만들기")];

/// Takes every review in a language, by its name.
pub(super) fn take(program: &Path, language: &str) -> Result<Vec<(String, String)>> {
    let generate = GENERATE.iter().find(|(code, _)| *code == language).map_or("", |(_, generate)| *generate);
    let review = |(name, given): &(&str, &[&str])| {
        let folder = tempfile::tempdir()?;
        let mut command = hermetic(program, language)?;
        command.env_remove("COLUMNS").env("LAUNCHWAY_STATE_DIR", folder.path()).current_dir(folder.path());
        command.args(["new", "--no-git", "--accessible"]).args(*given);
        let mut terminal = Terminal::start(&command, (ROWS, COLUMNS))?;
        terminal.accept_until(generate, ">")?;
        let screen = terminal.contents();
        terminal.interrupt()?;
        let line = command.get_args().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
        let shown = screen.lines().fold(String::new(), |shown, line| shown + line.trim_end() + "\n");
        Ok((format!("review/{name}"), format!("$ launchway {line}\n{shown}")))
    };
    REVIEWS.iter().map(review).collect()
}
