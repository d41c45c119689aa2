//! The form: which questions are asked with the answers so far, which choices they leave, and what is wrong.
//!
//! The rules are those of the wizard: an answer that does not go with the others is passed over, with the reason, and kept by
//! whoever gave it; the same answers give the same form, in whatever order they came.

use launchway_core::template::{Kind, Question};
use launchway_core::told::Translation;
use launchway_core::{Accepted, Answers, Defaults, Interview, Provenance, Template, Value};
use serde::Serialize;
use serde_json::Value as Json;

use crate::fault::{Fault, FieldFault};
use crate::request::{Read, Request, Unused, unused};
use crate::templates::Portal;
use crate::told::Told;

/// A form with the answers so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Form {
    /// The name of the template.
    pub template: String,
    /// What it makes.
    pub title: String,
    /// Its version.
    pub version: String,
    /// The id of the question that names the project.
    pub name: String,
    /// Whether a project can be made of the answers.
    pub complete: bool,
    /// The questions that are asked, in their order.
    pub fields: Vec<Field>,
    /// The answers that are kept and do not count now.
    pub unused: Vec<Unused>,
    /// The answers that no question asks for.
    pub unknown: Vec<FieldFault>,
}

/// A question of a form.
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the JSON, and they do not exclude one another")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// The id of the question.
    pub id: String,
    /// Which answers it takes: `text`, `slug`, `slugs`, `int`, `bool`, `choice`, `choices` or `secret`.
    pub kind: &'static str,
    /// The question.
    pub prompt: String,
    /// One sentence of help.
    pub help: String,
    /// Its flag on the command line.
    pub flag: String,
    /// Whether the wizard leaves it at its default.
    pub advanced: bool,
    /// Whether an empty text or list is an answer.
    pub optional: bool,
    /// The answer that counts.
    pub value: Option<Json>,
    /// What it is if nobody answers.
    pub default: Option<Json>,
    /// Whether the answer was given.
    pub given: bool,
    /// Who decided it instead, and why.
    pub decided: Option<String>,
    /// What it can be, if that is a list.
    pub choices: Vec<FormChoice>,
    /// Whether somebody has to answer it.
    pub missing: bool,
    /// What is wrong with the answer.
    pub problem: Option<FieldFault>,
    /// What the answer becomes.
    pub previews: Vec<FormPreview>,
    /// An answer that the template shows.
    pub example: Option<String>,
    /// The topic of *Help me choose*.
    pub advice: Option<String>,
}

/// A choice of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormChoice {
    /// The answer.
    pub value: String,
    /// The answer as a person reads it.
    pub label: String,
    /// What follows from it.
    pub consequence: Option<String>,
    /// Why it cannot be chosen with the other answers.
    pub refused: Option<String>,
}

/// What an answer becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormPreview {
    /// What it is.
    pub label: String,
    /// Its text.
    pub text: String,
}

impl Told for Form {
    fn tell(&mut self, translation: &Translation) {
        self.unknown.tell(translation);
        self.unused.tell(translation);
        self.fields.tell(translation);
    }
}

impl Told for Field {
    fn tell(&mut self, translation: &Translation) {
        self.decided.tell(translation);
        self.problem.tell(translation);
        self.choices.iter_mut().for_each(|choice| choice.refused.tell(translation));
    }
}

/// The answers that go with one another, and what is wrong with the others.
pub(crate) struct Settled<'t> {
    pub(crate) interview: Interview<'t>,
    answers: Answers,
    problems: Vec<FieldFault>,
}

impl<'t> Settled<'t> {
    /// Passes over the answers that do not go with the others.
    pub(crate) fn new(template: &'t Template, mut answers: Answers) -> Result<Self, Fault> {
        let mut problems = Vec::new();
        loop {
            let interview = Interview::new(template, &answers, Defaults::All)?;
            let misfits: Vec<FieldFault> = interview.problems.iter().cloned().map(FieldFault::from).collect();
            let misfits = misfits.into_iter().filter(|it| answers.get(&it.question).is_some());
            let misfits: Vec<FieldFault> = misfits.collect();
            if misfits.is_empty() {
                problems.extend(interview.problems.iter().cloned().map(FieldFault::from));
                return Ok(Self { interview, answers, problems });
            }
            for misfit in &misfits {
                answers.remove(&misfit.question);
            }
            problems.extend(misfits);
        }
    }
}

impl Portal {
    /// Returns the form for answers, whatever is wrong with them.
    ///
    /// # Errors
    /// There is no such template, or it is invalid.
    pub fn validate(&self, request: &Request) -> Result<Form, Fault> {
        self.told(&request.lang, self.form(request))
    }

