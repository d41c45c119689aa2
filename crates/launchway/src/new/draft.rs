//! Drafts: the answers of a wizard that is not at its end, kept so that `--resume` can go on with them.
//!
//! A draft belongs to the folder in which the wizard runs, the template, and `--dest`. It is the user's alone (0600),
//! lies below the state folder of the XDG Base Directory Specification, and holds of a
//! secret only that it was given.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use launchway_core::template::{Choices, Kind, Question, Source};
use launchway_core::{
    Answers, Provenance, SafePath, Template, Value, hexadecimal, open_lock, remove_private, write_private,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::NewRequest;
use crate::failure::{Exit, Failure};
use crate::terminal::shell_word;
use crate::wizard::NotKept;
use crate::wizard::walk::{State, Walk};
use crate::{folders, interrupt, language};

const FORMAT: u32 = 1;
const MAX_BYTES: u64 = 1 << 20;

/// A draft as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DraftFile {
    format: u32,
    template: String,
    version: String,
    /// A digest of the questions.
    questions: String,
    /// The answers that flags, files and the environment gave, each with where it came from.
    given: BTreeMap<String, (Value, AnswerOrigin)>,
    state: State,
}

/// Where an answer came from that was not asked for.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AnswerOrigin {
    Flag,
    Environment,
    File(String),
    Draft,
}

/// Where a draft is kept; nowhere, if that is not possible.
pub(crate) struct Draft {
    place: Option<DraftPlace>,
}

struct DraftPlace {
    path: PathBuf,
    /// The line that goes on with it.
    command: String,
    template: String,
    version: String,
    questions: String,
    /// Held as long as the wizard runs: another one in the same folder keeps no draft.
    _lock: File,
}

/// What a wizard begins with.
pub(super) struct DraftStart {
    pub(super) draft: Draft,
    pub(super) given: Answers,
    pub(super) state: State,
    /// What the user is told at the start.
    pub(super) notes: Vec<String>,
}

/// Finds the place of the draft, and takes up the one that is there if the user says so.
pub(super) fn open(template: &Template, mut given: Answers, request: &NewRequest) -> Result<DraftStart, Failure> {
    let mut notes = Vec::new();
    let place = match DraftPlace::of(template, request) {
        Ok(place) => Some(place),
        Err(reason) if request.resume => return Err(Failure::new(Exit::Io, format!("no draft can be read: {reason}"))),
        Err(reason) => {
            notes.push(language::filled("No draft is kept: {reason}", &[("reason", &reason)]));
            None
        }
    };
    let mut state = State::default();
    if let Some(place) = &place {
        match (place.read(), request.resume) {
            (Ok(Some(saved)), true) => {
                place.check(&saved)?;
                take_given(template, saved.given, &mut given);
                state = saved.state;
                notes.push(language::text("The answers of the draft are taken.").to_owned());
            }
            (Ok(Some(_)) | Err(_), false) => notes.push(language::filled(
                "A draft is there: `{command}` goes on with it; an answer given here replaces it.",
                &[("command", &place.command)],
            )),
            (Ok(None), true) => return Err(none(place)),
            (Err(reason), true) => {
                return Err(Failure::new(Exit::Io, format!("the draft cannot be read: {reason}"))
                    .hint("start again without `--resume`"));
            }
            (Ok(None), false) => {}
        }
        if request.resume {
            place.announce();
        }
    }
    Ok(DraftStart { draft: Draft { place }, given, state, notes })
}

fn none(place: &DraftPlace) -> Failure {
    let start = place.command.strip_suffix(" --resume").unwrap_or(&place.command);
    Failure::new(Exit::Usage, format!("there is no draft of `{}` in this folder", place.template))
        .hint(format!("start one with `{start}`"))
        .hint("a draft belongs to the folder it was begun in, its template, and its `--dest`")
}

/// Adds what flags and files gave when the draft was begun, unless it is given anew.
fn take_given(template: &Template, saved: BTreeMap<String, (Value, AnswerOrigin)>, given: &mut Answers) {
    for (id, (value, _)) in saved {
        if template.question(&id).is_some() {
            given.set_if_open(&id, value, Provenance::Draft);
        }
    }
}

impl Draft {
    /// Keeps nothing.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self { place: None }
    }

    /// Writes the answers down. After an error nothing is kept.
    pub(super) fn keep(&mut self, walk: &Walk<'_>) -> Result<(), NotKept> {
        let Some(place) = &self.place else {
            let reason = language::text("The answers cannot be saved: no draft is kept.").to_owned();
            return Err(NotKept { reason, is_known: true });
        };
        match place.write(walk) {
            Ok(()) => {
                place.announce();
                Ok(())
            }
            Err(reason) => {
                self.place = None;
                interrupt::set_farewell(None);
                let reason = language::filled("No draft is kept: {reason}", &[("reason", &reason)]);
                Err(NotKept { reason, is_known: false })
            }
        }
    }

    /// Returns the line that goes on with the draft.
    pub(crate) fn command(&self) -> Option<&str> {
        self.place.as_ref().map(|place| place.command.as_str())
    }

    /// Takes the draft away.
    pub(super) fn forget(&mut self) {
        interrupt::set_farewell(None);
        if let Some(place) = self.place.take() {
            remove_private(&place.path);
        }
    }
}

