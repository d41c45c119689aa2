//! The way to a forge by HTTP: one request, and what its answer means. The token is in no text that leaves this file.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::Agent;
use ureq::config::RedirectAuthHeaders;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use super::{ForgeError, Limit};
use crate::failure::{Exit, Failure};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// The most bytes of an answer; a page of a hundred repositories has some 600 kB.
const MAX_BYTES: u64 = 16 << 20;

/// The version of GitHub's API that is spoken.
const VERSION: &str = "2022-11-28";

/// What a person sees of what a forge says.
const MAX_SAID: usize = 300;

/// A forge that answers by HTTP.
pub(super) struct Connection {
    agent: Agent,
    api: String,
    token: String,
}

impl Connection {
    pub(super) fn new(api: String, token: String) -> Result<Self, Failure> {
        let tls = TlsConfig::builder().root_certs(certificates()?).build();
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .redirect_auth_headers(RedirectAuthHeaders::SameHost)
            .user_agent(concat!("launchway/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build();
        Ok(Self { agent: agent.into(), api, token })
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ForgeError> {
        self.ask("GET", path, None)
    }

    /// Sends a request, and reads its answer.
    pub(super) fn ask<T: DeserializeOwned>(
        &self,
        method: &'static str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, ForgeError> {
        let step = tracing::info_span!("ask", what = %format!("{method} {}{path}", self.api)).entered();
        let answer = self.send(method, path, body).map_err(|error| unanswered(&error))?;
        drop(step);
        let (head, mut body) = answer.into_parts();
        let read = body.with_config().limit(MAX_BYTES).read_to_vec().map_err(|error| unanswered(&error))?;
        let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        match head.status.as_u16() {
            200..=299 => serde_json::from_slice(&read)
                .map_err(|error| ForgeError::Unanswered(format!("its answer cannot be read: {error}"))),
            status => Err(refusal(status, header, &read)),
        }
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.api))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Accept", "application/vnd.github+json")
            .header("X-GitHub-Api-Version", VERSION);
        match body {
            None => self.agent.run(request.body(())?),
            Some(body) => self.agent.run(request.header("Content-Type", "application/json").body(body.to_string())?),
        }
    }
}

/// Returns the certificates that are trusted: those that git is told to trust, or the usual ones.
fn certificates() -> Result<RootCerts, Failure> {
    const VARIABLE: &str = "GIT_SSL_CAINFO";
    let Some(path) = std::env::var_os(VARIABLE) else { return Ok(RootCerts::WebPki) };
    let cannot = |why: &str| {
        Failure::new(Exit::Settings, format!("cannot read the certificates that `{VARIABLE}` names: {why}"))
            .hint("it is a file in the format PEM")
    };
    let text = std::fs::read(path).map_err(|error| cannot(&error.to_string()))?;
    let mut found = Vec::new();
    for item in parse_pem(&text) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| cannot(&error.to_string()))? {
            found.push(certificate);
        }
    }
    Ok(RootCerts::new_with_certs(&found))
}

fn unanswered(error: &ureq::Error) -> ForgeError {
    ForgeError::Unanswered(error.to_string())
}

/// Finds out what an answer means that is no success.
fn refusal<'h>(status: u16, header: impl Fn(&str) -> Option<&'h str>, body: &[u8]) -> ForgeError {
    let message = said(status, body);
    let number = |name: &str| header(name).and_then(|value| value.trim().parse::<u64>().ok());
    let is_spent = number("x-ratelimit-remaining") == Some(0);
    let is_secondary = message.to_lowercase().contains("secondary rate limit") || message.contains("abuse detection");
    let after = number("retry-after");
    match status {
        401 => ForgeError::Token(message),
        403 | 429 | 503 if after.is_some() => ForgeError::Limited(Limit { after, at: None, message }),
        403 | 429 if is_spent => ForgeError::Limited(Limit { after: None, at: number("x-ratelimit-reset"), message }),
        403 | 429 if is_secondary || status == 429 => ForgeError::Limited(Limit { after: None, at: None, message }),
        408 | 500..=599 => ForgeError::Unanswered(message),
        _ => ForgeError::Refused { status, message },
    }
}

/// Returns what an answer says, in one line.
fn said(status: u16, body: &[u8]) -> String {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let errors = value["errors"].as_array().into_iter().flatten();
    let errors = errors.filter_map(|error| text(&error["message"]).or_else(|| text(&error["code"])).or(text(error)));
    let all: Vec<String> = text(&value["message"]).into_iter().chain(errors).collect();
    if all.is_empty() {
        return format!("status {status}");
    }
    all.join(": ").replace(['\n', '\r'], " ").chars().take(MAX_SAID).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, headers: &[(&str, &'static str)], body: &str) -> ForgeError {
        let header = |name: &str| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        refusal(status, header, body.as_bytes())
    }

    #[test]
    fn a_limit_is_told_from_a_refusal_and_says_how_long_it_lasts() {
        let secondary = r#"{"message": "You have exceeded a secondary rate limit."}"#;
        let limit = |error| match error {
            ForgeError::Limited(Limit { after, at, .. }) => (after, at),
            other => panic!("{other:?}"),
        };
        assert_eq!(limit(refused(403, &[("retry-after", "7")], secondary)), (Some(7), None));
        assert_eq!(limit(refused(429, &[("retry-after", "0")], "")), (Some(0), None));
        let spent = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1800000000")];
        assert_eq!(limit(refused(403, &spent, "")), (None, Some(1_800_000_000)));
        assert_eq!(limit(refused(403, &[("x-ratelimit-remaining", "9")], secondary)), (None, None));
        assert_eq!(limit(refused(429, &[], "")), (None, None));
        let forbidden = refused(403, &[("x-ratelimit-remaining", "9")], r#"{"message": "Resource not accessible"}"#);
        assert_eq!(forbidden, ForgeError::Refused { status: 403, message: "Resource not accessible".to_owned() });
        assert_eq!(refused(502, &[], "<html>"), ForgeError::Unanswered("status 502".to_owned()));
        assert!(matches!(refused(401, &[], r#"{"message": "Bad credentials"}"#), ForgeError::Token(_)));
    }

    #[test]
    fn what_is_wrong_with_a_request_is_said_in_one_line() {
        let body = r#"{"message": "Validation Failed", "errors": [{"message": "A pull request\nexists"}, {"code": "invalid"}, "x"]}"#;
        assert_eq!(said(422, body.as_bytes()), "Validation Failed: A pull request exists: invalid: x");
    }
}
