//! The business of this service.

use axum::Router;
use platform::Setup;

mod notes;

/// Builds the routes, once, while the service starts.
///
/// Name the argument `setup` to read your own variables (`setup.environment`), to register your own
/// metrics (`setup.metrics`) or to finish some work before the first request (`setup.before_ready`).
pub fn routes(_: &mut Setup) -> Router {
    Router::new()
        // A sample: delete every line with `notes` in this file, `notes.rs` here and in `tests`.
        .merge(notes::routes())
}
