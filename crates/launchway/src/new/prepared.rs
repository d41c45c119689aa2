//! A project that is rendered and checked, and not yet written.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use launchway_core::template::Question;
use launchway_core::{
    Accepted, Added, Addition, Answers, Changes, ChangesDigest, Context, Defaults, Edit, Interview, Plan, Provenance,
    SourceSpec, Template, Value, is_cut_off,
};

use super::archive::ArchiveFile;
use super::{NamedTemplate, NewRequest, review, wizard};
use tracing::field::Empty;

use crate::catalogs::CatalogPolicy;
use crate::failure::{Exit, Failure};
use crate::git::{Enclosing, FetchOptions};
use crate::repository::begin;
use crate::sources::{self, LoadedTemplate};
use crate::{answers, language, progress, terminal};

/// The template that a project is to be made from.
pub(crate) struct TemplateChoice {
    pub(crate) template: Template,
    /// What the catalog says that named it.
    pub(crate) policy: Option<CatalogPolicy>,
    /// Its name, without credentials and with the version that was found.
    pub(crate) shown: String,
}

/// Loads the template that the command line names, or the user chooses, or the built-in one.
pub(crate) fn choose(named: &NamedTemplate) -> Result<TemplateChoice, Failure> {
    let spec = match &named.template {
        Some(template) => template.parse()?,
        None if named.may_ask && terminal::is_interactive() => wizard::choose_template()?,
        None => SourceSpec::Builtin { id: "service".to_owned(), requirement: None },
    };
    let options = FetchOptions { offline: named.offline, accept_moved: named.accept_moved };
    let LoadedTemplate { mut template, policy } = sources::load(&spec, &options)?;
    sources::translate(&mut template)?;
    let shown = match sources::pinned(&spec, &template) {
        SourceSpec::Builtin { id, requirement: None } => id,
        spec => spec.to_string(),
    };
    Ok(TemplateChoice { template, policy, shown })
}

/// A project that is rendered and checked, and not yet written.
pub(crate) struct NewProject {
    pub(crate) context: Context,
    pub(crate) plan: Plan,
    /// The folder of the project, as it was named.
    pub(crate) folder: PathBuf,
    /// The files to create: below that folder, or below the root of the repository that it is in.
    pub(crate) changes: Changes,
    /// What happens in that repository.
    pub(crate) addition: Option<Addition>,
    /// The file that it is packed into, instead of that folder.
    pub(crate) archive: Option<ArchiveFile>,
    /// The command line that makes the same project again.
    pub(crate) command: String,
    pub(crate) warnings: Vec<String>,
    /// The answers that were not the user's to give.
    pub(crate) decided: Vec<TeamDecision>,
    /// The answers that only hold the place of others.
    pub(crate) placeholders: Vec<PlaceholderAnswer>,
}

/// An answer that nobody gave, and that has to be replaced.
pub(crate) struct PlaceholderAnswer {
    pub(crate) question: String,
    pub(crate) value: Value,
    /// What replaces it.
    pub(crate) flag: String,
}

/// Lists the answers that only hold the place of others.
fn placeholders(interview: &Interview<'_>) -> Vec<PlaceholderAnswer> {
    let is_one = |it: &&Accepted<'_>| it.question.is_placeholder && it.provenance == Provenance::Default;
    let placeholder = |it: &Accepted<'_>| PlaceholderAnswer {
        question: it.question.id.clone(),
        value: it.value.clone(),
        flag: it.question.flag(),
    };
    interview.accepted.iter().filter(is_one).map(placeholder).collect()
}

/// An answer that the team decided.
pub(crate) struct TeamDecision {
    pub(crate) question: String,
    pub(crate) by: String,
    pub(crate) because: Option<String>,
}

/// Lists the answers that the team decided.
fn decided(interview: &Interview<'_>) -> Vec<TeamDecision> {
    let decided = interview.accepted.iter().filter_map(|accepted| match &accepted.provenance {
        Provenance::Policy(by) => Some(TeamDecision {
            question: accepted.question.id.clone(),
            by: by.clone(),
            because: accepted.because.clone(),
        }),
        _ => None,
    });
    decided.collect()
}

impl NewProject {
    /// Prepares a project from answers alone, without asking.
    pub(crate) fn new(template: &Template, answers: &Answers, request: &NewRequest) -> Result<Self, Failure> {
        let interview = Interview::new(template, answers, Defaults::All)?;
        Self::from_interview(template, &interview, request)
    }

