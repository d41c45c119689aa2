//! Which day it is: the only place that reads a calendar. Core gets the day as a value.
//! The budgets of a forge count the seconds, and get them here, too.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use launchway_core::Date;

const SECONDS_OF_A_DAY: u64 = 24 * 60 * 60;

/// Returns the day in UTC, so that a check ends the same on every machine.
pub(crate) fn today() -> Date {
    Date::after_1970(since_1970().as_secs() / SECONDS_OF_A_DAY)
}

/// Returns the time that has passed since 1970.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub(crate) fn since_1970() -> Duration {
    // A clock before 1970 is wrong; then nothing has ended yet.
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
