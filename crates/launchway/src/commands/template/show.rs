//! `launchway template show`: what a template asks, and what hangs on what.

use std::fmt::Write as _;

use clap::Args;
use launchway_core::template::{Choice, Choices, Kind, Question, TextRule, layer_of};
use launchway_core::{Origin, Policy, PolicyRule, Template};
use serde_json::{Map, Value as Json, json};

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
        Output::Json => report::json(&object(&template)),
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
        let _ = writeln!(text, "\n{} ({}): {}", question.id, kind(&question.kind), visible_line(&question.prompt));
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
    if let Some(layer) = inherited_from(template, question) {
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

/// Returns the layer that a question is inherited from.
fn inherited_from(template: &Template, question: &Question) -> Option<String> {
    let place = template.declared_at(&question.id).filter(|place| !template.is_own(&place.file))?;
    Some(layer_of(&place.file).to_owned())
}

pub(super) fn kind(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text(_) => "text",
        Kind::Slug(_) => "slug",
        Kind::Slugs { .. } => "slugs",
        Kind::Int { .. } => "int",
        Kind::Bool => "bool",
        Kind::Choice(_) => "choice",
        Kind::Choices(_) => "choices",
        Kind::Secret { .. } => "secret",
    }
}

fn object(template: &Template) -> Json {
    json!({
        "schema": "launchway.template.show/1",
        "template": Origin::of(template),
        "title": template.title,
        "name": template.name_question,
        "questions": template.questions.iter().map(|it| question(template, it)).collect::<Vec<_>>(),
        "graph": graph::edges(template),
    })
}

fn question(template: &Template, question: &Question) -> Json {
    let mut object = Map::new();
    let mut set = |key: &str, value: Json| drop(object.insert(key.to_owned(), value));
    set("id", question.id.as_str().into());
    set("kind", kind(&question.kind).into());
    set("prompt", question.prompt.as_str().into());
    set("help", question.help.as_str().into());
    set("flag", question.flag().into());
    set("default", question.written_default().map_or(Json::Null, launchway_core::Value::to_json));
    set("when", question.when_text().into());
    set("advanced", question.advanced.into());
    set("from", inherited_from(template, question).into());
    set("decided", template.policies(&question.id).map(policy).collect());
    match &question.kind {
        Kind::Text(rule) | Kind::Slug(rule) => text_rule(rule, &mut set),
        Kind::Slugs { rule, optional, pairs } => {
            text_rule(rule, &mut set);
            set("optional", (*optional).into());
            set("pairs", (*pairs).into());
        }
        Kind::Secret { rule, optional } => {
            text_rule(rule, &mut set);
            set("optional", (*optional).into());
        }
        Kind::Int { min, max } => {
            set("min", (*min).into());
            set("max", (*max).into());
        }
        Kind::Bool => {}
        Kind::Choice(Choices::Fixed(choices)) | Kind::Choices(Choices::Fixed(choices)) => {
            set("choices", choices.iter().map(choice).collect());
        }
        Kind::Choice(Choices::By { question, choices }) | Kind::Choices(Choices::By { question, choices }) => {
            let by: Map<String, Json> =
                choices.iter().map(|(answer, open)| (answer.clone(), open.iter().map(choice).collect())).collect();
            set("choices_by", json!({ question.as_str(): by }));
        }
    }
    Json::Object(object)
}

fn text_rule(rule: &TextRule, set: &mut impl FnMut(&str, Json)) {
    set("max", rule.max.into());
    set("pattern", rule.written_pattern.as_deref().into());
}

fn choice(choice: &Choice) -> Json {
    json!({ "value": choice.value, "label": choice.label, "consequence": choice.consequence })
}

fn policy((policy, when): (&Policy, Option<&str>)) -> Json {
    let json_of = |values: &Vec<launchway_core::Value>| values.iter().map(launchway_core::Value::to_json).collect();
    let (rule, value): (&str, Json) = match &policy.rule {
        PolicyRule::To(value) => ("to", value.to_json()),
        PolicyRule::Allow(values) => ("allow", json_of(values)),
        PolicyRule::Deny(values) => ("deny", json_of(values)),
    };
    json!({ rule: value, "when": when, "by": policy.by, "because": policy.because })
}
