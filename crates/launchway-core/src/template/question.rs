//! Questions: what a template asks, and which answers it accepts.

use std::collections::BTreeMap;

use regex::Regex;

use super::advised::Advised;
use super::flags;
use super::kinds::is_plain;
use crate::language::engine::{Compiled, Expression};
use crate::language::helpers::Type;
use crate::language::problem::{Location, Problem, nearest};
use crate::text::either;
use crate::value::provenance::Provenance;
use crate::value::{Value, secret_like, suggestion};

/// A question of a template.
#[derive(Debug)]
pub struct Question {
    /// The name of the answer: in the answers file, in the record and in templates.
    pub id: String,
    /// The question as a person reads it.
    pub prompt: String,
    /// One sentence of help.
    pub help: String,
    /// Which answers it accepts.
    pub kind: Kind,
    /// Whether the wizard leaves it at its default until the user asks to change it.
    pub advanced: bool,
    /// What helps to choose, if anything does.
    pub advice: Option<Advised>,
    /// An answer that the error messages can show, as the template declares it.
    pub(super) example: Option<String>,
    pub(super) default: Option<Default>,
    /// Whether the default is as good as given once a project has it: what runs does not follow it then.
    pub(crate) is_settled: bool,
    /// What the surroundings or a person's own defaults may put into its prompt.
    pub prefill: Option<Prefill>,
    /// Whether the default only holds the place of an answer, and has to be replaced.
    pub is_placeholder: bool,
    pub(super) when: Option<Expression>,
    /// The condition as it is written.
    pub(super) when_text: Option<String>,
    /// The default as it is written.
    pub(super) default_text: Option<Value>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) previews: Vec<Preview>,
}

/// What may be put into the prompt of a question before anybody has answered it. It is no default: where nothing is asked,
/// it does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prefill {
    /// The repository that the project is in, or one of its person's or organisation's.
    Repository,
    /// A region of AWS.
    Region,
    /// The processor architecture that a person works with.
    Architecture,
    /// The team of a person.
    Owner,
}

/// Which answers a question accepts.
#[derive(Debug)]
pub enum Kind {
    /// Free text, quoted wherever it is used.
    Text(TextRule),
    /// Lower-case letters, digits and single dashes.
    Slug(TextRule),
    /// A list of slugs.
    Slugs {
        /// The rule for each of them.
        rule: TextRule,
        /// Whether the list may be empty.
        optional: bool,
        /// Whether each of them is `NAME=VALUE`: a slug, and what the rule is for.
        pairs: bool,
    },
    /// A whole number between two bounds, both included.
    Int {
        /// The least number.
        min: i64,
        /// The greatest number.
        max: i64,
    },
    /// Yes or no.
    Bool,
    /// One of the choices.
    Choice(Choices),
    /// Any number of the choices.
    Choices(Choices),
    /// A text that is kept nowhere: its answer is whether it was given, see [`Question::read`].
    Secret {
        /// The rule for it.
        rule: TextRule,
        /// Whether it may be left out.
        optional: bool,
    },
}

/// The rule for a text or a slug.
#[derive(Debug)]
pub struct TextRule {
    /// The most characters.
    pub max: usize,
    /// Whether an empty text is an answer, whatever the other rules say.
    pub optional: bool,
    pub(super) pattern: Option<Regex>,
    /// The pattern as it is written.
    pub written_pattern: Option<String>,
    /// The pattern in words, as a sentence without a full stop: `write OWNER/NAME`.
    pub(super) rule: Option<String>,
    /// Words that cannot be used, by the reason, which completes "`word` …".
    pub(super) reserved: BTreeMap<String, Vec<String>>,
    /// The words that the template knows. Another one is taken, too; none says nothing of any.
    pub(super) known: Vec<String>,
}

/// The choices of a question.
#[derive(Debug)]
pub enum Choices {
    /// The same whatever else was answered.
    Fixed(Vec<Choice>),
    /// By the answer to an earlier question.
    By {
        /// The id of the earlier question.
        question: String,
        /// The choices for each of its answers.
        choices: BTreeMap<String, Vec<Choice>>,
    },
}

