//! The commands, one file each: the definition of its command line, and what is called.

mod advise;
mod catalog;
pub(crate) mod completions;
mod defaults;
mod diff;
pub(crate) mod early;
mod explain;
mod fleet;
pub(crate) mod help;
mod man;
mod new;
mod serve;
mod template;
mod templates;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, Command, FromArgMatches as _, Subcommand};
use launchway_core::Template;

use self::early::EarlyArguments;
use crate::add::{self, AddRequest};
use crate::adopt::{self, AdoptRequest};
use crate::checked::{self, CheckRequest};
use crate::failure::{Exit, Failure};
use crate::language::{self, Language};
use crate::projects::{self, FoundProject};
use crate::terminal;
use crate::update::{self, UpdateRequest};
use crate::waive::{self, WaiveRequest};
use crate::why::{self, WhyRequest};

const AFTER_HELP: &str = "\
Exit codes: 0 done, 1 refused, 2 usage or a bad answer, 3 the destination exists, or is in no state to be changed, 4 the template is invalid, \
5 the generated output failed its checks, 64 no such part of a fleet, 65 a file of a fleet was changed, 70 a fault of launchway, 73 cannot write, 74 I/O error, \
75 another launchway is at work there, or a fleet needs another run, 78 the settings of a fleet, 130 interrupted.";

const LANG_HELP: &str = "The language of prompts, help, messages, advice and next steps [default: by LAUNCHWAY_LANG, LC_ALL, LC_MESSAGES or LANG]";

/// The commands whose arguments do not depend on a template, as those of `new` do, in the order of the help.
#[derive(Subcommand)]
enum FixedCommand {
    /// Merges a template's new version, or another answer, into a project
    Update(UpdateRequest),
    /// Tells whether the files of a project still agree with each other
    Check(CheckRequest),
    /// Accepts that an agreement is broken on purpose, with a reason, or ends that
    Waive(WaiveRequest),
    /// Shows what people changed in the files of a project since they were generated
    Diff(diff::DiffArgs),
    /// Shows the template file, conditions and answers behind a file
    Why(WhyRequest),
    /// Adds a service to the workspace of a project
    #[command(subcommand)]
    Add(AddCommand),
    /// Gives a project without a record the answers that fit its files best
    Adopt(AdoptRequest),
    /// Helps you choose a platform, one or several regions or clusters, or a deployment strategy
    Advise(advise::AdviseArgs),
    /// Shows a short page: strategies, ownership, updates, what the service promises; lists them without a topic
    Explain(explain::ExplainArgs),
    /// Keeps the repositories of many services in line with their template
    #[command(subcommand)]
    Fleet(fleet::FleetCommand),
    /// Serves what `new` makes over HTTP, for browsers, curl and CI
    Serve(serve::ServeArgs),
    /// Lists the built-in templates, and those of the catalogs as they were fetched last
    Templates(templates::TemplatesArgs),
    /// Adds, lists, updates and removes catalogs: git repositories that name a team's templates
    #[command(subcommand)]
    Catalog(catalog::CatalogCommand),
    /// Lists, sets and removes your own defaults, which fill prompts
    Defaults(defaults::DefaultsArgs),
    /// Helps the authors of templates
    #[command(subcommand)]
    Template(template::TemplateCommand),
    /// Prints the script with which a shell completes commands, flags, templates and choices
    Completions(completions::CompletionsArgs),
    /// Prints a manual page in the format of `man`
    Man(man::ManArgs),
}

/// What can be added to a project.
#[derive(Subcommand)]
enum AddCommand {
    /// Adds a service to the workspace of a project
    Service(AddRequest),
}

impl FixedCommand {
    /// Runs the command; one on a project runs on the project that is found.
    fn run(mut self) -> Result<(), Failure> {
        self.find_project()?;
        match &self {
            Self::Update(request) => update::run(request),
            Self::Check(request) => checked::run(request),
            Self::Waive(request) => waive::run(request),
            Self::Diff(args) => diff::run(args),
            Self::Why(request) => why::run(request),
            Self::Add(AddCommand::Service(request)) => add::run(request),
            Self::Adopt(request) => adopt::run(request),
            Self::Advise(args) => advise::run(args),
            Self::Explain(args) => explain::run(args),
            Self::Fleet(command) => fleet::run(command),
            Self::Serve(args) => serve::run(args),
            Self::Templates(args) => templates::run(args),
            Self::Catalog(command) => catalog::run(command),
            Self::Defaults(args) => defaults::run(args),
            Self::Template(command) => template::run(command),
            Self::Completions(args) => completions::run(args),
            Self::Man(args) => man::run(args),
        }
    }
}

