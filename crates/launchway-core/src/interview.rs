//! The interview: which questions are asked, given the answers so far. A pure function, without memory of its own.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::answers::{Answers, Provenance};
use crate::template::{AnswerProblem, Data, Expression, Problem, Question, Template};
use crate::{Context, Value};

/// Which questions take their default without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defaults {
    /// All that have one.
    All,
    /// The advanced ones only; the others are open until they are answered.
    Advanced,
}

/// What is known after all the answers were held against the questions.
pub struct Interview<'t> {
    template: &'t Template,
    /// The accepted answers, in the order of the questions.
    pub accepted: Vec<Accepted<'t>>,
    /// The questions that still need an answer, each with the default that it would have.
    pub open: Vec<(&'t Question, Option<Value>)>,
    /// The answers that were refused.
    pub problems: Vec<AnswerProblem>,
    /// The ids of answers to questions that are not asked with these other answers.
    pub unused: Vec<(String, Provenance)>,
}

/// An answer that its question accepts.
#[derive(Debug, Clone)]
pub struct Accepted<'t> {
    /// The question.
    pub question: &'t Question,
    /// The answer.
    pub value: Value,
    /// Where it came from.
    pub provenance: Provenance,
    /// Whether it is what the default would have been.
    pub is_default: bool,
}

impl<'t> Interview<'t> {
    /// Holds answers against the questions of a template.
    ///
    /// # Errors
    /// The template itself is at fault: one of its expressions cannot be computed.
    pub fn new(template: &'t Template, given: &Answers, defaults: Defaults) -> Result<Self, Problem> {
        let mut interview =
            Self { template, accepted: Vec::new(), open: Vec::new(), problems: Vec::new(), unused: Vec::new() };
        for question in &template.questions {
            interview.take(question, given, defaults)?;
        }
        for (id, _, provenance) in given.iter() {
            let is_asked = interview.is_settled(id) || interview.problems.iter().any(|problem| problem.question == id);
            if !is_asked && interview.is_complete() {
                interview.unused.push((id.to_owned(), provenance.clone()));
            }
        }
        Ok(interview)
    }

    /// Turns a complete interview into a context; `None` while questions are open or answers refused.
    ///
    /// # Errors
    /// The template itself is at fault: one of its computed values cannot be computed.
    pub fn context(&self) -> Result<Option<Context>, Problem> {
        if !self.is_complete() {
            return Ok(None);
        }
        let mut known = Map::new();
        for accepted in &self.accepted {
            known.insert(accepted.question.id.clone(), accepted.value.to_json());
        }
        for value in &self.template.values {
            let computed = self.value_of(&value.id)?;
            if !computed.is_null() {
                known.insert(value.id.clone(), computed);
            }
        }
        let answers = self.accepted.iter().map(|accepted| (accepted.question.id.clone(), accepted.value.clone()));
        Ok(Some(Context::new(self.template, answers.collect(), known)))
    }

