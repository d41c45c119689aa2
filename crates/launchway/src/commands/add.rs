//! `launchway add service`: a second service in the workspace of a project.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use launchway_core::{Addition, Answers, Context, Defaults, Edit, Lock, Plan, Project, Provenance, Template, edit};

use crate::add_report;
use crate::args::{self, Output};
use crate::failure::{Exit, Failure};
use crate::git::Git;
use crate::sources::{self, Options};
use crate::update::answers;
use crate::update::index::Index;
use crate::update::repository::{Repository, not_run};
use crate::{answers_file, interrupt, terminal};

const AFTER_HELP: &str = "\
The service gets files of its own, a crate in the Cargo workspace and a record beside the first one's; of the files that \
are there, Cargo.toml and Cargo.lock alone are changed, and only where they have to be. Its answers are those of the \
service that is there, apart from what each has for itself. Nothing is committed, and the command that takes everything \
back is printed.";

/// The arguments of `launchway add service`.
pub(crate) struct AddArgs {
    name: String,
    pub(crate) folder: PathBuf,
    from: Option<String>,
    template: Option<String>,
    set: Vec<String>,
    answers_files: Vec<PathBuf>,
    asks: Asks,
    sources: Options,
    allow_dirty: bool,
    pub(crate) dry_run: bool,
    pub(crate) output: Output,
}

/// What becomes of a question that the other service does not answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// It is asked, where there is a terminal.
    Questions,
    /// Its default is taken, and it is asked if it has none.
    QuestionsWithoutDefault,
    /// Its default is taken, and it is an error if it has none.
    Nothing,
}

/// Defines the command line.
pub(crate) fn define() -> Command {
    Command::new("add")
        .about("Adds a service to the workspace of a project")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(define_service())
}

fn define_service() -> Command {
    let value = |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    let file = |name, form| value(name, form).value_parser(value_parser!(PathBuf));
    Command::new("service")
        .about("Adds a service to the workspace of a project")
        .after_help(AFTER_HELP)
        .arg(Arg::new("NAME").required(true).help("The name of the new service"))
        .arg(file("dir", "DIR").default_value(".").help("The folder of the project, with `.launchway` in it"))
        .arg(value("from", "SERVICE").help("Whose answers are taken, where the project has more than one service"))
        .arg(value("template", "TEMPLATE").help("The source of the template; a project made from a folder needs it"))
        .arg(
            value("set", "KEY=VALUE")
                .action(ArgAction::Append)
                .help("Gives an answer of its own: `--set port=8081`; may be given more than once"),
        )
        .arg(
            file("answers", "FILE")
                .action(ArgAction::Append)
                .help("Takes answers of its own from a TOML, YAML or JSON file, or from standard input for `-`"),
        )
        .arg(args::switch("defaults").help("Takes the default of every question that is open, without asking"))
        .arg(args::switch("no-input").help("Never asks; a question without an answer or a default is an error"))
        .arg(
            args::switch("allow-dirty").help("Changes Cargo's files although they have changes that are not committed"),
        )
        .arg(args::switch("dry-run").help("Shows what would be written, and writes nothing"))
        .arg(args::offline_arg())
        .arg(args::accept_moved_arg())
        .arg(args::output_arg())
}

fn read_args(matches: &ArgMatches) -> AddArgs {
    let texts = |name: &str| matches.get_many::<String>(name).into_iter().flatten().cloned().collect();
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    AddArgs {
        name: text("NAME").unwrap_or_default(),
        folder: matches.get_one::<PathBuf>("dir").cloned().unwrap_or_default(),
        from: text("from"),
        template: text("template"),
        set: texts("set"),
        answers_files: matches.get_many::<PathBuf>("answers").into_iter().flatten().cloned().collect(),
        asks: match (terminal::is_interactive() && !matches.get_flag("no-input"), matches.get_flag("defaults")) {
            (false, _) => Asks::Nothing,
            (true, true) => Asks::QuestionsWithoutDefault,
            (true, false) => Asks::Questions,
        },
        sources: args::source_options(matches),
        allow_dirty: matches.get_flag("allow-dirty"),
        dry_run: matches.get_flag("dry-run"),
        output: args::output(matches),
    }
}

/// A service that is computed, and not yet written.
pub(crate) struct Prepared {
    /// The service whose answers were taken.
    pub(crate) from: String,
    pub(crate) template: Template,
    pub(crate) context: Context,
    pub(crate) plan: Plan,
    pub(crate) addition: Addition,
}

/// Runs the command.
pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let Some(("service", matches)) = matches.subcommand() else {
        return Err(Failure::new(Exit::Usage, "there is nothing of that kind to add"));
    };
    let args = read_args(matches);
    let projects = Project::open_all(&args.folder)?;
    if projects.iter().any(|project| project.name == args.name) {
        return Err(Failure::new(Exit::Exists, format!("the project has a service `{}` already", args.name))
            .hint(format!("choose another name, or change that one: `launchway update --service {}`", args.name)));
    }
    let from = whose_answers(projects, args.from.as_deref())?;
    let _lock = if args.dry_run { None } else { Some(Lock::take(&args.folder)?) };
    let prepared = prepare(from, &args)?;
    let way_back = if args.dry_run { None } else { Some(write(&prepared, &args)?) };
    add_report::show(&prepared, &args, way_back.as_deref())
}

