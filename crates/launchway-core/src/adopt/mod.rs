//! Adopting: the answers from which a template would make a tree, found in the tree itself.
//!
//! Every line of the template in which an answer stands is held against the lines of the tree: that yields candidates.
//! Then the files are rendered in memory, and one answer after the other is changed for as long as more of the rendered
//! lines stand in the tree. The same tree and template give the same answers.

pub(crate) mod evidence;
mod pattern;
mod score;
mod search;
mod tree;

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

pub use evidence::Seen;
pub use score::{FileScore, Fit};
pub use tree::{Standing, Tree, TreeError, read_tree, read_tree_within};

use evidence::Evidence;
use score::Scorer;
use search::{Outcome, Search, State};

use crate::agreement::document::Format;
use crate::agreement::relation::Relation;
use crate::agreement::texts::Texts;
use crate::agreement::{Agreement, Reading};
use crate::interview::answers::Answers;
use crate::interview::context::Context;
use crate::interview::{Defaults, Interview};
use crate::language::problem::Invalid;
use crate::language::problem::Problem;
use crate::plan::Planner;
use crate::plan::{Plan, PlanError};
use crate::template::Template;
use crate::template::question::{Kind, Question};
use crate::value::Value;
use crate::value::provenance::Provenance;

/// The least part of the rendered lines, in per cent, that must stand in the tree.
const LEAST_PERCENT: usize = 25;
/// Points from which on an answer is sure: that many more lines or pairs of lines fit than with any other answer.
const SURE: i64 = 6;
/// The weight of a value that stands at a place of an agreement.
const PLACE_WEIGHT: usize = 15;
/// The weight of a package's name, and of the folder's.
const NAME_WEIGHT: usize = 2;

/// A template and answers that fit a tree.
#[derive(Debug)]
pub struct Adoption {
    /// The answers, valid together.
    pub context: Context,
    /// What the template makes of them.
    pub plan: Plan,
    /// Every answer, in the order of the questions.
    pub answers: Vec<FoundAnswer>,
    /// How every rendered file fits, sorted by path.
    pub files: Vec<FileScore>,
}

/// An answer with how sure it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundAnswer {
    /// The id of the question.
    pub question: String,
    /// The answer.
    pub value: Value,
    /// How sure it is.
    pub sureness: Sureness,
    /// Where it was seen, or which file fits best because of it.
    pub seen: Option<Seen>,
}

/// How sure an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sureness {
    /// The user said so.
    Given,
    /// Every other answer fits clearly worse.
    Sure,
    /// Every other answer fits a little worse.
    Likely,
    /// Another answer fits as well: the default was taken if that is one of them.
    Open,
}

impl Sureness {
    /// Returns the word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Sure => "sure",
            Self::Likely => "likely",
            Self::Open => "open",
        }
    }
}

