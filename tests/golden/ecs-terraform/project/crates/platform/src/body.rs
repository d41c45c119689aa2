//! The bodies of requests, which clients may send slowly or without end, and those of answers.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};

/// What holding one piece of a body costs beside its bytes.
const PIECE: usize = 64;

/// The bytes of all bodies that are held at a time.
pub(crate) struct Budget {
    limit: usize,
    held: AtomicUsize,
}

impl Budget {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            held: AtomicUsize::new(0),
        }
    }

    fn take(&self, bytes: usize) -> bool {
        let more = |held: usize| held.checked_add(bytes).filter(|&held| held <= self.limit);
        self.held.fetch_update(Relaxed, Relaxed, more).is_ok()
    }
}

/// How the body of one request arrives; its bytes count until nobody looks at it any more.
pub(crate) struct Reading {
    budget: Arc<Budget>,
    held: AtomicUsize,
    state: AtomicU8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    Flowing,
    /// The next piece is up to the client.
    Waiting,
    TooLarge,
    NoRoom,
}

impl Reading {
    pub(crate) fn new(budget: Arc<Budget>) -> Self {
        Self {
            budget,
            held: AtomicUsize::new(0),
            state: AtomicU8::new(State::Flowing as u8),
        }
    }

    pub(crate) fn state(&self) -> State {
        let states = [State::Flowing, State::Waiting, State::TooLarge];
        let state = self.state.load(Relaxed);
        *states.get(usize::from(state)).unwrap_or(&State::NoRoom)
    }

    fn set(&self, state: State) {
        self.state.store(state as u8, Relaxed);
    }

    fn hold(&self, bytes: usize) -> bool {
        let fits = self.budget.take(bytes);
        if fits {
            self.held.fetch_add(bytes, Relaxed);
        }
        fits
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(*self.held.get_mut(), Relaxed);
    }
}

/// The body of a request within its limits, for the handler that reads it.
pub(crate) struct LimitedBody {
    body: Body,
    left: usize,
    reading: Arc<Reading>,
}

impl LimitedBody {
    pub(crate) fn new(body: Body, limit: usize, reading: Arc<Reading>) -> Self {
        Self {
            body,
            left: limit,
            reading,
        }
    }

    /// Counts the next piece, and tells what is wrong with it, if anything is.
    fn count_piece(&mut self, bytes: usize) -> State {
        let Some(left) = self.left.checked_sub(bytes) else {
            return State::TooLarge;
        };
        self.left = left;
        if self.reading.hold(bytes.saturating_add(PIECE)) {
            State::Flowing
        } else {
            State::NoRoom
        }
    }
}

impl hyper::body::Body for LimitedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let poll = Pin::new(&mut self.body).poll_frame(context);
        let state = match &poll {
            Poll::Pending => State::Waiting,
            Poll::Ready(Some(Ok(frame))) => {
                self.count_piece(frame.data_ref().map_or(0, Bytes::len))
            }
            Poll::Ready(_) => State::Flowing,
        };
        self.reading.set(state);
        if matches!(state, State::TooLarge | State::NoRoom) {
            let refused = io::Error::other("the body is beyond its limit");
            return Poll::Ready(Some(Err(axum::Error::new(refused))));
        }
        poll
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer, which keeps what belongs to its request until the end.
pub(crate) struct HoldingBody<T> {
    body: Body,
    _held: T,
}

impl<T> HoldingBody<T> {
    pub(crate) fn new(body: Body, held: T) -> Self {
        Self { body, _held: held }
    }
}

impl<T: Unpin> hyper::body::Body for HoldingBody<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
