//! Whatever spans and fields there are, a line is one JSON object without a key twice.

use std::{cell::RefCell, collections::BTreeMap, fmt, io};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::Value;
use tracing::{Span, field::Empty, info_span, subscriber::with_default};
use tracing_subscriber::layer::SubscriberExt;

use super::{JsonLines, text_of_second};
use crate::{Config, Environment};

thread_local! {
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Runs `log`, and returns the lines that it logged.
fn lines(log: impl FnOnce()) -> Vec<Line> {
    let config = Config::read(&mut Environment::default());
    let write = |line: &[u8]| LINES.with_borrow_mut(|lines| lines.extend_from_slice(line));
    let layer = JsonLines::new("orders \"a\"", &config, write);
    with_default(tracing_subscriber::registry().with(layer), log);
    let text = String::from_utf8(LINES.take()).unwrap();
    let line =
        |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    text.lines().map(line).collect()
}

/// An object without a key twice.
struct Line(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Strict;
        impl<'de> Visitor<'de> for Strict {
            type Value = Line;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object without a key twice")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    if members.insert(key.clone(), value).is_some() {
                        return Err(A::Error::custom(format!("`{key}` is there twice")));
                    }
                }
                Ok(Line(members))
            }
        }
        deserializer.deserialize_map(Strict)
    }
}

fn span(kind: usize) -> Span {
    match kind {
        0 => info_span!("without fields"),
        1 => info_span!("one", id = 1, later = Empty),
        2 => info_span!(
            "same",
            id = "two",
            name = "\u{1f600}\n\"\\\u{0}",
            later = Empty
        ),
        3 => info_span!("own", level = "mine", timestamp = 0, "field.level" = true),
        4 => info_span!(
            "odd",
            "a \"quoted\", name" = f64::NAN,
            message = "of a span",
            later = 1
        ),
        _ => info_span!("wide", id = u64::MAX, most = i128::MIN, debug = ?[Some("a")]),
    }
}

fn event(kind: usize) {
    let error = io::Error::other("broken\tpipe");
    match kind {
        0 => tracing::info!("plain"),
        1 => tracing::warn!(id = 3, "with a field"),
        2 => tracing::error!(error = &error as &dyn std::error::Error, target = "mine"),
        3 => tracing::info!(
            service = 1,
            environment = 2,
            revision = 3,
            "field.service" = 4
        ),
        _ => tracing::info!("a \"quoted\", name" = 1, later = f64::INFINITY, "{{}}"),
    }
}

/// Every tree up to a depth of three, with every event, and a field that comes later.
#[test]
fn every_line_is_an_object_without_a_key_twice() {
    let trees = (0..6 * 6 * 6 * 5).map(|number| {
        let kinds = [number % 6, number / 6 % 6, number / 36 % 6];
        (kinds, number / 216)
    });
    let lines = lines(|| {
        for (kinds, event_kind) in trees.clone() {
            let spans = kinds.map(span);
            let _outer = spans[0].enter();
            event(event_kind);
            let _middle = spans[1].enter();
            spans[0].record("later", "now");
            let _inner = spans[2].enter();
            spans[2].record("later", 2);
            spans[2].record("later", 3);
            event(event_kind);
        }
    });
    assert_eq!(lines.len(), 2 * trees.count());
    for Line(line) in lines {
        for key in [
            "timestamp",
            "level",
            "service",
            "environment",
            "revision",
            "target",
        ] {
            assert!(line[key].is_string(), "{key} of {line:?}");
        }
        assert_eq!(line["service"], "orders \"a\"");
    }
}

#[test]
fn the_innermost_field_and_the_latest_value_are_written() {
    let lines = lines(|| {
        let _outer = info_span!("outer", id = 1, kept = "yes", level = "high").entered();
        let inner = info_span!("inner", id = 2, later = Empty).entered();
        inner.record("later", 3);
        inner.record("later", 4);
        tracing::info!("first");
        tracing::info!(id = 5, "second");
    });
    for (Line(line), id) in lines.iter().zip([2, 5]) {
        assert_eq!(line["id"], id);
        assert_eq!(line["kept"], "yes");
        assert_eq!(line["later"], 4);
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["field.level"], "high");
    }
    assert_eq!(lines[1].0["message"], "second");
}

#[test]
fn a_second_is_a_day_and_a_time_of_the_calendar() {
    for (second, text) in [
        (0, "1970-01-01T00:00:00"),
        (951_782_399, "2000-02-28T23:59:59"),
        (951_782_400, "2000-02-29T00:00:00"),
        (1_709_251_199, "2024-02-29T23:59:59"),
        (1_798_761_599, "2026-12-31T23:59:59"),
        (4_107_542_400, "2100-03-01T00:00:00"),
        (253_402_300_799, "9999-12-31T23:59:59"),
    ] {
        assert_eq!(text_of_second(second), text);
    }
}
