//! Whether the terminal is the program's now. The system stops whoever sets it, or reads from it, in the background.

use std::io;
use std::thread;
use std::time::Duration;

// A group or a session of another namespace has the number 0 in this one, which the types of rustix do not have.
use nix::unistd::{Pid, getpgid, getpgrp, getppid, getsid};
use rustix::termios::{LocalModes, tcgetattr, tcgetpgrp};

/// How often a program in the background looks whether the terminal is its own again.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);

/// Tells whether another program has the terminal, and a shell could give it to this one.
pub(crate) fn is_in_background() -> bool {
    tcgetpgrp(io::stdin()).is_ok_and(|front| front.as_raw_nonzero().get() != getpgrp().as_raw()) && has_job_control()
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
    let own_group = getpgid(None).ok();
    let own_session = getsid(None).ok();
    let mut ancestor = getppid();
    // Process 0 is outside of the namespace, whatever it is.
    while ancestor.as_raw() > 0 && getsid(Some(ancestor)).ok() == own_session {
        if getpgid(Some(ancestor)).ok() != own_group {
            return true;
        }
        // Without /proc the answer is not known, and the user has asked for it.
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{ancestor}/stat")) else { return true };
        let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok());
        ancestor = Pid::from_raw(parent.unwrap_or_default());
    }
    false
}