impl DraftPlace {
    fn of(template: &Template, request: &NewRequest) -> Result<Self, String> {
        let reason = || language::text("there is no home folder; LAUNCHWAY_STATE_DIR can name another one").to_owned();
        let folder = folders::state().ok_or_else(reason)?.join("drafts");
        let here = std::env::current_dir().map_err(|error| error.to_string())?;
        let path = folder.join(format!("{}.json", key(&here, template, request)));
        let lock = open_lock(&path.with_extension("lock")).map_err(|error| error.to_string())?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(language::text("another launchway is asking the same in this folder").to_owned());
            }
            Err(TryLockError::Error(error)) => return Err(error.to_string()),
        }
        Ok(Self {
            path,
            command: command(request),
            template: template.id.clone(),
            version: template.version.to_string(),
            questions: digest(&template.questions.iter().map(shape).collect::<String>()),
            _lock: lock,
        })
    }

    /// Says with Ctrl-C how to go on.
    fn announce(&self) {
        let text = language::filled("Nothing was written. Go on with `{command}`.", &[("command", &self.command)]);
        interrupt::set_farewell(Some(text));
    }

    fn read(&self) -> Result<Option<DraftFile>, String> {
        let metadata = match fs::metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        if metadata.len() > MAX_BYTES {
            return Err("it is larger than 1 MiB".to_owned());
        }
        let text = fs::read_to_string(&self.path).map_err(|error| error.to_string())?;
        serde_json::from_str(&text).map(Some).map_err(|error| error.to_string())
    }

    /// Refuses a draft whose questions are not those of the template.
    fn check(&self, saved: &DraftFile) -> Result<(), Failure> {
        let is_known = saved.format == FORMAT && saved.template == self.template;
        if is_known && saved.version == self.version && saved.questions == self.questions {
            return Ok(());
        }
        let (was, is) =
            (format!("{} {}", saved.template, saved.version), format!("{} {}", self.template, self.version));
        let message = if was == is {
            format!("the questions of the template `{is}` have changed since the draft was begun")
        } else {
            format!("the draft is of the template `{was}`, and this is `{is}`")
        };
        let start = self.command.strip_suffix(" --resume").unwrap_or(&self.command);
        Err(Failure::new(Exit::Usage, message)
            .hint(format!("start again with `{start}`; the answers of the draft stand in `{}`", self.path.display())))
    }

    fn write(&self, walk: &Walk<'_>) -> Result<(), String> {
        let mut given = BTreeMap::new();
        for (id, value, provenance) in walk.given().iter() {
            let from = match provenance {
                Provenance::Flag => AnswerOrigin::Flag,
                Provenance::Environment => AnswerOrigin::Environment,
                Provenance::File(name) => AnswerOrigin::File(name.clone()),
                Provenance::Draft => AnswerOrigin::Draft,
                _ => continue,
            };
            given.insert(id.to_owned(), (value.clone(), from));
        }
        let saved = DraftFile {
            format: FORMAT,
            template: self.template.clone(),
            version: self.version.clone(),
            questions: self.questions.clone(),
            given,
            state: walk.state().clone(),
        };
        let mut text = serde_json::to_string_pretty(&saved).map_err(|error| error.to_string())?;
        text.push('\n');
        tracing::info!(what = %format_args!("keep the answers in {}", self.path.display()));
        write_private(&self.path, text.as_bytes()).map_err(|error| error.to_string())
    }
}

/// Names the draft by what it belongs to.
fn key(here: &Path, template: &Template, request: &NewRequest) -> String {
    let source = match &template.source {
        Source::Builtin => format!("builtin:{}", template.id),
        Source::Folder(folder) => std::path::absolute(folder).unwrap_or(folder.clone()).display().to_string(),
        Source::Git(git) => format!("{}//{}", git.url, git.subfolder.as_ref().map_or("", SafePath::as_str)),
    };
    let dest = request.dest.as_ref().or(request.archive.as_ref().map(|archive| &archive.path));
    let dest = dest.map(|dest| dest.display().to_string()).unwrap_or_default();
    digest(&format!("{}\0{source}\0{dest}", here.display()))
}

/// Returns half of a SHA-256 in hexadecimal.
fn digest(text: &str) -> String {
    hexadecimal(&Sha256::digest(text.as_bytes())[..16])
}

/// Describes what of a question decides whether an answer can be taken over; its wording does not.
fn shape(question: &Question) -> String {
    let values = |choices: &Choices| choices.all().map(|choice| choice.value.clone()).collect::<Vec<_>>().join(",");
    let kind = match &question.kind {
        Kind::Choice(choices) => format!("choice {}", values(choices)),
        Kind::Choices(choices) => format!("choices {}", values(choices)),
        _ => question.placeholder(),
    };
    format!("{}\0{kind}\0{}\n", question.id, question.when_text().unwrap_or_default())
}

/// Returns the line that goes on with a draft.
fn command(request: &NewRequest) -> String {
    let mut words = vec!["launchway new".to_owned()];
    if request.template != "service" {
        words.push(format!("--template={}", shell_word(&request.template)));
    }
    words.extend(request.given_again.iter().cloned());
    words.push("--resume".to_owned());
    words.join(" ")
}
