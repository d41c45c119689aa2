//! Whether the terminal is the program's now. The system stops whoever sets it, or reads from it, in the background.

use std::io;
use std::thread;
use std::time::Duration;

use rustix::termios::{LocalModes, tcgetattr, tcgetpgrp};

/// How often a program in the background looks whether the terminal is its own again.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);

/// Tells whether another program has the terminal, and a shell could give it to this one.
pub(crate) fn is_in_background() -> bool {
    let Some(own) = Kin::of(None) else { return false };
    tcgetpgrp(io::stdin()).is_ok_and(|front| front.as_raw_nonzero().get() != own.group) && has_job_control()
}

/// Tells whether the program would be stopped for what it writes: it is in the background, and the terminal is set so.
pub(crate) fn is_silenced() -> bool {
    let stops = || tcgetattr(io::stdin()).is_ok_and(|settings| settings.local_modes.contains(LocalModes::TOSTOP));
    is_in_background() && stops()
}

/// Waits until the terminal is the program's; `look` may end the program in between. It is not stopped for that: no signal
/// that a stopped program gets ends it surely before it is stopped again.
pub(crate) fn wait(mut look: impl FnMut()) {
    while is_in_background() {
        thread::sleep(PAUSE);
        look();
    }
}

/// Tells whether there is a shell that could let the program go on: without one, the system does not stop it either.
pub(crate) fn has_job_control() -> bool {
    let Some(own) = Kin::of(None) else { return true };
    let mut ancestor = own.parent;
    while let Some(pid) = ancestor.filter(|pid| *pid != OUTSIDE) {
        // Where the answer is not known, the user has asked for it.
        let Some(kin) = Kin::of(Some(pid)) else { return true };
        if kin.session != own.session {
            return false;
        }
        if kin.group != own.group || kin.parent.is_none() {
            return true;
        }
        ancestor = kin.parent;
    }
    false
}

/// The number of a process, a group or a session outside of the namespace, as those around a container are.
const OUTSIDE: i32 = 0;

/// What a process belongs to.
struct Kin {
    /// Without a value it is not known.
    parent: Option<i32>,
    group: i32,
    session: i32,
}

impl Kin {
    /// Reads that of a process, or of this one. The types of rustix have no place for what is outside.
    #[cfg(target_os = "linux")]
    fn of(process: Option<i32>) -> Option<Self> {
        let process = process.map_or("self".to_owned(), |process| process.to_string());
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name of the program stands first, in parentheses, and can hold anything.
        let (_, fields) = stat.rsplit_once(')')?;
        let mut fields = fields.split_whitespace().skip(1).map_while(|field| field.parse().ok());
        Some(Self { parent: Some(fields.next()?), group: fields.next()?, session: fields.next()? })
    }

    /// Asks for that of a process, or of this one. Nothing is outside here.
    #[cfg(not(target_os = "linux"))]
    fn of(process: Option<i32>) -> Option<Self> {
        use rustix::process::{Pid, getpgid, getppid, getsid};
        let pid = process.and_then(Pid::from_raw);
        let raw = |pid: Pid| pid.as_raw_nonzero().get();
        let parent = process.is_none().then(|| getppid().map_or(OUTSIDE, raw));
        Some(Self { parent, group: getpgid(pid).map(raw).ok()?, session: getsid(pid).map(raw).ok()? })
    }
}
