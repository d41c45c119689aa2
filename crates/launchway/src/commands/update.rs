//! `launchway update`: a template's new version, or another answer, merged into a project that people have changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::thread;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use launchway_core::{
    Conflict, Edit, FileChange, Lock, Obstacle, Plan, Project, SafePath, Status, Template, Update, Wishes, edit,
};

use crate::args::{self, Output};
use crate::catalogs::CatalogPolicy;
use crate::failure::{Exit, Failure};
use crate::sources::{self, Loaded, Options};
use crate::update::answers::{self, Answered, ChangedAnswer};
use crate::update::index::Index;
use crate::update::merge::merge;
use crate::update::report;
use crate::update::repository::Repository;
use crate::{catalogs, interrupt, terminal};

const AFTER_HELP: &str = "\
Merges what the template has become since the project was made with what people made of the project since: of three \
texts, the one that was generated, the one that stands there and the one that would be generated today. What both have \
changed in different ways is left as git leaves a conflict, in the files and in git's index, and the exit code is 1. \
Nothing is committed, and the command that brings the old state back is printed.";

/// The arguments of `launchway update`.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct UpdateArgs {
    pub(crate) folder: PathBuf,
    pub(crate) service: Option<String>,
    pub(crate) to: Option<String>,
    pub(crate) template: Option<String>,
    pub(crate) set: Vec<String>,
    pub(crate) answers_files: Vec<PathBuf>,
    pub(crate) defaults: bool,
    pub(crate) no_input: bool,
    pub(crate) heal: Vec<String>,
    pub(crate) allow_dirty: bool,
    pub(crate) dry_run: bool,
    pub(crate) diff: bool,
    pub(crate) output: Output,
    pub(crate) sources: Options,
}

/// Defines the command line.
pub(crate) fn define() -> Command {
    let value = |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    Command::new("update")
        .about("Merges a template's new version, or another answer, into a project")
        .after_help(AFTER_HELP)
        .arg(args::folder_arg())
        .arg(value("service", "NAME").help("Which project, where the folder holds more than one"))
        .arg(
            value("to", "VERSION")
                .help("The version, tag, branch or commit to update to, instead of the newest release"),
        )
        .arg(
            value("template", "TEMPLATE").help("Another source of the template; a project made from a folder needs it"),
        )
        .arg(
            value("set", "KEY=VALUE")
                .action(ArgAction::Append)
                .help("Changes an answer: `--set strategy=canary`; may be given more than once"),
        )
        .arg(
            value("answers", "FILE")
                .value_parser(value_parser!(PathBuf))
                .action(ArgAction::Append)
                .help("Takes changed answers from a TOML, YAML or JSON file, or from standard input for `-`"),
        )
        .arg(args::switch("defaults").help("Takes the default of every new question that has one, without asking"))
        .arg(args::switch("no-input").help("Never asks; a new question without an answer is an error"))
        .arg(
            value("heal", "PATH").action(ArgAction::Append).help(
                "Brings a file, or all files of a folder, back to the template's text; may be given more than once",
            ),
        )
        .arg(args::switch("allow-dirty").help("Merges into changes that are not committed; they are kept in a commit"))
        .arg(args::switch("dry-run").help("Shows what would become of every file, and writes nothing"))
        .arg(args::switch("diff").help("Shows the changes as a diff, too"))
        .arg(args::offline_arg())
        .arg(args::accept_moved_arg())
        .arg(args::output_arg())
}

fn read_args(matches: &ArgMatches) -> Result<UpdateArgs, Failure> {
    let output = args::output(matches);
    let diff = matches.get_flag("diff");
    if diff && output == Output::Json {
        return Err(
            Failure::new(Exit::Usage, "`--diff` is text, and `--output json` is not").hint("leave out one of them")
        );
    }
    let texts = |name: &str| matches.get_many::<String>(name).into_iter().flatten().cloned().collect();
    Ok(UpdateArgs {
        folder: args::folder(matches),
        service: matches.get_one::<String>("service").cloned(),
        to: matches.get_one::<String>("to").cloned(),
        template: matches.get_one::<String>("template").cloned(),
        set: texts("set"),
        answers_files: matches.get_many::<PathBuf>("answers").into_iter().flatten().cloned().collect(),
        defaults: matches.get_flag("defaults"),
        no_input: matches.get_flag("no-input"),
        heal: texts("heal"),
        allow_dirty: matches.get_flag("allow-dirty"),
        dry_run: matches.get_flag("dry-run"),
        diff,
        output,
        sources: args::source_options(matches),
    })
}

