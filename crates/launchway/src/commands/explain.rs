//! `launchway explain`: short pages about what the program and its projects rely on.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use crate::commands::args;
use crate::explain::{self, PAGES, Page, render};
use crate::failure::{Exit, Failure};
use crate::language::{self, Language};
use crate::report::Output;
use crate::{report, terminal};

/// The widest that text is rendered.
const MAX_WIDTH: usize = 88;

/// Defines the command line.
pub(crate) fn define() -> Command {
    Command::new("explain")
        .about(
            "Shows a short page: strategies, ownership, updates, what the service promises; lists them without a topic",
        )
        .arg(
            Arg::new("TOPIC")
                .value_parser(PossibleValuesParser::new(PAGES.map(|page| page.topic)))
                .help("What is to be explained"),
        )
        .arg(args::output_arg())
}

/// Runs the command.
pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let output = args::output(matches);
    let text = match (matches.get_one::<String>("TOPIC"), output) {
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
    let line = |page: &Page| format!("{:18} {}\n", page.topic, language::translated(page.title()));
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
