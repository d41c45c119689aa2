//! `launchway man`: the manual pages, made from the definition of the command line.

use clap::{Arg, ArgMatches, Command};
use clap_mangen::Man;
use launchway_core::Template;

use crate::failure::{Exit, Failure};
use crate::terminal;

/// Defines the command line.
pub(crate) fn define() -> Command {
    Command::new("man")
        .about("Prints a manual page in the format of `man`")
        .after_help("`launchway man new > launchway-new.1`, then `man ./launchway-new.1`.")
        .arg(
            Arg::new("COMMAND")
                .num_args(0..)
                .help("The command, such as `new` or `template lint`; none for the overview"),
        )
}

/// Runs the command.
pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let template = Template::builtin("service")?;
    let mut command = super::command(Some(&template));
    command.build();
    for name in matches.get_many::<String>("COMMAND").into_iter().flatten() {
        let found = command.find_subcommand(name).cloned();
        command = found.ok_or_else(|| {
            Failure::new(Exit::Usage, format!("there is no command `{name}`"))
                .hint(format!("`{} --help` lists the commands", command.get_bin_name().unwrap_or("launchway")))
        })?;
    }
    let name = command.get_display_name().unwrap_or("launchway").to_owned();
    let mut page = Vec::new();
    let man = Man::new(command.name(name)).manual("Launchway").source(concat!("launchway ", env!("CARGO_PKG_VERSION")));
    man.render(&mut page)
        .map_err(|error| Failure::new(Exit::Internal, format!("the page could not be made: {error}")))?;
    terminal::print(&String::from_utf8_lossy(&page))
}