/// Why a tree cannot be adopted.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is its message")]
pub enum AdoptError {
    #[error("hardly anything here was made from the template: {matched} of {lines} lines fit, {} per cent; {LEAST_PERCENT} are needed", percent(*.matched, *.lines))]
    Unlike { matched: usize, lines: usize },
    #[error("no combination of answers fits those that were given")]
    NoAnswers,
    #[error("the template has no question `{0}`")]
    UnknownQuestion(String),
    #[error("`{0}` has no effect: with the other answers it is not asked")]
    Unused(String),
    #[error(transparent)]
    Answer(#[from] crate::template::question::AnswerProblem),
    #[error(transparent)]
    Template(#[from] Invalid),
    #[error(transparent)]
    Plan(#[from] PlanError),
}

impl Adoption {
    /// Counts the rendered lines, and those of them that stand in the tree.
    #[must_use]
    pub fn lines(&self) -> (usize, usize) {
        lines(&self.files)
    }

    /// Returns how many per cent of the rendered lines stand in the tree, rounded down.
    #[must_use]
    pub fn percent(&self) -> usize {
        let (lines, matched) = self.lines();
        percent(matched, lines)
    }
}

/// Finds the answers from which a template makes what is most like what stands in a folder. Answers that are `given` stand; `name` is what
/// the project could be called if none of its files tells, such as the name of its folder.
///
/// # Errors
/// Hardly anything fits, what was given is refused, or the template is invalid.
pub fn adopt(
    template: &Template,
    there: &Standing,
    given: &BTreeMap<String, Value>,
    name: &str,
) -> Result<Adoption, AdoptError> {
    for (id, value) in given {
        let question = template.question(id).ok_or_else(|| AdoptError::UnknownQuestion(id.clone()))?;
        let is_choice = matches!(question.kind, Kind::Choice(_) | Kind::Choices(_));
        if !is_choice {
            question.check(value, &[])?;
        }
    }
    let mut search = new_search(template, there, given, name).map_err(|problems| Invalid { problems })?;
    let Some(best) = best(&mut search, there.placed()) else {
        return Err(no_answers(template, given, search.fault));
    };
    let unused = given.keys().find(|id| best.answer(id).is_none());
    if let Some(unused) = unused {
        return Err(AdoptError::Unused(unused.clone()));
    }
    let (lines, matched) = lines(&best.files);
    if percent(matched, lines) < LEAST_PERCENT {
        return Err(AdoptError::Unlike { matched, lines });
    }
    let answers = answers(&mut search, &best);
    let mut files = best.files.clone();
    files.sort_by(|left, right| left.path.cmp(&right.path));
    let mut context = best.context.clone();
    // What is in the files was given by whoever wrote it there, also where it is what the default would be; a placeholder still has
    // to be replaced.
    let is_open = |id: &String| answers.iter().any(|it| it.question == *id && it.sureness == Sureness::Open);
    let is_placeholder = |id: &String| template.question(id).is_some_and(|question| question.is_placeholder);
    context.defaults.retain(|id| is_open(id) || is_placeholder(id));
    Ok(Adoption { plan: Plan::new(template, &context)?, context, answers, files })
}

fn new_search<'a>(
    template: &'a Template,
    there: &'a Standing,
    given: &BTreeMap<String, Value>,
    name: &str,
) -> Result<Search<'a>, Vec<Problem>> {
    let mut evidence = Evidence::read(template, &template.traces()?, &there.tree);
    add_names(&mut evidence, template, &there.tree, name);
    evidence.sort();
    Ok(Search {
        template,
        evidence,
        scorer: Scorer::new(template, there.placed())?,
        added: there.added.clone(),
        given: given.clone(),
        name: Value::Text(name_from(template, name)),
        known: HashMap::new(),
        fault: None,
    })
}

/// Takes the names of packages, and of the folder, for what the project could be called.
fn add_names(evidence: &mut Evidence, template: &Template, tree: &Tree, folder: &str) {
    let package = |bytes: &Vec<u8>| {
        let manifest: toml::Table = toml::from_str(std::str::from_utf8(bytes).ok()?).ok()?;
        manifest.get("package")?.get("name")?.as_str().map(str::to_owned)
    };
    let manifests = tree.iter().filter(|(path, _)| path.as_str().ends_with("Cargo.toml"));
    let packages = manifests.filter_map(|(path, bytes)| Some((package(bytes)?, path.as_str().to_owned())));
    let folder = std::iter::once((folder.to_owned(), ".".to_owned()));
    let question = template.question(&template.name_question);
    for (name, file) in packages.chain(folder) {
        let value = Value::Text(name);
        if question.is_some_and(|question| question.check(&value, &[]).is_ok()) {
            evidence.add(&template.name_question, value, NAME_WEIGHT, &Seen { file, line: None });
        }
    }
}

/// Makes a name that the template takes of the folder's.
pub(super) fn name_from(template: &Template, folder: &str) -> String {
    let letters =
        folder.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' });
    let slug: String = letters.collect();
    let slug = slug.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    let fits = |slug: &String| {
        let question = template.question(&template.name_question);
        question.is_some_and(|question| question.check(&Value::Text(slug.clone()), &[]).is_ok())
    };
    Some(slug).filter(fits).unwrap_or_else(|| "project".to_owned())
}

/// Searches from several starts: the likely answers, what the places of agreements say then, the defaults, and each
/// answer to the question on which most others hang.
fn best(search: &mut Search<'_>, tree: &Tree) -> Option<Rc<Outcome>> {
    let start = search.start();
    let given: State = search.given.clone();
    let mut best = search.ascend(&start).or_else(|| search.ascend(&given))?;
    if add_places(search, &best.context, tree) {
        best = better(best.clone(), search.ascend(&best.state));
    }
    for start in other_starts(search, &best) {
        let outcome = search.ascend(&start);
        best = better(best, outcome);
    }
    Some(best)
}

fn better(best: Rc<Outcome>, other: Option<Rc<Outcome>>) -> Rc<Outcome> {
    match other {
        Some(other) if other.rank() > best.rank() => other,
        _ => best,
    }
}

fn other_starts(search: &Search<'_>, best: &Outcome) -> Vec<State> {
    let is_perfect = best.files.iter().all(|file| file.fit == Fit::Exact);
    if is_perfect {
        return Vec::new();
    }
    let mut starts = vec![search.given.clone()];
    let Some(gate) = gate(search.template).filter(|gate| !search.given.contains_key(&gate.id)) else { return starts };
    for value in search.trials(gate, best).into_iter().flatten() {
        if best.answer(&gate.id) != Some(&value) {
            let mut start = best.state.clone();
            start.insert(gate.id.clone(), value);
            starts.push(start);
        }
    }
    starts
}

/// Returns the choice on which most conditions hang.
fn gate(template: &Template) -> Option<&Question> {
    let of_questions = template.questions.iter().filter_map(Question::when);
    let of_files = template.rules.iter().filter_map(|rule| rule.when.as_ref());
    let conditions: Vec<_> = of_questions.chain(of_files).collect();
    let weight = |question: &&Question| {
        let hangs = |name: &String| template.questions_behind(name).contains(question.id.as_str());
        conditions.iter().filter(|when| when.names().iter().any(hangs)).count()
    };
    let choices = template.questions.iter().filter(|question| matches!(question.kind, Kind::Choice(_)));
    choices.rev().max_by_key(weight)
}

/// Reads the values that stand at the places of agreements; tells whether there is something new among them.
fn add_places(search: &mut Search<'_>, context: &Context, tree: &Tree) -> bool {
    let planner = Planner::new(search.template, context).map_err(Invalid::from);
    let Ok(agreements) = planner.and_then(|planner| planner.agreements()) else { return false };
    let mut texts = Texts::default();
    for (path, bytes) in tree {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned());
        texts.add(path.as_str(), text.map(Into::into));
    }
    let mut is_new = false;
    for agreement in &agreements {
        let [id] = &agreement.answers[..] else { continue };
        for (value, seen) in standing(search.template, agreement, id, &texts) {
            is_new |= search.evidence.seen(id, &value).is_none();
            search.evidence.add(id, value, PLACE_WEIGHT, &seen);
        }
    }
    search.evidence.sort();
    is_new
}

