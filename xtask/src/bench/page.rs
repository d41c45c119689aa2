//! The tables of the benchmark, on the terminal and in `docs/benchmark.md`.

use std::fmt::Write as _;

use super::works::Row;
use crate::Result;
use crate::marked::Marked;

const PAGE: &str = "docs/benchmark.md";
const TABLE: Marked = Marked { page: PAGE, command: "cargo xtask bench" };
const FLEET: Marked = Marked { page: PAGE, command: "cargo xtask bench fleet" };
const SERVICE: Marked = Marked { page: PAGE, command: "cargo xtask bench --service" };

/// Writes rows as a table: the same work in memory and on a disk. Ratios are to launchway's time.
#[must_use]
pub fn table(memory: &[Row], disk: &[Row]) -> String {
    let mut table =
        "| work | program | in memory, ms | × launchway | processor, ms | memory, MiB | on disk, ms |\n".to_owned();
    table.push_str("|---|---|---:|---:|---:|---:|---:|\n");
    for row in memory {
        let own = find(memory, &row.work, "launchway").map_or(f64::NAN, |own| own.cost.wall);
        let on_disk =
            find(disk, &row.work, &row.program).map_or("–".to_owned(), |row| format!("{:.1}", row.cost.wall));
        let _ = writeln!(
            table,
            "| {} | {} | {:.1} | {:.2} | {:.1} | {:.0} | {on_disk} |",
            row.work,
            row.program,
            row.cost.wall,
            row.cost.wall / own,
            row.cost.processor,
            row.cost.memory,
        );
    }
    table
}

fn find<'r>(rows: &'r [Row], work: &str, program: &str) -> Option<&'r Row> {
    rows.iter().find(|row| row.work == work && row.program == program)
}

/// Writes a text between the markers of the page.
///
/// # Errors
///
/// When the page lacks its markers.
pub fn write(text: &str) -> Result<()> {
    TABLE.write(text)
}

/// Writes the table of the generated service between its markers.
///
/// # Errors
///
/// When the page lacks its markers.
pub fn write_service(table: &str) -> Result<()> {
    SERVICE.write(table)
}

/// Writes the tables of the fleet between their markers.
///
/// # Errors
///
/// When the page lacks its markers.
pub fn write_fleet(tables: &str) -> Result<()> {
    FLEET.write(tables)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::measure::Cost;

    #[test]
    fn a_ratio_is_to_launchways_time_for_the_same_work() {
        let row = |work: &str, program: &str, wall| Row {
            work: work.to_owned(),
            program: program.to_owned(),
            cost: Cost { wall, ..Cost::default() },
        };
        let memory = [row("a", "launchway", 2.0), row("a", "cp -r", 1.0), row("b", "launchway", 4.0)];
        let table = table(&memory, &[row("a", "cp -r", 7.0)]);
        assert!(table.contains("| a | cp -r | 1.0 | 0.50 | 0.0 | 0 | 7.0 |"), "{table}");
        assert!(table.contains("| b | launchway | 4.0 | 1.00 | 0.0 | 0 | – |"), "{table}");
    }
}
