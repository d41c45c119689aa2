//! The sample handler, on a queue in memory.

use std::time::Duration;

use platform::{App, Environment, MemoryQueue, Message, Phase};

use orders::worker;

const SECOND: Duration = Duration::from_secs(1);

/// Has the worker handle messages for a second, and returns how many are left.
async fn left_of(bodies: &[&str]) -> usize {
    let queue = MemoryQueue::new(60 * SECOND);
    for (number, body) in bodies.iter().enumerate() {
        queue.send(Message::new(number.to_string(), *body));
    }
    let environment = Environment::from_iter([("QUEUE_URL", "http://localhost/queue")]);
    let app = App::new(environment, worker).await.unwrap();
    let ended = tokio::spawn(app.work(queue.clone()));
    tokio::time::sleep(SECOND).await;
    app.lifecycle.enter(Phase::Closing);
    ended.await.unwrap().unwrap();
    queue.len()
}

#[tokio::test]
async fn an_order_gets_its_receipt() {
    let order = r#"{"order": 7, "cents": 1250}"#;
    assert_eq!(left_of(&[order, order]).await, 0);
}

#[tokio::test]
async fn a_message_that_is_no_order_stays_for_the_dead_letter_queue() {
    assert_eq!(left_of(&["hello", r#"{"order": 7}"#]).await, 2);
}
