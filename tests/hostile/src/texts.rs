//! Texts that reach a terminal or a file.

use launchway_core::document::{self, Format};
use launchway_core::is_invisible;
use launchway_core::quote::{
    quote, quote_dockerfile, quote_hcl, quote_kubernetes, quote_markdown, quote_powershell, quote_properties,
    quote_shell, quote_xml, visible, visible_line,
};

/// Nothing that is shown can steer a terminal or hide, and showing it twice changes nothing.
pub fn terminal(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let shown = visible(&text);
    assert!(!shown.chars().any(|it| it != '\n' && is_invisible(it)), "{shown:?}");
    assert_eq!(visible(&shown), shown);
    assert_eq!(shown.matches('\n').count(), text.matches('\n').count());
    assert!(!visible_line(&text).contains('\n'));
}

/// A quoted text reads back equal, and says nothing else.
pub fn quoting(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let quoted = quote(&text);
    for (format, document) in [
        (Format::Json, format!("{{\"a\": {quoted}, \"b\": 1}}")),
        (Format::Toml, format!("a = {quoted}\nb = 1\n")),
        (Format::Yaml, format!("a: {quoted}\nb: 1\n")),
        (Format::Hcl, format!("a = {}\nb = 1\n", quote_hcl(&text))),
    ] {
        let read = document::parse(format, &document).unwrap_or_else(|error| panic!("{error}: {document:?}"));
        assert_eq!(read, [serde_json::json!({ "a": text, "b": 1 })], "{document:?}");
    }
    let shell = quote_shell(&text);
    assert!(
        shell.starts_with('\'') || shell.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-./:=@%+,".contains(&it)),
        "{shell:?}"
    );
    assert!(!quote_markdown(&text).contains('\n'));
    assert_eq!(in_kubernetes(&json(&quote_kubernetes(&text))), text, "Kubernetes");
    let one_line = text.replace("\r\n", " ").replace(['\n', '\r'], " ").replace('\0', "");
    assert_eq!(in_dockerfile(&quote_dockerfile(&text)), one_line, "Dockerfile");
    let hcl = quote_hcl(&text);
    assert!(!hcl.contains("${") && !hcl.contains("%{"), "{hcl:?}");
    assert_eq!(json(&hcl), text, "HCL");
    assert_eq!(in_properties(&quote_properties(&text)), text, "properties");
    assert_eq!(in_powershell(&quote_powershell(&text)), text, "PowerShell");
    let xml = quote_xml(&text);
    assert!(!xml.contains(['<', '>', '"', '\'', '\n', '\r', '\t']) && !xml.chars().any(char::is_control), "{xml:?}");
}

fn json(quoted: &str) -> String {
    serde_json::from_str(quoted).unwrap_or_else(|error| panic!("{error}: {quoted:?}"))
}

/// Expands as Kubernetes does, in `third_party/forked/golang/expansion/expand.go`, where the only variable is `HOME`.
fn in_kubernetes(text: &str) -> String {
    let (mut expanded, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('$') {
        expanded.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let reference = after.strip_prefix('(').and_then(|inner| inner.split_once(')'));
        if let Some(after) = after.strip_prefix('$') {
            expanded.push('$');
            rest = after;
        } else if let Some((name, after)) = reference {
            let unknown = ["$(", name, ")"].concat();
            expanded.push_str(if name == "HOME" { "/root" } else { &unknown });
            rest = after;
        } else {
            expanded.push('$');
            rest = after;
        }
    }
    expanded + rest
}

/// Reads a word as the instructions of a Dockerfile do, in `frontend/dockerfile/shell/lex.go` of `BuildKit`; a variable fails.
fn in_dockerfile(word: &str) -> String {
    let mut read = String::new();
    let mut characters = word.chars();
    let mut open = None;
    while let Some(character) = characters.next() {
        match (open, character) {
            (None, '"' | '\'') => open = Some(character),
            (Some(quote), _) if character == quote => open = None,
            (Some('\''), _) => read.push(character),
            (_, '$') => panic!("a variable in {word:?}"),
            (None, '\\') => read.extend(characters.next()),
            (Some(_), '\\') => match characters.next() {
                Some(next @ ('"' | '$' | '\\')) => read.push(next),
                next => {
                    read.push('\\');
                    read.extend(next);
                }
            },
            _ => read.push(character),
        }
    }
    assert_eq!(open, None, "{word:?}");
    read
}

/// Reads a value as `java.util.Properties` does.
fn in_properties(value: &str) -> String {
    let mut units: Vec<u16> = Vec::new();
    let mut characters = value.trim_start_matches([' ', '\t', '\u{c}']).chars();
    while let Some(character) = characters.next() {
        assert!((' '..='~').contains(&character), "{value:?}");
        let read = if character == '\\' { characters.next().expect("a line does not go on") } else { character };
        let unit = match (character, read) {
            ('\\', 'n') => u16::from(b'\n'),
            ('\\', 'r') => u16::from(b'\r'),
            ('\\', 't') => u16::from(b'\t'),
            ('\\', 'u') => {
                let digits: String = characters.by_ref().take(4).collect();
                u16::from_str_radix(&digits, 16).expect("four digits follow")
            }
            (_, read) => u16::try_from(u32::from(read)).expect("it is ASCII"),
        };
        units.push(unit);
    }
    String::from_utf16(&units).expect("every unit has its other half")
}

/// Reads a string of PowerShell in single quotes, each of which may be typographic.
fn in_powershell(quoted: &str) -> String {
    let is_quote = |it: char| matches!(it, '\'' | '\u{2018}'..='\u{201b}');
    let inner = quoted.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).expect("it is quoted");
    let mut characters = inner.chars();
    let mut read = String::new();
    while let Some(character) = characters.next() {
        read.push(character);
        if is_quote(character) {
            assert!(characters.next().is_some_and(is_quote), "the string ends within {quoted:?}");
        }
    }
    read
}
