//! Templates: a manifest, the files it speaks of, and the language they are written in.

pub(crate) mod add;
pub(crate) mod advised;
pub(crate) mod advisory;
pub(crate) mod agreements;
pub(crate) mod content;
pub(crate) mod flags;
pub(crate) mod include;
pub(crate) mod kinds;
pub(crate) mod layers;
pub(crate) mod load;
pub(crate) mod loader;
pub(crate) mod locks;
pub(crate) mod manifest;
pub(crate) mod merges;
pub(crate) mod migration;
pub(crate) mod naming;
pub(crate) mod origin;
pub(crate) mod partials;
pub(crate) mod places;
pub(crate) mod question;
pub(crate) mod repository;
pub(crate) mod requirement;
pub(crate) mod rules;
pub(crate) mod source;
pub(crate) mod tables;
pub(crate) mod traces;
pub(crate) mod transition;
pub(crate) mod translation;
pub(crate) mod uses;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::OnceLock;

use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

pub use advised::Advised;
pub use advisory::{Advisory, Severity};
pub use content::TemplateFile;
pub use flags::{is_own_variable, taken_flags};
pub use layers::{Header, Layer, builtin};
pub use load::MAX_LAYERS;
pub use migration::Migrated;
pub use naming::{UserKind, UserPart};
pub use origin::{GitOrigin, Origin, OriginSource};
pub use question::{AnswerProblem, Choice, Choices, GivenBy, Kind, Prefill, Question, TextRule, UnknownWord};
pub use source::{
    GitSource, PARTS, Reference, Source, SourceError, TemplateFiles, builtin_ids, check_limits, is_of_template,
    layer_of,
};
pub use transition::{Effect, TransitionReference};
#[doc(hidden)]
pub use translation::Coverage;
pub use uses::{NameUser, NameUses, UnknownName};

use self::layers::Text;
use crate::agreement::relation::{Relation, Unit};
use crate::language::check::{Names, Printing};
use crate::language::engine::{Compiled, Engine, Expression};
use crate::language::file_kind::FileKind;
use crate::language::glob::Glob;
use crate::language::helpers::Type;
use crate::language::problem::none_or_invalid;
use crate::language::problem::{Invalid, Location, Problem};
use crate::merge::ListRule;
use crate::parallel;
use crate::value::policy::Policy;
use add::{AddRules, Move};
use advisory::AdvisoryRule;
use locks::AnswerLock;
use repository::RepositoryRules;
use translation::Translation;

/// A template whose manifest was read and checked.
pub struct Template {
    /// The id, a slug.
    pub id: String,
    /// What it makes, in a few words.
    pub title: String,
    /// The version.
    pub version: Version,
    /// Where it came from.
    pub source: Source,
    /// The templates that it extends, the nearest first.
    pub layers: Vec<Layer>,
    /// The id of the question that names the project.
    pub name_question: String,
    /// The questions in the order in which they are asked.
    pub questions: Vec<Question>,
    pub(crate) values: Vec<Computed>,
    pub(crate) files: Vec<SourceFile>,
    /// Files of the extended templates that are not taken over.
    pub(crate) removed: Vec<SourceFile>,
    pub(crate) rules: Vec<FileRule>,
    pub(crate) objects: Vec<ObjectRule>,
    pub(crate) next_steps: Vec<StepRule>,
    agreements: Vec<AgreementRule>,
    agreement_files: Vec<AgreementFile>,
    /// What the template says of lists, for merges by structure.
    pub merges: Vec<ListRule>,
    pub(crate) add: Option<AddRules>,
    pub(crate) repository: Option<RepositoryRules>,
    pub(crate) locks: Vec<AnswerLock>,
    pub(crate) migrations: Vec<migration::Migration>,
    advisories: Vec<AdvisoryRule>,
    pub(crate) transitions: Vec<transition::TransitionRule>,
    /// Where a change is described for whoever deploys it.
    pub(crate) transition_page: Option<Compiled>,
    pub(crate) engine: Engine,
    translations: Vec<Translation>,
    /// Where each question and value is declared.
    pub(crate) declared: BTreeMap<String, Location>,
    names: Names,
    positions: Positions,
    /// Whether all of it is part of the program.
    is_builtin: bool,
}

