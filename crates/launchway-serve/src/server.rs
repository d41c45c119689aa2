//! The accept loop: as many connections as there is room for, and an end that is certain to come.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::connection::{Close, connection};
use crate::guard::Guard;

/// How many clients may be connected at a time. For one more, the connection makes room that was idle longest.
pub(crate) const CONNECTIONS: usize = 512;
/// How long a request that was on its way when the server stopped accepting may take to arrive.
const LINGER: Duration = Duration::from_millis(500);
/// How long all connections together may take to end: a request that has begun, and sending its answer.
const DRAIN: Duration = Duration::from_secs(22);
/// How long to wait for a free file descriptor before accepting again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop` completes, then lets the requests under way finish.
pub(crate) async fn serve(listener: TcpListener, guard: Arc<Guard>, stop: impl Future<Output = ()>) {
    let mut connections = JoinSet::new();
    let mut door = Door::new(listener);
    let closing = watch::Sender::new(false);
    let mut stop = pin!(stop);
    loop {
        select! {
            // What has been accepted is served, even if the stop comes in the same moment.
            biased;
            (stream, place) = door.accept() => {
                let close = Close::new(Arc::clone(&door.room_wanted), closing.subscribe());
                connections.spawn(connection(stream, Arc::clone(&guard), close, place));
                while connections.try_join_next().is_some() {}
            }
            Some(_) = connections.join_next() => {}
            () = &mut stop => break,
        }
    }
    drop(door);
    let _ = timeout(LINGER, all_ended(&mut connections)).await;
    closing.send_replace(true);
    let _ = timeout(DRAIN, all_ended(&mut connections)).await;
}

async fn all_ended(connections: &mut JoinSet<()>) {
    while connections.join_next().await.is_some() {}
}

/// Where connections come in, as many as there is room for.
struct Door {
    listener: TcpListener,
    places: Arc<Semaphore>,
    room_wanted: Arc<Notify>,
    /// Accepted, but without a place.
    waiting: Option<TcpStream>,
}

impl Door {
    fn new(listener: TcpListener) -> Self {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        Self { listener, places, room_wanted: Arc::default(), waiting: None }
    }

    /// Lets one connection in. Nothing is lost when this is given up and begun again.
    async fn accept(&mut self) -> (TcpStream, OwnedSemaphorePermit) {
        if self.waiting.is_none() {
            self.waiting = Some(self.next().await);
        }
        if self.places.available_permits() == 0 {
            self.room_wanted.notify_one();
        }
        let place = Arc::clone(&self.places).acquire_owned().await.expect("nobody closes the semaphore");
        (self.waiting.take().expect("it was put there above"), place)
    }

    /// Accepts one connection, however long the process is out of file descriptors.
    async fn next(&self) -> TcpStream {
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => return stream,
                Err(error) if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) => {}
                Err(_) => sleep(ACCEPT_PAUSE).await,
            }
        }
    }
}
