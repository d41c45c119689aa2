//! What the platform asks the process.
//!
//! No probe looks at a database or another service: liveness that does turns one outage into a
//! storm of restarts, and readiness that does takes every replica away at once.

use std::sync::{Arc, OnceLock};

use axum::{
    Router,
    extract::Request,
    http::{Method, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus_client::registry::Registry;

use crate::{
    Problem,
    lifecycle::{Lifecycle, Phase},
    metrics,
};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Answers everything that only the platform may ask; `/metrics` once the service has started.
pub(crate) fn admin(lifecycle: Lifecycle, registry: Arc<OnceLock<Registry>>) -> Router {
    let started = lifecycle.clone();
    let startupz = async move || answer(&started, |phase| phase != Phase::Starting);
    let readyz = async move || readyz(&lifecycle);
    Router::new()
        .route("/livez", get(async || "alive"))
        .route("/startupz", get(startupz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(async move || scrape(registry.get())))
}

/// Tells whether a load balancer asks for readiness, which it does on the traffic port.
pub(crate) fn is_readiness(request: &Request) -> bool {
    request.uri().path() == "/readyz" && [Method::GET, Method::HEAD].contains(request.method())
}

/// Tells whether the service wants traffic.
pub(crate) fn readyz(lifecycle: &Lifecycle) -> Response {
    answer(lifecycle, |phase| phase == Phase::Ready)
}

fn answer(lifecycle: &Lifecycle, passes: fn(Phase) -> bool) -> Response {
    let phase = lifecycle.phase();
    let name = match phase {
        Phase::Starting => "starting",
        Phase::Ready => "ready",
        Phase::Draining | Phase::Closing => "draining",
    };
    if passes(phase) {
        name.into_response()
    } else {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, name).into_response()
    }
}

fn scrape(registry: Option<&Registry>) -> Response {
    let Some(registry) = registry else {
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "starting").into_response();
    };
    match metrics::encode(registry) {
        Ok(text) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
