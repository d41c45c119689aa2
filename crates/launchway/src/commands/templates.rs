//! `launchway templates`: which templates there are.

use launchway_core::Template;
use launchway_core::template::builtin_ids;
use serde_json::json;

use crate::args::Output;
use crate::failure::Failure;
use crate::terminal;

pub(crate) fn run(output: Output) -> Result<(), Failure> {
    let templates = builtin_ids().into_iter().map(Template::builtin).collect::<Result<Vec<_>, _>>()?;
    let text = match output {
        Output::Text => {
            templates.iter().fold(String::new(), |text, it| format!("{text}{} {}  {}\n", it.id, it.version, it.title))
        }
        Output::Json => {
            let entries = templates.iter().map(
                |it| json!({ "id": it.id, "version": it.version.to_string(), "title": it.title, "source": "builtin" }),
            );
            format!("{:#}\n", json!({ "schema": "launchway.templates/1", "templates": entries.collect::<Vec<_>>() }))
        }
    };
    terminal::print(&text)
}
