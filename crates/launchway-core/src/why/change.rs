//! Which other answers would bring a file: tried one after the other, then several at once.

use std::collections::{BTreeMap, BTreeSet};

use super::Inquiry;
use crate::interview::answers::Answers;
use crate::interview::{Defaults, Interview};
use crate::language::engine::Expression;
use crate::language::problem::Invalid;
use crate::plan::Planner;
use crate::template::question::{Kind, Question};
use crate::template::{FileRule, SourceFile, Template};
use crate::value::Value;
use crate::value::provenance::Provenance;

/// The most sets of answers that are tried.
const MAX_TRIES: usize = 2_000;
/// The most answers that are changed at once.
const MAX_CHANGES: usize = 3;

/// Answers that are changed.
type Changes = Vec<(String, Value)>;

/// Looks for other answers that bring a file.
pub(super) struct Changer<'a, 'i> {
    inquiry: &'i Inquiry<'a>,
    file: &'i SourceFile,
    path: &'i str,
    tries: usize,
}

impl<'a, 'i> Changer<'a, 'i> {
    pub(super) fn new(inquiry: &'i Inquiry<'a>, file: &'i SourceFile, path: &'i str) -> Self {
        Self { inquiry, file, path, tries: 0 }
    }

    /// Tries one change, then two at once, and so on.
    pub(super) fn change(
        &mut self,
        rules: &[&FileRule],
        missing: &[(String, String)],
    ) -> Result<Option<Changes>, Invalid> {
        let added = self.with_elements(missing);
        let when = rules.iter().filter_map(|rule| rule.when.as_ref());
        let lists = rules.iter().flat_map(|rule| rule.each.iter().map(|each| &each.list));
        let behind = questions_before(self.inquiry.template, when.chain(lists));
        let options: Vec<(&str, Vec<Value>)> = behind.iter().map(|it| (it.id.as_str(), options(it))).collect();
        for count in 0..=MAX_CHANGES {
            let mut found = Vec::new();
            self.deepen(&options, count, &added, &mut found)?;
            // Of those that bring it, the one that takes least away; of two such, the first.
            if let Some((_, change)) = found.into_iter().min_by_key(|(lost, _)| *lost) {
                return Ok(Some(change));
            }
        }
        Ok(None)
    }

    fn with_elements(&self, missing: &[(String, String)]) -> Changes {
        let mut added: BTreeMap<&String, Vec<String>> = BTreeMap::new();
        for (question, element) in missing {
            let Some(Value::List(now)) = self.inquiry.answer(question) else { continue };
            // Before the last one: a team's template may say something of the last.
            let items = added.entry(question).or_insert_with(|| now.clone());
            items.insert(items.len().saturating_sub(1), element.clone());
        }
        added.into_iter().map(|(question, items)| (question.clone(), Value::List(items))).collect()
    }

    /// Collects the changes that bring the file, each with how many others it takes away.
    fn deepen(
        &mut self,
        options: &[(&str, Vec<Value>)],
        count: usize,
        changes: &[(String, Value)],
        found: &mut Vec<(usize, Changes)>,
    ) -> Result<(), Invalid> {
        if count == 0 {
            self.tries += 1;
            if !changes.is_empty() && self.tries <= MAX_TRIES {
                found.extend(self.lost_with(changes)?.map(|lost| (lost, changes.to_vec())));
            }
            return Ok(());
        }
        for (number, (id, values)) in options.iter().enumerate() {
            let now = self.inquiry.answer(id);
            for value in values.iter().filter(|value| Some(*value) != now) {
                let mut more = changes.to_vec();
                more.push(((*id).to_owned(), value.clone()));
                self.deepen(&options[number + 1..], count - 1, &more, found)?;
            }
        }
        Ok(())
    }

    /// Counts the files that changed answers take away; `None` if they do not bring this one. What they rule out takes
    /// its default.
    fn lost_with(&self, changes: &[(String, Value)]) -> Result<Option<usize>, Invalid> {
        let template = self.inquiry.template;
        let mut answers = Answers::default();
        answers.join(self.inquiry.context.added.clone());
        for (id, value) in self.inquiry.context.answers.iter().chain(changes) {
            answers.set(id, value.clone(), Provenance::Flag);
        }
        loop {
            let interview = Interview::new(template, &answers, Defaults::All)?;
            if let Some(context) = interview.context()? {
                let takes_part = |(id, value): &(String, Value)| interview.answer(id).as_ref() == Some(value);
                let with = Inquiry { template, context: &context, planner: Planner::new(template, &context)? };
                let brings = changes.iter().all(takes_part) && with.elements_of(self.file, self.path)?.is_some();
                return if brings { self.lost(&with).map(Some) } else { Ok(None) };
            }
            let is_changed = |id: &String| changes.iter().any(|(changed, _)| changed == id);
            let refused: Vec<_> = interview.problems.iter().map(|problem| problem.question.clone()).collect();
            let can_go = |id: &String| !is_changed(id) && answers.get(id).is_some();
            if refused.is_empty() || !refused.iter().all(can_go) {
                return Ok(None);
            }
            for id in &refused {
                answers.remove(id);
            }
        }
    }

    fn lost(&self, with: &Inquiry<'_>) -> Result<usize, Invalid> {
        let mut lost = 0;
        for file in &self.inquiry.template.files {
            lost += usize::from(self.inquiry.is_selected(file)? && !with.is_selected(file)?);
        }
        Ok(lost)
    }
}

/// Returns the questions that expressions hang on, and those that must be answered for these to be asked.
fn questions_before<'t>(
    template: &'t Template,
    expressions: impl Iterator<Item = &'t Expression>,
) -> Vec<&'t Question> {
    let mut found: BTreeSet<&str> = BTreeSet::new();
    let mut rest: Vec<&str> = expressions.flat_map(Expression::names).map(String::as_str).collect();
    while let Some(name) = rest.pop() {
        for id in template.questions_behind(name) {
            if found.insert(id) {
                let when = template.question(id).and_then(Question::when);
                rest.extend(when.into_iter().flat_map(Expression::names).map(String::as_str));
            }
        }
    }
    template.questions.iter().filter(|question| found.contains(question.id.as_str())).collect()
}

/// Returns the answers that can be tried without knowing more.
fn options(question: &Question) -> Vec<Value> {
    match &question.kind {
        Kind::Bool | Kind::Secret { .. } => vec![Value::Bool(true), Value::Bool(false)],
        Kind::Choice(choices) => choices.all().map(|choice| Value::Text(choice.value.clone())).collect(),
        Kind::Choices(choices) => choices.all().map(|choice| Value::List(vec![choice.value.clone()])).collect(),
        Kind::Slugs { .. } => question.example_value().into_iter().collect(),
        Kind::Text(_) | Kind::Slug(_) | Kind::Int { .. } => Vec::new(),
    }
}
