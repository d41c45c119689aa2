//! Which template file, conditions and answers are behind a file of a project.

mod report;

use std::path::{Path, PathBuf};

use clap::Args;
use launchway_core::why::{Why, why};
use launchway_core::{Answers, Blob, Context, Defaults, Interview, Project, Provenance, SafePath, Template};

use self::report::WhyResult;
use crate::failure::{Exit, Failure, listed};
use crate::git::FetchOptions;
use crate::language;
use crate::projects::{self, meant_file, only};
use crate::report::{OUTPUT_HELP, Output};
use crate::{sources, terminal};

const AFTER_HELP: &str = "\
Shows the template file that a path was made from, its conditions, the list elements that it was made for, who owns \
it, and the answers behind it. For a path that the template does not make now, it shows which condition is false and \
which answers would add the file. It renders and writes nothing.";

/// What `launchway why` is asked for.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct WhyRequest {
    /// The path, from where you are or below `--dir`
    #[arg(value_name = "PATH")]
    pub(crate) path: String,
    /// The folder of the project, with `.launchway` in it
    #[arg(long = "dir", value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Which project, where the folder holds more than one
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// The template; a project made from a folder needs it
    #[arg(long)]
    pub(crate) template: Option<String>,
    #[command(flatten)]
    pub(crate) sources: FetchOptions,
    #[arg(long, value_name = "FORMAT", default_value = "text", help = OUTPUT_HELP)]
    pub(crate) output: Output,
}

/// Explains a path of a project.
pub(crate) fn run(request: &WhyRequest) -> Result<(), Failure> {
    let folder = request.folder.as_path();
    let project = only(projects::open(folder)?, request.service.as_deref())?;
    let path = path(&request.path)?;
    let template = load(&project, request)?;
    let context = context(&template, &project)?;
    let why = why(&template, &context, path.as_str())?;
    let shown = WhyResult {
        project: &project,
        template: &template,
        path: &path,
        state: PathState::of(&project, folder, &path),
    };
    if why == Why::NotOfTheTemplate && shown.state == PathState::Nothing {
        return Err(Failure::new(Exit::Usage, format!("there is no `{path}`, and the template makes none"))
            .hint(meant_file(&project, &path, "name a file by its path from here, such as `README.md`")));
    }
    match request.output {
        Output::Json => terminal::print(&crate::report::json(&shown.json(&why))),
        Output::Text => terminal::print(&terminal::visible(&language::told(&shown.text(&why)))),
    }
}

fn path(text: &str) -> Result<SafePath, Failure> {
    let text = text.strip_prefix("./").unwrap_or(text).trim_end_matches('/');
    SafePath::new(text).map_err(|error| {
        Failure::new(Exit::Usage, error.to_string()).hint("name a file by its path from here, such as `README.md`")
    })
}

/// Loads the version that the project was made from; of a built-in template the program has one version only.
fn load(project: &Project, request: &WhyRequest) -> Result<Template, Failure> {
    let template = request.template.as_deref();
    let commit = project.template.commit().filter(|_| template.is_none());
    Ok(sources::of_project(&project.template, commit, template, &request.sources)?.template)
}

/// Holds the answers that the project remembers against the template's questions.
fn context(template: &Template, project: &Project) -> Result<Context, Failure> {
    let mut answers = Answers::default();
    answers.join(project.added.clone());
    for (id, value) in &project.answers {
        answers.set(id, value.clone(), Provenance::Record);
    }
    let interview = Interview::new(template, &answers, Defaults::All)?;
    if !interview.problems.is_empty() {
        let failure = Failure::from(interview.problems.clone());
        return Err(failure
            .hint("the template's questions have changed since the project was made; run `launchway update` first"));
    }
    interview.context()?.ok_or_else(|| {
        let ids = listed(interview.open.iter().map(|(question, _)| &question.id));
        Failure::new(Exit::Usage, format!("the project remembers no answer for {ids}"))
            .hint("`launchway update` asks for it")
    })
}

/// How the path stands in the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PathState {
    /// Generated, and kept out of updates.
    Yours,
    /// As it was generated.
    Unchanged,
    /// Generated, and changed since.
    Changed,
    /// Generated, and gone.
    Gone,
    /// There, and never generated.
    Own,
    /// Neither there nor generated.
    Nothing,
}

impl PathState {
    fn of(project: &Project, folder: &Path, path: &SafePath) -> Self {
        if path.is_among(&project.remembered.yours) {
            return Self::Yours;
        }
        let there = Blob::read(folder, path);
        match (project.generated.get(path), there) {
            (Some(generated), Some(there)) if generated.bytes == there.bytes => Self::Unchanged,
            (Some(_), Some(_)) => Self::Changed,
            (Some(_), None) => Self::Gone,
            (None, Some(_)) => Self::Own,
            (None, None) if folder.join(path.as_str()).symlink_metadata().is_ok() => Self::Own,
            (None, None) => Self::Nothing,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Yours => "yours",
            Self::Unchanged => "unchanged",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::Own => "own",
            Self::Nothing => "nothing",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Yours => "yours: `--keep` has taken it out of updates, `--keep=no` brings it back",
            Self::Unchanged => "as it was generated",
            Self::Changed => "changed since it was generated",
            Self::Gone => "generated, and gone since",
            Self::Own => "there, and not generated when the project was made or last updated",
            Self::Nothing => "not there",
        }
    }
}
