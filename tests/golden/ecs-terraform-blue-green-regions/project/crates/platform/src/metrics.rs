//! Metrics in `OpenMetrics` text, with the names of OpenTelemetry's HTTP conventions.

use std::{
    fmt::{self, Write as _},
    hash::{Hash, Hasher},
    time::Instant,
};

use axum::{
    body::Body,
    extract::{MatchedPath, Request},
    http::Method,
    response::Response,
};
use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder},
    metrics::{family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use crate::body::HoldingBody;

/// OpenTelemetry's advice for `http.server.request.duration`, in seconds.
const BUCKETS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];
/// What nginx logs for a client that left before its answer.
const CLIENT_GONE: u16 = 499;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Active {
    http_request_method: &'static str,
}

impl Active {
    fn of(method: &'static str) -> Self {
        Self {
            http_request_method: method,
        }
    }
}

/// All values come from this program, never from a client: their number is bounded.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
#[expect(
    clippy::struct_field_names,
    reason = "they are the names of the labels"
)]
struct Finished {
    http_request_method: &'static str,
    http_route: Route,
    http_response_status_code: u16,
}

/// The pattern, as in `/notes/{id}`; empty when no route matched.
#[derive(Clone, Debug)]
struct Route(Option<MatchedPath>);

impl Route {
    fn as_str(&self) -> &str {
        self.0.as_ref().map_or("", MatchedPath::as_str)
    }
}

impl PartialEq for Route {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Route {}

impl Hash for Route {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl EncodeLabelValue for Route {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(self.as_str())
    }
}

#[derive(Clone)]
pub(crate) struct Metrics {
    active: Family<Active, Gauge>,
    duration: Family<Finished, Histogram, fn() -> Histogram>,
}

impl Metrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            active: Family::default(),
            duration: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
        };
        registry.register(
            "http_server_active_requests",
            "Requests being answered",
            metrics.active.clone(),
        );
        registry.register_with_unit(
            "http_server_request_duration",
            "Time from the request head to the response head",
            Unit::Seconds,
            metrics.duration.clone(),
        );
        metrics
    }

    /// Counts `request` as active until the returned guard is dropped.
    pub(crate) fn begin(&self, request: &Request) -> Exchange {
        let method = method_label(request.method());
        let active = self.active.get_or_create_owned(&Active::of(method));
        active.inc();
        Exchange {
            duration: self.duration.clone(),
            active,
            method,
            route: Route(request.extensions().get().cloned()),
            is_answered: false,
            started: Instant::now(),
        }
    }
}

/// One request under way: active until it is dropped, measured and logged once it is answered, or
/// when the client goes away before.
pub(crate) struct Exchange {
    duration: Family<Finished, Histogram, fn() -> Histogram>,
    active: Gauge,
    method: &'static str,
    route: Route,
    is_answered: bool,
    started: Instant,
}

impl Exchange {
    /// Measures, and stays active, together with what is `held`, until the answer has been sent.
    pub(crate) fn answered<T>(mut self, response: Response, held: T) -> Response
    where
        T: Send + Unpin + 'static,
    {
        self.measure(response.status().as_u16());
        self.is_answered = true;
        response.map(|body| Body::new(HoldingBody::new(body, (self, held))))
    }

    fn measure(&mut self, status: u16) {
        let elapsed = self.started.elapsed().as_secs_f64();
        let finished = Finished {
            http_request_method: self.method,
            http_route: self.route.clone(),
            http_response_status_code: status,
        };
        self.duration.get_or_create(&finished).observe(elapsed);
        let route = self.route.as_str();
        let duration_ms = (elapsed * 1e6).round() / 1e3;
        tracing::info!(route, status, duration_ms, "answered");
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.active.dec();
        if !self.is_answered {
            self.measure(CLIENT_GONE);
        }
    }
}

/// Keeps the label bounded: a client may send any word as its method.
fn method_label(method: &Method) -> &'static str {
    let known = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
    ];
    known
        .into_iter()
        .find(|&known| known == method.as_str())
        .unwrap_or("_OTHER")
}

/// Encodes what is registered.
pub(crate) fn encode(registry: &Registry) -> Result<String, fmt::Error> {
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, registry)?;
    Ok(text)
}
