//! Whether the loop that receives messages still turns.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;

/// The last turn of the loop, shared with the probe that asks for it.
#[derive(Clone)]
pub(crate) struct Heartbeat {
    limit: Duration,
    start: Instant,
    /// In milliseconds since the start.
    last: Arc<AtomicU64>,
}

impl Heartbeat {
    /// Makes one that counts as recent for as long as `limit`.
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            limit,
            start: Instant::now(),
            last: Arc::default(),
        }
    }

    pub(crate) fn beat(&self) {
        let now = u64::try_from(self.start.elapsed().as_millis());
        self.last.store(now.unwrap_or(u64::MAX), Relaxed);
    }

    pub(crate) fn is_recent(&self) -> bool {
        let last = Duration::from_millis(self.last.load(Relaxed));
        self.start.elapsed().saturating_sub(last) < self.limit
    }
}