    fn form(&self, request: &Request) -> Result<Form, Fault> {
        let template = self.loaded(&request.template, &request.lang)?;
        let Read { answers, problems, unknown } = request.read(&template);
        let mut settled = Settled::new(&template, answers)?;
        settled.problems.extend(problems);
        let fields = template.questions.iter().filter_map(|question| settled.field(question).transpose());
        let fields = fields.collect::<Result<Vec<_>, Fault>>()?;
        Ok(Form {
            template: request.template.clone(),
            title: template.title.clone(),
            version: template.version.to_string(),
            name: template.name_question.clone(),
            complete: settled.interview.is_complete() && fields.iter().all(|field| field.problem.is_none()),
            unused: settled.unused(request),
            fields,
            unknown,
        })
    }
}

impl Settled<'_> {
    /// Lists the answers that are given and whose questions are not asked.
    fn unused(&self, request: &Request) -> Vec<Unused> {
        if self.interview.is_complete() {
            return unused(&self.interview);
        }
        let template = self.interview.template();
        let is_unused = |id: &&String| template.question(id).is_some_and(|question| !self.is_asked(question));
        let given = request.answers.iter().filter(|(_, given)| !given.is_null()).map(|(id, _)| id);
        given
            .filter(is_unused)
            .map(|id| Unused { question: id.clone(), detail: Interview::without_effect(id) })
            .collect()
    }

    fn accepted(&self, question: &Question) -> Option<&Accepted<'_>> {
        self.interview.accepted.iter().find(|it| it.question.id == question.id)
    }

    fn problem(&self, question: &Question) -> Option<&FieldFault> {
        self.problems.iter().find(|it| it.question == question.id)
    }

    fn is_asked(&self, question: &Question) -> bool {
        let is_open = self.interview.open.iter().any(|(open, _)| open.id == question.id);
        is_open
            || self.accepted(question).is_some()
            || self.interview.problems.iter().any(|it| it.question == question.id)
    }

    /// Returns the field of a question, if that is asked.
    fn field(&self, question: &Question) -> Result<Option<Field>, Fault> {
        if !self.is_asked(question) {
            return Ok(None);
        }
        let accepted = self.accepted(question);
        let decided =
            accepted.filter(|it| matches!(it.provenance, Provenance::Policy(_))).map(|it| match &it.because {
                Some(because) => format!("{}: {because}", it.provenance),
                None => it.provenance.to_string(),
            });
        let missing = self.interview.missing();
        let value = accepted.map(|it| &it.value);
        Ok(Some(Field {
            id: question.id.clone(),
            kind: question.kind.name(),
            prompt: question.prompt.clone(),
            help: question.help.clone(),
            flag: question.flag(),
            advanced: question.advanced,
            optional: is_optional(&question.kind),
            value: value.map(Value::to_json),
            default: self.interview.default_for(&question.id, &self.answers)?.map(|it| it.to_json()),
            given: self.answers.get(&question.id).is_some(),
            decided,
            choices: self.choices(question)?,
            missing: missing.iter().any(|it| it.id == question.id),
            problem: self.problem(question).cloned(),
            previews: value.map(|value| self.previews(question, value)).unwrap_or_default(),
            example: question.written_example().map(str::to_owned),
            advice: question.advice.as_ref().map(|advised| advised.topic().id.clone()),
        }))
    }

    fn choices(&self, question: &Question) -> Result<Vec<FormChoice>, Fault> {
        let mut choices = Vec::new();
        for choice in self.interview.open_choices(question) {
            let refused = match question.kind {
                Kind::Choice(_) => self.interview.check(question, &Value::Text(choice.value.clone()))?.err(),
                _ => None,
            };
            choices.push(FormChoice {
                value: choice.value.clone(),
                label: choice.label.clone(),
                consequence: choice.consequence.clone(),
                refused: refused.map(|problem| problem.reason().to_owned()),
            });
        }
        Ok(choices)
    }

    fn previews(&self, question: &Question, value: &Value) -> Vec<FormPreview> {
        let previews = self.interview.previews(question, value).into_iter();
        previews.map(|(label, text)| FormPreview { label: label.to_owned(), text }).collect()
    }
}

/// Tells whether nothing is an answer.
fn is_optional(kind: &Kind) -> bool {
    match kind {
        Kind::Text(rule) => rule.optional,
        Kind::Slugs { optional, .. } => *optional,
        _ => false,
    }
}
