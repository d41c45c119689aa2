//! The command line: its definition, and its first reading without judgement.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::StyledStr;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use launchway_core::template::{Kind, Question};
use launchway_core::{AnswerProblem, Answers, CatalogOrigin, Policy, Provenance, Template};

use crate::catalogs::CatalogPolicy;
use crate::commands;
use crate::commands::new::Chosen;
use crate::failure::{Exit, Failure};
use crate::language::{self, Language};
use crate::sources::Options;
use crate::terminal::visible_line;

const AFTER_HELP: &str = "\
Exit codes: 0 done, 1 refused, 2 usage or a bad answer, 3 the destination exists, or is in no state to be changed, 4 the template is invalid, \
5 the generated output failed its checks, 70 a fault of launchway, 73 cannot write, 74 I/O error, 75 another launchway is at work there, 130 interrupted.";

const NEW_AFTER_HELP: &str = "\
Every question has a flag, a key of the same name in an answers file (with underscores), and an environment variable \
(LAUNCHWAY_ and the name in capitals). A flag wins over the environment, that over the answers file, that over the \
default. Without a terminal nothing is ever asked.";

/// How results are written to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    Text,
    Json,
}

/// The arguments of `launchway new`, apart from the answers.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[derive(Debug)]
pub(crate) struct NewArgs {
    /// The template's name as it is shown, without credentials and with the version that was found.
    pub(crate) template: String,
    /// The catalog that named it.
    pub(crate) catalog: Option<CatalogOrigin>,
    pub(crate) dest: Option<PathBuf>,
    pub(crate) answers_files: Vec<PathBuf>,
    pub(crate) defaults: bool,
    pub(crate) no_input: bool,
    pub(crate) dry_run: bool,
    pub(crate) diff: bool,
    pub(crate) no_git: bool,
    /// Whether a draft is gone on with.
    pub(crate) resume: bool,
    pub(crate) output: Output,
}

/// Builds the whole command line; the questions of `new` come from the template.
pub(crate) fn command(template: Option<&Template>) -> Command {
    let command = Command::new("launchway")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Starts a Rust service for Amazon ECS or Kubernetes, deployment files included")
        .after_help(AFTER_HELP)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .arg(lang_arg())
        .arg(
            switch("accessible")
                .global(true)
                .help("Asks in plain lines, without moving the cursor; ACCESSIBLE=1 does the same"),
        )
        .subcommand(new_command(template))
        .subcommands(commands::all().map(|command| (command.define)()));
    language::help::translate(command)
}

/// The language of what is shown, for every command.
fn lang_arg() -> Arg {
    Arg::new("lang")
        .long("lang")
        .value_name("CODE")
        .global(true)
        .value_parser(Language::ALL.map(Language::code))
        .help("The language of prompts, help, advice and next steps [default: by LAUNCHWAY_LANG, LC_ALL, LC_MESSAGES or LANG]")
}

/// Finds the language before the line is understood: its help is in that language already.
pub(crate) fn language(arguments: &[OsString]) -> Language {
    let mut arguments = arguments.iter().skip(1).map(|argument| argument.to_string_lossy());
    let mut said = None;
    while let Some(argument) = arguments.next().filter(|argument| argument != "--") {
        if argument == "--lang" {
            said = arguments.next();
        } else if let Some(code) = argument.strip_prefix("--lang=") {
            said = Some(code.to_owned().into());
        }
    }
    said.and_then(|code| Language::of_code(&code))
        .unwrap_or_else(|| Language::of_environment(|name| std::env::var(name).ok()))
}

/// Tells whether questions are to be asked plainly, before the line is understood.
pub(crate) fn is_accessible(arguments: &[OsString]) -> bool {
    arguments.iter().take_while(|argument| *argument != "--").any(|argument| argument == "--accessible")
}

/// What the command line of `new` says of the template, before the whole line can be understood.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    /// What follows `--template`.
    pub(crate) template: Option<String>,
    pub(crate) offline: bool,
    pub(crate) accept_moved: bool,
    /// Whether the line lets anything be asked.
    pub(crate) may_ask: bool,
}