impl FixedCommand {
    /// Finds the project of a command that is for one, and takes the paths on the line from where they were typed.
    fn find_project(&mut self) -> Result<(), Failure> {
        match self {
            Self::Update(request) => request.find_project(),
            Self::Check(CheckRequest { folder, .. }) => enter(folder, "launchway check DIR").map(drop),
            Self::Diff(diff::DiffArgs { folder, .. }) => enter(folder, "launchway diff DIR").map(drop),
            Self::Waive(request) => enter(request.folder_mut(), "launchway waive ID --dir DIR").map(drop),
            Self::Add(AddCommand::Service(AddRequest { folder, .. })) => {
                enter(folder, "launchway add service NAME --dir DIR").map(drop)
            }
            Self::Why(WhyRequest { folder, path, .. }) => {
                let found = enter(folder, "launchway why PATH --dir DIR")?;
                *path = found.path(path);
                Ok(())
            }
            Self::Adopt(_)
            | Self::Advise(_)
            | Self::Explain(_)
            | Self::Fleet(_)
            | Self::Serve(_)
            | Self::Templates(_)
            | Self::Catalog(_)
            | Self::Defaults(_)
            | Self::Template(_)
            | Self::Completions(_)
            | Self::Man(_) => Ok(()),
        }
    }
}

/// Puts the folder of the project that is found in the place of the one on the line.
fn enter(folder: &mut PathBuf, usage: &str) -> Result<FoundProject, Failure> {
    let found = projects::find(folder, usage)?;
    folder.clone_from(&found.folder);
    Ok(found)
}

/// Reads the line and does what it says. The questions of `new` are those of the template that `early` names.
pub(crate) fn run(arguments: &[OsString], early: &EarlyArguments) -> Result<(), Failure> {
    let chosen = early.new.as_ref().map(crate::new::choose).transpose()?;
    let line = command(chosen.as_ref().map(|chosen| &chosen.template));
    let matches = match line.try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => return finish_with_usage(&error, arguments),
    };
    if let (Some(("new", matches)), Some(chosen)) = (matches.subcommand(), &chosen) {
        return new::run(matches, chosen);
    }
    match FixedCommand::from_arg_matches(&matches) {
        Ok(command) => command.run(),
        Err(error) => finish_with_usage(&error, arguments),
    }
}

/// Prints help and version to stdout, and what is wrong with the usage to stderr.
fn finish_with_usage(error: &clap::Error, arguments: &[OsString]) -> Result<(), Failure> {
    if !error.use_stderr() {
        let _ = error.print();
        return Ok(());
    }
    // Without colours: what was typed is part of the message, and is made harmless with the rest of it.
    terminal::tell(&error.render().to_string());
    if error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        terminal::say(&help::last_hint(arguments));
    }
    Err(Failure::silent(Exit::Usage))
}

/// Builds the whole command line, in the user's language; the questions of `new` come from the template.
pub(crate) fn command(template: Option<&Template>) -> Command {
    language::help::translate(definition(template))
}

fn definition(template: Option<&Template>) -> Command {
    let command = GlobalOptions::augment_args(Command::new("launchway")).subcommand(new::define(template));
    FixedCommand::augment_subcommands(command)
        .version(env!("CARGO_PKG_VERSION"))
        .about("Starts a Rust service for Amazon ECS or Kubernetes, deployment files included")
        .after_help(AFTER_HELP)
        .subcommand_required(true)
        .arg_required_else_help(true)
}

/// The options of every command.
#[derive(Args)]
struct GlobalOptions {
    #[arg(long, value_name = "CODE", global = true, value_parser = Language::ALL.map(Language::code), help = LANG_HELP)]
    lang: Option<String>,
    /// Asks in plain lines, without moving the cursor; ACCESSIBLE=1 does the same
    #[arg(long, global = true)]
    accessible: bool,
    /// Says on stderr what is fetched, read, run and written, and how long it took; `LAUNCHWAY_LOG=1` does the same
    #[arg(long, global = true)]
    verbose: bool,
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod translation_tests;
