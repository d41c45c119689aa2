//! What `update` is asked for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueEnum, value_parser};
use launchway_core::ChangesDigest;

use crate::answers::ALLOW_SECRET_LIKE;
use crate::failure::Failure;
use crate::git::FetchOptions;
use crate::projects;
use crate::report::{EXPECT_HELP, OUTPUT_HELP, Output};

const AFTER_HELP: &str = "\
Merges the changes of the template since the project was made with your changes to the project. The merge compares \
three texts: the one that was generated, the one that is there now, and the one that would be generated today. If both \
sides have added something at one place of a structured file, both additions are kept where that is proven to mean \
what both say. If both have changed the same lines in different ways, the update leaves a conflict as git does, in the \
files and in git's index, and the exit code is 1. Nothing is committed, and `launchway update --undo` restores the old \
state.";

/// What `launchway update` is asked for.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct UpdateRequest {
    #[command(flatten)]
    pub(crate) place: ProjectFolder,
    /// Which project, where the folder holds more than one
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// The version, tag, branch or commit to update to, instead of the newest release
    #[arg(long, value_name = "VERSION")]
    pub(crate) to: Option<String>,
    /// Another source of the template; a project made from a folder needs it
    #[arg(long)]
    pub(crate) template: Option<String>,
    /// Changes an answer: `--set strategy=canary`; may be given more than once
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Takes changed answers from a TOML, YAML or JSON file, or from standard input for `-`
    #[arg(long = "answers", value_name = "FILE")]
    pub(crate) answers_files: Vec<PathBuf>,
    /// Takes the default of every new question that has one, without asking
    #[arg(long)]
    pub(crate) defaults: bool,
    /// Takes the template's defaults of today for answers that nobody gave, instead of those that run
    #[arg(long)]
    pub(crate) take_defaults: bool,
    #[arg(long, help = ALLOW_SECRET_LIKE)]
    pub(crate) allow_secret_like: bool,
    /// Never asks; a new question without an answer is an error
    #[arg(long)]
    pub(crate) no_input: bool,
    /// Accepts that the service does not answer for a while: the name of the outage as `--dry-run` shows it; may be given
    /// more than once
    #[arg(long, value_name = "ID")]
    pub(crate) accept_outage: Vec<String>,
    /// Brings a file, or all files of a folder, back to the template's text; may be given more than once
    #[arg(long, value_name = "PATH")]
    pub(crate) heal: Vec<String>,
    /// Makes one record of two after a merge of branches that have both updated the project
    #[arg(long)]
    pub(crate) resolve_record: bool,
    /// How files that both sides have changed are merged: `structure` puts what both have added to TOML, YAML, JSON, `.env`
    /// or a table beside each other where that is proven, `lines` never does
    #[arg(long, value_name = "HOW", default_value = "structure")]
    pub(crate) merge: MergeBy,
    /// Where conflicts are left: `index` has all sides in git's index, `marks` only the marks in the files
    #[arg(long, value_name = "WHERE", default_value = "index")]
    pub(crate) conflicts: ConflictsIn,
    /// Merges into changes that are not committed; they are kept in a commit
    #[arg(long)]
    pub(crate) allow_dirty: bool,
    /// Takes back the last update, or the last `add service`, and nothing else; with `--allow-dirty` also what was changed
    /// since
    #[arg(long, conflicts_with_all = [
        "to", "template", "set", "answers_files", "defaults", "take_defaults", "no_input", "allow_secret_like", "heal", "keep", "resolve_record",
        "accept_outage", "merge", "conflicts", "dry_run", "expect", "diff", "offline", "accept_moved",
    ])]
    pub(crate) undo: bool,
    /// Shows what would become of every file, and writes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[arg(long, value_name = "DIGEST", help = EXPECT_HELP)]
    pub(crate) expect: Option<ChangesDigest>,
    /// Shows the changes as a diff, too
    #[arg(long)]
    pub(crate) diff: bool,
    #[command(flatten)]
    pub(crate) sources: FetchOptions,
    #[arg(long, value_name = "FORMAT", default_value = "text", help = OUTPUT_HELP)]
    pub(crate) output: Output,
}

/// How what both sides have changed is merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MergeBy {
    Structure,
    Lines,
}

