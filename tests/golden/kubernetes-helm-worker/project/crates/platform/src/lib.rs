//! What a worker needs whatever its business is: configuration, health, metrics, queue, logs.
//!
//! The business hands its handler to [`main`] and stays unaware of where it runs, and of the queue.

mod app;
mod body;
mod config;
mod environment;
mod healthcheck;
mod heartbeat;
mod lifecycle;
mod log_queue;
mod logs;
mod memory_queue;
mod message;
mod metrics;
mod panics;
mod probes;
mod process;
mod queue;
mod run;
pub mod server;
mod shutdown;
mod sqs;
mod stream;
mod work;

pub use app::{App, Error, Setup};
pub use config::Config;
pub use environment::{Environment, Mistakes};
pub use lifecycle::{Draining, Lifecycle, Phase};
pub use logs::LogLevel;
pub use memory_queue::MemoryQueue;
pub use message::{Handler, Message};
pub use queue::{Queue, Received};
pub use run::{main, run};
pub use sqs::Sqs;
