//! A few points of the sweep that `cargo xtask sweep` runs whole.

use std::collections::BTreeSet;
use std::fs;

use xtask::reference::commands;
use xtask::sweep::{Fault, Subject, disturbed, run_after_cut_off, sweep, was_injected};
use xtask::tree::{self, Tree};

use crate::fleet::Fleet;
use crate::history::lines;
use crate::program::run;
use crate::sample;

/// Every so many calls a fault is injected in the usual run.
const STEP: usize = 15;

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
fn a57_a58_a_project_in_a_folder_that_is_there_is_whole_or_taken_back_and_what_the_folder_had_stays() {
    swept(Subject::Here, 5);
}

#[test]
fn a57_a58_an_update_changes_whole_files_and_can_be_done_again_whatever_call_fails_or_is_the_last() {
    swept(Subject::Update, 5);
}

/// Every so many calls in the commands below, whose parts the two above have too.
const LONG_STEP: usize = 31;

#[test]
fn u08_every_other_command_that_writes_can_be_done_again_whatever_call_fails_or_is_the_last() {
    crate::program::path();
    for subject in
        Subject::ALL.into_iter().filter(|subject| !matches!(subject, Subject::New | Subject::Here | Subject::Update))
    {
        for (fault, calls) in Fault::ALL.into_iter().take(2) {
            sweep(subject, fault, calls, LONG_STEP).unwrap_or_else(|error| panic!("{error}"));
        }
    }
}

#[test]
fn u08_every_command_that_writes_says_what_it_takes_back_of_one_that_was_cut_off() {
    crate::program::path();
    let mut tried = 0;
    for subject in Subject::ALL {
        let said = run_after_cut_off(subject).unwrap_or_else(|error| panic!("{error}"));
        let Some(said) = said else { continue };
        assert!(said.contains("note: a change that was cut off was taken back\n"), "{}: {said}", subject.name());
        tried += 1;
    }
    assert!(tried >= 10, "{tried}");
}

/// The commands that write nothing, or nothing but what they print.
const READING: [&str; 17] = [
    "fleet report",
    "defaults list",
    "check",
    "diff",
    "why",
    "explain",
    "templates",
    "catalog list",
    "template lint",
    "template show",
    "template schema",
    "completions",
    "man",
    "serve",
    "advise architecture",
    "advise scope",
    "advise strategy",
];

/// The commands that write into no project. What they write is staged and renamed, or added line by line: the work is disturbed
/// below, and what is published in `forge_faults::`.
const OF_FLEETS: [&str; 5] = ["fleet plan", "fleet publish", "fleet status", "fleet work", "fleet emit"];

/// Every so many calls of the work of a fleet, of which each takes two runs.
const WORK_STEP: usize = 47;

/// A fleet of one project, which is ready after its work.
fn planned() -> Fleet {
    let mut fleet = Fleet::new(&[("files/notes.txt", &lines(&[]))]);
    fleet.project("alpha", |folder| fs::write(folder.join("notes.txt"), lines(&[(1, "mine")])).unwrap());
    fleet.release("1.1.0", |folder| fs::write(folder.join("files/notes.txt"), lines(&[(9, "theirs")])).unwrap());
    fleet.plan();
    fleet
}

/// The results of a folder. How often a project was tried is not the same where one run was disturbed.
fn results(fleet: &Fleet) -> Tree {
    let folder = fleet.world.path("results");
    let mut results = if folder.exists() { tree::read(&folder).unwrap() } else { Tree::new() };
    for (_, file) in results.iter_mut().filter(|(path, _)| path.strip_suffix(".json").is_some()) {
        file.bytes = String::from_utf8_lossy(&file.bytes).replace("\"attempts\": 2", "\"attempts\": 1").into_bytes();
    }
    results
}

#[test]
fn u08_the_work_of_a_fleet_leaves_whole_results_and_is_done_again_whatever_call_fails_or_is_the_last() {
    let fleet = planned();
    let mut work = fleet.world.launchway();
    work.args(["fleet", "work", "plan.json", "--results", "results", "--jobs", "1"]);
    run(&mut work).success();
    let quiet = results(&fleet);
    assert_eq!(quiet.len(), 2, "a result and a bundle");
    let trace = fleet.world.path("trace");
    let mut points = 0;
    let faults = Fault::ALL.into_iter().take(sample::size(2, Fault::ALL.len()));
    for (fault, call) in faults.flat_map(|(fault, calls)| calls.split(',').map(move |call| (fault, call))) {
        for number in (1..).step_by(sample::size(WORK_STEP, 1)) {
            fs::remove_dir_all(fleet.world.path("results")).unwrap_or_default();
            let ran = run(disturbed(&work, &trace, (fault, call, number)));
            if !was_injected(&trace).unwrap() {
                break;
            }
            points += 1;
            let place = format!("{} at {call} {number}: {:?}\n{}", fault.name(), ran.code, ran.stderr);
            assert!(!ran.stderr.contains("panicked"), "{place}");
            let is_final = |(path, file): &(&String, &tree::File)| {
                [".json", ".bundle"].iter().any(|ending| path.strip_suffix(ending).is_some())
                    && !file.bytes.windows(9).any(|it| it == b"transient")
            };
            let there = results(&fleet);
            for (path, file) in there.iter().filter(is_final) {
                assert!(quiet.get(path) == Some(file), "{path} is another\n{place}");
            }
            if fault != Fault::Kill {
                // 127: the system has not started it.
                assert!(matches!(ran.code, Some(0 | 73 | 74 | 75 | 127)), "{place}");
                assert!(ran.code != Some(0) || there == quiet, "{place}");
            }
            run(&mut work).success();
            assert_eq!(tree::differences(&quiet, &results(&fleet)), Vec::<String>::new(), "{place}");
        }
    }
    assert!(points > 10, "{points}");
}

#[test]
fn u08_every_command_either_only_reads_or_is_in_the_sweep() {
    let all: BTreeSet<String> = commands::all().unwrap().into_iter().map(|words| words.join(" ")).collect();
    let is_group = |name: &String| all.iter().any(|other| other.starts_with(&format!("{name} ")));
    let is_swept = |name: &String| {
        Subject::ALL.iter().any(|subject| subject.name() == name || subject.name().starts_with(&format!("{name} ")))
    };
    let is_known = |name: &&String| {
        name.is_empty() || READING.contains(&name.as_str()) || OF_FLEETS.contains(&name.as_str()) || is_swept(name)
    };
    let bare: Vec<&String> = all.iter().filter(|name| !is_group(name)).filter(|name| !is_known(name)).collect();
    assert!(bare.is_empty(), "neither in the sweep nor known to read only: {bare:?}");
}
