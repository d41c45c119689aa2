//! One JSON line per event, or readable text on a terminal.

use std::{
    borrow::Cow,
    cell::RefCell,
    error::Error,
    fmt::{self, Write as _},
    io::{self, IsTerminal, Write},
    ops::Range,
    panic,
    str::FromStr,
    time::{Duration, SystemTime},
};

use serde::Serialize;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    layer::{Context, SubscriberExt},
    registry::{LookupSpan, Scope},
    util::SubscriberInitExt,
};

use crate::{Config, log_queue};

#[cfg(test)]
mod tests;

/// How long the last lines may take at the end of the process.
const FLUSH: Duration = Duration::from_secs(1);
/// What each line has; a field of the same name is written as `field.level`.
const OWN: [&str; 6] = [
    "timestamp",
    "level",
    "service",
    "environment",
    "revision",
    "target",
];

/// Starts logging to standard output; a panic becomes an event too.
///
/// # Errors
///
/// When standard output is closed, or there can be no thread.
pub(crate) fn start(service: &str, config: &Config) -> io::Result<()> {
    log_queue::start()?;
    let registry = tracing_subscriber::registry().with(config.log_level.0.clone());
    if io::stdout().is_terminal() {
        let text = tracing_subscriber::fmt::layer()
            .with_target(false)
            .log_internal_errors(false)
            .with_writer(|| Queued);
        registry.with(text).init();
    } else {
        registry
            .with(JsonLines::new(service, config, log_queue::push))
            .init();
    }
    panic::set_hook(Box::new(|panic| tracing::error!(%panic, "panicked")));
    Ok(())
}

/// Waits for the last lines, but not for a reader that does not read.
pub(crate) fn flush() {
    log_queue::flush(FLUSH);
}

/// Which events are logged: `info`, or by crate or module, as in `info,sqlx=warn`.
#[derive(Clone, Debug)]
pub struct LogLevel(Targets);

impl Default for LogLevel {
    fn default() -> Self {
        Self(Targets::new().with_default(LevelFilter::INFO))
    }
}

impl FromStr for LogLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',')
            .map(str::trim)
            .try_fold(Self::default(), |Self(levels), part| {
                let (target, word) = part.rsplit_once('=').unwrap_or(("", part));
                let level = level(word).ok_or_else(|| {
                    format!("`{part}` names no level, as `info` or `sqlx=warn` do")
                })?;
                Ok(Self(match target {
                    "" => levels.with_default(level),
                    target => levels.with_target(target, level),
                }))
            })
    }
}

fn level(word: &str) -> Option<LevelFilter> {
    // Nothing would mean `error`, and a number a level that nobody sees in it.
    let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    word.parse().ok().filter(|_| is_word)
}

/// The writer of a line of text, which arrives whole.
struct Queued;

impl Write for Queued {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        log_queue::push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Flat JSON: what each line has, the fields of the spans from the outermost on, those of the event.
///
/// Of two fields with one name the inner one is written, and of two values the later one.
struct JsonLines {
    /// `,"service":"...","environment":"...","revision":"..."`
    labels: Vec<u8>,
    write: fn(&[u8]),
}

impl JsonLines {
    fn new(service: &str, config: &Config, write: fn(&[u8])) -> Self {
        let mut labels = Vec::new();
        for (name, value) in [
            ("service", service),
            ("environment", &config.environment),
            ("revision", &config.revision),
        ] {
            member(&mut labels, name, value);
        }
        Self { labels, write }
    }

    fn line(&self, metadata: &Metadata<'_>, spans: &[&Fields], fields: &Fields) -> Vec<u8> {
        let mut line = Vec::with_capacity(512);
        line.extend_from_slice(b"{\"timestamp\":\"");
        write_time(&mut line);
        line.push(b'"');
        member(&mut line, "level", metadata.level().as_str());
        line.extend_from_slice(&self.labels);
        member(&mut line, "target", metadata.target());
        for (depth, span) in spans.iter().enumerate() {
            let inner = || spans[depth + 1..].iter().copied().chain([fields]);
            span.write(&mut line, |name| inner().any(|fields| fields.has(name)));
        }
        fields.write(&mut line, |_| false);
        line.extend_from_slice(b"}\n");
        line
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for JsonLines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let mut later = Fields::default();
        record.record(&mut later);
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            fields.append(later);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        // First: a value may itself log events while it is written, and must find nothing locked.
        let mut fields = Fields::default();
        event.record(&mut fields);
        let spans: Vec<_> = context
            .event_scope(event)
            .into_iter()
            .flat_map(Scope::from_root)
            .collect();
        let extensions: Vec<_> = spans.iter().map(|span| span.extensions()).collect();
        let outer: Vec<&Fields> = extensions.iter().filter_map(|all| all.get()).collect();
        (self.write)(&self.line(event.metadata(), &outer, &fields));
    }
}

/// The fields of one span or event as they came: they become JSON when a line is written, if one is.
#[derive(Default)]
struct Fields {
    members: Vec<(&'static str, Value)>,
    /// What the values of kind `Text` are.
    text: String,
}

enum Value {
    Float(f64),
    Signed(i64),
    Unsigned(u64),
    Bool(bool),
    Text(Range<usize>),
}

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        if self.members.is_empty() {
            self.members.reserve(8);
        }
        self.members.push((field.name(), value));
    }

