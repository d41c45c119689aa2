//! What the platform asks the process.
//!
//! No probe looks at a database or another service: liveness that does turns one outage into a
//! storm of restarts, and readiness that does takes every replica away at once.

use std::sync::Arc;

use axum::{
    Router,
    http::{StatusCode, header::CONTENT_TYPE},
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

/// Answers `/readyz`, which load balancers ask on the traffic port.
pub(crate) fn readiness(lifecycle: Lifecycle) -> Router {
    let readyz = async move || answer(&lifecycle, |phase| phase == Phase::Ready);
    Router::new().route("/readyz", get(readyz))
}

/// Answers everything that only the platform may ask.
pub(crate) fn admin(lifecycle: Lifecycle, registry: Registry) -> Router {
    let registry = Arc::new(registry);
    let started = lifecycle.clone();
    let startupz = async move || answer(&started, |phase| phase != Phase::Starting);
    readiness(lifecycle)
        .route("/livez", get(async || "alive"))
        .route("/startupz", get(startupz))
        .route("/metrics", get(async move || scrape(&registry)))
}

fn answer(lifecycle: &Lifecycle, passes: fn(Phase) -> bool) -> Response {
    let phase = lifecycle.phase();
    let name = match phase {
        Phase::Starting => "starting",
        Phase::Ready => "ready",
        Phase::Draining => "draining",
    };
    if passes(phase) {
        name.into_response()
    } else {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, name).into_response()
    }
}

fn scrape(registry: &Registry) -> Response {
    match metrics::encode(registry) {
        Ok(text) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
