//! `launchway advise`: helps to choose between Amazon ECS and Kubernetes, between one place and several, and a strategy.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, ValueEnum};
use launchway_core::advice::{self, Advice, Question, Topic};
use launchway_core::{Project, Value};

use crate::advise::{self, record, text};
use crate::failure::{Exit, Failure};
use crate::prompt::{self, Reply};
use crate::repository::begin::begin;
use crate::{language, projects, report, terminal};

const AFTER_HELP: &str = "\
Each topic has six questions, and every answer has a flag. The same answers always get the same \
advice, by rules that `docs/ecs-or-kubernetes.md` lists. Launchway asks nothing without a terminal.";

/// The widest that text is rendered.
const MAX_WIDTH: usize = 100;

/// What is given to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AdviceOutput {
    Text,
    Json,
    Markdown,
}

/// The options of `launchway advise`, whatever it is about.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
struct AdviseOptions {
    /// What stdout carries: text, one JSON object, or the record of a decision in Markdown
    #[arg(long, value_name = "FORMAT", default_value = "text", global = true)]
    output: AdviceOutput,
    /// Writes the record into the docs of the project at DIR, here by default: docs/decisions/TOPIC.md
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true, default_missing_value = ".", global = true)]
    record: Option<PathBuf>,
    /// Never asks; a question without an answer is an error
    #[arg(long, global = true)]
    no_input: bool,
}

/// The arguments of `launchway advise`. The topics are data, and so are their flags.
pub(super) struct AdviseArgs {
    options: AdviseOptions,
    /// The topic, with what its flags say.
    topic: Option<(String, ArgMatches)>,
}