/// One choice.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The answer.
    pub value: String,
    /// The answer as a person reads it.
    pub label: String,
    /// What follows from it, in one line.
    pub consequence: Option<String>,
}

#[derive(Debug)]
pub(super) enum Default {
    Value(Value),
    Computed(Compiled),
}

#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) when: Expression,
    pub(crate) because: String,
}

/// What an answer becomes, by a short label: `crate`, `image`.
#[derive(Debug)]
pub(crate) struct Preview {
    pub(crate) label: String,
    pub(crate) is: Compiled,
    pub(crate) when: Option<Expression>,
}

/// An answer that a question does not accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AnswerProblem {
    /// The id of the question.
    pub question: String,
    /// What is wrong with the answer.
    pub message: String,
    /// What would be right.
    pub hint: String,
    /// Where the answer came from, if that is known.
    pub from: Option<Box<GivenBy>>,
}

/// Where an answer came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenBy {
    /// The kind of place.
    pub provenance: Provenance,
    /// The environment variable that answers the question.
    pub variable: String,
}

impl AnswerProblem {
    /// Returns what is wrong without what was chosen, for a place beside that.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.message.split_once(" is refused: ").map_or(self.message.as_str(), |(_, reason)| reason)
    }

    /// Keeps where the answer came from.
    #[must_use]
    pub fn given_by(self, question: &Question, provenance: &Provenance) -> Self {
        let given = GivenBy { provenance: provenance.clone(), variable: question.variable() };
        Self { from: Some(Box::new(given)), ..self }
    }
}

/// A word that the template does not know, and takes all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownWord<'v> {
    /// The word.
    pub word: &'v str,
    /// The known word that it resembles, if it resembles one.
    pub nearest: Option<&'v str>,
}

/// Words that YAML 1.1 or 1.2 reads as something other than a string.
const YAML_WORDS: &[&str] = &["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"];

impl Question {
    /// Returns the flag of the question, with its dashes.
    #[must_use]
    pub fn flag(&self) -> String {
        format!("--{}", flags::name_of(&self.id).replace('_', "-"))
    }

    /// Returns what the flag takes, for usage lines: `NAME`, `NUMBER`, `a|b`.
    #[must_use]
    pub fn placeholder(&self) -> String {
        match &self.kind {
            Kind::Text(_) => "TEXT".to_owned(),
            Kind::Slug(_) => "NAME".to_owned(),
            Kind::Slugs { pairs: true, .. } => "NAME=VALUE,…".to_owned(),
            Kind::Slugs { .. } => "NAME,…".to_owned(),
            Kind::Int { .. } => "NUMBER".to_owned(),
            Kind::Bool | Kind::Secret { .. } => "true|false".to_owned(),
            Kind::Choice(Choices::Fixed(choices)) if choices.len() <= 5 => values(choices).join("|"),
            Kind::Choice(_) => "VALUE".to_owned(),
            Kind::Choices(_) => "VALUE,…".to_owned(),
        }
    }

    /// Returns an answer that the question would accept, quoted for a shell, if one is known.
    #[must_use]
    pub fn example(&self) -> Option<String> {
        match &self.kind {
            Kind::Bool | Kind::Secret { .. } => Some("true".to_owned()),
            Kind::Choice(choices) if self.example.is_none() => choices.all().next().map(|choice| choice.value.clone()),
            _ => self.example.as_deref().map(crate::language::quote::quote_shell),
        }
    }

    /// Returns the condition under which the question is asked, as the template writes it.
    #[must_use]
    pub fn when_text(&self) -> Option<&str> {
        self.when_text.as_deref()
    }

    /// Returns the default as the template writes it: a text with `{{…}}` is rendered from other answers.
    #[must_use]
    pub fn written_default(&self) -> Option<&Value> {
        self.default_text.as_ref()
    }

    /// Returns the example that the template shows.
    #[must_use]
    pub fn written_example(&self) -> Option<&str> {
        self.example.as_deref()
    }

