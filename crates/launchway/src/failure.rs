//! The one error value of the program, with its exit code.

use std::error::Error;
use std::fmt;
use std::io;

use launchway_core::adopt::{AdoptError, TreeError};
use launchway_core::quote::{quote_shell, visible};
use launchway_core::template::{GivenBy, SourceError};
use launchway_core::{
    AddError, AnswerProblem, ApplyError, CatalogError, DestinationError, DestinationExists, EditError, FORMAT, Invalid,
    LoadError, PlanError, Problem, ProjectError, Provenance, SpecError, WorkspaceError,
};

use crate::language::told;

/// What helps when a template, a catalog or a record is of a newer program.
const NEWER: &str = "install a newer launchway";

/// How the program ends. The numbers are part of its contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Drift was found, or the user declined.
    Refused = 1,
    /// Wrong usage or a bad answer.
    Usage = 2,
    /// The destination exists.
    Exists = 3,
    /// The template is invalid.
    Template = 4,
    /// The generated output failed its checks.
    Output = 5,
    /// A part of a fleet is named that there is not.
    NoShard = 64,
    /// A file of a fleet is not as the program has written it.
    NotAsWritten = 65,
    /// A fault of the program itself.
    Internal = 70,
    /// Something cannot be written.
    CannotWrite = 73,
    /// Reading or writing failed on the way.
    Io = 74,
    /// Another launchway is at work there, or a part of a fleet has to be done once more.
    Busy = 75,
    /// The settings of a fleet, or what they name, cannot be used.
    Settings = 78,
    /// Interrupted by the user.
    Interrupted = 130,
}

/// Why the program ends without its result.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    faults: Vec<Fault>,
}

/// One thing that is wrong, what is behind it, and what helps.
#[derive(Debug)]
struct Fault {
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
    hints: Vec<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, faults: vec![Fault { message: message.into(), source: None, hints: Vec::new() }] }
    }

    /// Says what an error says, and keeps it with all that is behind it.
    pub(crate) fn of(exit: Exit, error: impl Error + Send + Sync + 'static) -> Self {
        Self::new(exit, error.to_string()).caused_by(error)
    }

    /// Keeps what is behind the last thing that is wrong.
    pub(crate) fn caused_by(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        if let Some(fault) = self.faults.last_mut() {
            fault.source = Some(Box::new(source));
        }
        self
    }

    /// Lists what is behind what is wrong, as far as the messages do not say it: the nearest cause first.
    pub(crate) fn causes(&self) -> Vec<String> {
        let mut causes = Vec::new();
        for Fault { message, source, .. } in &self.faults {
            let mut source: Option<&(dyn Error + 'static)> = source.as_deref().map(|source| source as _);
            while let Some(cause) = source {
                let text = cause.to_string();
                if !message.contains(&text) && !causes.contains(&text) {
                    causes.push(text);
                }
                source = cause.source();
            }
        }
        causes
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Some(fault) = self.faults.last_mut() {
            fault.hints.push(hint.into());
        }
        self
    }

    /// Tells whether the user has declined: everything else that is refused has a hint.
    pub(crate) fn is_declined(&self) -> bool {
        self.exit == Exit::Refused && self.faults.iter().all(|fault| fault.hints.is_empty())
    }

    /// Ends the program without another word: everything was said.
    pub(crate) fn silent(exit: Exit) -> Self {
        Self { exit, faults: Vec::new() }
    }

    /// Returns what is wrong, without what helps.
    pub(crate) fn message(&self) -> String {
        self.faults.iter().map(|fault| fault.message.as_str()).collect::<Vec<_>>().join("; ")
    }

    fn many<T>(exit: Exit, items: impl IntoIterator<Item = T>, fault: impl Fn(T) -> (String, Option<String>)) -> Self {
        let fault = |item| {
            let (message, hint) = fault(item);
            Fault { message, source: None, hints: hint.into_iter().collect() }
        };
        Self { exit, faults: items.into_iter().map(fault).collect() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.faults {
            writeln!(formatter, "{}", visible(&told(&format!("error: {}", fault.message))))?;
            for hint in &fault.hints {
                writeln!(formatter, "{}", visible(&told(&format!("  hint: {hint}"))))?;
            }
        }
        Ok(())
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.faults.first()?.source.as_deref().map(|source| source as _)
    }
}

impl From<Vec<AnswerProblem>> for Failure {
    fn from(problems: Vec<AnswerProblem>) -> Self {
        Self::many(Exit::Usage, problems, |problem| {
            let place = problem.from.as_deref().and_then(place);
            let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
            (format!("{}{place}", problem.message), Some(problem.hint))
        })
    }
}

/// Says where a refused answer came from, if somebody gave it before anything was asked.
fn place(GivenBy { provenance, variable }: &GivenBy) -> Option<String> {
    match provenance {
        Provenance::Flag => Some("on the command line".to_owned()),
        Provenance::Environment => Some(format!("from {variable} in the environment")),
        Provenance::File(name) => Some(format!("in {name}")),
        Provenance::Draft => Some("in the draft".to_owned()),
        Provenance::Preset(by) => Some(format!("a default of `{by}`")),
        Provenance::Prompt
        | Provenance::Prefilled(_)
        | Provenance::Default
        | Provenance::Policy(_)
        | Provenance::Record => None,
    }
}

impl From<AnswerProblem> for Failure {
    fn from(problem: AnswerProblem) -> Self {
        vec![problem].into()
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::many(Exit::Template, [problem], |problem| (problem.to_string(), problem.hint))
    }
}

impl From<Invalid> for Failure {
    fn from(invalid: Invalid) -> Self {
        Self::many(Exit::Template, invalid.problems, |problem| (problem.to_string(), problem.hint))
    }
}

impl From<SpecError> for Failure {
    fn from(error: SpecError) -> Self {
        {
            let hint = error.fault.hint();
            Self::of(Exit::Usage, error).hint(hint)
        }
    }
}

impl From<CatalogError> for Failure {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Invalid(invalid) => invalid.into(),
            CatalogError::NeedsNewer(_) => Self::new(Exit::Template, error.to_string()).hint(NEWER),
        }
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Invalid(invalid) => invalid.into(),
            LoadError::OtherProgram { is_newer: false, .. } => {
                Self::of(Exit::Template, error).hint("take a newer version of the template")
            }
            LoadError::NeedsNewer(_) | LoadError::OtherProgram { .. } => Self::of(Exit::Template, error).hint(NEWER),
            LoadError::Layers(_) | LoadError::Unresolved(_) | LoadError::OtherVersion { .. } => {
                Self::of(Exit::Template, error)
            }
            LoadError::Source(SourceError::UnknownBuiltin(_)) => Self::of(Exit::Usage, error)
                .hint("`launchway templates` lists the built-in ones; a folder is written with a slash, `./folder`"),
            LoadError::Source(SourceError::NoManifest(_)) => {
                Self::of(Exit::Usage, error).hint("name the folder that holds `template.toml` beside `files/`")
            }
            LoadError::Source(SourceError::Read { .. }) => Self::of(Exit::Io, error),
            LoadError::Source(_) => Self::of(Exit::Template, error),
        }
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Template(invalid) => invalid.into(),
            PlanError::Answers(problems) => problems.into(),
            PlanError::Output(problems) => Self::many(Exit::Output, problems, |problem| (problem.to_string(), None))
                .hint("this is a fault of the template; nothing was written"),
        }
    }
}

