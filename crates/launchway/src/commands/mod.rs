//! The commands, one file each: the definition of its command line, and what it does.

pub(crate) mod add;
pub(crate) mod adopt;
pub(crate) mod advise;
pub(crate) mod catalog;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod man;
pub(crate) mod new;
pub(crate) mod template;
pub(crate) mod templates;
pub(crate) mod update;
pub(crate) mod why;

use clap::{ArgMatches, Command};

use crate::failure::Failure;

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
