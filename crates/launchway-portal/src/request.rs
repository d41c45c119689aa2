//! What is asked of a portal: a template, and answers that nobody has judged yet.

use std::collections::BTreeMap;

use launchway_core::template::{Kind, Question};
use launchway_core::told::Translation;
use launchway_core::{Answers, Interview, Provenance, Template, Value, nearest};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::fault::FieldFault;
use crate::templates::ENGLISH;
use crate::told::Told;

/// A template and answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The name of the template.
    #[serde(default = "service")]
    pub template: String,
    /// The answers by the ids of their questions. Null is no answer.
    #[serde(default)]
    pub answers: BTreeMap<String, Json>,
    /// The language of the texts that come back.
    #[serde(default = "english")]
    pub lang: String,
}

impl Default for Request {
    fn default() -> Self {
        Self { template: service(), answers: BTreeMap::new(), lang: english() }
    }
}

fn service() -> String {
    "service".to_owned()
}

fn english() -> String {
    ENGLISH.to_owned()
}

/// An answer that counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unused {
    /// The id under which it was given.
    pub question: String,
    /// Why it does not count.
    pub detail: String,
}

impl Told for Unused {
    fn tell(&mut self, translation: &Translation) {
        self.detail.tell(translation);
    }
}

/// Answers as far as they could be read.
pub(crate) struct Read {
    pub(crate) answers: Answers,
    /// What is wrong with the others.
    pub(crate) problems: Vec<FieldFault>,
    /// The answers that no question asks for.
    pub(crate) unknown: Vec<FieldFault>,
}

impl Request {
    /// Reads the answers as those of the template's questions.
    pub(crate) fn read(&self, template: &Template) -> Read {
        let mut read = Read { answers: Answers::default(), problems: Vec::new(), unknown: Vec::new() };
        for (id, given) in self.answers.iter().filter(|(_, given)| !given.is_null()) {
            match template.question(id).map(|question| value(question, given)) {
                Some(Ok(value)) => read.answers.set(id, value, Provenance::Flag),
                Some(Err(problem)) => read.problems.push(problem),
                None => read.unknown.push(unknown(id, template)),
            }
        }
        let secrets = read.answers.secret_like(template);
        for problem in &secrets {
            read.answers.remove(&problem.question);
        }
        read.problems.extend(secrets.into_iter().map(|problem| FieldFault {
            hint: "leave it out, and have it replaced if it was real".to_owned(),
            ..FieldFault::from(problem)
        }));
        read
    }
}

/// Reads one answer. A text is read as a flag would be; a number is no text, since what was written, such as `3.10`, is lost in it.
fn value(question: &Question, given: &Json) -> Result<Value, FieldFault> {
    let is_text = matches!(question.kind, Kind::Text(_) | Kind::Slug(_) | Kind::Slugs { .. });
    match given {
        Json::String(_) if matches!(question.kind, Kind::Secret { .. }) && !is_word(given) => {
            Err(question.exposed("in a request").into())
        }
        Json::String(text) => Ok(question.read_open(text)?),
        Json::Number(number) if is_text => {
            let message = format!("the answer `{}` is the number {number}, and not a text", question.id);
            Err(FieldFault::new(&question.id, message, format!("if it is a text, write it in quotes: \"{number}\"")))
        }
        given => serde_json::from_value(given.clone()).map_err(|_| {
            let message = format!("the answer `{}` is neither a text, a number, a list nor true or false", question.id);
            FieldFault::new(&question.id, message, "write each text of a list in quotes")
        }),
    }
}

/// Tells whether a text only says whether a secret is given.
fn is_word(given: &Json) -> bool {
    matches!(given.as_str(), Some("true" | "false"))
}

/// Says that a template has no question of a name.
fn unknown(id: &str, template: &Template) -> FieldFault {
    let known: Vec<&str> = template.questions.iter().map(|question| question.id.as_str()).collect();
    let hint = match nearest(&id.replace('-', "_"), known.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "leave it out".to_owned(),
    };
    FieldFault::new(id, format!("the template `{}` has no question `{id}`", template.id), hint)
}

/// Lists the answers to questions that are not asked with the others.
pub(crate) fn unused(interview: &Interview<'_>) -> Vec<Unused> {
    let of = |id: &String| Unused { question: id.clone(), detail: Interview::without_effect(id) };
    interview.unused.iter().map(|(id, _)| of(id)).collect()
}
