//! `launchway fleet status`: what has become of the pull requests.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::print_states;
use crate::failure::Failure;
use crate::fleet::{FleetPlan, GitHub, SystemClock, status};
use crate::progress;

const AFTER_HELP: &str = "\
Asks the forge about every pull request that the journal takes for open, a hundred at once, and notes in the journal what was \
merged or closed. `launchway fleet report` reads it from there. Token and address of the forge come from GITHUB_TOKEN and \
GITHUB_API_URL.";

/// The arguments of `launchway fleet status`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct StatusArgs {
    /// The plan, as `fleet plan` has written it
    #[arg(value_name = "PLAN", default_value = "plan.json")]
    plan: PathBuf,
    /// The folder of the results
    #[arg(long, value_name = "DIR")]
    results: PathBuf,
    /// How long it waits for the forge before it ends with 75
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    wait: u64,
}

/// Runs the command.
pub(super) fn run(args: &StatusArgs) -> Result<(), Failure> {
    let plan = FleetPlan::read(&args.plan)?;
    let forge = GitHub::from_environment()?;
    let patience = Duration::from_secs(args.wait);
    let asked = || status(&plan, &args.results, &forge, (&SystemClock, patience));
    let states = progress::during("launchway fleet status", asked)?;
    print_states(states.iter().map(|(state, count)| (state.id(), *count)))
}
