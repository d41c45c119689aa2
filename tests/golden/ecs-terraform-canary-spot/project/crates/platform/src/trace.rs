//! Which trace a request belongs to: W3C trace context, or the header of AWS load balancers.

use std::{
    convert::Infallible,
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, request::Parts},
};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
const AMAZON: HeaderName = HeaderName::from_static("x-amzn-trace-id");
/// What the specification asks everybody to pass on.
const TRACESTATE_BYTES: usize = 512;

/// The place of this request in its trace; a handler takes it as an argument.
///
/// `trace.inject(request.headers_mut())` has the services that the handler calls join the trace.
#[derive(Clone, Debug)]
pub struct Trace {
    id: u128,
    span: u64,
    flags: u8,
    state: Option<HeaderValue>,
}

impl Trace {
    /// Continues the caller's trace, or begins one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let span = random();
        if let Some((id, flags)) = only(headers, &TRACEPARENT).and_then(traceparent) {
            let state = tracestate(headers);
            return Self {
                id,
                span,
                flags,
                state,
            };
        }
        let (id, flags) = only(headers, &AMAZON)
            .and_then(amazon)
            .unwrap_or_else(|| (u128::from(random()) << 64 | u128::from(random()), 0));
        Self {
            id,
            span,
            flags,
            state: None,
        }
    }

    /// Adds the headers by which a called service joins the trace.
    pub fn inject(&self, headers: &mut HeaderMap) {
        let Self { flags, .. } = self;
        let value = format!("00-{}-{}-{flags:02x}", self.trace_id(), self.span_id());
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(TRACEPARENT, value);
        }
        if let Some(state) = &self.state {
            headers.insert(TRACESTATE, state.clone());
        }
    }

    /// As it is logged: 32 hexadecimal digits.
    pub fn trace_id(&self) -> impl fmt::Display + AsRef<str> + use<> {
        Hex::<32>::of(self.id)
    }

    /// As it is logged: 16 hexadecimal digits, new with each request.
    pub fn span_id(&self) -> impl fmt::Display + AsRef<str> + use<> {
        Hex::<16>::of(self.span.into())
    }
}

impl<S: Sync> FromRequestParts<S> for Trace {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let trace = parts.extensions.get::<Self>().cloned();
        Ok(trace.unwrap_or_else(|| Self::of(&parts.headers)))
    }
}

/// Hexadecimal digits, the lowest ones of a number.
struct Hex<const DIGITS: usize>([u8; DIGITS]);

impl<const DIGITS: usize> Hex<DIGITS> {
    fn of(mut number: u128) -> Self {
        let mut digits = [b'0'; DIGITS];
        for digit in digits.iter_mut().rev() {
            *digit = b"0123456789abcdef"[(number & 15) as usize];
            number >>= 4;
        }
        Self(digits)
    }
}

impl<const DIGITS: usize> AsRef<str> for Hex<DIGITS> {
    fn as_ref(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl<const DIGITS: usize> fmt::Display for Hex<DIGITS> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_ref())
    }
}

/// Returns the value of a header that is there once: of two, nobody knows which is right.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.to_str().ok())?
}

/// Returns what other vendors pass along; several headers are one list.
fn tracestate(headers: &HeaderMap) -> Option<HeaderValue> {
    let values = headers.get_all(TRACESTATE).iter();
    let values: Vec<&[u8]> = values.map(HeaderValue::as_bytes).collect();
    let list = values.join(&b","[..]);
    let is_usable = (1..=TRACESTATE_BYTES).contains(&list.len());
    is_usable.then(|| HeaderValue::from_bytes(&list).ok())?
}

/// Reads `00-TRACE-SPAN-FLAGS`, and what a later version puts before its additions.
fn traceparent(value: &str) -> Option<(u128, u8)> {
    let mut parts = value.split('-');
    let version = hex(parts.next()?, 2)?;
    let trace = hex(parts.next()?, 32).filter(|&trace| trace != 0)?;
    hex(parts.next()?, 16).filter(|&span| span != 0)?;
    let flags = hex(parts.next()?, 2)?;
    let is_known = match version {
        0 => parts.next().is_none(),
        version => version != 0xff,
    };
    // Of the flags only `sampled` has a meaning that this program can pass on.
    is_known.then_some((trace, u8::from(flags & 1 == 1)))
}

/// Reads `Root=1-TIME-REST;Parent=...;Sampled=1`.
fn amazon(value: &str) -> Option<(u128, u8)> {
    let mut fields = value
        .split(';')
        .filter_map(|field| field.trim().split_once('='));
    let root = fields.clone().find(|(name, _)| *name == "Root")?.1;
    let (time, rest) = root.strip_prefix("1-")?.split_once('-')?;
    let trace = hex(time, 8)? << 96 | hex(rest, 24)?;
    let is_sampled = fields.any(|field| field == ("Sampled", "1"));
    (trace != 0).then_some((trace, u8::from(is_sampled)))
}

/// Reads exactly `digits` lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != digits || !text.bytes().all(is_digit) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

/// Makes a number that nobody else makes: for names, not for secrets, and without a system call.
pub(crate) fn random() -> u64 {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    // Zero means "none" in a trace.
    KEY.hash_one(COUNT.fetch_add(1, Ordering::Relaxed)).max(1)
}
