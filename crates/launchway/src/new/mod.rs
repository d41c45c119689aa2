//! A new project: what is asked for, what is made of it, and what is said about it.

mod archive;
mod draft;
mod files;
mod next_steps;
mod prepared;
mod report;
mod request;
mod review;
mod wizard;
mod written;

use std::path::Path;

use launchway_core::{Addition, Answers, Template, apply, edit};

pub(crate) use self::archive::ArchiveFile;
use self::draft::Draft;
use self::next_steps::GitOutcome;
use self::prepared::{NewProject, PlaceholderAnswer, TeamDecision, destination};
pub(crate) use self::prepared::{TemplateChoice, choose};
use self::report::NewReport;
pub(crate) use self::request::{NamedTemplate, NewRequest};
#[cfg(test)]
pub(crate) use self::review::command as equivalent_command;
use crate::failure::{Exit, Failure};
use crate::git::{self, FirstCommit, Standing};
use crate::report::{Output, refuse_unexpected};
use crate::repository::begin::begin;
use crate::repository::index::WayBack;
use crate::repository::{Repository, has_commits, ignored, ignored_note, is_sparse, unfinished_work};
use crate::wizard::{Decision, left};
use crate::{add, answers, interrupt, language, terminal, update};

/// Makes a project from a template; `answers` are those of the line and the environment.
pub(crate) fn run(chosen: &TemplateChoice, request: &NewRequest, mut answers: Answers) -> Result<(), Failure> {
    let template = &chosen.template;
    chosen.policy.iter().for_each(|policy| policy.apply(&mut answers));
    for path in &request.answers_files {
        answers::add_file(path, template, &mut answers)?;
    }
    answers::refuse_secrets(&answers, template)?;
    let may_ask = terminal::is_interactive() && !request.no_input;
    if request.resume && !may_ask {
        return Err(Failure::new(Exit::Usage, "`--resume` goes on asking, and there is no terminal to ask in")
            .hint("without a terminal every answer is given by a flag or an answers file"));
    }
    let (prepared, draft) = if may_ask {
        let (decision, mut draft) = wizard::run(template, answers, request)?;
        match decision {
            Decision::Write(prepared) => (prepared, Some(draft)),
            Decision::Save => {
                say_saved(&draft);
                return Ok(());
            }
            Decision::Leave => {
                draft.forget();
                return Err(left());
            }
        }
    } else {
        let prepared = NewProject::new(template, &answers, request)?;
        prepared.placeholders.iter().for_each(say_placeholder);
        (prepared, None)
    };
    for warning in &prepared.warnings {
        terminal::tell(&format!("warning: {warning}\n"));
    }
    finish(template, &prepared, request, draft)
}

/// Says of an answer that nobody was asked for that it has to be replaced.
fn say_placeholder(PlaceholderAnswer { question, value, flag }: &PlaceholderAnswer) {
    let note = language::filled(
        "note: `{question}` is the placeholder `{value}`; `{flag}=…` gives another answer",
        &[("question", question), ("value", value), ("flag", flag)],
    );
    terminal::say(&format!("{}\n", terminal::visible_line(&note)));
}

/// Says that nothing is written, and how to go on.
fn say_saved(draft: &Draft) {
    interrupt::set_farewell(None);
    let command = draft.command().unwrap_or_default();
    let text = language::filled("The answers are saved. Go on with `{command}`.", &[("command", &command)]);
    terminal::say(&format!("{}\n", terminal::hanging(&terminal::visible(&text), 0)));
}

fn finish(
    template: &Template,
    prepared: &NewProject,
    request: &NewRequest,
    draft: Option<Draft>,
) -> Result<(), Failure> {
    let standing = standing(prepared);
    refuse_folder_of_git(prepared, standing)?;
    let repository = prepared.addition.as_ref().and_then(|addition| beside(addition, &prepared.changes.destination));
    if request.dry_run {
        // A preview of what would be refused is shown all the same, and ends as the run would.
        say_notes(prepared);
        show(template, prepared, request, &preview(prepared, standing, request), None)?;
        repository.transpose()?;
        return refuse_unexpected(request.expect.as_ref(), || prepared.digest());
    }
    let repository = repository.transpose()?;
    refuse_unexpected(request.expect.as_ref(), || prepared.digest())?;
    let _lock = if prepared.addition.is_some() { begin(&prepared.changes.destination)? } else { None };
    let way_back = interrupt::uninterrupted(|| {
        let changes = &prepared.changes;
        let files = changes.creates.len();
        let _step = tracing::info_span!("write", what = %changes.destination.display(), files).entered();
        let way_back = match &prepared.addition {
            Some(addition) => match &repository {
                Some(repository) => Some(add::write(&prepared.context.name, addition, repository)?),
                None => edit(&changes.destination, &addition.edits()).map(|()| None)?,
            },
            None => match &prepared.archive {
                Some(archive) => archive.write(prepared).map(|()| None)?,
                None => apply(changes).map(|()| None)?,
            },
        };
        // An interruption after this says nothing of a draft.
        if let Some(mut draft) = draft {
            draft.forget();
        }
        Ok::<_, Failure>(way_back)
    })?;
    let destination = written_to(prepared);
    let files = prepared.changes.creates.len();
    let shown = terminal::visible_line(&destination.display().to_string());
    let created = language::filled("created `{path}` with {files} files", &[("path", &shown), ("files", &files)]);
    terminal::say(&format!("{created}\n"));
    let outcome = commit(prepared, standing, request);
    if prepared.archive.is_none() {
        say_ignored(prepared);
    }
    say_notes(prepared);
    terminal::say(&next_steps::text(prepared, &outcome));
    if let Some(way_back) = &way_back {
        terminal::say(&format!("\n{}", update::way_back_lines(way_back)));
    }
    show(template, prepared, request, &outcome, way_back.as_ref())
}

