//! Errors as `application/problem+json` (RFC 9457), wherever they come from.

use axum::body::HttpBody as _;
use axum::http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use launchway_portal::Fault;
use serde_json::{Value, json};

/// The media type of a problem.
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// What is wrong with a request, or why it is not answered now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Problem {
    status: StatusCode,
    body: Value,
}

impl Problem {
    /// Says what is wrong with the way in which something is asked; `detail` is what the client can do differently.
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self { status, body: json!({"title": title, "status": status.as_u16(), "detail": detail.into()}) }
    }

    /// Says that a client is too slow with a part of its request.
    pub(crate) fn slow(part: &str) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, format!("{part} did not arrive within 10 seconds"))
    }

    /// Says that it is more than the server does at a time.
    pub(crate) fn busy() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the server answers as many requests as it can at a time; try again")
    }

    /// Says that there is nothing at an address.
    pub(crate) fn nowhere() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is nothing at this address; `/openapi.json` lists what there is")
    }

    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    /// The whole answer as it is sent, for a connection of which nothing more is read.
    pub(crate) fn as_http(&self) -> String {
        let (status, body) = (self.status, self.body.to_string());
        let length = body.len();
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/problem+json\r\ncontent-length: {length}\r\n\
             connection: close\r\n\r\n{body}"
        )
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let status = StatusCode::from_u16(fault.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, body: serde_json::to_value(fault).expect("a fault consists of texts and numbers") }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, PROBLEM);
        match self.status {
            StatusCode::SERVICE_UNAVAILABLE => drop(headers.insert(RETRY_AFTER, HeaderValue::from_static("1"))),
            // What is left of its body would be taken for the next request.
            StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        response
    }
}

/// Gives the router's answer to a method that an address does not take the form of all others; its header `allow` stays.
pub(crate) fn from_bare(response: Response) -> Response {
    if response.status() != StatusCode::METHOD_NOT_ALLOWED || !response.body().is_end_stream() {
        return response;
    }
    let detail = "this address does not take that method; the header `allow` lists those it takes";
    let (mut parts, _) = response.into_parts();
    let (problem, body) = Problem::new(parts.status, detail).into_response().into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.extend(problem.headers);
    Response::from_parts(parts, body)
}
