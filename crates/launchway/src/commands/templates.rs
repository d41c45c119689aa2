//! `launchway templates`: which templates there are, built in and in catalogs.

use clap::Args;
use launchway_core::Template;
use launchway_core::template::{Header, builtin_ids};
use serde_json::{Value, json};

use crate::catalogs::{self, Offer};
use crate::failure::Failure;
use crate::git::FetchOptions;
use crate::report;
use crate::report::{OUTPUT_HELP, Output};
use crate::sources;
use crate::terminal::{self, visible_line};

/// The arguments of `launchway templates`.
#[derive(Args)]
pub(super) struct TemplatesArgs {
    #[arg(long, value_name = "FORMAT", default_value = "text", help = OUTPUT_HELP)]
    output: Output,
}

/// Runs the command.
pub(super) fn run(args: &TemplatesArgs) -> Result<(), Failure> {
    let builtin = builtin_ids().into_iter().map(Header::builtin).collect::<Result<Vec<_>, _>>()?;
    let offers = catalogs::offers(&FetchOptions { offline: true, ..FetchOptions::default() })?;
    let text = match args.output {
        Output::Text => {
            let titled = |it: &Header| Ok(format!("{} {}  {}\n", it.id, it.version, title(it)?));
            let builtin = builtin.iter().map(titled).collect::<Result<Vec<_>, Failure>>()?;
            let offered = offers.iter().map(|it| format!("{}  {}\n", it.spec, visible_line(&it.title)));
            builtin.into_iter().chain(offered).collect()
        }
        Output::Json => {
            let entries: Vec<Value> =
                builtin.iter().map(describe_builtin).chain(offers.iter().map(describe_offer)).collect();
            report::json(&json!({ "schema": "launchway.templates/1", "templates": entries }))
        }
    };
    terminal::print(&text)
}

/// Returns the title of a built-in template in the user's language.
fn title(it: &Header) -> Result<String, Failure> {
    let mut template = Template::builtin(&it.id)?;
    sources::translate(&mut template)?;
    Ok(template.title)
}

fn describe_builtin(it: &Header) -> Value {
    json!({ "id": it.id, "version": it.version.to_string(), "title": it.title, "source": "builtin" })
}

fn describe_offer(it: &Offer) -> Value {
    json!({ "id": it.name, "title": it.title, "source": "catalog", "catalog": it.catalog, "from": it.source })
}