/// Where the questions and the values stand among all of them, by their ids.
struct Positions {
    questions: HashMap<String, usize>,
    values: HashMap<String, usize>,
}

impl Positions {
    fn of(questions: &[Question], values: &[Computed]) -> Self {
        let placed = |id: (usize, &String)| (id.1.clone(), id.0);
        Self {
            questions: questions.iter().map(|question| &question.id).enumerate().map(placed).collect(),
            values: values.iter().map(|value| &value.id).enumerate().map(placed).collect(),
        }
    }
}

/// Who a generated file belongs to, and so what `update` does with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ownership {
    /// The template and the user both: merged on update.
    #[default]
    Merged,
    /// The template: a local edit is drift.
    Managed,
    /// The user, from the first moment: written once.
    Seeded,
}

/// An order that a tool insists on, and that names in a template would break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Order {
    /// The packages of a `Cargo.lock`, by name.
    CargoLock,
}

/// Why a template could not be loaded.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is its message")]
pub enum LoadError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("the template needs launchway {0} or newer, this is {current}", current = env!("CARGO_PKG_VERSION"))]
    NeedsNewer(Version),
    #[error("the template `{id}` requires launchway {requirement}, this is {current}", current = env!("CARGO_PKG_VERSION"))]
    OtherProgram {
        id: String,
        requirement: String,
        /// Whether a newer program would do, and not an older one.
        is_newer: bool,
    },
    #[error("{0} templates that extend one another are not between 1 and {MAX_LAYERS}")]
    Layers(usize),
    #[error("the template extends `{0}`, which is not at hand")]
    Unresolved(String),
    #[error("the built-in template `{id}` is at {version}, and `{requirement}` is asked for")]
    OtherVersion { id: String, version: Version, requirement: VersionReq },
}

pub(crate) struct Computed {
    pub(crate) id: String,
    pub(crate) is: Expression,
    pub(crate) when: Option<Expression>,
}

/// A file below `files/`.
pub(crate) struct SourceFile {
    /// The path below `files/`, without `.hbs`; it may hold `{{values}}`.
    pub(crate) path: String,
    pub(crate) renders: bool,
    content: TemplateFile,
    /// What stands before its path in messages: where the layer that it is of came from.
    label: String,
    compiled: OnceLock<CompiledFile>,
}

/// A file's templates; `None` for what holds no tags.
pub(crate) struct CompiledFile {
    pub(crate) path: Option<Compiled>,
    pub(crate) text: Option<Compiled>,
}

pub(crate) struct FileRule {
    pub(crate) path: Glob,
    pub(crate) when: Option<Expression>,
    pub(crate) each: Vec<Each>,
    pub(crate) ownership: Option<Ownership>,
    pub(crate) executable: Option<bool>,
    pub(crate) order: Option<Order>,
    /// Where the file goes that belongs to the root of the repository, when the project is a folder of it.
    pub(crate) repository: Option<Move>,
    /// Whether a repository has one such file for all that is in it.
    pub(crate) shared: bool,
    pub(crate) check: Option<OutputCheck>,
}

/// Whether a file is held against the checks on what was rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OutputCheck {
    Checked,
    /// It is written as it was rendered, for this reason.
    Waived(String),
}

/// One turn for every element of a list; several lists multiply.
pub(crate) struct Each {
    pub(crate) list: Expression,
    pub(crate) element: String,
}

pub(crate) struct ObjectRule {
    pub(crate) kind: String,
    /// A text with tags.
    pub(crate) purpose: String,
    /// Where it stands.
    place: Location,
    pub(crate) when: Option<Expression>,
}

pub(crate) struct StepRule {
    pub(crate) command: Compiled,
    pub(crate) purpose: String,
    pub(crate) when: Option<Expression>,
    pub(crate) needs: Vec<RepositoryNeed>,
}

/// What a next step needs of the repository that the project stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RepositoryNeed {
    /// The project stands at its top.
    Own,
    /// It has the remote `origin`.
    Remote,
    /// It has no remote `origin`.
    NoRemote,
}

