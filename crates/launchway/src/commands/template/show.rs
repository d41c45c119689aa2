//! `launchway template show`: what a template asks, and what hangs on what.

use std::fmt::Write as _;

use clap::Args;
use launchway_core::template::{Choice, Choices, Kind, Question};
use launchway_core::{Policy, Template, show};

use super::{graph, uses};
use crate::failure::Failure;
use crate::language;
use crate::report::{self, OUTPUT_HELP, Output};
use crate::sources;
use crate::terminal::{self, visible, visible_line};

/// The arguments of `launchway template show`.
#[derive(Args)]
pub(crate) struct ShowArgs {
    #[arg(value_name = "SOURCE", default_value = "service", help = super::SOURCE_HELP)]
    source: String,
    /// Fetches nothing: templates and catalogs are taken as they were fetched before
    #[arg(long)]
    offline: bool,
    #[arg(long, value_name = "FORMAT", default_value = "text", help = OUTPUT_HELP)]
    output: Output,
    /// Prints which question depends on which, as a Mermaid flow chart
    #[arg(long)]
    graph: bool,
    /// Shows what uses a question or a value: conditions, values, files, partials, agreements
    #[arg(long, value_name = "NAME", conflicts_with = "graph")]
    value: Option<String>,
}

/// Runs the command.
pub(super) fn run(args: &ShowArgs) -> Result<(), Failure> {
    let mut template = super::load(&args.source, &super::options(args.offline))?;
    if args.output == Output::Text {
        sources::translate(&mut template)?;
    }
    if let Some(name) = &args.value {
        return terminal::print(&uses::said(&template, name, args.output)?);
    }
    let text = match args.output {
        Output::Json => report::json(&show::object(&template)),
        Output::Text if args.graph => graph::mermaid(&template),
        Output::Text => visible(&text(&template)),
    };
    terminal::print(&text)
}

fn text(template: &Template) -> String {
    let mut text = format!("{} {}: {}\n", template.id, template.version, visible_line(&template.title));
    for layer in &template.layers {
        let _ = writeln!(text, "{}", language::told(&format!("  extends {}", visible_line(&layer.to_string()))));
    }
    for question in &template.questions {
        let _ = writeln!(text, "\n{} ({}): {}", question.id, question.kind.name(), visible_line(&question.prompt));
        for line in details(template, question) {
            let _ = writeln!(text, "  {}", terminal::hanging(&visible_line(&language::told(&line)), 2));
        }
    }
    text
}

/// Says all that is known of a question, each in a line.
fn details(template: &Template, question: &Question) -> Vec<String> {
    let mut lines = vec![question.help.clone()];
    match &question.kind {
        Kind::Choice(Choices::Fixed(choices)) | Kind::Choices(Choices::Fixed(choices)) => {
            lines.extend(choices.iter().map(|choice| format!("- {}", described(choice))));
        }
        Kind::Choice(Choices::By { question, choices }) | Kind::Choices(Choices::By { question, choices }) => {
            lines.extend(choices.iter().map(|(answer, open)| format!("- with {question} {answer}: {}", values(open))));
        }
        Kind::Int { min, max } if (*min, *max) != (i64::MIN, i64::MAX) => lines.push(format!("from {min} to {max}")),
        _ => {}
    }
    lines.extend(question.written_default().map(|default| format!("default: {}", empty_or(&default.to_string()))));
    lines.extend(question.when_text().map(|when| format!("asked when: {when}")));
    lines.extend(template.policies(&question.id).map(decided));
    if question.id == template.name_question {
        lines.push("names the project".to_owned());
    }
    if question.advanced {
        lines.push("advanced: the wizard takes the default".to_owned());
    }
    if let Some(layer) = show::inherited_from(template, question) {
        lines.push(format!("from {layer}"));
    }
    lines
}

fn empty_or(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}

fn described(choice: &Choice) -> String {
    match (choice.label == choice.value, &choice.consequence) {
        (true, None) => choice.value.clone(),
        (true, Some(consequence)) => format!("{}: {consequence}", choice.value),
        (false, None) => format!("{}: {}", choice.value, choice.label),
        (false, Some(consequence)) => format!("{}: {}; {consequence}", choice.value, choice.label),
    }
}

fn values(choices: &[Choice]) -> String {
    choices.iter().map(|choice| choice.value.as_str()).collect::<Vec<_>>().join(", ")
}

fn decided((policy, when): (&Policy, Option<&str>)) -> String {
    let when = when.map_or_else(String::new, |when| language::filled(" when {when}", &[("when", &when)]));
    let because = policy.because.as_ref().map_or_else(String::new, |because| format!(": {because}"));
    let summary = policy.summary();
    language::filled(
        "decided by {by}: {summary}{when}{because}",
        &[("by", &policy.by), ("summary", &language::told(&summary)), ("when", &when), ("because", &because)],
    )
}
