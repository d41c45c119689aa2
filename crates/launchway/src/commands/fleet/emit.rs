//! `launchway fleet emit`: the job file of an engine.

use std::num::NonZero;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::failure::{Exit, Failure};
use crate::fleet::{Engine, FleetPlan, JobOrder, job, write};
use crate::language::filled;
use crate::terminal;

const AFTER_HELP: &str = "\
Every shard of the job is one `fleet work`. A shard that ends with exit code 75 runs again, and so does one whose worker is killed; with any \
other code it does not: it would end the same way. The workers need launchway, git, the plan, and one folder for the results. The same \
plan gives the same file.";

/// The arguments of `launchway fleet emit`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct EmitArgs {
    /// What runs the shards
    #[arg(value_name = "ENGINE")]
    engine: Engine,
    /// The plan, as `fleet plan` has written it
    #[arg(value_name = "PLAN", default_value = "plan.json")]
    plan: PathBuf,
    /// The folder of the results
    #[arg(long, value_name = "DIR")]
    results: PathBuf,
    /// How many shards there are [default: one for each 100 projects]
    #[arg(long, value_name = "NUMBER")]
    shards: Option<NonZero<usize>>,
    /// The image with launchway and git, for every engine but Slurm
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// Where the file is written; to stdout without it
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(args: &EmitArgs) -> Result<(), Failure> {
    let plan = FleetPlan::read(&args.plan)?;
    let order = JobOrder {
        plan: &plan,
        path: text_of(&args.plan)?,
        results: text_of(&args.results)?,
        shards: args.shards,
        image: args.image.as_deref(),
    };
    let text = job(args.engine, &order)?;
    match &args.out {
        Some(path) => write(path, text.as_bytes())?,
        None => terminal::print(&text)?,
    }
    let local = plan.local();
    if args.engine.is_elsewhere() && local > 0 {
        let said = filled(
            "{count} repositories of the plan are folders of this machine: the workers need them at the same paths",
            &[("count", &local)],
        );
        terminal::tell(&format!("{said}\n"));
    }
    Ok(())
}

fn text_of(path: &Path) -> Result<&str, Failure> {
    path.to_str().ok_or_else(|| {
        Failure::new(Exit::Usage, format!("the path `{}` is no text", path.display())).hint("name it another way")
    })
}
