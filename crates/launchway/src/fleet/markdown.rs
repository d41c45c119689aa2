//! A report for a wiki.

use std::fmt::Write as _;

use super::report::{FleetReport, Table};

/// Writes a report as Markdown.
pub(crate) fn markdown(report: &FleetReport<'_>) -> String {
    let mut text = format!("# {}\n\n{}\n", escaped(&report.title()), report.progress());
    for table in report.tables() {
        let _ = write!(text, "\n## {}\n\n{}", table.title, rows(&table));
    }
    text
}

fn rows(table: &Table) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let head = line(table.columns.iter().map(|column| (*column).to_owned()).collect());
    let rule = format!("|{}\n", "---|".repeat(table.columns.len()));
    let rows = table.rows.iter().map(|row| line(row.iter().map(|cell| escaped(cell)).collect()));
    [head, rule].into_iter().chain(rows).collect()
}

/// Writes a text so that nothing in it is more than text: repositories have names that others have chosen.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '\n' | '\r' => escaped.push(' '),
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '!' | '~' => escaped.extend(['\\', letter]),
            letter if letter.is_control() => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn a_text_stays_a_text() {
        assert_eq!(escaped("a|b\n<i> [x](y)\u{1b}[31m"), r"a\|b &lt;i> \[x\](y)\[31m");
    }
}
