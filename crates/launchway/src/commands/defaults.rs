//! `launchway defaults`: what a person prefers, to fill prompts with.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::failure::Failure;
use crate::language;
use crate::preferences::{self, Preference};
use crate::report::{self, OUTPUT_HELP, Output};
use crate::terminal::{self, visible_line};

const AFTER_HELP: &str = "\
Your defaults fill the prompts of `launchway new`, where you see and can change them. They decide nothing: with `--no-input` or \
`--defaults` the template's own are taken, so that the same line makes the same project on every machine. They are in \
`defaults.toml` below `$XDG_CONFIG_HOME/launchway`, for you alone. Keys: `architecture`, `language`, `organisation`, `owner`, `region`.";

/// The arguments of `launchway defaults`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct DefaultsArgs {
    #[command(subcommand)]
    command: Option<DefaultsCommand>,
    #[arg(long, value_name = "FORMAT", default_value = "text", global = true, help = OUTPUT_HELP)]
    output: Output,
}

/// What is done with the defaults; without a word they are listed.
#[derive(Subcommand)]
enum DefaultsCommand {
    /// Lists your defaults
    List,
    /// Sets one: `launchway defaults set region eu-west-1`
    Set {
        /// Which default it is
        #[arg(value_name = "KEY")]
        key: String,
        /// What it is from now on
        #[arg(value_name = "VALUE")]
        value: String,
    },
    /// Removes one
    Unset {
        /// Which default it is
        #[arg(value_name = "KEY")]
        key: String,
    },
}

/// Runs the command, and lists what is so then.
pub(super) fn run(args: &DefaultsArgs) -> Result<(), Failure> {
    match &args.command {
        Some(DefaultsCommand::Set { key, value }) => preferences::change(Preference::of_key(key)?, Some(value))?,
        Some(DefaultsCommand::Unset { key }) => preferences::change(Preference::of_key(key)?, None)?,
        Some(DefaultsCommand::List) | None => {}
    }
    let own = preferences::read()?;
    let path = preferences::file().map(|path| path.display().to_string());
    terminal::print(&match args.output {
        Output::Text => {
            let line = |preference: Preference| match own.get(&preference) {
                Some(value) => format!("{} = \"{}\"\n", preference.key(), visible_line(value)),
                None => format!("# {}: {}\n", preference.key(), language::translated(preference.about())),
            };
            Preference::ALL.map(line).concat()
        }
        Output::Json => {
            let set = own.iter().map(|(preference, value)| (preference.key().to_owned(), json!(value)));
            let set: serde_json::Map<_, _> = set.collect();
            report::json(&json!({ "schema": "launchway.defaults/1", "path": path, "defaults": set }))
        }
    })
}
