//! A queue for tests, which lives in this process.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::{Error, Message, Queue, Received};

/// How often it looks for messages that are visible again.
const PAUSE: Duration = Duration::from_millis(10);

/// Behaves as Amazon SQS does, without a dead-letter queue. Clones share their messages.
#[derive(Clone, Debug)]
pub struct MemoryQueue {
    visibility: Duration,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    receipts: u64,
    stored: VecDeque<Stored>,
}

#[derive(Debug)]
struct Stored {
    message: Message,
    visible: Instant,
    receipt: String,
}

impl MemoryQueue {
    /// Makes a queue that hides a message for `visibility` when somebody receives it.
    #[must_use]
    pub fn new(visibility: Duration) -> Self {
        Self {
            visibility,
            state: Arc::default(),
        }
    }

    /// Adds a message, which counts its deliveries from none on.
    pub fn send(&self, message: Message) {
        self.lock().stored.push_back(Stored {
            message: Message {
                deliveries: 0,
                ..message
            },
            visible: Instant::now(),
            receipt: String::new(),
        });
    }

    /// Tells how many messages there are, hidden ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().stored.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, most: usize, visibility: Duration) -> Vec<Received> {
        let now = Instant::now();
        let visible = self
            .stored
            .iter_mut()
            .filter(|stored| stored.visible <= now);
        visible
            .take(most)
            .map(|stored| {
                self.receipts += 1;
                stored.receipt = self.receipts.to_string();
                stored.visible = now + visibility;
                stored.message.deliveries += 1;
                Received {
                    message: stored.message.clone(),
                    receipt: stored.receipt.clone(),
                }
            })
            .collect()
    }

    fn place(&self, receipt: &str) -> Result<usize, Error> {
        let mut stored = self.stored.iter();
        let place = stored.position(|stored| stored.receipt == receipt);
        place.ok_or_else(|| "this receipt is out of date".into())
    }
}

impl Queue for MemoryQueue {
    async fn receive(&self, most: usize, wait: Duration) -> Result<Vec<Received>, Error> {
        let end = Instant::now() + wait;
        loop {
            let received = self.lock().take(most, self.visibility);
            if !received.is_empty() || Instant::now() >= end {
                return Ok(received);
            }
            sleep(PAUSE).await;
        }
    }

    async fn extend(&self, receipt: &str, visibility: Duration) -> Result<(), Error> {
        let mut state = self.lock();
        let place = state.place(receipt)?;
        state.stored[place].visible = Instant::now() + visibility;
        Ok(())
    }

    async fn delete(&self, receipt: &str) -> Result<(), Error> {
        let mut state = self.lock();
        let place = state.place(receipt)?;
        state.stored.remove(place);
        Ok(())
    }
}
