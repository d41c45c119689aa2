//! `launchway fleet plan`: what there is to do.

use std::path::PathBuf;

use clap::Args;

use crate::failure::Failure;
use crate::fleet::{Settings, planned, write};
use crate::git::FetchOptions;
use crate::language::filled;
use crate::terminal;

const AFTER_HELP: &str = "\
Reads the record of every repository that FLEET.toml names, at the commit that is checked out there, and clones none of them. \
Repositories that take no part are in the plan too, each with its reason. The same repositories give the same plan, byte for \
byte. A plan is not edited: `fleet work` refuses one that was.";

/// The arguments of `launchway fleet plan`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct PlanArgs {
    /// The file that names the template, the version and the repositories
    #[arg(value_name = "FLEET.toml", default_value = "FLEET.toml")]
    file: PathBuf,
    /// Where the plan is written; to stdout without it
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    sources: FetchOptions,
}

/// Runs the command.
pub(super) fn run(args: &PlanArgs) -> Result<(), Failure> {
    let plan = planned(&Settings::read(&args.file)?, &args.sources)?;
    let text = plan.to_text();
    match &args.out {
        Some(path) => write(path, text.as_bytes())?,
        None => terminal::print(&text)?,
    }
    let said = filled(
        "campaign {campaign}: {count} projects take part",
        &[("campaign", &plan.campaign), ("count", &plan.len())],
    );
    terminal::tell(&format!("{said}\n"));
    for (state, count) in plan.left_out_counts() {
        terminal::tell(&format!("{}\n", filled("left out, {state}: {count}", &[("state", &state), ("count", &count)])));
    }
    Ok(())
}
