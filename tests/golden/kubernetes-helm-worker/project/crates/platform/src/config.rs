//! The settings of the platform; those of the business are read beside it.

use std::{thread, time::Duration};

use crate::{Environment, logs::LogLevel};

/// A larger value is taken for a typing error.
const DAY: u32 = 24 * 60 * 60;
/// The longest that Amazon SQS hides a message, and the whole time that one can be under way.
const MOST_VISIBILITY: u32 = 12 * 60 * 60;
/// How many seconds a turn of the loop that receives messages may take beside the time of a message.
const TURN: u32 = 60;

/// Every setting with its default; the README has the same table.
#[derive(Clone, Debug)]
pub struct Config {
    pub environment: String,
    /// What the binary was built from; the image sets it.
    pub revision: String,
    pub admin_port: u16,
    pub log_level: LogLevel,
    /// How long the messages in hand may take once the worker has stopped receiving.
    pub drain_timeout: Duration,
    /// How long handling one message may take.
    pub work_timeout: Duration,
    pub queue_url: String,
    /// How many messages are handled at a time.
    pub queue_concurrency: usize,
    /// How long nobody else gets a message; extended while it is handled.
    pub queue_visibility: Duration,
    pub worker_threads: usize,
}

impl Config {
    pub fn read(environment: &mut Environment) -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let config = Self {
            environment: environment.or("ENVIRONMENT", "local".to_owned()),
            revision: environment.or("REVISION", "unknown".to_owned()),
            admin_port: Self::read_admin_port(environment),
            log_level: environment.or("LOG_LEVEL", LogLevel::default()),
            drain_timeout: seconds(environment.within("DRAIN_TIMEOUT_SECONDS", 25, 1..=DAY)),
            work_timeout: seconds(environment.within("WORK_TIMEOUT_SECONDS", 20, 1..=DAY)),
            queue_url: environment.required("QUEUE_URL"),
            queue_concurrency: environment.within("QUEUE_CONCURRENCY", 10, 1..=1000),
            queue_visibility: seconds(environment.within(
                "QUEUE_VISIBILITY_SECONDS",
                60,
                2..=MOST_VISIBILITY,
            )),
            worker_threads: environment.within("TOKIO_WORKER_THREADS", threads, 1..=1024),
        };
        config.check(environment);
        config
    }

    /// The one setting that the healthcheck shares with the service.
    pub(crate) fn read_admin_port(environment: &mut Environment) -> u16 {
        environment.within("ADMIN_PORT", 9090, 0..=u16::MAX)
    }

    /// After this time without a turn of the loop that receives messages, the worker counts as stalled.
    pub(crate) fn stall(&self) -> Duration {
        self.work_timeout + seconds(TURN)
    }

    fn check(&self, environment: &mut Environment) {
        environment.ensure(
            self.drain_timeout >= self.work_timeout,
            "`DRAIN_TIMEOUT_SECONDS` must not be less than `WORK_TIMEOUT_SECONDS`",
        );
        environment.ensure(
            self.queue_visibility > self.drain_timeout,
            "`QUEUE_VISIBILITY_SECONDS` must be more than `DRAIN_TIMEOUT_SECONDS`",
        );
    }
}

fn seconds(value: u32) -> Duration {
    Duration::from_secs(value.into())
}
