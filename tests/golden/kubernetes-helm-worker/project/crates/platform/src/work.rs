//! The loop that receives messages, and what happens around each of them.

use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};

use tokio::{
    select,
    task::JoinSet,
    time::{sleep, timeout},
};
use tracing::{Instrument, Span, error_span};

use crate::{
    Config, Error, Handler, Lifecycle, Message, Phase, Queue, Received,
    heartbeat::Heartbeat,
    metrics::Metrics,
    panics::{Panicked, catch_panic},
};

/// How long one request for messages waits for them.
const WAIT: Duration = Duration::from_secs(20);
/// How long the messages that are on their way when the drain begins are waited for.
const LINGER: Duration = Duration::from_secs(1);
/// How often a worker that has never received anything asks before it gives up.
const ATTEMPTS: u32 = 5;
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_BACK_OFF: Duration = Duration::from_mins(15);

/// What all messages share.
pub(crate) struct Worker<Q, H> {
    pub queue: Q,
    pub handler: Arc<H>,
    pub config: Config,
    pub lifecycle: Lifecycle,
    pub metrics: Metrics,
    pub heartbeat: Heartbeat,
}

impl<Q: Queue, H: Handler> Worker<Q, H> {
    /// Works until the drain, and finishes what is in hand within its deadline.
    pub(crate) async fn work(self: Arc<Self>) -> Result<(), Error> {
        let mut tasks = JoinSet::new();
        let received = self.receive_all(&mut tasks).await;
        let all = async { while tasks.join_next().await.is_some() {} };
        if timeout(self.config.drain_timeout, all).await.is_err() {
            let messages = tasks.len();
            tracing::warn!(messages, "cut off at the drain deadline; they come back");
        }
        received
    }

    async fn receive_all(self: &Arc<Self>, tasks: &mut JoinSet<()>) -> Result<(), Error> {
        let mut draining = pin!(self.lifecycle.reached(Phase::Closing));
        let mut failures = 0;
        loop {
            self.heartbeat.beat();
            while tasks.try_join_next().is_some() {}
            let free = self.config.queue_concurrency - tasks.len();
            if free == 0 {
                select! {
                    _ = tasks.join_next() => continue,
                    () = &mut draining => return Ok(()),
                }
            }
            let mut next = pin!(self.receive(free));
            let received = select! {
                biased;
                () = &mut draining => {
                    // They may be on their way already, and would stay hidden for long.
                    if let Ok(Ok(received)) = timeout(LINGER, next).await {
                        self.give_back(received).await;
                    }
                    return Ok(());
                }
                received = &mut next => received,
            };
            match received {
                Ok(received) => {
                    failures = 0;
                    self.begin_all(received, tasks);
                }
                Err(error) => {
                    failures += 1;
                    tracing::error!(error, failures, "cannot receive messages");
                    if failures == ATTEMPTS && self.lifecycle.phase() == Phase::Starting {
                        return Err("the queue cannot be read".into());
                    }
                    select! {
                        () = sleep(LONGEST_PAUSE.min(doubled(failures - 1))) => {}
                        () = &mut draining => return Ok(()),
                    }
                }
            }
        }
    }

    /// Waits for messages; not the first time, which only finds out whether the queue can be read.
    async fn receive(&self, most: usize) -> Result<Vec<Received>, Error> {
        let is_first = self.lifecycle.phase() == Phase::Starting;
        let wait = if is_first { Duration::ZERO } else { WAIT };
        self.queue.receive(most, wait).await
    }

    fn begin_all(self: &Arc<Self>, received: Vec<Received>, tasks: &mut JoinSet<()>) {
        self.lifecycle.enter(Phase::Ready);
        self.metrics.count(&received);
        for received in received {
            let span = span(&received.message);
            let worker = Arc::clone(self);
            tasks.spawn(async move { worker.handle(received).await }.instrument(span));
        }
    }

    async fn give_back(&self, received: Vec<Received>) {
        for Received { receipt, .. } in received {
            if let Err(error) = self.queue.extend(&receipt, Duration::ZERO).await {
                tracing::warn!(error, "a message was not given back; it comes back later");
            }
        }
    }

    async fn handle(&self, Received { message, receipt }: Received) {
        let handling = self.metrics.begin();
        let has_succeeded = select! {
            has_succeeded = self.is_handled(&message) => has_succeeded,
            never = self.keep(&receipt) => match never {},
        };
        handling.ended(has_succeeded);
        let settled = if has_succeeded {
            self.queue.delete(&receipt).await
        } else {
            let back_off = LONGEST_BACK_OFF.min(doubled(message.deliveries));
            self.queue.extend(&receipt, back_off).await
        };
        if let Err(error) = settled {
            tracing::warn!(error, "the queue was not told; the message comes back");
        }
    }

    async fn is_handled(&self, message: &Message) -> bool {
        let handled = catch_panic(self.handler.handle(message));
        match timeout(self.config.work_timeout, handled).await {
            Ok(Ok(Ok(()))) => true,
            Ok(Ok(Err(error))) => {
                tracing::warn!(error, "failed");
                false
            }
            // It has been logged.
            Ok(Err(Panicked)) => false,
            Err(_) => {
                tracing::warn!("took longer than `WORK_TIMEOUT_SECONDS`");
                false
            }
        }
    }

    /// Keeps a message hidden, for ever.
    async fn keep(&self, receipt: &str) -> Infallible {
        let visibility = self.config.queue_visibility;
        loop {
            sleep(visibility / 3).await;
            if let Err(error) = self.queue.extend(receipt, visibility).await {
                tracing::warn!(
                    error,
                    "a message may be given to others while it is handled"
                );
            }
        }
    }
}

/// Every event of a message carries these fields; its body is left out because it may hold secrets.
fn span(message: &Message) -> Span {
    // As an error, or the events of a level that is logged would lack the fields of one that is not.
    error_span!(
        "message",
        message_id = message.id,
        key = message.key(),
        deliveries = message.deliveries,
    )
}

/// Returns a second, doubled so many times.
fn doubled(times: u32) -> Duration {
    Duration::from_secs(1 << times.min(16))
}
