//! `launchway template`: what the authors of templates need.

mod graph;
mod lint;
mod new;
mod schema;
mod show;
mod test;
mod uses;

use std::path::Path;

use clap::Subcommand;
use launchway_core::{SourceSpec, Template};

use crate::failure::Failure;
use crate::git::FetchOptions;
use crate::sources;

const SOURCE_HELP: &str = "The template: a folder, a built-in one, a git repository, or CATALOG:TEMPLATE";

/// The commands of `launchway template`.
#[derive(Subcommand)]
pub(super) enum TemplateCommand {
    /// Writes a new template: manifest, two files, test cases, a workflow and a README
    New(new::NewTemplateArgs),
    /// Finds what is wrong with a template, or hardly meant
    Lint(lint::LintArgs),
    /// Runs the test cases of a template
    Test(test::TestArgs),
    /// Shows the questions of a template, their defaults and choices
    Show(show::ShowArgs),
    /// Prints a JSON Schema of the manifest, or of a template's answers
    Schema(schema::SchemaArgs),
}

/// Runs the command.
pub(super) fn run(command: &TemplateCommand) -> Result<(), Failure> {
    match command {
        TemplateCommand::New(args) => new::run(args),
        TemplateCommand::Lint(args) => lint::run(args),
        TemplateCommand::Test(args) => test::run(args),
        TemplateCommand::Show(args) => show::run(args),
        TemplateCommand::Schema(args) => schema::run(args),
    }
}

/// Says how a template is fetched; only a tag that moved matters to those who look at one.
fn options(offline: bool) -> FetchOptions {
    FetchOptions { offline, accept_moved: false }
}

/// Loads the template that a name means.
pub(crate) fn load(source: &str, options: &FetchOptions) -> Result<Template, Failure> {
    Ok(sources::load(&spec(source)?, options)?.template)
}

/// Reads what names a template; one without a slash may be a folder here as well.
fn spec(source: &str) -> Result<SourceSpec, Failure> {
    let is_folder = Path::new(source).join("template.toml").is_file();
    if is_folder { Ok(SourceSpec::Folder(source.into())) } else { Ok(source.parse()?) }
}