    /// Tells whether texts have to have a form that a pattern describes.
    pub(crate) fn has_pattern(&self) -> bool {
        match &self.kind {
            Kind::Text(rule) | Kind::Slug(rule) | Kind::Slugs { rule, .. } | Kind::Secret { rule, .. } => {
                rule.pattern.is_some()
            }
            _ => false,
        }
    }

    /// Returns the example as an answer, if there is one that can be read.
    pub(crate) fn example_value(&self) -> Option<Value> {
        self.read(self.example.as_deref()?).ok()
    }

    /// Returns the choices that are open with the earlier answers, in order.
    #[must_use]
    pub fn choices(&self, earlier: impl Fn(&str) -> Option<Value>) -> &[Choice] {
        match &self.kind {
            Kind::Choice(choices) | Kind::Choices(choices) => choices.open(earlier),
            _ => &[],
        }
    }

    /// Returns the choices of the question, whatever the earlier answers are; without the same one twice.
    pub fn all_choices(&self) -> impl Iterator<Item = &Choice> {
        let choices = match &self.kind {
            Kind::Choice(choices) | Kind::Choices(choices) => Some(choices),
            _ => None,
        };
        let mut seen = std::collections::BTreeSet::new();
        choices.into_iter().flat_map(Choices::all).filter(move |choice| seen.insert(choice.value.as_str()))
    }

    /// Tells whether the question has a default, be it one that other answers must come before.
    #[must_use]
    pub fn has_default(&self) -> bool {
        self.default.is_some() || matches!(self.kind, Kind::Choice(Choices::By { .. }))
    }

    /// Returns the default if it does not depend on other answers.
    #[must_use]
    pub fn fixed_default(&self) -> Option<&Value> {
        match &self.default {
            Some(Default::Value(value)) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn when(&self) -> Option<&Expression> {
        self.when.as_ref()
    }

    pub(crate) fn refusals(&self) -> &[Refusal] {
        &self.refusals
    }

    pub(crate) fn previews(&self) -> &[Preview] {
        &self.previews
    }

    /// Returns the names that the default is made of.
    pub(crate) fn default_names(&self) -> &[String] {
        match &self.default {
            Some(Default::Computed(template)) => &template.names,
            _ => &[],
        }
    }

    /// Returns the default; `render` turns a template into its text. One without a character is none: the question is asked.
    pub(crate) fn default(
        &self,
        render: impl FnOnce(&Compiled) -> Result<String, Problem>,
    ) -> Result<Option<Value>, Problem> {
        match &self.default {
            None => Ok(None),
            Some(Default::Value(value)) => Ok(Some(value.clone())),
            Some(Default::Computed(template)) => {
                let text = render(template)?;
                if text.is_empty() && !self.is_optional_text() {
                    return Ok(None);
                }
                let value = self.read(&text).map_err(|problem| self.default_problem(&problem))?;
                Ok(Some(value))
            }
        }
    }

    /// Tells whether an empty text is an answer.
    pub(super) fn is_optional_text(&self) -> bool {
        matches!(&self.kind, Kind::Text(rule) if rule.optional)
    }

    /// Tells whether the default is computed: then it could not be checked when the template was loaded.
    pub(crate) fn has_computed_default(&self) -> bool {
        matches!(self.default, Some(Default::Computed(_)))
    }

    /// Turns a fault of the default into one of the template.
    pub(crate) fn default_problem(&self, problem: &AnswerProblem) -> Problem {
        let place = Location::file(super::manifest::FILE);
        Problem::new(place, format!("the default of question `{}` breaks its own rule: {problem}", self.id))
    }

    /// Tells whether the choices depend on another answer: then the first open one is the default.
    pub(crate) fn has_dependent_choices(&self) -> bool {
        matches!(self.kind, Kind::Choice(Choices::By { .. }))
    }

    pub(super) fn yields(&self) -> Type {
        match self.kind {
            Kind::Text(_) => Type::Text,
            Kind::Slug(_) | Kind::Choice(_) => Type::Word,
            Kind::Slugs { .. } | Kind::Choices(_) => Type::Words,
            Kind::Int { .. } => Type::Int,
            Kind::Bool => Type::Bool,
            Kind::Secret { .. } => Type::Secret,
        }
    }

    /// Returns the environment variable that answers the question.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("LAUNCHWAY_{}", flags::name_of(&self.id).to_uppercase())
    }

    /// Reads an answer that came as text where others can read it as well: from a flag.
    ///
    /// # Errors
    /// As those of [`Question::read`]; and a secret, which does not belong there.
    pub fn read_open(&self, text: &str) -> Result<Value, AnswerProblem> {
        match (&self.kind, text) {
            (Kind::Secret { .. }, "true") => Ok(Value::Bool(true)),
            (Kind::Secret { .. }, "false") => Ok(Value::Bool(false)),
            (Kind::Secret { .. }, _) => Err(self.exposed("on a command line, which others can read")),
            _ => self.read(text),
        }
    }

    /// Reads an answer that came as text: from a prompt, the environment, or a flag.
    ///
    /// Of a secret, only whether it was given is returned: it is held against its rule, and forgotten here.
    ///
    /// # Errors
    /// The text is not a number where one is needed, or neither `true` nor `false`, or no secret that is accepted.
    pub fn read(&self, text: &str) -> Result<Value, AnswerProblem> {
        match &self.kind {
            Kind::Secret { rule, optional } => self.read_secret(rule, *optional, text).map(Value::Bool),
            Kind::Text(_) | Kind::Slug(_) | Kind::Choice(_) => Ok(Value::Text(text.to_owned())),
            Kind::Slugs { .. } | Kind::Choices(_) => Ok(Value::List(
                text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect(),
            )),
            Kind::Int { .. } => text
                .trim()
                .parse()
                .map(Value::Int)
                .map_err(|_| self.problem(format!("{} `{}` is not a whole number", self.id, text.escape_debug()))),
            Kind::Bool => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "y" => Ok(Value::Bool(true)),
                "false" | "no" | "n" => Ok(Value::Bool(false)),
                _ => Err(self.problem(format!("{} `{}` is neither true nor false", self.id, text.escape_debug()))),
            },
        }
    }

