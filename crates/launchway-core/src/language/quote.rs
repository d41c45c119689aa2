//! Quoting: how a free text enters each kind of file without changing its meaning.

use crate::text::is_invisible;
use std::fmt::Write as _;

/// Quotes a text for YAML, TOML and JSON at once.
///
/// The result is a JSON string in which every character that one of the three languages, or a terminal,
/// would take for more than itself is written as `\uXXXX`.
///
/// ```
/// use launchway_core::quote::quote;
///
/// assert_eq!(quote("say \"hi\"\n# no"), r##""say \"hi\"\n# no""##);
/// ```
#[must_use]
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ if needs_escape(character) => push_unicode_escape(&mut quoted, character),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// Quotes a text as one word of a POSIX shell.
#[must_use]
pub fn quote_shell(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:,@+=".contains(&byte);
    // zsh takes `=name` for the path of a program.
    if !text.is_empty() && !text.starts_with('=') && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Quotes a word so that it can be shown on one line and pasted: control characters are spelt out.
#[must_use]
pub fn shell_word(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return quote_shell(text);
    }
    let escaped = text.chars().fold(String::new(), |mut escaped, character| {
        match character {
            '\'' | '\\' => escaped.extend(['\\', character]),
            _ if character.is_ascii_control() => drop(write!(escaped, "\\{:03o}", u32::from(character))),
            _ => escaped.push(character),
        }
        escaped
    });
    format!("$'{escaped}'")
}

/// Escapes a text for a paragraph of Markdown.
#[must_use]
pub fn quote_markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.trim().chars() {
        match character {
            '\n' | '\r' | '\t' => escaped.push(' '),
            _ if needs_escape(character) => escaped.push('\u{fffd}'),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '$' | '&' => {
                escaped.push('\\');
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
    }
    escape_list_marker(escaped)
}

/// Quotes a text as a Rust string literal.
#[must_use]
pub fn quote_rust(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            _ if needs_escape(character) => {
                let _ = write!(quoted, "\\u{{{:x}}}", u32::from(character));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// Quotes a text for a string below CloudFormation's `Fn::Sub`, where `${` would name a variable.
#[must_use]
pub fn quote_sub(text: &str) -> String {
    quote(&text.replace("${", "${!"))
}

/// Quotes a text for `command`, `args` and `env` of a Kubernetes container, where `$(NAME)` is a variable and `$$` a dollar
/// sign.
#[must_use]
pub fn quote_kubernetes(text: &str) -> String {
    quote(&text.replace('$', "$$"))
}

/// Quotes a text as one word of a recipe of make, or of a variable that recipes use. A line break, which neither can hold,
/// becomes a space.
#[must_use]
pub fn quote_make(text: &str) -> String {
    let mut quoted = String::from("'");
    for character in on_one_line(text).chars() {
        match character {
            '\'' => quoted.push_str(r"'\''"),
            // Beside the quotes, both make and the shell take the backslash away.
            '#' => quoted.push_str(r"'\#'"),
            '$' => quoted.push_str("$$"),
            _ => quoted.push(character),
        }
    }
    quoted.push('\'');
    quoted
}

/// Quotes a text as one word of a Dockerfile: of `LABEL`, `ENV` and `ARG`, and of a command that a shell runs. A line break,
/// which no instruction can hold, becomes a space.
#[must_use]
pub fn quote_dockerfile(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in on_one_line(text).chars() {
        match character {
            '"' | '\\' | '$' => {
                quoted.push('\\');
                quoted.push(character);
            }
            // Docker would keep a backslash before it, and a shell runs it without one.
            '`' => quoted.push_str("\"'`'\""),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// Quotes a text for HCL, the language of Terraform, where `${` and `%{` would begin a template.
#[must_use]
pub fn quote_hcl(text: &str) -> String {
    quote(text).replace("${", "\\u0024{").replace("%{", "\\u0025{")
}

/// Escapes a text for XML and HTML, as the content of an element or within the quotes of an attribute.
#[must_use]
pub fn quote_xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\r' | '\t' => {
                let _ = write!(escaped, "&#{};", u32::from(character));
            }
            // XML has no way to write them.
            _ if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Escapes a text for the value of a key in a file of Java's properties.
#[must_use]
pub fn quote_properties(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        match character {
            '\\' => escaped.push_str(r"\\"),
            '\n' => escaped.push_str(r"\n"),
            '\r' => escaped.push_str(r"\r"),
            '\t' => escaped.push_str(r"\t"),
            ' ' if at == 0 => escaped.push_str(r"\ "),
            '#' | '!' | '=' | ':' => {
                escaped.push('\\');
                escaped.push(character);
            }
            ' '..='~' => escaped.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(escaped, "\\u{unit:04x}");
                }
            }
        }
    }
    escaped
}

/// Quotes a text as a string of PowerShell, which also takes typographic quotes for its own.
#[must_use]
pub fn quote_powershell(text: &str) -> String {
    let mut quoted = String::from("'");
    for character in text.chars() {
        if matches!(character, '\'' | '\u{2018}'..='\u{201b}') {
            quoted.push(character);
        }
        quoted.push(character);
    }
    quoted.push('\'');
    quoted
}

/// Puts a space where a line ends, and nothing where a text would.
fn on_one_line(text: &str) -> String {
    text.replace("\r\n", " ").replace(['\n', '\r'], " ").replace('\0', "")
}

fn needs_escape(character: char) -> bool {
    let is_in_basic_plane = u32::from(character) <= 0xffff;
    is_in_basic_plane && (is_invisible(character) || matches!(character, '\u{fffe}' | '\u{ffff}'))
}

/// Makes control characters and invisible ones visible, so that no text of a template or a user can steer a terminal.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => shown.push('\n'),
            '\t' => shown.push(' '),
            _ if character.is_control() => shown.extend(character.escape_default()),
            _ if is_invisible(character) => shown.extend(character.escape_unicode()),
            _ => shown.push(character),
        }
    }
    shown
}

