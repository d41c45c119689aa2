//! The process groups that were started and still run: they end together with the program.

use std::collections::BTreeSet;
use std::process::Child;
use std::sync::{Mutex, PoisonError};

static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// The process group of a git that runs.
pub(crate) struct Group(u32);

impl Group {
    /// Remembers the group of a process that leads one.
    pub(crate) fn of(leader: &Child) -> Self {
        limit_memory(leader.id());
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).insert(leader.id());
        Self(leader.id())
    }

    /// Ends every process of the group. Its leader was not waited for yet, so the number is still its own.
    pub(crate) fn kill(&self) {
        kill(self.0);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

/// Ends every git that still runs, with all that it started: a signal to this program does not reach their groups.
pub(crate) fn kill_running() {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().for_each(kill);
}

fn kill(group: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(pid) = i32::try_from(group).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

/// Holds git, and what it will start, to a size: an endless answer of a server is kept in memory.
#[cfg(target_os = "linux")]
fn limit_memory(process: u32) {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    const MAX_MEMORY: u64 = 4 << 30;
    if let Some(pid) = i32::try_from(process).ok().and_then(Pid::from_raw) {
        let _ = prlimit(Some(pid), Resource::As, Rlimit { current: Some(MAX_MEMORY), maximum: Some(MAX_MEMORY) });
    }
}

#[cfg(not(target_os = "linux"))]
fn limit_memory(_process: u32) {}
