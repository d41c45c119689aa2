//! The wizard: asks what is open, shows what will be written, and lets answers be changed.

use launchway_core::template::{Choice, Kind, Question};
use launchway_core::{Accepted, Answers, Changes, Defaults, Interview, Provenance, SourceSpec, Template, Value};

use crate::args::NewArgs;
use crate::commands::new::{Prepared, destination};
use crate::failure::Failure;
use crate::sources::Options;
use crate::terminal::{self, visible_line};
use crate::{catalogs, prompt, review};

/// What the user decided at the review.
pub(crate) enum Decision {
    Write(Box<Prepared>),
    Leave,
}

/// Asks until every question has an answer and the user is content with all of them.
///
/// When the answers given beforehand leave nothing open, there is nothing to ask or to review.
pub(crate) fn run(template: &Template, answers: &mut Answers, args: &NewArgs) -> Result<Decision, Failure> {
    let _keys = terminal::KeyByKey::enter();
    let defaults = if args.defaults { Defaults::All } else { Defaults::Advanced };
    let asked = ask_open(template, answers, defaults, args)?;
    if !asked || args.dry_run {
        return Prepared::new(template, answers, args).map(|prepared| Decision::Write(Box::new(prepared)));
    }
    loop {
        let interview = Interview::new(template, answers, Defaults::All)?;
        let prepared = Prepared::from_interview(template, &interview, args)?;
        terminal::say(&review::screen(&interview, &prepared));
        let actions = ["Write the project", "Change an answer", "Leave without writing"].map(str::to_owned);
        match prompt::select("What now?", &actions, 0)? {
            0 => return Ok(Decision::Write(Box::new(prepared))),
            1 => change(&interview, answers)?,
            _ => return Ok(Decision::Leave),
        }
        ask_open(template, answers, defaults, args)?;
    }
}

/// Asks which template is wanted, if there are others than the built-in ones: those of the catalogs.
pub(crate) fn choose_template() -> Result<SourceSpec, Failure> {
    let service = SourceSpec::Builtin { id: "service".to_owned(), requirement: None };
    let offers = catalogs::offers(&Options { offline: true, ..Options::default() })?;
    if offers.is_empty() {
        return Ok(service);
    }
    let _keys = terminal::KeyByKey::enter();
    let mut specs = vec![service];
    let mut items = vec!["service: built in".to_owned()];
    for offer in offers {
        items.push(visible_line(&format!("{}: {}", offer.spec, offer.title)));
        specs.push(offer.spec);
    }
    let position = prompt::select("Which template?", &items, 0)?;
    prompt::chosen("Which template?", &items[position]);
    Ok(specs.swap_remove(position))
}

/// Asks one open question after the other; tells whether there was any.
fn ask_open(template: &Template, answers: &mut Answers, defaults: Defaults, args: &NewArgs) -> Result<bool, Failure> {
    let mut asked = false;
    let mut last: Option<String> = None;
    loop {
        let interview = Interview::new(template, answers, defaults)?;
        if let Some(problem) = interview.problems.first() {
            // What the team decided does not go with the answer just given.
            let Some(last) = last.take() else { return Err(interview.problems.clone().into()) };
            terminal::say(&format!("  {}\n", terminal::hanging(&sentence(problem), 2)));
            answers.remove(&last);
            continue;
        }
        let Some((question, default)) = interview.open.first() else { return Ok(asked) };
        if !asked {
            greet(template, args);
            asked = true;
        }
        let value = ask(&interview, question, default.as_ref())?;
        if question.id == template.name_question {
            Changes::check_destination(&destination(args, &value.to_string()))?;
        }
        last = Some(question.id.clone());
        keep(answers, question, value, default.as_ref());
    }
}

fn greet(template: &Template, args: &NewArgs) {
    let title = visible_line(&template.title);
    let version = env!("CARGO_PKG_VERSION");
    let keys = "Enter accepts what is in parentheses, Ctrl-C leaves and writes nothing.";
    terminal::say(&format!(
        "launchway {version}: {title} ({} {})\n{keys}\n\n",
        visible_line(&args.template),
        template.version
    ));
}

/// Keeps an answer. A default that was accepted stays a default: it follows the answers that it is made of.
pub(crate) fn keep(answers: &mut Answers, question: &Question, value: Value, default: Option<&Value>) {
    if default == Some(&value) {
        answers.take_default(&question.id);
    } else {
        answers.set(&question.id, value, Provenance::Prompt);
    }
}

