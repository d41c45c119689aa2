//! `launchway new`: makes a project. Its flags are the questions of the template.

use std::path::PathBuf;

use clap::builder::StyledStr;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args as _, Command, value_parser};
use launchway_core::template::{Kind, Question};
use launchway_core::{AnswerProblem, Answers, ChangesDigest, Policy, Provenance, Template};

use crate::answers::ALLOW_SECRET_LIKE;
use crate::catalogs::CatalogPolicy;
use crate::failure::{Exit, Failure};
use crate::git::FetchOptions;
use crate::language;
use crate::new::{self, ArchiveFile, NewRequest, TemplateChoice};
use crate::report::{EXPECT_HELP, OUTPUT_HELP, Output};
use crate::terminal::{shell_word, visible_line};

const AFTER_HELP: &str = "\
Every question has a flag, a key of the same name in an answers file (with underscores), and an environment variable \
(LAUNCHWAY_ and the name in capitals). A flag wins over the environment, that over the answers file, that over the \
default. Launchway asks nothing without a terminal.";

/// Defines the command line.
pub(super) fn define(template: Option<&Template>) -> Command {
    let command = Command::new("new")
        .about("Makes a new project: asks, shows what it will write, writes it")
        .after_help(AFTER_HELP)
        .arg(Arg::new("NAME").help("The name of the project, and of the folder it is written to"))
        .arg(Arg::new("template").long("template").value_name("TEMPLATE").default_value("service").help(
            "A built-in template, a folder (with a slash), a git repository (URL//folder@tag), or CATALOG:TEMPLATE",
        ))
        .arg(
            Arg::new("dest")
                .long("dest")
                .value_name("FOLDER")
                .value_parser(value_parser!(PathBuf))
                .help("The folder to write to, instead of one named after the project; files that are there stay"),
        )
        .arg(
            Arg::new("archive")
                .long("archive")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .conflicts_with("dest")
                .help("Packs the project into a new file, .zip or .tar.gz, instead of a folder"),
        )
        .arg(
            Arg::new("answers")
                .long("answers")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .action(ArgAction::Append)
                .help("Takes answers from a TOML, YAML or JSON file, or from standard input for `-`; of several, the first that has an answer wins"),
        )
        .arg(switch("defaults").help("Takes the default of every question that has one, without asking"))
        .arg(switch("no-input").help("Never asks; a question without an answer or a default is an error"))
        .arg(switch("allow-secret-like").help(ALLOW_SECRET_LIKE))
        .arg(switch("dry-run").help("Shows the files that would be written, with their sizes, and writes nothing"))
        .arg(switch("diff").requires("dry-run").help("Shows the contents too, as a diff"))
        .arg(
            Arg::new("expect")
                .long("expect")
                .value_name("DIGEST")
                .value_parser(value_parser!(ChangesDigest))
                .help(EXPECT_HELP),
        )
        .arg(switch("no-git").help("Leaves out `git init` and the first commit"))
        .arg(switch("standalone").help("Keeps all files in the project's own folder, also where that is in a larger repository"))
        .arg(
            switch("resume")
                .conflicts_with("no-input")
                .help("Continues with the answers that were saved or interrupted in this folder"),
        )
        ;
    let command = FetchOptions::augment_args(command).arg(
        Arg::new("output")
            .long("output")
            .value_name("FORMAT")
            .value_parser(value_parser!(Output))
            .default_value("text")
            .help(OUTPUT_HELP),
    );
    let arg = |template: &'_ Template| -> Vec<Arg> {
        template.questions.iter().map(|question| question_arg(question, template)).collect()
    };
    command.args(template.map(arg).unwrap_or_default())
}

fn switch(name: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue)
}

fn question_arg(question: &Question, template: &Template) -> Arg {
    let arg = Arg::new(arg_id(question))
        .long(question.flag().trim_start_matches('-').to_owned())
        .env(question.variable())
        .hide_env_values(true)
        .hide_env(true)
        .value_name(question.placeholder())
        .help_heading("Questions")
        .help(StyledStr::from(visible_line(&help(question, template))));
    match question.kind {
        Kind::Bool => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
        Kind::Int { .. } => arg.allow_negative_numbers(true),
        _ => arg,
    }
}

/// Returns what the line calls the answer to a question: not its id, which may be one of the program's own words.
pub(super) fn arg_id(question: &Question) -> String {
    format!("answer to {}", question.id)
}

fn help(question: &Question, template: &Template) -> String {
    let end = if question.prompt.ends_with(['?', '.']) { "" } else { "." };
    let policies: Vec<String> = template.policies(&question.id).map(policy).collect();
    let is_decided = template.policies(&question.id).any(|(it, when)| it.decided().is_some() && when.is_none());
    let default = question.fixed_default().filter(|_| !is_decided);
    let default = default.map_or_else(String::new, |default| {
        format!(" {}", language::filled("[default: {value}]", &[("value", &default)]))
    });
    format!("{}{end} {}{default}{}", question.prompt, question.help, policies.concat())
}

