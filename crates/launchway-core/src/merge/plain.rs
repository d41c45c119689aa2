//! The outlines of what has no parser here: files of settings, `NAME=value`, and the tables of Markdown.

use super::outline::{Body, Entry, Inner, Joint};

/// Outlines a file of settings; `None` if a line is none.
pub(super) fn settings(text: &str) -> Option<Inner<'_>> {
    let (mut entries, mut lead, mut at) = (Vec::new(), 0, 0);
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        let written = line.trim();
        if !(written.is_empty() || written.starts_with('#')) {
            let (name, _) = written.split_once('=')?;
            let key = name.trim().to_owned();
            entries.push(Entry { key, lead: &text[lead..at], body: Body::Atom(&text[at..end]), after: "" });
            lead = end;
        }
        at = end;
    }
    Some(Inner { head: "", entries, tail: &text[lead..], joint: Joint::Lines })
}

/// Outlines a page of Markdown: its tables by their rows, and what stands between them, each as one thing.
pub(super) fn page(text: &str) -> Option<Inner<'_>> {
    let (mut entries, mut prose, mut at) = (Vec::new(), 0, 0);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (mut place, mut is_code) = (0, false);
    while place < lines.len() {
        is_code ^= lines[place].trim_start().starts_with("```");
        let rows = lines[place..].iter().take_while(|line| !is_code && line.starts_with('|')).count();
        if rows < 2 || !is_rule(lines[place + 1]) {
            at += lines[place].len();
            place += 1;
            continue;
        }
        entries.push(atom(entries.len(), &text[prose..at]));
        let end = at + lines[place..place + rows].iter().map(|line| line.len()).sum::<usize>();
        let key = format!("{} {}", entries.len(), lines[place].trim());
        let table = table(&text[at..end], &lines[place..place + rows])?;
        entries.push(Entry { key, lead: "", body: Body::Inner(&text[at..end], table), after: "" });
        (at, prose, place) = (end, end, place + rows);
    }
    entries.push(atom(entries.len(), &text[prose..]));
    Some(Inner { head: "", entries, tail: "", joint: Joint::Lines })
}

fn atom(number: usize, text: &str) -> Entry<'_> {
    Entry { key: number.to_string(), lead: "", body: Body::Atom(text), after: "" }
}

/// Tells whether a line is the rule below the head of a table.
fn is_rule(line: &str) -> bool {
    line.contains('-') && line.trim().chars().all(|character| "|-: ".contains(character))
}

fn table<'t>(text: &'t str, rows: &[&'t str]) -> Option<Inner<'t>> {
    let head = rows[0].len() + rows[1].len();
    let row = |row: &&'t str| {
        let key = row.trim_start_matches('|').split('|').next()?.trim().to_owned();
        Some(Entry { key, lead: "", body: Body::Atom(row), after: "" })
    };
    let entries = rows[2..].iter().map(row).collect::<Option<_>>()?;
    Some(Inner { head: &text[..head], entries, tail: "", joint: Joint::Lines })
}
