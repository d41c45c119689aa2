//! The commands, one file each: the definition of its command line, and what is called.

mod add;
mod adopt;
mod advise;
mod args;
mod catalog;
mod check;
pub(crate) mod completions;
mod diff;
pub(crate) mod early;
mod explain;
mod man;
pub(crate) mod new;
mod template;
mod templates;
mod update;
mod why;

use clap::{Arg, ArgMatches, Command};
use launchway_core::Template;

use crate::failure::Failure;
use crate::language::{self, Language};

const AFTER_HELP: &str = "\
Exit codes: 0 done, 1 refused, 2 usage or a bad answer, 3 the destination exists, or is in no state to be changed, 4 the template is invalid, \
5 the generated output failed its checks, 70 a fault of launchway, 73 cannot write, 74 I/O error, 75 another launchway is at work there, 130 interrupted.";

/// A command whose arguments do not depend on a template, as those of `new` do.
pub(crate) struct Definition {
    pub(crate) name: &'static str,
    pub(crate) define: fn() -> Command,
    pub(crate) run: fn(&ArgMatches) -> Result<(), Failure>,
}

/// Lists the commands in the order of the help.
pub(crate) fn all() -> impl Iterator<Item = Definition> {
    [
        Definition { name: "update", define: update::define, run: update::run },
        Definition { name: "check", define: check::define, run: check::run },
        Definition { name: "diff", define: diff::define, run: diff::run },
        Definition { name: "why", define: why::define, run: why::run },
        Definition { name: "add", define: add::define, run: add::run },
        Definition { name: "adopt", define: adopt::define, run: adopt::run },
        Definition { name: "advise", define: advise::define, run: advise::run },
        Definition { name: "explain", define: explain::define, run: explain::run },
        Definition { name: "templates", define: templates::define, run: templates::run },
        Definition { name: "catalog", define: catalog::define, run: catalog::run },
        Definition { name: "template", define: template::define, run: template::run },
        Definition { name: "completions", define: completions::define, run: completions::run },
        Definition { name: "man", define: man::define, run: man::run },
    ]
    .into_iter()
}

/// Builds the whole command line; the questions of `new` come from the template.
pub(crate) fn command(template: Option<&Template>) -> Command {
    let command = Command::new("launchway")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Starts a Rust service for Amazon ECS or Kubernetes, deployment files included")
        .after_help(AFTER_HELP)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .arg(lang_arg())
        .arg(
            args::switch("accessible")
                .global(true)
                .help("Asks in plain lines, without moving the cursor; ACCESSIBLE=1 does the same"),
        )
        .subcommand(new::define(template))
        .subcommands(all().map(|command| (command.define)()));
    language::help::translate(command)
}

/// The language of what is shown, for every command.
fn lang_arg() -> Arg {
    Arg::new("lang")
        .long("lang")
        .value_name("CODE")
        .global(true)
        .value_parser(Language::ALL.map(Language::code))
        .help("The language of prompts, help, advice and next steps [default: by LAUNCHWAY_LANG, LC_ALL, LC_MESSAGES or LANG]")
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod translation_tests;
