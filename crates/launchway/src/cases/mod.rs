//! The test cases of a template: answers, or a project of an older version, and the whole tree that must come of them.

pub(crate) mod compare;
pub(crate) mod shell;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use launchway_core::template::Ownership;
use launchway_core::{
    Answers, Blob, Changes, Defaults, Edit, FileChange, Interview, Plan, PlannedFile, SafePath, Status, Template,
    Temporary,
};
use serde::Deserialize;

use crate::answers;
use crate::failure::{Exit, Failure, listed};
use crate::repository::begin::take;
use crate::update::rehearse;
use compare::{Tree, differences};

/// The folder of the cases in a template's folder.
pub(crate) const FOLDER: &str = "tests";
const ANSWERS: &str = "answers.toml";
const EXPECTED: &str = "expected";
/// A project of an older version, as it stands when it is updated.
const PROJECT: &str = "project";
const OPTIONS: &str = "case.toml";
const MAX_OPTIONS_BYTES: u64 = 64 << 10;

/// A folder below `tests/`.
pub(crate) struct Case {
    pub(crate) name: String,
    folder: PathBuf,
    commands: Vec<String>,
}

/// What `case.toml` may say.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseOptions {
    /// Command lines that must succeed in the folder of the result.
    #[serde(default)]
    commands: Vec<String>,
}

/// What came of a case.
pub(crate) struct CaseResult {
    pub(crate) name: String,
    /// Why the answers make no project.
    pub(crate) error: Option<String>,
    pub(crate) differences: Vec<String>,
    /// The commands that ran; the last of them may have failed.
    pub(crate) commands: Vec<shell::CommandResult>,
    /// How many files of `expected/` were written or removed.
    pub(crate) blessed: Option<usize>,
}

impl CaseResult {
    pub(crate) fn passed(&self) -> bool {
        self.error.is_none() && self.differences.is_empty() && self.commands.iter().all(shell::CommandResult::succeeded)
    }
}

/// Lists the cases of a template's folder, sorted by name.
pub(crate) fn all(template: &Path) -> Result<Vec<Case>, Failure> {
    let folder = template.join(FOLDER);
    let mut cases = Vec::new();
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(cases),
        entries => entries.map_err(|error| unreadable(&folder, &error))?,
    };
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(&folder, &error))?;
        let path = entry.path();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if let (true, Ok(name)) = (is_folder, entry.file_name().into_string()) {
            let commands = options(&path.join(OPTIONS))?.commands;
            cases.push(Case { name, folder: path, commands });
        }
    }
    cases.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(cases)
}

fn options(path: &Path) -> Result<CaseOptions, Failure> {
    let metadata = match path.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(CaseOptions::default()),
        metadata => metadata.map_err(|error| unreadable(path, &error))?,
    };
    let unusable = |reason: String| Failure::new(Exit::Usage, format!("`{}` {reason}", path.display()));
    if !metadata.is_file() || metadata.len() > MAX_OPTIONS_BYTES {
        return Err(unusable("is not a small file".to_owned()));
    }
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    toml::from_str(&text).map_err(|error| {
        unusable(format!("cannot be used: {}", error.message())).hint("it may hold `commands = [\"…\"]`")
    })
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Io, format!("cannot read `{}`: {error}", path.display()))
}

/// A project that a case makes, in memory.
struct CaseProject {
    files: Tree,
    /// What the commands find, the record of a new project among it.
    creates: Vec<(SafePath, PlannedFile)>,
    /// The files of an older project that both sides have changed in different ways.
    conflicts: Vec<SafePath>,
}

impl Case {
    /// Renders the case, compares it with what is expected and runs its commands in it; or makes it what is expected.
    pub(crate) fn run(&self, template: &Template, bless: bool) -> Result<CaseResult, Failure> {
        let mut outcome = CaseResult {
            name: self.name.clone(),
            error: None,
            differences: Vec::new(),
            commands: Vec::new(),
            blessed: None,
        };
        let made = if self.folder.join(PROJECT).exists() { self.update(template) } else { self.render(template) };
        let project = match made {
            Ok(project) => project,
            Err(failure) => {
                outcome.error = Some(failure.to_string());
                return Ok(outcome);
            }
        };
        let _lock = if bless { take(&self.folder)? } else { None };
        if !project.conflicts.is_empty() {
            let conflict = |path: &SafePath| format!("{path}: the project and the template have both changed it");
            outcome.differences = project.conflicts.iter().map(conflict).collect();
            return Ok(outcome);
        }
        let expected = compare::read(&self.folder.join(EXPECTED))?;
        if bless {
            outcome.blessed = Some(self.bless(&expected, &project.files)?);
        } else {
            outcome.differences = differences(&expected, &project.files);
        }
        if outcome.passed() && !self.commands.is_empty() {
            outcome.commands = self.run_commands(&project.creates)?;
        }
        Ok(outcome)
    }

