//! `launchway adopt`: gives a project that has no record one, with the answers that fit its files best.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use launchway_core::adopt::{Adoption, Fit, FoundAnswer, Seen, adopt, read_tree};
use launchway_core::{Answers, Edit, Origin, SafePath, Template, Value, edit, to_adopt};
use serde::Serialize;

use crate::args::{self, Output};
use crate::failure::{Exit, Failure};
use crate::sources::{self, Loaded};
use crate::update::answers;
use crate::{interrupt, report, terminal};

const AFTER_HELP: &str = "\
Finds the answers from which the template would make what stands here: reads them out of the files, renders in memory, \
and keeps what fits most lines. Nothing is asked, and no file is changed but those of the record, `.launchway/NAME.*`. \
Exit code 1 if hardly anything fits, 3 if there is a record already.";

/// Defines the command line.
pub(crate) fn define() -> Command {
    let value = |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    Command::new("adopt")
        .about("Gives a project that has no record one, with the answers that fit its files best")
        .after_help(AFTER_HELP)
        .arg(Arg::new("DIR").value_parser(value_parser!(PathBuf)).default_value(".").help("The folder of the project"))
        .arg(value("template", "TEMPLATE").default_value("service").help("The template to hold the files against"))
        .arg(value("name", "NAME").help("The name of the project, if it is not to be found"))
        .arg(
            value("set", "KEY=VALUE")
                .action(ArgAction::Append)
                .help("An answer that is known: `--set strategy=canary`; may be given more than once"),
        )
        .arg(args::switch("dry-run").help("Shows what was found, and writes nothing"))
        .arg(args::offline_arg())
        .arg(args::accept_moved_arg())
        .arg(args::output_arg())
}

/// Runs the command.
pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let folder = matches.get_one::<PathBuf>("DIR").cloned().unwrap_or_default();
    let source = matches.get_one::<String>("template").map_or("service", String::as_str);
    let Loaded { template, policy } = sources::load(&source.parse()?, &args::source_options(matches))?;
    let given = given(matches, &template)?;
    refuse_records(&folder, given.get(&template.name_question))?;
    let tree = read_tree(&folder, &template)?;
    let mut adoption = adopt(&template, &tree, &given, &name_of(&folder))?;
    adoption.context.catalog = policy.map(|policy| policy.origin());
    let edits = edits(&template, &adoption, &folder)?;
    let is_written = !matches.get_flag("dry-run");
    if is_written {
        interrupt::uninterrupted(|| edit(&folder, &edits))?;
    }
    let shown = Shown { template: &template, adoption: &adoption, edits: &edits, is_written };
    match args::output(matches) {
        Output::Json => terminal::print(&shown.json()),
        Output::Text => {
            terminal::print(&shown.text())?;
            terminal::say(&shown.next(&folder));
            Ok(())
        }
    }
}

/// Reads the answers that are known.
fn given(matches: &ArgMatches, template: &Template) -> Result<BTreeMap<String, Value>, Failure> {
    let mut texts: Vec<String> = matches.get_many::<String>("set").into_iter().flatten().cloned().collect();
    let name = matches.get_one::<String>("name");
    texts.extend(name.map(|name| format!("{}={name}", template.name_question)));
    let mut answers = Answers::default();
    answers::set(template, &texts, &mut answers)?;
    Ok(answers.iter().map(|(id, value, _)| (id.to_owned(), value.clone())).collect())
}

/// Returns the name of the folder, wherever it is named from.
fn name_of(folder: &Path) -> String {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    whole.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A project that has a record needs none; beside it another one may be adopted by its name.
fn refuse_records(folder: &Path, name: Option<&Value>) -> Result<(), Failure> {
    if !folder.is_dir() {
        return Err(Failure::new(Exit::Usage, format!("`{}` is not a folder", folder.display()))
            .hint("name the folder of a project"));
    }
    let entries = folder.join(".launchway").read_dir().into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned));
    let known: BTreeSet<String> = names.collect();
    let is_known = name.is_none_or(|name| known.contains(&name.to_string()));
    match known.first() {
        Some(first) if is_known => {
            let known = name.map_or_else(|| first.clone(), ToString::to_string);
            Err(Failure::new(Exit::Exists, format!("`{known}` has a record already, `.launchway/{known}.toml`"))
                .hint("`launchway update` brings it up to date; `--name NAME` adopts another project beside it"))
        }
        _ => Ok(()),
    }
}

fn edits(template: &Template, adoption: &Adoption, folder: &Path) -> Result<Vec<Edit>, Failure> {
    let missing = adoption.files.iter().filter(|file| file.fit == Fit::Missing);
    let missing = missing.filter_map(|file| SafePath::new(&file.path).ok()).collect();
    to_adopt(template, &adoption.context, &adoption.plan, &missing, folder).map_err(|exists| {
        Failure::new(Exit::Exists, exists.to_string())
            .hint("it is part of a record; bring the rest of it back from git, or remove what is left of it")
    })
}

