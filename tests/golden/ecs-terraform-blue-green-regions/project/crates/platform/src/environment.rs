//! Typed settings from environment variables.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, error, fmt,
    fmt::Display,
    fs::{self, File},
    io::{self, BufReader, Read},
    ops::RangeInclusive,
    str::FromStr,
};

/// No setting is longer; a larger file was named by mistake.
const FILE_BYTES: u64 = 1024 * 1024;

/// The environment, read key by key; mistakes are collected so that one start reports them all.
///
/// `KEY_FILE` names a file that holds the value of `KEY`, as mounted secrets do. An empty variable
/// or file counts as absent. Messages never repeat a value, which may be a secret.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    /// The names of those whose value is not UTF-8.
    unreadable: BTreeSet<String>,
    mistakes: Vec<String>,
    warnings: Vec<String>,
}

impl Environment {
    #[must_use]
    pub fn of_process() -> Self {
        let mut environment = Self::default();
        for (key, value) in env::vars_os() {
            match (key.into_string(), value.into_string()) {
                (Ok(key), Ok(value)) => drop(environment.variables.insert(key, value)),
                (Ok(key), Err(_)) => drop(environment.unreadable.insert(key)),
                // Nobody asks for a name that is not UTF-8.
                (Err(_), _) => {}
            }
        }
        environment
    }

    /// Returns the value of `key`; its absence is a mistake.
    ///
    /// The stand-in that is then returned is never used: the service does not start.
    pub fn required<T: FromStr<Err: Display> + Default>(&mut self, key: &str) -> T {
        let mistakes = self.mistakes.len();
        let value = self.optional(key);
        if value.is_none() && self.mistakes.len() == mistakes {
            self.mistakes.push(format!("`{key}` is missing"));
        }
        value.unwrap_or_default()
    }

    /// Returns the value of `key`, or `default` when it is absent.
    pub fn or<T: FromStr<Err: Display>>(&mut self, key: &str, default: T) -> T {
        self.optional(key).unwrap_or(default)
    }

    /// Returns the value of `key` if there is one.
    pub fn optional<T: FromStr<Err: Display>>(&mut self, key: &str) -> Option<T> {
        match self.text(key)?.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.mistakes.push(format!("`{key}` is not valid: {error}"));
                None
            }
        }
    }

    /// Returns the number of `key`, which must lie in `range`, or `default` when it is absent.
    pub fn within<T>(&mut self, key: &str, default: T, range: RangeInclusive<T>) -> T
    where
        T: FromStr + PartialOrd + Display,
    {
        let Some(text) = self.text(key) else {
            return default;
        };
        match text.parse() {
            Ok(value) if range.contains(&value) => value,
            _ => {
                let (least, most) = range.into_inner();
                let rule = format!("`{key}` is not valid: it must be from {least} to {most}");
                self.mistakes.push(rule);
                default
            }
        }
    }

    /// Adds a rule that spans several values.
    pub fn ensure(&mut self, holds: bool, rule: &str) {
        if !holds {
            self.mistakes.push(rule.to_owned());
        }
    }

    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Succeeds when everything that was read until now is valid, the platform's own settings too.
    ///
    /// # Errors
    ///
    /// All the mistakes, in the order of reading.
    pub fn check(&self) -> Result<(), Mistakes> {
        if self.mistakes.is_empty() {
            Ok(())
        } else {
            Err(Mistakes(self.mistakes.clone()))
        }
    }

    fn text(&mut self, key: &str) -> Option<String> {
        let file_key = format!("{key}_FILE");
        match (self.variable(key), self.variable(&file_key)) {
            (value, None) => value,
            (None, Some(path)) => self.file(&file_key, &path),
            (Some(_), Some(_)) => {
                let both = format!("`{key}` and `{file_key}` are both set");
                self.mistakes.push(both);
                None
            }
        }
    }

    fn variable(&mut self, key: &str) -> Option<String> {
        if self.unreadable.contains(key) {
            self.mistakes.push(format!("`{key}` is not UTF-8"));
            return None;
        }
        let value = self.variables.get(key).filter(|value| !value.is_empty())?;
        if is_service_link(key, value) {
            let ignored = format!("`{key}` was set by Kubernetes for a Service and is ignored");
            self.warnings.push(ignored);
            return None;
        }
        Some(value.clone())
    }

    fn file(&mut self, key: &str, path: &str) -> Option<String> {
        match read(path) {
            Ok(text) => {
                let text = text.trim_end_matches(['\r', '\n']);
                (!text.is_empty()).then(|| text.to_owned())
            }
            Err(error) => {
                let unread = format!("`{key}` names `{path}`, which cannot be read: {error}");
                self.mistakes.push(unread);
                None
            }
        }
    }
}

fn read(path: &str) -> io::Result<String> {
    // Opening a named pipe blocks until somebody writes to it, and a device may have no end.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut text = String::new();
    let read = File::open(path)?.take(FILE_BYTES + 1);
    if BufReader::new(read).read_to_string(&mut text)? as u64 > FILE_BYTES {
        let message = format!("it has more than {FILE_BYTES} bytes");
        return Err(io::Error::other(message));
    }
    Ok(text)
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        let variables = variables
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect();
        Self {
            variables,
            ..Self::default()
        }
    }
}

/// What is wrong with the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(pub Vec<String>);

impl Display for Mistakes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join("; "))
    }
}

impl error::Error for Mistakes {}

/// Tells the variables that Kubernetes injects for each Service of the namespace.
///
/// A Service called `admin` gives every pod `ADMIN_PORT=tcp://10.0.0.1:80`, over a name that means
/// something else to this program.
fn is_service_link(key: &str, value: &str) -> bool {
    let schemes = ["tcp://", "udp://", "sctp://"];
    key.ends_with("_PORT") && schemes.iter().any(|scheme| value.starts_with(scheme))
}