impl Args for AdviseArgs {
    fn augment_args(command: Command) -> Command {
        // The topics are read only if it is about them. What is deferred is not there yet when the help is translated.
        let with_topics = |command: Command| {
            let topics = advice::topics().map(topic_command).map(language::help::translate);
            language::help::list_late(command.subcommands(topics))
        };
        AdviseOptions::augment_args(command).defer(with_topics)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for AdviseArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let topic = matches.subcommand().map(|(topic, matches)| (topic.to_owned(), matches.clone()));
        Ok(Self { options: AdviseOptions::from_arg_matches(matches)?, topic })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn topic_command(topic: &'static Topic) -> Command {
    Command::new(topic.id.as_str()).about(language::translated(&topic.title)).args(topic.questions.iter().map(flag))
}

fn flag(question: &'static Question) -> Arg {
    let value = |choice: &'static advice::Choice| {
        PossibleValue::new(choice.value.as_str()).help(language::translated(&choice.label))
    };
    let values: Vec<PossibleValue> = question.choices.iter().map(value).collect();
    Arg::new(question.id.as_str())
        .long(question.id.replace('_', "-"))
        .value_name("ANSWER")
        .value_parser(values)
        .help_heading("Questions")
        .help(format!("{} {}", language::translated(&question.prompt), language::translated(&question.help)))
}

/// Runs the command.
pub(super) fn run(args: &AdviseArgs) -> Result<(), Failure> {
    let AdviseArgs { options, topic } = args;
    let may_ask = terminal::is_interactive() && !options.no_input;
    let found = options.record.as_ref().map(|folder| projects::find(folder, "launchway advise TOPIC --record=DIR"));
    let folder = found.transpose()?.map(|found| found.folder);
    let _lock = folder.as_ref().map(|folder| begin(folder)).transpose()?;
    let all = folder.as_ref().map(|folder| projects::open(folder)).transpose()?;
    let project = all.and_then(|all| projects::meant(all).into_iter().next());
    let known = |id: &str| match project.as_ref()?.answers.get(id)? {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    };
    let advice = match topic {
        Some((id, flags)) => match advice::topic(id) {
            Some(topic) => given_or_asked(topic, flags, &known, may_ask)?,
            None => return Err(no_topic()),
        },
        None if may_ask => ask_for_topic(&known)?,
        None => return Err(no_topic()),
    };
    let below = project.as_ref().and_then(Project::folder);
    let recorded = folder.map(|folder| record::write(&advice, &folder, below)).transpose()?;
    show(&advice, options.output, recorded.as_deref())
}

/// Takes the answers of the flags, and asks for the others.
fn given_or_asked(
    topic: &'static Topic,
    flags: &ArgMatches,
    known: advise::Known<'_>,
    may_ask: bool,
) -> Result<Advice, Failure> {
    let answer = |question: &Question| question.position(flags.get_one::<String>(&question.id)?);
    let mut given: Vec<Option<usize>> = topic.questions.iter().map(answer).collect();
    advise::decide(topic, &mut given, known);
    if given.iter().any(Option::is_none) && !may_ask {
        return Err(missing(topic, &given));
    }
    let reply = advise::ask_open(&mut *prompt::prompter(), topic, given, known)?;
    match reply {
        Reply::Answer(advice) => Ok(advice),
        Reply::Back => Err(Failure::new(Exit::Refused, "no advice was given, as you asked")),
    }
}

/// Asks what is to be decided, and then about it.
fn ask_for_topic(known: advise::Known<'_>) -> Result<Advice, Failure> {
    let mut prompter = prompt::prompter();
    let topics: Vec<&Topic> = advice::topics().collect();
    let items: Vec<String> = topics.iter().map(|topic| language::translated(&topic.title).to_owned()).collect();
    let mut before = 0;
    loop {
        match prompter.select(language::text("What do you want to decide?"), &items, before)? {
            Reply::Back => return Err(Failure::new(Exit::Refused, "no advice was given, as you asked")),
            Reply::Answer(position) => before = position,
        }
        prompter.accept();
        if let Reply::Answer(advice) = advise::ask(&mut *prompter, topics[before], known)? {
            return Ok(advice);
        }
    }
}

fn no_topic() -> Failure {
    let failure =
        Failure::new(Exit::Usage, "there is nothing to advise on: no topic is named, and there is nobody to ask");
    let failure = advice::topics().fold(failure, |failure, topic| {
        failure.hint(format!("`launchway advise {}`: {}", topic.id, language::translated(&topic.title)))
    });
    failure.hint("each with `--help` lists its flags")
}

/// Names every flag that is missing, and a line that has them all.
fn missing(topic: &Topic, given: &[Option<usize>]) -> Failure {
    let open =
        || topic.questions.iter().zip(given).filter(|(_, answer)| answer.is_none()).map(|(question, _)| question);
    let flags: Vec<String> = open().map(Question::flag).collect();
    let mut failure = Failure::new(Exit::Usage, format!("there is no answer for {}", flags.join(", ")));
    for question in open() {
        let values: Vec<&str> = question.choices.iter().map(|choice| choice.value.as_str()).collect();
        let prompt = language::translated(&question.prompt);
        failure = failure.hint(format!("{} {}: {prompt}", question.flag(), values.join("|")));
    }
    let mut line = format!("launchway advise {}", topic.id);
    for (question, answer) in topic.questions.iter().zip(given) {
        let _ = write!(line, " {}={}", question.flag(), question.choices[answer.unwrap_or(0)].value);
    }
    failure.hint(format!("for example `{line}`"))
}

/// Writes the advice to stdout, and what follows from it to stderr.
fn show(advice: &Advice, output: AdviceOutput, recorded: Option<&str>) -> Result<(), Failure> {
    match output {
        AdviceOutput::Json => return terminal::print(&report::json(&advice.to_json(recorded))),
        AdviceOutput::Markdown => terminal::print(&record::to_markdown(advice))?,
        AdviceOutput::Text => terminal::print(&text::render(advice, width()))?,
    }
    terminal::say(&next(advice, recorded));
    Ok(())
}

/// Says what to run next.
fn next(advice: &Advice, recorded: Option<&str>) -> String {
    let mut said = String::new();
    if let Some(path) = recorded {
        let _ = writeln!(said, "\n{}", language::filled("wrote `{path}`; commit it", &[("path", &path)]));
    }
    let command = if recorded.is_some() { text::update_command(advice) } else { advice.command() };
    let _ = writeln!(said, "\n{}", language::text("Next steps"));
    let _ = writeln!(said, "  {command}\n  {}", text::explain_command(advice));
    said
}

fn width() -> usize {
    usize::from(console::Term::stdout().size().1).clamp(20, MAX_WIDTH)
}
