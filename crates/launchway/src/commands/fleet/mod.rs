//! `launchway fleet`: many repositories kept in line with a template.

mod emit;
mod plan;
mod publish;
mod report;
mod status;
mod work;

use clap::Subcommand;

use crate::failure::Failure;
use crate::terminal;

/// The commands of `launchway fleet`.
#[derive(Subcommand)]
pub(super) enum FleetCommand {
    /// Lists the projects of a fleet with the version that each has, and writes the plan of a campaign
    Plan(plan::PlanArgs),
    /// Merges, checks and commits the update of every project of a plan, and writes what came of it
    Work(work::WorkArgs),
    /// Opens a pull request for every update that is ready, within the budget of the forge
    Publish(publish::PublishArgs),
    /// Asks the forge what has become of the pull requests of a campaign
    Status(status::StatusArgs),
    /// Writes the job file with which an engine runs the shards of a plan
    Emit(emit::EmitArgs),
    /// Says how a campaign stands, from its plan and its results
    Report(report::ReportArgs),
}

/// Says on stdout how many projects are in which state.
fn print_states<'s>(states: impl IntoIterator<Item = (&'s str, usize)>) -> Result<(), Failure> {
    let lines = states.into_iter().map(|(state, count)| format!("{state} {count}\n"));
    terminal::print(&lines.collect::<String>())
}

/// Runs the command.
pub(super) fn run(command: &FleetCommand) -> Result<(), Failure> {
    match command {
        FleetCommand::Plan(args) => plan::run(args),
        FleetCommand::Work(args) => work::run(args),
        FleetCommand::Publish(args) => publish::run(args),
        FleetCommand::Status(args) => status::run(args),
        FleetCommand::Emit(args) => emit::run(args),
        FleetCommand::Report(args) => report::run(args),
    }
}
