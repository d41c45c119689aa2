//! From the files of a template to a checked [`Template`].

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use semver::Version;
use toml::Spanned;

use super::check::Names;
use super::engine::{Compiled, Engine, Expression};
use super::glob::Glob;
use super::helpers::{self, Type};
use super::manifest::{self, Manifest, OneOrMany, Places};
use super::problem::{Place, Problem, none_or_invalid};
use super::question::{self, Default, Question, Refusal};
use super::source::Files;
use super::{
    Computed, Each, FileRule, Invalid, LoadError, ObjectRule, Printing, Source, SourceFile, StepRule, Template, kinds,
};
use crate::Value;

/// The program's own flags; a question of the same name could not be answered.
const PROGRAM_FLAGS: &[&str] = &[
    "answers", "color", "defaults", "dest", "diff", "dry_run", "help", "lang", "name", "no_git", "no_input", "output",
    "template", "version",
];

/// Words that mean something of their own inside a template.
const LANGUAGE_WORDS: &[&str] = &["this", "else", "as", "each", "if", "unless", "true", "false", "null"];

/// Builds a template from its files.
pub(super) fn template(files: Files, source: Source) -> Result<Template, LoadError> {
    let text = text_of(manifest::FILE, files.0.get(manifest::FILE).map_or(&[], |bytes| bytes))?;
    let (mut manifest, places): (Manifest, _) = manifest::parse(manifest::FILE, &text).map_err(Invalid::from)?;
    let version = version_of(&manifest, places)?;
    let Parts { files, partials, mut agreements } = split(files)?;
    let engine = Engine::new(partials.iter().map(|(name, text)| (name.as_str(), text.as_str())))
        .map_err(|problems| Invalid { problems })?;
    let mut loader = Loader {
        places,
        engine: &engine,
        names: Names::new(),
        needs: BTreeMap::new(),
        expressions: HashMap::new(),
        problems: Vec::new(),
    };
    loader.header(&manifest);
    loader.declare_added(manifest.add.as_ref());
    let mut questions = loader.questions(std::mem::take(&mut manifest.questions));
    let values = loader.values(std::mem::take(&mut manifest.values));
    loader.conditions(&mut questions);
    let rules = loader.file_rules(std::mem::take(&mut manifest.files), &files);
    let objects = loader.objects(std::mem::take(&mut manifest.objects));
    let next_steps = loader.next_steps(std::mem::take(&mut manifest.next_steps));
    let ids: Vec<String> = questions.iter().map(|declared| declared.question.id.clone()).collect();
    let add = loader.add_rules(manifest.add.take(), &ids, &values, &files);
    let own_agreements = loader.agreements(std::mem::take(&mut manifest.agreements));
    let agreement_files = loader.agreement_files(std::mem::take(&mut manifest.agreement_files), &mut agreements);
    let Loader { names, problems, .. } = loader;
    none_or_invalid(problems)?;
    Ok(Template {
        id: manifest.template.id.into_inner(),
        title: manifest.template.title,
        version,
        source,
        name_question: manifest.template.name.into_inner(),
        questions: questions.into_iter().map(|declared| declared.question).collect(),
        values,
        files,
        rules,
        objects,
        next_steps,
        agreements: own_agreements,
        agreement_files,
        add,
        engine,
        names,
    })
}

fn version_of(manifest: &Manifest, places: Places<'_>) -> Result<Version, LoadError> {
    let read = |text: &Spanned<String>| {
        text.get_ref().parse::<Version>().map_err(|error| {
            let problem = Problem::new(places.of(text), format!("`{}` is not a version: {error}", text.get_ref()));
            Invalid::from(problem.hint("write three numbers, for example `1.0.0`"))
        })
    };
    if let Some(least) = &manifest.template.min_version {
        let least = read(least)?;
        let current = Version::parse(env!("CARGO_PKG_VERSION")).unwrap_or(Version::new(0, 0, 0));
        if least > current {
            return Err(LoadError::NeedsNewer(least));
        }
    }
    Ok(read(&manifest.template.version)?)
}

/// The files of a template by what they are for.
struct Parts {
    files: Vec<SourceFile>,
    /// By their name.
    partials: BTreeMap<String, String>,
    /// By their path in the template.
    agreements: BTreeMap<String, String>,
}

