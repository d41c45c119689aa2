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
mod fleet;
mod folders;
mod git;
mod interrupt;
mod language;
mod new;
mod preferences;
mod prefill;
mod process_groups;
mod progress;
mod projects;
mod prompt;
mod report;
mod repository;
mod sources;
mod terminal;
mod today;
mod trace;
mod update;
mod waive;
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
        interrupt::end(i32::from(Exit::Internal as u8), &language::told(&last_word));
    }));
    let arguments: Vec<OsString> = std::env::args_os().collect();
    match run(&commands::help::by_flag(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if failure.exit == Exit::Interrupted {
                interrupt::leave();
            }
            let said = failure.to_string();
            terminal::say(&said);
            // Who has declined something knows what the command takes.
            let is_wrong = !said.is_empty() && !failure.is_declined();
            if is_wrong && !commands::help::names_a_line(&said) {
                terminal::say(&commands::help::last_hint(&arguments));
            }
            trace::causes(&failure);
            ExitCode::from(failure.exit as u8)
        }
    }
}

fn run(arguments: &[OsString]) -> Result<(), Failure> {
    let early = commands::early::read(arguments);
    language::set(early.language);
    if early.accessible {
        terminal::ask_plainly();
    }
    if early.verbose {
        trace::start();
    }
    interrupt::install()
        .map_err(|error| Failure::new(Exit::Io, format!("cannot listen for signals: {error}")).caused_by(error))?;
    if commands::completions::answer(arguments)? {
        return Ok(());
    }
    commands::run(arguments, &early)
}
