//! What is said of answers in the language of a request: the words of the program, found again by their English forms.

use std::collections::BTreeMap;

use launchway_core::told::Translation;
use serde::Deserialize;

use crate::fault::{Fault, FieldFault};
use crate::templates::{KOREAN, Portal};

/// The texts of a language by their English ones, as the page brings them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Texts {
    whole: BTreeMap<String, String>,
    messages: BTreeMap<String, String>,
}

impl From<Texts> for Translation {
    fn from(texts: Texts) -> Self {
        Self::new(texts.whole, texts.messages)
    }
}

impl Portal {
    /// Says what is wrong in Korean from now on, to whoever asks in it.
    pub fn speak_korean(&mut self, korean: Translation) {
        self.korean = Some(korean);
    }

    /// Says in a language what has come of a request.
    pub(crate) fn told<T: Told>(&self, language: &str, result: Result<T, Fault>) -> Result<T, Fault> {
        let mut result = self.with_fault_told(language, result);
        if let (Ok(answer), Some(translation)) = (&mut result, self.translation(language)) {
            answer.tell(translation);
        }
        result
    }

    /// Says in a language why there is no answer; the answer has no sentences.
    pub(crate) fn with_fault_told<T>(&self, language: &str, result: Result<T, Fault>) -> Result<T, Fault> {
        result.map_err(|mut fault| {
            self.translation(language).into_iter().for_each(|translation| fault.tell(translation));
            fault
        })
    }

    /// The texts of a language other than English, if they were learned.
    fn translation(&self, language: &str) -> Option<&Translation> {
        self.korean.as_ref().filter(|_| language == KOREAN)
    }
}

/// What has sentences in it.
pub(crate) trait Told {
    /// Says them in another language.
    fn tell(&mut self, translation: &Translation);
}

impl<T: Told> Told for Vec<T> {
    fn tell(&mut self, translation: &Translation) {
        for it in self {
            it.tell(translation);
        }
    }
}

impl<T: Told> Told for Option<T> {
    fn tell(&mut self, translation: &Translation) {
        if let Some(it) = self {
            it.tell(translation);
        }
    }
}

impl Told for String {
    fn tell(&mut self, translation: &Translation) {
        *self = translation.tell(self);
    }
}

impl Told for Fault {
    fn tell(&mut self, translation: &Translation) {
        self.title.tell(translation);
        self.detail.tell(translation);
        self.hints.tell(translation);
        self.errors.tell(translation);
    }
}

impl Told for FieldFault {
    fn tell(&mut self, translation: &Translation) {
        self.detail.tell(translation);
        self.hint.tell(translation);
    }
}
