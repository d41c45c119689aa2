//! The id of a request: the caller's, or a new one.

use std::time::SystemTime;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::{Builder, Uuid};

use crate::trace::random;

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Takes the caller's id if it is safe to log and to send back, else makes one that sorts by time.
pub(crate) fn request_id(headers: &HeaderMap) -> HeaderValue {
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
