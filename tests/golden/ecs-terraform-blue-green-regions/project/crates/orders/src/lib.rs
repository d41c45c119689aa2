//! The business of this service.

use axum::Router;
use platform::{Error, Setup};

mod notes;

/// Builds the routes, once, while the service starts.
///
/// Connect to a database here, and hand the connection to `endpoints`.
/// `setup` has what that needs: your own variables (`environment`) and metrics (`metrics`), work
/// beside the requests (`spawn`), news of the drain (`draining`), work for the end (`on_shutdown`).
/// Where there is nothing to wait for, `fn routes(setup: &mut Setup) -> Router` will do.
///
/// # Errors
///
/// Why the service cannot start.
pub async fn routes(setup: &mut Setup) -> Result<Router, Error> {
    // Before anything is waited for: all mistakes in the environment are reported together.
    setup.environment.check()?;
    Ok(endpoints())
}

fn endpoints() -> Router {
    Router::new()
        // A sample: delete every line with `notes` in this file, `notes.rs` here and in `tests`.
        .merge(notes::routes())
}
