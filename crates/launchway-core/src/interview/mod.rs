//! The interview: which questions are asked, given the answers so far. A pure function, without memory of its own.

pub(crate) mod again;
pub(crate) mod answers;
pub(crate) mod context;
mod decided;
mod running;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value as Json};

use crate::language::engine::{Data, Expression};
use crate::language::problem::Problem;
use crate::path::SafePath;
use crate::template::question::{AnswerProblem, Question, Refusal};
use crate::template::{Computed, Template};
use crate::text::either;
use crate::value::policy::Policy;
use crate::value::provenance::Provenance;
use crate::value::{Added, Value};
use answers::{Answers, DefaultBefore};
use context::Context;

/// Which questions take their default without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defaults {
    /// All that have one.
    All,
    /// The advanced ones only; the others are open until they are answered.
    Advanced,
}

/// What became of an answer of before that nobody gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultKept {
    /// The id of the question.
    pub question: String,
    /// What it was.
    pub was: Value,
    /// What it is.
    pub is: Value,
    /// What the template of today would take.
    pub today: Option<Value>,
}

/// What is known after all the answers were held against the questions.
#[derive(Clone)]
pub struct Interview<'t> {
    template: &'t Template,
    /// The accepted answers, in the order of the questions.
    pub accepted: Vec<Accepted<'t>>,
    /// Where the answer to a question is among the accepted ones.
    places: HashMap<&'t str, usize>,
    /// The questions that still need an answer, each with the default that it would have.
    pub open: Vec<(&'t Question, Option<Value>)>,
    /// The answers that were refused.
    pub problems: Vec<AnswerProblem>,
    /// The ids of answers to questions that are not asked with these other answers.
    pub unused: Vec<(String, Provenance)>,
    added: Added,
    /// The answers of a project's record that the team has decided otherwise since.
    pub overruled: Vec<Overruled>,
    /// Whether answers may look like secrets.
    allows_secret_like: bool,
    /// What the team says about the questions that were asked, by their id.
    policies: BTreeMap<&'t str, Vec<Policy>>,
    /// The questions that a template has decided, and nobody has answered.
    decided: BTreeSet<&'t str>,
}

/// An answer of a project's record that is no longer the project's to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overruled {
    /// The id of the question.
    pub question: String,
    /// The answer before.
    pub was: Value,
    /// The template or catalog that decides now.
    pub by: String,
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
    /// Why the team decided it, if it did and says so.
    pub because: Option<String>,
}

impl<'t> Interview<'t> {
    /// Holds answers against the questions of a template.
    ///
    /// # Errors
    /// The template itself is at fault: one of its expressions cannot be computed.
    pub fn new(template: &'t Template, given: &Answers, defaults: Defaults) -> Result<Self, Problem> {
        let mut interview = Self {
            template,
            accepted: Vec::new(),
            places: HashMap::new(),
            open: Vec::new(),
            problems: Vec::new(),
            unused: Vec::new(),
            added: template.usable(given.added()),
            overruled: Vec::new(),
            allows_secret_like: given.allows_secret_like(),
            policies: BTreeMap::new(),
            decided: BTreeSet::new(),
        };
        for question in &template.questions {
            interview.take(question, given, defaults)?;
        }
        if interview.is_complete() {
            let unused = given.iter().filter(|(id, ..)| interview.answer(id).is_none());
            interview.unused = unused.map(|(id, _, provenance)| (id.to_owned(), provenance.clone())).collect();
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
        let questions = self.accepted.iter().map(|accepted| accepted.question.id.clone());
        let values = self.template.values.iter().map(|value| value.id.clone());
        let places = self.template.names_of_place().cloned();
        let names: Vec<String> = questions.chain(values).chain(places).collect();
        let mut known = self.known(&names, None)?;
        known.retain(|_, value| !value.is_null());
        let answers = self.accepted.iter().map(|accepted| (accepted.question.id.clone(), accepted.value.clone()));
        let is_given = |accepted: &Accepted<'_>| {
            accepted.provenance != Provenance::Default && !self.decided.contains(accepted.question.id.as_str())
        };
        let defaults = self.accepted.iter().filter(|it| !is_given(it) && !it.question.is_settled);
        let defaults = defaults.map(|accepted| accepted.question.id.clone()).collect();
        let mut context = Context::new(self.template, answers.collect(), self.added.clone(), known);
        context.defaults = defaults;
        let origins = self.accepted.iter().map(|it| (it.question.id.clone(), it.provenance.clone()));
        context.origins = origins.collect();
        Ok(Some(context))
    }