/// Separates what becomes a file of the project from what it is made with. Text loses carriage returns.
fn split(files: Files) -> Result<Parts, Invalid> {
    let mut sources = Vec::new();
    let mut partials = BTreeMap::new();
    let mut agreements = BTreeMap::new();
    for (path, bytes) in files.0 {
        let bytes = without_carriage_returns(bytes);
        if let Some(path) = path.strip_prefix("files/") {
            let (path, renders) = path.strip_suffix(".hbs").map_or((path, false), |stem| (stem, true));
            sources.push(SourceFile::new(path, renders, bytes));
        } else if let Some(name) = path.strip_prefix("partials/").and_then(|name| name.strip_suffix(".hbs")) {
            partials.insert(name.to_owned(), text_of(&path, &bytes)?);
        } else if path.starts_with("agreements/") {
            agreements.insert(path.clone(), text_of(&path, &bytes)?);
        }
    }
    Ok(Parts { files: sources, partials, agreements })
}

/// A checkout on Windows may have turned the line ends of text; the output is the same everywhere.
fn without_carriage_returns(bytes: Cow<'static, [u8]>) -> Cow<'static, [u8]> {
    match std::str::from_utf8(&bytes) {
        Ok(text) if text.contains("\r\n") && !text.contains('\0') => {
            Cow::Owned(text.replace("\r\n", "\n").into_bytes())
        }
        _ => bytes,
    }
}

/// Checks a name of the manifest: a question, a value, the element of an `each`.
pub(super) fn usable_name(name: &str) -> Result<(), String> {
    let is_identifier = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !is_identifier {
        return Err(format!("the id `{name}` is not of the form [a-z][a-z0-9_]*"));
    }
    if helpers::signature(name).is_some() || LANGUAGE_WORDS.contains(&name) || name == helpers::AS_JSON {
        return Err(format!("`{name}` is a word of the template language"));
    }
    Ok(())
}

/// Returns a file that must be text.
fn text_of(path: &str, bytes: &[u8]) -> Result<String, Invalid> {
    let text = std::str::from_utf8(bytes).map(str::to_owned);
    text.map_err(|_| Problem::new(Place::file(path), "this is not UTF-8 text").into())
}

/// Collects everything that is wrong with a manifest while it is turned into a template.
pub(super) struct Loader<'t> {
    pub(super) places: Places<'t>,
    pub(super) engine: &'t Engine,
    pub(super) names: Names,
    /// For every name the questions, by their position, that must be answered before it has a value.
    pub(super) needs: BTreeMap<String, BTreeSet<usize>>,
    /// The expressions by their text: many rules share their `when`, and names are only ever added.
    pub(super) expressions: HashMap<String, Expression>,
    pub(super) problems: Vec<Problem>,
}

/// A question whose expressions are still text.
struct Declared {
    question: Question,
    place: Place,
    when: Option<Spanned<String>>,
    default: Option<Spanned<Value>>,
    refusals: Vec<manifest::Refusal>,
}

