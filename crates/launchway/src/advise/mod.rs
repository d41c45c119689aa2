//! *Help me choose*: asks the questions of a topic, and shows the advice that follows.

pub(crate) mod record;
#[cfg(test)]
mod tests;
pub(crate) mod text;

use launchway_core::advice::{Advice, Question, Topic};

use crate::failure::Failure;
use crate::language;
use crate::prompt::{About, Prompter, Reply};

/// What is known of a template's questions, by their id.
pub(crate) type Known<'k> = &'k dyn Fn(&str) -> Option<String>;

/// Asks the questions of a topic, and advises. What is known of a template's questions is not asked again. Back leaves
/// before the first question.
pub(crate) fn ask(
    prompter: &mut dyn Prompter,
    topic: &'static Topic,
    known: Known<'_>,
) -> Result<Reply<Advice>, Failure> {
    ask_open(prompter, topic, vec![None; topic.questions.len()], known)
}

/// Asks the questions that have no answer yet.
pub(crate) fn ask_open(
    prompter: &mut dyn Prompter,
    topic: &'static Topic,
    mut given: Vec<Option<usize>>,
    known: Known<'_>,
) -> Result<Reply<Advice>, Failure> {
    decide(topic, &mut given, known);
    let open: Vec<usize> = (0..given.len()).filter(|position| given[*position].is_none()).collect();
    let mut at = 0;
    while let Some(position) = open.get(at) {
        let progress = filled_progress(at + 1, open.len());
        match ask_one(prompter, &topic.questions[*position], given[*position], progress, known)? {
            Reply::Answer(choice) => {
                prompter.accept();
                given[*position] = Some(choice);
                at += 1;
            }
            Reply::Back if at == 0 => return Ok(Reply::Back),
            Reply::Back => at -= 1,
        }
    }
    Ok(Reply::Answer(topic.advise(&given.into_iter().flatten().collect::<Vec<_>>())))
}

/// Answers the questions for which what is known leaves one answer.
pub(crate) fn decide(topic: &Topic, given: &mut [Option<usize>], known: Known<'_>) {
    for (question, answer) in topic.questions.iter().zip(given) {
        if let (None, [only]) = (&answer, question.open(known).as_slice()) {
            *answer = Some(*only);
        }
    }
}

fn filled_progress(number: usize, count: usize) -> String {
    language::filled("{number} of {count}", &[("number", &number), ("count", &count)])
}

/// Asks one question; the answer that was given before is where it begins.
fn ask_one(
    prompter: &mut dyn Prompter,
    question: &Question,
    before: Option<usize>,
    progress: String,
    known: Known<'_>,
) -> Result<Reply<usize>, Failure> {
    let open = question.open(known);
    let items: Vec<String> =
        open.iter().map(|choice| language::translated(&question.choices[*choice].label).to_owned()).collect();
    let default = before.and_then(|choice| open.iter().position(|it| *it == choice)).unwrap_or(0);
    prompter.about(About { progress, help: language::translated(&question.help).to_owned(), ..About::default() });
    let reply = prompter.select(language::translated(&question.prompt), &items, default)?;
    Ok(match reply {
        Reply::Answer(position) => Reply::Answer(open[position]),
        Reply::Back => Reply::Back,
    })
}
