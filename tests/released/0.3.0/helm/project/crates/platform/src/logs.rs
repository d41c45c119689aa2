//! One JSON line per event, or readable text on a terminal.

use std::{
    fmt,
    io::{self, IsTerminal},
    panic,
};

use tracing::{Event, Subscriber};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormattedFields,
        format::{Format, Json, JsonFields, Writer},
    },
    registry::{LookupSpan, Scope},
};

use crate::Config;

/// Starts logging to standard output; a panic becomes an event too.
pub(crate) fn start(service: &str, config: &Config) {
    let logs = tracing_subscriber::fmt().with_max_level(config.log_level);
    if io::stdout().is_terminal() {
        logs.with_target(false).init();
    } else {
        let format = Labelled::new(service, &config.environment);
        logs.fmt_fields(JsonFields::new())
            .event_format(format)
            .init();
    }
    panic::set_hook(Box::new(|panic| tracing::error!(%panic, "panicked")));
}

/// Flat JSON: the service and its environment, the fields of the spans, those of the event.
struct Labelled {
    labels: String,
    json: Format<Json>,
}

impl Labelled {
    fn new(service: &str, environment: &str) -> Self {
        let labels = serde_json::json!({ "service": service, "environment": environment });
        Self {
            labels: labels.to_string(),
            json: Format::default()
                .json()
                .flatten_event(true)
                .with_current_span(false)
                .with_span_list(false),
        }
    }
}

impl<S> FormatEvent<S, JsonFields> for Labelled
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        write!(writer, "{{{},", members(&self.labels))?;
        for span in context.event_scope().into_iter().flat_map(Scope::from_root) {
            if let Some(fields) = span.extensions().get::<FormattedFields<JsonFields>>() {
                write!(writer, "{},", members(fields))?;
            }
        }
        let mut line = String::new();
        self.json
            .format_event(context, Writer::new(&mut line), event)?;
        writer.write_str(line.trim_start_matches('{'))
    }
}

/// The members of a JSON object, without its braces.
fn members(object: &str) -> &str {
    let inner = object
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    inner.unwrap_or(object)
}