    /// Brings an answer of an answers file to the question's own type: `cpu = 256`, `environments = "dev,prod"`.
    #[must_use]
    pub fn coerce(&self, value: Value) -> Value {
        match (&self.kind, value) {
            (Kind::Choice(_), Value::Int(number)) => Value::Text(number.to_string()),
            (Kind::Slugs { .. } | Kind::Choices(_) | Kind::Bool, Value::Text(text)) => {
                self.read(&text).unwrap_or(Value::Text(text))
            }
            (_, value) => value,
        }
    }

    /// Brings an answer of before to the question's own type, where nothing of it is lost on the way: the text `9000` is the
    /// number, and `09000` is none.
    #[must_use]
    pub fn converted(&self, value: Value) -> Value {
        let value = self.coerce(value);
        if matches!(self.kind, Kind::Secret { .. }) {
            return value;
        }
        match self.read(&value.to_string()) {
            Ok(read) if read.same(&value) => read,
            _ => value,
        }
    }

    /// Returns the words that the template knows, of a question that takes others, too.
    #[must_use]
    pub fn known(&self) -> &[String] {
        match &self.kind {
            Kind::Text(rule) | Kind::Slug(rule) | Kind::Slugs { rule, .. } => &rule.known,
            _ => &[],
        }
    }

    /// Returns the words of an answer that the template does not know, and takes all the same.
    #[must_use]
    pub fn unknown<'v>(&'v self, value: &'v Value) -> Vec<UnknownWord<'v>> {
        let (rule, words): (_, Vec<&str>) = match (&self.kind, value) {
            (Kind::Text(rule) | Kind::Slug(rule), Value::Text(text)) => (rule, vec![text.as_str()]),
            (Kind::Slugs { rule, .. }, Value::List(items)) => (rule, items.iter().map(String::as_str).collect()),
            _ => return Vec::new(),
        };
        let is_unknown = |word: &&str| !rule.known.is_empty() && !rule.known.iter().any(|known| known == word);
        let unknown = words.into_iter().filter(is_unknown);
        let nearest = |word| nearest(word, rule.known.iter().map(String::as_str));
        unknown.map(|word| UnknownWord { word, nearest: nearest(word) }).collect()
    }

