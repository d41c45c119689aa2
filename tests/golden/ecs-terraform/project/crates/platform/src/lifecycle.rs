//! Where the process is between its start and its end.

use std::{
    future::{IntoFuture, pending},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{sync::watch, time::timeout};

/// The phases, in their order: none comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Starting,
    Ready,
    /// Still accepting, while load balancers stop sending requests.
    Draining,
    /// Only finishing the requests under way.
    Closing,
}

/// The current phase, shared by the probes, the answers and the thread that sees the signals.
#[derive(Clone, Debug)]
pub struct Lifecycle(Arc<State>);

#[derive(Debug)]
struct State {
    phase: watch::Sender<Phase>,
    has_failed: AtomicBool,
    /// Every task that runs holds a receiver.
    tasks: watch::Sender<()>,
}

impl Lifecycle {
    pub(crate) fn new() -> Self {
        Self(Arc::new(State {
            phase: watch::Sender::new(Phase::Starting),
            has_failed: AtomicBool::new(false),
            tasks: watch::Sender::new(()),
        }))
    }

    #[must_use]
    pub fn phase(&self) -> Phase {
        *self.0.phase.borrow()
    }

    pub fn enter(&self, phase: Phase) {
        self.0.phase.send_if_modified(|current| {
            let is_later = *current < phase;
            if is_later {
                // Before anybody learns of it, so that what they log comes after it.
                tracing::info!(?phase, "entered phase");
                *current = phase;
            }
            is_later
        });
    }

    /// Ends the process in an orderly way, with a status that says that something went wrong.
    pub(crate) fn fail(&self) {
        self.0.has_failed.store(true, Ordering::Relaxed);
        self.enter(Phase::Draining);
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.0.has_failed.load(Ordering::Relaxed)
    }

    /// Counts a task as running for as long as it holds what is returned.
    pub(crate) fn begin_task(&self) -> watch::Receiver<()> {
        self.0.tasks.subscribe()
    }

    /// Waits until no task runs any more, for as long as `limit`.
    pub(crate) async fn tasks_ended(&self, limit: Duration) {
        if timeout(limit, self.0.tasks.closed()).await.is_err() {
            let tasks = self.0.tasks.receiver_count();
            tracing::warn!(tasks, "not ended in time");
        }
    }

    /// Completes once the process is in `phase` or a later one.
    pub(crate) async fn reached(&self, phase: Phase) {
        let mut phases = self.0.phase.subscribe();
        if phases.wait_for(|&current| current >= phase).await.is_err() {
            pending::<()>().await;
        }
    }
}

/// Tells handlers and tasks that it is time to finish: `draining.await`, or `draining.clone().await`
/// in a handler.
///
/// By then load balancers send requests elsewhere: a client opens a stream that ends again at another
/// replica.
#[derive(Clone, Debug)]
pub struct Draining(pub(crate) Lifecycle);

impl IntoFuture for Draining {
    type Output = ();
    type IntoFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.0.reached(Phase::Closing).await })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Mutex, PoisonError},
        thread,
        time::Duration,
    };

    use tracing::Subscriber;
    use tracing_subscriber::{
        Layer, Registry,
        layer::{Context, SubscriberExt},
    };

    use super::*;

    const LOGGED: &str = "logged";
    const LEARNT: &str = "learnt";

    #[derive(Clone, Default)]
    struct Order(Arc<Mutex<Vec<&'static str>>>);

    impl Order {
        fn add(&self, what: &'static str) {
            let order = self.0.lock();
            order.unwrap_or_else(PoisonError::into_inner).push(what);
        }
    }

    impl<S: Subscriber> Layer<S> for Order {
        fn on_event(&self, _: &tracing::Event<'_>, _: Context<'_, S>) {
            // Long enough for a task that has learnt of it already.
            thread::sleep(Duration::from_millis(50));
            self.add(LOGGED);
        }
    }

    #[test]
    fn a_phase_is_logged_before_anybody_learns_of_it() {
        let (lifecycle, order) = (Lifecycle::new(), Order::default());
        let (waiting, learnt) = (lifecycle.clone(), order.clone());
        let waiting = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            runtime.unwrap().block_on(waiting.reached(Phase::Closing));
            learnt.add(LEARNT);
        });
        tracing::subscriber::with_default(Registry::default().with(order.clone()), || {
            lifecycle.enter(Phase::Closing);
        });
        waiting.join().unwrap();
        assert_eq!(*order.0.lock().unwrap(), [LOGGED, LEARNT]);
    }
}