/// Finds what names the template of `new`; none for other commands.
pub(crate) fn named(arguments: &[OsString]) -> Option<Named> {
    let mut arguments = arguments.iter().skip(1).map(|argument| argument.to_string_lossy());
    loop {
        match &*arguments.next()? {
            "new" => break,
            "--lang" => drop(arguments.next()),
            "--accessible" => {}
            other if other.starts_with("--lang=") => {}
            _ => return None,
        }
    }
    let mut named = Named { may_ask: true, ..Named::default() };
    while let Some(argument) = arguments.next() {
        match &*argument {
            "--" => break,
            "--offline" => named.offline = true,
            "--accept-moved" => named.accept_moved = true,
            "--no-input" | "--help" | "-h" => named.may_ask = false,
            "--template" => named.template = arguments.next().map(std::borrow::Cow::into_owned),
            other => named.template = other.strip_prefix("--template=").map(str::to_owned).or(named.template),
        }
    }
    Some(named)
}

/// The switch that leaves the network alone.
pub(crate) fn offline_arg() -> Arg {
    switch("offline").help("Fetches nothing: templates and catalogs are taken as they were fetched before")
}

/// The folder of the project that a command is about.
pub(crate) fn folder_arg() -> Arg {
    Arg::new("DIR")
        .value_parser(value_parser!(PathBuf))
        .default_value(".")
        .help("The folder of the project, with `.launchway` in it")
}

/// Reads the folder of the project.
pub(crate) fn folder(matches: &ArgMatches) -> PathBuf {
    matches.get_one::<PathBuf>("DIR").cloned().unwrap_or_default()
}

/// The switch that takes a tag as it is now.
pub(crate) fn accept_moved_arg() -> Arg {
    switch("accept-moved").help("Takes a tag that is another commit than before, which is refused otherwise")
}

/// Reads how templates are to be fetched, where a command has both switches.
pub(crate) fn source_options(matches: &ArgMatches) -> Options {
    Options { offline: matches.get_flag("offline"), accept_moved: matches.get_flag("accept-moved") }
}

fn new_command(template: Option<&Template>) -> Command {
    let command = Command::new("new")
        .about("Makes a new project: asks, shows what it will write, writes it")
        .after_help(NEW_AFTER_HELP)
        .arg(Arg::new("NAME").help("The name of the project, and of the folder it is written to"))
        .arg(Arg::new("template").long("template").value_name("TEMPLATE").default_value("service").help(
            "A built-in template, a folder (with a slash), a git repository (URL//folder@tag), or CATALOG:TEMPLATE",
        ))
        .arg(
            Arg::new("dest")
                .long("dest")
                .value_name("FOLDER")
                .value_parser(value_parser!(PathBuf))
                .help("The folder to make, instead of one named after the project"),
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
        .arg(switch("dry-run").help("Shows the files that would be written, with their sizes, and writes nothing"))
        .arg(switch("diff").requires("dry-run").help("Shows the contents too, as a diff"))
        .arg(switch("no-git").help("Leaves out `git init` and the first commit"))
        .arg(
            switch("resume")
                .conflicts_with("no-input")
                .help("Goes on with the answers that were saved, or interrupted, in this folder"),
        )
        .arg(offline_arg())
        .arg(accept_moved_arg())
        .arg(output_arg());
    let arg = |template: &'_ Template| -> Vec<Arg> {
        template.questions.iter().map(|question| question_arg(question, template)).collect()
    };
    command.args(template.map(arg).unwrap_or_default())
}

fn question_arg(question: &Question, template: &Template) -> Arg {
    let arg = Arg::new(question.id.clone())
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

fn help(question: &Question, template: &Template) -> String {
    let end = if question.prompt.ends_with(['?', '.']) { "" } else { "." };
    let policies: Vec<String> = template.policies(&question.id).map(policy).collect();
    let is_decided = template.policies(&question.id).any(|(it, when)| it.decided().is_some() && when.is_none());
    let default = question.fixed_default().filter(|_| !is_decided);
    let default = default.map_or_else(String::new, |default| format!(" [default: {default}]"));
    format!("{}{end} {}{default}{}", question.prompt, question.help, policies.concat())
}

/// Says what the team has decided about a question.
fn policy((policy, when): (&Policy, Option<&str>)) -> String {
    let when = when.map_or_else(String::new, |when| format!(" when {when}"));
    let because = policy.because.as_ref().map_or_else(String::new, |because| format!(": {because}"));
    format!(" [{}{when}, decided by {}{because}]", policy.summary(), policy.by)
}

pub(crate) fn switch(name: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue)
}