    /// Checks an answer by all the rules that depend on the question alone, or on the choices that are open.
    ///
    /// # Errors
    /// The rule that the answer breaks, with a hint that shows a right one.
    pub fn check(&self, value: &Value, open: &[Choice]) -> Result<(), AnswerProblem> {
        match (&self.kind, value) {
            (Kind::Text(rule), Value::Text(text)) => self.check_text(rule, text),
            (Kind::Slug(rule), Value::Text(text)) => self.check_slug(rule, text),
            (Kind::Slugs { optional: false, .. }, Value::List(items)) if items.is_empty() => {
                Err(self.problem(format!("{} is empty", self.id)))
            }
            (Kind::Slugs { rule, pairs: true, .. }, Value::List(items)) => {
                items.iter().try_for_each(|item| self.check_pair(rule, item))?;
                self.check_distinct(&items.iter().map(|item| name_of(item).to_owned()).collect::<Vec<_>>())
            }
            (Kind::Slugs { rule, .. }, Value::List(items)) => {
                self.check_distinct(items)?;
                items.iter().try_for_each(|item| self.check_slug(rule, item))
            }
            (Kind::Int { min, max }, Value::Int(number)) => {
                if (*min..=*max).contains(number) {
                    Ok(())
                } else {
                    Err(self.out_of_range(*number))
                }
            }
            (Kind::Bool, Value::Bool(_)) => Ok(()),
            (Kind::Secret { optional, .. }, Value::Bool(is_given)) if *is_given || *optional => Ok(()),
            (Kind::Secret { .. }, Value::Bool(_)) => Err(self.secret_problem("is needed")),
            (Kind::Secret { .. }, _) => Err(self.exposed("in a file")),
            (Kind::Choice(_), Value::Text(text)) => self.check_choice(text, open),
            (Kind::Choices(_), Value::List(items)) => {
                self.check_distinct(items)?;
                items.iter().try_for_each(|item| self.check_choice(item, open))
            }
            _ => Err(self.problem(format!("{} `{}` has the wrong type", self.id, value.to_string().escape_debug()))),
        }
    }

    /// Says of an answer that it looks like a secret, without repeating it.
    pub(crate) fn secret_like(&self, value: &Value) -> Option<AnswerProblem> {
        let kind = secret_like::of_value(value)?;
        let message = format!("{} looks like {kind}, and answers stand in files that others read", self.id);
        let hint = "leave it out, and have it replaced if it was real; `--allow-secret-like` takes it all the same";
        Some(AnswerProblem { question: self.id.clone(), message, hint: hint.to_owned(), from: None })
    }

    /// Tells whether a secret was given; no message repeats it.
    fn read_secret(&self, rule: &TextRule, optional: bool, text: &str) -> Result<bool, AnswerProblem> {
        if text.is_empty() {
            return if optional { Ok(false) } else { Err(self.secret_problem("is needed")) };
        }
        let length = text.chars().count();
        if length > rule.max {
            return Err(self.secret_problem(&format!("has more than {} characters", rule.max)));
        }
        match &rule.pattern {
            Some(pattern) if !pattern.is_match(text) => {
                Err(self.secret_problem("does not have the form that is needed"))
            }
            _ => Ok(true),
        }
    }

    /// Refuses a secret that stands where it can be read, without repeating it.
    #[must_use]
    pub fn exposed(&self, place: &str) -> AnswerProblem {
        self.secret_problem(&format!("is a secret, which does not belong {place}"))
    }

    fn secret_problem(&self, fault: &str) -> AnswerProblem {
        let hint = format!(
            "set `{}` in the environment, or answer the prompt; `{}=true` says that it is given elsewhere",
            self.variable(),
            self.flag()
        );
        AnswerProblem { question: self.id.clone(), message: format!("{} {fault}", self.id), hint, from: None }
    }

