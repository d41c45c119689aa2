//! The language that the user reads. The English text is the key of every other one; what has no translation stays English.

pub(crate) mod help;
mod told;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::{OnceLock, PoisonError, RwLock};

use launchway_core::unpacked;

pub(crate) use told::told;

/// A language that the program speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Korean,
}

impl Language {
    pub(crate) const ALL: [Self; 2] = [Self::English, Self::Korean];

    /// Returns its code of two letters, as `--lang` takes it and as a template names its translations.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
        }
    }

    /// Finds a language by its code.
    pub(crate) fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// Reads a locale such as `ko_KR.UTF-8`. Where letters of other alphabets cannot be shown, it is English.
    fn of_locale(locale: &str) -> Self {
        let (place, rest) = locale.split_once(['.', '@']).unwrap_or((locale, "utf-8"));
        let code = place.split('_').next().unwrap_or_default();
        let is_utf8 = matches!(rest.to_ascii_lowercase().as_str(), "utf-8" | "utf8");
        if is_utf8 { Self::of_code(code).unwrap_or(Self::English) } else { Self::English }
    }

    /// Chooses by the environment: `LAUNCHWAY_LANG`, then what a person prefers, then the locale by its usual variables.
    pub(crate) fn of_environment(variable: impl Fn(&str) -> Option<String>, preferred: Option<Self>) -> Self {
        let said = |name: &&str| variable(name).filter(|value| !value.is_empty());
        if let Some(language) = said(&"LAUNCHWAY_LANG").and_then(|code| Self::of_code(&code)) {
            return language;
        }
        if let Some(language) = preferred {
            return language;
        }
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(said);
        locale.map_or(Self::English, |locale| Self::of_locale(&locale))
    }
}

static CURRENT: OnceLock<Language> = OnceLock::new();

/// Sets the language for as long as the program runs; only the first time counts.
pub(crate) fn set(language: Language) {
    let _ = CURRENT.set(language);
}

/// Returns the language that was set.
pub(crate) fn current() -> Language {
    CURRENT.get().copied().unwrap_or(Language::English)
}

/// What templates say in the user's language, by their English texts.
static LEARNED: RwLock<BTreeMap<String, String>> = RwLock::new(BTreeMap::new());

/// Learns what a template says in the user's language, for messages that the template crate makes in English.
pub(crate) fn learn(texts: BTreeMap<String, String>) {
    LEARNED.write().unwrap_or_else(PoisonError::into_inner).extend(texts);
}

/// Returns what was learned of a template's text.
pub(crate) fn learned(english: &str) -> Option<String> {
    LEARNED.read().unwrap_or_else(PoisonError::into_inner).get(english).cloned()
}

/// Finds the longest text of a template with which a message begins, followed by a colon, and returns its translation with the rest.
fn learned_before(message: &str) -> Option<(String, &str)> {
    let learned = LEARNED.read().unwrap_or_else(PoisonError::into_inner);
    let colons = message.rmatch_indices(": ");
    colons
        .into_iter()
        .find_map(|(at, colon)| Some((learned.get(&message[..at])?.clone(), &message[at + colon.len()..])))
}

/// Returns a fixed text in the user's language.
pub(crate) fn text(english: &'static str) -> &'static str {
    translated(english)
}

/// Returns a text of the program's data in the user's language.
pub(crate) fn translated(english: &str) -> &str {
    match current() {
        Language::English => english,
        Language::Korean => korean().get(english).map_or(english, String::as_str),
    }
}

/// Returns a fixed text in the user's language, with every `{name}` replaced by its value.
pub(crate) fn filled(english: &'static str, values: &[(&str, &dyn Display)]) -> String {
    fill(text(english), values)
}

/// Replaces in one pass, so that braces in a value stay what they are.
fn fill(text: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let named = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((value, after))
        });
        let (shown, after) = named.map_or(("{".to_owned(), after), |(value, after)| (value.to_string(), after));
        filled.push_str(&shown);
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// The Korean texts by their English ones. The tables of the files only keep them tidy.
pub(crate) fn korean() -> &'static BTreeMap<String, String> {
    static TEXTS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    TEXTS.get_or_init(|| {
        let whole = tables(include_bytes!(concat!(env!("OUT_DIR"), "/ko.toml"))).into_values().flatten();
        whole.chain(messages().clone()).collect()
    })
}

/// The Korean messages among them, which `told` finds again in what was made of them.
fn messages() -> &'static BTreeMap<String, String> {
    static MESSAGES: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    let packed = include_bytes!(concat!(env!("OUT_DIR"), "/messages.ko.toml"));
    MESSAGES.get_or_init(|| tables(packed).into_values().flatten().collect())
}

/// Reads a file of texts, which `build.rs` has packed; the tests hold that it can be read.
fn tables(packed: &[u8]) -> BTreeMap<String, BTreeMap<String, String>> {
    toml::from_slice(&unpacked(packed)).unwrap_or_default()
}

#[cfg(test)]
#[path = "language/tests.rs"]
mod tests;
