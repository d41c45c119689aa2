//! *Help me choose*: the questions of every topic, and the advice for answers.

use std::collections::BTreeMap;

use launchway_core::advice::{self, Question, Topic};
use launchway_core::nearest;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::fault::{Fault, FieldFault};
use crate::templates::Portal;

/// What advice is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdviceRequest {
    /// The topic.
    pub topic: String,
    /// The answers by the ids of its questions.
    #[serde(default)]
    pub answers: BTreeMap<String, String>,
    /// What is known of a template's questions, by their ids: answers that do not go with that are not offered.
    #[serde(default)]
    pub known: BTreeMap<String, String>,
}

impl Portal {
    /// Lists the topics with their questions, and the answers that go with what is known of a template's questions.
    #[must_use]
    pub fn topics(&self, known: &BTreeMap<String, String>) -> Json {
        let topics: Vec<Json> = advice::topics().map(|it| topic(it, known)).collect();
        json!({ "schema": "launchway.topics/1", "topics": topics })
    }

    /// Gives advice, as `launchway advise --output json` does.
    ///
    /// # Errors
    /// There is no such topic, or an answer is missing or not one of the choices.
    pub fn advise(&self, request: &AdviceRequest) -> Result<Json, Fault> {
        let topic = advice::topic(&request.topic).ok_or_else(|| no_topic(&request.topic))?;
        let unknown = request.answers.keys().filter(|id| topic.questions.iter().all(|question| question.id != **id));
        let mut problems: Vec<FieldFault> = unknown.map(|id| no_question(topic, id)).collect();
        let mut given = Vec::new();
        for question in &topic.questions {
            match position(question, request) {
                Ok(position) => given.push(position),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(topic.advise(&given).to_json(None)) } else { Err(Fault::answers(problems)) }
    }
}

/// Finds the answer to a question; where what is known leaves one alone, that is it.
fn position(question: &'static Question, request: &AdviceRequest) -> Result<usize, FieldFault> {
    let open = question.open(|id| request.known.get(id).cloned());
    let values = || open.iter().map(|at| question.choices[*at].value.as_str()).collect::<Vec<_>>().join("|");
    match (request.answers.get(&question.id), open.as_slice()) {
        (Some(value), _) => question.position(value).filter(|at| open.contains(at)).ok_or_else(|| {
            let message = format!("{} `{}` is not one of the choices", question.id, value.escape_debug());
            FieldFault::new(&question.id, message, format!("choose {}", values()))
        }),
        (None, [only]) => Ok(*only),
        (None, _) => {
            let usage = format!("{} {}: {}", question.flag(), values(), question.prompt);
            Err(FieldFault::new(&question.id, format!("there is no answer for {}", question.flag()), usage))
        }
    }
}

fn no_topic(name: &str) -> Fault {
    let topics = || advice::TOPICS.iter().map(|topic| topic.id);
    let fault = Fault::not_found(format!("there is no advice about `{name}`"));
    match nearest(name, topics()) {
        Some(nearest) => fault.hint(format!("did you mean `{nearest}`?")),
        None => fault.hint(format!("choose one of {}", topics().collect::<Vec<_>>().join(", "))),
    }
}

fn no_question(topic: &Topic, id: &str) -> FieldFault {
    let known: Vec<&str> = topic.questions.iter().map(|question| question.id.as_str()).collect();
    let message = format!("the topic `{}` has no question `{id}`", topic.id);
    FieldFault::new(id, message, format!("it asks for {}", known.join(", ")))
}

fn topic(topic: &'static Topic, known: &BTreeMap<String, String>) -> Json {
    let questions: Vec<Json> = topic.questions.iter().map(|it| question(it, known)).collect();
    json!({ "id": topic.id, "title": topic.title, "page": topic.page, "questions": questions })
}

fn question(question: &'static Question, known: &BTreeMap<String, String>) -> Json {
    let open = question.open(|id| known.get(id).cloned());
    let choice = |at: &usize| json!({ "value": question.choices[*at].value, "label": question.choices[*at].label });
    let choices: Vec<Json> = open.iter().map(choice).collect();
    json!({ "id": question.id, "prompt": question.prompt, "help": question.help, "choices": choices })
}