impl From<Vec<ProjectError>> for Failure {
    fn from(errors: Vec<ProjectError>) -> Self {
        let exit = match errors.first() {
            Some(ProjectError::Unusable { .. } | ProjectError::Missing { .. }) => Exit::Io,
            Some(ProjectError::Conflicted { .. } | ProjectError::NotTied { .. }) => Exit::Refused,
            _ => Exit::Usage,
        };
        Self::many(exit, errors, |error| (error.to_string(), Some(next_step(&error))))
    }
}

/// Says what helps against the fault of a record.
fn next_step(error: &ProjectError) -> String {
    match error {
        ProjectError::NoFolder(_) => "name the folder of a project".to_owned(),
        ProjectError::NoRecord(_) => "name the folder of a project that launchway made".to_owned(),
        ProjectError::UnknownFormat { found, .. } if *found > FORMAT => NEWER.to_owned(),
        ProjectError::Conflicted { .. } | ProjectError::NotTied { .. } => {
            "two branches have changed the record; `launchway update --resolve-record` makes one of both".to_owned()
        }
        ProjectError::UnknownFormat { root, file, .. }
        | ProjectError::Missing { root, file }
        | ProjectError::Unusable { root, file, .. } => {
            let (root, path) = (quote_shell(&root.to_string_lossy()), quote_shell(file));
            let back = format!("bring it back from git: `git -C {root} checkout HEAD -- {path}`");
            // A text may lack something; an archive that cannot be unpacked was changed on its way.
            match error {
                ProjectError::Unusable { file, .. } if file.strip_suffix(".base").is_some() => format!(
                    "{back}; if it comes back like this, an attribute ruins it: `git -C {root} check-attr --all {path}`"
                ),
                _ => back,
            }
        }
    }
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Self {
        let message = error.to_string();
        match error {
            ApplyError::Exists(exists) => exists.into(),
            ApplyError::Edit(error) => error.into(),
            ApplyError::NoParent(parent) => Self::new(Exit::CannotWrite, message)
                .hint(format!("make it first: `mkdir -p {}`", quote_shell(&parent.to_string_lossy()))),
            ApplyError::Write { error, .. } if is_refusal(&error) => Self::new(Exit::CannotWrite, message)
                .hint("nothing was written; choose another place with `--dest`")
                .caused_by(error),
            ApplyError::Write { error, .. } => {
                Self::new(Exit::Io, message).hint("nothing was written").caused_by(error)
            }
        }
    }
}

