//! How much the server does, holds and waits for at a time.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout, timeout_at};

use crate::problem::Problem;

/// How long the body of a request may take to arrive, and all of it until its answer begins.
pub(crate) const REQUEST: Duration = Duration::from_secs(10);
/// The largest body of a request, in bytes.
const BODY: usize = 64 << 10;
/// How much of a body is taken that is refused, in bytes, and for how long.
const DISCARDED: usize = 1 << 20;
const DISCARDING: Duration = Duration::from_secs(1);
/// How many projects are rendered at a time.
const RENDERS: usize = 8;
/// How much of the answers that clients have not taken yet is held at a time, in KiB.
const UNTAKEN: u32 = 32 << 10;
/// How much of an answer a connection is given at a time, in bytes.
const PIECE: usize = 16 << 10;

/// What all requests share.
#[derive(Clone)]
pub(crate) struct Limits {
    renders: Arc<Semaphore>,
    untaken: Arc<Semaphore>,
}

impl Limits {
    pub(crate) fn new() -> Self {
        let untaken = usize::try_from(UNTAKEN).expect("a number of KiB fits");
        Self { renders: Arc::new(Semaphore::new(RENDERS)), untaken: Arc::new(Semaphore::new(untaken)) }
    }

    /// Does work that keeps a processor busy, if not too much of it is done already.
    ///
    /// Work that takes too long keeps its place until it ends: it cannot be ended from outside.
    pub(crate) async fn render<T: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let place = Arc::clone(&self.renders).try_acquire_owned().map_err(|_| Problem::busy())?;
        let working = spawn_blocking(move || {
            let _place = place;
            work()
        });
        match timeout_at(deadline, working).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "launchway itself is at fault; the log of the server says where",
            )),
            Err(_) => Err(Problem::new(StatusCode::GATEWAY_TIMEOUT, "the answer took longer than 10 seconds")),
        }
    }

    /// Makes the body of an answer, which counts until it was sent.
    pub(crate) fn body(&self, bytes: Bytes) -> Result<Body, Problem> {
        let size = u32::try_from(bytes.len() >> 10).unwrap_or(u32::MAX).saturating_add(1).min(UNTAKEN);
        let held = Arc::clone(&self.untaken).try_acquire_many_owned(size).map_err(|_| Problem::busy())?;
        Ok(Body::new(Pieces { left: bytes, _held: held }))
    }
}

/// Reads the body of a request.
pub(crate) async fn read(mut body: Body, deadline: Instant) -> Result<Bytes, Problem> {
    let mut bytes = Vec::new();
    let mut is_large = body.size_hint().lower() > BODY as u64;
    while !is_large {
        match timeout_at(deadline, body.frame()).await {
            Ok(None) => return Ok(bytes.into()),
            Ok(Some(Ok(frame))) => {
                let piece = frame.into_data().unwrap_or_default();
                is_large = bytes.len() + piece.len() > BODY;
                bytes.extend_from_slice(&piece);
            }
            Ok(Some(Err(_))) => {
                return Err(Problem::new(StatusCode::BAD_REQUEST, "the body is not as long as announced"));
            }
            Err(_) => return Err(Problem::slow("the body of the request")),
        }
    }
    discard(body).await;
    Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 65536 bytes"))
}

/// Takes what is on its way of a body that nobody reads: where it is left, the kernel cuts the connection before the client has the
/// answer.
pub(crate) async fn discard(mut body: Body) {
    let mut left = DISCARDED;
    let rest = async {
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                break;
            }
        }
    };
    let _ = timeout(DISCARDING, rest).await;
}

/// An answer piece by piece, so that a slow client holds no more of it than its own connection does.
struct Pieces {
    left: Bytes,
    _held: OwnedSemaphorePermit,
}

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        let piece = PIECE.min(self.left.len());
        Poll::Ready(Some(Ok(Frame::data(self.left.split_to(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_that_panics_is_a_500_and_gives_its_place_back() {
        let limits = Limits::new();
        for _ in 0..=RENDERS {
            let deadline = Instant::now() + REQUEST;
            let answered = limits.render::<()>(deadline, || panic!("a fault that the test plants")).await;
            assert_eq!(answered.unwrap_err().status(), StatusCode::INTERNAL_SERVER_ERROR);
        }
        assert_eq!(limits.render(Instant::now() + REQUEST, || Ok(1)).await, Ok(1));
    }
}
