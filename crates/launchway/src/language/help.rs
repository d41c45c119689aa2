//! The help of the command line in the user's language: every text of it is translated where the definition is complete.

use clap::builder::{PossibleValue, StyledStr};
use clap::{Arg, ArgAction, Command};

/// The name of the command that shows the help of others.
const HELP: &str = "help";

use super::{Language, current, translated};
use crate::language;

/// How the help is laid out in a language other than English, whose headings are clap's own.
fn layout() -> String {
    format!(
        "{{before-help}}{{about-with-newline}}\n{}: {{usage}}\n\n{{all-args}}{{after-help}}",
        language::text("Usage")
    )
}

/// Translates the help of a command and of all that is below it.
pub(crate) fn translate(command: Command) -> Command {
    if current() == Language::English { command } else { translate_command(command) }
}

fn translate_command(command: Command) -> Command {
    let about = command.get_about().map(styled);
    let after = command.get_after_help().map(styled);
    let mut command = command
        .help_template(layout())
        .subcommand_help_heading(language::text("Commands"))
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .arg(help_arg())
        .mut_args(translate_arg)
        .mut_subcommands(translate_command);
    if command.get_version().is_some() {
        command = command.disable_version_flag(true).arg(version_arg());
    }
    if command.has_subcommands() {
        command = command.subcommand(help_command());
    }
    if let Some(about) = about {
        command = command.about(about);
    }
    if let Some(after) = after {
        command = command.after_help(after);
    }
    command
}

/// Lists commands that are added late below one that is translated already.
pub(crate) fn list_late(command: Command) -> Command {
    if current() == Language::English { command } else { command.subcommand(help_command()) }
}

/// Stands in for clap's own command, whose help is English. What it is asked for is shown before the line is read.
fn help_command() -> Command {
    Command::new(HELP).about(language::text("Shows the help of a command"))
}

/// Stands in for clap's own flag, whose help is English.
fn version_arg() -> Arg {
    let arg = Arg::new("version").short('V').long("version").action(ArgAction::Version);
    arg.help(language::text("Shows the version")).help_heading(language::text("Options"))
}

/// Stands in for clap's own flag, whose help is English.
fn help_arg() -> Arg {
    Arg::new(HELP).short('h').long(HELP).action(ArgAction::Help).help(language::text("Shows this help"))
}

fn translate_arg(arg: Arg) -> Arg {
    let heading = match arg.get_help_heading() {
        Some("Questions") => language::text("Questions"),
        _ if arg.is_positional() => language::text("Arguments"),
        _ => language::text("Options"),
    };
    let help = arg.get_help().map(styled);
    let arg = arg.help_heading(heading);
    match help {
        Some(help) => with_values(arg, &help.to_string()),
        None => arg,
    }
}

/// Says behind the help what clap says there in English: the default, and which values can be given.
fn with_values(arg: Arg, help: &str) -> Arg {
    if !arg.get_action().takes_values() {
        return arg.help(help.to_owned());
    }
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    let default = (!defaults.is_empty() && !arg.is_hide_default_value_set())
        .then(|| language::filled("[default: {value}]", &[("value", &defaults.join(", "))]));
    let is_listed = !arg.is_hide_possible_values_set();
    let possible: Vec<_> = arg.get_possible_values().into_iter().filter(|it| is_listed && !it.is_hide_set()).collect();
    let names: Vec<_> = possible.iter().map(PossibleValue::get_name).collect();
    let values =
        (!names.is_empty()).then(|| language::filled("[possible values: {values}]", &[("values", &names.join(", "))]));
    let short = [Some(help.to_owned()), default.clone(), values].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let is_explained = possible.iter().any(|value| value.get_help().is_some());
    let arg = arg.hide_default_value(true).hide_possible_values(true).help(short);
    if !is_explained {
        return arg;
    }
    let lines = possible.iter().map(explained).collect::<String>();
    let default = default.map(|default| format!("\n\n{default}")).unwrap_or_default();
    arg.long_help(format!("{help}\n\n{}:\n{}{default}", language::text("Possible values"), lines.trim_end()))
}

/// Lists a value with what it means.
fn explained(value: &PossibleValue) -> String {
    let help = value.get_help().map(|help| format!(": {help}")).unwrap_or_default();
    format!("- {}{help}\n", value.get_name())
}

fn styled(english: &StyledStr) -> StyledStr {
    StyledStr::from(translated(&english.to_string()).to_owned())
}

/// Collects every English text of the help.
#[cfg(test)]
pub(crate) fn texts(command: &Command) -> Vec<String> {
    let own = command.get_about().into_iter().chain(command.get_after_help()).map(ToString::to_string);
    let of_questions = |arg: &&Arg| arg.get_help_heading() == Some("Questions");
    let args =
        command.get_arguments().filter(|arg| !of_questions(arg)).filter_map(Arg::get_help).map(ToString::to_string);
    own.chain(args).chain(command.get_subcommands().flat_map(texts)).collect()
}