impl From<AddError> for Failure {
    fn from(error: AddError) -> Self {
        let message = error.to_string();
        match error {
            AddError::NotForAdding(_) => Self::new(Exit::Usage, message)
                .hint("its author says so in the table `[add]` of `template.toml`, see docs/templates.md"),
            AddError::InTheWay(_) => Self::new(Exit::Exists, message).hint("move it away, or choose another name"),
            AddError::OtherSpelling { .. } => Self::new(Exit::Exists, message).hint("rename one of them"),
            AddError::CrateExists(_) => Self::new(Exit::Exists, message).hint("choose another name"),
            AddError::Workspace(WorkspaceError::NoWorkspace) => Self::new(Exit::Exists, message)
                .hint("make it one: write `[workspace]` and `members = [\".\"]` into it"),
            AddError::Workspace(WorkspaceError::Excluded { .. }) => {
                Self::new(Exit::Exists, message).hint("take the entry out, or name the folder in `workspace.members`")
            }
            error @ (AddError::Unreadable { .. } | AddError::Workspace(_)) => {
                Self::of(Exit::Exists, error).hint("fix it first: `cargo metadata --no-deps` says what is wrong")
            }
            AddError::NoFolder(_) => Self::new(Exit::Exists, message)
                .hint("the first service of the workspace has it; bring it back from git"),
        }
    }
}

impl From<EditError> for Failure {
    fn from(error: EditError) -> Self {
        let message = error.to_string();
        match error {
            EditError::Busy(_) => Self::new(Exit::Busy, message).hint("wait until it is done, then try again"),
            EditError::Changed { .. } => {
                Self::new(Exit::Io, message).hint("nothing was written, or all of it was taken back; try again")
            }
            EditError::Write { error, partly, .. } => {
                let exit = if is_refusal(&error) { Exit::CannotWrite } else { Exit::Io };
                let failure = Self::new(exit, message).caused_by(error);
                if partly {
                    failure.hint("other files were written before")
                } else {
                    failure.hint("nothing was written")
                }
            }
        }
    }
}

impl From<DestinationError> for Failure {
    fn from(error: DestinationError) -> Self {
        let failure = Self::new(Exit::Exists, error.to_string());
        match error {
            DestinationError::Exists(exists) => exists.into(),
            DestinationError::HasProject { destination, .. } => {
                let place = match quote_shell(&destination.to_string_lossy()) {
                    here if here == "." => String::new(),
                    place => format!(" --dir {place}"),
                };
                failure
                    .hint(format!("`launchway add service NAME{place}` adds a service to it"))
                    .hint("for a project of its own, choose another place with `--dest`")
            }
            DestinationError::InTheWay { .. } => failure
                .hint("nothing was written, and nothing is overwritten: move them away, or choose another place with `--dest`"),
            DestinationError::Unreadable { error, .. } => Self { exit: Exit::Io, ..failure }.caused_by(error),
        }
    }
}

impl From<DestinationExists> for Failure {
    fn from(exists: DestinationExists) -> Self {
        Self::new(Exit::Exists, exists.to_string()).hint("choose another place with `--dest`, or move it away")
    }
}

impl From<AdoptError> for Failure {
    fn from(error: AdoptError) -> Self {
        let message = error.to_string();
        match error {
            AdoptError::Unlike { .. } => Self::new(Exit::Refused, message)
                .hint("name the template that it was made from with `--template`, or what you know with `--set question=answer`")
                .hint("`launchway adopt --help` shows what it takes")
                .hint("nothing was written"),
            AdoptError::NoAnswers | AdoptError::UnknownQuestion(_) | AdoptError::Unused(_) => {
                Self::new(Exit::Usage, message).hint("leave out or change what was given with `--set` and `--name`")
            }
            AdoptError::Answer(problem) => vec![problem].into(),
            AdoptError::Template(invalid) => invalid.into(),
            AdoptError::Plan(error) => error.into(),
        }
    }
}

impl From<TreeError> for Failure {
    fn from(error: TreeError) -> Self {
        let message = error.to_string();
        match error {
            TreeError::Template(invalid) => invalid.into(),
            error @ TreeError::Read { .. } => Self::of(Exit::Io, error),
            TreeError::Large(_) => Self::new(Exit::Usage, message).hint("name the folder of one project"),
        }
    }
}

/// Tells what cannot be written from a disk that fails.
fn is_refusal(error: &io::Error) -> bool {
    error.raw_os_error() != Some(rustix::io::Errno::IO.raw_os_error())
}

/// Lists names as they stand in a message: `` `a`, `b` ``.
pub(crate) fn listed<T: fmt::Display>(names: impl IntoIterator<Item = T>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read `{0}`")]
    struct Unreadable(&'static str, #[source] io::Error);

    #[test]
    fn an_error_keeps_what_is_behind_it_and_says_nothing_twice() {
        let error = Unreadable("a.toml", io::Error::other("the disk is gone"));
        let failure = Failure::of(Exit::Io, error).hint("try again");
        assert_eq!(failure.to_string(), "error: cannot read `a.toml`\n  hint: try again\n");
        assert_eq!(failure.causes(), ["the disk is gone"]);
        assert_eq!(failure.source().unwrap().source().unwrap().to_string(), "the disk is gone");
        let said =
            Failure::new(Exit::Io, "cannot read: the disk is gone").caused_by(io::Error::other("the disk is gone"));
        assert!(said.causes().is_empty());
    }
}