fn standing(template: &Template, agreement: &Agreement, id: &str, texts: &Texts<'_>) -> Vec<(Value, Seen)> {
    let Some(question) = template.question(id) else { return Vec::new() };
    let is_list = matches!(question.kind, Kind::Slugs { .. } | Kind::Choices(_));
    if agreement.holds.is_some() || !matches!(agreement.relation, Relation::Equal | Relation::SameSet) {
        return Vec::new();
    }
    let read = |reading: &Reading| {
        let file = reading.file()?;
        let is_readable = matches!(reading, Reading::Capture { .. }) || Format::of(file).is_some();
        let values = if is_readable { reading.values(texts).ok()? } else { Vec::new() };
        let first = values.first()?.clone();
        let value = if is_list { Value::List(values) } else { question.read(&first).ok()? };
        let is_allowed =
            matches!(question.kind, Kind::Choice(_) | Kind::Choices(_)) || question.check(&value, &[]).is_ok();
        let seen = Seen { file: file.to_owned(), line: reading.line(texts) };
        is_allowed.then_some((value, seen))
    };
    agreement.places.iter().filter_map(|place| read(&place.reading)).collect()
}

/// Says of every answer how sure it is: by how much the best other answer fits worse.
fn answers(search: &mut Search<'_>, best: &Rc<Outcome>) -> Vec<FoundAnswer> {
    let template = search.template;
    let mut answers = Vec::new();
    for (id, value) in &best.asked {
        let question = template.question(id).expect("only questions are asked");
        let other = best_other(search, question, best, value);
        let sureness = match &other {
            _ if search.given.contains_key(id) => Sureness::Given,
            Some(other) if best.points - other.points >= SURE => Sureness::Sure,
            Some(other) if best.points > other.points => Sureness::Likely,
            None if search.evidence.seen(id, value).is_some() => Sureness::Likely,
            Some(_) | None => Sureness::Open,
        };
        let is_known = matches!(sureness, Sureness::Sure | Sureness::Likely);
        let seen = search.evidence.seen(id, value).cloned().or_else(|| speaking(best, other.as_deref()?));
        answers.push(FoundAnswer {
            question: id.clone(),
            value: value.clone(),
            sureness,
            seen: seen.filter(|_| is_known),
        });
    }
    answers
}

