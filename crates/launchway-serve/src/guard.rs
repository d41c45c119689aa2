//! What is held of every request before it reaches a route, and what every answer carries.

use std::net::IpAddr;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{
    CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Version};
use axum::response::{IntoResponse as _, Response};
use tower::ServiceExt as _;

use crate::lifecycle::Lifecycle;
use crate::limits;
use crate::problem::{self, Problem};

/// The longest address of a request, in bytes.
const URL: usize = 4 << 10;

/// What a browser may do with an answer: run and load what this server has, and nothing else.
const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// What all requests pass.
pub(crate) struct Guard {
    router: Router,
    lifecycle: Lifecycle,
    /// The names by which the server may be asked beside addresses and `localhost`.
    names: Vec<String>,
}

impl Guard {
    pub(crate) const fn new(router: Router, lifecycle: Lifecycle, names: Vec<String>) -> Self {
        Self { router, lifecycle, names }
    }

    pub(crate) async fn answer(&self, request: Request) -> Response {
        let mut response = match self.check(&request) {
            Ok(()) => self.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {}),
            Err(problem) => {
                limits::discard(request.into_body()).await;
                problem.into_response()
            }
        };
        response = problem::from_bare(response);
        response.headers_mut().extend(HEADERS);
        if self.lifecycle.is_draining() {
            // The client opens its next connection elsewhere, before this one is gone.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn check(&self, request: &Request) -> Result<(), Problem> {
        if request.uri().path_and_query().map_or(0, |address| address.as_str().len()) > URL {
            return Err(Problem::new(
                StatusCode::URI_TOO_LONG,
                "the address is longer than 4096 bytes; send the answers as a JSON body with POST",
            ));
        }
        let host = host(request)?;
        if let Some(host) = &host
            && !self.is_ours(host)
        {
            return Err(Problem::new(
                StatusCode::MISDIRECTED_REQUEST,
                format!("this server is not `{}`; if it is, start it with `--host {0}`", host.host()),
            ));
        }
        check_origin(request.headers(), host.as_ref())
    }

    /// Tells whether a page of somebody else cannot have sent the request here: only a name can be made to mean another machine.
    fn is_ours(&self, host: &Authority) -> bool {
        let name = host.host();
        let address = name.trim_start_matches('[').trim_end_matches(']');
        address.parse::<IpAddr>().is_ok()
            || name.eq_ignore_ascii_case("localhost")
            || self.names.iter().any(|ours| name.eq_ignore_ascii_case(ours))
    }
}

/// Returns the one host that is asked; only HTTP/1.0 may leave it out.
fn host(request: &Request) -> Result<Option<Authority>, Problem> {
    let refused = || Problem::new(StatusCode::BAD_REQUEST, "there must be one header `host`, and a valid one");
    let mut hosts = request.headers().get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (None, _) if request.version() == Version::HTTP_10 => return Ok(None),
        (Some(host), None) => host.as_bytes(),
        _ => return Err(refused()),
    };
    let host = Authority::try_from(host).ok().filter(|host| !host.as_str().contains('@')).ok_or_else(refused)?;
    // An address with a host of its own, as proxies get it, says the same.
    match request.uri().authority() {
        Some(other) if *other != host => Err(refused()),
        _ => Ok(Some(host)),
    }
}

/// Refuses what the page of another server sends.
fn check_origin(headers: &HeaderMap, host: Option<&Authority>) -> Result<(), Problem> {
    let mut origins = headers.get_all(ORIGIN).iter();
    let (Some(origin), None) = (origins.next(), origins.next()) else {
        return if headers.contains_key(ORIGIN) { Err(foreign()) } else { Ok(()) };
    };
    let is_own = origin.to_str().ok().and_then(|origin| origin.split_once("://")).is_some_and(|(scheme, place)| {
        ["http", "https"].contains(&scheme) && host.is_some_and(|host| host.as_str().eq_ignore_ascii_case(place))
    });
    if is_own || is_own_form(headers, origin) { Ok(()) } else { Err(foreign()) }
}

/// Tells whether a form of our own page was sent: since the page has `no-referrer`, the browser calls its origin `null`.
///
/// A page of somebody else may do the same where the browser does not say which site it is. It learns nothing by that, and the
/// server keeps nothing.
fn is_own_form(headers: &HeaderMap, origin: &HeaderValue) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let is_form = text(CONTENT_TYPE.as_str()).is_some_and(|it| it.starts_with("application/x-www-form-urlencoded"));
    origin == "null" && is_form && ["same-origin", "none"].contains(&text("sec-fetch-site").unwrap_or("none"))
}

fn foreign() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "the page of another server has sent this; open the portal's own page")
}
