//! The program: asks, shows, decides, exits.

mod add;
mod adopt;
mod advise;
mod answers;
mod cases;
mod catalogs;
mod checked;
mod commands;
mod diff;
mod explain;
mod failure;
mod folders;
mod git;
mod interrupt;
mod language;
mod new;
mod process_groups;
mod progress;
mod projects;
mod prompt;
mod report;
mod repository;
mod sources;
mod terminal;
mod update;
mod why;
mod wizard;

use std::ffi::OsString;
use std::panic;
use std::process::ExitCode;

use failure::{Exit, Failure};

fn main() -> ExitCode {
    panic::set_hook(Box::new(|info| {
        let last_word = format!("error: launchway itself is at fault: {info}\n  hint: please report this\n");
        // The released program does not unwind; what a fault leaves behind, the next run takes away.
        interrupt::end(i32::from(Exit::Internal as u8), &last_word);
    }));
    let arguments: Vec<OsString> = std::env::args_os().collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if failure.exit == Exit::Interrupted {
                interrupt::leave();
            }
            terminal::say(&failure.to_string());
            ExitCode::from(failure.exit as u8)
        }
    }
}

fn run(arguments: &[OsString]) -> Result<(), Failure> {
    language::set(commands::early::language(arguments));
    if commands::early::is_accessible(arguments) {
        terminal::ask_plainly();
    }
    interrupt::install().map_err(|error| Failure::new(Exit::Io, format!("cannot listen for signals: {error}")))?;
    if commands::completions::answer(arguments)? {
        return Ok(());
    }
    let chosen = commands::early::named(arguments).map(|named| new::choose(&named)).transpose()?;
    // The program ends with the command: a template is not taken apart piece by piece before.
    let chosen = std::mem::ManuallyDrop::new(chosen);
    let matches =
        match commands::command(chosen.as_ref().map(|chosen| &chosen.template)).try_get_matches_from(arguments) {
            Ok(matches) => matches,
            Err(error) => return finish_with_usage(&error),
        };
    let Some((name, matches)) = matches.subcommand() else {
        return Err(Failure::new(Exit::Usage, "there is no such command"));
    };
    match (commands::all().find(|command| command.name == name), chosen.as_ref()) {
        (Some(command), _) => (command.run)(matches),
        (None, Some(chosen)) => commands::new::run(matches, chosen),
        (None, None) => Err(Failure::new(Exit::Usage, "there is no such command")),
    }
}

/// Prints help and version to stdout, and what is wrong with the usage to stderr.
fn finish_with_usage(error: &clap::Error) -> Result<(), Failure> {
    if !error.use_stderr() {
        let _ = error.print();
        return Ok(());
    }
    // Without colours: what was typed is part of the message, and is made harmless with the rest of it.
    terminal::say(&terminal::visible(&error.render().to_string()));
    Err(Failure::silent(Exit::Usage))
}