    fn check_text(&self, rule: &TextRule, text: &str) -> Result<(), AnswerProblem> {
        if rule.optional && text.is_empty() {
            return Ok(());
        }
        if text.contains("${{") || text.contains("{{resolve:") {
            let message = format!(
                "{} contains `${{{{` or `{{{{resolve:`, which a workflow or CloudFormation would execute",
                self.id
            );
            return Err(self.problem(message));
        }
        self.check_length(rule, text)?;
        self.check_pattern(rule, text)?;
        self.check_reserved(rule, text)
    }

    fn check_slug(&self, rule: &TextRule, text: &str) -> Result<(), AnswerProblem> {
        let shown = text.escape_debug();
        if !is_slug(text) {
            let message = format!("{} `{shown}` is not a slug", self.id);
            let hint = format!(
                "use lower-case letters, digits and single dashes, and start with a letter{}",
                self.for_example()
            );
            return Err(self.suggesting(suggestion::slug(text), rule, AnswerProblem { hint, ..self.problem(message) }));
        }
        if YAML_WORDS.contains(&text) {
            return Err(self.problem(format!("{} `{shown}` is a word that YAML does not read as text", self.id)));
        }
        self.check_length(rule, text)?;
        self.check_pattern(rule, text)?;
        self.check_reserved(rule, text)
    }

    fn check_pair(&self, rule: &TextRule, item: &str) -> Result<(), AnswerProblem> {
        let name = name_of(item);
        let Some(value) = item[name.len()..].strip_prefix('=').filter(|_| is_slug(name)) else {
            let message = format!("{} `{}` is not a pair of a name and a value", self.id, item.escape_debug());
            let hint = format!("write NAME=VALUE{}", self.for_example());
            return Err(AnswerProblem { hint, ..self.problem(message) });
        };
        self.check_length(rule, name)?;
        self.check_length(rule, value)?;
        self.check_pattern(rule, value)?;
        if is_plain(value) {
            return Ok(());
        }
        let message = format!("{} `{}` does not have the form that is needed", self.id, value.escape_debug());
        let hint = "a value may only hold letters, digits, dots, dashes and underscores".to_owned();
        Err(AnswerProblem { hint, ..self.problem(message) })
    }

    fn check_length(&self, rule: &TextRule, text: &str) -> Result<(), AnswerProblem> {
        let length = text.chars().count();
        if text.trim().is_empty() {
            return Err(self.problem(format!("{} is empty", self.id)));
        }
        if length > rule.max {
            let message = format!("{} has {length} characters, at most {} are allowed", self.id, rule.max);
            return Err(self.problem(message));
        }
        Ok(())
    }

    fn check_pattern(&self, rule: &TextRule, text: &str) -> Result<(), AnswerProblem> {
        if rule.pattern.as_ref().is_some_and(|pattern| !pattern.is_match(text)) {
            let message = format!("{} `{}` does not have the form that is needed", self.id, text.escape_debug());
            let in_words = rule.rule.as_deref().unwrap_or(self.help.trim_end_matches('.'));
            let hint = format!("{}{}", lower_first(in_words), self.for_example());
            let problem = AnswerProblem { hint, ..self.problem(message) };
            return Err(self.suggesting(suggestion::owner_and_name(text), rule, problem));
        }
        Ok(())
    }

    /// Adds what was probably meant, if that is an answer.
    fn suggesting(&self, meant: Option<String>, rule: &TextRule, problem: AnswerProblem) -> AnswerProblem {
        let is_accepted = |meant: &String| match self.kind {
            Kind::Slug(_) | Kind::Slugs { .. } => self.check_slug(rule, meant).is_ok(),
            _ => self.check_text(rule, meant).is_ok(),
        };
        match meant.filter(is_accepted) {
            Some(meant) => AnswerProblem { hint: format!("did you mean `{meant}`? {}", problem.hint), ..problem },
            None => problem,
        }
    }

