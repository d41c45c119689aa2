//! A report for a terminal, or a log.

use std::fmt::Write as _;

use console::measure_text_width;
use launchway_core::quote::visible;

use super::report::{FleetReport, Table};
use crate::terminal::padded;

/// Writes a report as text: each table with its columns side by side.
pub(crate) fn text(report: &FleetReport<'_>) -> String {
    let mut text = format!("{}\n{}\n", visible(&report.title()), report.progress());
    for table in report.tables() {
        let _ = write!(text, "\n{}\n{}", table.title, rows(&table));
    }
    text
}

fn rows(table: &Table) -> String {
    let head = table.columns.iter().map(|column| (*column).to_owned()).collect();
    let cell = |text: &String| visible(text).replace('\n', " ");
    let lines: Vec<Vec<String>> =
        [head].into_iter().chain(table.rows.iter().map(|row| row.iter().map(cell).collect())).collect();
    let width = |column: usize| lines.iter().map(|line| measure_text_width(&line[column])).max().unwrap_or_default();
    let widths: Vec<usize> = (0..table.columns.len()).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        let cells = line.iter().zip(&widths).map(|(cell, width)| padded(cell, *width));
        let _ = writeln!(text, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    text
}
