//! A sample handler. It knows in memory what it has done: each replica knows its own, and a restart
//! forgets it. Where the work must not be done twice, keep the key in the database that the work changes,
//! in the same transaction.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use platform::{Error, Handler, Message};
use serde::Deserialize;

/// The oldest key makes room for the next: memory stays bounded.
const CAPACITY: usize = 1000;

/// What a message says: `{"order": 7, "cents": 1250}`.
#[derive(Deserialize)]
struct Order {
    order: u64,
    cents: u64,
}

/// Writes a receipt for each order, which is a line of the log.
#[derive(Default)]
pub struct Receipts(Mutex<VecDeque<String>>);

impl Handler for Receipts {
    async fn handle(&self, message: &Message) -> Result<(), Error> {
        let Order { order, cents } = serde_json::from_str(&message.body)?;
        if self.is_new(message.key()) {
            tracing::info!(order, cents, "wrote a receipt");
        } else {
            tracing::info!(order, "it has its receipt already");
        }
        Ok(())
    }
}

impl Receipts {
    fn is_new(&self, key: &str) -> bool {
        // Each change is complete before the next can panic, so a poisoned lock is still in order.
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = !written.iter().any(|known| known == key);
        if is_new {
            written.push_back(key.to_owned());
            if written.len() > CAPACITY {
                written.pop_front();
            }
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_new_once_and_again_when_it_was_forgotten() {
        let receipts = Receipts::default();
        assert!(receipts.is_new("first"));
        assert!(!receipts.is_new("first"));
        for number in 0..CAPACITY {
            assert!(receipts.is_new(&number.to_string()));
        }
        assert!(receipts.is_new("first"));
    }
}
