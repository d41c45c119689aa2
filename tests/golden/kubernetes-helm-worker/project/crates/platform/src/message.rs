//! A message, and what the business does with it.

use std::{collections::BTreeMap, time::SystemTime};

use crate::Error;

/// The attribute by which a sender names the work that a message stands for.
const KEY: &str = "idempotency-key";

/// A message as the business sees it.
#[derive(Clone, Debug)]
pub struct Message {
    pub id: String,
    pub body: String,
    /// How often it was delivered, this time included.
    pub deliveries: u32,
    pub sent: SystemTime,
    /// What a FIFO queue tells messages apart by.
    pub deduplication_id: Option<String>,
    /// What the sender has attached, as far as it is text.
    pub attributes: BTreeMap<String, String>,
}

impl Message {
    /// Makes a message that was delivered for the first time.
    pub fn new(id: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            body: body.into(),
            deliveries: 1,
            sent: SystemTime::now(),
            deduplication_id: None,
            attributes: BTreeMap::new(),
        }
    }

    /// Returns what is the same for each delivery of the same work: the sender's `idempotency-key`, or
    /// else the deduplication id, or else the id of the message.
    ///
    /// A sender that sends again because it got no answer makes a second message, with another id: only
    /// a key of the sender's makes the two one.
    #[must_use]
    pub fn key(&self) -> &str {
        let given = self.attributes.get(KEY).or(self.deduplication_id.as_ref());
        given.unwrap_or(&self.id)
    }
}

/// What the business does with each message.
///
/// A message is delivered at least once: again after a failure, and now and then without one. So a
/// handler must do no harm when it does the same work twice, for which it has [`Message::key`].
pub trait Handler: Send + Sync + 'static {
    /// Handles one message, for which it has `WORK_TIMEOUT_SECONDS`.
    ///
    /// When it fails, panics or takes too long, the message comes back later, until the queue gives it
    /// up and moves it to its dead-letter queue.
    fn handle(&self, message: &Message) -> impl Future<Output = Result<(), Error>> + Send;
}
