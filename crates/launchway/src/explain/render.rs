//! From the Markdown of a page to text for a terminal.

use crate::terminal;

/// Renders a page of headings, paragraphs and lists: wrapped, and with what stands below a heading indented.
pub(crate) fn render(markdown: &str, width: usize) -> String {
    let mut text = String::new();
    for block in markdown.split("\n\n").filter(|block| !block.trim().is_empty()) {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&rendered(block.trim_end(), width));
    }
    text
}

fn rendered(block: &str, width: usize) -> String {
    if let Some(title) = block.strip_prefix("# ") {
        let title = plain(title);
        return format!("{title}\n{}\n", "=".repeat(console::measure_text_width(&title)));
    }
    if let Some(heading) = block.strip_prefix("## ") {
        return format!("{}\n", plain(heading));
    }
    if block.starts_with("- ") {
        let items = block.split("\n- ").map(|item| paragraph(item.trim_start_matches("- "), "  - ", width));
        return items.collect();
    }
    paragraph(block, "  ", width)
}

/// Wraps a paragraph, its first line after `lead` and the others below it.
fn paragraph(text: &str, lead: &str, width: usize) -> String {
    let lines = terminal::wrapped(&plain(text), width.saturating_sub(lead.len()));
    format!("{lead}{}\n", lines.join(&format!("\n{}", " ".repeat(lead.len()))))
}

/// Leaves out the signs of emphasis and the targets of links; code keeps its back-ticks.
fn plain(text: &str) -> String {
    let mut shown = String::new();
    for (position, part) in text.split('`').enumerate() {
        if position > 0 {
            shown.push('`');
        }
        if position % 2 == 1 { shown.push_str(part) } else { shown.push_str(&without_links(part).replace('*', "")) }
    }
    shown
}

fn without_links(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, name, after)) = link(rest) {
        shown.push_str(before);
        shown.push_str(name);
        rest = after;
    }
    shown + rest
}

/// Splits at the first `[name](target)`.
fn link(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('[')?;
    let (name, rest) = rest.split_once("](")?;
    let (_, after) = rest.split_once(')')?;
    Some((before, name, after))
}

/// Returns the anchor of a heading, as Markdown on the web makes it.
#[cfg(test)]
pub(crate) fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_becomes_text_of_that_width() {
        let page = "# A *title*\n\nOne two `a*b`\nthree.\n\n## Heading\n\n- first item\n- [second](x.md) item\n";
        let shown = "A title\n=======\n\n  One two `a*b`\n  three.\n\nHeading\n\n  - first item\n  - second item\n";
        assert_eq!(render(page, 17), shown);
    }

    #[test]
    fn brackets_that_are_no_link_stay() {
        assert_eq!(plain("a [b] and (c)"), "a [b] and (c)");
    }
}
