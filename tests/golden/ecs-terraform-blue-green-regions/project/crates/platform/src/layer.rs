//! The guard around the routes: one layer, since each costs every request some allocations.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::Route,
};
use tower::{Service, layer::layer_fn};

use crate::{
    guard::{Guard, identified},
    lifecycle::Lifecycle,
};

/// Puts the routes of the business, and their 404 and 405, behind the guard.
pub(crate) fn traffic(routes: Router, guard: Guard) -> Router {
    let guard = Arc::new(guard);
    routes.layer(layer_fn(move |route| Guarded {
        guard: Arc::clone(&guard),
        route,
    }))
}

/// Gives what the platform asks the same form of answers, without the limits.
pub(crate) fn admin(routes: Router, lifecycle: Lifecycle) -> Router {
    routes.layer(from_fn_with_state(lifecycle, answer_admin))
}

async fn answer_admin(
    State(lifecycle): State<Lifecycle>,
    request: Request,
    next: Next,
) -> Response {
    identified(&lifecycle, request, async |request| next.run(request).await).await
}

#[derive(Clone)]
struct Guarded {
    guard: Arc<Guard>,
    route: Route,
}

impl Service<Request> for Guarded {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Self { guard, route } = self.clone();
        Box::pin(async move { Ok(guard.answer(request, route).await) })
    }
}