impl UpdateArgs {
    /// Asks for what the newest version would bring, without a question and without writing.
    pub(crate) fn preview(folder: &Path, sources: Options) -> Self {
        Self {
            folder: folder.to_owned(),
            service: None,
            to: None,
            template: None,
            set: Vec::new(),
            answers_files: Vec::new(),
            defaults: true,
            no_input: true,
            heal: Vec::new(),
            allow_dirty: true,
            dry_run: true,
            diff: false,
            sources,
            output: Output::Text,
        }
    }
}

/// An update that is computed, and not yet written.
pub(crate) struct Prepared<'p> {
    pub(crate) project: &'p Project,
    pub(crate) template: Template,
    pub(crate) answers: Vec<ChangedAnswer>,
    pub(crate) notes: Vec<String>,
    pub(crate) files: Vec<FileChange>,
    pub(crate) record: Vec<Edit>,
    pub(crate) conflicts: BTreeMap<SafePath, Conflict>,
}

impl Prepared<'_> {
    /// Returns the edits, those of the record last.
    pub(crate) fn edits(&self) -> Vec<Edit> {
        let files = self.files.iter().map(|change| &change.edit);
        files.chain(&self.record).filter(|edit| edit.before != edit.after).cloned().collect()
    }

    pub(crate) fn conflicts(&self) -> usize {
        self.files.iter().filter(|change| change.status == Status::Conflict).count()
    }
}

/// Runs the command.
pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let args = read_args(matches)?;
    let (project, others) = split(Project::open_all(&args.folder)?, args.service.as_deref())?;
    let _lock = if args.dry_run { None } else { Some(Lock::take(&args.folder)?) };
    let open = || Repository::open(&args.folder, args.allow_dirty || args.dry_run);
    let (repository, loaded) = if args.template.is_none() && project.template.source == "builtin" {
        // What is part of the program is loaded while git is asked.
        thread::scope(|scope| {
            let repository = scope.spawn(open);
            let loaded = load(&project, &args);
            (repository.join().expect("git is asked without a panic"), loaded)
        })
    } else {
        // Nothing is fetched for a repository that cannot be updated.
        let repository = open()?;
        (Ok(repository), load(&project, &args))
    };
    let (repository, loaded) = (repository?, loaded?);
    let prepared = prepare(&project, &others, loaded, &args, &repository)?;
    let written = if args.dry_run { None } else { write(&prepared, &repository)? };
    report::show(&prepared, &args, written.as_ref().map(|written| written.way_back.as_str()))?;
    written.map_or(Ok(()), |written| written.staged)?;
    if prepared.conflicts() == 0 { Ok(()) } else { Err(Failure::silent(Exit::Refused)) }
}

/// Picks the project that is meant.
pub(crate) fn only(projects: Vec<Project>, wanted: Option<&str>) -> Result<Project, Failure> {
    split(projects, wanted).map(|(project, _)| project)
}

/// Separates the project that is meant from the others of the folder.
fn split(mut projects: Vec<Project>, wanted: Option<&str>) -> Result<(Project, Vec<Project>), Failure> {
    let names: Vec<String> = projects.iter().map(|project| format!("`{}`", project.name)).collect();
    let found = match wanted {
        Some(name) => projects.iter().position(|project| project.name == name),
        None if projects.len() == 1 => Some(0),
        None => {
            let message = format!("the folder holds more than one project: {}", names.join(", "));
            return Err(Failure::new(Exit::Usage, message).hint("choose one with `--service NAME`"));
        }
    };
    match found {
        Some(position) => Ok((projects.remove(position), projects)),
        None => Err(Failure::new(Exit::Usage, format!("there is no project `{}`", wanted.unwrap_or_default()))
            .hint(format!("the folder holds {}", names.join(", ")))),
    }
}

/// Loads the version to update to, with what the catalog says now that the project was made through.
pub(crate) fn load(project: &Project, args: &UpdateArgs) -> Result<Loaded, Failure> {
    let (to, template) = (args.to.as_deref(), args.template.as_deref());
    let mut loaded = sources::of_project(&project.template, to, template, &args.sources)?;
    sources::translate(&mut loaded.template)?;
    let policy = match (loaded.policy, &project.catalog) {
        (None, Some(catalog)) => catalogs::of_project(catalog, &args.sources)?,
        (policy, _) => policy,
    };
    Ok(Loaded { policy, ..loaded })
}

