//! What a service needs whatever its business is: configuration, health, metrics, guard, server.
//!
//! The business hands its routes to [`main`] and stays unaware of where it runs.

mod app;
mod config;
mod environment;
mod guard;
mod head;
mod healthcheck;
mod lifecycle;
mod logs;
mod metrics;
mod probes;
mod problem;
mod run;
pub mod server;

pub use app::{App, Error, Setup};
pub use config::Config;
pub use environment::Environment;
pub use lifecycle::{Lifecycle, Phase};
pub use problem::Problem;
pub use run::main;
