//! `launchway template test`: the cases of a template, and the combinations of its answers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use launchway_core::matrix::{Extent, MAX_ROWS, Made, Matrix};
use launchway_core::{SourceSpec, Template};
use serde_json::{Value as Json, json};

use crate::cases::{self, Case, CaseResult, counted};
use crate::failure::{Exit, Failure, listed};
use crate::git::FetchOptions;
use crate::language;
use crate::report::{self, OUTPUT_HELP, Output};
use crate::sources;
use crate::terminal;

/// The most faults of combinations that are shown.
const MAX_SHOWN: usize = 10;

const AFTER_HELP: &str = "\
A case is a folder below the template's `tests/`: `answers.toml`, `expected/` with the whole tree that must come of them, \
and, if it likes, `case.toml` with `commands = [\"…\"]`, which `sh -c` runs in a temporary folder that holds the result. \
These commands are the author's own, and run for a template in a folder that was named here, never for one from git; no \
other command of launchway runs anything of a template. Exit code 1 if something did not pass.";

/// The arguments of `launchway template test`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct TestArgs {
    /// The template: a folder; for `--matrix` alone also another source
    #[arg(value_name = "SOURCE", default_value = ".")]
    source: String,
    /// Runs this case alone; may be given more than once
    #[arg(long = "case", value_name = "NAME")]
    only: Vec<String>,
    /// Writes what is made to `expected/`, for you to review
    #[arg(long)]
    bless: bool,
    /// Renders and checks combinations of choices, too: every pair of them, or all (at most 10,000)
    #[arg(long, value_name = "EXTENT", num_args = 0..=1, require_equals = true, default_missing_value = "pairwise")]
    #[arg(value_parser = PossibleValuesParser::new(["pairwise", "all"]).map(|word| extent(&word)))]
    matrix: Option<Extent>,
    #[command(flatten)]
    sources: FetchOptions,
    #[arg(long, value_name = "FORMAT", default_value = "text", help = OUTPUT_HELP)]
    output: Output,
}

fn extent(word: &str) -> Extent {
    if word == "all" { Extent::All } else { Extent::Pairwise }
}

/// Runs the command.
pub(super) fn run(args: &TestArgs) -> Result<(), Failure> {
    let (template, folder) = load(&args.source, &args.sources)?;
    let cases = chosen(folder.as_deref(), &args.only, args.matrix)?;
    let outcomes: Vec<CaseResult> =
        cases.iter().map(|case| case.run(&template, args.bless)).collect::<Result<_, _>>()?;
    let matrix = args.matrix.map(|extent| Combinations::run(&template, extent)).transpose()?;
    let report = TestReport { template: &template, outcomes, matrix };
    match args.output {
        Output::Json => terminal::print(&report::json(&report.json()))?,
        Output::Text => terminal::print(&terminal::visible(&report.text()))?,
    }
    if report.passed() { Ok(()) } else { Err(Failure::silent(Exit::Refused)) }
}

/// Loads the template; one without a slash may be a folder here as well. The folder is returned if one was named: only then
/// it is the author's own, and its commands may run.
fn load(source: &str, options: &FetchOptions) -> Result<(Template, Option<PathBuf>), Failure> {
    let is_folder = Path::new(source).join("template.toml").is_file();
    let source = if is_folder && !source.contains('/') { format!("./{source}") } else { source.to_owned() };
    let spec: SourceSpec = source.parse()?;
    let template = sources::load(&spec, options)?.template;
    Ok(match spec {
        SourceSpec::Folder(folder) => {
            let (files, source) = sources::first(&SourceSpec::Folder(folder.clone()), options)?;
            for mismatch in sources::mismatches(&files, &source)? {
                terminal::warn_once(&format!(
                    "{mismatch}\n  hint: raise `version`, or move the tag to the commit that does"
                ));
            }
            (template, Some(folder))
        }
        _ => (template, None),
    })
}

/// Finds the cases that are to run.
fn chosen(folder: Option<&Path>, only: &[String], extent: Option<Extent>) -> Result<Vec<Case>, Failure> {
    let mut cases = folder.map(cases::all).transpose()?.unwrap_or_default();
    for name in only {
        if !cases.iter().any(|case| case.name == *name) {
            let names = listed(cases.iter().map(|case| &case.name));
            let hint = if names.is_empty() { "it has none".to_owned() } else { format!("it has {names}") };
            return Err(Failure::new(Exit::Usage, format!("the template has no case `{name}`")).hint(hint));
        }
    }
    cases.retain(|case| only.is_empty() || only.contains(&case.name));
    if cases.is_empty() && extent.is_none() {
        let place = PathBuf::from(cases::FOLDER).join("NAME");
        return Err(Failure::new(Exit::Usage, "there is no case to run")
            .hint(format!(
                "add `{}/answers.toml` to a template in a folder, and run it with `--bless`",
                place.display()
            ))
            .hint("`--matrix` needs no cases"));
    }
    Ok(cases)
}

/// What came of the combinations.
struct Combinations {
    extent: Extent,
    total: usize,
    made: usize,
    /// Combinations of which nothing was left that goes together.
    empty: usize,
    /// How many answers were refused, by the reason.
    refused: BTreeMap<String, usize>,
    /// The answers that made something faulty, with the fault.
    failed: Vec<(BTreeMap<String, launchway_core::Value>, String)>,
}

