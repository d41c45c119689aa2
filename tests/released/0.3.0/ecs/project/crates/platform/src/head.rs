//! A time limit for request heads.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, ReadBuf},
    time::{Sleep, sleep},
};

/// Counts the beginnings and the ends of requests: an even number means that none is under way.
#[derive(Clone, Default)]
pub(crate) struct Turns(Arc<AtomicUsize>);

impl Turns {
    pub(crate) fn next(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Fails the read when a request head has begun to arrive but is not complete after `limit`.
///
/// hyper has one timer for this and for idle connections. An idle connection must stay open longer
/// than the load balancer keeps it; a client that sends its head byte by byte must not.
pub(crate) struct HeadTimeout<R> {
    read: R,
    limit: Duration,
    turns: Turns,
    /// The turn in which bytes came between two requests, and its timer once it is needed.
    begun: Option<(usize, Option<Pin<Box<Sleep>>>)>,
}

impl<R> HeadTimeout<R> {
    pub(crate) fn new(read: R, limit: Duration, turns: Turns) -> Self {
        Self {
            read,
            limit,
            turns,
            begun: None,
        }
    }

    fn is_overdue(&mut self, context: &mut Context<'_>) -> bool {
        let limit = self.limit;
        let turn = self.turns.count();
        self.begun.take_if(|(begun, _)| *begun != turn);
        self.begun.as_mut().is_some_and(|(_, timer)| {
            let timer = timer.get_or_insert_with(|| Box::pin(sleep(limit)));
            timer.as_mut().poll(context).is_ready()
        })
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for HeadTimeout<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_overdue(context) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buffer.filled().len();
        let poll = Pin::new(&mut self.read).poll_read(context, buffer);
        let turn = self.turns.count();
        if buffer.filled().len() > before && turn.is_multiple_of(2) && self.begun.is_none() {
            self.begun = Some((turn, None));
        }
        poll
    }
}
