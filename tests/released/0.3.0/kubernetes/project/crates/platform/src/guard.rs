//! What happens around every request, so that no handler has to think of it.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{CONNECTION, RETRY_AFTER},
    },
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use tokio::{sync::Semaphore, time::timeout};
use tracing::{Instrument, Span, info_span};
use uuid::Uuid;

use crate::{
    Config, Problem,
    lifecycle::{Lifecycle, Phase},
    metrics::Metrics,
    problem,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

struct Guard {
    metrics: Metrics,
    slots: Semaphore,
    timeout: Duration,
}

/// Limits and measures the routes of the business.
pub(crate) fn protect(routes: Router, config: &Config, metrics: Metrics) -> Router {
    let guard = Guard {
        metrics,
        slots: Semaphore::new(config.max_in_flight.get()),
        timeout: config.request_timeout,
    };
    routes
        .layer(DefaultBodyLimit::max(config.max_body_bytes))
        .layer(from_fn_with_state(Arc::new(guard), admit))
}

/// Gives every answer of `routes`, their 404 and 405 too, the form that all answers share.
pub(crate) fn envelop(routes: Router, lifecycle: Lifecycle) -> Router {
    routes.layer(from_fn_with_state(lifecycle, finish))
}

async fn admit(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let exchange = guard.metrics.begin(&request);
    let response = guard.answer(request, next).await;
    exchange.finish(response.status());
    response
}

impl Guard {
    async fn answer(&self, request: Request, next: Next) -> Response {
        let Ok(_slot) = self.slots.try_acquire() else {
            let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded, try again");
            return ([(RETRY_AFTER, "1")], problem).into_response();
        };
        match timeout(self.timeout, catch_panic(next.run(request))).await {
            Ok(Ok(response)) => response,
            Ok(Err(Panicked)) => {
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "").into_response()
            }
            Err(_) => Problem::new(StatusCode::GATEWAY_TIMEOUT, "took too long").into_response(),
        }
    }
}

async fn finish(State(lifecycle): State<Lifecycle>, mut request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let span = span(&request, &id);
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let response = next.run(request).instrument(span).await;
    let mut response = problem::unify(response).await;
    response.headers_mut().insert(REQUEST_ID, id);
    if lifecycle.phase() == Phase::Draining {
        // The client opens its next connection elsewhere, before this listener is gone.
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Every event of a request carries these fields; the query is left out, it may hold secrets.
fn span(request: &Request, id: &HeaderValue) -> Span {
    info_span!(
        "request",
        request_id = id.to_str().unwrap_or_default(),
        traceparent = traceparent(request.headers()),
        method = request.method().as_str(),
        path = request.uri().path(),
    )
}

/// Takes the caller's id if it is safe to log and to send back, else makes one that sorts by time.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let usable = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        (1..=128).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
    };
    headers
        .get(REQUEST_ID)
        .filter(usable)
        .cloned()
        .unwrap_or_else(|| {
            let id = Uuid::now_v7().to_string();
            HeaderValue::from_str(&id).expect("a UUID is ASCII")
        })
}

/// The W3C trace context: 55 hexadecimal digits and dashes in version 00.
fn traceparent(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get("traceparent")?.to_str().ok()?;
    let valid = value.len() == 55
        && value
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    valid.then_some(value)
}

struct Panicked;

/// Confines a panic to the request that caused it; the panic hook has logged it.
async fn catch_panic<F: Future>(future: F) -> Result<F::Output, Panicked> {
    let mut future = pin!(future);
    poll_fn(|context| {
        let poll = AssertUnwindSafe(|| future.as_mut().poll(context));
        match catch_unwind(poll) {
            Ok(poll) => poll.map(Ok),
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    })
    .await
}
