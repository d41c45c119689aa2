//! How the terminal is set while the program asks, and how it is given back: for good, or for as long as the program is
//! stopped.

use std::io;
use std::sync::{Mutex, PoisonError};

use rustix::termios::{InputModes, LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::{foreground, say};

/// Has the terminal put a mark before and after what is pasted: a line end in it is then no Enter.
const MARK_PASTES: &str = "\x1b[?2004h";
const MARK_PASTES_NO_MORE: &str = "\x1b[?2004l";

/// The settings of the terminal, as they were read.
pub(crate) struct Settings(Option<Termios>);

impl Settings {
    pub(crate) fn read() -> Self {
        Self(tcgetattr(io::stdin()).ok())
    }

    pub(crate) fn restore(&self) {
        self.0.iter().for_each(set);
    }
}

fn set(settings: &Termios) {
    let _ = tcsetattr(io::stdin(), OptionalActions::Now, settings);
}

/// A terminal that is set otherwise than it was found.
struct Held {
    found: Termios,
    changed: Termios,
    marks_pastes: bool,
}

static HELD: Mutex<Option<Held>> = Mutex::new(None);

fn with_held<T>(act: impl FnOnce(&mut Option<Held>) -> T) -> T {
    act(&mut HELD.lock().unwrap_or_else(PoisonError::into_inner))
}

fn hold(marks_pastes: bool, change: impl FnOnce(&mut Termios)) {
    // The signals are heard elsewhere, and end the program in between.
    foreground::wait(|| ());
    let Some(found) = Settings::read().0 else { return };
    let mut changed = found.clone();
    change(&mut changed);
    let held = Held { found, changed, marks_pastes };
    held.apply();
    with_held(|slot| *slot = Some(held));
}

impl Held {
    fn apply(&self) {
        set(&self.changed);
        if self.marks_pastes {
            say(MARK_PASTES);
        }
    }

    fn give_back(&self) {
        if self.marks_pastes {
            say(MARK_PASTES_NO_MORE);
        }
        set(&self.found);
    }
}

/// Tells whether the terminal is set otherwise than it was found.
pub(crate) fn is_held() -> bool {
    with_held(|held| held.is_some())
}

/// Gives the terminal back for good.
pub(crate) fn release() {
    with_held(|held| held.take().iter().for_each(Held::give_back));
}

/// Gives the terminal back for as long as the program is stopped.
pub(crate) fn lend() {
    with_held(|held| held.iter().for_each(Held::give_back));
}

/// Sets the terminal again as it was before the program was stopped.
pub(crate) fn take_again() {
    with_held(|held| held.iter().for_each(Held::apply));
}

/// Lets keys through one by one, unseen, for as long as it lives. Ctrl-C and Ctrl-Z stay signals; they throw away nothing
/// that is drawn and not yet on the screen, which the system does otherwise, and half a frame would be left.
pub(crate) struct KeyByKey(());

impl KeyByKey {
    pub(crate) fn enter() -> Self {
        hold(true, |settings| {
            settings.local_modes -= LocalModes::ICANON | LocalModes::ECHO | LocalModes::IEXTEN;
            settings.local_modes |= LocalModes::NOFLSH;
            settings.input_modes -= InputModes::ICRNL | InputModes::IXON;
        });
        Self(())
    }
}

impl Drop for KeyByKey {
    fn drop(&mut self) {
        release();
    }
}

/// Lets lines through unseen for as long as it lives.
pub(crate) struct Hidden(());

impl Hidden {
    pub(crate) fn enter() -> Self {
        hold(false, |settings| settings.local_modes -= LocalModes::ECHO);
        Self(())
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        release();
    }
}
