//! The settings of the platform; those of the business are read beside it.

use std::{thread, time::Duration};

use crate::{Environment, logs::LogLevel};

/// A larger value is taken for a typing error.
const DAY: u32 = 24 * 60 * 60;
const MANY: usize = 1_000_000;
const MEBIBYTE: usize = 1024 * 1024;
const TEBIBYTE: usize = MEBIBYTE * MEBIBYTE;

/// Every setting with its default; the README has the same table.
#[derive(Clone, Debug)]
pub struct Config {
    pub environment: String,
    /// What the binary was built from; the image sets it.
    pub revision: String,
    pub port: u16,
    pub admin_port: u16,
    pub log_level: LogLevel,
    /// How long to go on serving after SIGTERM, until load balancers have stopped sending.
    pub drain_delay: Duration,
    /// How long requests may take to finish once the service has stopped accepting.
    pub drain_timeout: Duration,
    pub request_timeout: Duration,
    /// How long an idle connection stays open; longer than the load balancer keeps it.
    pub keep_alive: Duration,
    pub max_connections: usize,
    pub max_in_flight: usize,
    pub max_body_bytes: usize,
    /// For the bodies of all requests under way together.
    pub max_body_bytes_in_flight: usize,
    pub worker_threads: usize,
}

impl Config {
    pub fn read(environment: &mut Environment) -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let config = Self {
            environment: environment.or("ENVIRONMENT", "local".to_owned()),
            revision: environment.or("REVISION", "unknown".to_owned()),
            port: environment.within("PORT", 8080, 0..=u16::MAX),
            admin_port: Self::read_admin_port(environment),
            log_level: environment.or("LOG_LEVEL", LogLevel::default()),
            drain_delay: seconds(environment.within("DRAIN_DELAY_SECONDS", 5, 0..=DAY)),
            drain_timeout: seconds(environment.within("DRAIN_TIMEOUT_SECONDS", 20, 0..=DAY)),
            request_timeout: seconds(environment.within("REQUEST_TIMEOUT_SECONDS", 10, 1..=DAY)),
            keep_alive: seconds(environment.within("KEEP_ALIVE_SECONDS", 75, 1..=DAY)),
            max_connections: environment.within("MAX_CONNECTIONS", 1024, 1..=MANY),
            max_in_flight: environment.within("MAX_IN_FLIGHT", 512, 1..=MANY),
            max_body_bytes: environment.within("MAX_BODY_BYTES", MEBIBYTE, 0..=TEBIBYTE),
            max_body_bytes_in_flight: environment.within(
                "MAX_BODY_BYTES_IN_FLIGHT",
                16 * MEBIBYTE,
                0..=TEBIBYTE,
            ),
            worker_threads: environment.within("TOKIO_WORKER_THREADS", threads, 1..=1024),
        };
        config.check(environment);
        config
    }

    /// The one setting that the healthcheck shares with the service.
    pub(crate) fn read_admin_port(environment: &mut Environment) -> u16 {
        environment.within("ADMIN_PORT", 9090, 0..=u16::MAX)
    }

    fn check(&self, environment: &mut Environment) {
        environment.ensure(
            self.port != self.admin_port || self.port == 0,
            "`PORT` and `ADMIN_PORT` must differ",
        );
        environment.ensure(
            self.drain_timeout >= self.request_timeout,
            "`DRAIN_TIMEOUT_SECONDS` must not be less than `REQUEST_TIMEOUT_SECONDS`",
        );
        environment.ensure(
            self.max_body_bytes_in_flight >= self.max_body_bytes,
            "`MAX_BODY_BYTES_IN_FLIGHT` must not be less than `MAX_BODY_BYTES`",
        );
    }
}

fn seconds(value: u32) -> Duration {
    Duration::from_secs(value.into())
}
