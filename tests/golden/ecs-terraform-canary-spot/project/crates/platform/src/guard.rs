//! What happens around every request, and in which order.
//!
//! This file is yours. The template's files say how each part works: `limits.rs`,
//! `metrics.rs`, `request_id.rs`, `trace.rs`; `layer.rs` puts all of it around the routes.

use axum::{
    extract::Request,
    http::{HeaderValue, header::CONNECTION},
    response::Response,
    routing::Route,
};
use tracing::{Instrument, Span, error_span};

use crate::{
    Config, Trace,
    lifecycle::{Lifecycle, Phase},
    limits::RequestLimits,
    metrics::Metrics,
    probes, problem,
    request_id::{REQUEST_ID, request_id},
};

/// What all requests on the traffic port share.
pub(crate) struct Guard {
    lifecycle: Lifecycle,
    metrics: Metrics,
    limits: RequestLimits,
}

impl Guard {
    pub(crate) fn new(config: &Config, lifecycle: Lifecycle, metrics: Metrics) -> Self {
        Self {
            lifecycle,
            metrics,
            limits: RequestLimits::new(config),
        }
    }

    /// Answers a request on the traffic port: the access log and the metrics see what the limits
    /// refuse, and `route` sees what passes them.
    pub(crate) async fn answer(&self, request: Request, route: Route) -> Response {
        let inner = async |request| {
            // Load balancers ask it here. A service that is full must not look as if it were gone.
            if probes::is_readiness(&request) {
                return probes::readyz(&self.lifecycle);
            }
            let exchange = self.metrics.begin(&request);
            let (response, held) = self.limits.answer(request, route).await;
            exchange.answered(response, held)
        };
        identified(&self.lifecycle, request, inner).await
    }
}

/// Gives a request on either port its identity, in the log and in the answer, and errors their form.
pub(crate) async fn identified(
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
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    response
}

/// Every event of a request carries these fields; the query is left out because it may hold secrets.
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
