//! A report as one page of HTML: nothing of it comes from elsewhere, and it needs no script.

use std::fmt::Write as _;

use super::report::{FleetReport, Table, said};
use super::sorted::{RowOrder, orders};
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
    let rules = rules(tables.iter().map(|table| table.columns.len()).max().unwrap_or_default());
    let mut page = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>\n{STYLE}{rules}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n<p>{}</p>\n",
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

/// Writes a table with its rows in every order, of which a radio button shows one.
fn section(number: usize, table: &Table) -> String {
    let orders = orders(table);
    let mut text = format!("<section>\n<h2 id=\"t{number}\">{}</h2>\n", escaped(table.title));
    text.push_str(&choice_of_order(number, table, &orders));
    let _ = write!(
        text,
        "<div class=\"table\" role=\"region\" aria-labelledby=\"t{number}\" tabindex=\"0\">\n<table>\n<thead><tr>"
    );
    for (at, column) in table.columns.iter().enumerate() {
        let class = if at > 0 && table.rows.iter().all(|row| is_number(&row[at])) { " class=\"number\"" } else { "" };
        let _ = write!(text, "<th scope=\"col\"{class}>{}</th>", escaped(column));
    }
    text.push_str("</tr></thead>\n");
    let rows: Vec<String> = table.rows.iter().map(|row| row_of(row)).collect();
    for order in &orders {
        let _ = writeln!(text, "<tbody class=\"as-{}\">", place(order));
        order.rows.iter().for_each(|at| text.push_str(&rows[*at]));
        text.push_str("</tbody>\n");
    }
    text.push_str("</table>\n</div>\n</section>\n");
    text
}

/// Writes the radio buttons that say by which column a table is sorted, if there is a choice.
fn choice_of_order(number: usize, table: &Table, orders: &[RowOrder]) -> String {
    if orders.len() < 2 {
        return String::new();
    }
    let mut text =
        format!("<fieldset aria-describedby=\"t{number}\">\n<legend>{}</legend>\n", language::text("Sort by"));
    for order in orders {
        let (place, checked) = (place(order), if order.column.is_none() { " checked" } else { "" });
        let label = order.column.map_or_else(|| language::text("as listed"), |column| table.columns[column]);
        let _ = writeln!(
            text,
            "<label><input type=\"radio\" name=\"o{number}\" class=\"by-{place}\"{checked}> {}</label>",
            escaped(label)
        );
    }
    text.push_str("</fieldset>\n");
    text
}

/// Numbers an order by its column: 0 is as the table stands.
fn place(order: &RowOrder) -> usize {
    order.column.map_or(0, |column| column + 1)
}

/// Writes the rules that show the rows of the chosen order, and mark its column. A browser that does not know `:has` shows the first.
fn rules(columns: usize) -> String {
    let mut rules = "tbody:not(.as-0) { display: none; }\n".to_owned();
    for place in 1..=columns {
        let chosen = format!("section:has(.by-{place}:checked)");
        let _ = writeln!(rules, "{chosen} .as-0 {{ display: none; }}");
        let _ = writeln!(rules, "{chosen} .as-{place} {{ display: table-row-group; }}");
        let _ = writeln!(
            rules,
            "{chosen} thead th:nth-child({place}) {{ color: var(--text); text-decoration: underline; }}"
        );
    }
    rules
}

fn row_of(row: &[String]) -> String {
    let mut text = "<tr>".to_owned();
    for (at, cell) in row.iter().enumerate() {
        let _ = match (at, is_number(cell)) {
            (0, _) => write!(text, "<th scope=\"row\">{}</th>", escaped(cell)),
            (_, true) => write!(text, "<td class=\"number\">{cell}</td>"),
            (_, false) => write!(text, "<td>{}</td>", escaped(cell)),
        };
    }
    text.push_str("</tr>\n");
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
