//! Regular expressions as templates write them.

use regex::{Regex, RegexBuilder};

/// The most that a compiled pattern of a template may take.
const MAX_BYTES: usize = 1 << 20;
/// The most that one may take of those that a project's record can hold many of.
const MAX_BYTES_OF_LINES: usize = 256 << 10;

/// Compiles a pattern that is matched line by line, whatever the lines end with.
pub(crate) fn of_lines(text: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(&in_ascii(text)).multi_line(true).crlf(true).size_limit(MAX_BYTES_OF_LINES).build();
    built.map_err(|error| broken(text, &error))
}

/// Compiles a pattern for the whole of a text.
pub(crate) fn of_whole(text: &str) -> Result<Regex, String> {
    let ascii = in_ascii(text);
    // On its own first: brackets that do not pair could otherwise escape from the anchors.
    Regex::new(&ascii).map_err(|error| broken(text, &error))?;
    let built = RegexBuilder::new(&format!("^(?:{ascii})$")).size_limit(MAX_BYTES).build();
    built.map_err(|error| broken(text, &error))
}

fn broken(text: &str, error: &regex::Error) -> String {
    format!("`{text}` is not a pattern: {}", error.to_string().lines().last().unwrap_or_default())
}

/// Spells `\d` and `\w` out: they mean the digits and letters of ASCII, as they do in a JSON Schema. Those of all
/// scripts take much longer to compile, for the many patterns of agreements that are matched once.
fn in_ascii(text: &str) -> String {
    let mut spelt = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, (character == '\\').then(|| characters.next()).flatten()) {
            ('\\', Some('d')) => spelt.push_str("[0-9]"),
            ('\\', Some('w')) => spelt.push_str("[0-9A-Za-z_]"),
            (character, escaped) => spelt.extend([character].into_iter().chain(escaped)),
        }
    }
    spelt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_ascii_also_in_brackets_and_what_is_escaped_stays() {
        for (pattern, text, matches) in [
            (r"\d+", "12", true),
            (r"\d+", "१२", false),
            (r"[\w.-]+", "a_1.b-c", true),
            (r"[\w.-]+", "é", false),
            (r"[^\d]", "x", true),
            (r"[^\d]", "1", false),
            (r"\\d", r"\d", true),
            (r"\\\d", r"\1", true),
            (r"\S+", "é", true),
        ] {
            assert_eq!(of_whole(pattern).unwrap().is_match(text), matches, "{pattern} {text}");
        }
        assert_eq!(
            of_lines(r"^PORT=(\d+)$").unwrap().captures("A=1\r\nPORT=80\r\n").unwrap().get(1).unwrap().as_str(),
            "80"
        );
    }

    #[test]
    fn what_is_no_pattern_is_named_as_it_was_written() {
        for compile in [of_lines, of_whole] {
            let message = compile(r"\d(").unwrap_err();
            assert!(message.starts_with(r"`\d(` is not a pattern: "), "{message}");
        }
        assert!(of_whole("a)|(b").is_err());
    }
}
