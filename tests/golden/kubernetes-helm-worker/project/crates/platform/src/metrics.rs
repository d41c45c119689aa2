//! Metrics in `OpenMetrics` text.

use std::{
    fmt,
    sync::atomic::AtomicU64,
    time::{Duration, Instant, SystemTime},
};

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use crate::{Message, Received};

/// In seconds.
const BUCKETS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
];

#[derive(Clone)]
pub(crate) struct Metrics {
    received: Counter,
    succeeded: Counter,
    failed: Counter,
    in_flight: Gauge,
    duration: Histogram,
    oldest: Gauge<f64, AtomicU64>,
}

impl Metrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            received: Counter::default(),
            succeeded: Counter::default(),
            failed: Counter::default(),
            in_flight: Gauge::default(),
            duration: Histogram::new(BUCKETS),
            oldest: Gauge::default(),
        };
        metrics.name_in(registry);
        metrics
    }

    fn name_in(&self, registry: &mut Registry) {
        let help = "Messages received, each delivery of one counted";
        registry.register("queue_messages_received", help, self.received.clone());
        let help = "Messages handled";
        registry.register("queue_messages_succeeded", help, self.succeeded.clone());
        let help = "Messages that were not handled, and come back";
        registry.register("queue_messages_failed", help, self.failed.clone());
        let help = "Messages being handled";
        registry.register("queue_messages_in_flight", help, self.in_flight.clone());
        let help = "Time for handling one message";
        registry.register_with_unit(
            "queue_message_duration",
            help,
            Unit::Seconds,
            self.duration.clone(),
        );
        let help = "Age of the oldest message that was received last; 0 when none was there";
        registry.register_with_unit(
            "queue_oldest_message_age",
            help,
            Unit::Seconds,
            self.oldest.clone(),
        );
    }

    /// Counts what one request for messages brought.
    pub(crate) fn count(&self, received: &[Received]) {
        self.received.inc_by(received.len() as u64);
        let ages = received.iter().map(|received| age(&received.message));
        let oldest = ages.max().unwrap_or_default();
        self.oldest.set(oldest.as_secs_f64());
    }

    /// Counts a message as in flight until the returned guard is dropped.
    pub(crate) fn begin(&self) -> Handling {
        self.in_flight.inc();
        Handling {
            metrics: self.clone(),
            started: Instant::now(),
        }
    }
}

fn age(message: &Message) -> Duration {
    let age = SystemTime::now().duration_since(message.sent);
    age.unwrap_or_default()
}

/// One message under way.
pub(crate) struct Handling {
    metrics: Metrics,
    started: Instant,
}

impl Handling {
    /// Measures and logs how it went.
    pub(crate) fn ended(&self, has_succeeded: bool) {
        let elapsed = self.started.elapsed().as_secs_f64();
        self.metrics.duration.observe(elapsed);
        let duration_ms = (elapsed * 1e6).round() / 1e3;
        if has_succeeded {
            self.metrics.succeeded.inc();
            tracing::info!(duration_ms, "handled");
        } else {
            self.metrics.failed.inc();
            tracing::warn!(duration_ms, "not handled");
        }
    }
}

impl Drop for Handling {
    fn drop(&mut self) {
        self.metrics.in_flight.dec();
    }
}

/// Encodes what is registered.
pub(crate) fn encode(registry: &Registry) -> Result<String, fmt::Error> {
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, registry)?;
    Ok(text)
}
