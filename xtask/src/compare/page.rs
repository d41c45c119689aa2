//! The table of the comparison, in `docs/compare.md` and on the terminal.

use std::fmt::Write as _;
use std::time::Duration;

use super::history::History;
use super::oracle::{Fate, Verdict};
use super::tool::{self, Tool};
use crate::Result;
use crate::marked::Marked;

const TABLE: Marked = Marked { page: "docs/compare.md", command: "cargo xtask compare" };

/// What one tool made of one history.
#[derive(Debug, Clone)]
pub struct Cell {
    /// What the oracle says.
    pub verdict: Verdict,
    /// The median of the times.
    pub time: Duration,
    /// What other ways to update lead to, each with its commands.
    pub alternatives: Vec<(String, Verdict)>,
}

impl Cell {
    /// The verdicts in words.
    #[must_use]
    pub fn words(&self) -> String {
        let others =
            self.alternatives.iter().map(|(commands, verdict)| format!("; with `{commands}`: {}", words(verdict)));
        others.fold(words(&self.verdict), |all, other| all + &other)
    }
}

/// One history with what each tool made of it, in the order of [`tool::ALL`].
#[derive(Debug)]
pub struct Row {
    /// The history.
    pub history: History,
    /// One for each tool.
    pub cells: Vec<Cell>,
}

/// Writes the table as Markdown; times stand as multiples of launchway's.
///
/// # Errors
///
/// When a peer is not pinned.
pub fn table(rows: &[Row]) -> Result<String> {
    let mut table = head()?;
    for Row { history, cells } in rows {
        let right = if history.is_mergeable() { "merge" } else { "ask" };
        let said: Vec<String> = cells.iter().map(Cell::words).collect();
        let _ = writeln!(table, "| {} | {right} | {} | {} |", history.title, said.join(" | "), multiples(cells));
    }
    let _ = write!(table, "\n{}", totals(rows));
    Ok(table)
}

fn head() -> Result<String> {
    let mut names = Vec::new();
    for tool in tool::ALL {
        names.push(format!("{} {}", tool.name(), tool.version()?));
    }
    Ok(format!("| what happened | right | {} | times |\n|---|---|---|---|---|---|\n", names.join(" | ")))
}

/// The verdict in words: what was lost stands out.
#[must_use]
pub fn words(verdict: &Verdict) -> String {
    let fate = match verdict.fate {
        Fate::Merged => "merged",
        Fate::Conflict => "conflict",
        Fate::Rejected => "`.rej` file",
        Fate::Unmarked => "both kept",
        Fate::Stopped => "stopped",
        Fate::NotHealed => "drift stays",
        Fate::SecretKept => "**token recorded**",
        Fate::Misplaced => "**edit misplaced**",
        Fate::TemplateLost => "**template's change lost**",
        Fate::TeamLost => "**edit lost**",
        Fate::TeamGone => "**edit lost for good**",
    };
    let is_silent = !verdict.is_said && !matches!(verdict.fate, Fate::Merged | Fate::NotHealed);
    let silently = if is_silent { ", silently" } else { "" };
    let is_undone = matches!(verdict.fate, Fate::TemplateLost | Fate::Rejected);
    let recorded = if is_undone && verdict.is_recorded { ", recorded as done" } else { "" };
    let code = verdict.code.map_or("signal".to_owned(), |code| code.to_string());
    format!("{fate}{silently}{recorded} ({code})")
}

/// The times of the peers as multiples of launchway's; a tool that stopped has none.
fn multiples(cells: &[Cell]) -> String {
    let of = |tool: Tool| {
        let place = tool::ALL.iter().position(|other| *other == tool)?;
        let cell = cells.get(place).filter(|cell| cell.verdict.fate != Fate::Stopped)?;
        Some(cell.time.as_secs_f64())
    };
    let multiple = |tool| match (of(tool), of(Tool::Launchway)) {
        (Some(time), Some(own)) => format!("{:.0}×", time / own),
        _ => "–".to_owned(),
    };
    format!("{}, {}", multiple(Tool::Copier), multiple(Tool::Cruft))
}

/// How often each tool lost something, and its median time over all histories as a multiple of launchway's.
fn totals(rows: &[Row]) -> String {
    let mut totals = String::new();
    for (place, tool) in tool::ALL.iter().enumerate() {
        let verdicts: Vec<&Verdict> = rows.iter().filter_map(|row| Some(&row.cells.get(place)?.verdict)).collect();
        let count = |test: fn(&&&Verdict) -> bool| verdicts.iter().filter(test).count();
        let _ = writeln!(
            totals,
            "- {}: {} merged, {} shown as a conflict or a `.rej` file, {} stopped, {} with a loss (in bold), {} of those silently",
            tool.name(),
            count(|verdict| verdict.fate == Fate::Merged),
            count(|verdict| matches!(verdict.fate, Fate::Conflict | Fate::Rejected)),
            count(|verdict| verdict.fate == Fate::Stopped),
            count(|verdict| verdict.is_loss()),
            count(|verdict| verdict.is_loss() && !verdict.is_said),
        );
    }
    totals
}

/// Writes `table` into the page.
///
/// # Errors
///
/// When the page lacks its markers.
pub fn write(table: &str) -> Result<()> {
    TABLE.write(table)
}

/// Fails unless the page has every history in its order, and the versions that are pinned.
///
/// # Errors
///
/// When it does not.
pub fn check(histories: &[History]) -> Result<()> {
    let table = TABLE.read()?;
    let rows: Vec<_> = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next()).skip(1).collect();
    let titles: Vec<_> = histories.iter().map(|history| history.title).collect();
    if rows == titles && table.contains(&head()?) {
        return Ok(());
    }
    Err("`docs/compare.md` is out of date; run `cargo xtask compare`".into())
}
