//! What a prompt is filled with before anybody has answered it: what the surroundings say, and a person's own defaults.
//!
//! Nothing of it counts where nothing is asked, so that the same line makes the same project on every machine.

use std::env;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use launchway_core::document::{self, Format};
use launchway_core::template::{Prefill, Question};
use launchway_core::{Template, Value, owner_and_name};

use crate::git::Git;
use crate::preferences::{Preference, Preferences};

/// The most that is read of gh's settings.
const MAX_BYTES: u64 = 1 << 20;

const OWN: &str = "your defaults";
const REMOTE: &str = "the remote `origin`";
const GH: &str = "the settings of `gh`";

/// The variables that name a region of AWS, as its own tools read them.
const REGION_VARIABLES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// What is known to fill prompts with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Prefills {
    own: Preferences,
    /// OWNER/NAME of the repository that the project is made in.
    repository: Option<String>,
    /// The user of gh.
    user: Option<String>,
    /// A region, and the variable that names it.
    region: Option<(String, &'static str)>,
}

/// A value for a prompt, and where it came from, in English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prefilled {
    pub(crate) value: Value,
    pub(crate) from: &'static str,
}

impl Prefills {
    /// Looks around, as far as the template has a question for it. `place` is where the project is made.
    pub(crate) fn gather(template: &Template, place: &Path, own: Preferences) -> Self {
        let is_asked = |kind: Prefill| template.questions.iter().any(|question| question.prefill == Some(kind));
        let has_repository = is_asked(Prefill::Repository);
        Self {
            own,
            repository: if has_repository { remote(place) } else { None },
            user: if has_repository { gh_user() } else { None },
            region: REGION_VARIABLES.iter().find_map(|name| Some((set(name)?, *name))),
        }
    }

    /// Returns what the prompt of a question is filled with; `default` is the template's.
    pub(crate) fn of(&self, question: &Question, default: Option<&Value>) -> Option<Prefilled> {
        let own = |preference: Preference| Some((self.own.get(&preference)?.clone(), OWN));
        let (text, from) = match question.prefill? {
            Prefill::Repository => self.repository(default)?,
            Prefill::Region => self.region.clone().or_else(|| own(Preference::Region))?,
            Prefill::Architecture => own(Preference::Architecture)?,
            Prefill::Owner => own(Preference::Owner)?,
        };
        let value = question.read(&text).ok()?;
        (Some(&value) != default).then_some(Prefilled { value, from })
    }

    /// Tells where an answer came from, if it is the one that the prompt was filled with.
    pub(crate) fn of_answer(&self, question: &Question, answer: &Value) -> Option<&'static str> {
        // An owner's repository is recognised by its owner: its name follows the service.
        let text = answer.to_string();
        let same_name = text.split_once('/').map(|(_, name)| Value::Text(format!("/{name}")));
        let prefilled = self.of(question, same_name.as_ref())?;
        (prefilled.value == *answer).then_some(prefilled.from)
    }

    /// Of a person or an organisation only the owner is known; the name is that of the default.
    fn repository(&self, default: Option<&Value>) -> Option<(String, &'static str)> {
        if let Some(repository) = &self.repository {
            return Some((repository.clone(), REMOTE));
        }
        let own = self.own.get(&Preference::Organisation).map(|owner| (owner, OWN));
        let (owner, from) = own.or(self.user.as_ref().map(|user| (user, GH)))?;
        let default = default?.to_string();
        let (_, name) = default.split_once('/')?;
        Some((format!("{owner}/{name}"), from))
    }

    /// Tells whether a person has a default of their own for a question that is left at the template's otherwise.
    pub(crate) fn has_own(&self, question: &Question) -> bool {
        let preference = match question.prefill {
            Some(Prefill::Architecture) => Preference::Architecture,
            Some(Prefill::Owner) => Preference::Owner,
            Some(Prefill::Repository | Prefill::Region) | None => return false,
        };
        self.own.contains_key(&preference)
    }
}

fn set(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}

/// Reads the remote of the repository that a folder stands in; of its address only OWNER/NAME is kept.
fn remote(place: &Path) -> Option<String> {
    let folder = place.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let url = Git::of_user(folder).text(&["config", "--get", "remote.origin.url"]).ok()?;
    if url.contains("github") { owner_and_name(&url) } else { None }
}

/// Reads who is logged in at GitHub, from the file that `gh` keeps; `gh` itself is not run.
fn gh_user() -> Option<String> {
    let folder = |variable: &str| set(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let settings = folder("GH_CONFIG_DIR")
        .or_else(|| folder("XDG_CONFIG_HOME").map(|config| config.join("gh")))
        .or_else(|| folder("HOME").map(|home| home.join(".config/gh")))?;
    let path = settings.join("hosts.yml");
    if !fs::metadata(&path).ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    File::open(&path).ok()?.take(MAX_BYTES).read_to_string(&mut text).ok()?;
    let documents = document::parse(Format::Yaml, &text).ok()?;
    Some(documents.first()?.get("github.com")?.get("user")?.as_str()?.to_owned())
}