/// Like [`visible`], and on one line.
#[must_use]
pub fn visible_line(text: &str) -> String {
    visible(text).replace('\n', "\\n")
}

/// Four digits are enough for the basic plane. Beyond it the three languages have no escape in common.
fn push_unicode_escape(quoted: &mut String, character: char) {
    let _ = write!(quoted, "\\u{:04x}", u32::from(character));
}

/// A paragraph that starts like a list, a rule or a heading would become one.
fn escape_list_marker(escaped: String) -> String {
    let digits = escaped.bytes().take_while(u8::is_ascii_digit).count();
    let marker = escaped[digits..].chars().next();
    match marker {
        Some('-' | '+' | '=') if digits == 0 => format!("\\{escaped}"),
        Some('.' | ')') if digits > 0 => format!("{}\\{}", &escaped[..digits], &escaped[digits..]),
        _ => escaped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::document::{Format, parse};

    const HOSTILE: &[&str] = &[
        "He said \"hi\" \\ ",
        "a\nb\r\tc",
        "key: value",
        "x # y",
        "- item",
        "---",
        "%TAG",
        "yes",
        "no",
        "on",
        "off",
        "null",
        "~",
        "1e3",
        "0x1f",
        "0o7",
        "1_000",
        "12:30:45",
        "2001-01-01",
        ".inf",
        "!!python/object",
        "&a",
        "*a",
        "<<",
        "{",
        "[",
        "\u{0}",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{fffe}",
        "",
        "é",
        "한국어",
        "😀",
        "'",
        "\\u0041",
        "{{owner}}",
        "{{> p}}",
        "{{{x}}}",
        "\\{{x}}",
        "$(touch canary)",
        "`id`",
        "${AWS::Region}",
    ];

    #[test]
    fn a18_a19_a20_a21_a_quoted_text_reads_back_equal_from_yaml_toml_and_json() {
        for text in HOSTILE {
            let quoted = quote(text);
            for (format, document) in [
                (Format::Yaml, format!("value: {quoted}\n")),
                (Format::Toml, format!("value = {quoted}\n")),
                (Format::Json, format!("{{\"value\": {quoted}}}\n")),
            ] {
                let parsed = parse(format, &document).unwrap_or_else(|error| panic!("{document:?}: {error}"));
                assert_eq!(parsed.len(), 1, "{document:?}");
                assert_eq!(parsed[0], serde_json::json!({ "value": text }), "{document:?}");
            }
        }
    }

    #[test]
    fn a23_a_shell_reads_one_word_and_runs_nothing() {
        assert_eq!(quote_shell("orders-api"), "orders-api");
        assert_eq!(quote_shell(""), "''");
        assert_eq!(quote_shell("$(touch x)"), "'$(touch x)'");
        assert_eq!(quote_shell("it's"), r"'it'\''s'");
        assert_eq!(quote_shell("=ls"), "'=ls'");
        assert_eq!(quote_shell("a=b"), "a=b");
    }

    #[test]
    fn markdown_stays_one_paragraph_of_text() {
        assert_eq!(quote_markdown("a\n# b *c*"), r"a \# b \*c\*");
        assert_eq!(quote_markdown("- x"), r"\- x");
        assert_eq!(quote_markdown("1. x"), r"1\. x");
        assert_eq!(quote_markdown("    - x"), r"\- x");
        assert_eq!(quote_markdown("![x](y) <b>"), r"!\[x\](y) \<b\>");
    }

    #[test]
    fn variables_of_the_target_are_not_expanded() {
        assert_eq!(quote_sub("${AWS::Region}"), r#""${!AWS::Region}""#);
        assert_eq!(quote_kubernetes("$(HOME) $x $$(y)"), r#""$$(HOME) $$x $$$$(y)""#);
        assert_eq!(quote_rust("a\"\n"), r#""a\"\u{a}""#);
    }
}
