//! What is said about answers as a whole: the command line that gives them again, and those that are missing or have no effect.

use super::Interview;
use crate::language::quote::{quote_shell, shell_word};
use crate::template::Source;
use crate::template::question::{Kind, Question, UnknownWord};
use crate::value::provenance::Provenance;

/// What a command line of `launchway new` says beside the answers.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewLine<'a> {
    /// The name of the template.
    pub template: &'a str,
    /// The folder to write to.
    pub dest: Option<&'a str>,
    /// The file to pack the project into.
    pub archive: Option<&'a str>,
    /// The switches that follow the answers.
    pub switches: &'a [&'a str],
}

impl Interview<'_> {
    /// Returns the command that makes the same project without a question: the answers that were not left to the default.
    #[must_use]
    pub fn command(&self, line: &NewLine<'_>) -> String {
        let mut words = vec!["launchway".to_owned(), "new".to_owned()];
        words.extend(self.answer(&self.template.name_question).map(|name| quote_shell(&name.to_string())));
        if self.template.source != Source::Builtin || line.template != "service" {
            words.push(format!("--template={}", shell_word(line.template)));
        }
        words.extend(line.dest.map(|dest| format!("--dest={}", shell_word(dest))));
        words.extend(line.archive.map(|archive| format!("--archive={}", shell_word(archive))));
        words.extend(self.flags());
        words.extend(line.switches.iter().map(|switch| (*switch).to_owned()));
        if self.has_secret_like() {
            words.push("--allow-secret-like".to_owned());
        }
        words.push("--no-input".to_owned());
        words.join(" ")
    }

    /// Lists the answers as flags, but for the name and what the template or the catalog says itself.
    fn flags(&self) -> impl Iterator<Item = String> {
        let is_said =
            |it: &Provenance| matches!(it, Provenance::Default | Provenance::Preset(_) | Provenance::Policy(_));
        let given = self.accepted.iter().filter(move |accepted| {
            accepted.question.id != self.template.name_question && !is_said(&accepted.provenance)
        });
        given.map(|accepted| format!("{}={}", accepted.question.flag(), shell_word(&accepted.value.to_string())))
    }

    /// Lists the open questions that somebody has to answer. A default that waits for another answer comes by itself once that
    /// is given.
    #[must_use]
    pub fn missing(&self) -> Vec<&Question> {
        let all = || self.open.iter().map(|(question, _)| *question);
        let needs_all = all().all(Question::has_default);
        all().filter(|question| needs_all || !question.has_default()).collect()
    }

    /// Says which words of the answers the template takes without knowing them: a slip, or something newer than the template.
    #[must_use]
    pub fn unknown_words(&self) -> Vec<String> {
        let of = |question: &Question, UnknownWord { word, nearest }: UnknownWord<'_>| {
            let meant = nearest.map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default();
            format!("the template does not know `{word}`, which `{}` names{meant}", question.id)
        };
        let accepted = self.accepted.iter();
        accepted
            .flat_map(|accepted| {
                let unknown = accepted.question.unknown(&accepted.value).into_iter();
                unknown.map(|word| of(accepted.question, word)).collect::<Vec<_>>()
            })
            .collect()
    }

    /// Says that an answer counts for nothing, because its question is not asked.
    #[must_use]
    pub fn without_effect(id: &str) -> String {
        format!("`{id}` has no effect: with the other answers it is not asked")
    }
}

impl Question {
    /// Says how the question is answered on a command line, and what it asks.
    #[must_use]
    pub fn usage(&self) -> String {
        match self.kind {
            Kind::Secret { .. } => format!("{} in the environment: {}", self.variable(), self.prompt),
            _ => format!("{} {}: {}", self.flag(), self.placeholder(), self.prompt),
        }
    }
}