    /// Returns the same interview for a project that is a folder of a repository: no answer hangs on that.
    #[must_use]
    pub fn within(&self, added: &Added) -> Self {
        let mut interview = self.clone();
        interview.added.extend(self.template.usable(added));
        interview
    }

    /// Returns what every name of a template stood for with answers of before, null where it had no value.
    ///
    /// The answers are those that a project runs with: also those that today's rules or the team would refuse.
    pub(crate) fn values_before(
        template: &Template,
        before: &BTreeMap<String, Value>,
        added: &Added,
    ) -> Result<Map<String, Json>, Problem> {
        let mut given = Answers::default();
        given.join(added.clone());
        for (id, value) in before {
            given.set(id, value.clone(), Provenance::Record);
        }
        let interview = Interview::new(template, &given, Defaults::All)?;
        let mut known = Map::new();
        for question in &template.questions {
            let answer = before.get(&question.id).cloned().or_else(|| interview.answer(&question.id));
            known.insert(question.id.clone(), answer.map_or(Json::Null, |value| value.to_json()));
        }
        for name in template.names_of_place() {
            known.insert(name.clone(), interview.of_added(name));
        }
        for value in &template.values {
            let computed = interview.compute(value, &known).unwrap_or(Json::Null);
            known.insert(value.id.clone(), computed);
        }
        Ok(known)
    }