    fn check_reserved(&self, rule: &TextRule, text: &str) -> Result<(), AnswerProblem> {
        match rule.reserved.iter().find(|(_, words)| words.iter().any(|word| word == text)) {
            Some((reason, _)) => Err(self.problem(format!("{} `{text}` {reason}", self.id))),
            None => Ok(()),
        }
    }

    fn check_distinct(&self, items: &[String]) -> Result<(), AnswerProblem> {
        let repeated = items.iter().enumerate().find(|(index, item)| items[..*index].contains(item));
        match repeated {
            Some((_, item)) => Err(self.problem(format!("{} names `{}` twice", self.id, item.escape_debug()))),
            None => Ok(()),
        }
    }

    fn check_choice(&self, text: &str, open: &[Choice]) -> Result<(), AnswerProblem> {
        if open.iter().any(|choice| choice.value == text) {
            return Ok(());
        }
        let message = match &self.kind {
            Kind::Choice(Choices::By { question, .. }) | Kind::Choices(Choices::By { question, .. }) => {
                format!("{} `{}` does not go with this {question}", self.id, text.escape_debug())
            }
            _ => format!("{} `{}` is not one of the choices", self.id, text.escape_debug()),
        };
        Err(AnswerProblem { hint: format!("choose {}", either(&values(open))), ..self.problem(message) })
    }

    fn out_of_range(&self, number: i64) -> AnswerProblem {
        let Kind::Int { min, max } = self.kind else { return self.problem(String::new()) };
        let hint = format!("choose {min} to {max}{}", self.for_example());
        AnswerProblem { hint, ..self.problem(format!("{} `{number}` is out of range", self.id)) }
    }

    /// Makes a problem with the hint that suits any answer to the question.
    #[must_use]
    pub fn problem(&self, message: String) -> AnswerProblem {
        let hint = match self.example() {
            Some(example) => format!("for example `{}={example}`", self.flag()),
            None => format!("{} takes {}", self.flag(), self.placeholder()),
        };
        AnswerProblem { question: self.id.clone(), message, hint, from: None }
    }

    fn for_example(&self) -> String {
        self.example().map_or_else(String::new, |example| format!(", for example `{}={example}`", self.flag()))
    }
}

impl Kind {
    /// Returns the word for it, as a manifest has it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Slug(_) => "slug",
            Self::Slugs { .. } => "slugs",
            Self::Int { .. } => "int",
            Self::Bool => "bool",
            Self::Choice(_) => "choice",
            Self::Choices(_) => "choices",
            Self::Secret { .. } => "secret",
        }
    }
}

impl Choices {
    fn open(&self, earlier: impl Fn(&str) -> Option<Value>) -> &[Choice] {
        match self {
            Self::Fixed(choices) => choices,
            Self::By { question, choices } => match earlier(question) {
                Some(Value::Text(answer)) => choices.get(&answer).map_or(&[], Vec::as_slice),
                _ => &[],
            },
        }
    }

    /// Returns every choice, whatever else was answered.
    pub fn all(&self) -> impl Iterator<Item = &Choice> {
        self.lists().into_iter().flatten()
    }

    /// Returns the lists of choices of which one is open at a time.
    pub(super) fn lists(&self) -> Vec<&[Choice]> {
        match self {
            Self::Fixed(choices) => vec![choices],
            Self::By { choices, .. } => choices.values().map(Vec::as_slice).collect(),
        }
    }
}

/// Tells whether a text is `[a-z][a-z0-9]*(-[a-z0-9]+)*`.
pub(super) fn is_slug(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.ends_with('-')
        && !text.contains("--")
}

/// Returns what stands before the first equals sign of a pair.
fn name_of(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(name, _)| name)
}

fn values(choices: &[Choice]) -> Vec<&str> {
    choices.iter().map(|choice| choice.value.as_str()).collect()
}

fn lower_first(sentence: &str) -> String {
    let mut characters = sentence.chars();
    match (characters.next(), characters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(characters).collect(),
        _ => sentence.to_owned(),
    }
}