/// Says which files git will not see.
fn say_ignored(prepared: &NewProject) {
    let root = &prepared.changes.destination;
    let files_made = prepared.changes.creates.iter().map(|(path, _)| path);
    let changes = prepared.addition.iter().flat_map(|addition| &addition.changes).map(|edit| &edit.path);
    if let Some(note) = ignored_note(root, files_made.chain(changes)) {
        terminal::tell(&format!("{note}\n"));
    }
}

/// Returns the folder or the file that the project is written to.
fn written_to(prepared: &NewProject) -> &Path {
    prepared.archive.as_ref().map_or(&prepared.folder, |archive| &archive.path)
}

/// Returns where the project stands for git: what becomes a folder of a repository is inside it, also before it is there.
fn standing(prepared: &NewProject) -> Standing {
    match (&prepared.archive, &prepared.addition) {
        (Some(_), _) => Standing::Nowhere,
        (None, Some(_)) => Standing::Inside,
        (None, None) => Standing::of(&prepared.folder),
    }
}

/// Opens the repository of which a project becomes a folder, if git has a commit to go back to.
fn beside(addition: &Addition, root: &Path) -> Option<Result<Repository, Failure>> {
    has_commits(root).then(|| add::repository(root, addition, None))
}

/// Says what stands elsewhere than in the project's own folder, and what stays as it is.
fn say_notes(prepared: &NewProject) {
    for note in review::notes(prepared) {
        terminal::tell(&format!("{note}\n"));
    }
}

/// Says what would become of git.
fn preview(prepared: &NewProject, standing: Standing, request: &NewRequest) -> GitOutcome {
    let is_committed = !request.no_git && prepared.archive.is_none() && git::reason_to_skip(standing).is_none();
    let standing = match standing {
        Standing::Nowhere if is_committed => Standing::Top { has_commits: true, has_origin: false },
        standing => standing,
    };
    outcome(prepared, None, standing, is_committed)
}

/// Asks git what the next steps need to know of the repository that a project stands in.
fn outcome(prepared: &NewProject, commit: Option<FirstCommit>, standing: Standing, is_committed: bool) -> GitOutcome {
    let is_asked = !is_committed && matches!(standing, Standing::Inside | Standing::Top { .. });
    let unfinished = if is_asked { unfinished_work(&prepared.folder) } else { None };
    let is_sparse = is_asked && is_sparse(&prepared.folder);
    GitOutcome { commit, standing, is_committed, is_sparse, unfinished }
}

/// Refuses a place among the files in which git keeps a repository.
fn refuse_folder_of_git(prepared: &NewProject, standing: Standing) -> Result<(), Failure> {
    if standing != Standing::OfGit {
        return Ok(());
    }
    let message = format!("`{}` is in a folder in which git keeps a repository", prepared.folder.display());
    Err(Failure::new(Exit::Exists, message).hint("choose another place with `--dest`, such as a folder of a clone"))
}

/// Makes the first commit where there is none, and says what became of it.
fn commit(prepared: &NewProject, standing: Standing, request: &NewRequest) -> GitOutcome {
    let destination = &prepared.folder;
    let committed = if prepared.archive.is_some() {
        FirstCommit::Skipped("--archive".to_owned())
    } else if request.no_git {
        FirstCommit::Skipped("--no-git".to_owned())
    } else {
        let paths = || prepared.changes.creates.iter().map(|(path, _)| path);
        git::first_commit(destination, standing, |destination| {
            let ignored = ignored(destination, paths()).unwrap_or_default();
            paths().filter(|path| !ignored.contains(path.as_str())).cloned().collect()
        })
    };
    say_committed(&committed);
    let is_committed = matches!(committed, FirstCommit::Yes(_));
    let standing = self::standing(prepared);
    outcome(prepared, Some(committed), standing, is_committed)
}

fn say_committed(committed: &FirstCommit) {
    let said = match committed {
        FirstCommit::Yes(commit) => {
            language::filled(
                "git: initialised a repository and committed the project as {commit}",
                &[("commit", commit)],
            ) + "\n"
        }
        FirstCommit::Skipped(reason) => language::filled("git: skipped, {reason}", &[("reason", reason)]) + "\n",
        FirstCommit::Failed(reason) => {
            let said = language::text("warning: git could not commit the project, which is written all the same");
            format!("{said}\n  hint: {reason}\n")
        }
    };
    terminal::tell(&said);
}

/// Writes the result to stdout.
fn show(
    template: &Template,
    prepared: &NewProject,
    request: &NewRequest,
    outcome: &GitOutcome,
    way_back: Option<&WayBack>,
) -> Result<(), Failure> {
    let text = match request.output {
        Output::Json => NewReport::new(template, prepared, outcome, way_back).to_json(),
        Output::Text if request.diff => review::diff(prepared),
        Output::Text if request.dry_run => review::tree(prepared),
        Output::Text => format!("{}\n", terminal::visible_line(&written_to(prepared).display().to_string())),
    };
    if request.diff && request.output == Output::Text {
        for path in review::binary_files(&prepared.changes) {
            terminal::tell(&format!("left out of the diff: `{path}`, it is not text\n"));
        }
    }
    terminal::print(&text)
}
