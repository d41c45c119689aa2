//! Texts that reach a terminal or a file.

use launchway_core::document::{self, Format};
use launchway_core::is_invisible;
use launchway_core::quote::{quote, quote_markdown, quote_shell, visible, visible_line};

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
}