/// Asks for another answer to a question that has one. Answers that no longer fit are asked for again.
fn change(interview: &Interview<'_>, answers: &mut Answers) -> Result<(), Failure> {
    // What the team has decided is not the user's to change.
    let own = |accepted: &&Accepted<'_>| !matches!(accepted.provenance, Provenance::Policy(_));
    let own: Vec<&Accepted<'_>> = interview.accepted.iter().filter(own).collect();
    let item = |accepted: &&Accepted<'_>| visible_line(&format!("{}: {}", accepted.question.prompt, accepted.value));
    let accepted = own[prompt::select("Which answer?", &own.iter().map(item).collect::<Vec<_>>(), 0)?];
    let value = ask(interview, accepted.question, Some(&accepted.value))?;
    if value != accepted.value {
        answers.set(&accepted.question.id, value, Provenance::Prompt);
    }
    drop_misfits(interview.template(), answers)
}

/// Takes back the answers that the changed one has made impossible; they are asked for again.
fn drop_misfits(template: &Template, answers: &mut Answers) -> Result<(), Failure> {
    loop {
        let interview = Interview::new(template, answers, Defaults::All)?;
        let is_given = |question: &&String| answers.get(question).is_some();
        let misfits: Vec<_> = interview.problems.iter().map(|problem| &problem.question).filter(is_given).collect();
        // What is left is asked: the other answers rule its default out.
        if misfits.is_empty() {
            return Ok(());
        }
        for question in misfits {
            answers.remove(question);
        }
    }
}

/// Asks one question.
pub(crate) fn ask(interview: &Interview<'_>, question: &Question, default: Option<&Value>) -> Result<Value, Failure> {
    terminal::say(&format!("  {}\n", terminal::hanging(&visible_line(&question.help), 2)));
    let wording = visible_line(&question.prompt);
    let open = &interview.open_choices(question);
    match &question.kind {
        Kind::Choice(_) => ask_choice(interview, question, open, default),
        Kind::Choices(_) => {
            let chosen: Vec<bool> = open.iter().map(|choice| is_chosen(choice, default)).collect();
            let positions = prompt::select_many(&wording, &labels(open), &chosen)?;
            let values: Vec<String> = positions.into_iter().map(|position| open[position].value.clone()).collect();
            prompt::chosen(&wording, &values.join(", "));
            Ok(Value::List(values))
        }
        Kind::Bool => {
            let is_no = default == Some(&Value::Bool(false));
            let words = ["yes".to_owned(), "no".to_owned()];
            let position = prompt::select(&wording, &words, usize::from(is_no))?;
            prompt::chosen(&wording, &words[position]);
            Ok(Value::Bool(position == 0))
        }
        Kind::Secret { .. } => {
            let text = prompt::secret(&wording, |text| accept(interview, question, text))?;
            Ok(question.read(&text)?)
        }
        Kind::Text(_) | Kind::Slug(_) | Kind::Slugs { .. } | Kind::Int { .. } => {
            let shown = default.map(|default| visible_line(&default.to_string()));
            let text = prompt::text(&wording, shown.as_deref(), |text| {
                if Some(text) == shown.as_deref() { Ok(()) } else { accept(interview, question, text) }
            })?;
            match default {
                Some(default) if Some(&text) == shown.as_ref() => Ok(default.clone()),
                _ => Ok(question.read(&text)?),
            }
        }
    }
}

/// Asks until a choice is made that the other answers allow.
fn ask_choice(
    interview: &Interview<'_>,
    question: &Question,
    open: &[&Choice],
    default: Option<&Value>,
) -> Result<Value, Failure> {
    let wording = visible_line(&question.prompt);
    let mut position = position_of(open, default);
    loop {
        position = prompt::select(&wording, &labels(open), position)?;
        let value = Value::Text(open[position].value.clone());
        match interview.check(question, &value)? {
            Ok(()) => {
                prompt::chosen(&wording, &visible_line(&open[position].label));
                return Ok(value);
            }
            Err(problem) => terminal::say(&format!("  {}\n", terminal::hanging(&sentence(&problem), 2))),
        }
    }
}

/// Says in the prompt what the flag and the answers file would say.
fn accept(interview: &Interview<'_>, question: &Question, text: &str) -> Result<(), String> {
    let value = question.read(text).map_err(|problem| sentence(&problem))?;
    match interview.check(question, &value) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(problem)) => Err(sentence(&problem)),
        Err(problem) => Err(visible_line(&problem.to_string())),
    }
}

fn sentence(problem: &launchway_core::AnswerProblem) -> String {
    visible_line(&format!("{}; {}", problem.message, problem.hint))
}

fn labels(choices: &[&Choice]) -> Vec<String> {
    let label = |choice: &&Choice| match &choice.consequence {
        Some(consequence) => visible_line(&format!("{}: {consequence}", choice.label)),
        None => visible_line(&choice.label),
    };
    choices.iter().map(label).collect()
}

fn position_of(choices: &[&Choice], default: Option<&Value>) -> usize {
    choices.iter().position(|choice| is_chosen(choice, default)).unwrap_or(0)
}

fn is_chosen(choice: &Choice, default: Option<&Value>) -> bool {
    match default {
        Some(Value::Text(text)) => *text == choice.value,
        Some(Value::List(items)) => items.contains(&choice.value),
        _ => false,
    }
}
