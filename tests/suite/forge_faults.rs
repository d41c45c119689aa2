//! Publishing at the fake of a forge that fails, or whose client is killed, at every request in turn: a fixed sample in the usual
//! run, and all of them in `cargo xtask test --all`.

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use xtask::sweep::{self, disturbed, was_injected};

use crate::forge::Fault;
use crate::program::run;
use crate::publish::{BRANCH, Campaign, git};
use crate::sample;

/// How many repositories the fleet has: each case takes all of them through `publish` at least twice.
fn count() -> usize {
    sample::size(4, 20)
}

/// A fault by its name.
type NamedFault = (&'static str, fn() -> Fault);

const FAULTS: [NamedFault; 7] = [
    ("502", || Fault::Status(502, &[], "Bad Gateway")),
    ("dropped", || Fault::Dropped),
    ("lost", || Fault::Lost),
    ("429", || Fault::Status(429, &[("retry-after", "9")], "slow down")),
    ("secondary", || Fault::Status(403, &[], "You have exceeded a secondary rate limit")),
    ("spent", || Fault::Status(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "4102444800")], "spent")),
    ("lost again", || Fault::Lost),
];

/// A campaign that can begin anew.
struct Again {
    campaign: Campaign,
    commits: BTreeMap<String, String>,
    requests: usize,
}

impl Again {
    fn of(count: usize) -> Self {
        let campaign = Campaign::ready(count);
        campaign.forge.count_anew();
        campaign.publish(&[]).success();
        let requests = campaign.forge.count();
        let commits = campaign.names.iter().map(|name| (name.clone(), campaign.tip(name))).collect();
        Self { campaign, commits, requests }
    }

    /// Takes away what was published.
    fn begin(&self) {
        for name in &self.campaign.names {
            git(&self.campaign.bare(name), &["update-ref", "-d", &format!("refs/heads/{BRANCH}")]);
        }
        self.campaign.forge.with(|forge| {
            forge.pulls.clear();
            forge.faults.clear();
        });
        drop(fs::remove_file(self.campaign.world.path("results/publish.jsonl")));
        self.campaign.forge.count_anew();
    }

    /// Runs until the end, and holds that each project has what it has after one quiet run.
    fn end(&self, place: &str) {
        let mut said = String::new();
        for _ in 0..20 {
            let ran = self.campaign.publish(&[]);
            if ran.code == Some(0) {
                self.hold(place);
                return;
            }
            // What git was told about a push may be a refusal of this one time.
            assert!(matches!(ran.code, Some(1 | 75)), "{place}: {}", ran.stderr);
            said = ran.stderr;
        }
        panic!("{place}: it does not end: {said}");
    }

    fn hold(&self, place: &str) {
        for name in &self.campaign.names {
            let pulls = self.campaign.pulls(name);
            assert_eq!(pulls.len(), 1, "{place}: {name}");
            assert_eq!(self.campaign.tip(name), self.commits[name], "{place}: {name}");
            let branches = git(&self.campaign.bare(name), &["for-each-ref", "--format=%(refname:short)"]);
            assert_eq!(branches, format!("{BRANCH}\nmain"), "{place}: {name}");
        }
        self.campaign.forge.assert_described();
    }
}

#[test]
fn a_fault_at_every_request_leaves_one_branch_and_one_pull_request_each() {
    let again = Again::of(count());
    assert!(again.requests >= count() * 8, "{}", again.requests);
    let all: Vec<(usize, usize)> = (0..again.requests).map(|at| (at, at % FAULTS.len())).collect();
    for (at, fault) in sample::of(all, again.requests / 3, again.requests / 2) {
        let (name, fault) = FAULTS[fault];
        again.begin();
        again.campaign.forge.with(|forge| forge.faults.insert(at, fault()));
        again.end(&format!("{name} at {at}"));
    }
    // Every ninth at once, each with another fault.
    again.begin();
    again.campaign.forge.with(|forge| {
        forge.faults = (0..again.requests).step_by(9).enumerate().map(|(at, it)| (it, FAULTS[at % 3].1())).collect();
    });
    again.end("every ninth");
}

#[test]
fn whoever_is_killed_at_a_request_goes_on_where_it_was() {
    let again = Again::of(count());
    let all: Vec<(usize, bool)> = (0..again.requests).flat_map(|at| [(at, false), (at, true)]).collect();
    for (at, is_done) in sample::of(all, again.requests / 2, again.requests) {
        again.begin();
        let killed = again.campaign.forge.kill_at(at, is_done);
        let mut publish = again.campaign.fleet(&["publish", "--results", "results", "--wait", "0"]);
        let mut child = publish.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let heard = killed.recv_timeout(Duration::from_mins(1));
        assert_ne!(heard, Err(RecvTimeoutError::Timeout), "request {at} never came");
        child.kill().unwrap();
        child.wait().unwrap();
        again.end(&format!("killed at {at}, done: {is_done}"));
    }
}

/// Every so many calls in the usual run.
const CALL_STEP: usize = 19;

#[test]
fn whoever_is_killed_or_refused_at_a_call_that_writes_goes_on_where_it_was() {
    // One project, so that all is done by the thread in which the calls are counted.
    let again = Again::of(1);
    let trace = again.campaign.world.path("trace");
    let mut points = 0;
    for (fault, calls) in sweep::Fault::ALL.into_iter().take(sample::size(2, sweep::Fault::ALL.len())) {
        for call in calls.split(',') {
            for number in (1..).step_by(sample::size(CALL_STEP, 1)) {
                again.begin();
                let publish = again.campaign.fleet(&["publish", "--results", "results", "--wait", "0"]);
                let ran = run(disturbed(&publish, &trace, (fault, call, number)));
                if !was_injected(&trace).unwrap() {
                    break;
                }
                points += 1;
                let place = format!("{} at {call} {number}: {:?}\n{}", fault.name(), ran.code, ran.stderr);
                assert!(!ran.stderr.contains("panicked"), "{place}");
                let is_said = ran.code == Some(0) || ran.stderr.contains("error");
                assert!(fault == sweep::Fault::Kill || is_said, "{place}");
                again.end(&place);
            }
        }
    }
    assert!(points > sample::size(4, 10), "{points}");
}

#[test]
fn a_persons_branch_stays_whatever_fails() {
    let campaign = Campaign::ready(2);
    let name = &campaign.names[0];
    git(&campaign.bare(name), &["branch", BRANCH, "main"]);
    let before = campaign.tip(name);
    campaign.forge.count_anew();
    campaign.publish(&[]).failure(1);
    for at in 0..campaign.forge.count() {
        campaign.forge.with(|forge| forge.faults.insert(at, Fault::Lost));
        campaign.forge.count_anew();
        drop(campaign.publish(&[]));
        campaign.forge.with(|forge| forge.faults.clear());
        assert_eq!(campaign.tip(name), before, "{at}");
        assert!(campaign.pulls(name).is_empty(), "{at}");
    }
}
