//! From the first connection to the exit: what a signal does, and until when.

use std::io;
use std::process;
use std::time::Duration;

use tokio::select;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::sleep;

/// How long a server that others reach still accepts after SIGTERM, so that load balancers see that it is not ready.
const NOTICE: Duration = Duration::from_secs(5);

/// Where the server is between its start and its end: none of it comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Ready,
    /// Still accepting, while load balancers stop sending requests.
    Draining,
    /// Only finishing the requests under way.
    Closing,
}

/// The phase, shared by the answers and the task that hears the signals.
#[derive(Debug, Clone)]
pub(crate) struct Lifecycle(watch::Sender<Phase>);

impl Lifecycle {
    /// From here on a signal ends the process in an orderly way, and a second one at once.
    ///
    /// # Errors
    ///
    /// When no signal can be listened for.
    pub(crate) fn start(is_remote: bool) -> io::Result<Self> {
        let phase = watch::Sender::new(Phase::Ready);
        let signals = Signals::install()?;
        tokio::spawn(follow(signals, phase.clone(), if is_remote { NOTICE } else { Duration::ZERO }));
        Ok(Self(phase))
    }

    pub(crate) fn is_draining(&self) -> bool {
        *self.0.borrow() > Phase::Ready
    }

    /// Completes when no connection is to be accepted any more.
    pub(crate) async fn closing(&self) {
        let _ = self.0.subscribe().wait_for(|phase| *phase == Phase::Closing).await;
    }
}

async fn follow(mut signals: Signals, phase: watch::Sender<Phase>, notice: Duration) {
    let is_patient = signals.next().await;
    phase.send_replace(Phase::Draining);
    if is_patient {
        select! {
            () = sleep(notice) => {}
            _ = signals.next() => process::exit(1),
        }
    }
    phase.send_replace(Phase::Closing);
    signals.next().await;
    process::exit(1);
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn install() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for a signal; tells whether it leaves load balancers time to notice, as SIGTERM does.
    async fn next(&mut self) -> bool {
        select! {
            _ = self.terminate.recv() => true,
            _ = self.interrupt.recv() => false,
        }
    }
}