    fn add_text(&mut self, field: &Field, write: impl FnOnce(&mut String)) {
        if self.text.is_empty() {
            self.text.reserve(128);
        }
        let start = self.text.len();
        write(&mut self.text);
        self.add(field, Value::Text(start..self.text.len()));
    }

    fn append(&mut self, later: Self) {
        let start = self.text.len();
        self.text.push_str(&later.text);
        let moved = |value| match value {
            Value::Text(range) => Value::Text(range.start + start..range.end + start),
            value => value,
        };
        let members = later.members.into_iter();
        self.members
            .extend(members.map(|(name, value)| (name, moved(value))));
    }

    fn has(&self, name: &str) -> bool {
        self.members.iter().any(|(own, _)| is_same(own, name))
    }

    fn write(&self, line: &mut Vec<u8>, is_hidden: impl Fn(&str) -> bool) {
        for (index, (name, value)) in self.members.iter().enumerate() {
            let mut later = self.members[index + 1..].iter();
            if later.any(|(next, _)| is_same(next, name)) || is_hidden(name) {
                continue;
            }
            let key = if OWN.contains(name) {
                Cow::Owned(format!("field.{name}"))
            } else {
                Cow::Borrowed(*name)
            };
            match value {
                Value::Float(value) => member(line, &key, value),
                Value::Signed(value) => member(line, &key, value),
                Value::Unsigned(value) => member(line, &key, value),
                Value::Bool(value) => member(line, &key, value),
                Value::Text(range) => member(line, &key, &self.text[range.clone()]),
            }
        }
    }
}

/// Tells whether two fields are written under one key.
fn is_same(left: &str, right: &str) -> bool {
    let is_renamed =
        |own: &str, other: &str| other.strip_prefix("field.") == Some(own) && OWN.contains(&own);
    left == right || is_renamed(left, right) || is_renamed(right, left)
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, Value::Float(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, Value::Signed(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, Value::Unsigned(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, Value::Bool(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add_text(field, |text| text.push_str(value));
    }

    /// An error is written with what caused it.
    fn record_error(&mut self, field: &Field, error: &(dyn Error + 'static)) {
        let mut whole = error.to_string();
        let mut next = error.source();
        while let Some(cause) = next {
            let _ = write!(whole, ": {cause}");
            next = cause.source();
        }
        self.add_text(field, |text| text.push_str(&whole));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add_text(field, |text| {
            let _ = write!(text, "{value:?}");
        });
    }
}

/// Writes `,"name":value`.
fn member(json: &mut Vec<u8>, name: &str, value: impl Serialize) {
    json.push(b',');
    let before = json.len();
    let written = serde_json::to_writer(&mut *json, name).and_then(|()| {
        json.push(b':');
        serde_json::to_writer(&mut *json, &value)
    });
    if written.is_err() {
        json.truncate(before - 1);
    }
}

thread_local! {
    /// The last second in which this thread has written a line, and its text.
    static SECOND: RefCell<(u64, String)> = const { RefCell::new((u64::MAX, String::new())) };
}

/// Writes the time as RFC 3339 has it.
fn write_time(line: &mut Vec<u8>) {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let since = since.unwrap_or_default();
    SECOND.with_borrow_mut(|(second, text)| {
        if *second != since.as_secs() {
            *second = since.as_secs();
            *text = text_of_second(*second);
        }
        line.extend_from_slice(text.as_bytes());
    });
    let _ = write!(line, ".{:06}Z", since.subsec_micros());
}

/// Returns `2026-01-31T12:00:00`, by the Gregorian calendar.
fn text_of_second(second: u64) -> String {
    let (days, second) = (second / 86_400, second % 86_400);
    // Counted from March of the year 0, so that the leap day is the last day of a year.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}
