//! What `add service` is asked for.

use std::path::PathBuf;

use clap::Args;
use launchway_core::ChangesDigest;

use crate::answers::ALLOW_SECRET_LIKE;
use crate::git::FetchOptions;
use crate::report::{EXPECT_HELP, OUTPUT_HELP, Output};
use crate::terminal;

const AFTER_HELP: &str = "\
The service gets its own files, a crate in the Cargo workspace and a record beside the first one's; of the files that \
are there, Cargo.toml and Cargo.lock alone are changed, and only where they have to be. Its answers are those of the \
service that is there, apart from what each has for itself. Nothing is committed, and `launchway update --undo --service \
NAME` takes everything back.";

/// What `launchway add service` is asked for.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct AddRequest {
    /// The name of the new service
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The folder of the project, with `.launchway` in it
    #[arg(long = "dir", value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Whose answers are taken, where the project has more than one service
    #[arg(long, value_name = "SERVICE")]
    pub(crate) from: Option<String>,
    /// The source of the template; a project made from a folder needs it
    #[arg(long)]
    pub(crate) template: Option<String>,
    /// Gives the new service another answer: `--set port=8081`; may be given more than once
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Takes answers for the new service from a TOML, YAML or JSON file, or from standard input for `-`
    #[arg(long = "answers", value_name = "FILE")]
    pub(crate) answers_files: Vec<PathBuf>,
    /// Takes the default of every question that is open, without asking
    #[arg(long)]
    pub(crate) defaults: bool,
    #[arg(long, help = ALLOW_SECRET_LIKE)]
    pub(crate) allow_secret_like: bool,
    /// Never asks; a question without an answer or a default is an error
    #[arg(long)]
    pub(crate) no_input: bool,
    /// Changes Cargo's files although they have changes that are not committed
    #[arg(long)]
    pub(crate) allow_dirty: bool,
    /// Shows what would be written, and writes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[arg(long, value_name = "DIGEST", help = EXPECT_HELP)]
    pub(crate) expect: Option<ChangesDigest>,
    #[command(flatten)]
    pub(crate) sources: FetchOptions,
    #[arg(long, value_name = "FORMAT", default_value = "text", help = OUTPUT_HELP)]
    pub(crate) output: Output,
}

/// What becomes of a question that the other service does not answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    /// It is asked, where there is a terminal.
    Questions,
    /// Its default is taken, and it is asked if it has none.
    QuestionsWithoutDefault,
    /// Its default is taken, and it is an error if it has none.
    Nothing,
}

impl AddRequest {
    pub(super) fn asks(&self) -> Asks {
        match (terminal::is_interactive() && !self.no_input, self.defaults) {
            (false, _) => Asks::Nothing,
            (true, true) => Asks::QuestionsWithoutDefault,
            (true, false) => Asks::Questions,
        }
    }
}