    /// Returns the template whose questions these are.
    #[must_use]
    pub fn template(&self) -> &'t Template {
        self.template
    }

    /// Tells whether every question that is asked has an answer, and none is refused.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.open.is_empty() && self.problems.is_empty()
    }

    fn take(&mut self, question: &'t Question, given: &Answers, defaults: Defaults) -> Result<(), Problem> {
        if !self.is_asked(question)? {
            return Ok(());
        }
        let policies = self.policies_on(question, given)?;
        let decided = policies.iter().find(|policy| policy.decided().is_some()).cloned();
        self.policies.insert(&question.id, policies);
        if let Some(policy) = decided {
            // What a catalog decides counts as given.
            if given.get(&question.id).is_none() && !given.policies(&question.id).contains(&policy) {
                self.decided.insert(&question.id);
            }
            return self.decide(question, given, &policy);
        }
        let default = self.default_of(question, given)?;
        let is_left_open = question.advanced && !given.is_reopened(&question.id);
        let answer = match (given.get(&question.id), given.default_before(&question.id)) {
            (Some((value, provenance)), _) => Some((question.coerce(value.clone()), provenance.clone())),
            (None, Some(before)) if self.still_holds(question, before, default.as_ref(), given)? => {
                Some((before.value.clone(), Provenance::Default))
            }
            (None, Some(_)) => default.clone(),
            (None, None) if defaults == Defaults::All || is_left_open || given.takes_default(&question.id) => {
                default.clone()
            }
            (None, None) => None,
        };
        let Some((value, provenance)) = answer else {
            self.open.push((question, default.map(|(value, _)| value)));
            return Ok(());
        };
        let is_default = matches!(provenance, Provenance::Default | Provenance::Preset(_));
        match self.check_rules(question, &value)? {
            Ok(()) => self.accept(Accepted { question, value, provenance, because: None }),
            Err(problem)
                if provenance == Provenance::Default
                    && question.has_computed_default()
                    && self.is_admitted(question, &value) =>
            {
                return Err(question.default_problem(&problem));
            }
            // Whoever can be asked is asked: the other answers or the team rule the default out.
            Err(_) if is_default && defaults == Defaults::Advanced => {
                self.open.push((question, None));
            }
            Err(problem) => self.problems.push(problem.given_by(question, &provenance)),
        }
        Ok(())
    }

    fn accept(&mut self, accepted: Accepted<'t>) {
        self.places.insert(&accepted.question.id, self.accepted.len());
        self.accepted.push(accepted);
    }

    /// Tells whether a default of before stays: no other answer has changed it, or what runs would change with it; and it is
    /// still an answer.
    fn still_holds(
        &self,
        question: &Question,
        before: &DefaultBefore,
        today: Option<&(Value, Provenance)>,
        given: &Answers,
    ) -> Result<bool, Problem> {
        let today = today.map(|(value, _)| value);
        let stays = match today {
            _ if before.then.as_ref() == today => true,
            Some(today) => self.reaches_what_runs(question, &before.value, today, given)?,
            None => false,
        };
        Ok(stays && self.check_rules(question, &before.value)?.is_ok())
    }

    /// Returns the default of a question, be it asked or not.
    ///
    /// # Errors
    /// The template is at fault: one of its expressions cannot be computed.
    pub fn default_for(&self, id: &str, given: &Answers) -> Result<Option<Value>, Problem> {
        let Some(question) = self.template.question(id) else { return Ok(None) };
        Ok(self.default_of(question, given)?.map(|(value, _)| value))
    }

    /// Returns what became of the answers of before that nobody gave, in the order of the questions.
    ///
    /// # Errors
    /// The template is at fault: one of its expressions cannot be computed.
    pub fn defaults_kept(&self, given: &Answers) -> Result<Vec<DefaultKept>, Problem> {
        let mut kept = Vec::new();
        for accepted in self.accepted.iter().filter(|accepted| accepted.provenance == Provenance::Default) {
            let Some(before) = given.default_before(&accepted.question.id) else { continue };
            kept.push(DefaultKept {
                question: accepted.question.id.clone(),
                was: before.value.clone(),
                is: accepted.value.clone(),
                today: self.default_for(&accepted.question.id, given)?,
            });
        }
        Ok(kept)
    }

    /// Finds the questions that are open because what runs, which nobody gave, is no answer any more; each with the reason.
    ///
    /// # Errors
    /// The template is at fault: one of its expressions cannot be computed.
    pub fn lapsed(&self, given: &Answers) -> Result<Vec<AnswerProblem>, Problem> {
        let mut lapsed = Vec::new();
        for (question, _) in &self.open {
            let Some(before) = given.default_before(&question.id) else { continue };
            lapsed.extend(self.check_rules(question, &before.value)?.err());
        }
        Ok(lapsed)
    }

    /// Finds the accepted answers that look like secrets, wherever they came from but from the template.
    #[must_use]
    pub fn secret_like(&self) -> Vec<AnswerProblem> {
        if self.allows_secret_like { Vec::new() } else { self.given_secrets().collect() }
    }

    /// Tells whether answers that look like secrets were taken.
    #[must_use]
    pub fn has_secret_like(&self) -> bool {
        self.given_secrets().next().is_some()
    }

    fn given_secrets(&self) -> impl Iterator<Item = AnswerProblem> {
        let is_of_a_team = |it: &Accepted<'_>| matches!(it.provenance, Provenance::Preset(_));
        let others = self.accepted.iter().filter(move |it| it.provenance.is_given() || is_of_a_team(it));
        others.filter_map(|it| Some(it.question.secret_like(&it.value)?.given_by(it.question, &it.provenance)))
    }

    /// Checks an answer that somebody gives: it must not look like a secret, and keep all rules.
    ///
    /// # Errors
    /// The outer error is the template's fault, the inner one the answer's.
    pub fn check(&self, question: &Question, value: &Value) -> Result<Result<(), AnswerProblem>, Problem> {
        match question.secret_like(value).filter(|_| !self.allows_secret_like) {
            Some(problem) => Ok(Err(problem)),
            None => self.check_rules(question, value),
        }
    }

    /// Checks an answer to a question against its rules, the team's, and the answers before it.
    fn check_rules(&self, question: &Question, value: &Value) -> Result<Result<(), AnswerProblem>, Problem> {
        let open = question.choices(|id| self.answer(id));
        if let Err(problem) = question.check(value, open) {
            return Ok(Err(problem));
        }
        if let Err(problem) = self.check_policies(question, value) {
            return Ok(Err(problem));
        }
        if question.id == self.template.name_question
            && let Err(error) = SafePath::new(&value.to_string())
        {
            return Ok(Err(question.problem(format!("{} names a folder, and the {error}", question.id))));
        }
        let Some(refusal) = self.refusal(question, value)? else { return Ok(Ok(())) };
        let message = format!("{} `{value}` is refused: {}", question.id, refusal.because);
        let problem = question.problem(message);
        let mut others = Vec::new();
        for choice in self.open_choices(question) {
            if self.refusal(question, &Value::Text(choice.value.clone()))?.is_none() {
                others.push(choice.value.as_str());
            }
        }
        let hint = if others.is_empty() { problem.hint } else { format!("choose {}", either(&others)) };
        Ok(Err(AnswerProblem { hint, ..problem }))
    }

    /// Returns why a question refuses an answer; what hangs on another question that is open or refused is not decided.
    fn refusal<'q>(&self, question: &'q Question, value: &Value) -> Result<Option<&'q Refusal>, Problem> {
        let is_undecided = |name: &str| name != question.id && self.is_open_or_refused(name);
        for refusal in question.refusals() {
            let hangs = self.all_needed(refusal.when.names()).into_iter().any(is_undecided);
            if !hangs && self.evaluate(&refusal.when, Some((&question.id, value)))? == Json::Bool(true) {
                return Ok(Some(refusal));
            }
        }
        Ok(None)
    }

    fn is_open_or_refused(&self, name: &str) -> bool {
        self.open.iter().any(|(question, _)| question.id == name)
            || self.problems.iter().any(|problem| problem.question == name)
    }

    /// Returns the accepted answer to a question.
    #[must_use]
    pub fn answer(&self, id: &str) -> Option<Value> {
        self.places.get(id).map(|place| self.accepted[*place].value.clone())
    }

    /// Returns what an answer would become, each by its label. What cannot be computed yet is left out.
    #[must_use]
    pub fn previews<'q>(&self, question: &'q Question, value: &Value) -> Vec<(&'q str, String)> {
        let own = Some((question.id.as_str(), value));
        let previews = question.previews().iter().filter(|preview| match &preview.when {
            Some(when) => self.evaluate(when, own).is_ok_and(|it| it == Json::Bool(true)),
            None => true,
        });
        let shown = previews.filter_map(|preview| {
            let data = Data::from(self.known(&preview.is.names, own).ok()?);
            Some((preview.label.as_str(), self.template.engine.render(&preview.is, &data).ok()?))
        });
        shown.collect()
    }

    /// A question whose condition hangs on an open or refused one is not asked yet.
    fn is_asked(&self, question: &Question) -> Result<bool, Problem> {
        let Some(when) = question.when() else { return Ok(true) };
        if self.hang_on_open(when.names()) {
            return Ok(false);
        }
        Ok(self.evaluate(when, None)? == Json::Bool(true))
    }

    /// Tells whether names have no value yet because a question is open, or its answer refused.
    fn hang_on_open(&self, names: &[String]) -> bool {
        self.all_needed(names).into_iter().any(|name| self.is_open_or_refused(name))
    }

    /// Returns the default of a question, the team's before the template's.
    fn default_of(&self, question: &Question, given: &Answers) -> Result<Option<(Value, Provenance)>, Problem> {
        if let Some((value, by)) = given.preset_of(&question.id) {
            return Ok(Some((question.coerce(value.clone()), Provenance::Preset(by.to_owned()))));
        }
        if question.has_dependent_choices() {
            let first = self.open_choices(question).first().map(|choice| Value::Text(choice.value.clone()));
            return Ok(first.map(|value| (value, Provenance::Default)));
        }
        if self.hang_on_open(question.default_names()) {
            return Ok(None);
        }
        let data = Data::from(self.known(question.default_names(), None)?);
        let default = question.default(|template| self.template.engine.render(template, &data))?;
        Ok(default.map(|value| (value, Provenance::Default)))
    }

    fn evaluate(&self, expression: &Expression, own: Option<(&str, &Value)>) -> Result<Json, Problem> {
        let known = self.known(expression.names(), own)?;
        self.template.engine.evaluate_with(expression, &|name| known.get(name))
    }

    /// Returns the names with all that their values are computed from.
    fn all_needed<'n>(&'n self, names: &'n [String]) -> BTreeSet<&'n str> {
        let mut needed = BTreeSet::new();
        let mut rest: Vec<&str> = names.iter().map(String::as_str).collect();
        while let Some(name) = rest.pop() {
            if needed.insert(name) {
                rest.extend(self.template.computed(name).into_iter().flat_map(Computed::names).map(String::as_str));
            }
        }
        needed
    }

    /// Returns the values of names: answers, with null for what is not asked, and what is computed from them.
    fn known(&self, names: &[String], own: Option<(&str, &Value)>) -> Result<Map<String, Json>, Problem> {
        let needed = self.all_needed(names);
        let mut known = Map::new();
        for name in &needed {
            let value = match own {
                Some((id, value)) if id == *name => value.to_json(),
                _ => self.answer(name).map_or_else(|| self.of_added(name), |value| value.to_json()),
            };
            known.insert((*name).to_owned(), value);
        }
        // A value is computed from answers and from values that are declared before it.
        for value in self.template.computed_of(&needed) {
            let computed = self.compute(value, &known)?;
            known.insert(value.id.clone(), computed);
        }
        Ok(known)
    }

    /// Returns what a name says of where the project is; no other name has a value without an answer.
    fn of_added(&self, name: &str) -> Json {
        let is_of_add = self.template.add.as_ref().is_some_and(|add| add.value == name);
        match &self.template.repository {
            _ if is_of_add => self.added.contains_key(name).into(),
            Some(it) if it.value == name => self.added.contains_key(&it.folder).into(),
            Some(it) if it.folder == name => self.added.get(name).map_or_else(|| "".into(), Value::to_json),
            _ => Json::Null,
        }
    }

    fn compute(&self, value: &Computed, known: &Map<String, Json>) -> Result<Json, Problem> {
        if let Some(taken) = self.added.get(&value.id) {
            return Ok(taken.to_json());
        }
        let evaluate = |expression| self.template.engine.evaluate_with(expression, &|name| known.get(name));
        match &value.when {
            Some(when) if evaluate(when)? != Json::Bool(true) => Ok(Json::Null),
            _ => evaluate(&value.is),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::load::tests::{HEAD, load};

    fn template() -> Template {
        Template::builtin("service").unwrap()
    }

    fn given(answers: &[(&str, Value)]) -> Answers {
        let mut given = Answers::default();
        for (id, value) in answers {
            given.set(id, value.clone(), Provenance::Flag);
        }
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

    fn own_template(manifest: &str) -> Template {
        const PORT: &str = "[[question]]\nid = \"port\"\nprompt = \"P\"\nhelp = \"H.\"\nkind = \"int\"\ndefault = 8\n";
        load(&[("template.toml", &format!("{HEAD}{PORT}{manifest}"))]).unwrap()
    }

    #[test]
    fn a_refusal_sees_values_that_are_computed_from_the_answer() {
        let manifest = "[[question.refuse]]\nwhen = \"gt double 8\"\nbecause = \"it is too much\"\n\
             [[value]]\nid = \"double\"\nis = \"multiply port 2\"\n";
        let template = own_template(manifest);
        let problems = |port| {
            let answers = given(&[("service", text("orders")), ("port", Value::Int(port))]);
            Interview::new(&template, &answers, Defaults::All).unwrap().problems.len()
        };
        assert_eq!((problems(4), problems(5)), (0, 1));
    }

    #[test]
    fn a_value_that_cannot_be_computed_is_named_with_its_line() {
        let template = own_template("[[value]]\nid = \"half\"\nis = \"divide port 0\"\n");
        let interview = Interview::new(&template, &given(&[("service", text("orders"))]), Defaults::All).unwrap();
        let problem = interview.context().unwrap_err().to_string();
        assert_eq!(problem, "template.toml:21:6: `divide`: the result is out of range");
    }

    #[test]
    fn values_that_build_on_each_other_are_computed_once() {
        let mut manifest =
            String::from("[[value]]\nid = \"v0\"\nis = \"eq port 8\"\n[[value]]\nid = \"v1\"\nis = \"not v0\"\n");
        for n in 2..200 {
            manifest = format!("{manifest}[[value]]\nid = \"v{n}\"\nis = \"or v{} v{}\"\n", n - 1, n - 2);
        }
        let template = own_template(&manifest);
        let interview = Interview::new(&template, &given(&[("service", text("orders"))]), Defaults::All).unwrap();
        assert!(interview.context().unwrap().is_some());
    }

    #[test]
    fn a_project_cannot_have_a_name_that_a_disk_refuses() {
        let template = own_template("");
        for name in ["con", "nul", "com1"] {
            let interview = Interview::new(&template, &given(&[("service", text(name))]), Defaults::All).unwrap();
            assert!(interview.problems[0].message.contains("Windows reserves"), "{name}");
        }
    }

    #[test]
    fn an_accepted_default_follows_the_answers_it_is_made_of() {
        let template = template();
        let mut answers = given(&[("service", text("orders")), ("target", text("ecs"))]);
        answers.take_default("description");
        answers.set("service", text("billing"), Provenance::Prompt);
        let interview = Interview::new(&template, &answers, Defaults::Advanced).unwrap();
        assert_eq!(interview.answer("description"), Some(text("The billing service")));
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
