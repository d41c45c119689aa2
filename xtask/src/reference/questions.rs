//! The page of the questions of the built-in template.

use std::fmt::Write as _;

use launchway_core::template::{Choice, Choices, Kind, Question};
use launchway_core::{Template, Value};

use super::cell;

/// Makes the page.
pub(super) fn page(template: &Template) -> String {
    let mut text = format!("{}\n\n# Questions\n\n", super::NOTE);
    let _ = writeln!(
        text,
        "What the built-in template, `{} {}`, asks. Each question has a flag, a key of the same name in an answers file (with\n\
         underscores), and an environment variable (`LAUNCHWAY_` and the name in capitals). *Asked* says when; a question that\n\
         the wizard leaves at its default is marked *advanced*.\n",
        template.id, template.version
    );
    for question in &template.questions {
        let _ = writeln!(text, "## {}\n\n{}\n", question.flag().trim_start_matches("--"), described(question));
    }
    text.trim_end().to_owned() + "\n"
}

fn described(question: &Question) -> String {
    let mut text = format!("**{}** {}\n\n| | |\n|---|---|\n", cell(&question.prompt), cell(&question.help));
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(text, "| {name} | {value} |");
    };
    row("flag", &format!("`{} {}`", question.flag(), cell(&question.placeholder())));
    row("takes", &takes(&question.kind));
    if let Some(default) = question.written_default() {
        row("default", &format!("`{}`", cell(&shown(default))));
    }
    if let Some(when) = question.when_text() {
        row("asked", &format!("when `{}`", cell(when)));
    }
    if question.advanced {
        row("advanced", "yes");
    }
    if let Some(advised) = &question.advice {
        row("help", &format!("`launchway advise {}`", advised.topic().id));
    }
    let choices = choices(&question.kind);
    if !choices.is_empty() {
        let _ = write!(text, "\n| answer | means |\n|---|---|\n{choices}");
    }
    text.trim_end().to_owned()
}

fn takes(kind: &Kind) -> String {
    match kind {
        Kind::Text(rule) => match &rule.written_pattern {
            Some(pattern) => format!("a text of the form `{}`", cell(pattern)),
            None => format!("a text of at most {} characters", rule.max),
        },
        Kind::Slug(_) => "a name: lower-case letters, digits and single dashes".to_owned(),
        Kind::Slugs { .. } => "names, with commas between them".to_owned(),
        Kind::Int { min, max } => format!("a whole number from {min} to {max}"),
        Kind::Bool => "`true` or `false`".to_owned(),
        Kind::Secret { .. } => "a text that is typed unseen, or given in the environment; never as a flag".to_owned(),
        Kind::Choice(_) => "one of the answers below".to_owned(),
        Kind::Choices(_) => "any of the answers below, with commas between them".to_owned(),
    }
}

fn choices(kind: &Kind) -> String {
    let (Kind::Choice(choices) | Kind::Choices(choices)) = kind else { return String::new() };
    match choices {
        Choices::Fixed(choices) => choices.iter().map(choice).collect(),
        Choices::By { question, choices } => choices.iter().fold(String::new(), |text, (answer, choices)| {
            let values: Vec<String> = choices.iter().map(|choice| format!("`{}`", choice.value)).collect();
            format!("{text}| {} | when `{question}` is `{answer}` |\n", values.join(", "))
        }),
    }
}

fn choice(choice: &Choice) -> String {
    let consequence = choice.consequence.as_ref().map(|it| format!(": {}", cell(it))).unwrap_or_default();
    format!("| `{}` | {}{consequence} |\n", choice.value, cell(&choice.label))
}

fn shown(value: &Value) -> String {
    match value {
        Value::List(items) => items.join(","),
        other => other.to_string(),
    }
}
