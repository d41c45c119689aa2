//! The texts of a project by their path, each parsed at most once.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, OnceLock, PoisonError};

use regex::Regex;

use super::document::{self, Format, Node, Unreadable};
use crate::value::pattern;

/// Files that agreements and checks read, with the patterns that were needed so far.
#[derive(Default)]
pub(crate) struct Texts<'f> {
    files: BTreeMap<Cow<'f, str>, Text<'f>>,
    patterns: Mutex<HashMap<String, Result<Regex, String>>>,
}

/// One file.
pub(crate) struct Text<'f> {
    /// The content, or why it is not to be had, as the end of a sentence about the file.
    content: Result<Cow<'f, str>, String>,
    documents: OnceLock<Result<Vec<Node>, Unreadable>>,
}

impl<'f> Texts<'f> {
    /// Adds a file; `content` is the text, or why there is none.
    pub(crate) fn add(&mut self, path: impl Into<Cow<'f, str>>, content: Result<Cow<'f, str>, String>) {
        self.files.insert(path.into(), Text { content, documents: OnceLock::new() });
    }

    /// Returns the paths of the files, sorted.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(AsRef::as_ref)
    }

    /// Finds a file.
    pub(crate) fn get(&self, path: &str) -> Result<&Text<'f>, String> {
        self.files.get(path).ok_or_else(|| "there is no such file".to_owned())
    }
}

impl Texts<'_> {
    /// Compiles a pattern, once.
    pub(crate) fn pattern(&self, text: &str) -> Result<Regex, String> {
        let mut patterns = self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
        patterns.entry(text.to_owned()).or_insert_with(|| pattern::of_lines(text)).clone()
    }
}

impl Text<'_> {
    /// Returns the text, or why there is none.
    pub(crate) fn text(&self) -> Result<&str, String> {
        self.content.as_deref().map_err(Clone::clone)
    }

    /// Returns what the text holds, read in a format.
    pub(crate) fn documents(&self, format: Format) -> Result<&Vec<Node>, &Unreadable> {
        let read = || document::read(format, self.content.as_deref().unwrap_or_default());
        self.documents.get_or_init(read).as_ref()
    }
}
