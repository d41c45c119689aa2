//! The prompter of tests: it answers by a script.

use std::collections::VecDeque;

use super::{About, Page, Prompter, Reply, TextQuestion};
use crate::failure::{Exit, Failure};

/// What is done at a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Text(String),
    Pick(usize),
    Key(char),
    Sure(bool),
    Back,
}

/// A script, and what was asked.
#[derive(Debug, Default)]
pub(crate) struct Scripted {
    steps: VecDeque<Step>,
    pub(crate) asked: Vec<String>,
    pub(crate) said: Vec<String>,
    pub(crate) abouts: Vec<About>,
}

impl Scripted {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), ..Self::default() }
    }

    fn next(&mut self, prompt: &str) -> Result<Step, Failure> {
        self.asked.push(prompt.to_owned());
        // A script that is at its end leaves as Ctrl-C does.
        self.steps.pop_front().ok_or_else(|| Failure::silent(Exit::Interrupted))
    }
}

impl Prompter for Scripted {
    fn about(&mut self, about: About) {
        self.abouts.push(about);
    }

    fn text(&mut self, question: TextQuestion<'_>) -> Result<Reply<String>, Failure> {
        loop {
            match self.next(question.prompt)? {
                Step::Back => return Ok(Reply::Back),
                Step::Text(text) if text.is_empty() && question.default.is_some() => {
                    return Ok(Reply::Answer(question.default.unwrap_or_default().to_owned()));
                }
                Step::Text(text) => match (question.check)(&text) {
                    Ok(()) => return Ok(Reply::Answer(text)),
                    Err(problem) => self.said.push(problem),
                },
                other => panic!("`{}` is a question of text, not for {other:?}", question.prompt),
            }
        }
    }

    fn select(&mut self, prompt: &str, items: &[String], default: usize) -> Result<Reply<usize>, Failure> {
        match self.next(prompt)? {
            Step::Back => Ok(Reply::Back),
            Step::Text(text) if text.is_empty() => Ok(Reply::Answer(default)),
            Step::Pick(position) if position < items.len() => Ok(Reply::Answer(position)),
            other => panic!("`{prompt}` has {} items, and none for {other:?}", items.len()),
        }
    }

    fn select_many(&mut self, prompt: &str, _: &[String], _: &[bool]) -> Result<Reply<Vec<usize>>, Failure> {
        match self.next(prompt)? {
            Step::Back => Ok(Reply::Back),
            Step::Pick(position) => Ok(Reply::Answer(vec![position])),
            other => panic!("`{prompt}` takes several items, not {other:?}"),
        }
    }

    fn secret(&mut self, prompt: &str, check: &dyn Fn(&str) -> Result<(), String>) -> Result<Reply<String>, Failure> {
        let question =
            TextQuestion { prompt, default: None, typed: &mut String::new(), check, preview: &|_| Vec::new() };
        self.text(question)
    }

    fn accept(&mut self) {}

    fn confirm(&mut self, prompt: &str) -> Result<bool, Failure> {
        match self.next(prompt)? {
            Step::Sure(is_sure) => Ok(is_sure),
            other => panic!("`{prompt}` is yes or no, not {other:?}"),
        }
    }

    fn page(&mut self, page: &Page<'_>) -> Result<Reply<char>, Failure> {
        match self.next(page.title)? {
            Step::Back => Ok(Reply::Back),
            Step::Key(key) => Ok(Reply::Answer(key)),
            other => panic!("a page takes a key, not {other:?}"),
        }
    }

    fn say(&mut self, text: &str) {
        self.said.push(text.to_owned());
    }

    fn keys(&self) -> &'static str {
        ""
    }
}
