//! What a shell completes of a project: its answers, files and services, and the versions of its template. Nothing is fetched
//! for it, and what cannot be read completes nothing.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use clap_complete::engine::CompletionCandidate;
use launchway_core::template::{Kind, Question};
use launchway_core::{Project, SourceSpec, Template};

use crate::commands::early::NamedProject;
use crate::git::FetchOptions;
use crate::sources;

/// What is completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Completes {
    /// `KEY=VALUE`
    Answers,
    /// The path of a file that was generated.
    Files,
    Services,
    Versions,
}

/// Returns what completes a word.
pub(super) fn completer(
    what: Completes,
    project: &NamedProject,
) -> impl Fn(&OsStr) -> Vec<CompletionCandidate> + Send + Sync + 'static {
    let project = project.clone();
    move |typed: &OsStr| {
        let typed = typed.to_string_lossy();
        let projects = || Project::open_all(project.folder.as_path()).unwrap_or_default();
        match what {
            Completes::Answers => template(&project, &projects()).map_or_else(Vec::new, |it| answers(&it, &typed)),
            Completes::Files => files(&projects(), &typed),
            Completes::Services => among(projects().into_iter().map(|it| it.name), &typed),
            Completes::Versions => among(versions(&projects()), &typed),
        }
    }
}

fn among(names: impl IntoIterator<Item = String>, typed: &str) -> Vec<CompletionCandidate> {
    names.into_iter().filter(|name| name.starts_with(typed)).map(CompletionCandidate::new).collect()
}

/// What was fetched before is enough to complete a word.
fn offline() -> FetchOptions {
    FetchOptions { offline: true, ..FetchOptions::default() }
}

/// Loads the template that the line names, or that of the project.
fn template(named: &NamedProject, projects: &[Project]) -> Option<Template> {
    let loaded = match (&named.template, projects.first()) {
        (Some(template), _) => sources::load(&template.parse::<SourceSpec>().ok()?, &offline()),
        (None, Some(project)) => sources::of_project(&project.template, None, None, &offline()),
        (None, None) => return None,
    };
    let mut template = loaded.ok()?.template;
    sources::translate(&mut template).ok()?;
    Some(template)
}

/// The newest comes first.
fn versions(projects: &[Project]) -> Vec<String> {
    let versions = projects.first().and_then(|project| sources::versions(&project.template, &offline()).ok());
    versions.unwrap_or_default().into_iter().rev().map(|version| version.to_string()).collect()
}

/// Completes a key up to its `=`, and then the value.
fn answers(template: &Template, typed: &str) -> Vec<CompletionCandidate> {
    let Some((key, _)) = typed.split_once('=') else {
        let questions = template.questions.iter().filter(|question| question.id.starts_with(typed));
        let candidate = |question: &Question| {
            CompletionCandidate::new(format!("{}=", question.id)).help(Some(question.prompt.clone().into()))
        };
        return questions.map(candidate).collect();
    };
    let Some(question) = template.question(key) else { return Vec::new() };
    let values = values(question, typed).into_iter();
    let candidate =
        |(value, help): (String, Option<String>)| CompletionCandidate::new(value).help(help.map(Into::into));
    values.filter(|(value, _)| value.starts_with(typed)).map(candidate).collect()
}

/// The answers that a question offers, each as the whole word; several are put together with commas.
fn values(question: &Question, typed: &str) -> Vec<(String, Option<String>)> {
    let start = match &question.kind {
        Kind::Choices(_) => typed.rsplit_once(',').map(|(chosen, _)| format!("{chosen},")),
        _ => None,
    };
    let start = start.unwrap_or_else(|| format!("{}=", question.id));
    if matches!(question.kind, Kind::Bool) {
        return ["true", "false"].map(|value| (format!("{start}{value}"), None)).into();
    }
    question.all_choices().map(|choice| (format!("{start}{}", choice.value), Some(choice.label.clone()))).collect()
}

/// Completes the path of a file, one folder at a time.
fn files(projects: &[Project], typed: &str) -> Vec<CompletionCandidate> {
    let paths = projects.iter().flat_map(|project| project.generated.keys());
    let next = |path: &str| {
        let rest = path.strip_prefix(typed)?;
        let end = rest.find('/').map_or(path.len(), |end| typed.len() + end + 1);
        Some(path[..end].to_owned())
    };
    let candidates: BTreeSet<String> = paths.filter_map(|path| next(path.as_str())).collect();
    candidates.into_iter().map(CompletionCandidate::new).collect()
}
