//! A connection whose client must not be too slow.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

/// Counts the beginnings and the ends of the requests of one connection.
#[derive(Clone, Default)]
pub(crate) struct Activity(Arc<AtomicUsize>);

impl Activity {
    pub(crate) fn begin_or_end(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.count().is_multiple_of(2)
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Fails when a request head has begun to arrive but is not complete after `limit`, and when the
/// client takes nothing of an answer for as long; and when the connection breaks while an answer is
/// being made.
///
/// hyper has one timer for heads and for idle connections. An idle connection must stay open longer
/// than the load balancer keeps it; a client that sends its head byte by byte must not.
pub(crate) struct TimedStream {
    stream: TcpStream,
    limit: Duration,
    activity: Activity,
    /// The count of the activity when bytes came between two requests, and the timer since then.
    head: Option<(usize, Timer)>,
    stall: Timer,
}

/// Made only when something has to be waited for.
type Timer = Option<Pin<Box<Sleep>>>;

impl TimedStream {
    pub(crate) fn new(stream: TcpStream, limit: Duration, activity: Activity) -> Self {
        Self {
            stream,
            limit,
            activity,
            head: None,
            stall: None,
        }
    }

    fn check_head(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let count = self.activity.count();
        self.head.take_if(|(begun, _)| *begun != count);
        match &mut self.head {
            Some((_, timer)) => check(timer, self.limit, context),
            None => Ok(()),
        }
    }

    /// Tells of a reset, which hyper would miss: for the sake of clients that close their side and
    /// still wait, it reads nothing until the answer is there.
    fn check_reset(&self, context: &mut Context<'_>) -> io::Result<()> {
        if self.activity.is_idle() || self.stream.poll_read_ready(context)?.is_pending() {
            return Ok(());
        }
        self.stream.take_error()?.map_or(Ok(()), Err)
    }

    /// Lets a write wait, but not for ever.
    fn check_stall<T>(
        &mut self,
        poll: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.stall = None;
            return poll;
        }
        match check(&mut self.stall, self.limit, context) {
            Ok(()) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

/// Fails once `limit` has passed since the first call.
fn check(timer: &mut Timer, limit: Duration, context: &mut Context<'_>) -> io::Result<()> {
    let timer = timer.get_or_insert_with(|| Box::pin(sleep(limit)));
    if timer.as_mut().poll(context).is_ready() {
        return Err(io::ErrorKind::TimedOut.into());
    }
    Ok(())
}

impl AsyncRead for TimedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check_head(context)?;
        let before = buffer.filled().len();
        let poll = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before && self.activity.is_idle() && self.head.is_none() {
            self.head = Some((self.activity.count(), None));
        }
        poll
    }
}

impl AsyncWrite for TimedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.check_stall(poll, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.check_stall(poll, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check_reset(context)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
