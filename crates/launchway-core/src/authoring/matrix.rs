//! The matrix: combinations of the answers that a template lets choose from, each rendered and checked.

use std::collections::BTreeMap;

use super::pairs::all_pairs;
use crate::interview::answers::Answers;
use crate::interview::{Defaults, Interview};
use crate::language::problem::Problem;
use crate::plan::{Plan, PlanError};
use crate::template::Template;
use crate::template::question::{Choices, Kind, Question};
use crate::value::Value;
use crate::value::provenance::Provenance;

/// The most combinations that are made of all.
pub const MAX_ROWS: usize = 10_000;
/// Answers that are taken back, one after the other, before a combination is given up.
const MAX_REPAIRS: usize = 64;

/// Which combinations are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Few, in which every choice meets every choice of every other question.
    Pairwise,
    /// All of them, up to [`MAX_ROWS`].
    All,
}

/// The combinations of a template.
#[derive(Debug)]
pub struct Matrix {
    parameters: Vec<Parameter>,
    rows: Vec<Vec<usize>>,
    /// How many combinations there are in all.
    pub total: usize,
}

/// What came of one combination.
#[derive(Debug)]
pub struct Made {
    /// The answers that were chosen, those that were taken back left out.
    pub answers: BTreeMap<String, Value>,
    /// Why answers were refused with the others, and taken back.
    pub refused: Vec<String>,
    /// The files; none if no answers were left that go together.
    pub plan: Option<Result<Plan, PlanError>>,
}

/// A question with what it can be set to.
#[derive(Debug)]
struct Parameter {
    question: String,
    settings: Vec<Setting>,
}

#[derive(Debug, Clone)]
enum Setting {
    Value(Value),
    /// Of choices that depend on another answer.
    First,
    Last,
}

impl Matrix {
    /// Lists the combinations of choices and switches.
    #[must_use]
    pub fn new(template: &Template, extent: Extent) -> Self {
        let parameters: Vec<Parameter> = template.questions.iter().filter_map(parameter).collect();
        let sizes: Vec<usize> = parameters.iter().map(|parameter| parameter.settings.len()).collect();
        let total = sizes.iter().fold(1_usize, |total, size| total.saturating_mul(*size));
        let rows = match extent {
            Extent::Pairwise if sizes.len() > 1 => all_pairs(&sizes),
            Extent::Pairwise | Extent::All => all(&sizes, total.min(MAX_ROWS)),
        };
        Self { parameters, rows, total }
    }

    /// Returns how many combinations are made.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Tells whether there is nothing to make.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Renders and checks every combination. Texts take their example or default.
    ///
    /// # Errors
    /// The template is at fault: one of its expressions cannot be computed.
    pub fn made<'m>(&'m self, template: &'m Template) -> impl Iterator<Item = Result<Made, Problem>> + 'm {
        self.rows.iter().map(|row| self.make(template, row))
    }

    fn make(&self, template: &Template, row: &[usize]) -> Result<Made, Problem> {
        let mut answers = fixed_answers(template);
        let chosen: Vec<_> = self.parameters.iter().zip(row).map(|(it, value)| (it, &it.settings[*value])).collect();
        for (parameter, setting) in &chosen {
            if let Setting::Value(value) = setting {
                answers.set(&parameter.question, value.clone(), Provenance::Flag);
            }
        }
        let mut refused = Vec::new();
        for _ in 0..MAX_REPAIRS {
            let interview = Interview::new(template, &answers, Defaults::All)?;
            if let Some(dependent) = dependent(template, &interview, &chosen, &answers) {
                answers.set(&dependent.0, dependent.1, Provenance::Flag);
                continue;
            }
            if let Some(context) = interview.context()? {
                let answers = context.answers.iter().cloned().collect();
                return Ok(Made { answers, refused, plan: Some(Plan::new(template, &context)) });
            }
            let repaired = take_back(&interview, &mut answers, &mut refused)?;
            if !repaired {
                break;
            }
        }
        let answers = answers.iter().map(|(id, value, _)| (id.to_owned(), value.clone())).collect();
        Ok(Made { answers, refused, plan: None })
    }
}

fn parameter(question: &Question) -> Option<Parameter> {
    let text = |choice: &str| Setting::Value(Value::Text(choice.to_owned()));
    let settings = match &question.kind {
        Kind::Bool | Kind::Secret { optional: true, .. } => {
            [true, false].map(|value| Setting::Value(Value::Bool(value))).into()
        }
        Kind::Choice(Choices::Fixed(choices)) => choices.iter().map(|choice| text(&choice.value)).collect(),
        Kind::Choice(Choices::By { .. }) => vec![Setting::First, Setting::Last],
        Kind::Choices(Choices::Fixed(choices)) => {
            let all: Vec<String> = choices.iter().map(|choice| choice.value.clone()).collect();
            let alone = all.iter().map(|choice| vec![choice.clone()]);
            let lists = std::iter::once(Vec::new()).chain(alone).chain((all.len() > 1).then_some(all.clone()));
            lists.map(|list| Setting::Value(Value::List(list))).collect()
        }
        _ => return None,
    };
    Some(Parameter { question: question.id.clone(), settings })
}

