//! `launchway fleet publish`: what is ready becomes pull requests.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::print_states;
use crate::failure::{Exit, Failure};
use crate::fleet::{FleetPlan, GitHub, LATER, Publish, PublishedState, Publishing, Settings, Stopped, SystemClock};
use crate::language::filled;
use crate::{progress, terminal};

const AFTER_HELP: &str = "\
Pushes the commit of each result that is ready to the branch `launchway/TEMPLATE` of its repository, and opens a pull request \
there, or brings the one up to date that is there. A commit of somebody else is never overwritten. Token and address of the forge \
come from GITHUB_TOKEN and GITHUB_API_URL. Each step is a line of DIR/publish.jsonl before and after it is taken, so a run that was \
ended goes on where it was. While there is a file DIR/STOP, nothing is published. With exit code 75 the forge or its budget says to \
wait, or as many are open as `max_open` allows: run the same again later.";

/// The arguments of `launchway fleet publish`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct PublishArgs {
    /// The plan, as `fleet plan` has written it
    #[arg(value_name = "PLAN", default_value = "plan.json")]
    plan: PathBuf,
    /// The folder of the results
    #[arg(long, value_name = "DIR")]
    results: PathBuf,
    /// The file that says how many are published at once, and how a pull request looks
    #[arg(long, value_name = "FLEET.toml", default_value = "FLEET.toml")]
    fleet: PathBuf,
    /// The part of the fleet that is published, with those before it: one of `[policy] waves`
    #[arg(long, value_name = "NAME")]
    wave: Option<String>,
    /// Opens no more pull requests than this
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,
    /// Offers again what was closed without a merge
    #[arg(long)]
    reopen: bool,
    /// How long it waits for the forge or its budget before it ends with 75
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    wait: u64,
}

/// Runs the command.
pub(super) fn run(args: &PublishArgs) -> Result<(), Failure> {
    let plan = FleetPlan::read(&args.plan)?;
    let settings = Settings::read(&args.fleet)?;
    let forge = GitHub::from_environment()?;
    let order = Publish {
        plan: &plan,
        settings: &settings,
        results: args.results.clone(),
        wave: args.wave.clone(),
        limit: args.limit,
        reopens: args.reopen,
        forge: &forge,
        clock: &SystemClock,
        patience: Duration::from_secs(args.wait),
    };
    let publishing = progress::during("launchway fleet publish", || Publishing::prepare(order))?;
    let (count, time) = publishing.estimate();
    let said = filled(
        "{count} projects to look at; the budget of the forge makes it take {time} at least",
        &[("count", &count), ("time", &duration(time))],
    );
    terminal::tell(&format!("{said}\n"));
    let summary = progress::during("launchway fleet publish", || publishing.run())?;
    print_states(summary.states.iter().map(|(state, count)| (state.id(), *count)))?;
    if let Some(failure) = summary.stopped.as_ref().and_then(reason) {
        return Err(failure);
    }
    if summary.later > 0 {
        let why = summary.why_later.unwrap_or_default();
        let message = format!("of {} projects the forge has not answered: {why}", summary.later);
        return Err(Failure::new(Exit::Busy, message).hint(LATER));
    }
    let bad = [PublishedState::Declined, PublishedState::Failed];
    match bad.iter().filter_map(|state| summary.states.get(state)).sum::<usize>() {
        0 => Ok(()),
        bad => {
            Err(Failure::new(Exit::Refused, format!("of {bad} projects the pull request was declined or has failed"))
                .hint("`launchway fleet report` says of each why"))
        }
    }
}

/// Says why no more was published, unless it was asked for.
fn reason(stopped: &Stopped) -> Option<Failure> {
    let later = |message: String| Some(Failure::new(Exit::Busy, message).hint(LATER));
    match stopped {
        Stopped::Limit => None,
        Stopped::Budget { wait, message } => {
            later(format!("the forge has to be left alone for {}: {message}", duration(*wait)))
        }
        Stopped::Open(most) => later(format!("{most} pull requests are open, which is `max_open`")),
        Stopped::Window => later("it is not the hour of `[policy] window`, which is in UTC".to_owned()),
        Stopped::File => Some(
            Failure::new(Exit::Busy, "the file `STOP` in the folder of the results stops all")
                .hint("remove it, and run the same again"),
        ),
        Stopped::Halted(bad, all) => Some(
            Failure::new(
                Exit::Refused,
                format!("of {all} projects {bad} were declined or have failed, which is above `halt_above`"),
            )
            .hint("`launchway fleet report` says of each why; a new version of the template begins a new campaign"),
        ),
    }
}

/// Says how long something takes, by its hours and minutes, or its seconds.
fn duration(time: Duration) -> String {
    let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