pub(crate) fn output_arg() -> Arg {
    Arg::new("output")
        .long("output")
        .value_name("FORMAT")
        .value_parser(["text", "json"])
        .default_value("text")
        .help("What stdout carries: text, or one JSON object")
}

/// Reads how results are to be written.
pub(crate) fn output(matches: &ArgMatches) -> Output {
    match matches.get_one::<String>("output").map(String::as_str) {
        Some("json") => Output::Json,
        _ => Output::Text,
    }
}

/// Reads the arguments of `new`, whose template is there already.
///
/// # Errors
/// Two of them exclude each other.
pub(crate) fn new_args(matches: &ArgMatches, chosen: &Chosen) -> Result<NewArgs, Failure> {
    if matches.get_flag("diff") && output(matches) == Output::Json {
        return Err(Failure::new(Exit::Usage, "`--diff` is text, and `--output json` is not")
            .hint("leave out one of them; the JSON lists every file with its digest"));
    }
    Ok(NewArgs {
        template: chosen.shown.clone(),
        catalog: chosen.policy.as_ref().map(CatalogPolicy::origin),
        dest: matches.get_one::<PathBuf>("dest").cloned(),
        answers_files: matches.get_many::<PathBuf>("answers").into_iter().flatten().cloned().collect(),
        defaults: matches.get_flag("defaults"),
        no_input: matches.get_flag("no-input"),
        dry_run: matches.get_flag("dry-run"),
        diff: matches.get_flag("diff"),
        no_git: matches.get_flag("no-git"),
        resume: matches.get_flag("resume"),
        output: output(matches),
    })
}

/// Reads the answers that stand on the command line and in the environment.
///
/// # Errors
/// The answers that cannot be read as what their question needs.
pub(crate) fn answers(matches: &ArgMatches, template: &Template) -> Result<Answers, Vec<AnswerProblem>> {
    let mut answers = Answers::default();
    let mut problems = Vec::new();
    for question in &template.questions {
        let positional = matches.get_one::<String>("NAME").filter(|_| question.id == template.name_question);
        let flag = matches.get_one::<String>(&question.id);
        let is_environment = matches.value_source(&question.id) == Some(ValueSource::EnvVariable);
        if let (Some(name), Some(flag)) = (positional, flag.filter(|_| !is_environment))
            && name != flag
        {
            problems.push(question.problem(format!("the name is given twice, as `{name}` and as `{flag}`")));
            continue;
        }
        let Some(text) = positional.or(flag) else { continue };
        let provenance =
            if positional.is_none() && is_environment { Provenance::Environment } else { Provenance::Flag };
        // A secret is read from the environment alone.
        let read = if provenance == Provenance::Flag { question.read_open(text) } else { question.read(text) };
        match read {
            Ok(value) => answers.set(&question.id, value, provenance),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(answers) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Named> {
        named(&line.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn the_flag_of_a_question_is_never_one_of_the_program() {
        let taken: Vec<String> = launchway_core::template::taken_flags().collect();
        let command = command(None);
        let new = command.find_subcommand("new").unwrap();
        for flag in command.get_arguments().chain(new.get_arguments()).filter_map(clap::Arg::get_long) {
            assert!(taken.iter().any(|it| it == flag), "`{flag}` is missing in template/flags.rs of the core");
        }
    }

    #[test]
    fn the_template_is_found_before_its_flags_are_known() {
        let template = |line: &str| read(line).and_then(|named| named.template);
        assert_eq!(template("launchway new orders --template ./x --unknown y"), Some("./x".to_owned()));
        assert_eq!(template("launchway new --template=a:b --no-git"), Some("a:b".to_owned()));
        assert_eq!(template("launchway new orders -- --template x"), None);
        assert_eq!(read("launchway template new --template x"), None);
        assert_eq!(read("launchway check new"), None);
        assert_eq!(read("launchway"), None);
        assert_eq!(template("launchway --lang ko --lang=en new --template x"), Some("x".to_owned()));
        let all = read("launchway new --offline --accept-moved --no-input").unwrap();
        assert_eq!(all, Named { template: None, offline: true, accept_moved: true, may_ask: false });
    }
}
