use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use platform::{App, Error, MemoryQueue, Message, Phase, Queue, Received};
use tokio::{
    task::{JoinHandle, spawn},
    time::{Instant, sleep},
};

use crate::{Told, app, get, text};

const SECOND: Duration = Duration::from_secs(1);
const VISIBILITY: Duration = Duration::from_mins(1);

/// A worker on a queue in memory; the clock stands still while anybody has something to do.
struct Running {
    app: App<Told>,
    queue: MemoryQueue,
    ended: JoinHandle<Result<(), Error>>,
}

impl Running {
    async fn start(variables: &[(&str, &str)], bodies: &[&str]) -> Self {
        let queue = MemoryQueue::new(VISIBILITY);
        for (number, body) in bodies.iter().enumerate() {
            queue.send(Message::new(number.to_string(), *body));
        }
        let app = app(variables).await;
        let ended = spawn(app.work(queue.clone()));
        Self { app, queue, ended }
    }

    async fn metric(&self, name: &str) -> f64 {
        let metrics = text(get(&self.app.admin, "/metrics").await).await;
        let line = metrics
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")));
        let line = line.unwrap_or_else(|| panic!("no {name} in {metrics}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }

    async fn livez(&self) -> u16 {
        get(&self.app.admin, "/livez").await.status().as_u16()
    }

    /// Waits until the queue is empty, and tells how long that took.
    async fn emptied(&self) -> Duration {
        let start = Instant::now();
        while !self.queue.is_empty() {
            sleep(SECOND / 10).await;
        }
        start.elapsed()
    }

    /// Begins the drain, and tells how long it took.
    async fn drained(self) -> Duration {
        let start = Instant::now();
        self.app.lifecycle.enter(Phase::Closing);
        self.ended.await.unwrap().unwrap();
        start.elapsed()
    }
}

fn close(number: f64, other: f64) -> bool {
    (number - other).abs() < 0.01
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_handled_is_deleted_and_counted() {
    let running = Running::start(&[], &["", ""]).await;
    running.emptied().await;
    assert_eq!(running.app.lifecycle.phase(), Phase::Ready);
    for (name, number) in [
        ("queue_messages_received_total", 2.0),
        ("queue_messages_succeeded_total", 2.0),
        ("queue_messages_failed_total", 0.0),
        ("queue_messages_in_flight", 0.0),
        ("queue_message_duration_seconds_count", 2.0),
    ] {
        let counted = running.metric(name).await;
        assert!(close(counted, number), "{name}: {counted}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_whose_handler_fails_or_panics_comes_back_later_and_later() {
    for body in ["fail 3", "panic 3"] {
        let running = Running::start(&[], &[body]).await;
        let took = running.emptied().await;
        // After 2, 4 and 8 seconds.
        assert!(
            (14 * SECOND..18 * SECOND).contains(&took),
            "{body}: {took:?}"
        );
        assert!(close(
            running.metric("queue_messages_failed_total").await,
            3.0
        ));
        assert!(close(
            running.metric("queue_messages_succeeded_total").await,
            1.0
        ));
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_takes_too_long_is_given_up_and_comes_back() {
    let running = Running::start(&[("WORK_TIMEOUT_SECONDS", "5")], &["wait 60"]).await;
    sleep(30 * SECOND).await;
    assert_eq!(running.queue.len(), 1);
    let failed = running.metric("queue_messages_failed_total").await;
    assert!(failed > 1.5, "{failed}");
}

#[tokio::test(start_paused = true)]
async fn a_message_stays_hidden_while_it_is_handled() {
    let variables = [
        ("WORK_TIMEOUT_SECONDS", "50"),
        ("DRAIN_TIMEOUT_SECONDS", "50"),
        ("QUEUE_VISIBILITY_SECONDS", "51"),
    ];
    // Hidden for less time than the work takes, but longer than until the first extension.
    let queue = MemoryQueue::new(20 * SECOND);
    queue.send(Message::new("a", "wait 45"));
    let app = app(&variables).await;
    spawn(app.work(queue.clone()));
    let mut seen = 0;
    for _ in 0..44 {
        sleep(SECOND).await;
        seen += queue.receive(1, Duration::ZERO).await.unwrap().len();
    }
    assert_eq!(seen, 0, "somebody else got it");
    sleep(2 * SECOND).await;
    assert!(queue.is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_more_messages_are_handled_at_a_time_than_there_are_places() {
    let bodies = ["wait 10"; 25];
    let running = Running::start(&[("QUEUE_CONCURRENCY", "3")], &bodies).await;
    sleep(5 * SECOND).await;
    assert!(close(running.metric("queue_messages_in_flight").await, 3.0));
    assert!(close(
        running.metric("queue_messages_received_total").await,
        3.0
    ));
    let took = running.emptied().await;
    assert!((80 * SECOND..100 * SECOND).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn the_drain_finishes_what_is_in_hand_and_receives_nothing_more() {
    let bodies = ["wait 10"; 5];
    let running = Running::start(&[("QUEUE_CONCURRENCY", "2")], &bodies).await;
    sleep(5 * SECOND).await;
    let queue = running.queue.clone();
    let took = running.drained().await;
    assert!((4 * SECOND..6 * SECOND).contains(&took), "{took:?}");
    assert_eq!(queue.len(), 3);
    // Nobody has them in hand.
    assert_eq!(queue.receive(10, Duration::ZERO).await.unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_comes_when_the_drain_has_begun_is_given_back_at_once() {
    let running = Running::start(&[], &[]).await;
    sleep(SECOND).await;
    let queue = running.queue.clone();
    running.app.lifecycle.enter(Phase::Closing);
    queue.send(Message::new("late", ""));
    running.ended.await.unwrap().unwrap();
    let received = queue.receive(1, Duration::ZERO).await.unwrap();
    assert_eq!(received[0].message.id, "late");
}

/// A queue that cannot be read while it is out of order.
#[derive(Clone)]
struct Broken {
    asked: Arc<AtomicUsize>,
    is_out_of_order: Arc<AtomicBool>,
    stops: bool,
}

impl Broken {
    fn new(is_out_of_order: bool) -> Self {
        Self {
            asked: Arc::default(),
            is_out_of_order: Arc::new(AtomicBool::new(is_out_of_order)),
            stops: false,
        }
    }
}

impl Queue for Broken {
    async fn receive(&self, _: usize, wait: Duration) -> Result<Vec<Received>, Error> {
        self.asked.fetch_add(1, SeqCst);
        if self.is_out_of_order.load(SeqCst) {
            if self.stops {
                std::future::pending::<()>().await;
            }
            return Err("out of order".into());
        }
        sleep(wait).await;
        Ok(Vec::new())
    }

    async fn extend(&self, _: &str, _: Duration) -> Result<(), Error> {
        Ok(())
    }

    async fn delete(&self, _: &str) -> Result<(), Error> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_can_never_read_its_queue_gives_up_and_was_never_ready() {
    let (app, queue) = (app(&[]).await, Broken::new(true));
    assert!(app.work(queue.clone()).await.is_err());
    assert_eq!(app.lifecycle.phase(), Phase::Starting);
    assert_eq!(queue.asked.load(SeqCst), 5);
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_the_queue_stops_no_worker_that_was_ready() {
    let (app, queue) = (app(&[]).await, Broken::new(false));
    let running = spawn(app.work(queue.clone()));
    sleep(SECOND).await;
    queue.is_out_of_order.store(true, SeqCst);
    for _ in 0..600 {
        sleep(SECOND).await;
        for path in ["/livez", "/readyz"] {
            assert_eq!(get(&app.admin, path).await.status(), 200, "{path}");
        }
    }
    assert!(!running.is_finished());
    let asked = queue.asked.load(SeqCst);
    assert!((15..40).contains(&asked), "{asked}");
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_stands_still_is_not_alive() {
    let queue = Broken {
        stops: true,
        ..Broken::new(false)
    };
    let app = app(&[]).await;
    spawn(app.work(queue.clone()));
    sleep(SECOND).await;
    queue.is_out_of_order.store(true, SeqCst);
    sleep(30 * SECOND).await;
    assert_eq!(get(&app.admin, "/livez").await.status(), 200);
    sleep(80 * SECOND).await;
    assert_eq!(get(&app.admin, "/livez").await.status(), 503);
}

#[tokio::test(start_paused = true)]
async fn probes_follow_the_phase() {
    let running = Running::start(&[], &[]).await;
    for path in ["/startupz", "/readyz", "/metrics"] {
        let status = get(&running.app.admin, path).await.status();
        assert_eq!(
            status.as_u16(),
            if path == "/metrics" { 200 } else { 503 },
            "{path}"
        );
    }
    sleep(SECOND).await;
    for path in ["/livez", "/startupz", "/readyz"] {
        assert_eq!(get(&running.app.admin, path).await.status(), 200, "{path}");
    }
    running.app.lifecycle.enter(Phase::Draining);
    assert_eq!(get(&running.app.admin, "/readyz").await.status(), 503);
    assert_eq!(running.livez().await, 200);
    assert_eq!(get(&running.app.admin, "/").await.status(), 404);
}

#[test]
fn the_key_is_the_senders_before_the_queues() {
    let mut message = Message::new("id", "");
    assert_eq!(message.key(), "id");
    message.deduplication_id = Some("same".to_owned());
    assert_eq!(message.key(), "same");
    let key = ("idempotency-key".to_owned(), "order-7".to_owned());
    message.attributes.extend([key]);
    assert_eq!(message.key(), "order-7");
}
