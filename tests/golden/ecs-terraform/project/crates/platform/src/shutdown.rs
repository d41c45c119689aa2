//! The signals and the deadline, on a thread of their own, which no handler can block.

use std::{io, process, thread, time::Duration};

use tokio::{
    runtime, select,
    signal::unix::{Signal, SignalKind, signal},
    time::sleep,
};

use crate::{
    lifecycle::{Lifecycle, Phase},
    logs,
};

/// How much longer than the deadline for requests an orderly end may take.
const SPARE: Duration = Duration::from_secs(2);

/// How long each part of the end may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub delay: Duration,
    pub drain: Duration,
}

/// From here on a signal moves `lifecycle` on, and the process ends in time.
pub(crate) fn watch(lifecycle: Lifecycle, limits: Limits) -> io::Result<()> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let signals = {
        let _context = runtime.enter();
        Signals::install()?
    };
    let end = drain(signals, lifecycle, limits);
    thread::Builder::new()
        .name("shutdown".to_owned())
        .spawn(move || {
            let reason = runtime.block_on(end);
            tracing::warn!(reason, "cut off");
            logs::flush();
            process::exit(1);
        })?;
    Ok(())
}

/// Leads through the phases of the drain; returns why it must not last any longer.
async fn drain(mut signals: Signals, lifecycle: Lifecycle, limits: Limits) -> &'static str {
    const AGAIN: &str = "a second signal";
    let is_patient = select! {
        is_patient = signals.next() => is_patient,
        () = lifecycle.reached(Phase::Draining) => true,
    };
    lifecycle.enter(Phase::Draining);
    if is_patient {
        select! {
            () = sleep(limits.delay) => {}
            _ = signals.next() => return AGAIN,
        }
    }
    lifecycle.enter(Phase::Closing);
    select! {
        () = sleep(limits.drain + SPARE) => "the drain deadline",
        _ = signals.next() => AGAIN,
    }
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn install() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for a signal; tells whether it leaves load balancers time to notice, as SIGTERM does.
    async fn next(&mut self) -> bool {
        select! {
            _ = self.terminate.recv() => true,
            _ = self.interrupt.recv() => false,
        }
    }
}
