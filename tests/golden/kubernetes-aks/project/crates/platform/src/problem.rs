//! Errors as `application/problem+json` (RFC 9457), whoever made them.

use axum::{
    body::{Body, HttpBody, to_bytes},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value};

const PROBLEM: &str = "application/problem+json";
/// The framework's messages are one line; anything longer was not written for a client.
const DETAIL_BYTES: usize = 1024;

/// An error answer: `{"title": "Not Found", "status": 404, "detail": "..."}`.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    members: Map<String, Value>,
}

impl Problem {
    /// Makes a problem whose `detail` tells the client what to do differently.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let problem = Self {
            status,
            members: Map::new(),
        };
        let problem = problem.with("title", status.canonical_reason().unwrap_or("Unknown"));
        match detail.into() {
            detail if detail.is_empty() => problem,
            detail => problem.with("detail", detail),
        }
    }

    /// Sets a member: `type`, `title`, `instance`, or one of your own such as `errors`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => {
                self.members.insert(name.to_owned(), value);
            }
            Err(error) => tracing::error!(%error, name, "a member of a problem is no JSON"),
        }
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // Last, so that it is the status of the answer whatever the members say.
        let Self { status, members } = self.with_status();
        let body = Value::Object(members).to_string();
        (status, [(CONTENT_TYPE, PROBLEM)], body).into_response()
    }
}

impl Problem {
    fn with_status(self) -> Self {
        let status = self.status.as_u16();
        self.with("status", status)
    }
}

/// Turns an error that says nothing of its own into a problem: an empty one, or a line of text, as
/// the framework's 404, 405, 415, 422 are.
///
/// Other headers stay, such as `allow`. The text of a 5xx is dropped: it was not meant for clients.
pub(crate) async fn from_plain(response: Response) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || !is_plain(&response) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let detail = if status.is_client_error() {
        text(body).await
    } else {
        String::new()
    };
    parts.headers.remove(CONTENT_LENGTH);
    parts
        .headers
        .insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
    Response::from_parts(
        parts,
        Problem::new(status, detail).into_response().into_body(),
    )
}

fn is_plain(response: &Response) -> bool {
    response.body().is_end_stream() || media_type(response.headers()) == Some("text/plain")
}

fn media_type(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    value.split(';').next().map(str::trim)
}

async fn text(body: Body) -> String {
    let bytes = to_bytes(body, DETAIL_BYTES).await.unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
