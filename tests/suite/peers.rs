//! The histories of `docs/compare.md`, in which copier and cruft lose edits, through launchway alone: it loses none.

use std::thread;

use xtask::compare::history::History;
use xtask::compare::oracle::{self, Fate, Observed};
use xtask::compare::run;
use xtask::compare::tool::{Programs, Tool};
use xtask::compare::{histories, page};

use crate::{program, sample};

/// Where it stops before it changes anything, with its exit code: a tag that moved, and a setting that leads git from `https` to
/// a folder.
const REFUSED: [(&str, i32); 2] = [("tag-moved", 4), ("token", 74)];

#[test]
fn no_history_loses_an_edit_or_a_change() {
    let programs = Programs { peers: None, launchway: program::path().to_owned() };
    let histories = sample::of(histories::all(), 1, 3);
    let problems = thread::scope(|scope| {
        let halves = histories.chunks(histories.len().div_ceil(2));
        let threads: Vec<_> = halves.map(|half| scope.spawn(|| problems(half, &programs))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn problems(histories: &[History], programs: &Programs) -> Vec<String> {
    histories.iter().filter_map(|history| problem(history, programs)).collect()
}

/// What is wrong with an update: it neither merged nor showed a conflict, or it cannot be taken back.
fn problem(history: &History, programs: &Programs) -> Option<String> {
    let ran = run::run(Tool::Launchway, programs, history, 1).unwrap();
    let verdict = oracle::judge(history, &ran.observed);
    let (fate, code) = match REFUSED.iter().find(|(id, _)| *id == history.id) {
        Some((_, code)) => (Fate::Stopped, *code),
        None if history.is_mergeable() => (Fate::Merged, 0),
        None => (Fate::Conflict, 1),
    };
    let is_right = verdict.fate == fate && verdict.code == Some(code);
    let Observed { output, not_taken_back, .. } = &ran.observed;
    let said =
        || format!("{}: {}\n{output}not taken back: {}", history.id, page::words(&verdict), not_taken_back.join("\n"));
    (!is_right || !not_taken_back.is_empty()).then(said)
}

#[test]
fn the_page_has_every_history() {
    page::check(&histories::all()).unwrap();
}
