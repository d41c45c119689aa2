//! The table `[add]`: what a template does when its service joins a workspace that is there already.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;
use toml::Spanned;

use super::loader::{Declared, Loader};
use super::manifest;
use super::{Computed, SourceFile, Template};
use crate::agreement::document::{self, Format, Node};
use crate::agreement::pointer::Pointer;
use crate::language::check::Printing;
use crate::language::engine::Compiled;
use crate::language::glob::Glob;
use crate::language::helpers::Type;
use crate::path::SafePath;
use crate::path::beneath;
use crate::value::pattern;
use crate::value::{Added, Value};

/// How a template adds a service to a workspace.
#[derive(Default)]
pub(crate) struct AddRules {
    /// The name that is true in templates when a service is added, and false in a new project.
    pub(crate) value: String,
    /// The files that belong to the workspace, and so to its first service.
    workspace: Vec<Glob>,
    /// The questions whose answers are not taken from another service.
    pub(super) own: BTreeSet<String>,
    /// Where files go that stand elsewhere in a new project.
    pub(crate) moves: Vec<Move>,
    /// The values that the workspace decides.
    pub(crate) takes: Vec<Take>,
}

/// A file, or a folder with all below it, that an added service has elsewhere.
pub(crate) struct Move {
    /// The path below `files/`.
    pub(crate) source: String,
    pub(crate) from: Compiled,
    pub(crate) to: Compiled,
}

/// A value that is read from a file of the workspace instead of computed.
pub(crate) struct Take {
    pub(crate) value: String,
    pub(crate) file: String,
    pub(crate) at: String,
    pub(crate) pattern: Regex,
}

impl AddRules {
    /// Tells whether a file below `files/` belongs to the workspace.
    pub(crate) fn is_of_workspace(&self, file: &SourceFile) -> bool {
        self.workspace.iter().any(|glob| glob.matches(&file.path))
    }
}

impl Take {
    /// Tells whether a value that a workspace holds can stand wherever the template's own word does.
    fn accepts(&self, value: &str) -> bool {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte);
        value.bytes().all(is_word) && self.pattern.is_match(value)
    }

    /// Reads the value from a workspace; `None` if there is none that fits.
    fn read(&self, root: &Path) -> Option<String> {
        let bytes = beneath::read(root, &SafePath::new(&self.file).ok()?).ok()?;
        let documents = document::read(Format::of(&self.file)?, std::str::from_utf8(&bytes).ok()?).ok()?;
        let found = Pointer::parse(&self.at).ok()?.find(&documents).first().copied().and_then(Node::plain)?;
        Some(found).filter(|value| self.accepts(value))
    }
}

impl Template {
    /// Returns what a service takes from a workspace when it is added to it.
    ///
    /// A value that the workspace does not hold, or holds in another form, is left to the template.
    #[must_use]
    pub fn added_to(&self, root: &Path) -> Added {
        let Some(add) = &self.add else { return Added::new() };
        let taken = add.takes.iter().filter_map(|take| Some((take.value.clone(), Value::Text(take.read(root)?))));
        taken.chain([(add.value.clone(), Value::Bool(true))]).collect()
    }

    /// Keeps what this template knows and can use: a record may have been edited.
    pub(crate) fn usable(&self, added: &Added) -> Added {
        let is_of_add = |add: &AddRules, name: &str, value: &Value| match value {
            Value::Bool(true) => name == add.value,
            Value::Text(text) => add.takes.iter().any(|take| take.value == name && take.accepts(text)),
            _ => false,
        };
        let is_usable = |name: &str, value: &Value| {
            self.add.as_ref().is_some_and(|add| is_of_add(add, name, value))
                || self.repository.as_ref().is_some_and(|repository| repository.accepts(name, value))
        };
        let usable = added.iter().filter(|(name, value)| is_usable(name, value));
        usable.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Tells whether a service of this template can be added to a workspace.
    #[must_use]
    pub fn can_be_added(&self) -> bool {
        self.add.is_some()
    }

    /// Tells whether each service answers a question for itself: its name, and what the template says of others.
    #[must_use]
    pub fn is_own_answer(&self, question: &str) -> bool {
        question == self.name_question || self.add.as_ref().is_some_and(|add| add.own.contains(question))
    }
}

impl Loader<'_> {
    /// Declares the name that tells an added service from a new project. It never waits for an answer.
    pub(super) fn declare_added(&mut self, manifest: &manifest::Manifest, inherited: &mut Option<AddRules>) {
        let Some(add) = &manifest.add else { return };
        match (&add.value, &inherited) {
            (Some(value), None) => {
                self.check_name(value);
                self.needs.insert(value.get_ref().clone(), BTreeSet::new());
                self.names.insert(value.get_ref().clone(), Type::Bool);
                *inherited = Some(AddRules { value: value.get_ref().clone(), ..AddRules::default() });
            }
            (Some(value), Some(add)) => {
                let message = format!("the template that this one extends calls it `{}` already", add.value);
                self.report(value, message);
            }
            (None, Some(_)) => {}
            (None, None) => {
                let message = "`[add]` needs `value`, the name that is true when a service is added".to_owned();
                self.report(&manifest.template.id, message);
            }
        }
    }

