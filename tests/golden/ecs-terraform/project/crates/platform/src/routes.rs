//! How the business makes its routes, whether or not it has something to wait for.

use axum::Router;

use crate::{Error, Setup};

/// A function that makes the routes: `async fn(&mut Setup) -> Result<Router, Error>`, or
/// `fn(&mut Setup) -> Router` where nothing has to be waited for and nothing can fail.
///
/// `Kind` tells the two apart; the compiler finds it.
pub trait Routes<Kind> {
    fn make(self, setup: &mut Setup) -> impl Future<Output = Result<Router, Error>>;
}

/// The kind of an asynchronous function.
#[derive(Debug)]
pub enum Awaited {}

/// The kind of a plain function.
#[derive(Debug)]
pub enum Plain {}

impl<F> Routes<Awaited> for F
where
    F: AsyncFnOnce(&mut Setup) -> Result<Router, Error>,
{
    async fn make(self, setup: &mut Setup) -> Result<Router, Error> {
        self(setup).await
    }
}

impl<F> Routes<Plain> for F
where
    F: FnOnce(&mut Setup) -> Router,
{
    async fn make(self, setup: &mut Setup) -> Result<Router, Error> {
        Ok(self(setup))
    }
}
