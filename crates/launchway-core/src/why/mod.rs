//! Why a file is there, or is not: from the template and the recorded answers, without rendering a file.

mod change;

use std::collections::{BTreeMap, BTreeSet};

use change::Changer;

use crate::adopt::evidence::read_path;
use crate::interview::context::Context;
use crate::language::engine::Expression;
use crate::language::problem::{Invalid, Problem};
use crate::plan::Planner;
use crate::template::traces::FileTraces;
use crate::template::{Each, FileRule, Ownership, SourceFile, Template, unchecked};
use crate::value::Value;

/// What is known of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The template makes it with these answers.
    Generated(Box<Generated>),
    /// The template could make it, with other answers.
    NotNow(Vec<NotNow>),
    /// An update writes it for one change, if that means something for what runs.
    OfAChange,
    /// The template knows no such path.
    NotOfTheTemplate,
}

/// A file that the template makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The file of the template.
    pub source: LayerFile,
    /// Whether it is rendered, or copied as it is.
    pub is_rendered: bool,
    /// Who the file belongs to.
    pub ownership: Ownership,
    /// Whether it can be run.
    pub executable: bool,
    /// Why what is rendered is not checked, if the template says so.
    pub unchecked: Option<String>,
    /// The conditions that are true.
    pub conditions: Vec<Condition>,
    /// The lists for whose elements the file is made, each with this file's element.
    pub each: Vec<Turn>,
    /// The partials that it includes, also through one another.
    pub partials: Vec<LayerFile>,
    /// The answers that its path or its text is made of, by the id of their question.
    pub answers: Vec<(String, Value)>,
}

/// A file of a template, and the layer that it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerFile {
    /// The path in the template's folder.
    pub file: String,
    /// The layer: the id and version of the template, or what names the one that it extends.
    pub layer: String,
}

/// A `when` of the rules that speak of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The glob of the rule.
    pub rule: String,
    /// The expression.
    pub when: String,
    /// Whether it is true.
    pub holds: bool,
    /// The answers that it hangs on; none of a question that is not asked.
    pub answers: Vec<(String, Option<Value>)>,
}

/// One element of an `each`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The expression that is the list.
    pub list: String,
    /// The name of the element.
    pub name: String,
    /// This file's element, where it could be told.
    pub element: Option<String>,
}

/// A file that the template makes with other answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotNow {
    /// The file of the template.
    pub source: LayerFile,
    /// The conditions that are false.
    pub conditions: Vec<Condition>,
    /// The lists that would need the element.
    pub missing: Vec<Turn>,
    /// The fewest changes that were found to bring the file.
    pub change: Option<Vec<(String, Value)>>,
}

/// Says why a template makes a path with these answers, or why it does not.
///
/// # Errors
/// The template is invalid.
pub fn why(template: &Template, context: &Context, path: &str) -> Result<Why, Invalid> {
    if template.transition_path(context)?.is_some_and(|page| page.as_str() == path) {
        return Ok(Why::OfAChange);
    }
    let inquiry = Inquiry { template, context, planner: Planner::new(template, context)? };
    let mut not_now = Vec::new();
    let Some(path) = inquiry.planner.place_in_new_project(path) else { return Ok(Why::NotOfTheTemplate) };
    let path = path.as_str();
    for file in template.files.iter().filter(|file| !inquiry.planner.is_of_workspace(file)) {
        let traces = template.file_traces(file).map_err(|problems| Invalid { problems })?;
        if read_path(template, &traces.path, path).is_none() {
            continue;
        }
        if let Some(elements) = inquiry.elements_of(file, path)? {
            return Ok(Why::Generated(Box::new(inquiry.generated(file, &elements)?)));
        }
        not_now.push(inquiry.not_now(file, &traces, path)?);
    }
    Ok(if not_now.is_empty() { Why::NotOfTheTemplate } else { Why::NotNow(not_now) })
}

/// The elements of one turn, by their names; empty without an `each`.
type Elements = BTreeMap<String, String>;

struct Inquiry<'a> {
    template: &'a Template,
    context: &'a Context,
    planner: Planner<'a, 'a>,
}

