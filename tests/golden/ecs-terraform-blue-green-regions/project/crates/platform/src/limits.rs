//! The limits of requests: how many at a time, how large their bodies, how long they take.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, HttpBody},
    extract::{DefaultBodyLimit, Request},
    http::{
        StatusCode,
        header::{CONNECTION, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
    routing::Route,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tower::Service;

use crate::{
    Config, Problem,
    body::{Budget, LimitedBody, Reading, State as BodyState},
    panics::{Panicked, catch_panic},
};

pub(crate) struct RequestLimits {
    slots: Arc<Semaphore>,
    bodies: Arc<Budget>,
    timeout: Duration,
    max_body_bytes: usize,
}

/// What a request takes of the limits, until it is dropped.
pub(crate) struct Held {
    _slot: OwnedSemaphorePermit,
    _body: Option<Arc<Reading>>,
}

impl RequestLimits {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(config.max_in_flight)),
            bodies: Arc::new(Budget::new(config.max_body_bytes_in_flight)),
            timeout: config.request_timeout,
            max_body_bytes: config.max_body_bytes,
        }
    }

    /// Has `route` answer within the limits; what is held has to be kept until the answer was sent.
    pub(crate) async fn answer(&self, request: Request, route: Route) -> (Response, Option<Held>) {
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
            return (overloaded(), None);
        };
        let reading = (!request.body().is_end_stream())
            .then(|| Arc::new(Reading::new(Arc::clone(&self.bodies))));
        let response = match &reading {
            Some(reading) => self.answer_with_body(request, route, reading).await,
            None => self.run(request, route).await.unwrap_or_else(too_long),
        };
        let held = Held {
            _slot: slot,
            _body: reading,
        };
        (response, Some(held))
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
            // A handler that did not need the rest has still answered.
            (Some(response), _) if !is_error(&response) => response,
            (_, BodyState::TooLarge) => self.too_large(),
            (_, BodyState::NoRoom) => overloaded(),
            (Some(response), _) => response,
            (None, BodyState::Waiting) => stalled(),
            (None, BodyState::Flowing) => too_long(),
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

fn too_long() -> Response {
    Problem::new(StatusCode::GATEWAY_TIMEOUT, "took too long").into_response()
}

/// Not 504: that would blame the service, and roll back a deployment, for a slow client.
fn stalled() -> Response {
    let detail = "the body did not arrive in time";
    let problem = Problem::new(StatusCode::REQUEST_TIMEOUT, detail);
    ([(CONNECTION, "close")], problem).into_response()
}
