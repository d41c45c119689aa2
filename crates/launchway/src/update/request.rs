//! What `update` is asked for.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::git::FetchOptions;
use crate::report::{OUTPUT_HELP, Output};

const AFTER_HELP: &str = "\
Merges what the template has become since the project was made with what people made of the project since: of three \
texts, the one that was generated, the one that stands there and the one that would be generated today. What both have \
changed in different ways is left as git leaves a conflict, in the files and in git's index, and the exit code is 1. \
Nothing is committed, and `launchway update --undo` brings the old state back.";

/// What `launchway update` is asked for.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct UpdateRequest {
    /// The folder of the project, with `.launchway` in it
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
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
    /// Never asks; a new question without an answer is an error
    #[arg(long)]
    pub(crate) no_input: bool,
    /// Brings a file, or all files of a folder, back to the template's text; may be given more than once
    #[arg(long, value_name = "PATH")]
    pub(crate) heal: Vec<String>,
    /// Merges into changes that are not committed; they are kept in a commit
    #[arg(long)]
    pub(crate) allow_dirty: bool,
    /// Takes back the last update, or the last `add service`, and nothing else; with `--allow-dirty` also what was changed
    /// since
    #[arg(long, conflicts_with_all = [
        "to", "template", "set", "answers_files", "defaults", "no_input", "heal", "dry_run", "diff", "offline",
        "accept_moved",
    ])]
    pub(crate) undo: bool,
    /// Shows what would become of every file, and writes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Shows the changes as a diff, too
    #[arg(long)]
    pub(crate) diff: bool,
    #[command(flatten)]
    pub(crate) sources: FetchOptions,
    #[arg(long, value_name = "FORMAT", default_value = "text", help = OUTPUT_HELP)]
    pub(crate) output: Output,
}

impl UpdateRequest {
    /// Asks for what the newest version would bring, without a question and without writing.
    pub(crate) fn preview(folder: &Path, sources: FetchOptions) -> Self {
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
            undo: false,
            dry_run: true,
            diff: false,
            sources,
            output: Output::Text,
        }
    }
}
