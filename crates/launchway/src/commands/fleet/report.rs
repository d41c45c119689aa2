//! `launchway fleet report`: how a campaign stands.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::failure::{Exit, Failure};
use crate::fleet::{FailOn, FleetPlan, FleetReport, markdown, page, text};
use crate::terminal;

const AFTER_HELP: &str = "\
Reads the plan and the results, and asks nobody. A file counts as edited here if the project has changed it since it was \
generated, and as changed upstream if the template has; what is both is where people meet. The page of `html` is one file: it \
loads nothing and has no script.";

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    Text,
    Json,
    Html,
    Md,
}

/// The arguments of `launchway fleet report`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ReportArgs {
    /// The plan, as `fleet plan` has written it
    #[arg(value_name = "PLAN", default_value = "plan.json")]
    plan: PathBuf,
    /// The folder of the results
    #[arg(long, value_name = "DIR")]
    results: PathBuf,
    /// How the report is written: text, one JSON object, one page, or Markdown for a wiki
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ReportFormat,
    /// Ends with exit code 1 if a project is behind, has drifted, or is in conflict
    #[arg(long, value_name = "WHAT")]
    fail_on: Option<FailOn>,
}

/// Runs the command.
pub(super) fn run(args: &ReportArgs) -> Result<(), Failure> {
    let plan = FleetPlan::read(&args.plan)?;
    let report = FleetReport::read(&plan, &args.results)?;
    terminal::print(&match args.format {
        ReportFormat::Text => text(&report),
        ReportFormat::Json => report.to_json(),
        ReportFormat::Html => page(&report),
        ReportFormat::Md => markdown(&report),
    })?;
    match args.fail_on {
        Some(what) if report.fails_on(what) => Err(Failure::silent(Exit::Refused)),
        _ => Ok(()),
    }
}
