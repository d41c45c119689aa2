use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::{Bytes, HttpBody};
use hyper::body::Frame;

/// A body that comes in pieces.
pub struct Pieces {
    left: usize,
    bytes: usize,
    ends: bool,
}

impl Pieces {
    pub fn new(count: usize, bytes: usize) -> Self {
        Self {
            left: count,
            bytes,
            ends: true,
        }
    }

    pub fn endless() -> Self {
        Self::new(usize::MAX, 1)
    }

    /// After the last piece the end does not come either.
    pub fn and_nothing_more(self) -> Self {
        Self {
            ends: false,
            ..self
        }
    }
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left > 0 {
            self.left -= 1;
            let piece = vec![b'1'; self.bytes];
            return Poll::Ready(Some(Ok(Frame::data(piece.into()))));
        }
        if self.ends {
            Poll::Ready(None)
        } else {
            Poll::Pending
        }
    }
}
