//! The business of this worker.

use platform::{Error, Handler, Setup};

mod receipts;

/// Makes the handler of the messages, once, while the worker starts.
///
/// Connect to a database here, and hand the connection to the handler.
/// `setup` has what that needs: your own variables (`environment`) and metrics (`metrics`), work
/// beside the messages (`spawn`), news of the drain (`draining`), work for the end (`on_shutdown`).
///
/// # Errors
///
/// Why the worker cannot start.
pub async fn worker(setup: &mut Setup) -> Result<impl Handler + use<>, Error> {
    // Before anything is waited for: all mistakes in the environment are reported together.
    setup.environment.check()?;
    // A sample: put your own handler in its place.
    Ok(receipts::Receipts::default())
}
