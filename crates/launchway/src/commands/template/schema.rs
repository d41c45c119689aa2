//! `launchway template schema`: JSON Schemas for editors, of the manifest and of one template's answers.

use clap::Args;
use launchway_core::schema;

use crate::failure::Failure;
use crate::{report, terminal};

const AFTER_HELP: &str = "\
Without an argument, of `template.toml`; with one, of the answers files of that template. Both are JSON Schemas of the \
version 2020-12, which editors use to complete and to check.";

/// The arguments of `launchway template schema`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct SchemaArgs {
    #[arg(value_name = "SOURCE", help = super::SOURCE_HELP)]
    source: Option<String>,
    /// Fetches nothing: templates and catalogs are taken as they were fetched before
    #[arg(long)]
    offline: bool,
}

/// Runs the command.
pub(super) fn run(args: &SchemaArgs) -> Result<(), Failure> {
    let schema = match &args.source {
        None => schema::manifest(),
        Some(source) => schema::answers(&super::load(source, &super::options(args.offline))?),
    };
    terminal::print(&report::json(&schema))
}