/// Computes an update: what a preview shows, and what is written, is the same.
pub(crate) fn prepare<'p>(
    project: &'p Project,
    others: &[Project],
    loaded: Loaded,
    args: &UpdateArgs,
    repository: &Repository,
) -> Result<Prepared<'p>, Failure> {
    let Loaded { template, policy } = loaded;
    let Answered { mut context, moves, notes } = answers::gather(&template, project, policy.as_ref(), args)?;
    context.catalog = policy.as_ref().map(CatalogPolicy::origin).or_else(|| project.catalog.clone());
    let plan = Plan::new(&template, &context)?;
    let heal = args.heal.iter().map(|path| healed(path)).collect::<Result<BTreeSet<SafePath>, Failure>>()?;
    let wishes = Wishes { moves, heal, ignores_modes: repository.ignores_modes };
    let root = args.folder.as_path();
    let update = Update::new(root, project, &plan, &wishes).map_err(|obstacles| in_the_way(&obstacles))?;
    if let Some(path) = update.unknown(&wishes.heal).first() {
        return Err(not_healed(path, project));
    }
    refuse_marks(&update)?;
    let label = format!("{}-{}", template.id, template.version);
    let known = update.paths();
    let is_known = |path: &SafePath| known.contains(path) || others.iter().any(|it| it.generated.contains_key(path));
    let resolution = merge(&update, &label, || repository.others(is_known, &update.missing_sizes()))?;
    let files = update.changes(root, &resolution).map_err(|obstacles| in_the_way(&obstacles))?;
    let changed = files.iter().map(|change| &change.edit).filter(|edit| edit.before != edit.after);
    repository.refuse_sparse(update.missing().into_iter().chain(changed.map(|edit| &edit.path)))?;
    let made = (&template, &context, &plan);
    let record = update.record(root, made, &resolution).map_err(|obstacles| in_the_way(&obstacles))?;
    let answers = answers::changed(project, &context);
    let conflicts = resolution.conflicts;
    Ok(Prepared { project, template, answers, notes, files, record, conflicts })
}

/// Reads a path to heal: as a shell completes it, with `./` before or `/` after.
fn healed(path: &str) -> Result<SafePath, Failure> {
    let path = path.strip_prefix("./").unwrap_or(path).trim_end_matches('/');
    SafePath::new(path).map_err(|error| {
        Failure::new(Exit::Usage, error.to_string())
            .hint("name the file by its path below the project, `deploy/ecs/README.md`")
    })
}

fn in_the_way(obstacles: &[Obstacle]) -> Failure {
    let all: Vec<String> = obstacles.iter().map(ToString::to_string).collect();
    Failure::new(Exit::Exists, format!("the project cannot be updated: {}", all.join("; ")))
        .hint("move it away, or make it a plain file; nothing was changed")
}

/// An update that was written.
struct Written {
    /// The command that brings everything back.
    way_back: String,
    /// Whether git was told.
    staged: Result<(), Failure>,
}

/// Writes the files and tells git, if there is anything to write.
fn write(prepared: &Prepared<'_>, repository: &Repository) -> Result<Option<Written>, Failure> {
    let edits = prepared.edits();
    if edits.is_empty() {
        return Ok(None);
    }
    interrupt::uninterrupted(|| {
        let index = Index::read(repository, &edits, &prepared.conflicts)?;
        let way_back = index.way_back(&index.keep(&prepared.project.name)?);
        edit(&repository.root, &edits)
            .map_err(|error| Failure::from(error).hint(format!("bring everything back with `{way_back}`")))?;
        Ok(Some(Written { way_back, staged: index.stage() }))
    })
}

/// Refuses to merge into what an earlier merge has left.
fn refuse_marks(update: &Update) -> Result<(), Failure> {
    let marked: Vec<String> = update.conflicted().into_iter().map(|path| format!("`{path}`")).collect();
    if marked.is_empty() {
        return Ok(());
    }
    Err(Failure::new(Exit::Refused, format!("conflicts are left in {}", marked.join(", "))).hint(
        "solve them and commit; after an update that was cut off, `git restore --staged --worktree .` starts anew",
    ))
}

fn not_healed(path: &SafePath, project: &Project) -> Failure {
    if project.seeded.contains(path) {
        return Failure::new(Exit::Usage, format!("`{path}` is yours since it was written, and is not healed"))
            .hint("git has what it was: `git log -- FILE`");
    }
    Failure::new(Exit::Usage, format!("the template has no file `{path}` to heal"))
        .hint("`launchway check` lists the files that drifted")
}

/// Says where a project stands, for people.
pub(crate) fn place(folder: &Path, path: &SafePath) -> String {
    let path = if folder == Path::new(".") { PathBuf::from(path.as_str()) } else { folder.join(path.as_str()) };
    terminal::visible_line(&path.display().to_string())
}