/// Where a conflict is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConflictsIn {
    Index,
    Marks,
}

/// The folder of the project, and what of it stays out of updates.
///
/// `--keep=no PATH` has its path where the folder would stand, so the two are read together.
#[derive(Default)]
pub(crate) struct ProjectFolder {
    pub(crate) folder: PathBuf,
    pub(crate) keep: Vec<Keep>,
    /// What is wrong with the words of the line, and what helps.
    pub(crate) fault: Option<(String, String)>,
}

/// What is said of a file, or of a folder, that stays out of updates.
pub(crate) enum Keep {
    /// It is the user's from now on.
    Yes(String),
    /// It is not any more.
    No(String),
}

const KEEP_HELP: &str =
    "Keeps a file, or all files of a folder, out of updates from now on; `--keep=no PATH` lets updates have it again";

impl Args for ProjectFolder {
    fn augment_args(command: Command) -> Command {
        let folder = Arg::new("folder").value_name("DIR").default_value(".");
        command
            .arg(folder.value_parser(value_parser!(PathBuf)).help("The folder of the project, with `.launchway` in it"))
            .arg(Arg::new("keep").long("keep").value_name("PATH").action(ArgAction::Append).help(KEEP_HELP))
            .arg(Arg::new("more").num_args(0..).hide(true))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ProjectFolder {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let fault =
            |(message, hint): (String, &str)| Self { fault: Some((message, hint.to_owned())), ..Self::default() };
        Ok(Self::read(matches).unwrap_or_else(fault))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl ProjectFolder {
    fn read(matches: &ArgMatches) -> Result<Self, (String, &'static str)> {
        let with_places = |name: &str| {
            let values = matches.get_raw(name).into_iter().flatten().map(|value| value.to_string_lossy().into_owned());
            let is_given = matches.value_source(name) == Some(ValueSource::CommandLine);
            let places = matches.indices_of(name).into_iter().flatten();
            places.zip(values).filter(|_| is_given).collect::<Vec<_>>()
        };
        let mut rest: BTreeMap<usize, String> =
            [with_places("folder"), with_places("more")].into_iter().flatten().collect();
        let mut keep = Vec::new();
        for (place, value) in with_places("keep") {
            if value != "no" {
                keep.push(Keep::Yes(value));
                continue;
            }
            let Some(after) = rest.range(place..).next().map(|(after, _)| *after) else {
                return Err(("`--keep=no` has no path".to_owned(), "write it as `--keep=no PATH`"));
            };
            keep.extend(rest.remove(&after).map(Keep::No));
        }
        let mut rest = rest.into_values();
        let folder = rest.next().map_or_else(|| PathBuf::from("."), PathBuf::from);
        match rest.next() {
            None => Ok(Self { folder, keep, fault: None }),
            Some(more) => {
                Err((format!("unexpected argument `{more}`"), "an update is of one folder: `launchway update [DIR]`"))
            }
        }
    }
}

impl UpdateRequest {
    /// Finds the project that is meant, and takes the paths on the line from where they were typed.
    pub(crate) fn find_project(&mut self) -> Result<(), Failure> {
        if self.place.fault.is_some() {
            return Ok(());
        }
        let found = projects::find(&self.place.folder, "launchway update DIR")?;
        self.heal.iter_mut().for_each(|path| *path = found.path(path));
        for Keep::Yes(path) | Keep::No(path) in &mut self.place.keep {
            *path = found.path(path);
        }
        self.place.folder = found.folder;
        Ok(())
    }

    /// Asks for what the newest version would bring, without a question and without writing.
    pub(crate) fn preview(folder: &Path, sources: FetchOptions) -> Self {
        Self {
            place: ProjectFolder { folder: folder.to_owned(), ..ProjectFolder::default() },
            service: None,
            to: None,
            template: None,
            set: Vec::new(),
            answers_files: Vec::new(),
            defaults: true,
            take_defaults: false,
            allow_secret_like: true,
            no_input: true,
            accept_outage: Vec::new(),
            heal: Vec::new(),
            resolve_record: false,
            merge: MergeBy::Structure,
            conflicts: ConflictsIn::Index,
            allow_dirty: true,
            undo: false,
            dry_run: true,
            expect: None,
            diff: false,
            sources,
            output: Output::Text,
        }
    }
}
