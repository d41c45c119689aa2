//! Which day it is: the only place that reads a calendar. Core gets the day as a value.

use std::time::{SystemTime, UNIX_EPOCH};

use launchway_core::Date;

const SECONDS_OF_A_DAY: u64 = 24 * 60 * 60;

/// Returns the day in UTC, so that a check ends the same on every machine.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub(crate) fn today() -> Date {
    // A clock before 1970 is wrong; then nothing has ended yet.
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs());
    Date::after_1970(seconds / SECONDS_OF_A_DAY)
}
