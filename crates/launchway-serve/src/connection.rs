//! One connection: how long its client may take, and when it makes room or ends.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::select;
use tokio::sync::{Notify, OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep_until, timeout};

use crate::guard::Guard;
use crate::limits::REQUEST;
use crate::problem::Problem;

/// How long a client may take for the head of a request, from the end of the one before it.
const HEAD: Duration = Duration::from_secs(10);
/// How long a request may take until the last byte of its answer is with the client.
const EXCHANGE: Duration = Duration::from_secs(2 * REQUEST.as_secs());
/// How long a client may take to accept the last words of a connection.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// What a connection may keep of a request head, or of an answer that is not taken, in bytes.
const BUFFER: usize = 32 << 10;

/// Answers the requests of one connection, one after another.
pub(crate) async fn connection(stream: TcpStream, guard: Arc<Guard>, close: Close, _place: OwnedSemaphorePermit) {
    let _ = stream.set_nodelay(true);
    let activity = Activity::new();
    let service = service_fn(|request: Request<Incoming>| {
        let under_way = activity.begin();
        let guard = Arc::clone(&guard);
        async move {
            let answer = guard.answer(request.map(Body::new)).await;
            Ok::<_, Infallible>(answer.map(|body| UnderWayBody { body, _under_way: under_way }))
        }
    });
    let mut http = http1::Builder::new()
        .timer(TokioTimer::new())
        // The deadline below holds for the head, and says so to the client.
        .header_read_timeout(None)
        .max_buf_size(BUFFER)
        // A client may say that it has sent everything, and still wait for its answer.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let (overdue, why) = select! {
        // In this order, so that no connection is taken for idle whose request has just come.
        biased;
        _ = &mut http => return,
        overdue = activity.overdue(HEAD) => (overdue, Problem::slow("the head of the request")),
        () = close.given(&activity) => {
            Pin::new(&mut http).graceful_shutdown();
            select! {
                biased;
                _ = &mut http => return,
                overdue = activity.overdue(Duration::ZERO) => (overdue, Problem::busy()),
            }
        }
    };
    if overdue == Overdue::Head {
        say_last(http, &why).await;
    }
}

/// Tells a client that has begun a request, and did not finish its head, why the connection ends.
async fn say_last<S>(http: http1::Connection<TokioIo<TcpStream>, S>, why: &Problem)
where
    S: HttpService<Incoming, ResBody = UnderWayBody>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let parts = http.into_parts();
    if parts.read_buf.is_empty() {
        return;
    }
    let mut stream = parts.io.into_inner();
    let answer = why.as_http();
    let _ = timeout(LAST_WORDS, async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await
    })
    .await;
}

/// Tells a connection when to close, as soon as its request under way is answered.
pub(crate) struct Close {
    room_wanted: Arc<Notify>,
    closing: watch::Receiver<bool>,
}

impl Close {
    pub(crate) const fn new(room_wanted: Arc<Notify>, closing: watch::Receiver<bool>) -> Self {
        Self { room_wanted, closing }
    }

    async fn given(mut self, activity: &Activity) {
        select! {
            _ = self.closing.wait_for(|closing| *closing) => {}
            () = activity.idle_when_notified(&self.room_wanted) => {}
        }
    }
}

/// What a client was too slow with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Overdue {
    Head,
    Exchange,
}

/// Whether a request of the connection is under way, and since when it is so.
struct Activity(watch::Sender<(bool, Instant)>);

impl Activity {
    fn new() -> Self {
        Self(watch::Sender::new((false, Instant::now())))
    }

    fn begin(&self) -> UnderWay {
        self.0.send_replace((true, Instant::now()));
        UnderWay(self.0.clone())
    }

    /// Completes when the client has been too slow, with a head for as long as `head`.
    async fn overdue(&self, head: Duration) -> Overdue {
        let mut state = self.0.subscribe();
        loop {
            let (is_under_way, since) = *state.borrow_and_update();
            let (limit, overdue) = if is_under_way { (EXCHANGE, Overdue::Exchange) } else { (head, Overdue::Head) };
            select! {
                biased;
                _ = state.changed() => {}
                () = sleep_until(since + limit) => return overdue,
            }
        }
    }

    /// Completes when this connection is wanted to make room. Those that wait for that form a queue, which begins with the one
    /// that was idle longest.
    async fn idle_when_notified(&self, room_wanted: &Notify) {
        let mut state = self.0.subscribe();
        loop {
            let _ = state.wait_for(|(is_under_way, _)| !is_under_way).await;
            select! {
                biased;
                _ = state.changed() => {}
                () = room_wanted.notified() => return,
            }
        }
    }
}

/// A request under way, from its head to the end of its answer.
struct UnderWay(watch::Sender<(bool, Instant)>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_replace((false, Instant::now()));
    }
}

/// The body of an answer, with whose end the request is no longer under way.
struct UnderWayBody {
    body: Body,
    _under_way: UnderWay,
}

impl hyper::body::Body for UnderWayBody {
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