    fn render(&self, template: &Template) -> Result<CaseProject, Failure> {
        let mut answers = Answers::default();
        answers::add_file(&self.folder.join(ANSWERS), template, &mut answers)?;
        let interview = Interview::new(template, &answers, Defaults::All)?;
        if !interview.problems.is_empty() {
            return Err(interview.problems.clone().into());
        }
        if let Some((unused, _)) = interview.unused.first() {
            let message = format!("`{unused}` has no effect: with the other answers it is not asked");
            return Err(Failure::new(Exit::Usage, message).hint(format!("leave it out of `{ANSWERS}`")));
        }
        let context = interview.context()?.ok_or_else(|| {
            let open = listed(interview.open.iter().map(|(question, _)| &question.id));
            Failure::new(Exit::Usage, format!("there is no answer for {open}")).hint(format!("add it to `{ANSWERS}`"))
        })?;
        let plan = Plan::new(template, &context)?;
        let files = plan.files.iter().map(|(path, file)| (path.as_str().to_owned(), blob(file))).collect();
        // The name is that of a folder that is made anew; nothing stands there.
        let changes = Changes::to_create(template, &context, &plan, Path::new(""))?;
        Ok(CaseProject { files, creates: changes.creates, conflicts: Vec::new() })
    }

    /// Brings the project of the case up to date, in memory.
    fn update(&self, template: &Template) -> Result<CaseProject, Failure> {
        let folder = self.folder.join(PROJECT);
        let answers = Some(self.folder.join(ANSWERS)).filter(|path| path.exists());
        let mut files = compare::read(&folder)?;
        files.retain(|path, _| !path.starts_with(".launchway/"));
        let changes = rehearse(&folder, template, answers)?;
        let is_conflict = |change: &&FileChange| change.status == Status::Conflict;
        let conflicts = changes.iter().filter(is_conflict).map(|change| change.edit.path.clone()).collect();
        for FileChange { edit, .. } in changes {
            match edit.after {
                Some(blob) => drop(files.insert(edit.path.as_str().to_owned(), blob)),
                None => drop(files.remove(edit.path.as_str())),
            }
        }
        let create = |(path, blob): (&String, &Blob)| {
            let path = SafePath::new(path).map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
            let Blob { bytes, executable } = blob.clone();
            Ok((path, PlannedFile { bytes, executable, ownership: Ownership::Merged }))
        };
        let creates = files.iter().map(create).collect::<Result<_, Failure>>()?;
        Ok(CaseProject { files, creates, conflicts })
    }

    fn bless(&self, expected: &Tree, files: &Tree) -> Result<usize, Failure> {
        let paths: std::collections::BTreeSet<&String> = expected.keys().chain(files.keys()).collect();
        let mut edits = Vec::new();
        for path in paths {
            let below = SafePath::new(&format!("{EXPECTED}/{path}"))
                .map_err(|error| Failure::new(Exit::Usage, error.to_string()).hint("remove it from `expected/`"))?;
            edits.push(Edit { path: below, before: expected.get(path).cloned(), after: files.get(path).cloned() });
        }
        edits.retain(|edit| edit.before != edit.after);
        launchway_core::edit(&self.folder, &edits)?;
        Ok(edits.len())
    }

    fn run_commands(&self, creates: &[(SafePath, PlannedFile)]) -> Result<Vec<shell::CommandResult>, Failure> {
        let folder = Temporary::create(&std::env::temp_dir(), creates)?;
        let mut ran = Vec::new();
        for command in &self.commands {
            ran.push(shell::run(command, folder.path(), &[])?);
            if !ran.iter().all(shell::CommandResult::succeeded) {
                break;
            }
        }
        Ok(ran)
    }
}

fn blob(file: &PlannedFile) -> Blob {
    Blob { bytes: file.bytes.clone(), executable: file.executable }
}

/// Counts how often each of some texts stands in a list.
pub(crate) fn counted(texts: impl IntoIterator<Item = String>) -> BTreeMap<String, usize> {
    texts.into_iter().fold(BTreeMap::new(), |mut counts, text| {
        *counts.entry(text).or_default() += 1;
        counts
    })
}
