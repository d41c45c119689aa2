//! What happens around every request, so that no handler has to think of it.

use std::{
    convert::Infallible,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::{DefaultBodyLimit, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{CONNECTION, RETRY_AFTER},
    },
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::Route,
};
use tokio::{sync::Semaphore, time::timeout};
use tower::{Service, layer::layer_fn};
use tracing::{Instrument, Span, error_span};
use uuid::{Builder, Uuid};

use crate::{
    Config, Problem, Trace,
    body::{Budget, HoldingBody, LimitedBody, Reading, State as BodyState},
    lifecycle::{Lifecycle, Phase},
    metrics::Metrics,
    probes, problem,
    trace::random,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

struct Guard {
    lifecycle: Lifecycle,
    metrics: Metrics,
    slots: Arc<Semaphore>,
    bodies: Arc<Budget>,
    timeout: Duration,
    max_body_bytes: usize,
}

/// Puts the routes of the business, and their 404 and 405, behind limits, metrics and an access log.
///
/// `/readyz` is answered before them: load balancers ask it on the traffic port, and a service
/// that is full must not look as if it were gone.
pub(crate) fn traffic(
    routes: Router,
    config: &Config,
    lifecycle: Lifecycle,
    metrics: Metrics,
) -> Router {
    let guard = Guard {
        lifecycle,
        metrics,
        slots: Arc::new(Semaphore::new(config.max_in_flight)),
        bodies: Arc::new(Budget::new(config.max_body_bytes_in_flight)),
        timeout: config.request_timeout,
        max_body_bytes: config.max_body_bytes,
    };
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

/// A route behind the guard: one layer, since each costs every request some allocations.
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
        Box::pin(async move {
            let answer = identified(&guard.lifecycle, request, async |request| {
                if is_readiness(&request) {
                    return probes::readyz(&guard.lifecycle);
                }
                guard.answer(request, route).await
            });
            Ok(answer.await)
        })
    }
}

async fn answer_admin(
    State(lifecycle): State<Lifecycle>,
    request: Request,
    next: Next,
) -> Response {
    identified(&lifecycle, request, async |request| next.run(request).await).await
}

fn is_readiness(request: &Request) -> bool {
    request.uri().path() == "/readyz" && [Method::GET, Method::HEAD].contains(request.method())
}

/// Gives the request its identity, in the log and in the answer, and errors their form.
async fn identified(
    lifecycle: &Lifecycle,
    mut request: Request,
    answer: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    let id = request_id(request.headers());
    let trace = Trace::of(request.headers());
    let span = span(&request, &id, &trace);
    request.headers_mut().insert(REQUEST_ID, id.clone());
    request.extensions_mut().insert(trace);
    let answered = async { problem::from_plain(answer(request).await).await };
    let mut response = answered.instrument(span).await;
    response.headers_mut().insert(REQUEST_ID, id);
    if lifecycle.phase() >= Phase::Draining {
        // The client opens its next connection elsewhere, before this listener is gone.
        close(&mut response);
    }
    response
}

/// Every event of a request carries these fields; the query is left out, it may hold secrets.
fn span(request: &Request, id: &HeaderValue, trace: &Trace) -> Span {
    // As an error, or the events of a level that is logged would lack the fields of one that is not.
    error_span!(
        "request",
        request_id = id.to_str().unwrap_or_default(),
        trace_id = trace.trace_id().as_ref(),
        span_id = trace.span_id().as_ref(),
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
    let given = headers.get(REQUEST_ID).filter(usable).cloned();
    given.unwrap_or_else(|| {
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        let text = new_id().hyphenated().encode_lower(&mut text);
        HeaderValue::from_str(text).expect("a UUID is ASCII")
    })
}

/// Makes a UUID of version 7.
fn new_id() -> Uuid {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let millis = since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    });
    let mut rest = [0; 10];
    rest[..8].copy_from_slice(&random().to_be_bytes());
    rest[8..].copy_from_slice(&random().to_be_bytes()[..2]);
    Builder::from_unix_timestamp_millis(millis, &rest).into_uuid()
}

fn close(response: &mut Response) {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
}

impl Guard {
    /// Measures, and keeps what the request holds until its answer has been sent.
    async fn answer(&self, request: Request, route: Route) -> Response {
        let mut exchange = self.metrics.begin(&request);
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
            let response = overloaded();
            exchange.answered(response.status());
            return response;
        };
        let reading = (!request.body().is_end_stream())
            .then(|| Arc::new(Reading::new(Arc::clone(&self.bodies))));
        let response = match &reading {
            Some(reading) => self.answer_with_body(request, route, reading).await,
            None => self.run(request, route).await.unwrap_or_else(|| {
                Problem::new(StatusCode::GATEWAY_TIMEOUT, "took too long").into_response()
            }),
        };
        exchange.answered(response.status());
        let held = (exchange, slot, reading);
        response.map(|body| Body::new(HoldingBody::new(body, held)))
    }

    async fn answer_with_body(
        &self,
        mut request: Request,
        route: Route,
        reading: &Arc<Reading>,
    ) -> Response {
        let limit = self.max_body_bytes;
        if request.body().size_hint().lower() > limit as u64 {
            return self.too_large();
        }
        // The limit below holds for every way to read a body, the framework's only for extractors.
        DefaultBodyLimit::disable().apply(&mut request);
        let limited = |body| Body::new(LimitedBody::new(body, limit, Arc::clone(reading)));
        let response = self.run(request.map(limited), route).await;
        match (response, reading.state()) {
            // A handler that did without the rest has answered all the same.
            (Some(response), _) if !is_error(&response) => response,
            (_, BodyState::TooLarge) => self.too_large(),
            (_, BodyState::NoRoom) => overloaded(),
            (Some(response), _) => response,
            (None, BodyState::Waiting) => stalled(),
            (None, BodyState::Flowing) => {
                Problem::new(StatusCode::GATEWAY_TIMEOUT, "took too long").into_response()
            }
        }
    }

    /// Returns what the handler answers, or nothing if that takes too long.
    async fn run(&self, request: Request, mut route: Route) -> Option<Response> {
        let answer = timeout(self.timeout, catch_panic(route.call(request)));
        let answer = answer.await.ok()?.map(|Ok(response)| response);
        Some(answer.unwrap_or_else(|Panicked| {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "").into_response()
        }))
    }

    fn too_large(&self) -> Response {
        let detail = format!("the body is larger than {} bytes", self.max_body_bytes);
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail).into_response()
    }
}

fn is_error(response: &Response) -> bool {
    response.status().is_client_error() || response.status().is_server_error()
}

fn overloaded() -> Response {
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded, try again");
    ([(RETRY_AFTER, "1")], problem).into_response()
}

/// Not 504: that would blame the service, and roll back a deployment, for a slow client.
fn stalled() -> Response {
    let problem = Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "the body did not arrive in time",
    );
    let mut response = problem.into_response();
    close(&mut response);
    response
}

pub(crate) struct Panicked;

/// Confines a panic to the future in which it happens; the panic hook has logged it.
pub(crate) async fn catch_panic<F: Future>(future: F) -> Result<F::Output, Panicked> {
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