/// Says what the team has decided about a question.
fn policy((policy, when): (&Policy, Option<&str>)) -> String {
    let when = when.map_or_else(String::new, |when| language::filled(" when {when}", &[("when", &when)]));
    let because = policy.because.as_ref().map_or_else(String::new, |because| format!(": {because}"));
    let summary = policy.summary();
    language::filled(
        " [{summary}{when}, decided by {by}{because}]",
        &[("summary", &language::told(&summary)), ("when", &when), ("by", &policy.by), ("because", &because)],
    )
}

/// Runs the command, whose template is there already.
pub(crate) fn run(matches: &ArgMatches, chosen: &TemplateChoice) -> Result<(), Failure> {
    let request = request(matches, chosen)?;
    let mut answers = answers(matches, &chosen.template)?;
    if matches.get_flag("allow-secret-like") {
        answers.allow_secret_like();
    }
    new::run(chosen, &request, answers)
}

/// Reads the arguments of `new`, whose template is there already.
///
/// # Errors
/// Two of them exclude each other.
fn request(matches: &ArgMatches, chosen: &TemplateChoice) -> Result<NewRequest, Failure> {
    let output = matches.get_one::<Output>("output").copied().unwrap_or(Output::Text);
    if matches.get_flag("diff") && output == Output::Json {
        return Err(Failure::new(Exit::Usage, "`--diff` is text, and `--output json` is not")
            .hint("leave out one of them; the JSON lists every file with its digest"));
    }
    Ok(NewRequest {
        template: chosen.shown.clone(),
        catalog: chosen.policy.as_ref().map(CatalogPolicy::origin),
        dest: matches.get_one::<PathBuf>("dest").cloned(),
        archive: matches.get_one::<PathBuf>("archive").map(|path| ArchiveFile::at(path)).transpose()?,
        answers_files: matches.get_many::<PathBuf>("answers").into_iter().flatten().cloned().collect(),
        defaults: matches.get_flag("defaults"),
        no_input: matches.get_flag("no-input"),
        dry_run: matches.get_flag("dry-run"),
        diff: matches.get_flag("diff"),
        expect: matches.get_one::<ChangesDigest>("expect").cloned(),
        no_git: matches.get_flag("no-git"),
        standalone: matches.get_flag("standalone"),
        resume: matches.get_flag("resume"),
        output,
        given_again: given_again(matches),
    })
}

/// What the line that goes on with a draft says by itself, and what the draft holds.
const NOT_GIVEN_AGAIN: [&str; 5] = ["NAME", "template", "answers", "no-input", "resume"];

/// Returns the flags of the program that were given, as they are given again to go on with a draft: what was allowed stays
/// allowed, and a preview stays one.
pub(super) fn given_again(matches: &ArgMatches) -> Vec<String> {
    let line = super::definition(None);
    let own = line.find_subcommand("new").into_iter().flat_map(Command::get_arguments);
    let is_given = |arg: &&Arg| {
        let id = arg.get_id().as_str();
        let is_there = matches.try_contains_id(id).unwrap_or(false);
        is_there && !NOT_GIVEN_AGAIN.contains(&id) && matches.value_source(id) == Some(ValueSource::CommandLine)
    };
    own.chain(line.get_arguments()).filter(is_given).filter_map(|arg| again(arg, matches)).collect()
}

/// Writes a flag with its value.
fn again(arg: &Arg, matches: &ArgMatches) -> Option<String> {
    let flag = format!("--{}", arg.get_long()?);
    if !arg.get_action().takes_values() {
        return Some(flag);
    }
    let value = matches.get_raw(arg.get_id().as_str())?.next_back()?;
    Some(format!("{flag}={}", shell_word(&value.to_string_lossy())))
}

/// Reads the answers that stand on the command line and in the environment.
///
/// # Errors
/// The answers that cannot be read as what their question needs.
pub(super) fn answers(matches: &ArgMatches, template: &Template) -> Result<Answers, Vec<AnswerProblem>> {
    let mut answers = Answers::default();
    let mut problems = Vec::new();
    for question in &template.questions {
        let positional = matches.get_one::<String>("NAME").filter(|_| question.id == template.name_question);
        let id = arg_id(question);
        let flag = matches.get_one::<String>(&id);
        let is_environment = matches.value_source(&id) == Some(ValueSource::EnvVariable);
        if let (Some(name), Some(flag)) = (positional, flag.filter(|_| !is_environment))
            && name != flag
        {
            problems.push(question.problem(format!("the name is given twice, as `{name}` and as `{flag}`")));
            continue;
        }
        // An empty variable is none: that is how one is taken back for a single command.
        let flag = flag.filter(|text| !(is_environment && text.is_empty()));
        let Some(text) = positional.or(flag) else { continue };
        let provenance =
            if positional.is_none() && is_environment { Provenance::Environment } else { Provenance::Flag };
        // A secret is read from the environment alone.
        let read = if provenance == Provenance::Flag { question.read_open(text) } else { question.read(text) };
        match read {
            Ok(value) => answers.set(&question.id, value, provenance.clone()),
            Err(problem) => problems.push(problem.given_by(question, &provenance)),
        }
    }
    if problems.is_empty() { Ok(answers) } else { Err(problems) }
}
