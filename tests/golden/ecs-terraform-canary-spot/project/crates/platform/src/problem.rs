//! Errors as `application/problem+json` (RFC 9457), wherever they come from.

use std::{future::poll_fn, pin::Pin, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::time::timeout;

/// How long a text may take to arrive.
const DETAIL_TIME: Duration = Duration::from_secs(1);
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

/// Turns an error without a body of its kind into a problem: an empty one, or a line of text, as
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

/// Reads a text, as much of it as a detail may hold.
async fn text(mut body: Body) -> String {
    let mut bytes = Vec::new();
    let read = async {
        while bytes.len() <= DETAIL_BYTES
            && let Some(Ok(frame)) =
                poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
        {
            bytes.extend_from_slice(frame.data_ref().map_or(&[][..], Bytes::as_ref));
        }
    };
    // What comes later stays away: a client waits for it.
    let _ = timeout(DETAIL_TIME, read).await;
    let text = String::from_utf8_lossy(&bytes);
    match text.get(..text.floor_char_boundary(DETAIL_BYTES)) {
        Some(start) if start.len() < text.len() => format!("{start}…"),
        _ => text.into_owned(),
    }
}
