//! A request whose body is there, and the answer to it.

use axum::body::Bytes;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, HOST, IF_NONE_MATCH, VARY,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use launchway_portal::{Fault, Portal, Request};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::problem::Problem;

pub(crate) const JSON: &str = "application/json";
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";
pub(crate) const HTML: &str = "text/html; charset=utf-8";
const FORM: &str = "application/x-www-form-urlencoded";

/// A request whose body is there.
pub(crate) struct Call {
    parts: Parts,
    body: Bytes,
}

impl Call {
    pub(crate) const fn new(parts: Parts, body: Bytes) -> Self {
        Self { parts, body }
    }

    fn header(&self, name: impl axum::http::header::AsHeaderName) -> &str {
        self.parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The server as the client calls it.
    pub(crate) fn host(&self) -> &str {
        self.header(HOST)
    }

    /// Tells whether the client names a media type among those that it takes.
    pub(crate) fn accepts(&self, media_type: &str) -> bool {
        self.header(ACCEPT).split(',').any(|range| range.split(';').next().is_some_and(|it| it.trim() == media_type))
    }

    /// Tells whether the client can unpack an answer, and has not said that it would rather not.
    pub(crate) fn takes_gzip(&self) -> bool {
        self.header(ACCEPT_ENCODING).split(',').any(|it| it.trim() == "gzip")
    }

    pub(crate) fn is_form(&self) -> bool {
        self.media_type() == FORM
    }

    fn media_type(&self) -> String {
        let value = self.header(CONTENT_TYPE).split(';').next().unwrap_or_default();
        value.trim().to_ascii_lowercase()
    }

    pub(crate) fn path(&self) -> &str {
        self.parts.uri.path()
    }

    pub(crate) fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }

    /// Returns what stands in the address behind `prefix` and before `suffix`, decoded.
    pub(crate) fn between(&self, prefix: &str, suffix: &str) -> Result<String, Fault> {
        let path = self.parts.uri.path();
        let part = path.strip_prefix(prefix).and_then(|path| path.strip_suffix(suffix)).unwrap_or(path);
        let decoded = percent_decode_str(part).decode_utf8();
        decoded.map(Into::into).map_err(|_| Fault::unreadable("the address is not UTF-8 once it is decoded"))
    }

    /// Reads the body as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        if self.media_type() != JSON {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "send the body as `content-type: application/json`, as `curl --json` does",
            ));
        }
        if !self.body.trim_ascii_start().starts_with(b"{") {
            return Err(Fault::unreadable("the body is no JSON object; it begins with `{`").into());
        }
        serde_json::from_slice(&self.body)
            .map_err(|error| Fault::unreadable(format!("the body is not the JSON of such a request: {error}")).into())
    }

    /// Reads a template and answers from wherever this request has them: the query, a form, or JSON.
    pub(crate) fn request(&self, portal: &Portal) -> Result<Request, Problem> {
        if self.parts.method != Method::POST {
            return Ok(portal.shared(self.query())?);
        }
        if !self.is_form() || self.body.starts_with(b"{") {
            return self.json();
        }
        Ok(portal.shared(&self.form()?)?)
    }

    /// Returns a form as the query of a link: a field that is left empty is no answer, and boxes of one name are one list.
    pub(crate) fn form(&self) -> Result<String, Fault> {
        let body = std::str::from_utf8(&self.body).map_err(|_| Fault::unreadable("the form is not UTF-8"))?;
        Ok(joined(body))
    }
}

/// Leaves out the pairs without a value, and joins the values of one name.
pub(crate) fn joined(query: &str) -> String {
    let mut fields: Vec<(&str, String)> = Vec::new();
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')).filter(|(_, value)| !value.is_empty())
    {
        match fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => *values = format!("{values},{value}"),
            None => fields.push((name, value.to_owned())),
        }
    }
    fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// An answer in memory.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Reply {
    pub(crate) fn new(media_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        // Kept, and asked for again: the tag is short, and never stale.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        Self { status: StatusCode::OK, headers, bytes: bytes.into() }
    }

    pub(crate) fn json(object: &impl Serialize) -> Self {
        Self::new(JSON, serde_json::to_vec(object).expect("what the portal says consists of texts, numbers and lists"))
    }

    /// Says that it depends on what the client accepts.
    pub(crate) fn by_accept(mut self) -> Self {
        self.headers.insert(VARY, HeaderValue::from_static("accept"));
        self
    }

    /// Gives the file that a browser saves its name, which is that of a project and an ending.
    pub(crate) fn named(mut self, name: &str) -> Self {
        if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
            self.headers.insert(CONTENT_DISPOSITION, value);
        }
        self
    }

    /// Leaves out what the client has already, and says how to ask so.
    pub(crate) fn unless_known(mut self, asked: &Parts) -> Self {
        if asked.method == Method::POST || self.status != StatusCode::OK {
            return self;
        }
        let digest = launchway_core::hexadecimal(&Sha256::digest(&self.bytes));
        let tag = format!("\"{}\"", &digest[..32]);
        let known = asked.headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let mut known = known.flat_map(|tags| tags.split(',')).map(str::trim);
        let is_known = known.any(|it| it == "*" || it.trim_start_matches("W/") == tag);
        self.headers.insert(ETAG, HeaderValue::try_from(tag).expect("hexadecimal digits in quotes"));
        if is_known {
            self.headers.remove(CONTENT_TYPE);
            self.status = StatusCode::NOT_MODIFIED;
            self.bytes = Bytes::new();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_the_query_of_a_link_without_what_was_left_empty() {
        assert_eq!(
            joined("service=orders&owner=&regions=a&regions=b&target=ecs&x"),
            "service=orders&regions=a,b&target=ecs"
        );
        assert_eq!(joined(""), "");
    }
}