    pub(crate) fn from_interview(
        template: &Template,
        interview: &Interview<'_>,
        request: &NewRequest,
    ) -> Result<Self, Failure> {
        if !interview.problems.is_empty() {
            return Err(interview.problems.clone().into());
        }
        let secrets = interview.secret_like();
        if !secrets.is_empty() {
            return Err(secrets.into());
        }
        let command = review::command(interview, request);
        let name = interview.accepted.iter().find(|it| it.question.id == template.name_question);
        let Some(name) = name.filter(|_| interview.is_complete()) else {
            return Err(missing(interview, &command));
        };
        let folder = destination(request, &name.value.to_string());
        let is_apart = request.archive.is_some();
        let looks_around = !is_apart && !request.standalone && template.has_files_of_repository();
        let enclosing = if looks_around { Enclosing::of(&folder) } else { None };
        let context = match &enclosing {
            Some(enclosing) => interview.within(&taken(template, enclosing)?).context()?,
            None => interview.context()?,
        };
        let mut context = context.ok_or_else(|| missing(interview, &command))?;
        context.catalog.clone_from(&request.catalog);
        let mut warnings = unused_answers(interview)?;
        warnings.extend(interview.unknown_words());
        warnings.extend(answers::misspelt_variables(template));
        if !is_apart {
            take_back(&folder, request)?;
        }
        if let Some(Enclosing { root, .. }) = &enclosing {
            take_back_in_repository(root, request)?;
        }
        let plan = {
            let step = tracing::info_span!("render", what = "the files", files = Empty).entered();
            let plan = progress::during(language::text("rendering the files"), || Plan::new(template, &context))?;
            step.record("files", plan.files.len());
            plan
        };
        let (changes, addition) = match enclosing {
            None if is_apart => (Changes::apart(template, &context, &plan, &folder), None),
            None => (Changes::to_create(template, &context, &plan, &folder)?, None),
            Some(Enclosing { root, .. }) => {
                Changes::check_destination(&folder)?;
                let addition = Addition::beside(template, &context, &plan, &root).map_err(|error| {
                    Failure::from(error).hint("`--standalone` keeps all files in the project's own folder")
                })?;
                (Changes { destination: root, is_there: true, creates: addition.creates.clone() }, Some(addition))
            }
        };
        Ok(Self {
            context,
            plan,
            folder,
            changes,
            addition,
            archive: request.archive.clone(),
            command,
            warnings,
            decided: decided(interview),
            placeholders: placeholders(interview),
        })
    }

    /// Returns the digest of all that is written.
    pub(crate) fn digest(&self) -> ChangesDigest {
        self.addition.as_ref().map_or_else(|| self.changes.digest(), Addition::digest)
    }

    /// Returns the changes of files that are there.
    pub(crate) fn changed(&self) -> impl Iterator<Item = &Edit> {
        let changes = self.addition.iter().flat_map(|addition| &addition.changes);
        changes.filter(|edit| edit.before.is_some())
    }
}

/// Returns what a project takes from being a folder of a repository.
fn taken(template: &Template, enclosing: &Enclosing) -> Result<Added, Failure> {
    template.within(&enclosing.folder).ok_or_else(|| {
        let message =
            format!("the folder `{}` has characters that workflows cannot take as they are", enclosing.folder);
        Failure::new(Exit::Usage, message).hint(
            "choose letters, digits, `.`, `_` and `-`; or `--standalone` keeps the workflows in the project's own folder",
        )
    })
}

/// Takes back what a run that was cut off has left in a folder.
fn take_back(destination: &Path, request: &NewRequest) -> Result<(), Failure> {
    if !request.dry_run {
        return begin::take_back(destination);
    }
    if is_cut_off(destination) {
        let message = format!("a run that was cut off has left some of its files in `{}`", destination.display());
        return Err(Failure::new(Exit::Exists, message).hint("the same without `--dry-run` takes them back first"));
    }
    Ok(())
}

/// Takes back what a command that was cut off has left in the repository that the project becomes a folder of.
fn take_back_in_repository(root: &Path, request: &NewRequest) -> Result<(), Failure> {
    if request.dry_run { take_back(root, request) } else { begin::begin(root).map(drop) }
}

/// Returns the folder to make: the one that was asked for, or one of the project's name.
pub(crate) fn destination(request: &NewRequest, name: &str) -> PathBuf {
    request.dest.clone().unwrap_or_else(|| PathBuf::from(name))
}

/// Names every flag that is missing, and a line that has them all.
fn missing(interview: &Interview<'_>, command: &str) -> Failure {
    let questions = interview.missing();
    let flags: Vec<String> = questions.iter().map(|question| question.flag()).collect();
    let mut line = command.to_owned();
    for question in &questions {
        let value = question.example().unwrap_or_else(|| "VALUE".to_owned());
        let _ = write!(line, " {}={value}", question.flag());
    }
    let mut failure = Failure::new(Exit::Usage, format!("there is no answer for {}", flags.join(", ")));
    for question in &questions {
        failure = failure.hint(question.usage());
    }
    failure.hint(format!("for example `{line}`"))
}

/// An answer that no question takes is an error on the command line, where it was meant for this project alone.
fn unused_answers(interview: &Interview<'_>) -> Result<Vec<String>, Failure> {
    let mut warnings = Vec::new();
    for (id, provenance) in &interview.unused {
        let message = Interview::without_effect(id);
        match provenance {
            Provenance::Flag => {
                let flag = interview.template().question(id).map_or_else(|| format!("--{id}"), Question::flag);
                let hint = format!("leave out `{flag}`, or change the answers that it depends on");
                return Err(Failure::new(Exit::Usage, message).hint(hint));
            }
            Provenance::Prompt
            | Provenance::Prefilled(_)
            | Provenance::Default
            | Provenance::Preset(_)
            | Provenance::Policy(_)
            | Provenance::Record => {}
            Provenance::Environment | Provenance::File(_) | Provenance::Draft => {
                warnings.push(format!("{message} ({provenance})"));
            }
        }
    }
    Ok(warnings)
}
