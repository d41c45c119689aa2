//! The accept loop: what `axum::serve` does, plus time-outs and an end that comes for certain.

use std::{future::pending, io, pin::pin, time::Duration};

use axum::{Router, extract::Request};
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
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::head::{HeadTimeout, Turns};

/// How long an idle connection may still bring a request that was already on its way.
const LINGER: Duration = Duration::from_millis(500);
/// How long to wait for a free file descriptor before accepting again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For the whole request head, from its first byte.
    pub head: Duration,
    /// For a connection without a request.
    pub keep_alive: Duration,
    /// For all connections together, once the server has stopped accepting.
    pub drain: Duration,
}

/// Serves until `stop` completes, then lets the requests under way finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    let mut connections = JoinSet::new();
    let closing = watch::Sender::new(false);
    let mut stop = pin!(stop);
    loop {
        select! {
            // In this order, so that no connection is left in the queue of a closed listener.
            biased;
            stream = accept(&listener) => {
                connections.spawn(connection(stream, router.clone(), limits, closing.subscribe()));
            }
            Some(_) = connections.join_next() => {}
            () = &mut stop => break,
        }
    }
    drop(listener);
    if timeout(limits.drain, finish(&mut connections, closing))
        .await
        .is_err()
    {
        tracing::warn!(
            connections = connections.len(),
            "cut off at the drain deadline"
        );
    }
}

/// Accepts one connection, however long the process is out of file descriptors.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept");
                sleep(ACCEPT_PAUSE).await;
            }
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

async fn finish(connections: &mut JoinSet<()>, closing: watch::Sender<bool>) {
    let _ = timeout(LINGER, all(connections)).await;
    closing.send_replace(true);
    all(connections).await;
}

async fn all(connections: &mut JoinSet<()>) {
    while connections.join_next().await.is_some() {}
}

async fn connection(
    stream: TcpStream,
    router: Router,
    limits: Limits,
    closing: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    let turns = Turns::default();
    let (read, write) = stream.into_split();
    let read = HeadTimeout::new(read, limits.head, turns.clone());
    let service = TowerToHyperService::new(router);
    let service = service_fn(|request: Request<Incoming>| {
        turns.next();
        let (answer, turns) = (service.call(request), turns.clone());
        async move {
            let answer = answer.await;
            turns.next();
            answer
        }
    });
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.keep_alive)
        .serve_connection(TokioIo::new(tokio::io::join(read, write)), service);
    let mut http = pin!(http);
    let closed = select! {
        closed = http.as_mut() => closed,
        () = told(closing) => {
            http.as_mut().graceful_shutdown();
            http.await
        }
    };
    if let Err(error) = closed {
        tracing::debug!(%error, "connection failed");
    }
}

async fn told(mut closing: watch::Receiver<bool>) {
    if closing.wait_for(|&closing| closing).await.is_err() {
        pending::<()>().await;
    }
}