/// An agreement as a template declares it.
pub(crate) struct AgreementRule {
    pub(crate) id: Option<String>,
    pub(crate) says: String,
    pub(crate) when: Option<Expression>,
    pub(crate) each: Vec<Each>,
    pub(crate) relation: Relation,
    pub(crate) holds: Option<String>,
    /// The questions or values that set the values; an empty list says that none does.
    pub(crate) from: Option<Vec<String>>,
    pub(crate) places: Vec<PlaceRule>,
}

/// A file of agreements, compiled when it is first used.
pub(crate) struct AgreementFile {
    text: Text,
    pub(crate) when: Option<Expression>,
    /// The oldest program that its layer admits.
    oldest: Version,
    compiled: OnceLock<Vec<AgreementRule>>,
}

pub(crate) struct PlaceRule {
    pub(crate) id: Option<String>,
    pub(crate) unit: Option<Unit>,
    pub(crate) reading: ReadingRule,
    /// Where the values stand if nothing stands there.
    pub(crate) otherwise: Vec<ReadingRule>,
}

pub(crate) enum ReadingRule {
    Within { file: Compiled, at: Compiled, capture: String },
    At { file: Compiled, at: Compiled },
    Capture { file: Compiled, capture: String },
    Keys { file: Compiled, keys: Compiled },
    Is(Compiled),
}

impl PlaceRule {
    /// Returns every text of the place that names values of the template.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Compiled> {
        std::iter::once(&self.reading).chain(&self.otherwise).flat_map(|reading| match reading {
            ReadingRule::Within { file, at, .. } | ReadingRule::At { file, at } => vec![file, at],
            ReadingRule::Capture { file, .. } => vec![file],
            ReadingRule::Keys { file, keys } => vec![file, keys],
            ReadingRule::Is(is) => vec![is],
        })
    }
}

impl Computed {
    /// Returns the names that the value is computed from.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.is.names().iter().chain(self.when.iter().flat_map(Expression::names))
    }
}

impl Template {
    /// Loads a built-in template.
    ///
    /// # Errors
    /// There is none of that id. Its files are checked when they are used; the tests have checked them all.
    pub fn builtin(id: &str) -> Result<Self, LoadError> {
        load::template(vec![(TemplateFiles::builtin(id)?, Source::Builtin)])
    }

    /// Loads a template from a folder, with the built-in one that it may extend, and checks every file in it.
    ///
    /// # Errors
    /// The folder cannot be read, or the template is invalid: then with all the faults that could be found.
    pub fn from_folder(folder: &Path) -> Result<Self, LoadError> {
        Self::from_layers(layers::of_folder(folder)?)
    }

    /// Makes a template from its own files, followed by those of what it extends, and checks every file in it.
    ///
    /// # Errors
    /// The layers do not extend one another, or the template is invalid: then with all the faults that could be found.
    pub fn from_layers(layers: Vec<(TemplateFiles, Source)>) -> Result<Self, LoadError> {
        let template = load::template(layers)?;
        // The tests have checked the files of the built-in templates.
        if !template.is_builtin {
            template.verify()?;
        }
        Ok(template)
    }

    /// Compiles and checks every file, also those that no answer would select.
    ///
    /// # Errors
    /// All the faults that were found, sorted by place.
    pub fn verify(&self) -> Result<(), Invalid> {
        let problems = parallel::map(&self.files, |file| self.compile(file).err());
        let problems = problems.into_iter().flatten().flatten();
        let agreements = self.agreement_files.iter().filter_map(|file| self.agreements_in(file).err());
        let problems =
            problems.chain(agreements.flat_map(|invalid| invalid.problems)).chain(self.verify_translations());
        let purposes = self.objects.iter().filter_map(|object| self.purpose(object).err());
        let problems = problems.chain(purposes.flat_map(|invalid| invalid.problems)).chain(self.sentence_problems());
        none_or_invalid(problems.chain(self.engine.partial_problems(&self.names_of_partials())).collect())
    }

    /// Returns the names that a partial may use: on its own also the element of any `each`, and what was before a change. Each
    /// text that includes it is checked with its own.
    fn names_of_partials(&self) -> Names {
        let elements = self.rules.iter().flat_map(|rule| &rule.each).map(|each| each.element.clone());
        let mut names = self.names_with_was();
        names.extend(elements.map(|element| (element, Type::Word)));
        names
    }