/// What is shown of an adoption.
struct Shown<'a> {
    template: &'a Template,
    adoption: &'a Adoption,
    edits: &'a [Edit],
    is_written: bool,
}

impl Shown<'_> {
    fn text(&self) -> String {
        let Adoption { context, answers, files, .. } = self.adoption;
        let exact = files.iter().filter(|file| file.fit == Fit::Exact).count();
        let mut lines = vec![format!(
            "{} ({} {}): {} % of the lines fit; {exact} of {} files are as the template makes them",
            context.name,
            self.template.id,
            self.template.version,
            self.adoption.percent(),
            files.len()
        )];
        let width = answers.iter().map(|answer| answer.question.len()).max().unwrap_or_default();
        lines.push("\nanswers".to_owned());
        lines.extend(answers.iter().map(|answer| answer_line(answer, width)));
        for (title, fit) in [("files that differ", Fit::Differs), ("files that are missing", Fit::Missing)] {
            let files: Vec<_> = files.iter().filter(|file| file.fit == fit).collect();
            if !files.is_empty() {
                lines.push(format!("\n{title}"));
            }
            let fits = |matched, lines| format!(": {matched} of {lines} lines fit");
            lines.extend(files.iter().map(|file| {
                let fits = if fit == Fit::Differs { fits(file.matched, file.lines) } else { String::new() };
                format!("  {}{fits}", file.path)
            }));
        }
        lines.iter().fold(String::new(), |text, line| text + &terminal::visible(line) + "\n")
    }

    /// Says what was written, and what to do now.
    fn next(&self, folder: &Path) -> String {
        if !self.is_written {
            return "nothing was written, as you asked; without `--dry-run` the record is\n".to_owned();
        }
        let folder = if folder == Path::new(".") {
            String::new()
        } else {
            format!(" {}", launchway_core::quote::quote_shell(&folder.to_string_lossy()))
        };
        let record = &self.edits.last().expect("a record has files").path;
        terminal::visible(&format!(
            "wrote the record, `{record}` and what belongs to it; commit it\n  \
             `launchway diff{folder}` shows what is not as the template makes it\n  \
             `launchway update{folder}` merges what the template has become\n"
        ))
    }

    fn json(&self) -> String {
        let Adoption { context, answers, files, .. } = self.adoption;
        let (lines, matched) = self.adoption.lines();
        let of = |fit: Fit| files.iter().filter(move |file| file.fit == fit);
        report::json(&Report {
            schema: "launchway.adopt/1",
            written: self.is_written,
            name: &context.name,
            template: Origin::of(self.template),
            score: Score { percent: self.adoption.percent(), lines, matched },
            answers: answers.iter().map(AnswerReport::of).collect(),
            exact: of(Fit::Exact).map(|file| file.path.as_str()).collect(),
            differs: of(Fit::Differs)
                .map(|file| FileReport { path: &file.path, lines: file.lines, matched: file.matched })
                .collect(),
            missing: of(Fit::Missing).map(|file| file.path.as_str()).collect(),
            record: self.edits.iter().map(|edit| edit.path.as_str()).collect(),
        })
    }
}

fn answer_line(answer: &FoundAnswer, width: usize) -> String {
    let place = match &answer.seen {
        Some(Seen { file, line: Some(line) }) => format!(", {file}:{line}"),
        Some(Seen { file, line: None }) => format!(", {file}"),
        None => String::new(),
    };
    let value = terminal::visible_line(&answer.value.to_string());
    format!("  {:width$}  {value}  ({}{place})", answer.question, answer.sureness.word())
}

/// What `launchway adopt --output json` prints.
#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    written: bool,
    name: &'a str,
    template: Origin,
    score: Score,
    answers: Vec<AnswerReport<'a>>,
    exact: Vec<&'a str>,
    differs: Vec<FileReport<'a>>,
    missing: Vec<&'a str>,
    record: Vec<&'a str>,
}

#[derive(Serialize)]
struct Score {
    percent: usize,
    lines: usize,
    matched: usize,
}

#[derive(Serialize)]
struct AnswerReport<'a> {
    question: &'a str,
    value: serde_json::Value,
    sureness: &'static str,
    file: Option<&'a str>,
    line: Option<usize>,
}

#[derive(Serialize)]
struct FileReport<'a> {
    path: &'a str,
    lines: usize,
    matched: usize,
}

impl<'a> AnswerReport<'a> {
    fn of(answer: &'a FoundAnswer) -> Self {
        Self {
            question: &answer.question,
            value: answer.value.to_json(),
            sureness: answer.sureness.word(),
            file: answer.seen.as_ref().map(|seen| seen.file.as_str()),
            line: answer.seen.as_ref().and_then(|seen| seen.line),
        }
    }
}
