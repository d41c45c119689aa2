//! A few points of the sweep that `cargo xtask sweep` runs whole.

use xtask::sweep::{Fault, Subject, sweep};

use crate::sample;

/// Every so many calls a fault is injected in the usual run.
const STEP: usize = 9;

fn swept(subject: Subject, least: usize) {
    crate::program::path();
    for (fault, calls) in Fault::ALL {
        let outcomes = sweep(subject, fault, calls, sample::size(STEP, 1)).unwrap_or_else(|error| panic!("{error}"));
        if fault == Fault::Kill {
            assert!(outcomes.points >= least, "only {} points: do other threads write now?", outcomes.points);
        }
    }
}

#[test]
fn a57_a58_a_new_project_is_whole_or_absent_whatever_call_fails_or_is_the_last() {
    swept(Subject::New, 5);
}

#[test]
fn a57_a58_an_update_changes_whole_files_and_can_be_done_again_whatever_call_fails_or_is_the_last() {
    swept(Subject::Update, 5);
}