    /// Returns the names that stand in a text itself, and not in the partials that it includes.
    fn own_names(&self, compiled: &Compiled) -> BTreeSet<String> {
        self.engine.own_names(compiled, &self.names_of_partials())
    }

    /// Finds a question by its id.
    #[must_use]
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.positions.questions.get(id).map(|place| &self.questions[*place])
    }

    /// Finds a computed value by its id.
    pub(crate) fn computed(&self, id: &str) -> Option<&Computed> {
        self.positions.values.get(id).map(|place| &self.values[*place])
    }

    /// Returns those of some names that are computed, in the order in which they are declared.
    pub(crate) fn computed_of<'n>(&self, names: impl IntoIterator<Item = &'n &'n str>) -> Vec<&Computed> {
        let mut places: Vec<usize> =
            names.into_iter().filter_map(|name| self.positions.values.get(*name).copied()).collect();
        places.sort_unstable();
        places.into_iter().map(|place| &self.values[place]).collect()
    }

    /// Returns the names of the questions and values.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// Returns where a question or value is declared.
    #[must_use]
    pub fn declared_at(&self, id: &str) -> Option<&Location> {
        self.declared.get(id)
    }

    /// Returns the ids of the questions on which it hangs whether a question is asked, or what it can be answered.
    #[must_use]
    pub fn hangs_on(&self, question: &Question) -> BTreeSet<&str> {
        let names = question.when().into_iter().flat_map(Expression::names);
        let mut questions: BTreeSet<&str> = names.flat_map(|name| self.questions_behind(name)).collect();
        if let Kind::Choice(Choices::By { question, .. }) | Kind::Choices(Choices::By { question, .. }) = &question.kind
        {
            questions.extend(self.question(question).map(|question| question.id.as_str()));
        }
        questions
    }

    /// Tells whether a file that messages name is one of the template itself, and not of one that it extends.
    #[must_use]
    pub fn is_own(&self, file: &str) -> bool {
        is_of_template(file)
    }

    /// Returns what the template and those that it extends have decided about a question, each with its condition.
    pub fn policies<'t>(&'t self, question: &'t str) -> impl Iterator<Item = (&'t Policy, Option<&'t str>)> {
        let locks = self.locks.iter().filter(move |lock| lock.question == question);
        locks.map(|lock| (&lock.policy, lock.when_text.as_deref()))
    }

    /// Returns the ids of the questions whose answers a name is made of.
    pub(crate) fn questions_behind(&self, name: &str) -> BTreeSet<&str> {
        let mut questions = BTreeSet::new();
        let mut rest = vec![name];
        while let Some(name) = rest.pop() {
            if let Some(question) = self.question(name) {
                questions.insert(question.id.as_str());
            } else {
                rest.extend(self.computed(name).into_iter().flat_map(Computed::names).map(String::as_str));
            }
        }
        questions
    }

    /// Compiles what an object is for, in the language that the template was put into.
    pub(crate) fn purpose(&self, rule: &ObjectRule) -> Result<Compiled, Invalid> {
        let compiled = self.engine.compile(&rule.place.file, &rule.purpose, &self.names, Printing::Anything);
        let (compiled, _) = compiled.map_err(|problems| {
            let here = |problem| Problem { place: rule.place.clone(), ..problem };
            Invalid { problems: problems.into_iter().map(here).collect() }
        })?;
        Ok(compiled.standing_at(&rule.place))
    }

    /// Returns the agreements that the manifest itself declares.
    pub(crate) fn own_agreements(&self) -> &[AgreementRule] {
        &self.agreements
    }

    pub(crate) fn agreement_files(&self) -> &[AgreementFile] {
        &self.agreement_files
    }

    /// Compiles a file of agreements, once.
    pub(crate) fn agreements_in<'t>(&self, file: &'t AgreementFile) -> Result<&'t [AgreementRule], Invalid> {
        if let Some(compiled) = file.compiled.get() {
            return Ok(compiled);
        }
        let compiled = agreements::compile(self, file)?;
        Ok(file.compiled.get_or_init(|| compiled))
    }

    /// Returns the rules that speak of a file.
    pub(crate) fn rules_for<'t>(&'t self, file: &'t SourceFile) -> impl Iterator<Item = &'t FileRule> {
        self.rules.iter().filter(|rule| rule.path.matches(&file.path))
    }

    /// Compiles a file, once.
    pub(crate) fn compile<'t>(&self, file: &'t SourceFile) -> Result<&'t CompiledFile, Vec<Problem>> {
        if let Some(compiled) = file.compiled.get() {
            return Ok(compiled);
        }
        let names = self.names_in(file).map_err(|problem| vec![problem])?;
        let compiled = CompiledFile { path: self.compile_path(file, &names)?, text: self.compile_text(file, &names)? };
        Ok(file.compiled.get_or_init(|| compiled))
    }

    /// Compiles the path of a file that is not taken over.
    pub(crate) fn compile_removed(&self, file: &SourceFile) -> Result<Option<Compiled>, Vec<Problem>> {
        let names = self.names_in(file).map_err(|problem| vec![problem])?;
        self.compile_path(file, &names)
    }

    /// Returns the names that a file can use: all that is declared, and the elements of its `each`.
    fn names_in(&self, file: &SourceFile) -> Result<Cow<'_, Names>, Problem> {
        let mut names = Cow::Borrowed(&self.names);
        let mut looping = self.rules_for(file).filter(|rule| !rule.each.is_empty());
        for each in looping.next().iter().flat_map(|rule| &rule.each) {
            names.to_mut().insert(each.element.clone(), Type::Word);
        }
        match looping.next() {
            None => Ok(names),
            Some(_) => Err(Problem::new(Location::file(&file.place()), "more than one `each` speaks of this file")),
        }
    }

    fn compile_text(&self, file: &SourceFile, names: &Names) -> Result<Option<Compiled>, Vec<Problem>> {
        if !file.renders {
            return Ok(None);
        }
        let place = file.place();
        let bytes = file.bytes();
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| vec![Problem::new(Location::file(&place), "a file that is rendered must be UTF-8 text")])?;
        let printing = Printing::Into(FileKind::of(&file.path, text));
        let (compiled, _) = self.engine.compile(&place, text, names, printing)?;
        Ok(Some(compiled))
    }

    fn compile_path(&self, file: &SourceFile, names: &Names) -> Result<Option<Compiled>, Vec<Problem>> {
        if !file.path.contains("{{") {
            return Ok(None);
        }
        let place = file.place();
        let (compiled, prints_text) = self.engine.compile(&place, &file.path, names, Printing::Anything)?;
        if prints_text {
            return Err(vec![Problem::new(Location::file(&place), "a path cannot hold a free text")]);
        }
        Ok(Some(compiled))
    }
}

