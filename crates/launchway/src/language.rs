//! The language that the user reads. The English text is the key of every other one; what has no translation stays English.

pub(crate) mod help;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::OnceLock;

use launchway_core::told::{Translation, fill};
use launchway_core::unpacked;

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

/// Learns what a template says in the user's language, for messages that the template crate makes in English.
pub(crate) fn learn(texts: BTreeMap<String, String>) {
    if current() != Language::English {
        translation().learn(texts);
    }
}

/// Returns what was learned of a template's text.
pub(crate) fn learned(english: &str) -> Option<String> {
    if current() == Language::English { None } else { translation().learned(english) }
}

/// Returns a message that was put together in English in the user's language; one that nobody knows stays as it is, and so does what
/// another program said.
pub(crate) fn told(english: &str) -> Cow<'_, str> {
    match current() {
        Language::English => Cow::Borrowed(english),
        Language::Korean => Cow::Owned(translation().tell(english)),
    }
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

/// The Korean texts by their English ones.
pub(crate) fn korean() -> &'static BTreeMap<String, String> {
    translation().texts()
}

/// The Korean texts, and what finds messages again. The tables of the files only keep them tidy.
fn translation() -> &'static Translation {
    static KOREAN: OnceLock<Translation> = OnceLock::new();
    KOREAN.get_or_init(|| {
        let texts = |packed| tables(packed).into_values().flatten().collect();
        let whole = texts(include_bytes!(concat!(env!("OUT_DIR"), "/ko.toml")));
        Translation::new(whole, texts(include_bytes!(concat!(env!("OUT_DIR"), "/messages.ko.toml"))))
    })
}

/// Reads a file of texts, which `build.rs` has packed; the tests hold that it can be read.
fn tables(packed: &[u8]) -> BTreeMap<String, BTreeMap<String, String>> {
    toml::from_slice(&unpacked(packed)).unwrap_or_default()
}

#[cfg(test)]
#[path = "language/tests.rs"]
mod tests;

#[cfg(test)]
#[path = "language/told_tests.rs"]
mod told_tests;
