//! `launchway man`: the manual pages, made from the definition of the command line.

use clap::Args;
use clap_mangen::Man;
use launchway_core::Template;

use crate::failure::{Exit, Failure};
use crate::terminal;

/// The arguments of `launchway man`.
#[derive(Args)]
#[command(after_help = "`launchway man new > launchway-new.1`, then `man ./launchway-new.1`.")]
pub(super) struct ManArgs {
    /// The command, such as `new` or `template lint`; none for the overview
    #[arg(value_name = "COMMAND", num_args = 0..)]
    names: Vec<String>,
}

/// Runs the command.
pub(super) fn run(args: &ManArgs) -> Result<(), Failure> {
    let template = Template::builtin("service")?;
    let mut command = super::command(Some(&template));
    command.build();
    for name in &args.names {
        let found = command.find_subcommand(name).cloned();
        command = found.ok_or_else(|| {
            Failure::new(Exit::Usage, format!("there is no command `{name}`"))
                .hint(format!("`{} --help` lists the commands", command.get_bin_name().unwrap_or("launchway")))
        })?;
    }
    let name = command.get_display_name().unwrap_or("launchway").to_owned();
    let mut page = Vec::new();
    let man = Man::new(command.name(name)).manual("Launchway").source(concat!("launchway ", env!("CARGO_PKG_VERSION")));
    man.render(&mut page).map_err(|error| {
        Failure::new(Exit::Internal, format!("the page could not be made: {error}")).caused_by(error)
    })?;
    terminal::print(&String::from_utf8_lossy(&page))
}
