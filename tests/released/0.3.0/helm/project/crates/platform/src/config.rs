//! The settings of the platform; those of the business are read beside it.

use std::{
    num::{NonZeroU32, NonZeroUsize},
    thread,
    time::Duration,
};

use tracing_subscriber::filter::LevelFilter;

use crate::Environment;

const MAX_IN_FLIGHT: NonZeroUsize = NonZeroUsize::new(512).unwrap();

/// Every setting with its default; the README has the same table.
#[derive(Clone, Debug)]
pub struct Config {
    pub environment: String,
    pub port: u16,
    pub admin_port: u16,
    pub log_level: LevelFilter,
    /// How long to go on serving after SIGTERM, until load balancers have stopped sending.
    pub drain_delay: Duration,
    /// How long requests may take to finish once the service has stopped accepting.
    pub drain_timeout: Duration,
    pub request_timeout: Duration,
    /// How long an idle connection stays open; longer than the load balancer keeps it.
    pub keep_alive: Duration,
    pub max_in_flight: NonZeroUsize,
    pub max_body_bytes: usize,
    pub worker_threads: NonZeroUsize,
}

impl Config {
    pub fn read(environment: &mut Environment) -> Self {
        let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let config = Self {
            environment: environment.or("ENVIRONMENT", "local".to_owned()),
            port: environment.or("PORT", 8080),
            admin_port: Self::read_admin_port(environment),
            log_level: environment.or("LOG_LEVEL", LevelFilter::INFO),
            drain_delay: seconds(environment.or("DRAIN_DELAY_SECONDS", 5)),
            drain_timeout: seconds(environment.or("DRAIN_TIMEOUT_SECONDS", 20)),
            request_timeout: at_least_a_second(environment, "REQUEST_TIMEOUT_SECONDS", 10),
            keep_alive: at_least_a_second(environment, "KEEP_ALIVE_SECONDS", 75),
            max_in_flight: environment.or("MAX_IN_FLIGHT", MAX_IN_FLIGHT),
            max_body_bytes: environment.or("MAX_BODY_BYTES", 1024 * 1024),
            worker_threads: environment.or("TOKIO_WORKER_THREADS", threads),
        };
        config.check(environment);
        config
    }

    /// The one setting that the healthcheck shares with the service.
    pub(crate) fn read_admin_port(environment: &mut Environment) -> u16 {
        environment.or("ADMIN_PORT", 9090)
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
    }
}

fn at_least_a_second(environment: &mut Environment, key: &str, default: u32) -> Duration {
    let value: Option<NonZeroU32> = environment.optional(key);
    seconds(value.map_or(default, NonZeroU32::get))
}

fn seconds(value: u32) -> Duration {
    Duration::from_secs(value.into())
}
