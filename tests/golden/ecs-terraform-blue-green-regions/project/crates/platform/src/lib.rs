//! What a service needs whatever its business is: configuration, health, metrics, guard, server.
//!
//! The business hands its routes to [`main`] and stays unaware of where it runs.

mod app;
mod body;
mod config;
mod environment;
mod guard;
mod healthcheck;
mod layer;
mod lifecycle;
mod limits;
mod log_queue;
mod logs;
mod metrics;
mod panics;
mod probes;
mod problem;
mod process;
mod request_id;
mod routes;
mod run;
pub mod server;
mod shutdown;
mod stream;
mod trace;

pub use app::{App, Error, Setup};
pub use config::Config;
pub use environment::{Environment, Mistakes};
pub use lifecycle::{Draining, Lifecycle, Phase};
pub use logs::LogLevel;
pub use problem::Problem;
pub use routes::Routes;
pub use run::{main, run};
pub use trace::Trace;