    /// Adds what one layer says of adding a service to what the layers before it have said.
    pub(super) fn add_rules(
        &mut self,
        raw: &manifest::Add,
        add: &mut AddRules,
        questions: &[Declared],
        values: &[Computed],
        files: &[SourceFile],
    ) {
        add.workspace.extend(raw.workspace.iter().filter_map(|glob| self.workspace_glob(glob, files)));
        add.own.extend(raw.own.iter().map(|id| self.own_question(id, questions)));
        add.moves.extend(raw.moves.iter().filter_map(|raw| self.one_move(raw, files)));
        add.takes.extend(raw.takes.iter().filter_map(|raw| self.take(raw, values)));
    }

    fn workspace_glob(&mut self, glob: &Spanned<String>, files: &[SourceFile]) -> Option<Glob> {
        match Glob::new(glob.get_ref()) {
            Ok(compiled) => {
                if !files.iter().any(|file| compiled.matches(&file.path)) {
                    self.report(glob, format!("`{}` matches no file below `files/`", glob.get_ref()));
                }
                Some(compiled)
            }
            Err(message) => {
                self.report(glob, message);
                None
            }
        }
    }

    fn own_question(&mut self, id: &Spanned<String>, questions: &[Declared]) -> String {
        if !questions.iter().any(|declared| declared.question.id == *id.get_ref()) {
            self.report(id, format!("`{}` is not a question", id.get_ref()));
        }
        id.get_ref().clone()
    }

    /// Reads where a file goes that belongs to the root of the repository.
    pub(super) fn repository_move(&mut self, from: &Spanned<String>, to: &Spanned<String>) -> Option<Move> {
        if from.get_ref().contains(['*', '?', '[']) {
            self.report(from, "a file that belongs to the repository is named by its whole path".to_owned());
        }
        self.compiled_move(from, to)
    }

    fn compiled_move(&mut self, from: &Spanned<String>, to: &Spanned<String>) -> Option<Move> {
        let mut compile = |text: &Spanned<String>| {
            let place = self.places.of(text);
            self.snippet(text.get_ref(), &place, Printing::Quoted)
        };
        Some(Move { source: from.get_ref().clone(), from: compile(from)?, to: compile(to)? })
    }

    fn one_move(&mut self, raw: &manifest::Move, files: &[SourceFile]) -> Option<Move> {
        let from = raw.from.get_ref();
        if !files.iter().any(|file| below(&file.path, from).is_some()) {
            self.report(&raw.from, format!("`{from}` is neither a file below `files/` nor a folder there"));
        }
        self.compiled_move(&raw.from, &raw.to)
    }

    fn take(&mut self, raw: &manifest::Take, values: &[Computed]) -> Option<Take> {
        let value = raw.value.get_ref();
        let computed = values.iter().find(|it| it.id == *value);
        if computed.is_none_or(|it| !matches!(it.is.yields, Type::Word) || it.names().next().is_some()) {
            let message = format!("`{value}` is not a value that is a fixed word, which a workspace could replace");
            self.report(&raw.value, message);
        }
        if let Err(fault) = Pointer::parse(raw.at.get_ref()) {
            self.report(&raw.at, format!("the pointer {fault}"));
        }
        match pattern::of_whole(raw.pattern.get_ref()) {
            Ok(pattern) => {
                let (file, at) = (raw.file.clone(), raw.at.get_ref().clone());
                Some(Take { value: value.clone(), file, at, pattern })
            }
            Err(message) => {
                self.report(&raw.pattern, message);
                None
            }
        }
    }
}

/// Returns what follows a folder in a path, with its slash; nothing at all follows a file.
pub(crate) fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    path.strip_prefix(folder).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}