impl Combinations {
    fn run(template: &Template, extent: Extent) -> Result<Self, Failure> {
        let matrix = Matrix::new(template, extent);
        let (mut made, mut empty, mut refused, mut failed) = (0, 0, Vec::new(), Vec::new());
        for row in matrix.made(template) {
            let Made { answers, refused: reasons, plan } = row?;
            refused.extend(reasons);
            match plan {
                Some(Ok(_)) => made += 1,
                Some(Err(error)) => failed.push((answers, error.to_string())),
                None => empty += 1,
            }
        }
        Ok(Self { extent, total: matrix.total, made, empty, refused: counted(refused), failed })
    }

    fn count(&self) -> usize {
        self.made + self.empty + self.failed.len()
    }

    fn lines(&self) -> Vec<String> {
        let what = match self.extent {
            Extent::Pairwise => format!("{} combinations, in which every pair of choices meets", self.count()),
            Extent::All if self.count() < self.total => {
                format!("the first {} of {} combinations: no more than {MAX_ROWS} are made", self.count(), self.total)
            }
            Extent::All => format!("all {} combinations", self.count()),
        };
        let mut lines = vec![format!("matrix: {what}; {} passed, {} failed", self.made, self.failed.len())];
        lines.extend(self.refused.iter().map(|(reason, count)| format!("  refused {count} times: {reason}")));
        if self.empty > 0 {
            lines.push(format!("  {} made nothing: no answers were left that go together", self.empty));
        }
        for (answers, fault) in self.failed.iter().take(MAX_SHOWN) {
            let answers: Vec<String> = answers.iter().map(|(id, value)| format!("{id}={value}")).collect();
            lines.push(format!("  failed: {fault}"));
            lines.push(format!("    with {}", answers.join(" ")));
        }
        if self.failed.len() > MAX_SHOWN {
            lines.push(format!("  and {} more failed", self.failed.len() - MAX_SHOWN));
        }
        lines
    }

    fn json(&self) -> Json {
        let failed = self.failed.iter().map(|(answers, fault)| {
            let answers: Json = answers.iter().map(|(id, value)| (id.clone(), value.to_json())).collect();
            json!({ "answers": answers, "message": fault })
        });
        let refused = self.refused.iter().map(|(reason, count)| json!({ "reason": reason, "count": count }));
        json!({
            "extent": match self.extent { Extent::Pairwise => "pairwise", Extent::All => "all" },
            "total": self.total,
            "combinations": self.count(),
            "passed": self.made,
            "empty": self.empty,
            "refused": refused.collect::<Vec<_>>(),
            "failed": failed.collect::<Vec<_>>(),
        })
    }
}

struct TestReport<'a> {
    template: &'a Template,
    outcomes: Vec<CaseResult>,
    matrix: Option<Combinations>,
}

impl TestReport<'_> {
    fn passed(&self) -> bool {
        self.outcomes.iter().all(CaseResult::passed) && self.matrix.iter().all(|matrix| matrix.failed.is_empty())
    }

    fn text(&self) -> String {
        let mut lines: Vec<String> = self.outcomes.iter().flat_map(case_lines).collect();
        if !self.outcomes.is_empty() {
            let passed = self.outcomes.iter().filter(|outcome| outcome.passed()).count();
            let failed = self.outcomes.len() - passed;
            lines.push(told(&format!(
                "{} {}: {passed} passed, {failed} failed",
                self.template.id, self.template.version
            )));
        }
        lines.extend(self.matrix.iter().flat_map(Combinations::lines).map(|line| told(&line)));
        lines.iter().fold(String::new(), |text, line| text + line + "\n")
    }

    fn json(&self) -> Json {
        json!({
            "schema": "launchway.template-test/1",
            "template": { "id": self.template.id, "version": self.template.version.to_string() },
            "passed": self.passed(),
            "cases": self.outcomes.iter().map(case_json).collect::<Vec<_>>(),
            "matrix": self.matrix.as_ref().map(Combinations::json),
        })
    }
}

/// Returns a line in the user's language.
fn told(line: &str) -> String {
    language::told(line).into_owned()
}

fn case_lines(outcome: &CaseResult) -> Vec<String> {
    let word = if outcome.passed() { "passed" } else { "failed" };
    let blessed = match outcome.blessed {
        Some(0) => ", nothing to bless".to_owned(),
        Some(1) => ", blessed 1 file".to_owned(),
        Some(count) => format!(", blessed {count} files"),
        None => String::new(),
    };
    let (word, blessed) = (language::translated(word), language::told(&blessed));
    let mut lines = vec![format!("{word}: {}{blessed}", outcome.name)];
    lines.extend(outcome.error.iter().flat_map(|error| error.lines()).map(|line| told(&format!("  {line}"))));
    lines.extend(outcome.differences.iter().map(|difference| told(&format!("  {difference}"))));
    for ran in outcome.commands.iter().filter(|ran| !ran.succeeded()) {
        let code = ran.code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
        lines.push(told(&format!("  `{}` ended with {code}", ran.command)));
        lines.extend(ran.said.iter().map(|line| format!("    {line}")));
    }
    lines
}

fn case_json(outcome: &CaseResult) -> Json {
    let commands =
        outcome.commands.iter().map(|ran| json!({ "command": ran.command, "code": ran.code, "said": ran.said }));
    json!({
        "name": outcome.name,
        "passed": outcome.passed(),
        "error": outcome.error,
        "differences": outcome.differences,
        "commands": commands.collect::<Vec<_>>(),
        "blessed": outcome.blessed,
    })
}
