//! `launchway new`: from answers to a project.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use launchway_core::template::{Kind, Question};
use launchway_core::{Answers, Changes, Context, Defaults, Interview, Plan, Provenance, SourceSpec, Template, apply};

use crate::args::{self, Named, NewArgs, Output};
use crate::catalogs::CatalogPolicy;
use crate::failure::{Exit, Failure};
use crate::git::{self, Committed};
use crate::report::Report;
use crate::sources::{self, Loaded, Options};
use crate::wizard::draft::Draft;
use crate::wizard::{self, Decision};
use crate::{answers_file, interrupt, language, progress, review, terminal};

/// The template that a project is to be made from.
pub(crate) struct Chosen {
    pub(crate) template: Template,
    /// What the catalog says that named it.
    pub(crate) policy: Option<CatalogPolicy>,
    /// Its name, without credentials and with the version that was found.
    pub(crate) shown: String,
}

/// Loads the template that the command line names, or the user chooses, or the built-in one.
pub(crate) fn choose(named: &Named) -> Result<Chosen, Failure> {
    let spec = match &named.template {
        Some(template) => template.parse()?,
        None if named.may_ask && terminal::is_interactive() => wizard::choose_template()?,
        None => SourceSpec::Builtin { id: "service".to_owned(), requirement: None },
    };
    let options = Options { offline: named.offline, accept_moved: named.accept_moved };
    let Loaded { mut template, policy } = sources::load(&spec, &options)?;
    sources::translate(&mut template)?;
    let shown = match sources::pinned(&spec, &template) {
        SourceSpec::Builtin { id, requirement: None } => id,
        spec => spec.to_string(),
    };
    Ok(Chosen { template, policy, shown })
}

pub(crate) fn run(matches: &ArgMatches, chosen: &Chosen) -> Result<(), Failure> {
    let args = args::new_args(matches, chosen)?;
    let template = &chosen.template;
    let mut answers = args::answers(matches, template)?;
    chosen.policy.iter().for_each(|policy| policy.apply(&mut answers));
    for path in &args.answers_files {
        answers_file::add(path, template, &mut answers)?;
    }
    let may_ask = terminal::is_interactive() && !args.no_input;
    if args.resume && !may_ask {
        return Err(Failure::new(Exit::Usage, "`--resume` goes on asking, and there is no terminal to ask in")
            .hint("without a terminal every answer is given by a flag or an answers file"));
    }
    let (prepared, mut draft) = if may_ask {
        match wizard::run(template, answers, &args)? {
            Decision::Write(prepared, draft) => (*prepared, Some(draft)),
            Decision::Save(draft) => {
                say_saved(&draft);
                return Ok(());
            }
            Decision::Leave => return Err(wizard::left()),
        }
    } else {
        (Prepared::new(template, &answers, &args)?, None)
    };
    for warning in &prepared.warnings {
        terminal::say(&format!("warning: {}\n", terminal::visible(warning)));
    }
    // The program ends with this: what was made is not taken apart piece by piece before.
    finish(template, &std::mem::ManuallyDrop::new(prepared), &args, draft.as_mut())
}

/// Says that nothing is written, and how to go on.
fn say_saved(draft: &Draft) {
    interrupt::set_farewell(None);
    let command = draft.command().unwrap_or_default();
    let text = language::filled("The answers are saved. Go on with `{command}`.", &[("command", &command)]);
    terminal::say(&format!("{}\n", terminal::visible(&text)));
}

/// A project that is rendered and checked, and not yet written.
pub(crate) struct Prepared {
    pub(crate) context: Context,
    pub(crate) plan: Plan,
    pub(crate) changes: Changes,
    /// The command line that makes the same project again.
    pub(crate) command: String,
    pub(crate) warnings: Vec<String>,
    /// The answers that were not the user's to give.
    pub(crate) decided: Vec<Decided>,
}

/// An answer that the team decided.
pub(crate) struct Decided {
    pub(crate) question: String,
    pub(crate) by: String,
    pub(crate) because: Option<String>,
}

/// Lists the answers that the team decided.
fn decided(interview: &Interview<'_>) -> Vec<Decided> {
    let decided = interview.accepted.iter().filter_map(|accepted| match &accepted.provenance {
        Provenance::Policy(by) => {
            Some(Decided { question: accepted.question.id.clone(), by: by.clone(), because: accepted.because.clone() })
        }
        _ => None,
    });
    decided.collect()
}

impl Prepared {
    /// Prepares a project from answers alone, without asking.
    pub(crate) fn new(template: &Template, answers: &Answers, args: &NewArgs) -> Result<Self, Failure> {
        let interview = Interview::new(template, answers, Defaults::All)?;
        Self::from_interview(template, &interview, args)
    }

