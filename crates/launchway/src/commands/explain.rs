//! `launchway explain`: short pages about what the program and its projects rely on.

use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::{Value, json};

use crate::explain::{self, PAGES, Page, render};
use crate::failure::{Exit, Failure};
use crate::language::{self, Language};
use crate::report::{OUTPUT_HELP, Output};
use crate::{report, terminal};

/// The widest that text is rendered.
const MAX_WIDTH: usize = 88;

/// The arguments of `launchway explain`.
#[derive(Args)]
pub(super) struct ExplainArgs {
    /// The topic to explain
    #[arg(value_name = "TOPIC", value_parser = PossibleValuesParser::new(PAGES.map(|page| page.topic)))]
    topic: Option<String>,
    #[arg(long, value_name = "FORMAT", default_value = "text", help = OUTPUT_HELP)]
    output: Output,
}

/// Runs the command.
pub(super) fn run(args: &ExplainArgs) -> Result<(), Failure> {
    let text = match (&args.topic, args.output) {
        (None, Output::Text) => list(),
        (None, Output::Json) => report::json(&json!({ "schema": "launchway.explain/1", "topics": topics() })),
        (Some(topic), output) => {
            // The command line takes no other topics.
            let page = explain::page(topic).ok_or_else(|| Failure::new(Exit::Usage, format!("no page `{topic}`")))?;
            if output == Output::Json { to_json(page) } else { shown(page) }
        }
    };
    terminal::print(&text)
}

fn list() -> String {
    let line = |page: &Page| format!("{} {}\n", terminal::padded(page.topic, 18), language::translated(page.title()));
    PAGES.iter().map(line).collect()
}

fn topics() -> Vec<Value> {
    PAGES.iter().map(|page| json!({ "topic": page.topic, "title": page.title() })).collect()
}

fn to_json(page: &Page) -> String {
    let (topic, title, text) = (page.topic, page.title(), page.text);
    report::json(&json!({ "schema": "launchway.explain/1", "topic": topic, "title": title, "text": text }))
}

fn shown(page: &Page) -> String {
    if language::current() != Language::English {
        terminal::say(&format!("{}\n\n", language::text("this page is in English alone")));
    }
    let width = usize::from(console::Term::stdout().size().1).clamp(20, MAX_WIDTH);
    render::render(page.text, width)
}