fn best_other(search: &mut Search<'_>, question: &Question, best: &Rc<Outcome>, value: &Value) -> Option<Rc<Outcome>> {
    let trials = search.trials(question, best).into_iter().chain(neighbours(value).into_iter().map(Some));
    let trials: Vec<_> = trials.filter(|trial| trial.as_ref() != Some(value)).collect();
    let outcomes = trials.into_iter().filter_map(|trial| search.with(best, question, trial));
    outcomes.filter(|outcome| outcome.answer(&question.id) != Some(value)).max_by_key(|outcome| outcome.points)
}

/// Returns values that are hardly anybody's answer, to see whether the answer leaves a trace at all.
fn neighbours(value: &Value) -> Vec<Value> {
    match value {
        Value::Text(text) => other_texts(text).map(Value::Text).into(),
        Value::Int(number) => vec![Value::Int(number.saturating_add(1)), Value::Int(number.saturating_sub(1))],
        Value::List(items) => {
            let longer = |other: String| Value::List(items.iter().cloned().chain([other]).collect());
            let last = items.last().map_or("", String::as_str);
            other_texts(if last.is_empty() { "launchway" } else { last }).map(longer).into()
        }
        Value::Bool(_) => Vec::new(),
    }
}

/// Returns two texts of about the same form: one is longer, one ends in another digit.
fn other_texts(text: &str) -> [String; 2] {
    let stem = text.trim_end_matches(|last: char| last.is_ascii_digit());
    let number = text[stem.len()..].bytes().fold(0_u8, u8::wrapping_add);
    [format!("{text}x"), format!("{stem}{}", if number % 2 == 0 { 1 } else { 2 })]
}

/// Returns the file that would fit so much worse with the other answer.
fn speaking(best: &Outcome, other: &Outcome) -> Option<Seen> {
    let loss = |file: &FileScore| {
        let with_other = other.files.iter().find(|other| other.path == file.path);
        file.points() - with_other.map_or(0, FileScore::points)
    };
    let file = best.files.iter().rev().max_by_key(|file| loss(file)).filter(|file| loss(file) > 0)?;
    Some(Seen { file: file.path.clone(), line: None })
}

/// Finds out why there is no set of answers at all.
fn no_answers(template: &Template, given: &BTreeMap<String, Value>, fault: Option<Invalid>) -> AdoptError {
    let mut answers = Answers::default();
    for (id, value) in given {
        answers.set(id, value.clone(), Provenance::Flag);
    }
    let refused = Interview::new(template, &answers, Defaults::All).ok().and_then(|it| it.problems.into_iter().next());
    match (refused, fault) {
        (Some(refused), _) => refused.into(),
        (None, Some(fault)) => fault.into(),
        (None, None) => AdoptError::NoAnswers,
    }
}

fn lines(files: &[FileScore]) -> (usize, usize) {
    (files.iter().map(|file| file.lines).sum(), files.iter().map(|file| file.matched).sum())
}

fn percent(part: usize, whole: usize) -> usize {
    (part * 100).checked_div(whole).unwrap_or(0)
}
