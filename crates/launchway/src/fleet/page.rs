//! A report as one page of HTML: nothing of it comes from elsewhere, and it needs no script.

use std::fmt::Write as _;

use super::report::{FleetReport, Table, said};
use crate::language;

/// The look, in the light and in the dark. The colours of the states differ in lightness too, and a legend names them.
const STYLE: &str = include_str!("page.css");

/// The colour of each state in the picture.
const COLOURS: [(&str, &str); 9] = [
    ("unchanged", "#1a7f37"),
    ("ready", "#54aeff"),
    ("conflict", "#cf222e"),
    ("check_failed", "#a40e26"),
    ("verify_failed", "#ff8182"),
    ("refused", "#bf8700"),
    ("error", "#8250df"),
    ("transient", "#d4a72c"),
    ("open", "#afb8c1"),
];

/// Writes a report as a page.
pub(crate) fn page(report: &FleetReport<'_>) -> String {
    let tables = report.tables();
    let title = escaped(&report.title());
    let mut page = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n<p>{}</p>\n",
        language::current().code(),
        escaped(&report.progress()),
    );
    page.push_str(&picture(report));
    let _ = writeln!(page, "<nav aria-label=\"{}\"><ul>", language::text("Tables"));
    for (number, table) in tables.iter().enumerate() {
        let _ = writeln!(page, "<li><a href=\"#t{number}\">{}</a></li>", escaped(table.title));
    }
    page.push_str("</ul></nav>\n");
    for (number, table) in tables.iter().enumerate() {
        page.push_str(&section(number, table));
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

/// Draws how many projects are in which state, with the numbers in words beside it.
fn picture(report: &FleetReport<'_>) -> String {
    let all: usize = report.states.values().sum();
    if all == 0 {
        return String::new();
    }
    let present = COLOURS.iter().filter_map(|(state, colour)| Some((*state, *colour, *report.states.get(state)?)));
    let (mut bars, mut keys, mut at) = (String::new(), String::new(), 0);
    for (state, colour, count) in present {
        let _ = write!(bars, "<rect x=\"{at}\" width=\"{count}\" height=\"1\" fill=\"{colour}\"/>");
        let said = said(state);
        let _ = writeln!(
            keys,
            "<span class=\"key-of\"><span class=\"key\" style=\"background: {colour}\"></span>{said} {count}</span>"
        );
        at += count;
    }
    format!(
        "<figure>\n<svg viewBox=\"0 0 {all} 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{bars}</svg>\n\
         <figcaption>{keys}</figcaption>\n</figure>\n"
    )
}

fn section(number: usize, table: &Table) -> String {
    let mut text = format!(
        "<section>\n<h2 id=\"t{number}\">{}</h2>\n\
         <div class=\"table\" role=\"region\" aria-labelledby=\"t{number}\" tabindex=\"0\">\n<table>\n<thead><tr>",
        escaped(table.title)
    );
    for (at, column) in table.columns.iter().enumerate() {
        let class = if at > 0 && table.rows.iter().all(|row| is_number(&row[at])) { " class=\"number\"" } else { "" };
        let _ = write!(text, "<th scope=\"col\"{class}>{}</th>", escaped(column));
    }
    text.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        text.push_str("<tr>");
        for (at, cell) in row.iter().enumerate() {
            let _ = match (at, is_number(cell)) {
                (0, _) => write!(text, "<th scope=\"row\">{}</th>", escaped(cell)),
                (_, true) => write!(text, "<td class=\"number\">{cell}</td>"),
                (_, false) => write!(text, "<td>{}</td>", escaped(cell)),
            };
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</tbody>\n</table>\n</div>\n</section>\n");
    text
}

fn is_number(cell: &str) -> bool {
    !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit())
}

/// Writes a text so that nothing in it is more than text: repositories have names that others have chosen.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::report::OPEN;
    use super::super::result::State;
    use super::*;

    #[test]
    fn every_state_has_a_colour() {
        let states = State::ALL.iter().map(|state| state.id()).chain([OPEN]);
        assert!(states.into_iter().all(|state| COLOURS.iter().any(|(known, _)| *known == state)));
        assert_eq!(COLOURS.len(), State::ALL.len() + 1);
    }

    #[test]
    fn a_text_stays_a_text() {
        assert_eq!(escaped("<script>\"&\u{1b}"), "&lt;script&gt;&quot;&amp; ");
    }
}
