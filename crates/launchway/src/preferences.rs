//! A person's own defaults, `defaults.toml` in the folder of settings: they fill prompts, and decide nothing.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use launchway_core::{is_slug, nearest, open_lock, write_private};

use crate::failure::{Exit, Failure};
use crate::folders;
use crate::language::Language;

/// The most that the file may take.
const MAX_BYTES: u64 = 64 << 10;

/// How long another launchway may keep the file.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a person can have a default for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Preference {
    Architecture,
    Language,
    Organisation,
    Owner,
    Region,
}

impl Preference {
    pub(crate) const ALL: [Self; 5] =
        [Self::Architecture, Self::Language, Self::Organisation, Self::Owner, Self::Region];

    /// Returns the key in the file, and on the line.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Architecture => "architecture",
            Self::Language => "language",
            Self::Organisation => "organisation",
            Self::Owner => "owner",
            Self::Region => "region",
        }
    }

    /// Says what it is the default of.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Architecture => "the processor architecture, arm64 or amd64",
            Self::Language => "the language of the program, en or ko",
            Self::Organisation => "who owns your repositories on GitHub",
            Self::Owner => "the team that owns your services, a slug",
            Self::Region => "the AWS region, such as eu-west-1",
        }
    }

    /// Finds one by its key.
    pub(crate) fn of_key(key: &str) -> Result<Self, Failure> {
        let keys = || Self::ALL.into_iter().map(Self::key);
        Self::ALL.into_iter().find(|preference| preference.key() == key).ok_or_else(|| {
            let failure = Failure::new(Exit::Usage, format!("there is no default `{}`", key.escape_debug()));
            match nearest(key, keys()) {
                Some(nearest) => failure.hint(format!("did you mean `{nearest}`?")),
                None => failure.hint(format!("there is {}", keys().collect::<Vec<_>>().join(", "))),
            }
        })
    }

    /// Tells whether a value is one.
    fn accepts(self, value: &str) -> bool {
        let is_word = |text: &str| {
            let is_part = |it: u8| it.is_ascii_alphanumeric() || it == b'-';
            (1..=39).contains(&text.len()) && text.bytes().all(is_part) && !text.starts_with('-')
        };
        match self {
            Self::Architecture => matches!(value, "arm64" | "amd64"),
            Self::Language => Language::of_code(value).is_some(),
            Self::Organisation => is_word(value),
            Self::Owner => is_slug(value) && value.len() <= 63,
            Self::Region => is_slug(value) && value.len() <= 40,
        }
    }

    /// Refuses a value that is none.
    fn check(self, value: &str) -> Result<(), Failure> {
        if self.accepts(value) {
            return Ok(());
        }
        let message = format!("`{}` is no default for `{}`", value.escape_debug(), self.key());
        Err(Failure::new(Exit::Usage, message).hint(format!("it is {}", self.about())))
    }
}

/// The defaults of a person.
pub(crate) type Preferences = BTreeMap<Preference, String>;

/// Returns where they stand; nowhere without a home.
pub(crate) fn file() -> Option<PathBuf> {
    folders::config().map(|folder| folder.join("defaults.toml"))
}

/// Reads them; there are none where there is no file.
pub(crate) fn read() -> Result<Preferences, Failure> {
    let Some(path) = file() else { return Ok(Preferences::new()) };
    let Some(text) = text(&path)? else { return Ok(Preferences::new()) };
    let table: BTreeMap<String, toml::Value> =
        toml::from_str(&text).map_err(|error| unusable(&path, error.message()))?;
    let mut preferences = Preferences::new();
    for (key, value) in table {
        let preference = Preference::of_key(&key).map_err(|fault| within(&path, &fault))?;
        let toml::Value::String(value) = value else {
            return Err(unusable(&path, &format!("`{key}` is no text in quotes")));
        };
        preference.check(&value).map_err(|fault| within(&path, &fault))?;
        preferences.insert(preference, value);
    }
    Ok(preferences)
}

/// Reads the file, if there is one; what is no plain file would keep the program waiting.
fn text(path: &Path) -> Result<Option<String>, Failure> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => return Err(unusable(path, "it is not a file")),
        Ok(found) if found.len() > MAX_BYTES => return Err(unusable(path, "it is larger than 64 KiB")),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(path, &error.to_string())),
    }
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text));
    read.map_err(|error| unusable(path, &error.to_string()))?;
    Ok(Some(text))
}

fn unusable(path: &Path, reason: &str) -> Failure {
    Failure::new(Exit::Usage, format!("your defaults `{}` cannot be used: {reason}", path.display()))
        .hint("fix the file, or remove it; `launchway defaults set KEY VALUE` writes it")
}

fn within(path: &Path, fault: &Failure) -> Failure {
    let message = fault.message();
    let failure = unusable(path, &message);
    let known = Preference::ALL.map(Preference::key).join(", ");
    let key = message.split('`').nth(1).unwrap_or_default();
    match nearest(key, Preference::ALL.into_iter().map(Preference::key)) {
        Some(nearest) if nearest != key => failure.hint(format!("did you mean `{nearest}`?")),
        _ => failure.hint(format!("there is {known}")),
    }
}

/// Sets one, or takes it away.
pub(crate) fn change(preference: Preference, value: Option<&str>) -> Result<(), Failure> {
    if let Some(value) = value {
        preference.check(value)?;
    }
    let path = file().ok_or_else(|| {
        Failure::new(Exit::CannotWrite, "there is no home folder for your defaults")
            .hint("LAUNCHWAY_CONFIG_DIR can name another folder")
    })?;
    let _lock = lock(&path)?;
    let mut preferences = read()?;
    match value {
        Some(value) => drop(preferences.insert(preference, value.to_owned())),
        None => drop(preferences.remove(&preference)),
    }
    write_private(&path, to_toml(&preferences).as_bytes()).map_err(|error| not_written(&error))
}

fn not_written(error: &launchway_core::ApplyError) -> Failure {
    Failure::new(Exit::CannotWrite, format!("your defaults cannot be written: {error}"))
}

fn lock(path: &Path) -> Result<File, Failure> {
    let file = open_lock(&path.with_extension("lock")).map_err(|error| not_written(&error))?;
    let start = Instant::now();
    while file.try_lock().is_err() {
        if start.elapsed() > PATIENCE {
            return Err(Failure::new(Exit::Busy, "another launchway is changing your defaults")
                .hint("try again once it is done"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(file)
}

/// Writes them as TOML; no value has a character that would have to be escaped.
pub(crate) fn to_toml(preferences: &Preferences) -> String {
    preferences
        .iter()
        .fold(String::new(), |text, (preference, value)| format!("{text}{} = \"{value}\"\n", preference.key()))
}
