//! One question of a template, put to whoever answers.

use launchway_core::template::{Advised, Choice, Kind, Question};
use launchway_core::{AnswerProblem, Interview, Value};

use super::walk::sentence;
use crate::failure::{Exit, Failure};
use crate::prompt::{About, Action, Page, Prompter, Reply, TextQuestion};
use crate::{advise, language};

/// A question with what is known about its answer.
pub(crate) struct Ask<'a, 't> {
    pub(crate) interview: &'a Interview<'t>,
    pub(crate) question: &'a Question,
    pub(crate) default: Option<&'a Value>,
    /// The answer that was given before.
    pub(crate) before: Option<&'a Value>,
    /// What was typed before; what is typed when the question is left.
    pub(crate) typed: &'a mut String,
    pub(crate) progress: String,
    /// Where what its prompt is filled with came from.
    pub(crate) prefilled: Option<&'static str>,
    /// Why it is asked again.
    pub(crate) problem: String,
    /// How it is answered without being asked.
    pub(crate) otherwise: String,
}

impl Ask<'_, '_> {
    /// Puts the question until there is an answer that goes with the others, or the user goes back.
    pub(crate) fn put(mut self, prompter: &mut dyn Prompter) -> Result<Reply<Value>, Failure> {
        loop {
            let reply = match &self.question.kind {
                Kind::Choice(_) => self.choice(prompter),
                Kind::Choices(_) => self.choices(prompter),
                Kind::Bool => self.yes_or_no(prompter),
                Kind::Secret { .. } => self.secret(prompter),
                Kind::Text(_) | Kind::Slug(_) | Kind::Slugs { .. } | Kind::Int { .. } => self.text(prompter),
            }?;
            let Reply::Answer(value) = reply else { return Ok(Reply::Back) };
            match self.interview.check(self.question, &value)? {
                Ok(()) => return Ok(Reply::Answer(value)),
                Err(problem) => self.problem = sentence(&problem),
            }
        }
    }

    fn about(&self) -> About {
        let help = match self.prefilled {
            Some(from) => {
                let from = language::translated(from);
                format!("{} {}", self.question.help, language::filled("Filled in from {from}.", &[("from", &from)]))
            }
            None => self.question.help.clone(),
        };
        About {
            progress: self.progress.clone(),
            help,
            more: more(self.interview, self.question, self.default, &self.otherwise),
            problem: self.problem.clone(),
            ..About::default()
        }
    }

    /// Asks for a choice; *Help me choose* leads back to it, with what was recommended.
    fn choice(&self, prompter: &mut dyn Prompter) -> Result<Reply<Value>, Failure> {
        let open = self.interview.open_choices(self.question);
        if open.is_empty() {
            let message = format!("the template leaves no answer to `{}`", self.question.id);
            let hint =
                "the question that decides on its choices was not asked; this is for the template's author to fix";
            return Err(Failure::new(Exit::Template, message).hint(hint));
        }
        let mut recommended = None;
        loop {
            let Reply::Answer(position) = self.choose(prompter, &open, recommended.as_ref())? else {
                return Ok(Reply::Back);
            };
            match (open.get(position), &self.question.advice) {
                (Some(choice), _) => return Ok(Reply::Answer(Value::Text(choice.value.clone()))),
                (None, Some(advised)) => recommended = self.advise(prompter, advised)?.or(recommended),
                (None, None) => {}
            }
        }
    }

    /// Asks what is needed for advice, and shows it; returns the answer that it recommends.
    fn advise(&self, prompter: &mut dyn Prompter, advised: &Advised) -> Result<Option<Value>, Failure> {
        let depth = prompter.depth();
        let known = |id: &str| self.interview.answer(id).map(|value| value.to_string());
        let reply = advise::ask(prompter, advised.topic(), &known)?;
        if let Reply::Answer(advice) = &reply {
            let text = |columns: usize| advise::text::render(advice, columns);
            let actions = [Action { key: 'c', label: language::text("choose").to_owned() }];
            prompter.page(&Page { title: language::text("Advice"), text: &text, actions: &actions, is_menu: true })?;
        }
        prompter.fold_to(depth);
        let Reply::Answer(advice) = reply else { return Ok(None) };
        Ok(advised.answer(&advice.side.id).cloned())
    }

    fn choose(
        &self,
        prompter: &mut dyn Prompter,
        open: &[&Choice],
        recommended: Option<&Value>,
    ) -> Result<Reply<usize>, Failure> {
        let refusal = |choice: &&Choice| -> Result<Option<String>, Failure> {
            let value = Value::Text(choice.value.clone());
            Ok(self.interview.check(self.question, &value)?.err().map(|problem| because(&problem)))
        };
        let refused = open.iter().map(refusal).collect::<Result<Vec<_>, _>>()?;
        let default = recommended.or(self.before).or(self.default);
        let at = open.iter().position(|choice| is_chosen(choice, default)).unwrap_or(0);
        let (mut items, mut notes) = (labels(open), notes(open));
        if self.question.advice.is_some() {
            items.push(language::text("Help me choose").to_owned());
            notes.push(language::text("a few questions, about a minute").to_owned());
        }
        prompter.about(About { notes, refused, ..self.about() });
        prompter.select(&self.question.prompt, &items, at)
    }