    /// Returns the template whose questions these are.
    #[must_use]
    pub fn template(&self) -> &'t Template {
        self.template
    }

    fn is_complete(&self) -> bool {
        self.open.is_empty() && self.problems.is_empty()
    }

    fn take(&mut self, question: &'t Question, given: &Answers, defaults: Defaults) -> Result<(), Problem> {
        if !self.is_asked(question)? {
            return Ok(());
        }
        let default = self.default_of(question)?;
        let answer = match given.get(&question.id) {
            Some((value, provenance)) => Some((question.coerce(value.clone()), provenance.clone())),
            None if defaults == Defaults::All || question.advanced => {
                default.clone().map(|value| (value, Provenance::Default))
            }
            None => None,
        };
        let Some((value, provenance)) = answer else {
            self.open.push((question, default));
            return Ok(());
        };
        match self.check(question, &value)? {
            Ok(()) => {
                let is_default = default.as_ref() == Some(&value);
                self.accepted.push(Accepted { question, value, provenance, is_default });
            }
            Err(problem) => self.problems.push(problem),
        }
        Ok(())
    }

    /// Checks an answer to a question against its rules and the answers before it.
    ///
    /// # Errors
    /// The outer error is the template's fault, the inner one the answer's.
    pub fn check(&self, question: &Question, value: &Value) -> Result<Result<(), AnswerProblem>, Problem> {
        let open = question.choices(|id| self.answer(id));
        if let Err(problem) = question.check(value, open) {
            return Ok(Err(problem));
        }
        let own = (question.id.as_str(), value);
        for refusal in question.refusals() {
            if self.evaluate_with(&refusal.when, Some(own))? == Json::Bool(true) {
                let message = format!("{} `{value}` is refused: {}", question.id, refusal.because);
                return Ok(Err(question.problem(message)));
            }
        }
        Ok(Ok(()))
    }

    /// Returns the accepted answer to a question.
    #[must_use]
    pub fn answer(&self, id: &str) -> Option<Value> {
        self.accepted.iter().find(|accepted| accepted.question.id == id).map(|accepted| accepted.value.clone())
    }

    fn is_settled(&self, id: &str) -> bool {
        self.accepted.iter().any(|accepted| accepted.question.id == id)
    }

    /// A question whose condition hangs on an open or refused one is not asked yet.
    fn is_asked(&self, question: &Question) -> Result<bool, Problem> {
        let Some(when) = question.when() else { return Ok(true) };
        if self.waits(when.names()) {
            return Ok(false);
        }
        Ok(self.evaluate_with(when, None)? == Json::Bool(true))
    }

    fn waits(&self, names: &[String]) -> bool {
        names.iter().any(|name| match self.template.values.iter().find(|value| value.id == *name) {
            Some(value) => self.waits(value.is.names()),
            None => {
                self.open.iter().any(|(question, _)| question.id == *name)
                    || self.problems.iter().any(|problem| problem.question == *name)
            }
        })
    }

    fn default_of(&self, question: &Question) -> Result<Option<Value>, Problem> {
        if let Some(first) = question.first_dependent_choice(|id| self.answer(id)) {
            return Ok(Some(first));
        }
        if self.waits(question.default_names()) {
            return Ok(None);
        }
        let data = self.data_for(question.default_names(), None)?;
        question.default(|template| self.template.engine.render(template, &data))
    }

    fn evaluate_with(&self, expression: &Expression, own: Option<(&str, &Value)>) -> Result<Json, Problem> {
        let data = self.data_for(expression.names(), own)?;
        self.template.engine.evaluate(expression, &data)
    }

    fn data_for(&self, names: &[String], own: Option<(&str, &Value)>) -> Result<Data, Problem> {
        let mut known = BTreeMap::new();
        for name in names {
            let value = match own {
                Some((id, value)) if id == name => value.to_json(),
                _ => self.value_of(name)?,
            };
            known.insert(name.clone(), value);
        }
        Ok(Data::from(known.into_iter().collect::<Map<_, _>>()))
    }

    /// Returns an answer, or computes a value; null for what is not asked.
    fn value_of(&self, name: &str) -> Result<Json, Problem> {
        let Some(value) = self.template.values.iter().find(|value| value.id == name) else {
            return Ok(self.answer(name).map_or(Json::Null, |value| value.to_json()));
        };
        if let Some(when) = &value.when
            && self.evaluate_with(when, None)? != Json::Bool(true)
        {
            return Ok(Json::Null);
        }
        self.evaluate_with(&value.is, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template() -> Template {
        Template::builtin("service").unwrap()
    }

    fn given(answers: &[(&str, Value)]) -> Answers {
        let mut given = Answers::default();
        answers.iter().for_each(|(id, value)| given.set(id, value.clone(), Provenance::Flag));
        given
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn open(template: &Template, given: &Answers, defaults: Defaults) -> Vec<String> {
        let interview = Interview::new(template, given, defaults).unwrap();
        interview.open.iter().map(|(question, _)| question.id.clone()).collect()
    }

    #[test]
    fn the_default_path_asks_ten_questions_or_fewer() {
        let template = template();
        for target in ["ecs", "kubernetes"] {
            let mut answers = given(&[("service", text("orders")), ("target", text(target))]);
            let mut asked = 2;
            while let Some((question, default)) =
                Interview::new(&template, &answers, Defaults::Advanced).unwrap().open.into_iter().next()
            {
                answers.set(&question.id, default.expect("it has a default"), Provenance::Prompt);
                asked += 1;
            }
            assert!(asked <= 10, "{target}: {asked}");
        }
    }

    #[test]
    fn what_hangs_on_an_open_question_is_not_asked_yet() {
        let open = open(&template(), &given(&[("service", text("orders"))]), Defaults::All);
        assert_eq!(open, ["target", "architecture"]);
    }

    #[test]
    fn choices_follow_the_answer_they_depend_on() {
        let template = template();
        let base = [("service", text("orders")), ("target", text("ecs")), ("cpu", text("4096"))];
        let interview = Interview::new(&template, &given(&base), Defaults::All).unwrap();
        assert_eq!(interview.answer("memory"), Some(text("8192")));
        let mut wrong = base.to_vec();
        wrong.push(("memory", text("512")));
        let interview = Interview::new(&template, &given(&wrong), Defaults::All).unwrap();
        assert_eq!(interview.problems[0].message, "memory `512` does not go with this cpu");
    }

    #[test]
    fn all_refused_answers_are_reported_at_once() {
        let template = template();
        let answers =
            [("service", text("Orders")), ("target", text("ecs")), ("port", Value::Int(9090)), ("cpu", text("1"))];
        let interview = Interview::new(&template, &given(&answers), Defaults::All).unwrap();
        let refused: Vec<&str> = interview.problems.iter().map(|problem| problem.question.as_str()).collect();
        assert_eq!(refused, ["service", "cpu", "port"]);
        assert_eq!(
            interview.problems[2].message,
            "port `9090` is refused: the admin port for health and metrics is 9090"
        );
    }

    #[test]
    fn an_answer_to_a_question_that_is_not_asked_is_noticed() {
        let template = template();
        let answers = [("service", text("orders")), ("target", text("ecs")), ("exposure", text("ingress"))];
        let interview = Interview::new(&template, &given(&answers), Defaults::All).unwrap();
        assert_eq!(interview.unused, [("exposure".to_owned(), Provenance::Flag)]);
    }

    #[test]
    fn the_fargate_table_is_complete() {
        let sizes: [(i64, Vec<i64>); 8] = [
            (256, vec![512, 1024, 2048]),
            (512, (1..=4).map(|step| step * 1024).collect()),
            (1024, (2..=8).map(|step| step * 1024).collect()),
            (2048, (4..=16).map(|step| step * 1024).collect()),
            (4096, (8..=30).map(|step| step * 1024).collect()),
            (8192, (4..=15).map(|step| step * 4096).collect()),
            (16384, (4..=15).map(|step| step * 8192).collect()),
            (32768, vec![61440, 122_880, 249_856]),
        ];
        let template = template();
        let memory = template.question("memory").unwrap();
        for (cpu, expected) in sizes {
            let choices = memory.choices(|_| Some(Value::Text(cpu.to_string())));
            let offered: Vec<i64> = choices.iter().map(|choice| choice.value.parse().unwrap()).collect();
            assert_eq!(offered, expected, "{cpu}");
        }
    }

    #[test]
    fn answers_of_a_file_may_be_looser_in_type() {
        let template = template();
        let answers = [
            ("service", text("orders")),
            ("target", text("ecs")),
            ("cpu", Value::Int(1024)),
            ("environments", text("a,b")),
        ];
        let interview = Interview::new(&template, &given(&answers), Defaults::All).unwrap();
        assert!(interview.problems.is_empty());
        assert_eq!(interview.answer("environments"), Some(Value::List(vec!["a".to_owned(), "b".to_owned()])));
    }
}
