//! `launchway catalog`: the team catalogs that templates come from.

use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use crate::catalogs::{self, Added, Read};
use crate::commands::args;
use crate::failure::{Exit, Failure};
use crate::git::FetchOptions;
use crate::report;
use crate::report::Output;
use crate::terminal::{self, visible_line};

const SCHEMA: &str = "launchway.catalog/1";

/// Defines the command line.
pub(crate) fn define() -> Command {
    let name = || Arg::new("NAME").required(true).help("The name of the catalog, such as `acme`");
    Command::new("catalog")
        .about("Adds, lists, updates and removes catalogs: git repositories that name a team's templates")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("add")
                .about("Adds a catalog: its templates are then `NAME:TEMPLATE`")
                .arg(name())
                .arg(
                    Arg::new("SOURCE")
                        .required(true)
                        .help("A git repository with a `catalog.toml`: URL//folder@branch"),
                )
                .arg(args::output_arg()),
        )
        .subcommand(
            Command::new("list")
                .about("Lists the catalogs, with their templates as they were fetched last")
                .arg(args::output_arg()),
        )
        .subcommand(Command::new("remove").about("Forgets a catalog").arg(name()).arg(args::output_arg()))
        .subcommand(
            Command::new("update")
                .about("Fetches one catalog or all of them, and shows what they hold now")
                .arg(name().required(false))
                .arg(args::accept_moved_arg())
                .arg(args::output_arg()),
        )
}

/// Runs the command.
pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    match matches.subcommand() {
        Some(("add", matches)) => add(matches),
        Some(("list", matches)) => list(matches),
        Some(("remove", matches)) => remove(matches),
        Some(("update", matches)) => update(matches),
        _ => Err(Failure::new(Exit::Usage, "there is no such command").hint("`launchway catalog --help` lists them")),
    }
}

fn text<'m>(matches: &'m ArgMatches, name: &str) -> &'m str {
    matches.get_one::<String>(name).map(String::as_str).unwrap_or_default()
}

fn add(matches: &ArgMatches) -> Result<(), Failure> {
    let name = text(matches, "NAME");
    let read = catalogs::add(name, text(matches, "SOURCE"))?;
    let added = catalogs::named(name)?;
    terminal::say(&format!("added the catalog `{name}`; `launchway new --template {name}:TEMPLATE` uses it\n"));
    show(matches, &[(added, Some(read))])
}

fn list(matches: &ArgMatches) -> Result<(), Failure> {
    let offline = FetchOptions { offline: true, ..FetchOptions::default() };
    let mut shown = Vec::new();
    for added in catalogs::all()? {
        let read = catalogs::read(&added, &offline);
        if let Err(failure) = &read {
            terminal::say(&format!("warning: the catalog `{}` cannot be read\n{failure}", added.name));
        }
        shown.push((added, read.ok()));
    }
    if shown.is_empty() {
        terminal::say("there are no catalogs; `launchway catalog add NAME URL` adds one\n");
    }
    show(matches, &shown)
}

fn remove(matches: &ArgMatches) -> Result<(), Failure> {
    let name = text(matches, "NAME");
    catalogs::remove(name)?;
    terminal::say(&format!("removed the catalog `{name}`; what it has decided in projects stays in their records\n"));
    show(matches, &[])
}

fn update(matches: &ArgMatches) -> Result<(), Failure> {
    let wanted = matches.get_one::<String>("NAME");
    let catalogs = match wanted {
        Some(name) => vec![catalogs::named(name)?],
        None => catalogs::all()?,
    };
    let options = FetchOptions { offline: false, accept_moved: matches.get_flag("accept-moved") };
    let mut shown = Vec::new();
    for added in catalogs {
        let read = catalogs::read(&added, &options)?;
        shown.push((added, Some(read)));
    }
    show(matches, &shown)
}

/// Writes catalogs with what they hold to stdout.
fn show(matches: &ArgMatches, catalogs: &[(Added, Option<Read>)]) -> Result<(), Failure> {
    terminal::print(&match args::output(matches) {
        Output::Text => catalogs.iter().map(|(added, read)| describe(added, read.as_ref())).collect::<String>(),
        Output::Json => {
            let catalogs: Vec<Value> = catalogs.iter().map(|(added, read)| to_json(added, read.as_ref())).collect();
            report::json(&json!({ "schema": SCHEMA, "catalogs": catalogs }))
        }
    })
}

fn describe(added: &Added, read: Option<&Read>) -> String {
    let title = read.map_or_else(String::new, |read| format!("  {}", visible_line(&read.catalog.title)));
    let entries = read.into_iter().flat_map(|read| &read.catalog.entries).map(|entry| {
        let offer = catalogs::offer(added, entry);
        let locked = entry.locked();
        let decided =
            if locked.is_empty() { String::new() } else { format!(" (decides {})", visible_line(&locked.join(", "))) };
        format!("  {}  {}{decided}\n", offer.spec, visible_line(&entry.title))
    });
    format!("{}  {}{title}\n{}", added.name, visible_line(&added.source.to_string()), entries.collect::<String>())
}

fn to_json(added: &Added, read: Option<&Read>) -> Value {
    let templates: Option<Vec<Value>> = read.map(|read| {
        let entry = |entry| {
            let offer = catalogs::offer(added, entry);
            json!({ "name": offer.name, "title": offer.title, "from": offer.source, "version": entry.requirement, "locked": entry.locked() })
        };
        read.catalog.entries.iter().map(entry).collect()
    });
    json!({
        "name": added.name,
        "source": added.source.to_string(),
        "title": read.map(|read| &read.catalog.title),
        "commit": read.map(|read| &read.commit),
        "templates": templates,
    })
}
