//! `launchway completions`: what a shell needs to complete the command line, and the answer when it asks.

mod project;

use std::ffi::{OsStr, OsString};

use clap::builder::PossibleValuesParser;
use clap::{Args, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _};
use clap_complete::env::{CompleteEnv, Shells};
use launchway_core::template::{Kind, builtin_ids};
use launchway_core::{SourceSpec, Template};

use self::project::{Completes, completer};
use super::early::{self, NamedProject};
use crate::failure::{Exit, Failure};
use crate::git::FetchOptions;
use crate::sources;
use crate::{catalogs, terminal};

/// The variable by which a shell's script asks for completions.
const VARIABLE: &str = "COMPLETE";

const SHELLS: [&str; 4] = ["bash", "zsh", "fish", "powershell"];

const AFTER_HELP: &str = "\
bash: source <(launchway completions bash); zsh: source <(launchway completions zsh); fish: launchway completions fish | source; \
PowerShell: launchway completions powershell | Out-String | Invoke-Expression. Put the line into the shell's start-up file. \
The script asks launchway itself for every completion, so that flags and choices are those of the template on the line.";

/// The arguments of `launchway completions`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL", value_parser = SHELLS)]
    shell: String,
}

/// Runs the command.
pub(super) fn run(args: &CompletionsArgs) -> Result<(), Failure> {
    let shell = args.shell.as_str();
    // These two take a word apart at `=` and `:`, and put a space behind what is not whole.
    match shell {
        "bash" => return terminal::print(include_str!("completions/launchway.bash")),
        "zsh" => return terminal::print(include_str!("completions/launchway.zsh")),
        _ => {}
    }
    let shells = Shells::builtins();
    let completer = shells.completer(shell).ok_or_else(|| Failure::new(Exit::Usage, format!("no shell `{shell}`")))?;
    let mut script = Vec::new();
    completer.write_registration(VARIABLE, "launchway", "launchway", "launchway", &mut script).map_err(|error| {
        Failure::new(Exit::Internal, format!("the script could not be made: {error}")).caused_by(error)
    })?;
    terminal::print(&String::from_utf8_lossy(&script))
}

/// Answers a shell that asks; tells whether one did.
pub(crate) fn answer(arguments: &[OsString]) -> Result<bool, Failure> {
    if std::env::var_os(VARIABLE).is_none() {
        return Ok(false);
    }
    // The script puts the line that is being typed after two dashes.
    let typed = arguments.iter().skip_while(|argument| *argument != "--").skip(1).cloned().collect::<Vec<_>>();
    let folder = std::env::current_dir().ok();
    CompleteEnv::with_factory(|| definition(&typed))
        .try_complete(arguments.iter().cloned(), folder.as_deref())
        .map_err(|error| Failure::new(Exit::Usage, error.to_string()))
}

/// The command line with the values that can be completed.
fn definition(typed: &[OsString]) -> Command {
    let early = early::read(typed);
    let template = early.new.map(|named| template(named.template.as_deref()));
    let command = super::command(template.as_ref().and_then(Option::as_ref));
    let with_values = |command: Command| match &template {
        Some(Some(template)) => with_choices(command, template),
        _ => command,
    };
    let command = command.mut_subcommand("new", |new| {
        with_values(new).mut_arg("template", |arg| arg.add(ArgValueCompleter::new(templates)))
    });
    let shown = early.shown.and_then(|named| self::template(Some(&named)));
    let names: Vec<String> = shown.iter().flat_map(Template::names).map(str::to_owned).collect();
    let command = with_projects(command, &early.project);
    command.mut_subcommand("template", |of_authors| {
        of_authors.mut_subcommand("show", |show| {
            show.mut_arg("value", |arg| arg.add(ArgValueCompleter::new(move |typed: &OsStr| among(&names, typed))))
        })
    })
}

/// Completes what a project, or its template, knows.
fn with_projects(command: Command, project: &NamedProject) -> Command {
    let with = |command: Command, args: &[(&'static str, Completes)]| {
        args.iter().fold(command, |command, (id, what)| {
            command.mut_arg(*id, |arg| arg.add(ArgValueCompleter::new(completer(*what, project))))
        })
    };
    let (set, service) = (("set", Completes::Answers), ("service", Completes::Services));
    let (heal, keep) = (("heal", Completes::Files), ("keep", Completes::Files));
    command
        .mut_subcommand("update", |it| with(it, &[set, service, heal, keep, ("to", Completes::Versions)]))
        .mut_subcommand("adopt", |it| with(it, &[set]))
        .mut_subcommand("why", |it| with(it, &[service, ("path", Completes::Files)]))
        .mut_subcommand("waive", |it| with(it, &[service]))
        .mut_subcommand("add", |add| {
            add.mut_subcommand("service", |it| with(it, &[set, ("from", Completes::Services)]))
        })
}

fn among(names: &[String], typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    names.iter().filter(|name| name.starts_with(&*typed)).map(CompletionCandidate::new).collect()
}

/// Loads the template on the line, as far as that needs no network; what cannot be loaded completes no answers.
fn template(name: Option<&str>) -> Option<Template> {
    let spec: SourceSpec = name.unwrap_or("service").parse().ok()?;
    let mut template = sources::load(&spec, &FetchOptions { offline: true, ..FetchOptions::default() }).ok()?.template;
    sources::translate(&mut template).ok()?;
    Some(template)
}

fn with_choices(command: Command, template: &Template) -> Command {
    template.questions.iter().fold(command, |command, question| {
        let choices = question.all_choices();
        let values: Vec<String> = match &question.kind {
            Kind::Bool => vec!["true".to_owned(), "false".to_owned()],
            _ => choices.map(|choice| choice.value.clone()).collect(),
        };
        if values.is_empty() {
            return command;
        }
        command.mut_arg(super::new::arg_id(question), |arg| arg.value_parser(PossibleValuesParser::new(values)))
    })
}

/// Completes the name of a template: the built-in ones, those of the catalogs, and folders.
fn templates(current: &OsStr) -> Vec<CompletionCandidate> {
    let typed = current.to_string_lossy();
    let offers = catalogs::offers(&FetchOptions { offline: true, ..FetchOptions::default() }).unwrap_or_default();
    let named = builtin_ids().into_iter().map(str::to_owned).chain(offers.iter().map(|offer| offer.spec.to_string()));
    let named = named.filter(|name| name.starts_with(&*typed)).map(CompletionCandidate::new);
    let folders = PathCompleter::dir().complete(current);
    named.chain(folders.into_iter().filter(|_| typed.contains('/') || typed.starts_with('.'))).collect()
}