    pub(crate) fn from_interview(
        template: &Template,
        interview: &Interview<'_>,
        args: &NewArgs,
    ) -> Result<Self, Failure> {
        if !interview.problems.is_empty() {
            return Err(interview.problems.clone().into());
        }
        let command = review::command(template, interview, args);
        let Some(mut context) = interview.context()? else {
            return Err(missing(interview, &command));
        };
        context.catalog.clone_from(&args.catalog);
        let warnings = unused_answers(interview)?;
        let destination = destination(args, &context.name);
        let plan = progress::during(language::text("rendering the files"), || Plan::new(template, &context))?;
        let changes = Changes::to_create(template, &context, &plan, &destination)?;
        Ok(Self { context, plan, changes, command, warnings, decided: decided(interview) })
    }
}

/// Returns the folder to make: the one that was asked for, or one of the project's name.
pub(crate) fn destination(args: &NewArgs, name: &str) -> PathBuf {
    args.dest.clone().unwrap_or_else(|| PathBuf::from(name))
}

/// Names every flag that is missing, and a line that has them all.
fn missing(interview: &Interview<'_>, command: &str) -> Failure {
    let all = || interview.open.iter().map(|(question, _)| *question);
    let needs_all = all().all(Question::has_default);
    // A default that waits for another answer comes by itself once that is given.
    let questions = || all().filter(|question| needs_all || !question.has_default());
    let flags: Vec<String> = questions().map(Question::flag).collect();
    let mut line = command.to_owned();
    for question in questions() {
        let value = question.example().unwrap_or_else(|| "VALUE".to_owned());
        let _ = write!(line, " {}={value}", question.flag());
    }
    let mut failure = Failure::new(Exit::Usage, format!("there is no answer for {}", flags.join(", ")));
    for question in questions() {
        failure = failure.hint(match question.kind {
            Kind::Secret { .. } => format!("{} in the environment: {}", question.variable(), question.prompt),
            _ => format!("{} {}: {}", question.flag(), question.placeholder(), question.prompt),
        });
    }
    failure.hint(format!("for example `{line}`"))
}

/// An answer that no question takes is an error on the command line, where it was meant for this project alone.
fn unused_answers(interview: &Interview<'_>) -> Result<Vec<String>, Failure> {
    let mut warnings = Vec::new();
    for (id, provenance) in &interview.unused {
        let message = format!("`{id}` has no effect: with the other answers it is not asked");
        match provenance {
            Provenance::Flag => {
                let flag = interview.template().question(id).map_or_else(|| format!("--{id}"), Question::flag);
                let hint = format!("leave out `{flag}`, or change the answers that it depends on");
                return Err(Failure::new(Exit::Usage, message).hint(hint));
            }
            Provenance::Prompt
            | Provenance::Default
            | Provenance::Preset(_)
            | Provenance::Policy(_)
            | Provenance::Record => {}
            Provenance::Environment | Provenance::File(_) => warnings.push(format!("{message} ({provenance})")),
        }
    }
    Ok(warnings)
}

fn finish(template: &Template, prepared: &Prepared, args: &NewArgs, draft: Option<&mut Draft>) -> Result<(), Failure> {
    if args.dry_run {
        return show(template, prepared, args, None);
    }
    interrupt::uninterrupted(|| {
        apply(&prepared.changes)?;
        // An interruption after this says nothing of a draft.
        draft.into_iter().for_each(wizard::written);
        Ok::<(), Failure>(())
    })?;
    let destination = &prepared.changes.destination;
    let files = prepared.changes.creates.len();
    let shown = terminal::visible_line(&destination.display().to_string());
    let created = language::filled("created `{path}` with {files} files", &[("path", &shown), ("files", &files)]);
    terminal::say(&format!("{created}\n"));
    let committed = if args.no_git { Committed::Skipped("--no-git".to_owned()) } else { commit(destination) };
    terminal::say(&review::next_steps(prepared));
    show(template, prepared, args, Some(&committed))
}

fn commit(destination: &Path) -> Committed {
    let committed = git::first_commit(destination);
    let said = match &committed {
        Committed::Yes(commit) => {
            language::filled(
                "git: initialised a repository and committed the project as {commit}",
                &[("commit", commit)],
            ) + "\n"
        }
        Committed::Skipped(reason) => language::filled("git: skipped, {reason}", &[("reason", reason)]) + "\n",
        Committed::Failed(reason) => {
            format!("warning: git could not commit the project, which is written all the same\n  hint: {reason}\n")
        }
    };
    terminal::say(&terminal::visible(&said));
    committed
}

/// Writes the result to stdout.
fn show(
    template: &Template,
    prepared: &Prepared,
    args: &NewArgs,
    committed: Option<&Committed>,
) -> Result<(), Failure> {
    let text = match args.output {
        Output::Json => Report::new(template, prepared, committed).to_json(),
        Output::Text if args.diff => review::diff(&prepared.changes),
        Output::Text if args.dry_run => review::tree(&prepared.changes),
        Output::Text => format!("{}\n", terminal::visible_line(&prepared.changes.destination.display().to_string())),
    };
    if args.diff && args.output == Output::Text {
        for path in review::binary_files(&prepared.changes) {
            terminal::say(&format!("left out of the diff: `{path}`, it is not text\n"));
        }
    }
    terminal::print(&text)
}
