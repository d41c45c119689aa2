//! What rendering a whole project may take, so that no template keeps a machine busy or fills its memory.

use std::sync::atomic::{AtomicU64, Ordering};

use super::output::MAX_TOTAL_BYTES;

/// The most steps for all texts of a project together.
const MAX_STEPS: u64 = 50_000_000;
/// The most turns that several lists make of one file or agreement.
pub(super) const MAX_TURNS: usize = 10_000;

/// What was spent so far, on all processors.
#[derive(Debug, Default)]
pub(super) struct Budget {
    steps: AtomicU64,
    bytes: AtomicU64,
}

impl Budget {
    /// Counts steps, before they are taken.
    pub(super) fn take_steps(&self, steps: u64) -> Result<(), String> {
        let taken = self.steps.fetch_add(steps, Ordering::Relaxed).saturating_add(steps);
        let millions = MAX_STEPS / 1_000_000;
        if taken > MAX_STEPS {
            Err(format!("the project takes more than {millions} million steps to render"))
        } else {
            Ok(())
        }
    }

    /// Counts the bytes of a file that was made.
    pub(super) fn take_bytes(&self, bytes: usize) -> Result<(), String> {
        let taken = self.bytes.fetch_add(bytes as u64, Ordering::Relaxed).saturating_add(bytes as u64);
        let limit = MAX_TOTAL_BYTES >> 20;
        if taken > MAX_TOTAL_BYTES as u64 { Err(format!("the project is larger than {limit} MiB")) } else { Ok(()) }
    }
}
