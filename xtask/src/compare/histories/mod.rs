//! The histories of the comparison.

mod files;
mod settings;
mod texts;

use super::history::History;

/// Lists the histories, in the order of the table.
#[must_use]
pub fn all() -> Vec<History> {
    [texts::all(), files::all(), settings::all()].concat()
}

/// The file that histories use in which nothing but two edits, far from each other, happens.
const CONFIG: &str = "\
# Settings of %service%.
name: %service%
listen: 0.0.0.0
port: 8080

# Limits.
requests: 100
connections: 20
body_bytes: 65536

# Times.
request_seconds: 10
drain_seconds: 5
";

/// What `CONFIG` becomes in the project.
fn config() -> String {
    CONFIG.replace("%service%", super::history::SERVICE)
}