/// Returns the answers to questions that have neither choices nor a default.
fn fixed_answers(template: &Template) -> Answers {
    let mut answers = Answers::default();
    let is_open = |question: &&Question| !question.has_default();
    for question in template.questions.iter().filter(is_open) {
        let value = question.example_value().or(match question.kind {
            Kind::Slug(_) => Some(Value::Text("example".to_owned())),
            Kind::Slugs { .. } => Some(Value::List(vec!["example".to_owned()])),
            Kind::Text(_) => Some(Value::Text("Example".to_owned())),
            Kind::Int { min, max } => Some(Value::Int(0.clamp(min, max))),
            Kind::Secret { .. } => Some(Value::Bool(true)),
            Kind::Bool | Kind::Choice(_) | Kind::Choices(_) => None,
        });
        if let Some(value) = value {
            answers.set(&question.id, value, Provenance::Flag);
        }
    }
    answers
}

/// Returns the next dependent choice that can be made, once what it depends on is known.
fn dependent(
    template: &Template,
    interview: &Interview<'_>,
    chosen: &[(&Parameter, &Setting)],
    answers: &Answers,
) -> Option<(String, Value)> {
    let is_open = |(parameter, _): &&(&Parameter, &Setting)| answers.get(&parameter.question).is_none();
    chosen.iter().filter(is_open).find_map(|(parameter, setting)| {
        let choices = template.question(&parameter.question)?.choices(|id| interview.answer(id));
        let choice = match setting {
            Setting::Value(_) => None,
            Setting::First => choices.first(),
            Setting::Last => choices.last(),
        };
        Some((parameter.question.clone(), Value::Text(choice?.value.clone())))
    })
}

/// Takes refused answers back, or chooses another where the default itself is refused; tells whether anything changed.
fn take_back(interview: &Interview<'_>, answers: &mut Answers, refused: &mut Vec<String>) -> Result<bool, Problem> {
    let mut is_changed = false;
    for problem in &interview.problems {
        let Some(question) = interview.template().question(&problem.question) else { continue };
        if answers.get(&question.id).is_some() && !answers.takes_default(&question.id) {
            refused.push(problem.message.clone());
            answers.take_default(&question.id);
            is_changed = true;
            continue;
        }
        refused.push(format!("by default, {}", problem.message));
        for choice in question.choices(|id| interview.answer(id)) {
            let value = Value::Text(choice.value.clone());
            if interview.check(question, &value)?.is_ok() {
                answers.set(&question.id, value, Provenance::Default);
                is_changed = true;
                break;
            }
        }
    }
    Ok(is_changed)
}

/// Counts through all combinations, the last question first.
fn all(sizes: &[usize], most: usize) -> Vec<Vec<usize>> {
    let row = |number: usize| {
        let mut rest = number;
        let mut row: Vec<usize> = sizes.iter().rev().map(|size| (rest % size, rest /= size).0).collect();
        row.reverse();
        row
    };
    (0..most).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::load::tests::{HEAD, load};

    const QUESTIONS: &str = r#"
[[question]]
id = "size"
prompt = "P"
help = "H."
kind = "choice"
choices = [{ value = "s" }, { value = "m" }, { value = "l" }]
default = "s"

[[question]]
id = "wide"
prompt = "P"
help = "H."
kind = "bool"
default = false

[[question.refuse]]
when = 'and wide (eq size "l")'
because = "nothing is both"

[[question]]
id = "part"
prompt = "P"
help = "H."
kind = "choice"
[question.choices_by.size]
s = ["s1", "s2"]
m = ["m1"]
l = ["l1", "l2", "l3"]
"#;

    #[test]
    fn every_combination_is_made_and_what_is_refused_is_counted_with_its_reason() {
        let template =
            load(&[("template.toml", &format!("{HEAD}{QUESTIONS}")), ("files/a.txt.hbs", "{{part}}\n")]).unwrap();
        let matrix = Matrix::new(&template, Extent::All);
        assert_eq!((matrix.len(), matrix.total), (12, 12));
        let made: Vec<Made> = matrix.made(&template).map(Result::unwrap).collect();
        let text = |made: &Made| {
            let plan = made.plan.as_ref().unwrap().as_ref().unwrap();
            plan.files.values().next().unwrap().text().unwrap().trim().to_owned()
        };
        let parts: Vec<String> = made.iter().map(text).collect();
        assert_eq!(parts, ["s1", "s2", "s1", "s2", "m1", "m1", "m1", "m1", "l1", "l3", "l1", "l3"]);
        let refused: Vec<&String> = made.iter().flat_map(|made| &made.refused).collect();
        assert_eq!(refused, ["wide `true` is refused: nothing is both"; 2]);
    }

    #[test]
    fn pairs_are_fewer_and_a_fault_of_one_combination_is_found() {
        let broken = ("files/a.yaml.hbs", "a: {{#if wide}}[{{/if}}1\n");
        let template = load(&[("template.toml", &format!("{HEAD}{QUESTIONS}")), broken]).unwrap();
        let matrix = Matrix::new(&template, Extent::Pairwise);
        assert!(matrix.len() < matrix.total, "{}", matrix.len());
        let (mut good, mut bad) = (0, 0);
        for made in matrix.made(&template) {
            match made.unwrap().plan.unwrap() {
                Ok(_) => good += 1,
                Err(_) => bad += 1,
            }
        }
        assert!(good > 0 && bad > 0, "{good} {bad}");
    }
}