impl Loader<'_> {
    fn header(&mut self, manifest: &Manifest) {
        let id = &manifest.template.id;
        if !question::is_slug(id.get_ref()) {
            self.report(id, format!("the id `{}` is not a slug", id.get_ref()));
        }
        let name = &manifest.template.name;
        let named = manifest.questions.iter().find(|question| question.id.get_ref() == name.get_ref());
        if named.is_none_or(|question| question.kind != manifest::Kind::Slug || question.when.is_some()) {
            let message =
                format!("`name` must be the id of a slug question that is always asked, not `{}`", name.get_ref());
            self.report(name, message);
        }
    }

    fn questions(&mut self, questions: Vec<manifest::Question>) -> Vec<Declared> {
        let mut declared = Vec::new();
        for (position, raw) in questions.into_iter().enumerate() {
            let place = self.places.of(&raw.id);
            let id = raw.id.get_ref().clone();
            self.check_name(&raw.id);
            let kind = match kinds::build(&raw) {
                Ok(kind) => kind,
                Err(message) => {
                    self.report(&raw.id, format!("question `{id}`: {message}"));
                    continue;
                }
            };
            self.check_earlier_choice(&raw, &declared);
            let question = Question {
                id: id.clone(),
                prompt: raw.prompt,
                help: raw.help,
                kind,
                advanced: raw.advanced,
                example: raw.example,
                default: None,
                when: None,
                refusals: Vec::new(),
            };
            self.names.insert(id.clone(), question.yields());
            self.needs.insert(id, BTreeSet::from([position]));
            declared.push(Declared { question, place, when: raw.when, default: raw.default, refusals: raw.refusals });
        }
        declared
    }

    /// Every answer of the deciding question must leave a choice.
    fn check_earlier_choice(&mut self, raw: &manifest::Question, earlier: &[Declared]) {
        for (name, by_answer) in &raw.choices_by {
            let decides = earlier.iter().map(|declared| &declared.question).find(|question| question.id == *name);
            let Some(question::Kind::Choice(choices)) = decides.map(|question| &question.kind) else {
                self.report(&raw.id, format!("`choices_by.{name}` is not an earlier `choice` question"));
                continue;
            };
            for choice in choices.all() {
                if by_answer.get(&choice.value).is_none_or(Vec::is_empty) {
                    self.report(&raw.id, format!("`choices_by.{name}` has no choice for `{}`", choice.value));
                }
            }
            if raw.default.is_some() {
                self.report(&raw.id, "with `choices_by` the first choice is the default".to_owned());
            }
        }
    }

    pub(super) fn check_name(&mut self, id: &Spanned<String>) {
        let name = id.get_ref();
        if let Err(message) = usable_name(name) {
            self.report(id, message);
        } else if self.names.contains_key(name) {
            self.report(id, format!("the id `{name}` is declared twice"));
        } else if PROGRAM_FLAGS.contains(&name.as_str()) {
            self.report(id, format!("`--{}` is a flag of the program itself", name.replace('_', "-")));
        }
    }

    fn values(&mut self, values: Vec<manifest::Computed>) -> Vec<Computed> {
        let mut computed = Vec::new();
        for raw in values {
            self.check_name(&raw.id);
            let when = self.condition(raw.when.as_ref());
            let Some(is) = self.expression(&raw.is) else { continue };
            let value = Computed { id: raw.id.into_inner(), is, when };
            let needs: BTreeSet<usize> =
                value.names().filter_map(|name| self.needs.get(name)).flatten().copied().collect();
            self.needs.insert(value.id.clone(), needs);
            self.names.insert(value.id.clone(), value.is.yields);
            computed.push(value);
        }
        computed
    }

    /// Compiles what depends on other names, now that they are all known.
    fn conditions(&mut self, questions: &mut [Declared]) {
        for (position, declared) in questions.iter_mut().enumerate() {
            if let Some(when) = declared.when.take() {
                declared.question.when = self.condition(Some(&when));
                let used = declared.question.when.as_ref().map_or(&[][..], Expression::names);
                self.check_order(used, position, &declared.place);
            }
            if let Some(default) = declared.default.take() {
                declared.question.default = self.default(&default, &declared.question, position);
            }
            for refusal in std::mem::take(&mut declared.refusals) {
                if let Some(when) = self.condition(Some(&refusal.when)) {
                    self.check_order(when.names(), position + 1, &declared.place);
                    declared.question.refusals.push(Refusal { when, because: refusal.because });
                }
            }
        }
    }

    fn check_order(&mut self, used: &[String], before: usize, place: &Place) {
        for name in used {
            if self.needs.get(name).is_some_and(|needs| needs.iter().any(|need| *need >= before)) {
                let message = format!("`{name}` is not known yet when this question is asked");
                self.problems.push(Problem::new(place.clone(), message).hint("ask what it depends on first"));
            }
        }
    }

    fn default(&mut self, default: &Spanned<Value>, question: &Question, position: usize) -> Option<Default> {
        match default.get_ref() {
            Value::Text(text) if text.contains("{{") => {
                let place = self.places.of(default);
                let compiled = self.snippet(text, &place, Printing::Anything)?;
                self.check_order(&compiled.names, position, &place);
                Some(Default::Computed(compiled))
            }
            value => {
                if !matches!(&question.kind, question::Kind::Choice(question::Choices::By { .. })) {
                    let open = question.choices(|_| None);
                    if let Err(problem) = question.check(value, open) {
                        self.report(default, format!("the default breaks its own rule: {problem}"));
                    }
                }
                Some(Default::Value(value.clone()))
            }
        }
    }

    fn file_rules(&mut self, rules: Vec<manifest::FileRule>, files: &[SourceFile]) -> Vec<FileRule> {
        let mut built = Vec::new();
        for raw in rules {
            let path = match Glob::new(raw.path.get_ref()) {
                Ok(path) => path,
                Err(message) => {
                    self.report(&raw.path, message);
                    continue;
                }
            };
            if !files.iter().any(|file| path.matches(&file.path)) {
                self.report(&raw.path, format!("`{}` matches no file below `files/`", raw.path.get_ref()));
            }
            let each = self.each(&raw.path, raw.each.as_ref(), raw.elements.as_ref());
            let when = self.condition(raw.when.as_ref());
            built.push(FileRule {
                path,
                when,
                each,
                ownership: raw.ownership,
                executable: raw.executable,
                order: raw.order,
            });
        }
        built
    }

    /// Reads `each` and `as`, which only mean something together: a list and its element, or as many of both.
    pub(super) fn each(
        &mut self,
        at: &Spanned<String>,
        lists: Option<&Spanned<OneOrMany>>,
        elements: Option<&OneOrMany>,
    ) -> Vec<Each> {
        let Some(lists) = lists else {
            if elements.is_some() {
                self.report(at, "`as` names the element of `each`, which is missing".to_owned());
            }
            return Vec::new();
        };
        let place = self.places.of(lists);
        let (lists, elements) = (lists.get_ref().as_slice(), elements.map_or(&[][..], OneOrMany::as_slice));
        if lists.len() != elements.len() {
            self.problems.push(Problem::new(place, "`each` needs `as`, the name of the element of each list"));
            return Vec::new();
        }
        let mut each: Vec<Each> = Vec::new();
        for (list, element) in lists.iter().zip(elements) {
            if each.iter().any(|earlier| earlier.element == *element) {
                self.problems.push(Problem::new(place.clone(), format!("the element `{element}` is named twice")));
            } else {
                each.extend(self.one_each(&place, list, element));
            }
        }
        each
    }

    fn one_each(&mut self, place: &Place, list: &str, element: &str) -> Option<Each> {
        let refused = if self.names.contains_key(element) {
            Err(format!("`{element}` is already the name of a question or value"))
        } else {
            usable_name(element)
        };
        if let Err(message) = refused {
            self.problems.push(Problem::new(place.clone(), message));
            return None;
        }
        let expression = self.expression_at(list, place)?;
        if expression.yields != Type::Words {
            self.problems.push(Problem::new(place.clone(), "`each` needs a list"));
            return None;
        }
        Some(Each { list: expression, element: element.to_owned() })
    }

    fn objects(&mut self, objects: Vec<manifest::Object>) -> Vec<ObjectRule> {
        let build = |raw: manifest::Object| ObjectRule {
            kind: raw.kind,
            purpose: raw.purpose,
            when: self.condition(raw.when.as_ref()),
        };
        objects.into_iter().map(build).collect()
    }

    fn next_steps(&mut self, steps: Vec<manifest::NextStep>) -> Vec<StepRule> {
        let build = |raw: manifest::NextStep| {
            let when = self.condition(raw.when.as_ref());
            let place = self.places.of(&raw.command);
            let command = self.snippet(raw.command.get_ref(), &place, Printing::Quoted)?;
            Some(StepRule { command, purpose: raw.purpose, when })
        };
        steps.into_iter().filter_map(build).collect()
    }

    /// Compiles an expression that must be true or false.
    pub(super) fn condition(&mut self, text: Option<&Spanned<String>>) -> Option<Expression> {
        let text = text?;
        let expression = self.expression(text)?;
        if expression.yields != Type::Bool {
            self.report(text, format!("`{}` is neither true nor false", text.get_ref()));
        }
        Some(expression)
    }

    fn expression(&mut self, text: &Spanned<String>) -> Option<Expression> {
        self.expression_at(text.get_ref(), &self.places.of(text))
    }

    fn expression_at(&mut self, text: &str, place: &Place) -> Option<Expression> {
        if let Some(expression) = self.expressions.get(text) {
            return Some(expression.clone().standing_at(place));
        }
        match self.engine.expression(self.places.file, text, &self.names) {
            Ok(expression) => {
                self.expressions.insert(text.to_owned(), expression.clone());
                Some(expression.standing_at(place))
            }
            Err(problems) => {
                self.report_at(problems, place);
                None
            }
        }
    }

    pub(super) fn snippet(&mut self, text: &str, place: &Place, printing: Printing) -> Option<Compiled> {
        match self.engine.compile(self.places.file, text, &self.names, printing) {
            Ok((compiled, _)) => Some(compiled.standing_at(place)),
            Err(problems) => {
                self.report_at(problems, place);
                None
            }
        }
    }

    /// Moves problems of a snippet to where the snippet stands in the manifest.
    pub(super) fn report_at(&mut self, problems: Vec<Problem>, place: &Place) {
        self.problems.extend(problems.into_iter().map(|problem| Problem { place: place.clone(), ..problem }));
    }

    pub(super) fn report<T>(&mut self, at: &Spanned<T>, message: String) {
        let place = self.places.of(at);
        self.problems.push(Problem::new(place, message));
    }
}

#[cfg(test)]
#[path = "load_tests.rs"]
pub(crate) mod tests;
