//! `launchway template lint`: what the loader refuses, and what an author hardly meant.

use clap::{Args, ValueEnum};
use launchway_core::lint::{LintFinding, LintLevel, lint, lint_tag, lint_translation};
use launchway_core::template::{Source, TemplateFiles};
use launchway_core::{LoadError, Template};
use serde::Serialize;
use serde_json::json;

use crate::failure::{Exit, Failure};
use crate::language;
use crate::report::{self, OUTPUT_HELP, Output};
use crate::sources;
use crate::terminal::{self, visible_line};

const AFTER_HELP: &str = "\
Finds all that `launchway new` would refuse the template for, and also: questions, values and partials that nothing uses; \
questions and files that no answers lead to, where choices and switches alone decide it; questions without help, or with \
a pattern and no example. Those are errors. Warnings are texts without a translation, which stay as the manifest has them; \
translations without a text; questions whose flag the program has taken; backslashes that are eaten before a tag; texts \
that are quoted in files of no known kind; and a version other than that of the tag on which \
the template stands. Exit code 1 for an error, and with \
`--level warning` for a warning as well.";

/// The least level that ends with exit code 1.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Level {
    Error,
    Warning,
}

/// The arguments of `launchway template lint`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct LintArgs {
    #[arg(value_name = "SOURCE", default_value = ".", help = super::SOURCE_HELP)]
    source: String,
    /// Fetches nothing: templates and catalogs are taken as they were fetched before
    #[arg(long)]
    offline: bool,
    #[arg(long, value_name = "FORMAT", default_value = "text", help = OUTPUT_HELP)]
    output: Output,
    /// What ends with exit code 1: errors, or warnings as well
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    level: Level,
}

/// Runs the command.
pub(super) fn run(args: &LintArgs) -> Result<(), Failure> {
    let spec = super::spec(&args.source)?;
    let options = super::options(args.offline);
    let first = sources::first(&spec, &options)?;
    let mismatches = sources::mismatches(&first.0, &first.1).unwrap_or_default();
    let loaded = match first.0.extends() {
        Ok(_) => {
            let layers = sources::chain(first, &options)?;
            Template::from_layers(layers.clone()).map(|template| (template, layers))
        }
        Err(error) => Err(error),
    };
    let mut findings: Vec<LintFinding> = match loaded {
        Ok((template, layers)) => [lint(&template), translations(&template, &layers)?].concat(),
        Err(LoadError::Invalid(invalid)) => invalid.into(),
        Err(error) => return Err(error.into()),
    };
    findings.extend(mismatches.iter().map(|mismatch| lint_tag(mismatch.to_string())));
    let text = match args.output {
        Output::Json => report::json(&json!({
            "schema": "launchway.template.lint/1",
            "clean": findings.is_empty(),
            "findings": findings.iter().map(FindingReport::of).collect::<Vec<_>>(),
        })),
        Output::Text => text(&findings),
    };
    terminal::print(&text)?;
    let least = match args.level {
        Level::Error => LintLevel::Error,
        Level::Warning => LintLevel::Warning,
    };
    let is_clean = findings.iter().all(|finding| finding.rule.level() < least);
    if is_clean { Ok(()) } else { Err(Failure::silent(Exit::Refused)) }
}

/// Looks through every language that the template is written in.
fn translations(template: &Template, layers: &[(TemplateFiles, Source)]) -> Result<Vec<LintFinding>, LoadError> {
    let mut findings = Vec::new();
    for language in template.own_languages() {
        let mut translated = Template::from_layers(layers.to_vec())?;
        let coverage = translated.coverage(language)?;
        translated.translate(language)?;
        findings.extend(lint_translation(template, language, &coverage));
    }
    Ok(findings)
}

#[derive(Serialize)]
struct FindingReport<'a> {
    level: &'static str,
    rule: &'static str,
    file: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    message: &'a str,
    hint: Option<&'a str>,
}

impl<'a> FindingReport<'a> {
    fn of(finding: &'a LintFinding) -> Self {
        Self {
            level: finding.rule.level().id(),
            rule: finding.rule.id(),
            file: &finding.place.file,
            line: finding.place.position.map(|(line, _)| line),
            column: finding.place.position.map(|(_, column)| column),
            message: &finding.message,
            hint: finding.hint.as_deref(),
        }
    }
}

fn text(findings: &[LintFinding]) -> String {
    let mut lines = Vec::new();
    for finding in findings {
        let level = finding.rule.level().id();
        lines.push(format!("{}: {level}: {} ({})", finding.place, finding.message, finding.rule.id()));
        lines.extend(finding.hint.iter().map(|hint| format!("  hint: {hint}")));
    }
    let count = |level| findings.iter().filter(|finding| finding.rule.level() == level).count();
    lines.push(match (count(LintLevel::Error), count(LintLevel::Warning)) {
        (0, 0) => "nothing was found".to_owned(),
        (errors, 0) => counted(errors, "error"),
        (0, warnings) => counted(warnings, "warning"),
        (errors, warnings) => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    });
    lines.iter().fold(String::new(), |text, line| text + &visible_line(&language::told(line)) + "\n")
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