impl AgreementFile {
    fn new(text: Text, when: Option<Expression>, oldest: Version) -> Self {
        Self { text, when, oldest, compiled: OnceLock::new() }
    }
}

impl SourceFile {
    fn new(label: &str, path: &str, renders: bool, content: TemplateFile) -> Self {
        let (path, label) = (path.to_owned(), label.to_owned());
        Self { path, renders, content, label, compiled: OnceLock::new() }
    }

    /// Tells whether the file of the project can be run: the outermost rule that says so counts, else the file's own mode.
    pub(crate) fn is_executable(&self, rules: &[&FileRule]) -> bool {
        rules.iter().rev().find_map(|rule| rule.executable).unwrap_or(self.content.executable)
    }

    /// Returns the content, as it stands in the template.
    pub(crate) fn bytes(&self) -> Cow<'_, [u8]> {
        self.content.bytes()
    }

    /// Returns the path in the template's folder, after where the layer that it is of came from.
    pub(crate) fn place(&self) -> String {
        format!("{}files/{}{}", self.label, self.path, if self.renders { ".hbs" } else { "" })
    }
}

/// Returns why what is rendered is not checked, if one of the rules of a file says so; the outermost one counts.
pub(crate) fn unchecked<'r>(rules: &[&'r FileRule]) -> Option<&'r str> {
    match rules.iter().rev().find_map(|rule| rule.check.as_ref())? {
        OutputCheck::Checked => None,
        OutputCheck::Waived(because) => Some(because),
    }
}

#[cfg(test)]
mod builtin_tests;
