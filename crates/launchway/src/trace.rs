//! What `--verbose` shows on stderr: what is fetched, read, run and written, and how long it took.
//!
//! The subscriber is the program's own: it prints one kind of line, and a registry of spans would be larger than all of it.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::failure::Failure;
use crate::terminal::{self, visible_line};

/// The field that says what a step is about.
const WHAT: &str = "what";

/// Tells whether the environment asks for it: `LAUNCHWAY_LOG` is set to something other than `0`.
pub(crate) fn is_wanted(variable: impl Fn(&str) -> Option<String>) -> bool {
    variable("LAUNCHWAY_LOG").is_some_and(|value| !value.is_empty() && value != "0")
}

/// Shows every step from now on.
pub(crate) fn start() {
    // It is the first and the only one.
    let _ = tracing::subscriber::set_global_default(Steps::default());
}

/// Tells whether every step is shown.
pub(crate) fn is_on() -> bool {
    tracing::enabled!(tracing::Level::INFO)
}

/// The steps that are under way.
#[derive(Default)]
struct Steps {
    last: AtomicU64,
    open: Mutex<BTreeMap<u64, OpenStep>>,
}

struct OpenStep {
    line: StepLine,
    start: Instant,
}

/// What is said of a step: its name, what it is about, and what is known of it besides.
struct StepLine {
    text: String,
    besides: String,
}

impl StepLine {
    fn of(name: &str) -> Self {
        Self { text: name.to_owned(), besides: String::new() }
    }
}

impl Visit for StepLine {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = match field.name() {
            WHAT => write!(self.text, " {value:?}"),
            name => write!(self.besides, ", {name} {value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

impl Steps {
    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<u64, OpenStep>) -> T) -> T {
        work(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Subscriber for Steps {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // What other crates have to say is not about the user's work.
        metadata.target().starts_with(env!("CARGO_PKG_NAME"))
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut line = StepLine::of(attributes.metadata().name());
        attributes.record(&mut line);
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        // Said before it runs: it may hang.
        if attributes.metadata().name() == "run" {
            say(&format!("{} …", line.text));
        }
        self.with(|open| open.insert(id, OpenStep { line, start: Instant::now() }));
        Id::from_u64(id)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        self.with(|open| open.get_mut(&id.into_u64()).map(|step| values.record(&mut step.line)));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = StepLine::of("");
        event.record(&mut line);
        say(&format!("{}{}", line.text.trim_start(), line.besides));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}

    fn try_close(&self, id: Id) -> bool {
        if let Some(OpenStep { line, start }) = self.with(|open| open.remove(&id.into_u64())) {
            say(&format!("{}: {}{}", line.text, shown(start.elapsed()), line.besides));
        }
        true
    }
}

/// Says what is behind a failure, if every step is shown.
pub(crate) fn causes(failure: &Failure) {
    if is_on() {
        failure.causes().iter().for_each(|cause| say(&format!("because: {cause}")));
    }
}

fn say(line: &str) {
    terminal::say(&format!("trace: {}\n", visible_line(line)));
}

fn shown(time: Duration) -> String {
    match time.as_millis() {
        milliseconds @ 0..10_000 => format!("{milliseconds} ms"),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_asks_for_it_with_anything_but_nothing_and_0() {
        let wanted = |value: Option<&str>| is_wanted(|_| value.map(str::to_owned));
        assert!(wanted(Some("1")) && wanted(Some("info")));
        assert!(!wanted(None) && !wanted(Some("")) && !wanted(Some("0")));
    }

    #[test]
    fn times_are_read_at_a_glance() {
        assert_eq!(shown(Duration::from_micros(12_300)), "12 ms");
        assert_eq!(shown(Duration::from_millis(75_240)), "75.2 s");
    }
}
