//! Where messages come from.

use std::time::Duration;

use crate::{Error, Message};

/// A message in hand, and what the queue calls this delivery of it.
#[derive(Clone, Debug)]
pub struct Received {
    pub message: Message,
    pub receipt: String,
}

/// A queue that hides a message from others while somebody has it in hand, and gives it out again when
/// it was not deleted by then.
pub trait Queue: Send + Sync + 'static {
    /// Waits as long as `wait` for messages, and returns as soon as there are some, `most` at most.
    fn receive(
        &self,
        most: usize,
        wait: Duration,
    ) -> impl Future<Output = Result<Vec<Received>, Error>> + Send;

    /// Hides a message for `visibility` from now on; for none at all, it is there again at once.
    fn extend(
        &self,
        receipt: &str,
        visibility: Duration,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Takes a message away for good.
    fn delete(&self, receipt: &str) -> impl Future<Output = Result<(), Error>> + Send;
}
