//! The accept loop: what `axum::serve` does, plus limits and an end that is certain to come.

use std::{
    future::{pending, poll_fn},
    io,
    pin::pin,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, Version, header::HOST},
    response::{IntoResponse, Response},
};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    select,
    sync::{Notify, OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    Problem,
    body::HoldingBody,
    stream::{Activity, TimedStream},
};

/// What one connection may keep of a request head, or of an answer that is not taken, in bytes.
pub const BUFFER_BYTES: usize = 32768;
/// How long an idle connection may still bring a request that was already on its way.
const LINGER: Duration = Duration::from_millis(500);
/// How long to wait for a free file descriptor before accepting again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How often a failure to accept is logged.
const COMPLAINT_PAUSE: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For the whole request head, from its first byte, and for a client that takes no answer.
    pub slow_client: Duration,
    /// For a connection without a request.
    pub keep_alive: Duration,
    /// For all connections together, once the server has stopped accepting.
    pub drain: Duration,
    /// Connections at a time; above it, the one that was idle longest makes room.
    pub connections: usize,
}

/// Serves until `stop` completes, then lets the requests under way finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    let mut connections = JoinSet::new();
    let mut acceptor = Acceptor::new(listener, limits.connections);
    let closing = watch::Sender::new(false);
    let mut stop = pin!(stop);
    loop {
        select! {
            // In this order, so that no connection is left in the queue of a closed listener.
            biased;
            (stream, place) = acceptor.accept() => {
                let close = CloseSignal { room_wanted: acceptor.room_wanted.clone(), closing: closing.subscribe() };
                connections.spawn(connection(stream, router.clone(), limits, close, place));
                while connections.try_join_next().is_some() {}
            }
            Some(_) = connections.join_next() => {}
            () = &mut stop => break,
        }
    }
    drop(acceptor);
    if timeout(limits.drain, close_connections(&mut connections, closing))
        .await
        .is_err()
    {
        tracing::warn!(
            connections = connections.len(),
            "cut off at the drain deadline"
        );
    }
}

/// Where connections come in, as many as there is room for.
struct Acceptor {
    listener: TcpListener,
    places: Arc<Semaphore>,
    /// Wakes the connection that has been idle longest, to make room.
    room_wanted: Arc<Notify>,
    /// Accepted, but without a place.
    waiting: Option<TcpStream>,
    complained: Option<Instant>,
}

impl Acceptor {
    fn new(listener: TcpListener, places: usize) -> Self {
        Self {
            listener,
            places: Arc::new(Semaphore::new(places)),
            room_wanted: Arc::default(),
            waiting: None,
            complained: None,
        }
    }

    /// Lets one connection in. Nothing is lost when this is given up and begun again.
    async fn accept(&mut self) -> (TcpStream, OwnedSemaphorePermit) {
        if self.waiting.is_none() {
            self.waiting = Some(self.next().await);
        }
        let place = self.place().await;
        let stream = self.waiting.take();
        (stream.expect("it has just been put there"), place)
    }

    /// Accepts one connection, however long the process is out of file descriptors.
    async fn next(&mut self) -> TcpStream {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => return stream,
                Err(error) if is_about_one_connection(&error) => {}
                Err(error) => {
                    self.complain(&error);
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn place(&self) -> OwnedSemaphorePermit {
        if self.places.available_permits() == 0 {
            self.room_wanted.notify_one();
        }
        let place = Arc::clone(&self.places).acquire_owned().await;
        place.expect("nobody closes the semaphore")
    }

    fn complain(&mut self, error: &io::Error) {
        let is_early = |last: Instant| last.elapsed() < COMPLAINT_PAUSE;
        if !self.complained.is_some_and(is_early) {
            self.complained = Some(Instant::now());
            tracing::error!(%error, "cannot accept");
        }
    }
}

fn is_about_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

async fn close_connections(connections: &mut JoinSet<()>, closing: watch::Sender<bool>) {
    let _ = timeout(LINGER, wait_for_all(connections)).await;
    closing.send_replace(true);
    wait_for_all(connections).await;
}

async fn wait_for_all(connections: &mut JoinSet<()>) {
    while connections.join_next().await.is_some() {}
}

async fn connection(
    stream: TcpStream,
    router: Router,
    limits: Limits,
    close: CloseSignal,
    _place: OwnedSemaphorePermit,
) {
    let _ = stream.set_nodelay(true);
    let activity = Activity::default();
    let stream = TimedStream::new(stream, limits.slow_client, activity.clone());
    let router = TowerToHyperService::new(router);
    let service = service_fn(|request: Request<Incoming>| {
        let under_way = UnderWay::begin(&activity);
        let is_valid = has_valid_host(&request);
        let answer = is_valid.then(|| router.call(request));
        async move {
            let answer = match answer {
                Some(answer) => answer.await?,
                None => without_host(),
            };
            Ok::<_, std::convert::Infallible>(answer.map(|body| HoldingBody::new(body, under_way)))
        }
    });
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.keep_alive)
        .max_buf_size(BUFFER_BYTES)
        // A client may say that it has sent everything, and still wait for its answer.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let mut http = pin!(http);
    let closed = select! {
        // In this order, so that a connection is not taken for idle when its request has just come.
        biased;
        closed = http.as_mut() => closed,
        () = close.given(&activity) => {
            http.as_mut().graceful_shutdown();
            http.await
        }
    };
    if let Err(error) = closed {
        tracing::debug!(%error, "connection failed");
    }
}

/// Tells a connection when to close, as soon as its request under way is answered.
struct CloseSignal {
    room_wanted: Arc<Notify>,
    closing: watch::Receiver<bool>,
}

impl CloseSignal {
    async fn given(mut self, activity: &Activity) {
        let closing = async {
            if self.closing.wait_for(|&closing| closing).await.is_err() {
                pending::<()>().await;
            }
        };
        select! {
            () = closing => {}
            () = room_wanted_while_idle(&self.room_wanted, activity) => {}
        }
    }
}

/// Waits in the queue of those that make room, which begins with the one that was idle longest.
async fn room_wanted_while_idle(room_wanted: &Notify, activity: &Activity) {
    let mut place = pin!(None);
    poll_fn(|context| {
        if !activity.is_idle() {
            place.set(None);
            return Poll::Pending;
        }
        if place.is_none() {
            place.set(Some(room_wanted.notified()));
        }
        let place = place.as_mut().as_pin_mut();
        place.expect("it was just taken").poll(context)
    })
    .await;
}

/// Tells whether there is one `host`, as HTTP/1.1 demands, and one that a proxy cannot understand
/// differently.
fn has_valid_host<B>(request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() != Version::HTTP_11,
        (Some(host), None) => host.as_bytes().iter().all(|&byte| is_of_host(byte)),
        _ => false,
    }
}

fn is_of_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%:[]!$&'()*+,;=".contains(&byte)
}

fn without_host() -> Response {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "there must be one `host`, and a valid one",
    )
    .into_response()
}

/// A request under way, from its head to the end of its answer.
struct UnderWay(Activity);

impl UnderWay {
    fn begin(activity: &Activity) -> Self {
        activity.begin_or_end();
        Self(activity.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.begin_or_end();
    }
}
