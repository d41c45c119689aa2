//! `launchway fleet work`: what can be done without a person.

use std::num::NonZero;
use std::path::PathBuf;

use clap::Args;

use super::print_states;
use crate::failure::{Exit, Failure};
use crate::fleet::{FleetPlan, Shard, State, Work, work};
use crate::git::FetchOptions;
use crate::language::filled;
use crate::{progress, terminal};

const AFTER_HELP: &str = "\
Works on the objects of each repository: nothing is checked out, no hook, filter or attribute of a repository runs, and nothing \
is written to it. What came of a project is `DIR/ab/KEY.json`, with the commit beside it in `KEY.bundle`, from which `git fetch` \
takes it. A project that has a final result is skipped, so a run that was ended goes on where it was. A conflict is a result, \
and no failure. With exit code 75 something was in the way that may be gone later: run the same again.";

/// The arguments of `launchway fleet work`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct WorkArgs {
    /// The plan, as `fleet plan` has written it
    #[arg(value_name = "PLAN", default_value = "plan.json")]
    plan: PathBuf,
    /// The folder of the results
    #[arg(long, value_name = "DIR")]
    results: PathBuf,
    /// Works on one part of N: the first is `0/N`
    #[arg(long, value_name = "I/N", conflicts_with = "shard_from_env")]
    shard: Option<String>,
    /// Takes the part from the variables that Slurm, a Kubernetes Indexed Job or an AWS Batch array sets
    #[arg(long)]
    shard_from_env: bool,
    /// How many projects are worked on at once [default: as many as there are processors]
    #[arg(long, value_name = "NUMBER")]
    jobs: Option<NonZero<usize>>,
    /// A command line that runs in the files of each update before it is committed: code of the repositories may run then
    #[arg(long, value_name = "COMMAND")]
    verify: Option<String>,
    #[command(flatten)]
    sources: FetchOptions,
}

/// Runs the command.
pub(super) fn run(args: &WorkArgs) -> Result<(), Failure> {
    let shard = match &args.shard {
        Some(shard) => shard.parse()?,
        None if args.shard_from_env => {
            Shard::from_environment(|name| Some(std::env::var_os(name)?.to_string_lossy().into_owned()))?
        }
        None => Shard::WHOLE,
    };
    let plan = FleetPlan::read(&args.plan)?;
    let processors = || std::thread::available_parallelism().map_or(1, NonZero::get);
    let order = Work {
        plan: &plan,
        shard,
        jobs: args.jobs.map_or_else(processors, NonZero::get),
        results: args.results.clone(),
        verify: args.verify.clone(),
        options: args.sources.clone(),
    };
    let summary = progress::during("launchway fleet work", || work(&order))?;
    print_states(summary.states.iter().map(|(state, count)| (state.id(), *count)))?;
    if summary.skipped > 0 {
        let said = filled("{count} had a result before", &[("count", &summary.skipped)]);
        terminal::tell(&format!("{said}\n"));
    }
    match summary.states.get(&State::Transient) {
        None => Ok(()),
        Some(count) => Err(Failure::new(Exit::Busy, format!("of {count} projects something was in the way"))
            .hint("run the same again later; `launchway fleet report` says what it was")),
    }
}