impl Inquiry<'_> {
    fn planner(&self) -> &Planner<'_, '_> {
        &self.planner
    }

    /// Tells whether all conditions of a file are true.
    fn is_selected(&self, file: &SourceFile) -> Result<bool, Problem> {
        for rule in self.template.rules_for(file) {
            if !self.planner().is_true(rule.when.as_ref())? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns the turn in which the file gets the path; `None` if there is none, or a condition is false.
    fn elements_of(&self, file: &SourceFile, path: &str) -> Result<Option<Elements>, Invalid> {
        if !self.is_selected(file)? {
            return Ok(None);
        }
        let rules: Vec<&FileRule> = self.template.rules_for(file).collect();
        let compiled = self.template.compile(file).map_err(|problems| Invalid { problems })?;
        let each = rules.iter().map(|rule| rule.each.as_slice()).find(|each| !each.is_empty()).unwrap_or_default();
        for data in self.planner().turns(each)? {
            let made = match &compiled.path {
                Some(template) => self.template.engine.render(template, &data)?,
                None => file.path.clone(),
            };
            if made == path {
                let element = |name: &String| Some((name.clone(), data.get(name)?.as_str()?.to_owned()));
                return Ok(Some(each.iter().filter_map(|each| element(&each.element)).collect()));
            }
        }
        Ok(None)
    }

    fn generated(&self, file: &SourceFile, elements: &Elements) -> Result<Generated, Problem> {
        let rules: Vec<&FileRule> = self.template.rules_for(file).collect();
        let compiled = self.template.compile(file).map_err(first)?;
        let texts = || compiled.path.iter().chain(&compiled.text);
        let partials: BTreeSet<&String> = texts().flat_map(|text| &text.partials).collect();
        let lists = rules.iter().flat_map(|rule| &rule.each);
        let names = texts().flat_map(|text| &text.names).chain(lists.clone().flat_map(|each| each.list.names()));
        let asked = self.answers(names).into_iter().filter_map(|(id, value)| Some((id, value?)));
        let turn = |each: &Each| Turn {
            list: each.list.text.clone(),
            name: each.element.clone(),
            element: elements.get(&each.element).cloned(),
        };
        Ok(Generated {
            source: self.origin(&file.place(), "files/"),
            is_rendered: file.renders,
            ownership: rules.iter().rev().find_map(|rule| rule.ownership).unwrap_or_default(),
            executable: file.is_executable(&rules),
            unchecked: unchecked(&rules).filter(|_| file.renders).map(str::to_owned),
            conditions: self.conditions(&rules)?,
            each: lists.map(turn).collect(),
            partials: partials.into_iter().filter_map(|name| self.partial(name)).collect(),
            answers: asked.collect(),
        })
    }

    fn conditions(&self, rules: &[&FileRule]) -> Result<Vec<Condition>, Problem> {
        let with_when = rules.iter().filter_map(|rule| Some((rule, rule.when.as_ref()?)));
        let condition = |(rule, when): (&&FileRule, &Expression)| {
            Ok(Condition {
                rule: rule.path.text().to_owned(),
                when: when.text.clone(),
                holds: self.planner().is_true(Some(when))?,
                answers: self.answers(when.names()),
            })
        };
        with_when.map(condition).collect()
    }

    /// Returns the answers behind names, in the order of the questions.
    fn answers<'n>(&self, names: impl IntoIterator<Item = &'n String>) -> Vec<(String, Option<Value>)> {
        let behind: BTreeSet<&str> = names.into_iter().flat_map(|name| self.template.questions_behind(name)).collect();
        let questions = self.template.questions.iter().filter(|question| behind.contains(question.id.as_str()));
        questions.map(|question| (question.id.clone(), self.answer(&question.id).cloned())).collect()
    }

    fn answer(&self, id: &str) -> Option<&Value> {
        self.context.answers.iter().find(|(asked, _)| asked == id).map(|(_, value)| value)
    }

    /// Splits the path that messages give a file: what it extends stands before the path, and before its own nothing.
    fn origin(&self, place: &str, folder: &str) -> LayerFile {
        let start = place.find(folder).unwrap_or(0);
        let layer = match place[..start].trim_end_matches('/') {
            "" => format!("{} {}", self.template.id, self.template.version),
            layer => layer.to_owned(),
        };
        LayerFile { file: place[start..].to_owned(), layer }
    }

    fn partial(&self, name: &str) -> Option<LayerFile> {
        Some(self.origin(&self.template.engine.partial(name)?.file, "partials/"))
    }

    fn not_now(&self, file: &SourceFile, traces: &FileTraces, path: &str) -> Result<NotNow, Invalid> {
        let rules: Vec<&FileRule> = self.template.rules_for(file).collect();
        let conditions = self.conditions(&rules)?.into_iter().filter(|condition| !condition.holds).collect();
        let missing = self.missing(traces, path);
        let change = Changer::new(self, file, path).change(&rules, &missing)?;
        let missing = missing.into_iter().map(|(question, element)| Turn {
            list: question.clone(),
            name: question,
            element: Some(element),
        });
        Ok(NotNow { source: self.origin(&file.place(), "files/"), conditions, missing: missing.collect(), change })
    }

    /// Returns the elements in the path that the answers do not hold, with the question of each.
    fn missing(&self, traces: &FileTraces, path: &str) -> Vec<(String, String)> {
        let holes = read_path(self.template, &traces.path, path).unwrap_or_default();
        let is_missing = |question: &str, element: &String| match self.answer(question) {
            Some(Value::List(items)) => !items.contains(element),
            _ => false,
        };
        let elements = holes.into_iter().filter(|(hole, _)| hole.is_element);
        elements
            .filter(|(hole, element)| is_missing(&hole.question, element))
            .map(|(hole, element)| (hole.question.clone(), element))
            .collect()
    }
}
fn first(problems: Vec<Problem>) -> Problem {
    problems.into_iter().next().expect("what cannot be compiled has a problem")
}
