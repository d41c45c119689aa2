//! Lint: what the loader accepts and an author hardly meant, such as a question that nothing uses.

mod reach;
mod texts;
mod usage;

use std::collections::BTreeSet;

use crate::language::problem::{Invalid, Location};
use crate::template::Template;
use crate::template::flags;
use crate::template::question::Question;
use crate::template::translation::Coverage;
use crate::value::secret_like;

/// What can be found in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LintRule {
    /// The loader refuses the template.
    Invalid,
    /// A question whose answer changes nothing.
    UnusedQuestion,
    /// A computed value that nothing uses.
    UnusedValue,
    /// A partial that no file includes.
    UnusedPartial,
    /// A question that no answers lead to.
    UnreachableQuestion,
    /// A file that no answers select.
    UnreachableFile,
    /// A question without a word of help, or without an example of the form that it asks for.
    MissingHelp,
    /// A question whose flag is not its id, which the program has taken since.
    PrefixedFlag,
    /// A default that looks like a secret, in a template that others read.
    SecretDefault,
    /// A question of which no transition speaks, in a template that declares some.
    SilentChange,
    /// A backslash before a tag that names something: it is eaten, and the tag is printed.
    EatenBackslash,
    /// A free text that is quoted in a file of which nobody knows what it is.
    UnknownKind,
    /// A text that stays as the manifest has it in a language that the template is translated into.
    Untranslated,
    /// A translation of a text that the template does not say.
    StaleTranslation,
    /// A version in the manifest that is another one than that of the tag on which the template stands.
    OtherVersion,
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LintLevel {
    /// The template does what its author means, and somebody reads less than could be said.
    Warning,
    /// The template does not load, or holds something that means nothing.
    Error,
}

impl LintLevel {
    /// Returns the name of the level.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl LintRule {
    /// Returns how much a finding of the rule weighs.
    #[must_use]
    pub const fn level(self) -> LintLevel {
        match self {
            Self::PrefixedFlag
            | Self::SecretDefault
            | Self::SilentChange
            | Self::EatenBackslash
            | Self::UnknownKind
            | Self::Untranslated
            | Self::StaleTranslation
            | Self::OtherVersion => LintLevel::Warning,
            Self::Invalid
            | Self::UnusedQuestion
            | Self::UnusedValue
            | Self::UnusedPartial
            | Self::UnreachableQuestion
            | Self::UnreachableFile
            | Self::MissingHelp => LintLevel::Error,
        }
    }

    /// Returns the name of the rule.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::UnusedQuestion => "unused-question",
            Self::UnusedValue => "unused-value",
            Self::UnusedPartial => "unused-partial",
            Self::UnreachableQuestion => "unreachable-question",
            Self::UnreachableFile => "unreachable-file",
            Self::MissingHelp => "missing-help",
            Self::PrefixedFlag => "prefixed-flag",
            Self::SecretDefault => "secret-default",
            Self::SilentChange => "silent-change",
            Self::EatenBackslash => "eaten-backslash",
            Self::UnknownKind => "unknown-kind",
            Self::Untranslated => "untranslated",
            Self::StaleTranslation => "stale-translation",
            Self::OtherVersion => "other-version",
        }
    }
}

/// Something that an author should look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LintFinding {
    /// Where it is.
    pub place: Location,
    /// The rule.
    pub rule: LintRule,
    /// What is wrong.
    pub message: String,
    /// What helps.
    pub hint: Option<String>,
}

impl LintFinding {
    fn new(rule: LintRule, place: Location, message: String) -> Self {
        Self { place, rule, message, hint: None }
    }

    fn hint(self, hint: &str) -> Self {
        Self { hint: Some(hint.to_owned()), ..self }
    }
}

impl From<Invalid> for Vec<LintFinding> {
    fn from(invalid: Invalid) -> Self {
        let finding = |problem: crate::language::problem::Problem| LintFinding {
            place: problem.place,
            rule: LintRule::Invalid,
            message: problem.message,
            hint: problem.hint,
        };
        invalid.problems.into_iter().map(finding).collect()
    }
}

/// Says that the tag on which a template stands names another version than its manifest.
#[must_use]
pub fn lint_tag(message: String) -> LintFinding {
    let place = Location::file(crate::template::manifest::FILE);
    LintFinding::new(LintRule::OtherVersion, place, message)
        .hint("raise `version`, or move the tag to the commit that does")
}