    fn choices(&self, prompter: &mut dyn Prompter) -> Result<Reply<Value>, Failure> {
        let open = self.interview.open_choices(self.question);
        let default = self.before.or(self.default);
        let chosen: Vec<bool> = open.iter().map(|choice| is_chosen(choice, default)).collect();
        prompter.about(About { notes: notes(&open), ..self.about() });
        let reply = prompter.select_many(&self.question.prompt, &labels(&open), &chosen)?;
        let value = |position: usize| open[position].value.clone();
        Ok(reply.map(|positions| Value::List(positions.into_iter().map(value).collect())))
    }

    fn yes_or_no(&self, prompter: &mut dyn Prompter) -> Result<Reply<Value>, Failure> {
        let words = [language::text("yes"), language::text("no")].map(str::to_owned);
        let is_no = self.before.or(self.default) == Some(&Value::Bool(false));
        prompter.about(self.about());
        let reply = prompter.select(&self.question.prompt, &words, usize::from(is_no))?;
        Ok(reply.map(|position| Value::Bool(position == 0)))
    }

    /// What is typed is held against the rule, and forgotten: the answer says only that it was given.
    fn secret(&self, prompter: &mut dyn Prompter) -> Result<Reply<Value>, Failure> {
        let (interview, question) = (self.interview, self.question);
        prompter.about(self.about());
        match prompter.secret(&question.prompt, &|text| accept(interview, question, text))? {
            Reply::Answer(text) => Ok(Reply::Answer(question.read(&text)?)),
            Reply::Back => Ok(Reply::Back),
        }
    }

    fn text(&mut self, prompter: &mut dyn Prompter) -> Result<Reply<Value>, Failure> {
        let (interview, question) = (self.interview, self.question);
        let default = self.default.map(ToString::to_string);
        if self.typed.is_empty()
            && let Some(before) = self.before.filter(|before| Some(*before) != self.default)
        {
            *self.typed = before.to_string();
        }
        prompter.about(self.about());
        let reply = prompter.text(TextQuestion {
            prompt: &question.prompt,
            default: default.as_deref(),
            typed: self.typed,
            check: &|text| accept(interview, question, text),
            preview: &|text| preview(interview, question, text),
        })?;
        let Reply::Answer(text) = reply else { return Ok(Reply::Back) };
        match self.default {
            Some(value) if Some(&text) == default.as_ref() => Ok(Reply::Answer(value.clone())),
            _ => Ok(Reply::Answer(question.read(&text)?)),
        }
    }
}

impl<T> Reply<T> {
    /// Changes an answer.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Reply<U> {
        match self {
            Self::Answer(answer) => Reply::Answer(change(answer)),
            Self::Back => Reply::Back,
        }
    }
}

/// Says in the prompt what the flag and the answers file would say.
fn accept(interview: &Interview<'_>, question: &Question, text: &str) -> Result<(), String> {
    let value = question.read(text).map_err(|problem| sentence(&problem))?;
    match interview.check(question, &value) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(problem)) => Err(sentence(&problem)),
        Err(problem) => Err(problem.to_string()),
    }
}

/// Says what the template makes of an answer, in one line.
fn preview(interview: &Interview<'_>, question: &Question, text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let Ok(value) = question.read(text) else { return Vec::new() };
    let names = interview.previews(question, &value);
    let names: Vec<String> = names.iter().map(|(label, name)| format!("{label} {name}")).collect();
    if names.is_empty() { Vec::new() } else { vec![names.join(" · ")] }
}

/// Leaves out of a refusal what was chosen: it stands beside it.
fn because(problem: &AnswerProblem) -> String {
    language::told(problem.reason()).into_owned()
}

/// Says all that there is to say about a question.
fn more(interview: &Interview<'_>, question: &Question, default: Option<&Value>, otherwise: &str) -> String {
    let mut lines = vec![question.prompt.clone(), question.help.clone()];
    for choice in interview.open_choices(question) {
        let consequence = choice.consequence.as_ref().map(|it| format!(": {it}")).unwrap_or_default();
        lines.push(format!("  {} ({}){consequence}", choice.label, choice.value));
    }
    for policy in interview.policies(&question.id) {
        lines.push(language::told(&format!("{}: {}", policy.summary(), policy.reason())).into_owned());
    }
    if let Some(default) = default {
        lines.push(language::filled("Default: {value}", &[("value", default)]));
    }
    if let Some(example) = question.written_example() {
        lines.push(language::filled("Example: {value}", &[("value", &example)]));
    }
    lines.push(otherwise.to_owned());
    lines.join("\n")
}

fn labels(choices: &[&Choice]) -> Vec<String> {
    choices.iter().map(|choice| choice.label.clone()).collect()
}

fn notes(choices: &[&Choice]) -> Vec<String> {
    choices.iter().map(|choice| choice.consequence.clone().unwrap_or_default()).collect()
}

fn is_chosen(choice: &Choice, value: Option<&Value>) -> bool {
    match value {
        Some(Value::Text(text)) => *text == choice.value,
        Some(Value::List(items)) => items.contains(&choice.value),
        _ => false,
    }
}