/// Picks the service whose answers are taken: the one that is named, or the only one that was not added itself.
fn whose_answers(projects: Vec<Project>, wanted: Option<&str>) -> Result<Project, Failure> {
    let names: Vec<String> = projects.iter().map(|project| format!("`{}`", project.name)).collect();
    let is_meant = |project: &Project| wanted.map_or(project.added.is_empty(), |name| project.name == name);
    let mut found: Vec<Project> = projects.into_iter().filter(is_meant).collect();
    match (found.len(), found.pop()) {
        (1, Some(project)) => Ok(project),
        (0, _) if wanted.is_some() => {
            let message = format!("the project has no service `{}`", wanted.unwrap_or_default());
            Err(Failure::new(Exit::Usage, message).hint(format!("it has {}", names.join(", "))))
        }
        _ => Err(Failure::new(Exit::Usage, format!("the project has more than one service: {}", names.join(", ")))
            .hint("say whose answers to take: `--from SERVICE`")),
    }
}

/// Computes what is written: what a preview shows is the same.
fn prepare(from: Project, args: &AddArgs) -> Result<Prepared, Failure> {
    let template = load(&from, args)?;
    if !template.can_be_added() {
        return Err(launchway_core::AddError::NotForAdding(template.id).into());
    }
    let mut notes = Vec::new();
    let context = gather(&template, &from, args, &mut notes)?;
    let plan = Plan::new(&template, &context)?;
    let mut addition = Addition::new(&template, &context, &plan, &args.folder)?;
    notes.append(&mut addition.notes);
    addition.notes = notes;
    Ok(Prepared { from: from.name, template, context, plan, addition })
}

fn load(from: &Project, args: &AddArgs) -> Result<Template, Failure> {
    let mut template = sources::of_project(&from.template, None, args.template.as_deref(), &args.sources)?.template;
    sources::translate(&mut template)?;
    Ok(template)
}

/// Finds an answer to every question: given ones first, then those of the service that is there.
fn gather(template: &Template, from: &Project, args: &AddArgs, notes: &mut Vec<String>) -> Result<Context, Failure> {
    let mut answers = Answers::default();
    answers.join(template.added_to(&args.folder));
    answers::set(template, &args.set, &mut answers)?;
    for path in &args.answers_files {
        answers_file::add(path, template, &mut answers)?;
    }
    if let Some(question) = template.question(&template.name_question) {
        answers.set(&question.id, question.read(&args.name)?, Provenance::Flag);
    }
    let migrated = template.migrate_from(&from.template.versions(), from.answers.clone())?;
    for (id, value) in migrated.answers {
        if template.question(&id).is_some() && !template.is_own_answer(&id) {
            answers.set_if_open(&id, value, Provenance::Record);
        }
    }
    let defaults = if args.asks == Asks::Questions { Defaults::Advanced } else { Defaults::All };
    answers::ask(template, &mut answers, defaults, args.asks != Asks::Nothing, notes)
}

/// Writes the files and tells git; returns the command that takes everything back.
fn write(prepared: &Prepared, args: &AddArgs) -> Result<String, Failure> {
    let repository = Repository::open(&args.folder, true)?;
    let edits = prepared.addition.edits();
    if !args.allow_dirty {
        refuse_dirty(&repository, &prepared.addition.changes)?;
    }
    interrupt::uninterrupted(|| {
        let no_conflicts = BTreeMap::new();
        let index = Index::read(&repository, &edits, &no_conflicts)?;
        let way_back = index.way_back(&index.keep(&prepared.context.name)?);
        edit(&repository.root, &edits)
            .map_err(|error| Failure::from(error).hint(format!("bring everything back with `{way_back}`")))?;
        index.stage()?;
        Ok(way_back)
    })
}

/// Refuses to change a file of which git does not have the newest state.
fn refuse_dirty(repository: &Repository, changes: &[Edit]) -> Result<(), Failure> {
    let paths = changes.iter().map(|change| change.path.as_str());
    let words: Vec<&str> =
        ["status", "--porcelain", "-z", "--untracked-files=all", "--"].into_iter().chain(paths).collect();
    if changes.is_empty()
        || Git::of_user(&repository.root).bytes(&words, &[]).map_err(|error| not_run(&error))?.is_empty()
    {
        return Ok(());
    }
    let files: Vec<String> = changes.iter().map(|change| format!("`{}`", change.path)).collect();
    let message = format!("there are changes that are not committed, in {}", files.join(" or "));
    Err(Failure::new(Exit::Exists, message)
        .hint("commit them, so that the new service stands by itself; `--allow-dirty` changes the files all the same"))
}
