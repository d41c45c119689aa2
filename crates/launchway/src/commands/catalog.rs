//! `launchway catalog`: the team catalogs that templates come from.

use clap::Subcommand;
use serde_json::{Value, json};

use crate::catalogs::{self, CatalogContent, NamedCatalog};
use crate::failure::Failure;
use crate::git::FetchOptions;
use crate::language;
use crate::report;
use crate::report::{OUTPUT_HELP, Output};
use crate::terminal::{self, visible_line};

const SCHEMA: &str = "launchway.catalog/1";

const NAME_HELP: &str = "The name of the catalog, such as `acme`";

/// The commands of `launchway catalog`.
#[derive(Subcommand)]
pub(super) enum CatalogCommand {
    /// Adds a catalog: its templates are then `NAME:TEMPLATE`
    Add {
        #[arg(value_name = "NAME", help = NAME_HELP)]
        name: String,
        /// A git repository with a `catalog.toml`: URL//folder@branch
        #[arg(value_name = "SOURCE")]
        source: String,
        #[arg(long, value_name = "FORMAT", default_value = "text", help = OUTPUT_HELP)]
        output: Output,
    },
    /// Lists the catalogs, with their templates as they were fetched last
    List {
        #[arg(long, value_name = "FORMAT", default_value = "text", help = OUTPUT_HELP)]
        output: Output,
    },
    /// Forgets a catalog
    Remove {
        #[arg(value_name = "NAME", help = NAME_HELP)]
        name: String,
        #[arg(long, value_name = "FORMAT", default_value = "text", help = OUTPUT_HELP)]
        output: Output,
    },
    /// Fetches one catalog or all of them, and shows what they hold now
    Update {
        #[arg(value_name = "NAME", help = NAME_HELP)]
        name: Option<String>,
        /// Takes a tag that is another commit than before, which is refused otherwise
        #[arg(long)]
        accept_moved: bool,
        #[arg(long, value_name = "FORMAT", default_value = "text", help = OUTPUT_HELP)]
        output: Output,
    },
}

/// Runs the command.
pub(super) fn run(command: &CatalogCommand) -> Result<(), Failure> {
    match command {
        CatalogCommand::Add { name, source, output } => add(name, source, *output),
        CatalogCommand::List { output } => list(*output),
        CatalogCommand::Remove { name, output } => remove(name, *output),
        CatalogCommand::Update { name, accept_moved, output } => update(name.as_deref(), *accept_moved, *output),
    }
}

fn add(name: &str, source: &str, output: Output) -> Result<(), Failure> {
    let read = catalogs::add(name, source)?;
    let added = catalogs::named(name)?;
    terminal::tell(&format!("added the catalog `{name}`; `launchway new --template {name}:TEMPLATE` uses it\n"));
    show(output, &[(added, Some(read))])
}

fn list(output: Output) -> Result<(), Failure> {
    let offline = FetchOptions { offline: true, ..FetchOptions::default() };
    let mut shown = Vec::new();
    for added in catalogs::all()? {
        let read = catalogs::read(&added, &offline);
        if let Err(failure) = &read {
            terminal::tell(&format!("warning: the catalog `{}` cannot be read\n{failure}", added.name));
        }
        shown.push((added, read.ok()));
    }
    if shown.is_empty() {
        terminal::tell("there are no catalogs; `launchway catalog add NAME URL` adds one\n");
    }
    show(output, &shown)
}

fn remove(name: &str, output: Output) -> Result<(), Failure> {
    catalogs::remove(name)?;
    terminal::tell(&format!("removed the catalog `{name}`; what it has decided in projects stays in their records\n"));
    show(output, &[])
}

fn update(wanted: Option<&str>, accept_moved: bool, output: Output) -> Result<(), Failure> {
    let catalogs = match wanted {
        Some(name) => vec![catalogs::named(name)?],
        None => catalogs::all()?,
    };
    let options = FetchOptions { offline: false, accept_moved };
    let mut shown = Vec::new();
    for added in catalogs {
        let read = catalogs::read(&added, &options)?;
        shown.push((added, Some(read)));
    }
    show(output, &shown)
}

/// Writes catalogs with what they hold to stdout.
fn show(output: Output, catalogs: &[(NamedCatalog, Option<CatalogContent>)]) -> Result<(), Failure> {
    terminal::print(&match output {
        Output::Text => catalogs.iter().map(|(added, read)| describe(added, read.as_ref())).collect::<String>(),
        Output::Json => {
            let catalogs: Vec<Value> = catalogs.iter().map(|(added, read)| to_json(added, read.as_ref())).collect();
            report::json(&json!({ "schema": SCHEMA, "catalogs": catalogs }))
        }
    })
}

fn describe(added: &NamedCatalog, read: Option<&CatalogContent>) -> String {
    let title = read.map_or_else(String::new, |read| format!("  {}", visible_line(&read.catalog.title)));
    let entries = read.into_iter().flat_map(|read| &read.catalog.entries).map(|entry| {
        let offer = catalogs::offer(added, entry);
        let locked = entry.locked();
        let decided = match locked.as_slice() {
            [] => String::new(),
            _ => language::filled(" (decides {questions})", &[("questions", &visible_line(&locked.join(", ")))]),
        };
        format!("  {}  {}{decided}\n", offer.spec, visible_line(&entry.title))
    });
    format!("{}  {}{title}\n{}", added.name, visible_line(&added.source.to_string()), entries.collect::<String>())
}

fn to_json(added: &NamedCatalog, read: Option<&CatalogContent>) -> Value {
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
