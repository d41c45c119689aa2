//! Errors as `application/problem+json` (RFC 9457), whoever made them.

use axum::{
    body::{Body, to_bytes},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use serde::Serialize;

const PROBLEM: &str = "application/problem+json";
/// The framework's messages are one line; anything longer was not written for a client.
const DETAIL_BYTES: usize = 1024;

/// An error answer: `{"title": "Not Found", "status": 404, "detail": "..."}`.
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    title: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
}

impl Problem {
    /// Makes a problem whose `detail` tells the client what to do differently.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            title: status.canonical_reason().unwrap_or("Unknown"),
            status: status.as_u16(),
            detail: detail.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).expect("came from a status code");
        let body = serde_json::to_vec(&self).expect("strings and numbers always serialize");
        (status, [(CONTENT_TYPE, PROBLEM)], body).into_response()
    }
}

/// Turns an error that is not a problem yet into one: the framework's 404, 405, 413, 415, 422, ...
///
/// Other headers stay, such as `allow`. The body of a 5xx is dropped: it was not meant for clients.
pub(crate) async fn unify(response: Response) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || has_type(response.headers(), PROBLEM) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let detail = if status.is_client_error() && has_type(&parts.headers, "text/plain") {
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

fn has_type(headers: &HeaderMap, expected: &str) -> bool {
    let value = headers.get(CONTENT_TYPE);
    value.is_some_and(|value| value.as_bytes().starts_with(expected.as_bytes()))
}

async fn text(body: Body) -> String {
    let bytes = to_bytes(body, DETAIL_BYTES).await.unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