/// Looks through what a template itself declares; what it extends is for that template's author.
#[must_use]
pub fn lint(template: &Template) -> Vec<LintFinding> {
    if let Err(invalid) = template.verify() {
        return invalid.into();
    }
    let mut findings = usage::unused(template);
    findings.extend(reach::unreachable(template));
    findings.extend(own_questions(template).flat_map(|(question, place)| missing_help(question, place)));
    findings.extend(own_questions(template).filter_map(|(question, place)| prefixed_flag(question, place)));
    findings.extend(own_questions(template).filter_map(|(question, place)| secret_default(question, place)));
    findings.extend(silent_changes(template));
    findings.extend(texts::of_files(template));
    findings.sort();
    findings
}

/// Finds the questions whose change means nothing, or something that nobody says. Where no transition is declared, none is missing.
fn silent_changes(template: &Template) -> Vec<LintFinding> {
    if !template.all_transitions().any(|it| template.is_own(&it.place.file)) {
        return Vec::new();
    }
    let spoken: BTreeSet<&String> = template.all_transitions().flat_map(|it| &it.questions).collect();
    let is_silent = |question: &Question| question.id != template.name_question && !spoken.contains(&question.id);
    let silent = own_questions(template).filter(|(question, _)| is_silent(question));
    let finding = |(question, place): (&Question, &Location)| {
        let message = format!("no `[[transition]]` says what a change of `{}` means for what runs", question.id);
        LintFinding::new(LintRule::SilentChange, place.clone(), message)
            .hint("name it in one; the effect `none` needs no more than the id")
    };
    silent.map(finding).collect()
}

/// Says what a language lacks, and what is left over in it. A template that extends another one need not translate that one's texts.
#[must_use]
pub fn lint_translation(template: &Template, language: &str, coverage: &Coverage) -> Vec<LintFinding> {
    let place = Location::file(&format!("translations/{language}.toml"));
    let finding = |rule, message| LintFinding::new(rule, place.clone(), message);
    let missing = coverage.missing.iter().filter(|_| template.layers.is_empty());
    let missing = missing.map(|text| finding(LintRule::Untranslated, format!("there is no translation of `{text}`")));
    let stale = coverage.stale.iter().map(|text| {
        let message = format!("`{text}` is translated, and the template does not say it");
        finding(LintRule::StaleTranslation, message).hint("translate the text as the template says it now")
    });
    missing.chain(stale).collect()
}

fn own_questions(template: &Template) -> impl Iterator<Item = (&Question, &Location)> {
    let placed = template.questions.iter().filter_map(|it| Some((it, template.declared.get(&it.id)?)));
    placed.filter(|(_, place)| template.is_own(&place.file))
}

fn missing_help(question: &Question, place: &Location) -> Vec<LintFinding> {
    let id = &question.id;
    let finding = |message: String| LintFinding::new(LintRule::MissingHelp, place.clone(), message);
    let mut findings = Vec::new();
    for (key, text) in [("prompt", &question.prompt), ("help", &question.help)] {
        if text.trim().is_empty() {
            findings.push(finding(format!("the `{key}` of question `{id}` is empty")));
        }
    }
    if !question.help.trim().is_empty() && question.help.trim() == question.prompt.trim() {
        let finding = finding(format!("the help of question `{id}` only repeats its prompt"));
        findings.push(finding.hint("say what the answer changes, or what form it has"));
    }
    if question.has_pattern() && question.example().is_none() {
        let finding = finding(format!("question `{id}` asks for a form and shows no example of it"));
        findings.push(finding.hint("add `example = \"…\"`, which error messages show"));
    }
    findings
}

/// Says which flag a question has whose id has become a word of the program.
fn prefixed_flag(question: &Question, place: &Location) -> Option<LintFinding> {
    let id = &question.id;
    let message = || {
        let taken = id.replace('_', "-");
        format!("the flag of question `{id}` is `{}`: `--{taken}` is a flag of the program itself", question.flag())
    };
    let finding = || LintFinding::new(LintRule::PrefixedFlag, place.clone(), message());
    flags::is_prefixed(id).then(|| finding().hint("another id has a flag of its own name"))
}

/// Says of a default that it looks like a secret, without repeating it.
fn secret_default(question: &Question, place: &Location) -> Option<LintFinding> {
    let kind = secret_like::of_value(question.fixed_default()?)?;
    let message =
        format!("the default of question `{}` looks like {kind}, and a template is read by others", question.id);
    let finding = LintFinding::new(LintRule::SecretDefault, place.clone(), message);
    Some(finding.hint("leave it out, have it replaced if it was real, and ask for it with `kind = \"secret\"`"))
}

#[cfg(test)]
mod tests;
